//! What debuggers see and change in frames of tier 0, and what hooks hear of them.

use alloc::vec::Vec;

use runtime::error::Raised;
use runtime::hooks::Tier0Local;
use runtime::state::State;

use crate::frame::{self, Frame};
use crate::function::Function;

/// A step begins.
pub(crate) fn step(state: &mut State, frame: Frame, step: u32) -> Result<(), Raised> {
    let Some(debug) = &frame.function.code.debug else { return Ok(()) };
    let line_of = |step: u32| debug.steps.get(step as usize).map_or(0, |step| step.line);
    state.hook_step(step, debug.steps.len() as u32, line_of)
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

/// A call that a frame made has returned.
#[cold]
pub(crate) fn returned(state: &mut State, frame: Frame) {
    let step = frame.step(state);
    state.hook_returned_to(step);
}

/// Local `number` of the frame at a base of a value stack; negative numbers count variable
/// arguments.
pub(crate) fn local(stack: u64, base: u64, number: i64) -> Tier0Local {
    let shown = frame::inspect(stack, base);
    if number < 0 {
        let index = number.unsigned_abs() - 1;
        return match index < shown.extra_count {
            true => Tier0Local::Found(b"(vararg)", base - shown.extra_count + index),
            false => Tier0Local::None,
        };
    }
    let code = &Function::of(shown.data).code;
    let Some(debug) = &code.debug else { return Tier0Local::NotDebuggable };
    let slot = number.checked_sub(1).and_then(|slot| u32::try_from(slot).ok());
    let Some(slot) = slot.filter(|slot| *slot < debug.slots) else { return Tier0Local::None };
    let registers = base + frame::HEADER as u64;
    let is_active = |local: &&ir::DebugLocal| {
        local.slot == slot && local.start <= shown.step && shown.step < local.end
    };
    // What an expression waits with has no name. A call hides what lies above it.
    let (mut name, mut register) = (&b"(temporary)"[..], slot);
    match debug.locals.iter().find(is_active) {
        Some(local) => {
            let known = &code.strings[local.name.index()];
            if !known.is_empty() {
                name = known;
            }
            if local.is_cell {
                register += debug.slots;
            }
        }
        None if shown.is_calling => {
            let top = debug.steps.get(shown.step as usize).map_or(0, |step| step.top);
            if slot >= top {
                return Tier0Local::None;
            }
        }
        None => {}
    }
    Tier0Local::Found(name, registers + u64::from(register))
}

/// The name of parameter `number` of a function.
pub(crate) fn parameter(data: u64, number: i64) -> Tier0Local {
    let code = &Function::of(data).code;
    let Some(debug) = &code.debug else { return Tier0Local::NotDebuggable };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let local = index.filter(|index| *index < code.params.len());
    match local.and_then(|index| debug.locals.get(index)) {
        Some(local) if !code.strings[local.name.index()].is_empty() => {
            Tier0Local::Found(&code.strings[local.name.index()], 0)
        }
        _ => Tier0Local::None,
    }
}

/// The lines that have steps, in order of the text and perhaps repeatedly.
pub(crate) fn active_lines(data: u64) -> Option<Vec<u32>> {
    let code = &Function::of(data).code;
    let steps = &code.debug.as_ref()?.steps;
    let steps = if code.is_vararg { &steps[1.min(steps.len())..] } else { steps };
    Some(steps.iter().map(|step| step.line).filter(|line| (1..u32::MAX).contains(line)).collect())
}
