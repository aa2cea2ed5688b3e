//! The run: files of programs through both sides, until one differs or all are done.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::engine::{End, Engine, Outcome};
use crate::generate;
use crate::options::Options;
use crate::report::Report;
use crate::shrink;
use crate::tree::{Node, Part};

/// Two sides, and where and how to run them.
pub struct Pair<'a> {
    /// What was asked for.
    pub options: &'a Options,
    /// The side that is right.
    pub reference: Engine,
    /// The folder for this worker's files.
    pub folder: PathBuf,
}

/// A file on which the sides differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What the reference made of it.
    pub expected: Outcome,
    /// What the other side made of it.
    pub actual: Outcome,
}

/// What a run came to.
pub struct Summary {
    /// How many programs were run on both sides.
    pub programs: u64,
    /// How many of them were not compared: see [`beyond_limit`].
    pub beyond_limit: u64,
    /// The files written for differences.
    pub differences: Vec<PathBuf>,
    /// How varied the programs were.
    pub report: Report,
}

/// Compares as many programs as the options ask for.
pub fn run(options: &Options, reference: &Path) -> Result<Summary, String> {
    let start = Instant::now();
    let next = AtomicU64::new(options.first);
    let end = options.first + options.count;
    let summary = Mutex::new(Summary {
        programs: 0,
        beyond_limit: 0,
        differences: Vec::new(),
        report: Report::default(),
    });
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for worker in 0..options.jobs {
            let (next, summary, failure) = (&next, &summary, &failure);
            scope.spawn(move || {
                let folder = options.folder.join(format!("work-{}-{worker}", std::process::id()));
                let pair = Pair {
                    options,
                    reference: Engine::Interpreter(reference.to_path_buf()),
                    folder,
                };
                let result = pair.prepare().and_then(|()| {
                    loop {
                        let late = options.time.is_some_and(|time| start.elapsed() >= time);
                        let enough = lock(summary).differences.len() >= options.keep;
                        let first = next.fetch_add(options.per_file, Ordering::Relaxed);
                        if first >= end || late || enough || lock(failure).is_some() {
                            return Ok(());
                        }
                        pair.one_file(first, options.per_file.min(end - first), summary)?;
                    }
                });
                if let Err(message) = result {
                    *lock(failure) = Some(message);
                }
                // Only a leftover folder where this fails.
                let _ = std::fs::remove_dir_all(&pair.folder);
            });
        }
    });
    match failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        Some(message) => Err(message),
        None => Ok(summary.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Pair<'_> {
    fn prepare(&self) -> Result<(), String> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|error| format!("{}: {error}", self.folder.display()))
    }

    fn one_file(&self, first: u64, count: u64, summary: &Mutex<Summary>) -> Result<(), String> {
        let mut tree = generate::file(self.options.seed, first, count);
        tree.parts.retain(|part| match part {
            Part::Node(node) => {
                let text = node.text();
                !text.starts_with("run(") || !self.options.without.iter().any(|w| text.contains(w))
            }
            Part::Text(_) => true,
        });
        let text = tree.program();
        let expected = self.reference(&text)?;
        if expected.end != End::Success {
            return Err(format!(
                "the reference does not run programs {first} to {} of seed {}: {:?}\n{}",
                first + count - 1,
                self.options.seed,
                expected.end,
                expected.errors
            ));
        }
        let actual = self.subject(&text)?;
        {
            let mut summary = lock(summary);
            summary.programs += count;
            summary.beyond_limit += beyond_limit(&expected.output).len() as u64;
            summary.report.add(&text, &expected.output);
        }
        if self.same(&expected, &actual) {
            return Ok(());
        }
        let number = first_difference(&expected.output, &actual.output);
        eprintln!("a difference in programs {first} to {}: shrinking", first + count - 1);
        let found = Difference { expected, actual };
        let (small, found) = shrink::shrink(self, tree, found, number);
        let file = self.write(number.unwrap_or(first), &small, &found)?;
        lock(summary).differences.push(file);
        Ok(())
    }

    /// The difference on a program, where there is one of the wanted kind.
    pub fn difference(&self, tree: &Node) -> Option<Difference> {
        let text = tree.program();
        let expected = self.reference(&text).ok()?;
        if expected.end != End::Success {
            return None;
        }
        let actual = self.subject(&text).ok()?;
        (!self.same(&expected, &actual)).then_some(Difference { expected, actual })
    }

    fn same(&self, expected: &Outcome, actual: &Outcome) -> bool {
        let left_out = beyond_limit(&expected.output);
        let [wanted, got] = [expected, actual].map(|side| without(&side.output, &left_out));
        let same =
            if self.options.loose { loosely(&wanted) == loosely(&got) } else { wanted == got };
        expected.end == actual.end && same
    }

    fn reference(&self, text: &str) -> Result<Outcome, String> {
        self.run(&self.reference, text)
    }

    fn subject(&self, text: &str) -> Result<Outcome, String> {
        self.run(&self.options.subject, text)
    }

    fn run(&self, engine: &Engine, text: &str) -> Result<Outcome, String> {
        let name = "fuzz.lua";
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(engine.run(&self.folder, name, self.options.limit))
    }

    /// Writes the program with both outputs as comments, and says so.
    fn write(&self, number: u64, tree: &Node, found: &Difference) -> Result<PathBuf, String> {
        let name = format!("difference-{}-{number}.lua", self.options.seed);
        let path = self.options.folder.join(&name);
        let mut text = tree.program();
        text.push_str(&format!(
            "\n-- seed {}, program {number}, {}\n",
            self.options.seed, self.options.subject
        ));
        for (side, outcome) in [("expected", &found.expected), ("actual", &found.actual)] {
            text.push_str(&format!("-- {side}: {:?}\n", outcome.end));
            for line in outcome.output.lines().take(60) {
                text.push_str(&format!("--   {line}\n"));
            }
            for line in outcome.errors.lines().take(10) {
                text.push_str(&format!("-- ! {line}\n"));
            }
        }
        std::fs::write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!("{}\n{text}", path.display());
        Ok(path)
    }
}

