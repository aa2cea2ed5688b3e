//! Removal of unreachable blocks: what the entry does not reach leaves the layout.
//!
//! Needs nothing. The rest is laid out so that a block comes after those that dominate it, and
//! the first target of a branch right after it where that can be. Sites and ids stay.

use crate::dominators::reverse_postorder;
use crate::function::{BlockData, Function};
use alloc::vec;

/// Whether a block was removed.
pub fn run(func: &mut Function) -> bool {
    let entry = func.entry();
    if func.insts_of(entry).last().is_some_and(|last| func.successors(*last).is_empty()) {
        // Most functions of one block have a dead one behind their `return`.
        let before = func.layout.len();
        for at in 1..before {
            let block = func.layout[at];
            func.blocks[block.index()] = BlockData::default();
        }
        func.layout.truncate(1);
        return before > 1;
    }
    let order = reverse_postorder(func);
    let mut reached = vec![false; func.blocks.len()];
    for block in &order {
        reached[block.index()] = true;
    }
    let before = func.layout.len();
    for block in &func.layout {
        if !reached[block.index()] {
            func.blocks[block.index()] = BlockData::default();
        }
    }
    func.layout = order;
    func.layout.len() != before
}
