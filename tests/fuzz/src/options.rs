//! The command line of the runner, and where it finds the two sides.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::Engine;

/// What to generate and what to compare.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of all programs.
    pub seed: u64,
    /// The number of the first program.
    pub first: u64,
    /// How many programs to compare.
    pub count: u64,
    /// How many programs a file holds.
    pub per_file: u64,
    /// No new file is begun after this time.
    pub time: Option<Duration>,
    /// How long one run of one file may take.
    pub limit: Duration,
    /// How long to spend on shrinking a difference.
    pub shrink: Duration,
    /// How many files to compare at once.
    pub jobs: usize,
    /// How many differences to collect before giving up.
    pub keep: usize,
    /// Positions in messages, and the libraries of functions they name, are passed over.
    pub loose: bool,
    /// Programs that contain one of these texts are passed over: what is known to differ.
    pub without: Vec<String>,
    /// Where files of differences go.
    pub folder: PathBuf,
    /// The reference interpreter, where there is one.
    pub reference: Option<PathBuf>,
    /// What is compared with it.
    pub subject: Engine,
    /// Print program texts, and run nothing.
    pub print: bool,
    /// Say how varied the programs were.
    pub report: bool,
}

/// How to use the command.
pub const USAGE: &str = "\
Usage: fuzz [--seed N] [--count N] [--first N] [--per-file N] [--seconds S] [--jobs N]
            [--mode tier0|O0|O1|O2|LUA] [--gc MODE] [--reference LUA] [--out FOLDER]
            [--timeout S] [--shrink S] [--keep N] [--loose] [--without TEXT]...
            [--report] [--print]

Compares what random Lua programs print with the reference. The compiler is PERILUNE_BIN or
target/debug/perilune; the reference is --reference, PERILUNE_REF or lua5.4. A mode that is a path
is run as an interpreter. Exit status: 0 equal, or no reference; 1 a difference; 2 wrong usage.";

impl Options {
    /// The options that the arguments state.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            seed: 1,
            first: 0,
            count: 1000,
            per_file: 20,
            time: None,
            limit: Duration::from_secs(60),
            shrink: Duration::from_secs(60),
            jobs: 1,
            keep: 1,
            loose: false,
            without: Vec::new(),
            folder: workspace().join("target/fuzz"),
            reference: None,
            subject: Engine::Tier0 { compiler: compiler(), gc: None },
            print: false,
            report: false,
        };
        let (mut mode, mut gc, mut reference) = ("tier0".to_owned(), None, None);
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--seed" => options.seed = number(&value()?)?,
                "--first" => options.first = number(&value()?)?,
                "--count" => options.count = number(&value()?)?,
                "--per-file" => options.per_file = number(&value()?)?.max(1),
                "--seconds" => options.time = Some(Duration::from_secs(number(&value()?)?)),
                "--timeout" => options.limit = Duration::from_secs(number(&value()?)?),
                "--shrink" => options.shrink = Duration::from_secs(number(&value()?)?),
                "--jobs" => options.jobs = number(&value()?)?.max(1) as usize,
                "--keep" => options.keep = number(&value()?)?.max(1) as usize,
                "--out" => options.folder = PathBuf::from(value()?),
                "--mode" => mode = value()?,
                "--gc" => gc = Some(value()?),
                "--reference" => reference = Some(PathBuf::from(value()?)),
                "--without" => options.without.push(value()?),
                "--loose" => options.loose = true,
                "--print" => options.print = true,
                "--report" => options.report = true,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        options.subject = match mode.as_str() {
            "tier0" => Engine::Tier0 { compiler: compiler(), gc },
            "O0" | "O1" | "O2" => {
                Engine::Built { compiler: compiler(), level: format!("-{mode}"), gc }
            }
            path if path.contains('/') => Engine::Interpreter(PathBuf::from(path)),
            _ => return Err(format!("unknown mode {mode}")),
        };
        options.reference = reference.or_else(find_reference);
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The compiler to test.
pub fn compiler() -> PathBuf {
    match std::env::var_os("PERILUNE_BIN") {
        Some(path) => PathBuf::from(path),
        None => workspace().join("target/debug/perilune"),
    }
}

/// The reference that the environment names, or that is installed.
pub fn find_reference() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("PERILUNE_REF") {
        return Some(PathBuf::from(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("lua5.4")).find(|file| file.is_file())
}
