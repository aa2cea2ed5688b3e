//! The table of operations: spelling, immediate, operands, results and effects, a row each.
//!
//! Arithmetic and comparison are Lua's, on values of whatever type: the static types of the
//! operands say how much is left to decide at run time. `add` of two ints wraps around, `add` of
//! an int and a float converts, `add` of anything else may call a metamethod. [`result_type`] is
//! the one place with these rules, and [`effects`] the one place with what follows for effects.
//! `docs/ir.md` explains each operation.

use crate::types::Type;
use core::ops::BitOr;

/// What an operation may do besides computing its results.
///
/// A pure operation may be repeated, moved and dropped. Memory is divided into classes that do
/// not overlap: global cells, cells of captured variables, contents of tables, and the state's
/// own lists (to-be-closed variables, buffers of open lists).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects(u16);

impl Effects {
    /// Nothing.
    pub const PURE: Effects = Effects(0);
    /// May raise an error.
    pub const RAISES: Effects = Effects(1);
    /// May allocate, which is a safepoint but runs no Lua code.
    pub const ALLOCATES: Effects = Effects(2);
    /// May run unknown Lua code (a call or a metamethod), which may also yield.
    pub const CALLS: Effects = Effects(4);
    /// Reads a global cell.
    pub const READS_GLOBAL: Effects = Effects(8);
    /// Writes a global cell.
    pub const WRITES_GLOBAL: Effects = Effects(16);
    /// Reads the cell of a captured variable.
    pub const READS_CELL: Effects = Effects(32);
    /// Writes the cell of a captured variable.
    pub const WRITES_CELL: Effects = Effects(64);
    /// Reads what a table holds.
    pub const READS_TABLE: Effects = Effects(128);
    /// Writes what a table holds.
    pub const WRITES_TABLE: Effects = Effects(256);
    /// Reads the state's own lists.
    pub const READS_STATE: Effects = Effects(512);
    /// Writes the state's own lists.
    pub const WRITES_STATE: Effects = Effects(1024);
    /// Ends its block.
    pub const TERMINATOR: Effects = Effects(2048);

    /// What unknown Lua code may do: everything.
    pub const UNKNOWN: Effects = Effects(2047);

    /// Whether every effect in `other` is here too.
    pub const fn contains(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether some effect in `other` is here too.
    pub const fn intersects(self, other: Effects) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together, also in constants.
    pub const fn and(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether a collection may happen here, so that live values must be in roots.
    pub const fn is_safepoint(self) -> bool {
        self.intersects(Effects(2 | 4))
    }
}

impl BitOr for Effects {
    type Output = Effects;
    fn bitor(self, other: Effects) -> Effects {
        self.and(other)
    }
}

/// What an operand must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A Lua value of any static type.
    Lua,
    /// Exactly this type.
    Exact(Type),
}

/// What may follow the fixed operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// Nothing.
    None,
    /// Any number of Lua values.
    Values,
    /// Any number of Lua values, and then perhaps an open list.
    ValuesAndMulti,
    /// A capture for each upvalue: a Lua value or a cell.
    Captures,
}

/// Which immediate an operation carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImmKind {
    /// None.
    None,
    /// An integer.
    Int,
    /// A double, as its bits.
    Float,
    /// A boolean.
    Bool,
    /// A string of the function.
    Str,
    /// An index or a count.
    Index,
    /// Two sizes.
    Sizes,
    /// A function to make a closure of.
    Closure,
    /// One target.
    Jump,
    /// Two targets.
    Branch,
}

/// How many results there are, and of which types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Results {
    /// These.
    Fixed(&'static [Type]),
    /// One, whose type [`result_type`] computes.
    Computed,
    /// Any number of `any`, or one `multi`.
    Call,
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpInfo {
    /// The spelling in the text form.
    pub name: &'static str,
    /// The immediate.
    pub imm: ImmKind,
    /// The operands that are always there.
    pub operands: &'static [Operand],
    /// The operands that may follow.
    pub rest: Rest,
    /// The results.
    pub results: Results,
    /// The effects when nothing is known of the operands' types.
    pub effects: Effects,
}

macro_rules! ops {
    ($($(#[$doc:meta])* $op:ident = $name:literal, $imm:ident, [$($operand:expr),*], $rest:ident,
       $results:expr, $effects:expr;)*) => {
        /// An operation.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $op,)* }

        impl Op {
            /// Every operation, in the table's order.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];
            const TABLE: &'static [OpInfo] = &[$(OpInfo {
                name: $name,
                imm: ImmKind::$imm,
                operands: &[$($operand),*],
                rest: Rest::$rest,
                results: $results,
                effects: $effects,
            }),*];
        }
    };
}

