//! The heap: where objects come from, and when they are collected.
//!
//! Nothing moves. Objects up to 512 bytes are cells of 64 KiB blocks of one cell size, taken by
//! bumping a pointer through a run of free cells, which compiled code does by itself; larger ones
//! stand alone. A collection marks from the roots; blocks are swept when the next cells of their
//! size are wanted. Buffers have one owner each and no header.
//!
//! - `block`: blocks, and the map that finds an object by any address inside it
//! - `buffer`: buffers
//! - `mark`, `roots`, `weak`: what is reachable
//! - `sweep`: what is not
//! - `finalize`: `__gc`
//! - `collect`: the order of all this
//! - `verify`: checks of the heap after a collection
#![expect(unsafe_code, reason = "hands out memory and writes object headers")]

use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use abi::context::{BumpRange, SIZE_CLASSES};
use abi::object::{ObjectHeader, gc, kind};

use crate::error::Raised;
use crate::gc::{Any, Gc};
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

pub(crate) mod block;
pub(crate) mod buffer;
mod collect;
mod finalize;
mod mark;
mod roots;
mod step;
pub(crate) mod sweep;
#[cfg(test)]
mod tests;
mod verify;
mod weak;

pub use collect::Pacing;
pub use mark::Visitor;

use block::{BlockMap, GRANULE, MAX_CELL};
use buffer::Buffers;
use finalize::Finalizers;
use sweep::Class;

/// The bit of [`abi::object::gc`] for objects that stand alone. The runtime's own.
pub(crate) const LARGE: u8 = 32;

/// What the machine stack of a coroutine that does little takes: a page, and one for its mapping.
const STACK_COST: usize = 8 << 10;

/// No memory. `state.memory_error()` makes the Lua error of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// An object that stands alone.
#[derive(Clone, Copy, Debug)]
struct Large {
    address: u64,
    size: usize,
}

/// The heap of a state.
#[derive(Debug)]
pub struct Heap {
    pub(crate) blocks: BlockMap,
    pub(crate) buffers: Buffers,
    classes: [Class; SIZE_CLASSES],
    large: Vec<Large>,
    /// The bytes of cells that were reached by the last collection or given out since, unused
    /// parts of bump ranges included.
    cell_bytes: usize,
    /// How many machine stacks are in use.
    stacks: usize,
    /// The bytes that loaded code takes beside its prototypes.
    code_bytes: usize,
    /// As it was when the last collection ended.
    code_before: usize,
    /// The bytes of cells that the last collection reached.
    reached_bytes: usize,
    /// The mark of what was reached since the last full collection began.
    mark: u8,
    /// Whether what is reached becomes old, so that collections of the young are possible.
    ages: bool,
    /// Old objects that were stored into since the last collection.
    remembered: Vec<Gc<Any>>,
    finalizers: Finalizers,
    /// Weak tables to convert: see [`weak::WeakTables::typed`].
    typed_weak: Vec<Gc<Table>>,
    /// When collections start by themselves.
    pub pacing: Pacing,
    poison: bool,
    stress: bool,
    /// Under stress: how many safepoints are passed by before the next collection.
    stress_wait: usize,
    /// Under stress: how many collections there were.
    stress_count: usize,
}

impl Heap {
    pub(crate) fn new(stress: bool) -> Heap {
        Heap {
            blocks: BlockMap::default(),
            buffers: Buffers::default(),
            classes: core::array::from_fn(|_| Class::default()),
            large: Vec::new(),
            cell_bytes: 0,
            stacks: 0,
            code_bytes: 0,
            code_before: 0,
            reached_bytes: 0,
            mark: gc::MARKED,
            ages: false,
            remembered: Vec::new(),
            finalizers: Finalizers::default(),
            typed_weak: Vec::new(),
            pacing: Pacing::default(),
            poison: stress,
            stress,
            stress_wait: 0,
            stress_count: 0,
        }
    }

    /// Keeps collections from starting by themselves until `resume` is given the answer: for who
    /// makes objects that nothing refers to yet.
    pub fn pause(&mut self) -> bool {
        core::mem::replace(&mut self.pacing.inhibited, true)
    }

    /// See `pause`.
    pub fn resume(&mut self, paused: bool) {
        self.pacing.inhibited = paused;
    }

    /// A buffer of `size` bytes (16-aligned, not zeroed) that belongs to one object, which frees
    /// it with the same size. Never collects.
    pub fn alloc_buffer(&mut self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        self.buffers.alloc(&mut self.blocks, size)
    }

    /// A zeroed buffer: see [`Heap::alloc_buffer`].
    pub fn alloc_zeroed_buffer(&mut self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        self.buffers.alloc_zeroed(&mut self.blocks, size)
    }

