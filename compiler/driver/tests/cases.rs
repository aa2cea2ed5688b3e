//! Runs every program under `tests/cases` and in the folders of `tests/bench` through the command just
//! built. The runner is the package `harness`; this target stands here to have the command built
//! first.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(
        &[
            ("", Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases"))),
            (
                "bench/",
                Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bench/programs")),
            ),
            (
                "bench-library/",
                Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bench/library")),
            ),
        ],
        Path::new(env!("CARGO_BIN_EXE_perilune")),
        Path::new(env!("CARGO_TARGET_TMPDIR")),
    )
}
