//! Calls between Rust and Lua: what a library function sees, and how the runtime asks for calls.
//!
//! A library function is safe Rust that never calls Lua itself. Where the reference would call a
//! function and may be suspended in it, it *asks* for the call ([`Step::Call`]): it returns, its
//! stub makes the call without any Rust frame on the stack, and a continuation goes on with the
//! results. Only what the reference makes non-yieldable calls through [`State::call`].
#![expect(unsafe_code, reason = "reads and writes argument buffers and stub frames")]

use core::mem::size_of;
use core::ops::Range;
use core::ptr::NonNull;

use abi::call::{
    BUFFER_MINIMUM, COUNT_IN_CONTEXT, COUNT_MASK, REGISTER_ARGS, TAG_MASK, TAIL_CALLED,
    arg_tag_shift, desc, ret_desc,
};
use abi::context::{Context, StubFrame, outcome};
use abi::value::RawValue;

use crate::closure::Closure;
use crate::error::Raised;
use crate::gc::Gc;
use crate::heap::OutOfMemory;
use crate::hooks::NO_FRAME;
use crate::machine;
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

mod arguments;
mod library;
mod quick;
mod repeated;

pub use crate::library;
pub use library::{Entry, Library, LibraryFunction, StaticClosure, StaticProto};
pub use quick::{QUICK_ENTRY, Quick, QuickFn, Quickly};
pub use repeated::Repeated;

/// The entry of library functions, for the macro `library`.
pub const LIBRARY_ENTRY: Entry = machine::pl_library_entry;
/// The entry of `pcall`.
pub const PCALL_ENTRY: Entry = machine::pl_pcall_entry;
/// The entry of `coroutine.yield`.
pub const YIELD_ENTRY: Entry = machine::pl_yield_entry;
/// The entry of `coroutine.resume`.
pub const RESUME_ENTRY: Entry = machine::pl_resume_entry;
/// The entry of functions made by `coroutine.wrap`.
pub const WRAP_ENTRY: Entry = machine::pl_wrap_entry;
/// The entry of functions of tier 0: what goes into [`abi::object::Proto::code`].
pub fn tier0_entry() -> u64 {
    machine::pl_tier0_entry as *const () as u64
}
/// The entry of library functions made at run time, likewise.
pub fn library_entry() -> u64 {
    machine::pl_library_entry as *const () as u64
}

/// What an operation that may need a call to Lua answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step<T> {
    /// It is done.
    Done(T),
    /// The call in [`abi::context::Context::request`] is to be made; its continuation goes on. It
    /// is to be passed on at once: nothing else may happen in between.
    Call,
}

/// What a continuation finds of the time before the call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Saved {
    /// Plain words.
    pub aux: [u64; 3],
    /// Values: roots while the call runs.
    pub values: [Value; 4],
}

const _: () = assert!(size_of::<Saved>() == 88);

/// The results of a requested call. They lie in the context's buffer until something else is
/// called or returned.
#[derive(Clone, Copy, Debug)]
pub struct Results {
    first: Value,
    count: usize,
}

impl Results {
    /// How many there are.
    pub fn count(self) -> usize {
        self.count
    }

    /// The first one, or nil.
    pub fn first(self) -> Value {
        self.first
    }

    /// Result `index`, from 0 on; nil where there is none.
    pub fn get(self, state: &State, index: usize) -> Value {
        match index {
            0 => self.first,
            _ if index < self.count => state.ret(index),
            _ => Value::NIL,
        }
    }
}

/// A function that goes on after a requested call. It leaves its own results as a library function
/// does ([`State::return_values`]), or asks for another call. Under a runtime function of generated
/// code the first result is the value, and its payload the word.
pub type ContinuationFn = fn(&mut State, &mut Saved, Results) -> Result<Step<()>, Raised>;

/// A continuation, or none: the results of the call are the results.
pub type Continuation = Option<ContinuationFn>;

/// The results, of which the first is the value of an operation.
pub const FIRST: Continuation = None;
/// Whether the first result is true: 1 or 0.
pub const TRUTH: Continuation = Some(truth);
/// Whether the first result is false: 1 or 0.
pub const NOT_TRUTH: Continuation = Some(not_truth);
/// Nothing.
pub const DISCARD: Continuation = Some(discard);

fn truth(state: &mut State, _: &mut Saved, results: Results) -> Result<Step<()>, Raised> {
    state.return_word(u64::from(!results.first.is_falsy()));
    Ok(Step::Done(()))
}