/// The number of the program that prints the first line that differs.
fn first_difference(expected: &str, actual: &str) -> Option<u64> {
    let mut actual = actual.lines();
    let line = expected.lines().find(|line| actual.next() != Some(line))?;
    line.split_once(": ")?.0.parse().ok()
}

/// The programs that met the reference's limit of nested C calls. What counts as one is its own
/// affair (docs/differences.md), and so is how far such a program comes.
fn beyond_limit(output: &str) -> BTreeSet<&str> {
    let lines = output.lines().filter(|line| line.contains("C stack overflow"));
    lines.filter_map(|line| Some(line.split_once(": ")?.0)).collect()
}

/// The output without that of some programs.
fn without<'t>(output: &'t str, programs: &BTreeSet<&str>) -> Cow<'t, str> {
    if programs.is_empty() {
        return Cow::Borrowed(output);
    }
    let stays =
        |line: &&str| line.split_once(": ").is_none_or(|(program, _)| !programs.contains(program));
    Cow::Owned(output.split_inclusive('\n').filter(stays).collect())
}

/// The text without positions, as in `fuzz.lua:12: `, and without the libraries in functions' names.
fn loosely(text: &str) -> String {
    let mut pieces = text.split("fuzz.lua:");
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        result.push_str(rest.strip_prefix(": ").unwrap_or(rest));
    }
    for library in ["string", "table", "math", "utf8", "coroutine"] {
        result = result.replace(&format!("'{library}."), "'");
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loose_comparison_leaves_out_positions_and_libraries() {
        assert_eq!(loosely("fuzz.lua:12: to 'math.abs' 3"), "to 'abs' 3");
    }

    #[test]
    fn programs_beyond_the_limit_of_c_calls_are_left_out() {
        let expected = "1: a\n2: error C stack overflow\n2: b\n3: c\n";
        let left_out = beyond_limit(expected);
        assert_eq!(left_out.len(), 1);
        assert_eq!(without("1: a\n2: d\n2: e\n2: f\n3: c\n", &left_out), "1: a\n3: c\n");
        assert_eq!(without(expected, &left_out), "1: a\n3: c\n");
    }

    #[test]
    fn the_first_line_that_differs_names_its_program() {
        assert_eq!(first_difference("1: a\n2: b\n", "1: a\n2: c\n"), Some(2));
        assert_eq!(first_difference("1: a\n7: b\n", "1: a\n"), Some(7));
        assert_eq!(first_difference("1: a\n", "1: a\n"), None);
    }
}
