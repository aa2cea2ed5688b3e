//! s390x, the ELF ABI.
//!
//! The `tail` convention of compiled code has its arguments in r2 to r7 and its results in r2 and r3,
//! and preserves r8 to r13 and r15. Compiled functions keep the backchain; instead of a frame
//! pointer a frame is known by its stack pointer. A function saves its registers in the 160 bytes
//! that its caller has for that at its stack pointer, its return address at 112 there.
//!
//! A stub keeps the context in r13.

use core::arch::global_asm;
use core::mem::offset_of;

use abi::call::TAIL_CALLED;
use abi::context::{CallRequest, Context, CoroutineWords, Record, StubFrame, outcome, record_kind};
use abi::object::ClosureHeader;

use crate::coroutine::{Nesting, ThreadHeader};

/// A stub's [`StubFrame`] is this far above its stack pointer, behind the save area.
const FRAME_ABOVE: u64 = 160;
/// A stub's [`Record`] is this far above its stack pointer. Behind it are f8 to f15.
const RECORD_ABOVE: u64 = 288;
/// The size of a stub's frame.
const STUB_SIZE: u64 = 456;
/// How far a fresh coroutine's stack pointer is below its base record: a save area.
pub(crate) const COROUTINE_START_BELOW: u64 = 160;

/// The [`StubFrame`] of the stub with this stack pointer.
pub(crate) fn stub_frame(frame: u64) -> u64 {
    frame + FRAME_ABOVE
}

/// The stack pointer at the call that a compiled frame is in.
pub(crate) fn stack_pointer_of(frame: u64, _frame_size: u32) -> u64 {
    frame
}

/// The frame that called `frame`, and the return address into it.
///
/// # Safety
///
/// `frame` is a live frame that keeps the chain.
pub(crate) unsafe fn caller_of(frame: u64) -> (u64, u64) {
    // SAFETY: as the caller promises: the backchain, and where r14 is saved.
    unsafe {
        let caller = *(frame as *const u64);
        (caller, *((caller + 112) as *const u64))
    }
}

/// The shim of a runtime function.
macro_rules! shim {
    ($name:ident) => {
        core::arch::global_asm!(
            concat!(".pushsection .text.pl_", stringify!($name), ",\"ax\",@progbits"),
            ".p2align 4",
            concat!(".globl pl_", stringify!($name)),
            concat!(".type pl_", stringify!($name), ",@function"),
            concat!("pl_", stringify!($name), ":"),
            "stg %r14, {exit_pc}(%r2)",
            "stg %r15, {exit_frame}(%r2)",
            "stg %r15, {lua_sp}(%r2)",
            "lg %r15, {system_sp}(%r2)",
            concat!("brasl %r14, pl_", stringify!($name), "_impl"),
            "lg %r1, 160(%r15)",
            "lg %r15, {lua_sp}(%r1)",
            "lg %r14, {exit_pc}(%r1)",
            "chsi {outcome}(%r1), 0",
            "jgne pl_stub",
            "br %r14",
            concat!(".size pl_", stringify!($name), ", . - pl_", stringify!($name)),
            ".popsection",
            exit_pc = const core::mem::offset_of!(abi::context::Context, co.exit_pc),
            exit_frame = const core::mem::offset_of!(abi::context::Context, co.exit_frame),
            lua_sp = const core::mem::offset_of!(abi::context::Context, co.lua_sp),
            system_sp = const core::mem::offset_of!(abi::context::Context, system_sp),
            outcome = const core::mem::offset_of!(abi::context::Context, outcome),
        );
    };
}
pub(crate) use shim;

