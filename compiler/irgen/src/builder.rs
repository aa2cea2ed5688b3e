//! The state while a function is built: where code goes, and what each local is there.
//!
//! Locals that are assigned and not captured have their current values in `env`, a stack in order
//! of declaration. An [`Edge`] is a block without its terminator together with `env` as it was at
//! its end. [`Builder::join`] makes a parameter for each local on whose value the edges disagree;
//! at the head of a loop, whose back edges are still to come, there is one for each local that the
//! loop assigns.
//!
//! What follows a `return`, `break` or `goto` is built like the rest into a block that nothing
//! leads to (`live` is false there), so that it leaves no trace elsewhere, and is removed at last.

use crate::Options;
use crate::debug::{Frame, Scope};
use alloc::vec;
use alloc::vec::Vec;
use ir::{
    Block, BlockData, Function, Imm, Inst, NameKind, Op, StrId, Type, UpvalueKind, Value, op,
};
use syntax::ast::{self, Chunk, LocalId, UpvalueId};

/// What a local is.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    /// Not declared yet.
    None,
    /// Never assigned after its declaration: a value.
    Fixed(Value),
    /// Assigned, not captured: its current value is in `env`, at this index.
    Mutable(usize),
    /// In a cell.
    Cell(Value),
    /// In a slot of a debuggable function's frame.
    Frame(u32),
}

/// A block that still lacks its jump, and what the locals are at its end.
pub(crate) struct Edge {
    pub(crate) block: Block,
    pub(crate) env: Vec<Value>,
}

/// A name for an operand.
pub(crate) type Name = Option<(NameKind, StrId)>;

/// The innermost loop, for `break`.
pub(crate) struct LoopScope {
    pub(crate) breaks: Vec<Edge>,
    pub(crate) tbc_count: usize,
    /// Line at which a `break` closes variables.
    pub(crate) end_line: u32,
    /// The scope around it.
    pub(crate) scope: Scope,
}

/// A label.
#[derive(Default)]
pub(crate) struct LabelState {
    /// From the `goto`s before it.
    pub(crate) edges: Vec<Edge>,
    /// Where the `goto`s after it go, and how many locals they pass on.
    pub(crate) header: Option<(Block, usize)>,
}

/// Memory of functions that are not needed any more.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) func: Option<Function>,
    spare: Vec<BlockData>,
}

