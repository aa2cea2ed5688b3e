//! The numbering of a module's strings and global variables.
//!
//! Code refers to constant strings and global cells by number. The names that only messages need
//! come after the constants, so that they have no place in the static data.

use crate::once::Once;
use abi::module::{LoadCache, MethodCache, StaticLayout, StoreCache};
use abi::object::MAX_SHORT_STRING;
use ir::{FuncId, Imm, Op, StrId};
use std::collections::HashMap;

/// Numbers for everything in the static data of a module.
#[derive(Clone)]
pub(crate) struct Statics<'a> {
    strings: HashMap<&'a [u8], u32>,
    /// Constant strings first.
    pub(crate) list: Vec<&'a [u8]>,
    /// How many of `list` are constants.
    pub(crate) constant_count: usize,
    globals: HashMap<&'a [u8], u32>,
    /// For each global the number of its name.
    pub(crate) global_names: Vec<u32>,
    pub(crate) layout: StaticLayout,
    /// By function: the word at which its inline caches begin.
    first_cache: Vec<usize>,
    /// By function: the word of its first template, behind all inline caches.
    first_template: Vec<usize>,
    /// How many words the inline caches and templates take.
    pub(crate) cache_count: usize,
}

impl<'a> Statics<'a> {
    /// Of a module's functions, the constants in the order of their first use.
    pub(crate) fn new(module: &'a ir::Module, instance: bool, once: &Once) -> Statics<'a> {
        let mut statics = Statics {
            strings: HashMap::new(),
            list: Vec::new(),
            constant_count: 0,
            globals: HashMap::new(),
            global_names: Vec::new(),
            layout: StaticLayout::new(instance, 0, 0, 0, 0),
            first_cache: Vec::new(),
            first_template: Vec::new(),
            cache_count: 0,
        };
        let mut tables = Vec::new();
        for (index, func) in module.functions.iter().enumerate() {
            statics.first_cache.push(statics.cache_count);
            statics.cache_count +=
                again(func, index, once).map(|inst| cache_words(func, inst)).sum::<usize>();
            for inst in func.layout.iter().flat_map(|block| func.insts_of(*block)) {
                let data = func.inst(*inst);
                let Imm::Str(id) = data.imm else { continue };
                if data.op == Op::TableData {
                    tables.push(func.strings.get(id));
                    continue;
                }
                let name = func.strings.get(id);
                let number = statics.intern(name);
                if matches!(data.op, Op::GlobalGet | Op::GlobalSet) {
                    let next = statics.globals.len() as u32;
                    if *statics.globals.entry(name).or_insert(next) == next {
                        statics.global_names.push(number);
                    }
                }
            }
        }
        for (index, func) in module.functions.iter().enumerate() {
            statics.first_template.push(statics.cache_count);
            statics.cache_count +=
                again(func, index, once).filter(|inst| has_template(func, *inst)).count();
        }
        statics.constant_count = statics.list.len();
        for data in tables {
            statics.intern(data);
        }
        statics.layout = StaticLayout::new(
            instance,
            statics.globals.len(),
            statics.constant_count,
            module.functions.len(),
            statics.cache_count,
        );
        statics
    }

    /// The number of a string, new or as it was.
    pub(crate) fn intern(&mut self, string: &'a [u8]) -> u32 {
        let next = self.list.len() as u32;
        let number = *self.strings.entry(string).or_insert(next);
        if number == next {
            self.list.push(string);
        }
        number
    }

    /// The number of the data of a table.
    pub(crate) fn data_number(&self, func: &ir::Function, id: StrId) -> u32 {
        self.strings[func.strings.get(id)]
    }

    /// Where the pointer to a constant string is in the static data.
    pub(crate) fn string_offset(&self, func: &ir::Function, id: StrId) -> usize {
        self.layout.strings + 8 * self.strings[func.strings.get(id)] as usize
    }

    /// Where a global has its place in the static data.
    pub(crate) fn global_offset(&self, func: &ir::Function, id: StrId) -> usize {
        self.layout.global_size * self.globals[func.strings.get(id)] as usize
    }

    /// Where the inline cache of a function that begins at its word `word` is in the static data.
    pub(crate) fn cache_offset(&self, id: FuncId, word: usize) -> usize {
        self.layout.caches + 8 * (self.first_cache[id.index()] + word)
    }

    /// Where the `index`th template of a function is in the static data.
    pub(crate) fn template_offset(&self, id: FuncId, index: usize) -> usize {
        self.layout.caches + 8 * (self.first_template[id.index()] + index)
    }

    /// Where a function's prototype is in the static data.
    pub(crate) fn proto_offset(&self, id: FuncId) -> usize {
        self.layout.protos + size_of::<abi::object::Proto>() * id.index()
    }
}

/// The instructions of a function that may run more than once: others have no caches.
fn again(func: &ir::Function, index: usize, once: &Once) -> impl Iterator<Item = ir::Inst> {
    let blocks =
        func.layout.iter().filter(move |block| !once.contains(FuncId(index as u32), **block));
    blocks.flat_map(|block| func.insts_of(*block)).copied()
}

/// How many words the inline cache of an instruction takes, unless it runs once.
pub(crate) fn cache_words(func: &ir::Function, inst: ir::Inst) -> usize {
    let size = match (cached_field(func, inst), func.inst(inst).op) {
        (None, _) => 0,
        (_, Op::Method) => size_of::<MethodCache>(),
        (_, Op::SetIndex) => size_of::<StoreCache>(),
        _ => size_of::<LoadCache>(),
    };
    size / 8
}

/// The constant name of the field that an instruction reads or writes through a cache.
pub(crate) fn cached_field(func: &ir::Function, inst: ir::Inst) -> Option<StrId> {
    let data = func.inst(inst);
    let name = match (data.op, data.imm) {
        (Op::Method, Imm::Str(name)) => name,
        (Op::Index | Op::SetIndex, _) => func.const_str(func.args(inst)[1])?,
        _ => return None,
    };
    // Long strings are not interned, so their address says nothing.
    (func.strings.get(name).len() <= MAX_SHORT_STRING).then_some(name)
}

/// The most fields that a constructor with a template has.
const MAX_TEMPLATE: u32 = 16;

/// Whether the table may be made in one piece with its first fields.
pub(crate) fn has_template(func: &ir::Function, inst: ir::Inst) -> bool {
    let data = func.inst(inst);
    matches!((data.op, data.imm), (Op::TableNew, Imm::Sizes(_, 1..=MAX_TEMPLATE)))
}
