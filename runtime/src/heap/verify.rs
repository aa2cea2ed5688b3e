//! Checks of the heap after a collection, once everything is swept: whatever can be reached is an
//! object that starts a cell, of a kind that there is; nothing is marked.
//!
//! A violation is a bug of the runtime and ends the process with a message.

use abi::object::{gc, kind};

use super::mark::{Visitor, visit_children};
use super::roots;
use crate::gc::{Any, Gc};
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

struct Checker<'a> {
    state: &'a State,
    /// The kind of what refers to what is checked; [`kind::FREE`] for a root.
    holder: u8,
}

impl Visitor for Checker<'_> {
    fn value(&mut self, value: Value) {
        if let Some(object) = value.as_any() {
            self.object(object);
            assert_eq!(object.kind(), value.tag(), "heap: {object:?} is not what its tag says");
        }
    }

    fn object(&mut self, object: Gc<Any>) {
        let found = self.state.heap.find(object.address());
        if found == Some(object) {
            check(object, self.holder);
        } else {
            // Only what is static lies outside of the heap.
            assert!(
                found.is_none() && object.is_static(),
                "heap: a dangling pointer to {object:?} in an object of kind {}",
                self.holder
            );
        }
    }
}

fn check(object: Gc<Any>, holder: u8) {
    assert!(
        (kind::STRING..=kind::PROTO).contains(&object.kind()),
        "heap: {object:?} has kind {}, referred to from kind {holder}",
        object.kind()
    );
    assert!(object.gc_bits() & gc::MARKED == 0, "heap: {object:?} is still marked");
}

impl State {
    /// Checks the whole heap. Everything must be swept.
    pub(super) fn verify_heap(&self) {
        let mut checker = Checker { state: self, holder: kind::FREE };
        roots::visit_roots(self, &mut checker);
        for object in self.heap.objects() {
            check(object, kind::FREE);
            checker.holder = object.kind();
            match object.downcast::<Table>() {
                Some(table) => {
                    table.trace_shape(&self.shapes, false, &mut |child| checker.object(child));
                    table.trace_entries(&self.shapes, &mut |child| checker.object(child));
                }
                None => visit_children(self, object, &mut checker),
            }
        }
    }
}
