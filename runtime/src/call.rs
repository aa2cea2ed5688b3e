//! Library functions: how they read their arguments, give results, and ask for calls.
//!
//! A library function is safe Rust that never calls Lua itself. Where the reference would call a
//! function and may be suspended in it, it *asks* for the call ([`Step::Call`]): it returns, its
//! stub makes the call without any Rust frame on the stack, and a continuation goes on with the
//! results. Only what the reference makes non-yieldable calls through [`State::call`].

use crate::error::Raised;
use crate::state::State;
use crate::value::Value;

/// What an operation that may need a call to Lua answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step<T> {
    /// It is done.
    Done(T),
    /// The call in [`abi::context::Context::request`] is to be made; its continuation goes on.
    Call,
}

/// What a continuation finds of the time before the call, and may change for a further call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Saved {
    /// Plain words.
    pub aux: [u64; 3],
    /// Values: roots while the call runs.
    pub values: [Value; 4],
}

/// The results of a requested call. They lie in the context's buffer until the next call.
#[derive(Clone, Copy, Debug)]
pub struct Results {
    first: Value,
    count: usize,
}

/// Goes on after a requested call. It leaves its own results as a library function does
/// ([`State::return_values`]), or asks for another call. Under a runtime function of generated
/// code the first result is the value.
pub type Continuation = fn(&mut State, &mut Saved, Results) -> Result<Step<()>, Raised>;

/// A library function.
pub type LibraryFn = fn(&mut Call<'_>) -> Result<Step<()>, Raised>;

/// A library function's view of its call. Arguments are numbered from 1, as in error messages.
#[derive(Debug)]
pub struct Call<'a> {
    /// The state it runs in.
    pub state: &'a mut State,
    base: usize,
    count: usize,
}