    /// Grows or shrinks a buffer, which may move.
    ///
    /// # Safety
    ///
    /// `buffer` is from this heap with size `old_size`, and is not used after success.
    pub unsafe fn realloc_buffer(
        &mut self,
        buffer: NonNull<u8>,
        old_size: usize,
        new_size: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        // SAFETY: the caller's promise.
        unsafe { self.buffers.realloc(&mut self.blocks, buffer, old_size, new_size) }
    }

    /// Frees a buffer.
    ///
    /// # Safety
    ///
    /// `buffer` is from this heap with size `size`, and is not used afterwards.
    pub unsafe fn free_buffer(&mut self, buffer: NonNull<u8>, size: usize) {
        if self.poison {
            // SAFETY: nobody uses it any more.
            unsafe { ptr::write_bytes(buffer.as_ptr(), sweep::POISON, size) };
        }
        // SAFETY: the caller's promise.
        unsafe { self.buffers.free(buffer, size) };
    }

    /// The bytes of objects and buffers (what stands alone is counted with these) and of loaded code,
    /// except that unused parts of `bump` count.
    fn gross_bytes(&self) -> usize {
        self.cell_bytes + self.buffers.bytes + self.stacks * STACK_COST + self.code_bytes
    }

    /// So many bytes of loaded code are no more: see [`State::count_code`].
    pub fn uncount_code(&mut self, bytes: usize) {
        self.code_bytes = self.code_bytes.saturating_sub(bytes);
    }

    /// A machine stack was taken, or given back.
    pub(crate) fn count_stack(&mut self, taken: bool) {
        self.stacks = if taken { self.stacks + 1 } else { self.stacks.saturating_sub(1) };
    }

    /// Gives the next run of free cells of a class: what was left of the last block, then blocks
    /// that are still to be swept, then new ones.
    fn next_range(
        &mut self,
        class: usize,
        sweeper: &mut sweep::Context<'_>,
    ) -> Result<BumpRange, OutOfMemory> {
        loop {
            if let Some(range) = self.take_run(class) {
                self.cell_bytes += (range.end - range.next) as usize;
                return Ok(range);
            }
            if !self.sweep_next(class, sweeper) {
                self.add_block(class)?;
            }
        }
    }

    /// An object that stands alone: its memory is that of a buffer. What is not `zeroed` is so in the
    /// header only.
    fn alloc_large(
        &mut self,
        size: usize,
        zeroed: bool,
    ) -> Result<NonNull<ObjectHeader>, OutOfMemory> {
        self.large.try_reserve(1).map_err(|_| OutOfMemory)?;
        let object =
            if zeroed { self.alloc_zeroed_buffer(size)? } else { self.alloc_buffer(size)? };
        self.large.push(Large { address: object.as_ptr() as u64, size });
        Ok(object.cast())
    }

    /// Gives back what lies behind the first `size` bytes of the object that was allocated last. It
    /// stands alone and may move; its new address.
    ///
    /// # Safety
    ///
    /// Nobody knows the object yet.
    pub(crate) unsafe fn shrink_last_large(
        &mut self,
        size: usize,
    ) -> Option<NonNull<ObjectHeader>> {
        let large = *self.large.last()?;
        let object = NonNull::new(large.address as *mut u8)?;
        // SAFETY: its memory is a buffer of that size, and nobody else refers to it.
        let moved =
            unsafe { self.buffers.realloc(&mut self.blocks, object, large.size, size) }.ok()?;
        *self.large.last_mut()? = Large { address: moved.as_ptr() as u64, size };
        Some(moved.cast())
    }

    /// All objects. A collection may have left dead ones that are not swept yet.
    fn objects(&self) -> impl Iterator<Item = Gc<Any>> + '_ {
        let cells = self.blocks.cell_blocks().flat_map(|block| {
            // SAFETY: a block of cells.
            let count = unsafe { (*block).cell_count };
            // SAFETY: the indices are below its count.
            (0..count).map(move |index| unsafe { block::Block::cell(block, index) as u64 })
        });
        let all = cells.chain(self.large.iter().map(|large| large.address));
        // SAFETY: cells and large objects begin with a header, if only that of a free cell.
        all.map(|address| unsafe { Gc::<Any>::from_raw(address) })
            .filter(|object| object.kind() != kind::FREE)
    }
}

impl State {
    /// A zeroed object of `size` bytes with its header set. A safepoint: may collect.
    #[inline]
    pub fn alloc_object(&mut self, kind: u8, size: usize) -> Result<NonNull<ObjectHeader>, Raised> {
        match self.alloc_at_hand(kind, size) {
            Some(object) => Ok(object),
            None => self.alloc_slowly(kind, size),
        }
    }

