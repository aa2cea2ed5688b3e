//! The register form that tier 0 runs: what the functions of a module become.
//!
//! A function has registers, each a Lua value or an internal one (a cell, a pack); an instruction
//! is 16 bytes and names registers, places of the constant table, code positions and ranges of the
//! function's pool, where lists of registers lie.

use alloc::vec::Vec;

use crate::debug::Debug;

/// What an instruction does. `a`, `b`, `c` and `n` are its fields; `R` are registers, or constants
/// where they are read and have the bit [`CONSTANT`], `K` constants, `P` the pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// R[a] = R[b]
    Move,
    /// R[a] = K[b]
    Const,
    /// R[a] = number of variable arguments
    VarargCount,
    /// R[a] = variable argument b, or nil
    VarargGet,
    /// The open list is all variable arguments.
    VarargAll,
    /// R[a] = upvalue b, be it a value or a cell
    Upvalue,
    /// R[a] = new cell of R[b]
    CellNew,
    /// R[a] = contents of cell R[b]
    CellGet,
    /// contents of cell R[a] = R[b]
    CellSet,
    /// R[a] = global b
    GlobalGet,
    /// global a = R[b]
    GlobalSet,
    /// R[a] = R[b][R[c]]
    Index,
    /// R[a][R[b]] = R[c]
    SetIndex,
    /// R[a] = R[b][K[c]], the function of a method call
    Method,
    /// R[a] = R[b] op R[c]; n is the operator, here and for the next ones
    Arith,
    /// +
    Add,
    /// -
    Sub,
    /// *
    Mul,
    /// /
    Div,
    /// %
    Mod,
    /// //
    IDiv,
    /// &
    BAnd,
    /// |
    BOr,
    /// ~
    BXor,
    /// <<
    Shl,
    /// >>
    Shr,
    /// R[a] = op R[b]; n is the operator
    Unary,
    /// R[a] = #R[b]
    Len,
    /// R[a] = P[b..b+c] joined
    Concat,
    /// R[a] = not R[b]
    Not,
    /// R[a] = R[b] is neither nil nor false
    Truthy,
    /// R[a] = R[b] is nil
    IsNil,
    /// R[a] = R[b] == R[c]
    Eq,
    /// R[a] = R[b] < R[c]
    Lt,
    /// R[a] = R[b] <= R[c]
    Le,
    /// Calls R[P[b]] with R[P[b+1..b+c]] and perhaps the open list; n results go to R[P[a..a+n]],
    /// or become the open list.
    Call,
    /// Likewise, and returns what it returns.
    TailCall,
    /// Returns R[P[b..b+c]] and perhaps the open list.
    Return,
    /// R[a] = new table with room for b elements and c fields
    TableNew,
    /// R[a] = table of the data in constant b
    TableData,
    /// R[a][P[b-1] + i] = R[P[b+i]] for i up to c, then the open list perhaps
    SetList,
    /// R[a] = new closure of inner function b; captures P[c..], `SELF` being the closure itself
    Closure,
    /// R[P[a]], R[P[a+1]] = loop over integers of R[P[b..b+3]]
    ForPrepInt,
    /// R[P[a..a+4]] = numeric loop of R[P[b..b+3]]
    ForPrep,
    /// R[P[a..a+3]] = next turn of R[P[b..b+3]]
    ForNext,
    /// Enters R[b] in the list of variables to be closed.
    TbcPush,
    /// Closes the b newest.
    TbcClose,
    /// R[a] = the open list, put by
    MultiSave,
    /// The open list is what R[b] put by.
    MultiLoad,
    /// R[a] = b, the step that the frame is at. Hooks hear of it.
    Step,
    /// Goes to b, after the c moves at P[a]: to a register, from another.
    Jump,
    /// Goes to b when R[a] is true, else to c.
    Branch,
    /// Cannot be reached.
    Unreachable,
}

/// The last of a call's arguments, the values after those of a return or a list: the open list.
pub(crate) const OPEN_INPUT: u8 = 1;
/// A call's results become the open list.
pub(crate) const OPEN_RESULT: u8 = 2;
/// A comparison whose result nobody but the branch behind it needs.
pub(crate) const FUSED: u8 = 4;
/// In the place of a register that is read: a constant.
pub(crate) const CONSTANT: u32 = 1 << 31;
/// In the captures of a closure: the closure itself.
pub(crate) const SELF: u32 = u32::MAX;

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    /// What it does.
    pub(crate) op: Op,
    /// Bits: [`OPEN_INPUT`], [`OPEN_RESULT`], [`FUSED`].
    pub(crate) flags: u8,
    /// A small number, by operation.
    pub(crate) n: u16,
    /// First field.
    pub(crate) a: u32,
    /// Second field.
    pub(crate) b: u32,
    /// Third field.
    pub(crate) c: u32,
}

const _: () = assert!(size_of::<Instr>() == 16);

/// A constant, before it is a value of some state.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Constant {
    /// nil
    Nil,
    /// true or false
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float's bits.
    Float(u64),
    /// A string.
    Str(ir::StrId),
    /// The data of a table.
    Data(ir::StrId),
}

/// A name for messages: the operand's number, `abi::module::name_kind`, the name's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// The instruction.
    pub(crate) pc: u32,
    /// The operand's number, [`abi::module::name_kind::CALLEE`] for a called function.
    pub(crate) operand: u32,
    /// [`abi::module::name_kind`]
    pub(crate) kind: u32,
    /// The place of the name in [`Code::strings`].
    pub(crate) name: u32,
}

/// A function in register form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    /// The instructions.
    pub(crate) instrs: Vec<Instr>,
    /// Lists of registers.
    pub(crate) pool: Vec<u32>,
    /// How many registers there are.
    pub(crate) register_count: u32,
    /// Registers of the fixed parameters.
    pub(crate) params: Vec<u32>,
    /// Whether further arguments are kept.
    pub(crate) is_vararg: bool,
    /// Constants.
    pub(crate) constants: Vec<Constant>,
    /// Names of the globals in use.
    pub(crate) globals: Vec<ir::StrId>,
    /// The functions of the chunk that it makes closures of.
    pub(crate) inner: Vec<u32>,
    /// The line of each instruction.
    pub(crate) lines: Vec<u32>,
    /// For each instruction, where in `live` its list of registers begins that hold something
    /// needed after it (or by it); the list's length stands first. `u32::MAX`: no safepoint.
    pub(crate) live_at: Vec<u32>,
    /// See `live_at`.
    pub(crate) live: Vec<u32>,
    /// Names of operands, sorted by instruction.
    pub(crate) names: Vec<Name>,
    /// Bytes of names.
    pub(crate) strings: ir::strings::Strings,
    /// For each upvalue the place of its name in `strings`.
    pub(crate) upvalues: Vec<u32>,
    /// Slots and steps of a debuggable function.
    pub(crate) debug: Option<Debug>,
}

impl Code {
    /// About how much memory it takes.
    pub(crate) fn size_in_bytes(&self) -> usize {
        let per_instr = size_of::<Instr>() + 2 * size_of::<u32>();
        self.instrs.len() * per_instr
            + (self.pool.len() + self.live.len()) * size_of::<u32>()
            + self.names.len() * size_of::<Name>()
            + self.strings.size_in_bytes()
    }
}
