//! The value stack, and the buffers of arguments and results beside it.
#![expect(unsafe_code, reason = "reads and writes the stack and the buffers")]

use core::mem::size_of;
use core::ptr::NonNull;

use abi::call::BUFFER_MINIMUM;
use abi::value::RawValue;

use crate::error::Raised;
use crate::heap::OutOfMemory;
use crate::state::State;
use crate::value::Value;

/// How many values the value stack may have. The reference stops at a million; the frames of tier 0
/// are larger than its, and are to go as deep.
const STACK_LIMIT: usize = 4_000_000;
/// How many arguments or results there may be, as in the reference.
const LIST_LIMIT: usize = 1_000_000;
/// What there is beyond for handling the overflow.
const STACK_EXTRA: usize = 4000;
/// What a value stack has room for at first.
const STACK_MINIMUM: usize = 24;

impl State {
    /// Makes room for `count` more values on the value stack.
    #[inline]
    pub fn reserve_stack(&mut self, count: usize) -> Result<(), Raised> {
        let words = &self.ctx.co;
        if (words.stack_capacity - words.stack_top) as usize >= count {
            return Ok(());
        }
        self.grow_stack(count)
    }

    #[cold]
    fn grow_stack(&mut self, count: usize) -> Result<(), Raised> {
        let words = self.ctx.co;
        let needed = words.stack_top as usize + count;
        let old = words.stack_capacity as usize;
        let extra = if self.machine.handling_overflow { STACK_EXTRA } else { 0 };
        let limit = STACK_LIMIT + extra;
        if needed > limit {
            return Err(self.stack_overflow_error());
        }
        let new = needed.max(old * 2).clamp(STACK_MINIMUM, limit);
        let buffer = self.grow_buffer(words.stack, old, new);
        let Ok(buffer) = buffer else { return Err(self.memory_error()) };
        self.ctx.co.stack = buffer;
        self.ctx.co.stack_capacity = new as u64;
        self.current_thread().save_stack(buffer, new as u64);
        Ok(())
    }

    /// Once an overflow has been handled: the value stack gets its limit back.
    pub(crate) fn end_stack_overflow(&mut self) {
        let words = self.ctx.co;
        let room = words.stack_top as usize + STACK_EXTRA;
        let (old, new) = (words.stack_capacity as usize, STACK_LIMIT);
        let Some(buffer) = NonNull::new(words.stack as *mut u8) else { return };
        if old <= new || room > new {
            return;
        }
        const SIZE: usize = size_of::<RawValue>();
        // SAFETY: the stack's own buffer, of `old` values; it is replaced by the answer.
        let buffer = unsafe { self.heap.realloc_buffer(buffer, old * SIZE, new * SIZE) };
        if let Ok(buffer) = buffer {
            let buffer = buffer.as_ptr() as u64;
            self.ctx.co.stack = buffer;
            self.ctx.co.stack_capacity = new as u64;
            self.current_thread().save_stack(buffer, new as u64);
        }
    }

    /// A buffer of values made larger, the new part nil.
    pub(crate) fn grow_buffer(
        &mut self,
        buffer: u64,
        old: usize,
        new: usize,
    ) -> Result<u64, OutOfMemory> {
        const SIZE: usize = size_of::<RawValue>();
        let bytes = new.checked_mul(SIZE).ok_or(OutOfMemory)?;
        match NonNull::new(buffer as *mut u8) {
            None => Ok(self.heap.alloc_zeroed_buffer(bytes)?.as_ptr() as u64),
            Some(buffer) => {
                // SAFETY: callers own `buffer`, of `old` values, and replace it by the answer.
                let buffer = unsafe { self.heap.realloc_buffer(buffer, old * SIZE, bytes)? };
                // SAFETY: the new part is inside the buffer.
                unsafe { buffer.as_ptr().add(old * SIZE).write_bytes(0, bytes - old * SIZE) };
                Ok(buffer.as_ptr() as u64)
            }
        }
    }

    /// The value at a place of the value stack.
    #[inline]
    pub fn stack_value(&self, index: usize) -> Value {
        assert!(index < self.ctx.co.stack_capacity as usize);
        // SAFETY: the place is inside the buffer, where every place holds a value or zeroes.
        unsafe { Value::from_raw(*(self.ctx.co.stack as *const RawValue).add(index)) }
    }

    /// Stores a value at a place of the value stack.
    #[inline]
    pub fn set_stack_value(&mut self, index: usize, value: Value) {
        assert!(index < self.ctx.co.stack_capacity as usize);
        // SAFETY: the place is inside the buffer.
        unsafe { *(self.ctx.co.stack as *mut RawValue).add(index) = value.to_raw() };
    }

