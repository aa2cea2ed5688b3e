//! What the assembly stubs call: library functions and functions of tier 0 are entered here,
//! continuations go on, and callees that are no functions are resolved.
#![expect(unsafe_code, reason = "entered from assembly with raw pointers")]

use abi::call::{
    COUNT_IN_CONTEXT, COUNT_MASK, REGISTER_ARGS, TAG_MASK, TAIL_CALLED, arg_tag_shift,
};
use abi::context::{Context, StubFrame, outcome};
use abi::value::RawValue;

use super::{Call, LibraryFn, Saved, Step, continue_with};
use crate::closure::Closure;
use crate::error::Raised;
use crate::gc::Gc;
use crate::hooks::NO_FRAME;
use crate::state::State;
use crate::value::Value;

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
    // Functions of the library and of tier 0 may follow each other without any that compares.
    if core::ptr::from_mut(frame).addr() as u64 <= state.ctx.co.stack_limit {
        return Err(state.stack_overflow_at(1));
    }
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
