//! Handles of files.

use super::{Answer, file_result, methods, process_result};
use crate::call::Call;
use crate::error::Raised;
use crate::files::{self, Closing, Stream};
use crate::gc::Gc;
use crate::state::State;
use crate::stdlib::registry_table;
use crate::userdata::Userdata;
use crate::value::Value;

/// The name of the type, and the key of its metatable in the registry.
const TYPE_NAME: &[u8] = b"FILE*";

/// The two words of a handle.
const HANDLE_SIZE: usize = 16;

/// Makes the metatable of files, with their methods.
pub(super) fn make_metatable(state: &mut State) -> Result<(), Raised> {
    let metatable = registry_table(state, TYPE_NAME)?;
    state.libraries.file_metatable = metatable.address();
    let name = state.names.name;
    let type_name = state.new_string(TYPE_NAME)?;
    metatable.set_str(state, name, Value::string(type_name))?;
    for (library, table) in
        [(&methods::metamethods::LIBRARY, metatable), (&methods::LIBRARY, state.new_table(0, 7)?)]
    {
        for function in library.functions {
            let name = state.new_string(function.name.as_bytes())?;
            table.set_str(state, name, Value::function(function.closure.get()))?;
        }
        if table != metatable {
            let index = state.names.index;
            metatable.set_str(state, index, Value::table(table))?;
        }
    }
    Ok(())
}

/// A handle of a closed file.
pub(super) fn new_handle(state: &mut State) -> Result<Gc<Userdata>, Raised> {
    let handle = state.new_userdata(HANDLE_SIZE, 0)?;
    let metatable = registry_table(state, TYPE_NAME)?;
    state.set_metatable_of(Value::userdata(handle), Some(metatable))?;
    Ok(handle)
}

/// The value as a handle, if it is one.
#[inline]
pub(super) fn as_handle(state: &State, value: Value) -> Option<Gc<Userdata>> {
    let handle = value.as_userdata()?;
    // The metatable stays in the registry, so that its address tells files from other things.
    let is_file = handle.metatable()?.address() == state.libraries.file_metatable;
    (is_file && handle.size() == HANDLE_SIZE).then_some(handle)
}

/// Argument `index`, which must be a file, open or closed.
#[inline]
pub(super) fn check_handle(call: &mut Call<'_>, index: usize) -> Result<Gc<Userdata>, Raised> {
    match as_handle(call.state, call.arg(index)) {
        Some(handle) => Ok(handle),
        None => Err(call.type_error(index, "FILE*")),
    }
}

/// The stream of argument `index`, which must be an open file.
#[inline]
pub(super) fn check_open(call: &mut Call<'_>, index: usize) -> Result<Stream, Raised> {
    let handle = check_handle(call, index)?;
    match Stream::of_handle(handle) {
        Some((stream, _)) => Ok(stream),
        None => Err(call.error("attempt to use a closed file")),
    }
}

/// Closes an open file in the way it is to be closed.
pub(super) fn close(call: &mut Call<'_>, handle: Gc<Userdata>) -> Answer {
    let Some((stream, closing)) = Stream::of_handle(handle) else { return call.ret0() };
    if closing == Closing::Standard {
        let message = call.state.new_string(b"cannot close standard file")?;
        return call.ret(&[Value::NIL, Value::string(message)]);
    }
    handle.set_word(1, Closing::Closed as u64);
    handle.set_word(0, 0);
    // What a process writes comes behind what was printed.
    call.state.flush_print();
    files::clear_errno();
    if closing == Closing::Pipe {
        let status = stream.close_process();
        return process_result(call, status);
    }
    let done = stream.close();
    file_result(call, done, None)
}
