//! The front end: Lua source text to a syntax tree with resolved names.
//!
//! Read `source`, `ast`, then `parser`. The crate knows nothing of what comes after it.
//!
//! The reference compiles in one pass and shows the first error it meets, whether of syntax or of
//! scope; so does this parser, which resolves names as it goes (`scope`).

#![no_std]

extern crate alloc;

pub mod ast;
pub mod diagnostic;
pub mod dump;
mod errors;
mod lexer;
mod parser;
mod scope;
pub mod source;
mod strings;

pub use ast::Chunk;
pub use diagnostic::{Diagnostic, Level};
pub use parser::{MAX_LEVELS, Options, SCRIPT_LEVELS, parse, parse_with};
pub use source::{Source, Span, chunk_id, skip_file_preamble};
