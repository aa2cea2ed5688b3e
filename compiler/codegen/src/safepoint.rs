//! Which instructions become calls at which a collection can happen, and how often.
//!
//! This says what the lowering of an operation emits, which is more than the operation's effects:
//! an addition of two unknown values calls only in its slow path. An instruction that is `Never`
//! here and calls a collecting runtime function all the same is a fault; `lower` asserts it.

use crate::statics::cached_field;
use ir::{Function, Imm, Inst, Op, Type};

/// How often an instruction is a safepoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Safepoint {
    /// It never is.
    Never,
    /// Only on a slow path, in a cold block.
    Cold,
    /// On its usual path.
    Hot,
}

/// What the lowering of an instruction makes of it.
pub(crate) fn of(func: &Function, inst: Inst) -> Safepoint {
    use Safepoint::{Cold, Hot, Never};
    let args = func.args(inst);
    let all = |test: fn(Type) -> bool| args.iter().all(|arg| test(func.ty(*arg)));
    let numbers = all(Type::is_number);
    let ints = all(|ty| ty == Type::Int);
    // Whether the fast path is possible at all.
    let perhaps_numbers = all(|ty| ty == Type::Any || ty.is_number());
    let unless_numbers = if perhaps_numbers { Cold } else { Hot };
    match func.inst(inst).op {
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Unm if numbers => Never,
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Unm => unless_numbers,
        Op::IDiv => unless_numbers,
        // The remainder of floats is the runtime's.
        Op::Mod if numbers && !ints => Hot,
        Op::Mod => unless_numbers,
        Op::Pow => Hot,
        Op::BAnd | Op::BOr | Op::BXor | Op::BNot if ints => Never,
        Op::BAnd | Op::BOr | Op::BXor | Op::BNot | Op::Shl | Op::Shr => unless_numbers,
        Op::Len if all(|ty| ty == Type::Str) => Never,
        Op::Eq => Cold,
        Op::Lt | Op::Le => unless_numbers,
        Op::GlobalGet | Op::GlobalSet | Op::ForPrepInt | Op::TailCall => Cold,
        // What is closed is nil, mostly, as it is in loops over tables.
        Op::TbcPush => Cold,
        Op::TbcClose if func.inst(inst).imm == Imm::Index(1) => Cold,
        // Hooks.
        Op::Step => Cold,
        Op::Return if func.debug.is_some() => Cold,
        // In line, mostly.
        Op::CellNew | Op::TableNew | Op::Closure => Cold,
        Op::Index | Op::SetIndex if may_be_table(func, inst) => Cold,
        Op::Method if has_table_path(func, inst) => Cold,
        Op::Index | Op::SetIndex | Op::Method => Hot,
        Op::ForPrep if func.const_int(args[2]).is_some_and(|step| step != 0) => Cold,
        Op::Len
        | Op::Concat
        | Op::Call
        | Op::TableData
        | Op::SetList
        | Op::ForPrep
        | Op::TbcClose
        | Op::MultiSave => Hot,
        Op::ConstNil
        | Op::SlotGet
        | Op::SlotSet
        | Op::SlotBind
        | Op::StepAt
        | Op::ConstBool
        | Op::ConstInt
        | Op::ConstFloat
        | Op::ConstStr
        | Op::VarargCount
        | Op::VarargGet
        | Op::VarargAll
        | Op::UpvalueGet
        | Op::UpvalueCell
        | Op::CellGet
        | Op::CellSet
        | Op::Not
        | Op::Truthy
        | Op::IsNil
        | Op::ForNext
        | Op::MultiLoad
        | Op::Jump
        | Op::Branch
        | Op::Return
        | Op::Unreachable => Never,
    }
}

/// Whether an indexing instruction has a path in line: tables with a cached field, or an element of
/// an array.
pub(crate) fn has_table_path(func: &Function, inst: Inst) -> bool {
    let args = func.args(inst);
    may_be_table(func, inst)
        && (cached_field(func, inst).is_some()
            || func.inst(inst).op != Op::Method
                && matches!(func.ty(args[1]), Type::Any | Type::Int))
}

/// Whether what is indexed may be a table.
pub(crate) fn may_be_table(func: &Function, inst: Inst) -> bool {
    matches!(func.ty(func.args(inst)[0]), Type::Any | Type::Table)
}

/// Whether the operands are still needed after a call that the lowering emits.
pub(crate) fn keeps_operands(func: &Function, inst: Inst) -> bool {
    match func.inst(inst).op {
        // Captures are stored into the closure once it is there.
        Op::Closure => true,
        Op::Concat => func.args(inst).len() > crate::lower::MAX_STAGED,
        _ => false,
    }
}

/// Whether the lowering may emit a call that runs Lua code, so that frames may pile up.
pub(crate) fn may_recurse(func: &Function, inst: Inst) -> bool {
    match func.inst(inst).op {
        Op::TableNew | Op::TableData | Op::SetList | Op::Closure | Op::CellNew => false,
        Op::ForPrep | Op::ForPrepInt => false,
        Op::TbcPush | Op::MultiSave => false,
        _ => of(func, inst) != Safepoint::Never,
    }
}
