//! A collection, from start to end, and when it happens.
//!
//! The order of the steps around weak tables and finalizers is the reference's: values are cleared
//! before objects with finalizers come back to life, keys after.

use abi::object::gc;

use super::mark::Marker;
use super::{finalize, roots, sweep};
use crate::state::State;

/// No collection starts by itself before there is as much: short programs never collect.
const FIRST_COLLECTION: usize = 1 << 20;
/// How much more a heap grows than it was told to, as ours is smaller than that of the reference.
const SLACK: usize = 1 << 20;
/// How much is allocated between two collections of the young.
const EDEN: usize = 2 << 20;
/// In a smaller heap all collections that start by themselves are full,
const SMALL_HEAP: usize = 2 * EDEN;
/// and in one as small as this steps are too: they find more, and take no longer.
const TINY_HEAP: usize = 128 << 10;
/// Of fewer bytes in cells it says nothing how many survive.
const FEW_GIVEN: usize = 64 << 10;
/// How many full collections at most pass by without one of the young in between, where those free
/// too little.
const MAX_PATIENCE: u8 = 7;
/// For each root that a collection of the young visits, so many bytes may be allocated before the
/// next one.
const EDEN_FOR_ROOT: usize = 64;

/// When loaded code has grown by more than this since the last collection, all is swept at once, not when
/// the next cells are wanted: what one prototype owns may be large, and is not to count as alive when
/// the next collection is set.
const MUCH_CODE: usize = 256 << 10;

/// When collections start by themselves, and the numbers that `collectgarbage` reads and writes.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    /// `collectgarbage("stop")`
    pub stopped: bool,
    /// How large the heap gets before the next full collection, in percent of what the last one
    /// left, unless it is in generations.
    pub pause: u32,
    /// How much a basic step does, in percent.
    pub step_multiplier: u32,
    /// The size of a basic step, as a power of two.
    pub step_size: u32,
    /// How many bytes of the heap steps have looked at since the last collection: see `step`.
    pub(super) looked_at: usize,
    /// How many bytes steps said were allocated since then.
    pub(super) debt: i64,
    /// How many bytes were in use after the last collection.
    pub(super) left: usize,
    /// The program collects the young by steps.
    pub(super) steps: bool,
    /// How much is allocated before a step of a size collects the young, in percent of what the last
    /// collection left.
    pub minor_multiplier: u32,
    /// By how much the heap grows before the next full collection, in percent of what the last one
    /// left, if it is in generations.
    pub major_multiplier: u32,
    /// Whether there are collections of the young alone.
    pub generational: bool,
    /// The state is being made, or a finalizer runs.
    pub(super) inhibited: bool,
    /// With so many bytes a collection is due,
    threshold: usize,
    /// with so many it waits for no poll any more,
    overdue: usize,
    /// and with so many it is full.
    pub(super) full: usize,
    /// Collections of the young start by themselves.
    young: bool,
    /// How many full collections are to come before that is so again.
    wait: u8,
    /// What that was the last time that one of the young freed too little.
    patience: u8,
}

/// What is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    All,
    /// What was allocated since the last collection.
    Young,
}

impl Default for Pacing {
    fn default() -> Self {
        Pacing {
            stopped: false,
            pause: 200,
            step_multiplier: 100,
            step_size: 13,
            looked_at: 0,
            debt: 0,
            left: 0,
            steps: false,
            minor_multiplier: 20,
            major_multiplier: 100,
            generational: true,
            inhibited: true,
            threshold: FIRST_COLLECTION,
            overdue: FIRST_COLLECTION,
            full: FIRST_COLLECTION,
            young: false,
            wait: 0,
            patience: 0,
        }
    }
}

impl Pacing {
    #[inline]
    pub(super) fn is_due(&self, bytes: usize) -> bool {
        bytes >= self.threshold && !self.stopped && !self.inhibited
    }

    /// Whether collections of the young start by themselves.
    #[cfg(test)]
    pub(super) fn collects_young(&self) -> bool {
        self.young
    }

    /// No poll came for long.
    #[inline]
    pub(super) fn is_overdue(&self, bytes: usize) -> bool {
        self.is_due(bytes) && bytes >= self.overdue
    }

    /// The next collection is full, and comes soon.
    #[cold]
    pub(super) fn want_full(&mut self) {
        self.full = 0;
        self.threshold = 0;
    }

    /// After a full collection that left `live` bytes.
    fn set_full(&mut self, live: usize) {
        let percent = if self.generational { 100 + self.major_multiplier } else { self.pause };
        let next = live / 100 * percent as usize + SLACK;
        // At least a tenth of the heap is allocated between two collections, whatever was asked.
        self.full = next.max(live + live / 10).max(FIRST_COLLECTION);
        self.set_threshold(live, usize::MAX);
    }