    /// How many values of the value stack are in use.
    #[inline]
    pub fn stack_top(&self) -> usize {
        self.ctx.co.stack_top as usize
    }

    /// Drops the values of the value stack from `top` on.
    pub fn truncate_stack(&mut self, top: usize) {
        debug_assert!(top as u64 <= self.ctx.co.stack_top);
        self.ctx.co.stack_top = top as u64;
    }

    /// Pushes a value on the value stack.
    #[inline]
    pub fn push(&mut self, value: Value) -> Result<(), Raised> {
        self.reserve_stack(1)?;
        let top = self.stack_top();
        self.set_stack_value(top, value);
        self.ctx.co.stack_top += 1;
        Ok(())
    }

    /// Pushes `count` values, which come from plain reading.
    #[inline]
    pub fn push_all(&mut self, count: usize, value: impl Fn(usize) -> Value) -> Result<(), Raised> {
        self.reserve_stack(count)?;
        let top = self.stack_top();
        for index in 0..count {
            self.set_stack_value(top + index, value(index));
        }
        self.ctx.co.stack_top += count as u64;
        Ok(())
    }

    // The buffers of arguments and results.

    /// Makes room for `count` arguments.
    pub(crate) fn grow_args(&mut self, count: usize) -> Result<(), OutOfMemory> {
        let old = self.ctx.arg_capacity as usize;
        let new = count.max(old * 2).max(BUFFER_MINIMUM);
        self.ctx.args = self.grow_buffer(self.ctx.args, old, new)?;
        self.ctx.arg_capacity = new as u64;
        Ok(())
    }

    /// Makes room for `count` results.
    pub(crate) fn grow_rets(&mut self, count: usize) -> Result<(), OutOfMemory> {
        let old = self.ctx.ret_capacity as usize;
        let new = count.max(old * 2).max(BUFFER_MINIMUM);
        self.ctx.rets = self.grow_buffer(self.ctx.rets, old, new)?;
        self.ctx.ret_capacity = new as u64;
        Ok(())
    }

    /// Makes room for `count` arguments in all.
    #[inline]
    pub(crate) fn reserve_args(&mut self, count: usize) -> Result<(), Raised> {
        if count as u64 <= self.ctx.arg_capacity {
            return Ok(());
        }
        if count > LIST_LIMIT {
            return Err(self.stack_overflow_error());
        }
        self.grow_args(count).map_err(|OutOfMemory| self.memory_error())
    }

    /// Makes room for `count` results in all.
    #[inline]
    pub(crate) fn reserve_rets(&mut self, count: usize) -> Result<(), Raised> {
        if count as u64 <= self.ctx.ret_capacity {
            return Ok(());
        }
        if count > LIST_LIMIT {
            return Err(self.stack_overflow_error());
        }
        self.grow_rets(count).map_err(|OutOfMemory| self.memory_error())
    }

    #[inline]
    pub(crate) fn arg(&self, index: usize) -> Value {
        debug_assert!((index as u64) < self.ctx.arg_capacity);
        // SAFETY: callers reserved or were given that many arguments.
        unsafe { Value::from_raw(*(self.ctx.args as *const RawValue).add(index)) }
    }

    #[inline]
    pub(crate) fn set_arg(&mut self, index: usize, value: Value) {
        debug_assert!((index as u64) < self.ctx.arg_capacity);
        // SAFETY: callers reserved that many arguments.
        unsafe { *(self.ctx.args as *mut RawValue).add(index) = value.to_raw() };
    }

    /// Copies `count` values of the value stack, from `base` on, to the arguments from `first` on.
    pub(crate) fn copy_stack_to_args(&mut self, base: usize, first: usize, count: usize) {
        assert!(base.saturating_add(count) <= self.ctx.co.stack_capacity as usize);
        assert!(first.saturating_add(count) <= self.ctx.arg_capacity as usize);
        // SAFETY: both ranges are inside their buffers, which are different ones.
        unsafe {
            let from = (self.ctx.co.stack as *const RawValue).add(base);
            let to = (self.ctx.args as *mut RawValue).add(first);
            core::ptr::copy_nonoverlapping(from, to, count);
        }
    }

    #[inline]
    pub(crate) fn ret(&self, index: usize) -> Value {
        debug_assert!((index as u64) < self.ctx.ret_capacity);
        // SAFETY: callers reserved or were given that many results.
        unsafe { Value::from_raw(*(self.ctx.rets as *const RawValue).add(index)) }
    }

    #[inline]
    pub(crate) fn set_ret(&mut self, index: usize, value: Value) {
        debug_assert!((index as u64) < self.ctx.ret_capacity);
        // SAFETY: callers reserved that many results.
        unsafe { *(self.ctx.rets as *mut RawValue).add(index) = value.to_raw() };
    }
}
