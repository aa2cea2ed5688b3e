//! Tables: an array part, fields in the slots of a hidden shape, or a dictionary.
//!
//! * array: elements `1..=array_len`, bare payloads of one kind, or of any kind with tag
//!   bytes beside them.
//! * slots: fields whose names are short strings, at the places that the table's
//!   [shape](crate::shape) gives. A removed field keeps its slot, which then holds nil.
//! * dictionary: once a table has keys that neither fits, all its fields are in a hash table.
//!
//! The layout changes only when an absent key is inserted, never by a store to a key that is
//! present, a store of nil, or a collection. So a traversal may assign to the fields it finds, and
//! remove them. The one exception is an array of one kind that gets another kind of element, or
//! nil in its middle: it becomes one of any kind, where every element keeps its place.
//!
//! This is access without metamethods; those are in [`crate::operations`].

mod array;
mod collect;
mod data;
mod dictionary;
mod globals;
pub(crate) mod lookup;
mod metatable;
mod raw;
mod rehash;
mod slots;
#[cfg(test)]
mod tests;
pub(crate) mod traverse;

use abi::object::{TableHeader, kind, table_flags};
use abi::value::tag;
use core::cell::UnsafeCell;
use core::fmt;

pub use self::collect::Weakness;
use self::dictionary::Node;
pub(crate) use self::metatable::absent;
pub use self::traverse::Cursor;
use crate::error::Raised;
use crate::gc::Gc;
use crate::shape::{MAX_FIELDS, ShapeId, Shapes, inline_capacity, table_size};
use crate::state::State;
use crate::string::Str;
use crate::text::arithmetic::{Rounding, float_to_int};
use crate::value::Value;

/// A table.
#[repr(transparent)]
pub struct Table(UnsafeCell<TableHeader>);

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table with {} elements", self.array_len())
    }
}

impl State {
    /// A table with room for `array` elements and `fields` fields.
    pub fn new_table(&mut self, array: usize, fields: usize) -> Result<Gc<Table>, Raised> {
        let inline = if fields > MAX_FIELDS { 0 } else { inline_capacity(fields) };
        let object = self.alloc_object(kind::TABLE, table_size(inline))?;
        let table = Table::from_new_object(object, ShapeId::root(inline));
        if array > 0 {
            table.reserve_array(self, array)?;
        }
        if fields > MAX_FIELDS {
            table.make_dictionary(self, fields)?;
        }
        Ok(table)
    }
}

impl Table {
    /// The value at `key`, or nil.
    pub fn get(&self, state: &State, key: Value) -> Value {
        self.get_in(&state.shapes, key)
    }

    /// The value at a string, or nil.
    #[inline]
    pub fn get_str(&self, state: &State, name: Gc<Str>) -> Value {
        self.get_str_in(&state.shapes, name)
    }

    /// The value at an integer, or nil.
    #[inline]
    pub fn get_int(&self, key: i64) -> Value {
        match self.element((key as u64).wrapping_sub(1)) {
            Some(value) => value,
            None if self.is_dictionary() => {
                self.nodes().find_int(key).map_or(Value::NIL, Node::get)
            }
            None => Value::NIL,
        }
    }

    /// Like [`Table::get`], where the state is in parts.
    pub(crate) fn get_in(&self, shapes: &Shapes, key: Value) -> Value {
        if let Some(name) = key.as_string() {
            return self.get_str_in(shapes, name);
        }
        match normalise(key) {
            Ok(key) => match key.as_int() {
                Some(key) => self.get_int(key),
                None if self.is_dictionary() => {
                    self.nodes().find(key).map_or(Value::NIL, Node::get)
                }
                None => Value::NIL,
            },
            Err(_) => Value::NIL,
        }
    }

    /// Like [`Table::get_str`], where the state is in parts.
    #[inline]
    pub(crate) fn get_str_in(&self, shapes: &Shapes, name: Gc<Str>) -> Value {
        if self.is_dictionary() {
            return self.dictionary_get_str(name);
        }
        match shapes.lookup(self.shape(), name) {
            Some(slot) => self.slot(shapes, slot),
            None => Value::NIL,
        }
    }

    /// A border: an `n` with `t[n]` not nil (or `n` zero) and `t[n + 1]` nil.
    #[inline]
    pub fn len(&self) -> i64 {
        self.border()
    }

    /// Has it no element at 1?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Gc<Table> {
    /// `table[key] = value`. Raises when the key is nil or a NaN.
    pub fn set(self, state: &mut State, key: Value, value: Value) -> Result<(), Raised> {
        if let Some(name) = key.as_string() {
            return self.set_str(state, name, value);
        }
        match normalise(key) {
            Ok(key) => match key.as_int() {
                Some(key) => self.set_int(state, key, value),
                None => self.set_in_dictionary(state, key, value),
            },
            Err(message) => Err(state.error(format_args!("{message}"))),
        }
    }

    /// `table[key] = value`.
    #[inline]
    pub fn set_int(self, state: &mut State, key: i64, value: Value) -> Result<(), Raised> {
        let index = (key as u64).wrapping_sub(1);
        if index < u64::from(self.array_len()) {
            self.set_element(state, index as u32, value)
        } else {
            self.set_int_outside(state, key, value)
        }
    }

