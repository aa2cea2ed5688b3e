//! Marking: what can be reached from the roots gets the mark bit.
//!
//! An explicit stack holds objects that are marked and whose contents are still to be visited. If
//! it cannot grow, objects are dropped from it, and the heap is walked for marked objects until
//! nothing was dropped.

use alloc::vec::Vec;

use abi::object::{gc, kind, proto_flags};

use super::LARGE;
use super::block::Block;
use super::weak::WeakTables;
use crate::closure::{Cell, Closure, Proto};
use crate::coroutine::Thread;
use crate::gc::{Any, Gc, Object};
use crate::shape::Visited;
use crate::state::State;
use crate::table::Table;
use crate::userdata::Userdata;
use crate::value::Value;

/// Is shown the pointers that something holds.
pub trait Visitor {
    /// A pointer to an object.
    fn object(&mut self, object: Gc<Any>);

    /// A value. Cells in place of values are shown too.
    #[inline]
    fn value(&mut self, value: Value) {
        if let Some(object) = value.as_any() {
            self.object(object);
        }
    }
}

/// The state of a marking.
#[derive(Debug, Default)]
pub(crate) struct Marker {
    stack: Vec<Gc<Any>>,
    /// Something could not be pushed.
    dropped: bool,
    /// The cells that were reached, in bytes.
    pub(super) cell_bytes: usize,
    pub(super) weak: WeakTables,
}

impl Visitor for Marker {
    #[inline]
    fn object(&mut self, object: Gc<Any>) {
        let bits = object.gc_bits();
        if bits & gc::MARKED != 0 {
            return;
        }
        if bits & gc::STATIC != 0 {
            return self.visit_static(object);
        }
        object.set_gc_bits(gc::MARKED);
        if bits & LARGE == 0 {
            self.cell_bytes += count_in_block(object);
        }
        if object.kind() != kind::STRING {
            self.push(object);
        }
    }
}

impl Marker {
    #[inline]
    fn push(&mut self, object: Gc<Any>) {
        if self.stack.len() < self.stack.capacity() || self.stack.try_reserve(64).is_ok() {
            self.stack.push(object);
        } else {
            self.dropped = true;
        }
    }

    /// A static object has no mark. Only cells (globals of compiled modules) refer to the heap;
    /// they are met in the globals table alone.
    fn visit_static(&mut self, object: Gc<Any>) {
        if let Some(cell) = object.downcast::<Cell>() {
            self.value(cell.get());
        }
    }

    /// What a shape refers to.
    pub(super) fn shape(&mut self, visited: Visited) {
        match visited {
            Visited::Name(name) => self.object(name.erase()),
            Visited::Metatable(table) => self.object(table.erase()),
        }
    }

    /// Visits all that can be reached from what is marked.
    pub(super) fn propagate(&mut self, state: &State) {
        loop {
            while let Some(object) = self.stack.pop() {
                self.trace(state, object);
            }
            if !core::mem::take(&mut self.dropped) {
                return;
            }
            for object in state.heap.objects() {
                if object.gc_bits() & gc::MARKED != 0 && object.kind() != kind::STRING {
                    self.trace(state, object);
                }
            }
        }
    }

    fn trace(&mut self, state: &State, object: Gc<Any>) {
        match object.kind() {
            kind::TABLE => with(object, |table: Gc<Table>| self.trace_table(state, table)),
            _ => visit_children(state, object, self),
        }
    }
}

/// Visits what an object other than a table refers to.
pub(super) fn visit_children(state: &State, object: Gc<Any>, visitor: &mut dyn Visitor) {
    match object.kind() {
        kind::FUNCTION => with(object, |closure: Gc<Closure>| {
            visitor.object(closure.proto().erase());
            for index in 0..closure.upvalue_count() {
                visitor.value(closure.upvalue_slot(index));
            }
        }),
        kind::CELL => with(object, |cell: Gc<Cell>| visitor.value(cell.get())),
        kind::USERDATA => with(object, |userdata: Gc<Userdata>| {
            if let Some(metatable) = userdata.metatable() {
                visitor.object(metatable.erase());
            }
            for index in 0..userdata.user_value_count() {
                visitor.value(userdata.user_value(index).unwrap_or_default());
            }
        }),
        kind::PROTO => with(object, |proto: Gc<Proto>| {
            if proto.flags() & proto_flags::TIER0 != 0
                && let Some(tier0) = state.hooks.tier0
            {
                (tier0.trace)(proto.get().data, &mut |object| visitor.object(object));
            }
        }),
        kind::THREAD => {
            with(object, |thread: Gc<Thread>| {
                state.visit_thread_roots(thread, &mut |object| visitor.object(object));
            });
        }
        _ => {}
    }
}

#[inline]
fn with<T: Object>(object: Gc<Any>, then: impl FnOnce(Gc<T>)) {
    if let Some(object) = object.downcast::<T>() {
        then(object);
    }
}

/// Counts a cell that has just been marked in its block; its size.
#[inline]
#[expect(unsafe_code, reason = "goes from a cell to its block")]
fn count_in_block(object: Gc<Any>) -> usize {
    let block = Block::of(object.as_ptr());
    // SAFETY: an object that neither is static nor stands alone lies in a block of cells.
    unsafe {
        (*block).marked += 1;
        (*block).cell_size as usize
    }
}
