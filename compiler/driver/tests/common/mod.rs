//! What tests of the command share: a folder with files, and a run with its output.
#![allow(dead_code, reason = "each test program uses a part")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The command under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_perilune");

/// A folder of its own for a test, removed with it.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    /// The files it was given, sorted.
    pub(crate) given: Vec<String>,
}

/// What a command left.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Runs a command with this standard input.
    pub(crate) fn of(command: &mut Command, input: &str) -> Run {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        // A program need not read its input.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it was started");
        Run {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Folder {
    /// With these files: name and contents.
    pub(crate) fn with(files: &[(&str, &str)]) -> Folder {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("written");
            std::fs::write(path, text).expect("written");
        }
        let mut folder = Folder { folder, given: Vec::new() };
        folder.given = folder.files();
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The names of what is directly in it, hidden files too, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs the command under test in it, with these variables changed.
    pub(crate) fn perilune(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = Command::new(BINARY);
        for name in ["LUA_PATH", "LUA_PATH_5_4", "PERILUNE_RUNTIME"] {
            command.env_remove(name);
        }
        command.args(arguments).envs(variables.iter().copied()).current_dir(self.path());
        Run::of(&mut command, "")
    }

    /// Runs a program in it.
    pub(crate) fn run(&self, program: &str, input: &str) -> Run {
        self.run_with(program, &[], input)
    }

    /// Likewise, with arguments.
    pub(crate) fn run_with(&self, program: &str, arguments: &[&str], input: &str) -> Run {
        let mut command = Command::new(self.path().join(program));
        Run::of(command.args(arguments).current_dir(self.path()), input)
    }
}

/// Runs the command under test in a folder.
pub(crate) fn perilune(folder: &Folder, arguments: &[&str]) -> Run {
    folder.perilune(arguments, &[])
}
