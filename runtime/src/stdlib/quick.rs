//! The quick forms of library functions: see [`crate::call::Quick`].

use abi::object::MAX_SHORT_STRING;
use abi::object::table_flags::HAS_METATABLE;

use super::base::{IPAIRS_STEP, NEXT};
use super::math::{fitting, logarithm, split};
use super::show;
use super::string::{end_position, start_position};
use crate::call::{Quick, Quickly};
use crate::files::with_c_string;
use crate::gc::Gc;
use crate::maths;
use crate::os::{self, with_environment_variable};
use crate::sys;
use crate::table::Table;
use crate::text::arithmetic::{ceil as ceil_float, floor as floor_float};
use crate::text::number::parse_int;
use crate::text::short;
use crate::value::Value;

/// A table without a metatable.
#[inline(always)]
fn plain_table(value: Value) -> Option<Gc<Table>> {
    value.as_table().filter(|table| table.flags() & HAS_METATABLE == 0)
}

pub(super) fn assert(call: &mut Quick<'_>) -> Quickly {
    if call.arg(1).is_falsy() {
        return None;
    }
    call.ret_each(call.count(), |call, index| call.arg(index + 1))
}

pub(super) fn getmetatable(call: &mut Quick<'_>) -> Quickly {
    let table = call.arg(1).as_table()?;
    let Some(metatable) = table.metatable(call.state) else { return call.ret1(Value::NIL) };
    let shown = metatable.get_str(call.state, call.state.names.metatable);
    call.ret1(if shown.is_nil() { Value::table(metatable) } else { shown })
}

pub(super) fn ipairs(call: &mut Quick<'_>) -> Quickly {
    if call.count() == 0 {
        return None;
    }
    call.ret3(Value::function(IPAIRS_STEP.get()), call.arg(1), Value::int(0))
}

pub(super) fn ipairs_step(call: &mut Quick<'_>) -> Quickly {
    let table = call.arg(1).as_table()?;
    let index = call.arg(2).as_int()?.wrapping_add(1);
    let value = table.get_int(index);
    if !value.is_nil() {
        return call.ret2(Value::int(index), value);
    }
    plain_table(call.arg(1))?;
    call.ret1(Value::NIL)
}

pub(super) fn next(call: &mut Quick<'_>) -> Quickly {
    let table = call.arg(1).as_table()?;
    match table.next_quick(call.state, call.arg(2))? {
        Some((key, value)) => call.ret2(key, value),
        None => call.ret1(Value::NIL),
    }
}

pub(super) fn pairs(call: &mut Quick<'_>) -> Quickly {
    let table = plain_table(call.arg(1))?;
    call.ret3(Value::function(NEXT.get()), Value::table(table), Value::NIL)
}

pub(super) fn rawequal(call: &mut Quick<'_>) -> Quickly {
    if call.count() < 2 {
        return None;
    }
    call.ret1(Value::boolean(call.arg(1).raw_equals(call.arg(2))))
}

pub(super) fn rawget(call: &mut Quick<'_>) -> Quickly {
    if call.count() < 2 {
        return None;
    }
    let table = call.arg(1).as_table()?;
    call.ret1(table.get(call.state, call.arg(2)))
}

pub(super) fn select(call: &mut Quick<'_>) -> Quickly {
    let count = call.count();
    if let Some(text) = call.arg(1).as_string() {
        let asks = text.as_bytes().first() == Some(&b'#');
        return if asks { call.ret1(Value::int(count as i64 - 1)) } else { None };
    }
    let from = match call.arg(1).as_int()? {
        // From the end, the first argument not counted.
        from if from < 0 => from.checked_add(count as i64)?,
        from => from,
    };
    let from = usize::try_from(from).ok().filter(|from| *from >= 1)?;
    call.ret_each(count.saturating_sub(from), |call, index| call.arg(from + 1 + index))
}

pub(super) fn setmetatable(call: &mut Quick<'_>) -> Quickly {
    let (table, metatable) = (call.arg(1).as_table()?, call.arg(2).as_table()?);
    if !table.set_metatable_quickly(call.state, metatable) {
        return None;
    }
    call.ret1(Value::table(table))
}