    /// `live` bytes are in use; `eden` more may be.
    fn set_threshold(&mut self, live: usize, eden: usize) {
        self.threshold = self.full.min(live.saturating_add(eden));
        self.overdue =
            self.threshold + self.threshold.saturating_sub(live).max(FIRST_COLLECTION) / 4;
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
        self.collect_with(Extent::Exact, Scope::All);
        if !self.heap.typed_weak.is_empty() {
            // Nobody relies on the kinds of arrays during a call of a library function.
            self.convert_typed_weak();
            self.collect_with(Extent::Exact, Scope::All);
        }
        self.finish_sweep();
        self.heap.blocks.trim();
        self.pace(Scope::All, true, 0);
    }

    /// Likewise of the young, if the last collection made any difference between them and the old.
    pub(super) fn collect_young(&mut self) {
        if !self.heap.ages {
            return self.collect_full();
        }
        self.collect_with(Extent::Exact, Scope::Young);
        self.sweep_rest();
        self.heap.pacing.left = self.heap.gross_bytes();
        if self.heap.stress {
            // Collections that the program did not ask for have made old what it has just made.
            self.collect_full();
        }
    }

    /// A collection at a safepoint: what the running Rust functions hold is alive.
    #[inline(never)]
    pub fn collect(&mut self) {
        // The stack is scanned from here up, so that what earlier calls left in the places that the
        // collector's own frames take is not seen.
        self.collect_conservatively(Scope::All);
    }

    fn collect_conservatively(&mut self, scope: Scope) {
        roots::with_stack_pointer(self, |state, sp| {
            state.collect_with(Extent::Conservative(sp), scope);
        });
    }

    /// What a collection that starts by itself is to collect.
    fn next_scope(&self, bytes: usize) -> Scope {
        let pacing = &self.heap.pacing;
        let full = self.heap.stress && self.stress_turn() == 0;
        let young = pacing.young || self.heap.stress && self.heap.ages;
        if young && pacing.generational && bytes < pacing.full && !full {
            Scope::Young
        } else {
            Scope::All
        }
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
            self.collect_conservatively(self.next_scope(bytes));
            self.stress_next_poll();
        } else if self.heap.pacing.is_overdue(bytes) {
            self.collect_conservatively(self.next_scope(bytes));
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
        if self.options.gc_verify && self.stress_turn() == 1 {
            // So that what was stored is not just what was made last, to which words on the stack
            // of Rust may still point.
            self.heap.stress_wait += 8;
        }
        true
    }

    /// Under stress: one of four numbers, by no rule that a loop could share.
    fn stress_turn(&self) -> u32 {
        (self.heap.stress_count as u32).wrapping_mul(0x9e37_79b9) >> 30
    }

    /// Under stress a poll collects too, now and then: that sees the exact roots only.
    fn stress_next_poll(&mut self) {
        const EVERY: usize = 8;
        if self.heap.stress_count.is_multiple_of(EVERY) {
            self.ctx.poll = 1;
        }
    }

    fn retire_bump_ranges(&mut self) {
        // The cells in them are zero, so they read as free and the next sweep finds them.
        self.ctx.bump = [abi::context::BumpRange::default(); abi::context::SIZE_CLASSES];
    }

