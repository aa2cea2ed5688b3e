//! Frames of tier 0 on the value stack.
//!
//! ```text
//! args_base          base                       base + HEADER          top
//! | fixed | extra    | closure pc link counts   | registers            | open list ...
//! ```
//!
//! The header's words are stored as integers, so that the stack holds nothing but values. The
//! extra arguments of a variadic function stay where they were passed, right below the header. The
//! arguments of other functions may have been passed in their registers: then there are none below.
#![expect(unsafe_code, reason = "registers are places of the value stack, which has the room")]

use abi::value::RawValue;
use runtime::closure::Closure;
use runtime::error::Raised;
use runtime::gc::Gc;
use runtime::hooks::Tier0Frame;
use runtime::state::State;
use runtime::value::Value;

use crate::code::{CONSTANT, Op};
use crate::debug::{Debug, step_register};
use crate::function::{Body, Function};

const CLOSURE: usize = 0;
/// The instruction being executed.
const PC: usize = 1;
/// One more than the base of the calling frame in the same run, or 0; above 32 bits where the
/// arguments begin: what the top goes back to when the frame is left.
const LINK: usize = 2;
/// How many extra arguments there are, in 31 bits; whether a tail call made the frame; above 32
/// bits how many values the open list has.
const COUNTS: usize = 3;
/// The size of a header.
pub(crate) const HEADER: usize = 4;

const TAIL_CALLED: usize = 1 << 31;
const LOW: usize = u32::MAX as usize;

/// A frame: its base on the value stack. Its function is kept at hand.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) base: usize,
    pub(crate) function: &'static Body,
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

/// The registers of a frame, where they lie until the value stack grows.
#[derive(Clone, Copy)]
pub(crate) struct Registers {
    first: *mut RawValue,
    constants: &'static [Value],
}

impl Registers {
    /// A register or constant.
    #[inline(always)]
    pub(crate) fn get(self, operand: u32) -> Value {
        if operand & CONSTANT != 0 {
            return self.constants[(operand & !CONSTANT) as usize];
        }
        // SAFETY: a register of the function whose frame has these: `Frame::make` saw to the room.
        unsafe { Value::from_raw(*self.first.add(operand as usize)) }
    }

    /// Copies a register or constant to a register.
    ///
    /// Word by word: a load of both words at once would wait until both, stored one by one, have
    /// reached the cache.
    #[inline(always)]
    pub(crate) fn copy(self, to: u32, from: u32) {
        self.copy_from(to, self, from);
    }

    /// Likewise from registers of another frame.
    #[inline(always)]
    pub(crate) fn copy_from(self, to: u32, others: Registers, from: u32) {
        if from & CONSTANT != 0 {
            return self.set(to, others.get(from));
        }
        // SAFETY: registers of the functions whose frames have these.
        unsafe {
            let (from, to) = (others.first.add(from as usize), self.first.add(to as usize));
            // What is volatile is not joined.
            (*to).payload = (&raw const (*from).payload).read_volatile();
            (*to).tag = (&raw const (*from).tag).read_volatile();
        }
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(self, register: u32, value: Value) {
        debug_assert!(register & CONSTANT == 0);
        // SAFETY: as above.
        unsafe { *self.first.add(register as usize) = value.to_raw() }
    }
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
        let base = args_base + count;
        state.ctx.co.stack_top = base as u64;
        let body = Frame::reserve(state, closure)?;
        let code = &body.code;
        let extra = if code.is_vararg { count.saturating_sub(code.params.len()) } else { 0 };
        let counts = extra | if tail_called { TAIL_CALLED } else { 0 };
        let link = previous.map_or(0, |base| base + 1) | args_base << 32;
        let frame = Frame::write(state, (closure, body), base, link, counts);
        for (index, register) in code.params.iter().enumerate().take(count) {
            let value = stack_get(state, args_base + index);
            frame.set(state, *register, value);
        }
        Ok(frame)
    }

    /// Makes the frame of a call of a function that is not variadic, with arguments from registers
    /// of the calling frame.
    pub(crate) fn make_from(
        state: &mut State,
        closure: Gc<Closure>,
        caller: Frame,
        args: &'static [u32],
    ) -> Result<Frame, Raised> {
        let base = caller.top();
        state.ctx.co.stack_top = base as u64;
        let body = Frame::reserve(state, closure)?;
        let link = (caller.base + 1) | base << 32;
        let frame = Frame::write(state, (closure, body), base, link, 0);
        let (from, to) = (caller.registers(state), frame.registers(state));
        for (register, arg) in frame.function.code.params.iter().zip(args) {
            to.copy_from(*register, from, *arg);
        }
        Ok(frame)
    }

