//! Operations with and without metamethods. Texts and results are the reference's.

use alloc::string::String;

use abi::context::outcome;
use abi::object::proto_flags;

use super::{
    ArithOp, arith, concat, equals, for_limit, for_next, for_prep, index, len, less_equal,
    less_than, set_index,
};
use crate::call::{Saved, Step, continue_with};
use crate::closure::{Closure, ProtoFields};
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::{Options, OwnedState, State};
use crate::string::Str;
use crate::table::Table;
use crate::value::Value;

fn state() -> OwnedState {
    State::new(Options::default()).expect("memory for a state")
}

fn string(state: &mut State, text: &str) -> Gc<Str> {
    state.new_string(text.as_bytes()).expect("memory for a string")
}

fn table(state: &mut State) -> Gc<Table> {
    state.new_table(0, 0).expect("memory for a table")
}

/// A function that nobody is going to call.
fn function(state: &mut State) -> Gc<Closure> {
    let proto = state
        .new_proto(ProtoFields {
            flags: proto_flags::LIBRARY,
            upvalue_count: 0,
            code: 0,
            data: 0,
            module: 0,
            index: 0,
            param_count: 0,
            name: 0,
        })
        .expect("memory for a prototype");
    state.new_closure(proto).expect("memory for a closure")
}

/// A table with a metatable that has `method` under the name.
fn with_method(state: &mut State, name: Gc<Str>, method: impl Into<Value>) -> Gc<Table> {
    let (object, metatable) = (table(state), table(state));
    metatable.set_str(state, name, method.into()).expect("memory");
    object.set_metatable(state, Some(metatable)).expect("memory");
    object
}

fn done<T>(step: Result<Step<T>, Raised>) -> T {
    match step {
        Ok(Step::Done(value)) => value,
        Ok(Step::Call) => panic!("no metamethod was expected"),
        Err(_) => panic!("no error was expected"),
    }
}

fn message<T>(state: &mut State, step: Result<T, Raised>) -> String {
    assert!(step.is_err(), "an error was expected");
    let error = state.error_value().as_string().expect("a message");
    String::from_utf8_lossy(error.as_bytes()).into_owned()
}

/// The requested call: callee and its first two arguments.
fn requested(state: &mut State, step: Result<Step<impl Sized>, Raised>) -> (u64, [u64; 2]) {
    assert!(matches!(step, Ok(Step::Call)) && state.ctx.outcome == outcome::CALL);
    state.ctx.outcome = outcome::DONE;
    let request = &state.ctx.request;
    (request.closure, [request.payloads[0], request.payloads[1]])
}

/// Goes on after the requested call as if it had given `value`.
fn give(state: &mut State, value: Value) -> Result<Step<()>, Raised> {
    let (continuation, mut saved): (u64, Saved) = state.take_continuation();
    let results = state.results_of(value.payload(), abi::call::ret_desc(1, value.tag()));
    continue_with(state, continuation, &mut saved, results)
}

fn calculate(
    state: &mut State,
    op: ArithOp,
    lhs: impl Into<Value>,
    rhs: impl Into<Value>,
) -> String {
    alloc::format!("{:?}", done(arith(state, op, lhs.into(), rhs.into())))
}

#[test]
fn arithmetic_on_numbers() {
    use ArithOp::*;
    let state = &mut *state();
    for (op, lhs, rhs, expected) in [
        (Add, i64::MAX, 1, "-9223372036854775808"),
        (Sub, 3, 5, "-2"),
        (Mul, i64::MAX, 2, "-2"),
        (Div, 7, 2, "3.5"),
        (Div, 1, 0, "inf"),
        (Mod, -5, 3, "1"),
        (Mod, 5, -3, "-1"),
        (Mod, i64::MIN, -1, "0"),
        (IDiv, -7, 2, "-4"),
        (IDiv, i64::MIN, -1, "-9223372036854775808"),
        (Pow, 2, 10, "1024.0"),
        (BAnd, 12, 10, "8"),
        (BOr, 12, 10, "14"),
        (BXor, 12, 10, "6"),
        (Shl, 1, 63, "-9223372036854775808"),
        (Shl, 1, 64, "0"),
        (Shr, -1, 63, "1"),
        (Shr, 1, -1, "2"),
        (Unm, 5, 5, "-5"),
        (BNot, 5, 5, "-6"),
    ] {
        assert_eq!(calculate(state, op, lhs, rhs), expected, "{op:?} {lhs} {rhs}");
    }
    for (op, lhs, rhs, expected) in [
        (Mod, -7.5, 2.0, "0.5"),
        (Mod, 5.0, f64::INFINITY, "5.0"),
        (Mod, -5.0, f64::INFINITY, "inf"),
        (IDiv, 7.0, 2.0, "3.0"),
        (IDiv, 1.0, 0.0, "inf"),
        (BAnd, 3.0, 1.0, "1"),
        (Pow, 2.0, 0.5, "1.4142135623730951"),
        (Unm, 0.0, 0.0, "-0.0"),
    ] {
        assert_eq!(calculate(state, op, lhs, rhs), expected, "{op:?} {lhs} {rhs}");
    }
    assert_eq!(calculate(state, Add, 1, 0.5), "1.5");
}

