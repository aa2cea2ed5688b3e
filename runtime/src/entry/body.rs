//! The bodies of the runtime functions. What they do is said in the list, in `abi`.

use crate::call::Step;
use crate::closure::Proto;
use crate::error::Raised;
use crate::gc::{Any, Gc};
use crate::operations::{self, ArithOp};
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

pub(super) use super::lists::*;
pub(super) use super::tables::*;

pub(super) type Called<T> = Result<Step<T>, Raised>;

macro_rules! arithmetic {
    ($($name:ident $op:ident)*) => {
        $(pub(super) fn $name(state: &mut State, lhs: Value, rhs: Value) -> Called<Value> {
            operations::arith(state, ArithOp::$op, lhs, rhs)
        })*
    };
}

arithmetic! {
    add Add  sub Sub  mul Mul  div Div  idiv IDiv
    band BAnd  bor BOr  bxor BXor  shl Shl  shr Shr
}

pub(super) fn modulo(state: &mut State, lhs: Value, rhs: Value) -> Called<Value> {
    operations::modulo(state, lhs, rhs)
}

pub(super) fn pow(state: &mut State, lhs: Value, rhs: Value) -> Called<Value> {
    operations::power(state, lhs, rhs)
}

pub(super) fn unm(state: &mut State, operand: Value) -> Called<Value> {
    operations::arith(state, ArithOp::Unm, operand, operand)
}

pub(super) fn bnot(state: &mut State, operand: Value) -> Called<Value> {
    operations::arith(state, ArithOp::BNot, operand, operand)
}

pub(super) fn len(state: &mut State, operand: Value) -> Called<Value> {
    operations::len(state, operand)
}

fn word(step: Step<bool>) -> Step<u64> {
    match step {
        Step::Done(value) => Step::Done(u64::from(value)),
        Step::Call => Step::Call,
    }
}

pub(super) fn eq(state: &mut State, lhs: Value, rhs: Value) -> Called<u64> {
    operations::equals(state, lhs, rhs).map(word)
}

pub(super) fn lt(state: &mut State, lhs: Value, rhs: Value) -> Called<u64> {
    operations::less_than(state, lhs, rhs).map(word)
}

pub(super) fn le(state: &mut State, lhs: Value, rhs: Value) -> Called<u64> {
    operations::less_equal(state, lhs, rhs).map(word)
}

pub(super) fn concat(state: &mut State, count: u64) -> Called<Value> {
    let (start, count) = (state.stack_top(), count as usize);
    if count == 2
        && let Some(joined) = operations::append_in_place(state, state.arg(0), state.arg(1))
    {
        return Ok(Step::Done(Value::string(joined)));
    }
    if count == 2
        && let Some(step) = operations::concat_by_method(state, state.arg(0), state.arg(1))
    {
        return step;
    }
    if let Some(joined) = operations::concat_args(state, count)? {
        return Ok(Step::Done(Value::string(joined)));
    }
    state.reserve_stack(count)?;
    for index in 0..count {
        let value = state.arg(index);
        state.push(value)?;
    }
    let step = operations::concat(state, start, count);
    state.truncate_stack(start);
    step
}

pub(super) fn hook_enter(state: &mut State, desc: u64, params: u64) -> Result<(), Raised> {
    state.hook_function(desc & abi::call::TAIL_CALLED != 0, params as usize)
}

pub(super) fn hook_step(state: &mut State, step: u64, r0: u64, rdesc: u64) -> Result<(), Raised> {
    state.ctx.result = [r0, rdesc];
    state.hook_compiled_step(step as u32)
}

pub(super) fn hook_leave(state: &mut State, first: u64, r0: u64, rdesc: u64) -> Result<(), Raised> {
    state.ctx.result = [r0, rdesc];
    state.hook_compiled_return(first as usize)
}

pub(super) fn remember(state: &mut State, object: u64) {
    // SAFETY: a live object.
    state.remember(unsafe { Gc::<Any>::from_raw(object) });
}

/// The third operand.
pub(super) fn operand(state: &State) -> Value {
    // SAFETY: generated code puts a value there before it calls.
    unsafe { Value::from_raw(state.ctx.operand) }
}

