//! Which values are live where: needed later on some path.
//!
//! For each use of a value outside its block a walk goes up the predecessors until the block that
//! defines it or one that is marked already (Boissinot et al., "Computing liveness sets for
//! SSA-form programs", by use). The work is linear in the size of the answer. Inside a block a
//! [`Walker`] goes from the last instruction to the first and keeps the live values in a list.

use crate::dominators::Predecessors;
use crate::function::{Block, Function, Inst, Value, ValueDef};
use alloc::vec;
use alloc::vec::Vec;

/// The live values at the ends of each block.
pub struct Liveness {
    live_in: Sets,
    live_out: Sets,
}

impl Liveness {
    /// Of the function as it is now.
    pub fn new(func: &Function) -> Liveness {
        if func.layout.len() == 1 {
            return Liveness { live_in: Sets::default(), live_out: Sets::default() };
        }
        let (mut live_in, mut live_out) = (Marks::new(func), Marks::new(func));
        let predecessors = Predecessors::new(func);
        let block_of = blocks_of_insts(func);
        let mut uses = uses_outside(func, &block_of);
        // By value, so that a set has a value already if and only if it was the last to come.
        uses.sort_unstable();
        uses.dedup();
        let mut work = Vec::new();
        for (value, block) in uses {
            let home = def_block(func, &block_of, value);
            work.push(block);
            while let Some(block) = work.pop() {
                if block == home || !live_in.mark(block, value) {
                    continue;
                }
                for from in predecessors.of(block) {
                    live_out.mark(*from, value);
                    work.push(*from);
                }
            }
        }
        Liveness { live_in: live_in.sets(), live_out: live_out.sets() }
    }

    /// The values that are live on entry, without the block's own parameters; in order.
    pub fn live_in(&self, block: Block) -> &[Value] {
        self.live_in.of(block)
    }

    /// The values that are live on the edges that leave, without what the edges pass unless it is
    /// needed elsewhere too; in order.
    pub fn live_out(&self, block: Block) -> &[Value] {
        self.live_out.of(block)
    }
}

/// A set of values for each block: where each set begins, and the end of the last one. All are empty
/// where there are no beginnings.
#[derive(Default)]
struct Sets {
    starts: Vec<u32>,
    list: Vec<Value>,
}

impl Sets {
    fn of(&self, block: Block) -> &[Value] {
        match self.starts.get(block.index()..block.index() + 2) {
            Some(ends) => &self.list[ends[0] as usize..ends[1] as usize],
            None => &[],
        }
    }
}

/// The same while values come, in order.
struct Marks {
    last: Vec<Value>,
    all: Vec<(Block, Value)>,
}

impl Marks {
    fn new(func: &Function) -> Marks {
        Marks { last: vec![Value(u32::MAX); func.blocks.len()], all: Vec::new() }
    }

    /// Adds a value; false where it came last.
    fn mark(&mut self, block: Block, value: Value) -> bool {
        let last = core::mem::replace(&mut self.last[block.index()], value);
        if last != value {
            self.all.push((block, value));
        }
        last != value
    }

    fn sets(self) -> Sets {
        // Counted by block, then put in their places from the last one on.
        let mut starts = vec![0; self.last.len() + 1];
        for (block, _) in &self.all {
            starts[block.index()] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut list = vec![Value(0); self.all.len()];
        for (block, value) in self.all.iter().rev() {
            starts[block.index()] -= 1;
            list[starts[block.index()] as usize] = *value;
        }
        Sets { starts, list }
    }
}

/// By instruction: the block it is in.
pub fn blocks_of_insts(func: &Function) -> Vec<Block> {
    let mut block_of = vec![Block(u32::MAX); func.insts.len()];
    for block in &func.layout {
        for inst in func.insts_of(*block) {
            block_of[inst.index()] = *block;
        }
    }
    block_of
}

/// The block that defines a value.
pub fn def_block(func: &Function, block_of: &[Block], value: Value) -> Block {
    match func.def(value) {
        ValueDef::Result(inst, _) => block_of[inst.index()],
        ValueDef::Param(block, _) => block,
    }
}

/// Every use of a value outside the block that defines it. Arguments of edges are read by the
/// terminator, inside the block that the edge leaves.
fn uses_outside(func: &Function, block_of: &[Block]) -> Vec<(Value, Block)> {
    let mut uses = Vec::new();
    for block in &func.layout {
        let mut note = |value: &Value| {
            if def_block(func, block_of, *value) != *block {
                uses.push((*value, *block));
            }
        };
        for inst in func.insts_of(*block) {
            func.args(*inst).iter().for_each(&mut note);
            for call in func.successors(*inst) {
                func.edge_args(*call).iter().for_each(&mut note);
            }
        }
    }
    uses
}

/// Walks a block backwards with the list of live values. One walker serves all blocks.
pub struct Walker<'a> {
    func: &'a Function,
    liveness: &'a Liveness,
    live: Vec<Value>,
    /// By value: its place in `live` plus one, or 0.
    place: Vec<u32>,
}

impl<'a> Walker<'a> {
    /// A walker over a function.
    pub fn new(func: &'a Function, liveness: &'a Liveness) -> Walker<'a> {
        Walker { func, liveness, live: Vec::new(), place: vec![0; func.values.len()] }
    }

    /// Visits each instruction of a block, the last one first, with the values that are live
    /// *across* it: needed after it, and not its own results. Their order says nothing. What an
    /// instruction reads for the last time is not among them. Open lists are.
    pub fn walk(&mut self, block: Block, mut visit: impl FnMut(Inst, &[Value])) {
        while let Some(value) = self.live.pop() {
            self.place[value.index()] = 0;
        }
        for value in self.liveness.live_out(block) {
            self.add(*value);
        }
        let func = self.func;
        for inst in func.insts_of(block).iter().rev() {
            for result in func.results(*inst) {
                self.remove(result);
            }
            visit(*inst, &self.live);
            for arg in func.args(*inst) {
                self.add(*arg);
            }
            for call in func.successors(*inst) {
                for arg in func.edge_args(*call) {
                    self.add(*arg);
                }
            }
        }
    }

    fn add(&mut self, value: Value) {
        if self.place[value.index()] == 0 {
            self.live.push(value);
            self.place[value.index()] = self.live.len() as u32;
        }
    }

    fn remove(&mut self, value: Value) {
        let place = self.place[value.index()] as usize;
        if place != 0 {
            self.place[value.index()] = 0;
            self.live.swap_remove(place - 1);
            if let Some(moved) = self.live.get(place - 1) {
                self.place[moved.index()] = place as u32;
            }
        }
    }
}
