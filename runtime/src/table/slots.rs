//! Slots: the fields of a table that has a shape.
//!
//! The first slots lie behind the table's header, as many as its shape says; the others in the
//! extension, behind [`SlotsHeader`]. The first word of an extension, here and of a dictionary, is
//! the metatable, for a table whose shape does not know it.
#![expect(unsafe_code, reason = "reads and writes slots inside the object and its extension")]

use core::ptr::{self, NonNull};

use abi::module::FieldCache;
use abi::object::{TableHeader, slot_payload_offset, slot_tag_offset, slots_size};
use abi::value::{RawValue, tag};

use super::{Table, raw};
use crate::error::Raised;
use crate::gc::Gc;
use crate::shape::{MAX_FIELDS, Shapes};
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

/// The start of an extension that has slots.
#[repr(C)]
pub(super) struct SlotsHeader {
    /// The metatable's address, or 0. First in a dictionary's header, too.
    pub(super) metatable: u64,
    /// How many slots follow.
    capacity: u64,
}

/// How many slots an extension begins with.
const FIRST_CAPACITY: usize = 4;

const fn extension_size(capacity: usize) -> usize {
    size_of::<SlotsHeader>() + slots_size(capacity)
}

impl Table {
    /// Where a slot has its tag byte and its payload.
    #[inline]
    fn slot_place(&self, shapes: &Shapes, slot: usize) -> (*mut u8, *mut u64) {
        let inline = shapes.inline_capacity(self.shape());
        let (group, slot) = if slot < inline {
            (self.header().wrapping_add(1).cast::<u8>(), slot)
        } else {
            let start = self.extension() as *mut u8;
            (start.wrapping_add(size_of::<SlotsHeader>()), slot - inline)
        };
        let tag = group.wrapping_add(slot_tag_offset(slot));
        (tag, group.wrapping_add(slot_payload_offset(slot)).cast())
    }

    /// What a site's cache says of a slot of tables like this one, which has a shape; `None` where
    /// that does not fit.
    pub(crate) fn field_cache(&self, shapes: &Shapes, slot: usize) -> Option<FieldCache> {
        let shape = self.shape();
        let inline = shapes.inline_capacity(shape);
        let (shape, start, slot) = if slot < inline {
            (shape.0, size_of::<TableHeader>(), slot)
        } else {
            let shape = shape.0 | FieldCache::IN_EXTENSION;
            (shape, size_of::<SlotsHeader>(), slot - inline)
        };
        Some(FieldCache {
            shape,
            tag_at: u16::try_from(start + slot_tag_offset(slot)).ok()?,
            payload_at: u16::try_from(start + slot_payload_offset(slot)).ok()?,
        })
    }

    /// The value of a slot that [`Table::field_cache`] described for the table's shape, or for the one
    /// it had before that said what its metatable is.
    #[inline]
    pub(super) fn at_slot(&self, slot: FieldCache) -> Value {
        debug_assert!(!self.is_dictionary());
        let outside = slot.shape & FieldCache::IN_EXTENSION != 0;
        let base = if outside { self.extension() as *mut u8 } else { self.header().cast() };
        // SAFETY: a table has room for the slots of its shape, and pairs are stored together.
        unsafe {
            let tag = u64::from(*base.add(usize::from(slot.tag_at)));
            let payload = *base.add(usize::from(slot.payload_at)).cast::<u64>();
            Value::from_raw(RawValue { payload, tag })
        }
    }

    /// The value of a slot that the table's shape has.
    #[inline]
    pub(super) fn slot(&self, shapes: &Shapes, slot: usize) -> Value {
        debug_assert!(slot < shapes.count(self.shape()));
        let (tag, payload) = self.slot_place(shapes, slot);
        // SAFETY: a table has room for the slots of its shape, and pairs are stored together.
        unsafe { Value::from_raw(RawValue { payload: *payload, tag: u64::from(*tag) }) }
    }

    /// Gives the values of all slots.
    #[inline]
    pub(super) fn for_each_slot(&self, shapes: &Shapes, mut then: impl FnMut(Value)) {
        let (count, inline) = shapes.slot_counts(self.shape());
        let inside = self.header().wrapping_add(1).cast::<u8>();
        let outside = (self.extension() as *mut u8).wrapping_add(size_of::<SlotsHeader>());
        for (group, slots) in [(inside, count.min(inline)), (outside, count.saturating_sub(inline))]
        {
            for slot in 0..slots {
                // SAFETY: as in `slot`; the places are those of `slot_place`.
                unsafe {
                    let tag = *group.add(slot_tag_offset(slot));
                    let payload = *group.add(slot_payload_offset(slot)).cast::<u64>();
                    then(Value::from_raw(RawValue { payload, tag: u64::from(tag) }));
                }
            }
        }
    }

    /// Makes a slot nil: for the collector, as there is no barrier.
    pub(super) fn clear_slot(&self, shapes: &Shapes, slot: usize) {
        debug_assert!(slot < shapes.count(self.shape()));
        let (place, _) = self.slot_place(shapes, slot);
        // SAFETY: as in `slot`; no reference is to the byte.
        unsafe { *place = tag::NIL };
    }

