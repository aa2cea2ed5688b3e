//! Calls and returns of tier 0, open lists, and what is put by while another function runs.

use abi::call::REGISTER_ARGS;
use abi::object::proto_flags;
use runtime::call::{Results, Saved, Step, continue_with};
use runtime::closure::Closure;
use runtime::error::Raised;
use runtime::gc::Gc;
use runtime::operations;
use runtime::state::State;
use runtime::value::Value;

use crate::code::{Instr, OPEN_INPUT, OPEN_RESULT, Op};
use crate::debug;
use crate::frame::{Frame, stack_get, stack_move, stack_set};
use crate::step::{list, resume};

/// How a run goes on.
pub(crate) enum Next {
    /// At an instruction of a frame.
    Go(Frame, usize),
    /// Not at all: this is the answer to the stub.
    Answer(Step<()>),
}

/// In [`Saved::aux`]: where the frame is, and what the call was made for.
const FOR_CALL: u64 = 0;
const FOR_OPERATION: u64 = 1;
/// A tail call of a library function, which keeps the frame of its caller as in the reference.
const FOR_TAIL_CALL: u64 = 2;

/// Gathers an instruction's list of values, then its open list, on top of the frame: their number.
/// The stack ends behind them.
fn gather(state: &mut State, frame: Frame, instr: &Instr, skip: u32) -> Result<usize, Raised> {
    let registers = list(frame, instr.b + skip, instr.c - skip);
    let open = if instr.flags & OPEN_INPUT != 0 { frame.take_open(state) } else { 0 };
    let (start, fixed) = (frame.top(), registers.len());
    state.ctx.co.stack_top = (start + open) as u64;
    state.reserve_stack(fixed)?;
    stack_move(state, start, start + fixed, open);
    for (index, register) in registers.iter().enumerate() {
        let value = frame.get(state, *register);
        stack_set(state, start + index, value);
    }
    state.ctx.co.stack_top = (start + fixed + open) as u64;
    Ok(fixed + open)
}

/// Makes the open list of values elsewhere on the stack.
pub(crate) fn open_from_stack(
    state: &mut State,
    frame: Frame,
    start: usize,
    count: usize,
) -> Result<(), Raised> {
    state.reserve_stack(count)?;
    stack_move(state, start, frame.top(), count);
    frame.set_open_count(state, count);
    Ok(())
}

/// The function that a callee stands for; a `__call` metamethod gets the callee as a further first
/// argument of those at `start`.
fn resolve(
    state: &mut State,
    mut callee: Value,
    start: usize,
    count: &mut usize,
) -> Result<Gc<Closure>, Raised> {
    loop {
        if let Some(closure) = callee.as_function() {
            return Ok(closure);
        }
        let function = operations::call_metamethod(state, callee)?;
        state.reserve_stack(1)?;
        stack_move(state, start, start + 1, *count);
        stack_set(state, start, callee);
        *count += 1;
        state.ctx.co.stack_top = (start + *count) as u64;
        callee = function;
    }
}

/// A call.
pub(crate) fn call(state: &mut State, frame: Frame, instr: &Instr) -> Result<Next, Raised> {
    let registers = list(frame, instr.b, instr.c);
    let callee = frame.get(state, registers[0]);
    if let Some(closure) = callee.as_function()
        && instr.flags & OPEN_INPUT == 0
        && state.ctx.hooked == 0
    {
        let proto = closure.proto();
        if proto.is_tier0() {
            if proto.flags() & proto_flags::VARARG == 0 {
                state.check_interrupt()?;
                let next = Frame::make_from(state, closure, frame, &registers[1..])?;
                state.hooks.tier0_frame = next.base as u64;
                return Ok(Next::Go(next, 0));
            }
        } else if proto.is_library()
            && let Some(results) = quickly(state, frame, closure, &registers[1..])
        {
            return take_results(state, frame, results);
        }
    }
    let mut count = gather(state, frame, instr, 1)?;
    let start = frame.top();
    let closure = resolve(state, callee, start, &mut count)?;
    if closure.proto().is_tier0() {
        state.check_interrupt()?;
        let next = Frame::make(state, closure, start, count, Some(frame.base), false)?;
        state.hooks.tier0_frame = next.base as u64;
        if state.ctx.hooked != 0 {
            debug::entered(state, next)?;
        }
        return Ok(Next::Go(next, 0));
    }
    let aux = [frame.base as u64, FOR_CALL, 0];
    state.request_from_stack(closure, start, count, resume, aux)?;
    state.ctx.co.stack_top = start as u64;
    Ok(Next::Answer(Step::Call))
}

