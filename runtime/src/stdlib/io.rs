//! The library `io`.
//!
//! A file is a userdata of two words: the C library's stream, and how it is to be closed.
//!
//! - `file`: handles, and how they are found in arguments
//! - `methods`: what files have as methods and metamethods
//! - `read`, `write`: the formats

use crate::call::{Call, Step};
use crate::error::Raised;
use crate::files::{self, Closing, Stream, c_string, with_c_string};
use crate::gc::Gc;
use crate::library;
use crate::os;
use crate::state::State;
use crate::table::Table;
use crate::userdata::Userdata;
use crate::value::Value;

mod file;
pub mod methods;
mod read;
mod write;

type Answer = Result<Step<()>, Raised>;

/// Keys of the default files in the registry, as in the reference.
const INPUT: &[u8] = b"_IO_input";
const OUTPUT: &[u8] = b"_IO_output";

/// The answer of an operation on files: true, or nil, a message and the error's number.
pub(super) fn file_result(call: &mut Call<'_>, done: bool, name: Option<&[u8]>) -> Answer {
    if done {
        return call.ret1(true);
    }
    let number = files::errno();
    let text = match number {
        0 => b"(no extra info)".to_vec(),
        _ => files::error_text(number),
    };
    let message = match name {
        Some(name) => call.state.new_string_from(&[name, b": ", &text])?,
        None => call.state.new_string(&text)?,
    };
    call.ret(&[Value::NIL, Value::string(message), Value::int(i64::from(number))])
}

/// The answer of something that ran a process.
pub(super) fn process_result(call: &mut Call<'_>, status: i32) -> Answer {
    if status != 0 && files::errno() != 0 {
        return file_result(call, false, None);
    }
    let (what, code): (&[u8], i32) = match os::ended(status) {
        os::Ended::Exit(code) => (b"exit", code),
        os::Ended::Signal(signal) => (b"signal", signal),
    };
    let done = if what == b"exit" && code == 0 { Value::TRUE } else { Value::NIL };
    let what = call.state.new_string(what)?;
    call.ret(&[done, Value::string(what), Value::int(i64::from(code))])
}

/// The default file under a key of the registry.
fn default_file(state: &mut State, key: &[u8]) -> Result<Value, Raised> {
    let key = state.new_string(key)?;
    Ok(state.registry.get_str(state, key))
}

/// The stream of a default file, which must be open.
fn default_stream(call: &mut Call<'_>, key: &[u8]) -> Result<(Value, Stream), Raised> {
    let value = default_file(call.state, key)?;
    match value.as_userdata().and_then(Stream::of_handle) {
        Some((stream, _)) => Ok((value, stream)),
        None => {
            let name = if key == INPUT { "input" } else { "output" };
            Err(call.error(format_args!("default {name} file is closed")))
        }
    }
}

fn close(call: &mut Call<'_>) -> Answer {
    let value = if call.is_none(1) {
        default_file(call.state, OUTPUT)?
    } else {
        Value::userdata(file::check_handle(call, 1)?)
    };
    match value.as_userdata().filter(|handle| Stream::of_handle(*handle).is_some()) {
        Some(handle) => file::close(call, handle),
        None => Err(call.error("attempt to use a closed file")),
    }
}

fn flush(call: &mut Call<'_>) -> Answer {
    let (_, stream) = default_stream(call, OUTPUT)?;
    files::clear_errno();
    let done = stream.flush();
    file_result(call, done, None)
}

fn input(call: &mut Call<'_>) -> Answer {
    default(call, INPUT, b"r")
}

fn output(call: &mut Call<'_>) -> Answer {
    default(call, OUTPUT, b"w")
}

/// Sets a default file to the argument, a name or a file, if there is one, and answers it.
fn default(call: &mut Call<'_>, key: &[u8], mode: &[u8]) -> Answer {
    let argument = call.arg(1);
    if argument.is_nil() {
        let value = default_file(call.state, key)?;
        return call.ret1(value);
    }
    let handle = if argument.as_string().is_some() || argument.is_number() {
        open_or_raise(call, 1, mode)?
    } else {
        file::check_open(call, 1)?;
        file::check_handle(call, 1)?
    };
    let key = call.state.new_string(key)?;
    let registry = call.state.registry;
    registry.set_str(call.state, key, Value::userdata(handle))?;
    call.ret1(handle)
}

/// Opens the file that argument `index` names, or raises.
fn open_or_raise(call: &mut Call<'_>, index: usize, mode: &[u8]) -> Result<Gc<Userdata>, Raised> {
    let name = call.check_string(index)?;
    let handle = file::new_handle(call.state)?;
    let opened =
        with_c_string(name.as_bytes(), |name| with_c_string(mode, |mode| Stream::open(name, mode)));
    match opened {
        Some(stream) => {
            stream.keep_in(handle, Closing::File);
            Ok(handle)
        }
        None => {
            let reason = files::error_text(files::errno());
            let name = super::base::until_nul(name.as_bytes());
            let parts: [&[u8]; 5] = [b"cannot open file '", name, b"' (", &reason, b")"];
            Err(call.state.lib_error_bytes(1, &parts))
        }
    }
}

