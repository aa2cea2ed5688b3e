//! Object and runtime archive to an executable, by the system's C compiler as the linker.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, os_message};
use crate::output::Place;

/// What to link, and how.
pub(crate) struct Link<'a> {
    /// The target's triple.
    pub(crate) triple: &'a str,
    /// The object.
    pub(crate) object: &'a Path,
    /// The runtime archive.
    pub(crate) archive: &'a Path,
    /// The executable's final name.
    pub(crate) output: &'a Path,
    /// Link the C library statically.
    pub(crate) static_link: bool,
    /// Keep symbols.
    pub(crate) debug: bool,
    /// Print the command.
    pub(crate) verbose: bool,
}

impl Link<'_> {
    /// Links to a temporary name and renames.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let place = Place::beside(self.output)?;
        let mut command = self.command(place.path());
        if self.verbose {
            crate::failure::say(shown(&command).as_bytes());
        }
        match command.output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.no_linker(&command)),
            Err(error) => Err(Failure::new(format!(
                "cannot run the linker `{}`: {}",
                command.get_program().display(),
                os_message(&error)
            ))),
            Ok(run) if run.status.success() => place.publish_executable(),
            Ok(run) => Err(Failure::new(format!(
                "linking failed ({}): {}\n{}",
                run.status,
                shown(&command),
                String::from_utf8_lossy(&run.stderr).trim_end()
            ))),
        }
    }

    /// The command that links for `output`.
    pub(crate) fn command(&self, output: &Path) -> Command {
        let mut command = Command::new(compiler(self.triple));
        for flag in compiler_flags() {
            command.arg(flag);
        }
        command.arg(self.object).arg(self.archive).arg("-o").arg(output);
        if self.triple.contains("darwin") {
            command.arg("-Wl,-dead_strip");
        } else {
            command.args(["-Wl,--gc-sections", "-Wl,-z,noexecstack"]);
        }
        if !self.debug {
            command.arg("-s");
            if !self.triple.contains("darwin") {
                // An index for unwinders that run inside the program; nothing here unwinds.
                command.arg("-Wl,--no-eh-frame-hdr");
            }
        }
        if self.static_link {
            command.arg("-static");
        }
        command.arg("-lm");
        command
    }

    /// What to do about a missing linker. The object for another target is kept, as it may be
    /// linked elsewhere.
    fn no_linker(&self, command: &Command) -> Failure {
        let host = self.triple == crate::archive::HOST;
        let package = match self.triple.split('-').next().unwrap_or_default() {
            _ if host => "a C compiler (Debian: gcc)".to_owned(),
            arch => format!("a C compiler for {} (Debian: gcc-{arch}-linux-gnu)", self.triple),
        };
        let named = if std::env::var_os("CC").is_some_and(|cc| !cc.is_empty()) {
            ", which CC names,"
        } else {
            ""
        };
        let mut message = format!(
            "no linker: `{}`{named} is not on this machine\n  install {package}, or name one in CC",
            command.get_program().display(),
        );
        let kept = self.output.with_extension("o");
        let keep = || {
            let object = std::fs::read(self.object)
                .map_err(|error| Failure::io("read", self.object, &error))?;
            crate::output::write(Some(&kept), &object)
        };
        let object = match host {
            true => self.object,
            false => match keep() {
                Ok(()) => {
                    message.push_str(&format!("\n  wrote the object {}", kept.display()));
                    &kept
                }
                Err(failure) => return failure,
            },
        };
        let wanted = shown(&Link { object, ..*self }.command(self.output));
        message.push_str(&format!("\n  the link command would have been: {wanted}"));
        Failure::new(message)
    }
}

/// The C compiler for `triple`: CC and its variants, or the name that is usual for the target.
pub(crate) fn compiler(triple: &str) -> PathBuf {
    if let Some(cc) = std::env::var_os("CC").filter(|cc| !cc.is_empty()) {
        // CC may carry flags behind the program.
        let text = cc.to_string_lossy().into_owned();
        if let Some(program) = text.split_whitespace().next() {
            return PathBuf::from(program);
        }
    }
    cc::Build::new()
        .cargo_metadata(false)
        .cargo_warnings(false)
        .target(triple)
        .host(crate::archive::HOST)
        .opt_level(0)
        .try_get_compiler()
        .map_or_else(|_| PathBuf::from("cc"), |tool| tool.path().to_owned())
}

/// What stands behind the program in CC.
fn compiler_flags() -> Vec<OsString> {
    let cc = std::env::var_os("CC").unwrap_or_default();
    cc.to_string_lossy().split_whitespace().skip(1).map(OsString::from).collect()
}

/// A command as one would type it.
fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        text.push(' ');
        if argument.contains([' ', '\'', '"', '$', '&', '(', ')']) {
            text.push_str(&format!("'{}'", argument.replace('\'', r"'\''")));
        } else {
            text.push_str(&argument);
        }
    }
    text
}
