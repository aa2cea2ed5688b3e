//! Functions to bytes.

use super::FORM;
use crate::function::{
    Block, Function, Imm, Inst, NameKind, OperandName, StrId, UpvalueKind, Value,
};
use crate::module::Module;
use crate::op::{Rest, Results};
use crate::strings::Strings;
use crate::types::Type;
use abi::chunk::{Record, set_inner};
use alloc::vec;
use alloc::vec::Vec;
use core::mem;

/// The records of all functions of a module.
pub fn write_functions(module: &Module) -> Vec<u8> {
    let mut writer = Writer::new(0);
    module.functions.iter().for_each(|func| writer.add(func));
    writer.finish()
}

/// Makes records of functions that are given one by one: one of a module, then those behind it.
#[derive(Debug)]
pub struct Writer {
    /// The number of the first one in its module.
    first: u32,
    bytes: Vec<u8>,
    /// For each record where it begins, and the last function that it makes closures of; itself
    /// where there is none.
    records: Vec<(usize, u32)>,
    tables: Tables,
}

impl Writer {
    /// For functions from this one of their module on.
    pub fn new(first: u32) -> Writer {
        Writer { first, bytes: Vec::new(), records: Vec::new(), tables: Tables::default() }
    }

    /// Adds the next function.
    pub fn add(&mut self, func: &Function) {
        let index = self.first + self.records.len() as u32;
        let insts = func.layout.iter().flat_map(|block| func.insts_of(*block));
        let inner = insts.filter_map(|inst| match func.inst(*inst).imm {
            Imm::Closure(inner, _) => Some(inner.0),
            _ => None,
        });
        self.records.push((self.bytes.len(), inner.max().unwrap_or(index)));
        let tables = &mut self.tables;
        tables.number(func);
        Body { func, tables }.write(index);
        let upvalues = func.upvalues.len() as u8;
        // How many are inside is known at the end.
        let record = Record { inner: 0, upvalues, code: &tables.code.0, debug: &tables.debug.0 };
        self.bytes.extend_from_slice(&record.header());
        self.bytes.extend_from_slice(record.code);
        self.bytes.extend_from_slice(record.debug);
    }

    /// The records.
    pub fn finish(mut self) -> Vec<u8> {
        // For each function where the functions inside it end. They follow it.
        let mut ends = vec![0; self.records.len()];
        for (at, (start, last)) in self.records.iter().enumerate().rev() {
            let last = (*last - self.first) as usize;
            ends[at] = if last == at { at + 1 } else { ends[last] };
            set_inner(&mut self.bytes[*start..], (ends[at] - at - 1) as u32);
        }
        self.bytes
    }
}

/// Bytes with numbers in base 128.
#[derive(Default, Debug)]
struct Out(Vec<u8>);

impl Out {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number that is close to 0.
    fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63) as u64);
    }

    fn strings(&mut self, strings: &Strings) {
        self.count(strings.len());
        for string in strings.iter() {
            self.count(string.len());
            self.0.extend_from_slice(string);
        }
    }
}

/// What is known of a function while it is written, and its record. One memory serves all functions.
#[derive(Default, Debug)]
struct Tables {
    /// By value: its number.
    values: Vec<u32>,
    /// By block: its place in the layout.
    blocks: Vec<u32>,
    /// The instructions in the order of the layout.
    insts: Vec<Inst>,
    /// By instruction: its place in that order.
    place: Vec<u32>,
    /// The names of operands, by the places of their instructions.
    names: Vec<(u32, OperandName)>,
    strings: Strings,
    debug_strings: Strings,
    code: Out,
    debug: Out,
    /// What stands behind the strings of either.
    body: Out,
}

struct Body<'a> {
    func: &'a Function,
    tables: &'a mut Tables,
}

impl Tables {
    /// Begins with another function: numbers its values and blocks.
    fn number(&mut self, func: &Function) {
        let Tables { values, blocks, insts, place, names, .. } = self;
        let reset = |table: &mut Vec<u32>, len: usize| {
            table.clear();
            table.resize(len, u32::MAX);
        };
        reset(values, func.values.len());
        reset(blocks, func.blocks.len());
        reset(place, func.insts.len());
        insts.clear();
        let mut next = 0;
        let mut number = |value: Value| {
            values[value.index()] = next;
            next += 1;
        };
        for (index, block) in func.layout.iter().enumerate() {
            blocks[block.index()] = index as u32;
            func.params_of(*block).iter().for_each(|param| number(*param));
            insts.extend_from_slice(func.insts_of(*block));
        }
        insts.iter().flat_map(|inst| func.results(*inst)).for_each(number);
        for (index, inst) in insts.iter().enumerate() {
            place[inst.index()] = index as u32;
        }
        names.clear();
        names.extend(func.names.iter().map(|name| (place[name.inst.index()], *name)));
        // Instructions that passes dropped may have left names.
        names.retain(|(place, _)| *place != u32::MAX);
        names.sort_unstable_by_key(|(place, name)| (*place, name.operand));
        self.strings.clear();
        self.debug_strings.clear();
    }
}

