//! The context: what compiled code, assembly and runtime share at run time. One per state; its
//! address is the first argument of every function.
//!
//! The words of [`CoroutineWords`] belong to the running coroutine and are exchanged by a switch.

use crate::value::RawValue;

/// Size classes of the bump allocator: class `n` has cells of `16 * n` bytes; class 0 is unused.
pub const SIZE_CLASSES: usize = 33;

/// The free run that class `n` allocates from. Inline allocation: `p = next; next = p + 16 * n`,
/// when that is not above `end`; else the slow path. A cell is zeroed before it is handed out to a
/// bump range, so an object's fields start as nil.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct BumpRange {
    /// The first free byte.
    pub next: u64,
    /// The end of the run.
    pub end: u64,
}

/// The words of the context that belong to the running coroutine.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct CoroutineWords {
    /// A prologue compares the stack pointer with this and calls `stack_overflow` when below.
    pub stack_limit: u64,
    /// The innermost [`Record`].
    pub record: u64,
    /// The compiled or stub frame that entered the runtime last: its frame pointer (s390x: its
    /// stack pointer). Written by every shim.
    pub exit_frame: u64,
    /// The return address into that frame.
    pub exit_pc: u64,
    /// The stack pointer at that exit: where a call from the runtime back into Lua continues to
    /// grow the Lua stack.
    pub lua_sp: u64,
    /// The value stack: varargs, arguments of library functions, the frames of tier 0.
    /// A pointer to [`RawValue`]s; may move when it grows.
    pub stack: u64,
    /// How many values of `stack` are in use. All of them are roots.
    pub stack_top: u64,
    /// How many values `stack` has room for.
    pub stack_capacity: u64,
    /// Pending to-be-closed variables: a pointer to [`RawValue`]s.
    pub tbc: u64,
    /// How many there are.
    pub tbc_top: u64,
    /// How many `tbc` has room for.
    pub tbc_capacity: u64,
    /// The running coroutine's thread object, which keeps what need not be exchanged.
    pub thread: u64,
}

/// A protected call, or another place where a throw stops. It lies on the machine stack in the
/// frame of the stub that made it; the registers that stub must restore lie beside it in an order
/// of the architecture's own.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The next outer record.
    pub previous: u64,
    /// One of [`record_kind`].
    pub kind: u64,
    /// The stack pointer to restore before jumping to `resume_pc`.
    pub sp: u64,
    /// Where a throw continues, with the context in the first argument register.
    pub resume_pc: u64,
    /// [`CoroutineWords::stack_top`] at entry.
    pub stack_top: u64,
    /// [`CoroutineWords::tbc_top`] at entry.
    pub tbc_top: u64,
    /// The message handler of the innermost xpcall at entry, or nil.
    pub handler: RawValue,
    /// Greater than zero where a yield was an error at entry.
    pub non_yieldable: u32,
    /// Nested native entries at entry.
    pub native_depth: u32,
    /// [`Context::system_sp`] at entry.
    pub system_sp: u64,
    /// [`CoroutineWords::exit_frame`] at entry.
    pub exit_frame: u64,
    /// [`CoroutineWords::exit_pc`] at entry.
    pub exit_pc: u64,
    /// [`CoroutineWords::lua_sp`] at entry.
    pub lua_sp: u64,
}

const _: () = assert!(size_of::<Record>() == 104);

/// What a [`Record`] stands for.
pub mod record_kind {
    /// `pcall` or `xpcall`, or the runtime's protected call of a `__close` handler.
    pub const PCALL: u64 = 1;
    /// A call from Rust into Lua: a throw becomes an `Err` there.
    pub const TRAMPOLINE: u64 = 2;
    /// The base of a coroutine: a throw ends it and switches to the resumer, the stack kept.
    pub const COROUTINE: u64 = 3;
}

/// What a runtime or library function answered ([`Context::outcome`]).
pub mod outcome {
    /// The result is there.
    pub const DONE: u32 = 0;
    /// [`super::Context::error`] is to be thrown.
    pub const RAISE: u32 = 1;
    /// [`super::Context::request`] is to be called, then its continuation.
    pub const CALL: u32 = 2;
    /// The machine is to switch to coroutine [`super::Context::switch_to`], and to go on with the
    /// continuation of `request` when somebody switches back.
    pub const SWITCH: u32 = 3;
    /// [`super::Context::request`] is to be entered by a tail call: the stub's frame goes away.
    /// Library functions and tier 0 only.
    pub const TAIL: u32 = 4;
}

