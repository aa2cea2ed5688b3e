//! Coroutines: the thread object, and what resuming, yielding and closing do to it.
//!
//! A coroutine has a machine stack and a value stack of its own. A switch exchanges the words of
//! [`CoroutineWords`] and the stack pointer; it happens in a stub, never under a Rust function, so
//! that nothing of Rust is ever suspended. Values pass as the results of the call that waits: what
//! `yield` is given becomes the results of `resume`, and the other way round.
#![expect(unsafe_code, reason = "makes stacks and switches between them")]

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::size_of;

use abi::context::{Context, CoroutineWords, Record, StubFrame, outcome, record_kind};
use abi::object::{ObjectHeader, kind};
use abi::value::{RawValue, tag};

use crate::call::{ContinuationFn, Results, Saved, Step};
use crate::debugging::HookState;
use crate::error::Raised;
use crate::gc::{Gc, Object};
use crate::heap::{Heap, OutOfMemory};
use crate::machine;
use crate::stack::{Stack, StackPool};
use crate::state::State;
use crate::value::Value;

/// A coroutine's fields.
#[repr(C)]
#[derive(Debug)]
pub struct ThreadHeader {
    /// `kind` is [`abi::object::kind::THREAD`].
    pub header: ObjectHeader,
    /// What [`abi::context::Context::co`] is while the coroutine runs. Stale meanwhile.
    pub words: CoroutineWords,
    /// The stack pointer it was switched away at.
    pub sp: u64,
    /// Where it goes on, with the context in the first argument register.
    pub pc: u64,
    /// The lowest address of its machine stack.
    pub stack_base: u64,
    /// How long that is; 0: it has none (yet, or any more).
    pub stack_size: u64,
    /// The thread that resumed it, or 0.
    pub resumer: u64,
    /// The function it is to run, until it is started. Then the error, when it has failed.
    pub value: RawValue,
    /// [`Status`], where running stands for normal too: which of them it is depends on who runs.
    pub status: u32,
    /// One of [`Mode`].
    pub mode: u32,
    /// The nested native entries of the coroutines below it, and the one that resumed it.
    pub native_base: u32,
    /// What entries into it change.
    pub nesting: Nesting,
    /// What its debug hook listens to.
    pub hook: HookState,
}

/// What native entries into a coroutine change, such as protected calls, until they are left. A
/// switch leaves it where it is.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Nesting {
    /// The message handler of the innermost xpcall, or nil.
    pub handler: RawValue,
    /// Greater than zero where a yield is an error.
    pub non_yieldable: u32,
    /// Nested native entries: pcall, calls from the runtime, the parser.
    pub native_depth: u32,
}

/// A coroutine.
#[repr(transparent)]
pub struct Thread(UnsafeCell<ThreadHeader>);

// SAFETY: the header comes first, in an UnsafeCell.
unsafe impl Object for Thread {
    const KIND: u8 = kind::THREAD;
}

/// Where a coroutine stands.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Created or yielded.
    Suspended = 0,
    /// The one that runs.
    Running = 1,
    /// Has resumed another one.
    Normal = 2,
    /// Finished, or ended by an error, which [`ThreadHeader::value`] keeps.
    Dead = 3,
    /// Suspended since a collection, in its header only: the assembly leaves it to the runtime to
    /// resume it, so that it is remembered.
    Old = 4,
}

impl Status {
    /// As `coroutine.status` says it.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Suspended | Status::Old => "suspended",
            Status::Running => "running",
            Status::Normal => "normal",
            Status::Dead => "dead",
        }
    }
}

/// How many native entries may be nested before the error "C stack overflow".
pub(crate) const NATIVE_LIMIT: u32 = 200;

/// How a coroutine was resumed, and so what the resumer is to find.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By a function of `coroutine.wrap`: the values alone. An error is raised.
    Wrap = 0,
    /// By `coroutine.resume`: true before the values, or false and the error.
    Resume = 1,
    /// Not yet.
    Never = 2,
}

/// What the state keeps for the machine.
#[derive(Debug, Default)]
pub struct Machine {
    pub(crate) stacks: StackPool,
    /// The error in the context has been through the message handler, or must not go.
    pub(crate) error_handled: bool,
    /// The stacks are used beyond their limits, to handle their overflow.
    pub(crate) handling_overflow: bool,
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread: {:p}", self.0.get())
    }
}

impl Thread {
    fn get(&self) -> &ThreadHeader {
        // SAFETY: no reference for writing lives as long as this one, see `edit`.
        unsafe { &*self.0.get() }
    }

