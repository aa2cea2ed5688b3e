//! `==`, `<` and `<=`.

use core::cmp::Ordering;

use crate::call::{Continuation, Saved, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::table::{Table, absent};
use crate::text::arithmetic::{float_le_int, float_lt_int, int_le_float, int_lt_float};
use crate::value::{Number, Value};

use super::binary_method;

/// `lhs == rhs`
pub fn equals(state: &mut State, lhs: Value, rhs: Value) -> Result<Step<bool>, Raised> {
    if lhs.raw_equals(rhs) {
        return Ok(Step::Done(true));
    }
    let name = state.names.eq;
    let method = |state: &State, metatable: Option<Gc<Table>>| match metatable {
        Some(metatable) => metatable.metamethod(state, name, absent::EQ),
        None => Value::NIL,
    };
    let (first, second) = match (lhs.as_table(), rhs.as_table()) {
        (Some(a), Some(b)) => (a.metatable(state), b.metatable(state)),
        _ => match (lhs.as_userdata(), rhs.as_userdata()) {
            (Some(a), Some(b)) => (a.metatable(), b.metatable()),
            _ => return Ok(Step::Done(false)),
        },
    };
    let mut found = method(state, first);
    if found.is_nil() {
        found = method(state, second);
    }
    if found.is_nil() {
        return Ok(Step::Done(false));
    }
    request_truth(state, name, found, [lhs, rhs], Continuation::Truth)
}

/// Asks for the call of a metamethod that compares.
fn request_truth(
    state: &mut State,
    name: Gc<Str>,
    method: Value,
    args: [Value; 2],
    truth: Continuation,
) -> Result<Step<bool>, Raised> {
    state.request_event(name, method, &args, truth, Saved::default())
}

/// `lhs < rhs`
pub fn less_than(state: &mut State, lhs: Value, rhs: Value) -> Result<Step<bool>, Raised> {
    if let (Some(a), Some(b)) = (lhs.as_number(), rhs.as_number()) {
        return Ok(Step::Done(number_lt(a, b)));
    }
    if let Some(order) = compare_strings(lhs, rhs) {
        return Ok(Step::Done(order.is_lt()));
    }
    let name = state.names.lt;
    match binary_method(state, lhs, rhs, name) {
        Some(method) => request_truth(state, name, method, [lhs, rhs], Continuation::Truth),
        None => Err(state.order_error(lhs, rhs)),
    }
}

/// The metamethod that `lhs < rhs` calls, if it calls one.
pub fn order_method(state: &State, lhs: Value, rhs: Value) -> Option<Value> {
    if lhs.is_number() && rhs.is_number() || lhs.as_string().is_some() && rhs.as_string().is_some()
    {
        return None;
    }
    binary_method(state, lhs, rhs, state.names.lt)
}

/// `lhs <= rhs`
pub fn less_equal(state: &mut State, lhs: Value, rhs: Value) -> Result<Step<bool>, Raised> {
    if let (Some(a), Some(b)) = (lhs.as_number(), rhs.as_number()) {
        return Ok(Step::Done(number_le(a, b)));
    }
    if let Some(order) = compare_strings(lhs, rhs) {
        return Ok(Step::Done(order.is_le()));
    }
    let name = state.names.le;
    if let Some(method) = binary_method(state, lhs, rhs, name) {
        return request_truth(state, name, method, [lhs, rhs], Continuation::Truth);
    }
    // As the reference is usually built: `a <= b` may be `not (b < a)`.
    let name = state.names.lt;
    match binary_method(state, rhs, lhs, name) {
        Some(method) => request_truth(state, name, method, [rhs, lhs], Continuation::NotTruth),
        None => Err(state.order_error(lhs, rhs)),
    }
}

/// `lhs < rhs` by their exact values.
pub fn number_lt(lhs: Number, rhs: Number) -> bool {
    match (lhs, rhs) {
        (Number::Int(a), Number::Int(b)) => a < b,
        (Number::Float(a), Number::Float(b)) => a < b,
        (Number::Int(a), Number::Float(b)) => int_lt_float(a, b),
        (Number::Float(a), Number::Int(b)) => float_lt_int(a, b),
    }
}

/// `lhs <= rhs` by their exact values.
pub fn number_le(lhs: Number, rhs: Number) -> bool {
    match (lhs, rhs) {
        (Number::Int(a), Number::Int(b)) => a <= b,
        (Number::Float(a), Number::Float(b)) => a <= b,
        (Number::Int(a), Number::Float(b)) => int_le_float(a, b),
        (Number::Float(a), Number::Int(b)) => float_le_int(a, b),
    }
}

/// The order of two strings, by bytes as in the C locale; `None` when one is no string.
fn compare_strings(lhs: Value, rhs: Value) -> Option<Ordering> {
    Some(lhs.as_string()?.as_bytes().cmp(rhs.as_string()?.as_bytes()))
}

impl State {
    /// Raises: two values have no order.
    pub fn order_error(&mut self, lhs: Value, rhs: Value) -> Raised {
        let (first, second) = (self.object_type_name(lhs), self.object_type_name(rhs));
        if first == second {
            self.error_bytes(&[b"attempt to compare two ", &first, b" values"])
        } else {
            self.error_bytes(&[b"attempt to compare ", &first, b" with ", &second])
        }
    }
}
