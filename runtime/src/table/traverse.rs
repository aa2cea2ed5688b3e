//! Traversal: elements, then slots or nodes, in the order in which they lie.
//!
//! A [`Cursor`] is a place in that order. While no absent key is inserted, places keep their
//! meaning, whatever becomes of the values.

use super::{Table, normalise};
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// Where a traversal goes on: an index of an element, or [`FIELDS`] and the index of a slot or
/// node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(u64);

const FIELDS: u64 = 1 << 32;

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

impl Table {
    /// The next entry from `cursor` on, which then is behind it; `None` at the end.
    pub fn advance(&self, state: &State, cursor: &mut Cursor) -> Option<(Value, Value)> {
        while cursor.0 < FIELDS {
            let index = cursor.0;
            match self.element(index) {
                None => cursor.0 = FIELDS,
                Some(value) => {
                    cursor.0 += 1;
                    if !value.is_nil() {
                        return Some((Value::int(index as i64 + 1), value));
                    }
                }
            }
        }
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

    /// The place behind a key; `None` for a key that no traversal can have given.
    fn cursor_behind(&self, state: &State, key: Value) -> Option<Cursor> {
        if key.is_nil() {
            return Some(Cursor::START);
        }
        let key = normalise(key).ok()?;
        let int = key.as_int().filter(|key| *key > 0);
        if let Some(int) = int
            && int <= i64::from(self.array_len())
        {
            return Some(Cursor(int as u64));
        }
        let field = if self.is_dictionary() {
            self.nodes().find_for_next(key)
        } else {
            key.as_string().and_then(|name| state.shapes.lookup(self.shape(), name))
        };
        match (field, int) {
            (Some(index), _) => Some(Cursor(FIELDS + index as u64 + 1)),
            // An element that was the last one and has been removed.
            (None, Some(int)) if int <= i64::from(self.array_capacity()) => Some(Cursor(FIELDS)),
            _ => None,
        }
    }
}

impl Gc<Table> {
    /// The entry behind `key` (nil: the first one); `None` at the end. Raises for a key that is
    /// not in the table.
    pub fn next(self, state: &mut State, key: Value) -> Result<Option<(Value, Value)>, Raised> {
        match self.cursor_behind(state, key) {
            Some(mut cursor) => Ok(self.advance(state, &mut cursor)),
            None => Err(state.error(format_args!("invalid key to 'next'"))),
        }
    }
}
