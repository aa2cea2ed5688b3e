//! `run` and `repl`: programs in tier 0, in this process, by the rules of the reference's `lua`.
//!
//! - `command_line`: what the options ask for
//! - `interrupt`: Control-C
//! - `repl`: lines that are read and run
//! - `terminal`, `complete`: what a terminal adds to that

mod command_line;
mod complete;
mod interrupt;
mod repl;
mod terminal;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use runtime::error::Raised;
use runtime::files::Stream;
use runtime::load::Chunk;
use runtime::standalone;
use runtime::state::State;
use runtime::stdlib::show;
use runtime::value::Value;

use crate::options::{GcMode, Run};
use command_line::{BadOption, CommandLine, Step};
use interrupt::Interrupt;

/// The name before messages, unless this process was started as `lua`.
const PROGRAM: &[u8] = b"perilune";

/// Which text chunks may be: precompiled or not.
const ANY_KIND: &[u8] = b"bt";

const USAGE: &str = " [options] [script [args]]
Options:
  -e CODE     run this code
  -l MODULE   require a module into a global of the same name
  -l G=MODULE require a module into the global G
  -i          read and run lines after the script
  -v          print the version
  -E          ignore the variables of the environment
  -W          turn warnings on
  --          end of the options
  -           end of the options; the script is the standard input
";

/// Runs a program as `lua` does; its exit status is ours.
pub(crate) fn run(options: Run) -> ExitCode {
    start(PROGRAM, Some("run"), false, options)
}

/// Likewise, and then reads and runs lines.
pub(crate) fn repl(options: Run) -> ExitCode {
    start(PROGRAM, Some("repl"), true, options)
}

/// When this process was started under the name of the reference's interpreter, is it.
pub(crate) fn as_lua() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let program = arguments.next()?;
    let name = Path::new(&program).file_stem()?.as_encoded_bytes();
    if name != b"lua" && !name.starts_with(b"lua5") {
        return None;
    }
    let options = Run { debuggable: false, gc: GcMode::Normal, program: arguments.collect() };
    Some(start(program.as_encoded_bytes(), None, false, options))
}

/// `program` stands before messages; `command` is the word that the command was given, if any.
fn start(program: &[u8], command: Option<&str>, interactive: bool, options: Run) -> ExitCode {
    let command = command.map(str::as_bytes);
    let Run { debuggable, gc, program: program_arguments } = options;
    let own_name = std::env::args_os().next().unwrap_or_else(|| "perilune".into());
    let arguments: Vec<Vec<u8>> =
        [own_name].into_iter().chain(program_arguments).map(command_line::bytes).collect();
    let mut line = match CommandLine::parse(&arguments) {
        Ok(line) => line,
        Err(BadOption(message)) => {
            let (blank, command) = command.map_or((&b""[..], &b""[..]), |word| (b" ", word));
            let usage = USAGE.trim_end().as_bytes();
            let text = [&message[..], b"\nusage: ", program, blank, command, usage];
            standalone::write_message(Some(program), &text.concat());
            return ExitCode::FAILURE;
        }
    };
    if interactive {
        (line.interactive, line.version) = (true, true);
    }
    let settings = runtime::state::Options {
        gc_stress: gc != GcMode::Normal,
        gc_verify: gc == GcMode::Verify,
        ..Default::default()
    };
    let Some(mut state) = standalone::new_state(program, settings) else {
        return ExitCode::FAILURE;
    };
    state.hooks.debuggable = debuggable;
    let succeeded = state.enter(|state| {
        let interrupt = Interrupt::install(state);
        let mut session = Session { state, program: Some(program), command, interrupt };
        match session.follow(&line, &arguments) {
            Ok(succeeded) => succeeded,
            Err(raised) => session.report(raised),
        }
    });
    state.close();
    // The process ends: what is left goes with it.
    std::mem::forget(state);
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// An interpreter at work.
struct Session<'s> {
    state: &'s mut State,
    /// What stands before messages: nothing while lines are typed in.
    program: Option<&'s [u8]>,
    /// The word behind the program's name that made it an interpreter: `run`.
    command: Option<&'s [u8]>,
    interrupt: Interrupt,
}

