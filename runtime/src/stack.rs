//! Machine stacks for Lua code: the large one of the main chunk, and those of coroutines, which
//! are cut from slabs of address space and used again.
//!
//! Address space is cheap and memory is not: a stack is reserved large and committed by the
//! kernel page by page as it is touched. 64 MiB let a coroutine recurse as deep as the reference
//! does (some 200 000 plain calls), and 10^5 live coroutines take 6.4 TB of the 128 TB that a
//! process has. A live coroutine costs 8 KiB: its first page and the page table for it. There are
//! no guard pages, which would cost two mappings each of 65 530: every function that calls
//! compares the stack pointer with the limit, and so do the entries of library functions and of
//! tier 0. Where the address space is limited (`ulimit -v`), stacks are smaller, down to 256 KiB.
//!
//! Stacks that all began at the same place of their 64 MiB would compete for a few lines of the caches
//! and a few entries of the TLB. So they begin at different ones: their *colours*.
#![expect(unsafe_code, reason = "maps memory")]

use alloc::vec::Vec;

use crate::sys;

/// What a coroutine's stack reserves.
const COROUTINE_SIZE: u64 = 64 << 20;
/// What the main stack reserves.
const MAIN_SIZE: u64 = 128 << 20;
/// What a stack reserves at least.
const MINIMUM_SIZE: u64 = 256 << 10;
/// A coroutine's stack is no larger than this part of the address space: some thousands of them,
/// and all else, are to fit.
const SHARE: u64 = 16 << 10;
/// How many coroutine stacks a slab has.
const SLAB_STACKS: u64 = 16;
/// What stays committed of a stack in the pool.
const KEPT_SIZE: u64 = 16 << 10;
/// A page, or a part of one.
const PAGE: u64 = 4 << 10;
/// A line of the cache.
const LINE: u64 = 64;
/// By how many pages stacks are moved at most: what the page tables have an entry for in one page.
const COLOURS: u64 = 512;

/// Below the limit there is this much for functions that do not compare, and for the runtime's
/// stubs.
pub(crate) const RESERVE: u64 = 64 << 10;
/// What of the reserve stays when an overflow is being handled: the message handler runs in the
/// rest.
pub(crate) const HANDLER_RESERVE: u64 = 24 << 10;

/// A stretch of address space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stack {
    /// The lowest address.
    pub(crate) base: u64,
    /// The length.
    pub(crate) size: u64,
}

impl Stack {
    /// The address behind it, where it begins to grow down.
    pub(crate) fn top(self) -> u64 {
        self.base + self.size
    }

    /// All but a small part of it, for the `index`th stack: nearly as much of each.
    fn coloured(self, index: u64) -> Stack {
        let pages = COLOURS.min(self.size / PAGE / 16);
        // Steps that are prime to the powers of two lead through all of them.
        // Half of a page is left for a coroutine that needs no more.
        let (page, line) = (index * 37 % pages, index * 5 % (PAGE / LINE / 2));
        let base = self.base + (pages - 1 - page) * PAGE;
        Stack { base, size: self.size - (pages - 1) * PAGE - line * LINE }
    }

    /// [`abi::context::CoroutineWords::stack_limit`]
    pub(crate) fn limit(self) -> u64 {
        self.base + RESERVE
    }
}

/// Where stacks come from.
#[derive(Debug, Default)]
pub(crate) struct StackPool {
    mappings: Vec<Stack>,
    free: Vec<Stack>,
    /// How many of `free`, from the start, are known to be trimmed.
    trimmed: usize,
    /// What is not cut yet of the last slab.
    rest: Stack,
    /// How many stacks were cut.
    cut: u64,
    /// The size that the last slab was cut to; 0: there is none.
    size: u64,
}

impl StackPool {
    /// The large stack, for the main chunk.
    pub(crate) fn take_main(&mut self) -> Option<Stack> {
        let mut size = MAIN_SIZE;
        while size >= MINIMUM_SIZE {
            if let Some(stack) = self.map(size) {
                return Some(stack);
            }
            size /= 2;
        }
        None
    }

