//! What programs cost besides their run: how long compiling takes, how much machine code it makes
//! of a line, and how large a hello is, how fast it starts and how much memory it takes.

use std::fs;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSection, SectionKind};

use crate::measure::{median, sample};
use crate::options::Options;
use crate::peers::{Engine, Kind, compile};
use crate::program::{Program, code_lines, enters_means};

/// Levels whose code is measured.
const LEVELS: [&str; 2] = ["O0", "O2"];
/// Starts of hello by each engine.
const STARTS: usize = 41;
/// Files with fewer lines of code are not called the worst: what every module has outweighs them.
const WORST_MINIMUM: usize = 20;

/// Prints a line, and its own largest resident set on Linux. (What the system reports about a
/// child is not less than what its parent had.)
const HELLO: &str = r#"print("hello")
local status = io.open("/proc/self/status")
if status then print(status:read("a"):match("VmHWM:%s*(%d+)")) end
"#;
const PLAIN_HELLO: &str = "print(\"hello\")\n";

pub(crate) struct Footprint {
    pub(crate) hello: Vec<Hello>,
    pub(crate) code: Vec<Code>,
}

/// Hello by one engine.
pub(crate) struct Hello {
    pub(crate) engine: String,
    /// Of the executable; of the interpreter, where there is one.
    pub(crate) size_bytes: u64,
    /// From before the process is made until it has ended.
    pub(crate) start_milliseconds: f64,
    pub(crate) peak_kib: Option<u64>,
}

/// The machine code of a set of files at one level.
pub(crate) struct Code {
    /// `programs` or the corpus.
    pub(crate) set: &'static str,
    pub(crate) level: &'static str,
    pub(crate) files: usize,
    /// Files that do not compile, and are left out.
    pub(crate) failed: usize,
    pub(crate) lines: usize,
    /// Those that are neither blank nor comments.
    pub(crate) code_lines: usize,
    pub(crate) code_bytes: u64,
    /// The file with the most bytes a line, and how many.
    pub(crate) worst: Option<(String, f64)>,
    /// Of building one executable, on average.
    pub(crate) build_milliseconds: Option<f64>,
}

pub(crate) fn measure(
    options: &Options,
    engines: &[Engine],
    programs: &[Program],
) -> Result<Footprint, String> {
    let programs = programs.iter().filter(|program| enters_means(&program.category));
    let programs: Vec<PathBuf> = programs.map(|program| program.path.clone()).collect();
    let mut corpus = Vec::new();
    if let Some(folder) = &options.corpus {
        lua_files(folder, &mut corpus)?;
    }
    let mut code = Vec::new();
    for (set, files) in [("programs", &programs), ("corpus", &corpus)] {
        for level in LEVELS {
            if !files.is_empty() {
                code.push(machine_code(options, set, level, files)?);
            }
        }
    }
    for code in code.iter_mut().filter(|code| code.set == "programs") {
        code.build_milliseconds = Some(build_time(options, code.level, &programs)?);
    }
    Ok(Footprint { hello: hello(options, engines)?, code })
}

fn hello(options: &Options, engines: &[Engine]) -> Result<Vec<Hello>, String> {
    let plain = options.scratch.join("hello.lua");
    let reporting = options.scratch.join("hello-memory.lua");
    for (path, text) in [(&plain, PLAIN_HELLO), (&reporting, HELLO)] {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut found = Vec::new();
    let mut commands = Vec::new();
    for engine in engines {
        let mut own_report = engine.command(&reporting, &options.scratch)?;
        let report = sample(&mut own_report)?.stdout;
        let report = String::from_utf8_lossy(&report);
        let peak_kib = report.lines().nth(1).and_then(|line| line.parse().ok());
        let command = engine.command(&plain, &options.scratch)?;
        let executable = match &engine.kind {
            Kind::Interpreter(path) | Kind::Tier0(path) => path.clone(),
            Kind::Compiled { .. } => PathBuf::from(command.get_program()),
        };
        let size = fs::metadata(&executable).map_err(|error| error.to_string())?.len();
        found.push(Hello {
            engine: engine.name.clone(),
            size_bytes: size,
            start_milliseconds: f64::NAN,
            peak_kib,
        });
        commands.push((command, Vec::new()));
    }
    for _ in 0..STARTS {
        for (command, times) in &mut commands {
            times.push(sample(command)?.wall_seconds * 1000.0);
        }
    }
    for (hello, (_, times)) in found.iter_mut().zip(commands) {
        hello.start_milliseconds = median(times);
    }
    Ok(found)
}

fn machine_code(
    options: &Options,
    set: &'static str,
    level: &'static str,
    files: &[PathBuf],
) -> Result<Code, String> {
    let mut code = Code {
        set,
        level,
        files: 0,
        failed: 0,
        lines: 0,
        code_lines: 0,
        code_bytes: 0,
        worst: None,
        build_milliseconds: None,
    };
    let output = options.scratch.join("measured.o");
    // Each file by itself, away from the modules that would be compiled with it.
    let alone = options.scratch.join("alone");
    let copy = alone.join("main.lua");
    for path in files {
        let source = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        fs::create_dir_all(&alone)
            .and_then(|()| fs::write(&copy, &source))
            .map_err(|error| format!("{}: {error}", copy.display()))?;
        let source = String::from_utf8_lossy(&source);
        if compile(&options.perilune, level, "obj", &copy, &output).is_err() {
            code.failed += 1;
            continue;
        }
        let bytes = code_bytes(&output)?;
        let lines = code_lines(&source);
        code.files += 1;
        code.lines += source.lines().count();
        code.code_lines += lines;
        code.code_bytes += bytes;
        let rate = bytes as f64 / lines as f64;
        if lines >= WORST_MINIMUM && code.worst.as_ref().is_none_or(|(_, worst)| rate > *worst) {
            let folder = options.corpus.as_deref().unwrap_or(Path::new(""));
            let name = path.strip_prefix(folder).ok();
            let name = name.or(path.file_name().map(Path::new)).unwrap_or(path);
            let name = if set == "corpus" {
                name
            } else {
                Path::new(path.file_name().unwrap_or_default())
            };
            code.worst = Some((name.to_string_lossy().into_owned(), rate));
        }
    }
    Ok(code)
}

/// The size of an object's machine code.
fn code_bytes(path: &Path) -> Result<u64, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file = object::File::parse(&*bytes).map_err(|error| error.to_string())?;
    let code = file.sections().filter(|section| section.kind() == SectionKind::Text);
    Ok(code.map(|section| section.size()).sum())
}

/// Milliseconds for an executable, on average over the programs; each is the median of three.
fn build_time(options: &Options, level: &str, programs: &[PathBuf]) -> Result<f64, String> {
    let output = options.scratch.join("measured");
    let mut total = 0.0;
    for program in programs {
        let mut times = Vec::new();
        for _ in 0..3 {
            let start = std::time::Instant::now();
            compile(&options.perilune, level, "exe", program, &output)?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        total += median(times);
    }
    Ok(total / programs.len() as f64)
}

/// The Lua files below a folder, by name.
fn lua_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let problem = |error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(problem)?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            lua_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            found.push(path);
        }
    }
    Ok(())
}
