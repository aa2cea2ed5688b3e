//! The functions of a chunk, made one by one: what is loaded is often not called, and then its tree
//! is all that is needed.

use crate::builder::Memory;
use crate::function::{self, is_cell_upvalue, is_left_out};
use crate::{Options, labels_with_backward_gotos};
use alloc::vec::Vec;
use ir::{Function, Outline};
use syntax::ast::{BinaryOp, Block, Chunk, Expr, ExprKind, FunctionId, LocalId, StatKind, Upvalue};

/// The trees of a chunk's functions, and how they are to become IR.
#[derive(Debug)]
pub struct Functions {
    chunk: Chunk,
    options: Options,
    has_backward: Vec<bool>,
    /// How many trees were given up.
    forgotten: usize,
}

impl Functions {
    /// The functions of this chunk.
    pub fn new(chunk: Chunk, options: &Options) -> Functions {
        let (options, has_backward) =
            (options.in_chunk(&chunk), labels_with_backward_gotos(&chunk));
        Functions { chunk, options, has_backward, forgotten: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chunk.functions.len()
    }

    /// Never: there is a main function.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names and literals of the chunk.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        self.chunk.strings.iter()
    }

    /// The IR of a function, without name and hash.
    pub fn make(&self, index: u32) -> Function {
        let (labels, memory) = (&self.has_backward, &mut Memory::default());
        function::generate(&self.chunk, &self.options, labels, FunctionId(index), memory)
    }

    /// The IR of a function and of those inside it, as in a chunk with other options, one by one.
    pub fn each_inside(&self, index: u32, options: &Options, then: &mut dyn FnMut(&Function)) {
        let options = options.in_chunk(&self.chunk);
        let mut memory = Memory::default();
        for inner in index..self.end(index) {
            let (labels, id) = (&self.has_backward, FunctionId(inner));
            let func = function::generate(&self.chunk, &options, labels, id, &mut memory);
            then(&func);
            memory.func = Some(func);
        }
    }

    /// Where the functions inside a function end. They follow it.
    fn end(&self, index: u32) -> u32 {
        let behind = self.chunk.functions[index as usize + 1..].iter();
        let inside =
            behind.take_while(|function| function.parent.is_some_and(|parent| parent.0 >= index));
        index + 1 + inside.count() as u32
    }

    /// Gives up the tree of a function, which will not be made again.
    pub fn forget(&mut self, index: u32) {
        self.chunk.functions[index as usize].body = Block::default();
        self.forgotten += 1;
    }

    /// How many trees are still there.
    pub fn tree_count(&self) -> usize {
        self.len() - self.forgotten
    }

    /// Whether all are.
    pub fn is_whole(&self) -> bool {
        self.forgotten == 0
    }

    /// Whether the upvalue of the main function, its environment, is a cell.
    pub fn is_main_upvalue_cell(&self) -> bool {
        let main = &self.chunk.function(Chunk::MAIN).upvalues;
        main.first().is_some_and(|upvalue| is_cell_upvalue(&self.chunk, &self.options, upvalue))
    }

    /// What is known of a function without its IR.
    pub fn outline(&self, index: u32) -> Outline {
        let id = FunctionId(index);
        let tree = self.chunk.function(id);
        let is_kept = |upvalue: &&Upvalue| !is_left_out(&self.chunk, &self.options, id, upvalue);
        Outline {
            line_defined: tree.line_defined,
            last_line_defined: tree.last_line_defined,
            param_count: tree.parameters.len() as u32,
            is_vararg: tree.is_vararg,
            upvalue_count: tree.upvalues.iter().filter(is_kept).count() as u32,
            order: if self.options.debuggable { 0 } else { order(&self.chunk, id) },
        }
    }
}

/// The flag of a function that only compares its two parameters.
fn order(chunk: &Chunk, id: FunctionId) -> u8 {
    let tree = chunk.function(id);
    let (&[first, second], [stat]) = (&tree.parameters[..], &tree.body.statements[..]) else {
        return 0;
    };
    let is_plain = |local: LocalId| {
        let local = chunk.local(local);
        !local.captured && !local.assigned
    };
    let StatKind::Return(values) = &stat.kind else { return 0 };
    let [value] = &values.values[..] else { return 0 };
    let ExprKind::Binary(binary) = &value.without_parens().kind else { return 0 };
    let [link] = &binary.links[..] else { return 0 };
    if tree.is_vararg || !is_plain(first) || !is_plain(second) {
        return 0;
    }
    let local = |expr: &Expr| match expr.without_parens().kind {
        ExprKind::Local(id) => Some(id),
        _ => None,
    };
    let (lhs, rhs) = match link.op {
        BinaryOp::Lt => (local(&binary.first), local(&link.rhs)),
        BinaryOp::Gt => (local(&link.rhs), local(&binary.first)),
        _ => return 0,
    };
    match (lhs, rhs) {
        (Some(lhs), Some(rhs)) if (lhs, rhs) == (first, second) => ir::order::LESS,
        (Some(lhs), Some(rhs)) if (lhs, rhs) == (second, first) => ir::order::GREATER,
        _ => 0,
    }
}
