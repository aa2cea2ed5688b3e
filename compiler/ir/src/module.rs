//! What one source file becomes: its functions, the main chunk first.

use crate::function::{FuncId, Function};
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// The edition of the language, which a prototype carries into the run time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Edition {
    /// Lua 5.4.
    #[default]
    Lua54,
    /// Lua 5.5.
    Lua55,
}

/// How the global variables of a chunk are reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EnvMode {
    /// `_ENV` is the state's table of globals and nothing in the chunk assigns it: names that
    /// resolve to it become `global.get` and `global.set`.
    #[default]
    Globals,
    /// `_ENV` is a variable like any other, as in a chunk that `load` gave another environment.
    /// There is no `global.get` in such a module.
    Variable,
}

/// The IR of one source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// The chunk's name as the reference spells it: `@file.lua`, `=stdin`, or source text.
    pub source: Vec<u8>,
    /// The edition of the language.
    pub edition: Edition,
    /// How global variables are reached.
    pub env: EnvMode,
    /// Every function, each before those inside it. The first is the main chunk: variadic, with
    /// `_ENV` as its only upvalue.
    pub functions: Vec<Function>,
}

impl Module {
    /// A module without functions.
    pub fn new(source: &[u8], edition: Edition, env: EnvMode) -> Module {
        Module { source: source.to_vec(), edition, env, functions: Vec::new() }
    }

    /// The main chunk.
    pub const MAIN: FuncId = FuncId(0);

    /// The ids of all functions.
    pub fn func_ids(&self) -> impl Iterator<Item = FuncId> + use<> {
        (0..self.functions.len() as u32).map(FuncId)
    }
}

impl Index<FuncId> for Module {
    type Output = Function;
    fn index(&self, id: FuncId) -> &Function {
        &self.functions[id.0 as usize]
    }
}

impl IndexMut<FuncId> for Module {
    fn index_mut(&mut self, id: FuncId) -> &mut Function {
        &mut self.functions[id.0 as usize]
    }
}
