//! The command: compares random programs with the reference, and exits with 1 on a difference.

use std::process::ExitCode;
use std::time::Instant;

use fuzz::options::{Options, USAGE};
use fuzz::{compare, generate};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("fuzz: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if options.print {
        print!("{}", generate::file(options.seed, options.first, options.count).program());
        return ExitCode::SUCCESS;
    }
    let Some(reference) = &options.reference else {
        eprintln!(
            "fuzz: SKIPPED, NOTHING WAS COMPARED: no reference (set PERILUNE_REF to Lua 5.4)"
        );
        return ExitCode::SUCCESS;
    };
    let start = Instant::now();
    let summary = match compare::run(&options, reference) {
        Ok(summary) => summary,
        Err(message) => {
            eprintln!("fuzz: {message}");
            return ExitCode::FAILURE;
        }
    };
    if options.report {
        print!("{}", summary.report);
    }
    println!(
        "{} programs of seed {} in {:.1} s, {}: {} differences",
        summary.programs,
        options.seed,
        start.elapsed().as_secs_f64(),
        options.subject,
        summary.differences.len()
    );
    if summary.beyond_limit > 0 {
        println!("{} not compared: the reference met its limit of C calls", summary.beyond_limit);
    }
    for file in &summary.differences {
        println!("  {}", file.display());
    }
    if summary.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
