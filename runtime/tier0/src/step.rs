//! The interpreter's loop.
//!
//! A run begins when a stub enters a function of tier 0 (`enter`) or when a call it asked for has
//! returned (`resume`), and goes on through all the frames that functions of tier 0 make by calling
//! each other, until the function that the stub entered returns, an error is raised, or something
//! else is to be called.

use ir::Op as IrOp;
use runtime::call::{Call, Results, Saved, Step};
use runtime::error::Raised;
use runtime::operations::{self, ArithOp};
use runtime::state::State;
use runtime::value::Value;

use crate::calls::{self, Next};
use crate::code::{Instr, OPEN_INPUT, Op, SELF};
use crate::debug;
use crate::frame::{Frame, stack_get, stack_set};

/// What a run answers to its stub.
pub(crate) type Answer = Result<Step<()>, Raised>;

/// Entered as a library function is: the arguments are on the value stack.
pub(crate) fn enter(call: &mut Call<'_>) -> Answer {
    let (closure, base, count) = (call.closure(), call.base(), call.count());
    let tail_called = call.tail_called();
    let state = &mut *call.state;
    let frame = Frame::make(state, closure, base, count, None, tail_called)?;
    if state.ctx.hooked != 0 {
        debug::entered(state, frame)?;
    }
    run(state, frame, 0)
}

/// Goes on when a call that tier 0 asked for has returned.
pub(crate) fn resume(state: &mut State, saved: &mut Saved, results: Results) -> Answer {
    let frame = Frame::at(state, saved.aux[0] as usize);
    match calls::returned(state, frame, saved, results)? {
        Next::Go(frame, pc) => run(state, frame, pc),
        Next::Answer(step) => Ok(step),
    }
}

/// Runs from an instruction of a frame.
fn run(state: &mut State, mut frame: Frame, mut pc: usize) -> Answer {
    state.hooks.tier0_frame = frame.base as u64;
    loop {
        let instr = frame.function.code.instrs[pc];
        // Whatever happens in the instruction finds its place by this.
        frame.set_pc(state, pc);
        pc += 1;
        match instr.op {
            Op::Move => {
                let value = frame.get(state, instr.b);
                frame.set(state, instr.a, value);
            }
            Op::Const => {
                let value = frame.function.constants[instr.b as usize];
                frame.set(state, instr.a, value);
            }
            Op::Jump => {
                let target = instr.b as usize;
                // Finalizers that became due in a loop run on its back edge.
                if target < pc {
                    if state.is_interrupted() {
                        // A jump has no line; what it jumps back over has.
                        let lines = &frame.function.code.lines[target..pc];
                        let last = lines.iter().rposition(|line| *line != 0);
                        frame.set_pc(state, last.map_or(pc - 1, |last| target + last));
                        state.check_interrupt()?;
                    }
                    if state.ctx.poll != 0 {
                        state.poll();
                    }
                }
                pc = target;
            }
            Op::Branch => {
                let taken = !frame.get(state, instr.a).is_falsy();
                pc = if taken { instr.b } else { instr.c } as usize;
            }
            Op::Step => {
                frame.set(state, instr.a, Value::int(i64::from(instr.b)));
                if state.ctx.hooked != 0 {
                    debug::step(state, frame, instr.b)?;
                }
            }
            Op::Not => {
                let value = Value::boolean(frame.get(state, instr.b).is_falsy());
                frame.set(state, instr.a, value);
            }
            Op::Truthy => {
                let value = Value::boolean(!frame.get(state, instr.b).is_falsy());
                frame.set(state, instr.a, value);
            }
            Op::IsNil => {
                let value = Value::boolean(frame.get(state, instr.b).is_nil());
                frame.set(state, instr.a, value);
            }
            Op::Call | Op::TailCall | Op::Return => {
                let next = match instr.op {
                    Op::Call => calls::call(state, frame, instr)?,
                    Op::TailCall => calls::tail_call(state, frame, instr)?,
                    _ => calls::leave(state, frame, instr)?,
                };
                match next {
                    Next::Go(next, at) => (frame, pc) = (next, at),
                    Next::Answer(step) => return Ok(step),
                }
            }
            Op::Unreachable => unreachable!("control cannot come here"),
            _ => {
                let value = match operate(state, frame, instr)? {
                    Step::Done(value) => value,
                    Step::Call => {
                        calls::ask(state, frame);
                        return Ok(Step::Call);
                    }
                };
                let Some(value) = value else { continue };
                let allocates = matches!(instr.op, Op::TableNew | Op::Concat | Op::Closure);
                if allocates && state.ctx.poll != 0 {
                    // A collection clears registers that do not live across this instruction, as
                    // its result does not yet.
                    state.push(value)?;
                    state.poll();
                    state.truncate_stack(state.stack_top() - 1);
                }
                frame.set(state, instr.a, value);
            }
        }
    }
}

