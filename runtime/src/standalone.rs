//! A program from start to end, as the reference's stand-alone interpreter runs one: its arguments,
//! the main chunk under a message handler that adds a traceback, the exit status.
#![expect(unsafe_code, reason = "takes the arguments of C's main")]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_int};
use core::slice;

use crate::closure::Closure;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::{Options, OwnedState, State};
use crate::stdlib::show::{field, length};
use crate::value::Value;

/// The arguments of the process, the program's name first.
#[derive(Clone, Debug)]
pub struct Arguments(Vec<Vec<u8>>);

impl Arguments {
    /// # Safety
    ///
    /// `argv` has `argc` NUL-terminated strings.
    pub unsafe fn new(argc: c_int, argv: *const *const c_char) -> Arguments {
        let count = usize::try_from(argc).unwrap_or(0);
        // SAFETY: as the caller promises.
        let strings = unsafe { slice::from_raw_parts(argv, count) };
        let bytes = |string: &*const c_char| {
            // SAFETY: as the caller promises.
            unsafe { CStr::from_ptr(*string) }.to_bytes().to_vec()
        };
        Arguments(strings.iter().map(bytes).collect())
    }

    /// From the arguments themselves.
    pub fn from_list(list: Vec<Vec<u8>>) -> Arguments {
        Arguments(list)
    }
}

/// Runs the program that `load` makes and gives the exit status. `script` is the number of the
/// argument that becomes `arg[0]`; those behind it are the program's arguments, those before it
/// have negative indices. `load` is handed that argument. The process is to end then: the memory of
/// the state is not freed.
pub fn run_with(
    args: Arguments,
    script: usize,
    mut options: Options,
    load: impl FnOnce(&mut State, &[u8]) -> Result<Gc<Closure>, Raised>,
) -> c_int {
    // All frames that may hold a pointer into the heap lie below this one: the collector need not
    // look at those of the C library's start, nor at the environment.
    let base = 0_u64;
    options.system_base = core::hint::black_box(&raw const base) as u64;
    run_below(args, script, options, load)
}

#[inline(never)]
fn run_below(
    args: Arguments,
    script: usize,
    options: Options,
    load: impl FnOnce(&mut State, &[u8]) -> Result<Gc<Closure>, Raised>,
) -> c_int {
    let args = args.0;
    let program = args.first().map_or(&b"perilune"[..], Vec::as_slice).to_vec();
    let Some(mut state) = new_state(&program, options) else { return 1 };
    let status = state.enter(|state| {
        let done = set_arguments(state, &args, script)
            .and_then(|()| load(state, args.get(script).map_or(&[], Vec::as_slice)))
            .and_then(|main| call_script(state, main));
        match done {
            Ok(()) => 0,
            Err(raised) => {
                report(state, Some(&program), raised);
                1
            }
        }
    });
    state.close();
    // The process ends: what is left goes with it, sooner than object by object.
    core::mem::forget(state);
    status
}

/// A fresh state for `program`, or a message that there is no memory for one.
pub fn new_state(program: &[u8], options: Options) -> Option<OwnedState> {
    let state = State::new(options).ok();
    if state.is_none() {
        write_message(Some(program), b"cannot create state: not enough memory");
    }
    state
}

/// Makes the global `arg`: all arguments of the process, that with the number `script` at 0.
pub fn set_arguments(state: &mut State, args: &[Vec<u8>], script: usize) -> Result<(), Raised> {
    let table = state.new_table(args.len().saturating_sub(script + 1), script + 1)?;
    for (index, arg) in args.iter().enumerate() {
        let value = Value::string(state.new_string(arg)?);
        table.set_int(state, index as i64 - script as i64, value)?;
    }
    let name = state.new_string(b"arg")?;
    let globals = state.globals();
    globals.set_str(state, name, Value::table(table))
}

/// Calls the main function of a script with what the global `arg` has from 1 on.
pub fn call_script(state: &mut State, main: Gc<Closure>) -> Result<(), Raised> {
    let globals = Value::table(state.globals());
    let list = field(state, globals, b"arg")?;
    let Some(table) = list.as_table() else {
        return Err(state.raise_text(&[b"'arg' is not a table"]));
    };
    let count = length(state, list)?;
    let start = state.stack_top();
    state.push(Value::function(main))?;
    for index in 1..=count {
        state.push(table.get_int(index))?;
    }
    state.call_with_traceback(start).map(|_| ())
}

/// Writes the message of an error that nobody caught, behind the program's name.
pub fn report(state: &mut State, program: Option<&[u8]>, raised: Raised) {
    let message = state.error_text();
    state.take_error(raised);
    crate::files::flush_all();
    write_message(program, &message);
}

/// Writes a message as the stand-alone interpreter does.
pub fn write_message(program: Option<&[u8]>, message: &[u8]) {
    let line = match program {
        Some(program) => [program, b": ", message, b"\n"].concat(),
        None => [message, b"\n"].concat(),
    };
    crate::sys::write_error(&line);
}
