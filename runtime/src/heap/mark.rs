//! Marking: what can be reached from the roots gets the mark bit.
//!
//! An explicit stack holds the objects that were met. They pass through a short queue, in which
//! their headers are fetched into the cache, before they are marked and their contents visited. If
//! the stack cannot grow, objects are dropped from it, and the heap is walked for marked objects
//! until nothing was dropped.

use alloc::vec::Vec;

use abi::object::{gc, kind, proto_flags};

use super::LARGE;
use super::block::{Block, GRANULE};
use super::weak::WeakTables;
use crate::closure::{Cell, Closure, Proto};
use crate::coroutine::{Thread, ThreadHeader};
use crate::gc::{Any, Gc, Object, prefetch};
use crate::shape::{ShapeId, Visited, table_size};
use crate::state::State;
use crate::string::Str;
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

/// How many objects are on their way into the cache.
const AHEAD: usize = 8;

/// The state of a marking.
#[derive(Debug, Default)]
pub(crate) struct Marker {
    /// The mark of this turn.
    pub(super) mark: u8,
    /// The bits that an object gets when it is reached, the mark among them.
    pub(super) bits: u8,
    /// Objects that were met, marked already or not.
    stack: Vec<Gc<Any>>,
    /// Objects taken off the stack whose headers are being fetched: a ring.
    fetching: [Option<Gc<Any>>; AHEAD],
    /// Something could not be pushed.
    dropped: bool,
    /// The cells that were reached, in bytes.
    pub(super) cell_bytes: usize,
    pub(super) weak: WeakTables,
}

impl Visitor for Marker {
    #[inline]
    fn object(&mut self, object: Gc<Any>) {
        if self.stack.len() < self.stack.capacity() || self.has_grown() {
            self.stack.push(object);
        }
    }
}

impl Marker {
    /// Gives what it reaches these bits, of which `mark` says that it was.
    pub(super) fn new(mark: u8, bits: u8) -> Marker {
        Marker { mark, bits, ..Marker::default() }
    }

    /// Marks what was met and all that can be reached from it.
    pub(super) fn propagate(&mut self, state: &State) {
        loop {
            let mut turn = 0;
            let mut idle = 0;
            while idle < AHEAD {
                let next = self.stack.pop();
                if let Some(object) = next {
                    prefetch(object);
                }
                let ready = core::mem::replace(&mut self.fetching[turn % AHEAD], next);
                turn += 1;
                idle = if next.is_some() || ready.is_some() { 0 } else { idle + 1 };
                if let Some(object) = ready {
                    self.mark(state, object);
                }
            }
            if !core::mem::take(&mut self.dropped) {
                return;
            }
            for object in state.heap.objects() {
                if object.gc_bits() & self.mark != 0 {
                    self.trace(state, object);
                }
            }
        }
    }

    #[inline]
    fn mark(&mut self, state: &State, object: Gc<Any>) {
        let bits = object.gc_bits();
        if bits & (self.mark | gc::STATIC) != 0 {
            if bits & gc::STATIC != 0 {
                self.visit_static(object);
            }
            return;
        }
        object.write_gc_bits(bits & (LARGE | gc::FINALIZER) | self.bits);
        let size = self.trace(state, object);
        if bits & LARGE == 0 {
            self.cell_bytes += size.next_multiple_of(GRANULE);
        }
    }

    /// Makes room on the stack; false: what was met is dropped.
    #[cold]
    #[inline(never)]
    fn has_grown(&mut self) -> bool {
        let grown = self.stack.try_reserve(64).is_ok();
        self.dropped |= !grown;
        grown
    }

    /// What was met and not visited yet.
    pub(super) fn pending(&mut self) -> &mut Vec<Gc<Any>> {
        &mut self.stack
    }

    /// Visits again what old objects refer to that were stored into.
    pub(super) fn revisit(&mut self, state: &State, remembered: &[Gc<Any>]) {
        for object in remembered {
            object.set_gc_bits(gc::OLD);
            self.trace(state, *object);
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
            Visited::Table(table) => self.object(table.erase()),
        }
    }

    /// Visits what it refers to. Gives the size of its cell, if it lies in one.
    #[inline]
    pub(super) fn trace(&mut self, state: &State, object: Gc<Any>) -> usize {
        match object.kind() {
            kind::STRING => with(object, |string: Gc<Str>| string.cell_size()),
            kind::TABLE => with(object, |table: Gc<Table>| {
                self.trace_table(state, table);
                match table.shape() {
                    // The shape of its youth said it.
                    ShapeId::DICTIONARY if object.gc_bits() & LARGE != 0 => 0,
                    ShapeId::DICTIONARY => Block::cell_size_of(object),
                    shape => table_size(state.shapes.inline_capacity(shape)),
                }
            }),
            kind::FUNCTION => with(object, |closure: Gc<Closure>| {
                self.object(closure.proto().erase());
                for index in 0..closure.upvalue_count() {
                    self.value(closure.upvalue_slot(index));
                }
                closure.size()
            }),
            kind::CELL => with(object, |cell: Gc<Cell>| {
                self.value(cell.get());
                size_of::<abi::object::Cell>()
            }),
            _ => self.trace_other(state, object),
        }
    }

    fn trace_other(&mut self, state: &State, object: Gc<Any>) -> usize {
        match object.kind() {
            kind::USERDATA => with(object, |userdata: Gc<Userdata>| {
                if let Some(metatable) = userdata.metatable() {
                    self.object(metatable.erase());
                }
                for index in 0..userdata.user_value_count() {
                    self.value(userdata.user_value(index).unwrap_or_default());
                }
                userdata.total_size()
            }),
            kind::PROTO => with(object, |proto: Gc<Proto>| {
                if proto.flags() & proto_flags::TIER0 != 0
                    && let Some(tier0) = state.hooks.tier0
                {
                    (tier0.trace)(proto.get().data, &mut |object| self.object(object));
                }
                size_of::<abi::object::Proto>()
            }),
            kind::THREAD => with(object, |thread: Gc<Thread>| {
                if self.bits & gc::OLD != 0 {
                    thread.grow_old();
                }
                state.visit_thread_roots(thread, &mut |object| self.object(object));
                size_of::<ThreadHeader>()
            }),
            _ => 0,
        }
    }
}

#[inline]
fn with<T: Object>(object: Gc<Any>, then: impl FnOnce(Gc<T>) -> usize) -> usize {
    object.downcast::<T>().map_or(0, then)
}