const LUA: Operand = Operand::Lua;
const BOOL: Operand = Operand::Exact(Type::Bool);
const INT: Operand = Operand::Exact(Type::Int);
const CELL: Operand = Operand::Exact(Type::Cell);
const TABLE: Operand = Operand::Exact(Type::Table);
const MULTI: Operand = Operand::Exact(Type::Multi);
const PACK: Operand = Operand::Exact(Type::Pack);

const NONE: Results = Results::Fixed(&[]);
const fn one(types: &'static [Type]) -> Results {
    Results::Fixed(types)
}
const ANY: Results = one(&[Type::Any]);

const PURE: Effects = Effects::PURE;
const UNKNOWN: Effects = Effects::UNKNOWN;
const RAISES: Effects = Effects::RAISES;
const ALLOCATES: Effects = Effects::ALLOCATES.and(Effects::RAISES);
const TERMINATOR: Effects = Effects::TERMINATOR;

ops! {
    /// Nil.
    ConstNil = "const.nil", None, [], None, one(&[Type::Nil]), PURE;
    /// A boolean.
    ConstBool = "const.bool", Bool, [], None, one(&[Type::Bool]), PURE;
    /// An integer.
    ConstInt = "const.int", Int, [], None, one(&[Type::Int]), PURE;
    /// A double.
    ConstFloat = "const.float", Float, [], None, one(&[Type::Float]), PURE;
    /// A string, interned before the program starts.
    ConstStr = "const.str", Str, [], None, one(&[Type::Str]), PURE;

    /// How many variable arguments the function was given.
    VarargCount = "vararg.count", None, [], None, one(&[Type::Int]), PURE;
    /// The variable argument with this index, from 0, or nil beyond the last.
    VarargGet = "vararg.get", Index, [], None, ANY, PURE;
    /// All variable arguments.
    VarargAll = "vararg.all", None, [], None, one(&[Type::Multi]), Effects::WRITES_STATE;

    /// The value of an upvalue captured by value.
    UpvalueGet = "upvalue.get", Index, [], None, ANY, PURE;
    /// The cell of an upvalue captured as a cell.
    UpvalueCell = "upvalue.cell", Index, [], None, one(&[Type::Cell]), PURE;
    /// A new cell that holds the operand.
    CellNew = "cell.new", None, [LUA], None, one(&[Type::Cell]), ALLOCATES;
    /// What a cell holds.
    CellGet = "cell.get", None, [CELL], None, ANY, Effects::READS_CELL;
    /// Replaces what a cell holds.
    CellSet = "cell.set", None, [CELL, LUA], None, NONE, Effects::WRITES_CELL;

    /// The global variable of this name.
    GlobalGet = "global.get", Str, [], None, ANY, UNKNOWN;
    /// Sets the global variable of this name.
    GlobalSet = "global.set", Str, [LUA], None, NONE, UNKNOWN;

    /// `t[k]`, metamethods included.
    Index = "index", None, [LUA, LUA], None, ANY, UNKNOWN;
    /// `t[k] = v`, metamethods included.
    SetIndex = "set_index", None, [LUA, LUA, LUA], None, NONE, UNKNOWN;
    /// The function of `o:name(...)`: `o["name"]`.
    Method = "method", Str, [LUA], None, ANY, UNKNOWN;

    /// `a + b`
    Add = "add", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a - b`
    Sub = "sub", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a * b`
    Mul = "mul", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a / b`
    Div = "div", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a % b`
    Mod = "mod", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a ^ b`
    Pow = "pow", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a // b`
    IDiv = "idiv", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a & b`
    BAnd = "band", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a | b`
    BOr = "bor", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a ~ b`
    BXor = "bxor", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a << b`
    Shl = "shl", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `a >> b`
    Shr = "shr", None, [LUA, LUA], None, Results::Computed, UNKNOWN;
    /// `-a`
    Unm = "unm", None, [LUA], None, Results::Computed, UNKNOWN;
    /// `~a`
    BNot = "bnot", None, [LUA], None, Results::Computed, UNKNOWN;
    /// `#a`
    Len = "len", None, [LUA], None, Results::Computed, UNKNOWN;
    /// `a .. b .. c`: two operands or more, joined from the right.
    Concat = "concat", None, [LUA, LUA], Values, Results::Computed, UNKNOWN;

    /// `not a`
    Not = "not", None, [LUA], None, one(&[Type::Bool]), PURE;
    /// Whether a value is neither nil nor false.
    Truthy = "truthy", None, [LUA], None, one(&[Type::Bool]), PURE;
    /// Whether a value is nil.
    IsNil = "is_nil", None, [LUA], None, one(&[Type::Bool]), PURE;
    /// `a == b`
    Eq = "eq", None, [LUA, LUA], None, one(&[Type::Bool]), UNKNOWN;
    /// `a < b`; also `b > a`, after its operands were evaluated in their order.
    Lt = "lt", None, [LUA, LUA], None, one(&[Type::Bool]), UNKNOWN;
    /// `a <= b`; also `b >= a`.
    Le = "le", None, [LUA, LUA], None, one(&[Type::Bool]), UNKNOWN;

    /// Calls the first operand with the others as arguments.
    Call = "call", None, [LUA], ValuesAndMulti, Results::Call, UNKNOWN;

    /// A new table, with room for so many array elements and so many other fields.
    TableNew = "table.new", Sizes, [], None, one(&[Type::Table]), ALLOCATES;
    /// A new table, filled as its data say (`abi::data`).
    TableData = "table.data", Str, [], None, one(&[Type::Table]), ALLOCATES;
    /// Stores the values at consecutive indices from the immediate on, without metamethods.
    SetList = "set_list", Index, [TABLE], ValuesAndMulti, NONE,
        ALLOCATES.and(Effects::WRITES_TABLE);
    /// A new closure.
    Closure = "closure", Closure, [], Captures, one(&[Type::Func]), ALLOCATES;

    /// Prepares a loop over integers: init, limit, step. Whether it runs at all, and how many
    /// turns follow the first, as an unsigned number. Raises unless the limit is a number and
    /// the step is not zero.
    ForPrepInt = "for.prep.int", None, [INT, LUA, INT], None,
        one(&[Type::Bool, Type::Int]), RAISES;
    /// Prepares a numeric loop: init, limit, step. Whether it runs at all, then the first value
    /// of the control variable, then a count of turns (or the limit, for a loop over floats),
    /// then the step, converted where needed.
    ForPrep = "for.prep", None, [LUA, LUA, LUA], None,
        one(&[Type::Bool, Type::Any, Type::Any, Type::Any]), RAISES;
    /// The next turn of a loop that `for.prep` began, from its last control value, count and
    /// step: whether there is one, the control value and the count.
    ForNext = "for.next", None, [LUA, LUA, LUA], None,
        one(&[Type::Bool, Type::Any, Type::Any]), PURE;

    /// Enters a variable in the list of those to be closed. Raises unless it is nil, false, or
    /// has a `__close` metamethod.
    TbcPush = "tbc.push", None, [LUA], None, NONE,
        ALLOCATES.and(Effects::WRITES_STATE).and(Effects::READS_TABLE);
    /// Closes so many variables, the newest first, as the scope is left without an error.
    TbcClose = "tbc.close", Index, [], None, NONE, UNKNOWN;

    /// Puts an open list by, as something in between will run Lua code.
    MultiSave = "multi.save", None, [MULTI], None, one(&[Type::Pack]),
        ALLOCATES.and(Effects::READS_STATE);
    /// An open list that was put by.
    MultiLoad = "multi.load", None, [PACK], None, one(&[Type::Multi]), Effects::WRITES_STATE;

    /// What a numbered slot of a debuggable function's frame holds.
    SlotGet = "slot.get", Index, [], None, ANY, Effects::READS_STATE;
    /// Replaces what a slot holds.
    SlotSet = "slot.set", Index, [LUA], None, NONE, Effects::WRITES_STATE;
    /// The local of a slot lives in this cell, and not in the slot itself.
    SlotBind = "slot.bind", Index, [CELL], None, NONE, Effects::WRITES_STATE;
    /// A step of a debuggable function begins: hooks for lines and counts run.
    Step = "step", Index, [], None, NONE, UNKNOWN;
    /// The frame is at another step, of which hooks hear nothing.
    StepAt = "step.at", Index, [], None, NONE, Effects::WRITES_STATE;

    /// Goes to a block.
    Jump = "jump", Jump, [], None, NONE, TERMINATOR;
    /// Goes to the first block if the operand is true, else to the second.
    Branch = "branch", Branch, [BOOL], None, NONE, TERMINATOR;
    /// Returns the operands.
    Return = "return", None, [], ValuesAndMulti, NONE, TERMINATOR;
    /// Calls the first operand with the others as arguments and returns what it returns, without
    /// a frame of its own.
    TailCall = "tailcall", None, [LUA], ValuesAndMulti, NONE, UNKNOWN.and(TERMINATOR);
    /// Cannot be reached.
    Unreachable = "unreachable", None, [], None, NONE, TERMINATOR;
}

