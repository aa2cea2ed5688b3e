//! Times programs compiled by Perilune against the reference interpreter.
//!
//! ```text
//! cargo build --release && cargo run --release -p bench -- [OPTIONS] [NAME...]
//!     NAME           only programs whose names contain this
//!     --runs N       runs of each (at least 5, and 5 by default)
//!     --modes LIST   out of tier0, O0, O1 and O2, with commas between (O2 by default)
//!     --perilune F   the compiler to test, instead of the one in this build's folder
//!     --reference F  an interpreter to compare with, instead of one built from its sources
//! ```
//!
//! The runs are interleaved, so that a change of the machine's speed meets all alike; a figure is
//! the median of the user times. A program whose output differs from the reference's makes the
//! status 1.

mod measure;
mod reference;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use measure::{Sample, median, sample};

/// The folders of the programs: those written as people write Lua, and those that measure one thing.
const FOLDERS: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/programs"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/micro"),
];

struct Options {
    names: Vec<String>,
    runs: usize,
    modes: Vec<String>,
    perilune: PathBuf,
    reference: Option<PathBuf>,
    /// For executables.
    scratch: PathBuf,
}

fn main() -> ExitCode {
    match options().and_then(|options| compare_all(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let folder = own.parent().unwrap_or(Path::new("."));
    let mut options = Options {
        names: Vec::new(),
        runs: 5,
        modes: vec!["O2".into()],
        perilune: folder.join(format!("perilune{}", env::consts::EXE_SUFFIX)),
        reference: None,
        scratch: folder.join("bench-files"),
    };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
        match argument.as_str() {
            "--runs" => {
                let runs: usize = value()?.parse().map_err(|_| "--runs wants a number")?;
                options.runs = runs.max(5);
            }
            "--modes" => options.modes = value()?.split(',').map(str::to_owned).collect(),
            "--perilune" => options.perilune = value()?.into(),
            "--reference" => options.reference = Some(value()?.into()),
            _ if argument.starts_with('-') => return Err(format!("unknown option {argument}")),
            _ => options.names.push(argument),
        }
    }
    if !options.perilune.is_file() {
        let path = options.perilune.display();
        return Err(format!("no compiler at {path} (cargo build --release makes it)"));
    }
    Ok(options)
}

/// Whether every output was the reference's.
fn compare_all(options: &Options) -> Result<bool, String> {
    std::fs::create_dir_all(&options.scratch).map_err(|error| error.to_string())?;
    let reference = match &options.reference {
        Some(path) => path.clone(),
        None => reference::build(&options.scratch)?,
    };
    let programs = programs(&options.names)?;
    print!("{:<20} {:>9}", "program", "reference");
    options.modes.iter().for_each(|mode| print!(" {mode:>8}   ratio"));
    println!("    (user seconds, median of {}; ratio = reference / ours)", options.runs);

    let mut same = true;
    let mut ratios = vec![Vec::new(); options.modes.len()];
    for program in &programs {
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        print!("{name:<20}");
        match compare(options, &reference, program) {
            Ok((base, ours)) => {
                print!(" {base:>9.3}");
                for (time, ratios) in ours.iter().zip(&mut ratios) {
                    print!(" {time:>8.3} {:>7.2}", base / time);
                    ratios.push(base / time);
                }
                println!();
            }
            Err(error) => {
                println!(" FAILED: {error}");
                same = false;
            }
        }
    }
    print!("{:<20} {:>9}", "geometric mean", "");
    for ratios in &ratios {
        let logarithms: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
        print!(" {:>8} {:>7.2}", "", (logarithms / ratios.len() as f64).exp());
    }
    println!();
    Ok(same)
}

fn programs(names: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut entries = Vec::new();
    for folder in FOLDERS {
        let found = std::fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
        entries.extend(found);
    }
    let mut programs: Vec<PathBuf> = entries
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
        .filter(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str()))
        })
        .collect();
    programs.sort();
    if programs.is_empty() { Err("no such program".into()) } else { Ok(programs) }
}

/// The median times of the reference and of each mode.
fn compare(options: &Options, reference: &Path, program: &Path) -> Result<(f64, Vec<f64>), String> {
    let mut commands = vec![(String::from("reference"), run_with(reference, &[], program))];
    for mode in &options.modes {
        let command = match mode.as_str() {
            "tier0" => run_with(&options.perilune, &["run"], program),
            level => Command::new(compile(options, level, program)?),
        };
        commands.push((mode.clone(), command));
    }
    let mut times = vec![Vec::new(); commands.len()];
    let mut expected: Option<Sample> = None;
    for _ in 0..options.runs {
        for ((mode, command), times) in commands.iter_mut().zip(&mut times) {
            let sample = sample(command).map_err(|error| format!("{mode}: {error}"))?;
            times.push(sample.user_seconds);
            match &expected {
                None => expected = Some(sample),
                Some(expected) if expected.stdout != sample.stdout => {
                    return Err(format!("{mode}: another output than the reference's"));
                }
                Some(_) => {}
            }
        }
    }
    let mut medians = times.into_iter().map(median);
    let base = medians.next().unwrap_or(f64::NAN);
    Ok((base, medians.collect()))
}

fn run_with(interpreter: &Path, arguments: &[&str], program: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.args(arguments).arg(program);
    command
}

/// The executable that a level makes of the program.
fn compile(options: &Options, level: &str, program: &Path) -> Result<PathBuf, String> {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let executable = options.scratch.join(format!("{name}-{level}"));
    let mut command = Command::new(&options.perilune);
    command.arg("build").arg(format!("-{level}")).arg(program).arg("-o").arg(&executable);
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(executable)
    } else {
        Err(format!("{level} does not build: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
