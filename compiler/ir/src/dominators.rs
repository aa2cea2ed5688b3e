//! Reverse postorder, predecessors and the dominator tree.
//!
//! Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm": intersect along reverse
//! postorder until nothing changes, which for code without wild gotos is at once.

use crate::function::{Block, Function};
use alloc::vec;
use alloc::vec::Vec;

/// The blocks that the entry reaches, each after those that dominate it.
pub fn reverse_postorder(func: &Function) -> Vec<Block> {
    let mut seen = vec![false; func.blocks.len()];
    let mut postorder = Vec::with_capacity(func.layout.len());
    // A block with the number of its successors that were looked at.
    let mut stack = Vec::with_capacity(func.layout.len());
    if let Some(entry) = func.layout.first() {
        seen[entry.index()] = true;
        stack.push((*entry, 0));
    }
    while let Some((block, next)) = stack.pop() {
        let successors = match func.insts_of(block).last() {
            Some(inst) => func.successors(*inst),
            None => &[],
        };
        // The last successor first, so that the first comes right after the block.
        match successors.len().checked_sub(next + 1).map(|index| successors[index].block) {
            Some(successor) => {
                stack.push((block, next + 1));
                if !seen[successor.index()] {
                    seen[successor.index()] = true;
                    stack.push((successor, 0));
                }
            }
            None => postorder.push(block),
        }
    }
    postorder.reverse();
    postorder
}

/// The edges into each block, as the blocks they come from; an edge of a branch whose two targets
/// are one counts twice. Only edges from blocks in the layout count.
pub struct Predecessors {
    starts: Vec<u32>,
    list: Vec<Block>,
}

impl Predecessors {
    /// Of the function as it is now.
    pub fn new(func: &Function) -> Predecessors {
        let mut starts = vec![0u32; func.blocks.len() + 1];
        let each_edge = |visit: &mut dyn FnMut(Block, Block)| {
            for block in &func.layout {
                if let Some(inst) = func.insts_of(*block).last() {
                    func.successors(*inst).iter().for_each(|call| visit(*block, call.block));
                }
            }
        };
        each_edge(&mut |_, to| starts[to.index()] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut list = vec![Block(0); sum as usize];
        each_edge(&mut |from, to| {
            starts[to.index()] -= 1;
            list[starts[to.index()] as usize] = from;
        });
        Predecessors { starts, list }
    }

    /// Where the edges into `block` come from.
    pub fn of(&self, block: Block) -> &[Block] {
        &self.list[self.starts[block.index()] as usize..self.starts[block.index() + 1] as usize]
    }
}

/// The dominator tree of the blocks that the entry reaches.
pub struct Dominators {
    /// The reachable blocks, each after those that dominate it.
    pub order: Vec<Block>,
    /// By block: its place in `order`, or `u32::MAX` where it is not reached.
    number: Vec<u32>,
    /// By place in `order`: the place of the immediate dominator. The entry has itself.
    parent: Vec<u32>,
    /// By place in `order`: when a walk of the tree enters and leaves.
    interval: Vec<(u32, u32)>,
}

impl Dominators {
    /// Of the function as it is now.
    pub fn new(func: &Function) -> Dominators {
        let order = reverse_postorder(func);
        let mut number = vec![u32::MAX; func.blocks.len()];
        for (index, block) in order.iter().enumerate() {
            number[block.index()] = index as u32;
        }
        let predecessors = Predecessors::new(func);
        let mut parent = vec![u32::MAX; order.len()];
        if let Some(entry) = parent.first_mut() {
            *entry = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for (index, block) in order.iter().enumerate().skip(1) {
                let mut best = u32::MAX;
                for from in predecessors.of(*block) {
                    let from = number[from.index()];
                    if from != u32::MAX && parent[from as usize] != u32::MAX {
                        best = if best == u32::MAX { from } else { meet(&parent, best, from) };
                    }
                }
                if parent[index] != best {
                    parent[index] = best;
                    changed = true;
                }
            }
        }
        let interval = intervals(&parent);
        Dominators { order, number, parent, interval }
    }

    /// Whether the entry reaches the block.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.number[block.index()] != u32::MAX
    }

    /// The place of a reachable block in `order`.
    pub fn number(&self, block: Block) -> usize {
        self.number[block.index()] as usize
    }

    /// The immediate dominator; none for the entry and for what is not reached.
    pub fn parent(&self, block: Block) -> Option<Block> {
        match self.number[block.index()] {
            0 | u32::MAX => None,
            number => Some(self.order[self.parent[number as usize] as usize]),
        }
    }

    /// Whether every path to `block` goes through `over`; a block dominates itself. Both must be
    /// reachable.
    pub fn dominates(&self, over: Block, block: Block) -> bool {
        let (enter, leave) = self.interval[self.number(over)];
        let (at, _) = self.interval[self.number(block)];
        enter <= at && at < leave
    }
}

/// The nearest common dominator of two places in reverse postorder.
fn meet(parent: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = parent[a as usize];
        }
        while b > a {
            b = parent[b as usize];
        }
    }
    a
}

/// When a walk of the tree enters and leaves each node. A parent stands before its children.
fn intervals(parent: &[u32]) -> Vec<(u32, u32)> {
    let mut size = vec![1u32; parent.len()];
    for index in (1..parent.len()).rev() {
        size[parent[index] as usize] += size[index];
    }
    let mut next: Vec<u32> = vec![0; parent.len()];
    let mut interval = vec![(0, 0); parent.len()];
    for index in 0..parent.len() {
        let enter = if index == 0 { 0 } else { next[parent[index] as usize] };
        if index > 0 {
            next[parent[index] as usize] += size[index];
        }
        interval[index] = (enter, enter + size[index]);
        next[index] = enter + 1;
    }
    interval
}
