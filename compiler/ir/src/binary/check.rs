//! What the interpreter relies on beyond [`crate::verify`], and what holds for all that comes from
//! a program's text: every block can be reached, no block ends in `unreachable`, parameters of the
//! function can be anything, and the variables to be closed are entered and closed as in nested
//! scopes: a block begins with as many open wherever it is entered from, no more are closed than
//! are open, and a function that returns has closed all of its own.

use super::read::Damaged;
use crate::function::{Block, Function, Imm};
use crate::op::Op;
use crate::types::Type;
use alloc::vec;

/// Checks a function that is well-formed otherwise. `order` are the blocks that can be reached, each
/// after those that dominate it.
pub(super) fn check(func: &Function, order: &[Block]) -> Result<(), Damaged> {
    let any = |value: &crate::Value| func.ty(*value) == Type::Any;
    if order.len() != func.layout.len() || !func.params_of(func.entry()).iter().all(any) {
        return Err(Damaged);
    }
    // By block: how many variables to be closed are open at its start.
    let mut open = vec![None; func.blocks.len()];
    open[func.entry().index()] = Some(0_u32);
    for block in order {
        let mut here = open[block.index()].ok_or(Damaged)?;
        for inst in func.insts_of(*block) {
            let data = func.inst(*inst);
            match (data.op, data.imm) {
                (Op::TbcPush, _) => here += 1,
                (Op::TbcClose, Imm::Index(count)) => {
                    here = here.checked_sub(count).ok_or(Damaged)?;
                }
                (Op::Return | Op::TailCall, _) if here > 0 => return Err(Damaged),
                (Op::Unreachable, _) => return Err(Damaged),
                _ => {}
            }
            for call in func.successors(*inst) {
                match open[call.block.index()] {
                    Some(known) if known != here => return Err(Damaged),
                    _ => open[call.block.index()] = Some(here),
                }
            }
        }
    }
    Ok(())
}