impl Op {
    /// The row of the table.
    #[inline]
    pub const fn info(self) -> &'static OpInfo {
        &Op::TABLE[self as usize]
    }

    /// The spelling in the text form.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The operation spelt so.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }

    /// Whether it ends its block.
    pub fn is_terminator(self) -> bool {
        self.info().effects.contains(Effects::TERMINATOR)
    }
}

/// The type of the one result of an operation with computed results, from its operands' types.
///
/// It is `any` wherever a metamethod could be asked, as nothing is known of what that returns.
pub fn result_type(op: Op, operands: &[Type]) -> Type {
    let all = |test: fn(Type) -> bool| operands.iter().all(|ty| test(*ty));
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::Mod | Op::IDiv | Op::Unm => {
            if all(|ty| ty == Type::Int) {
                Type::Int
            } else if all(Type::is_number) {
                Type::Float
            } else {
                Type::Any
            }
        }
        Op::Div | Op::Pow if all(Type::is_number) => Type::Float,
        // A float without an integer representation raises, so what returns is an integer.
        Op::BAnd | Op::BOr | Op::BXor | Op::Shl | Op::Shr | Op::BNot if all(Type::is_number) => {
            Type::Int
        }
        Op::Len if all(|ty| ty == Type::Str) => Type::Int,
        Op::Concat if all(|ty| ty == Type::Str || ty.is_number()) => Type::Str,
        _ => Type::Any,
    }
}