pub(super) fn global_get(state: &mut State, name: u64) -> Called<Value> {
    let globals = Value::table(state.globals());
    operations::index(state, globals, Value::string(name_of(name)))
}

pub(super) fn global_set(state: &mut State, _cell: u64, name: u64) -> Called<()> {
    let globals = Value::table(state.globals());
    let value = operand(state);
    operations::set_index(state, globals, Value::string(name_of(name)), value)
}

pub(super) fn table_new(state: &mut State, array: u64, fields: u64) -> Result<u64, Raised> {
    state.new_table(array as usize, fields as usize).map(Gc::address)
}

pub(super) fn table_fields(
    state: &mut State,
    array: u64,
    count: u64,
    template: u64,
) -> Result<u64, Raised> {
    state.ctx.arg_live = count * 2;
    let made = state.new_table_of_args(array as usize, count as usize);
    state.ctx.arg_live = 0;
    let (table, header) = made?;
    if let Some(header) = header {
        // SAFETY: generated code passes the address of the site's template.
        unsafe { *(template as *mut u64) = header };
    }
    Ok(table.address())
}

pub(super) fn table_data(state: &mut State, proto: u64, string: u64) -> Result<u64, Raised> {
    // SAFETY: generated code passes its own prototype, which tells its module.
    let proto = unsafe { &*(proto as *const abi::object::Proto) };
    let data = state.modules[proto.module as usize - 1].string(string as u32);
    state.new_table_of_data(data).map(Gc::address)
}

pub(super) fn set_list(
    state: &mut State,
    table: u64,
    first: u64,
    count: u64,
) -> Result<(), Raised> {
    // SAFETY: a live table, and as many values in the buffer. Values have the layout of raw ones.
    // Nothing that `set_list` does stores arguments, so that the buffer stays as it is.
    unsafe {
        let table = Gc::<Table>::from_raw(table);
        let values = core::slice::from_raw_parts(state.ctx.args as *const Value, count as usize);
        state.ctx.arg_live = count;
        let done = table.set_list(state, first as i64, values);
        state.ctx.arg_live = 0;
        done
    }
}

pub(super) fn closure_new(state: &mut State, proto: u64) -> Result<u64, Raised> {
    // SAFETY: a prototype of a registered module.
    let proto = unsafe { Gc::<Proto>::from_raw(proto) };
    state.new_closure(proto).map(Gc::address)
}

pub(super) fn cell_new(state: &mut State, value: Value) -> Result<u64, Raised> {
    state.new_cell(value).map(Gc::address)
}

pub(super) fn for_prep(state: &mut State, init: Value, limit: Value) -> Result<u64, Raised> {
    let step = operand(state);
    let Some(values) = operations::for_prep(state, init, limit, step)? else { return Ok(0) };
    state.ctx.scratch = values.map(Value::to_raw);
    Ok(1)
}

pub(super) fn for_limit(state: &mut State, limit: Value, init: u64) -> Result<u64, Raised> {
    let step = state.ctx.operand.payload as i64;
    let Some(count) = operations::for_limit(state, init as i64, limit, step)? else {
        return Ok(0);
    };
    state.ctx.scratch[0] = Value::int(count as i64).to_raw();
    Ok(1)
}

pub(super) fn for_next(state: &mut State, index: Value, count: Value) -> u64 {
    let step = operand(state);
    let Some([value, count]) = operations::for_next(index, count, step) else { return 0 };
    state.ctx.scratch[0] = value.to_raw();
    state.ctx.scratch[1] = count.to_raw();
    1
}

pub(super) fn tbc_push(state: &mut State, value: Value) -> Result<(), Raised> {
    state.push_tbc(value)
}

pub(super) fn tbc_close(state: &mut State, count: u64) -> Called<()> {
    state.close_newest(count as usize)
}

pub(super) fn poll(state: &mut State) -> Called<()> {
    state.poll();
    Ok(Step::Done(()))
}

pub(super) fn stack_overflow(state: &mut State) -> Result<(), Raised> {
    // Found by the called function before it has begun: the error is its caller's.
    Err(state.stack_overflow_at(1))
}
