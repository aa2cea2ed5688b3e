//! Constant fields and methods, by the inline caches of `abi::module`.
//!
//! The usual path is one compare of the table's shape with the cache's. Fields in a table's
//! extension come second, marked in the cache by a bit that no shape has.

use super::Lower;
use super::emit::Join;
use super::repr::Repr;
use crate::safepoint::has_table_path;
use crate::statics::{cache_words, cached_field};
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::module::{
    CACHE_WAYS, FieldCache, LoadCache, LoadEntry, MethodCache, MethodEntry, StoreCache, StoreEntry,
};
use abi::object::{TableHeader, table_flags};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self as clif, InstBuilder};
use cranelift_codegen::settings::OptLevel;
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
        let (slow, nothing) = (self.cold_block(), self.cold_block());
        let (other, more, last) = (self.cold_block(), self.cold_block(), self.cold_block());
        let (inside, outside) = (self.cold_block(), self.cold_block());
        let empty = self.b.append_block_param(nothing, I64);
        let base = self.b.append_block_param(inside, I64);
        let entry = self.b.append_block_param(inside, I64);
        let outer = self.b.append_block_param(outside, I64);
        let cache = self.next_cache(inst);
        let address = self.cache_address(cache);
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, slow);
        let shape = self.shape(object);
        let shape_at = offset_of!(LoadEntry, field.shape);
        let wanted = self.load_cache(address, offset_of!(LoadCache, first) + shape_at);
        let first = self.b.ins().iadd_imm_u(address, offset_of!(LoadCache, first) as i64);
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        self.stay_if(same, other);
        self.load_field(object, first, &join, nothing);

        // Other shapes; then the same once more for slots in the extension. Small code does
        // without the other shapes.
        let several = self.env.isa.flags().opt_level() != OptLevel::None;
        self.b.switch_to_block(other);
        let way = if several {
            let way = self.way(address, shape, offset_of!(LoadCache, others));
            let found = self.load_cache(way, shape_at);
            let same = self.b.ins().icmp(IntCC::Equal, shape, found);
            self.b.ins().brif(same, inside, &[object.into(), way.into()], more, &[]);
            self.b.switch_to_block(more);
            Some((way, found))
        } else {
            None
        };
        let marked = self.b.ins().bxor_imm_u(shape, i64::from(FieldCache::IN_EXTENSION));
        let same = self.b.ins().icmp(IntCC::Equal, marked, wanted);
        match way {
            None => self.b.ins().brif(same, outside, &[first.into()], slow, &[]),
            Some((way, found)) => {
                self.b.ins().brif(same, outside, &[first.into()], last, &[]);
                self.b.switch_to_block(last);
                let same = self.b.ins().icmp(IntCC::Equal, marked, found);
                self.b.ins().brif(same, outside, &[way.into()], slow, &[])
            }
        };
        self.b.switch_to_block(outside);
        let extension = self.load(self.regions.object, object, offset_of!(TableHeader, extension));
        self.b.ins().jump(inside, &[extension.into(), outer.into()]);
        self.b.switch_to_block(inside);
        self.load_field(base, entry, &join, nothing);

        // What is absent here may be inherited.
        self.b.switch_to_block(nothing);
        let epoch = self.load_cache(empty, offset_of!(LoadEntry, nil_epoch));
        let now = self.epoch();
        let same = self.b.ins().icmp(IntCC::Equal, epoch, now);
        self.stay_if(same, slow);
        self.jump_to_join(&join, Repr::Nil);

        self.b.switch_to_block(slow);
        let name = self.name_beside(name, cache, address);
        let words = [object_tag, object, name, address];
        let value = self.call_runtime_value(RuntimeFn::field_get, &words);
        self.jump_to_join(&join, value);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    /// Goes to `join` with the value that a [`LoadEntry`] says lies in a slot at `base`, and to
    /// `nothing`, with the entry, if that is nil.
    fn load_field(
        &mut self,
        base: clif::Value,
        entry: clif::Value,
        join: &Join,
        nothing: clif::Block,
    ) {
        let slot = self.slot_at(base, entry, offset_of!(LoadEntry, field));
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        let here = self.block();
        self.b.ins().brif(found, here, &[], nothing, &[entry.into()]);
        self.b.switch_to_block(here);
        let payload = self.load(self.regions.object, slot.payload, 0);
        self.jump_to_join(join, Repr::Any(found, payload));
    }

    /// The field that the first entry of a [`LoadCache`] names; everything else goes to `exit`.
    pub(super) fn load_first(
        &mut self,
        object: clif::Value,
        shape: clif::Value,
        cache: clif::Value,
        exit: clif::Block,
    ) -> Repr {
        let at = offset_of!(LoadCache, first);
        let wanted = self.load_cache(cache, at + offset_of!(LoadEntry, field.shape));
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        self.stay_if(same, exit);
        let slot = self.slot_at(object, cache, at + offset_of!(LoadEntry, field));
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        self.stay_if(found, exit);
        let payload = self.load(self.regions.object, slot.payload, 0);
        Repr::Any(found, payload)
    }

    /// Stores into a field that is there, in the slot that a [`StoreCache`] names, of a table that
    /// is no prototype, which may be known; everything else goes to `exit`.
    pub(super) fn store_first(
        &mut self,
        table: [clif::Value; 2],
        is_plain: bool,
        cache: clif::Value,
        value: Repr,
        exit: clif::Block,
    ) {
        let [object, shape] = table;
        let wanted = self.load_cache(cache, offset_of!(FieldCache, shape));
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        self.stay_if(same, exit);
        if !is_plain {
            self.leave_prototype(object, exit);
        }
        let slot = self.slot_at(object, cache, 0);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        self.stay_if(found, exit);
        self.store_field(object, &slot, value);
    }

    /// A store into a prototype may change what methods are found.
    fn leave_prototype(&mut self, object: clif::Value, leave: clif::Block) {
        let flags = offset_of!(TableHeader, header.flags);
        let flags = self.load_byte(self.regions.object, object, flags);
        let prototype = self.b.ins().band_imm_u(flags, i64::from(table_flags::PROTOTYPE));
        self.leave_if(prototype, leave);
    }

    fn store_field(&mut self, object: clif::Value, slot: &Slot, value: Repr) {
        let [tag, payload] = self.pair(value);
        self.store(self.regions.object, payload, slot.payload, 0);
        self.store_byte(self.regions.object, tag, slot.tag, 0);
        self.barrier(object, value);
    }

    /// Stores into a constant field that is there already, or that tables of the shape get.
    pub(super) fn lower_field_set(&mut self, inst: Inst, object: Repr, name: StrId, value: Repr) {
        let [object_tag, object] = self.pair(object);
        let (slow, after) = (self.cold_block(), self.block());
        let cache = self.next_cache(inst);
        let address = self.cache_address(cache);
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, slow);
        let shape = self.shape(object);
        let (slot, entry) = self.cached_store(object, shape, address, slow);
        self.leave_prototype(object, slow);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        let (add, present) = (self.block(), self.block());
        self.branch_to(found, present, add);

        // The slot is empty: it is the next one of this shape, or its field was removed.
        self.b.switch_to_block(add);
        let next = self.load_cache(entry, offset_of!(StoreEntry, next_shape));
        self.stay_if(next, slow);
        let epoch = self.load_cache(entry, offset_of!(StoreEntry, epoch));
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
        self.store_field(object, &slot, value);
        self.jump(after);
        self.b.switch_to_block(slow);
        let name = self.name_beside(name, cache, address);
        self.store_ctx_value(value, offset_of!(Context, operand));
        self.call_runtime(RuntimeFn::field_set, &[object_tag, object, name, address]);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// `object[name]` for a call: a function that objects of this shape, or strings, inherit, or
    /// that the object has itself.
    pub(super) fn lower_method(&mut self, inst: Inst, name: StrId) {
        let object = self.repr(self.func.args(inst)[0]);
        let is_cached = cached_field(self.func, inst).is_some() && !self.once;
        if !is_cached || !has_table_path(self.func, inst) {
            let [object_tag, object] = self.pair(object);
            let name = self.const_str(name);
            let key_tag = self.int(i64::from(tag::STRING));
            let words = [object_tag, object, key_tag, name];
            let value = self.call_runtime_value(RuntimeFn::index, &words);
            return self.define(inst, value);
        }
        let join = self.join(Type::Any);
        let (slow, look, hit) = (self.cold_block(), self.block(), self.block());
        let (other, own) = (self.cold_block(), self.cold_block());
        let cache = self.next_cache(inst);
        let address = self.cache_address(cache);
        let shape = self.b.append_block_param(look, I32);
        let entry = self.b.append_block_param(hit, I64);
        let string = self.b.ins().iconst(I32, i64::from(MethodCache::STRING));
        let known = object;
        let [object_tag, object] = self.pair(object);
        match known.known_tag() {
            Some(tag::STRING) => {
                self.b.ins().jump(look, &[string.into()]);
            }
            known => {
                if known.is_none() {
                    let (table, not_table) = (self.block(), self.block());
                    let is_table = self.is_tag(object_tag, tag::TABLE);
                    self.branch_to(is_table, table, not_table);
                    self.b.switch_to_block(not_table);
                    let is_string = self.is_tag(object_tag, tag::STRING);
                    self.b.ins().brif(is_string, look, &[string.into()], slow, &[]);
                    self.b.switch_to_block(table);
                }
                let shape = self.shape(object);
                self.b.ins().jump(look, &[shape.into()]);
            }
        }
        self.b.switch_to_block(look);
        let shape_at = offset_of!(MethodEntry, shape);
        let wanted = self.load_cache(address, offset_of!(MethodCache, first) + shape_at);
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        let first = self.b.ins().iadd_imm_u(address, offset_of!(MethodCache, first) as i64);
        self.b.ins().brif(same, hit, &[first.into()], other, &[]);
        self.b.switch_to_block(other);
        let way = self.way(address, shape, offset_of!(MethodCache, others));
        let wanted = self.load_cache(way, shape_at);
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        self.b.ins().brif(same, hit, &[way.into()], own, &[]);

        self.b.switch_to_block(hit);
        let epoch = self.load_cache(entry, offset_of!(MethodEntry, epoch));
        let now = self.epoch();
        let same = self.b.ins().icmp(IntCC::Equal, epoch, now);
        self.stay_if(same, slow);
        let function = self.load(self.regions.caches, entry, offset_of!(MethodEntry, function));
        self.jump_to_join(&join, Repr::Pointer(Type::Func, function));

        self.b.switch_to_block(own);
        let field = self.b.ins().iadd_imm_u(address, offset_of!(MethodCache, field) as i64);
        let slot = self.cached_slot(object, shape, field, slow);
        let found = self.load_byte(self.regions.object, slot.tag, 0);
        self.stay_if(found, slow);
        let payload = self.load(self.regions.object, slot.payload, 0);
        self.jump_to_join(&join, Repr::Any(found, payload));

        self.b.switch_to_block(slow);
        let name = self.name_beside(name, cache, address);
        let words = [object_tag, object, name, address];
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

    /// The address of an inline cache, by its distance from the function's first one, so that one
    /// register does for all of them.
    pub(super) fn cache_address(&mut self, cache: usize) -> clif::Value {
        let first = self.env.statics.cache_offset(self.id, 0);
        let address = self.static_address(first);
        self.b.ins().iadd_imm_u(address, (cache - first) as i64)
    }

    /// A constant string for a slow path, by its distance from the cache at `address`: a value of
    /// its own would be made before the loop around, and kept there.
    fn name_beside(&mut self, name: StrId, cache: usize, address: clif::Value) -> clif::Value {
        let distance = self.env.statics.string_offset(self.func, name) as i64 - cache as i64;
        let flags = self.regions.caches;
        self.b.ins().load(I64, flags, address, distance as i32)
    }

    /// The address of the entry for a shape among the others of a cache.
    fn way(&mut self, cache: clif::Value, shape: clif::Value, others: usize) -> clif::Value {
        const SIZE_BITS: i64 = 4;
        const _: () = assert!(size_of::<LoadEntry>() == 1 << SIZE_BITS);
        const _: () = assert!(size_of::<MethodEntry>() == 1 << SIZE_BITS);
        const _: () = assert!(size_of::<StoreEntry>() == 1 << SIZE_BITS);
        const _: () = assert!(offset_of!(StoreCache, first) == 0);
        let way = self.b.ins().band_imm_u(shape, CACHE_WAYS as i64 - 1);
        let way = self.b.ins().uextend(I64, way);
        let offset = self.b.ins().ishl_imm_u(way, SIZE_BITS);
        let entry = self.b.ins().iadd(cache, offset);
        self.b.ins().iadd_imm_u(entry, others as i64)
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
    pub(super) fn shape(&mut self, table: clif::Value) -> clif::Value {
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
        self.b.ins().brif(same, inside, &[object.into()], other, &[]);
        self.b.switch_to_block(other);
        let differ = self.b.ins().bxor(shape, wanted);
        let marked = i64::from(FieldCache::IN_EXTENSION);
        let marked = self.b.ins().icmp_imm_u(IntCC::Equal, differ, marked);
        self.branch_to(marked, outside, slow);
        self.b.switch_to_block(outside);
        let extension = self.load(self.regions.object, object, offset_of!(TableHeader, extension));
        self.b.ins().jump(inside, &[extension.into()]);
        self.b.switch_to_block(inside);
        self.slot_at(base, cache, 0)
    }

    /// The slot that a [`StoreCache`] names for the object's shape, and the address of the entry.
    fn cached_store(
        &mut self,
        object: clif::Value,
        shape: clif::Value,
        cache: clif::Value,
        slow: clif::Block,
    ) -> (Slot, clif::Value) {
        // Small code does without the other shapes.
        if self.env.isa.flags().opt_level() == OptLevel::None {
            return (self.cached_slot(object, shape, cache, slow), cache);
        }
        let (other, more, last) = (self.cold_block(), self.cold_block(), self.cold_block());
        let (outside, inside) = (self.cold_block(), self.block());
        let [base, entry] = [0; 2].map(|_| self.b.append_block_param(inside, I64));
        let outer = self.b.append_block_param(outside, I64);
        let wanted = self.load_cache(cache, offset_of!(FieldCache, shape));
        let same = self.b.ins().icmp(IntCC::Equal, shape, wanted);
        self.b.ins().brif(same, inside, &[object.into(), cache.into()], other, &[]);
        self.b.switch_to_block(other);
        let way = self.way(cache, shape, offset_of!(StoreCache, others));
        let found = self.load_cache(way, offset_of!(FieldCache, shape));
        let same = self.b.ins().icmp(IntCC::Equal, shape, found);
        self.b.ins().brif(same, inside, &[object.into(), way.into()], more, &[]);
        self.b.switch_to_block(more);
        let marked = self.b.ins().bxor_imm_u(shape, i64::from(FieldCache::IN_EXTENSION));
        let same = self.b.ins().icmp(IntCC::Equal, marked, wanted);
        self.b.ins().brif(same, outside, &[cache.into()], last, &[]);
        self.b.switch_to_block(last);
        let same = self.b.ins().icmp(IntCC::Equal, marked, found);
        self.b.ins().brif(same, outside, &[way.into()], slow, &[]);
        self.b.switch_to_block(outside);
        let extension = self.load(self.regions.object, object, offset_of!(TableHeader, extension));
        self.b.ins().jump(inside, &[extension.into(), outer.into()]);
        self.b.switch_to_block(inside);
        (self.slot_at(base, entry, 0), entry)
    }

    /// The slot that the [`FieldCache`] at `cache + at` names.
    fn slot_at(&mut self, base: clif::Value, cache: clif::Value, at: usize) -> Slot {
        let flags = self.regions.caches;
        let tag = (at + offset_of!(FieldCache, tag_at)) as i32;
        let tag = self.b.ins().uload16(I64, flags, cache, tag);
        let payload = (at + offset_of!(FieldCache, payload_at)) as i32;
        let payload = self.b.ins().uload16(I64, flags, cache, payload);
        Slot { tag: self.b.ins().iadd(base, tag), payload: self.b.ins().iadd(base, payload) }
    }
}
