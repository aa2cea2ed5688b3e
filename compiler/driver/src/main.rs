//! The `perilune` command: source files in, executables, text or a running program out.
//!
//! This crate alone does I/O, reads the environment and ends the process.

mod archive;
mod beside;
mod bundle;
mod compile;
mod failure;
mod link;
mod loads;
mod options;
mod output;
mod progress;
mod reachable;
mod render;
mod requires;
mod run;

use std::process::ExitCode;

use clap::Parser;

use failure::Failure;
use options::{Command, Options};

fn main() -> ExitCode {
    if let Some(status) = run::as_lua() {
        return status;
    }
    let options = match Options::try_parse_from(options::arguments()) {
        Ok(options) => options,
        Err(error) => {
            // Help and version go to standard output with status 0, errors to standard error.
            let printed = error.print();
            return match (error.use_stderr(), printed) {
                (true, _) => ExitCode::from(failure::STATUS_USAGE),
                (false, Ok(())) => ExitCode::SUCCESS,
                (false, Err(error)) => {
                    let reason = failure::os_message(&error);
                    failure::say(format!("cannot write standard output: {reason}").as_bytes());
                    ExitCode::from(failure::STATUS_ERROR)
                }
            };
        }
    };
    let done = match options.command {
        Command::Build(build) => compile::build(&build).map(|()| ExitCode::SUCCESS),
        Command::Check(check) => compile::check(&check).map(|()| ExitCode::SUCCESS),
        Command::Run(run) => Ok(run::run(run)),
        Command::Repl(run) => Ok(run::repl(run)),
    };
    done.unwrap_or_else(|failure: Failure| {
        if !failure.message.is_empty() {
            failure::say(&failure.message);
        }
        ExitCode::from(failure.status)
    })
}
