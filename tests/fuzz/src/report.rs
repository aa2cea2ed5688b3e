//! How varied the programs of a run were: how they ended, and how often each construct appeared.

use std::collections::BTreeMap;
use std::fmt;

/// Texts whose presence in a program shows a construct.
const CONSTRUCTS: &[&str] = &[
    "goto next",
    "goto top",
    "break",
    "repeat",
    "while",
    "ipairs",
    "pairs(",
    "<close>",
    "<const>",
    "function(...)",
    "select(",
    "table.unpack",
    "pcall",
    "xpcall",
    "error(",
    "coroutine.yield",
    "coroutine.wrap",
    "coroutine.close",
    "setmetatable",
    "__index",
    "__newindex",
    "__call",
    "__eq",
    "__lt",
    "__le",
    "__concat",
    "__len",
    "__close",
    "__pairs",
    "table.sort",
    "string.format",
    ":gsub",
    ":sub(",
    "..",
    "//",
    "%",
    "<<",
    ">>",
    "~",
    "math.maxinteger",
    "math.mininteger",
    "0/0",
    "-0.0",
    "debug.traceback",
    "_ENV",
    "table.insert",
    "table.concat",
    ":byte(",
];

/// Figures on the programs of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    programs: u64,
    lines: u64,
    messages: u64,
    ends: BTreeMap<&'static str, u64>,
    constructs: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Counts the programs of a file and what the reference printed for them.
    pub fn add(&mut self, text: &str, output: &str) {
        for program in text.split("\nrun(").skip(1) {
            self.programs += 1;
            for construct in CONSTRUCTS {
                if program.contains(construct) {
                    *self.constructs.entry(construct).or_default() += 1;
                }
            }
        }
        for line in output.lines() {
            self.lines += 1;
            self.messages += u64::from(line.contains(".lua:"));
            let Some((_, end)) = line.split_once(": \"done\" ") else { continue };
            let end = match end {
                _ if end.starts_with("true") => "returned",
                _ if end.contains("\"fuel\"") => "spent its budget",
                _ if end.contains("too many lines") => "printed too much",
                _ => "raised an error",
            };
            *self.ends.entry(end).or_default() += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let programs = self.programs.max(1);
        let share = |count: u64| count * 100 / programs;
        writeln!(
            f,
            "{} programs, {} lines, {} with a position",
            self.programs, self.lines, self.messages
        )?;
        for (end, count) in &self.ends {
            writeln!(f, "{:3}% {end}", share(*count))?;
        }
        for (index, (construct, count)) in self.constructs.iter().enumerate() {
            let end = if index % 4 == 3 { "\n" } else { "" };
            write!(f, "{construct:>18} {:3}%{end}", share(*count))?;
        }
        writeln!(f)
    }
}