pub(super) fn tonumber(call: &mut Quick<'_>) -> Quickly {
    if call.count() != 1 {
        return None;
    }
    match call.arg(1).as_string() {
        // Floats may take more of the stack.
        Some(text) => call.ret1(Value::int(parse_int(text.as_bytes())?)),
        None if call.arg(1).is_number() => call.ret1(call.arg(1)),
        None => None,
    }
}

pub(super) fn collectgarbage(call: &mut Quick<'_>) -> Quickly {
    if call.arg(1).as_string()?.as_bytes() != b"count" || call.state.is_finalizing() {
        return None;
    }
    call.ret1(Value::float(call.state.kibibytes_in_use()))
}

pub(super) fn tostring(call: &mut Quick<'_>) -> Quickly {
    let text = call.arg(1).as_string()?;
    call.ret1(Value::string(text))
}

pub(super) fn type_(call: &mut Quick<'_>) -> Quickly {
    if call.count() == 0 {
        return None;
    }
    call.ret1(Value::string(show::type_name_string(call.state, call.arg(1))))
}

pub(super) fn abs(call: &mut Quick<'_>) -> Quickly {
    match call.arg(1).as_int() {
        Some(value) => call.ret1(Value::int(value.wrapping_abs())),
        None => call.ret1(Value::float(call.arg(1).as_float()?.abs())),
    }
}

pub(super) fn ceil(call: &mut Quick<'_>) -> Quickly {
    match call.arg(1).as_float() {
        Some(value) => call.ret1(fitting(ceil_float(value))),
        None => call.ret1(Value::int(call.arg(1).as_int()?)),
    }
}

pub(super) fn floor(call: &mut Quick<'_>) -> Quickly {
    match call.arg(1).as_float() {
        Some(value) => call.ret1(fitting(floor_float(value))),
        None => call.ret1(Value::int(call.arg(1).as_int()?)),
    }
}

pub(super) fn modf(call: &mut Quick<'_>) -> Quickly {
    let (whole, fraction) = match call.arg(1).as_int() {
        Some(value) => (Value::int(value), 0.0),
        None => split(call.arg(1).as_float()?),
    };
    call.ret2(whole, Value::float(fraction))
}

/// A number as a float.
#[inline(always)]
fn float(value: Value) -> Option<f64> {
    match value.as_float() {
        None => value.as_int().map(maths::float_of),
        float => float,
    }
}

macro_rules! of_one_float {
    ($($name:ident)*) => {
        $(pub(super) fn $name(call: &mut Quick<'_>) -> Quickly {
            call.ret1(Value::float(maths::$name(float(call.arg(1))?)))
        })*
    };
}

of_one_float! { cos exp sin sqrt tan }

pub(super) fn atan(call: &mut Quick<'_>) -> Quickly {
    let y = float(call.arg(1))?;
    let x = if call.arg(2).is_nil() { 1.0 } else { float(call.arg(2))? };
    call.ret1(Value::float(maths::atan2(y, x)))
}

pub(super) fn pow(call: &mut Quick<'_>) -> Quickly {
    call.ret1(Value::float(sys::pow(float(call.arg(1))?, float(call.arg(2))?)))
}

pub(super) fn log(call: &mut Quick<'_>) -> Quickly {
    let value = float(call.arg(1))?;
    let base = if call.arg(2).is_nil() { None } else { Some(float(call.arg(2))?) };
    call.ret1(Value::float(logarithm(value, base)))
}

pub(super) fn random(call: &mut Quick<'_>) -> Quickly {
    if call.count() != 0 {
        return None;
    }
    let value = call.state.libraries.random.next_float();
    call.ret1(Value::float(value))
}

pub(super) fn max(call: &mut Quick<'_>) -> Quickly {
    extreme(call, |a, b| a < b, |a, b| a < b)
}

pub(super) fn min(call: &mut Quick<'_>) -> Quickly {
    extreme(call, |a, b| a > b, |a, b| a > b)
}