    /// How many slots the extension of a table with a shape has.
    fn extension_capacity(&self) -> usize {
        match NonNull::new(self.extension() as *mut SlotsHeader) {
            // SAFETY: the extension of a table with a shape begins with this header.
            Some(header) => unsafe { (*header.as_ptr()).capacity as usize },
            None => 0,
        }
    }

    /// The metatable in the extension.
    #[inline]
    pub(super) fn own_metatable(&self) -> Option<Gc<Table>> {
        let header = NonNull::new(self.extension() as *mut SlotsHeader)?;
        // SAFETY: every extension begins with this word: 0, or a table that it keeps alive.
        unsafe { Gc::from_raw_or_null((*header.as_ptr()).metatable) }
    }

    /// Writes the metatable in the extension, which is there.
    pub(super) fn set_own_metatable(&self, metatable: Option<Gc<Table>>) {
        debug_assert!(self.extension() != 0);
        // SAFETY: as in `own_metatable`.
        unsafe {
            (*(self.extension() as *mut SlotsHeader)).metatable = metatable.map_or(0, Gc::address);
        }
    }

    /// Frees the extension of a table with a shape.
    pub(super) fn free_slots(&self, heap: &mut crate::heap::Heap) {
        if let Some(buffer) = NonNull::new(self.extension() as *mut u8) {
            let size = extension_size(self.extension_capacity());
            // SAFETY: the table's own buffer, with the size it was made with.
            unsafe { heap.free_buffer(buffer, size) };
            self.set_extension(0);
        }
    }
}

impl State {
    /// A table with the `count` fields that are in the buffer of arguments, as names and values in
    /// turn: for a constructor. If they are all in slots inside, in their order, then also the
    /// header that other tables of the constructor begin with.
    pub(crate) fn new_table_of_args(
        &mut self,
        array: usize,
        count: usize,
    ) -> Result<(Gc<Table>, Option<u64>), Raised> {
        let table = self.new_table(array, count)?;
        let mut shape = table.shape();
        for index in 0..count {
            let Some(name) = self.arg(index * 2).as_string() else { return Ok((table, None)) };
            match self.shapes.with_field(shape, name) {
                Some(next) => shape = next,
                None => {
                    for index in 0..count {
                        let (name, value) = (self.arg(index * 2), self.arg(index * 2 + 1));
                        table.set(self, name, value)?;
                    }
                    return Ok((table, None));
                }
            }
        }
        table.set_shape(shape);
        for index in 0..count {
            table.set_slot(self, index, self.arg(index * 2 + 1));
        }
        Ok((table, Some(table.header_word())))
    }
}

impl Gc<Table> {
    /// Stores into a slot that the table's shape has.
    #[inline]
    pub(super) fn set_slot(self, state: &mut State, slot: usize, value: Value) {
        debug_assert!(slot < state.shapes.count(self.shape()));
        let (tag, payload) = self.slot_place(&state.shapes, slot);
        // SAFETY: a table has room for the slots of its shape; no reference is to them.
        unsafe {
            *tag = value.tag();
            *payload = value.payload();
        }
        if value.is_collectable() {
            state.barrier(self.erase(), value);
        }
    }

    /// Adds a field that is absent, named by a short string. False: such a table is better a
    /// dictionary.
    pub(super) fn add_field(
        self,
        state: &mut State,
        name: Gc<Str>,
        value: Value,
    ) -> Result<bool, Raised> {
        let shape = self.shape();
        let count = state.shapes.count(shape);
        let room = state.shapes.inline_capacity(shape) + self.extension_capacity();
        if count == room {
            // The moment to see whether fields come and go.
            let empty = (0..count).filter(|slot| self.slot(&state.shapes, *slot).is_nil());
            if count >= MAX_FIELDS || count >= 8 && empty.count() * 2 > count {
                return Ok(false);
            }
            self.grow_extension(state)?;
        }
        // From here on nothing may collect: nobody has the new shape yet.
        let Some(shape) = state.shapes.with_field(shape, name) else { return Ok(false) };
        self.set_shape(shape);
        self.set_slot(state, count, value);
        Ok(true)
    }

    /// Makes sure that there is an extension, for the metatable in it.
    pub(super) fn ensure_extension(self, state: &mut State) -> Result<(), Raised> {
        if self.extension() == 0 {
            let buffer = raw::alloc_zeroed(state, extension_size(0))?;
            self.set_extension(buffer as u64);
        }
        Ok(())
    }

    fn grow_extension(self, state: &mut State) -> Result<(), Raised> {
        let old = self.extension_capacity();
        let capacity = if old == 0 { FIRST_CAPACITY } else { old * 2 };
        let buffer = raw::alloc_zeroed(state, extension_size(capacity))?;
        if self.extension() != 0 {
            // SAFETY: the old extension is shorter; a smaller number of slots is laid out as the
            // beginning of a greater one.
            unsafe {
                ptr::copy_nonoverlapping(
                    self.extension() as *const u8,
                    buffer,
                    extension_size(old),
                );
            }
        }
        // SAFETY: the buffer begins with this header.
        unsafe { (*buffer.cast::<SlotsHeader>()).capacity = capacity as u64 };
        self.free_slots(&mut state.heap);
        self.set_extension(buffer as u64);
        Ok(())
    }
}

const _: () = assert!(size_of::<TableHeader>().is_multiple_of(8));
