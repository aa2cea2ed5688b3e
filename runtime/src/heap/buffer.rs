//! Buffers: array parts, dictionaries, the bytes of strings, value stacks, objects that stand alone.
//!
//! A buffer belongs to one owner, which frees it and knows its size. Small ones come from free
//! lists by size class, as tables grow through them all the time; the others from the C library.
#![expect(unsafe_code, reason = "hands out memory")]

use core::ptr::{self, NonNull};

use super::OutOfMemory;
use super::block::{BLOCK_SIZE, BlockMap, FIRST_CELL, Use};
use crate::sys;

/// The largest size that has a class.
const MAX_SMALL: usize = 2048;
/// Up to 128 by steps of 16, then four classes for each doubling.
const CLASSES: usize = 8 + 4 * 4;

/// The class of a small size, and the size that buffers of it have.
#[inline]
fn class_of(size: usize) -> (usize, usize) {
    if size <= 128 {
        let class = size.saturating_sub(1) / 16;
        return (class, (class + 1) * 16);
    }
    let doubling = (size - 1).ilog2() - 7;
    let step = 32usize << doubling;
    let quarter = (size - 1) / step - 4;
    (8 + doubling as usize * 4 + quarter, (quarter + 5) * step)
}

/// The free lists, and what is left of the block that new buffers are cut from.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    free: [u64; CLASSES],
    next: u64,
    end: u64,
    /// The bytes of all buffers that are in use.
    pub(crate) bytes: usize,
    /// How many those were after the last collection.
    pub(crate) left: usize,
}

impl Buffers {
    pub(crate) fn alloc(
        &mut self,
        blocks: &mut BlockMap,
        size: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        if size > MAX_SMALL {
            if size > isize::MAX as usize {
                return Err(OutOfMemory);
            }
            // SAFETY: malloc answers null or memory of that size.
            let buffer = NonNull::new(unsafe { sys::malloc(size) }).ok_or(OutOfMemory)?;
            self.bytes += size;
            return Ok(buffer);
        }
        let (class, size) = class_of(size);
        let mut address = self.free[class];
        if address != 0 {
            // SAFETY: a free buffer holds the address of the next one.
            self.free[class] = unsafe { *(address as *const u64) };
        } else {
            if ((self.end - self.next) as usize) < size {
                self.refill(blocks)?;
            }
            address = self.next;
            self.next += size as u64;
        }
        self.bytes += size;
        NonNull::new(address as *mut u8).ok_or(OutOfMemory)
    }

    /// Zeroed, which is for nothing where the system gives fresh pages.
    pub(crate) fn alloc_zeroed(
        &mut self,
        blocks: &mut BlockMap,
        size: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        if size > MAX_SMALL {
            if size > isize::MAX as usize {
                return Err(OutOfMemory);
            }
            // SAFETY: calloc answers null or zeroed memory of that size.
            let buffer = NonNull::new(unsafe { sys::calloc(1, size) }).ok_or(OutOfMemory)?;
            self.bytes += size;
            return Ok(buffer);
        }
        let buffer = self.alloc(blocks, size)?;
        // SAFETY: fresh memory of that size.
        unsafe { ptr::write_bytes(buffer.as_ptr(), 0, size) };
        Ok(buffer)
    }

    /// Takes a block. What is left of the last one goes to the lists.
    fn refill(&mut self, blocks: &mut BlockMap) -> Result<(), OutOfMemory> {
        let block = blocks.take()?;
        while self.end > self.next {
            let left = (self.end - self.next) as usize;
            let (mut class, mut size) = class_of(left.min(MAX_SMALL));
            if size > left {
                // Sizes are multiples of 16, so the class below fits.
                class -= 1;
                size = class_size(class);
            }
            // SAFETY: the bytes from `next` on belong to nobody.
            unsafe { self.push(class, self.next as *mut u8) };
            self.next += size as u64;
        }
        // SAFETY: the block was free and is ours now.
        unsafe {
            (*block).used_for = Use::Buffers;
            (*block).used = true;
        }
        self.next = block as u64 + FIRST_CELL as u64;
        self.end = block as u64 + BLOCK_SIZE as u64;
        Ok(())
    }

    /// # Safety
    ///
    /// `buffer` is one of that class which nobody uses.
    unsafe fn push(&mut self, class: usize, buffer: *mut u8) {
        // SAFETY: the caller's promise; buffers are 16 bytes at least and aligned to 16.
        unsafe { *buffer.cast::<u64>() = self.free[class] };
        self.free[class] = buffer as u64;
    }

    /// # Safety
    ///
    /// `buffer` was allocated here with `size` and is not used afterwards.
    pub(crate) unsafe fn free(&mut self, buffer: NonNull<u8>, size: usize) {
        if size > MAX_SMALL {
            self.bytes -= size;
            // SAFETY: from malloc, by the caller's promise.
            unsafe { sys::free(buffer.as_ptr()) };
            return;
        }
        let (class, size) = class_of(size);
        self.bytes -= size;
        // SAFETY: the caller's promise.
        unsafe { self.push(class, buffer.as_ptr()) };
    }

    /// # Safety
    ///
    /// `buffer` was allocated here with `old` bytes and is not used after success.
    pub(crate) unsafe fn realloc(
        &mut self,
        blocks: &mut BlockMap,
        buffer: NonNull<u8>,
        old: usize,
        new: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        if old > MAX_SMALL && new > MAX_SMALL {
            if new > isize::MAX as usize {
                return Err(OutOfMemory);
            }
            // SAFETY: from malloc, by the caller's promise.
            let moved = unsafe { sys::realloc(buffer.as_ptr(), new) };
            let moved = NonNull::new(moved).ok_or(OutOfMemory)?;
            self.bytes = self.bytes - old + new;
            return Ok(moved);
        }
        if old <= MAX_SMALL && new <= MAX_SMALL && class_of(old) == class_of(new) {
            return Ok(buffer);
        }
        let moved = self.alloc(blocks, new)?;
        // SAFETY: both are that long, and the new one is nobody else's.
        unsafe {
            ptr::copy_nonoverlapping(buffer.as_ptr(), moved.as_ptr(), old.min(new));
            self.free(buffer, old);
        }
        Ok(moved)
    }
}

/// The size of the buffers of a class.
fn class_size(class: usize) -> usize {
    if class < 8 {
        return (class + 1) * 16;
    }
    let (doubling, quarter) = ((class - 8) / 4, (class - 8) % 4);
    (quarter + 5) * (32 << doubling)
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, MAX_SMALL, class_of, class_size};

    #[test]
    fn classes_cover_every_size() {
        let mut last = 0;
        for size in 1..=MAX_SMALL {
            let (class, rounded) = class_of(size);
            assert!(rounded >= size && rounded % 16 == 0 && class < CLASSES, "{size}");
            assert!(class == last || class == last + 1, "{size}");
            assert_eq!(class_size(class), rounded, "{size}");
            assert_eq!(class_of(rounded), (class, rounded));
            last = class;
        }
        assert_eq!(last, CLASSES - 1);
        assert_eq!(class_of(0), (0, 16));
    }
}
