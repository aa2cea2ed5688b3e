//! The library `utf8`.

use super::buffer::Buffer;
use crate::call::{Call, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::library;
use crate::state::State;
use crate::table::Table;
use crate::text::utf8::{
    CHAR_PATTERN, INVALID_CODE, MAX_VALUE, count, decode, encode, is_continuation, next_code,
    offset as offset_in, relative_position,
};
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

fn char(call: &mut Call<'_>) -> Answer {
    let mut out = Buffer::new(call.state);
    for index in 1..=call.count() {
        let value = call.check_int(index)?;
        match u32::try_from(value) {
            Ok(value) if value <= MAX_VALUE => encode(value, &mut out),
            _ => return Err(call.arg_error(index, "value out of range")),
        }
    }
    let text = out.finish(call.state)?;
    call.ret1(text)
}

fn codepoint(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    let text = text.as_bytes();
    let first = relative_position(call.opt_int(2, 1)?, text.len());
    let last = relative_position(call.opt_int(3, first)?, text.len());
    let lax = !call.arg(4).is_falsy();
    if first < 1 {
        return Err(call.arg_error(2, "out of bounds"));
    }
    if last > text.len() as i64 {
        return Err(call.arg_error(3, "out of bounds"));
    }
    if first > last {
        return call.ret0();
    }
    if last - first >= i64::from(i32::MAX) {
        return Err(call.error("string slice too long"));
    }
    let mut place = first as usize - 1;
    while place < last as usize {
        let Some((value, len)) = decode(&text[place..], lax) else {
            return Err(call.error(INVALID_CODE));
        };
        call.push(Value::int(i64::from(value)))?;
        place += len;
    }
    call.ret_pushed()
}

fn codes(call: &mut Call<'_>) -> Answer {
    let lax = !call.arg(2).is_falsy();
    let text = call.check_string(1)?;
    if text.as_bytes().first().is_some_and(|&byte| is_continuation(byte)) {
        return Err(call.arg_error(1, INVALID_CODE));
    }
    let step = if lax { &LAX_STEP } else { &STRICT_STEP };
    call.ret(&[Value::function(step.get()), Value::string(text), Value::int(0)])
}

fn strict_step(call: &mut Call<'_>) -> Answer {
    step(call, false)
}

fn lax_step(call: &mut Call<'_>) -> Answer {
    step(call, true)
}

fn step(call: &mut Call<'_>, lax: bool) -> Answer {
    let text = call.check_string(1)?;
    let control = call.arg(2).to_integer().unwrap_or(0);
    match next_code(text.as_bytes(), control, lax) {
        Ok(Some((place, value))) => call.ret(&[Value::int(place), Value::int(i64::from(value))]),
        Ok(None) => call.ret0(),
        Err(message) => Err(call.error(message)),
    }
}

fn len(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    let text = text.as_bytes();
    let first = relative_position(call.opt_int(2, 1)?, text.len());
    let last = relative_position(call.opt_int(3, -1)?, text.len());
    let lax = !call.arg(4).is_falsy();
    if first < 1 || first - 1 > text.len() as i64 {
        return Err(call.arg_error(2, "initial position out of bounds"));
    }
    if last > text.len() as i64 {
        return Err(call.arg_error(3, "final position out of bounds"));
    }
    match count(text, first as usize - 1, last - 1, lax) {
        Ok(count) => call.ret1(count),
        Err(place) => call.ret(&[Value::NIL, Value::int(place as i64 + 1)]),
    }
}

fn offset(call: &mut Call<'_>) -> Answer {
    let text = call.check_string(1)?;
    let text = text.as_bytes();
    let number = call.check_int(2)?;
    let start = if number >= 0 { 1 } else { text.len() as i64 + 1 };
    let start = relative_position(call.opt_int(3, start)?, text.len());
    if start < 1 || start - 1 > text.len() as i64 {
        return Err(call.arg_error(3, "position out of bounds"));
    }
    match offset_in(text, number, start as usize - 1) {
        Ok(Some(place)) => call.ret1(place as i64 + 1),
        Ok(None) => call.ret1(Value::NIL),
        Err(message) => Err(call.error(message)),
    }
}

fn values(state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
    let name = state.new_string(b"charpattern")?;
    let pattern = state.new_string(CHAR_PATTERN)?;
    table.set_str(state, name, Value::string(pattern))
}

crate::library_closure!(STRICT_STEP, "pl_utf8_strict_step", "codes_step\0", strict_step, []);
crate::library_closure!(LAX_STEP, "pl_utf8_lax_step", "codes_step\0", lax_step, []);

library! { "utf8", {
    char => char;
    codes => codes;
    codepoint => codepoint;
    len => len;
    offset => offset;
} values }
