//! What the libraries share: values as text, metafields, access by integers with metamethods.

use abi::value::tag;

use super::buffer::Buffer;
use crate::call::{Step, continue_with};
use crate::error::Raised;
use crate::gc::Gc;
use crate::operations;
use crate::state::State;
use crate::string::Str;
use crate::text::Sink;
use crate::value::Value;

/// Makes the calls that an operation asked for, here and now, where nothing can yield; the first
/// result of the last one.
fn make_calls(state: &mut State) -> Result<Value, Raised> {
    loop {
        state.check_native_depth()?;
        let (continuation, mut saved) = state.take_continuation();
        let results = state.call_request()?;
        if let Step::Done(()) = continue_with(state, continuation, &mut saved, results)? {
            return Ok(state.result_value());
        }
    }
}

/// The value of an operation that may have asked for a call.
#[inline]
pub fn finish(state: &mut State, step: Step<Value>) -> Result<Value, Raised> {
    match step {
        Step::Done(value) => Ok(value),
        Step::Call => make_calls(state),
    }
}

/// The answer of a comparison that may have asked for a call.
#[inline]
pub fn finish_truth(state: &mut State, step: Step<bool>) -> Result<bool, Raised> {
    match step {
        Step::Done(truth) => Ok(truth),
        Step::Call => make_calls(state).map(|word| word.as_int() != Some(0)),
    }
}

/// The end of an assignment that may have asked for a call.
#[inline]
pub fn finish_unit(state: &mut State, step: Step<()>) -> Result<(), Raised> {
    match step {
        Step::Done(()) => Ok(()),
        Step::Call => make_calls(state).map(|_| ()),
    }
}

/// Whether numbers are shown as they are: nobody gave them a metatable.
#[inline]
pub fn is_plain_number(state: &State) -> bool {
    state.metatables[usize::from(tag::INT)].is_none()
}

/// The interned name of a value's type.
pub fn type_name_string(state: &State, value: Value) -> Gc<Str> {
    let names = &state.names;
    match value.tag() {
        tag::NIL => names.nil,
        tag::FALSE | tag::TRUE => names.boolean,
        tag::INT | tag::FLOAT => names.number,
        tag::STRING => names.string,
        tag::TABLE => names.table,
        tag::THREAD => names.thread,
        tag::LIGHT_USERDATA | tag::USERDATA => names.userdata,
        _ => names.function,
    }
}

/// A value as `tostring` shows it. May call `__tostring`, where nothing can yield.
pub fn to_string(state: &mut State, value: Value) -> Result<Gc<Str>, Raised> {
    // Strings have a metatable, which is shared and rarely has either field.
    let metatable = state.metatable_of(value);
    if let Some(metatable) = metatable {
        let method = metatable.get_str(state, state.names.tostring);
        if !method.is_nil() {
            let shown = state.call(method, &[value])?.first();
            if let Some(text) = shown.as_string() {
                return Ok(text);
            }
            return match state.coerce_to_string(shown)? {
                Some(text) => Ok(text),
                None => Err(state.lib_error(1, format_args!("'__tostring' must return a string"))),
            };
        }
    }
    match value.tag() {
        tag::STRING => Ok(value.as_string().unwrap_or(state.names.empty)),
        tag::INT | tag::FLOAT => Ok(state.coerce_to_string(value)?.unwrap_or(state.names.empty)),
        tag::NIL => Ok(state.names.nil),
        tag::FALSE => Ok(state.names.false_),
        tag::TRUE => Ok(state.names.true_),
        _ => {
            let name = metatable
                .and_then(|metatable| metatable.get_str(state, state.names.name).as_string());
            let mut out = Buffer::new(state);
            match name {
                Some(name) => out.put(name.as_bytes()),
                None => out.put(value.type_name().as_bytes()),
            }
            out.put(b": ");
            put_address(&mut out, value.payload());
            out.finish(state)
        }
    }
}

/// An address as C's `%p` writes it.
pub fn put_address(out: &mut impl Sink, address: u64) {
    if address == 0 {
        out.put(b"(nil)");
        return;
    }
    let mut digits = [0_u8; 16];
    let mut start = digits.len();
    let mut rest = address;
    while rest != 0 {
        start -= 1;
        digits[start] = b"0123456789abcdef"[(rest & 15) as usize];
        rest >>= 4;
    }
    out.put(b"0x");
    out.put(&digits[start..]);
}

/// `object[index]`, where nothing can yield.
#[inline]
pub fn index_int(state: &mut State, object: Value, index: i64) -> Result<Value, Raised> {
    if let Some(table) = object.as_table() {
        let value = table.get_int(index);
        if !value.is_nil() || table.metatable(state).is_none() {
            return Ok(value);
        }
    }
    let step = operations::index(state, object, Value::int(index))?;
    finish(state, step)
}

/// `object[index] = value`, where nothing can yield.
#[inline]
pub fn set_index_int(
    state: &mut State,
    object: Value,
    index: i64,
    value: Value,
) -> Result<(), Raised> {
    if let Some(table) = object.as_table()
        && table.metatable(state).is_none()
    {
        return table.set_int(state, index, value);
    }
    let step = operations::set_index(state, object, Value::int(index), value)?;
    finish_unit(state, step)
}

/// `object.name`, where nothing can yield.
pub fn field(state: &mut State, object: Value, name: &[u8]) -> Result<Value, Raised> {
    let name = Value::string(state.new_string(name)?);
    let step = operations::index(state, object, name)?;
    finish(state, step)
}

/// `object.name = value`, where nothing can yield.
pub fn set_field(
    state: &mut State,
    object: Value,
    name: &[u8],
    value: Value,
) -> Result<(), Raised> {
    let name = Value::string(state.new_string(name)?);
    let step = operations::set_index(state, object, name, value)?;
    finish_unit(state, step)
}

/// `a < b`, where nothing can yield.
#[inline]
pub fn less_than(state: &mut State, a: Value, b: Value) -> Result<bool, Raised> {
    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
        return Ok(a < b);
    }
    if let (Some(a), Some(b)) = (a.as_float(), b.as_float()) {
        return Ok(a < b);
    }
    let step = operations::less_than(state, a, b)?;
    finish_truth(state, step)
}

/// `#object` as an integer, where nothing can yield.
#[inline]
pub fn length(state: &mut State, object: Value) -> Result<i64, Raised> {
    if let Some(table) = object.as_table()
        && table.metatable(state).is_none()
    {
        return Ok(table.len());
    }
    let step = operations::len(state, object)?;
    let value = finish(state, step)?;
    // A string is no integer here, whatever it says.
    let len = if value.is_number() { value.to_integer() } else { None };
    len.ok_or_else(|| state.lib_error(1, format_args!("object length is not an integer")))
}
