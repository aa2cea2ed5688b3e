//! Runs the test files: one test for each case and each way to run it.
//!
//! A case is a Lua program under `tests/cases` with what is expected beside it (`x.stdout`, ...);
//! the programs of `tests/bench` are cases too, with a small size.
//! Nothing here knows the compiler's insides: it runs the `perilune` command as a user does. (The
//! tests of single passes, under `tests/passes`, are run by the crates that hold the passes.) The
//! environment may change what is run:
//!
//! - `BLESS=1` rewrites the expectations instead of testing them: from the reference interpreter
//!   that `PERILUNE_REF` names, else from tier 0;
//! - `PERILUNE_BIN` is the compiler to test, instead of the one just built;
//! - `PERILUNE_TEST_TARGETS` lists targets for which the cases under `kill/` run as well, under
//!   emulation.
//!
//! A part of a test's name selects: `cargo test --test cases -- kill/ ::O2`.

mod case;
mod expect;
mod mode;
mod process;
mod run;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

/// What every test needs to know.
struct Context {
    compiler: PathBuf,
    /// An interpreter whose word is final, where there is one.
    reference: Option<PathBuf>,
    /// A folder for executables.
    scratch: PathBuf,
    runners: run::Runners,
}

/// The test program: the folders of `roots` hold the cases, whose names begin with the folder's
/// prefix; `compiler` is the command to test, and executables are written below `scratch`.
pub fn main(roots: &[(&str, &Path)], compiler: &Path, scratch: &Path) -> ExitCode {
    let arguments = Arguments::from_args();
    let context = Arc::new(Context {
        compiler: env::var_os("PERILUNE_BIN").map_or_else(|| compiler.to_owned(), PathBuf::from),
        reference: env::var_os("PERILUNE_REF").map(PathBuf::from),
        scratch: scratch.to_owned(),
        runners: run::Runners::default(),
    });
    let bless = env::var_os("BLESS").is_some_and(|value| value == "1");
    let targets = mode::targets_to_test();

    let mut trials = Vec::new();
    for (prefix, root) in roots {
        match case::find(prefix, root) {
            Ok(cases) => {
                for case in cases {
                    trials.extend(run::trials(&context, Arc::new(case), &targets, bless));
                }
            }
            // Reported as a test of its own, so that the others still run.
            Err(error) => trials.push(Trial::test(format!("{prefix}cases"), || Err(error.into()))),
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