/// The results of a library function that has a quick form for these arguments.
fn quickly(
    state: &mut State,
    frame: Frame,
    function: Gc<Closure>,
    registers: &[u32],
) -> Option<Results> {
    let mut args = [Value::NIL; REGISTER_ARGS];
    let args = args.get_mut(..registers.len())?;
    for (arg, register) in args.iter_mut().zip(registers) {
        *arg = frame.get(state, *register);
    }
    state.call_quickly(function, args)
}

/// Hands results to the call that `frame` is at.
fn take_results(state: &mut State, frame: Frame, results: Results) -> Result<Next, Raised> {
    let (top, count) = (frame.top(), results.count());
    state.ctx.co.stack_top = top as u64;
    let pc = frame.pc(state);
    let instr = &frame.function.code.instrs[pc];
    if instr.flags & OPEN_RESULT == 0 {
        for (index, register) in list(frame, instr.a, u32::from(instr.n)).iter().enumerate() {
            let value = results.get(state, index);
            frame.set(state, *register, value);
        }
        return Ok(Next::Go(frame, pc + 1));
    }
    state.reserve_stack(count)?;
    for index in 0..count {
        let value = results.get(state, index);
        stack_set(state, top + index, value);
    }
    frame.set_open_count(state, count);
    Ok(Next::Go(frame, pc + 1))
}

/// A tail call: the frame goes away first.
pub(crate) fn tail_call(state: &mut State, frame: Frame, instr: &Instr) -> Result<Next, Raised> {
    let callee = frame.get(state, list(frame, instr.b, 1)[0]);
    let mut count = gather(state, frame, instr, 1)?;
    let closure = resolve(state, callee, frame.top(), &mut count)?;
    let (previous, start) = (frame.previous(state), frame.args_base(state));
    if closure.proto().is_tier0() {
        // What may fail comes before the arguments are moved over this frame.
        state.check_interrupt()?;
        Frame::reserve(state, closure)?;
        stack_move(state, frame.top(), start, count);
        let next = Frame::make(state, closure, start, count, previous, true)?;
        state.hooks.tier0_frame = next.base as u64;
        if state.ctx.hooked != 0 {
            debug::entered(state, next)?;
        }
        return Ok(Next::Go(next, 0));
    }
    if closure.proto().is_library() {
        let aux = [frame.base as u64, FOR_TAIL_CALL, 0];
        state.request_from_stack(closure, frame.top(), count, resume, aux)?;
        state.ctx.co.stack_top = frame.top() as u64;
        return Ok(Next::Answer(Step::Call));
    }
    match previous {
        None => {
            state.tail_request_from_stack(closure, frame.top(), count)?;
            Ok(Next::Answer(Step::Call))
        }
        Some(base) => {
            // The calling frame of the run takes the results as if it had made the call.
            let aux = [base as u64, FOR_CALL, 0];
            state.request_from_stack(closure, frame.top(), count, resume, aux)?;
            state.ctx.request.desc |= abi::call::TAIL_CALLED;
            state.ctx.co.stack_top = start as u64;
            Ok(Next::Answer(Step::Call))
        }
    }
}

/// A return.
pub(crate) fn leave(state: &mut State, frame: Frame, instr: &Instr) -> Result<Next, Raised> {
    if instr.flags & OPEN_INPUT == 0
        && state.ctx.hooked == 0
        && let Some(base) = frame.previous(state)
    {
        let caller = Frame::at(state, base);
        let pc = caller.pc(state);
        let call = &caller.function.code.instrs[pc];
        debug_assert_eq!(call.op, Op::Call);
        if call.flags & OPEN_RESULT == 0 {
            let mut values = list(frame, instr.b, instr.c).iter();
            let (from, to) = (frame.registers(state), caller.registers(state));
            for register in list(caller, call.a, u32::from(call.n)) {
                match values.next() {
                    Some(value) => to.copy_from(*register, from, *value),
                    None => to.set(*register, Value::NIL),
                }
            }
            state.hooks.tier0_frame = base as u64;
            state.ctx.co.stack_top = caller.top() as u64;
            return Ok(Next::Go(caller, pc + 1));
        }
    }
    let count = gather(state, frame, instr, 0)?;
    leave_with(state, frame, count)
}

