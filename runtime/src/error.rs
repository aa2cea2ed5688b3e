//! Raising errors: the token that travels by `?`, and what happens when it reaches the edge.
//!
//! A raise inside the runtime is a `Result`. The error value itself lies in the context, where the
//! collector sees it; [`Raised`] only says that it is there. The outermost edge, in `entry.rs` or
//! `call.rs`, leaves it to the stub, whose assembly throws once every Rust frame has returned.
//!
//! A throw runs the message handler of an `xpcall` on top of the frame that erred, then cuts the
//! stack back to the innermost record. To-be-closed variables are closed afterwards, by whoever
//! made the record.
#![expect(unsafe_code, reason = "is called by the machine and reads its records")]

use alloc::vec::Vec;
use core::fmt::{self, Write};

use abi::context::{Context, Record, StubFrame, outcome, record_kind};
use abi::object::proto_flags;
use abi::value::RawValue;

use crate::closure::Closure;
use crate::coroutine::Nesting;
use crate::gc::Gc;
use crate::machine::{self, Label};
use crate::stack::{HANDLER_RESERVE, RESERVE};
use crate::state::State;
use crate::value::Value;

mod message;
mod traceback;

pub(crate) use message::kind_text;
pub use message::{NO_OPERAND, chunk_id};

/// Says that [`abi::context::Context::error`] holds an error in flight. Only this file makes one,
/// so that whoever returns `Err` has raised.
#[derive(Debug)]
#[must_use]
pub struct Raised(());

/// Text being written: in place while it is short. It is cut short when there is no memory.
#[derive(Debug)]
pub(crate) struct Bytes {
    short: [u8; 120],
    len: usize,
    /// All of it, once it is longer.
    long: Vec<u8>,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes { short: [0; 120], len: 0, long: Vec::new() }
    }
}

impl Bytes {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.long.is_empty() { &self.short[..self.len] } else { &self.long }
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if self.long.is_empty() {
            if let Some(place) = self.short.get_mut(self.len..self.len + bytes.len()) {
                place.copy_from_slice(bytes);
                self.len += bytes.len();
                return;
            }
            if self.long.try_reserve(self.len + bytes.len()).is_err() {
                return;
            }
            self.long.extend_from_slice(&self.short[..self.len]);
        }
        if self.long.try_reserve(bytes.len()).is_ok() {
            self.long.extend_from_slice(bytes);
        }
    }
}

impl Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

impl State {
    /// Raises `value` as it is.
    pub fn raise(&mut self, value: Value) -> Raised {
        self.ctx.error = value.to_raw();
        self.machine.error_handled = false;
        Raised(())
    }

    pub(super) fn raise_message(&mut self, text: &[u8]) -> Raised {
        match self.new_string(text) {
            Ok(text) => self.raise(Value::string(text)),
            Err(raised) => raised,
        }
    }

    /// Raises a message with the position of the running Lua function before it, when the running
    /// function is one.
    #[cold]
    pub fn error(&mut self, message: fmt::Arguments) -> Raised {
        let mut text = self.running_position();
        // Writing to memory does not fail.
        let _ = text.write_fmt(message);
        self.raise_message(text.as_bytes())
    }

    /// Like [`State::error`], from parts that need not be UTF-8.
    #[cold]
    pub fn error_bytes(&mut self, parts: &[&[u8]]) -> Raised {
        let mut text = self.running_position();
        for part in parts {
            text.add(part);
        }
        self.raise_message(text.as_bytes())
    }

    /// Raises a message from a library function, with the position of the function at `level`
    /// before it: 1 is the one that called the library function.
    #[cold]
    pub fn lib_error(&mut self, level: u32, message: fmt::Arguments) -> Raised {
        let mut text = self.position(level);
        let _ = text.write_fmt(message);
        self.raise_message(text.as_bytes())
    }

    /// Like [`State::lib_error`], from parts that need not be UTF-8.
    #[cold]
    pub fn lib_error_bytes(&mut self, level: u32, parts: &[&[u8]]) -> Raised {
        let mut text = self.position(level);
        for part in parts {
            text.add(part);
        }
        self.raise_message(text.as_bytes())
    }

    /// `not enough memory`. No message handler sees it.
    #[cold]
    pub fn memory_error(&mut self) -> Raised {
        let raised = self.raise(Value::string(self.names.not_enough_memory));
        self.machine.error_handled = true;
        raised
    }

    /// An error while an error was being handled, the last one.
    #[cold]
    pub(crate) fn error_in_handler(&mut self) -> Raised {
        let raised = self.raise_message(b"error in error handling");
        self.machine.error_handled = true;
        raised
    }

    /// `stack overflow`. Until the error is caught the stacks may be used further than their limit.
    #[cold]
    pub(crate) fn stack_overflow_error(&mut self) -> Raised {
        self.stack_overflow_at(0)
    }

    /// Likewise, at the position of the function at `level`.
    #[cold]
    pub(crate) fn stack_overflow_at(&mut self, level: u32) -> Raised {
        if self.machine.handling_overflow {
            return self.error_in_handler();
        }
        self.machine.handling_overflow = true;
        self.ctx.co.stack_limit -= RESERVE - HANDLER_RESERVE;
        self.lib_error(level, format_args!("stack overflow"))
    }

