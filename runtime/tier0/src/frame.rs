//! Frames of tier 0 on the value stack.
//!
//! ```text
//! args_base          base                       base + HEADER          top
//! | fixed | extra    | closure pc prev args ... | registers            | open list ...
//! ```
//!
//! The header's words are stored as integers, so that the stack holds nothing but values. The
//! extra arguments of a variadic function stay where they were passed, right below the header.
#![expect(unsafe_code, reason = "registers are places of the value stack, which has the room")]

use abi::value::RawValue;
use runtime::closure::Closure;
use runtime::error::Raised;
use runtime::gc::Gc;
use runtime::hooks::Tier0Frame;
use runtime::state::State;
use runtime::value::Value;

use crate::code::Op;
use crate::debug::{Debug, step_register};
use crate::function::Function;

const CLOSURE: usize = 0;
/// The instruction being executed.
const PC: usize = 1;
/// One more than the base of the calling frame in the same run, or 0.
const PREVIOUS: usize = 2;
/// Where the arguments begin: what the top goes back to when the frame is left.
const ARGS_BASE: usize = 3;
/// How many extra arguments there are.
const EXTRA: usize = 4;
/// How many values the open list has.
const OPEN: usize = 5;
/// 1 when a tail call made the frame.
const TAIL: usize = 6;
/// The size of a header.
pub(crate) const HEADER: usize = 7;

/// A frame: its base on the value stack. Its function is kept at hand.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) base: usize,
    pub(crate) function: &'static Function,
}

fn place(state: &State, index: usize) -> *mut RawValue {
    debug_assert!(index < state.ctx.co.stack_capacity as usize);
    // SAFETY: every caller stays below the capacity, which `make` has reserved.
    unsafe { (state.ctx.co.stack as *mut RawValue).add(index) }
}

/// The value at a place of the stack.
#[inline(always)]
pub(crate) fn stack_get(state: &State, index: usize) -> Value {
    // SAFETY: the place is below the capacity, and holds a value or zeroes, that is nil.
    unsafe { Value::from_raw(*place(state, index)) }
}

/// Stores a value at a place of the stack.
#[inline(always)]
pub(crate) fn stack_set(state: &mut State, index: usize, value: Value) {
    // SAFETY: the place is below the capacity.
    unsafe { *place(state, index) = value.to_raw() }
}

/// Moves `count` values of the stack.
pub(crate) fn stack_move(state: &mut State, from: usize, to: usize, count: usize) {
    if count == 0 {
        // Either place may be the end of the stack.
        return;
    }
    // SAFETY: both ranges are below the capacity.
    unsafe { core::ptr::copy(place(state, from), place(state, to), count) }
}

impl Frame {
    /// Makes the frame of a call whose `count` arguments end the stack at `args_base`.
    pub(crate) fn make(
        state: &mut State,
        closure: Gc<Closure>,
        args_base: usize,
        count: usize,
        previous: Option<usize>,
        tail_called: bool,
    ) -> Result<Frame, Raised> {
        let function = Function::of(closure.proto().get().data);
        let code = &function.code;
        let base = args_base + count;
        let size = HEADER + code.register_count as usize;
        state.ctx.co.stack_top = base as u64;
        Frame::reserve(state, closure)?;
        let frame = Frame { base, function };
        for index in 0..size {
            stack_set(state, base + index, Value::NIL);
        }
        stack_set(state, base + CLOSURE, Value::function(closure));
        // What an earlier frame left behind may be dead by now.
        // SAFETY: the registers lie below the capacity, and zeroes are nil.
        unsafe { place(state, base + HEADER).write_bytes(0, code.register_count as usize) };
        let extra = if code.is_vararg { count.saturating_sub(code.params.len()) } else { 0 };
        let previous = previous.map_or(0, |base| base + 1);
        for (index, word) in [
            (PC, 0),
            (PREVIOUS, previous),
            (ARGS_BASE, args_base),
            (EXTRA, extra),
            (OPEN, 0),
            (TAIL, usize::from(tail_called)),
        ] {
            frame.set_word(state, index, word);
        }
        for (index, register) in code.params.iter().enumerate().take(count) {
            let value = stack_get(state, args_base + index);
            frame.set(state, *register, value);
        }
        state.ctx.co.stack_top = frame.top() as u64;
        Ok(frame)
    }

    /// Makes room for a frame of this closure on top of the stack.
    pub(crate) fn reserve(state: &mut State, closure: Gc<Closure>) -> Result<(), Raised> {
        let registers = Function::of(closure.proto().get().data).code.register_count;
        state.reserve_stack(HEADER + registers as usize + crate::calls::PUT_BY)
    }

    /// The frame at a base.
    pub(crate) fn at(state: &State, base: usize) -> Frame {
        let closure = stack_get(state, base + CLOSURE);
        let closure = closure.as_function().expect("a frame begins with its closure");
        Frame { base, function: Function::of(closure.proto().get().data) }
    }

    #[inline(always)]
    fn word(self, state: &State, index: usize) -> usize {
        stack_get(state, self.base + index).payload() as usize
    }

    #[inline(always)]
    fn set_word(self, state: &mut State, index: usize, word: usize) {
        stack_set(state, self.base + index, Value::int(word as i64));
    }

