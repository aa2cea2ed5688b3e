//! The common cases of operations, which need neither memory nor a call and raise nothing. `None`
//! leaves the operation to the runtime.

use runtime::operations::{ArithOp, arith_numbers};
use runtime::state::State;
use runtime::value::{Number, Value};

/// Arithmetic on two integers or two floats.
#[inline(always)]
pub(crate) fn arith(op: ArithOp, lhs: Value, rhs: Value) -> Option<Value> {
    let (lhs, rhs) = match (lhs.as_int(), rhs.as_int()) {
        (Some(a), Some(b)) => (Number::Int(a), Number::Int(b)),
        _ => (Number::Float(lhs.as_float()?), Number::Float(rhs.as_float()?)),
    };
    arith_numbers(op, lhs, rhs).ok().map(Value::number)
}

/// The length of a string, or of a table without metatable.
#[inline(always)]
pub(crate) fn len(state: &State, operand: Value) -> Option<Value> {
    if let Some(table) = operand.as_table() {
        return table.metatable(state).is_none().then(|| Value::int(table.len()));
    }
    operand.as_string().map(|string| Value::int(string.len() as i64))
}

/// Equality of what has no metamethods, and of what is the same.
#[inline(always)]
pub(crate) fn equal(lhs: Value, rhs: Value) -> Option<bool> {
    if lhs.tag() == rhs.tag() && lhs.payload() == rhs.payload() && lhs.as_float().is_none() {
        return Some(true);
    }
    let may_ask = |value: Value| value.as_table().is_some() || value.as_userdata().is_some();
    (!may_ask(lhs) || !may_ask(rhs)).then(|| lhs.raw_equals(rhs))
}

/// `<` of two integers or two floats.
#[inline(always)]
pub(crate) fn less(lhs: Value, rhs: Value) -> Option<bool> {
    match (lhs.as_int(), rhs.as_int()) {
        (Some(a), Some(b)) => Some(a < b),
        _ => Some(lhs.as_float()? < rhs.as_float()?),
    }
}

/// `<=` of two integers or two floats.
#[inline(always)]
pub(crate) fn less_equal(lhs: Value, rhs: Value) -> Option<bool> {
    match (lhs.as_int(), rhs.as_int()) {
        (Some(a), Some(b)) => Some(a <= b),
        _ => Some(lhs.as_float()? <= rhs.as_float()?),
    }
}

/// `object[key]` of a table, where that takes no metamethod.
#[inline(always)]
pub(crate) fn index(state: &mut State, object: Value, key: Value) -> Option<Value> {
    let table = object.as_table()?;
    if let Some(name) = key.as_string() {
        return table.field(state, name);
    }
    let value = match key.as_int() {
        Some(key) => table.get_int(key),
        None => table.get(state, key),
    };
    (!value.is_nil() || table.metatable(state).is_none()).then_some(value)
}

/// `object[key] = value` of a table, where that changes a value or adds an element for which there
/// is room. False leaves it to the runtime.
#[inline(always)]
pub(crate) fn set_index(state: &mut State, object: Value, key: Value, value: Value) -> bool {
    let Some(table) = object.as_table() else { return false };
    if let Some(key) = key.as_int() {
        return u32::try_from(key).is_ok_and(|key| table.replace_element(state, key, value))
            || table.metatable(state).is_none() && table.append_in_place(state, key as u64, value);
    }
    match key.as_string() {
        Some(name) => table.replace_field(state, name, value),
        None => false,
    }
}
