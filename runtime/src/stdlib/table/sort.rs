//! `table.sort`: the reference's quicksort, element by element, so that an order function sees
//! the same comparisons and a wrong one fails in the same way.
//!
//! Arrays of integers, floats or strings alone, sorted in a table without a metatable without an
//! order function, or by one that is known to be `<` or `>`, are taken out, sorted and put back: no
//! program can tell the difference.

use alloc::vec::Vec;

use abi::object::proto_flags;

use crate::call::{Call, Repeated};
use crate::error::Raised;
use crate::gc::Gc;
use crate::operations;
use crate::os;
use crate::state::State;
use crate::stdlib::show::{index_int, less_than, set_index_int};
use crate::table::Table;
use crate::value::Value;

/// Sorts elements 1 to `count`, by `order` unless that is nil.
pub(super) fn sort(
    call: &mut Call<'_>,
    table: Value,
    order: Value,
    count: i64,
) -> Result<(), Raised> {
    if let Some(direction) = direction(call.state, order)
        && let Some(raw) = table.as_table()
        && raw.metatable(call.state).is_none()
        && sort_uniform(call.state, raw, count, direction)?
    {
        return Ok(());
    }
    let last = count as u32;
    if let Some(raw) = table.as_table() {
        let callee = match order.is_nil() {
            false => order,
            true => {
                let (a, b) = (raw.get_element(1), raw.get_element(2));
                operations::order_method(call.state, a, b).unwrap_or(Value::NIL)
            }
        };
        let done = Repeated::with(call.state, callee, |calls| {
            sort_part(&mut Quick { calls, table: raw, is_order: !order.is_nil() }, 1, last, 0)
        })?;
        if done.is_some() {
            return Ok(());
        }
    }
    sort_part(&mut Plain { state: call.state, table, order }, 1, last, 0)
}

/// Which way an order sorts that is known.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Up,
    Down,
}

fn direction(state: &State, order: Value) -> Option<Direction> {
    if order.is_nil() {
        return Some(Direction::Up);
    }
    // A hook would hear of the calls.
    let flags = order.as_function().filter(|_| state.ctx.hooked == 0)?.proto().flags();
    match flags & (proto_flags::LESS | proto_flags::GREATER) {
        proto_flags::LESS => Some(Direction::Up),
        proto_flags::GREATER => Some(Direction::Down),
        _ => None,
    }
}

/// Sorts an array whose elements are all of one kind; false when they are not.
fn sort_uniform(
    state: &mut State,
    table: Gc<Table>,
    count: i64,
    direction: Direction,
) -> Result<bool, Raised> {
    let first = table.get_int(1);
    if first.as_int().is_some() {
        let Some(mut values) = collect(table, count, Value::as_int) else { return Ok(false) };
        values.sort_unstable();
        return put_back(state, table, values, direction, Value::int);
    }
    if first.as_float().is_some() {
        // Zeros of both signs are equal and still differ, and a NaN has no place in an order.
        let plain = |value: &f64| !value.is_nan() && value.to_bits() != (-0.0_f64).to_bits();
        let bits = |value: Value| Some(in_order(value.as_float().filter(plain)?.to_bits() as i64));
        let Some(mut values) = collect(table, count, bits) else { return Ok(false) };
        values.sort_unstable();
        let float = |bits| Value::float(f64::from_bits(in_order(bits) as u64));
        return put_back(state, table, values, direction, float);
    }
    if first.as_string().is_some() {
        // The strings stay in the table until all are in their places but one, which `put_back`
        // has on the Rust stack; nothing is allocated meanwhile.
        let Some(mut values) = collect(table, count, Value::as_string) else { return Ok(false) };
        values.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        return put_back(state, table, values, direction, Value::string);
    }
    Ok(false)
}

/// From the bits of a float to an integer that is ordered as floats are, and back: those of negative
/// floats grow the other way. So one sort, which is a lot of code, does for both.
fn in_order(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

fn collect<T>(table: Gc<Table>, count: i64, get: impl Fn(Value) -> Option<T>) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count as usize).ok()?;
    for index in 1..=count {
        values.push(get(table.get_int(index))?);
    }
    Some(values)
}

fn put_back<T>(
    state: &mut State,
    table: Gc<Table>,
    mut values: Vec<T>,
    direction: Direction,
    value_of: impl Fn(T) -> Value,
) -> Result<bool, Raised> {
    if direction == Direction::Down {
        values.reverse();
    }
    for (index, value) in (1..).zip(values) {
        table.set_int(state, index, value_of(value))?;
    }
    Ok(true)
}

/// What is sorted, and the order.
trait Elements {
    fn get(&mut self, index: u32) -> Result<Value, Raised>;
    fn set(&mut self, index: u32, value: Value) -> Result<(), Raised>;
    fn less(&mut self, a: Value, b: Value) -> Result<bool, Raised>;
    fn invalid_order(&mut self) -> Raised;
}

/// Anything that passes for a table.
struct Plain<'a> {
    state: &'a mut State,
    table: Value,
    order: Value,
}