fn not_truth(state: &mut State, _: &mut Saved, results: Results) -> Result<Step<()>, Raised> {
    state.return_word(u64::from(results.first.is_falsy()));
    Ok(Step::Done(()))
}

fn discard(state: &mut State, _: &mut Saved, _: Results) -> Result<Step<()>, Raised> {
    state.return_values(&[])
}

/// Runs a continuation that was kept as a word: [`abi::context::CallRequest::continuation`], 0 for
/// [`FIRST`].
pub fn continue_with(
    state: &mut State,
    continuation: u64,
    saved: &mut Saved,
    results: Results,
) -> Result<Step<()>, Raised> {
    if continuation == 0 {
        state.ctx.result = [results.first.payload(), ret_desc(results.count, results.first.tag())];
        state.ctx.ret_count = results.count as u64;
        return Ok(Step::Done(()));
    }
    // SAFETY: the word is one that a request made of a `ContinuationFn`.
    let function: ContinuationFn = unsafe { core::mem::transmute(continuation as *const ()) };
    function(state, saved, results)
}

fn continuation_word(continuation: Continuation) -> u64 {
    continuation.map_or(0, |function| function as *const () as u64)
}

/// A library function.
pub type LibraryFn = fn(&mut Call<'_>) -> Result<Step<()>, Raised>;

/// A library function's view of its call. Arguments are numbered from 1, as in error messages, and
/// lie on the value stack, where they are roots.
#[derive(Debug)]
pub struct Call<'a> {
    /// The state it runs in.
    pub state: &'a mut State,
    closure: Gc<Closure>,
    desc: u64,
    base: usize,
    count: usize,
}

impl State {
    /// The state whose context this is.
    ///
    /// # Safety
    ///
    /// `ctx` is the context of a state, and nobody else uses the state meanwhile.
    #[inline]
    pub(crate) unsafe fn from_context<'a>(ctx: *mut Context) -> &'a mut State {
        // SAFETY: the context is the first field, and the rest as the caller promises.
        unsafe { &mut *ctx.cast::<State>() }
    }

    // The value stack.

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

    // Requests.

    fn fill_request(
        &mut self,
        callee: Value,
        count: usize,
        arg: impl Fn(&State, usize) -> Value,
    ) -> Result<(), Raised> {
        self.reserve_args(count + 1)?;
        if callee.as_function().is_none() {
            return self.fill_request_by_metamethod(callee, count, &arg);
        }
        let mut tags = [0; REGISTER_ARGS];
        for (index, tag) in tags.iter_mut().enumerate().take(count) {
            let value = arg(self, index);
            *tag = value.tag();
            self.ctx.request.payloads[index] = value.payload();
        }
        for index in REGISTER_ARGS..count {
            let value = arg(self, index);
            self.set_arg(index, value);
        }
        self.ctx.arg_count = count as u64;
        self.ctx.request.closure = callee.payload();
        self.ctx.request.desc = desc(count, tags);
        Ok(())
    }

    /// The callee is no function: it becomes the first argument of its `__call` metamethod.
    #[cold]
    fn fill_request_by_metamethod(
        &mut self,
        callee: Value,
        count: usize,
        arg: &dyn Fn(&State, usize) -> Value,
    ) -> Result<(), Raised> {
        for index in 0..count {
            let value = arg(self, index);
            self.set_arg(index, value);
        }
        self.fill_request_from_buffer(callee, count)
    }

    /// Likewise, with all `count` arguments in the buffer. The metamethod may have one itself.
    fn fill_request_from_buffer(
        &mut self,
        mut callee: Value,
        mut count: usize,
    ) -> Result<(), Raised> {
        while callee.as_function().is_none() {
            let function = crate::operations::call_metamethod(self, callee)?;
            self.reserve_args(count + 2)?;
            for index in (0..count).rev() {
                let value = self.arg(index);
                self.set_arg(index + 1, value);
            }
            self.set_arg(0, callee);
            count += 1;
            callee = function;
        }
        self.fill_request(callee, count, |state, index| state.arg(index))
    }

    /// Fills in the callee and the arguments of the request, the latter from the value stack.
    pub(crate) fn set_request_from_stack(
        &mut self,
        callee: Value,
        args: Range<usize>,
    ) -> Result<(), Raised> {
        debug_assert!(args.end as u64 <= self.ctx.co.stack_capacity);
        self.fill_request(callee, args.len(), |state, index| state.stack_value(args.start + index))
    }

