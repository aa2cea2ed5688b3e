//! Debug hooks: functions that are told of calls, returns, lines and counted steps.
//!
//! Each coroutine has its own hook; which function it is stands in a table of the registry, what it
//! listens to in the thread object. `ctx.hooked` says whether anybody has one, so that nobody else
//! pays: a debuggable function, compiled or in tier 0, asks at each step and where it is entered and
//! left, and the entry of library functions asks. A hook is called from Rust, so nothing in it can yield, and no other
//! hook runs meanwhile.

use alloc::vec::Vec;

use crate::call::{Call, ContinuationFn, LibraryFn, Results, Saved, Step};
use crate::coroutine::{NATIVE_LIMIT, Thread};
use crate::error::Raised;
use crate::frames::{Found, FrameInfo};
use crate::gc::Gc;
use crate::hooks::DebugTable;
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

/// What a hook listens to.
pub mod event {
    /// Calls, tail calls included.
    pub const CALL: u32 = 1;
    /// Returns.
    pub const RETURN: u32 = 2;
    /// New lines, and jumps back.
    pub const LINE: u32 = 4;
    /// Every so many steps.
    pub const COUNT: u32 = 8;
}

/// The key of the table of hook functions in the registry, by thread.
const HOOK_KEY: &[u8] = b"_HOOKKEY";

/// The hook of a coroutine.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct HookState {
    /// Bits of [`event`].
    pub mask: u32,
    /// Not zero while hooks are off: in a hook, or in a finalizer.
    off: u32,
    /// After how many steps it is called: the bits of what the program gave, which counts where it
    /// is positive.
    pub count: u32,
    /// How many of them are left.
    left: u32,
    /// The step last heard of.
    step: u32,
}

/// In place of a step: the function has just been entered.
const NO_STEP: u32 = u32::MAX;

/// Why Rust calls a Lua function, for the names of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NativeCall {
    /// For a library function, for instance.
    Plain,
    /// It is a hook.
    Hook,
    /// It is a finalizer.
    Finalizer,
}

/// Values that are passed by the event that a hook hears of.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    /// The number of the first one as a local variable.
    first: usize,
    /// How many there are.
    count: usize,
    /// Where they lie on the value stack, where they are not in their locals.
    place: Option<usize>,
}

/// What a library function answers.
type Told = Result<Step<()>, Raised>;

/// How library functions run in a state that has hooks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HookedCalls {
    /// Runs one.
    pub(crate) run: fn(&mut Call<'_>, LibraryFn) -> Told,
    /// After a continuation of one, whose arguments are so many from a place of the value stack on.
    pub(crate) after: fn(&mut State, usize, usize, Step<()>) -> Told,
}

/// What a state keeps for hooks.
#[derive(Debug, Default)]
pub struct Debugging {
    /// There once somebody sets a hook: what never does has none of this linked.
    pub(crate) library: Option<HookedCalls>,
    /// How many coroutines have a hook.
    hooked: u32,
    /// The calls from Rust that are not plain: what [`abi::context::Context::system_sp`] was.
    calls: Vec<(u64, NativeCall)>,
    /// What the event of the hook that runs passes.
    transfer: Option<Transfer>,
}

impl Debugging {
    /// The kind of the call that was made when the system stack continued there.
    pub(crate) fn native_call(&self, system_sp: u64) -> NativeCall {
        let call = self.calls.iter().rev().find(|call| call.0 == system_sp);
        call.map_or(NativeCall::Plain, |call| call.1)
    }
}

// Setting hooks.

impl State {
    /// The table of hook functions. Its keys are weak.
    fn hook_table(&mut self) -> Result<Gc<Table>, Raised> {
        let key = self.new_string(HOOK_KEY)?;
        if let Some(table) = self.registry.get_str(self, key).as_table() {
            return Ok(table);
        }
        let table = self.new_table(0, 2)?;
        let mode = self.new_string(b"__mode")?;
        let weak = self.new_string(b"k")?;
        table.set_str(self, mode, Value::string(weak))?;
        let registry = self.registry;
        registry.set_str(self, key, Value::table(table))?;
        self.set_metatable_of(Value::table(table), Some(table))?;
        Ok(table)
    }

    /// Sets the hook of a coroutine: nil, or a function and what it listens to.
    pub fn set_debug_hook(
        &mut self,
        thread: Gc<Thread>,
        function: Value,
        mask: u32,
        count: u32,
    ) -> Result<(), Raised> {
        self.debugging.library = Some(HookedCalls { run: run_hooked, after: after_library });
        let table = self.hook_table()?;
        table.set(self, Value::thread(thread), function)?;
        let hook = HookState { mask, count, left: count, ..thread.hook() };
        self.change_hook(thread, hook);
        Ok(())
    }

    fn change_hook(&mut self, thread: Gc<Thread>, hook: HookState) {
        let was = thread.hook().mask != 0;
        thread.set_hook(hook);
        match (was, hook.mask != 0) {
            (false, true) => self.debugging.hooked += 1,
            (true, false) => self.debugging.hooked -= 1,
            _ => {}
        }
        self.ctx.hooked = self.debugging.hooked;
        self.ctx.native_limit = if self.ctx.hooked == 0 { NATIVE_LIMIT } else { 0 };
    }

