//! Tier 0: the interpreter of the IR. It runs cold code in development, loaded code in a built
//! program, and is what every optimisation is checked against.
//!
//! When a function is first called, its tree or record (`chunk`) becomes IR, and that a compact
//! register form (`code`, made by `compile`), which `step` runs; what is common of an operation is in
//! `quick`, all of it in the runtime.
//! Frames lie on the coroutine's value stack (`frame`), so no native frame of the interpreter is
//! ever suspended: where a function of another kind is to be called, the run ends with a call
//! request, and its continuation goes on from the frame.

#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod calls;
mod chunk;
mod code;
mod compile;
mod debug;
mod frame;
mod function;
mod load;
mod quick;
mod step;

pub use load::install;
