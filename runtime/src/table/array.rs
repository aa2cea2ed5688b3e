//! The array part: elements 1 to `array_len`.
//!
//! Of the kinds INT, FLOAT, TABLE and STRING the buffer has bare payloads, and all elements are
//! there. Of the kind ANY it has `array_capacity` payloads and behind them as many tag bytes;
//! from `array_len` on there is nil. Of the kind NONE there are no elements; a buffer, if there is
//! one, waits for the first.
#![expect(unsafe_code, reason = "reads and writes the buffer of the array part")]

use core::ptr::{self, NonNull};

use abi::object::array_kind::{ANY, FLOAT, INT, NONE, STRING, TABLE};
use abi::object::gc;
use abi::value::{RawValue, tag};

use super::dictionary::Node;
use super::{Table, raw};
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// The capacity of a first buffer that nobody gave a hint for.
const FIRST_CAPACITY: u32 = 4;
/// No array has more elements; keys beyond are in the dictionary.
pub(super) const MAX_CAPACITY: u32 = 1 << 31;
/// Constructors with more elements go one by one, to the error at the end.
const MAX_LIST: i64 = 1 << 30;

/// The tag of the elements of a typed kind.
#[inline(always)]
const fn element_tag(kind: u8) -> u8 {
    const TAGS: [u8; 8] = {
        let mut tags = [tag::NIL; 8];
        tags[INT as usize] = tag::INT;
        tags[FLOAT as usize] = tag::FLOAT;
        tags[TABLE as usize] = tag::TABLE;
        tags[STRING as usize] = tag::STRING;
        tags
    };
    TAGS[kind as usize % TAGS.len()]
}

/// The kind for elements with this tag.
const fn kind_for(tag: u8) -> u8 {
    match tag {
        tag::INT => INT,
        tag::FLOAT => FLOAT,
        tag::TABLE => TABLE,
        tag::STRING => STRING,
        _ => ANY,
    }
}

const fn buffer_size(kind: u8, capacity: u32) -> usize {
    capacity as usize * if kind == ANY { 9 } else { 8 }
}

impl Table {
    #[inline]
    fn payloads(&self) -> *mut u64 {
        self.array() as *mut u64
    }

    /// The tag bytes of an array of kind ANY.
    #[inline]
    fn tags(&self) -> *mut u8 {
        (self.array() as *mut u8).wrapping_add(self.array_capacity() as usize * 8)
    }

    /// Element `index`, counted from 0; `None` when the array part is shorter.
    #[inline]
    pub(super) fn element(&self, index: u64) -> Option<Value> {
        if index >= u64::from(self.array_len()) {
            return None;
        }
        let index = index as usize;
        let kind = self.array_kind();
        // SAFETY: the buffer has `array_len` elements, in the layout of its kind; a payload and
        // the tag of its kind, or the tag beside it, were stored together.
        unsafe {
            let payload = *self.payloads().add(index);
            let tag = if kind == ANY { *self.tags().add(index) } else { element_tag(kind) };
            Some(Value::from_raw(RawValue { payload, tag: u64::from(tag) }))
        }
    }

    /// The value at a key that may be among the elements, else nil.
    #[inline(always)]
    pub fn get_element(&self, key: u32) -> Value {
        self.element(u64::from(key.wrapping_sub(1))).unwrap_or_default()
    }

    /// Stores into an array of kind ANY.
    #[inline]
    fn write_any(&self, index: u32, value: Value) {
        debug_assert!(self.array_kind() == ANY && index < self.array_capacity());
        // SAFETY: the buffer has `array_capacity` payloads and tags, which no reference is to.
        unsafe {
            *self.payloads().add(index as usize) = value.payload();
            *self.tags().add(index as usize) = value.tag();
        }
    }

    /// Makes an element of an array of kind ANY nil: for the collector. The array keeps its length.
    pub(super) fn clear_element(&self, index: u32) {
        debug_assert!(index < self.array_len());
        self.write_any(index, Value::NIL);
    }

