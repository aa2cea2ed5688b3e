//! Functions as bytes: the records of precompiled chunks (`abi::chunk`).
//!
//! A record has two parts. The *code* is what the function does, with those names that the
//! reference keeps in its constants: of fields, methods and globals. The *debug information* is
//! what it can do without: lines, and the names of locals, upvalues and parameters. A function
//! without it raises errors at line -1 of a chunk called `?`, and what was a global is a field.
//!
//! Numbers are in base 128, the lowest digits first. Values are numbered in the order in which they
//! are written: the parameters of all blocks, then the results of instructions. Their types are not
//! written, except those of parameters: they follow from the operations, so a reader never has to
//! believe one.
//!
//! ```text
//! code      FORM  1 if variadic  first line  last line  parameters  upvalue kinds
//!           0, or slots + 1: locals without names, steps without lines (`ir::debug`)
//!           strings  blocks: types of the parameters     blocks: instructions     names
//! debug     strings  names of parameters  names of upvalues  lines
//!           names of locals  lines of steps     names
//! ```
//!
//! What is read may come from anybody. [`Records`] takes only what is well-formed by [`crate::verify`]
//! and by the further rules of [`check`], which hold for all that is written; then functions can be
//! read one by one.

mod check;
mod read;
mod records;
mod write;

pub use read::{Damaged, read_module};
pub use records::Records;
pub use write::{Writer, write_functions};

use crate::op::Op;
use crate::strings::{FNV_SEED, fnv1a};

/// Says which operations the numbers mean: changes with the table of operations.
const FORM: u32 = {
    let (mut hash, mut op) = (FNV_SEED, 0);
    while op < Op::ALL.len() {
        hash = fnv1a(hash, Op::ALL[op].name().as_bytes());
        op += 1;
    }
    (hash ^ (hash >> 32)) as u32
};

/// The name of a chunk without debug information.
const NO_SOURCE: &[u8] = b"=?";
/// The line of an instruction without debug information: -1 where lines are shown.
const NO_LINE: u32 = u32::MAX;
/// What messages call an upvalue without a name.
const NO_NAME: &[u8] = b"?";