    /// A new coroutine listens to what its creator does, though there is no function yet to tell.
    pub(crate) fn inherit_hook(&mut self, thread: Gc<Thread>) {
        if self.ctx.hooked != 0 {
            let HookState { mask, count, .. } = self.current_thread().hook();
            let hook = HookState { mask, count, left: count, ..HookState::default() };
            self.change_hook(thread, hook);
        }
    }

    /// The hook of a coroutine: its function or nil, and what it listens to.
    pub fn debug_hook(&mut self, thread: Gc<Thread>) -> Result<(Value, HookState), Raised> {
        let table = self.hook_table()?;
        Ok((table.get(self, Value::thread(thread)), thread.hook()))
    }
}

// Telling hooks.

impl State {
    /// What the running coroutine's hook listens to now.
    fn listens(&self) -> u32 {
        let hook = self.current_thread().hook();
        if hook.off == 0 { hook.mask } else { 0 }
    }

    /// Calls a hook.
    fn call_hook(
        &mut self,
        event: &str,
        line: Option<u32>,
        transfer: Option<Transfer>,
    ) -> Result<(), Raised> {
        let thread = self.current_thread();
        let (function, _) = self.debug_hook(thread)?;
        if function.is_nil() {
            return Ok(());
        }
        let event = Value::string(self.new_string(event.as_bytes())?);
        // There is none without debug information.
        let line = line
            .filter(|line| *line != u32::MAX)
            .map_or(Value::NIL, |line| Value::int(line.into()));
        let outer = core::mem::replace(&mut self.debugging.transfer, transfer);
        let step = thread.hook().step;
        let done =
            self.without_hooks(|state| state.call_as(NativeCall::Hook, function, &[event, line]));
        self.debugging.transfer = outer;
        // The hook itself has steps too.
        thread.set_hook(HookState { step, ..thread.hook() });
        done
    }

    /// Calls a function as what it is to be known for.
    pub(crate) fn call_as(
        &mut self,
        call: NativeCall,
        function: Value,
        args: &[Value],
    ) -> Result<(), Raised> {
        self.debugging.calls.push((self.ctx.system_sp, call));
        let done = self.call(function, args);
        self.debugging.calls.pop();
        done.map(drop)
    }

    /// Does something during which the running coroutine's hook is off.
    pub(crate) fn without_hooks<R>(&mut self, body: impl FnOnce(&mut State) -> R) -> R {
        let thread = self.current_thread();
        let hook = thread.hook();
        thread.set_hook(HookState { off: hook.off + 1, ..hook });
        let result = body(self);
        let hook = thread.hook();
        thread.set_hook(HookState { off: hook.off - 1, ..hook });
        result
    }

    /// A step of the debuggable function with this table begins.
    pub fn hook_step(&mut self, step: u32, table: &DebugTable) -> Result<(), Raised> {
        let thread = self.current_thread();
        let hook = thread.hook();
        if hook.mask & (event::LINE | event::COUNT) == 0 {
            return Ok(());
        }
        let mask = self.listens();
        // The hook's own steps count, too.
        if hook.mask & event::COUNT != 0 {
            let left = hook.left.saturating_sub(1);
            let is_due = left == 0;
            let left = if is_due { hook.count } else { left };
            thread.set_hook(HookState { left, ..hook });
            if is_due && mask != 0 {
                self.call_hook("count", None, None)?;
            }
        }
        if mask & event::LINE != 0 {
            let old = thread.hook().step;
            // What was last heard of may be of another function.
            let known = if (old as usize) < table.steps.len() { old } else { 0 };
            let line = table.step(step).line;
            if old == NO_STEP || step <= known || table.step(known).line != line {
                self.call_hook("line", Some(line), None)?;
            }
            thread.set_hook(HookState { step, ..thread.hook() });
        }
        Ok(())
    }

    /// The running function, which is compiled, begins a step. Results of a call that wait for it
    /// are put by meanwhile.
    pub(crate) fn hook_compiled_step(&mut self, step: u32) -> Result<(), Raised> {
        let Some((table, _)) = self.step_at(0) else { return Ok(()) };
        let place = self.stack_top();
        let count = self.put_results_by(place)?;
        self.hook_step(step, &table)?;
        self.take_results_back(place, count)
    }

    /// The running function, which is compiled, returns the results that `ctx.result` describes,
    /// which are locals from number `first` on.
    pub(crate) fn hook_compiled_return(&mut self, first: usize) -> Result<(), Raised> {
        let place = self.stack_top();
        let count = self.put_results_by(place)?;
        self.hook_return(place, first, count)?;
        self.take_results_back(place, count)
    }

    /// Puts the results that `ctx.result` describes on the value stack, which ends at `place`.
    fn put_results_by(&mut self, place: usize) -> Result<usize, Raised> {
        let results = self.take_results();
        self.ctx.co.stack_top = place as u64;
        for index in 0..results.count() {
            let value = results.get(self, index);
            self.push(value)?;
        }
        self.ctx.ret_live = 0;
        Ok(results.count())
    }

