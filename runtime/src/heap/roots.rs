//! Roots: where marking starts.
//!
//! Exact are the tables and names that the state holds, the live parts of the context's buffers,
//! and the stacks of coroutines ([`crate::frames`]). The stack of Rust functions that are running is scanned conservatively: each word that is an address inside
//! an object keeps it alive. An exact collection leaves out the part of that stack which belongs
//! to the library function that asked for it.
#![expect(unsafe_code, reason = "reads the machine stack and the registers")]

use super::Heap;
use super::mark::Visitor;
use crate::gc::{Any, Gc};
use crate::state::State;
use crate::sys;

/// Visits all roots but shapes and the machine stack of Rust.
pub(super) fn visit_roots(state: &State, visitor: &mut dyn Visitor) {
    visitor.object(state.registry.erase());
    visitor.object(state.main_thread.erase());
    visitor.object(state.globals().erase());
    for metatable in state.metatables.iter().flatten() {
        visitor.object(metatable.erase());
    }
    for name in state.names.all() {
        visitor.object(name.erase());
    }
    for module in &state.modules {
        for string in module.constant_strings() {
            visitor.object(string.erase());
        }
        for cell in module.global_cells() {
            visitor.value(cell.get());
        }
    }
    state.visit_context_roots(&mut |object| visitor.object(object));
    state.heap.finalizers.visit_queue(visitor);
}

/// Visits what the running Rust functions seem to refer to, in the stack from `sp` up.
pub(super) fn visit_rust_frames(state: &mut State, sp: u64, visitor: &mut dyn Visitor) {
    if state.options.system_base == 0 {
        state.options.system_base = sys::stack_end();
    }
    let mut at = sp.next_multiple_of(8);
    while at + 8 <= state.options.system_base {
        // SAFETY: between the stack pointer and the end of the stack all is readable. What is
        // not initialised is read as some word or other: reads are volatile.
        let word = unsafe { (at as *const u64).read_volatile() };
        visit_word(state, word, visitor);
        at += 8;
    }
}

/// Runs `then(state, sp)`, where all that the callers of this function hold, in registers too, lies
/// in the stack at `sp` or above.
pub(super) fn with_stack_pointer(state: &mut State, mut then: impl FnMut(&mut State, u64)) {
    struct Argument<'a>(&'a mut State, &'a mut dyn FnMut(&mut State, u64));
    unsafe extern "C" fn run(argument: *mut u8, sp: *mut u8) {
        // SAFETY: `argument` is the one made below.
        let Argument(state, then) = unsafe { &mut *argument.cast::<Argument>() };
        then(state, sp as u64);
    }
    let mut argument = Argument(state, &mut then);
    registers::spill((&raw mut argument).cast(), run);
}

/// A word that may be an address inside an object.
#[inline]
fn visit_word(state: &State, word: u64, visitor: &mut dyn Visitor) {
    if let Some(object) = state.heap.find(word) {
        visitor.object(object);
    }
}

impl Heap {
    /// The object that `word` points to or into.
    pub(super) fn find(&self, word: u64) -> Option<Gc<Any>> {
        if word < 4096 {
            return None;
        }
        self.blocks.find(word, self.mark).or_else(|| self.find_large(word))
    }

    /// Large objects are sorted by address before marking.
    fn find_large(&self, word: u64) -> Option<Gc<Any>> {
        let after = self.large.partition_point(|large| large.address <= word);
        let large = self.large[after.checked_sub(1)?];
        // SAFETY: a listed object is alive.
        (word - large.address < large.size as u64).then(|| unsafe { Gc::from_raw(large.address) })
    }
}

mod registers {
    //! Puts the callee-saved registers where the scan sees them.

    /// Calls `then(argument, sp)` with everything that a caller may have in registers at or above
    /// `sp` on the stack.
    #[inline(never)]
    pub(super) fn spill(argument: *mut u8, then: unsafe extern "C" fn(*mut u8, *mut u8)) {
        let mut saved = [0u64; 12];
        let place = saved.as_mut_ptr();
        // SAFETY: stores registers into `saved`, which has room for them.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            core::arch::asm!(
                "mov [{0}], rbx", "mov [{0} + 8], rbp", "mov [{0} + 16], r12",
                "mov [{0} + 24], r13", "mov [{0} + 32], r14", "mov [{0} + 40], r15",
                in(reg) place, options(nostack, preserves_flags),
            );
        }
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            core::arch::asm!(
                "stp x19, x20, [{0}]", "stp x21, x22, [{0}, #16]", "stp x23, x24, [{0}, #32]",
                "stp x25, x26, [{0}, #48]", "stp x27, x28, [{0}, #64]", "str x29, [{0}, #80]",
                in(reg) place, options(nostack, preserves_flags),
            );
        }
        // SAFETY: as above.
        #[cfg(target_arch = "s390x")]
        unsafe {
            core::arch::asm!("stmg %r6, %r15, 0({0})", in(reg_addr) place, options(nostack));
        }
        // SAFETY: as above.
        #[cfg(target_arch = "riscv64")]
        unsafe {
            core::arch::asm!(
                "sd s0, 0({0})", "sd s1, 8({0})", "sd s2, 16({0})", "sd s3, 24({0})",
                "sd s4, 32({0})", "sd s5, 40({0})", "sd s6, 48({0})", "sd s7, 56({0})",
                "sd s8, 64({0})", "sd s9, 72({0})", "sd s10, 80({0})", "sd s11, 88({0})",
                in(reg) place, options(nostack),
            );
        }
        // SAFETY: the promise of `then` holds: `saved` lies below all frames of callers.
        unsafe { then(argument, place.cast()) };
        core::hint::black_box(&mut saved);
    }
}
