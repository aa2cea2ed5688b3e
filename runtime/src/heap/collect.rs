//! A collection, from start to end, and when it happens.
//!
//! The order of the steps around weak tables and finalizers is the reference's: values are cleared
//! before objects with finalizers come back to life, keys after.

use super::mark::Marker;
use super::{finalize, roots, sweep};
use crate::gc::Gc;
use crate::state::State;
use crate::table::Table;

/// No collection starts by itself before there is as much: short programs never collect.
const FIRST_COLLECTION: usize = 1 << 20;

/// When collections start by themselves, and the numbers that `collectgarbage` reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    /// `collectgarbage("stop")`
    pub stopped: bool,
    /// How large the heap gets before the next collection, in percent of what the last one left.
    pub pause: u32,
    /// How much a basic step does, in percent.
    pub step_multiplier: u32,
    /// The size of a basic step, as a power of two.
    pub step_size: u32,
    /// What steps have asked for since one collected: see `step`.
    pub(super) step_credit: i64,
    /// Kept for `collectgarbage`.
    pub minor_multiplier: u32,
    /// Likewise.
    pub major_multiplier: u32,
    /// The mode that was asked for.
    pub generational: bool,
    /// The state is being made, or a finalizer runs.
    pub(super) inhibited: bool,
    threshold: usize,
}

impl Default for Pacing {
    fn default() -> Self {
        Pacing {
            stopped: false,
            pause: 200,
            step_multiplier: 100,
            step_size: 13,
            step_credit: 0,
            minor_multiplier: 20,
            major_multiplier: 100,
            generational: true,
            inhibited: true,
            threshold: FIRST_COLLECTION,
        }
    }
}

impl Pacing {
    #[inline]
    pub(super) fn is_due(&self, bytes: usize) -> bool {
        bytes >= self.threshold && !self.stopped && !self.inhibited
    }

    /// No poll came for long.
    #[inline]
    pub(super) fn is_overdue(&self, bytes: usize) -> bool {
        self.is_due(bytes / 5 * 4)
    }

    fn set_threshold(&mut self, live: usize) {
        let next = live / 100 * self.pause.max(100) as usize;
        // At least a tenth of the heap is allocated between two collections, whatever was asked.
        self.threshold = next.max(live + live / 10).max(FIRST_COLLECTION);
    }
}

/// How much of the machine stack of Rust is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// From this address up.
    Conservative(u64),
    /// Not the part of the library function that asked for the collection, which begins where the
    /// system stack continued when that was entered.
    Exact,
}

impl State {
    /// A full collection for a library function that holds no pointer into the heap (its arguments
    /// are on the value stack): finds exactly what is alive, and sweeps at once. Finalizers are
    /// queued; [`State::run_finalizers`] runs them.
    pub fn collect_full(&mut self) {
        self.collect_with(Extent::Exact);
        if !self.heap.typed_weak.is_empty() {
            // Nobody relies on the kinds of arrays during a call of a library function.
            self.convert_typed_weak();
            self.collect_with(Extent::Exact);
        }
        self.finish_sweep();
        self.heap.blocks.trim();
        let live = self.heap.gross_bytes();
        self.heap.pacing.set_threshold(live);
    }

    /// A collection at a safepoint: what the running Rust functions hold is alive.
    #[inline(never)]
    pub fn collect(&mut self) {
        // The stack is scanned from here up, so that what earlier calls left in the places that the
        // collector's own frames take is not seen.
        roots::with_stack_pointer(self, |state, sp| state.collect_with(Extent::Conservative(sp)));
    }

    /// Makes the next poll collect, if it is time to. To be called after large buffers were
    /// allocated: compiled code does not notice those.
    pub fn check_pacing(&mut self) {
        let bytes = self.heap.gross_bytes();
        if self.heap.pacing.is_due(bytes) {
            self.ctx.poll = 1;
            if self.heap.pacing.is_overdue(bytes) {
                // The next allocation of an object is to come to the runtime.
                self.retire_bump_ranges();
            }
        }
    }

    /// Before an allocation of `size` bytes: collects, or makes the next poll do it, which sees
    /// better what is alive.
    pub(super) fn check_pacing_for(&mut self, size: usize) {
        let bytes = self.heap.gross_bytes().saturating_add(size);
        if self.is_stressed() {
            self.collect();
            self.stress_next_poll();
        } else if self.heap.pacing.is_overdue(bytes) {
            self.collect();
        } else if self.heap.pacing.is_due(bytes) {
            self.ctx.poll = 1;
        }
    }