    /// Makes what lies there the results again.
    fn take_results_back(&mut self, place: usize, count: usize) -> Result<(), Raised> {
        self.truncate_stack(place);
        self.set_results_from_stack(0, place..place + count)
    }

    /// A Lua function with so many parameters has been entered.
    pub fn hook_function(&mut self, tail_called: bool, params: usize) -> Result<(), Raised> {
        let thread = self.current_thread();
        let hook = thread.hook();
        if hook.mask != 0 {
            thread.set_hook(HookState { step: NO_STEP, ..hook });
        }
        if self.listens() & event::CALL == 0 {
            return Ok(());
        }
        let transfer = Transfer { first: 1, count: params, place: None };
        let event = if tail_called { "tail call" } else { "call" };
        self.call_hook(event, None, Some(transfer))
    }

    /// A function returns the `count` values at `place` of the value stack, which are locals from
    /// number `first` on.
    pub fn hook_return(&mut self, place: usize, first: usize, count: usize) -> Result<(), Raised> {
        if self.listens() & event::RETURN != 0 {
            let transfer = Transfer { first, count, place: Some(place) };
            self.call_hook("return", None, Some(transfer))?;
        }
        let thread = self.current_thread();
        // The calling function goes on at the step that it is at.
        if thread.hook().mask != 0
            && let Some((_, step)) = self.step_at(1)
        {
            thread.set_hook(HookState { step, ..thread.hook() });
        }
        Ok(())
    }
}

// Library functions.

/// Runs a library function in a state that has hooks.
fn run_hooked(call: &mut Call<'_>, function: LibraryFn) -> Told {
    let (base, count) = (call.base(), call.count());
    if call.state.listens() & event::CALL != 0 {
        let transfer = Transfer { first: 1, count, place: None };
        call.state.call_hook("call", None, Some(transfer))?;
    }
    let step = function(call)?;
    after_library(call.state, base, count, step)
}

/// After a library function, or a continuation of one: tells that it returns, if it does.
#[cold]
pub(crate) fn after_library(state: &mut State, base: usize, count: usize, step: Step<()>) -> Told {
    if step == Step::Call {
        // It is to be heard of when the results of the call are to be its own.
        let request = &mut state.ctx.request;
        if state.ctx.outcome != abi::context::outcome::TAIL && request.continuation == 0 {
            state.set_continuation(PASS_ON, [0; 3]);
        }
        return Ok(Step::Call);
    }
    // While another coroutine ran, the arguments were not on the stack.
    while state.stack_top() < base + count {
        state.push(Value::NIL)?;
    }
    let place = state.stack_top();
    let results = state.put_results_by(place)?;
    state.hook_return(place, count + 1, results)?;
    state.return_from_stack(place, results)
}

const PASS_ON: ContinuationFn = pass_on;

/// The results of a call are the results.
fn pass_on(state: &mut State, _: &mut Saved, results: Results) -> Result<Step<()>, Raised> {
    state.set_result_words(results.first(), results.count());
    Ok(Step::Done(()))
}

// What hooks and others see of frames.

/// A local variable as a debugger has it.
#[derive(Clone, Copy, Debug)]
pub enum Local {
    /// There is none.
    None,
    /// Its name and its value.
    Found(&'static [u8], Value),
    /// The function was compiled without local variables for debuggers.
    NotDebuggable,
}

impl State {
    /// The number of the first value that the event of a hook passes, and how many there are.
    pub fn transfer_of(&self, frame: &FrameInfo) -> (usize, usize) {
        match self.debugging.transfer {
            Some(Transfer { first, count, .. }) if frame.hooked && count > 0 => (first, count),
            _ => (0, 0),
        }
    }

    /// Local variable `number` of a frame that has just been looked up, set to `value` if there is
    /// one; its value is as it was before.
    pub fn local(&mut self, frame: &FrameInfo, number: i64, value: Option<Value>) -> Local {
        let mut local = frame.local(self, number);
        if let (Some(transfer), true) = (self.debugging.transfer, frame.hooked)
            && let (Some(place), Ok(number)) = (transfer.place, usize::try_from(number))
            && (transfer.first..transfer.first + transfer.count).contains(&number)
        {
            let name = match local {
                Found::Local(name, _) => name,
                _ if frame.is_lua() => b"(temporary)",
                _ => b"(C temporary)",
            };
            local = Found::Local(name, self.place_on_stack(place + number - transfer.first));
        }
        match local {
            Found::None => Local::None,
            Found::NotDebuggable => Local::NotDebuggable,
            Found::Local(name, place) => {
                let old = place.get();
                let cell = old.as_cell();
                let shown = cell.map_or(old, |cell| cell.get());
                match (cell, value) {
                    (Some(cell), Some(value)) => cell.set(self, value),
                    (None, Some(value)) => place.set(value),
                    (_, None) => {}
                }
                Local::Found(name, shown)
            }
        }
    }
}
