//! Tables while marking: strong ones keep everything alive, weak ones are listed and cleared.
//!
//! As in the reference: a table with weak values marks its keys; one with weak keys is an
//! *ephemeron*, whose values are marked once their keys are, which is repeated until nothing
//! changes; strings count as values, not as objects, and are never dropped.

use alloc::vec::Vec;

use abi::object::gc;

use super::mark::{Marker, Visitor};
use crate::gc::Gc;
use crate::state::State;
use crate::table::{Table, Weakness};
use crate::value::Value;

/// The weak tables that were reached.
#[derive(Debug, Default)]
pub(crate) struct WeakTables {
    /// With weak values, or with both weak.
    values: Vec<Gc<Table>>,
    /// With weak keys.
    ephemerons: Vec<Gc<Table>>,
    /// With both weak.
    both: Vec<Gc<Table>>,
    /// Weak ones whose array part has one kind of element and cannot hold nil: they are kept
    /// strong this time, and converted where compiled code does not rely on the kind.
    pub(super) typed: Vec<Gc<Table>>,
}

impl WeakTables {
    /// How many tables have weak values so far.
    pub(super) fn value_count(&self) -> usize {
        self.values.len()
    }
}

impl Marker {
    /// Visits what a table refers to.
    pub(super) fn trace_table(&mut self, state: &State, table: Gc<Table>) {
        let shapes = &state.shapes;
        table.trace_shape(shapes, true, &mut |object| self.object(object));
        let weakness = match table.metatable(state) {
            None => Weakness::Strong,
            Some(_) => table.weakness(shapes, state.names.mode),
        };
        if weakness == Weakness::Strong {
            return table.trace_entries(shapes, &mut |object| self.object(object));
        }
        if weakness != Weakness::Keys && table.needs_weak_array() {
            self.weak.typed.push(table);
        }
        match weakness {
            Weakness::Strong => {}
            Weakness::Values => {
                self.weak.values.push(table);
                table.trace_keys(&mut |object| self.object(object));
            }
            Weakness::Keys => self.weak.ephemerons.push(table),
            Weakness::Both => {
                self.weak.values.push(table);
                self.weak.both.push(table);
                table.trace_unclearable(&mut |object| self.object(object));
            }
        }
    }

    /// Marks the values of ephemerons whose keys are alive, until there are no more. Ephemerons
    /// that are reached on the way are appended to the list.
    pub(super) fn converge_ephemerons(&mut self, state: &State) {
        let mark = self.mark;
        let mut changed = true;
        while core::mem::take(&mut changed) {
            let mut index = 0;
            while let Some(&table) = self.weak.ephemerons.get(index) {
                index += 1;
                let is_dead = &mut |value: Value| is_unreached(value, mark);
                table.trace_ephemerons(&state.shapes, is_dead, &mut |object| {
                    changed |= object.gc_bits() & (mark | gc::STATIC) == 0;
                    self.object(object);
                });
                self.propagate(state);
            }
        }
    }

    /// Removes entries with dead values from the tables listed from number `from` on.
    pub(super) fn clear_values(&mut self, state: &State, from: usize) {
        let tables: Vec<_> = self.weak.values[from..].to_vec();
        for table in tables {
            table.clear_dead_values(&state.shapes, &mut |value| self.is_dead(value));
        }
    }

    /// Removes entries with dead keys.
    pub(super) fn clear_keys(&mut self) {
        let tables = self.weak.ephemerons.iter().chain(&self.weak.both);
        for table in tables.copied().collect::<Vec<_>>() {
            table.clear_dead_keys(&mut |key| self.is_dead(key));
        }
    }

    /// Was the value not reached? Strings are, by being looked at.
    fn is_dead(&mut self, value: Value) -> bool {
        if let Some(string) = value.as_string() {
            self.object(string.erase());
        }
        is_unreached(value, self.mark)
    }
}

/// An object that is not marked (so far). Strings never count.
fn is_unreached(value: Value, mark: u8) -> bool {
    value.as_any().is_some_and(|object| {
        value.as_string().is_none() && object.gc_bits() & (mark | gc::STATIC) == 0
    })
}

impl State {
    /// Gives weak tables that the last collection had to keep strong an array part of any kind.
    pub(super) fn convert_typed_weak(&mut self) {
        for table in core::mem::take(&mut self.heap.typed_weak) {
            self.prepare_weak(table);
        }
    }
}
