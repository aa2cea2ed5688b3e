//! Reading: lines, numbers, counts of bytes, whole files; and the iterators of `lines`.

use super::{Answer, file, file_result};
use crate::call::{Call, LIBRARY_ENTRY, StaticProto};
use crate::error::Raised;
use crate::files::{self, Stream};
use crate::gc::Gc;
use crate::state::State;
use crate::stdlib::buffer::Buffer;
use crate::text::number::{is_space, parse};
use crate::userdata::Userdata;
use crate::value::Value;

/// Reads by the formats in the arguments from `first` on, or a line.
pub(super) fn read(call: &mut Call<'_>, stream: Stream, first: usize) -> Answer {
    let formats = first..call.count() + 1;
    match read_formats(call, stream, formats.len(), |call, index| call.arg(first + index), first)? {
        true => call.ret_pushed(),
        false => file_result(call, false, None),
    }
}

/// Pushes what was read by `count` formats; `first` is the number of the first one as an argument.
/// False: there was an error of the system's, and nothing is pushed.
fn read_formats(
    call: &mut Call<'_>,
    stream: Stream,
    count: usize,
    format: impl Fn(&Call<'_>, usize) -> Value,
    first: usize,
) -> Result<bool, Raised> {
    if Some(stream) == Stream::standard_input() {
        // A question comes before its answer.
        call.state.flush_print();
    }
    stream.clear_error();
    files::clear_errno();
    let top = call.state.stack_top();
    if count == 0 {
        let line = read_line(call.state, stream, true)?;
        call.push(line.unwrap_or(Value::NIL))?;
    }
    for index in 0..count {
        let value = read_one(call, stream, format(call, index), first + index)?;
        call.push(value.unwrap_or(Value::NIL))?;
        if value.is_none() {
            break;
        }
    }
    if stream.has_error() {
        call.state.truncate_stack(top);
        return Ok(false);
    }
    Ok(true)
}

fn read_one(
    call: &mut Call<'_>,
    stream: Stream,
    format: Value,
    index: usize,
) -> Result<Option<Value>, Raised> {
    if format.is_number() {
        let Some(count) = format.to_integer() else {
            return Err(call.arg_error(index, "number has no integer representation"));
        };
        return if count == 0 {
            Ok(has_more(stream).then_some(Value::string(call.state.names.empty)))
        } else {
            read_bytes(call.state, stream, count as usize)
        };
    }
    let Some(format) = format.as_string() else {
        let got = match call.state.named_type(format) {
            Some(name) => name.as_bytes().to_vec(),
            None => format.type_name().as_bytes().to_vec(),
        };
        return Err(call.arg_error_bytes(index, &[b"string expected, got ", &got[..]].concat()));
    };
    let format = format.as_bytes();
    match format.strip_prefix(b"*").unwrap_or(format).first() {
        Some(b'n') => Ok(read_number(stream)),
        Some(b'l') => read_line(call.state, stream, true),
        Some(b'L') => read_line(call.state, stream, false),
        Some(b'a') => read_all(call.state, stream).map(Some),
        _ => Err(call.arg_error(index, "invalid format")),
    }
}

/// Whether there is something left: reading nothing succeeds then.
fn has_more(stream: Stream) -> bool {
    match stream.next_byte() {
        Some(byte) => {
            stream.put_back(byte);
            true
        }
        None => false,
    }
}

/// The rest of the line; without its end if `chop`.
fn read_line(state: &mut State, stream: Stream, chop: bool) -> Result<Option<Value>, Raised> {
    let mut buffer = core::mem::take(&mut state.libraries.line);
    let mut line = stream.read_line(&mut buffer);
    let any = !line.is_empty();
    if chop && let Some((b'\n', rest)) = line.split_last() {
        line = rest;
    }
    let text = any.then(|| state.new_string(line)).transpose();
    buffer.trim();
    state.libraries.line = buffer;
    Ok(text?.map(Value::string))
}

/// More bytes than any address space has room for.
const TOO_MANY: usize = 1 << 48;

/// So many bytes are read to where the string will be, even if there may be fewer.
const AT_ONCE: usize = 1 << 18;

/// Up to `count` bytes.
fn read_bytes(state: &mut State, stream: Stream, count: usize) -> Result<Option<Value>, Raised> {
    if count >= TOO_MANY {
        // The reference asks for room for all of them at once.
        return Err(state.memory_error());
    }
    if count <= AT_ONCE {
        return Ok(state.read_string(stream, count)?.map(Value::string));
    }
    let mut out = Buffer::new(state);
    let mut left = count;
    while left > 0 {
        // In pieces: there may be much less to read than was asked for.
        let piece = left.min(out.bytes().len().max(1 << 16));
        let got = out.read_from(stream, piece);
        left -= got;
        if got < piece {
            break;
        }
    }
    if left == count {
        out.give_back(state);
        return Ok(None);
    }
    out.finish(state).map(|text| Some(Value::string(text)))
}

/// Everything up to the end.
fn read_all(state: &mut State, stream: Stream) -> Result<Value, Raised> {
    let mut out = Buffer::new(state);
    loop {
        let piece = out.bytes().len().clamp(1 << 12, 1 << 24);
        if out.read_from(stream, piece) < piece {
            break;
        }
    }
    out.finish(state).map(Value::string)
}

/// The longest numeral that is read.
const MAX_NUMERAL: usize = 200;

/// Reads a numeral byte by byte: as much as could belong to one, whether or not it is.
struct NumeralReader {
    stream: Stream,
    /// The byte not yet accepted.
    next: Option<u8>,
    text: [u8; MAX_NUMERAL],
    len: usize,
    overflow: bool,
}

impl NumeralReader {
    fn accept(&mut self) -> bool {
        let Some(place) = self.text.get_mut(self.len) else {
            self.overflow = true;
            return false;
        };
        if let Some(next) = self.next {
            *place = next;
            self.len += 1;
        }
        self.next = self.stream.next_byte();
        true
    }

    fn accept_one_of(&mut self, bytes: &[u8]) -> bool {
        self.next.is_some_and(|next| bytes.contains(&next)) && self.accept()
    }

    fn accept_digits(&mut self, hexadecimal: bool) -> usize {
        let is_digit = |byte: u8| {
            if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() }
        };
        let mut count = 0;
        while self.next.is_some_and(is_digit) && self.accept() {
            count += 1;
        }
        count
    }
}

