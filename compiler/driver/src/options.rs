//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// An ahead-of-time compiler for Lua 5.4.
#[derive(Parser, Debug)]
#[command(name = "perilune", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  perilune build app.lua -o app     compile app.lua to the executable `app`
  perilune run app.lua one two      run it at once, with two arguments
  perilune repl                     run what is typed in
  perilune check app.lua            only say whether it compiles
  perilune build app.lua --emit ir  print its intermediate representation

Modules that app.lua requires by constant names are found as Lua finds them (LUA_PATH, ./?.lua)
and compiled into the same executable.

Exit status: 0 success, 1 an error in the program or while building it, 2 a wrong command line.
`run` ends with the program's own status.";

const BUILD_EXAMPLES: &str = "\
Examples:
  perilune build app.lua                          makes ./app
  perilune build -O2 app.lua -o bin/app           optimised, elsewhere
  perilune build app.lua -m plug.a -m plug.b      with modules that it requires by computed names
  perilune build app.lua --emit asm | less        the machine code, with names and lines
  perilune build app.lua --emit obj -o app.o      an object to link oneself
  perilune build app.lua --target aarch64-unknown-linux-gnu

The C compiler that links is `cc`, or what CC says. For another target a runtime archive is
needed (--runtime, or the variable PERILUNE_RUNTIME); without one an object is written.

Exit status: 0 success, 1 an error in the program or while building it, 2 a wrong command line.";

const RUN_EXAMPLES: &str = "\
Examples:
  perilune run app.lua one two        arg[1] is one, arg[2] two
  perilune run -e 'print(2^53)'       code from the command line
  perilune run -l m -i app.lua        requires m, runs app.lua, then what is typed in
  perilune run - < app.lua            the program comes from the standard input

The options before FILE are those of `lua`:
  -e CODE run code, -l MODULE or -l GLOBAL=MODULE require a module, -i go on interactively,
  -v print the version, -E ignore the environment, -W turn warnings on, -- and - end them.
Without any of them and without FILE, a terminal is asked for lines, and other input is run.
LUA_INIT, LUA_PATH and LUA_CPATH (or with _5_4) mean what they mean to `lua`. Started by the name
`lua`, through a link, the command is `perilune run`.

Exit status: the program's own, 1 after an error.";

/// The arguments of the process as clap takes them: what belongs to the program that `run` or
/// `repl` is to run stands behind a `--` that ends our own options.
pub(crate) fn arguments() -> Vec<OsString> {
    separate(std::env::args_os().collect())
}

fn separate(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|command| command == "run" || command == "repl") {
        let mut end = 2;
        while let Some(argument) = arguments.get(end).and_then(|argument| argument.to_str()) {
            end += match argument {
                "--gc" => 2,
                "-h" | "--help" => 1,
                _ if argument.starts_with("--gc=") => 1,
                _ => break,
            };
        }
        arguments.insert(end.min(arguments.len()), "--".into());
    }
    arguments
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Compile a program to a standalone executable
    Build(Build),
    /// Run a program as `lua` does, with its options
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Read lines and run them, as `lua -i` does
    Repl(Run),
    /// Check a program for errors without running it
    Check(Check),
}

/// Options of `build`.
#[derive(Args, Debug)]
#[command(after_help = BUILD_EXAMPLES)]
pub(crate) struct Build {
    /// The main file; `-` reads standard input
    pub(crate) file: PathBuf,
    /// Where the output goes; `-` is standard output, for what can be printed
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Compile this module in too, whose name the program only knows when it runs
    /// (`require(name)`); may be given several times
    #[arg(short, long = "module", value_name = "NAME")]
    pub(crate) modules: Vec<OsString>,
    /// Optimisation level
    #[arg(short = 'O', value_name = "LEVEL", default_value = "1")]
    pub(crate) level: Level,
    /// What to make
    #[arg(long, value_name = "KIND", default_value = "exe")]
    pub(crate) emit: Emit,
    /// The triple to compile for, the host's by default
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
    /// A runtime archive to link instead of the one in the compiler
    #[arg(long, value_name = "ARCHIVE")]
    pub(crate) runtime: Option<PathBuf>,
    /// Link the C library statically
    #[arg(long = "static")]
    pub(crate) static_link: bool,
    /// Keep symbols in the executable, for debuggers and profilers
    #[arg(short = 'g')]
    pub(crate) debug: bool,
    /// Reach static data through the closure, so that several states can share the code
    #[arg(long, hide = true)]
    pub(crate) instance: bool,
    /// Let the debug library reach local variables, lines and hooks, which makes the code larger and
    /// slower; so it is without the option if the program names what needs that (`debug.sethook`)
    #[arg(long)]
    pub(crate) debuggable: bool,
    /// How the program collects garbage
    #[arg(long, value_name = "MODE", default_value = "normal")]
    pub(crate) gc: GcMode,
    /// Whether the program can load code when it runs
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) dynamic: Dynamic,
    /// Count the program's entries into the runtime, and print the hottest sites when it ends
    #[arg(long)]
    pub(crate) stats: bool,
    /// Say what is done
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// Options of `run` and `repl`. What follows them is the command line of `lua`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Let the debug library reach local variables, lines and hooks everywhere, not only in files
    /// that name what needs that (`debug.sethook`) and what is loaded after them
    #[arg(long)]
    pub(crate) debuggable: bool,
    /// How the program collects garbage
    #[arg(long, value_name = "MODE", default_value = "normal")]
    pub(crate) gc: GcMode,
    /// Options of `lua` (-e -l -i -v -E -W - --), the program, and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILE [ARGS]")]
    pub(crate) program: Vec<OsString>,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The files to check
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// An optimisation level.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Quick to build: straight lowering
    #[value(name = "0")]
    O0,
    /// The default
    #[value(name = "1")]
    O1,
    /// Everything there is
    #[value(name = "2")]
    O2,
}

/// A kind of output.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emit {
    /// The syntax tree, as text
    Ast,
    /// The intermediate representation, as text
    Ir,
    /// Cranelift's intermediate representation, as text
    Clif,
    /// The machine code, as a listing with names and source lines
    Asm,
    /// A relocatable object
    Obj,
    /// An executable
    Exe,
    /// An executable that runs Lua files in the interpreter, as `perilune run` does
    #[value(hide = true)]
    Runner,
}

/// When a program can load code.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dynamic {
    /// If it can reach `load`, `loadfile`, `dofile` or a `require` of unknown modules
    Auto,
    /// Never: they raise errors, and neither front end nor interpreter is linked
    None,
}

/// How the collector behaves.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GcMode {
    /// When enough was allocated
    Normal,
    /// At every safepoint, poisoning what is freed (for tests)
    Stress,
    /// At nearly every safepoint, and verify the heap each time (for tests)
    Verify,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(line: &str) -> Vec<OsString> {
        let words = separate(line.split(' ').map(OsString::from).collect());
        match Options::try_parse_from(words).expect("a correct line").command {
            Command::Run(run) | Command::Repl(run) => run.program,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_program_has_its_own_options() {
        assert_eq!(program("perilune run --gc=stress -e x -- -v"), ["-e", "x", "--", "-v"]);
        assert_eq!(program("perilune run --gc normal -- --gc=x"), ["--", "--gc=x"]);
        assert_eq!(program("perilune run a --gc=x --help"), ["a", "--gc=x", "--help"]);
        assert_eq!(program("perilune repl -l m"), ["-l", "m"]);
        assert!(program("perilune run").is_empty());
    }
}