/// Leaves a frame with the `count` values on top of it as results.
fn leave_with(state: &mut State, frame: Frame, count: usize) -> Result<Next, Raised> {
    let start = frame.top();
    if state.ctx.hooked != 0 {
        debug::leaving(state, frame, start, count)?;
    }
    match frame.previous(state) {
        None => Ok(Next::Answer(state.return_from_stack(start, count)?)),
        Some(base) => {
            let caller = Frame::at(state, base);
            state.hooks.tier0_frame = caller.base as u64;
            deliver(state, caller, start, count)
        }
    }
}

/// Hands `count` results at `start` to the call that `frame` is at.
fn deliver(state: &mut State, frame: Frame, start: usize, count: usize) -> Result<Next, Raised> {
    let pc = frame.pc(state);
    let instr = &frame.function.code.instrs[pc];
    debug_assert_eq!(instr.op, Op::Call);
    if instr.flags & OPEN_RESULT != 0 {
        stack_move(state, start, frame.top(), count);
        frame.set_open_count(state, count);
    } else {
        for (index, register) in list(frame, instr.a, u32::from(instr.n)).iter().enumerate() {
            let value = if index < count { stack_get(state, start + index) } else { Value::NIL };
            frame.set(state, *register, value);
        }
        state.ctx.co.stack_top = frame.top() as u64;
    }
    Ok(Next::Go(frame, pc + 1))
}

/// How many places [`ask`] takes on the stack.
pub(crate) const PUT_BY: usize = 8;

/// An operation asks for a call. What its continuation needs is put by on top of the frame, and
/// tier 0's own continuation takes its place.
pub(crate) fn ask(state: &mut State, frame: Frame) {
    let (continuation, saved) = state.take_continuation();
    let top = frame.top();
    stack_set(state, top, Value::int(continuation as i64));
    for (index, word) in saved.aux.into_iter().enumerate() {
        stack_set(state, top + 1 + index, Value::int(word as i64));
    }
    for (index, value) in saved.values.into_iter().enumerate() {
        stack_set(state, top + 4 + index, value);
    }
    state.ctx.co.stack_top = (top + PUT_BY) as u64;
    state.set_continuation(resume, [frame.base as u64, FOR_OPERATION, 0]);
}

/// A call has returned.
pub(crate) fn returned(
    state: &mut State,
    frame: Frame,
    saved: &Saved,
    results: Results,
) -> Result<Next, Raised> {
    state.hooks.tier0_frame = frame.base as u64;
    let top = frame.top();
    if saved.aux[1] == FOR_CALL {
        return take_results(state, frame, results);
    }
    if saved.aux[1] == FOR_TAIL_CALL {
        let count = results.count();
        state.ctx.co.stack_top = top as u64;
        state.reserve_stack(count)?;
        for index in 0..count {
            let value = results.get(state, index);
            stack_set(state, top + index, value);
        }
        state.ctx.co.stack_top = (top + count) as u64;
        return leave_with(state, frame, count);
    }
    let continuation = stack_get(state, top).payload();
    let mut put_by = Saved {
        aux: [1, 2, 3].map(|index| stack_get(state, top + index).payload()),
        values: [4, 5, 6, 7].map(|index| stack_get(state, top + index)),
    };
    state.ctx.co.stack_top = top as u64;
    match continue_with(state, continuation, &mut put_by, results)? {
        Step::Done(()) => {
            let pc = frame.pc(state);
            let instr = &frame.function.code.instrs[pc];
            match instr.op {
                Op::SetIndex | Op::GlobalSet | Op::TbcClose => {}
                // Their continuations leave a word.
                Op::Eq | Op::Lt | Op::Le => {
                    let value = Value::boolean(state.ctx.result[0] != 0);
                    frame.set(state, instr.a, value);
                }
                _ => {
                    let value = state.result_value();
                    frame.set(state, instr.a, value);
                }
            }
            Ok(Next::Go(frame, pc + 1))
        }
        Step::Call => {
            ask(state, frame);
            Ok(Next::Answer(Step::Call))
        }
    }
}
