//! The tests of one case: each mode's run, the texts of the compiler's stages, and blessing.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::Context;
use crate::case::Case;
use crate::expect;
use crate::mode::{Engine, Mode, Target};
use crate::process::{self, Output};

/// How long compiling a case may take.
const COMPILE_LIMIT: Duration = Duration::from_secs(60);
/// An emulated program may take this many times as long.
const EMULATION_FACTOR: u64 = 5;
/// Stages whose text a case can pin: the suffix of the expectation and the name for `--emit`.
const STAGES: &[(&str, &str)] =
    &[("ast", "ast"), ("ir", "ir"), ("opt.ir", "opt"), ("clif", "clif")];

/// What a case must do.
enum Expectation {
    /// Be refused by the compiler, with this text.
    Refused(Vec<u8>),
    /// Run, and leave this.
    Runs(Output),
    /// Nothing: only the text of a stage is pinned.
    Stages,
}

/// The executables that run Lua files in tier 0 for another target, built when first needed.
#[derive(Default)]
pub(crate) struct Runners(Mutex<HashMap<(Target, bool), Result<PathBuf, String>>>);

/// Every test of the case, or the one test that blesses it.
pub(crate) fn trials(
    context: &Arc<Context>,
    case: Arc<Case>,
    targets: &[Target],
    bless: bool,
) -> Vec<Trial> {
    let trial = |name: String, test: fn(&Context, &Case, &Mode) -> Result<(), String>, mode| {
        let (context, case) = (Arc::clone(context), Arc::clone(&case));
        Trial::test(name, move || test(&context, &case, &mode).map_err(Failed::from))
    };
    let host = |engine, stress| Mode { engine, stress, target: None };
    if bless {
        let name = format!("{}::bless", case.name);
        return vec![trial(
            name,
            |context, case, _| self::bless(context, case),
            host(Engine::Tier0, false),
        )];
    }

    let refused = case.beside("stderr").exists();
    let mut modes = Vec::new();
    for stress in [false, true] {
        // A program that is refused never gets as far as collecting.
        if stress && (refused || !case.stress) {
            continue;
        }
        modes.extend(case.engines.iter().map(|engine| host(*engine, stress)));
        if case.name.starts_with("kill/") && !refused {
            for target in targets {
                let target = Some(target.clone());
                let engines = case.engines.iter();
                modes.extend(engines.map(|e| Mode { engine: *e, stress, target: target.clone() }));
            }
        }
    }
    let stages_only = !refused && !case.beside("stdout").exists();
    let mut trials = Vec::new();
    if !stages_only || STAGES.iter().all(|(suffix, _)| !case.beside(suffix).exists()) {
        for mode in modes {
            trials.push(trial(format!("{}::{}", case.name, mode.name()), test_mode, mode));
        }
    }
    for (suffix, stage) in STAGES {
        if case.beside(suffix).exists() {
            let (context, case) = (Arc::clone(context), Arc::clone(&case));
            trials.push(Trial::test(format!("{}::{stage}", case.name), move || {
                let expected = expect::read(&case.beside(suffix))?.unwrap_or_default();
                let text = stage_text(&context, &case, stage)?;
                expect::same(&format!("the {stage} text"), &expected, &text).map_err(Failed::from)
            }));
        }
    }
    trials
}

fn test_mode(context: &Context, case: &Case, mode: &Mode) -> Result<(), String> {
    if let Some(missing) = mode.target.as_ref().and_then(Target::missing) {
        // Whoever set PERILUNE_TEST_TARGETS asked for this test: passing would be a lie.
        return Err(format!("cannot test {}: {missing}", mode.name()));
    }
    match expectation(case)? {
        Expectation::Refused(text) => {
            let output = match mode.engine {
                Engine::Tier0 => run_tier0(context, case, mode)?,
                Engine::O0 | Engine::O2 => {
                    build(context, case, mode, &scratch(context, case, mode)?)?
                }
            };
            expect::same("the compiler's message", &text, &output.stderr)?;
            expect::same("the output of a refused program", b"", &output.stdout)?;
            if output.status == 0 { Err("the compiler did not fail".into()) } else { Ok(()) }
        }
        Expectation::Runs(expected) => {
            let found = execute(context, case, mode)?;
            // What went wrong is on stderr: shown with every other difference.
            let stderr = String::from_utf8_lossy(&found.stderr).into_owned();
            let with_stderr = |text: String| format!("{text}\nstderr: {stderr}");
            expect::same("stdout", &expected.stdout, &found.stdout).map_err(with_stderr)?;
            expect::same("stderr", &expected.stderr, &found.stderr)?;
            if expected.status != found.status {
                let text = format!("status {}, expected {}", found.status, expected.status);
                return Err(with_stderr(text));
            }
            Ok(())
        }
        Expectation::Stages => Ok(()),
    }
}