    fn answer_call(&mut self, continuation: Continuation, saved: Saved) {
        let request = &mut self.ctx.request;
        request.continuation = continuation_word(continuation);
        if continuation.is_some() {
            request.aux = saved.aux;
            request.values = saved.values.map(Value::to_raw);
        }
        request.protected = 0;
        request.event = 0;
        self.ctx.outcome = outcome::CALL;
    }

    /// Asks for the call `callee(args...)`, after which `continuation` goes on. The answer is to be
    /// returned as it is.
    pub fn request<T>(
        &mut self,
        callee: Value,
        args: &[Value],
        continuation: Continuation,
    ) -> Result<Step<T>, Raised> {
        self.request_saved(callee, args, continuation, Saved::default())
    }

    /// Like [`State::request`], with something for the continuation.
    pub fn request_saved<T>(
        &mut self,
        callee: Value,
        args: &[Value],
        continuation: Continuation,
        saved: Saved,
    ) -> Result<Step<T>, Raised> {
        self.fill_request(callee, args.len(), |_, index| args[index])?;
        self.answer_call(continuation, saved);
        Ok(Step::Call)
    }

    /// Whether a value is a function or has `__call`.
    pub(crate) fn is_callable(&self, value: Value) -> bool {
        value.as_function().is_some() || !self.metamethod(value, self.names.call).is_nil()
    }

    /// Like [`State::request_saved`], for the metamethod called `name`: tracebacks say so.
    pub fn request_event<T>(
        &mut self,
        name: Gc<Str>,
        callee: Value,
        args: &[Value],
        continuation: Continuation,
        saved: Saved,
    ) -> Result<Step<T>, Raised> {
        if !self.is_callable(callee) {
            let kind = self.object_type_name(callee);
            let event = name.as_bytes().strip_prefix(b"__").unwrap_or(b"?");
            return Err(self.error_bytes(&[
                b"attempt to call a ",
                &kind,
                b" value (metamethod '",
                event,
                b"')",
            ]));
        }
        let step = self.request_saved(callee, args, continuation, saved)?;
        self.ctx.request.event = name.address();
        Ok(step)
    }

    /// Like [`State::request_saved`], with the arguments from the value stack.
    pub fn request_range<T>(
        &mut self,
        callee: Value,
        args: Range<usize>,
        continuation: Continuation,
        saved: Saved,
    ) -> Result<Step<T>, Raised> {
        self.set_request_from_stack(callee, args)?;
        self.answer_call(continuation, saved);
        Ok(Step::Call)
    }

    /// Asks for the call of `closure` with `count` arguments that lie on the value stack from
    /// `start` on.
    pub fn request_from_stack(
        &mut self,
        closure: Gc<Closure>,
        start: usize,
        count: usize,
        continuation: ContinuationFn,
        aux: [u64; 3],
    ) -> Result<(), Raised> {
        self.set_request_from_stack(Value::function(closure), start..start + count)?;
        self.answer_call(Some(continuation), Saved { aux, ..Saved::default() });
        Ok(())
    }

    /// Asks for the same as a tail call: the asking function's frame goes away.
    pub fn tail_request_from_stack(
        &mut self,
        closure: Gc<Closure>,
        start: usize,
        count: usize,
    ) -> Result<(), Raised> {
        self.set_request_from_stack(Value::function(closure), start..start + count)?;
        self.ctx.request.desc |= TAIL_CALLED;
        self.ctx.outcome = outcome::TAIL;
        Ok(())
    }

    /// Makes the request just made a protected one: its continuation also runs after a throw, see
    /// [`State::take_caught`]. `handler` is the message handler during the call.
    pub(crate) fn protect_request(&mut self, handler: Value) {
        self.ctx.request.protected = 1;
        self.ctx.request.handler = handler.to_raw();
    }

    /// In the continuation of a protected call: the error, if it threw.
    pub(crate) fn take_caught(&mut self) -> Option<Value> {
        if core::mem::take(&mut self.ctx.caught) == 0 {
            return None;
        }
        let error = core::mem::replace(&mut self.ctx.error, RawValue::NIL);
        // SAFETY: the error is a value.
        Some(unsafe { Value::from_raw(error) })
    }

    /// What the request just made keeps for its continuation, and the continuation as a word for
    /// [`continue_with`]. For who puts another continuation in its place.
    pub fn take_continuation(&mut self) -> (u64, Saved) {
        let request = &mut self.ctx.request;
        let continuation = core::mem::take(&mut request.continuation);
        if continuation == 0 {
            // The rest is left from an earlier request.
            return (0, Saved::default());
        }
        // SAFETY: the values are values.
        let values = request.values.map(|raw| unsafe { Value::from_raw(raw) });
        (continuation, Saved { aux: request.aux, values })
    }

