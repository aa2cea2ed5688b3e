//! What a debugger can see and change of a function: its frame's slots and its steps.
//!
//! A debuggable function keeps its local variables, and the values that an expression waits with,
//! in numbered *slots* of its frame, in the order in which the reference numbers its registers, so
//! that the n-th local that is active lies in slot n-1. A *step* is what the reference does in one
//! instruction of its machine: hooks for lines and counts run between steps, and a local is active
//! from one step to another. Steps are numbered in the order of the text.

use crate::function::StrId;
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
    /// It lives in the cell that is bound to the slot.
    pub is_cell: bool,
    /// The first step at which it is active.
    pub start: u32,
    /// The first step at which it is not any more.
    pub end: u32,
}

/// A step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DebugStep {
    /// Its line; without debug information that of instructions.
    pub line: u32,
    /// How many slots are in use: those below a call's function, those below a return's values.
    pub top: u32,
}
