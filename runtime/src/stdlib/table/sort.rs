//! `table.sort`: the reference's quicksort, element by element, so that an order function sees
//! the same comparisons and a wrong one fails in the same way.
//!
//! Arrays of integers, floats or strings alone, sorted without an order function in a table
//! without a metatable, are taken out, sorted and put back: no program can tell the difference.

use alloc::vec::Vec;

use crate::call::{Call, Repeated};
use crate::error::Raised;
use crate::gc::Gc;
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
    if order.is_nil()
        && let Some(raw) = table.as_table()
        && raw.metatable(call.state).is_none()
        && sort_uniform(call.state, raw, count)?
    {
        return Ok(());
    }
    let calls = if order.is_nil() { None } else { Repeated::new(call.state, order)? };
    let mut sorter = Sorter { state: call.state, table, order, calls };
    sorter.sort(1, count as u32, 0)
}

/// Sorts an array whose elements are all of one kind; false when they are not.
fn sort_uniform(state: &mut State, table: Gc<Table>, count: i64) -> Result<bool, Raised> {
    let first = table.get_int(1);
    if first.as_int().is_some() {
        let Some(mut values) = collect(table, count, Value::as_int) else { return Ok(false) };
        values.sort_unstable();
        return put_back(state, table, values);
    }
    if first.as_float().is_some() {
        // Zeros of both signs are equal and still differ, and a NaN has no place in an order.
        let plain = |value: &f64| !value.is_nan() && value.to_bits() != (-0.0_f64).to_bits();
        let Some(mut values) = collect(table, count, |value| value.as_float().filter(plain)) else {
            return Ok(false);
        };
        values.sort_unstable_by(f64::total_cmp);
        return put_back(state, table, values);
    }
    if first.as_string().is_some() {
        // The strings stay in the table until all are in their places but one, which `put_back`
        // has on the Rust stack; nothing is allocated meanwhile.
        let Some(mut values) = collect(table, count, Value::as_string) else { return Ok(false) };
        values.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        return put_back(state, table, values);
    }
    Ok(false)
}

fn collect<T>(table: Gc<Table>, count: i64, get: impl Fn(Value) -> Option<T>) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count as usize).ok()?;
    for index in 1..=count {
        values.push(get(table.get_int(index))?);
    }
    Some(values)
}

fn put_back<T: Into<Value>>(
    state: &mut State,
    table: Gc<Table>,
    values: Vec<T>,
) -> Result<bool, Raised> {
    for (index, value) in (1..).zip(values) {
        table.set_int(state, index, value.into())?;
    }
    Ok(true)
}

struct Sorter<'a> {
    state: &'a mut State,
    table: Value,
    order: Value,
    /// The order function, prepared.
    calls: Option<Repeated>,
}

/// Longer intervals may be given a random pivot.
const RANDOM_LIMIT: u32 = 100;

impl Sorter<'_> {
    #[inline]
    fn get(&mut self, index: u32) -> Result<Value, Raised> {
        // What is there concerns no metamethod.
        if let Some(table) = self.table.as_table() {
            let value = table.get_int(i64::from(index));
            if !value.is_nil() {
                return Ok(value);
            }
        }
        index_int(self.state, self.table, i64::from(index))
    }

    #[inline]
    fn set(&mut self, index: u32, value: Value) -> Result<(), Raised> {
        if let Some(table) = self.table.as_table()
            && !table.get_int(i64::from(index)).is_nil()
        {
            return table.set_int(self.state, i64::from(index), value);
        }
        set_index_int(self.state, self.table, i64::from(index), value)
    }

    #[inline]
    fn less(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        if let Some(calls) = &mut self.calls {
            return Ok(!calls.call(self.state, a, b)?.is_falsy());
        }
        if self.order.is_nil() {
            return less_than(self.state, a, b);
        }
        Ok(!self.state.call(self.order, &[a, b])?.first().is_falsy())
    }

    fn invalid_order(&mut self) -> Raised {
        self.state.lib_error(1, format_args!("invalid order function for sorting"))
    }

    /// Sorts the interval; recursion goes to the smaller part, so it is never deep.
    fn sort(&mut self, mut low: u32, mut high: u32, mut random: u32) -> Result<(), Raised> {
        while low < high {
            // The first, the middle and the last element in order.
            let (first, last) = (self.get(low)?, self.get(high)?);
            if self.less(last, first)? {
                self.set(low, last)?;
                self.set(high, first)?;
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
            let (pivot, first) = (self.get(middle)?, self.get(low)?);
            if self.less(pivot, first)? {
                self.set(middle, first)?;
                self.set(low, pivot)?;
            } else {
                let last = self.get(high)?;
                if self.less(last, pivot)? {
                    self.set(middle, last)?;
                    self.set(high, pivot)?;
                }
            }
            if high - low == 2 {
                return Ok(());
            }
            let pivot = self.get(middle)?;
            let before_last = self.get(high - 1)?;
            self.set(middle, before_last)?;
            self.set(high - 1, pivot)?;
            let place = self.partition(low, high, pivot)?;
            let smaller;
            if place - low < high - place {
                self.sort(low, place - 1, random)?;
                smaller = place - low;
                low = place + 1;
            } else {
                self.sort(place + 1, high, random)?;
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
    fn partition(&mut self, low: u32, high: u32, pivot: Value) -> Result<u32, Raised> {
        let (mut up, mut down) = (low, high - 1);
        loop {
            let above = loop {
                up += 1;
                let value = self.get(up)?;
                if !self.less(value, pivot)? {
                    break value;
                }
                if up == high - 1 {
                    return Err(self.invalid_order());
                }
            };
            let below = loop {
                down -= 1;
                let value = self.get(down)?;
                if !self.less(pivot, value)? {
                    break value;
                }
                if down < up {
                    return Err(self.invalid_order());
                }
            };
            if down < up {
                self.set(high - 1, above)?;
                self.set(up, pivot)?;
                return Ok(up);
            }
            self.set(up, below)?;
            self.set(down, above)?;
        }
    }
}

/// Something that no input can foresee.
fn randomness() -> u32 {
    let (clock, time) = ((os::clock() * 1e6) as u64, os::time() as u64);
    [clock as u32, (clock >> 32) as u32, time as u32, (time >> 32) as u32]
        .into_iter()
        .fold(0, u32::wrapping_add)
}
