//! The library `string`.
//!
//! - `pattern`: `find`, `match`, `gmatch`, `gsub`
//! - `format`: `format`
//! - `pack`: `pack`, `packsize`, `unpack`
//! - `arithmetic`: the metamethods that let strings be operands

use super::buffer::Buffer;
use crate::call::{Call, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::library;
use crate::state::State;
use crate::stdlib::quick;
use crate::table::Table;
use crate::text::Sink;
use crate::value::Value;

mod arithmetic;
mod format;
mod pack;
mod pattern;

type Answer = Result<Step<()>, Raised>;

/// What a string may be long: a size that C's `int` holds.
const MAX_SIZE: usize = i32::MAX as usize;

/// A position at which something begins, from 1 on: negative ones count from the end.
#[inline]
pub(super) fn start_position(position: i64, len: usize) -> usize {
    if position > 0 {
        position as usize
    } else if position == 0 || position < -(len as i64) {
        1
    } else {
        (len as i64 + position + 1) as usize
    }
}

/// A position at which something ends, up to `len`: negative ones count from the end.
#[inline]
pub(super) fn end_position(position: i64, len: usize) -> usize {
    if position > len as i64 {
        len
    } else if position >= 0 {
        position as usize
    } else if position < -(len as i64) {
        0
    } else {
        (len as i64 + position + 1) as usize
    }
}

fn byte(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    let text = text.as_bytes();
    let first = call.opt_int(2, 1)?;
    let start = start_position(first, text.len());
    let end = end_position(call.opt_int(3, first)?, text.len());
    if start > end {
        return call.ret0();
    }
    if start == end {
        return call.ret1(i64::from(text[start - 1]));
    }
    if end - start >= MAX_SIZE {
        return Err(call.error("string slice too long"));
    }
    if call.state.reserve_stack(end - start + 1).is_err() {
        return Err(call.error("stack overflow (string slice too long)"));
    }
    for &byte in &text[start - 1..end] {
        call.push(Value::int(i64::from(byte)))?;
    }
    call.ret_pushed()
}

fn char(call: &mut Call<'_>) -> Answer {
    if call.count() == 1
        && let Some(value) = call.arg(1).as_int()
        && let Ok(byte) = u8::try_from(value)
    {
        let text = call.state.new_string(&[byte])?;
        return call.ret1(text);
    }
    let mut out = Buffer::new(call.state);
    for index in 1..=call.count() {
        match u8::try_from(call.check_int(index)?) {
            Ok(byte) => out.push(byte),
            Err(_) => return Err(call.arg_error(index, "value out of range")),
        }
    }
    let text = out.finish(call.state)?;
    call.ret1(text)
}

fn dump(call: &mut Call<'_>) -> Answer {
    let function = call.check_function(1)?;
    let strip = !call.arg(2).is_falsy();
    match call.state.dump(function, strip) {
        Some(chunk) => {
            let chunk = call.state.new_string(&chunk)?;
            call.ret1(chunk)
        }
        None => Err(call.error("unable to dump given function")),
    }
}

fn len(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    call.ret1(text.len() as i64)
}

/// A string of the same length made byte by byte.
#[inline(always)]
fn map(call: &mut Call<'_>, change: impl Fn(&mut [u8])) -> Answer {
    let text = call.check_string(1)?;
    let mut out = Buffer::new(call.state);
    out.put(text.as_bytes());
    change(out.bytes_mut());
    let text = out.finish(call.state)?;
    call.ret1(text)
}

fn lower(call: &mut Call<'_>) -> Answer {
    map(call, <[u8]>::make_ascii_lowercase)
}

fn upper(call: &mut Call<'_>) -> Answer {
    map(call, <[u8]>::make_ascii_uppercase)
}

fn reverse(call: &mut Call<'_>) -> Answer {
    map(call, <[u8]>::reverse)
}

fn rep(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    let count = call.check_int(2)?;
    let separator = call.opt_string(3)?.unwrap_or(call.state.names.empty);
    let (text, separator) = (text.as_bytes(), separator.as_bytes());
    if count <= 0 {
        let empty = call.state.names.empty;
        return call.ret1(empty);
    }
    let unit = text.len() + separator.len();
    if unit as u64 > MAX_SIZE as u64 / count as u64 {
        return Err(call.error("resulting string too large"));
    }
    let count = count as usize;
    let total = unit * count - separator.len();
    let mut out = Buffer::new(call.state);
    if !out.reserve(total) {
        return Err(call.state.memory_error());
    }
    if let (&[byte], []) = (text, separator) {
        out.fill(byte, count);
    } else {
        out.put(text);
        if count > 1 {
            out.put(separator);
            out.repeat(total);
        }
    }
    let text = out.finish(call.state)?;
    call.ret1(text)
}

fn sub(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    let bytes = text.as_bytes();
    let start = start_position(call.check_int(2)?, bytes.len());
    let end = end_position(call.opt_int(3, -1)?, bytes.len());
    if start == 1 && end == bytes.len() {
        return call.ret1(text);
    }
    if start > end {
        let empty = call.state.names.empty;
        return call.ret1(empty);
    }
    let text = call.state.new_string(&bytes[start - 1..end])?;
    call.ret1(text)
}

fn values(state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
    let metatable = state.new_table(0, 9)?;
    let name = state.names.index;
    metatable.set_str(state, name, Value::table(table))?;
    arithmetic::add_to(state, metatable)?;
    metatable.mark_prototype(state);
    state.metatables[usize::from(abi::value::tag::STRING)] = Some(metatable);
    Ok(())
}

library! { "string", {
    byte => byte, quick::byte;
    char => char;
    dump => dump;
    find => pattern::find;
    format => format::format;
    gmatch => pattern::gmatch;
    gsub => pattern::gsub;
    len => len, quick::len;
    lower => lower, quick::lower;
    match => pattern::match_;
    pack => pack::pack;
    packsize => pack::packsize;
    rep => rep;
    reverse => reverse, quick::reverse;
    sub => sub, quick::sub;
    unpack => pack::unpack;
    upper => upper, quick::upper;
} values }