    /// Whether to collect although there is no need to. Every safepoint does in a small heap; in a
    /// large one only some, or else no larger program would ever come to an end.
    fn is_stressed(&mut self) -> bool {
        const SMALL: usize = 1 << 20;
        const STEP: usize = 32 << 10;
        if !self.heap.stress || self.heap.pacing.stopped {
            return false;
        }
        if self.heap.stress_wait > 0 {
            self.heap.stress_wait -= 1;
            return false;
        }
        self.heap.stress_wait = self.heap.gross_bytes().saturating_sub(SMALL) / STEP;
        true
    }

    /// Under stress a poll collects too, now and then: that sees the exact roots only.
    fn stress_next_poll(&mut self) {
        const EVERY: usize = 8;
        self.heap.stress_count += 1;
        if self.heap.stress_count >= EVERY {
            self.ctx.poll = 1;
        }
    }

    fn retire_bump_ranges(&mut self) {
        // The cells in them are zero, so they read as free and the next sweep finds them.
        self.ctx.bump = [abi::context::BumpRange::default(); abi::context::SIZE_CLASSES];
    }

    fn collect_with(&mut self, extent: Extent) {
        if self.heap.pacing.inhibited {
            return;
        }
        self.retire_bump_ranges();
        self.heap.retire_runs();
        self.finish_sweep();
        self.heap.large.sort_unstable_by_key(|large| large.address);

        let mut marker = Marker::default();
        self.shapes.start_marking(&mut |visited| marker.shape(visited));
        roots::visit_roots(self, &mut marker);
        let sp = match extent {
            Extent::Conservative(sp) => sp,
            // Where Lua code does not run, all of it.
            Extent::Exact => self.ctx.system_sp.max((&raw const extent) as u64),
        };
        roots::visit_rust_frames(self, sp, &mut marker);
        marker.propagate(self);
        marker.converge_ephemerons(self);

        marker.clear_values(self, 0);
        let cleared = marker.weak.value_count();
        let mut finalizers: finalize::Finalizers = core::mem::take(&mut self.heap.finalizers);
        finalizers.queue_unreached(&mut marker);
        self.heap.finalizers = finalizers;
        marker.propagate(self);
        marker.converge_ephemerons(self);
        marker.clear_keys();
        marker.clear_values(self, cleared);
        // Strings that were met while clearing.
        marker.propagate(self);

        self.strings.remove_unmarked();
        if self.shapes.sweep() {
            self.forget_shapes();
        }
        self.heap.cell_bytes = marker.cell_bytes;
        let mut sweeper = sweep::Context { hooks: self.hooks, stacks: &mut self.machine.stacks };
        self.heap.start_sweep(&mut sweeper);
        let typed: alloc::vec::Vec<Gc<Table>> = core::mem::take(&mut marker.weak.typed);
        drop(marker);
        if self.heap.stress || self.options.gc_verify {
            self.finish_sweep();
        }
        if self.options.gc_verify {
            self.verify_heap();
        }
        self.machine.stacks.trim();
        let live = self.heap.gross_bytes();
        self.heap.pacing.set_threshold(live);
        self.heap.typed_weak = typed;
        if self.heap.finalizers.is_due() || !self.heap.typed_weak.is_empty() {
            self.ctx.poll = 1;
        }
    }

    /// Frees now what the last collection has not reached.
    pub(crate) fn finish_sweep(&mut self) {
        let mut sweeper = sweep::Context { hooks: self.hooks, stacks: &mut self.machine.stacks };
        self.heap.finish_sweep(&mut sweeper);
    }

    /// Collections may start by themselves from now on.
    pub(crate) fn start_collecting(&mut self) {
        self.heap.pacing.inhibited = false;
    }

    /// What a poll or a generic safepoint that may run Lua does: see
    /// [`abi::context::Context::poll`]. The caller holds no heap pointer that is not in a root, as
    /// for [`State::collect_full`].
    pub fn poll(&mut self) {
        self.ctx.poll = 0;
        let stressed = self.heap.stress && !self.heap.pacing.stopped;
        if stressed || self.heap.pacing.is_due(self.heap.gross_bytes()) {
            self.collect_with(Extent::Exact);
            self.heap.stress_count = 0;
            self.ctx.poll = 0;
        }
        self.convert_typed_weak();
        self.run_finalizers();
    }
}
