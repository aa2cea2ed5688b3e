//! Finalizers: objects whose metatable had a `__gc` when it was set.
//!
//! They are listed in the order of `setmetatable`. Those that a collection does not reach are
//! queued in reverse order, kept alive once more, and their finalizers run at the next place where
//! Lua code may run.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use abi::object::gc;

use super::mark::{Marker, Visitor};
use crate::debugging::NativeCall;
use crate::error::Raised;
use crate::gc::{Any, Gc};
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

/// Calls a finalizer with its object.
type CallFinalizer = fn(&mut State, finalizer: Value, object: Value) -> Result<(), Raised>;

/// Who has a finalizer, and whose is due.
#[derive(Debug)]
pub(super) struct Finalizers {
    /// In the order of `setmetatable`.
    registered: Vec<Gc<Any>>,
    /// How many of those, from the first on, were alive at the last collection.
    old: usize,
    /// Due, in the order of their calls.
    queue: VecDeque<Gc<Any>>,
    /// One is running: no other starts, and nothing is collected.
    running: bool,
    /// The state goes: no new ones.
    closing: bool,
    /// Other than [`State::call`] in tests of the heap alone.
    pub(super) call: CallFinalizer,
}

impl Default for Finalizers {
    fn default() -> Self {
        Finalizers {
            registered: Vec::new(),
            old: 0,
            queue: VecDeque::new(),
            running: false,
            closing: false,
            call: call_finalizer,
        }
    }
}

fn call_finalizer(state: &mut State, finalizer: Value, object: Value) -> Result<(), Raised> {
    if !state.is_callable(finalizer) {
        let kind = state.object_type_name(finalizer);
        let parts: [&[u8]; 3] = [b"attempt to call a ", &kind, b" value (metamethod '__gc')"];
        return Err(state.error_bytes(&parts));
    }
    state.without_hooks(|state| state.call_as(NativeCall::Finalizer, finalizer, &[object]))
}

impl Finalizers {
    /// Those that are due are alive.
    pub(super) fn visit_queue(&self, visitor: &mut dyn Visitor) {
        self.queue.iter().for_each(|object| visitor.object(*object));
    }

    /// Queues the objects that were not reached, and marks them. A collection of the young has
    /// reached all that are old.
    pub(super) fn queue_unreached(&mut self, marker: &mut Marker, young: bool) {
        let reached = |object: Gc<Any>| object.gc_bits() & marker.mark != 0;
        let first = if young { self.old } else { 0 };
        let mut kept = first;
        let mut dead = Vec::new();
        for index in first..self.registered.len() {
            let object = self.registered[index];
            if reached(object) {
                self.registered[kept] = object;
                kept += 1;
            } else {
                dead.push(object);
            }
        }
        self.registered.truncate(kept);
        self.old = kept;
        for object in dead.into_iter().rev() {
            self.queue.push_back(object);
            marker.object(object);
        }
    }

    pub(super) fn is_due(&self) -> bool {
        !self.queue.is_empty()
    }
}

impl State {
    /// To be called when `object` has got `metatable`: registers its finalizer, if it has one.
    pub fn check_finalizer(&mut self, object: Gc<Any>, metatable: Gc<Table>) -> Result<(), Raised> {
        if object.gc_bits() & gc::FINALIZER != 0
            || self.heap.finalizers.closing
            || metatable.get_str(self, self.names.gc).is_nil()
        {
            return Ok(());
        }
        if self.heap.finalizers.registered.try_reserve(1).is_err() {
            return Err(self.memory_error());
        }
        object.set_gc_bits(gc::FINALIZER);
        self.heap.finalizers.registered.push(object);
        Ok(())
    }

    /// A finalizer is running: `collectgarbage` then does nothing.
    pub fn is_finalizing(&self) -> bool {
        self.heap.finalizers.running
    }

    /// Runs the finalizers that are due. Errors in them become warnings.
    pub fn run_finalizers(&mut self) {
        if self.heap.finalizers.running {
            return;
        }
        self.run_queue();
    }

    fn run_queue(&mut self) {
        while let Some(object) = self.heap.finalizers.queue.pop_front() {
            object.clear_gc_bits(gc::FINALIZER);
            if let Some(value) = object.to_value() {
                self.finalize(value);
            }
        }
    }

    fn finalize(&mut self, value: Value) {
        let metatable = match (value.as_table(), value.as_userdata()) {
            (Some(table), _) => table.metatable(self),
            (_, Some(userdata)) => userdata.metatable(),
            _ => None,
        };
        let Some(metatable) = metatable else { return };
        let finalizer = metatable.get_str(self, self.names.gc);
        if finalizer.is_nil() {
            return;
        }
        let error = self.ctx.error;
        let was_running = core::mem::replace(&mut self.heap.finalizers.running, true);
        let stopped = core::mem::replace(&mut self.heap.pacing.inhibited, true);
        // A message handler of the code that happens to run is not for errors of finalizers.
        let handler = core::mem::take(&mut self.nesting().handler);
        let call = self.heap.finalizers.call;
        if call(self, finalizer, value).is_err() {
            let message = self.error_value().as_string();
            let message = match &message {
                Some(message) => message.as_bytes(),
                None => b"error object is not a string",
            };
            crate::warning::warn(self, &[b"error in __gc (", message, b")"]);
        }
        self.nesting().handler = handler;
        self.heap.pacing.inhibited = stopped;
        self.heap.finalizers.running = was_running;
        self.ctx.error = error;
    }

    /// Runs the finalizers of all objects, as the state is about to go.
    pub fn close(&mut self) {
        if core::mem::replace(&mut self.heap.finalizers.closing, true) {
            return;
        }
        let registered = core::mem::take(&mut self.heap.finalizers.registered);
        self.heap.finalizers.queue.extend(registered.into_iter().rev());
        self.run_queue();
    }
}
