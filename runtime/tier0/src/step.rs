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
use crate::code::{FUSED, Instr, OPEN_INPUT, Op, SELF};
use crate::frame::{Frame, Registers, stack_get, stack_set};
use crate::{debug, quick};

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
///
/// What is common and needs neither memory nor a call is done here; the rest by [`operate`]. Only an
/// instruction that can raise, call or collect says where the frame is.
fn run(state: &mut State, mut frame: Frame, mut pc: usize) -> Answer {
    state.hooks.tier0_frame = frame.base as u64;
    let mut instrs: &'static [Instr] = &frame.function.code.instrs;
    let mut registers = frame.registers(state);
    loop {
        // Not a copy, whose fields would be read from where it had just been stored.
        let instr = &instrs[pc];
        pc += 1;
        // Each operation has its own copy of these, so that there is one dispatch, and sets its own
        // result.
        macro_rules! set {
            ($value:expr) => {{
                let value = $value;
                registers.set(instr.a, value);
                continue;
            }};
        }
        macro_rules! set_some {
            ($value:expr) => {
                if let Some(value) = $value {
                    registers.set(instr.a, value);
                    continue;
                }
            };
        }
        macro_rules! arith {
            ($op:ident) => {{
                let (lhs, rhs) = (registers.get(instr.b), registers.get(instr.c));
                set_some!(quick::arith(ArithOp::$op, lhs, rhs));
            }};
        }
        macro_rules! branch {
            ($taken:expr) => {{
                let branch = &instrs[pc];
                pc = if $taken { branch.b } else { branch.c } as usize;
                continue;
            }};
        }
        macro_rules! compare {
            ($compare:ident) => {
                if let Some(taken) = quick::$compare(registers.get(instr.b), registers.get(instr.c))
                {
                    if instr.flags & FUSED != 0 {
                        branch!(taken);
                    }
                    set!(Value::boolean(taken));
                }
            };
        }
        macro_rules! go {
            ($go:ident) => {{
                frame.set_pc(state, pc - 1);
                match calls::$go(state, frame, instr)? {
                    Next::Go(next, at) => (frame, pc) = (next, at),
                    Next::Answer(step) => return Ok(step),
                }
                instrs = &frame.function.code.instrs;
                registers = frame.registers(state);
                continue;
            }};
        }
        match instr.op {
            Op::Move => {
                registers.copy(instr.a, instr.b);
                continue;
            }
            Op::Const => set!(frame.function.constants[instr.b as usize]),
            Op::Jump => {
                let moves = list(frame, instr.a, instr.c * 2);
                for pair in moves.as_chunks::<2>().0 {
                    registers.copy(pair[0], pair[1]);
                }
                let target = instr.b as usize;
                // Finalizers that became due in a loop run on its back edge.
                if target < pc && (state.is_interrupted() || state.ctx.poll != 0) {
                    back_edge(state, frame, target, pc)?;
                    registers = frame.registers(state);
                }
                pc = target;
                continue;
            }
            Op::Branch => {
                let taken = !registers.get(instr.a).is_falsy();
                pc = if taken { instr.b } else { instr.c } as usize;
                continue;
            }
            Op::Not => set!(Value::boolean(registers.get(instr.b).is_falsy())),
            Op::Truthy => set!(Value::boolean(!registers.get(instr.b).is_falsy())),
            Op::IsNil => set!(Value::boolean(registers.get(instr.b).is_nil())),
            Op::Upvalue => set!(frame.closure(state).upvalue_slot(instr.b as usize)),
            Op::CellGet => set!(registers.get(instr.b).as_cell().expect("a cell").get()),
            Op::GlobalGet => {
                let value = frame.function.globals[instr.b as usize].get();
                if !value.is_nil() {
                    set!(value);
                }
            }
            Op::Add => arith!(Add),
            Op::Sub => arith!(Sub),
            Op::Mul => arith!(Mul),
            Op::Div => arith!(Div),
            Op::Mod => arith!(Mod),
            Op::IDiv => arith!(IDiv),
            Op::BAnd => arith!(BAnd),
            Op::BOr => arith!(BOr),
            Op::BXor => arith!(BXor),
            Op::Shl => arith!(Shl),
            Op::Shr => arith!(Shr),
            Op::Len => set_some!(quick::len(state, registers.get(instr.b))),
            Op::Eq => compare!(equal),
            Op::Lt => compare!(less),
            Op::Le => compare!(less_equal),
            Op::ForNext => {
                let taken = for_next(frame, registers, instr);
                if instr.flags & FUSED != 0 {
                    branch!(taken);
                }
                registers.set(list(frame, instr.a, 1)[0], Value::boolean(taken));
                continue;
            }
            Op::Index => {
                let (object, key) = (registers.get(instr.b), registers.get(instr.c));
                if let (Some(table), Some(key)) = (object.as_table(), key.as_int()) {
                    let value = table.get_int(key);
                    if !value.is_nil() {
                        set!(value);
                    }
                }
                // A look-up may make a shape.
                frame.set_pc(state, pc - 1);
                set_some!(quick::index(state, object, key));
            }
            Op::Method => {
                frame.set_pc(state, pc - 1);
                let (object, key) = (registers.get(instr.b), registers.get(instr.c));
                set_some!(quick::index(state, object, key));
            }
            Op::SetIndex => {
                let (object, key) = (registers.get(instr.a), registers.get(instr.b));
                if quick::set_index(state, object, key, registers.get(instr.c)) {
                    continue;
                }
            }
            Op::Call => go!(call),
            Op::TailCall => go!(tail_call),
            Op::Return => go!(leave),
            Op::Unreachable => unreachable!("control cannot come here"),
            _ => {}
        }
        frame.set_pc(state, pc - 1);
        if !execute(state, frame, instr)? {
            return Ok(Step::Call);
        }
        registers = frame.registers(state);
    }
}

