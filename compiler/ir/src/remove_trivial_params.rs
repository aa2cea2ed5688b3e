//! Removal of trivial block parameters: one that every edge passes the same value, or the
//! parameter itself, is that value.
//!
//! Needs a layout without unreachable blocks. Keeps every block and edge. Goes over the
//! parameters from the last block to the first until nothing changes, as an inner loop's
//! parameter is trivial before the outer loop's is; two rounds are the rule. A group of
//! parameters that only pass each other around (of a cycle with several entries) stays.
//!
//! A parameter of type `any` whose one value has a narrower type takes that type with it, so
//! results are computed anew for what can be narrower now.

use crate::dominators::reverse_postorder;
use crate::function::{Block, Function, Imm, Value, ValueDef};
use crate::op::{self, Results};
use crate::types::Type;
use alloc::vec;
use alloc::vec::Vec;

/// Whether a parameter was removed.
pub fn run(func: &mut Function) -> bool {
    if func.layout.len() == 1 {
        return false;
    }
    let entry = func.entry();
    // What stands for each value: itself unless it is a trivial parameter.
    let mut stands: Vec<Value> = (0..func.values.len() as u32).map(Value).collect();
    let mut removed_some = false;
    let edges = Edges::new(func);
    loop {
        let mut changed = false;
        for block in func.layout.iter().rev() {
            if *block == entry {
                continue;
            }
            for (index, param) in func.params_of(*block).iter().enumerate() {
                if stands[param.index()] != *param {
                    continue;
                }
                if let Some(value) = only_value(func, &edges, &mut stands, *block, index, *param) {
                    stands[param.index()] = value;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
        removed_some = true;
    }
    if removed_some {
        rewrite(func, &mut stands);
        narrow_results(func);
    }
    removed_some
}

/// The places in [`Function::targets`] of the edges into each block.
struct Edges {
    starts: Vec<u32>,
    list: Vec<u32>,
}

impl Edges {
    fn new(func: &Function) -> Edges {
        let mut starts = vec![0u32; func.blocks.len() + 1];
        let each_edge = |visit: &mut dyn FnMut(Block, u32)| {
            for block in &func.layout {
                let (first, count) = match func.inst(func.terminator(*block)).imm {
                    Imm::Jump(at) => (at, 1),
                    Imm::Branch(at) => (at, 2),
                    _ => (0, 0),
                };
                for at in first..first + count {
                    visit(func.targets[at as usize].block, at);
                }
            }
        };
        each_edge(&mut |to, _| starts[to.index()] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut list = vec![0; sum as usize];
        each_edge(&mut |to, at| {
            starts[to.index()] -= 1;
            list[starts[to.index()] as usize] = at;
        });
        Edges { starts, list }
    }

    fn of(&self, block: Block) -> &[u32] {
        &self.list[self.starts[block.index()] as usize..self.starts[block.index() + 1] as usize]
    }
}

/// What stands for a value in the end, with the path halved on the way.
fn find(stands: &mut [Value], mut value: Value) -> Value {
    while stands[value.index()] != value {
        let next = stands[value.index()];
        stands[value.index()] = stands[next.index()];
        value = next;
    }
    value
}

/// The one value besides `param` itself that every edge passes, if there is just one.
fn only_value(
    func: &Function,
    edges: &Edges,
    stands: &mut [Value],
    block: Block,
    index: usize,
    param: Value,
) -> Option<Value> {
    let mut only = None;
    for at in edges.of(block) {
        let args = func.edge_args(func.targets[*at as usize]);
        let value = find(stands, *args.get(index)?);
        if value == param || only == Some(value) {
            continue;
        }
        if only.is_some() {
            return None;
        }
        only = Some(value);
    }
    only
}

/// Drops the parameters and arguments that were found trivial, and puts what stands for them in
/// their place.
fn rewrite(func: &mut Function, stands: &mut [Value]) {
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        for place in 0..func.blocks[block.index()].insts.len() {
            let inst = func.blocks[block.index()].insts[place];
            let range = func.inst(inst).args;
            for slot in range.start..range.start + range.len {
                func.pool[slot as usize] = find(stands, func.pool[slot as usize]);
            }
        }
        let (first, count) = match func.inst(func.terminator(block)).imm {
            Imm::Jump(at) => (at, 1),
            Imm::Branch(at) => (at, 2),
            _ => (0, 0),
        };
        for at in first..first + count {
            let call = func.targets[at as usize];
            let mut kept = call.args.start;
            for index in 0..call.args.len {
                let param = func.blocks[call.block.index()].params[index as usize];
                if stands[param.index()] == param {
                    let value = func.pool[(call.args.start + index) as usize];
                    func.pool[kept as usize] = find(stands, value);
                    kept += 1;
                }
            }
            func.targets[at as usize].args.len = kept - call.args.start;
        }
    }
    for block in &func.layout {
        let params = &mut func.blocks[block.index()].params;
        params.retain(|param| stands[param.index()] == *param);
        for (index, param) in params.iter().enumerate() {
            func.values[param.index()].def = ValueDef::Param(*block, index as u32);
        }
    }
}

/// Computes anew the types of results that depend on operands. One walk in reverse postorder is
/// enough, as no parameter's type changes.
fn narrow_results(func: &mut Function) {
    let mut types = Vec::new();
    for block in reverse_postorder(func) {
        for place in 0..func.blocks[block.index()].insts.len() {
            let inst = func.blocks[block.index()].insts[place];
            let op = func.inst(inst).op;
            if op.info().results == Results::Computed {
                types.clear();
                types.extend(func.args(inst).iter().map(|arg| func.ty(*arg)));
                let result = func.result(inst);
                let ty = &mut func.values[result.index()].ty;
                if *ty == Type::Any {
                    *ty = op::result_type(op, &types);
                }
            }
        }
    }
}