    /// Writes the header, and nil to the registers, as what an earlier frame left behind may be dead
    /// by now. There is room.
    fn write(
        state: &mut State,
        (closure, function): (Gc<Closure>, &'static Body),
        base: usize,
        link: usize,
        counts: usize,
    ) -> Frame {
        let frame = Frame { base, function };
        stack_set(state, base + CLOSURE, Value::function(closure));
        frame.set_word(state, PC, 0);
        frame.set_word(state, LINK, link);
        frame.set_word(state, COUNTS, counts);
        let registers = place(state, base + HEADER);
        for index in 0..function.code.register_count as usize {
            // SAFETY: the registers lie below the capacity. Volatile, as they are mostly too few to
            // call `memset`.
            unsafe { registers.add(index).write_volatile(RawValue::NIL) };
        }
        state.ctx.co.stack_top = frame.top() as u64;
        frame
    }

    /// Where the registers lie now.
    #[inline(always)]
    pub(crate) fn registers(self, state: &State) -> Registers {
        Registers { first: place(state, self.base + HEADER), constants: &self.function.constants }
    }

    /// Makes room for a frame of this closure on top of the stack: it is about to be called, and its
    /// body is made if that is the first time.
    #[inline(always)]
    pub(crate) fn reserve(
        state: &mut State,
        closure: Gc<Closure>,
    ) -> Result<&'static Body, Raised> {
        let body = match Function::of(closure.proto().get().data).made() {
            Some(body) => body,
            None => crate::load::make_body(state, closure)?,
        };
        state.reserve_stack(body.room)?;
        Ok(body)
    }

    /// The frame at a base.
    pub(crate) fn at(state: &State, base: usize) -> Frame {
        let closure = stack_get(state, base + CLOSURE);
        let closure = closure.as_function().expect("a frame begins with its closure");
        Frame { base, function: Function::of_frame(closure) }
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
        (self.word(state, LINK) & LOW).checked_sub(1)
    }

    /// Whether a tail call made the frame.
    pub(crate) fn is_tail_called(self, state: &State) -> bool {
        self.word(state, COUNTS) & TAIL_CALLED != 0
    }

    /// Where the arguments begin.
    pub(crate) fn args_base(self, state: &State) -> usize {
        self.word(state, LINK) >> 32
    }

    /// How many extra arguments there are.
    pub(crate) fn extra_count(self, state: &State) -> usize {
        self.word(state, COUNTS) & (TAIL_CALLED - 1)
    }

    /// Where the extra arguments begin on the stack.
    pub(crate) fn extra_base(self, state: &State) -> usize {
        self.base - self.extra_count(state)
    }

    /// Sets the length of the open list; the stack ends behind it.
    pub(crate) fn set_open_count(self, state: &mut State, count: usize) {
        let counts = self.word(state, COUNTS);
        self.set_word(state, COUNTS, counts & LOW | count << 32);
        state.ctx.co.stack_top = (self.top() + count) as u64;
    }

    /// Takes the open list: its length. The stack still ends behind it.
    pub(crate) fn take_open(self, state: &mut State) -> usize {
        let counts = self.word(state, COUNTS);
        self.set_word(state, COUNTS, counts & LOW);
        counts >> 32
    }

    /// The end of the registers.
    #[inline(always)]
    pub(crate) fn top(self) -> usize {
        self.base + HEADER + self.function.code.register_count as usize
    }

    /// A register or constant.
    #[inline(always)]
    pub(crate) fn get(self, state: &State, operand: u32) -> Value {
        self.registers(state).get(operand)
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(self, state: &mut State, register: u32, value: Value) {
        self.registers(state).set(register, value);
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
        let code = &Function::of_frame(closure).code;
        next = (get(LINK).payload() as usize & LOW).checked_sub(1);
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
    let code = &Function::of_frame(closure).code;
    let pc = get(PC as u64).payload() as u32;
    let instr = code.instrs.get(pc as usize);
    let register = |index: u32| get(HEADER as u64 + u64::from(index));
    let counts = get(COUNTS as u64).payload() as usize;
    let step = |debug: &Debug| register(step_register(debug.slots)).payload() as u32;
    Tier0Frame {
        closure,
        pc,
        tail_called: counts & TAIL_CALLED != 0,
        registers: base + HEADER as u64,
        step: code.debug.as_ref().map_or(0, step),
        is_calling: instr.is_some_and(|instr| matches!(instr.op, Op::Call | Op::TailCall)),
        vararg_count: (counts & (TAIL_CALLED - 1)) as u64,
        previous: (get(LINK as u64).payload() & LOW as u64).checked_sub(1),
    }
}
