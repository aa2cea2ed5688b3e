//! Allocation: tables, cells and closures, in line as long as the free run of their size lasts.
//!
//! A constructor of fields with constant names is one piece. The first time the runtime makes the
//! table, and notes in the site's *template* what header such tables have once they are complete;
//! from then on a table gets that header at once, and the values go to their slots.

use super::Lower;
use super::repr::Repr;
use crate::statics::{cached_field, has_template};
use abi::context::{BumpRange, Context};
use abi::functions::RuntimeFn;
use abi::object::{
    Cell, ClosureHeader, SLOTS_PER_GROUP, TableHeader, inline_capacity, kind, root_shape,
    slot_payload_offset, slot_tag_offset, slots_size, table_size,
};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self as clif, Endianness, InstBuilder, MemFlagsData};
use ir::{FuncId, Inst, Op, Type, Value};
use std::collections::HashMap;
use std::mem::{offset_of, size_of};

/// A table with more elements than this from the start gets its array from the runtime.
const MAX_ITEMS: u32 = 50;
/// So many slots, at most, for fields that are assigned after the table was made.
const MAX_LATER: usize = 15;
/// So many for an object that is empty when it gets its metatable; one more would take a larger cell.
const OBJECT_FIELDS: usize = 7;

impl Lower<'_> {
    pub(super) fn lower_table_new(&mut self, inst: Inst, items: u32, fields: u32) {
        let stores = self.constructor_stores(inst, fields);
        let table = if !stores.is_empty() {
            self.constructor(items, &stores)
        } else if fields == 0 && items <= MAX_ITEMS {
            self.empty_table(inst, items)
        } else {
            let (items, fields) = (self.int(i64::from(items)), self.int(i64::from(fields)));
            self.call_runtime(RuntimeFn::table_new, &[items, fields])
        };
        self.define(inst, Repr::Pointer(Type::Table, table));
    }

    pub(super) fn lower_table_data(&mut self, inst: Inst, id: ir::StrId) {
        let number = self.env.statics.data_number(self.func, id);
        let proto = self.static_address(self.env.statics.proto_offset(self.id));
        let number = self.int(i64::from(number));
        let table = self.call_runtime(RuntimeFn::table_data, &[proto, number]);
        self.define(inst, Repr::Pointer(Type::Table, table));
    }

    /// The assignments that a constructor consists of, if they follow it directly, every field has
    /// a short constant name of its own, and the values are there already.
    fn constructor_stores(&self, inst: Inst, fields: u32) -> Vec<Inst> {
        let func = self.func;
        let mut stores = Vec::new();
        let mut names: Vec<&[u8]> = Vec::new();
        if self.once || !has_template(func, inst) {
            return stores;
        }
        for next in &func.insts_of(self.block)[self.position + 1..] {
            let args = func.args(*next);
            match func.inst(*next).op {
                Op::ConstStr => continue,
                Op::SetIndex if args[0] == func.result(inst) => {}
                _ => break,
            }
            let Some(name) = cached_field(func, *next) else { break };
            let name = func.strings.get(name);
            if names.contains(&name) || self.values[args[2].index()].is_none() {
                break;
            }
            names.push(name);
            stores.push(*next);
            if stores.len() == fields as usize {
                return stores;
            }
        }
        Vec::new()
    }

    fn constructor(&mut self, items: u32, stores: &[Inst]) -> clif::Value {
        let func = self.func;
        let values: Vec<Repr> =
            stores.iter().map(|store| self.repr(func.args(*store)[2])).collect();
        let template = self.next_template();
        let join = self.join(Type::Table);
        let slow = self.cold_block();
        let address = self.static_address(template);
        let found = self.load_byte(self.regions.caches, address, 0);
        let is_known = self.is_tag(found, kind::TABLE);
        self.stay_if(is_known, slow);
        let flags = self.regions.object;
        let table = self.bump(table_size(inline_capacity(stores.len())), slow);
        let header = self.load(self.regions.caches, address, 0);
        self.store(flags, header, table, 0);
        self.store_slots(flags, table, size_of::<TableHeader>(), &values);
        self.jump_to_join(&join, Repr::Pointer(Type::Table, table));

        self.b.switch_to_block(slow);
        let args = self.load_ctx(offset_of!(Context, args));
        for (index, (store, value)) in stores.iter().zip(values).enumerate() {
            let name = cached_field(func, *store).expect("such are the stores of a constructor");
            let name = self.const_str(name);
            self.store_listed(Repr::Pointer(Type::Str, name), args, index * 2);
            self.store_listed(value, args, index * 2 + 1);
        }
        let (items, count) = (self.int(i64::from(items)), self.int(stores.len() as i64));
        let template = self.static_address(template);
        let table = self.call_runtime(RuntimeFn::table_fields, &[items, count, template]);
        self.jump_to_join(&join, Repr::Pointer(Type::Table, table));
        let table = self.switch_to_join(&join);
        self.done.extend_from_slice(stores);
        self.payload(table)
    }

    /// Where the next template of this function is in the static data.
    fn next_template(&mut self) -> usize {
        let index = self.templates;
        self.templates += 1;
        self.env.statics.template_offset(self.id, index)
    }

    /// A table without fields, but with room for those that are assigned in this function.
    fn empty_table(&mut self, inst: Inst, items: u32) -> clif::Value {
        let later = self.fields_later(self.func.result(inst)).min(MAX_LATER);
        if self.once {
            let (items, later) = (self.int(i64::from(items)), self.int(later as i64));
            return self.call_runtime(RuntimeFn::table_new, &[items, later]);
        }
        let inline = inline_capacity(later);
        let join = self.join(Type::Table);
        let slow = self.cold_block();
        let table = self.bump(table_size(inline), slow);
        let header = self.header([kind::TABLE, 0, 0, 0], root_shape(inline));
        self.store(self.regions.object, header, table, 0);
        self.jump_to_join(&join, Repr::Pointer(Type::Table, table));
        self.b.switch_to_block(slow);
        let (items, later) = (self.int(i64::from(items)), self.int(later as i64));
        let table = self.call_runtime(RuntimeFn::table_new, &[items, later]);
        self.jump_to_join(&join, Repr::Pointer(Type::Table, table));
        let table = self.switch_to_join(&join);
        self.payload(table)
    }

    /// How many fields of a table, or of what `setmetatable` gives back for it, are assigned.
    fn fields_later(&mut self, table: Value) -> usize {
        if self.later.is_none() {
            self.later = Some(later_fields(self.func));
        }
        self.later.as_ref().and_then(|later| later.get(&table)).copied().unwrap_or(0)
    }

    pub(super) fn lower_cell_new(&mut self, inst: Inst) {
        let value = self.repr(self.func.args(inst)[0]);
        let [tag, payload] = self.pair(value);
        if self.once {
            let cell = self.call_runtime(RuntimeFn::cell_new, &[tag, payload]);
            return self.define(inst, Repr::Pointer(Type::Cell, cell));
        }
        let join = self.join(Type::Cell);
        let slow = self.cold_block();
        let cell = self.bump(size_of::<Cell>(), slow);
        let flags = self.regions.cell;
        let known = value.known_tag();
        let header = self.header([kind::CELL, 0, 0, known.unwrap_or(0)], 0);
        self.store(flags, header, cell, 0);
        if known.is_none() {
            self.store_byte(flags, tag, cell, offset_of!(Cell, header.extra));
        }
        if value != Repr::Nil {
            self.store(flags, payload, cell, offset_of!(Cell, payload));
        }
        self.jump_to_join(&join, Repr::Pointer(Type::Cell, cell));
        self.b.switch_to_block(slow);
        let cell = self.call_runtime(RuntimeFn::cell_new, &[tag, payload]);
        self.jump_to_join(&join, Repr::Pointer(Type::Cell, cell));
        let cell = self.switch_to_join(&join);
        self.define(inst, cell);
    }

    /// A new closure, its upvalues filled in before anything else can happen: no barrier.
    pub(super) fn lower_closure(&mut self, inst: Inst, id: FuncId) {
        let func = self.func;
        let closure = match self.once {
            true => self.closure_of_runtime(id),
            false => self.closure_in_line(id, func.captures(inst).count()),
        };
        let values: Vec<Repr> = func
            .captures(inst)
            .map(|capture| match capture {
                None => Repr::Pointer(Type::Func, closure),
                Some(value) => self.repr(value),
            })
            .collect();
        self.store_slots(self.regions.closure, closure, size_of::<ClosureHeader>(), &values);
        self.define(inst, Repr::Pointer(Type::Func, closure));
    }

    fn closure_of_runtime(&mut self, id: FuncId) -> clif::Value {
        let proto = self.static_address(self.env.statics.proto_offset(id));
        self.call_runtime(RuntimeFn::closure_new, &[proto])
    }

    /// A closure with room for so many upvalues.
    fn closure_in_line(&mut self, id: FuncId, count: usize) -> clif::Value {
        let flags = self.regions.closure;
        let join = self.join(Type::Func);
        let slow = self.cold_block();
        let closure = self.bump(size_of::<ClosureHeader>() + slots_size(count), slow);
        let header = self.header([kind::FUNCTION, 0, 0, 0], count as u32);
        let proto = self.static_address(self.env.statics.proto_offset(id));
        let code = self.load(self.regions.constant, proto, offset_of!(abi::object::Proto, code));
        self.store(flags, header, closure, 0);
        self.store(flags, code, closure, offset_of!(ClosureHeader, code));
        self.store(flags, proto, closure, offset_of!(ClosureHeader, proto));
        self.jump_to_join(&join, Repr::Pointer(Type::Func, closure));
        self.b.switch_to_block(slow);
        let closure = self.closure_of_runtime(id);
        self.jump_to_join(&join, Repr::Pointer(Type::Func, closure));
        let closure = self.switch_to_join(&join);
        self.payload(closure)
    }

    /// Takes a zeroed cell for an object of this size from its free run; goes to `slow` when that
    /// is used up.
    fn bump(&mut self, size: usize, slow: clif::Block) -> clif::Value {
        let size = size.next_multiple_of(16);
        let range = offset_of!(Context, bump) + size / 16 * size_of::<BumpRange>();
        let object = self.load_ctx(range + offset_of!(BumpRange, next));
        let end = self.load_ctx(range + offset_of!(BumpRange, end));
        let next = self.b.ins().iadd_imm_u(object, size as i64);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, next, end);
        self.stay_if(fits, slow);
        self.store_ctx(next, range + offset_of!(BumpRange, next));
        object
    }

    /// A constant header: kind, bits of the collector, flags and `extra`, then `aux`.
    fn header(&mut self, bytes: [u8; 4], aux: u32) -> clif::Value {
        let word = match self.endianness() {
            Endianness::Little => u64::from(u32::from_le_bytes(bytes)) | u64::from(aux) << 32,
            Endianness::Big => u64::from(u32::from_be_bytes(bytes)) << 32 | u64::from(aux),
        };
        self.int(word as i64)
    }

    fn endianness(&self) -> Endianness {
        self.env.isa.endianness()
    }

    /// Fills the slots of a fresh object, which hold nil, from the first on.
    fn store_slots(
        &mut self,
        flags: MemFlagsData,
        object: clif::Value,
        start: usize,
        values: &[Repr],
    ) {
        for (group, values) in values.chunks(SLOTS_PER_GROUP).enumerate() {
            let first = group * SLOTS_PER_GROUP;
            let mut tags = [tag::NIL; SLOTS_PER_GROUP];
            for (tag, value) in tags.iter_mut().zip(values) {
                *tag = value.known_tag().unwrap_or(tag::NIL);
            }
            if tags != [tag::NIL; SLOTS_PER_GROUP] {
                let word = match self.endianness() {
                    Endianness::Little => u64::from_le_bytes(tags),
                    Endianness::Big => u64::from_be_bytes(tags),
                };
                let word = self.b.ins().iconst(I64, word as i64);
                self.store(flags, word, object, start + slot_tag_offset(first));
            }
            for (index, value) in values.iter().enumerate() {
                if value.known_tag() == Some(tag::NIL) {
                    continue;
                }
                let [tag, payload] = self.pair(*value);
                if value.known_tag().is_none() {
                    self.store_byte(flags, tag, object, start + slot_tag_offset(first + index));
                }
                let at = start + slot_payload_offset(first + index);
                self.store(flags, payload, object, at);
            }
        }
    }
}

