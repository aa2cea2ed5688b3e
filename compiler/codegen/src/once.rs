//! What runs once: the code of chunks outside their loops. It is kept small, as nothing is gained
//! by what speeds up the second time.

use ir::dominators::Dominators;
use ir::loops::Loops;
use ir::{Block, FuncId};
use std::collections::HashMap;

use crate::Options;

/// Which blocks run once.
pub(crate) struct Once {
    /// By chunk and block.
    blocks: HashMap<FuncId, Vec<bool>>,
}

impl Once {
    /// The chunks of a module are its main function and those of the modules bundled with it.
    pub(crate) fn new(module: &ir::Module, options: &Options) -> Once {
        let bundled = options.preloads.iter().map(|preload| preload.function);
        let chunks = std::iter::once(ir::Module::MAIN).chain(bundled);
        Once { blocks: chunks.map(|id| (id, blocks_of(&module[id]))).collect() }
    }

    pub(crate) fn contains(&self, id: FuncId, block: Block) -> bool {
        self.blocks.get(&id).is_some_and(|blocks| blocks[block.index()])
    }
}

fn blocks_of(func: &ir::Function) -> Vec<bool> {
    let dominators = Dominators::new(func);
    let loops = Loops::new(func, &dominators);
    let is_outside = |block| loops.innermost(block).is_none();
    (0..func.blocks.len()).map(|block| is_outside(Block(block as u32))).collect()
}
