//! What the collector does with tables: visiting, clearing weak entries, freeing.
//!
//! Nothing here changes the layout of a table.

use abi::object::{array_kind, gc, table_flags};

use super::Table;
use super::dictionary::Node;
use crate::gc::{Any, Gc};
use crate::heap::Heap;
use crate::shape::{ShapeMetatable, Shapes, Visited};
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

/// What a table does not keep alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// It keeps keys and values alive.
    Strong,
    /// Its values.
    Values,
    /// Its keys, and each value whose key is not reached otherwise (an ephemeron).
    Keys,
    /// Both.
    Both,
}

impl Weakness {
    fn of(mode: Value) -> Weakness {
        let Some(mode) = mode.as_string() else { return Weakness::Strong };
        match (mode.as_bytes().contains(&b'k'), mode.as_bytes().contains(&b'v')) {
            (false, false) => Weakness::Strong,
            (false, true) => Weakness::Values,
            (true, false) => Weakness::Keys,
            (true, true) => Weakness::Both,
        }
    }
}

impl Table {
    /// What the metatable's `__mode` says; `mode` is that name.
    pub fn weakness(&self, shapes: &Shapes, mode: Gc<Str>) -> Weakness {
        match self.metatable_in(shapes) {
            Some(metatable) => Weakness::of(metatable.get_str_in(shapes, mode)),
            None => Weakness::Strong,
        }
    }

    /// Visits the metatable and the shape: what every table keeps alive. In a collection that
    /// visits all shapes by itself `mark_shape` is false.
    pub fn trace_shape(&self, shapes: &Shapes, mark_shape: bool, visit: &mut impl FnMut(Gc<Any>)) {
        if !self.is_dictionary() {
            if mark_shape {
                shapes.mark(self.shape(), &mut |visited| match visited {
                    Visited::Name(name) => visit(name.erase()),
                    Visited::Table(table) => visit(table.erase()),
                });
            }
            match shapes.metatable(self.shape()) {
                ShapeMetatable::None | ShapeMetatable::Fixed(_) => return,
                ShapeMetatable::InObject | ShapeMetatable::Inherits(_) => {}
            }
        }
        if let Some(metatable) = self.own_metatable() {
            visit(metatable.erase());
        }
    }

    /// Visits keys and values. Keys of removed entries die: only `next` finds them any more.
    pub fn trace_entries(&self, shapes: &Shapes, visit: &mut impl FnMut(Gc<Any>)) {
        self.trace_elements(true, visit);
        if !self.is_dictionary() {
            self.trace_slots(shapes, visit);
            return;
        }
        for node in self.nodes().iter() {
            if node.is_present() {
                visit_value(node.key().unwrap_or_default(), visit);
                visit_stored(node.stored(), visit);
            } else {
                node.kill_key();
            }
        }
    }

    /// Visits what a table with weak values keeps alive: keys, strings, and an array part that
    /// cannot hold nil.
    pub fn trace_keys(&self, visit: &mut impl FnMut(Gc<Any>)) {
        self.trace_elements(false, visit);
        if self.is_dictionary() {
            for node in self.nodes().iter() {
                if node.is_present() {
                    visit_value(node.key().unwrap_or_default(), visit);
                } else {
                    node.kill_key();
                }
            }
        }
    }

    /// Visits what a table with weak keys and values keeps alive all the same: strings among its
    /// elements, and an array part that cannot hold nil.
    pub fn trace_unclearable(&self, visit: &mut impl FnMut(Gc<Any>)) {
        self.trace_elements(false, visit);
        if self.is_dictionary() {
            self.nodes().iter().filter(|node| !node.is_present()).for_each(Node::kill_key);
        }
    }

    /// Visits the values of a table with weak keys whose keys are alive. Answers whether there is
    /// an entry with a key that is not, so far.
    pub fn trace_ephemerons(
        &self,
        shapes: &Shapes,
        is_dead: &mut impl FnMut(Value) -> bool,
        visit: &mut impl FnMut(Gc<Any>),
    ) -> bool {
        self.trace_elements(true, visit);
        if !self.is_dictionary() {
            self.trace_slots(shapes, visit);
            return false;
        }
        let mut dead_keys = false;
        for node in self.nodes().iter() {
            if !node.is_present() {
                node.kill_key();
            } else if node.key().is_some_and(&mut *is_dead) {
                dead_keys = true;
            } else {
                visit_stored(node.stored(), visit);
            }
        }
        dead_keys
    }

    /// Removes the entries whose value is dead.
    pub fn clear_dead_values(&self, shapes: &Shapes, is_dead: &mut impl FnMut(Value) -> bool) {
        if self.array_kind() == array_kind::ANY {
            for index in 0..self.array_len() {
                if self.element(u64::from(index)).is_some_and(&mut *is_dead) {
                    self.clear_element(index);
                }
            }
        }
        if !self.is_dictionary() {
            for slot in 0..shapes.count(self.shape()) {
                if is_dead(self.slot(shapes, slot)) {
                    self.clear_slot(shapes, slot);
                }
            }
            return;
        }
        for node in self.nodes().iter() {
            if node.is_present() && node.stored().as_cell().is_none() && is_dead(node.stored()) {
                node.clear();
            }
        }
    }

    /// Removes the entries whose key is dead.
    pub fn clear_dead_keys(&self, is_dead: &mut impl FnMut(Value) -> bool) {
        if self.is_dictionary() {
            for node in self.nodes().iter() {
                if node.is_present() && node.key().is_some_and(&mut *is_dead) {
                    node.clear();
                }
            }
        }
    }

    /// Cannot drop its elements: it became weak when it had an array part of one kind. The
    /// collector keeps them, and asks [`State::prepare_weak`] when it is over.
    pub fn needs_weak_array(&self) -> bool {
        matches!(self.array_kind(), array_kind::TABLE | array_kind::STRING)
    }

    /// Frees everything but the object itself.
    pub fn free_parts(&self, heap: &mut Heap) {
        self.free_array(heap);
        if self.is_dictionary() {
            self.free_nodes(heap);
        } else {
            self.free_slots(heap);
        }
    }

    /// Visits the elements; of an array of kind ANY that is weak only the strings.
    fn trace_elements(&self, strong: bool, visit: &mut impl FnMut(Gc<Any>)) {
        let all = strong || self.array_kind() != array_kind::ANY;
        self.for_each_object(|value| {
            if all || value.as_string().is_some() {
                visit_value(value, visit);
            }
        });
    }

    fn trace_slots(&self, shapes: &Shapes, visit: &mut impl FnMut(Gc<Any>)) {
        self.for_each_slot(shapes, |value| visit_value(value, visit));
    }
}

impl State {
    /// Gives a weak table an array part whose elements can be dropped. Not while collecting.
    pub fn prepare_weak(&mut self, table: Gc<Table>) {
        table.set_flags(table_flags::WEAK);
        if table.needs_weak_array() {
            // Without memory it stays strong until the next time.
            let _ = table.make_any(self, table.array_capacity());
        }
    }
}

#[inline]
fn visit_value(value: Value, visit: &mut impl FnMut(Gc<Any>)) {
    if let Some(object) = value.as_any() {
        visit(object);
    }
}

/// Visits what a node has: a value, or a cell. A static cell is not marked, so its value is
/// visited here.
#[inline]
fn visit_stored(value: Value, visit: &mut impl FnMut(Gc<Any>)) {
    visit_value(value, visit);
    if let Some(cell) = value.as_cell()
        && cell.erase().gc_bits() & gc::STATIC != 0
    {
        visit_value(cell.get(), visit);
    }
}
