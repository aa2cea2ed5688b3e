//! What generated code and the runtime agree on: tags, layouts, the calling convention's words,
//! the context, the runtime functions, and what an object file exports.
//!
//! Everything here is stated once and derived on both sides. `docs/abi.md` is the same in prose.
//! A change that moves a field or changes the meaning of one raises [`module::ABI_VERSION`].
//!
//! Fields have fixed widths and the layouts hold on every 64-bit target, so that the compiler
//! takes `offset_of!` on its host for a foreign target.

#![no_std]

pub mod call;
pub mod chunk;
pub mod context;
pub mod data;
pub mod functions;
pub mod module;
pub mod object;
pub mod value;
