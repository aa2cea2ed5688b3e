//! Where the look-up of a field ends: in the object, in a table that it inherits from, or nowhere.
//!
//! The answer depends on the object's shape and on its prototypes, so that it holds for all tables
//! of the shape as long as the prototype epoch is the same. Answers are remembered, for sites that
//! see more than one shape and for keys that are not constant. So are metamethods, by the metatable and
//! their name: those of tables are prototypes, whose functions do not change as long as the epoch is the
//! same.

use alloc::boxed::Box;
use alloc::vec;
use core::cell::Cell;

use abi::module::FieldCache;
use abi::object::table_flags::{HAS_METATABLE, PROTOTYPE, WEAK};
use abi::value::tag;

use super::{Table, absent};
use crate::gc::Gc;
use crate::shape::{ShapeId, ShapeMetatable};
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

/// How many tables a chain of prototypes may have that is walked here.
const MAX_CHAIN: usize = 100;
/// How many answers are remembered, a power of two.
const SIZE: usize = 512;
/// How many metamethods, likewise.
const METHODS: usize = 64;

/// Where a field is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// In a slot of the object, which may hold nil.
    Own(FieldCache),
    /// In a slot of another table, which may have become nil if that is weak.
    Inherited {
        /// The table.
        holder: Gc<Table>,
        /// Its slot.
        slot: FieldCache,
        /// Whether no table on the way is weak, so that what is found lives as long as the way.
        strong: bool,
    },
    /// Nowhere: nil.
    Absent,
    /// That is to be found out each time.
    Unknown,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    /// The address of the field's name, plus one when the object's own slot is left aside; 0: the
    /// entry is free.
    name: u64,
    shape: ShapeId,
    epoch: u32,
    place: Place,
}

const FREE: Answer = Answer { name: 0, shape: ShapeId(0), epoch: 0, place: Place::Unknown };

/// What a prototype has for a name: a function, a table or nil.
#[derive(Clone, Copy, Debug)]
struct Method {
    /// The prototype's address; 0: the entry is free.
    holder: u64,
    /// The name's.
    name: u64,
    epoch: u32,
    value: Value,
}

const NO_METHOD: Method = Method { holder: 0, name: 0, epoch: 0, value: Value::NIL };

/// Remembered answers.
#[derive(Debug)]
pub(crate) struct Lookups {
    answers: Box<[Cell<Answer>]>,
    methods: Box<[Cell<Method>]>,
}

impl Lookups {
    pub(crate) fn new() -> Lookups {
        Lookups {
            answers: vec![Cell::new(FREE); SIZE].into_boxed_slice(),
            methods: vec![Cell::new(NO_METHOD); METHODS].into_boxed_slice(),
        }
    }

    /// Forgets everything: names, shapes, tables and functions may have been collected.
    pub(crate) fn clear(&self) {
        self.answers.iter().for_each(|entry| entry.set(FREE));
        self.methods.iter().for_each(|entry| entry.set(NO_METHOD));
    }

    #[inline]
    fn entry(&self, shape: ShapeId, name: u64) -> &Cell<Answer> {
        let hash = (name >> 4) ^ (name >> 13) ^ (u64::from(shape.0) << 2) ^ (name << 1);
        &self.answers[hash as usize & (SIZE - 1)]
    }

    #[inline]
    fn get(&self, shape: ShapeId, name: u64, epoch: u32) -> Option<Place> {
        let answer = self.entry(shape, name).get();
        let same = answer.name == name && answer.shape == shape && answer.epoch == epoch;
        same.then_some(answer.place)
    }

    fn put(&self, shape: ShapeId, name: u64, epoch: u32, place: Place) {
        self.entry(shape, name).set(Answer { name, shape, epoch, place });
    }
}

