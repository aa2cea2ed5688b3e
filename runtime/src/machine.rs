//! The machine: everything that cannot be said in Rust, as assembly for each architecture.
//!
//! Lua code runs on stacks of its own, one for each coroutine; Rust and C run on the *system stack*,
//! the one the process gave us. The system stack is last in, first out, because no Rust frame is
//! ever suspended or cut: whatever may be suspended returned to its *stub* before.
//!
//! - A **shim** stands before each runtime function that is not small. It records where the Lua code
//!   left (`exit_frame`, `exit_pc`, `lua_sp`), runs the Rust function on the system stack, and looks
//!   at the outcome.
//! - A **stub** is a frame on the Lua stack without Rust below it. It makes the calls that a runtime
//!   or library function asks for, and runs the continuations in between. All stubs have one layout,
//!   so one piece of code serves them:
//!
//!   ```text
//!   frame pointer ->  caller's frame pointer, return address
//!                     saved registers
//!                     StubFrame              at frame pointer - STUB_FRAME_BELOW
//!                     Record                 of a protected call
//!   stack pointer ->  saved registers for the record
//!   ```
//!
//! - A **trampoline** is a frame on the system stack under which Lua code runs on the Lua stack.
//! - A **coroutine's base** is at the top of its stack and ends it.
//!
//! A word at `system_sp` (on s390x, above the save area there) is always the context: a shim finds it
//! there when it comes back. The code addresses that a frame walk meets are [`Label`]s.
#![expect(unsafe_code, reason = "declares the assembly and is called by it")]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "s390x")]
mod s390x;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use abi::context::Context;
#[cfg(target_arch = "x86_64")]
use abi::context::Record;

use crate::call::{Results, Saved, Step};
use crate::error::Raised;
use crate::state::State;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::*;
#[cfg(target_arch = "s390x")]
pub(crate) use s390x::*;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;

// The assembly. The functions of the generic convention are never called from Rust: they are
// declared for their addresses.
unsafe extern "C" {
    /// What `ClosureHeader::code` of a library function is.
    pub(crate) fn pl_library_entry();
    /// What `ClosureHeader::code` of a function of tier 0 is.
    pub(crate) fn pl_tier0_entry();
    /// What `ClosureHeader::code` of `pcall` is.
    pub(crate) fn pl_pcall_entry();
    /// What `ClosureHeader::code` of `coroutine.yield` is.
    pub(crate) fn pl_yield_entry();
    /// What `ClosureHeader::code` of `coroutine.resume` is.
    pub(crate) fn pl_resume_entry();
    /// What `ClosureHeader::code` of a function made by `coroutine.wrap` is.
    pub(crate) fn pl_wrap_entry();
    /// Makes the call in `ctx.request` on the Lua stack, from `ctx.co.lua_sp` on, with its results in
    /// `ctx.result` and `ctx.rets`. Answers 1 when it threw: the error is in `ctx.error` then.
    pub(crate) fn pl_call_from_rust(ctx: *mut Context) -> u64;
    /// See [`call_again`].
    #[cfg(target_arch = "x86_64")]
    fn pl_call_again();
    /// Where such a record resumes.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn pl_call_again_caught();
    #[cfg(target_arch = "x86_64")]
    fn pl_call_again_return();
    pub(crate) fn pl_stub_return();
    pub(crate) fn pl_switched();
    fn pl_stub_return_protected();
    fn pl_pcall_return();
    fn pl_trampoline_return();
    fn pl_coroutine_return();
    pub(crate) fn pl_coroutine_start();
    pub(crate) fn pl_coroutine_caught();
}

/// What [`abi::object::ClosureHeader::code`] of a function of tier 0 is.
pub fn tier0_entry() -> u64 {
    pl_tier0_entry as *const () as u64
}

/// What a return address that is not in compiled code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// A stub, waiting for a call or in the runtime.
    Stub,
    /// A call from Rust.
    Trampoline,
    /// The base of a coroutine.
    CoroutineBase,
}

/// What `pc` is, when it is one of the assembly's.
pub(crate) fn label(pc: u64) -> Option<Label> {
    if pc == pl_stub_return as *const () as u64
        || pc == pl_stub_return_protected as *const () as u64
        || pc == pl_pcall_return as *const () as u64
    {
        Some(Label::Stub)
    } else if is_trampoline(pc) {
        Some(Label::Trampoline)
    } else if pc == pl_coroutine_return as *const () as u64 {
        Some(Label::CoroutineBase)
    } else {
        None
    }
}

/// Calls a function with two arguments, whose tags `desc` has, under a record that holds all but the
/// stack pointer. Answers the descriptor of the results, or all bits when it threw. The context is
/// left as the call left it.
///
/// # Safety
///
/// The closure is alive, this is the system stack, and the record says what was true when the running
/// library function was entered.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) unsafe fn call_again(
    ctx: *mut Context,
    record: *mut Record,
    desc: u64,
    payloads: [u64; 2],
    closure: u64,
) -> u64 {
    let results;
    // SAFETY: the assembly keeps what is not named here, and the caller promises the rest.
    unsafe {
        core::arch::asm!(
            "call {call}",
            call = sym pl_call_again,
            inlateout("rdi") ctx => _,
            inlateout("rsi") record => _,
            inlateout("rdx") desc => _,
            inlateout("rcx") payloads[0] => _,
            inlateout("r8") payloads[1] => _,
            inlateout("r9") closure => _,
            lateout("rax") results,
            lateout("r12") _,
            lateout("r13") _,
            lateout("r14") _,
            lateout("r15") _,
            clobber_abi("sysv64"),
        );
    }
    results
}

/// Whether `pc` is where a call from Rust returns to.
fn is_trampoline(pc: u64) -> bool {
    #[cfg(target_arch = "x86_64")]
    if pc == pl_call_again_return as *const () as u64 {
        return true;
    }
    pc == pl_trampoline_return as *const () as u64
}

/// Goes on after the fast path of `pcall`.
#[unsafe(no_mangle)]
fn pl_pcall_continuation(
    state: &mut State,
    saved: &mut Saved,
    results: Results,
) -> Result<Step<()>, Raised> {
    crate::stdlib::protected::after_protected(state, saved, results)
}

#[cfg(test)]
mod tests;
