//! Buffers of long strings, shared by a string and those made by appending to it.
//!
//! All of them start at the first byte; each ends somewhere before the *fill mark*, the last one
//! at it. Behind the mark is room. Bytes before it never change.
#![expect(unsafe_code, reason = "lays out memory by hand")]

use core::ptr::{self, NonNull};

use abi::object::{StringHeader, kind, string_flags};

use super::{CONCATENATED, Str};
use crate::error::Raised;
use crate::gc::Gc;
use crate::heap::Heap;
use crate::state::State;
use crate::text::short;

/// The head of a buffer; the bytes follow.
#[repr(C)]
struct SharedBuffer {
    /// How many strings lie in it.
    users: u64,
    /// How many bytes there is room for, the NUL behind the last one included.
    capacity: u64,
    /// How many bytes are there, without the NUL.
    fill: u64,
    padding: u64,
}

impl SharedBuffer {
    const fn size(capacity: usize) -> usize {
        size_of::<SharedBuffer>() + capacity
    }
}

impl State {
    /// `left` with `rest` behind it, `len` bytes in all, in a buffer; `None` when `left` gives no
    /// reason for one.
    pub(super) fn append_to_buffer(
        &mut self,
        left: Gc<Str>,
        rest: &[&[u8]],
        len: usize,
    ) -> Result<Option<Gc<Str>>, Raised> {
        let StringHeader { header, link, .. } = *left.header();
        if header.flags & string_flags::LONG == 0 {
            return Ok(None);
        }
        let shared = link as *mut SharedBuffer;
        // SAFETY: the link of a long string is null or its buffer, which lives as long as it does.
        let fits = unsafe {
            !shared.is_null()
                && (*shared).fill == left.len() as u64
                && (*shared).capacity > len as u64
        };
        if !fits && shared.is_null() && header.flags & CONCATENATED == 0 {
            return Ok(None);
        }
        let object = self.alloc_object(kind::STRING, size_of::<StringHeader>())?;
        let object = object.cast::<StringHeader>().as_ptr();
        // SAFETY: a fresh object; an empty string until its buffer is there.
        unsafe {
            (*object).header.flags = string_flags::LONG | CONCATENATED;
            (*object).data = NonNull::<u8>::dangling().as_ptr() as u64;
        }
        let shared = if fits {
            shared
        } else {
            // Twice what is needed: each byte is copied once or twice in all, on average.
            let capacity = len.saturating_mul(2).max(len + 1).min(isize::MAX as usize / 2);
            let buffer = self.heap.alloc_buffer(SharedBuffer::size(capacity));
            let buffer = match buffer {
                Ok(buffer) => buffer.cast::<SharedBuffer>().as_ptr(),
                Err(_) => return Err(self.memory_error()),
            };
            // SAFETY: fresh memory of that size.
            unsafe {
                buffer.write(SharedBuffer {
                    users: 0,
                    capacity: capacity as u64,
                    fill: left.len() as u64,
                    padding: 0,
                });
                let bytes = buffer.add(1).cast::<u8>();
                ptr::copy_nonoverlapping(left.as_bytes().as_ptr(), bytes, left.len());
            }
            self.check_pacing();
            buffer
        };
        // SAFETY: the buffer has room for `len` bytes and a NUL; what is behind the fill mark is
        // part of no string, so no part overlaps it.
        unsafe {
            let bytes = shared.add(1).cast::<u8>();
            let mut at = (*shared).fill as usize;
            for part in rest {
                ptr::copy_nonoverlapping(part.as_ptr(), bytes.add(at), part.len());
                at += part.len();
            }
            bytes.add(at).write(0);
            (*shared).fill = at as u64;
            (*shared).users += 1;
            (*object).len = len as u64;
            (*object).data = bytes as u64;
            (*object).link = shared as u64;
            Ok(Some(Gc::from_raw(object as u64)))
        }
    }
}

impl State {
    /// `left` with `right` behind it, where the buffer of `left` has the room and an object is at
    /// hand. No safepoint.
    #[inline]
    pub fn append_in_place(&mut self, left: Gc<Str>, right: &[u8]) -> Option<Gc<Str>> {
        let StringHeader { header, len: filled, link, .. } = *left.header();
        if header.flags & string_flags::LONG == 0 || link == 0 || right.is_empty() {
            return None;
        }
        let shared = link as *mut SharedBuffer;
        let len = filled + right.len() as u64;
        // SAFETY: the link of a long string is its buffer.
        if unsafe { (*shared).fill != filled || (*shared).capacity <= len } {
            return None;
        }
        let object = self.alloc_at_hand(kind::STRING, size_of::<StringHeader>())?;
        let object = object.cast::<StringHeader>().as_ptr();
        // SAFETY: a fresh object; behind the fill mark the buffer has the room, and nobody's bytes,
        // not those of `right` either.
        unsafe {
            let bytes = shared.add(1).cast::<u8>();
            let end = bytes.add(filled as usize);
            short::copy(core::slice::from_raw_parts_mut(end, right.len()), right);
            end.add(right.len()).write(0);
            (*shared).fill = len;
            (*shared).users += 1;
            (*object).header.flags = string_flags::LONG | CONCATENATED;
            (*object).len = len;
            (*object).data = bytes as u64;
            (*object).link = shared as u64;
            Some(Gc::from_raw(object as u64))
        }
    }
}

/// Frees what belongs to a dead string: its part in a buffer.
pub(crate) fn free_parts(heap: &mut Heap, string: Gc<Str>) {
    let StringHeader { header, link, .. } = *string.header();
    if header.flags & string_flags::LONG == 0 || link == 0 {
        return;
    }
    let shared = link as *mut SharedBuffer;
    // SAFETY: the buffer lives until its last string is freed, which this one may be.
    unsafe {
        (*shared).users -= 1;
        if (*shared).users == 0 {
            let size = SharedBuffer::size((*shared).capacity as usize);
            heap.free_buffer(NonNull::new_unchecked(shared.cast()), size);
        }
    }
}
