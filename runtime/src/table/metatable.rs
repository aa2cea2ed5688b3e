//! The metatable of a table: known by its shape, or in its extension.
//!
//! The first table that gets a metatable keeps it to itself; from the second one on the shape
//! knows it, so that a metatable of one table alone costs no shape. If it is nothing but an `__index`
//! the shape knows that, too, as a class may make such a metatable for each object. A dictionary
//! always keeps its own.
//!
//! A table that serves as a metatable, or as the `__index` of one, is marked as a prototype. All
//! stores to it come through here first, for what others remember of it: the bits that say that
//! it lacks a metamethod, and the epoch that method caches compare.

use abi::object::table_flags::{self, PROTOTYPE};
use abi::value::tag;

use super::Table;
use crate::error::Raised;
use crate::gc::Gc;
use crate::shape::{ShapeMetatable, Shapes};
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

/// Bits of the flags, above those of [`table_flags`]: a prototype is known to lack a metamethod.
pub(crate) mod absent {
    /// No `__index`.
    pub(crate) const INDEX: u8 = 8;
    /// No `__newindex`.
    pub(crate) const NEWINDEX: u8 = 16;
    /// No `__eq`.
    pub(crate) const EQ: u8 = 32;
    /// No `__len`.
    pub(crate) const LEN: u8 = 64;
    /// All of them.
    pub(super) const ALL: u8 = INDEX | NEWINDEX | EQ | LEN;
}

/// Another bit of the flags: it is the metatable of a table already.
const USED: u8 = 128;

const _: () = assert!(
    (table_flags::PROTOTYPE | table_flags::WEAK | table_flags::HAS_METATABLE)
        & (absent::ALL | USED)
        == 0
);

impl Table {
    /// Its metatable.
    #[inline]
    pub fn metatable(&self, state: &State) -> Option<Gc<Table>> {
        self.metatable_in(&state.shapes)
    }

    /// Like [`Table::metatable`], where the state is in parts.
    #[inline]
    pub(crate) fn metatable_in(&self, shapes: &Shapes) -> Option<Gc<Table>> {
        if self.flags() & table_flags::HAS_METATABLE == 0 {
            return None;
        }
        if self.is_dictionary() {
            return self.own_metatable();
        }
        match shapes.metatable(self.shape()) {
            ShapeMetatable::None => None,
            ShapeMetatable::Fixed(metatable) => Some(metatable),
            ShapeMetatable::InObject | ShapeMetatable::Inherits(_) => self.own_metatable(),
        }
    }

    /// What tables inherit from whose metatable this is, if it says nothing else and always will, but
    /// for stores that are watched.
    fn only_inherited(&self, state: &State) -> Option<Gc<Table>> {
        if self.is_dictionary() || self.flags() & table_flags::HAS_METATABLE != 0 {
            return None;
        }
        match state.shapes.names(self.shape()) {
            [name] if *name == state.names.index => self.slot(&state.shapes, 0).as_table(),
            _ => None,
        }
    }

    /// The metamethod `name` of a metatable, nil when it has none; `bit` of [`absent`] remembers
    /// that.
    #[inline]
    pub(crate) fn metamethod(&self, state: &State, name: Gc<Str>, bit: u8) -> Value {
        if self.flags() & bit != 0 {
            return Value::NIL;
        }
        let method = self.method(state, name);
        // Only stores to a prototype are watched.
        if method.is_nil() && self.flags() & PROTOTYPE != 0 {
            self.set_flags(bit);
        }
        method
    }
}