impl Elements for Plain<'_> {
    #[inline(never)]
    fn get(&mut self, index: u32) -> Result<Value, Raised> {
        index_int(self.state, self.table, i64::from(index))
    }

    #[inline(never)]
    fn set(&mut self, index: u32, value: Value) -> Result<(), Raised> {
        set_index_int(self.state, self.table, i64::from(index), value)
    }

    #[inline(never)]
    fn less(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        if self.order.is_nil() {
            return less_than(self.state, a, b);
        }
        Ok(!self.state.call(self.order, &[a, b])?.first().is_falsy())
    }

    fn invalid_order(&mut self) -> Raised {
        invalid_order(self.state)
    }
}

/// A table, with a function to compare by.
struct Quick<'a, 'b> {
    calls: &'a mut Repeated<'b>,
    table: Gc<Table>,
    /// The function is the order. Else it is the `__lt` of some elements.
    is_order: bool,
}

impl Elements for Quick<'_, '_> {
    #[inline(always)]
    fn get(&mut self, index: u32) -> Result<Value, Raised> {
        // What is there concerns no metamethod.
        let value = self.table.get_element(index);
        if value.is_nil() { self.get_elsewhere(index) } else { Ok(value) }
    }

    #[inline(always)]
    fn set(&mut self, index: u32, value: Value) -> Result<(), Raised> {
        if self.calls.replace_element(self.table, index, value) {
            return Ok(());
        }
        self.set_elsewhere(index, value)
    }

    #[inline(always)]
    fn less(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        if self.is_order { self.calls.is_true(a, b) } else { self.less_by_method(a, b) }
    }

    fn invalid_order(&mut self) -> Raised {
        self.calls.outside(invalid_order)
    }
}

impl Quick<'_, '_> {
    #[inline(never)]
    fn get_elsewhere(&mut self, index: u32) -> Result<Value, Raised> {
        let table = Value::table(self.table);
        self.calls.outside(|state| index_int(state, table, i64::from(index)))
    }

    #[inline(never)]
    fn set_elsewhere(&mut self, index: u32, value: Value) -> Result<(), Raised> {
        let table = Value::table(self.table);
        self.calls.outside(|state| set_index_int(state, table, i64::from(index), value))
    }

    #[inline(never)]
    fn less_by_method(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        let method = self.calls.outside(|state| operations::order_method(state, a, b));
        if method.and_then(Value::as_function) == Some(self.calls.callee()) {
            return self.calls.is_true(a, b);
        }
        self.calls.outside(|state| less_than(state, a, b))
    }
}

/// Longer intervals may be given a random pivot.
const RANDOM_LIMIT: u32 = 100;

/// Sorts the interval; recursion goes to the smaller part, so it is never deep.
fn sort_part(
    all: &mut impl Elements,
    mut low: u32,
    mut high: u32,
    mut random: u32,
) -> Result<(), Raised> {
    while low < high {
        // The first, the middle and the last element in order.
        let (first, last) = (all.get(low)?, all.get(high)?);
        if all.less(last, first)? {
            all.set(low, last)?;
            all.set(high, first)?;
        }
        if high - low == 1 {
            return Ok(());
        }
        let middle = if high - low < RANDOM_LIMIT || random == 0 {
            (low + high) / 2
        } else {
            let fourth = (high - low) / 4;
            random % (fourth * 2) + (low + fourth)
        };
        let (pivot, first) = (all.get(middle)?, all.get(low)?);
        if all.less(pivot, first)? {
            all.set(middle, first)?;
            all.set(low, pivot)?;
        } else {
            let last = all.get(high)?;
            if all.less(last, pivot)? {
                all.set(middle, last)?;
                all.set(high, pivot)?;
            }
        }
        if high - low == 2 {
            return Ok(());
        }
        let pivot = all.get(middle)?;
        let before_last = all.get(high - 1)?;
        all.set(middle, before_last)?;
        all.set(high - 1, pivot)?;
        let place = partition(all, low, high, pivot)?;
        let smaller;
        if place - low < high - place {
            sort_part(all, low, place - 1, random)?;
            smaller = place - low;
            low = place + 1;
        } else {
            sort_part(all, place + 1, high, random)?;
            smaller = high - place;
            high = place - 1;
        }
        if high.wrapping_sub(low) / 128 > smaller {
            random = randomness();
        }
    }
    Ok(())
}

/// Puts what is less than the pivot, which is in `high - 1`, before it and the rest behind it;
/// its place.
fn partition(all: &mut impl Elements, low: u32, high: u32, pivot: Value) -> Result<u32, Raised> {
    let (mut up, mut down) = (low, high - 1);
    loop {
        let above = loop {
            up += 1;
            let value = all.get(up)?;
            if !all.less(value, pivot)? {
                break value;
            }
            if up == high - 1 {
                return Err(all.invalid_order());
            }
        };
        let below = loop {
            down -= 1;
            let value = all.get(down)?;
            if !all.less(pivot, value)? {
                break value;
            }
            if down < up {
                return Err(all.invalid_order());
            }
        };
        if down < up {
            all.set(high - 1, above)?;
            all.set(up, pivot)?;
            return Ok(up);
        }
        all.set(up, below)?;
        all.set(down, above)?;
    }
}

fn invalid_order(state: &mut State) -> Raised {
    state.lib_error(1, format_args!("invalid order function for sorting"))
}

/// Something that no input can foresee.
fn randomness() -> u32 {
    let (clock, time) = ((os::clock() * 1e6) as u64, os::time() as u64);
    [clock as u32, (clock >> 32) as u32, time as u32, (time >> 32) as u32]
        .into_iter()
        .fold(0, u32::wrapping_add)
}