global_asm!(
    ".pushsection .text.pl_machine,\"ax\",@progbits",
    ".hidden pl_stub",
    ".globl pl_stub, pl_throw, pl_library_entry, pl_tier0_entry, pl_pcall_entry, pl_call_value",
    ".globl pl_yield_entry, pl_resume_entry, pl_wrap_entry",
    ".globl pl_call_from_rust, pl_coroutine_start, pl_coroutine_caught",
    ".globl pl_stub_return, pl_stub_return_protected, pl_pcall_return, pl_trampoline_return",
    ".globl pl_coroutine_return, pl_switched",
    // There are no fast paths here.
    ".set pl_pcall_entry, pl_library_entry",
    ".set pl_yield_entry, pl_library_entry",
    ".set pl_resume_entry, pl_library_entry",
    ".set pl_wrap_entry, pl_library_entry",
    ".set pl_pcall_return, pl_stub_return_protected",

    // A runtime function answered other than DONE. r1: context; r14, r15: as in the compiled caller.
    ".p2align 4",
    "pl_stub:",
    "chsi {outcome}(%r1), {CALL}",
    "jge 1f",
    "lgr %r2, %r1",
    "jg pl_throw",
    "1:",
    "stmg %r6, %r15, 48(%r15)",
    "lgr %r0, %r15",
    "aghi %r15, -{STUB_SIZE}",
    "stg %r0, 0(%r15)",
    "lgr %r13, %r1",
    "lg %r0, {request_event}(%r13)",
    "lg %r1, {stack_top}(%r13)",
    "mvghi {FRAME} + {frame_closure}(%r15), 0",
    "stg %r0, {FRAME} + {frame_desc}(%r15)",
    "stg %r1, {FRAME} + {frame_base}(%r15)",
    "mvghi {FRAME} + {frame_count}(%r15), 0",

    // A stub makes the call in the request. r13: context; r15: the stub's frame.
    "2:",
    "mvhi {outcome}(%r13), {DONE}",
    "mvc {FRAME} + {frame_continuation}(96, %r15), {request_continuation}(%r13)",
    "lg %r3, {request_closure}(%r13)",
    "lg %r4, {request_desc}(%r13)",
    "lg %r5, {request_payloads}(%r13)",
    "lg %r6, {request_payloads} + 8(%r13)",
    "lg %r7, {request_payloads} + 16(%r13)",
    "lgr %r2, %r13",
    "cghsi {request_protected}(%r13), 0",
    "jgne 5f",
    "lg %r1, {code}(%r3)",
    "basr %r14, %r1",
    "pl_stub_return:",

    // The call returned r2 and r3: go on with the continuation, if there is one.
    "3:",
    "cghsi {FRAME} + {frame_continuation}(%r15), 0",
    "jgne 4f",
    "30:",
    "lg %r1, {FRAME} + {frame_base}(%r15)",
    "stg %r1, {stack_top}(%r13)",
    "srlg %r1, %r3, 8",
    "llgcr %r1, %r1",
    "stg %r1, {value_tag}(%r13)",
    "lmg %r6, %r15, {STUB_SIZE} + 48(%r15)",
    "br %r14",
    "4:",
    "larl %r1, pl_stub_return",
    "stg %r1, {exit_pc}(%r13)",
    "stg %r15, {exit_frame}(%r13)",
    "stg %r15, {lua_sp}(%r13)",
    "lgr %r4, %r2",
    "lgr %r5, %r3",
    "lgr %r2, %r13",
    "la %r3, {FRAME}(%r15)",
    "lg %r15, {system_sp}(%r13)",
    "brasl %r14, pl_continue",
    "lg %r15, {lua_sp}(%r13)",

    // What a library function or a continuation answered.
    "40:",
    "l %r1, {outcome}(%r13)",
    "chi %r1, {DONE}",
    "jgne 41f",
    "lg %r2, {result}(%r13)",
    "lg %r3, {result} + 8(%r13)",
    "jg 30b",
    "41:",
    "chi %r1, {CALL}",
    "jge 2b",
    "chi %r1, {SWITCH}",
    "jge 7f",
    "chi %r1, {TAIL}",
    "jge 6f",
    "lgr %r2, %r13",
    "jg pl_throw",

    // The call is protected: a record around it. Argument registers are loaded. The caller's r6 to
    // r15 are in its save area already.
    "5:",
    "std %f8, {FLOATS}(%r15)",
    "std %f9, {FLOATS} + 8(%r15)",
    "std %f10, {FLOATS} + 16(%r15)",
    "std %f11, {FLOATS} + 24(%r15)",
    "std %f12, {FLOATS} + 32(%r15)",
    "std %f13, {FLOATS} + 40(%r15)",
    "std %f14, {FLOATS} + 48(%r15)",
    "std %f15, {FLOATS} + 56(%r15)",
    "mvc {RECORD} + {record_previous}(8, %r15), {record}(%r13)",
    "mvghi {RECORD} + {record_kind}(%r15), {PCALL}",
    "stg %r15, {RECORD} + {record_sp}(%r15)",
    "larl %r1, 52f",
    "stg %r1, {RECORD} + {record_resume_pc}(%r15)",
    "mvc {RECORD} + {record_stack_top}(8, %r15), {stack_top}(%r13)",
    "mvc {RECORD} + {record_tbc_top}(8, %r15), {tbc_top}(%r13)",
    "lg %r1, {thread}(%r13)",
    "mvc {RECORD} + {record_handler}(16, %r15), {handler}(%r1)",
    "mvc {handler}(16, %r1), {request_handler}(%r13)",
    "mvc {RECORD} + {record_non_yieldable}(8, %r15), {non_yieldable}(%r1)",
    "asi {native_depth}(%r1), 1",
    "la %r1, {RECORD}(%r15)",
    "stg %r1, {record}(%r13)",
    "lg %r1, {code}(%r3)",
    "basr %r14, %r1",
    "pl_stub_return_protected:",
    "mvc {record}(8, %r13), {RECORD} + {record_previous}(%r15)",
    "lg %r1, {thread}(%r13)",
    "mvc {handler}(16, %r1), {RECORD} + {record_handler}(%r15)",
    "mvc {non_yieldable}(8, %r1), {RECORD} + {record_non_yieldable}(%r15)",
    "mvhi {caught}(%r13), 0",
    "jg 3b",
    // It threw. r2: context; r15: as in the record.
    "52:",
    "lgr %r13, %r2",
    "ld %f8, {FLOATS}(%r15)",
    "ld %f9, {FLOATS} + 8(%r15)",
    "ld %f10, {FLOATS} + 16(%r15)",
    "ld %f11, {FLOATS} + 24(%r15)",
    "ld %f12, {FLOATS} + 32(%r15)",
    "ld %f13, {FLOATS} + 40(%r15)",
    "ld %f14, {FLOATS} + 48(%r15)",
    "ld %f15, {FLOATS} + 56(%r15)",
    "mvhi {caught}(%r13), 1",
    "lghi %r2, 0",
    "lghi %r3, 0",
    "jg 3b",

    // A tail call: the stub's frame goes away.
    "6:",
    "mvhi {outcome}(%r13), {DONE}",
    "lg %r1, {FRAME} + {frame_base}(%r15)",
    "stg %r1, {stack_top}(%r13)",
    "lgr %r2, %r13",
    "lg %r3, {request_closure}(%r2)",
    "lg %r4, {request_desc}(%r2)",
    "lg %r5, {request_payloads}(%r2)",
    "lg %r6, {request_payloads} + 8(%r2)",
    "lg %r7, {request_payloads} + 16(%r2)",
    "lg %r1, {code}(%r3)",
    "lmg %r8, %r15, {STUB_SIZE} + 64(%r15)",
    "br %r1",

    // Switches to the coroutine in `switch_to`. What comes back finds its results in `result`.
    "7:",
    "mvc {FRAME} + {frame_continuation}(8, %r15), {request_continuation}(%r13)",
    "std %f8, {FLOATS}(%r15)",
    "std %f9, {FLOATS} + 8(%r15)",
    "std %f10, {FLOATS} + 16(%r15)",
    "std %f11, {FLOATS} + 24(%r15)",
    "std %f12, {FLOATS} + 32(%r15)",
    "std %f13, {FLOATS} + 40(%r15)",
    "std %f14, {FLOATS} + 48(%r15)",
    "std %f15, {FLOATS} + 56(%r15)",
    "larl %r3, 75f",
    // A coroutine that ends goes on from here.
    "70:",
    "lg %r1, {thread}(%r13)",
    "stg %r15, {thread_sp}(%r1)",
    "stg %r3, {thread_pc}(%r1)",
    "mvc {thread_words}({WORDS}, %r1), {co}(%r13)",
    "lg %r1, {switch_to}(%r13)",
    "mvc {co}({WORDS}, %r13), {thread_words}(%r1)",
    "mvhi {outcome}(%r13), {DONE}",
    "lgr %r2, %r13",
    "lg %r15, {thread_sp}(%r1)",
    "lg %r1, {thread_pc}(%r1)",
    "br %r1",
    "75:",
    "pl_switched:",
    "lgr %r13, %r2",
    "ld %f8, {FLOATS}(%r15)",
    "ld %f9, {FLOATS} + 8(%r15)",
    "ld %f10, {FLOATS} + 16(%r15)",
    "ld %f11, {FLOATS} + 24(%r15)",
    "ld %f12, {FLOATS} + 32(%r15)",
    "ld %f13, {FLOATS} + 40(%r15)",
    "ld %f14, {FLOATS} + 48(%r15)",
    "ld %f15, {FLOATS} + 56(%r15)",
    "lg %r2, {result}(%r13)",
    "lg %r3, {result} + 8(%r13)",
    "jg 3b",

    // Throws `error`. r2: context; the exit words are set.
    ".p2align 4",
    "pl_throw:",
    "lg %r15, {system_sp}(%r2)",
    "brasl %r14, pl_throw_prepare",
    "lg %r1, 160(%r15)",
    "lg %r15, {record_sp}(%r2)",
    "lg %r3, {record_resume_pc}(%r2)",
    "lgr %r2, %r1",
    "br %r3",

    // A call of a library function, or of a function of tier 0. Generic convention.
    ".p2align 4",
    "pl_library_entry:",
    "larl %r1, pl_library_call",
    "j 8f",
    ".p2align 4",
    "pl_tier0_entry:",
    "larl %r1, pl_tier0_call",
    "8:",
    "stmg %r6, %r15, 48(%r15)",
    "lgr %r0, %r15",
    "aghi %r15, -{STUB_SIZE}",
    "stg %r0, 0(%r15)",
    "lgr %r13, %r2",
    "stg %r3, {FRAME} + {frame_closure}(%r15)",
    "stg %r4, {FRAME} + {frame_desc}(%r15)",
    "stg %r5, {FRAME} + {frame_aux}(%r15)",
    "stg %r6, {FRAME} + {frame_aux} + 8(%r15)",
    "stg %r7, {FRAME} + {frame_aux} + 16(%r15)",
    "mvghi {FRAME} + {frame_continuation}(%r15), 0",
    "larl %r3, pl_stub_return",
    "stg %r3, {exit_pc}(%r13)",
    "stg %r15, {exit_frame}(%r13)",
    "stg %r15, {lua_sp}(%r13)",
    "la %r3, {FRAME}(%r15)",
    "lg %r15, {system_sp}(%r13)",
    "basr %r14, %r1",
    "lg %r15, {lua_sp}(%r13)",
    "jg 40b",

    // A call of something that is no function: r3 has its payload, `value_tag` its tag.
    ".p2align 4",
    "pl_call_value:",
    "stg %r14, {exit_pc}(%r2)",
    "stg %r15, {exit_frame}(%r2)",
    "stg %r15, {lua_sp}(%r2)",
    "stg %r4, {request_desc}(%r2)",
    "stg %r5, {request_payloads}(%r2)",
    "stg %r6, {request_payloads} + 8(%r2)",
    "stg %r7, {request_payloads} + 16(%r2)",
    "lg %r15, {system_sp}(%r2)",
    "brasl %r14, pl_resolve_call",
    "lg %r1, 160(%r15)",
    "lg %r15, {lua_sp}(%r1)",
    "lg %r14, {exit_pc}(%r1)",
    "chsi {outcome}(%r1), 0",
    "jgne 9f",
    "lg %r4, {request_desc}(%r1)",
    // For a tail call the caller itself goes on from here.
    "tmlh %r4, 0x8000",
    "jgne 19f",
    "lgr %r3, %r2",
    "lgr %r2, %r1",
    "lg %r5, {request_payloads}(%r2)",
    "lg %r6, {request_payloads} + 8(%r2)",
    "lg %r7, {request_payloads} + 16(%r2)",
    "lg %r1, {code}(%r3)",
    "br %r1",
    "19:",
    "lgr %r3, %r4",
    "br %r14",
    "9:",
    "lgr %r2, %r1",
    "jg pl_throw",

    // extern "C" fn pl_call_from_rust(ctx) -> u64
    ".p2align 4",
    "pl_call_from_rust:",
    "stmg %r6, %r15, 48(%r15)",
    "lgr %r0, %r15",
    "aghi %r15, -336",
    "stg %r0, 0(%r15)",
    // The context behind the save area, for shims; the record behind it, then the floats.
    "stg %r2, 160(%r15)",
    "std %f8, 272(%r15)",
    "std %f9, 280(%r15)",
    "std %f10, 288(%r15)",
    "std %f11, 296(%r15)",
    "std %f12, 304(%r15)",
    "std %f13, 312(%r15)",
    "std %f14, 320(%r15)",
    "std %f15, 328(%r15)",
    "lgr %r13, %r2",
    "mvc 168 + {record_previous}(8, %r15), {record}(%r13)",
    "mvghi 168 + {record_kind}(%r15), {TRAMPOLINE}",
    "stg %r15, 168 + {record_sp}(%r15)",
    "larl %r1, 82f",
    "stg %r1, 168 + {record_resume_pc}(%r15)",
    "mvc 168 + {record_stack_top}(8, %r15), {stack_top}(%r13)",
    "mvc 168 + {record_tbc_top}(8, %r15), {tbc_top}(%r13)",
    "lg %r1, {thread}(%r13)",
    "mvc 168 + {record_handler}(16, %r15), {handler}(%r1)",
    "mvc 168 + {record_non_yieldable}(8, %r15), {non_yieldable}(%r1)",
    "mvc 168 + {record_system_sp}(8, %r15), {system_sp}(%r13)",
    "mvc 168 + {record_exit_frame}(8, %r15), {exit_frame}(%r13)",
    "mvc 168 + {record_exit_pc}(8, %r15), {exit_pc}(%r13)",
    "mvc 168 + {record_lua_sp}(8, %r15), {lua_sp}(%r13)",
    "la %r1, 168(%r15)",
    "stg %r1, {record}(%r13)",
    "stg %r15, {system_sp}(%r13)",
    "mvhi {outcome}(%r13), {DONE}",
    "lg %r15, {lua_sp}(%r13)",
    "nill %r15, 0xfff8",
    "aghi %r15, -160",
    "mvghi 0(%r15), 0",
    "lgr %r2, %r13",
    "lg %r3, {request_closure}(%r13)",
    "lg %r4, {request_desc}(%r13)",
    "lg %r5, {request_payloads}(%r13)",
    "lg %r6, {request_payloads} + 8(%r13)",
    "lg %r7, {request_payloads} + 16(%r13)",
    "lg %r1, {code}(%r3)",
    "basr %r14, %r1",
    "pl_trampoline_return:",
    "stg %r2, {result}(%r13)",
    "stg %r3, {result} + 8(%r13)",
    "lg %r15, {system_sp}(%r13)",
    "lghi %r2, 0",
    "81:",
    "mvc {record}(8, %r13), 168 + {record_previous}(%r15)",
    "lg %r1, {thread}(%r13)",
    "mvc {non_yieldable}(8, %r1), 168 + {record_non_yieldable}(%r15)",
    "mvc {system_sp}(8, %r13), 168 + {record_system_sp}(%r15)",
    "mvc {exit_frame}(8, %r13), 168 + {record_exit_frame}(%r15)",
    "mvc {exit_pc}(8, %r13), 168 + {record_exit_pc}(%r15)",
    "mvc {lua_sp}(8, %r13), 168 + {record_lua_sp}(%r15)",
    "ld %f8, 272(%r15)",
    "ld %f9, 280(%r15)",
    "ld %f10, 288(%r15)",
    "ld %f11, 296(%r15)",
    "ld %f12, 304(%r15)",
    "ld %f13, 312(%r15)",
    "ld %f14, 320(%r15)",
    "ld %f15, 328(%r15)",
    "lmg %r6, %r15, 336 + 48(%r15)",
    "br %r14",
    // It threw. r2: context; r15: as in the record.
    "82:",
    "lgr %r13, %r2",
    "lghi %r2, 1",
    "jg 81b",

    // The first switch to a coroutine arrives here. r2: context; r15: below its base record.
    // What it is to call is in the request.
    ".p2align 4",
    "pl_coroutine_start:",
    "mvghi 0(%r15), 0",
    "lgr %r13, %r2",
    "lg %r3, {request_closure}(%r13)",
    "lg %r4, {request_desc}(%r13)",
    "lg %r5, {request_payloads}(%r13)",
    "lg %r6, {request_payloads} + 8(%r13)",
    "lg %r7, {request_payloads} + 16(%r13)",
    "lg %r1, {code}(%r3)",
    "basr %r14, %r1",
    "pl_coroutine_return:",
    "stg %r2, {result}(%r13)",
    "stg %r3, {result} + 8(%r13)",
    "larl %r1, pl_coroutine_return",
    "stg %r1, {exit_pc}(%r13)",
    "lgr %r2, %r13",
    "lg %r15, {system_sp}(%r13)",
    "brasl %r14, pl_coroutine_finish",
    "jg 70b",
    // It threw. r2: context.
    "pl_coroutine_caught:",
    "lgr %r13, %r2",
    "lg %r15, {system_sp}(%r13)",
    "brasl %r14, pl_coroutine_fail",
    "jg 70b",
    ".popsection",
    WORDS = const size_of::<CoroutineWords>(),
    FRAME = const FRAME_ABOVE,
    RECORD = const RECORD_ABOVE,
    FLOATS = const RECORD_ABOVE + 104,
    STUB_SIZE = const STUB_SIZE,
    CALL = const outcome::CALL,
    DONE = const outcome::DONE,
    SWITCH = const outcome::SWITCH,
    TAIL = const outcome::TAIL,
    PCALL = const record_kind::PCALL,
    TRAMPOLINE = const record_kind::TRAMPOLINE,
    co = const offset_of!(Context, co),
    record = const offset_of!(Context, co.record),
    exit_frame = const offset_of!(Context, co.exit_frame),
    exit_pc = const offset_of!(Context, co.exit_pc),
    lua_sp = const offset_of!(Context, co.lua_sp),
    stack_top = const offset_of!(Context, co.stack_top),
    tbc_top = const offset_of!(Context, co.tbc_top),
    handler = const offset_of!(ThreadHeader, nesting.handler),
    thread = const offset_of!(Context, co.thread),
    non_yieldable = const offset_of!(ThreadHeader, nesting.non_yieldable),
    native_depth = const offset_of!(ThreadHeader, nesting.native_depth),
    value_tag = const offset_of!(Context, value_tag),
    outcome = const offset_of!(Context, outcome),
    caught = const offset_of!(Context, caught),
    result = const offset_of!(Context, result),
    switch_to = const offset_of!(Context, switch_to),
    system_sp = const offset_of!(Context, system_sp),
    request_closure = const offset_of!(Context, request.closure),
    request_desc = const offset_of!(Context, request.desc),
    request_payloads = const offset_of!(Context, request.payloads),
    request_continuation = const offset_of!(Context, request.continuation),
    request_protected = const offset_of!(Context, request.protected),
    request_handler = const offset_of!(Context, request.handler),
    request_event = const offset_of!(Context, request.event),
    frame_closure = const offset_of!(StubFrame, closure),
    frame_desc = const offset_of!(StubFrame, desc),
    frame_base = const offset_of!(StubFrame, base),
    frame_count = const offset_of!(StubFrame, count),
    frame_continuation = const offset_of!(StubFrame, continuation),
    frame_aux = const offset_of!(StubFrame, aux),
    record_previous = const offset_of!(Record, previous),
    record_kind = const offset_of!(Record, kind),
    record_sp = const offset_of!(Record, sp),
    record_resume_pc = const offset_of!(Record, resume_pc),
    record_stack_top = const offset_of!(Record, stack_top),
    record_tbc_top = const offset_of!(Record, tbc_top),
    record_handler = const offset_of!(Record, handler),
    record_non_yieldable = const offset_of!(Record, non_yieldable),
    record_system_sp = const offset_of!(Record, system_sp),
    record_exit_frame = const offset_of!(Record, exit_frame),
    record_exit_pc = const offset_of!(Record, exit_pc),
    record_lua_sp = const offset_of!(Record, lua_sp),
    thread_sp = const offset_of!(ThreadHeader, sp),
    thread_pc = const offset_of!(ThreadHeader, pc),
    thread_words = const offset_of!(ThreadHeader, words),
    code = const offset_of!(ClosureHeader, code),
);

// What the code above tests as the upper half of the low word.
const _: () = assert!(TAIL_CALLED == 0x8000 << 16);

// What the code above copies in blocks, and what it takes to lie side by side.
const _: () = {
    assert!(size_of::<CoroutineWords>() == 96);
    assert!(offset_of!(StubFrame, values) + 64 == offset_of!(StubFrame, continuation) + 96);
    assert!(
        offset_of!(CallRequest, values) + 64 == offset_of!(CallRequest, continuation) + 96
            && offset_of!(CallRequest, aux) == offset_of!(CallRequest, continuation) + 8
    );
    assert!(
        offset_of!(Nesting, native_depth) == offset_of!(Nesting, non_yieldable) + 4
            && offset_of!(Record, native_depth) == offset_of!(Record, non_yieldable) + 4
    );
};