impl Session<'_> {
    /// Does what the command line says; false after an error that was reported.
    fn follow(&mut self, line: &CommandLine, arguments: &[Vec<u8>]) -> Result<bool, Raised> {
        if line.version {
            self.write_version();
        }
        if line.ignore_environment {
            let key = self.state.new_string(b"LUA_NOENV")?;
            let registry = self.state.registry;
            registry.set_str(self.state, key, Value::TRUE)?;
        }
        runtime::stdlib::open_all(self.state)?;
        tier0::install(self.state);
        // What stands before the script starts this again with other options: `perilune run`.
        let mut words = arguments.to_vec();
        let command = self.command.map(<[u8]>::to_vec);
        let script = line.script.unwrap_or(0) + usize::from(command.is_some());
        words.splice(1..1, command);
        standalone::set_arguments(self.state, &words, script)?;
        if !line.ignore_environment && !self.run_init() {
            return Ok(false);
        }
        for step in &line.steps {
            let done = match step {
                Step::Execute(text) => self.run_text(text, b"=(command line)"),
                Step::Require { global, module } => self.require(global, module)?,
                Step::Warnings => {
                    self.state.warn(b"@on", false);
                    true
                }
            };
            if !done {
                return Ok(false);
            }
        }
        if let Some(script) = line.script {
            let file = (!line.script_is_input).then(|| &arguments[script][..]);
            let main = match self.state.load_file(file, ANY_KIND, None) {
                Ok(main) => main,
                Err(raised) => return Ok(self.report(raised)),
            };
            let done = self.interrupt.during(|| standalone::call_script(self.state, main));
            if let Err(raised) = done {
                return Ok(self.report(raised));
            }
        }
        if line.interactive {
            repl::run(self)?;
        } else if line.script.is_none() && !line.executes() && !line.version {
            if std::io::stdin().is_terminal() {
                self.write_version();
                repl::run(self)?;
            } else {
                // As in the reference, an error in it leaves the status alone.
                self.run_file(None);
            }
        }
        Ok(true)
    }

    /// Runs what `LUA_INIT` says: code, or a file behind an '@'.
    fn run_init(&mut self) -> bool {
        let variable = |name: &str| std::env::var_os(name).map(command_line::bytes);
        let versioned = variable("LUA_INIT_5_4").map(|text| (text, &b"=LUA_INIT_5_4"[..]));
        match versioned.or_else(|| variable("LUA_INIT").map(|text| (text, &b"=LUA_INIT"[..]))) {
            None => true,
            Some((text, _)) if text.first() == Some(&b'@') => self.run_file(Some(&text[1..])),
            Some((text, name)) => self.run_text(&text, name),
        }
    }

    fn run_text(&mut self, source: &[u8], name: &[u8]) -> bool {
        let loaded = self.state.load(&Chunk { source, name, env: None }, ANY_KIND);
        self.run_loaded(loaded.map(Value::function))
    }

    fn run_file(&mut self, file: Option<&[u8]>) -> bool {
        let loaded = self.state.load_file(file, ANY_KIND, None);
        self.run_loaded(loaded.map(Value::function))
    }

    /// Calls a chunk, if it could be loaded, and reports what went wrong.
    fn run_loaded(&mut self, chunk: Result<Value, Raised>) -> bool {
        let start = self.state.stack_top();
        let done = chunk
            .and_then(|chunk| self.state.push(chunk))
            .and_then(|()| self.interrupt.during(|| self.state.call_with_traceback(start)));
        done.map_or_else(|raised| self.report(raised), |_| true)
    }

    /// `-l`: the module's value becomes a global.
    fn require(&mut self, global: &[u8], module: &[u8]) -> Result<bool, Raised> {
        let globals = Value::table(self.state.globals());
        let require = show::field(self.state, globals, b"require")?;
        let start = self.state.stack_top();
        self.state.push(require)?;
        let module = self.state.new_string(module)?;
        self.state.push(Value::string(module))?;
        match self.interrupt.during(|| self.state.call_with_traceback(start)) {
            Ok(results) => {
                show::set_field(self.state, globals, global, results.first())?;
                Ok(true)
            }
            Err(raised) => Ok(self.report(raised)),
        }
    }

    /// Writes the message of an error. Always false: nothing succeeded.
    fn report(&mut self, raised: Raised) -> bool {
        standalone::report(self.state, self.program, raised);
        false
    }

    fn write_version(&mut self) {
        self.write(concat!("Lua 5.4 (Perilune ", env!("CARGO_PKG_VERSION"), ")\n").as_bytes());
    }

    /// Writes to the standard output, behind what the program printed.
    fn write(&mut self, text: &[u8]) {
        self.state.flush_print();
        if let Some(output) = Stream::standard_output() {
            output.write(text);
            output.flush();
        }
    }
}