    /// `table[key] = value`, with `key` not among the elements.
    fn set_int_outside(self, state: &mut State, key: i64, value: Value) -> Result<(), Raised> {
        let next = i64::from(self.array_len()) + 1;
        // The element behind the last one is never in the dictionary.
        if key != next
            && self.is_dictionary()
            && let Some(node) = self.nodes().find_int(key)
            && node.is_present()
        {
            node.set(state, self, value);
            return Ok(());
        }
        if value.is_nil() {
            return Ok(());
        }
        if key == next {
            if self.array_capacity() == 0 && self.is_dictionary() && self.nodes().has_room() {
                // The reference would keep it among the other keys, in their order.
                self.nodes().set_fields_first(true);
            }
            return self.push(state, value);
        }
        if key > 0 && self.takes_element(key) {
            return self.extend_array(state, key as u32, value);
        }
        self.set_in_dictionary(state, Value::int(key), value)
    }

    /// `table.name = value`.
    pub fn set_str(self, state: &mut State, name: Gc<Str>, value: Value) -> Result<(), Raised> {
        if self.flags() & table_flags::PROTOTYPE != 0 {
            self.before_prototype_store(state, name, value);
        }
        if self.is_dictionary() {
            return self.set_in_dictionary(state, Value::string(name), value);
        }
        if let Some(slot) = state.shapes.lookup(self.shape(), name) {
            self.set_slot(state, slot, value);
            return Ok(());
        }
        if value.is_nil() {
            return Ok(());
        }
        if name.is_short() && self.add_field(state, name, value)? {
            return Ok(());
        }
        self.set_in_dictionary(state, Value::string(name), value)
    }

    /// Stores a value that is not nil over another one in a field, if nothing else has to change.
    #[inline]
    pub fn replace_field(self, state: &mut State, name: Gc<Str>, value: Value) -> bool {
        if self.is_dictionary() || self.flags() & table_flags::PROTOTYPE != 0 || value.is_nil() {
            return false;
        }
        match state.shapes.lookup(self.shape(), name) {
            Some(slot) if !self.slot(&state.shapes, slot).is_nil() => {
                self.set_slot(state, slot, value);
                true
            }
            _ => false,
        }
    }

    /// Stores a value that is not nil over another one, if nothing else has to change.
    #[inline]
    pub fn replace(self, state: &mut State, key: Value, value: Value) -> bool {
        if let Some(name) = key.as_string()
            && !self.is_dictionary()
        {
            return self.replace_field(state, name, value);
        }
        // A float may stand for an integer.
        if value.is_nil()
            || key.as_float().is_some()
            || !self.is_dictionary()
            || self.flags() & table_flags::PROTOTYPE != 0
        {
            return false;
        }
        self.replace_node(state, self.nodes().find(key), value)
    }

    /// Likewise, at an integer that is not among the elements.
    #[inline]
    pub fn replace_outside(self, state: &mut State, key: i64, value: Value) -> bool {
        if value.is_nil() || !self.is_dictionary() {
            return false;
        }
        self.replace_node(state, self.nodes().find_int(key), value)
    }

    #[inline]
    fn replace_node(self, state: &mut State, node: Option<Node>, value: Value) -> bool {
        let Some(node) = node.filter(|node| node.is_present()) else { return false };
        node.set(state, self, value);
        true
    }

    /// `table[key] = value` for a key that belongs into the dictionary; makes the table one.
    fn set_in_dictionary(self, state: &mut State, key: Value, value: Value) -> Result<(), Raised> {
        if !self.is_dictionary() {
            if value.is_nil() {
                return Ok(());
            }
            // A constructor may have said how many fields there will be.
            let shape = self.shape();
            let is_new = state.shapes.count(shape) == 0;
            let expected = if is_new { state.shapes.inline_capacity(shape) } else { 0 };
            self.make_dictionary(state, expected.max(1))?;
        }
        if let Some(node) = self.nodes().find(key) {
            node.set(state, self, value);
            return Ok(());
        }
        if value.is_nil() || self.insert_node(state, key, value) {
            return Ok(());
        }
        // There is no free node: make room, for an integer perhaps in the array.
        self.rehash(state, key)?;
        match key.as_int() {
            Some(key) => self.set_int(state, key, value),
            None => {
                let inserted = self.insert_node(state, key, value);
                debug_assert!(inserted, "rehash makes room");
                Ok(())
            }
        }
    }
}

/// The key as it is stored: a float with the value of an integer is that integer. `Err`: no key,
/// with the reason.
#[inline]
fn normalise(key: Value) -> Result<Value, &'static str> {
    match key.tag() {
        tag::NIL => Err("table index is nil"),
        tag::FLOAT => {
            let float = f64::from_bits(key.payload());
            match float_to_int(float, Rounding::Exact) {
                Some(integer) => Ok(Value::int(integer)),
                None if float.is_nan() => Err("table index is NaN"),
                None => Ok(key),
            }
        }
        _ => Ok(key),
    }
}
