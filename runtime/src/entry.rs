//! Where generated code comes in: the functions of [`abi::for_each_runtime_function`].
//!
//! Each is exported as `pl_<name>_impl` and called by its shim on the system stack; a small one is
//! exported as `pl_<name>` itself. Its body is the function of the same name in [`body`], whose type
//! follows from the list: one that is missing or does not fit does not build.
#![expect(unsafe_code, reason = "is called by generated code with plain words")]

use abi::context::{Context, outcome};
use abi::for_each_runtime_function;
use abi::value::RawValue;

use crate::call::Step;
use crate::error::Raised;
use crate::state::State;
use crate::value::Value;

mod body;
mod lists;
mod tables;

/// What a body answers, as generated code finds it: one word here, the tag of a value in
/// `value_tag`, anything but success in `outcome`.
trait Answer {
    fn leave(self, state: &mut State) -> u64;
}

impl Answer for () {
    #[inline(always)]
    fn leave(self, _: &mut State) -> u64 {
        0
    }
}

impl Answer for u64 {
    #[inline(always)]
    fn leave(self, _: &mut State) -> u64 {
        self
    }
}

impl Answer for Value {
    #[inline(always)]
    fn leave(self, state: &mut State) -> u64 {
        state.ctx.value_tag = u64::from(self.tag());
        self.payload()
    }
}

impl<T: Answer> Answer for Step<T> {
    #[inline(always)]
    fn leave(self, state: &mut State) -> u64 {
        match self {
            Step::Done(value) => value.leave(state),
            // The request has set the outcome.
            Step::Call => 0,
        }
    }
}

impl<T: Answer> Answer for Result<T, Raised> {
    #[inline(always)]
    fn leave(self, state: &mut State) -> u64 {
        match self {
            Ok(value) => value.leave(state),
            Err(_) => {
                state.ctx.outcome = outcome::RAISE;
                0
            }
        }
    }
}

/// A parameter or a result of a body.
macro_rules! kind {
    (value) => {
        Value
    };
    (word) => {
        u64
    };
    (none) => {
        ()
    };
}

/// The result of a body, by its effects.
macro_rules! answer {
    ($result:ident) => { kind!($result) };
    ($result:ident raises, collects, calls) => { Result<Step<kind!($result)>, Raised> };
    ($result:ident $($effect:ident),+) => { Result<kind!($result), Raised> };
}

/// The exported name.
macro_rules! symbol {
    ($name:ident) => {
        concat!("pl_", stringify!($name))
    };
    ($name:ident $($effect:ident),+) => {
        concat!("pl_", stringify!($name), "_impl")
    };
}

/// One function: its parameters are split into words one by one, then it is declared.
macro_rules! entry {
    ($name:ident [$($effect:ident)*] $result:ident [$($words:ident)*] [$($args:expr,)*]) => {
        // SAFETY: the names are those of the list, which nobody else defines.
        #[unsafe(export_name = symbol!($name $($effect),*))]
        unsafe extern "C" fn $name(ctx: *mut Context $(, $words: u64)*) -> u64 {
            // SAFETY: generated code passes the context of its state and well-formed values.
            unsafe {
                let state = State::from_context(ctx);
                body::$name(state $(, $args)*).leave(state)
            }
        }
    };
    ($name:ident $effects:tt $result:ident [$($words:ident)*] [$($args:expr,)*]
        $param:ident: value $(, $($rest:tt)*)?) => {
        entry!($name $effects $result [$($words)* tag payload]
            [$($args,)* Value::from_raw(RawValue { payload, tag }),] $($($rest)*)?);
    };
    ($name:ident $effects:tt $result:ident [$($words:ident)*] [$($args:expr,)*]
        $param:ident: word $(, $($rest:tt)*)?) => {
        entry!($name $effects $result [$($words)* $param] [$($args,)* $param,] $($($rest)*)?);
    };
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $kind:ident),*) -> $result:ident
        [$($effect:ident),*];)*) => {
        $(
            const _: fn(&mut State $(, kind!($kind))*) -> answer!($result $($effect),*) =
                body::$name;
            entry!($name [$($effect)*] $result [] [] $($param: $kind),*);
        )*
    };
}

for_each_runtime_function!(entries);

macro_rules! shims {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $kind:ident),*) -> $result:ident
        [$($effect:ident),*];)*) => {
        $(shim_of!($name $($effect)*);)*
    };
}

/// Small functions have no shim.
macro_rules! shim_of {
    ($name:ident) => {};
    ($name:ident $($effect:ident)+) => {
        crate::machine::shim!($name);
    };
}

for_each_runtime_function!(shims);
