//! What a debugger can see and change of a function: its frame's slots and its steps.
//!
//! A debuggable function keeps its local variables, and the values that an expression waits with,
//! in numbered *slots* of its frame, in the order in which the reference numbers its registers, so
//! that the n-th local that is active lies in slot n-1. A *step* is what the reference does in one
//! instruction of its machine: hooks for lines and counts run between steps, and a local is active
//! from one step to another. Steps are numbered in the order of the text.

use crate::function::{Function, Imm, StrId};
use crate::op::Op;
pub use abi::module::DebugStep;
use alloc::vec;
use alloc::vec::Vec;

/// Slots and steps of a debuggable function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Debug {
    /// How many slots there are.
    pub slots: u32,
    /// The local variables, in order of declaration, hidden ones of loops included.
    pub locals: Vec<DebugLocal>,
    /// The steps. What nothing leads to has steps too, but no instruction for them.
    pub steps: Vec<DebugStep>,
}

/// A local variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DebugLocal {
    /// Its name; empty where there is no debug information.
    pub name: StrId,
    /// Where it lies.
    pub slot: u32,
    /// The slot holds the cell it lives in.
    pub is_cell: bool,
    /// The first step at which it is active.
    pub start: u32,
    /// The first step at which it is not any more.
    pub end: u32,
}

/// By instruction of a debuggable function how many slots are in use: those that the step it belongs
/// to had, and what it has set since. All of them, as long as a block has had no step.
pub fn slots_in_use(func: &Function) -> Vec<u32> {
    let Some(debug) = &func.debug else { return Vec::new() };
    let mut in_use = vec![debug.slots; func.insts.len()];
    for block in &func.layout {
        let mut top = None;
        for inst in func.insts_of(*block) {
            let data = func.inst(*inst);
            match (data.op, data.imm, &mut top) {
                (Op::Step, Imm::Index(step), _) => {
                    top = debug.steps.get(step as usize).map(|step| step.top);
                }
                (Op::SlotSet | Op::SlotBind, Imm::Index(slot), Some(top)) => {
                    *top = (*top).max(slot.saturating_add(1));
                }
                _ => {}
            }
            in_use[inst.index()] = top.unwrap_or(debug.slots).min(debug.slots);
        }
    }
    in_use
}
