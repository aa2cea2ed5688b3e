//! What debuggers see of functions of tier 0, and what hooks hear of them.

use alloc::vec::Vec;

use abi::module::{DebugLocal, DebugStep};
use runtime::error::Raised;
use runtime::hooks::DebugTable;
use runtime::state::State;

use crate::frame::Frame;
use crate::function::Function;

/// Slots and steps of a debuggable function. The slots are its first registers, then come those of
/// the cells that may be bound to them.
#[derive(Clone, Debug)]
pub(crate) struct Debug {
    pub(crate) slots: u32,
    pub(crate) locals: Vec<DebugLocal>,
    pub(crate) steps: Vec<DebugStep>,
}

impl Debug {
    pub(crate) fn of(debug: &ir::Debug) -> Debug {
        let locals = debug.locals.iter().map(|local| DebugLocal {
            name: local.name.0,
            slot: local.slot | u32::from(local.is_cell) << 31,
            start: local.start,
            end: local.end,
        });
        Debug { slots: debug.slots, locals: locals.collect(), steps: debug.steps.clone() }
    }

    fn table(&'static self) -> DebugTable {
        let (slots, cells) = (self.slots, self.slots);
        DebugTable { slots, cells, locals: &self.locals, steps: &self.steps }
    }
}

/// The register that says at which step the frame of a function with so many slots is.
pub(crate) fn step_register(slots: u32) -> u32 {
    slots * 2
}

/// What debuggers see of a function.
pub(crate) fn table(data: u64) -> Option<DebugTable> {
    Function::of(data).code().debug.as_ref().map(Debug::table)
}

/// A name in that.
pub(crate) fn string(data: u64, index: u32) -> &'static [u8] {
    Function::of(data).code().strings.get(ir::StrId(index))
}

/// A step begins.
pub(crate) fn step(state: &mut State, frame: Frame, step: u32) -> Result<(), Raised> {
    match &frame.function.code.debug {
        Some(debug) => state.hook_step(step, &debug.table()),
        None => Ok(()),
    }
}

/// A function has been entered: its frame is there, and nothing has run.
#[cold]
pub(crate) fn entered(state: &mut State, frame: Frame) -> Result<(), Raised> {
    // It may be another than the one that the state knows.
    state.hooks.tier0_frame = frame.base as u64;
    let code = &frame.function.code;
    state.hook_function(frame.is_tail_called(state), code.params.len())
}

/// A function returns the `count` values at `start` of the stack.
#[cold]
pub(crate) fn leaving(
    state: &mut State,
    frame: Frame,
    start: usize,
    count: usize,
) -> Result<(), Raised> {
    let step = frame.step(state) as usize;
    let debug = frame.function.code.debug.as_ref();
    let first = debug.and_then(|debug| debug.steps.get(step)).map_or(0, |step| step.top);
    state.hook_return(start, first as usize + 1, count)
}