pub(crate) struct Builder<'a> {
    spare: &'a mut Vec<BlockData>,
    pub(crate) chunk: &'a Chunk,
    pub(crate) options: &'a Options,
    /// By label of the chunk: whether a `goto` after it goes there.
    pub(crate) has_backward: &'a [bool],
    pub(crate) id: ast::FunctionId,
    pub(crate) func: Function,
    pub(crate) block: Block,
    /// Whether anything leads to `block`.
    pub(crate) live: bool,
    pub(crate) slots: Vec<Slot>,
    pub(crate) env: Vec<Value>,
    /// Which local each entry of `env` is.
    pub(crate) env_locals: Vec<LocalId>,
    /// The levels of the active variables to be closed.
    pub(crate) tbc: Vec<u32>,
    pub(crate) loops: Vec<LoopScope>,
    /// By label of the chunk, for those of this function.
    pub(crate) labels: alloc::collections::BTreeMap<u32, LabelState>,
    /// By upvalue of the tree: its index here, or none for an environment that is not needed.
    pub(crate) upvalue_map: Vec<Option<u32>>,
    /// Slots and steps, where the function is debuggable.
    pub(crate) debug: Option<Frame>,
    /// The next `break` stands first behind a `then`: the condition's jump is the break's.
    pub(crate) break_without_step: bool,
    /// The line of the statement that is being built.
    pub(crate) last_line: u32,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        chunk: &'a Chunk,
        options: &'a Options,
        has_backward: &'a [bool],
        id: ast::FunctionId,
        memory: &'a mut Memory,
    ) -> Builder<'a> {
        let tree = chunk.function(id);
        let mut func = memory.func.take().unwrap_or_else(|| Function::new(b""));
        func.clear(&mut memory.spare);
        let block = func.new_block_like(&mut memory.spare);
        func.layout.push(block);
        Builder {
            spare: &mut memory.spare,
            chunk,
            options,
            has_backward,
            id,
            func,
            block,
            live: true,
            slots: vec![Slot::None; tree.local_count as usize],
            env: Vec::new(),
            env_locals: Vec::new(),
            tbc: Vec::new(),
            loops: Vec::new(),
            labels: Default::default(),
            upvalue_map: Vec::new(),
            debug: options.debuggable.then(Frame::new),
            break_without_step: false,
            last_line: tree.line_defined,
        }
    }

    /// The string of the tree as a string of the function.
    pub(crate) fn str(&mut self, id: ast::StrId) -> StrId {
        self.func.strings.intern(self.chunk.string(id))
    }

    // Instructions.

    pub(crate) fn push(
        &mut self,
        op: Op,
        imm: Imm,
        args: &[Value],
        types: &[Type],
        line: u32,
    ) -> Inst {
        if let Some(frame) = &mut self.debug {
            frame.note(op);
        }
        self.func.push(self.block, op, imm, args, types, line)
    }

    /// An instruction with one result of this type.
    pub(crate) fn push_one(
        &mut self,
        op: Op,
        imm: Imm,
        args: &[Value],
        ty: Type,
        line: u32,
    ) -> Value {
        let inst = self.push(op, imm, args, &[ty], line);
        self.func.result(inst)
    }

    /// An instruction whose result's type follows from its operands.
    pub(crate) fn push_computed(&mut self, op: Op, args: &[Value], line: u32) -> Value {
        let types: Vec<Type> = args.iter().map(|arg| self.func.ty(*arg)).collect();
        self.push_one(op, Imm::None, args, op::result_type(op, &types), line)
    }

    /// Names the operand of the last instruction, where there is a name.
    pub(crate) fn name_operand(&mut self, operand: u32, name: Name) {
        if let Some((kind, name)) = name {
            let inst = Inst(self.func.insts.len() as u32 - 1);
            self.func.set_operand_name(inst, operand, kind, name);
        }
    }

    pub(crate) fn nil(&mut self) -> Value {
        self.push_one(Op::ConstNil, Imm::None, &[], Type::Nil, 0)
    }

    pub(crate) fn bool(&mut self, value: bool) -> Value {
        self.push_one(Op::ConstBool, Imm::Bool(value), &[], Type::Bool, 0)
    }

    pub(crate) fn int(&mut self, value: i64) -> Value {
        self.push_one(Op::ConstInt, Imm::Int(value), &[], Type::Int, 0)
    }

    pub(crate) fn float(&mut self, value: f64) -> Value {
        self.push_one(Op::ConstFloat, Imm::Float(value.to_bits()), &[], Type::Float, 0)
    }

    pub(crate) fn string(&mut self, id: ast::StrId) -> Value {
        let id = self.str(id);
        self.push_one(Op::ConstStr, Imm::Str(id), &[], Type::Str, 0)
    }

    // Blocks.

    pub(crate) fn new_block(&mut self) -> Block {
        let block = self.func.new_block_like(self.spare);
        self.func.layout.push(block);
        block
    }

    /// Goes on in a block that nothing leads to.
    pub(crate) fn enter_dead(&mut self) {
        self.block = self.new_block();
        self.live = false;
    }

    /// Ends the block with a branch and gives the two blocks it leads to.
    pub(crate) fn branch(&mut self, condition: Value) -> (Block, Block) {
        let yes = self.new_block();
        let no = self.new_block();
        self.func.push_branch(self.block, condition, (yes, &[]), (no, &[]), 0);
        (yes, no)
    }

    /// Goes on where these blocks, which lack their jumps, lead. Inside an expression no local's
    /// value changes, so there is nothing to pass. `live` is what it was before they parted.
    pub(crate) fn enter(&mut self, blocks: &[Block], live: bool) {
        match blocks {
            [] => self.enter_dead(),
            [block] => {
                self.block = *block;
                self.live = live;
            }
            _ => {
                let target = self.new_block();
                for block in blocks {
                    self.func.push_jump(*block, target, &[], 0);
                }
                self.block = target;
                self.live = live;
            }
        }
    }

    /// The same, where each block brings a value.
    pub(crate) fn enter_with(&mut self, exits: &[(Block, Value)], live: bool) -> Value {
        match exits {
            [] => {
                self.enter_dead();
                self.nil()
            }
            [(block, value)] => {
                self.block = *block;
                self.live = live;
                *value
            }
            [(_, first), rest @ ..] => {
                let ty = |value: Value| self.func.ty(value);
                let ty = rest.iter().fold(ty(*first), |sum, (_, value)| sum.join(ty(*value)));
                let target = self.new_block();
                let param = self.func.add_param(target, ty);
                for (block, value) in exits {
                    self.func.push_jump(*block, target, &[*value], 0);
                }
                self.block = target;
                self.live = live;
                param
            }
        }
    }

    /// The edge that leaves from here, if anything comes here. What follows is dead.
    pub(crate) fn leave(&mut self) -> Option<Edge> {
        let edge = self.edge_from(self.block);
        self.enter_dead();
        edge
    }

    /// An edge from another block with the locals as they are here.
    pub(crate) fn edge_from(&self, block: Block) -> Option<Edge> {
        self.live.then(|| Edge { block, env: self.env.clone() })
    }

    /// Goes on where these edges lead, with the first `len` locals.
    pub(crate) fn join(&mut self, edges: Vec<Edge>, len: usize) {
        self.env.truncate(len);
        self.env_locals.truncate(len);
        match edges.as_slice() {
            [] => self.enter_dead(),
            [edge] => {
                self.block = edge.block;
                self.env.copy_from_slice(&edge.env[..len]);
                self.live = true;
            }
            [first, rest @ ..] => {
                let target = self.new_block();
                let mut differing = Vec::new();
                for index in 0..len {
                    let value = first.env[index];
                    self.env[index] = value;
                    if rest.iter().any(|edge| edge.env[index] != value) {
                        let ty = rest.iter().fold(self.func.ty(value), |sum, edge| {
                            sum.join(self.func.ty(edge.env[index]))
                        });
                        self.env[index] = self.func.add_param(target, ty);
                        differing.push(index);
                    }
                }
                let mut args = Vec::with_capacity(differing.len());
                for edge in &edges {
                    args.clear();
                    args.extend(differing.iter().map(|index| edge.env[*index]));
                    self.func.push_jump(edge.block, target, &args, 0);
                }
                self.block = target;
                self.live = true;
            }
        }
    }

    /// Begins a loop: a block with these parameters first, which the values beside them are passed
    /// to, and then a parameter for each entry of `env` that `assigned` names (a mask).
    pub(crate) fn begin_loop(&mut self, first: &[(Type, Value)], assigned: &[bool]) -> Header {
        let block = self.new_block();
        let mut args: Vec<Value> = first.iter().map(|(_, value)| *value).collect();
        for (ty, _) in first {
            self.func.add_param(block, *ty);
        }
        let mut passed = Vec::new();
        for (index, is_assigned) in assigned.iter().enumerate() {
            if *is_assigned {
                args.push(self.env[index]);
                passed.push(index);
            }
        }
        if self.live {
            self.func.push_jump(self.block, block, &args, 0);
        }
        for index in &passed {
            self.env[*index] = self.func.add_param(block, Type::Any);
        }
        self.block = block;
        Header { block, passed }
    }

    /// Jumps back to the head of a loop from here. What follows is dead.
    pub(crate) fn jump_back(&mut self, header: &Header, first: &[Value]) {
        if self.live {
            let mut args = first.to_vec();
            args.extend(header.passed.iter().map(|index| self.env[*index]));
            self.func.push_jump(self.block, header.block, &args, 0);
        }
        self.enter_dead();
    }

    // Locals.

    /// Whether a local lives in a cell.
    pub(crate) fn is_cell(&self, id: LocalId) -> bool {
        crate::function::is_cell(self.chunk, self.options, id)
    }

    /// Declares a local with its first value.
    pub(crate) fn declare(&mut self, id: LocalId, value: Value) {
        if self.debug.is_some() {
            let mark = self.mark();
            let held = self.hold(value);
            self.release(mark);
            return self.declare_held(id, held);
        }
        let local = self.chunk.local(id);
        let slot = if self.is_cell(id) {
            Slot::Cell(self.push_one(Op::CellNew, Imm::None, &[value], Type::Cell, 0))
        } else if local.assigned {
            self.env.push(value);
            self.env_locals.push(id);
            Slot::Mutable(self.env.len() - 1)
        } else {
            Slot::Fixed(value)
        };
        self.slots[local.index as usize] = slot;
    }

    pub(crate) fn slot(&self, id: LocalId) -> Slot {
        self.slots[self.chunk.local(id).index as usize]
    }

    /// The value of a local now.
    pub(crate) fn read_local(&mut self, id: LocalId) -> Value {
        match self.slot(id) {
            Slot::Fixed(value) => value,
            Slot::Mutable(index) => self.env[index],
            Slot::Cell(cell) => self.cell_get(cell),
            Slot::Frame(slot) => self.slot_get(slot),
            // The resolver gives no name before its declaration.
            Slot::None => self.nil(),
        }
    }

    pub(crate) fn write_local(&mut self, id: LocalId, value: Value) {
        match self.slot(id) {
            Slot::Mutable(index) => self.env[index] = value,
            Slot::Cell(cell) => {
                self.push(Op::CellSet, Imm::None, &[cell, value], &[], 0);
            }
            Slot::Frame(slot) => self.slot_set(slot, value),
            // A local that is assigned is one of these.
            Slot::Fixed(_) | Slot::None => {}
        }
    }

    pub(crate) fn cell_get(&mut self, cell: Value) -> Value {
        self.push_one(Op::CellGet, Imm::None, &[cell], Type::Any, 0)
    }

    /// The cell of an upvalue, where it is one; else none.
    pub(crate) fn upvalue_cell(&mut self, id: UpvalueId) -> Option<Value> {
        let index = self.upvalue_map[id.0 as usize]?;
        let is_cell = self.func.upvalues[index as usize].kind == UpvalueKind::Cell;
        is_cell.then(|| self.push_one(Op::UpvalueCell, Imm::Index(index), &[], Type::Cell, 0))
    }

    /// The value of an upvalue now.
    pub(crate) fn read_upvalue(&mut self, id: UpvalueId) -> Value {
        if let Some(cell) = self.upvalue_cell(id) {
            return self.cell_get(cell);
        }
        match self.upvalue_map[id.0 as usize] {
            Some(index) => self.push_one(Op::UpvalueGet, Imm::Index(index), &[], Type::Any, 0),
            // An environment that was left out is not mentioned.
            None => self.nil(),
        }
    }

    // Scopes.

    /// Closes the newest variables to be closed down to `count`, from here, without ending their
    /// scope.
    pub(crate) fn close_down_to(&mut self, count: usize, line: u32) {
        let closing = self.tbc.len() - count;
        if closing > 0 {
            self.push(Op::TbcClose, Imm::Index(closing as u32), &[], &[], line);
        }
    }

    /// Enters a value in the list of those to be closed.
    pub(crate) fn push_tbc(&mut self, value: Value, level: u32, name: Name, line: u32) {
        self.push(Op::TbcPush, Imm::None, &[value], &[], line);
        self.name_operand(0, name);
        self.tbc.push(level);
    }

    /// Which entries of `env` the statements of a loop assign.
    pub(crate) fn assigned_mask(&self, body: &ast::Block) -> Vec<bool> {
        if self.env.is_empty() {
            return Vec::new();
        }
        let assigned = crate::assigned::assigned_locals(body);
        self.env_locals.iter().map(|id| assigned.binary_search(id).is_ok()).collect()
    }
}

/// The head of a loop.
pub(crate) struct Header {
    pub(crate) block: Block,
    /// Which entries of `env` its last parameters are.
    pub(crate) passed: Vec<usize>,
}
