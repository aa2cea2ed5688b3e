//! Natural loops: a header, and every block that reaches it again without leaving through it.
//!
//! A cycle with several entries, which only `goto` makes, is no loop here; its blocks belong to
//! the loop around it.

use crate::dominators::{Dominators, Predecessors};
use crate::function::{Block, Function};
use alloc::vec;
use alloc::vec::Vec;

/// A loop of a function; an index of [`Loops::loops`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LoopId(pub u32);

/// A natural loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The one block through which it is entered.
    pub header: Block,
    /// The loop around it.
    pub parent: Option<LoopId>,
    /// How many loops it is in, itself included.
    pub depth: u32,
}

/// The loops of a function. Outer loops come before those inside them.
pub struct Loops {
    /// Every loop.
    pub loops: Vec<Loop>,
    innermost: Vec<Option<LoopId>>,
}

impl Loops {
    /// Of the function as it is now.
    pub fn new(func: &Function, dominators: &Dominators) -> Loops {
        let predecessors = Predecessors::new(func);
        let mut loops: Vec<Loop> = Vec::new();
        // Headers from the innermost out: a loop found later takes over the outermost loop that a
        // block is in so far, instead of the block itself.
        let mut innermost: Vec<Option<LoopId>> = vec![None; func.blocks.len()];
        let mut outermost: Vec<LoopId> = Vec::new();
        let mut work: Vec<Block> = Vec::new();
        for header in dominators.order.iter().rev() {
            let is_back = |from: &&Block| {
                dominators.is_reachable(**from) && dominators.dominates(*header, **from)
            };
            work.extend(predecessors.of(*header).iter().filter(is_back));
            if work.is_empty() {
                continue;
            }
            let id = LoopId(loops.len() as u32);
            loops.push(Loop { header: *header, parent: None, depth: 0 });
            outermost.push(id);
            while let Some(block) = work.pop() {
                let entered = match innermost[block.index()] {
                    None => {
                        innermost[block.index()] = Some(id);
                        block
                    }
                    Some(inner) => {
                        let top = find(&mut outermost, inner);
                        if top == id {
                            continue;
                        }
                        loops[top.0 as usize].parent = Some(id);
                        outermost[top.0 as usize] = id;
                        loops[top.0 as usize].header
                    }
                };
                if entered != *header {
                    let reachable = |from: &&Block| dominators.is_reachable(**from);
                    work.extend(predecessors.of(entered).iter().filter(reachable));
                }
            }
            // A header whose only block is itself was entered above; others are entered here.
            if innermost[header.index()].is_none() {
                innermost[header.index()] = Some(id);
            }
        }
        outer_first(loops, innermost)
    }

    /// The innermost loop that a block is in.
    pub fn innermost(&self, block: Block) -> Option<LoopId> {
        self.innermost[block.index()]
    }

    /// How many loops a block is in.
    pub fn depth(&self, block: Block) -> u32 {
        self.innermost(block).map_or(0, |id| self.loops[id.0 as usize].depth)
    }

    /// Whether a block is in a loop, at whatever depth.
    pub fn contains(&self, id: LoopId, block: Block) -> bool {
        let mut at = self.innermost(block);
        while let Some(inner) = at {
            if inner == id {
                return true;
            }
            at = self.loops[inner.0 as usize].parent;
        }
        false
    }
}

/// The outermost loop known so far around a loop, with the path halved on the way.
fn find(outermost: &mut [LoopId], mut id: LoopId) -> LoopId {
    while outermost[id.0 as usize] != id {
        let next = outermost[id.0 as usize];
        outermost[id.0 as usize] = outermost[next.0 as usize];
        id = next;
    }
    id
}

/// Turns the order around, so that outer loops come first, and counts depths.
fn outer_first(mut loops: Vec<Loop>, mut innermost: Vec<Option<LoopId>>) -> Loops {
    let count = loops.len() as u32;
    let turned = |id: LoopId| LoopId(count - 1 - id.0);
    loops.reverse();
    for index in 0..loops.len() {
        loops[index].parent = loops[index].parent.map(turned);
        let around = loops[index].parent.map_or(0, |parent| loops[parent.0 as usize].depth);
        loops[index].depth = around + 1;
    }
    for id in innermost.iter_mut().flatten() {
        *id = turned(*id);
    }
    Loops { loops, innermost }
}