#[test]
fn arithmetic_errors() {
    let state = &mut *state();
    let (one, half, nil) = (Value::int(1), Value::float(0.5), Value::NIL);
    let object: Value = table(state).into();
    for (op, lhs, rhs, expected) in [
        (ArithOp::IDiv, one, Value::int(0), "attempt to divide by zero"),
        (ArithOp::Mod, one, Value::int(0), "attempt to perform 'n%0'"),
        (ArithOp::Add, one, nil, "attempt to perform arithmetic on a nil value"),
        (ArithOp::Add, object, nil, "attempt to perform arithmetic on a table value"),
        (ArithOp::Unm, nil, nil, "attempt to perform arithmetic on a nil value"),
        (ArithOp::BAnd, half, one, "number has no integer representation"),
        (ArithOp::BAnd, half, nil, "attempt to perform bitwise operation on a nil value"),
        (ArithOp::BNot, half, half, "number has no integer representation"),
    ] {
        let step = arith(state, op, lhs, rhs);
        assert_eq!(message(state, step), expected);
    }
}

#[test]
fn metamethods_of_either_operand() {
    let state = &mut *state();
    let method = function(state);
    let name = state.names.band;
    let object = with_method(state, name, method);
    let step = arith(state, ArithOp::BAnd, Value::float(0.5), object.into());
    let expected = (method.address(), [0.5f64.to_bits(), object.address()]);
    assert_eq!(requested(state, step), expected);
    let step = arith(state, ArithOp::BAnd, object.into(), Value::NIL);
    assert_eq!(requested(state, step), (method.address(), [object.address(), 0]));
}

#[test]
fn comparison() {
    let state = &mut *state();
    let (a, b) = (string(state, "a\0b"), string(state, "a\0c"));
    let (one, two) = (Value::int(1), Value::float(1.5));
    assert!(done(less_than(state, one, two)) && !done(less_than(state, two, one)));
    assert!(done(less_equal(state, one, Value::float(1.0))));
    assert!(!done(less_equal(state, Value::float(f64::NAN), one)));
    assert!(done(less_than(state, a.into(), b.into())));
    assert!(!done(less_equal(state, b.into(), a.into())));
    let object: Value = table(state).into();
    for (lhs, rhs, expected) in [
        (object, object, "attempt to compare two table values"),
        (object, one, "attempt to compare table with number"),
        (one, a.into(), "attempt to compare number with string"),
        (Value::NIL, Value::NIL, "attempt to compare two nil values"),
    ] {
        let step = less_than(state, lhs, rhs);
        assert_eq!(message(state, step), expected);
        let step = less_equal(state, lhs, rhs);
        assert_eq!(message(state, step), expected);
    }
    // `a <= b` as `not (b < a)`.
    let method = function(state);
    let name = state.names.lt;
    let object = with_method(state, name, method);
    let step = less_equal(state, object.into(), one);
    assert_eq!(requested(state, step), (method.address(), [1, object.address()]));
    done(give(state, Value::NIL));
    assert_eq!(state.ctx.result[0], 1);
}

#[test]
fn equality_and_length() {
    let state = &mut *state();
    let method = function(state);
    let (eq, length) = (state.names.eq, state.names.len);
    let (object, other) = (with_method(state, eq, method), table(state));
    assert!(done(equals(state, object.into(), object.into())));
    assert!(!done(equals(state, object.into(), Value::int(1))));
    let step = equals(state, other.into(), object.into());
    assert_eq!(requested(state, step), (method.address(), [other.address(), object.address()]));
    done(give(state, Value::int(0)));
    assert_eq!(state.ctx.result[0], 1);
    assert_eq!(done(len(state, other.into())).as_int(), Some(0));
    let object = with_method(state, length, method);
    let step = len(state, object.into());
    assert_eq!(requested(state, step).0, method.address());
    let step = len(state, Value::int(5));
    assert_eq!(message(state, step), "attempt to get length of a number value");
}

