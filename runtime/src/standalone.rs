//! A program from start to end, as the reference's stand-alone interpreter runs one: its arguments,
//! the main chunk under a message handler that adds a traceback, the exit status.
#![expect(unsafe_code, reason = "takes the arguments of C's main")]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_int};
use core::slice;

use crate::closure::Closure;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::{Options, State};
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
/// have negative indices. `load` is handed that argument.
pub fn run_with(
    args: Arguments,
    script: usize,
    options: Options,
    load: impl FnOnce(&mut State, &[u8]) -> Result<Gc<Closure>, Raised>,
) -> c_int {
    let args = args.0;
    let program = args.first().map_or(&b"perilune"[..], Vec::as_slice).to_vec();
    let mut state = match State::new(options) {
        Ok(state) => state,
        Err(_) => {
            report(&program, b"cannot create state: not enough memory");
            return 1;
        }
    };
    let status = state.enter(|state| {
        let done = prepare(state, &args, script, load).and_then(|main| {
            let arguments: Vec<Value> = args
                .iter()
                .skip(script + 1)
                .map(|arg| state.new_string(arg).map(Value::string))
                .collect::<Result<_, _>>()?;
            state.call_with_traceback(Value::function(main), &arguments)
        });
        match done {
            Ok(()) => 0,
            Err(_) => {
                let message = state.error_text();
                crate::files::flush_all();
                report(&program, &message);
                1
            }
        }
    });
    state.close();
    status
}

/// The libraries, `arg`, and the main chunk.
fn prepare(
    state: &mut State,
    args: &[Vec<u8>],
    script: usize,
    load: impl FnOnce(&mut State, &[u8]) -> Result<Gc<Closure>, Raised>,
) -> Result<Gc<Closure>, Raised> {
    let table = state.new_table(args.len(), 1)?;
    for (index, arg) in args.iter().enumerate() {
        let value = Value::string(state.new_string(arg)?);
        table.set_int(state, index as i64 - script as i64, value)?;
    }
    let name = state.new_string(b"arg")?;
    let globals = state.globals();
    globals.set_str(state, name, Value::table(table))?;
    let file = args.get(script).map_or(&[][..], Vec::as_slice).to_vec();
    load(state, &file)
}

/// A message as the stand-alone interpreter writes it.
fn report(program: &[u8], message: &[u8]) {
    let line = [program, b": ", message, b"\n"].concat();
    crate::sys::write_error(&line);
}