    fn collect_with(&mut self, extent: Extent, scope: Scope) {
        if self.heap.pacing.inhibited {
            return;
        }
        let young = scope == Scope::Young;
        self.heap.stress_count += 1;
        self.retire_bump_ranges();
        self.heap.retire_runs();
        self.heap.large.sort_unstable_by_key(|large| large.address);
        let remembered = core::mem::take(&mut self.heap.remembered);
        if !young {
            self.finish_sweep();
            self.start_age();
            self.heap.mark ^= gc::MARKED | gc::MARKED_TOO;
        }
        let mark = self.heap.mark;
        let bits = if self.heap.ages { mark | gc::OLD } else { mark };
        let mut marker = Marker::new(mark, bits);
        if young {
            self.shapes.visit_young(&mut |visited| marker.shape(visited));
            marker.revisit(self, &remembered);
        } else {
            self.shapes.start_marking(&mut |visited| marker.shape(visited));
        }
        drop(remembered);
        roots::visit_roots(self, &mut marker);
        let sp = match extent {
            Extent::Conservative(sp) => sp,
            // Where Lua code does not run, all of it.
            Extent::Exact => self.ctx.system_sp.max((&raw const extent) as u64),
        };
        roots::visit_rust_frames(self, sp, &mut marker);
        let root_count = marker.pending().len();
        marker.propagate(self);
        marker.converge_ephemerons(self);

        marker.clear_values(self, 0);
        let cleared = marker.weak.value_count();
        let mut finalizers: finalize::Finalizers = core::mem::take(&mut self.heap.finalizers);
        finalizers.queue_unreached(&mut marker, young);
        self.heap.finalizers = finalizers;
        marker.propagate(self);
        marker.converge_ephemerons(self);
        marker.clear_keys();
        marker.clear_values(self, cleared);
        // Strings that were met while clearing.
        marker.propagate(self);

        if self.options.gc_verify {
            self.verify_heap();
        }
        self.strings.remove_unreached(mark, young, self.names.mode);
        self.shapes.clear_cache();
        if !young && self.shapes.sweep() {
            self.forget_shapes();
        }
        // What runs is stored into all the time.
        let mut running = Some(self.current_thread());
        while let Some(thread) = running {
            if thread.erase().gc_bits() & gc::OLD != 0 {
                self.remember(thread.erase());
            }
            running = thread.resumer();
        }
        let heap = &mut self.heap;
        let given = heap.cell_bytes - heap.reached_bytes;
        heap.reached_bytes = marker.cell_bytes + if young { heap.reached_bytes } else { 0 };
        heap.cell_bytes = heap.reached_bytes;
        let few_survive = !young || given < FEW_GIVEN || marker.cell_bytes <= given / 3;
        let mut sweeper = sweep::Context { hooks: self.hooks, stacks: &mut self.machine.stacks };
        self.heap.start_sweep(young, &mut sweeper);
        self.heap.typed_weak = core::mem::take(&mut marker.weak.typed);
        drop(marker);
        // What dead code takes is to be free before the next collection is set.
        let much_code = self.heap.code_bytes > self.heap.code_before + MUCH_CODE;
        if self.heap.stress || self.options.gc_verify || much_code {
            self.finish_sweep();
        } else {
            self.sweep_buffers(young);
        }
        self.heap.code_before = self.heap.code_bytes;
        self.machine.stacks.trim();
        self.pace(scope, few_survive, root_count);
        if self.heap.finalizers.is_due() || !self.heap.typed_weak.is_empty() {
            self.ctx.poll = 1;
        }
    }

    /// After marking: sweeps at once where much of the memory is in buffers. They are freed with their
    /// owners, so that otherwise they would count as alive when the next collection is planned.
    fn sweep_buffers(&mut self, young: bool) {
        let buffers = &self.heap.buffers;
        if !young && buffers.bytes > self.heap.gross_bytes() / 4 {
            self.finish_sweep();
        } else if young && buffers.bytes.saturating_sub(buffers.left) > EDEN / 4 {
            self.sweep_rest();
        }
    }

    /// At the start of a full collection: says whether what it reaches becomes old, and for what.
    fn start_age(&mut self) {
        let heap = &mut self.heap;
        let bytes = heap.gross_bytes();
        let pacing = &mut heap.pacing;
        pacing.young = pacing.generational && bytes >= SMALL_HEAP && pacing.wait == 0;
        let for_steps = pacing.steps && bytes >= TINY_HEAP;
        heap.ages = pacing.young || pacing.generational && (for_steps || heap.stress);
        pacing.wait = pacing.wait.saturating_sub(1);
    }

    /// Says when the next collection is due.
    fn pace(&mut self, scope: Scope, few_survive: bool, root_count: usize) {
        let heap = &mut self.heap;
        let live = heap.gross_bytes();
        heap.pacing.left = live;
        heap.buffers.left = heap.buffers.bytes;
        heap.pacing.looked_at = 0;
        heap.pacing.debt = 0;
        if scope == Scope::All {
            heap.pacing.set_full(live);
        }
        let pacing = &mut heap.pacing;
        if !few_survive {
            pacing.patience = (pacing.patience * 2 + 1).min(MAX_PATIENCE);
            pacing.wait = pacing.patience;
            pacing.young = false;
            pacing.set_threshold(live, usize::MAX);
        } else if pacing.young {
            if scope == Scope::Young {
                pacing.patience = 0;
            }
            pacing.set_threshold(live, EDEN.max(root_count * EDEN_FOR_ROOT));
        }
    }

    /// Frees now what the last collection has not reached.
    pub(crate) fn finish_sweep(&mut self) {
        let mut sweeper = sweep::Context { hooks: self.hooks, stacks: &mut self.machine.stacks };
        self.heap.finish_sweep(&mut sweeper);
    }

    /// Likewise, but lets each size of cells keep its blocks, which are given out next.
    fn sweep_rest(&mut self) {
        let mut sweeper = sweep::Context { hooks: self.hooks, stacks: &mut self.machine.stacks };
        self.heap.sweep_rest(&mut sweeper);
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
        let bytes = self.heap.gross_bytes();
        if stressed || self.heap.pacing.is_due(bytes) {
            self.collect_with(Extent::Exact, self.next_scope(bytes));
            self.ctx.poll = 0;
        }
        self.convert_typed_weak();
        self.run_finalizers();
    }
}
