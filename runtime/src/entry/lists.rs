//! Lists of arguments and results: padding, variable arguments, and all results of a call.

use abi::call::{
    COUNT_IN_CONTEXT, COUNT_MASK, REGISTER_ARGS, TAG_MASK, arg_tag_shift, desc, ret_desc,
};
use abi::value::RawValue;

use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

/// The number of arguments of a call.
fn arg_count(state: &State, desc: u64) -> usize {
    match desc & COUNT_MASK {
        COUNT_IN_CONTEXT => state.ctx.arg_count as usize,
        count => count as usize,
    }
}

pub(super) fn fill_args(state: &mut State, desc: u64, wanted: u64) {
    for index in arg_count(state, desc)..wanted as usize {
        state.set_arg(index, Value::NIL);
    }
}

pub(super) fn reserve_lists(state: &mut State, count: u64) -> Result<(), Raised> {
    state.reserve_args(count as usize)?;
    state.reserve_rets(count as usize)
}

pub(super) fn vararg_enter(
    state: &mut State,
    desc: u64,
    p0: u64,
    p1: u64,
    p2: u64,
) -> Result<u64, Raised> {
    let fixed = (desc >> 32) as usize;
    let count = arg_count(state, desc);
    let extra = count.saturating_sub(fixed);
    state.reserve_stack(extra)?;
    let payloads = [p0, p1, p2];
    for index in fixed..count {
        let value = match payloads.get(index) {
            Some(&payload) => {
                let tag = desc >> arg_tag_shift(index) & TAG_MASK;
                // SAFETY: the words of an argument.
                unsafe { Value::from_raw(RawValue { payload, tag }) }
            }
            None => state.arg(index),
        };
        state.push(value)?;
    }
    Ok(extra as u64)
}

/// The descriptor of a call with the first `count` values of the buffer.
fn args_desc(state: &mut State, count: usize) -> u64 {
    let mut tags = [0; REGISTER_ARGS];
    for (index, tag) in tags.iter_mut().enumerate().take(count) {
        *tag = state.arg(index).tag();
    }
    state.ctx.arg_count = count as u64;
    desc(count, tags)
}

pub(super) fn args_from_results(
    state: &mut State,
    fixed: u64,
    r0: u64,
    rdesc: u64,
) -> Result<u64, Raised> {
    let (fixed, results) = (fixed as usize, state.results_of(r0, rdesc));
    let count = fixed + results.count();
    state.reserve_args(count)?;
    for index in 0..results.count() {
        let value = results.get(state, index);
        state.set_arg(fixed + index, value);
    }
    Ok(args_desc(state, count))
}

pub(super) fn args_from_varargs(
    state: &mut State,
    fixed: u64,
    base: u64,
    count: u64,
) -> Result<u64, Raised> {
    let (fixed, base, count) = (fixed as usize, base as usize, count as usize);
    state.reserve_args(fixed + count)?;
    state.copy_stack_to_args(base, fixed, count);
    Ok(args_desc(state, fixed + count))
}

/// The descriptor of the first `count` values of the buffer as results.
fn rets_desc(state: &mut State, count: usize) -> u64 {
    let tag = if count > 0 { state.ret(0).tag() } else { 0 };
    state.ctx.ret_count = count as u64;
    if count == 0 {
        state.set_ret(0, Value::NIL);
    }
    ret_desc(count, tag)
}

fn copy_fixed(state: &mut State, fixed: usize) {
    for index in 0..fixed {
        let value = state.arg(index);
        state.set_ret(index, value);
    }
}

pub(super) fn rets_from_results(
    state: &mut State,
    fixed: u64,
    r0: u64,
    rdesc: u64,
) -> Result<u64, Raised> {
    let (fixed, results) = (fixed as usize, state.results_of(r0, rdesc));
    let count = fixed + results.count();
    state.reserve_rets(count)?;
    for index in (0..results.count()).rev() {
        let value = results.get(state, index);
        state.set_ret(fixed + index, value);
    }
    copy_fixed(state, fixed);
    Ok(rets_desc(state, count))
}

pub(super) fn rets_from_varargs(
    state: &mut State,
    fixed: u64,
    base: u64,
    count: u64,
) -> Result<u64, Raised> {
    let (fixed, base, count) = (fixed as usize, base as usize, count as usize);
    state.reserve_rets(fixed + count)?;
    copy_fixed(state, fixed);
    for index in 0..count {
        let value = state.stack_value(base + index);
        state.set_ret(fixed + index, value);
    }
    Ok(rets_desc(state, fixed + count))
}

pub(super) fn pack_results(state: &mut State, r0: u64, rdesc: u64) -> Result<u64, Raised> {
    let results = state.results_of(r0, rdesc);
    let count = results.count();
    state.ctx.ret_live = count as u64;
    let packed = pack(state, results.first(), count);
    state.ctx.ret_live = 0;
    packed.map(Gc::address)
}

/// Element 1 is the number of results; behind it are the results, a nil left out.
fn pack(state: &mut State, first: Value, count: usize) -> Result<Gc<Table>, Raised> {
    let table = state.new_table(count + 1, 0)?;
    table.set_int(state, 1, Value::int(count as i64))?;
    for index in 0..count {
        let value = if index == 0 { first } else { state.ret(index) };
        if !value.is_nil() {
            table.set_int(state, index as i64 + 2, value)?;
        }
    }
    Ok(table)
}

pub(super) fn unpack_results(state: &mut State, pack: u64) -> Result<u64, Raised> {
    // SAFETY: what `pack_results` gave, kept alive by the caller.
    let table = unsafe { Gc::<Table>::from_raw(pack) };
    let count = table.get_int(1).as_int().unwrap_or(0) as usize;
    state.reserve_rets(count)?;
    for index in 0..count {
        let value = table.get_int(index as i64 + 2);
        state.set_ret(index, value);
    }
    Ok(rets_desc(state, count))
}