impl Gc<Table> {
    /// Sets or removes the metatable.
    pub fn set_metatable(
        self,
        state: &mut State,
        metatable: Option<Gc<Table>>,
    ) -> Result<(), Raised> {
        if self.metatable(state) != metatable && self.flags() & PROTOTYPE != 0 {
            // What it inherits changes, and it may become weak.
            self.forget_heirs(state);
            state.bump_proto_epoch();
        }
        let Some(metatable) = metatable else {
            self.place_metatable(state, ShapeMetatable::None)?;
            self.clear_flags(table_flags::HAS_METATABLE | table_flags::WEAK);
            return Ok(());
        };
        metatable.mark_prototype(state);
        let place = if metatable.flags() & USED != 0 {
            ShapeMetatable::Fixed(metatable)
        } else {
            let inherited = metatable.only_inherited(state);
            inherited.map_or(ShapeMetatable::InObject, ShapeMetatable::Inherits)
        };
        if self.metatable(state) != Some(metatable) {
            self.place_metatable(state, place)?;
            if self.is_dictionary() || place != ShapeMetatable::Fixed(metatable) {
                self.set_own_metatable(Some(metatable));
            }
        }
        metatable.set_flags(USED);
        self.set_flags(table_flags::HAS_METATABLE);
        state.barrier(self.erase(), Value::table(metatable));
        let mode = metatable.get_str(state, state.names.mode);
        self.clear_flags(table_flags::WEAK);
        if mode.as_string().is_some() {
            state.prepare_weak(self);
        }
        state.check_finalizer(self.erase(), metatable)
    }

    /// Sets the metatable of a table that has none, if that is but a change to a shape that is
    /// there already, as it is for all but the first objects of a class.
    pub(crate) fn set_metatable_quickly(self, state: &mut State, metatable: Gc<Table>) -> bool {
        let mine = self.flags() & (table_flags::HAS_METATABLE | table_flags::WEAK | PROTOTYPE);
        if mine != 0 || self.is_dictionary() || metatable.flags() & USED == 0 {
            return false;
        }
        let fixed = ShapeMetatable::Fixed(metatable);
        let Some(shape) = state.shapes.known_with_metatable(self.shape(), fixed) else {
            return false;
        };
        let has = |name: Gc<Str>| !metatable.get_str(state, name).is_nil();
        if has(state.names.mode) || has(state.names.gc) {
            return false;
        }
        self.set_shape(shape);
        if self.extension() != 0 {
            self.set_own_metatable(None);
        }
        self.set_flags(table_flags::HAS_METATABLE);
        state.barrier(self.erase(), Value::table(metatable));
        true
    }

    /// Makes the shape say where the metatable is; a dictionary has no say in it.
    fn place_metatable(self, state: &mut State, place: ShapeMetatable) -> Result<(), Raised> {
        if !self.is_dictionary() {
            if matches!(place, ShapeMetatable::InObject | ShapeMetatable::Inherits(_)) {
                self.ensure_extension(state)?;
            }
            match state.shapes.with_metatable(self.shape(), place) {
                Some(shape) => self.set_shape(shape),
                None => self.make_dictionary(state, 0)?,
            }
        }
        if self.extension() != 0 {
            self.set_own_metatable(None);
        }
        Ok(())
    }

    /// From now on stores to the table are watched.
    pub fn mark_prototype(self, state: &mut State) {
        let mut table = self;
        // Each turn marks a table that was not marked, so a loop of them ends as well.
        while table.flags() & PROTOTYPE == 0 {
            table.set_flags(PROTOTYPE);
            match table.get_str(state, state.names.index).as_table() {
                Some(next) => table = next,
                None => break,
            }
        }
    }

    /// A prototype is about to change. If there may be tables of which their shape says what this as
    /// their metatable says, it says so no longer.
    pub(super) fn forget_heirs(self, state: &mut State) {
        if self.flags() & USED != 0
            && let Some(holder) = self.only_inherited(state)
        {
            state.shapes.forget_heirs(holder);
            state.bump_proto_epoch();
        }
    }

    /// A prototype is about to get `value` as its field `name`.
    pub(super) fn before_prototype_store(self, state: &mut State, name: Gc<Str>, value: Value) {
        self.clear_flags(absent::ALL);
        let old = self.get_str(state, name);
        let matters = |value: Value| matches!(value.tag(), tag::FUNCTION | tag::TABLE);
        if old.tag() == value.tag() && old.payload() == value.payload() {
            return;
        }
        self.forget_heirs(state);
        if old.is_nil() != value.is_nil() || matters(old) || matters(value) {
            state.bump_proto_epoch();
        }
        if name == state.names.index
            && let Some(table) = value.as_table()
        {
            table.mark_prototype(state);
        }
    }
}

impl State {
    /// A method of a prototype may have changed: caches of methods are void.
    pub(crate) fn bump_proto_epoch(&mut self) {
        self.ctx.proto_epoch = self.ctx.proto_epoch.wrapping_add(1);
    }
}
