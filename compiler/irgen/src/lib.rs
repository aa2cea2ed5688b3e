#![no_std]
//! Syntax tree to IR.
//!
//! Each function of the tree becomes one function of the IR, in the same order. SSA form is built
//! on the way: a local that is never assigned after its declaration *is* a value; one that is both
//! captured and assigned lives in a cell; for the rest the builder keeps the current value of each
//! active local and makes block parameters where control flow joins (`builder`). The tree says for
//! each local which it is.
//!
//! A module is made at once; [`Functions`] makes the functions of a chunk one by one, when they are
//! wanted.
//!
//! Order of evaluation, lines and names in messages are the reference's. Where its registers show
//! (a local operand is read when the operation runs, not when it is written), a comment says so.
extern crate alloc;

mod assigned;
mod assignment;
mod builder;
mod call;
mod condition;
mod constant_table;
mod debug;
mod debug_jump;
mod debug_loop;
mod expression;
mod fold;
mod for_loop;
mod function;
mod functions;
mod names;
mod statement;
mod table;

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use ir::strings::{FNV_SEED, fnv1a};
use ir::{Edition, EnvMode, Module};
use syntax::ast::Chunk;

pub use functions::Functions;

use crate::builder::Memory;

/// What the source does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The edition of the language.
    pub edition: Edition,
    /// How to reach globals. A chunk that assigns `_ENV` gets a variable in any case.
    pub env: EnvMode,
    /// Programs may change upvalues from outside: every captured variable is a cell. Set for a
    /// chunk that names one of [`CHANGING_UPVALUES`] in any case.
    pub cells: bool,
    /// Programs may look at locals and lines and change them, too: functions have slots and steps
    /// (`ir::debug`). For programs in which [`needs_debuggable`] holds of some chunk.
    pub debuggable: bool,
}

impl Options {
    /// For functions that are to be made again elsewhere: nothing is known of their environment,
    /// and every upvalue is a variable of its own.
    pub fn dumped(debuggable: bool) -> Options {
        Options { env: EnvMode::Variable, cells: true, debuggable, ..Options::default() }
    }
}

/// Functions of `debug` that tell upvalues apart or change them. A chunk that names one is taken
/// to do so with its own functions.
const CHANGING_UPVALUES: [&[u8]; 3] = [b"upvalueid", b"upvaluejoin", b"setupvalue"];

/// Functions of `debug`, and a field of what `getinfo` gives, that need debuggable functions.
const DEBUGGING: [&[u8]; 4] = [b"sethook", b"getlocal", b"setlocal", b"activelines"];

/// Whether a chunk names what needs cells for all captured variables.
pub fn needs_cells(chunk: &Chunk) -> bool {
    chunk.strings.iter().any(|string| CHANGING_UPVALUES.contains(&string))
}

/// Whether a chunk names what needs debuggable functions.
pub fn needs_debuggable(chunk: &Chunk) -> bool {
    chunk.strings.iter().any(|string| DEBUGGING.contains(&string))
}

impl Options {
    /// What they come to for a chunk.
    fn in_chunk(&self, chunk: &Chunk) -> Options {
        let cells = self.cells || self.debuggable || needs_cells(chunk);
        let env = match self.env {
            EnvMode::Globals if !chunk.env.assigned && !cells => EnvMode::Globals,
            _ => EnvMode::Variable,
        };
        Options { env, cells, ..*self }
    }
}

/// The IR of a chunk, whose name is `source`.
pub fn generate(chunk: &Chunk, source: &[u8], options: &Options) -> Module {
    let options = options.in_chunk(chunk);
    let mut module = Module::new(source, options.edition, options.env);
    module.functions.reserve(chunk.functions.len());
    let has_backward = labels_with_backward_gotos(chunk);
    let mut hashes = Vec::with_capacity(chunk.functions.len());
    let mut namesakes = BTreeMap::new();
    for (index, tree) in chunk.functions.iter().enumerate() {
        let id = syntax::ast::FunctionId(index as u32);
        // Functions stay, so there is no memory to use again.
        let memory = &mut Memory::default();
        let mut func = function::generate(chunk, &options, &has_backward, id, memory);
        func.name = match &tree.name {
            Some(name) => name.clone(),
            None if id == Chunk::MAIN => b"main".to_vec(),
            None => b"anonymous".to_vec(),
        };
        let around = tree.parent.map_or(FNV_SEED, |parent| hashes[parent.0 as usize]);
        func.hash = site_hash(around, &func.name, &mut namesakes);
        hashes.push(func.hash);
        module.functions.push(func);
    }
    module
}

/// By label of the chunk: whether a `goto` after it goes there.
fn labels_with_backward_gotos(chunk: &Chunk) -> Vec<bool> {
    let mut has_backward = vec![false; chunk.labels.len()];
    for goto in chunk.gotos.iter().filter(|goto| goto.backward) {
        has_backward[goto.target.0 as usize] = true;
    }
    has_backward
}

/// From the names on the path to a function, and its place among functions of the same path.
fn site_hash(around: u64, name: &[u8], namesakes: &mut BTreeMap<u64, u32>) -> u64 {
    let hash = fnv1a(fnv1a(around, b"/"), name);
    let earlier = namesakes.entry(hash).or_insert(0);
    *earlier += 1;
    fnv1a(hash, &(*earlier - 1).to_le_bytes())
}