    #[expect(clippy::mut_from_ref, reason = "of an object that nobody else holds a reference into")]
    fn edit(&self) -> &mut ThreadHeader {
        // SAFETY: callers are in this file and drop the reference before anything else happens.
        unsafe { &mut *self.0.get() }
    }

    /// Whether it has begun and not ended: there are frames to walk.
    pub fn has_frames(&self) -> bool {
        self.get().stack_size != 0
    }

    /// The function it will run, until it is started.
    pub fn entry(&self) -> Option<Value> {
        let thread = self.get();
        if thread.status == Status::Suspended as u32 && thread.stack_size == 0 {
            // SAFETY: `value` holds a valid pair.
            Some(unsafe { Value::from_raw(thread.value) })
        } else {
            None
        }
    }

    /// Its debug hook.
    pub fn hook(&self) -> HookState {
        self.get().hook
    }

    /// Changes its debug hook.
    pub(crate) fn set_hook(&self, hook: HookState) {
        self.edit().hook = hook;
    }

    /// Its stack limit while nothing overflows.
    pub(crate) fn stack_limit(&self) -> u64 {
        let thread = self.get();
        Stack { base: thread.stack_base, size: thread.stack_size }.limit()
    }

    /// The value stack has moved: a switch does not save where it is.
    pub(crate) fn save_stack(&self, stack: u64, capacity: u64) {
        let words = &mut self.edit().words;
        words.stack = stack;
        words.stack_capacity = capacity;
    }

    /// What entries into it have changed.
    pub(crate) fn nesting(&self) -> &Nesting {
        &self.get().nesting
    }

    /// Its words; stale while it runs.
    pub(crate) fn words(&self) -> CoroutineWords {
        self.get().words
    }

    /// The value that the thread object itself keeps: a root of the thread.
    pub fn kept_value(&self) -> Value {
        // SAFETY: `value` holds a valid pair.
        unsafe { Value::from_raw(self.get().value) }
    }

    /// The thread that resumed it, while that is so.
    pub fn resumer(&self) -> Option<Gc<Thread>> {
        if self.get().status != Status::Running as u32 {
            return None;
        }
        // SAFETY: 0, or a thread that the collector finds through this field.
        unsafe { Gc::from_raw_or_null(self.get().resumer) }
    }

    /// What it refers to was visited.
    pub(crate) fn grow_old(&self) {
        let thread = self.edit();
        if thread.status == Status::Suspended as u32 && thread.stack_size != 0 {
            thread.status = Status::Old as u32;
        }
    }

    /// Frees what the thread owns outside its object. The collector calls it before it frees the
    /// object, and never for a thread that runs or has resumed another.
    pub(crate) fn release(&self, heap: &mut Heap, stacks: &mut StackPool) {
        let thread = self.edit();
        if thread.stack_size != 0 {
            stacks.give_back(Stack { base: thread.stack_base, size: thread.stack_size });
            thread.stack_size = 0;
            heap.count_stack(false);
        }
        let words = &mut thread.words;
        for (buffer, capacity) in
            [(words.stack, words.stack_capacity), (words.tbc, words.tbc_capacity)]
        {
            if let Some(buffer) = core::ptr::NonNull::new(buffer as *mut u8) {
                // SAFETY: allocated with this capacity, by `grow`.
                unsafe { heap.free_buffer(buffer, capacity as usize * size_of::<RawValue>()) };
            }
        }
        thread.words = CoroutineWords::default();
    }
}

/// What a coroutine has at the top of its stack.
const BASE_SIZE: u64 = 128;

impl State {
    /// Sets up what running Lua code needs: the main thread and its stack, and the buffers for
    /// arguments and results. The heap is ready.
    pub(crate) fn start_machine(&mut self) -> Result<(), OutOfMemory> {
        self.ctx.native_limit = NATIVE_LIMIT;
        self.grow_args(0)?;
        self.grow_rets(0)?;
        let stack = self.machine.stacks.take_main().ok_or(OutOfMemory)?;
        self.heap.count_stack(true);
        let object = self
            .alloc_object(kind::THREAD, size_of::<ThreadHeader>())
            .map_err(|_: Raised| OutOfMemory)?;
        // SAFETY: an object of the right size, zeroed behind its header.
        let thread: Gc<Thread> = unsafe { Gc::from_raw(object.as_ptr() as u64) };
        let header = thread.edit();
        header.stack_base = stack.base;
        header.stack_size = stack.size;
        header.status = Status::Running as u32;
        // A switch does not save the limit, which never changes while one is possible.
        header.words.stack_limit = stack.limit();
        // Nor does it save where a coroutine goes on: always in a stub.
        header.words.exit_pc = machine::pl_stub_return as *const () as u64;
        header.pc = machine::pl_switched as *const () as u64;
        self.main_thread = thread;
        let words = &mut self.ctx.co;
        words.thread = thread.address();
        words.stack_limit = stack.limit();
        words.lua_sp = stack.top();
        header.nesting.non_yieldable = 1;
        Ok(())
    }