    /// Puts another continuation into the request just made.
    pub fn set_continuation(&mut self, continuation: ContinuationFn, aux: [u64; 3]) {
        self.ctx.request.continuation = continuation_word(Some(continuation));
        self.ctx.request.aux = aux;
        self.ctx.request.values = [RawValue::NIL; 4];
    }

    // Results.

    /// The answer of a library function or a continuation: these results.
    #[inline]
    pub fn return_values(&mut self, values: &[Value]) -> Result<Step<()>, Raised> {
        let first = values.first().copied().unwrap_or_default();
        if values.len() > 1 {
            self.reserve_rets(values.len())?;
            for (index, value) in values.iter().enumerate().skip(1) {
                self.set_ret(index, *value);
            }
        }
        self.set_result_words(first, values.len());
        Ok(Step::Done(()))
    }

    #[inline]
    pub(crate) fn set_result_words(&mut self, first: Value, count: usize) {
        self.ctx.result = [first.payload(), ret_desc(count, first.tag())];
        self.ctx.ret_count = count as u64;
    }

    fn return_word(&mut self, word: u64) {
        self.set_result_words(Value::int(word as i64), 1);
    }

    /// Two results: cannot fail.
    pub(crate) fn set_two_results(&mut self, first: Value, second: Value) {
        self.set_ret(1, second);
        self.set_result_words(first, 2);
    }

    /// The answer: `count` values that lie on the value stack from `start` on.
    pub fn return_from_stack(&mut self, start: usize, count: usize) -> Result<Step<()>, Raised> {
        self.set_results_from_stack(0, start..start + count)?;
        Ok(Step::Done(()))
    }

    /// Makes a range of the value stack the results, behind `prefix` (0 or 1) places to be filled
    /// in by the caller; a prefix has tag and payload 0.
    pub(crate) fn set_results_from_stack(
        &mut self,
        prefix: usize,
        range: Range<usize>,
    ) -> Result<(), Raised> {
        let count = prefix + range.len();
        self.reserve_rets(count)?;
        let mut first = Value::NIL;
        for (index, place) in (prefix..).zip(range) {
            let value = self.stack_value(place);
            if index == 0 {
                first = value;
            } else {
                self.set_ret(index, value);
            }
        }
        self.set_result_words(first, count);
        Ok(())
    }

    /// Puts true before the results that `ctx.result` and `ctx.rets` have.
    pub(crate) fn prefix_true(&mut self) -> Result<(), Raised> {
        let results = self.take_results();
        let count = results.count();
        self.reserve_rets(count + 1)?;
        for index in (1..count).rev() {
            let value = self.ret(index);
            self.set_ret(index + 1, value);
        }
        if count > 0 {
            self.set_ret(1, results.first());
        }
        self.set_result_words(Value::TRUE, count + 1);
        Ok(())
    }

    /// The answer: true, then the results of a call.
    pub(crate) fn return_true_and(&mut self, results: Results) -> Result<Step<()>, Raised> {
        self.set_result_words(results.first(), results.count());
        self.prefix_true()?;
        Ok(Step::Done(()))
    }

    /// The results that `ctx.result` describes.
    pub(crate) fn take_results(&self) -> Results {
        let [payload, rdesc] = self.ctx.result;
        self.results_of(payload, rdesc)
    }

    /// The results that a call returned as these two words.
    pub(crate) fn results_of(&self, payload: u64, rdesc: u64) -> Results {
        let count = match rdesc & COUNT_MASK {
            COUNT_IN_CONTEXT => self.ctx.ret_count as usize,
            count => count as usize,
        };
        let raw = RawValue { payload, tag: rdesc >> 8 & TAG_MASK };
        // SAFETY: a call returns values.
        Results { first: unsafe { Value::from_raw(raw) }, count }
    }

    /// The first result of what has just answered [`Step::Done`].
    pub fn result_value(&self) -> Value {
        self.take_results().first()
    }

    // Calls from Rust.

    /// Calls `callee` from Rust. Nothing in it can yield: only for what the reference makes
    /// non-yieldable.
    pub fn call(&mut self, callee: Value, args: &[Value]) -> Result<Results, Raised> {
        self.check_native_depth()?;
        self.fill_request(callee, args.len(), |_, index| args[index])?;
        self.call_request()
    }

