//! Calls between Rust and Lua: what a library function sees, and how the runtime asks for calls.
//!
//! A library function is safe Rust that never calls Lua itself. Where the reference would call a
//! function and may be suspended in it, it *asks* for the call ([`Step::Call`]): it returns, its
//! stub makes the call without any Rust frame on the stack, and a continuation goes on with the
//! results. Only what the reference makes non-yieldable calls through [`State::call`].
#![expect(unsafe_code, reason = "reads and writes argument buffers and stub frames")]

use core::mem::size_of;
use core::ops::Range;

use abi::call::{
    COUNT_IN_CONTEXT, COUNT_MASK, REGISTER_ARGS, TAG_MASK, TAIL_CALLED, desc, ret_desc,
};
use abi::context::{Context, continuation, outcome};
use abi::value::RawValue;

use crate::closure::Closure;
use crate::coroutine::NATIVE_LIMIT;
use crate::error::Raised;
use crate::gc::Gc;
use crate::machine;
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

mod arguments;
mod buffers;
mod library;
mod quick;
mod repeated;
mod stubs;

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

/// What goes on after a requested call.
#[derive(Clone, Copy, Debug)]
pub enum Continuation {
    /// Nothing: the results of the call are the results, the first of them the value of an operation
    /// that has one.
    None,
    /// Nothing but whether the first result is true: the word 1 or 0.
    Truth,
    /// Whether it is false.
    NotTruth,
    /// A function.
    Then(ContinuationFn),
}

impl Continuation {
    /// As [`abi::context::CallRequest::continuation`].
    fn word(self) -> u64 {
        match self {
            Continuation::None => continuation::NONE,
            Continuation::Truth => continuation::TRUTH,
            Continuation::NotTruth => continuation::NOT_TRUTH,
            Continuation::Then(function) => function as *const () as u64,
        }
    }
}

/// Runs a continuation that was kept as a word: [`abi::context::CallRequest::continuation`].
pub fn continue_with(
    state: &mut State,
    continuation: u64,
    saved: &mut Saved,
    results: Results,
) -> Result<Step<()>, Raised> {
    match continuation {
        continuation::NONE => {
            let first = results.first;
            state.ctx.result = [first.payload(), ret_desc(results.count, first.tag())];
            state.ctx.ret_count = results.count as u64;
            return Ok(Step::Done(()));
        }
        continuation::TRUTH | continuation::NOT_TRUTH => {
            let is_true = !results.first.is_falsy();
            state.return_word(u64::from(is_true == (continuation == continuation::TRUTH)));
            return Ok(Step::Done(()));
        }
        _ => {}
    }
    // SAFETY: the word is one that a request made of a `ContinuationFn`.
    let function: ContinuationFn = unsafe { core::mem::transmute(continuation as *const ()) };
    function(state, saved, results)
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
        request.continuation = continuation.word();
        if let Continuation::Then(_) = continuation {
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
    #[inline]
    pub fn request_saved<T>(
        &mut self,
        callee: Value,
        args: &[Value],
        continuation: Continuation,
        saved: Saved,
    ) -> Result<Step<T>, Raised> {
        if callee.as_function().is_some() && args.len() <= REGISTER_ARGS {
            self.fill_request_in_registers(callee, args);
        } else {
            self.fill_request(callee, args.len(), |_, index| args[index])?;
        }
        self.answer_call(continuation, saved);
        Ok(Step::Call)
    }

    /// The usual case of [`State::fill_request`]: a function, and few arguments.
    #[inline(always)]
    fn fill_request_in_registers(&mut self, callee: Value, args: &[Value]) {
        let request = &mut self.ctx.request;
        let mut tags = [0; REGISTER_ARGS];
        for (arg, (tag, payload)) in args.iter().zip(tags.iter_mut().zip(&mut request.payloads)) {
            (*tag, *payload) = (arg.tag(), arg.payload());
        }
        request.closure = callee.payload();
        request.desc = desc(args.len(), tags);
        self.ctx.arg_count = args.len() as u64;
    }

    /// Whether a value is a function or has `__call`.
    pub(crate) fn is_callable(&self, value: Value) -> bool {
        value.as_function().is_some() || !self.metamethod(value, self.names.call).is_nil()
    }

    /// Like [`State::request_saved`], for the metamethod called `name`: tracebacks say so.
    #[inline]
    pub fn request_event<T>(
        &mut self,
        name: Gc<Str>,
        callee: Value,
        args: &[Value],
        continuation: Continuation,
        saved: Saved,
    ) -> Result<Step<T>, Raised> {
        if callee.as_function().is_none() && !self.is_callable(callee) {
            return Err(self.no_method_error(name, callee));
        }
        let step = self.request_saved(callee, args, continuation, saved)?;
        self.ctx.request.event = name.address();
        Ok(step)
    }

    #[cold]
    fn no_method_error(&mut self, name: Gc<Str>, callee: Value) -> Raised {
        let kind = self.object_type_name(callee);
        let event = name.as_bytes().strip_prefix(b"__").unwrap_or(b"?");
        self.error_bytes(&[b"attempt to call a ", &kind, b" value (metamethod '", event, b"')"])
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
        self.answer_call(Continuation::Then(continuation), Saved { aux, ..Saved::default() });
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
        if continuation <= continuation::LAST {
            // The rest is left from an earlier request.
            return (continuation, Saved::default());
        }
        // SAFETY: the values are values.
        let values = request.values.map(|raw| unsafe { Value::from_raw(raw) });
        (continuation, Saved { aux: request.aux, values })
    }

    /// Puts another continuation into the request just made.
    pub fn set_continuation(&mut self, continuation: ContinuationFn, aux: [u64; 3]) {
        self.ctx.request.continuation = Continuation::Then(continuation).word();
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
        let limit = NATIVE_LIMIT;
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
        let nesting = self.nesting();
        nesting.non_yieldable += 1;
        nesting.native_depth += 1;
        // SAFETY: the request is filled in, and this is the system stack.
        let threw = unsafe { machine::pl_call_from_rust((self as *mut State).cast()) };
        let nesting = self.nesting();
        nesting.non_yieldable -= 1;
        nesting.native_depth -= 1;
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
