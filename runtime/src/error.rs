//! Raising errors: the token that travels by `?`, and the wording of run-time errors.
//!
//! A raise inside the runtime is a `Result`. The error value itself lies in the context, where the
//! collector sees it; [`Raised`] only says that it is there. The outermost edge, in `entry.rs`,
//! throws it once every Rust frame has returned.

use core::fmt;

use crate::state::State;
use crate::value::Value;

/// Says that [`abi::context::Context::error`] holds an error in flight. Only this file makes one,
/// so that whoever returns `Err` has raised.
#[derive(Debug)]
#[must_use]
pub struct Raised(());

impl State {
    /// Raises `value` as it is.
    pub fn raise(&mut self, value: Value) -> Raised {
        let _ = value;
        Raised(())
    }

    /// Raises a message with the position of the running Lua function before it, when the running
    /// function is one.
    pub fn error(&mut self, message: fmt::Arguments) -> Raised {
        let _ = message;
        Raised(())
    }

    /// Like [`State::error`], from parts that need not be UTF-8.
    pub fn error_bytes(&mut self, parts: &[&[u8]]) -> Raised {
        let _ = parts;
        Raised(())
    }

    /// Raises a message from a library function, with the position of the function at `level`
    /// before it: 1 is the one that called the library function.
    pub fn lib_error(&mut self, level: u32, message: fmt::Arguments) -> Raised {
        let _ = (level, message);
        Raised(())
    }

    /// Like [`State::lib_error`], from parts that need not be UTF-8.
    pub fn lib_error_bytes(&mut self, level: u32, parts: &[&[u8]]) -> Raised {
        let _ = (level, parts);
        Raised(())
    }

    /// `attempt to {what} a {type} value (local 'x')`: operand number `operand` of the running
    /// operation, whose name is looked up at the current site.
    pub fn type_error(&mut self, operand: u32, value: Value, what: &str) -> Raised {
        let _ = (operand, value, what);
        Raised(())
    }

    /// `not enough memory`
    pub fn memory_error(&mut self) -> Raised {
        Raised(())
    }
}