/// The turn of a loop from before `pc` back to `target`, where there is something to do.
#[cold]
fn back_edge(state: &mut State, frame: Frame, target: usize, pc: usize) -> Result<(), Raised> {
    frame.set_pc(state, pc - 1);
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
    Ok(())
}

/// The next turn of a numeric loop, whether there is one.
#[inline(always)]
fn for_next(frame: Frame, registers: Registers, instr: &Instr) -> bool {
    let [index, count, step] = *list(frame, instr.b, 3) else { unreachable!() };
    let [_, next_index, next_count] = *list(frame, instr.a, 3) else { unreachable!() };
    let next =
        operations::for_next(registers.get(index), registers.get(count), registers.get(step));
    let values = next.unwrap_or([Value::NIL; 2]);
    registers.set(next_index, values[0]);
    registers.set(next_count, values[1]);
    next.is_some()
}

/// An operation at which the frame is. False: it asks for a call.
#[inline(never)]
fn execute(state: &mut State, frame: Frame, instr: &Instr) -> Result<bool, Raised> {
    let value = match operate(state, frame, instr)? {
        Step::Done(value) => value,
        Step::Call => {
            calls::ask(state, frame);
            return Ok(false);
        }
    };
    let Some(value) = value else { return Ok(true) };
    let allocates = matches!(instr.op, Op::TableNew | Op::Concat | Op::Closure);
    if allocates && state.ctx.poll != 0 {
        // A collection clears registers that do not live across this instruction, as its result
        // does not yet.
        state.push(value)?;
        state.poll();
        state.truncate_stack(state.stack_top() - 1);
    }
    frame.set(state, instr.a, value);
    Ok(true)
}

/// An operation with at most one result, for register `a`.
fn operate(state: &mut State, frame: Frame, instr: &Instr) -> Result<Step<Option<Value>>, Raised> {
    let value = match instr.op {
        Op::Arith
        | Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Mod
        | Op::IDiv
        | Op::BAnd
        | Op::BOr
        | Op::BXor
        | Op::Shl
        | Op::Shr => {
            let (lhs, rhs) = (frame.get(state, instr.b), frame.get(state, instr.c));
            return some(operations::arith(state, arith_op(instr.n), lhs, rhs)?);
        }
        Op::Index | Op::Method => {
            let (object, key) = (frame.get(state, instr.b), frame.get(state, instr.c));
            return some(operations::index(state, object, key)?);
        }
        Op::SetIndex => {
            let (object, key) = (frame.get(state, instr.a), frame.get(state, instr.b));
            let value = frame.get(state, instr.c);
            return none(operations::set_index(state, object, key, value)?);
        }
        Op::GlobalGet => {
            let name = frame.function.global_names[instr.b as usize];
            let globals = Value::table(state.globals());
            return some(operations::index(state, globals, name)?);
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
            if let &[left, right] = registers {
                let (left, right) = (frame.get(state, left), frame.get(state, right));
                if let Some(joined) = operations::append_in_place(state, left, right) {
                    return Ok(Step::Done(Some(Value::string(joined))));
                }
            }
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
        Op::CellNew => {
            let value = frame.get(state, instr.b);
            Value::cell(state.new_cell(value)?)
        }
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
        Op::ForPrepInt | Op::ForPrep => {
            for_prep(state, frame, instr)?;
            return Ok(Step::Done(None));
        }
        Op::Step => {
            frame.set(state, instr.a, Value::int(i64::from(instr.b)));
            if state.ctx.hooked != 0 {
                debug::step(state, frame, instr.b)?;
            }
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
        | Op::Upvalue
        | Op::CellGet
        | Op::ForNext
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

fn set_list(state: &mut State, frame: Frame, instr: &Instr) -> Result<(), Raised> {
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

fn closure(state: &mut State, frame: Frame, instr: &Instr) -> Result<Value, Raised> {
    let proto = frame.function.protos[instr.b as usize];
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

fn for_prep(state: &mut State, frame: Frame, instr: &Instr) -> Result<(), Raised> {
    let args = list(frame, instr.b, 3);
    let [first, second, third] = [args[0], args[1], args[2]].map(|at| frame.get(state, at));
    if instr.op == Op::ForPrepInt {
        let results = list(frame, instr.a, 2);
        let init = first.as_int().unwrap_or(0);
        let step = third.as_int().unwrap_or(0);
        let count = operations::for_limit(state, init, second, step)?;
        frame.set(state, results[0], Value::boolean(count.is_some()));
        frame.set(state, results[1], Value::int(count.unwrap_or(0) as i64));
        return Ok(());
    }
    let results = list(frame, instr.a, 4);
    let loop_ = operations::for_prep(state, first, second, third)?;
    frame.set(state, results[0], Value::boolean(loop_.is_some()));
    let values = loop_.unwrap_or([Value::NIL; 3]);
    for (register, value) in results[1..].iter().zip(values) {
        frame.set(state, *register, value);
    }
    Ok(())
}
