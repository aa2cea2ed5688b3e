//! Functions: dense ids and the tables they index.
//!
//! A function is a list of blocks (`layout`, entry first), a block a list of instructions that
//! ends in its only terminator. The parameters of the entry block are the parameters of the
//! function, so no edge leads there. Where control flow joins, a block takes parameters and each
//! edge ([`BlockCall`]) passes an argument for each.
//!
//! An instruction is a row of one shape: operation, immediate, operands, results, place in the
//! source. Operands lie in one pool, results are consecutive values. What only messages need
//! (names of operands) is in a side table, sorted by instruction.

use crate::debug::Debug;
use crate::op::{self, Effects, ImmKind, Op};
use crate::strings::Strings;
use crate::types::Type;
use alloc::vec::Vec;
use core::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in the table that this id indexes.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

ids! {
    /// A basic block of a function.
    Block = "b";
    /// An instruction of a function.
    Inst = "i";
    /// An SSA value of a function.
    Value = "v";
    /// A function of a module.
    FuncId = "@";
    /// A string of a function.
    StrId = "s";
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// A name for symbols, profiles and dumps: `fib`, `M.foo`, `obj:method`, `main`. Never shown
    /// by the language itself.
    pub name: Vec<u8>,
    /// Stable over edits elsewhere in the file: from the path of names that leads here.
    pub hash: u64,
    /// The line of `function`, or 0 for the main chunk.
    pub line_defined: u32,
    /// The line of the closing `end`, or 0 for the main chunk.
    pub last_line_defined: u32,
    /// The names of the parameters, `self` included and `...` left out. The entry block has as
    /// many parameters.
    pub params: Vec<StrId>,
    /// Whether the function is variadic.
    pub is_vararg: bool,
    /// What the function captures.
    pub upvalues: Vec<Upvalue>,
    /// Constants and names.
    pub strings: Strings,
    /// The blocks in order, entry first. Blocks of the table that are not here are dead.
    pub layout: Vec<Block>,
    /// By [`Block`].
    pub blocks: Vec<BlockData>,
    /// By [`Inst`].
    pub insts: Vec<InstData>,
    /// By [`Value`].
    pub values: Vec<ValueData>,
    /// Operand lists. [`InstData::args`] and [`BlockCall::args`] are ranges of it.
    pub pool: Vec<Value>,
    /// Targets of jumps and branches. [`Imm::Jump`] and [`Imm::Branch`] index it.
    pub targets: Vec<BlockCall>,
    /// Names of operands, for messages: sorted by instruction, then operand.
    pub names: Vec<OperandName>,
    /// What a debugger can see and change, of a debuggable function.
    pub debug: Option<Debug>,
}

/// A captured variable of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upvalue {
    /// The variable's name.
    pub name: StrId,
    /// Whether it is the value that is captured, or a cell that several functions share.
    pub kind: UpvalueKind,
    /// Where the enclosing function has it.
    pub source: UpvalueSource,
}

/// How a variable is captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpvalueKind {
    /// Nothing assigns the variable after its declaration: the closure holds a copy.
    ByValue,
    /// The closure shares the variable's cell.
    Cell,
}

/// Where the enclosing function has a captured variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpvalueSource {
    /// It is a local variable there.
    ParentValue,
    /// It is an upvalue there, with this index.
    ParentUpvalue(u32),
}

/// A basic block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockData {
    /// What each edge into the block passes.
    pub params: Vec<Value>,
    /// The instructions, a terminator last.
    pub insts: Vec<Inst>,
}

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InstData {
    /// What it does.
    pub op: Op,
    /// The immediate that the operation's row asks for.
    pub imm: Imm,
    /// The operands.
    pub args: Range,
    /// The results: consecutive values.
    pub results: Range,
    /// The line that a message about it names, or 0.
    pub line: u32,
    /// The ordinal of the site in the function it was written in.
    pub site: u32,
}

/// A range of a table: operands in the pool, or results among the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Range {
    /// Where it starts.
    pub start: u32,
    /// How many there are.
    pub len: u32,
}

impl Range {
    fn indices(self) -> core::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// The immediate of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Imm {
    /// None.
    None,
    /// An integer.
    Int(i64),
    /// The bits of a double.
    Float(u64),
    /// A boolean.
    Bool(bool),
    /// A constant or a name.
    Str(StrId),
    /// An index or a count.
    Index(u32),
    /// Of `table.new`: array elements and other fields.
    Sizes(u32, u32),
    /// Of `closure`: the function, and the upvalue that is to hold the new closure itself, if one
    /// does. The operands are the captures of the other upvalues, in order.
    Closure(FuncId, Option<SelfCapture>),
    /// The place of the one target.
    Jump(u32),
    /// The place of the first target; the second follows it.
    Branch(u32),
}

