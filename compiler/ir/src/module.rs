//! What one source file becomes: its functions, the main chunk first. Several can be put together
//! into one for the code generator.

use crate::function::{FuncId, Function, Imm};
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

/// A chunk behind the main one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    /// Its name.
    pub source: Vec<u8>,
    /// The function that is its main chunk. The functions up to the next chunk are its own.
    pub main: FuncId,
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
    /// The chunks that were appended, in order.
    pub appended: Vec<Appended>,
}

impl Module {
    /// A module without functions.
    pub fn new(source: &[u8], edition: Edition, env: EnvMode) -> Module {
        Module {
            source: source.to_vec(),
            edition,
            env,
            functions: Vec::new(),
            appended: Vec::new(),
        }
    }

    /// The main chunk.
    pub const MAIN: FuncId = FuncId(0);

    /// Puts another module's functions behind these. They keep their chunk's name; how globals are
    /// reached was decided when they were made, so that modules of both kinds go together, but the
    /// result is for the code generator alone.
    pub fn append(&mut self, other: Module) -> FuncId {
        let base = self.functions.len() as u32;
        self.appended.push(Appended { source: other.source, main: FuncId(base) });
        let moved = other.appended.into_iter();
        self.appended
            .extend(moved.map(|chunk| Appended { main: FuncId(chunk.main.0 + base), ..chunk }));
        for mut function in other.functions {
            for inst in &mut function.insts {
                if let Imm::Closure(id, _) = &mut inst.imm {
                    id.0 += base;
                }
            }
            self.functions.push(function);
        }
        FuncId(base)
    }

    /// The name of the chunk that a function belongs to.
    pub fn source_of(&self, id: FuncId) -> &[u8] {
        match self.appended.partition_point(|chunk| chunk.main.0 <= id.0) {
            0 => &self.source,
            behind => &self.appended[behind - 1].source,
        }
    }

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
