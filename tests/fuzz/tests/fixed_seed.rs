//! A few seconds of random programs in tier 0, the same ones each time.

use std::time::Duration;

use fuzz::compare;
use fuzz::options::{Options, compiler};

/// What differs today, as texts in the programs that show it. A line goes with its difference.
const KNOWN: &[&str] = &[
    // The reference adds 0 where a program subtracts it as a constant, which turns -0.0 into 0.0.
    "-0.0 - ",
];

#[test]
fn random_programs_print_what_the_reference_prints() {
    let arguments = ["--seed", "54", "--count", "2000", "--seconds", "8", "--shrink", "20"];
    let mut options = Options::parse(arguments.map(str::to_owned)).expect("the options are right");
    let Some(reference) = options.reference.clone() else {
        eprintln!("SKIPPED, NOTHING WAS COMPARED: no reference (set PERILUNE_REF to Lua 5.4)");
        return;
    };
    if !compiler().is_file() {
        eprintln!("SKIPPED, NOTHING WAS COMPARED: {} is not built", compiler().display());
        return;
    }
    options.limit = Duration::from_secs(20);
    options.without = KNOWN.iter().map(|text| (*text).to_owned()).collect();
    let summary = compare::run(&options, &reference).expect("both sides run");
    assert!(summary.differences.is_empty(), "see {:?}", summary.differences);
}