    /// Gives the elements that are heap objects.
    #[inline]
    pub(super) fn for_each_object(&self, mut then: impl FnMut(Value)) {
        let (kind, len) = (self.array_kind(), self.array_len() as usize);
        let (payloads, tags) = (self.payloads(), self.tags());
        // SAFETY: as in `element`; `then` changes no array.
        unsafe {
            if kind == ANY {
                for index in 0..len {
                    let tag = *tags.add(index);
                    if tag & tag::COLLECTABLE_BIT != 0 {
                        let payload = *payloads.add(index);
                        then(Value::from_raw(RawValue { payload, tag: u64::from(tag) }));
                    }
                }
            } else if kind >= TABLE {
                let tag = u64::from(element_tag(kind));
                for index in 0..len {
                    then(Value::from_raw(RawValue { payload: *payloads.add(index), tag }));
                }
            }
        }
    }

    /// How many elements are not nil.
    pub(super) fn count_elements(&self) -> u32 {
        if self.array_kind() != ANY {
            return self.array_len();
        }
        (0..u64::from(self.array_len()))
            .filter(|index| self.element(*index).is_some_and(|value| !value.is_nil()))
            .count() as u32
    }

    /// May the absent key `key` be an element without growing the buffer?
    #[inline]
    pub(super) fn takes_element(&self, key: i64) -> bool {
        matches!(self.array_kind(), ANY | NONE)
            && key > 0
            && key <= i64::from(self.array_capacity())
    }

    /// A border, from the array part as far as that goes.
    #[inline]
    pub(super) fn border(&self) -> i64 {
        let len = u64::from(self.array_len());
        if self.array_kind() == ANY && len > 0 && self.is_nil_at(len - 1) {
            return self.border_below(len);
        }
        // The element behind the last one is never in the dictionary.
        len as i64
    }

    fn is_nil_at(&self, index: u64) -> bool {
        self.element(index).is_none_or(Value::is_nil)
    }

    /// A border below `len`, whose element is nil: the neighbour, or found by halving, so that
    /// the same arrays give the same answers as in the reference.
    fn border_below(&self, len: u64) -> i64 {
        if len >= 2 && !self.is_nil_at(len - 2) {
            return len as i64 - 1;
        }
        let (mut low, mut high) = (0, len);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if self.is_nil_at(middle - 1) {
                high = middle;
            } else {
                low = middle;
            }
        }
        low as i64
    }

    /// Frees the buffer.
    pub(super) fn free_array(&self, heap: &mut crate::heap::Heap) {
        if let Some(buffer) = NonNull::new(self.array() as *mut u8) {
            let size = buffer_size(self.array_kind(), self.array_capacity());
            // SAFETY: the table's own buffer, with the size it was made with, and forgotten here.
            unsafe { heap.free_buffer(buffer, size) };
        }
        self.set_array(0);
        self.set_array_len(0);
        self.set_array_capacity(0);
        self.set_array_kind(NONE);
    }
}

impl Gc<Table> {
    /// Stores into element `index`, counted from 0, which is there.
    #[inline]
    pub(super) fn set_element(
        self,
        state: &mut State,
        index: u32,
        value: Value,
    ) -> Result<(), Raised> {
        debug_assert!(index < self.array_len());
        let kind = self.array_kind();
        if kind != ANY {
            if value.tag() == element_tag(kind) {
                // SAFETY: the element is there, and no reference is to it.
                unsafe { *self.payloads().add(index as usize) = value.payload() };
                if kind >= TABLE {
                    state.barrier(self.erase(), value);
                }
                return Ok(());
            }
            if value.is_nil() && index + 1 == self.array_len() {
                self.set_array_len(index);
                return Ok(());
            }
            self.make_any(state, self.array_capacity())?;
        }
        self.write_any(index, value);
        if value.is_nil() && index + 1 == self.array_len() {
            self.set_array_len(index);
        }
        if value.is_collectable() {
            state.barrier(self.erase(), value);
        }
        Ok(())
    }

