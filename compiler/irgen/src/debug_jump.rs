//! Jumps to jumps in debuggable functions.
//!
//! The reference leads a jump that goes to another jump to where that goes, so the second one is no
//! step on the way; whoever comes there from above still makes it.

use alloc::vec::Vec;
use ir::{Block, Function, Imm, Inst, Op};

/// The jumps of a function while it is built.
#[derive(Default)]
pub(crate) struct Jumps {
    /// The steps that are jumps.
    pub(crate) steps: Vec<u32>,
    /// The blocks that a test jumps to, not falls into.
    pub(crate) targets: Vec<Block>,
}

/// The reference follows no more jumps than this.
const MOST: usize = 100;

/// Leads jumps on.
pub(crate) fn lead_on(func: &mut Function, jumps: &Jumps) {
    let mut sources = jumps.targets.clone();
    for block in 0..func.blocks.len() as u32 {
        let insts = func.insts_of(Block(block));
        if insts.len() >= 2 && is_jump_step(func, jumps, insts[insts.len() - 2]) {
            sources.push(Block(block));
        }
    }
    for source in sources {
        for _ in 0..MOST {
            let Some((at, target)) = plain_jump(func, source) else { break };
            // Either nothing but a way on, or a jump of its own.
            let beyond = match func.insts_of(target) {
                [jump] if func.inst(*jump).op == Op::Jump => plain_jump(func, target),
                [step, _] if is_jump_step(func, jumps, *step) => plain_jump(func, target),
                _ => None,
            };
            let Some((_, beyond)) = beyond.filter(|(_, beyond)| *beyond != target) else { break };
            func.targets[at as usize].block = beyond;
        }
    }
}

fn is_jump_step(func: &Function, jumps: &Jumps, inst: Inst) -> bool {
    let data = func.inst(inst);
    matches!((data.op, data.imm), (Op::Step, Imm::Index(step)) if jumps.steps.contains(&step))
}

/// The jump that ends a block and passes nothing: its place among the targets, and where it goes.
fn plain_jump(func: &Function, block: Block) -> Option<(u32, Block)> {
    let last = func.inst(*func.insts_of(block).last()?);
    match last.imm {
        Imm::Jump(at) if func.targets[at as usize].args.len == 0 => {
            Some((at, func.targets[at as usize].block))
        }
        _ => None,
    }
}