/// Of two numbers of one kind the second, if that is better, else the first.
#[inline(always)]
fn extreme(
    call: &mut Quick<'_>,
    ints: impl Fn(i64, i64) -> bool,
    floats: impl Fn(f64, f64) -> bool,
) -> Quickly {
    if call.count() != 2 {
        return None;
    }
    let (a, b) = (call.arg(1), call.arg(2));
    let second = match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => ints(a, b),
        _ => floats(a.as_float()?, b.as_float()?),
    };
    call.ret1(if second { b } else { a })
}

pub(super) fn byte(call: &mut Quick<'_>) -> Quickly {
    let text = call.arg(1).as_string()?;
    let index = match call.count() {
        1 => 1,
        2 => call.arg(2).as_int()?,
        _ => return None,
    };
    let index = usize::try_from(index).ok().filter(|index| *index >= 1)?;
    match text.as_bytes().get(index - 1) {
        Some(byte) => call.ret1(Value::int(i64::from(*byte))),
        None => call.ret0(),
    }
}

/// A string of the same length made byte by byte.
#[inline(always)]
fn map(call: &mut Quick<'_>, change: impl Fn(&mut [u8])) -> Quickly {
    let text = call.arg(1).as_string()?;
    let mut bytes = [0; MAX_SHORT_STRING];
    let bytes = bytes.get_mut(..text.len())?;
    short::copy(bytes, text.as_bytes());
    change(bytes);
    let text = call.state.short_string_at_hand(bytes)?;
    call.ret1(Value::string(text))
}

pub(super) fn lower(call: &mut Quick<'_>) -> Quickly {
    map(call, <[u8]>::make_ascii_lowercase)
}

pub(super) fn upper(call: &mut Quick<'_>) -> Quickly {
    map(call, <[u8]>::make_ascii_uppercase)
}

pub(super) fn reverse(call: &mut Quick<'_>) -> Quickly {
    map(call, <[u8]>::reverse)
}

pub(super) fn sub(call: &mut Quick<'_>) -> Quickly {
    let text = call.arg(1).as_string()?;
    let start = start_position(call.arg(2).as_int()?, text.len());
    let end = match call.arg(3) {
        last if last.is_nil() => -1,
        last => last.as_int()?,
    };
    let end = end_position(end, text.len());
    if start > end {
        return call.ret1(Value::string(call.state.names.empty));
    }
    if start == 1 && end == text.len() {
        return call.ret1(Value::string(text));
    }
    let part = call.state.short_string_at_hand(&text.as_bytes()[start - 1..end])?;
    call.ret1(Value::string(part))
}

pub(super) fn clock(call: &mut Quick<'_>) -> Quickly {
    call.ret1(Value::float(os::clock()))
}

pub(super) fn getenv(call: &mut Quick<'_>) -> Quickly {
    let name = call.arg(1).as_string()?;
    let value = with_c_string(name.as_bytes(), |name| {
        with_environment_variable(name, |value| call.state.short_string_at_hand(value))
    });
    match value {
        Some(text) => call.ret1(Value::string(text?)),
        None => call.ret1(Value::NIL),
    }
}

pub(super) fn len(call: &mut Quick<'_>) -> Quickly {
    let text = call.arg(1).as_string()?;
    call.ret1(Value::int(text.as_bytes().len() as i64))
}

pub(super) fn insert(call: &mut Quick<'_>) -> Quickly {
    let table = plain_table(call.arg(1))?;
    let next = table.len() as u64 + 1;
    if call.count() != 2 || !table.append_in_place(call.state, next, call.arg(2)) {
        return None;
    }
    call.ret0()
}

pub(super) fn remove(call: &mut Quick<'_>) -> Quickly {
    let table = plain_table(call.arg(1))?;
    if call.count() != 1 {
        return None;
    }
    let value = table.pop_in_place()?;
    call.ret1(value)
}

pub(super) fn unpack(call: &mut Quick<'_>) -> Quickly {
    let table = plain_table(call.arg(1))?;
    if call.count() != 1 {
        return None;
    }
    call.ret_each(table.len() as usize, |_, index| table.get_int(index as i64 + 1))
}