    /// Like [`State::call`], with the arguments from the value stack.
    pub fn call_range(&mut self, callee: Value, args: Range<usize>) -> Result<Results, Raised> {
        self.check_native_depth()?;
        self.set_request_from_stack(callee, args)?;
        self.call_request()
    }

    /// Raises "C stack overflow" where one more native entry would be too many.
    pub(crate) fn check_native_depth(&mut self) -> Result<(), Raised> {
        let depth = self.native_depth() + 1;
        let limit = self.ctx.native_limit;
        if depth < limit {
            return Ok(());
        }
        // Some room is left for message handlers; an error in one of those is the last.
        if depth == limit {
            Err(self.error(format_args!("C stack overflow")))
        } else if depth >= limit / 10 * 11 {
            Err(self.error_in_handler())
        } else {
            Ok(())
        }
    }

    /// Makes the call in the request, without its continuation.
    pub(crate) fn call_request(&mut self) -> Result<Results, Raised> {
        let frame = self.hooks.tier0_frame;
        if self.hooks.tier0.is_some() {
            self.keep_tier0_frame();
        }
        self.ctx.co.non_yieldable += 1;
        self.ctx.co.native_depth += 1;
        // SAFETY: the request is filled in, and this is the system stack.
        let threw = unsafe { machine::pl_call_from_rust((self as *mut State).cast()) };
        self.ctx.co.non_yieldable -= 1;
        self.ctx.co.native_depth -= 1;
        self.hooks.tier0_frame = frame;
        if threw != 0 {
            return Err(self.caught_in_trampoline());
        }
        Ok(self.take_results())
    }

    /// Runs `body` as the outermost Rust function that works with values: from here up the system
    /// stack is scanned for them.
    pub fn enter<R>(&mut self, body: impl FnOnce(&mut State) -> R) -> R {
        body(self)
    }
}

/// How many values the value stack may have. The reference stops at a million; the frames of tier 0
/// are larger than its, and are to go as deep.
const STACK_LIMIT: usize = 4_000_000;
/// How many arguments or results there may be, as in the reference.
const LIST_LIMIT: usize = 1_000_000;
/// What there is beyond for handling the overflow.
const STACK_EXTRA: usize = 4000;
/// What a value stack has room for at first.
const STACK_MINIMUM: usize = 24;

/// Runs a library function. Its frame has the closure, the descriptor and, in `aux`, the payloads.
///
/// # Safety
///
/// Called by a stub on the system stack.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_library_call(ctx: *mut Context, frame: *mut StubFrame) {
    // SAFETY: as the stub promises.
    let (state, frame) = unsafe { (State::from_context(ctx), &mut *frame) };
    let answer = enter_library(state, frame, |call, data| {
        // SAFETY: the prototype of a library function has a `LibraryFn` there.
        let function: LibraryFn = unsafe { core::mem::transmute(data as *const ()) };
        // The arguments are on the value stack, the closure is in the stub's frame.
        if call.state.ctx.poll != 0 {
            call.state.poll();
        }
        if call.state.ctx.hooked != 0
            && let Some(hooked) = call.state.debugging.library
        {
            return (hooked.run)(call, function);
        }
        function(call)
    });
    if state.ctx.hooked != 0 {
        // A switch to another coroutine may have got a continuation, which needs no values.
        frame.values = [RawValue::NIL; 4];
    }
    answer_stub(state, answer);
}

/// Runs a function of tier 0, likewise.
///
/// # Safety
///
/// Called by a stub on the system stack.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_tier0_call(ctx: *mut Context, frame: *mut StubFrame) {
    // SAFETY: as the stub promises.
    let (state, frame) = unsafe { (State::from_context(ctx), &mut *frame) };
    // The one before is another run's, perhaps on another coroutine's stack.
    state.hooks.tier0_frame = NO_FRAME;
    let answer = enter_library(state, frame, |call, _| match call.state.hooks.tier0 {
        Some(hooks) => (hooks.enter)(call),
        None => Err(call.state.error(format_args!("no interpreter is linked in"))),
    });
    answer_stub(state, answer);
}