/// How many fields new tables are to have room for, by table: as many as are assigned under constant
/// names, or those of an object that other functions fill.
pub(super) fn later_fields(func: &ir::Function) -> HashMap<Value, usize> {
    let mut names = HashMap::<Value, Vec<ir::StrId>>::new();
    let mut objects = Vec::new();
    let is_new =
        |value: Value| func.def_inst(value).is_some_and(|inst| func.inst(inst).op == Op::TableNew);
    for inst in func.layout.iter().flat_map(|block| func.insts_of(*block)) {
        if let Some(table) = set_metatable_of(func, *inst).filter(|table| is_new(*table)) {
            objects.push(table);
        }
        if func.inst(*inst).op != Op::SetIndex {
            continue;
        }
        let Some(name) = cached_field(func, *inst) else { continue };
        let table = func.args(*inst)[0];
        let made = func.def_inst(table).and_then(|call| set_metatable_of(func, call));
        let table = made.unwrap_or(table);
        if is_new(table) {
            let names = names.entry(table).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut later: HashMap<Value, usize> =
        names.iter().map(|(table, names)| (*table, names.len())).collect();
    for table in objects {
        later.entry(table).or_insert(OBJECT_FIELDS);
    }
    later
}

/// The table that `setmetatable` is called with, if an instruction does that.
fn set_metatable_of(func: &ir::Function, inst: Inst) -> Option<Value> {
    match (func.inst(inst).op, func.args(inst)) {
        (Op::Call | Op::TailCall, [callee, first, ..]) if is_setmetatable(func, *callee) => {
            Some(*first)
        }
        _ => None,
    }
}

fn is_setmetatable(func: &ir::Function, callee: Value) -> bool {
    let Some(inst) = func.def_inst(callee) else { return false };
    let data = func.inst(inst);
    match (data.op, data.imm) {
        (Op::GlobalGet, ir::Imm::Str(name)) => func.strings.get(name) == b"setmetatable",
        _ => false,
    }
}