    /// Stores a value that is not nil over another one, if both are among the elements and nothing
    /// else has to change.
    #[inline]
    pub fn replace_element(self, state: &mut State, key: u32, value: Value) -> bool {
        let index = key.wrapping_sub(1);
        let is_replacing = index < self.array_len() && !value.is_nil();
        if !is_replacing || self.array_kind() == ANY && self.is_nil_at(u64::from(index)) {
            return false;
        }
        self.write_fitting(state, index, value)
    }

    /// Stores an element for which the buffer has room, unless the array is of another kind.
    #[inline]
    fn write_fitting(self, state: &mut State, index: u32, value: Value) -> bool {
        let kind = self.array_kind();
        if kind == ANY {
            self.write_any(index, value);
        } else if value.tag() == element_tag(kind) {
            debug_assert!(index < self.array_capacity());
            // SAFETY: callers saw that the buffer has room, and no reference is to it.
            unsafe { *self.payloads().add(index as usize) = value.payload() };
        } else {
            return false;
        }
        if value.is_collectable() {
            state.barrier(self.erase(), value);
        }
        true
    }

    /// Stores the element behind the last one; the value is not nil.
    #[inline]
    pub(super) fn push(self, state: &mut State, value: Value) -> Result<(), Raised> {
        if self.append(state, value)? && self.is_dictionary() && self.nodes().int_keys() > 0 {
            self.remove_int(i64::from(self.array_len()));
            self.take_following(state)?;
        }
        Ok(())
    }

    /// Stores the element behind the last one, if `key` is that and nothing else has to change.
    #[inline]
    pub fn append_in_place(self, state: &mut State, key: u64, value: Value) -> bool {
        let len = self.array_len();
        let fits = u64::from(len) + 1 == key && len < self.array_capacity() && len > 0;
        if !fits || value.is_nil() || self.is_dictionary() && self.nodes().int_keys() > 0 {
            return false;
        }
        if !self.write_fitting(state, len, value) {
            return false;
        }
        self.set_array_len(len + 1);
        true
    }

    /// `count` elements of `from`, from `first` on, over or right behind elements from `target` on.
    /// False, and nothing is done, when more than a copy of memory is needed.
    pub fn copy_elements(
        self,
        state: &mut State,
        target: i64,
        from: Gc<Table>,
        first: i64,
        count: i64,
    ) -> Result<bool, Raised> {
        let (len, kind) = (i64::from(self.array_len()), from.array_kind());
        let fits = first > 0 && count > 0 && count <= i64::from(from.array_len()) - (first - 1);
        if !fits || target <= 0 || target - 1 > len || self.is_dictionary() {
            return Ok(false);
        }
        let (first, start, count) = (first as usize - 1, target as usize - 1, count as usize);
        let takes_kind = len == 0 && self.array_kind() != ANY && kind != ANY && !self.is_weak();
        if self.array_kind() != kind && !takes_kind {
            return Ok(false);
        }
        let end = start + count;
        let mut capacity = self.array_capacity() as usize;
        if kind == ANY {
            // SAFETY: the range is among the elements of `from`, which have a tag each.
            let tags = unsafe { core::slice::from_raw_parts(from.tags().add(first), count) };
            if end > capacity || tags.contains(&tag::NIL) {
                return Ok(false);
            }
        } else if end > capacity {
            // As appending one by one does it.
            while capacity < end && capacity < MAX_CAPACITY as usize {
                capacity = (capacity * 2).max(FIRST_CAPACITY as usize);
            }
            if capacity < end {
                return Ok(false);
            }
            self.resize_typed(state, capacity as u32)?;
        }
        self.set_array_kind(kind);
        // SAFETY: both ranges are inside their buffers, of one kind; they may overlap.
        unsafe {
            ptr::copy(from.payloads().add(first), self.payloads().add(start), count);
            if kind == ANY {
                ptr::copy(from.tags().add(first), self.tags().add(start), count);
            }
        }
        self.set_array_len(self.array_len().max(end as u32));
        if kind >= TABLE && self.erase().gc_bits() & gc::OLD != 0 {
            for index in start..end {
                let value = self.element(index as u64).unwrap_or_default();
                state.barrier(self.erase(), value);
            }
        }
        Ok(true)
    }