fn expectation(case: &Case) -> Result<Expectation, String> {
    if let Some(text) = expect::read(&case.beside("stderr"))? {
        return Ok(Expectation::Refused(text));
    }
    let Some(stdout) = expect::read(&case.beside("stdout"))? else {
        if STAGES.iter().any(|(suffix, _)| case.beside(suffix).exists()) {
            return Ok(Expectation::Stages);
        }
        return Err(format!("nothing is expected beside {} (BLESS=1 writes it)", case.file_name()));
    };
    let status = match expect::read(&case.beside("status"))? {
        None => 0,
        Some(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let number = text.trim().parse();
            number.map_err(|_| format!("'{}' is no exit status", text.trim()))?
        }
    };
    let stderr = expect::read(&case.beside("errout"))?.unwrap_or_default();
    Ok(Expectation::Runs(Output { status, stdout, stderr }))
}

/// Runs the case in the mode and leaves the run's output, with the program's name made uniform.
fn execute(context: &Context, case: &Case, mode: &Mode) -> Result<Output, String> {
    if mode.engine == Engine::Tier0 {
        return run_tier0(context, case, mode);
    }
    let folder = scratch(context, case, mode)?;
    let built = build(context, case, mode, &folder)?;
    if built.status != 0 {
        return Err(format!("does not build\n{}", String::from_utf8_lossy(&built.stderr)));
    }
    let output = run_program(case, mode, &folder.join("program"), &[]);
    // Kept after a failure, to be looked at.
    if output.is_ok() {
        let _ = fs::remove_dir_all(&folder);
    }
    output
}

fn run_tier0(context: &Context, case: &Case, mode: &Mode) -> Result<Output, String> {
    if let Some(target) = &mode.target {
        let runner = runner(context, target, mode.stress)?;
        return run_program(case, mode, &runner, &[case.file_name()]);
    }
    let mut arguments = vec!["run"];
    arguments.extend(stress_option(mode));
    arguments.push(case.file_name());
    run_program(case, mode, &context.compiler, &arguments)
}

/// Runs a program in the case's folder, under emulation where the mode asks for it.
fn run_program(
    case: &Case,
    mode: &Mode,
    program: &Path,
    arguments: &[&str],
) -> Result<Output, String> {
    let mut seconds = case.timeout_seconds;
    let mut command = match &mode.target {
        None => Command::new(program),
        Some(target) => {
            seconds *= EMULATION_FACTOR;
            let emulator = target.emulator();
            let mut command = Command::new(&emulator[0]);
            command.args(&emulator[1..]).arg(program);
            command
        }
    };
    command.args(arguments).args(&case.arguments).current_dir(case.folder());
    // Dates are those of one time zone.
    command.env("TZ", "UTC");
    let mut output = process::run(&mut command, Duration::from_secs(seconds))
        .map_err(|error| format!("{error}\nin {}: {command:?}", case.folder().display()))?;
    output.stderr = without_program_name(output.stderr, program);
    Ok(output)
}

/// The message of an uncaught error opens with the name of the program that ran, which differs
/// between modes: it becomes `lua`.
fn without_program_name(stderr: Vec<u8>, program: &Path) -> Vec<u8> {
    let own_names = [Some(program.as_os_str()), program.file_name(), Some(OsStr::new("perilune"))];
    for name in own_names.into_iter().flatten() {
        let prefix = [name.as_encoded_bytes(), b": "].concat();
        if let Some(message) = stderr.strip_prefix(prefix.as_slice()) {
            return [b"lua: ", message].concat();
        }
    }
    stderr
}

/// Compiles and links the case into `program` in the folder.
fn build(context: &Context, case: &Case, mode: &Mode, folder: &Path) -> Result<Output, String> {
    let mut command = Command::new(&context.compiler);
    command.arg("build").args(match mode.engine {
        Engine::O2 => ["-O2"],
        Engine::O0 | Engine::Tier0 => ["-O0"],
    });
    command.args(stress_option(mode)).args(target_option(mode.target.as_ref()));
    command.arg(case.file_name()).arg("-o").arg(folder.join("program"));
    command.current_dir(case.folder());
    process::run(&mut command, COMPILE_LIMIT)
}