impl Table {
    /// The metamethod `name` of a metatable, nil when it has none.
    #[inline]
    pub(crate) fn method(&self, state: &State, name: Gc<Str>) -> Value {
        if self.flags() & (PROTOTYPE | WEAK) != PROTOTYPE {
            return self.get_str(state, name);
        }
        let holder = self.header() as u64;
        let hash = (holder >> 4) ^ (holder >> 9) ^ (name.address() >> 5);
        let entry = &state.shapes.lookups.methods[hash as usize & (METHODS - 1)];
        let Method { holder: of, name: named, epoch, value } = entry.get();
        if of == holder && named == name.address() && epoch == state.ctx.proto_epoch {
            return value;
        }
        self.method_anew(state, name, entry)
    }

    #[inline(never)]
    fn method_anew(&self, state: &State, name: Gc<Str>, entry: &Cell<Method>) -> Value {
        let value = self.get_str(state, name);
        // A change of anything else does not change the epoch.
        if matches!(value.tag(), tag::NIL | tag::FUNCTION | tag::TABLE) {
            let (holder, epoch) = (self.header() as u64, state.ctx.proto_epoch);
            entry.set(Method { holder, name: name.address(), epoch, value });
        }
        value
    }
}

impl Gc<Table> {
    /// Where the look-up of a short string ends that begins in this table.
    #[inline]
    pub(crate) fn find_field(self, state: &mut State, name: Gc<Str>) -> Place {
        let found = state.shapes.lookups.get(self.shape(), name.address(), state.ctx.proto_epoch);
        found.unwrap_or_else(|| self.find_field_anew(state, name))
    }

    #[inline(never)]
    fn find_field_anew(self, state: &mut State, name: Gc<Str>) -> Place {
        if self.is_dictionary() {
            return Place::Unknown;
        }
        let place = match state.shapes.lookup(self.shape(), name) {
            Some(slot) => self.field_cache(&state.shapes, slot).map_or(Place::Unknown, Place::Own),
            None => self.find_inherited(state, name),
        };
        let (shape, epoch) = (self.shape(), state.ctx.proto_epoch);
        state.shapes.lookups.put(shape, name.address(), epoch, place);
        place
    }

    /// Likewise for a table that has a shape, where its own slot holds nil.
    pub(crate) fn find_behind(self, state: &mut State, name: Gc<Str>) -> Place {
        let epoch = state.ctx.proto_epoch;
        if let Some(place) = state.shapes.lookups.get(self.shape(), name.address() | 1, epoch) {
            return place;
        }
        let place = self.find_inherited(state, name);
        state.shapes.lookups.put(self.shape(), name.address() | 1, epoch, place);
        place
    }

    fn find_inherited(self, state: &mut State, name: Gc<Str>) -> Place {
        let mut next = match self.settled_metatable(state) {
            ShapeMetatable::None => return Place::Absent,
            ShapeMetatable::Fixed(metatable) => Next::Metatable(metatable),
            ShapeMetatable::Inherits(holder) => Next::Holder(holder),
            ShapeMetatable::InObject => return Place::Unknown,
        };
        let mut strong = true;
        for _ in 0..MAX_CHAIN {
            let holder = match next {
                Next::Holder(holder) => holder,
                Next::Metatable(metatable) => {
                    let index = metatable.metamethod(state, state.names.index, absent::INDEX);
                    if index.is_nil() {
                        return Place::Absent;
                    }
                    let Some(holder) = index.as_table() else { return Place::Unknown };
                    if metatable.flags() & PROTOTYPE == 0 {
                        // Its changes are not watched.
                        return Place::Unknown;
                    }
                    strong &= !metatable.is_weak();
                    holder
                }
            };
            if holder.flags() & PROTOTYPE == 0 {
                return Place::Unknown;
            }
            strong &= !holder.is_weak();
            if holder.is_dictionary() {
                if !holder.get_str(state, name).is_nil() {
                    return Place::Unknown;
                }
            } else if let Some(slot) = state.shapes.lookup(holder.shape(), name)
                && !holder.slot(&state.shapes, slot).is_nil()
            {
                let Some(slot) = holder.field_cache(&state.shapes, slot) else {
                    return Place::Unknown;
                };
                return Place::Inherited { holder, slot, strong };
            }
            match holder.metatable(state) {
                Some(metatable) => next = Next::Metatable(metatable),
                None => return Place::Absent,
            }
        }
        Place::Unknown
    }

