//! What debuggers see of frames: where local variables are, and at which step a function is.
//!
//! Debuggable functions have the same tables and the same slots in compiled code and in tier 0.
//! Compiled frames have the slots on the machine stack, behind the closure; those of tier 0 are its
//! first registers.
#![expect(unsafe_code, reason = "reads and writes the slots of frames")]

use abi::module::{DebugFrame, DebugStep};
use abi::value::RawValue;

use super::{FrameInfo, Position};
use crate::closure::Proto;
use crate::gc::Gc;
use crate::hooks::DebugTable;
use crate::state::State;
use crate::value::Value;

/// Where a local variable is. The thread must not run before it is read or set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(*mut RawValue);

impl Place {
    /// The value there, or the cell that the variable lives in.
    pub(crate) fn get(self) -> Value {
        // SAFETY: places are made of frames and of parts of value stacks that are in use.
        unsafe { Value::from_raw(*self.0) }
    }

    /// Replaces the value there.
    pub(crate) fn set(self, value: Value) {
        // SAFETY: as in `get`.
        unsafe { *self.0 = value.to_raw() };
    }
}

/// A local variable by its number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// Its name, and where it is.
    Local(&'static [u8], Place),
    /// There is none with this number.
    None,
    /// The function keeps no local variables for debuggers.
    NotDebuggable,
}

/// A frame as debuggers see it.
struct Shown {
    /// The function's prototype, and its table where it is debuggable.
    proto: Gc<Proto>,
    table: Option<DebugTable>,
    /// Where the slots begin.
    slots: *mut RawValue,
    /// The step that it is at.
    step: u32,
    /// Whether it has called a function, other than by a hook or a metamethod.
    is_calling: bool,
    /// Where its variable arguments begin, and how many there are.
    varargs: *mut RawValue,
    vararg_count: u64,
}

impl Position {
    /// The frame as debuggers see it, if it is one of Lua code that they see at all.
    fn shown(self, state: &State) -> Option<Shown> {
        let on_stack =
            |stack: u64, index: u64| (stack as *mut RawValue).wrapping_add(index as usize);
        Some(match self {
            Position::Compiled { module, site, closure, place, stack, .. } => {
                let module = &state.modules[module];
                let table = module.debug_table(site.function)?;
                // SAFETY: the function is debuggable, so this is what lies there.
                let frame = unsafe { *(place as *const DebugFrame) };
                Shown {
                    proto: closure?.proto(),
                    table: Some(table),
                    slots: (place as *mut DebugFrame).wrapping_add(1).cast(),
                    step: frame.step as u32,
                    is_calling: module.slots_in_use(site) & 1 != 0,
                    varargs: on_stack(stack, frame.vararg_base),
                    vararg_count: frame.vararg_count,
                }
            }
            Position::Tier0 { hooks, stack, frame } => {
                let shown = (hooks.frame)(stack, frame);
                let proto = shown.closure.proto();
                Shown {
                    proto,
                    table: state.debug_table(proto),
                    slots: on_stack(stack, shown.registers),
                    step: shown.step,
                    is_calling: shown.is_calling,
                    varargs: on_stack(stack, frame - shown.vararg_count),
                    vararg_count: shown.vararg_count,
                }
            }
            _ => return None,
        })
    }
}

/// In [`abi::module::DebugLocal::slot`].
const IN_CELL: u32 = 1 << 31;

impl Shown {
    fn local(&self, state: &State, number: i64) -> Found {
        if number < 0 {
            let index = number.unsigned_abs() - 1;
            return match index < self.vararg_count {
                true => Found::Local(b"(vararg)", Place(self.varargs.wrapping_add(index as usize))),
                false => Found::None,
            };
        }
        let Some(table) = self.table else { return Found::NotDebuggable };
        let slot = number.checked_sub(1).and_then(|slot| u32::try_from(slot).ok());
        let Some(slot) = slot.filter(|slot| *slot < table.slots) else { return Found::None };
        let active = table.locals.iter().find(|local| {
            local.slot & !IN_CELL == slot && local.start <= self.step && self.step < local.end
        });
        let mut place = Place(self.slots.wrapping_add(slot as usize));
        // What an expression waits with has no name. A call hides what lies above it.
        let mut name = &b""[..];
        match active {
            Some(local) => {
                name = state.debug_string(self.proto, local.name);
                let cell = Place(place.0.wrapping_add(table.cells as usize));
                // A parameter has none before the first step.
                if local.slot & IN_CELL != 0 && cell.get().as_cell().is_some() {
                    place = cell;
                }
            }
            None if self.is_calling && slot >= table.step(self.step).top => return Found::None,
            None => {}
        }
        let name = if name.is_empty() { b"(temporary)" } else { name };
        Found::Local(name, place)
    }
}

impl FrameInfo {
    /// A local variable of the function, by its number for `debug.getlocal`. The thread must not
    /// have run since the frame was looked at.
    pub(crate) fn local(&self, state: &State, number: i64) -> Found {
        match self.position {
            Position::Library { stack, base, count, .. } => match u64::try_from(number) {
                Ok(number) if (1..=count).contains(&number) => {
                    let stack = stack as *mut RawValue;
                    let place = stack.wrapping_add((base + number - 1) as usize);
                    Found::Local(b"(C temporary)", Place(place))
                }
                _ => Found::None,
            },
            position => match position.shown(state) {
                Some(shown) => shown.local(state, number),
                None => Found::NotDebuggable,
            },
        }
    }
}

impl DebugTable {
    /// A step by its number.
    pub(crate) fn step(&self, step: u32) -> DebugStep {
        self.steps.get(step as usize).copied().unwrap_or(DebugStep { line: 0, top: 0 })
    }
}

impl State {
    /// A place of the value stack that is in use.
    pub(crate) fn place_on_stack(&self, index: usize) -> Place {
        Place((self.ctx.co.stack as *mut RawValue).wrapping_add(index))
    }

    /// What debuggers see of a function, where it is debuggable.
    pub(crate) fn debug_table(&self, proto: Gc<Proto>) -> Option<DebugTable> {
        let fields = proto.get();
        if proto.is_tier0() {
            return (self.hooks.tier0?.debug)(fields.data);
        }
        self.modules.get((fields.module as usize).wrapping_sub(1))?.debug_table(fields.index)
    }

    /// A name in the table of a function.
    pub(crate) fn debug_string(&self, proto: Gc<Proto>, index: u32) -> &'static [u8] {
        let fields = proto.get();
        match self.hooks.tier0 {
            Some(tier0) if proto.is_tier0() => (tier0.string)(fields.data, index),
            _ => self.modules[fields.module as usize - 1].string(index),
        }
    }

    /// The table of the function at `level` of the running coroutine, if it is debuggable, and the
    /// step that it is at.
    pub(crate) fn step_at(&self, level: usize) -> Option<(DebugTable, u32)> {
        let mut frames = self.frames(self.current_thread());
        frames.skip_to(level);
        let shown = frames.current?.shown(self)?;
        Some((shown.table?, shown.step))
    }
}
