//! Indexing, as generated code asks for it: what its inline caches and paths leave over.

use core::mem::offset_of;

use abi::module::{
    CACHE_WAYS, FieldCache, LoadCache, LoadEntry, MethodCache, MethodEntry, StoreCache, StoreEntry,
};
use abi::object::table_flags::{HAS_METATABLE, PROTOTYPE, WEAK};
use abi::value::tag;

use super::body::{Called, operand};
use crate::call::{Continuation, Saved, Step};
use crate::gc::Gc;
use crate::operations;
use crate::state::State;
use crate::string::Str;
use crate::table::Table;
use crate::table::lookup::{AbsentStore, Place};
use crate::value::Value;

/// A string that generated code passes as a word.
pub(super) fn name_of(name: u64) -> Gc<Str> {
    // SAFETY: a constant short string of a registered module.
    unsafe { Gc::from_raw(name) }
}

/// Writes into a site's cache.
fn fill<T>(cache: u64, at: usize, entry: T) {
    // SAFETY: generated code passes the address of the site's cache, which is of the type that
    // belongs to the function it calls, and reads it at other times only.
    unsafe { (cache as *mut u8).add(at).cast::<T>().write(entry) };
}

pub(super) fn field_get(state: &mut State, object: Value, name: u64, cache: u64) -> Called<Value> {
    let name = name_of(name);
    if let Some(table) = object.as_table()
        && !table.is_dictionary()
    {
        let place = table.find_field(state, name);
        if place != Place::Unknown {
            let value = table.found(state, name, place);
            let is_final = value.is_some_and(Value::is_nil);
            match place {
                Place::Own(slot) => fill_load(state, cache, slot, is_final),
                Place::Absent => {
                    let (shape, tag_at) = (table.shape().0, FieldCache::ABSENT_TAG_AT);
                    fill_load(state, cache, FieldCache { shape, tag_at, payload_at: 0 }, true);
                }
                _ => {}
            }
            if let Some(value) = value {
                return Ok(Step::Done(value));
            }
        }
    }
    operations::index(state, object, Value::string(name))
}

/// Where an inline cache is to have its entry for a shape: in the first place if that is free or the
/// shape's already, else by the low bits; but first again if it is there and the site missed it, as
/// small code looks at the first place only.
fn entry_at(cache: u64, shape: u32, first: usize, others: usize, size: usize) -> usize {
    // SAFETY: entries begin with the shape; see `fill`.
    let shape_at = |at: usize| unsafe { (cache as *const u8).add(at).cast::<u32>().read() };
    let known = shape_at(first);
    let other = others + (shape as usize & (CACHE_WAYS - 1)) * size;
    let is_free = known == u32::MAX || (known ^ shape) & !FieldCache::IN_EXTENSION == 0;
    if is_free || shape_at(other) == shape { first } else { other }
}

/// Notes a slot; `is_final` if nil in it is the answer.
fn fill_load(state: &State, cache: u64, field: FieldCache, is_final: bool) {
    let (first, others) = (offset_of!(LoadCache, first), offset_of!(LoadCache, others));
    let at = entry_at(cache, field.shape, first, others, size_of::<LoadEntry>());
    let epoch = state.ctx.proto_epoch;
    let nil_epoch = if is_final { epoch } else { epoch.wrapping_sub(1) };
    fill(cache, at, LoadEntry { field, nil_epoch, unused: 0 });
}

/// Notes where a store goes, and what shape the table has then; 0: that is not known.
fn fill_store(state: &State, cache: u64, field: FieldCache, next_shape: u32) {
    let (first, others) = (offset_of!(StoreCache, first), offset_of!(StoreCache, others));
    let at = entry_at(cache, field.shape, first, others, size_of::<StoreEntry>());
    fill(cache, at, StoreEntry { field, next_shape, epoch: state.ctx.proto_epoch });
}

/// Notes a function that objects of the shape inherit.
fn fill_method(state: &State, cache: u64, shape: u32, function: Value) {
    let (first, others) = (offset_of!(MethodCache, first), offset_of!(MethodCache, others));
    let at = entry_at(cache, shape, first, others, size_of::<MethodEntry>());
    let (epoch, function) = (state.ctx.proto_epoch, function.payload());
    fill(cache, at, MethodEntry { shape, epoch, function });
}

pub(super) fn method_get(state: &mut State, object: Value, name: u64, cache: u64) -> Called<Value> {
    let name = name_of(name);
    if let Some(table) = object.as_table() {
        let place =
            if table.is_dictionary() { Place::Unknown } else { table.find_field(state, name) };
        if place != Place::Unknown
            && let Some(value) = table.found(state, name, place)
        {
            match place {
                Place::Own(slot) => fill(cache, offset_of!(MethodCache, field), slot),
                Place::Inherited { strong: true, .. } if value.tag() == tag::FUNCTION => {
                    fill_method(state, cache, table.shape().0, value);
                }
                _ => {}
            }
            return Ok(Step::Done(value));
        }
    } else if object.tag() == tag::STRING
        && let Some(holder) = state.metamethod(object, state.names.index).as_table()
        && holder.flags() & (PROTOTYPE | WEAK) == PROTOTYPE
    {
        let value = holder.get_str(state, name);
        if value.tag() == tag::FUNCTION {
            fill_method(state, cache, MethodCache::STRING, value);
            return Ok(Step::Done(value));
        }
    }
    operations::index(state, object, Value::string(name))
}

