//! The operations of the language with their metamethods: arithmetic, comparison, concatenation,
//! length, indexing, calls of what is no function, and the preparation of numeric loops.
//!
//! Compiled code and tier 0 do the common cases themselves and come here for the others, which
//! includes all of them: each function is complete. None calls Lua: one that needs a metamethod
//! asks for the call and answers [`Step::Call`](crate::call::Step). Operands have numbers, in
//! their order in the source, by which errors find their names.

mod arith;
mod compare;
mod concat;
mod for_loop;
mod index;
#[cfg(test)]
mod tests;

pub use self::arith::{ArithOp, NoResult, arith, arith_numbers, modulo, power};
pub use self::compare::{equals, less_equal, less_than, number_le, number_lt, order_method};
pub use self::concat::{append_in_place, concat, concat_args, concat_by_method};
pub use self::for_loop::{for_limit, for_next, for_prep};
pub use self::index::{index, set_index};

use alloc::vec::Vec;

use crate::call::{Continuation, Saved, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::table::absent;
use crate::value::Value;

/// `#operand`
pub fn len(state: &mut State, operand: Value) -> Result<Step<Value>, Raised> {
    let name = state.names.len;
    let method = if let Some(string) = operand.as_string() {
        return Ok(Step::Done(Value::int(string.len() as i64)));
    } else if let Some(table) = operand.as_table() {
        let method = match table.metatable(state) {
            Some(metatable) => metatable.metamethod(state, name, absent::LEN),
            None => Value::NIL,
        };
        if method.is_nil() {
            return Ok(Step::Done(Value::int(table.len())));
        }
        method
    } else {
        state.metamethod(operand, name)
    };
    if method.is_nil() {
        return Err(state.type_error(0, operand, "get length of"));
    }
    state.request_event(name, method, &[operand, operand], Continuation::None, Saved::default())
}

/// The `__call` metamethod of a called value that is no function. It may be no function itself:
/// then it is called likewise.
pub fn call_metamethod(state: &mut State, callee: Value) -> Result<Value, Raised> {
    let method = state.metamethod(callee, state.names.call);
    if method.is_nil() {
        return Err(state.call_error(callee));
    }
    Ok(method)
}

/// The metamethod `name` of the first operand, or else of the second.
fn binary_method(state: &State, lhs: Value, rhs: Value, name: Gc<Str>) -> Option<Value> {
    let method = state.metamethod(lhs, name);
    if !method.is_nil() {
        return Some(method);
    }
    let method = state.metamethod(rhs, name);
    (!method.is_nil()).then_some(method)
}

impl State {
    /// The name of a value's type as errors give it: `__name` of a table or userdata, or else that
    /// of the basic type.
    pub fn object_type_name(&self, value: Value) -> Vec<u8> {
        let own = match value.as_table() {
            Some(table) => table.metatable(self),
            None => value.as_userdata().and_then(|userdata| userdata.metatable()),
        };
        let name = own.and_then(|table| table.get_str(self, self.names.name).as_string());
        name.map_or(value.type_name().as_bytes().to_vec(), |name| name.as_bytes().to_vec())
    }
}