    /// Takes the last element away, if the array is all there is to it.
    pub(crate) fn pop_in_place(self) -> Option<Value> {
        let len = self.array_len();
        let value = self.element(u64::from(len).checked_sub(1)?)?;
        if value.is_nil() || self.is_dictionary() && self.nodes().int_keys() > 0 {
            return None;
        }
        if self.array_kind() == ANY {
            self.write_any(len - 1, Value::NIL);
        }
        self.set_array_len(len - 1);
        Some(value)
    }

    /// The part of [`Gc::push`] that leaves the dictionary alone. False: the array had holes, it
    /// is smaller now, and the value was stored where it belongs then.
    fn append(self, state: &mut State, value: Value) -> Result<bool, Raised> {
        if self.array_len() == self.array_capacity() && !self.grow(state, value)? {
            return Ok(false);
        }
        let index = self.array_len();
        if index == 0 && self.array_kind() != ANY && !self.is_weak() {
            self.choose_kind(state, kind_for(value.tag()))?;
        }
        self.set_array_len(index + 1);
        if let Err(raised) = self.set_new_element(state, index, value) {
            self.set_array_len(index);
            return Err(raised);
        }
        Ok(true)
    }

    /// [`Gc::set_element`] for the last element, which holds nothing yet.
    #[inline]
    fn set_new_element(self, state: &mut State, index: u32, value: Value) -> Result<(), Raised> {
        if self.array_kind() != ANY && value.tag() != element_tag(self.array_kind()) {
            // What `make_any` copies must be there.
            self.set_array_len(index);
            self.make_any(state, self.array_capacity())?;
            self.set_array_len(index + 1);
        }
        self.set_element(state, index, value)
    }

    /// An array without elements gets its kind; a buffer fits all typed kinds.
    fn choose_kind(self, state: &mut State, kind: u8) -> Result<(), Raised> {
        if kind == ANY {
            return self.make_any(state, self.array_capacity());
        }
        self.set_array_kind(kind);
        Ok(())
    }

    /// Makes room for one more element. False: the array has holes, is smaller now, and `value`
    /// was stored by way of a rehash.
    fn grow(self, state: &mut State, value: Value) -> Result<bool, Raised> {
        let capacity = self.array_capacity();
        if capacity >= MAX_CAPACITY {
            return Err(state.memory_error());
        }
        if self.is_dictionary() && capacity as usize >= self.nodes().count() {
            // Nor would the reference keep so many elements among the other keys.
            self.nodes().set_fields_first(false);
        }
        let doubled = if capacity == 0 { FIRST_CAPACITY } else { capacity * 2 };
        if self.array_kind() != ANY {
            self.resize_typed(state, doubled)?;
            return Ok(true);
        }
        if self.count_elements() + 1 > capacity / 2 {
            self.make_any(state, doubled)?;
            return Ok(true);
        }
        // A queue: elements come at the end and go at the start.
        let key = i64::from(capacity) + 1;
        if !self.is_dictionary() {
            self.make_dictionary(state, 1)?;
        }
        self.rehash(state, Value::int(key))?;
        self.set_int(state, key, value)?;
        Ok(false)
    }

    /// Gives a new, empty table room for `capacity` elements.
    pub(super) fn reserve_array(self, state: &mut State, capacity: usize) -> Result<(), Raised> {
        match u32::try_from(capacity) {
            Ok(capacity) if capacity <= MAX_CAPACITY => self.resize_typed(state, capacity),
            _ => Err(state.memory_error()),
        }
    }

