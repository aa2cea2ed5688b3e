//! The register form that tier 0 runs: what the functions of a module become.
//!
//! A function has registers, each a Lua value or an internal one (a cell, a pack); an instruction
//! is 16 bytes and names registers, places of the constant table, code positions and ranges of the
//! function's pool, where lists of registers lie.

use alloc::vec::Vec;

/// What an instruction does. `a`, `b`, `c` and `n` are its fields; `R` are registers, `K`
/// constants, `P` the pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
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
    /// R[a] = R[b] op R[c]; n is the operator
    Arith,
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
    /// R[a][P[b-1] + i] = R[P[b+i]] for i up to c, then the open list perhaps
    SetList,
    /// R[a] = new closure of function b; captures P[c..], `SELF` being the closure itself
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
    /// Goes to b.
    Jump,
    /// Goes to b when R[a] is true, else to c.
    Branch,
    /// Cannot be reached.
    Unreachable,
}

/// The last of a call's arguments, the values after those of a return or a list: the open list.
pub const OPEN_INPUT: u8 = 1;
/// A call's results become the open list.
pub const OPEN_RESULT: u8 = 2;
/// In the captures of a closure: the closure itself.
pub const SELF: u32 = u32::MAX;

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub struct Instr {
    /// What it does.
    pub op: Op,
    /// Bits: [`OPEN_INPUT`], [`OPEN_RESULT`].
    pub flags: u8,
    /// A small number, by operation.
    pub n: u16,
    /// First field.
    pub a: u32,
    /// Second field.
    pub b: u32,
    /// Third field.
    pub c: u32,
}

const _: () = assert!(size_of::<Instr>() == 16);

/// A constant, before it is a value of some state.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// nil
    Nil,
    /// true or false
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float's bits.
    Float(u64),
    /// The bytes of a string.
    Str(Vec<u8>),
}

/// A name for messages: the operand's number, `abi::module::name_kind`, the name's bytes.
#[derive(Clone, Debug)]
pub struct Name {
    /// The instruction.
    pub pc: u32,
    /// The operand's number, [`abi::module::name_kind::CALLEE`] for a called function.
    pub operand: u32,
    /// [`abi::module::name_kind`]
    pub kind: u32,
    /// The place of the name in [`Code::strings`].
    pub name: u32,
}

/// An upvalue's name, and whether it is a cell.
#[derive(Clone, Debug)]
pub struct UpvalueInfo {
    /// The place of the name in [`Code::strings`].
    pub name: u32,
    /// Whether the closure holds the variable's cell.
    pub is_cell: bool,
}

/// A function in register form.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The instructions.
    pub instrs: Vec<Instr>,
    /// Lists of registers.
    pub pool: Vec<u32>,
    /// How many registers there are.
    pub register_count: u32,
    /// Registers of the fixed parameters.
    pub params: Vec<u32>,
    /// Whether further arguments are kept.
    pub is_vararg: bool,
    /// Constants.
    pub constants: Vec<Constant>,
    /// Names of the globals in use.
    pub globals: Vec<Vec<u8>>,
    /// The line of each instruction.
    pub lines: Vec<u32>,
    /// For each instruction, where in `live` its list of registers begins that hold something
    /// needed after it (or by it); the list's length stands first. `u32::MAX`: no safepoint.
    pub live_at: Vec<u32>,
    /// See `live_at`.
    pub live: Vec<u32>,
    /// Names of operands, sorted by instruction.
    pub names: Vec<Name>,
    /// Bytes of names.
    pub strings: Vec<Vec<u8>>,
    /// The upvalues.
    pub upvalues: Vec<UpvalueInfo>,
    /// The line of `function`; 0 for the main chunk.
    pub line_defined: u32,
    /// The line of `end`.
    pub last_line_defined: u32,
}