/// The upvalue of a closure that holds the closure itself, as in `local function`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SelfCapture(pub u32);

impl Imm {
    /// Which immediate this is.
    pub fn kind(self) -> ImmKind {
        match self {
            Imm::None => ImmKind::None,
            Imm::Int(_) => ImmKind::Int,
            Imm::Float(_) => ImmKind::Float,
            Imm::Bool(_) => ImmKind::Bool,
            Imm::Str(_) => ImmKind::Str,
            Imm::Index(_) => ImmKind::Index,
            Imm::Sizes(..) => ImmKind::Sizes,
            Imm::Closure(..) => ImmKind::Closure,
            Imm::Jump(_) => ImmKind::Jump,
            Imm::Branch(_) => ImmKind::Branch,
        }
    }
}

/// An edge: a block and an argument for each of its parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockCall {
    /// Where it leads.
    pub block: Block,
    /// What it passes.
    pub args: Range,
}

/// An SSA value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueData {
    /// Its static type.
    pub ty: Type,
    /// Where it comes from.
    pub def: ValueDef,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueDef {
    /// A result of an instruction, by index.
    Result(Inst, u32),
    /// A parameter of a block, by index.
    Param(Block, u32),
}

/// What a message calls an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperandName {
    /// The instruction.
    pub inst: Inst,
    /// Which operand. Of a call or tail call, operand 0 also names the called function in
    /// tracebacks.
    pub operand: u32,
    /// What sort of thing it is.
    pub kind: NameKind,
    /// Its name.
    pub name: StrId,
}

/// What sort of thing a name in a message names, as in `(local 'x')`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameKind {
    /// A local variable.
    Local,
    /// An upvalue.
    Upvalue,
    /// A global variable.
    Global,
    /// A field of a table.
    Field,
    /// A method.
    Method,
    /// A string constant.
    Constant,
    /// The iterator of a generic `for`.
    ForIterator,
}

impl NameKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [NameKind; 7] = [
        NameKind::Local,
        NameKind::Upvalue,
        NameKind::Global,
        NameKind::Field,
        NameKind::Method,
        NameKind::Constant,
        NameKind::ForIterator,
    ];

    /// The word in messages.
    pub fn word(self) -> &'static str {
        match self {
            NameKind::Local => "local",
            NameKind::Upvalue => "upvalue",
            NameKind::Global => "global",
            NameKind::Field => "field",
            NameKind::Method => "method",
            NameKind::Constant => "constant",
            NameKind::ForIterator => "for iterator",
        }
    }

    /// The spelling in the text form: one word.
    pub fn spelling(self) -> &'static str {
        match self {
            NameKind::ForIterator => "iterator",
            _ => self.word(),
        }
    }
}

/// What the tables of a function have room for at first.
const FIRST_ROOM: usize = 16;

impl Function {
    /// A function without blocks.
    pub fn new(name: &[u8]) -> Function {
        Function {
            name: name.to_vec(),
            hash: 0,
            line_defined: 0,
            last_line_defined: 0,
            params: Vec::new(),
            is_vararg: false,
            upvalues: Vec::new(),
            strings: Strings::default(),
            layout: Vec::new(),
            blocks: Vec::new(),
            insts: Vec::with_capacity(FIRST_ROOM),
            values: Vec::with_capacity(FIRST_ROOM),
            pool: Vec::with_capacity(FIRST_ROOM),
            targets: Vec::new(),
            names: Vec::new(),
            debug: None,
        }
    }

    /// Forgets everything, to be another function in the same memory. The blocks go to `spare`.
    pub fn clear(&mut self, spare: &mut Vec<BlockData>) {
        for mut block in self.blocks.drain(..) {
            block.params.clear();
            block.insts.clear();
            spare.push(block);
        }
        self.params.clear();
        self.upvalues.clear();
        self.strings.clear();
        self.layout.clear();
        self.insts.clear();
        self.values.clear();
        self.pool.clear();
        self.targets.clear();
        self.names.clear();
        self.debug = None;
    }

    /// The entry block.
    pub fn entry(&self) -> Block {
        self.layout[0]
    }