    /// Changes the capacity of an array that is not ANY.
    fn resize_typed(self, state: &mut State, capacity: u32) -> Result<(), Raised> {
        let (kind, old) = (self.array_kind(), self.array_capacity());
        let size = buffer_size(kind, capacity);
        let buffer = match NonNull::new(self.array() as *mut u8) {
            None => raw::alloc(state, size)?,
            Some(buffer) => {
                // SAFETY: the table's own buffer with its size; its address is replaced below.
                let grown =
                    unsafe { state.heap.realloc_buffer(buffer, buffer_size(kind, old), size) };
                match grown {
                    Ok(buffer) => buffer.as_ptr(),
                    Err(_) => return Err(state.memory_error()),
                }
            }
        };
        self.set_array(buffer as u64);
        self.set_array_capacity(capacity);
        raw::ask_for_collection(state, size);
        Ok(())
    }

    /// Makes the array one of kind ANY with this capacity, which its elements fit into.
    pub(super) fn make_any(self, state: &mut State, capacity: u32) -> Result<(), Raised> {
        debug_assert!(self.array_len() <= capacity);
        let (len, kind) = (self.array_len(), self.array_kind());
        if capacity == 0 {
            self.free_array(&mut state.heap);
            self.set_array_kind(ANY);
            return Ok(());
        }
        let buffer = raw::alloc(state, buffer_size(ANY, capacity))?;
        // SAFETY: the new buffer has room for `capacity` payloads and tags; the old one has `len`
        // elements in the layout of its kind. They do not overlap.
        unsafe {
            let tags = buffer.add(capacity as usize * 8);
            ptr::write_bytes(tags, tag::NIL, capacity as usize);
            // Payloads as well: two nils have the same one.
            ptr::write_bytes(buffer.cast::<u64>().add(len as usize), 0, (capacity - len) as usize);
            if len > 0 {
                ptr::copy_nonoverlapping(self.payloads(), buffer.cast(), len as usize);
                if kind == ANY {
                    ptr::copy_nonoverlapping(self.tags(), tags, len as usize);
                } else {
                    ptr::write_bytes(tags, element_tag(kind), len as usize);
                }
            }
        }
        self.free_array(&mut state.heap);
        self.set_array(buffer as u64);
        self.set_array_capacity(capacity);
        self.set_array_len(len);
        self.set_array_kind(ANY);
        Ok(())
    }

    /// Drops the elements behind the first `size` of an array of kind ANY.
    pub(super) fn shrink_array(self, state: &mut State, size: u32) {
        for index in size..self.array_len() {
            self.write_any(index, Value::NIL);
        }
        self.set_array_len(self.array_len().min(size));
        // Without memory for a smaller buffer the greater one does.
        let _ = self.make_any(state, size);
    }

    /// Writes an element that comes from the dictionary into an array of kind ANY with room for
    /// it.
    pub(super) fn put_element(self, key: Value, value: Value) {
        let key = key.payload() as u32;
        debug_assert!(self.array_kind() == ANY && key > 0 && key <= self.array_capacity());
        self.set_array_len(self.array_len().max(key));
        self.write_any(key - 1, value);
    }

    /// Stores the absent element `key`, which [`Table::takes_element`], with nil before it.
    pub(super) fn extend_array(
        self,
        state: &mut State,
        key: u32,
        value: Value,
    ) -> Result<(), Raised> {
        if self.array_kind() != ANY {
            self.make_any(state, self.array_capacity())?;
        }
        let old = self.array_len();
        debug_assert!(old < key && key <= self.array_capacity());
        self.set_array_len(key);
        self.write_any(key - 1, value);
        if value.is_collectable() {
            state.barrier(self.erase(), value);
        }
        if self.is_dictionary() && self.nodes().int_keys() > 0 {
            for key in old + 1..=key {
                if let Some(value) = self.remove_int(i64::from(key)) {
                    self.write_any(key - 1, value);
                }
            }
            self.take_following(state)?;
        }
        Ok(())
    }