#[test]
fn chains_of_index() {
    let state = &mut *state();
    let (key, name, newindex) = (string(state, "x"), state.names.index, state.names.newindex);
    let base = table(state);
    base.set_str(state, key, Value::int(7)).expect("memory");
    let middle = with_method(state, name, base);
    let object = with_method(state, name, middle);
    assert_eq!(done(index(state, object.into(), key.into())).as_int(), Some(7));
    assert!(done(index(state, object.into(), Value::int(1))).is_nil());
    let method = function(state);
    let object = with_method(state, name, method);
    let step = index(state, object.into(), key.into());
    assert_eq!(requested(state, step), (method.address(), [object.address(), key.address()]));
    let object = with_method(state, newindex, base);
    done(set_index(state, object.into(), key.into(), Value::int(8)));
    assert_eq!(base.get_str(state, key).as_int(), Some(8));
    assert!(object.get_str(state, key).is_nil());
    let object = with_method(state, newindex, method);
    let step = set_index(state, object.into(), key.into(), Value::TRUE);
    assert_eq!(requested(state, step), (method.address(), [object.address(), key.address()]));
    // A table that is its own metatable's `__index`.
    let looped = table(state);
    looped.set_str(state, name, looped.into()).expect("memory");
    looped.set_metatable(state, Some(looped)).expect("memory");
    let step = index(state, looped.into(), key.into());
    assert_eq!(message(state, step), "'__index' chain too long; possible loop");
    let step = index(state, Value::NIL, key.into());
    assert_eq!(message(state, step), "attempt to index a nil value");
    let step = set_index(state, Value::TRUE, key.into(), Value::NIL);
    assert_eq!(message(state, step), "attempt to index a boolean value");
    let step = set_index(state, looped.into(), Value::NIL, Value::NIL);
    assert_eq!(message(state, step), "table index is nil");
}

fn concat_all(state: &mut State, values: &[Value]) -> Result<Step<Value>, Raised> {
    let start = state.stack_top();
    for value in values {
        state.push(*value)?;
    }
    let step = concat(state, start, values.len());
    state.truncate_stack(start);
    step
}

#[test]
fn concatenation() {
    let state = &mut *state();
    let (a, long) = (string(state, "a"), string(state, &"long ".repeat(20)));
    let step = concat_all(state, &[a.into(), Value::int(1), Value::float(2.0), long.into()]);
    let text = done(step).as_string().expect("a string");
    assert_eq!(text.as_bytes(), [b"a12.0", long.as_bytes()].concat());
    let step = concat_all(state, &[Value::int(1), Value::int(2)]);
    assert_eq!(done(step).as_string().expect("a string").as_bytes(), b"12");
    let step = concat_all(state, &[a.into(), Value::NIL, a.into()]);
    assert_eq!(message(state, step), "attempt to concatenate a nil value");
    let step = concat_all(state, &[Value::TRUE, Value::NIL]);
    assert_eq!(message(state, step), "attempt to concatenate a boolean value");
}

#[test]
fn concatenation_goes_on_after_a_metamethod() {
    let state = &mut *state();
    let method = function(state);
    let (name, a) = (state.names.concat, string(state, "a"));
    let object = with_method(state, name, method);
    for count in [1, 2, 5, 9] {
        let mut values = alloc::vec![Value::string(a); count];
        values.extend([object.into(), Value::int(1), Value::int(2)]);
        let step = concat_all(state, &values);
        let (callee, [first, _]) = requested(state, step);
        assert_eq!((callee, first), (method.address(), object.address()));
        done(give(state, Value::int(3)));
        let text = state.result_value().as_string().expect("a string");
        assert_eq!(text.as_bytes(), [&b"a".repeat(count)[..], b"3"].concat());
    }
}

#[test]
fn loops() {
    let state = &mut *state();
    let (one, half) = (Value::int(1), Value::float(0.5));
    for (init, limit, step, turns) in [
        (1, Value::int(10), 3, Some(3)),
        (1, Value::float(3.9), 1, Some(2)),
        (1, Value::int(0), 1, None),
        (i64::MAX - 1, Value::int(i64::MAX), 2, Some(0)),
        (0, Value::float(f64::INFINITY), 1, Some(i64::MAX as u64)),
        (1, Value::float(f64::NAN), 1, None),
        (0, Value::int(i64::MIN), i64::MIN, Some(1)),
    ] {
        let count = for_limit(state, init, limit, step).expect("a valid loop");
        assert_eq!(count, turns, "{init} {limit:?} {step}");
    }
    let [mut value, mut limit, step] =
        for_prep(state, half, Value::int(2), half).expect("a valid loop").expect("it runs");
    let mut sum = value.as_float().unwrap_or_default();
    while let Some([next, left]) = for_next(value, limit, step) {
        (value, limit) = (next, left);
        sum += value.as_float().unwrap_or_default();
    }
    assert_eq!(sum, 5.0);
    let nil = Value::NIL;
    for (init, limit, step, expected) in [
        (nil, one, one, "bad 'for' initial value (number expected, got nil)"),
        (nil, nil, nil, "bad 'for' limit (number expected, got nil)"),
        (one, one, nil, "bad 'for' step (number expected, got nil)"),
        (one, one, Value::int(0), "'for' step is zero"),
        (half, one, Value::float(0.0), "'for' step is zero"),
    ] {
        let prepared = for_prep(state, init, limit, step);
        assert_eq!(message(state, prepared), expected);
    }
}