    /// The running closure.
    pub(crate) fn closure(self, state: &State) -> Gc<Closure> {
        let closure = stack_get(state, self.base + CLOSURE);
        closure.as_function().expect("a frame begins with its closure")
    }

    /// The instruction being executed.
    pub(crate) fn pc(self, state: &State) -> usize {
        self.word(state, PC)
    }

    /// Notes which instruction is being executed.
    #[inline(always)]
    pub(crate) fn set_pc(self, state: &mut State, pc: usize) {
        self.set_word(state, PC, pc);
    }

    /// The step that the frame of a debuggable function is at.
    pub(crate) fn step(self, state: &State) -> u32 {
        match &self.function.code.debug {
            Some(debug) => self.get(state, step_register(debug.slots)).payload() as u32,
            None => 0,
        }
    }

    /// The calling frame of the same run.
    pub(crate) fn previous(self, state: &State) -> Option<usize> {
        self.word(state, PREVIOUS).checked_sub(1)
    }

    /// Whether a tail call made the frame.
    pub(crate) fn is_tail_called(self, state: &State) -> bool {
        self.word(state, TAIL) != 0
    }

    /// Where the arguments begin.
    pub(crate) fn args_base(self, state: &State) -> usize {
        self.word(state, ARGS_BASE)
    }

    /// How many extra arguments there are.
    pub(crate) fn extra_count(self, state: &State) -> usize {
        self.word(state, EXTRA)
    }

    /// Where the extra arguments begin on the stack.
    pub(crate) fn extra_base(self, state: &State) -> usize {
        self.base - self.extra_count(state)
    }

    /// How many values the open list has. It begins at `top`.
    pub(crate) fn open_count(self, state: &State) -> usize {
        self.word(state, OPEN)
    }

    /// Sets the length of the open list; the stack ends behind it.
    pub(crate) fn set_open_count(self, state: &mut State, count: usize) {
        self.set_word(state, OPEN, count);
        state.ctx.co.stack_top = (self.top() + count) as u64;
    }

    /// Takes the open list: its length. The stack still ends behind it.
    pub(crate) fn take_open(self, state: &mut State) -> usize {
        let count = self.open_count(state);
        self.set_word(state, OPEN, 0);
        count
    }

    /// The end of the registers.
    #[inline(always)]
    pub(crate) fn top(self) -> usize {
        self.base + HEADER + self.function.code.register_count as usize
    }

    /// A register.
    #[inline(always)]
    pub(crate) fn get(self, state: &State, register: u32) -> Value {
        stack_get(state, self.base + HEADER + register as usize)
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(self, state: &mut State, register: u32, value: Value) {
        stack_set(state, self.base + HEADER + register as usize, value);
    }
}

/// Makes every register nil that holds nothing needed, in the frame at `base` and those below it in
/// the same run. `stack` is the value stack they lie on, of whatever coroutine.
pub(crate) fn clear_dead_registers(stack: u64, base: u64) {
    let mut next = Some(base as usize);
    while let Some(base) = next {
        // SAFETY: a frame lies at `base` of this stack, with its header and registers.
        let place = |index: usize| unsafe { (stack as *mut RawValue).add(base + index) };
        // SAFETY: as above; headers and registers hold values.
        let get = |index: usize| unsafe { Value::from_raw(*place(index)) };
        let closure = get(CLOSURE).as_function().expect("a frame begins with its closure");
        let code = &Function::of(closure.proto().get().data).code;
        next = (get(PREVIOUS).payload() as usize).checked_sub(1);
        let at = code.live_at[get(PC).payload() as usize];
        if at == u32::MAX {
            continue;
        }
        let at = at as usize;
        let count = code.live[at] as usize;
        let mut live = code.live[at + 1..at + 1 + count].iter().copied().peekable();
        for register in 0..code.register_count {
            if live.next_if_eq(&register).is_none() {
                // SAFETY: as above.
                unsafe { *place(HEADER + register as usize) = RawValue::NIL };
            }
        }
    }
}

/// The frame at a base of a value stack, for messages and debuggers.
pub(crate) fn describe(stack: u64, base: u64) -> Tier0Frame {
    // SAFETY: a frame lies at `base` of this stack, and its header holds values.
    let get = |index: u64| unsafe {
        Value::from_raw(*(stack as *const RawValue).add((base + index) as usize))
    };
    let closure = get(CLOSURE as u64).as_function().expect("a frame begins with its closure");
    let code = &Function::of(closure.proto().get().data).code;
    let pc = get(PC as u64).payload() as u32;
    let instr = code.instrs.get(pc as usize);
    let register = |index: u32| get(HEADER as u64 + u64::from(index));
    let step = |debug: &Debug| register(step_register(debug.slots)).payload() as u32;
    Tier0Frame {
        closure,
        pc,
        tail_called: get(TAIL as u64).payload() != 0,
        registers: base + HEADER as u64,
        step: code.debug.as_ref().map_or(0, step),
        is_calling: instr.is_some_and(|instr| matches!(instr.op, Op::Call | Op::TailCall)),
        vararg_count: get(EXTRA as u64).payload(),
        previous: get(PREVIOUS as u64).payload().checked_sub(1),
    }
}
