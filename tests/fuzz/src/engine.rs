//! The two sides of a comparison: how a file of Lua is run, and what came of it.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a run may print; more is cut, on both sides alike.
const OUTPUT_LIMIT: u64 = 8 << 20;

/// Something that runs a Lua file.
#[derive(Clone, Debug)]
pub enum Engine {
    /// A command that is given the file: the reference, or anything that behaves like it.
    Interpreter(PathBuf),
    /// `perilune run`: the interpreter of the IR.
    Tier0 {
        /// The compiler.
        compiler: PathBuf,
        /// The collector's mode, where it is not the usual one.
        gc: Option<String>,
    },
    /// `perilune build` at a level, then the program it made.
    Built {
        /// The compiler.
        compiler: PathBuf,
        /// `-O0`, `-O1` or `-O2`.
        level: String,
        /// The collector's mode, where it is not the usual one.
        gc: Option<String>,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Success,
    /// With an error, a signal, or because it could not be built.
    Failure(String),
    /// It was stopped after the time limit.
    Timeout,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it printed, as text.
    pub output: String,
    /// What it said on standard error.
    pub errors: String,
}

impl Engine {
    /// Runs `file`, a name in `folder`, so that messages name the file alike on each side.
    pub fn run(&self, folder: &Path, file: &str, limit: Duration) -> Outcome {
        match self {
            Engine::Interpreter(program) => {
                let mut command = Command::new(program);
                command.arg(file);
                execute(command, folder, limit)
            }
            Engine::Tier0 { compiler, gc } => {
                let mut command = Command::new(compiler);
                command.arg("run").args(gc_option(gc)).arg(file);
                execute(command, folder, limit)
            }
            Engine::Built { compiler, level, gc } => {
                let program = folder.join(format!("{file}.exe"));
                let mut build = Command::new(compiler);
                build.arg("build").arg(level).args(gc_option(gc)).arg(file).arg("-o").arg(&program);
                let built = execute(build, folder, limit);
                if built.end != End::Success {
                    let text = format!("not built\n{}", built.errors);
                    return Outcome { end: End::Failure(text), ..built };
                }
                let outcome = execute(Command::new(&program), folder, limit);
                // Only a leftover file where this fails.
                let _ = std::fs::remove_file(&program);
                outcome
            }
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, gc) = match self {
            Engine::Interpreter(program) => return write!(f, "{}", program.display()),
            Engine::Tier0 { gc, .. } => ("tier0", gc),
            Engine::Built { level, gc, .. } => (level.as_str(), gc),
        };
        match gc {
            Some(gc) => write!(f, "{name} gc={gc}"),
            None => write!(f, "{name}"),
        }
    }
}

fn gc_option(gc: &Option<String>) -> Vec<String> {
    gc.iter().flat_map(|mode| ["--gc".to_owned(), mode.clone()]).collect()
}

fn execute(mut command: Command, folder: &Path, limit: Duration) -> Outcome {
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let text = format!("{}: {error}", command.get_program().display());
            return Outcome {
                end: End::Failure(text.clone()),
                output: String::new(),
                errors: text,
            };
        }
    };
    let output = collect(child.stdout.take());
    let errors = collect(child.stderr.take());
    let end = wait(&mut child, limit);
    let join = |thread: std::thread::JoinHandle<String>| thread.join().unwrap_or_default();
    Outcome { end, output: join(output), errors: join(errors) }
}

/// Reads a stream to its end beside the wait, so that a full pipe stops nobody.
fn collect(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            // What was read before an error is what there is to compare.
            let _ = stream.take(OUTPUT_LIMIT).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child, limit: Duration) -> End {
    let start = Instant::now();
    let mut pause = Duration::from_micros(300);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return End::Success,
            Ok(Some(status)) => return End::Failure(status.to_string()),
            Ok(None) if start.elapsed() < limit => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(5));
            }
            Ok(None) => {
                // It may have ended just now; either way it is gone after `wait`.
                let _ = child.kill();
                let _ = child.wait();
                return End::Timeout;
            }
            Err(error) => return End::Failure(error.to_string()),
        }
    }
}