    /// Whether who made the record runs beyond the usual limit of the stack.
    fn is_in_reserve(&self, record: &Record) -> bool {
        let sp = match record.kind {
            record_kind::COROUTINE => return false,
            record_kind::TRAMPOLINE => record.lua_sp,
            _ => record.sp,
        };
        sp <= self.current_thread().stack_limit()
    }

    fn end_overflow(&mut self) {
        self.machine.handling_overflow = false;
        self.ctx.co.stack_limit = self.current_thread().stack_limit();
    }

    /// The error that `raised` stands for; it is in flight no longer.
    pub fn take_error(&mut self, raised: Raised) -> Value {
        let Raised(()) = raised;
        let error = core::mem::replace(&mut self.ctx.error, RawValue::NIL);
        // SAFETY: the error is a value.
        unsafe { Value::from_raw(error) }
    }

    /// The error in flight.
    pub fn error_value(&self) -> Value {
        // SAFETY: the error is a value.
        unsafe { Value::from_raw(self.ctx.error) }
    }

    /// What a call from Rust answers when the call threw: the throw put the error into place.
    pub(crate) fn caught_in_trampoline(&mut self) -> Raised {
        Raised(())
    }

    /// Raises in the caller of a wrapped coroutine the error that ended the coroutine: a string
    /// gets the caller's position.
    pub(crate) fn raise_wrapped(&mut self, error: Value) -> Raised {
        match error.as_string() {
            Some(text) => {
                let text = text.as_bytes().to_vec();
                self.lib_error_bytes(1, &[&text])
            }
            None => self.raise(error),
        }
    }

    /// Tier 0 keeps its frame in the state while it runs. Before Rust calls Lua from under it, that
    /// goes where a walk finds it: to its stub.
    pub(crate) fn keep_tier0_frame(&mut self) {
        let words = &self.ctx.co;
        if machine::label(words.exit_pc) != Some(Label::Stub) {
            return;
        }
        // SAFETY: the exit frame is a stub's, filled in.
        unsafe {
            let frame = machine::stub_frame(words.exit_frame) as *mut StubFrame;
            if let Some(closure) = Gc::<Closure>::from_raw_or_null((*frame).closure)
                && closure.proto().flags() & proto_flags::TIER0 != 0
            {
                (*frame).aux[0] = self.hooks.tier0_frame;
            }
        }
    }

    /// Passes an error through the message handler although it is caught in Rust, as the reference
    /// does with errors inside of protected calls of its own.
    pub fn handle_error(&mut self, raised: Raised) -> Raised {
        if !self.machine.error_handled {
            self.run_handler();
            self.machine.error_handled = true;
        }
        raised
    }

    /// Catches the error of a protected call that could not even begin: what `handler` makes of it,
    /// and of errors of its own, as if it had been thrown from inside of the call.
    pub(crate) fn handled_by(&mut self, handler: Value, raised: Raised) -> Value {
        let outside = *self.nesting();
        self.nesting().handler = handler.to_raw();
        self.nesting().native_depth += 1;
        let raised = self.handle_error(raised);
        *self.nesting() = outside;
        self.take_error(raised)
    }

    /// Passes a fresh error through the message handler, on top of the frame that erred.
    fn run_handler(&mut self) {
        // SAFETY: the handler is a value.
        let handler = unsafe { Value::from_raw(self.nesting().handler) };
        if handler.is_nil() {
            return;
        }
        let error = self.error_value();
        match self.call(handler, &[error]) {
            Ok(results) => self.ctx.error = results.first().to_raw(),
            // Thrown from inside the handler, and so been through it.
            Err(_) if self.machine.error_handled => {}
            // Too deep to be called; which is an error one level deeper.
            Err(_) => {
                self.nesting().native_depth += 1;
                self.run_handler();
                self.nesting().native_depth -= 1;
            }
        }
    }
}

/// Finds where a throw of `ctx.error` goes, and sets back the words of the context.
///
/// # Safety
///
/// Called by `pl_throw` on the system stack; the exit words are those of the frame that erred.
#[unsafe(no_mangle)]
unsafe extern "C" fn pl_throw_prepare(ctx: *mut Context) -> *const Record {
    // SAFETY: as `pl_throw` promises.
    let state = unsafe { State::from_context(ctx) };
    state.ctx.outcome = outcome::DONE;
    if !state.machine.error_handled {
        state.run_handler();
        state.machine.error_handled = true;
    }
    // SAFETY: there is a record wherever Lua code runs, and it lies in a live frame.
    let record = unsafe { &*(state.ctx.co.record as *const Record) };
    // A message handler that catches an error of its own runs in the reserve still.
    let overflowed = state.machine.handling_overflow && !state.is_in_reserve(record);
    if overflowed {
        state.end_overflow();
    }
    let words = &mut state.ctx.co;
    words.record = record.previous;
    state.ctx.arg_live = 0;
    state.ctx.ret_live = 0;
    if record.kind != record_kind::COROUTINE {
        words.stack_top = record.stack_top;
        let Record { handler, non_yieldable, native_depth, .. } = *record;
        *state.nesting() = Nesting { handler, non_yieldable, native_depth };
        if overflowed {
            state.end_stack_overflow();
        }
    }
    record
}
