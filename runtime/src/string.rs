//! Strings: short ones interned, long ones in shared buffers that grow in place.
#![expect(unsafe_code, reason = "a string's bytes lie behind its header or in a buffer")]

use core::cell::UnsafeCell;
use core::fmt;

use abi::object::{StringHeader, kind, string_flags};

use crate::error::Raised;
use crate::gc::{Gc, Object};
use crate::state::State;
use crate::text::hash::hash;
use crate::value::Value;

/// A string: immutable bytes.
#[repr(transparent)]
pub struct Str(UnsafeCell<StringHeader>);

// SAFETY: the header comes first, in an UnsafeCell.
unsafe impl Object for Str {
    const KIND: u8 = kind::STRING;
}

impl Str {
    #[inline]
    fn header(&self) -> &StringHeader {
        // SAFETY: only the collector and `hash` write, fields that no borrow of this outlives.
        unsafe { &*self.0.get() }
    }

    /// The bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        let header = self.header();
        // SAFETY: `data` points at `len` bytes that never change while the string lives.
        unsafe { core::slice::from_raw_parts(header.data as *const u8, header.len as usize) }
    }

    /// The length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.header().len as usize
    }

    /// No bytes?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Interned: equal to another short string only when it is the same object.
    #[inline]
    pub fn is_short(&self) -> bool {
        self.header().header.flags & string_flags::LONG == 0
    }

    /// The hash, computed once.
    #[inline]
    pub fn hash(&self) -> u32 {
        let header = self.header().header;
        if header.flags & string_flags::HASHED != 0 { header.aux } else { self.compute_hash() }
    }

    #[cold]
    fn compute_hash(&self) -> u32 {
        let value = hash(self.as_bytes(), 0) as u32;
        // SAFETY: no borrow of the header is live, and a state belongs to one thread.
        unsafe {
            (*self.0.get()).header.aux = value;
            (*self.0.get()).header.flags |= string_flags::HASHED;
        }
        value
    }

    /// The same bytes.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        if core::ptr::eq(self, other) {
            return true;
        }
        !self.is_short() && !other.is_short() && self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

/// The intern table and what else a state keeps about strings.
#[derive(Debug, Default)]
pub struct StringTable {}

impl State {
    /// The string with these bytes: interned when short.
    pub fn new_string(&mut self, bytes: &[u8]) -> Result<Gc<Str>, Raised> {
        let _ = bytes;
        Err(self.memory_error())
    }

    /// The string with these parts one after the other. Appends in place when the first part is
    /// the whole of a string that ends at its buffer's fill mark.
    pub fn new_string_from(&mut self, parts: &[&[u8]]) -> Result<Gc<Str>, Raised> {
        let _ = parts;
        Err(self.memory_error())
    }

    /// `left .. right`, both strings.
    pub fn concat_strings(&mut self, left: Gc<Str>, right: Gc<Str>) -> Result<Gc<Str>, Raised> {
        let _ = (left, right);
        Err(self.memory_error())
    }

    /// The string that a string or number converts to; `None` for anything else.
    pub fn coerce_to_string(&mut self, value: Value) -> Result<Option<Gc<Str>>, Raised> {
        let _ = value;
        Err(self.memory_error())
    }
}