    /// A coroutine that will run `function`.
    pub fn new_thread(&mut self, function: Value) -> Result<Gc<Thread>, Raised> {
        let object = self.alloc_object(kind::THREAD, size_of::<ThreadHeader>())?;
        // SAFETY: an object of the right size, zeroed behind its header.
        let thread: Gc<Thread> = unsafe { Gc::from_raw(object.as_ptr() as u64) };
        let header = thread.edit();
        header.value = function.to_raw();
        header.mode = Mode::Never as u32;
        header.words.thread = thread.address();
        self.inherit_hook(thread);
        Ok(thread)
    }

    /// Where `thread` stands.
    pub fn thread_status(&self, thread: Gc<Thread>) -> Status {
        match thread.get().status {
            0 | 4 => Status::Suspended,
            1 if thread == self.current_thread() => Status::Running,
            1 => Status::Normal,
            _ => Status::Dead,
        }
    }

    /// Whether a yield is possible now.
    pub fn is_yieldable(&self) -> bool {
        self.current_thread().nesting().non_yieldable == 0
    }

    /// Whether `thread` could yield.
    pub fn is_thread_yieldable(&self, thread: Gc<Thread>) -> bool {
        if thread == self.current_thread() {
            self.is_yieldable()
        } else {
            thread != self.main_thread && thread.nesting().non_yieldable == 0
        }
    }

    /// Nested native entries in all coroutines together.
    pub fn native_depth(&self) -> u32 {
        let thread = self.current_thread();
        thread.get().native_base + thread.nesting().native_depth
    }

    /// What entries into the running coroutine change.
    pub(crate) fn nesting(&mut self) -> &mut Nesting {
        // SAFETY: the running coroutine is alive, and nobody holds a reference into it.
        unsafe { &mut (*(self.ctx.co.thread as *mut ThreadHeader)).nesting }
    }

