//! Strings: immutable bytes.
//!
//! Up to 40 bytes a string is *short*: it is interned, so that equal ones are the same object, and
//! its bytes follow the header. *Long* ones have their bytes behind the header too, except when
//! they come from appending to what was itself made by a concatenation: those lie in a buffer with
//! room at its end, which the results of further appending share (`buffer`). So a loop of
//! `s = s .. x` takes time in proportion to what it appends.
#![expect(unsafe_code, reason = "a string's bytes lie behind its header or in a buffer")]

mod buffer;
mod intern;
#[cfg(test)]
mod tests;

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr;

use abi::object::{MAX_SHORT_STRING, StringHeader, kind, string_flags};

use crate::error::Raised;
use crate::files::Stream;
use crate::gc::{Gc, Object};
use crate::heap::LARGE;
use crate::heap::block::MAX_CELL;
use crate::state::State;
use crate::text::hash::hash;
use crate::text::number::text;
use crate::text::short;
use crate::value::Value;

pub(crate) use buffer::free_parts;
pub use intern::StringTable;

/// A bit of [`string_flags`] of the runtime's own: made by a concatenation.
const CONCATENATED: u8 = 0x80;

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

    /// The size of the cell it lies in, unless it stands alone.
    #[inline]
    pub(crate) fn cell_size(&self) -> usize {
        let header = self.header();
        let inline = header.header.flags & string_flags::LONG == 0 || header.link == 0;
        let bytes = if inline { header.len as usize + 1 } else { 0 };
        (size_of::<StringHeader>() + bytes).next_multiple_of(16)
    }

    /// Interned: equal to another short string only when it is the same object.
    #[inline]
    pub fn is_short(&self) -> bool {
        self.header().header.flags & string_flags::LONG == 0
    }

    /// Long, and made by a concatenation: more is likely to be appended, and there may be room for it.
    #[inline]
    pub fn is_concatenated(&self) -> bool {
        self.header().header.flags & CONCATENATED != 0
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

impl State {
    /// The string with these bytes: interned when short. A safepoint.
    pub fn new_string(&mut self, bytes: &[u8]) -> Result<Gc<Str>, Raised> {
        if bytes.len() <= MAX_SHORT_STRING {
            return self.intern(bytes);
        }
        // SAFETY: all bytes are written, each once.
        unsafe {
            let (string, data) = self.new_long_string(bytes.len())?;
            ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
            Ok(string)
        }
    }

    /// The string with these parts one after the other. A safepoint: parts that are the bytes of
    /// strings must be rooted.
    pub fn new_string_from(&mut self, parts: &[&[u8]]) -> Result<Gc<Str>, Raised> {
        let len = self.total_len(parts.iter().map(|part| part.len()))?;
        if len <= MAX_SHORT_STRING {
            let mut bytes = [0; MAX_SHORT_STRING];
            let mut at = 0;
            for part in parts {
                bytes[at..at + part.len()].copy_from_slice(part);
                at += part.len();
            }
            return self.intern(&bytes[..len]);
        }
        // SAFETY: the parts come to `len` bytes, each of which is written once.
        unsafe {
            let (string, mut data) = self.new_long_string(len)?;
            for part in parts {
                ptr::copy_nonoverlapping(part.as_ptr(), data, part.len());
                data = data.add(part.len());
            }
            Ok(string)
        }
    }

    /// The next `count` bytes of a stream, or as many as there are; `None` where there are none. A
    /// safepoint. Room is made for all of them at first.
    pub fn read_string(&mut self, stream: Stream, count: usize) -> Result<Option<Gc<Str>>, Raised> {
        if count <= MAX_SHORT_STRING {
            let mut bytes = [0; MAX_SHORT_STRING];
            let got = stream.read(&mut bytes[..count]);
            return if got == 0 { Ok(None) } else { self.intern(&bytes[..got]).map(Some) };
        }
        // SAFETY: as many bytes are written as the string is then said to have. Nobody knows it before
        // that, and reading is no safepoint.
        unsafe {
            let (string, data) = self.new_long_string(count)?;
            let place = core::slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), count);
            let got = stream.read_into(place);
            if got == count {
                return Ok(Some(string));
            }
            if got > MAX_SHORT_STRING && string.erase().gc_bits() & LARGE != 0 {
                return Ok(Some(self.shrink_new_string(string, got)));
            }
            let mut bytes = [0; MAX_CELL];
            bytes[..got].copy_from_slice(core::slice::from_raw_parts(data, got));
            // What was made stays behind, and nobody ever knows it.
            if got == 0 { Ok(None) } else { self.new_string(&bytes[..got]).map(Some) }
        }
    }

    /// A long string of `len` bytes, which are to be written to the address beside it. A safepoint.
    ///
    /// # Safety
    ///
    /// Each of the bytes is written before the next safepoint.
    #[inline]
    unsafe fn new_long_string(&mut self, len: usize) -> Result<(Gc<Str>, *mut u8), Raised> {
        debug_assert!(len > MAX_SHORT_STRING);
        let Some(size) = len.checked_add(size_of::<StringHeader>() + 1) else {
            return Err(self.memory_error());
        };
        let object = self.alloc_unfilled(kind::STRING, size)?.cast::<StringHeader>();
        // SAFETY: a fresh object of that size, which nobody else refers to yet.
        unsafe {
            let data = object.add(1).cast::<u8>().as_ptr();
            let header = &mut *object.as_ptr();
            header.header.flags = string_flags::LONG;
            header.len = len as u64;
            header.data = data as u64;
            header.link = 0;
            data.add(len).write(0);
            Ok((Gc::from_raw(object.as_ptr() as u64), data))
        }
    }

    /// Leaves the first `len` bytes of a string.
    ///
    /// # Safety
    ///
    /// Nobody else knows it yet. It stands alone, and was the last object that was allocated.
    unsafe fn shrink_new_string(&mut self, string: Gc<Str>, len: usize) -> Gc<Str> {
        // SAFETY: the caller's promise; the first bytes move with the object.
        unsafe {
            let shrunk = self.heap.shrink_last_large(size_of::<StringHeader>() + len + 1);
            let object = shrunk.map_or(string.address(), |object| object.as_ptr() as u64);
            let header = object as *mut StringHeader;
            let data = header.add(1).cast::<u8>();
            (*header).len = len as u64;
            (*header).data = data as u64;
            data.add(len).write(0);
            Gc::from_raw(object)
        }
    }

    /// `left` with all of `rest` behind it, in place where `left` ends at the fill mark of its
    /// buffer. A safepoint: `left`, and what `rest` belongs to, must be rooted.
    pub fn append(&mut self, left: Gc<Str>, rest: &[&[u8]]) -> Result<Gc<Str>, Raised> {
        let len = self.total_len(rest.iter().map(|part| part.len()).chain([left.len()]))?;
        if len == left.len() {
            return Ok(left);
        }
        if len > MAX_SHORT_STRING
            && let Some(result) = self.append_to_buffer(left, rest, len)?
        {
            return Ok(result);
        }
        if let [last] = rest {
            return self.join_strings(&[left.as_bytes(), last]);
        }
        let mut parts = alloc::vec::Vec::new();
        if parts.try_reserve_exact(rest.len() + 1).is_err() {
            return Err(self.memory_error());
        }
        parts.push(left.as_bytes());
        parts.extend_from_slice(rest);
        self.join_strings(&parts)
    }

    /// The string with these parts one after the other, as concatenation makes it: more is likely
    /// to be appended. A safepoint: as for `new_string_from`.
    pub fn join_strings(&mut self, parts: &[&[u8]]) -> Result<Gc<Str>, Raised> {
        let result = match parts {
            [part] => self.new_string(part)?,
            parts => self.new_string_from(parts)?,
        };
        if !result.is_short() {
            // SAFETY: no borrow of the header is live.
            unsafe { (*result.0.get()).header.flags |= CONCATENATED };
        }
        Ok(result)
    }

    /// Strings one after the other, `len` bytes in all, which is more than a short string has. A
    /// safepoint.
    pub fn join_long(&mut self, strings: &[Gc<Str>], len: usize) -> Result<Gc<Str>, Raised> {
        debug_assert_eq!(strings.iter().map(|string| string.len()).sum::<usize>(), len);
        // SAFETY: the strings come to `len` bytes, each of which is written once. The caller holds the
        // strings.
        unsafe {
            let (result, mut data) = self.new_long_string(len)?;
            (*result.0.get()).header.flags |= CONCATENATED;
            for string in strings {
                let bytes = string.as_bytes();
                short::copy(core::slice::from_raw_parts_mut(data, bytes.len()), bytes);
                data = data.add(bytes.len());
            }
            Ok(result)
        }
    }

    fn total_len(&mut self, lens: impl Iterator<Item = usize>) -> Result<usize, Raised> {
        let mut total = 0usize;
        for len in lens {
            match total.checked_add(len) {
                Some(sum) if sum < isize::MAX as usize => total = sum,
                _ => return Err(self.error(format_args!("string length overflow"))),
            }
        }
        Ok(total)
    }

    /// The string that a string or number converts to; `None` for anything else.
    pub fn coerce_to_string(&mut self, value: Value) -> Result<Option<Gc<Str>>, Raised> {
        if let Some((word, len)) = value.as_int().and_then(short::decimal_word) {
            return self.intern_word(word, len).map(Some);
        }
        match value.as_number() {
            Some(number) => self.new_string(text(number).as_bytes()).map(Some),
            None => Ok(value.as_string()),
        }
    }
}