pub(super) fn field_set(state: &mut State, object: Value, name: u64, cache: u64) -> Called<()> {
    let (name, value) = (name_of(name), operand(state));
    if let Some(table) = object.as_table()
        && !table.is_dictionary()
        && table.flags() & PROTOTYPE == 0
    {
        match state.shapes.lookup(table.shape(), name) {
            Some(slot) => {
                // What is nil may be stored into if an absent field may be.
                let adds = matches!(table.absent_store(state), AbsentStore::Adds);
                if let Some(field) = table.field_cache(&state.shapes, slot) {
                    let next_shape = if adds { table.shape().0 } else { 0 };
                    fill_store(state, cache, field, next_shape);
                }
                if table.replace_field(state, name, value) {
                    return Ok(Step::Done(()));
                }
                if adds {
                    table.set_str(state, name, value)?;
                    return Ok(Step::Done(()));
                }
            }
            None => match table.absent_store(state) {
                AbsentStore::Adds if !value.is_nil() => {
                    let before = table.shape();
                    table.set_str(state, name, value)?;
                    note_transition(state, table, before.0, name, cache);
                    return Ok(Step::Done(()));
                }
                AbsentStore::Calls(method) => {
                    let (event, args) =
                        (state.names.newindex, [object, Value::string(name), value]);
                    let none = Continuation::None;
                    return state.request_event(event, method, &args, none, Saved::default());
                }
                AbsentStore::Adds | AbsentStore::Unknown => {}
            },
        }
    }
    operations::set_index(state, object, Value::string(name), value)
}

/// A table of the shape `before` has got the field `name`: the next one can get it in line, if the
/// slot lies inside the object.
fn note_transition(state: &State, table: Gc<Table>, before: u32, name: Gc<Str>, cache: u64) {
    let after = table.shape();
    if after.is_dictionary() || after.0 == before {
        return;
    }
    let Some(slot) = state.shapes.lookup(after, name) else { return };
    if let Some(field) = table.field_cache(&state.shapes, slot)
        && field.shape == after.0
    {
        fill_store(state, cache, FieldCache { shape: before, ..field }, after.0);
    }
}

pub(super) fn index(state: &mut State, object: Value, key: Value) -> Called<Value> {
    if let Some(table) = object.as_table()
        && let Some(name) = key.as_string()
    {
        if table.is_dictionary() {
            let value = table.get_str(state, name);
            if !value.is_nil() || table.flags() & HAS_METATABLE == 0 {
                return Ok(Step::Done(value));
            }
        } else if name.is_short() {
            let place = table.find_field(state, name);
            if place != Place::Unknown
                && let Some(value) = table.found(state, name, place)
            {
                return Ok(Step::Done(value));
            }
        }
    }
    operations::index(state, object, key)
}

pub(super) fn set_index(state: &mut State, object: Value, key: Value) -> Called<()> {
    let value = operand(state);
    if let Some(table) = object.as_table()
        && table.flags() & HAS_METATABLE == 0
    {
        table.set(state, key, value)?;
        return Ok(Step::Done(()));
    }
    operations::set_index(state, object, key, value)
}

pub(super) fn get(state: &mut State, table: u64, key: Value) -> u64 {
    // SAFETY: generated code has seen that it is a table.
    let table = unsafe { Gc::<Table>::from_raw(table) };
    let value = table.get(state, key);
    let asks = value.is_nil() && table.flags() & HAS_METATABLE != 0;
    state.ctx.value_tag = u64::from(if asks { tag::DEAD } else { value.tag() });
    value.payload()
}

pub(super) fn replace(state: &mut State, table: u64, key: Value) -> u64 {
    let value = operand(state);
    // SAFETY: generated code has seen that it is a table.
    let table = unsafe { Gc::<Table>::from_raw(table) };
    u64::from(table.replace(state, key, value))
}

pub(super) fn append(state: &mut State, table: u64, key: u64, value: Value) -> u64 {
    // SAFETY: generated code has seen that it is a table.
    let table = unsafe { Gc::<Table>::from_raw(table) };
    let done = table.flags() & HAS_METATABLE == 0 && table.append_in_place(state, key, value)
        || table.replace_outside(state, key as i64, value);
    u64::from(done)
}

pub(super) fn next(state: &mut State, table: u64, key: Value) -> u64 {
    // SAFETY: generated code has seen that it is a table.
    let table = unsafe { Gc::<Table>::from_raw(table) };
    let Some(entry) = table.next_quick(state, key) else { return 0 };
    let (key, value) = entry.unwrap_or_default();
    state.ctx.scratch[0] = key.to_raw();
    state.ctx.scratch[1] = value.to_raw();
    1
}