    /// A stack for a coroutine.
    pub(crate) fn take(&mut self) -> Option<Stack> {
        if let Some(stack) = self.free.pop() {
            self.trimmed = self.trimmed.min(self.free.len());
            return Some(stack);
        }
        if self.rest.size == 0 {
            // Room for every stack in `free` now, so that giving one back cannot fail.
            let total = self.mappings.len() * SLAB_STACKS as usize + SLAB_STACKS as usize;
            self.free.try_reserve(total).ok()?;
            let mut size = match self.size {
                0 => (sys::address_space() / SHARE)
                    .clamp(MINIMUM_SIZE, COROUTINE_SIZE)
                    .next_power_of_two(),
                size => size,
            };
            loop {
                if let Some(slab) = self.map(size * SLAB_STACKS) {
                    self.rest = slab;
                    self.size = size;
                    break;
                }
                size /= 2;
                if size < MINIMUM_SIZE {
                    return None;
                }
            }
        }
        let stack = Stack { base: self.rest.base, size: self.size }.coloured(self.cut);
        self.rest.base += self.size;
        self.rest.size -= self.size;
        self.cut += 1;
        Some(stack)
    }

    /// Takes a stack back. Its contents are lost.
    pub(crate) fn give_back(&mut self, stack: Stack) {
        self.free.push(stack);
    }

    /// Gives the memory of the stacks in the pool back to the system, except for the first pages
    /// of each. Called after a collection: once for each coroutine would cost more than making it.
    pub(crate) fn trim(&mut self) {
        for stack in &self.free[self.trimmed..] {
            // SAFETY: the range lies in one of our mappings, and nobody uses the stack.
            unsafe {
                sys::madvise(
                    stack.base as *mut u8,
                    ((stack.size - KEPT_SIZE) & !(PAGE - 1)) as usize,
                    sys::MADV_DONTNEED,
                );
            }
        }
        self.trimmed = self.free.len();
    }

    fn map(&mut self, size: u64) -> Option<Stack> {
        self.mappings.try_reserve(1).ok()?;
        // SAFETY: asks for fresh memory.
        let base = unsafe {
            sys::mmap(
                core::ptr::null_mut(),
                size as usize,
                sys::PROT_READ | sys::PROT_WRITE,
                sys::MAP_PRIVATE | sys::MAP_ANONYMOUS | sys::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base as isize == -1 {
            return None;
        }
        // With huge pages a touched stack would cost 2 MiB.
        // SAFETY: the mapping is ours.
        unsafe { sys::madvise(base, size as usize, sys::MADV_NOHUGEPAGE) };
        let stack = Stack { base: base as u64, size };
        self.mappings.push(stack);
        Some(stack)
    }
}

impl Drop for StackPool {
    fn drop(&mut self) {
        for mapping in &self.mappings {
            // SAFETY: the mapping is ours, and with the state nothing runs on its stacks.
            unsafe { sys::munmap(mapping.base as *mut u8, mapping.size as usize) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coloured_stacks_lie_inside_and_begin_apart() {
        for size in [MINIMUM_SIZE, 1 << 20, COROUTINE_SIZE] {
            let whole = Stack { base: 1 << 30, size };
            let stacks: Vec<Stack> = (0..1000).map(|index| whole.coloured(index)).collect();
            for stack in &stacks {
                assert!(stack.base >= whole.base && stack.top() <= whole.top(), "{stack:?}");
                assert!(stack.size > size / 16 * 15 - PAGE && stack.base % PAGE == 0, "{stack:?}");
                assert!(stack.top() % LINE == 0);
            }
            for pair in stacks.windows(2) {
                assert!(pair[0].top() / PAGE != pair[1].top() / PAGE);
                assert!(pair[0].top() % PAGE != pair[1].top() % PAGE);
            }
        }
    }
}