    /// The value of a field at the place where it was found; `None` when it is for the metamethods.
    #[inline]
    pub(crate) fn found(self, state: &mut State, name: Gc<Str>, place: Place) -> Option<Value> {
        let value = self.at_place(place);
        if !value.is_nil() || place == Place::Absent || self.flags() & HAS_METATABLE == 0 {
            return Some(value);
        }
        match place {
            Place::Own(_) => {
                let place = self.find_behind(state, name);
                let value = self.at_place(place);
                (!value.is_nil() || place == Place::Absent).then_some(value)
            }
            _ => None,
        }
    }

    /// The value of a field, be it inherited; `None` when that takes metamethods, or more of a
    /// search.
    #[inline]
    pub fn field(self, state: &mut State, name: Gc<Str>) -> Option<Value> {
        if !self.is_dictionary() && name.is_short() {
            let place = self.find_field(state, name);
            return if place == Place::Unknown { None } else { self.found(state, name, place) };
        }
        let value = self.get_str(state, name);
        (!value.is_nil() || self.flags() & HAS_METATABLE == 0).then_some(value)
    }

    /// What the shape says of the metatable; a table that keeps its own gets a shape that knows it,
    /// as long as there are not too many shapes.
    #[inline]
    pub(crate) fn settled_metatable(self, state: &mut State) -> ShapeMetatable {
        match state.shapes.metatable(self.shape()) {
            ShapeMetatable::InObject => self.settle_metatable(state),
            found => found,
        }
    }

    #[inline(never)]
    fn settle_metatable(self, state: &mut State) -> ShapeMetatable {
        if let Some(metatable) = self.own_metatable()
            && let fixed = ShapeMetatable::Fixed(metatable)
            && let Some(shape) = state.shapes.with_metatable(self.shape(), fixed)
        {
            self.set_shape(shape);
            self.set_own_metatable(None);
            return fixed;
        }
        ShapeMetatable::InObject
    }

    /// What the shape of the table says of a store into an absent field.
    #[inline]
    pub(crate) fn absent_store(self, state: &mut State) -> AbsentStore {
        match self.settled_metatable(state) {
            ShapeMetatable::None => AbsentStore::Adds,
            ShapeMetatable::Fixed(metatable) => {
                let method = metatable.metamethod(state, state.names.newindex, absent::NEWINDEX);
                match method.as_function() {
                    Some(_) => AbsentStore::Calls(method),
                    None if method.is_nil() && metatable.flags() & PROTOTYPE != 0 => {
                        AbsentStore::Adds
                    }
                    None => AbsentStore::Unknown,
                }
            }
            // They have no `__newindex`.
            ShapeMetatable::Inherits(_) => AbsentStore::Adds,
            ShapeMetatable::InObject => AbsentStore::Unknown,
        }
    }
}

/// See [`Gc::absent_store`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum AbsentStore {
    /// The field is simply added.
    Adds,
    /// This function is called, a `__newindex`.
    Calls(Value),
    /// That is to be found out each time.
    Unknown,
}

/// What a search goes on with.
enum Next {
    Metatable(Gc<Table>),
    /// The `__index` of a metatable.
    Holder(Gc<Table>),
}

impl Table {
    /// The value at a place that [`Gc::find_field`] gave for this table and name, nil where it has
    /// become nil.
    #[inline]
    pub(crate) fn at_place(&self, place: Place) -> Value {
        match place {
            Place::Own(slot) => {
                debug_assert!(slot.shape & !FieldCache::IN_EXTENSION == self.shape().0);
                self.at_slot(slot)
            }
            Place::Inherited { holder, slot, .. } => holder.at_slot(slot),
            Place::Absent | Place::Unknown => Value::NIL,
        }
    }
}