/// An operation with at most one result, for register `a`.
fn operate(state: &mut State, frame: Frame, instr: Instr) -> Result<Step<Option<Value>>, Raised> {
    let value = match instr.op {
        Op::Arith => return arith(state, frame, instr),
        Op::Index => {
            let (object, key) = (frame.get(state, instr.b), frame.get(state, instr.c));
            return some(operations::index(state, object, key)?);
        }
        Op::SetIndex => {
            let (object, key) = (frame.get(state, instr.a), frame.get(state, instr.b));
            let value = frame.get(state, instr.c);
            return none(operations::set_index(state, object, key, value)?);
        }
        Op::Method => {
            let object = frame.get(state, instr.b);
            let name = frame.function.constants[instr.c as usize];
            return some(operations::index(state, object, name)?);
        }
        Op::GlobalGet => {
            let value = frame.function.globals[instr.b as usize].get();
            if value.is_nil() {
                let name = frame.function.global_names[instr.b as usize];
                let globals = Value::table(state.globals());
                return some(operations::index(state, globals, name)?);
            }
            value
        }
        Op::GlobalSet => {
            let cell = frame.function.globals[instr.a as usize];
            let value = frame.get(state, instr.b);
            if cell.get().is_nil() {
                let name = frame.function.global_names[instr.a as usize];
                let globals = Value::table(state.globals());
                return none(operations::set_index(state, globals, name, value)?);
            }
            cell.set(state, value);
            return Ok(Step::Done(None));
        }
        Op::Unary => {
            let operand = frame.get(state, instr.b);
            let op = if instr.n == IrOp::Unm as u16 { ArithOp::Unm } else { ArithOp::BNot };
            return some(operations::arith(state, op, operand, operand)?);
        }
        Op::Len => {
            let operand = frame.get(state, instr.b);
            return some(operations::len(state, operand)?);
        }
        Op::Concat => {
            let start = frame.top();
            let registers = list(frame, instr.b, instr.c);
            state.reserve_stack(registers.len())?;
            for (index, register) in registers.iter().enumerate() {
                let value = frame.get(state, *register);
                stack_set(state, start + index, value);
            }
            state.ctx.co.stack_top = (start + registers.len()) as u64;
            let step = operations::concat(state, start, registers.len());
            state.ctx.co.stack_top = start as u64;
            return some(step?);
        }
        Op::Eq => {
            let (lhs, rhs) = (frame.get(state, instr.b), frame.get(state, instr.c));
            return boolean(operations::equals(state, lhs, rhs)?);
        }
        Op::Lt => {
            let (lhs, rhs) = (frame.get(state, instr.b), frame.get(state, instr.c));
            return boolean(operations::less_than(state, lhs, rhs)?);
        }
        Op::Le => {
            let (lhs, rhs) = (frame.get(state, instr.b), frame.get(state, instr.c));
            return boolean(operations::less_equal(state, lhs, rhs)?);
        }
        Op::VarargCount => Value::int(frame.extra_count(state) as i64),
        Op::VarargGet => {
            if (instr.b as usize) < frame.extra_count(state) {
                stack_get(state, frame.extra_base(state) + instr.b as usize)
            } else {
                Value::NIL
            }
        }
        Op::VarargAll => {
            let (start, count) = (frame.extra_base(state), frame.extra_count(state));
            calls::open_from_stack(state, frame, start, count)?;
            return Ok(Step::Done(None));
        }
        Op::Upvalue => frame.closure(state).upvalue_slot(instr.b as usize),
        Op::CellNew => {
            let value = frame.get(state, instr.b);
            Value::cell(state.new_cell(value)?)
        }
        Op::CellGet => frame.get(state, instr.b).as_cell().expect("a cell").get(),
        Op::CellSet => {
            let value = frame.get(state, instr.b);
            frame.get(state, instr.a).as_cell().expect("a cell").set(state, value);
            return Ok(Step::Done(None));
        }
        Op::TableNew => Value::table(state.new_table(instr.b as usize, instr.c as usize)?),
        Op::TableData => {
            let data = frame.function.constants[instr.b as usize].as_string().expect("data");
            Value::table(state.new_table_of_data(data.as_bytes())?)
        }
        Op::SetList => {
            set_list(state, frame, instr)?;
            return Ok(Step::Done(None));
        }
        Op::Closure => closure(state, frame, instr)?,
        Op::ForPrepInt | Op::ForPrep | Op::ForNext => {
            for_loop(state, frame, instr)?;
            return Ok(Step::Done(None));
        }
        Op::TbcPush => {
            let value = frame.get(state, instr.b);
            state.push_tbc(value)?;
            return Ok(Step::Done(None));
        }
        Op::TbcClose => return none(state.close_newest(instr.b as usize)?),
        Op::MultiSave => {
            let count = frame.take_open(state);
            let start = frame.top();
            let pack = state.new_table(count + 1, 0)?;
            pack.set_int(state, 1, Value::int(count as i64))?;
            for index in 0..count {
                let value = stack_get(state, start + index);
                // Nil would end the array part early: the count stands first instead.
                pack.set_int(state, index as i64 + 2, value)?;
            }
            state.ctx.co.stack_top = start as u64;
            Value::table(pack)
        }
        Op::MultiLoad => {
            let pack = frame.get(state, instr.b).as_table().expect("a pack");
            let count = pack.get_int(1).as_int().unwrap_or(0) as usize;
            state.reserve_stack(count)?;
            for index in 0..count {
                let value = pack.get_int(index as i64 + 2);
                stack_set(state, frame.top() + index, value);
            }
            frame.set_open_count(state, count);
            return Ok(Step::Done(None));
        }
        Op::Move
        | Op::Const
        | Op::Jump
        | Op::Branch
        | Op::Not
        | Op::Truthy
        | Op::IsNil
        | Op::Call
        | Op::TailCall
        | Op::Return
        | Op::Step
        | Op::Unreachable => unreachable!("handled by the loop"),
    };
    Ok(Step::Done(Some(value)))
}

