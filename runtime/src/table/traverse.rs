//! Traversal: elements, then slots or nodes, in the order in which they lie; or the other way round
//! for some dictionaries, whose elements the reference keeps among the other keys.
//!
//! A [`Cursor`] is a place in that order. While no absent key is inserted, places keep their
//! meaning, whatever becomes of the values.
//!
//! `next` gets a key and has to find its place again. That is mostly where the last step of a
//! traversal has been, which [`Traversals`] notes.

use core::cell::Cell;

use super::{Table, normalise};
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// Where a traversal goes on: an index of an element, [`FIELDS`] and the index of a slot or node,
/// or [`LAST`] and the index of an element that comes behind those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(u64);

const FIELDS: u64 = 1 << 32;
const LAST: u64 = 1 << 33;

impl Cursor {
    /// Before everything.
    pub const START: Cursor = Cursor(0);

    /// As a word, for whoever keeps it outside of Rust.
    pub const fn to_word(self) -> u64 {
        self.0
    }

    /// From the word.
    pub const fn from_word(word: u64) -> Cursor {
        Cursor(word)
    }
}

/// The indices of the fields that `next` gave last. Nothing rests on them: whoever uses one looks
/// whether the key is there.
#[derive(Debug, Default)]
pub(crate) struct Traversals([Cell<u32>; TRAVERSALS]);

/// How many traversals at a time go undisturbed, if their tables' addresses do not collide.
const TRAVERSALS: usize = 8;

impl Traversals {
    /// The index for a table.
    #[inline]
    fn of(&self, table: &Table) -> &Cell<u32> {
        let address = core::ptr::from_ref(table).addr();
        &self.0[(address >> 6 ^ address >> 9) % TRAVERSALS]
    }
}

impl Table {
    /// The next entry from `cursor` on, which then is behind it; `None` at the end.
    pub fn advance(&self, state: &State, cursor: &mut Cursor) -> Option<(Value, Value)> {
        let fields_first = self.fields_first();
        if !fields_first && cursor.0 < FIELDS {
            match self.advance_elements(cursor, 0) {
                None => cursor.0 = FIELDS,
                entry => return entry,
            }
        }
        if cursor.0 < LAST {
            cursor.0 = cursor.0.max(FIELDS);
            match self.advance_fields(state, cursor) {
                None => cursor.0 = LAST,
                entry => return entry,
            }
        }
        if fields_first { self.advance_elements(cursor, LAST) } else { None }
    }

    /// The next element, where `first` is the place of the first one.
    #[inline]
    fn advance_elements(&self, cursor: &mut Cursor, first: u64) -> Option<(Value, Value)> {
        loop {
            let index = cursor.0 - first;
            let value = self.element(index)?;
            cursor.0 += 1;
            if !value.is_nil() {
                return Some((Value::int(index as i64 + 1), value));
            }
        }
    }

    fn advance_fields(&self, state: &State, cursor: &mut Cursor) -> Option<(Value, Value)> {
        let is_dictionary = self.is_dictionary();
        let count =
            if is_dictionary { self.nodes().count() } else { state.shapes.count(self.shape()) };
        while (cursor.0 - FIELDS) < count as u64 {
            let index = (cursor.0 - FIELDS) as usize;
            cursor.0 += 1;
            let (key, value) = if is_dictionary {
                let node = self.nodes().node(index);
                (node.key(), node.get())
            } else {
                let name = state.shapes.names(self.shape())[index];
                (Some(Value::string(name)), self.slot(&state.shapes, index))
            };
            if let (Some(key), false) = (key, value.is_nil()) {
                return Some((key, value));
            }
        }
        None
    }

    /// The entry behind `key` (nil: the first one); `None` at the end, and for a key that is not
    /// in the table.
    pub fn next_raw(&self, state: &State, key: Value) -> Option<(Value, Value)> {
        let mut cursor = self.cursor_behind(state, key)?;
        self.advance(state, &mut cursor)
    }

    fn fields_first(&self) -> bool {
        self.is_dictionary() && self.nodes().fields_first()
    }

    /// The place behind a key; `None` for a key that no traversal can have given.
    fn cursor_behind(&self, state: &State, key: Value) -> Option<Cursor> {
        if key.is_nil() {
            return Some(Cursor::START);
        }
        // A float that equals an integer is no key of any table.
        if key.as_float().is_some() && normalise(key).ok()?.as_int().is_some() {
            return None;
        }
        let int = key.as_int().filter(|key| *key > 0);
        let fields_first = self.fields_first();
        let first_element = if fields_first { LAST } else { 0 };
        if let Some(int) = int
            && int <= i64::from(self.array_len())
        {
            return Some(Cursor(first_element + int as u64));
        }
        let noted = state.traversals.of(self).get() as usize;
        let field = if self.is_dictionary() {
            let nodes = self.nodes();
            let is_there = noted < nodes.count() && nodes.node(noted).has_key(key);
            if is_there { Some(noted) } else { nodes.find_for_next(key) }
        } else {
            key.as_string().and_then(|name| {
                let is_there = state.shapes.names(self.shape()).get(noted) == Some(&name);
                if is_there { Some(noted) } else { state.shapes.lookup(self.shape(), name) }
            })
        };
        match (field, int) {
            (Some(index), _) => Some(Cursor(FIELDS + index as u64 + 1)),
            // An element that was the last one and has been removed.
            (None, Some(int)) if int <= i64::from(self.array_capacity()) => {
                Some(Cursor(first_element + u64::from(self.array_len())))
            }
            _ => None,
        }
    }
}

impl Table {
    /// The entry behind `key` (nil: the first one), `Some(None)` at the end; `None` for a key that
    /// is not in the table.
    #[inline]
    pub(crate) fn next_quick(&self, state: &State, key: Value) -> Option<Option<(Value, Value)>> {
        let mut cursor = self.cursor_behind(state, key)?;
        let entry = self.advance(state, &mut cursor);
        // Behind a field the low half is the index of the one after it.
        state.traversals.of(self).set((cursor.0 as u32).wrapping_sub(1));
        Some(entry)
    }
}

impl Gc<Table> {
    /// The entry behind `key` (nil: the first one); `None` at the end. Raises for a key that is
    /// not in the table.
    pub fn next(self, state: &mut State, key: Value) -> Result<Option<(Value, Value)>, Raised> {
        match self.next_quick(state, key) {
            Some(entry) => Ok(entry),
            None => Err(state.error(format_args!("invalid key to 'next'"))),
        }
    }
}
