//! The ways to run a case: an engine, with or without a collection at every safepoint, here or
//! for another target under emulation.

use std::env;
use std::path::Path;

/// What executes the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    /// The interpreter of the IR: `perilune run`.
    Tier0,
    /// An executable compiled without optimisation.
    O0,
    /// An executable compiled with every optimisation.
    O2,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Tier0 => "tier0",
            Engine::O0 => "O0",
            Engine::O2 => "O2",
        }
    }

    pub(crate) fn from_name(name: &str) -> Result<Engine, String> {
        [Engine::Tier0, Engine::O0, Engine::O2]
            .into_iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| format!("'{name}' is no mode; there are tier0, O0 and O2"))
    }
}

/// One way to run a case.
#[derive(Clone)]
pub(crate) struct Mode {
    pub(crate) engine: Engine,
    /// Collect at every safepoint.
    pub(crate) stress: bool,
    /// `None` for this machine.
    pub(crate) target: Option<Target>,
}

impl Mode {
    /// What follows the case's name in the test's name: `O2`, `tier0-gc`,
    /// `O0-gc@s390x-unknown-linux-gnu`.
    pub(crate) fn name(&self) -> String {
        let stress = if self.stress { "-gc" } else { "" };
        let target = self.target.as_ref().map(|t| format!("@{}", t.triple)).unwrap_or_default();
        format!("{}{stress}{target}", self.engine.name())
    }
}

/// A target whose programs run here under emulation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// As in `--target`.
    pub(crate) triple: String,
}

impl Target {
    fn architecture(&self) -> &str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The emulator with its options; the program and its arguments follow.
    pub(crate) fn emulator(&self) -> Vec<String> {
        let architecture = match self.architecture() {
            "riscv64gc" => "riscv64",
            architecture => architecture,
        };
        // Debian's cross C libraries lie in folders named without the vendor part.
        let sysroot = format!("/usr/{architecture}-linux-gnu");
        vec![format!("qemu-{architecture}"), "-L".into(), sysroot]
    }

    /// What is missing on this machine to run programs of the target, if anything.
    pub(crate) fn missing(&self) -> Option<String> {
        let emulator = self.emulator();
        if !on_path(&emulator[0]) {
            return Some(format!("{} is not installed", emulator[0]));
        }
        if !Path::new(&emulator[2]).is_dir() {
            return Some(format!("no C library in {}", emulator[2]));
        }
        None
    }
}

/// The targets that `PERILUNE_TEST_TARGETS` names.
pub(crate) fn targets_to_test() -> Vec<Target> {
    let list = env::var("PERILUNE_TEST_TARGETS").unwrap_or_default();
    list.split_whitespace().map(|triple| Target { triple: triple.to_owned() }).collect()
}

fn on_path(command: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(command).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_engine_stress_and_target() {
        let target = Some(Target { triple: "s390x-unknown-linux-gnu".into() });
        assert_eq!(Mode { engine: Engine::O2, stress: false, target: None }.name(), "O2");
        assert_eq!(
            Mode { engine: Engine::Tier0, stress: true, target }.name(),
            "tier0-gc@s390x-unknown-linux-gnu"
        );
    }

    #[test]
    fn an_emulator_is_named_for_the_architecture() {
        let target = Target { triple: "riscv64gc-unknown-linux-gnu".into() };
        assert_eq!(target.emulator(), ["qemu-riscv64", "-L", "/usr/riscv64-linux-gnu"]);
    }
}