fn some(step: Step<Value>) -> Result<Step<Option<Value>>, Raised> {
    Ok(match step {
        Step::Done(value) => Step::Done(Some(value)),
        Step::Call => Step::Call,
    })
}

fn none(step: Step<()>) -> Result<Step<Option<Value>>, Raised> {
    Ok(match step {
        Step::Done(()) => Step::Done(None),
        Step::Call => Step::Call,
    })
}

fn boolean(step: Step<bool>) -> Result<Step<Option<Value>>, Raised> {
    Ok(match step {
        Step::Done(value) => Step::Done(Some(Value::boolean(value))),
        Step::Call => Step::Call,
    })
}

/// A list of registers of the function's pool.
pub(crate) fn list(frame: Frame, start: u32, count: u32) -> &'static [u32] {
    &frame.function.code.pool[start as usize..(start + count) as usize]
}

fn arith(state: &mut State, frame: Frame, instr: Instr) -> Result<Step<Option<Value>>, Raised> {
    let (lhs, rhs) = (frame.get(state, instr.b), frame.get(state, instr.c));
    let op = arith_op(instr.n);
    // The common cases, without the detour.
    if let (Some(a), Some(b)) = (lhs.as_int(), rhs.as_int()) {
        let value = match op {
            ArithOp::Add => a.wrapping_add(b),
            ArithOp::Sub => a.wrapping_sub(b),
            ArithOp::Mul => a.wrapping_mul(b),
            _ => return some(operations::arith(state, op, lhs, rhs)?),
        };
        return Ok(Step::Done(Some(Value::int(value))));
    }
    if let (Some(a), Some(b)) = (lhs.as_float(), rhs.as_float()) {
        let value = match op {
            ArithOp::Add => a + b,
            ArithOp::Sub => a - b,
            ArithOp::Mul => a * b,
            ArithOp::Div => a / b,
            _ => return some(operations::arith(state, op, lhs, rhs)?),
        };
        return Ok(Step::Done(Some(Value::float(value))));
    }
    some(operations::arith(state, op, lhs, rhs)?)
}

