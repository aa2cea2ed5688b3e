//! Coroutines: the thread object, and what resuming, yielding and closing do to it.

use abi::context::CoroutineWords;
use abi::object::ObjectHeader;

/// A coroutine. The words are those of [`abi::context::Context::co`] while it does not run.
#[repr(C)]
#[derive(Debug)]
pub struct Thread {
    /// `kind` is [`abi::object::kind::THREAD`].
    pub header: ObjectHeader,
    /// Meaningful while the coroutine is not running: see [`abi::context::Context::co`].
    pub words: CoroutineWords,
    /// The stack pointer it was switched away at.
    pub sp: u64,
    /// The lowest address of its machine stack, or 0 when it has none (yet, or any more).
    pub stack_base: u64,
    /// How long that is.
    pub stack_size: u64,
    /// The thread that resumed it, or 0.
    pub resumer: u64,
    /// [`Status`]
    pub status: u32,
    /// [`CoroutineWords::native_depth`] of everything below it.
    pub native_base: u32,
}

/// Where a coroutine stands.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Created or yielded.
    Suspended = 0,
    /// The one that runs.
    Running = 1,
    /// Has resumed another one.
    Normal = 2,
    /// Finished.
    Dead = 3,
    /// Ended by an error, which is kept on its value stack.
    Failed = 4,
}
