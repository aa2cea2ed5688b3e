//! Tables: indexing, lengths.

use super::Lower;
use super::emit::Join;
use super::repr::Repr;
use crate::safepoint::{has_table_path, may_be_table};
use crate::statics::cached_field;
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::object::{StringHeader, TableHeader, array_kind, table_flags};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use ir::{Inst, Type};
use std::mem::offset_of;

/// The tags of elements by typed array kind, four bits each.
const KIND_TAGS: i64 = (tag::INT as i64) << (4 * array_kind::INT)
    | (tag::FLOAT as i64) << (4 * array_kind::FLOAT)
    | (tag::TABLE as i64) << (4 * array_kind::TABLE)
    | (tag::STRING as i64) << (4 * array_kind::STRING);

/// An element inside an array.
struct Element {
    key: clif::Value,
    kind: clif::Value,
    array: clif::Value,
    index: clif::Value,
    /// The address of its payload.
    payload: clif::Value,
}

/// Where to go with what is no element of an array.
struct Elsewhere {
    no_table: clif::Block,
    /// A table, but no integer as the key.
    no_int: clif::Block,
    /// Both, and the array does not reach that far.
    outside: clif::Block,
}

impl Lower<'_> {
    pub(super) fn lower_index(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let (object, key) = (self.repr(args[0]), self.repr(args[1]));
        if let Some(name) = cached_field(self.func, inst).filter(|_| !self.once) {
            return self.lower_field_get(inst, object, name);
        }
        let [object_tag, object] = self.pair(object);
        let [key_tag, key_payload] = self.pair(key);
        let words = [object_tag, object, key_tag, key_payload];
        if self.once || !may_be_table(self.func, inst) {
            let value = self.call_runtime_value(RuntimeFn::index, &words);
            return self.define(inst, value);
        }
        let join = self.join(Type::Any);
        let slow = self.cold_block();
        if has_table_path(self.func, inst) {
            let other = self.cold_block();
            let places = Elsewhere { no_table: slow, no_int: other, outside: other };
            self.load_element_or(object_tag, object, key, &join, &places, other);
            self.b.switch_to_block(other);
        } else {
            let is_table = self.is_tag(object_tag, tag::TABLE);
            self.stay_if(is_table, slow);
        }
        let payload = self.call_runtime(RuntimeFn::get, &[object, key_tag, key_payload]);
        let found = self.load_ctx(offset_of!(Context, value_tag));
        let asks = self.is_tag(found, tag::DEAD);
        self.leave_if(asks, slow);
        self.jump_to_join(&join, Repr::Any(found, payload));
        self.b.switch_to_block(slow);
        let value = self.call_runtime_value(RuntimeFn::index, &words);
        self.jump_to_join(&join, value);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    /// Goes to `join` with an element that is not nil; everything else goes to `slow`.
    pub(super) fn load_element(
        &mut self,
        object_tag: clif::Value,
        object: clif::Value,
        key: Repr,
        join: &Join,
        slow: clif::Block,
    ) {
        let places = Elsewhere { no_table: slow, no_int: slow, outside: slow };
        self.load_element_or(object_tag, object, key, join, &places, slow);
    }

    /// Likewise, with a block for each of what is no element, and one for an element that is nil.
    fn load_element_or(
        &mut self,
        object_tag: clif::Value,
        object: clif::Value,
        key: Repr,
        join: &Join,
        elsewhere: &Elsewhere,
        nil: clif::Block,
    ) {
        let place = self.element(object_tag, object, key, elsewhere);
        let (any, typed) = (self.block(), self.block());
        let is_any = self.is_tag(place.kind, array_kind::ANY);
        self.branch_to(is_any, any, typed);

        self.b.switch_to_block(any);
        let tag_place = self.element_tag(object, &place);
        let found = self.load_byte(self.regions.object, tag_place, 0);
        self.stay_if(found, nil);
        let payload = self.load(self.regions.object, place.payload, 0);
        self.jump_to_join(join, Repr::Any(found, payload));

        self.b.switch_to_block(typed);
        let found = self.tag_of_kind(place.kind);
        let payload = self.load(self.regions.object, place.payload, 0);
        self.jump_to_join(join, Repr::Any(found, payload));
    }

    pub(super) fn lower_set_index(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let (object, key) = (self.repr(args[0]), self.repr(args[1]));
        let value = self.repr(args[2]);
        if let Some(name) = cached_field(self.func, inst).filter(|_| !self.once) {
            if self.done.contains(&inst) {
                // A constructor did it, and the cache stays unused.
                self.next_cache(inst);
                return;
            }
            return self.lower_field_set(inst, object, name, value);
        }
        let [object_tag, object] = self.pair(object);
        let [key_tag, key_payload] = self.pair(key);
        let words = [object_tag, object, key_tag, key_payload];
        if self.once || !may_be_table(self.func, inst) {
            self.store_ctx_value(value, offset_of!(Context, operand));
            self.call_runtime(RuntimeFn::set_index, &words);
            return;
        }
        let [tag, payload] = self.pair(value);
        let (slow, after, other) = (self.cold_block(), self.block(), self.cold_block());
        if has_table_path(self.func, inst) {
            let outside = self.cold_block();
            let places = Elsewhere { no_table: slow, no_int: other, outside };
            let place = self.element(object_tag, object, key, &places);
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

            self.b.switch_to_block(outside);
            let key = place.key;
            let appended = self.call_runtime(RuntimeFn::append, &[object, key, tag, payload]);
            self.branch_to(appended, after, slow);

            self.b.switch_to_block(stored);
            self.barrier(object, value);
            self.jump(after);
        } else {
            let is_table = self.is_tag(object_tag, tag::TABLE);
            self.branch_to(is_table, other, slow);
        }

        self.b.switch_to_block(other);
        self.store_ctx_value(value, offset_of!(Context, operand));
        let replaced = self.call_runtime(RuntimeFn::replace, &[object, key_tag, key_payload]);
        self.branch_to(replaced, after, slow);

        self.b.switch_to_block(slow);
        self.store_ctx_value(value, offset_of!(Context, operand));
        self.call_runtime(RuntimeFn::set_index, &words);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// Finds the place of an array's element.
    fn element(
        &mut self,
        object_tag: clif::Value,
        object: clif::Value,
        key: Repr,
        elsewhere: &Elsewhere,
    ) -> Element {
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, elsewhere.no_table);
        let key = match key {
            Repr::Int(key) => key,
            other => {
                let [found, payload] = self.pair(other);
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, elsewhere.no_int);
                payload
            }
        };
        let flags = self.regions.object;
        let index = self.b.ins().iadd_imm_s(key, -1);
        let len = offset_of!(TableHeader, array_len) as i32;
        let len = self.b.ins().uload32(flags, object, len);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.stay_if(inside, elsewhere.outside);
        let kind = self.load_byte(flags, object, offset_of!(TableHeader, header.extra));
        let array = self.load(flags, object, offset_of!(TableHeader, array));
        let offset = self.b.ins().ishl_imm_u(index, 3);
        let payload = self.b.ins().iadd(array, offset);
        Element { key, kind, array, index, payload }
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

    pub(super) fn lower_len(&mut self, inst: Inst) {
        let operand = self.repr(self.func.args(inst)[0]);
        if let Repr::Pointer(Type::Str, string) = operand {
            let len = self.load(self.regions.object, string, offset_of!(StringHeader, len));
            return self.define(inst, Repr::Int(len));
        }
        let words = self.pair(operand);
        if !matches!(self.func.ty(self.func.args(inst)[0]), Type::Any | Type::Table) {
            let value = self.call_runtime_value(RuntimeFn::len, &words);
            return self.define(inst, value);
        }
        // A table without a metatable whose array is of one kind has as many elements.
        let join = self.join(Type::Any);
        let slow = self.cold_block();
        let [found, table] = words;
        let is_table = self.is_tag(found, tag::TABLE);
        self.stay_if(is_table, slow);
        let flags = self.regions.object;
        let bits = self.load_byte(flags, table, offset_of!(TableHeader, header.flags));
        let metatable = self.b.ins().band_imm_u(bits, i64::from(table_flags::HAS_METATABLE));
        self.leave_if(metatable, slow);
        let kind = self.load_byte(flags, table, offset_of!(TableHeader, header.extra));
        let kind = self.b.ins().iadd_imm_s(kind, -i64::from(array_kind::INT));
        let last = i64::from(array_kind::STRING - array_kind::INT);
        let typed = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, kind, last);
        self.stay_if(typed, slow);
        let len = offset_of!(TableHeader, array_len) as i32;
        let len = self.b.ins().uload32(flags, table, len);
        self.jump_to_join(&join, Repr::Int(len));
        self.b.switch_to_block(slow);
        let value = self.call_runtime_value(RuntimeFn::len, &words);
        self.jump_to_join(&join, value);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }
}
