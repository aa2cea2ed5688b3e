//! A few seconds of random programs in tier 0, the same ones each time.

use std::time::Duration;

use fuzz::compare;
use fuzz::options::{Options, compiler};

#[test]
fn random_programs_print_what_the_reference_prints() {
    let arguments = ["--seed", "54", "--count", "2000", "--seconds", "8"];
    let options = Options::parse(arguments.map(str::to_owned)).expect("the options are right");
    let Some(reference) = options.reference.clone() else {
        eprintln!("SKIPPED, NOTHING WAS COMPARED: no reference (set PERILUNE_REF to Lua 5.4)");
        return;
    };
    if !compiler().is_file() {
        eprintln!("SKIPPED, NOTHING WAS COMPARED: {} is not built", compiler().display());
        return;
    }
    let options = Options { shrink: Duration::from_secs(20), ..options };
    let summary = compare::run(&options, &reference).expect("both sides run");
    assert!(summary.differences.is_empty(), "see {:?}", summary.differences);
}
