//! What was measured, and the means over it.

use std::collections::BTreeMap;

use crate::footprint::Footprint;
use crate::program::enters_means;

/// One run of the benchmarks.
pub(crate) struct Results {
    /// The day, in UTC.
    pub(crate) date: String,
    pub(crate) machine: String,
    /// The options of this program.
    pub(crate) command: String,
    /// Runs of each program by each engine.
    pub(crate) runs: usize,
    /// The engines' names; the first is the reference.
    pub(crate) engines: Vec<String>,
    pub(crate) programs: Vec<Row>,
    pub(crate) footprint: Option<Footprint>,
}

/// One program.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) category: String,
    /// For each engine.
    pub(crate) cells: Vec<Cell>,
}

/// One program by one engine.
pub(crate) enum Cell {
    Measured {
        /// The median of the user times, in seconds.
        seconds: f64,
        /// The largest resident set of the runs, in kibibytes.
        peak_kib: u64,
    },
    /// The engine cannot run it, for this reason.
    Skipped(String),
    /// It failed, or printed something else than the reference.
    Failed(String),
}

impl Row {
    pub(crate) fn seconds(&self, engine: usize) -> Option<f64> {
        match self.cells.get(engine)? {
            Cell::Measured { seconds, .. } => Some(*seconds),
            Cell::Skipped(_) | Cell::Failed(_) => None,
        }
    }

    /// How many times faster than the reference the engine is.
    pub(crate) fn ratio(&self, engine: usize) -> Option<f64> {
        Some(self.seconds(0)? / self.seconds(engine)?)
    }
}

/// The mean of some ratios.
pub(crate) struct Summary {
    pub(crate) geomean: f64,
    pub(crate) minimum: f64,
    pub(crate) count: usize,
}

impl Results {
    /// The categories that enter the mean, in alphabetical order.
    pub(crate) fn categories(&self) -> Vec<&str> {
        let mut names: BTreeMap<&str, ()> = BTreeMap::new();
        for row in self.programs.iter().filter(|row| enters_means(&row.category)) {
            names.insert(&row.category, ());
        }
        names.into_keys().collect()
    }

    /// The rows of a category.
    pub(crate) fn rows<'a>(&'a self, category: &'a str) -> impl Iterator<Item = &'a Row> {
        self.programs.iter().filter(move |row| row.category == category)
    }

    /// Over one category, or over all that enter the mean. `None` where the engine ran nothing.
    pub(crate) fn summary(&self, engine: usize, category: Option<&str>) -> Option<Summary> {
        let rows = self.programs.iter().filter(|row| match category {
            Some(category) => row.category == category,
            None => enters_means(&row.category),
        });
        summarize(rows.filter_map(|row| row.ratio(engine)))
    }

    /// What went wrong: the program with the engine, and what.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (String, &str)> {
        self.programs.iter().flat_map(|row| {
            let engines = self.engines.iter().zip(&row.cells);
            engines.filter_map(|(engine, cell)| match cell {
                Cell::Failed(problem) => Some((format!("{}, {engine}", row.name), &**problem)),
                _ => None,
            })
        })
    }
}

fn summarize(ratios: impl Iterator<Item = f64>) -> Option<Summary> {
    let (mut logarithms, mut minimum, mut count) = (0.0, f64::INFINITY, 0);
    for ratio in ratios {
        logarithms += ratio.ln();
        minimum = minimum.min(ratio);
        count += 1;
    }
    let geomean = (logarithms / count as f64).exp();
    (count > 0).then_some(Summary { geomean, minimum, count })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A result with one failure and one engine that skips.
    pub(crate) fn sample() -> Results {
        let time = |seconds| Cell::Measured { seconds, peak_kib: 2048 };
        let row = |name: &str, category: &str, cells| Row {
            name: name.into(),
            category: category.into(),
            cells,
        };
        Results {
            date: "2026-01-02".into(),
            machine: "a machine".into(),
            command: "--runs 5".into(),
            runs: 5,
            engines: vec!["lua5.4".into(), "luajit".into(), "perilune O2".into()],
            programs: vec![
                row("a", "calls", vec![time(1.0), time(0.1), time(0.5)]),
                row(
                    "b",
                    "calls",
                    vec![time(1.0), Cell::Skipped("no integers".into()), time(0.125)],
                ),
                row("c", "numbers", vec![time(1.0), time(0.5), Cell::Failed("crash".into())]),
                row("d", "micro", vec![time(1.0), time(1.0), time(0.001)]),
                row("e", "library", vec![time(1.0), time(1.0), time(0.002)]),
            ],
            footprint: None,
        }
    }

    #[test]
    fn means_are_geometric_and_leave_micro_and_library_programs_out() {
        let results = sample();
        let all = results.summary(2, None).unwrap();
        assert!((all.geomean - 4.0).abs() < 1e-9);
        assert_eq!((all.minimum, all.count), (2.0, 2));
        assert!(results.summary(2, Some("numbers")).is_none());
        assert_eq!(results.categories(), ["calls", "numbers"]);
    }

    #[test]
    fn failures_are_named() {
        let results = sample();
        let failures: Vec<_> = results.failures().collect();
        assert_eq!(failures, [("c, perilune O2".to_owned(), "crash")]);
    }
}