    /// Answers that the machine is to switch to `thread`, whose resumer becomes the running
    /// coroutine. `args` are the arguments, as a range of the running coroutine's value stack.
    /// The inner error is a message for the caller to report: the coroutine cannot be resumed.
    pub(crate) fn resume<T>(
        &mut self,
        thread: Gc<Thread>,
        args: core::ops::Range<usize>,
        mode: Mode,
    ) -> Result<Result<Step<T>, &'static str>, Raised> {
        match self.thread_status(thread) {
            Status::Suspended => {}
            Status::Dead => return Ok(Err("cannot resume dead coroutine")),
            _ => return Ok(Err("cannot resume non-suspended coroutine")),
        }
        if self.native_depth() + 1 >= NATIVE_LIMIT {
            return Ok(Err("C stack overflow"));
        }
        if thread.has_frames() {
            self.set_results_from_stack(0, args)?;
        } else {
            // SAFETY: `value` holds a valid pair.
            let function = unsafe { Value::from_raw(thread.get().value) };
            let stack = match self.machine.stacks.take() {
                Some(stack) => stack,
                None => {
                    // Coroutines that are garbage have stacks to give back.
                    self.collect();
                    self.finish_sweep();
                    let stack = self.machine.stacks.take();
                    stack.ok_or_else(|| self.memory_error())?
                }
            };
            self.heap.count_stack(true);
            self.check_pacing();
            thread.edit().value = RawValue::NIL;
            self.prepare_stack(thread, stack);
            self.set_request_from_stack(function, args)?;
        }
        let current = self.current_thread();
        let header = thread.edit();
        header.status = Status::Running as u32;
        header.mode = mode as u32;
        header.resumer = current.address();
        header.native_base = self.native_depth() + 1;
        // The thread and the one it now refers to may be of any age.
        self.barrier(thread.erase(), Value::thread(current));
        self.ctx.switch_to = thread.address();
        self.ctx.request.continuation = 0;
        self.ctx.outcome = outcome::SWITCH;
        Ok(Ok(Step::Call))
    }

    /// Writes a coroutine's base to the top of its stack.
    fn prepare_stack(&mut self, thread: Gc<Thread>, stack: Stack) {
        let record_at = stack.top() - BASE_SIZE;
        let sp = record_at;
        let record = Record {
            previous: 0,
            kind: record_kind::COROUTINE,
            sp,
            resume_pc: machine::pl_coroutine_caught as *const () as u64,
            stack_top: 0,
            tbc_top: 0,
            handler: RawValue::NIL,
            non_yieldable: 0,
            native_depth: 0,
            system_sp: 0,
            exit_frame: 0,
            exit_pc: 0,
            lua_sp: 0,
        };
        let start = sp - machine::COROUTINE_START_BELOW;
        // SAFETY: it lies inside the stack, which nobody uses yet.
        unsafe { (record_at as *mut Record).write(record) };
        let header = thread.edit();
        header.stack_base = stack.base;
        header.stack_size = stack.size;
        header.sp = start;
        header.pc = machine::pl_coroutine_start as *const () as u64;
        header.words.exit_pc = machine::pl_stub_return as *const () as u64;
        header.words.stack_limit = stack.limit();
        header.words.record = record_at;
        header.words.lua_sp = start;
    }

    /// Answers that the machine is to switch back to the resumer of the running coroutine, which
    /// finds the values in `values`, a range of the value stack, as its results.
    pub(crate) fn yield_values<T>(
        &mut self,
        values: core::ops::Range<usize>,
    ) -> Result<Step<T>, Raised> {
        if !self.is_yieldable() {
            let thread = self.current_thread();
            return Err(if thread == self.main_thread {
                self.error(format_args!("attempt to yield from outside a coroutine"))
            } else {
                self.error(format_args!("attempt to yield across a C-call boundary"))
            });
        }
        let thread = self.current_thread();
        if thread.get().mode == Mode::Resume as u32 {
            self.set_results_from_stack(1, values)?;
            self.ctx.result[0] = 0;
            self.ctx.result[1] |= u64::from(tag::TRUE) << 8;
        } else {
            self.set_results_from_stack(0, values)?;
        }
        thread.edit().status = Status::Suspended as u32;
        self.leave_thread(thread);
        self.ctx.request.continuation = 0;
        self.ctx.outcome = outcome::SWITCH;
        Ok(Step::Call)
    }

    /// Makes the resumer of `thread`, the running coroutine, the one to switch to.
    fn leave_thread(&mut self, thread: Gc<Thread>) {
        let header = thread.edit();
        let resumer = core::mem::take(&mut header.resumer);
        self.ctx.switch_to = resumer;
    }

    /// Closes a coroutine that is suspended or dead: runs what is pending in its to-be-closed
    /// variables, on its own stack, from its base, where nothing can yield. The inner error is
    /// that of the coroutine or of a handler.
    pub(crate) fn close_thread(&mut self, thread: Gc<Thread>) -> Result<Result<(), Value>, Raised> {
        let header = thread.get();
        let failed = header.status == Status::Dead as u32 && header.stack_size != 0;
        let mut error = failed.then(|| thread.kept_value());
        let header = thread.edit();
        if header.words.tbc_top != 0 {
            self.close_pending(thread, &mut error);
        }
        let header = thread.edit();
        header.status = Status::Dead as u32;
        header.value = RawValue::NIL;
        let machine = &mut self.machine;
        thread.release(&mut self.heap, &mut machine.stacks);
        thread.edit().words.thread = thread.address();
        Ok(match error {
            Some(value) => Err(value),
            None => Ok(()),
        })
    }

    /// Takes off the innermost variable to be closed of the main coroutine, whichever runs.
    pub(crate) fn pop_main_tbc(&mut self) -> Option<Value> {
        let main = self.main_thread;
        if main == self.current_thread() {
            return self.pop_tbc(0);
        }
        // Only to take from it: the buffers stay whose they are.
        let words = &main.edit().words;
        let list = (words.tbc, words.tbc_top, words.tbc_capacity);
        let own = (self.ctx.co.tbc, self.ctx.co.tbc_top, self.ctx.co.tbc_capacity);
        (self.ctx.co.tbc, self.ctx.co.tbc_top, self.ctx.co.tbc_capacity) = list;
        let value = self.pop_tbc(0);
        main.edit().words.tbc_top = self.ctx.co.tbc_top;
        (self.ctx.co.tbc, self.ctx.co.tbc_top, self.ctx.co.tbc_capacity) = own;
        value
    }

    fn close_pending(&mut self, thread: Gc<Thread>, error: &mut Option<Value>) {
        let current = self.current_thread();
        let header = thread.edit();
        // From here on the handlers' frames lie where those of the coroutine were.
        let stack = Stack { base: header.stack_base, size: header.stack_size };
        header.words.record = 0;
        header.words.exit_frame = 0;
        header.words.exit_pc = 0;
        header.words.lua_sp = stack.top() - BASE_SIZE;
        header.words.stack_limit = stack.limit();
        header.words.stack_top = 0;
        header.nesting = Nesting { non_yieldable: 1, ..Nesting::default() };
        header.native_base = self.native_depth() + 1;
        header.status = Status::Running as u32;
        header.resumer = current.address();
        self.barrier(thread.erase(), Value::thread(current));
        let words = header.words;
        let header = current.edit();
        header.words = core::mem::replace(&mut self.ctx.co, words);
        while let Some(value) = self.pop_tbc(0) {
            if let Err(raised) = self.call_close(value, *error) {
                *error = Some(self.take_error(raised));
            }
        }
        let words = current.edit().words;
        thread.edit().words = core::mem::replace(&mut self.ctx.co, words);
        thread.edit().resumer = 0;
    }
}

