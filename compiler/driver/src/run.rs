//! `run`: a program in tier 0, in this process.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::options::{GcMode, Run};

/// Runs a program as `lua FILE ARGS` does; its exit status is ours.
pub(crate) fn run(options: &Run) -> Result<ExitCode, Failure> {
    let mut arguments: Vec<Vec<u8>> = vec![b"perilune".to_vec()];
    arguments.extend(options.program.iter().map(|arg| arg.as_encoded_bytes().to_vec()));
    let settings = runtime::state::Options {
        gc_stress: options.gc != GcMode::Normal,
        gc_verify: options.gc == GcMode::Verify,
        ..Default::default()
    };
    let arguments = runtime::standalone::Arguments::from_list(arguments);
    let status = runtime::standalone::run_with(arguments, 1, settings, |state, file| {
        runtime::stdlib::open_all(state)?;
        tier0::install(state);
        state.load_file(Some(file), b"bt", None)
    });
    Ok(ExitCode::from(status as u8))
}
