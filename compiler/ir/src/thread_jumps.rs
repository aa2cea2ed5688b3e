//! Jump threading: an edge to a block that only jumps on goes where that leads; a block whose one
//! predecessor only leads there is joined to it.
//!
//! Needs a layout without unreachable blocks. An edge of a branch is led no further than to where
//! arguments are passed, so that none appear on branches. Keeps what is computed and in which order. Blocks
//! that nothing leads to any more are dropped from the layout; their jumps are forgotten, and the
//! lines of jumps say nothing.

use crate::dominators::Predecessors;
use crate::function::{Block, BlockCall, Function, Imm, ValueDef};
use crate::op::Op;
use crate::remove_unreachable_blocks;
use alloc::vec;
use alloc::vec::Vec;

/// Whether anything changed.
pub fn run(func: &mut Function) -> bool {
    if func.layout.len() == 1 {
        return false;
    }
    let threaded = thread(func);
    if threaded {
        remove_unreachable_blocks::run(func);
    }
    let joined = join(func);
    if joined {
        remove_unreachable_blocks::run(func);
    }
    threaded || joined
}

/// Where a block that takes nothing and only jumps leads in the end.
#[derive(Clone, Copy)]
struct Onward {
    /// The last such block on the way.
    through: Block,
    /// Its jump.
    call: BlockCall,
}

/// Leads edges past blocks that take nothing and only jump.
fn thread(func: &mut Function) -> bool {
    let onward = find_onward(func);
    let mut changed = false;
    for at in 0..func.layout.len() {
        let last = func.terminator(func.layout[at]);
        let (first, count) = match func.inst(last).imm {
            Imm::Jump(at) => (at, 1),
            Imm::Branch(at) => (at, 2),
            _ => (0, 0),
        };
        for at in first..first + count {
            let before = func.targets[at as usize].block;
            let Some(Onward { through, call }) = onward[before.index()] else { continue };
            if count == 1 || call.args.len == 0 {
                // Each edge has operands of its own.
                let args = func.edge_args(call).to_vec();
                let args = func.pool_list(&args);
                func.targets[at as usize] = BlockCall { block: call.block, args };
                changed = true;
            } else if through != before {
                func.targets[at as usize].block = through;
                changed = true;
            }
        }
    }
    changed
}

/// By block: where it leads, if it takes nothing and only jumps, and not around in a ring.
fn find_onward(func: &Function) -> Vec<Option<Onward>> {
    let mut onward: Vec<Option<Onward>> = vec![None; func.blocks.len()];
    for block in &func.layout {
        if let ([], [only]) = (func.params_of(*block), func.insts_of(*block))
            && func.inst(*only).op == Op::Jump
            && let [call] = func.successors(*only)
            && *block != func.entry()
        {
            onward[block.index()] = Some(Onward { through: *block, call: *call });
        }
    }
    // Follows each way once, and notes the end for every block on it.
    let mut is_done = vec![false; func.blocks.len()];
    let mut on_path = vec![false; func.blocks.len()];
    let mut path = Vec::new();
    for block in &func.layout {
        let mut at = *block;
        while !is_done[at.index()] && !on_path[at.index()] {
            let Some(next) = onward[at.index()] else { break };
            on_path[at.index()] = true;
            path.push(at);
            at = next.call.block;
        }
        let is_ring = on_path[at.index()];
        let end = onward[at.index()];
        let mut last = end;
        while let Some(block) = path.pop() {
            on_path[block.index()] = false;
            is_done[block.index()] = true;
            last = last.or(onward[block.index()]);
            onward[block.index()] = if is_ring { None } else { last };
        }
    }
    onward
}

/// Joins each block to its one predecessor where that leads nowhere else.
fn join(func: &mut Function) -> bool {
    let predecessors = Predecessors::new(func);
    let mut changed = false;
    // By block: the block that its instructions went to.
    let mut home: Vec<Block> = (0..func.blocks.len() as u32).map(Block).collect();
    let mut stands = Vec::new();
    for block in func.layout.clone() {
        let [from] = predecessors.of(block) else { continue };
        let from = find(&mut home, *from);
        let last = func.terminator(from);
        let [call] = *func.successors(last) else { continue };
        if block == func.entry() || from == block || call.block != block {
            continue;
        }
        if stands.is_empty() {
            stands = (0..func.values.len() as u32).map(crate::function::Value).collect();
        }
        for (param, arg) in func.params_of(block).iter().zip(func.edge_args(call)) {
            stands[param.index()] = *arg;
        }
        let insts = core::mem::take(&mut func.blocks[block.index()].insts);
        func.blocks[block.index()].params.clear();
        let target = &mut func.blocks[from.index()].insts;
        target.pop();
        target.extend(insts);
        home[block.index()] = from;
        changed = true;
    }
    if changed {
        func.layout.retain(|block| home[block.index()] == *block);
        rewrite(func, &mut stands);
    }
    changed
}

fn find(home: &mut [Block], mut block: Block) -> Block {
    while home[block.index()] != block {
        let next = home[block.index()];
        home[block.index()] = home[next.index()];
        block = next;
    }
    block
}

/// Puts what was passed in the place of parameters.
fn rewrite(func: &mut Function, stands: &mut [crate::function::Value]) {
    for at in 0..func.pool.len() {
        let mut value = func.pool[at];
        while stands[value.index()] != value {
            let next = stands[value.index()];
            stands[value.index()] = stands[next.index()];
            value = next;
        }
        func.pool[at] = value;
    }
    for block in &func.layout {
        for (index, param) in func.blocks[block.index()].params.iter().enumerate() {
            func.values[param.index()].def = ValueDef::Param(*block, index as u32);
        }
    }
}
