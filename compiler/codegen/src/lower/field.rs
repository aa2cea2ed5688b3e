//! Constant fields and methods, by the inline caches of `abi::module`.
//!
//! The usual path is one compare of the table's shape with the cache's. Fields in a table's
//! extension come second, marked in the cache by a bit that no shape has.

use super::Lower;
use super::repr::Repr;
use crate::safepoint::has_table_path;
use crate::statics::{cache_words, cached_field};
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::module::{FieldCache, MethodCache, StoreCache};
use abi::object::{TableHeader, table_flags};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder};
use ir::{Inst, StrId, Type};
use std::mem::offset_of;

/// A slot: the addresses of its tag byte and its payload.
struct Slot {
    tag: clif::Value,
    payload: clif::Value,
}

impl Lower<'_> {
    /// A constant field: where the site's cache says for tables of this shape.
    pub(super) fn lower_field_get(&mut self, inst: Inst, object: Repr, name: StrId) {
        let [object_tag, object] = self.pair(object);
        let join = self.join(Type::Any);
        let slow = self.cold_block();
        let cache = self.next_cache(inst);
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, slow);
        let address = self.static_address(cache);
        let shape = self.shape(object);
        let slot = self.cached_slot(object, shape, address, slow);
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

    /// Stores into a constant field that is there already, or that tables of the shape get.
    pub(super) fn lower_field_set(&mut self, inst: Inst, object: Repr, name: StrId, value: Repr) {
        let [object_tag, object] = self.pair(object);
        let (slow, after) = (self.cold_block(), self.block());
        let cache = self.next_cache(inst);
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, slow);
        let address = self.static_address(cache);
        let shape = self.shape(object);
        let slot = self.cached_slot(object, shape, address, slow);
        // A store into a prototype may change what methods are found.
        let flags = offset_of!(TableHeader, header.flags);
        let flags = self.load_byte(self.regions.object, object, flags);
        let prototype = self.b.ins().band_imm_u(flags, i64::from(table_flags::PROTOTYPE));
        self.leave_if(prototype, slow);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        let (add, present) = (self.block(), self.block());
        self.branch_to(found, present, add);

        // The slot is empty: it is the next one of this shape, or its field was removed.
        self.b.switch_to_block(add);
        let next = self.load_cache(address, offset_of!(StoreCache, next_shape));
        self.stay_if(next, slow);
        let epoch = self.load_cache(address, offset_of!(StoreCache, epoch));
        let now = self.epoch();
        let same = self.b.ins().icmp(IntCC::Equal, epoch, now);
        self.stay_if(same, slow);
        if value.known_tag() == Some(tag::NIL) {
            self.jump(after);
        } else {
            if let Repr::Any(found, _) = value {
                let nothing = self.b.ins().icmp_imm_u(IntCC::Equal, found, i64::from(tag::NIL));
                self.leave_if(nothing, after);
            }
            let shape = offset_of!(TableHeader, header.aux) as i32;
            self.b.ins().store(self.regions.object, next, object, shape);
            self.jump(present);
        }

        self.b.switch_to_block(present);
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

    /// `object[name]` for a call: a function that objects of this shape, or strings, inherit, or
    /// that the object has itself.
    pub(super) fn lower_method(&mut self, inst: Inst, name: StrId) {
        let object = self.repr(self.func.args(inst)[0]);
        if cached_field(self.func, inst).is_none() || !has_table_path(self.func, inst) {
            let [object_tag, object] = self.pair(object);
            let name = self.const_str(name);
            let key_tag = self.int(i64::from(tag::STRING));
            let words = [object_tag, object, key_tag, name];
            let value = self.call_runtime_value(RuntimeFn::index, &words);
            return self.define(inst, value);
        }
        let join = self.join(Type::Any);
        let (slow, own, look) = (self.cold_block(), self.block(), self.block());
        let cache = self.next_cache(inst);
        let found = self.b.append_block_param(look, I32);
        let string = self.b.ins().iconst(I32, i64::from(MethodCache::STRING));
        let known = object;
        let [object_tag, object] = self.pair(object);
        match known.known_tag() {
            Some(tag::STRING) => {
                self.b.ins().jump(look, &[BlockArg::Value(string)]);
            }
            known => {
                let table = self.block();
                if known.is_none() {
                    let other = self.block();
                    let is_table = self.is_tag(object_tag, tag::TABLE);
                    self.branch_to(is_table, table, other);
                    self.b.switch_to_block(other);
                    let is_string = self.is_tag(object_tag, tag::STRING);
                    self.b.ins().brif(is_string, look, &[BlockArg::Value(string)], slow, &[]);
                } else {
                    self.jump(table);
                }
                self.b.switch_to_block(table);
                let shape = self.shape(object);
                self.b.ins().jump(look, &[BlockArg::Value(shape)]);
            }
        }
        self.b.switch_to_block(look);
        let address = self.static_address(cache);
        let wanted = self.load_cache(address, offset_of!(MethodCache, shape));
        let same = self.b.ins().icmp(IntCC::Equal, found, wanted);
        self.stay_if(same, own);
        let epoch = self.load_cache(address, offset_of!(MethodCache, epoch));
        let now = self.epoch();
        let same = self.b.ins().icmp(IntCC::Equal, epoch, now);
        self.stay_if(same, slow);
        let function = self.load(self.regions.caches, address, offset_of!(MethodCache, function));
        self.jump_to_join(&join, Repr::Pointer(Type::Func, function));

        self.b.switch_to_block(own);
        let slot = self.cached_slot(object, found, address, slow);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        self.stay_if(found, slow);
        let payload = self.load(self.regions.object, slot.payload, 0);
        self.jump_to_join(&join, Repr::Any(found, payload));

        self.b.switch_to_block(slow);
        let name = self.const_str(name);
        let cache = self.static_address(cache);
        let words = [object_tag, object, name, cache];
        let value = self.call_runtime_value(RuntimeFn::method_get, &words);
        self.jump_to_join(&join, value);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    /// Where the next inline cache of this function is in the static data.
    pub(super) fn next_cache(&mut self, inst: Inst) -> usize {
        let word = self.caches;
        self.caches += cache_words(self.func, inst);
        self.env.statics.cache_offset(self.id, word)
    }

    /// A half word of a cache.
    fn load_cache(&mut self, cache: clif::Value, at: usize) -> clif::Value {
        self.b.ins().load(I32, self.regions.caches, cache, at as i32)
    }

    fn epoch(&mut self) -> clif::Value {
        let at = offset_of!(Context, proto_epoch) as i32;
        self.b.ins().load(I32, self.regions.ctx, self.ctx, at)
    }

    /// The shape of a table.
    fn shape(&mut self, table: clif::Value) -> clif::Value {
        let at = offset_of!(TableHeader, header.aux) as i32;
        self.b.ins().load(I32, self.regions.object, table, at)
    }

    /// The slot that a [`FieldCache`] names, when `shape`, which is the object's, is the cache's.
    fn cached_slot(
        &mut self,
        object: clif::Value,
        shape: clif::Value,
        cache: clif::Value,
        slow: clif::Block,
    ) -> Slot {
        let (other, outside, inside) = (self.cold_block(), self.cold_block(), self.block());
        let wanted = self.load_cache(cache, offset_of!(FieldCache, shape));
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        let base = self.b.append_block_param(inside, I64);
        self.b.ins().brif(same, inside, &[BlockArg::Value(object)], other, &[]);
        self.b.switch_to_block(other);
        let differ = self.b.ins().bxor(shape, wanted);
        let marked = i64::from(FieldCache::IN_EXTENSION);
        let marked = self.b.ins().icmp_imm_u(IntCC::Equal, differ, marked);
        self.branch_to(marked, outside, slow);
        self.b.switch_to_block(outside);
        let extension = self.load(self.regions.object, object, offset_of!(TableHeader, extension));
        self.b.ins().jump(inside, &[BlockArg::Value(extension)]);
        self.b.switch_to_block(inside);
        let flags = self.regions.caches;
        let tag = offset_of!(FieldCache, tag_at) as i32;
        let tag = self.b.ins().uload16(I64, flags, cache, tag);
        let payload = offset_of!(FieldCache, payload_at) as i32;
        let payload = self.b.ins().uload16(I64, flags, cache, payload);
        Slot { tag: self.b.ins().iadd(base, tag), payload: self.b.ins().iadd(base, payload) }
    }
}
