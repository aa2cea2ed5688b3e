//! `object[key]` and `object[key] = value`.

use crate::call::{Continuation, Saved, Step};
use crate::error::{NO_OPERAND, Raised};
use crate::state::State;
use crate::table::absent;
use crate::value::Value;

/// How many tables a chain of `__index` or `__newindex` may have.
const MAX_CHAIN: usize = 2000;

/// `object[key]`
pub fn index(state: &mut State, object: Value, key: Value) -> Result<Step<Value>, Raised> {
    let mut object = object;
    let mut operand = 0;
    for _ in 0..MAX_CHAIN {
        let method = if let Some(table) = object.as_table() {
            let value = table.get(state, key);
            if !value.is_nil() {
                return Ok(Step::Done(value));
            }
            let method = match table.metatable(state) {
                Some(metatable) => metatable.metamethod(state, state.names.index, absent::INDEX),
                None => Value::NIL,
            };
            if method.is_nil() {
                return Ok(Step::Done(Value::NIL));
            }
            method
        } else {
            let method = state.metamethod(object, state.names.index);
            if method.is_nil() {
                return Err(state.type_error(operand, object, "index"));
            }
            method
        };
        if method.as_function().is_some() {
            let (name, args) = (state.names.index, [object, key]);
            let first = Continuation::None;
            return state.request_event(name, method, &args, first, Saved::default());
        }
        object = method;
        operand = NO_OPERAND;
    }
    Err(state.error(format_args!("'__index' chain too long; possible loop")))
}

/// `object[key] = value`
pub fn set_index(
    state: &mut State,
    object: Value,
    key: Value,
    value: Value,
) -> Result<Step<()>, Raised> {
    let mut object = object;
    let mut operand = 0;
    for _ in 0..MAX_CHAIN {
        let method = if let Some(table) = object.as_table() {
            let method = match table.metatable(state) {
                None => Value::NIL,
                Some(metatable) => {
                    let name = state.names.newindex;
                    let method = metatable.metamethod(state, name, absent::NEWINDEX);
                    // Only absent keys ask for the metamethod.
                    if method.is_nil() || !table.get(state, key).is_nil() {
                        Value::NIL
                    } else {
                        method
                    }
                }
            };
            if method.is_nil() {
                table.set(state, key, value)?;
                return Ok(Step::Done(()));
            }
            method
        } else {
            let method = state.metamethod(object, state.names.newindex);
            if method.is_nil() {
                return Err(state.type_error(operand, object, "index"));
            }
            method
        };
        if method.as_function().is_some() {
            let args = [object, key, value];
            let name = state.names.newindex;
            // Nobody looks at the result.
            let no = Continuation::None;
            return state.request_event(name, method, &args, no, Saved::default());
        }
        object = method;
        operand = NO_OPERAND;
    }
    Err(state.error(format_args!("'__newindex' chain too long; possible loop")))
}