/// What [`StubFrame::continuation`] is instead of the address of a Rust function. `values` and `aux`
/// mean nothing then.
pub mod continuation {
    /// The results of the call are the results, as they are.
    pub const NONE: u64 = 0;
    /// The result is the word 1 if the first result of the call is true, else 0.
    pub const TRUTH: u64 = 1;
    /// The result is the word 1 if the first result of the call is false or nil, else 0.
    pub const NOT_TRUTH: u64 = 2;
    /// The last of these.
    pub const LAST: u64 = NOT_TRUTH;
}

/// The part of a stub's frame that the runtime reads and writes: a library function in progress,
/// or a runtime function that waits for a call it requested.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StubFrame {
    /// The library function's closure, or 0 under a runtime function.
    pub closure: u64,
    /// The descriptor it was called with; under a runtime function [`CallRequest::event`].
    pub desc: u64,
    /// Where its arguments begin on the value stack, and what [`CoroutineWords::stack_top`] is set
    /// back to at the end.
    pub base: u64,
    /// How many arguments there are.
    pub count: u64,
    /// The Rust function to go on with once the requested call has returned, or one of
    /// [`continuation`].
    pub continuation: u64,
    /// Plain words for the continuation. While a library function starts, the payloads of its
    /// first three arguments.
    pub aux: [u64; 3],
    /// Values for the continuation. Roots.
    pub values: [RawValue; 4],
}

const _: () = assert!(size_of::<StubFrame>() == 128);

/// A call that the runtime asks its stub to make ([`outcome::CALL`]).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CallRequest {
    /// The callee, a closure.
    pub closure: u64,
    /// How it is called; arguments 3 and up are in [`Context::args`].
    pub desc: u64,
    /// The payloads of arguments 0 to 2.
    pub payloads: [u64; 3],
    /// [`StubFrame::continuation`] for the time of the call.
    pub continuation: u64,
    /// [`StubFrame::aux`] likewise.
    pub aux: [u64; 3],
    /// [`StubFrame::values`] likewise.
    pub values: [RawValue; 4],
    /// 1 when the call is protected: the stub makes a [`record_kind::PCALL`] record around it, and
    /// the continuation also runs after a throw, with [`Context::caught`] set.
    pub protected: u64,
    /// For a protected call the message handler during it.
    pub handler: RawValue,
    /// For error messages: the name of the metamethod that is called, a string object, or 0.
    pub event: u64,
}

/// The context. The collector, the tables and the libraries keep their own state behind it, in the
/// runtime's `State`, whose first field this is.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    /// The words of the running coroutine.
    pub co: CoroutineWords,

    /// Arguments by index, from 3 on ([`crate::call`]): a pointer to [`RawValue`]s.
    pub args: u64,
    /// Results by index, from 1 on.
    pub rets: u64,
    /// The number of arguments when `desc` says 255.
    pub arg_count: u64,
    /// The number of results when `rdesc` says 255.
    pub ret_count: u64,
    /// How many of `args` are roots just now; zero once consumed.
    pub arg_live: u64,
    /// How many of `rets` are roots just now; zero once consumed.
    pub ret_live: u64,
    /// How many values `args` and `rets` have room for.
    pub arg_capacity: u64,
    /// See `arg_capacity`.
    pub ret_capacity: u64,

    /// The tag of the value that a runtime function returned: the second word.
    pub value_tag: u64,
    /// One of [`outcome`]; set by runtime functions that can do other than return.
    pub outcome: u32,
    /// 1 when the continuation runs because the protected call threw `error`.
    pub caught: u32,
    /// The third value operand of a runtime function (the value of `set_index`, the step of a
    /// loop). Not a root by itself.
    pub operand: RawValue,
    /// Further results of a runtime function (`for_prep`). Not roots.
    pub scratch: [RawValue; 3],
    /// The error in flight. A root.
    pub error: RawValue,
    /// What [`outcome::CALL`] asks for.
    pub request: CallRequest,
    /// First result payload and result descriptor of a library function that is done.
    pub result: [u64; 2],
    /// The thread object that [`outcome::SWITCH`] goes to.
    pub switch_to: u64,

    /// Where the system stack continues: what a shim loads into the stack pointer.
    pub system_sp: u64,
    /// Not zero when a poll on a back edge has something to do (finalizers).
    pub poll: u32,
    /// Bumped when a method of a prototype table changes; method caches compare it.
    pub proto_epoch: u32,
    /// How many native entries may be nested before one goes through the runtime, which raises the
    /// error "C stack overflow" or, as none may be nested while [`Context::hooked`] is set, reports.
    pub native_limit: u32,
    /// The globals table.
    pub globals: u64,
    /// The free run of each size class.
    pub bump: [BumpRange; SIZE_CLASSES],
    /// Not zero while a coroutine has a debug hook: then library functions go through Rust, and
    /// report that they are called and return, and debuggable functions report their steps too.
    pub hooked: u32,
}