fn read_number(stream: Stream) -> Option<Value> {
    let mut next = stream.next_byte();
    while next.is_some_and(is_space) {
        next = stream.next_byte();
    }
    let mut reader =
        NumeralReader { stream, next, text: [0; MAX_NUMERAL], len: 0, overflow: false };
    let (mut count, mut hexadecimal) = (0, false);
    reader.accept_one_of(b"-+");
    if reader.accept_one_of(b"0") {
        hexadecimal = reader.accept_one_of(b"xX");
        count = usize::from(!hexadecimal);
    }
    count += reader.accept_digits(hexadecimal);
    if reader.accept_one_of(b".") {
        count += reader.accept_digits(hexadecimal);
    }
    if count > 0 && reader.accept_one_of(if hexadecimal { b"pP" } else { b"eE" }) {
        reader.accept_one_of(b"-+");
        reader.accept_digits(false);
    }
    if let Some(byte) = reader.next {
        stream.put_back(byte);
    }
    if reader.overflow {
        return None;
    }
    parse(&reader.text[..reader.len]).map(Value::number)
}

/// The upvalues of the iterator of `lines`.
mod iterator {
    pub(super) const FILE: usize = 0;
    /// Whether the iterator opened the file and is to close it.
    pub(super) const CLOSES: usize = 1;
    /// The formats: a table with their number as `n`, or nil when there are none.
    pub(super) const FORMATS: usize = 2;
    pub(super) const COUNT: u32 = 3;
}

static STEP: StaticProto =
    StaticProto::with_upvalues(LIBRARY_ENTRY, step, c"lines_step", iterator::COUNT);

/// The most formats that `lines` takes.
const MAX_FORMATS: usize = 250;

/// The iterator of `lines`, with the formats in the arguments from 2 on.
pub(super) fn make_iterator(
    call: &mut Call<'_>,
    handle: Gc<Userdata>,
    closes: bool,
) -> Result<Value, Raised> {
    let count = call.count().saturating_sub(1);
    if count > MAX_FORMATS {
        return Err(call.arg_error(MAX_FORMATS + 2, "too many arguments"));
    }
    let mut formats = Value::NIL;
    if count > 0 {
        let table = call.state.new_table(count, 1)?;
        for index in 1..=count {
            let format = call.arg(index + 1);
            table.set_int(call.state, index as i64, format)?;
        }
        let n = call.state.names.n;
        table.set_str(call.state, n, Value::int(count as i64))?;
        formats = Value::table(table);
    }
    let closure = call.state.new_closure(STEP.get())?;
    closure.set_upvalue_slot(call.state, iterator::FILE, Value::userdata(handle));
    closure.set_upvalue_slot(call.state, iterator::CLOSES, Value::boolean(closes));
    closure.set_upvalue_slot(call.state, iterator::FORMATS, formats);
    Ok(Value::function(closure))
}

fn step(call: &mut Call<'_>) -> Answer {
    let Some(handle) = call.upvalue(iterator::FILE).as_userdata() else { return call.ret0() };
    let Some((stream, _)) = Stream::of_handle(handle) else {
        return Err(call.error("file is already closed"));
    };
    let formats = call.upvalue(iterator::FORMATS).as_table();
    let count = match formats {
        Some(table) => table.get_str(call.state, call.state.names.n).as_int().unwrap_or(0),
        None => 0,
    };
    let format = |_: &Call<'_>, index: usize| {
        formats.map_or(Value::NIL, |table| table.get_int(index as i64 + 1))
    };
    let top = call.state.stack_top();
    if !read_formats(call, stream, count as usize, format, 2)? {
        let reason = match files::errno() {
            0 => b"(no extra info)".to_vec(),
            number => files::error_text(number),
        };
        return Err(call.state.lib_error_bytes(1, &[&reason]));
    }
    if !call.state.stack_value(top).is_falsy() {
        return call.ret_pushed();
    }
    if !call.upvalue(iterator::CLOSES).is_falsy() {
        let _ = file::close(call, handle)?;
    }
    call.ret0()
}