    /// A block's parameters.
    pub fn params_of(&self, block: Block) -> &[Value] {
        &self.blocks[block.index()].params
    }

    /// A block's instructions.
    pub fn insts_of(&self, block: Block) -> &[Inst] {
        &self.blocks[block.index()].insts
    }

    /// A block's terminator. The block must have one.
    pub fn terminator(&self, block: Block) -> Inst {
        *self.insts_of(block).last().expect("a block ends in a terminator")
    }

    /// An instruction.
    #[inline]
    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.index()]
    }

    /// An instruction's operands.
    #[inline]
    pub fn args(&self, inst: Inst) -> &[Value] {
        &self.pool[self.inst(inst).args.indices()]
    }

    /// An instruction's operands, to replace them.
    pub fn args_mut(&mut self, inst: Inst) -> &mut [Value] {
        let range = self.inst(inst).args.indices();
        &mut self.pool[range]
    }

    /// An instruction's results.
    pub fn results(&self, inst: Inst) -> impl ExactSizeIterator<Item = Value> + use<> {
        let range = self.inst(inst).results;
        (range.start..range.start + range.len).map(Value)
    }

    /// The result of an instruction that has exactly one.
    pub fn result(&self, inst: Inst) -> Value {
        let range = self.inst(inst).results;
        debug_assert_eq!(range.len, 1);
        Value(range.start)
    }

    /// A value's static type.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    /// Where a value comes from.
    pub fn def(&self, value: Value) -> ValueDef {
        self.values[value.index()].def
    }

    /// The instruction that makes a value, unless it is a block parameter.
    pub fn def_inst(&self, value: Value) -> Option<Inst> {
        match self.def(value) {
            ValueDef::Result(inst, _) => Some(inst),
            ValueDef::Param(..) => None,
        }
    }

    /// The string that a value is, where it is a constant.
    pub fn const_str(&self, value: Value) -> Option<StrId> {
        match self.inst(self.def_inst(value)?).imm {
            Imm::Str(id) if self.inst(self.def_inst(value)?).op == Op::ConstStr => Some(id),
            _ => None,
        }
    }

    /// The integer that a value is, where it is a constant.
    pub fn const_int(&self, value: Value) -> Option<i64> {
        match self.inst(self.def_inst(value)?).imm {
            Imm::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The targets of a terminator, in order.
    pub fn successors(&self, inst: Inst) -> &[BlockCall] {
        match self.inst(inst).imm {
            Imm::Jump(at) => &self.targets[at as usize..at as usize + 1],
            Imm::Branch(at) => &self.targets[at as usize..at as usize + 2],
            _ => &[],
        }
    }

    /// What an edge passes.
    pub fn edge_args(&self, call: BlockCall) -> &[Value] {
        &self.pool[call.args.indices()]
    }

    /// What an instruction may do, given the types of its operands.
    pub fn effects(&self, inst: Inst) -> Effects {
        let data = self.inst(inst);
        if data.op.info().effects == Effects::PURE {
            return Effects::PURE;
        }
        // Of long lists of operands the worst is assumed.
        let mut types = [Type::Any; 8];
        let args = self.args(inst);
        if args.len() <= types.len() {
            for (ty, arg) in types.iter_mut().zip(args) {
                *ty = self.ty(*arg);
            }
            return op::effects(data.op, &types[..args.len()]);
        }
        data.op.info().effects
    }

    /// The type of the one result of an operation with computed results.
    pub(crate) fn computed_type(&self, op: Op, args: &[Value]) -> Type {
        let mut types = [Type::Any; 8];
        match types.get_mut(..args.len()) {
            Some(types) => {
                for (ty, arg) in types.iter_mut().zip(args) {
                    *ty = self.ty(*arg);
                }
                op::result_type(op, types)
            }
            None => {
                let types: Vec<Type> = args.iter().map(|arg| self.ty(*arg)).collect();
                op::result_type(op, &types)
            }
        }
    }

    /// The captures of a `closure` instruction, one for each upvalue in order: `None` is the
    /// closure itself.
    pub fn captures(&self, inst: Inst) -> impl Iterator<Item = Option<Value>> + '_ {
        let own = match self.inst(inst).imm {
            Imm::Closure(_, Some(SelfCapture(index))) => index as usize,
            _ => usize::MAX,
        };
        let args = self.args(inst);
        let count = args.len() + usize::from(own != usize::MAX);
        (0..count).map(move |index| match index.cmp(&own) {
            core::cmp::Ordering::Less => Some(args[index]),
            core::cmp::Ordering::Equal => None,
            core::cmp::Ordering::Greater => Some(args[index - 1]),
        })
    }

    /// What a message calls this operand, where it has a name.
    pub fn operand_name(&self, inst: Inst, operand: u32) -> Option<OperandName> {
        let at =
            self.names.binary_search_by_key(&(inst, operand), |name| (name.inst, name.operand));
        at.ok().map(|at| self.names[at])
    }

    /// The names of an instruction's operands.
    pub fn operand_names(&self, inst: Inst) -> &[OperandName] {
        let start = self.names.partition_point(|name| name.inst < inst);
        let len = self.names[start..].partition_point(|name| name.inst == inst);
        &self.names[start..start + len]
    }

    /// Names an operand.
    pub fn set_operand_name(&mut self, inst: Inst, operand: u32, kind: NameKind, name: StrId) {
        let entry = OperandName { inst, operand, kind, name };
        match self.names.binary_search_by_key(&(inst, operand), |name| (name.inst, name.operand)) {
            Ok(at) => self.names[at] = entry,
            Err(at) => self.names.insert(at, entry),
        }
    }

    /// Adds a block that is not in the layout yet.
    pub fn new_block(&mut self) -> Block {
        self.blocks.push(BlockData::default());
        Block(self.blocks.len() as u32 - 1)
    }

    /// Likewise in the memory of an earlier one, if there is one.
    pub fn new_block_like(&mut self, spare: &mut Vec<BlockData>) -> Block {
        self.blocks.push(spare.pop().unwrap_or_default());
        Block(self.blocks.len() as u32 - 1)
    }

    /// Adds a parameter to a block.
    pub fn add_param(&mut self, block: Block, ty: Type) -> Value {
        let value = Value(self.values.len() as u32);
        let params = &mut self.blocks[block.index()].params;
        self.values.push(ValueData { ty, def: ValueDef::Param(block, params.len() as u32) });
        params.push(value);
        value
    }

    /// Copies values into the pool.
    pub fn pool_list(&mut self, values: &[Value]) -> Range {
        let start = self.pool.len() as u32;
        self.pool.extend_from_slice(values);
        Range { start, len: values.len() as u32 }
    }

    /// Appends an instruction with results of these types to a block.
    pub fn push(
        &mut self,
        block: Block,
        op: Op,
        imm: Imm,
        args: &[Value],
        results: &[Type],
        line: u32,
    ) -> Inst {
        let args = self.pool_list(args);
        self.push_pooled(block, op, imm, args, results, line)
    }

    /// Likewise with operands that are in the pool.
    pub fn push_pooled(
        &mut self,
        block: Block,
        op: Op,
        imm: Imm,
        args: Range,
        results: &[Type],
        line: u32,
    ) -> Inst {
        let inst = Inst(self.insts.len() as u32);
        let start = self.values.len() as u32;
        for (index, ty) in results.iter().enumerate() {
            let def = ValueDef::Result(inst, index as u32);
            self.values.push(ValueData { ty: *ty, def });
        }
        let results = Range { start, len: results.len() as u32 };
        self.insts.push(InstData { op, imm, args, results, line, site: inst.0 });
        let insts = &mut self.blocks[block.index()].insts;
        if insts.capacity() == 0 {
            insts.reserve(FIRST_ROOM / 2);
        }
        insts.push(inst);
        inst
    }

    /// Adds an edge to the table of targets, for [`Imm::Jump`]; two in a row for [`Imm::Branch`].
    pub fn new_target(&mut self, block: Block, args: &[Value]) -> u32 {
        let args = self.pool_list(args);
        self.targets.push(BlockCall { block, args });
        self.targets.len() as u32 - 1
    }

    /// Ends a block with a jump.
    pub fn push_jump(&mut self, from: Block, to: Block, args: &[Value], line: u32) -> Inst {
        let at = self.new_target(to, args);
        self.push(from, Op::Jump, Imm::Jump(at), &[], &[], line)
    }

    /// Ends a block with a branch. The targets take no arguments unless given.
    pub fn push_branch(
        &mut self,
        from: Block,
        condition: Value,
        then: (Block, &[Value]),
        otherwise: (Block, &[Value]),
        line: u32,
    ) -> Inst {
        let at = self.new_target(then.0, then.1);
        self.new_target(otherwise.0, otherwise.1);
        self.push(from, Op::Branch, Imm::Branch(at), &[condition], &[], line)
    }
}
