//! Checks of the heap in a collection, between marking and sweeping: whatever a marked object or a
//! root refers to is an object that starts a cell, of a kind that there is, and marked. So after one
//! of the young this finds what a full one would have reached and this one has not: an old object
//! that was stored into without a barrier.
//!
//! A violation is a bug of the runtime and ends the process with a message.

use alloc::format;

use abi::object::kind;

use super::mark::Marker;
use super::roots;
use crate::state::State;
use crate::sys;

impl State {
    /// Checks the whole heap. Entries of weak tables are left out.
    #[cold]
    #[inline(never)]
    pub(super) fn verify_heap(&self) {
        // It meets, but nobody has it mark anything.
        let mut marker = Marker::new(self.heap.mark, 0);
        roots::visit_roots(self, &mut marker);
        self.verify_met(&mut marker, kind::FREE);
        for object in self.heap.objects() {
            if object.gc_bits() & self.heap.mark != 0 {
                marker.trace(self, object);
                self.verify_met(&mut marker, object.kind());
            }
        }
    }

    /// Checks what an object of kind `holder` refers to; for a root that is [`kind::FREE`].
    fn verify_met(&self, marker: &mut Marker, holder: u8) {
        for object in marker.pending().drain(..) {
            let what = match self.heap.find(object.address()) {
                Some(found) if found != object => "inside",
                Some(_) if !(kind::STRING..=kind::PROTO).contains(&object.kind()) => "of no kind",
                Some(_) if object.gc_bits() & self.heap.mark == 0 => "that was not reached",
                None if !object.is_static() => "that was freed",
                _ => continue,
            };
            let kind = object.kind();
            // A built program says only where it panics.
            let text =
                format!("heap: an object of kind {holder} refers to one of kind {kind}, {what}\n");
            sys::write_error(text.as_bytes());
            panic!("the heap is inconsistent: {object:?}");
        }
    }
}