impl Body<'_> {
    /// Writes code and debug information of function `index` of its module.
    fn write(mut self, index: u32) {
        let func = self.func;
        // The strings stand before what refers to them, and are known after it.
        let mut body = mem::take(&mut self.tables.body);
        body.0.clear();
        body.count(func.layout.len());
        for block in &func.layout {
            body.count(func.params_of(*block).len());
            body.0.extend(func.params_of(*block).iter().map(|param| func.ty(*param) as u8));
        }
        for block in &func.layout {
            body.count(func.insts_of(*block).len());
            func.insts_of(*block).iter().for_each(|inst| self.inst(&mut body, *inst, index));
        }
        self.names(&mut body);
        let mut code = mem::take(&mut self.tables.code);
        code.0.clear();
        code.0.extend_from_slice(&FORM.to_le_bytes());
        code.number(u64::from(func.is_vararg));
        code.number(u64::from(func.line_defined));
        code.number(u64::from(func.last_line_defined));
        code.count(func.params.len());
        code.count(func.upvalues.len());
        code.0.extend(func.upvalues.iter().map(|up| u8::from(up.kind == UpvalueKind::Cell)));
        self.slots(&mut code);
        code.strings(&self.tables.strings);
        code.0.extend_from_slice(&body.0);
        self.tables.code = code;
        body.0.clear();
        self.debug(&mut body);
        let Tables { debug, debug_strings, .. } = &mut *self.tables;
        debug.0.clear();
        debug.strings(debug_strings);
        debug.0.extend_from_slice(&body.0);
        self.tables.body = body;
    }

    /// The slots and steps of a debuggable function, but for names and lines.
    fn slots(&self, out: &mut Out) {
        let Some(debug) = &self.func.debug else { return out.number(0) };
        out.number(u64::from(debug.slots) + 1);
        out.count(debug.locals.len());
        for local in &debug.locals {
            out.number(u64::from(local.slot) << 1 | u64::from(local.is_cell));
            out.number(local.start.into());
            out.number(local.end.into());
        }
        out.count(debug.steps.len());
        debug.steps.iter().for_each(|step| out.number(step.top.into()));
    }

    fn string(&mut self, id: StrId) -> u64 {
        self.tables.strings.intern(self.func.strings.get(id)).0.into()
    }

    fn debug_string(&mut self, id: StrId) -> u64 {
        self.tables.debug_strings.intern(self.func.strings.get(id)).0.into()
    }

    fn inst(&mut self, out: &mut Out, inst: Inst, index: u32) {
        let func = self.func;
        let data = func.inst(inst);
        out.0.push(data.op as u8);
        match data.imm {
            Imm::None | Imm::Jump(_) | Imm::Branch(_) => {}
            Imm::Int(int) => out.signed(int),
            Imm::Float(bits) => out.0.extend_from_slice(&bits.to_le_bytes()),
            Imm::Bool(value) => out.0.push(value.into()),
            Imm::Str(id) => out.number(self.string(id)),
            Imm::Index(index) => out.number(index.into()),
            Imm::Sizes(array, fields) => {
                out.number(array.into());
                out.number(fields.into());
            }
            Imm::Closure(inner, own) => {
                out.number(u64::from(inner.0 - index));
                out.number(own.map_or(0, |own| u64::from(own.0) + 1));
            }
        }
        let info = data.op.info();
        if info.results == Results::Call {
            let open = func.results(inst).any(|result| func.ty(result) == Type::Multi);
            out.count(if open { 0 } else { data.results.len as usize + 1 });
        }
        if info.rest != Rest::None {
            out.count(data.args.len as usize);
        }
        self.list(out, func.args(inst));
        for call in func.successors(inst) {
            out.number(self.block(call.block));
            self.list(out, func.edge_args(*call));
        }
    }

    fn list(&self, out: &mut Out, values: &[Value]) {
        values.iter().for_each(|value| out.number(self.tables.values[value.index()].into()));
    }

    fn block(&self, block: Block) -> u64 {
        self.tables.blocks[block.index()].into()
    }

    /// Adds the names that are code.
    fn names(&mut self, code: &mut Out) {
        let names = mem::take(&mut self.tables.names);
        code.count(names.iter().filter(|name| !is_local(name)).count());
        let mut last = 0;
        for (place, name) in names.iter().filter(|name| !is_local(name)) {
            code.number(u64::from(place - last));
            code.number(name.operand.into());
            code.0.push(name.kind as u8);
            // The names of upvalues are with the other debug information.
            if name.kind != NameKind::Upvalue {
                code.number(self.string(name.name));
            }
            last = *place;
        }
        self.tables.names = names;
    }

    /// Adds the debug information behind the strings.
    fn debug(&mut self, out: &mut Out) {
        let func = self.func;
        for param in &func.params {
            out.number(self.debug_string(*param));
        }
        for upvalue in &func.upvalues {
            out.number(self.debug_string(upvalue.name));
        }
        let mut line = 0;
        for inst in &self.tables.insts {
            out.signed(i64::from(func.inst(*inst).line) - line);
            line = func.inst(*inst).line.into();
        }
        if let Some(debug) = &func.debug {
            for local in &debug.locals {
                out.number(self.debug_string(local.name));
            }
            let mut line = 0;
            for step in &debug.steps {
                out.signed(i64::from(step.line) - line);
                line = step.line.into();
            }
        }
        let names = mem::take(&mut self.tables.names);
        for (_, name) in names.iter().filter(|(_, name)| name.kind == NameKind::Upvalue) {
            out.number(self.debug_string(name.name));
        }
        out.count(names.iter().filter(is_local).count());
        let mut last = 0;
        for (place, name) in names.iter().filter(is_local) {
            out.number(u64::from(place - last));
            out.number(name.operand.into());
            out.number(self.debug_string(name.name));
            last = *place;
        }
        self.tables.names = names;
    }
}

fn is_local((_, name): &&(u32, OperandName)) -> bool {
    name.kind == NameKind::Local
}