/// The text of the program after a stage of the compiler.
fn stage_text(context: &Context, case: &Case, stage: &str) -> Result<Vec<u8>, String> {
    let mut command = Command::new(&context.compiler);
    command.args(["build", "--emit", stage, case.file_name(), "-o", "-"]);
    command.current_dir(case.folder());
    let output = process::run(&mut command, COMPILE_LIMIT)?;
    if output.status != 0 {
        return Err(format!("does not build\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(output.stdout)
}

/// The tier-0 runner of a target.
fn runner(context: &Context, target: &Target, stress: bool) -> Result<PathBuf, String> {
    let mut runners = context.runners.0.lock().map_err(|_| "a test panicked".to_owned())?;
    let build = || {
        let name = if stress { "runner-gc" } else { "runner" };
        let path = context.scratch.join(format!("{name}-{}", target.triple));
        let mode = Mode { engine: Engine::Tier0, stress, target: Some(target.clone()) };
        let mut command = Command::new(&context.compiler);
        // The runner takes its program when it runs; `-` stands where others have theirs.
        command.args(["build", "--emit", "runner", "-"]).args(stress_option(&mode));
        command.args(target_option(Some(target))).arg("-o").arg(&path);
        let output = process::run(&mut command, COMPILE_LIMIT)?;
        if output.status != 0 {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!("no tier-0 runner for {}\n{stderr}", target.triple));
        }
        Ok(path)
    };
    runners.entry((target.clone(), stress)).or_insert_with(build).clone()
}

fn stress_option(mode: &Mode) -> Option<&'static str> {
    // Code is the same in both, but the one collects more often and the other sees more.
    let every = mode.engine == Engine::O0 || mode.target.is_some();
    mode.stress.then_some(if every { "--gc=stress" } else { "--gc=verify" })
}

fn target_option(target: Option<&Target>) -> Vec<&str> {
    target.map(|target| vec!["--target", &target.triple]).unwrap_or_default()
}

/// An empty folder for this case and mode alone.
fn scratch(context: &Context, case: &Case, mode: &Mode) -> Result<PathBuf, String> {
    let name = format!("{}-{}", case.name.replace(['/', '\\'], "-"), mode.name());
    let folder = context.scratch.join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Rewrites what is expected of the case.
fn bless(context: &Context, case: &Case) -> Result<(), String> {
    let tier0 = Mode { engine: Engine::Tier0, stress: false, target: None };
    let stages = STAGES.iter().filter(|(suffix, _)| case.beside(suffix).exists());
    let mut has_stages = false;
    for (suffix, stage) in stages {
        has_stages = true;
        let text = stage_text(context, case, stage)?;
        expect::write(&case.beside(suffix), Some(&text))?;
    }
    if case.beside("stderr").exists() {
        // The reference words its refusals differently.
        let output = run_tier0(context, case, &tier0)?;
        return expect::write(&case.beside("stderr"), Some(&output.stderr));
    }
    if has_stages && !case.beside("stdout").exists() {
        return Ok(());
    }
    let output = match &context.reference {
        Some(reference) => run_program(case, &tier0, reference, &[case.file_name()])?,
        None => run_tier0(context, case, &tier0)?,
    };
    let text = (output.status != 0).then(|| format!("{}\n", output.status));
    expect::write(&case.beside("status"), text.as_ref().map(String::as_bytes))?;
    let stderr = (!output.stderr.is_empty()).then_some(output.stderr.as_slice());
    expect::write(&case.beside("errout"), stderr)?;
    expect::write(&case.beside("stdout"), Some(&output.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_name_is_made_uniform() {
        let strip = |text: &str, program: &str| {
            String::from_utf8(without_program_name(text.into(), Path::new(program))).unwrap()
        };
        assert_eq!(strip("/tmp/program: x.lua:1: no", "/tmp/program"), "lua: x.lua:1: no");
        assert_eq!(strip("program: x.lua:1: no", "/tmp/program"), "lua: x.lua:1: no");
        assert_eq!(strip("perilune: x.lua:1: no", "/bin/perilune"), "lua: x.lua:1: no");
        assert_eq!(strip("x.lua:1: no", "/bin/perilune"), "x.lua:1: no");
    }
}
