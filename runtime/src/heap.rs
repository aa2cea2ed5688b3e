//! The heap: where objects and buffers come from, and how they go.
#![expect(unsafe_code, reason = "hands out memory")]

use core::ptr::NonNull;

use abi::object::ObjectHeader;

use crate::error::Raised;
use crate::gc::{Any, Gc};
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

/// No memory. `state.memory_error()` makes the Lua error of it.
#[derive(Clone, Copy, Debug)]
pub struct OutOfMemory;

/// The heap of a state.
#[derive(Debug, Default)]
pub struct Heap {}

impl Heap {
    /// A buffer of `size` bytes (16-aligned, not zeroed) that belongs to one object, which frees
    /// it with the same size. Never collects.
    pub fn alloc_buffer(&mut self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let _ = size;
        Err(OutOfMemory)
    }

    /// A zeroed buffer: see [`Heap::alloc_buffer`].
    pub fn alloc_zeroed_buffer(&mut self, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let _ = size;
        Err(OutOfMemory)
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
        let _ = (buffer, old_size, new_size);
        Err(OutOfMemory)
    }

    /// Frees a buffer.
    ///
    /// # Safety
    ///
    /// `buffer` is from this heap with size `size`, and is not used afterwards.
    pub unsafe fn free_buffer(&mut self, buffer: NonNull<u8>, size: usize) {
        let _ = (buffer, size);
    }

    /// How many bytes objects and buffers take.
    pub fn bytes_in_use(&self) -> usize {
        0
    }
}

impl State {
    /// A zeroed object of `size` bytes with its header set. May collect.
    pub fn alloc_object(
        &mut self,
        kind: u8,
        size: usize,
    ) -> Result<NonNull<ObjectHeader>, Raised> {
        let _ = (kind, size);
        Err(self.memory_error())
    }

    /// To be called after each store of `value` into `object`.
    #[inline]
    pub fn barrier(&mut self, object: Gc<Any>, value: Value) {
        let _ = (object, value);
    }

    /// Puts an old object into the remembered set.
    pub fn remember(&mut self, object: Gc<Any>) {
        let _ = object;
    }

    /// To be called when `object` has got `metatable`: registers its finalizer, if it has one.
    pub fn check_finalizer(
        &mut self,
        object: Gc<Any>,
        metatable: Gc<Table>,
    ) -> Result<(), Raised> {
        let _ = (object, metatable);
        Ok(())
    }

    /// A full collection, exact, without the finalizers it queues.
    pub fn collect_full(&mut self) {}

    /// Runs the finalizers that are due. Errors in them become warnings.
    pub fn run_finalizers(&mut self) {}
}
