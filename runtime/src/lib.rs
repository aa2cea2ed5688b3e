//! The runtime of compiled Lua programs: values, heap, tables, operations with metamethods,
//! errors, coroutines, and the standard library.
//!
//! Everything hangs off one [`state::State`]; there is no mutable static. Unsafe code stands
//! behind a fence: the modules that need it say so in their first line and why, the rest is safe
//! Rust on the surface they offer.
//!
//! Reading order: `value`, `gc`, `string`, `table`, `state`, `heap`, `operations`, `call`.

#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod call;
pub mod closure;
pub mod coroutine;
pub mod debugging;
pub mod dump;
mod entry;
pub mod error;
pub mod files;
pub mod frames;
pub mod gc;
pub mod heap;
pub mod hooks;
pub mod load;
pub mod machine;
pub mod maths;
pub mod metatable;
pub mod module;
pub mod operations;
pub mod os;
pub mod shape;
pub mod stack;
pub mod standalone;
pub mod state;
pub mod stats;
pub mod stdlib;
pub mod string;
pub mod sys;
pub mod table;
pub mod text;
mod to_be_closed;
pub mod userdata;
pub mod value;
pub mod warning;
