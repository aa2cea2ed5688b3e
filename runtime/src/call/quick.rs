//! Quick forms of library functions: for the usual arguments, without a frame.
//!
//! A quick form runs on the stack of the Lua function that calls it, between two of its
//! instructions as it were: it is no safepoint (it makes an object only where there is one at hand),
//! raises nothing, calls nothing, and needs little stack. Whatever would take more it leaves to the function proper, by answering `None` before it
//! has changed anything.

use abi::call::{COUNT_MASK, REGISTER_ARGS, TAG_MASK, arg_tag_shift, desc, ret_desc};
use abi::context::Context;
use abi::object::ClosureHeader;
use abi::value::RawValue;

use super::Results;
use super::library::StaticProto;
use crate::closure::Closure;
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// A quick form.
pub type QuickFn = fn(&mut Quick<'_>) -> Quickly;
/// Its answer: the results, or `None` to have the function itself called.
pub type Quickly = Option<Done>;

/// The longest list of arguments or results that quick forms deal with.
const LONGEST: usize = 200;

/// Results, of which all but the first are in the buffer of results.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    first: Value,
    count: usize,
}

/// What a quick form sees.
pub struct Quick<'a> {
    /// The state.
    pub state: &'a mut State,
    closure: Gc<Closure>,
    desc: u64,
    payloads: [u64; REGISTER_ARGS],
}

impl core::fmt::Debug for Quick<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "call with {} arguments", self.count())
    }
}

impl Quick<'_> {
    /// The number of arguments.
    #[inline(always)]
    pub fn count(&self) -> usize {
        (self.desc & COUNT_MASK) as usize
    }

    /// An argument, counted from 1; nil where there is none.
    #[inline(always)]
    pub fn arg(&self, index: usize) -> Value {
        let index = index - 1;
        if index >= self.count() {
            return Value::NIL;
        }
        if index < REGISTER_ARGS {
            let tag = (self.desc >> arg_tag_shift(index)) & TAG_MASK;
            let raw = RawValue { payload: self.payloads[index], tag };
            // SAFETY: the words of an argument are a value.
            return unsafe { Value::from_raw(raw) };
        }
        // SAFETY: the caller has put as many arguments into the buffer as the descriptor says.
        unsafe { Value::from_raw(*(self.state.ctx.args as *const RawValue).add(index)) }
    }

    /// The function.
    #[inline(always)]
    pub fn closure(&self) -> Gc<Closure> {
        self.closure
    }

    /// No results.
    #[inline(always)]
    pub fn ret0(&self) -> Quickly {
        Some(Done { first: Value::NIL, count: 0 })
    }

    /// One result.
    #[inline(always)]
    pub fn ret1(&self, first: Value) -> Quickly {
        Some(Done { first, count: 1 })
    }

    /// Two results.
    #[inline(always)]
    pub fn ret2(&mut self, first: Value, second: Value) -> Quickly {
        self.state.set_ret(1, second);
        Some(Done { first, count: 2 })
    }

    /// Three results.
    #[inline(always)]
    pub fn ret3(&mut self, first: Value, second: Value, third: Value) -> Quickly {
        self.state.set_ret(1, second);
        self.state.set_ret(2, third);
        Some(Done { first, count: 3 })
    }

    /// As many results as `count`, each given by its number from 0.
    #[inline(always)]
    pub fn ret_each(&mut self, count: usize, value: impl Fn(&Self, usize) -> Value) -> Quickly {
        if count == 0 {
            return self.ret0();
        }
        if count > LONGEST {
            return None;
        }
        for index in 1..count {
            let value = value(self, index);
            self.state.set_ret(index, value);
        }
        Some(Done { first: value(self, 0), count })
    }
}

/// Two words that are returned in registers.
#[repr(C)]
struct Words(u64, u64);

impl State {
    /// Calls a function by its quick form, if it has one that takes these arguments, of which there
    /// are as many as registers at most.
    pub fn call_quickly(&mut self, function: Gc<Closure>, args: &[Value]) -> Option<Results> {
        if !function.proto().is_library() || self.ctx.poll != 0 || self.ctx.hooked != 0 {
            return None;
        }
        // SAFETY: the prototypes of library functions are static.
        let proto = unsafe { &*(function.proto().address() as *const StaticProto) };
        let quick = proto.quick()?;
        let (mut tags, mut payloads) = ([0; REGISTER_ARGS], [0; REGISTER_ARGS]);
        for (value, (tag, payload)) in args.iter().zip(tags.iter_mut().zip(&mut payloads)) {
            (*tag, *payload) = (value.tag(), value.payload());
        }
        let desc = desc(args.len(), tags);
        let Done { first, count } =
            quick(&mut Quick { state: self, closure: function, desc, payloads })?;
        Some(Results { first, count })
    }
}

/// What no result descriptor is.
const NOT_DONE: u64 = u64::MAX;

/// Tries the quick form of a library function: `r0` and `rdesc`, or [`NOT_DONE`].
///
/// # Safety
///
/// Called by the entry below, with what it was called with.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "the entry is not there"))]
unsafe extern "C" fn try_quickly(
    ctx: *mut Context,
    closure: *const ClosureHeader,
    desc: u64,
    p0: u64,
    p1: u64,
    p2: u64,
) -> Words {
    // SAFETY: the closures with this entry are alive and have a static prototype.
    let (state, proto, closure) = unsafe {
        let proto = &*((*closure).proto as *const StaticProto);
        (State::from_context(ctx), proto, Gc::from_raw(closure as u64))
    };
    // Finalizers run in the function proper, and hooks hear of that alone.
    if desc & COUNT_MASK <= LONGEST as u64
        && state.ctx.poll == 0
        && state.ctx.hooked == 0
        && let Some(function) = proto.quick()
        && let Some(done) = function(&mut Quick { state, closure, desc, payloads: [p0, p1, p2] })
    {
        return Words(done.first.payload(), ret_desc(done.count, done.first.tag()));
    }
    Words(0, NOT_DONE)
}

#[cfg(not(target_arch = "x86_64"))]
pub const QUICK_ENTRY: super::Entry = super::LIBRARY_ENTRY;

/// The entry of library functions that have a quick form. The convention of compiled code has its
/// arguments where C has them, and its second result in rcx.
#[cfg(target_arch = "x86_64")]
pub const QUICK_ENTRY: super::Entry = pl_quick_entry;

#[cfg(target_arch = "x86_64")]
unsafe extern "C" {
    fn pl_quick_entry();
}

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(
    ".pushsection .text.pl_quick_entry,\"ax\",@progbits",
    ".p2align 4",
    ".globl pl_quick_entry",
    ".hidden pl_quick_entry",
    ".type pl_quick_entry,@function",
    "pl_quick_entry:",
    "push r9",
    "push r8",
    "push rcx",
    "push rdx",
    "push rsi",
    "push rdi",
    "sub rsp, 8",
    "call {try_quickly}",
    "mov rcx, rdx",
    "cmp rdx, -1",
    "je 2f",
    "add rsp, 56",
    "ret",
    "2:",
    "add rsp, 8",
    "pop rdi",
    "pop rsi",
    "pop rdx",
    "pop rcx",
    "pop r8",
    "pop r9",
    "jmp pl_library_entry",
    ".size pl_quick_entry, . - pl_quick_entry",
    ".popsection",
    try_quickly = sym try_quickly,
);