/// The function of the running coroutine has returned: `ctx.result` and `ctx.rets` are its results.
///
/// # Safety
///
/// Called by the coroutine's base on the system stack.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_coroutine_finish(ctx: *mut Context) {
    // SAFETY: the context is the first field of a state that nobody else uses meanwhile.
    let state = unsafe { State::from_context(ctx) };
    let thread = state.current_thread();
    if thread.get().mode == Mode::Resume as u32 && state.prefix_true().is_err() {
        // Only the count can be too large. What the reference says then:
        let message = b"too many results to resume";
        fail_with(state, thread, message);
        return;
    }
    state.leave_thread(thread);
    thread.edit().status = Status::Dead as u32;
    // The words are in the context still, and are saved to the object by the switch: empty ones.
    let words = core::mem::take(&mut state.ctx.co);
    thread.edit().words = words;
    let machine = &mut state.machine;
    thread.release(&mut state.heap, &mut machine.stacks);
    state.ctx.co.thread = thread.address();
}

fn fail_with(state: &mut State, thread: Gc<Thread>, message: &[u8]) {
    let error = match state.new_string(message) {
        Ok(text) => Value::string(text),
        Err(raised) => state.take_error(raised),
    };
    state.ctx.error = error.to_raw();
    fail(state, thread);
}

/// The running coroutine has thrown `ctx.error`. Its stack stays, for tracebacks and for what is
/// to be closed.
///
/// # Safety
///
/// Called by the coroutine's base on the system stack.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_coroutine_fail(ctx: *mut Context) {
    // SAFETY: as in `pl_coroutine_finish`.
    let state = unsafe { State::from_context(ctx) };
    let thread = state.current_thread();
    // Who walks the kept frames finds the erring one in its stub.
    state.keep_tier0_frame();
    fail(state, thread);
}

fn fail(state: &mut State, thread: Gc<Thread>) {
    let error = core::mem::replace(&mut state.ctx.error, RawValue::NIL);
    let wrapped = thread.get().mode == Mode::Wrap as u32;
    let header = thread.edit();
    header.status = Status::Dead as u32;
    header.value = error;
    // SAFETY: the error is a value.
    let error = unsafe { Value::from_raw(error) };
    state.barrier(thread.erase(), error);
    state.leave_thread(thread);
    if wrapped {
        // The resumer's stub waits to give the values to its caller as they are. It is to raise
        // instead.
        // SAFETY: the resumer was switched away from in a stub, whose frame is its exit frame.
        unsafe {
            let resumer: Gc<Thread> = Gc::from_raw(state.ctx.switch_to);
            let frame = machine::stub_frame(resumer.get().words.exit_frame) as *mut StubFrame;
            (*frame).values = [RawValue::NIL; 4];
            (*frame).values[0] = Value::thread(thread).to_raw();
            (*frame).continuation = wrap_failed as ContinuationFn as usize as u64;
        }
        state.ctx.result = [0, 0];
    } else {
        state.set_two_results(Value::FALSE, error);
    }
}

/// Raises in the caller of a wrapped coroutine the error that ended it.
fn wrap_failed(state: &mut State, saved: &mut Saved, _: Results) -> Result<Step<()>, Raised> {
    let Some(thread) = saved.values[0].as_thread() else {
        return Ok(Step::Done(()));
    };
    let error = thread.kept_value();
    let error = match state.close_thread(thread)? {
        Err(error) => error,
        Ok(()) => error,
    };
    Err(state.raise_wrapped(error))
}