    /// Likewise, if there is one at hand. No safepoint.
    #[inline]
    pub(crate) fn alloc_at_hand(&mut self, kind: u8, size: usize) -> Option<NonNull<ObjectHeader>> {
        let class = size.div_ceil(GRANULE);
        let range = self.ctx.bump.get_mut(class)?;
        if range.end - range.next < (class * GRANULE) as u64 {
            return None;
        }
        let address = range.next;
        range.next += (class * GRANULE) as u64;
        // SAFETY: a zeroed free cell, not null, which the range gives to nobody else.
        Some(unsafe { start_object(address, kind, 0) })
    }

    /// Likewise, but an object that stands alone may have anything behind its header. A safepoint.
    #[inline]
    pub(crate) fn alloc_unfilled(
        &mut self,
        kind: u8,
        size: usize,
    ) -> Result<NonNull<ObjectHeader>, Raised> {
        match self.alloc_at_hand(kind, size) {
            Some(object) => Ok(object),
            None => self.alloc_slowly_unfilled(kind, size),
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slowly(&mut self, kind: u8, size: usize) -> Result<NonNull<ObjectHeader>, Raised> {
        self.alloc_with_collections(kind, size, true)
    }

    #[inline(never)]
    fn alloc_slowly_unfilled(
        &mut self,
        kind: u8,
        size: usize,
    ) -> Result<NonNull<ObjectHeader>, Raised> {
        self.alloc_with_collections(kind, size, false)
    }

    fn alloc_with_collections(
        &mut self,
        kind: u8,
        size: usize,
        zeroed: bool,
    ) -> Result<NonNull<ObjectHeader>, Raised> {
        self.check_pacing_for(size);
        if let Ok(object) = self.try_alloc(kind, size, zeroed) {
            return Ok(object);
        }
        // The system has no more: what is garbage can be given out again.
        self.collect();
        self.try_alloc(kind, size, zeroed).map_err(|OutOfMemory| self.memory_error())
    }

    fn try_alloc(
        &mut self,
        kind: u8,
        size: usize,
        zeroed: bool,
    ) -> Result<NonNull<ObjectHeader>, OutOfMemory> {
        if size > MAX_CELL {
            let object = self.heap.alloc_large(size, zeroed)?;
            // SAFETY: memory of the object's own.
            return Ok(unsafe { start_object(object.as_ptr() as u64, kind, LARGE) });
        }
        let class = size.div_ceil(GRANULE);
        let mut sweeper = sweep::Context { hooks: self.hooks, stacks: &mut self.machine.stacks };
        let mut range = self.heap.next_range(class, &mut sweeper)?;
        let address = range.next;
        range.next += (class * GRANULE) as u64;
        self.ctx.bump[class] = range;
        // SAFETY: a zeroed free cell that nobody else has.
        Ok(unsafe { start_object(address, kind, 0) })
    }

    /// So many bytes were allocated for loaded code, elsewhere: they count as part of the prototype
    /// that owns them.
    pub fn count_code(&mut self, bytes: usize) {
        self.heap.code_bytes += bytes;
        self.check_pacing();
    }

    /// How many bytes objects and buffers take.
    pub fn bytes_in_use(&self) -> usize {
        let unused: u64 = self.ctx.bump.iter().map(|range| range.end - range.next).sum();
        self.heap.gross_bytes() - unused as usize
    }

    /// To be called after each store of `value` into `object`.
    #[inline]
    pub fn barrier(&mut self, object: Gc<Any>, value: Value) {
        if value.is_collectable() && object.gc_bits() & gc::OLD != 0 {
            self.remember(object);
        }
    }

    /// Puts an old object into the remembered set.
    #[cold]
    #[inline(never)]
    pub fn remember(&mut self, object: Gc<Any>) {
        if self.heap.remembered.try_reserve(1).is_ok() {
            object.clear_gc_bits(gc::OLD);
            self.heap.remembered.push(object);
        } else {
            // Only a full collection does without.
            self.heap.pacing.want_full();
        }
    }
}

/// # Safety
///
/// `address` is that of memory for an object, not null.
#[inline]
unsafe fn start_object(address: u64, kind: u8, gc: u8) -> NonNull<ObjectHeader> {
    let object = address as *mut ObjectHeader;
    // SAFETY: the caller's promise.
    unsafe {
        object.write(ObjectHeader { kind, gc, flags: 0, extra: 0, aux: 0 });
        NonNull::new_unchecked(object)
    }
}
