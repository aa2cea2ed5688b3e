//! Tracebacks, and what the stand-alone program reports of an error that nobody caught.

use alloc::vec::Vec;
use core::fmt::Write;

use crate::call::{
    Call, Continuation, LIBRARY_ENTRY, Results, Saved, StaticClosure, StaticProto, Step,
};
use crate::coroutine::Thread;
use crate::error::message::{chunk_id, kind_text};
use crate::error::{Bytes, Raised};
use crate::frames::{FrameInfo, FunctionKind};
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// How many functions are shown at most from the inner and from the outer end.
const INNER: usize = 10;
const OUTER: usize = 11;

impl State {
    /// The functions being called in `thread` from `level` on, under `message`.
    pub fn traceback(&self, thread: Gc<Thread>, message: Option<&[u8]>, level: usize) -> Vec<u8> {
        let mut text = Bytes::default();
        if let Some(message) = message {
            text.add(message);
            text.add(b"\n");
        }
        text.add(b"stack traceback:");
        let count = self.frames(thread).count();
        let shown = count.saturating_sub(level);
        // As in the reference, one level is not worth it, and one more is left out than counted.
        let skip = if shown > INNER + OUTER + 1 { shown - INNER - OUTER } else { 0 };
        for (index, frame) in self.frames(thread).skip(level).enumerate() {
            if skip > 0 && index == INNER {
                let _ = write!(text, "\n\t...\t(skipping {} levels)", skip - 1);
            }
            if skip > 0 && (INNER..INNER + skip).contains(&index) {
                continue;
            }
            self.describe(&frame, &mut text);
        }
        text.as_bytes().to_vec()
    }

    fn describe(&self, frame: &FrameInfo, text: &mut Bytes) {
        text.add(b"\n\t");
        text.add(&chunk_id(frame.chunk_name));
        if frame.line as i32 > 0 {
            let _ = write!(text, ":{}", frame.line);
        }
        text.add(b": in ");
        if let Some(name) = self.global_name_of(frame) {
            text.add(b"function '");
            text.add(&name);
            text.add(b"'");
        } else if let Some((kind, name)) = frame.name {
            let _ = write!(text, "{} '", kind_text(kind));
            text.add(name);
            text.add(b"'");
        } else {
            match frame.kind {
                FunctionKind::Main => text.add(b"main chunk"),
                FunctionKind::Library => text.add(b"?"),
                FunctionKind::Lua => {
                    text.add(b"function <");
                    text.add(&chunk_id(frame.chunk_name));
                    let _ = write!(text, ":{}>", frame.line_defined);
                }
            }
        }
        if frame.tail_called {
            text.add(b"\n\t(...tail calls...)");
        }
    }

    /// Calls the function at `start` on the value stack with what lies above it, as the stand-alone
    /// program calls its chunks: an error that nobody catches gets a traceback. The stack is as it
    /// was before them then.
    pub fn call_with_traceback(&mut self, start: usize) -> Result<Results, Raised> {
        let nesting = self.nesting();
        let outer = *nesting;
        nesting.handler = Value::function(HANDLER.get()).to_raw();
        // In the reference two native entries lie below the main chunk.
        nesting.native_depth += 1;
        let done = self.call_range(Value::function(PROGRAM.get()), start..self.stack_top());
        *self.nesting() = outer;
        self.truncate_stack(start);
        done
    }

    /// The error in flight as the stand-alone program prints it.
    pub fn error_text(&mut self) -> Vec<u8> {
        let error = self.error_value();
        match self.coerce_to_string(error) {
            Ok(Some(text)) => text.as_bytes().to_vec(),
            _ => self.error_object_text(error),
        }
    }

    fn error_object_text(&self, error: Value) -> Vec<u8> {
        let mut text = Bytes::default();
        let _ = write!(text, "(error object is a {} value)", error.type_name());
        text.as_bytes().to_vec()
    }
}

static HANDLER_PROTO: StaticProto = StaticProto::new(LIBRARY_ENTRY, add_traceback, c"?");
static HANDLER: StaticClosure = StaticClosure::new(LIBRARY_ENTRY, &HANDLER_PROTO);
static PROGRAM_PROTO: StaticProto = StaticProto::new(LIBRARY_ENTRY, run_program, c"?");
static PROGRAM: StaticClosure = StaticClosure::new(LIBRARY_ENTRY, &PROGRAM_PROTO);

/// The library function at the bottom of every traceback: calls its first argument.
fn run_program(call: &mut Call<'_>) -> Result<Step<()>, Raised> {
    let args = call.base() + 1..call.base() + call.count();
    let function = call.arg(1);
    call.state.request_range(function, args, Continuation::None, Saved::default())
}

/// The message handler of the stand-alone program.
fn add_traceback(call: &mut Call<'_>) -> Result<Step<()>, Raised> {
    let error = call.arg(1);
    let message = match call.state.coerce_to_string(error)? {
        Some(text) => text.as_bytes().to_vec(),
        None => {
            let name = call.state.names.tostring;
            let method = call
                .state
                .metatable_of(error)
                .map_or(Value::NIL, |metatable| metatable.get_str(call.state, name));
            if !method.is_nil() {
                let text = call.state.call(method, &[error])?.first();
                if text.as_string().is_some() {
                    return call.ret1(text);
                }
            }
            call.state.error_object_text(error)
        }
    };
    let thread = call.state.current_thread();
    let text = call.state.traceback(thread, Some(&message), 1);
    let text = call.state.new_string(&text)?;
    call.ret1(text)
}