    /// Moves elements that follow the last one from the dictionary into the array.
    pub(super) fn take_following(self, state: &mut State) -> Result<(), Raised> {
        while self.nodes().int_keys() > 0 {
            let key = i64::from(self.array_len()) + 1;
            let Some(node) = self.nodes().find_int(key) else { break };
            if !node.is_present() {
                break;
            }
            // It stays in the dictionary until there is room in the array.
            if self.append(state, node.get())? {
                self.remove_int(key);
            }
        }
        Ok(())
    }

    /// Stores `values` as elements `first`, `first + 1` and so on, nil included: what a
    /// constructor does. The array part keeps the size, whatever the last values are.
    pub fn set_list(self, state: &mut State, first: i64, values: &[Value]) -> Result<(), Raised> {
        let len = i64::from(self.array_len());
        if !self.is_dictionary() && first == len + 1 && len + (values.len() as i64) < MAX_LIST {
            return self.append_list(state, values);
        }
        let same = |pair: &[Value]| kind_for(pair[0].tag()) == kind_for(pair[1].tag());
        if self.array_len() == 0 && !values.windows(2).all(same) {
            let room = self.array_capacity().max(values.len() as u32);
            self.make_any(state, room)?;
        }
        for (offset, value) in values.iter().enumerate() {
            let key = first.wrapping_add(offset as i64);
            self.set_int(state, key, *value)?;
            if value.is_nil() && key == i64::from(self.array_len()) + 1 {
                self.append_nil(state, (values.len() - offset) as u32)?;
            }
        }
        Ok(())
    }

    /// The usual case of [`Gc::set_list`]: `values` come behind the last element.
    fn append_list(self, state: &mut State, values: &[Value]) -> Result<(), Raised> {
        let Some(first) = values.first() else { return Ok(()) };
        let (len, total) = (self.array_len(), self.array_len() + values.len() as u32);
        let kind = kind_for(first.tag());
        let fits =
            self.array_kind() == kind || len == 0 && self.array_kind() != ANY && !self.is_weak();
        if kind != ANY && fits && values.iter().all(|value| value.tag() == first.tag()) {
            if total > self.array_capacity() {
                self.resize_typed(state, total)?;
            }
            self.set_array_kind(kind);
            for (index, value) in values.iter().enumerate() {
                // SAFETY: the buffer has room for `total` payloads, and no reference is to them.
                unsafe { *self.payloads().add(len as usize + index) = value.payload() };
            }
        } else {
            if self.array_kind() != ANY || total > self.array_capacity() {
                self.make_any(state, self.array_capacity().max(total))?;
            }
            for (index, value) in (len..).zip(values) {
                self.write_any(index, *value);
            }
        }
        self.set_array_len(total);
        for value in values {
            state.barrier(self.erase(), *value);
        }
        Ok(())
    }

    /// Appends an element that is nil to an array that will get `coming` elements.
    fn append_nil(self, state: &mut State, coming: u32) -> Result<(), Raised> {
        let len = self.array_len();
        if self.is_dictionary() && self.nodes().int_keys() > 0 {
            // What would stand behind the last element must not be in the dictionary. Either the
            // constructor is about to overwrite it, or the array ends before the nil.
            let next = i64::from(len) + 2;
            if coming > 1 {
                self.remove_int(next);
            } else if self.nodes().find_int(next).is_some_and(Node::is_present) {
                return Ok(());
            }
        }
        let room = self.array_capacity().max(len.saturating_add(coming));
        if self.array_kind() != ANY || room > self.array_capacity() {
            self.make_any(state, room)?;
        }
        self.set_array_len(len + 1);
        Ok(())
    }
}