#[inline(always)]
fn enter_library(
    state: &mut State,
    frame: &mut StubFrame,
    run: impl FnOnce(&mut Call<'_>, u64) -> Result<Step<()>, Raised>,
) -> Result<Step<()>, Raised> {
    let desc = frame.desc;
    let count = match desc & COUNT_MASK {
        COUNT_IN_CONTEXT => state.ctx.arg_count as usize,
        count => count as usize,
    };
    let base = state.stack_top();
    frame.base = base as u64;
    frame.count = 0;
    state.reserve_stack(count.max(REGISTER_ARGS))?;
    frame.count = count as u64;
    // SAFETY: there is room for at least three values and for all arguments; the payloads and
    // tags are those of values, and those that are not there are behind the top.
    unsafe {
        let place = (state.ctx.co.stack as *mut RawValue).add(base);
        for index in 0..REGISTER_ARGS {
            let tag = desc >> arg_tag_shift(index) & TAG_MASK;
            *place.add(index) = RawValue { payload: frame.aux[index], tag };
        }
        for index in REGISTER_ARGS..count {
            *place.add(index) = state.arg(index).to_raw();
        }
    }
    state.ctx.co.stack_top = (base + count) as u64;
    // SAFETY: a stub of this kind has a live closure.
    let closure: Gc<Closure> = unsafe { Gc::from_raw(frame.closure) };
    let data = closure.proto().get().data;
    run(&mut Call { state, closure, desc, base, count }, data)
}

/// Goes on with a continuation after the call that it asked for has returned.
///
/// # Safety
///
/// Called by a stub on the system stack, with a frame that has a continuation.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_continue(
    ctx: *mut Context,
    frame: *mut StubFrame,
    payload: u64,
    rdesc: u64,
) {
    // SAFETY: as the stub promises; `aux` and `values` have the layout of `Saved`.
    let (state, continuation, saved) = unsafe {
        let saved = (&raw mut (*frame).aux).cast::<Saved>();
        (State::from_context(ctx), (*frame).continuation, &mut *saved)
    };
    let results = state.results_of(payload, rdesc);
    state.ctx.ret_live = results.count() as u64;
    let mut answer = continue_with(state, continuation, saved, results);
    state.ctx.ret_live = 0;
    if state.ctx.hooked != 0
        && let Some(hooked) = state.debugging.library
    {
        // SAFETY: as the stub promises; its closure is 0 or alive.
        let (closure, base, count) = unsafe {
            let frame = &*frame;
            (Gc::<Closure>::from_raw_or_null(frame.closure), frame.base, frame.count)
        };
        if closure.is_some_and(|closure| closure.proto().is_library()) {
            answer =
                answer.and_then(|step| (hooked.after)(state, base as usize, count as usize, step));
        }
    }
    answer_stub(state, answer);
}

/// Leaves for the stub what it is to do.
#[inline]
fn answer_stub(state: &mut State, answer: Result<Step<()>, Raised>) {
    match answer {
        Ok(Step::Done(())) => debug_assert_eq!(state.ctx.outcome, outcome::DONE),
        Ok(Step::Call) => debug_assert_ne!(state.ctx.outcome, outcome::DONE),
        Err(_) => state.ctx.outcome = outcome::RAISE,
    }
}

/// A call of something that is no function. What calls it goes into the request; the answer is the
/// closure to call.
///
/// # Safety
///
/// Called by `pl_call_value` on the system stack.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_resolve_call(ctx: *mut Context, payload: u64) -> u64 {
    // SAFETY: as `pl_call_value` promises.
    let state = unsafe { State::from_context(ctx) };
    // SAFETY: compiled code passes a value's payload, and its tag in `value_tag`.
    let callee = unsafe { Value::from_raw(RawValue { payload, tag: state.ctx.value_tag }) };
    match state.resolve_call(callee) {
        Ok(()) => state.ctx.request.closure,
        Err(_) => {
            state.ctx.outcome = outcome::RAISE;
            0
        }
    }
}

impl State {
    /// The call in `request.desc` and `request.payloads` with `callee` as a further first argument,
    /// for its `__call` metamethod.
    fn resolve_call(&mut self, callee: Value) -> Result<(), Raised> {
        let request = self.ctx.request;
        let count = match request.desc & COUNT_MASK {
            COUNT_IN_CONTEXT => self.ctx.arg_count as usize,
            count => count as usize,
        };
        let tail = request.desc & TAIL_CALLED;
        self.reserve_args(count.max(REGISTER_ARGS))?;
        for index in 0..count.min(REGISTER_ARGS) {
            let tag = request.desc >> arg_tag_shift(index) & TAG_MASK;
            let raw = RawValue { payload: request.payloads[index], tag };
            // SAFETY: the words are those of an argument.
            self.set_arg(index, unsafe { Value::from_raw(raw) });
        }
        self.fill_request_from_buffer(callee, count)?;
        self.ctx.request.desc |= tail;
        Ok(())
    }
}
