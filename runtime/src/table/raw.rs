//! The fields of a table's header, one by one.
#![expect(unsafe_code, reason = "reads and writes the header through a shared reference")]

use core::ptr::NonNull;

use abi::object::{ObjectHeader, TableHeader, table_flags};

use super::Table;
use crate::error::Raised;
use crate::gc::Gc;
use crate::shape::ShapeId;
use crate::state::State;

macro_rules! fields {
    ($($(#[$doc:meta])* $get:ident, $set:ident: $($path:ident).+ : $type:ty;)*) => {
        impl Table {
            $(
                $(#[$doc])*
                #[inline]
                pub(super) fn $get(&self) -> $type {
                    // SAFETY: a copy is read; a state belongs to one thread.
                    unsafe { (*self.header()).$($path).+ }
                }

                #[inline]
                #[allow(dead_code, reason = "not every field is written alone")]
                pub(super) fn $set(&self, value: $type) {
                    // SAFETY: nobody holds a reference into the header.
                    unsafe { (*self.header()).$($path).+ = value }
                }
            )*
        }
    };
}

fields! {
    /// The address of the payloads, or 0.
    array, set_array: array: u64;
    /// [`TableHeader::array_len`]
    array_len_raw, set_array_len: array_len: u32;
    /// [`TableHeader::array_capacity`]
    array_capacity, set_array_capacity: array_capacity: u32;
    /// The address of the extension, or 0.
    extension, set_extension: extension: u64;
    /// [`abi::object::array_kind`]
    array_kind_raw, set_array_kind: header.extra: u8;
    shape_raw, set_shape_raw: header.aux: u32;
    flags_raw, set_flags_raw: header.flags: u8;
}

impl Table {
    /// The header. What is behind it belongs to the table as well: slots, see `slots`.
    #[inline]
    pub(super) fn header(&self) -> *mut TableHeader {
        self.0.get()
    }

    /// The header that all objects have, as it lies in memory.
    pub(super) fn header_word(&self) -> u64 {
        // SAFETY: the first eight bytes, which are initialised.
        unsafe { self.header().cast::<u64>().read() }
    }

    /// A zeroed object of kind TABLE that nobody else has, made a table of this shape.
    pub(super) fn from_new_object(object: NonNull<ObjectHeader>, shape: ShapeId) -> Gc<Table> {
        // SAFETY: `State::alloc_object` gave it out with the size of this shape's tables; all
        // other fields of an empty table are zero.
        let table: Gc<Table> = unsafe { Gc::from_raw(object.as_ptr() as u64) };
        table.set_shape(shape);
        table
    }

    /// How many elements the array part has: see [`TableHeader::array_len`].
    #[inline]
    pub fn array_len(&self) -> u32 {
        self.array_len_raw()
    }

    /// One of [`abi::object::array_kind`].
    #[inline]
    pub fn array_kind(&self) -> u8 {
        self.array_kind_raw()
    }

    /// Its shape; id 0 for a dictionary.
    #[inline]
    pub fn shape(&self) -> ShapeId {
        ShapeId(self.shape_raw())
    }

    #[inline]
    pub(super) fn set_shape(&self, shape: ShapeId) {
        self.set_shape_raw(shape.0);
    }

    /// Are its fields in a dictionary?
    #[inline]
    pub fn is_dictionary(&self) -> bool {
        self.shape().is_dictionary()
    }

    /// Bits of [`table_flags`], and those of `metatable`.
    #[inline]
    pub fn flags(&self) -> u8 {
        self.flags_raw()
    }

    #[inline]
    pub(super) fn set_flags(&self, bits: u8) {
        self.set_flags_raw(self.flags_raw() | bits);
    }

    #[inline]
    pub(super) fn clear_flags(&self, bits: u8) {
        self.set_flags_raw(self.flags_raw() & !bits);
    }

    /// Has its metatable made it weak?
    #[inline]
    pub(super) fn is_weak(&self) -> bool {
        self.flags() & table_flags::WEAK != 0
    }
}

/// Buffers from this size on make the next allocation of an object ask whether to collect.
const LARGE_BUFFER: usize = 4096;

/// To be called when a buffer of this size was allocated, or an older one has got this size.
pub(super) fn ask_for_collection(state: &mut State, size: usize) {
    if size >= LARGE_BUFFER {
        state.check_pacing();
    }
}

/// A buffer of the heap for a table.
pub(super) fn alloc(state: &mut State, size: usize) -> Result<*mut u8, Raised> {
    match state.heap.alloc_buffer(size) {
        Ok(buffer) => {
            ask_for_collection(state, size);
            Ok(buffer.as_ptr())
        }
        Err(_) => Err(state.memory_error()),
    }
}

/// A zeroed buffer of the heap for a table.
pub(super) fn alloc_zeroed(state: &mut State, size: usize) -> Result<*mut u8, Raised> {
    match state.heap.alloc_zeroed_buffer(size) {
        Ok(buffer) => {
            ask_for_collection(state, size);
            Ok(buffer.as_ptr())
        }
        Err(_) => Err(state.memory_error()),
    }
}