fn lines(call: &mut Call<'_>) -> Answer {
    if call.arg(1).is_nil() {
        let value = default_file(call.state, INPUT)?;
        let Some(handle) = value.as_userdata() else {
            return Err(call.error("default input file is closed"));
        };
        if Stream::of_handle(handle).is_none() {
            return Err(call.error("attempt to use a closed file"));
        }
        let step = read::make_iterator(call, handle, false)?;
        return call.ret1(step);
    }
    let handle = open_or_raise(call, 1, b"r")?;
    let step = read::make_iterator(call, handle, true)?;
    call.ret(&[step, Value::NIL, Value::NIL, Value::userdata(handle)])
}

/// Whether C's `fopen` takes it: a letter, perhaps '+', perhaps 'b'.
fn is_mode(mode: &[u8]) -> bool {
    let [b'r' | b'w' | b'a', rest @ ..] = mode else { return false };
    let rest = rest.strip_prefix(b"+").unwrap_or(rest);
    rest.iter().all(|&byte| byte == b'b')
}

fn open(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    let mode = call.opt_string(2)?;
    let mode = mode.as_ref().map_or(&b"r"[..], |mode| super::base::until_nul(mode.as_bytes()));
    if !is_mode(mode) {
        return Err(call.arg_error(2, "invalid mode"));
    }
    let handle = file::new_handle(call.state)?;
    files::clear_errno();
    let opened =
        with_c_string(name.as_bytes(), |name| with_c_string(mode, |mode| Stream::open(name, mode)));
    match opened {
        Some(stream) => {
            stream.keep_in(handle, Closing::File);
            call.ret1(handle)
        }
        None => file_result(call, false, Some(super::base::until_nul(name.as_bytes()))),
    }
}

fn popen(call: &mut Call<'_>) -> Answer {
    let command = call.check_string(1)?;
    let mode = call.opt_string(2)?;
    let mode = mode.as_ref().map_or(&b"r"[..], |mode| super::base::until_nul(mode.as_bytes()));
    if mode != b"r" && mode != b"w" {
        return Err(call.arg_error(2, "invalid mode"));
    }
    let handle = file::new_handle(call.state)?;
    files::clear_errno();
    match Stream::open_process(&c_string(command.as_bytes()), &c_string(mode)) {
        Some(stream) => {
            stream.keep_in(handle, Closing::Pipe);
            call.ret1(handle)
        }
        None => file_result(call, false, Some(super::base::until_nul(command.as_bytes()))),
    }
}

fn read(call: &mut Call<'_>) -> Answer {
    let (_, stream) = default_stream(call, INPUT)?;
    read::read(call, stream, 1)
}

fn tmpfile(call: &mut Call<'_>) -> Answer {
    let handle = file::new_handle(call.state)?;
    files::clear_errno();
    match Stream::open_temporary() {
        Some(stream) => {
            stream.keep_in(handle, Closing::File);
            call.ret1(handle)
        }
        None => file_result(call, false, None),
    }
}

fn type_(call: &mut Call<'_>) -> Answer {
    let value = call.check_any(1)?;
    let kind: &[u8] = match file::as_handle(call.state, value) {
        None => return call.ret1(Value::NIL),
        Some(handle) if Stream::of_handle(handle).is_none() => b"closed file",
        Some(_) => b"file",
    };
    let kind = call.state.new_string(kind)?;
    call.ret1(kind)
}

fn write(call: &mut Call<'_>) -> Answer {
    let (file, stream) = default_stream(call, OUTPUT)?;
    write::write(call, stream, 1, file)
}

fn values(state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
    file::make_metatable(state)?;
    for (stream, name, key) in [
        (Stream::standard_input(), &b"stdin"[..], Some(INPUT)),
        (Stream::standard_output(), b"stdout", Some(OUTPUT)),
        (Stream::standard_error(), b"stderr", None),
    ] {
        let handle = file::new_handle(state)?;
        if let Some(stream) = stream {
            stream.keep_in(handle, Closing::Standard);
        }
        let name = state.new_string(name)?;
        table.set_str(state, name, Value::userdata(handle))?;
        if let Some(key) = key {
            let key = state.new_string(key)?;
            let registry = state.registry;
            registry.set_str(state, key, Value::userdata(handle))?;
        }
    }
    Ok(())
}

library! { "io", {
    close => close;
    flush => flush;
    input => input;
    lines => lines;
    open => open;
    output => output;
    popen => popen;
    read => read;
    tmpfile => tmpfile;
    type => type_;
    write => write;
} values }
