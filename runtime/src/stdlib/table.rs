//! The library `table`.
//!
//! Elements are read and written as the program would: raw where there is no metatable, which is
//! the fast path, and with `__index`, `__newindex` and `__len` where there is one.

use super::buffer::Buffer;
use super::show::{finish_truth, index_int, length, set_index_int};
use crate::call::{Call, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::library;
use crate::operations;
use crate::state::State;
use crate::stdlib::quick;
use crate::table::Table;
use crate::text::{Sink, number};
use crate::value::Value;

mod sort;

type Answer = Result<Step<()>, Raised>;

/// What is asked of an argument that is to be used as a table.
#[derive(Clone, Copy)]
struct Needs {
    read: bool,
    write: bool,
    length: bool,
}

const READ: Needs = Needs { read: true, write: false, length: false };
const WRITE: Needs = Needs { read: false, write: true, length: false };
const READ_LENGTH: Needs = Needs { read: true, write: false, length: true };
const ALL: Needs = Needs { read: true, write: true, length: true };

/// An argument that is a table, or has the metamethods to pass for one.
#[inline]
fn check_tablelike(call: &mut Call<'_>, index: usize, needs: Needs) -> Result<Value, Raised> {
    let value = call.arg(index);
    if value.as_table().is_some() {
        return Ok(value);
    }
    let state = &*call.state;
    let names = &state.names;
    let has = |wanted: bool, name| !wanted || !state.metamethod(value, name).is_nil();
    if state.metatable_of(value).is_some()
        && has(needs.read, names.index)
        && has(needs.write, names.newindex)
        && has(needs.length, names.len)
    {
        return Ok(value);
    }
    Err(call.type_error(index, "table"))
}

/// The value as a table that is read and written raw.
#[inline]
fn plain(state: &State, value: Value) -> Option<Gc<Table>> {
    value.as_table().filter(|table| table.metatable(state).is_none())
}

fn concat(call: &mut Call<'_>) -> Answer {
    let table = check_tablelike(call, 1, READ_LENGTH)?;
    let last = length(call.state, table)?;
    let separator = call.opt_string(2)?;
    let separator = separator.as_ref().map_or(&b""[..], |separator| separator.as_bytes());
    let mut index = call.opt_int(3, 1)?;
    let last = call.opt_int(4, last)?;
    let mut out = Buffer::new(call.state);
    while index <= last {
        let value = index_int(call.state, table, index)?;
        if let Some(text) = value.as_string() {
            out.put(text.as_bytes());
        } else if let Some(number) = value.as_number() {
            out.put(number::text(number).as_bytes());
        } else {
            let name = value.type_name();
            return Err(call.error(format_args!(
                "invalid value ({name}) at index {index} in table for 'concat'"
            )));
        }
        if index == last {
            break;
        }
        out.put(separator);
        index += 1;
    }
    let text = out.finish(call.state)?;
    call.ret1(Value::string(text))
}

/// Moves elements inside a table, if that is one copy of memory.
fn shift(
    state: &mut State,
    table: Value,
    first: i64,
    target: i64,
    count: i64,
) -> Result<bool, Raised> {
    match plain(state, table) {
        Some(table) => table.copy_elements(state, target, table, first, count),
        None => Ok(false),
    }
}

fn insert(call: &mut Call<'_>) -> Answer {
    let table = check_tablelike(call, 1, ALL)?;
    let behind = length(call.state, table)?.wrapping_add(1);
    let position = match call.count() {
        2 => behind,
        3 => {
            let position = call.check_int(2)?;
            if (position as u64).wrapping_sub(1) >= behind as u64 {
                return Err(call.arg_error(2, "position out of bounds"));
            }
            let mut index = behind;
            if shift(call.state, table, position, position + 1, behind - position)? {
                index = position;
            }
            while index > position {
                let value = index_int(call.state, table, index - 1)?;
                set_index_int(call.state, table, index, value)?;
                index -= 1;
            }
            position
        }
        _ => return Err(call.error("wrong number of arguments to 'insert'")),
    };
    let value = call.arg(call.count());
    set_index_int(call.state, table, position, value)?;
    call.ret0()
}

fn remove(call: &mut Call<'_>) -> Answer {
    let table = check_tablelike(call, 1, ALL)?;
    let size = length(call.state, table)?;
    let mut position = call.opt_int(2, size)?;
    // Behind the last element is allowed.
    if position != size && (position as u64).wrapping_sub(1) > size as u64 {
        return Err(call.arg_error(2, "position out of bounds"));
    }
    let removed = index_int(call.state, table, position)?;
    if position < size && shift(call.state, table, position + 1, position, size - position)? {
        position = size;
    }
    while position < size {
        let value = index_int(call.state, table, position + 1)?;
        set_index_int(call.state, table, position, value)?;
        position += 1;
    }
    set_index_int(call.state, table, position, Value::NIL)?;
    call.ret1(removed)
}

fn move_(call: &mut Call<'_>) -> Answer {
    let first = call.check_int(2)?;
    let last = call.check_int(3)?;
    let target = call.check_int(4)?;
    let other = if call.arg(5).is_nil() { 1 } else { 5 };
    let from = check_tablelike(call, 1, READ)?;
    let to = check_tablelike(call, other, WRITE)?;
    if last >= first {
        if !(first > 0 || last < i64::MAX.wrapping_add(first)) {
            return Err(call.arg_error(3, "too many elements to move"));
        }
        let count = last - first + 1;
        if target > i64::MAX - count + 1 {
            return Err(call.arg_error(4, "destination wrap around"));
        }
        let upward = target > last || target <= first || (other != 1 && !equal(call, from, to)?);
        let tables = plain(call.state, from).zip(plain(call.state, to));
        if let Some((from, to)) = tables
            && to.copy_elements(call.state, target, from, first, count)?
        {
            return call.ret1(Value::table(to));
        }
        if upward && let Some((from, to)) = tables {
            for offset in 0..count {
                to.set_int(call.state, target + offset, from.get_int(first + offset))?;
            }
            return call.ret1(Value::table(to));
        }
        for offset in 0..count {
            let offset = if upward { offset } else { count - 1 - offset };
            let value = index_int(call.state, from, first + offset)?;
            set_index_int(call.state, to, target + offset, value)?;
        }
    }
    call.ret1(to)
}

fn equal(call: &mut Call<'_>, a: Value, b: Value) -> Result<bool, Raised> {
    let step = operations::equals(call.state, a, b)?;
    finish_truth(call.state, step)
}

fn pack(call: &mut Call<'_>) -> Answer {
    let count = call.count();
    let table = call.state.new_table(count, 1)?;
    for index in 1..=count {
        let value = call.arg(index);
        table.set_int(call.state, index as i64, value)?;
    }
    let name = call.state.names.n;
    table.set_str(call.state, name, Value::int(count as i64))?;
    call.ret1(Value::table(table))
}

/// No call has as many results.
const MAX_RESULTS: u64 = 1_000_000;

fn unpack(call: &mut Call<'_>) -> Answer {
    let first = call.opt_int(2, 1)?;
    let table = call.arg(1);
    let last = if call.arg(3).is_nil() { length(call.state, table)? } else { call.check_int(3)? };
    if first > last {
        return call.ret0();
    }
    let count = (last as u64).wrapping_sub(first as u64);
    let mut few = [Value::NIL; 8];
    if count < few.len() as u64 {
        let few = &mut few[..=count as usize];
        for (offset, place) in few.iter_mut().enumerate() {
            *place = index_int(call.state, table, first.wrapping_add(offset as i64))?;
        }
        return call.ret(few);
    }
    if count >= MAX_RESULTS - 1 || call.state.reserve_stack(count as usize + 1).is_err() {
        return Err(call.error("too many results to unpack"));
    }
    let start = call.state.stack_top();
    if let Some(table) = plain(call.state, table) {
        let value = |offset: usize| table.get_int(first.wrapping_add(offset as i64));
        call.state.push_all(count as usize + 1, value)?;
        return call.state.return_from_stack(start, count as usize + 1);
    }
    for offset in 0..=count {
        let value = index_int(call.state, table, first.wrapping_add(offset as i64))?;
        call.state.push(value)?;
    }
    call.state.return_from_stack(start, count as usize + 1)
}

fn sort(call: &mut Call<'_>) -> Answer {
    let table = check_tablelike(call, 1, ALL)?;
    let count = length(call.state, table)?;
    if count > 1 {
        if count >= i64::from(i32::MAX) {
            return Err(call.arg_error(1, "array too big"));
        }
        let order = call.arg(2);
        if !order.is_nil() && order.as_function().is_none() {
            return Err(call.type_error(2, "function"));
        }
        sort::sort(call, table, order, count)?;
    }
    call.ret0()
}

library! { "table", {
    concat => concat;
    insert => insert, quick::insert;
    move => move_;
    pack => pack;
    remove => remove, quick::remove;
    sort => sort;
    unpack => unpack, quick::unpack;
} }
