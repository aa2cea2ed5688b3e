//! Times programs compiled by Perilune against the reference interpreter and other peers.
//!
//! ```text
//! cargo build --release && cargo run --release -p bench -- [OPTIONS] [NAME...]
//!     NAME             only programs whose names contain this, or all of a category (library)
//!     --runs N         runs of each (at least 5, and 5 by default)
//!     --modes LIST     out of tier0, O0, O1 and O2, with commas between (O2 by default)
//!     --peers LIST     out of lua5.5 and luajit, or none (both by default)
//!     --no-footprint   leave out sizes, compile times, start-up and memory
//!     --corpus DIR     measure machine code per line over the Lua files below DIR too
//!     --out DIR        where results.json, chart.svg and tables.md go
//!     --markdown       print the tables of docs/performance.md instead of plain text
//!     --perilune F     the compiler to test, instead of the one in this build's folder
//!     --reference F    an interpreter to compare with, instead of one built from its sources
//! ```
//!
//! The peers are built once, from the sources in the crates `lua-src` and `luajit-src`, into the
//! folder of this build. The runs are interleaved, so that a change of the machine's speed meets
//! all alike; a figure is the median of the user times. A program whose output differs from the
//! reference's makes the status 1.

mod chart;
mod compare;
mod footprint;
mod json;
mod measure;
mod options;
mod peers;
mod program;
mod results;
mod tables;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use options::Options;
use results::Results;

fn main() -> ExitCode {
    if let Some(folder) = peers::asked_for_luajit() {
        return peers::build_luajit(&folder);
    }
    match Options::read(env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether every output was the reference's.
fn run(options: &Options) -> Result<bool, String> {
    fs::create_dir_all(&options.scratch).map_err(|error| error.to_string())?;
    let engines = peers::engines(options)?;
    let programs = program::select(&options.names)?;
    let mut results = Results {
        date: output_of(Command::new("date").args(["-u", "+%Y-%m-%d"])),
        machine: machine(),
        command: env::args().skip(1).collect::<Vec<_>>().join(" "),
        runs: options.runs,
        engines: engines.iter().map(|engine| engine.name.clone()).collect(),
        programs: Vec::new(),
        footprint: None,
    };
    if !options.markdown {
        print!("{}", tables::head(&results));
    }
    for program in &programs {
        let row = compare::compare(options, &engines, program);
        if !options.markdown {
            print!("{}", tables::line(&row));
        }
        results.programs.push(row);
    }
    if options.footprint {
        results.footprint = Some(footprint::measure(options, &engines, &programs)?);
    }

    let markdown = tables::markdown(&results);
    let out = &options.out;
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    write(&out.join("results.json"), &json::write(&results))?;
    write(&out.join("chart.svg"), &chart::draw(&results))?;
    write(&out.join("tables.md"), &markdown)?;
    if options.markdown {
        print!("{markdown}");
    } else {
        print!("{}", tables::foot(&results));
        println!("\nwritten: results.json, chart.svg and tables.md in {}", out.display());
    }
    for (name, problem) in results.failures() {
        eprintln!("{name}: {problem}");
    }
    Ok(results.failures().next().is_none())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The machine, as far as it says what it is.
fn machine() -> String {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("", |line| line.trim_start_matches(['\t', ' ', ':'])).trim();
    let (system, family) = (env::consts::OS, env::consts::ARCH);
    if model.is_empty() {
        format!("{family} {system}, {count} cores")
    } else {
        format!("{family} {system}, {count} cores of {model}")
    }
}

/// What a command prints, without the line's end; empty where it fails.
fn output_of(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim_end().to_owned()
}