fn arith_op(n: u16) -> ArithOp {
    const TABLE: [(IrOp, ArithOp); 12] = [
        (IrOp::Add, ArithOp::Add),
        (IrOp::Sub, ArithOp::Sub),
        (IrOp::Mul, ArithOp::Mul),
        (IrOp::Div, ArithOp::Div),
        (IrOp::Mod, ArithOp::Mod),
        (IrOp::Pow, ArithOp::Pow),
        (IrOp::IDiv, ArithOp::IDiv),
        (IrOp::BAnd, ArithOp::BAnd),
        (IrOp::BOr, ArithOp::BOr),
        (IrOp::BXor, ArithOp::BXor),
        (IrOp::Shl, ArithOp::Shl),
        (IrOp::Shr, ArithOp::Shr),
    ];
    // The operations stand together in the table of the IR.
    let (first, op) = TABLE[(n - IrOp::Add as u16) as usize];
    debug_assert_eq!(first as u16, n);
    op
}

/// How many values go into a table at once.
const BATCH: usize = 64;

fn set_list(state: &mut State, frame: Frame, instr: Instr) -> Result<(), Raised> {
    let table = frame.get(state, instr.a).as_table().expect("a list is set in a new table");
    let mut first = i64::from(frame.function.code.pool[instr.b as usize - 1]);
    let mut batch = [Value::NIL; BATCH];
    for registers in list(frame, instr.b, instr.c).chunks(BATCH) {
        for (place, register) in batch.iter_mut().zip(registers) {
            *place = frame.get(state, *register);
        }
        table.set_list(state, first, &batch[..registers.len()])?;
        first += registers.len() as i64;
    }
    let mut open = if instr.flags & OPEN_INPUT != 0 { frame.take_open(state) } else { 0 };
    let mut start = frame.top();
    while open > 0 {
        let count = open.min(BATCH);
        for (index, place) in batch[..count].iter_mut().enumerate() {
            *place = stack_get(state, start + index);
        }
        table.set_list(state, first, &batch[..count])?;
        first += count as i64;
        start += count;
        open -= count;
    }
    state.ctx.co.stack_top = frame.top() as u64;
    Ok(())
}

fn closure(state: &mut State, frame: Frame, instr: Instr) -> Result<Value, Raised> {
    let proto = frame.function.chunk.protos.borrow()[instr.b as usize];
    let closure = state.new_closure(proto)?;
    let captures = list(frame, instr.c, closure.upvalue_count() as u32);
    for (index, register) in captures.iter().enumerate() {
        let value = match *register {
            SELF => Value::function(closure),
            register => frame.get(state, register),
        };
        closure.set_upvalue_slot(state, index, value);
    }
    Ok(Value::function(closure))
}

fn for_loop(state: &mut State, frame: Frame, instr: Instr) -> Result<(), Raised> {
    let args = list(frame, instr.b, 3);
    let [first, second, third] = [args[0], args[1], args[2]].map(|at| frame.get(state, at));
    match instr.op {
        Op::ForPrepInt => {
            let results = list(frame, instr.a, 2);
            let init = first.as_int().unwrap_or(0);
            let step = third.as_int().unwrap_or(0);
            let count = operations::for_limit(state, init, second, step)?;
            frame.set(state, results[0], Value::boolean(count.is_some()));
            frame.set(state, results[1], Value::int(count.unwrap_or(0) as i64));
        }
        Op::ForPrep => {
            let results = list(frame, instr.a, 4);
            let loop_ = operations::for_prep(state, first, second, third)?;
            frame.set(state, results[0], Value::boolean(loop_.is_some()));
            let values = loop_.unwrap_or([Value::NIL; 3]);
            for (register, value) in results[1..].iter().zip(values) {
                frame.set(state, *register, value);
            }
        }
        _ => {
            let results = list(frame, instr.a, 3);
            let next = operations::for_next(first, second, third);
            frame.set(state, results[0], Value::boolean(next.is_some()));
            let values = next.unwrap_or([Value::NIL; 2]);
            for (register, value) in results[1..].iter().zip(values) {
                frame.set(state, *register, value);
            }
        }
    }
    Ok(())
}