/// What an operation may do, given its operands' types.
pub fn effects(op: Op, operands: &[Type]) -> Effects {
    let all = |test: fn(Type) -> bool| operands.iter().all(|ty| test(*ty));
    let some = |test: fn(Type) -> bool| operands.iter().any(|ty| test(*ty));
    let numbers = all(Type::is_number);
    let ints = all(|ty| ty == Type::Int);
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow | Op::Unm if numbers => PURE,
        // Division of integers raises when the divisor is zero.
        Op::Mod | Op::IDiv if ints => RAISES,
        Op::Mod | Op::IDiv if numbers => PURE,
        Op::BAnd | Op::BOr | Op::BXor | Op::Shl | Op::Shr | Op::BNot if ints => PURE,
        Op::BAnd | Op::BOr | Op::BXor | Op::Shl | Op::Shr | Op::BNot if numbers => RAISES,
        Op::Len if all(|ty| ty == Type::Str) => PURE,
        Op::Concat if all(|ty| ty == Type::Str || ty.is_number()) => ALLOCATES,
        // Equality asks a metamethod only where both sides are tables, or both userdata.
        Op::Eq if some(|ty| !matches!(ty, Type::Any | Type::Table)) => PURE,
        Op::Lt | Op::Le if numbers || all(|ty| ty == Type::Str) => PURE,
        _ => op.info().effects,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        for (index, op) in Op::ALL.iter().enumerate() {
            assert_eq!(*op as usize, index);
            assert_eq!(Op::from_name(op.name()), Some(*op));
        }
    }

    #[test]
    fn arithmetic_types() {
        use Type::{Any, Float, Int, Str};
        assert_eq!(result_type(Op::Add, &[Int, Int]), Int);
        assert_eq!(result_type(Op::Add, &[Int, Float]), Float);
        assert_eq!(result_type(Op::Add, &[Int, Str]), Any);
        assert_eq!(result_type(Op::Div, &[Int, Int]), Float);
        assert_eq!(result_type(Op::BOr, &[Float, Int]), Int);
        assert_eq!(result_type(Op::Concat, &[Str, Int, Float]), Str);
        assert_eq!(effects(Op::IDiv, &[Int, Int]), Effects::RAISES);
        assert!(effects(Op::Eq, &[Any, Int]) == Effects::PURE);
        assert!(effects(Op::Eq, &[Any, Any]).is_safepoint());
    }
}
