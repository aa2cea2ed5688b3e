//! One program by all engines, in turns.

use std::process::Command;

use crate::measure::{median, sample};
use crate::options::Options;
use crate::peers::{Engine, LUAJIT};
use crate::program::Program;
use crate::results::{Cell, Row};

/// The state of one engine between the turns.
enum Turns {
    Running { command: Command, times: Vec<f64>, peak_kib: u64 },
    Ended(Cell),
}

/// Runs the program in turns and takes the medians.
pub(crate) fn compare(options: &Options, engines: &[Engine], program: &Program) -> Row {
    let mut all: Vec<Turns> =
        engines.iter().map(|engine| begin(options, engine, program)).collect();
    let mut expected: Option<Vec<u8>> = None;
    for _ in 0..options.runs {
        for turns in &mut all {
            let Turns::Running { command, times, peak_kib } = turns else { continue };
            let ended = match sample(command) {
                Err(error) => Some(error),
                Ok(sample) => {
                    times.push(sample.user_seconds);
                    *peak_kib = sample.peak_kib.max(*peak_kib);
                    let expected = expected.get_or_insert_with(|| sample.stdout.clone());
                    (*expected != sample.stdout)
                        .then(|| "another output than the reference's".into())
                }
            };
            if let Some(problem) = ended {
                *turns = Turns::Ended(Cell::Failed(problem));
            }
        }
    }
    let cells = all.into_iter().map(|turns| match turns {
        Turns::Running { times, peak_kib, .. } => {
            Cell::Measured { seconds: median(times), peak_kib }
        }
        Turns::Ended(cell) => cell,
    });
    Row { name: program.name.clone(), category: program.category.clone(), cells: cells.collect() }
}

fn begin(options: &Options, engine: &Engine, program: &Program) -> Turns {
    if let Some(reason) = program.not_on_luajit.as_ref().filter(|_| engine.name == LUAJIT) {
        return Turns::Ended(Cell::Skipped(reason.clone()));
    }
    match engine.command(&program.path, &options.scratch) {
        Ok(command) => Turns::Running { command, times: Vec::new(), peak_kib: 0 },
        Err(problem) => Turns::Ended(Cell::Failed(problem)),
    }
}
