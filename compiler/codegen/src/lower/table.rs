//! Tables: indexing, lengths.

use super::Lower;
use super::repr::Repr;
use crate::safepoint::has_table_path;
use crate::statics::cached_field;
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::module::field_cache;
use abi::object::{StringHeader, TableHeader, array_kind, table_flags};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use ir::{Inst, StrId, Type};
use std::mem::offset_of;

/// The tags of elements by typed array kind, four bits each.
const KIND_TAGS: i64 = (tag::INT as i64) << (4 * array_kind::INT)
    | (tag::FLOAT as i64) << (4 * array_kind::FLOAT)
    | (tag::TABLE as i64) << (4 * array_kind::TABLE)
    | (tag::STRING as i64) << (4 * array_kind::STRING);

/// An element inside an array.
struct Element {
    kind: clif::Value,
    array: clif::Value,
    index: clif::Value,
    /// The address of its payload.
    payload: clif::Value,
}

/// A slot: the addresses of its tag byte and its payload.
struct Slot {
    tag: clif::Value,
    payload: clif::Value,
}

impl Lower<'_> {
    pub(super) fn lower_index(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let (object, key) = (self.repr(args[0]), self.repr(args[1]));
        if let Some(name) = cached_field(self.func, inst) {
            return self.lower_field_get(inst, object, name);
        }
        let [object_tag, object] = self.pair(object);
        let [key_tag, key_payload] = self.pair(key);
        let words = [object_tag, object, key_tag, key_payload];
        if !has_table_path(self.func, inst) {
            let value = self.call_runtime_value(RuntimeFn::index, &words);
            return self.define(inst, value);
        }
        let join = self.join(Type::Any);
        let slow = self.cold_block();
        let place = self.element(object_tag, object, key, slow);
        let (any, typed) = (self.block(), self.block());
        let is_any = self.is_tag(place.kind, array_kind::ANY);
        self.branch_to(is_any, any, typed);

        self.b.switch_to_block(any);
        let tag_place = self.element_tag(object, &place);
        let found = self.load_byte(self.regions.object, tag_place, 0);
        self.stay_if(found, slow);
        let payload = self.load(self.regions.object, place.payload, 0);
        self.jump_to_join(&join, Repr::Any(found, payload));

        self.b.switch_to_block(typed);
        let found = self.tag_of_kind(place.kind);
        let payload = self.load(self.regions.object, place.payload, 0);
        self.jump_to_join(&join, Repr::Any(found, payload));

        self.b.switch_to_block(slow);
        let value = self.call_runtime_value(RuntimeFn::index, &words);
        self.jump_to_join(&join, value);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    pub(super) fn lower_set_index(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let (object, key) = (self.repr(args[0]), self.repr(args[1]));
        let value = self.repr(args[2]);
        if let Some(name) = cached_field(self.func, inst) {
            if self.done.contains(&inst) {
                // A constructor did it, and the cache stays unused.
                self.next_cache();
                return;
            }
            return self.lower_field_set(object, name, value);
        }
        let [object_tag, object] = self.pair(object);
        let [key_tag, key_payload] = self.pair(key);
        let words = [object_tag, object, key_tag, key_payload];
        if !has_table_path(self.func, inst) {
            self.store_ctx_value(value, offset_of!(Context, operand));
            self.call_runtime(RuntimeFn::set_index, &words);
            return;
        }
        let [tag, payload] = self.pair(value);
        let (slow, after) = (self.cold_block(), self.block());
        let place = self.element(object_tag, object, key, slow);
        let (any, typed, stored) = (self.block(), self.block(), self.block());
        let is_any = self.is_tag(place.kind, array_kind::ANY);
        self.branch_to(is_any, any, typed);

        // An element that is nil may be the metatable's business.
        self.b.switch_to_block(any);
        let tag_place = self.element_tag(object, &place);
        let found = self.load_byte(self.regions.object, tag_place, 0);
        self.stay_if(found, slow);
        self.store(self.regions.object, payload, place.payload, 0);
        self.store_byte(self.regions.object, tag, tag_place, 0);
        self.jump(stored);

        self.b.switch_to_block(typed);
        let wanted = self.tag_of_kind(place.kind);
        let same = self.b.ins().icmp(IntCC::Equal, tag, wanted);
        self.stay_if(same, slow);
        self.store(self.regions.object, payload, place.payload, 0);
        self.jump(stored);

        self.b.switch_to_block(slow);
        self.store_ctx_value(value, offset_of!(Context, operand));
        self.call_runtime(RuntimeFn::set_index, &words);
        self.jump(after);

        self.b.switch_to_block(stored);
        self.barrier(object, value);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// Finds the place of an array's element. What is no table, no integer key or not in the array
    /// goes to `slow`.
    fn element(
        &mut self,
        object_tag: clif::Value,
        object: clif::Value,
        key: Repr,
        slow: clif::Block,
    ) -> Element {
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, slow);
        let key = match key {
            Repr::Int(key) => key,
            other => {
                let [found, payload] = self.pair(other);
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, slow);
                payload
            }
        };
        let flags = self.regions.object;
        let index = self.b.ins().iadd_imm_s(key, -1);
        let len = offset_of!(TableHeader, array_len) as i32;
        let len = self.b.ins().uload32(flags, object, len);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.stay_if(inside, slow);
        let kind = self.load_byte(flags, object, offset_of!(TableHeader, header.extra));
        let array = self.load(flags, object, offset_of!(TableHeader, array));
        let offset = self.b.ins().ishl_imm_u(index, 3);
        let payload = self.b.ins().iadd(array, offset);
        Element { kind, array, index, payload }
    }

    /// The place of an element's tag byte, in an array of kind ANY.
    fn element_tag(&mut self, object: clif::Value, place: &Element) -> clif::Value {
        let capacity = offset_of!(TableHeader, array_capacity) as i32;
        let capacity = self.b.ins().uload32(self.regions.object, object, capacity);
        let tags = self.b.ins().ishl_imm_u(capacity, 3);
        let tags = self.b.ins().iadd(place.array, tags);
        self.b.ins().iadd(tags, place.index)
    }

    /// The tag of the elements of an array of a typed kind.
    fn tag_of_kind(&mut self, kind: clif::Value) -> clif::Value {
        let table = self.int(KIND_TAGS);
        let shift = self.b.ins().ishl_imm_u(kind, 2);
        let tags = self.b.ins().ushr(table, shift);
        self.b.ins().band_imm_u(tags, 0xf)
    }

    pub(super) fn lower_method(&mut self, inst: Inst, name: StrId) {
        let object = self.repr(self.func.args(inst)[0]);
        if cached_field(self.func, inst).is_some() && has_table_path(self.func, inst) {
            return self.lower_field_get(inst, object, name);
        }
        let [object_tag, object] = self.pair(object);
        let name = self.const_str(name);
        let key_tag = self.int(i64::from(tag::STRING));
        let words = [object_tag, object, key_tag, name];
        let value = self.call_runtime_value(RuntimeFn::index, &words);
        self.define(inst, value);
    }

    /// A constant field: where the site's cache says for tables of this shape.
    fn lower_field_get(&mut self, inst: Inst, object: Repr, name: StrId) {
        let [object_tag, object] = self.pair(object);
        let join = self.join(Type::Any);
        let slow = self.cold_block();
        let cache = self.next_cache();
        let slot = self.cached_slot(object_tag, object, cache, slow);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        // An absent field may be the metatable's.
        self.stay_if(found, slow);
        let payload = self.load(self.regions.object, slot.payload, 0);
        self.jump_to_join(&join, Repr::Any(found, payload));
        self.b.switch_to_block(slow);
        let name = self.const_str(name);
        let cache = self.static_address(cache);
        let words = [object_tag, object, name, cache];
        let value = self.call_runtime_value(RuntimeFn::field_get, &words);
        self.jump_to_join(&join, value);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    /// Stores into a constant field that is there already; others are the runtime's business.
    fn lower_field_set(&mut self, object: Repr, name: StrId, value: Repr) {
        let [object_tag, object] = self.pair(object);
        let (slow, after) = (self.cold_block(), self.block());
        let cache = self.next_cache();
        let slot = self.cached_slot(object_tag, object, cache, slow);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        self.stay_if(found, slow);
        // A store into a prototype may change what methods are found.
        let flags = offset_of!(TableHeader, header.flags);
        let flags = self.load_byte(self.regions.object, object, flags);
        let prototype = self.b.ins().band_imm_u(flags, i64::from(table_flags::PROTOTYPE));
        self.leave_if(prototype, slow);
        let [tag, payload] = self.pair(value);
        self.store(self.regions.object, payload, slot.payload, 0);
        self.store_byte(self.regions.object, tag, slot.tag, 0);
        self.barrier(object, value);
        self.jump(after);
        self.b.switch_to_block(slow);
        let name = self.const_str(name);
        let cache = self.static_address(cache);
        self.store_ctx_value(value, offset_of!(Context, operand));
        self.call_runtime(RuntimeFn::field_set, &[object_tag, object, name, cache]);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// Where the next field cache of this function is in the static data.
    fn next_cache(&mut self) -> usize {
        let index = self.caches;
        self.caches += 1;
        self.env.statics.cache_offset(self.id, index)
    }

    /// The slot that a field cache names, when the object is a table of the cache's shape.
    fn cached_slot(
        &mut self,
        object_tag: clif::Value,
        object: clif::Value,
        cache: usize,
        slow: clif::Block,
    ) -> Slot {
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, slow);
        let address = self.static_address(cache);
        let entry = self.load(self.regions.caches, address, 0);
        let flags = self.regions.object;
        let shape = offset_of!(TableHeader, header.aux) as i32;
        let shape = self.b.ins().uload32(flags, object, shape);
        let cached = self.b.ins().ushr_imm_u(entry, 32);
        let same = self.b.ins().icmp(IntCC::Equal, shape, cached);
        self.stay_if(same, slow);
        let extension = self.load(flags, object, offset_of!(TableHeader, extension));
        let outside = self.b.ins().band_imm_u(entry, field_cache::EXTENSION as i64);
        let base = self.b.ins().select(outside, extension, object);
        let tag = self.b.ins().ushr_imm_u(entry, 1);
        let tag = self.b.ins().band_imm_u(tag, 0x7fff);
        let payload = self.b.ins().ushr_imm_u(entry, 16);
        let payload = self.b.ins().band_imm_u(payload, 0xffff);
        Slot { tag: self.b.ins().iadd(base, tag), payload: self.b.ins().iadd(base, payload) }
    }

    pub(super) fn lower_len(&mut self, inst: Inst) {
        let operand = self.repr(self.func.args(inst)[0]);
        if let Repr::Pointer(Type::Str, string) = operand {
            let len = self.load(self.regions.object, string, offset_of!(StringHeader, len));
            return self.define(inst, Repr::Int(len));
        }
        let words = self.pair(operand);
        let value = self.call_runtime_value(RuntimeFn::len, &words);
        self.define(inst, value);
    }
}
