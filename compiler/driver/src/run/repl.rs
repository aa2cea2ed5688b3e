//! Reading lines and running them, by the rules of `lua -i`: a line is an expression, whose values
//! are printed, or else a statement, which may go on in further lines.

use std::cell::RefCell;
use std::io::IsTerminal;

use runtime::error::Raised;
use runtime::files::{LineBuffer, Stream};
use runtime::load::Chunk;
use runtime::standalone;
use runtime::state::State;
use runtime::stdlib::show;
use runtime::value::Value;

use super::interrupt::Interrupt;
use super::terminal::Terminal;
use super::{ANY_KIND, Session};

/// What the message of a syntax error ends with when the text is incomplete.
const INCOMPLETE: &[u8] = b"<eof>";

/// Where lines come from.
pub(super) enum Lines<'a, 's> {
    /// A terminal, with editing, history and completion.
    Terminal(Box<Terminal<'a, 's>>),
    /// The standard input as it is.
    Plain(LineBuffer),
}

/// What came of asking for a line.
pub(super) enum Line {
    /// A line, without its end.
    Text(Vec<u8>),
    /// There are no more.
    End,
    /// The user gave up what was typed.
    Abandoned,
}

/// Reads and runs lines until there are no more. From then on, until the end or an error in a
/// prompt, no name stands before messages.
pub(super) fn run(session: &mut Session<'_>) -> Result<(), Raised> {
    let program = session.program.take();
    let shared = RefCell::new(&mut *session.state);
    Repl { state: &shared, lines: open_lines(&shared), interrupt: &session.interrupt }.run()?;
    // The end of the input is seen as the end of a line.
    session.write(b"\n");
    session.program = program;
    Ok(())
}

fn open_lines<'a, 's>(state: &'a RefCell<&'s mut State>) -> Lines<'a, 's> {
    let both = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    match both.then(|| Terminal::new(state)).flatten() {
        Some(terminal) => Lines::Terminal(Box::new(terminal)),
        None => Lines::Plain(LineBuffer::default()),
    }
}

/// The state is shared with completion, which looks into it while a line is being typed; nobody
/// holds it then.
struct Repl<'a, 's> {
    state: &'a RefCell<&'s mut State>,
    lines: Lines<'a, 's>,
    interrupt: &'a Interrupt,
}

impl Repl<'_, '_> {
    fn run(&mut self) -> Result<(), Raised> {
        loop {
            let text = match self.read(true)? {
                Line::Text(text) => text,
                Line::End => return Ok(()),
                Line::Abandoned => continue,
            };
            let chunk = match self.compile(text)? {
                Ok(Some(chunk)) => Ok(chunk),
                Ok(None) => continue,
                Err(raised) => Err(raised),
            };
            let state = &mut **self.state.borrow_mut();
            let done = chunk.and_then(|chunk| self.interrupt.during(|| evaluate(state, chunk)));
            if let Err(raised) = done {
                standalone::report(state, None, raised);
            }
        }
    }

    /// The function of a line and of those that continue it; `None` when they were abandoned.
    fn compile(&mut self, mut text: Vec<u8>) -> Result<Result<Option<Value>, Raised>, Raised> {
        if let Some(expression) = text.strip_prefix(b"=") {
            // As older versions have it.
            text = [b"return ", expression].concat();
        }
        if let Ok(chunk) = self.load(&[b"return ", &text[..], b";"].concat()) {
            self.lines.remember(&text);
            return Ok(Ok(Some(chunk)));
        }
        loop {
            let raised = match self.load(&text) {
                Ok(chunk) => {
                    self.lines.remember(&text);
                    return Ok(Ok(Some(chunk)));
                }
                Err(raised) => raised,
            };
            let error = self.state.borrow().error_value();
            let incomplete =
                error.as_string().is_some_and(|text| text.as_bytes().ends_with(INCOMPLETE));
            if incomplete {
                // The prompt may run code of the program's, so the error is kept.
                match self.read(false)? {
                    Line::Text(more) => {
                        text.push(b'\n');
                        text.extend(more);
                        continue;
                    }
                    Line::Abandoned => return Ok(Ok(None)),
                    Line::End => {}
                }
            }
            self.lines.remember(&text);
            let state = &mut **self.state.borrow_mut();
            let _ = state.take_error(raised);
            return Ok(Err(state.raise(error)));
        }
    }

    fn load(&mut self, source: &[u8]) -> Result<Value, Raised> {
        let chunk = Chunk { source, name: b"=stdin", env: None };
        self.state.borrow_mut().load(&chunk, ANY_KIND).map(Value::function)
    }

    /// Asks for a line: the first one of a chunk, or one that continues it.
    fn read(&mut self, first: bool) -> Result<Line, Raised> {
        let prompt = {
            let state = &mut **self.state.borrow_mut();
            let prompt = prompt(state, first)?;
            state.flush_print();
            prompt
        };
        Ok(self.lines.read(&prompt))
    }
}

impl Lines<'_, '_> {
    fn read(&mut self, prompt: &[u8]) -> Line {
        match self {
            Lines::Terminal(terminal) => terminal.read(prompt),
            Lines::Plain(buffer) => {
                if let Some(output) = Stream::standard_output() {
                    output.write(prompt);
                    output.flush();
                }
                let line =
                    Stream::standard_input().map_or(&[][..], |input| input.read_line(buffer));
                match line {
                    [] => Line::End,
                    [text @ .., b'\n'] => Line::Text(text.to_vec()),
                    text => Line::Text(text.to_vec()),
                }
            }
        }
    }

    fn remember(&mut self, text: &[u8]) {
        if let (Lines::Terminal(terminal), false) = (self, text.is_empty()) {
            terminal.remember(text);
        }
    }
}

/// What is shown before a line: the program's, if it has set one.
fn prompt(state: &mut State, first: bool) -> Result<Vec<u8>, Raised> {
    let (name, default): (&[u8], &[u8]) =
        if first { (b"_PROMPT", b"> ") } else { (b"_PROMPT2", b">> ") };
    let globals = Value::table(state.globals());
    let value = show::field(state, globals, name)?;
    if value.is_nil() {
        return Ok(default.to_vec());
    }
    Ok(show::to_string(state, value)?.as_bytes().to_vec())
}

/// Calls a chunk and prints its values by the global `print`.
fn evaluate(state: &mut State, chunk: Value) -> Result<(), Raised> {
    let start = state.stack_top();
    state.push(chunk)?;
    let results = state.call_with_traceback(start)?;
    let count = results.count();
    for index in 0..count {
        state.push(results.get(state, index))?;
    }
    let done = if count > 0 { print(state, start) } else { Ok(()) };
    state.truncate_stack(start);
    done
}

/// Prints the values from `start` on.
fn print(state: &mut State, start: usize) -> Result<(), Raised> {
    let globals = Value::table(state.globals());
    let print = show::field(state, globals, b"print")?;
    let values = start..state.stack_top();
    if let Err(raised) = state.call_range(print, values) {
        let error = state.take_error(raised);
        let message = state.coerce_to_string(error)?;
        let message = message.as_ref().map_or(&b"(null)"[..], |message| message.as_bytes());
        let text = [b"error calling 'print' (", message, b")"].concat();
        standalone::write_message(None, &text);
    }
    Ok(())
}
