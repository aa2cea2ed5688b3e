//! The generic calling convention: one signature for every function value.
//!
//! ```text
//! entry(ctx, closure, desc, p0, p1, p2) -> (r0, rdesc)        CLIF convention `tail`
//!
//! desc   bits 0-7    number of arguments; 255: it is in ctx.arg_count (then 255 or more)
//!        bits 8-15   tag of argument 0, or nil when there is none
//!        bits 16-23  tag of argument 1, likewise
//!        bits 24-30  tag of argument 2, likewise
//!        bit 31      the function is entered by a tail call (for tracebacks only)
//!        bits 32-63  zero; reserved
//! p0-p2  payloads of arguments 0 to 2; meaningless where there is none
//! rdesc  bits 0-7    number of results; 255: it is in ctx.ret_count (then 255 or more)
//!        bits 8-15   tag of result 0, or nil when there is none
//!        bits 16-63  zero; reserved
//! r0     payload of result 0; zero when there is none
//! ```
//!
//! Argument `i`, from 3 on, is `ctx.args[i]`; result `i`, from 1 on, is `ctx.rets[i]`. The places
//! below those (`args[0..3]`, `rets[0]`) are scratch, in which open lists are staged whole. A callee
//! takes its arguments out of the buffer before anything else can happen, a caller its results, so
//! neither buffer holds anything at a safepoint; runtime functions that need them across one say
//! so in `arg_live` and `ret_live`.
//!
//! One compare of `desc` checks the arity and the types of the first three arguments.

/// The count in a descriptor that says: look into the context.
pub const COUNT_IN_CONTEXT: u64 = 255;
/// The bits of a descriptor that hold the count.
pub const COUNT_MASK: u64 = 0xff;
/// Arguments that travel in registers.
pub const REGISTER_ARGS: usize = 3;
/// Set in `desc` by a tail call.
pub const TAIL_CALLED: u64 = 1 << 31;
/// The bits of a tag inside a descriptor, once shifted down.
pub const TAG_MASK: u64 = 0x7f;
/// How many arguments or results the buffers have room for without growing: enough for all but
/// absurd lists in a program's text, for which code asks (`reserve_lists`).
pub const BUFFER_MINIMUM: usize = 512;

/// The shift that brings the tag of argument `index` (0 to 2) down.
pub const fn arg_tag_shift(index: usize) -> u32 {
    8 + 8 * index as u32
}

/// The descriptor of a call with `count` arguments whose first tags are `tags`.
pub const fn desc(count: usize, tags: [u8; 3]) -> u64 {
    let count = if count < COUNT_IN_CONTEXT as usize { count as u64 } else { COUNT_IN_CONTEXT };
    count | (tags[0] as u64) << 8 | (tags[1] as u64) << 16 | (tags[2] as u64) << 24
}

/// The descriptor of `count` results of which the first has tag `tag`.
pub const fn ret_desc(count: usize, tag: u8) -> u64 {
    let count = if count < COUNT_IN_CONTEXT as usize { count as u64 } else { COUNT_IN_CONTEXT };
    count | (tag as u64) << 8
}
