//! Hidden shapes: what tables with the same fields share.
//!
//! A shape is an ordered list of short strings, the names of its slots, together with the number
//! of slots that lie inside the object and with what is known of the metatable. A table names its
//! shape by a 32-bit id, so that one compare tells compiled code where the fields are, which
//! fields are absent, and what the metatable is. Id 0 stands for every dictionary.
//!
//! A table starts with the root shape of its inline capacity. A new field or a new kind of
//! metatable is a transition to another shape, the same one for all tables that take it. When a
//! transition is refused (too many fields, too many transitions: the names are data then) the
//! table becomes a dictionary.
//!
//! Shapes are kept alive by their tables, by their children, and while they are few and know no
//! metatable also by nothing. The ids of the others are given out again.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;

use abi::object::{MAX_INLINE, root_shape};
pub use abi::object::{inline_capacity, table_size};

use crate::gc::Gc;
use crate::string::Str;
use crate::table::Table;
use crate::table::lookup::Lookups;

/// Tables with more fields are dictionaries.
pub const MAX_FIELDS: usize = 64;

/// How many transitions may leave a root shape, and any other one.
const MAX_ROOT_CHILDREN: u16 = 512;
const MAX_CHILDREN: u16 = 48;
/// How many shapes there may be in all.
const MAX_SHAPES: usize = 1 << 15;
/// As long as there are fewer, shapes without a metatable live without a table.
const FEW_SHAPES: usize = 1 << 11;
/// Lists of names up to this length are searched one by one.
const LINEAR_NAMES: usize = 8;
/// Entries of the cache of look-ups, a power of two.
const CACHE_SIZE: usize = 512;
/// The slot of a cached look-up that found nothing.
const NO_SLOT: u32 = u32::MAX;

/// The number of a shape, as it stands in a table's header.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShapeId(pub u32);

impl ShapeId {
    /// No shape: the table is a dictionary.
    pub const DICTIONARY: ShapeId = ShapeId(0);

    /// The shape of a new table with `inline_capacity` slots.
    pub const fn root(inline_capacity: usize) -> ShapeId {
        ShapeId(root_shape(inline_capacity))
    }

    /// Does the table have no shape?
    #[inline]
    pub const fn is_dictionary(self) -> bool {
        self.0 == 0
    }

    const fn is_root(self) -> bool {
        self.0 <= 1 + MAX_INLINE as u32
    }
}

/// What a shape says of the metatable of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeMetatable {
    /// They have none.
    None,
    /// They all have this one.
    Fixed(Gc<Table>),
    /// Each has one of its own, in its extension.
    InObject,
    /// Likewise; and each of these has no field but `__index`, which is this table. Objects whose
    /// class gives each a new `{ __index = class }` have it. What is stored into a metatable later
    /// ends that: see [`Shapes::forget_heirs`].
    Inherits(Gc<Table>),
}

impl ShapeMetatable {
    /// The word for it in the table of transitions; names stand there by their addresses.
    fn key(self) -> u64 {
        match self {
            ShapeMetatable::None => 1,
            ShapeMetatable::InObject => 2,
            ShapeMetatable::Fixed(table) => table.address() | 3,
            ShapeMetatable::Inherits(table) => table.address() | 5,
        }
    }
}

/// One shape.
#[derive(Debug)]
struct Shape {
    /// Its names are the first `count` of this list.
    list: u32,
    count: u32,
    inline_capacity: u8,
    /// Whether this shape or one it comes from knows a table: its metatable, or what it inherits from.
    knows_metatable: bool,
    /// Reached in the current collection.
    marked: Cell<bool>,
    in_use: bool,
    /// How many transitions were made from it.
    children: u16,
    parent: ShapeId,
    metatable: ShapeMetatable,
}

impl Shape {
    /// The fields of a child, as far as they are its parent's.
    fn child(&self, id: ShapeId) -> Shape {
        Shape {
            list: self.list,
            count: self.count,
            inline_capacity: self.inline_capacity,
            knows_metatable: self.knows_metatable,
            // Made during a collection, it may belong to a table that is already marked.
            marked: Cell::new(true),
            in_use: true,
            children: 0,
            parent: id,
            metatable: self.metatable,
        }
    }
}

/// Names in the order of their slots. A shape and its first child share one list.
#[derive(Debug, Default)]
struct Names {
    names: Vec<Gc<Str>>,
    /// From the hash of an address to a slot + 1, open addressing; empty for short lists.
    index: Vec<u8>,
    /// How many shapes refer to it.
    users: u32,
}

/// A way from a shape to another one: by a name, or by a kind of metatable.
#[derive(Clone, Copy, Debug, Default)]
struct Transition {
    /// The name's address, or [`ShapeMetatable::key`].
    key: u64,
    from: u32,
    /// 0: the entry is free.
    to: u32,
}

/// A remembered answer of [`Shapes::lookup`].
#[derive(Clone, Copy, Debug)]
struct CachedSlot {
    name: u64,
    shape: u32,
    slot: u32,
}

const EMPTY_CACHE: CachedSlot = CachedSlot { name: 0, shape: 0, slot: NO_SLOT };

/// All shapes of a state.
#[derive(Debug)]
pub struct Shapes {
    /// By id. Entry 0 is there for the dictionaries and means nothing.
    shapes: Vec<Shape>,
    free: Vec<u32>,
    lists: Vec<Names>,
    free_lists: Vec<u32>,
    /// Open addressing, at most half full, its length a power of two.
    transitions: Vec<Transition>,
    transition_count: usize,
    cache: Box<[Cell<CachedSlot>]>,
    /// Those that were made since the last collection.
    young: Vec<ShapeId>,
    /// Where look-ups ended, prototypes included.
    pub(crate) lookups: Lookups,
}

impl Shapes {
    /// The root shapes alone.
    pub fn new() -> Shapes {
        let mut shapes = Shapes {
            shapes: Vec::with_capacity(2 + MAX_INLINE),
            free: Vec::new(),
            lists: Vec::new(),
            free_lists: Vec::new(),
            transitions: alloc::vec![Transition::default(); 64],
            transition_count: 0,
            cache: alloc::vec![Cell::new(EMPTY_CACHE); CACHE_SIZE].into_boxed_slice(),
            young: Vec::new(),
            lookups: Lookups::new(),
        };
        for inline_capacity in core::iter::once(0).chain(0..=MAX_INLINE) {
            let list = shapes.new_list();
            shapes.lists[list as usize].users = 1;
            shapes.shapes.push(Shape {
                list,
                count: 0,
                inline_capacity: inline_capacity as u8,
                knows_metatable: false,
                marked: Cell::new(false),
                in_use: true,
                children: 0,
                parent: ShapeId::DICTIONARY,
                metatable: ShapeMetatable::None,
            });
        }
        shapes
    }

    /// How many shapes there are.
    pub fn in_use(&self) -> usize {
        self.shapes.iter().filter(|shape| shape.in_use).count()
    }

    #[inline]
    fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0 as usize]
    }

    /// How many slots its tables have.
    #[inline]
    pub fn count(&self, id: ShapeId) -> usize {
        self.shape(id).count as usize
    }

    /// How many of them lie inside the object, used or not.
    #[inline]
    pub fn inline_capacity(&self, id: ShapeId) -> usize {
        usize::from(self.shape(id).inline_capacity)
    }

    /// Both numbers at once.
    #[inline]
    pub(crate) fn slot_counts(&self, id: ShapeId) -> (usize, usize) {
        let shape = self.shape(id);
        (shape.count as usize, usize::from(shape.inline_capacity))
    }

    /// What it says of the metatable.
    #[inline]
    pub fn metatable(&self, id: ShapeId) -> ShapeMetatable {
        self.shape(id).metatable
    }

    /// The names of its slots, in order.
    #[inline]
    pub fn names(&self, id: ShapeId) -> &[Gc<Str>] {
        let shape = self.shape(id);
        &self.lists[shape.list as usize].names[..shape.count as usize]
    }

    /// The slot of the field `name`, which is found only when it is a short string.
    #[inline]
    pub fn lookup(&self, id: ShapeId, name: Gc<Str>) -> Option<usize> {
        let hash = (name.address() >> 4) ^ (u64::from(id.0) << 3);
        let entry = &self.cache[hash as usize & (CACHE_SIZE - 1)];
        let cached = entry.get();
        let slot = if cached.name == name.address() && cached.shape == id.0 {
            cached.slot
        } else {
            let slot = self.search(id, name);
            entry.set(CachedSlot { name: name.address(), shape: id.0, slot });
            slot
        };
        (slot != NO_SLOT).then_some(slot as usize)
    }

    fn search(&self, id: ShapeId, name: Gc<Str>) -> u32 {
        let shape = self.shape(id);
        let list = &self.lists[shape.list as usize];
        let found = if list.index.is_empty() {
            list.names[..shape.count as usize].iter().position(|candidate| *candidate == name)
        } else {
            list.find(name).filter(|slot| *slot < shape.count as usize)
        };
        found.map_or(NO_SLOT, |slot| slot as u32)
    }

    /// The shape with one more field, or `None` when such tables are better dictionaries. `name`
    /// is a short string that the shape does not have.
    pub fn with_field(&mut self, id: ShapeId, name: Gc<Str>) -> Option<ShapeId> {
        if let Some(child) = self.find_transition(id, name.address()) {
            return Some(child);
        }
        let Shape { list, count, .. } = *self.shape(id);
        if count as usize >= MAX_FIELDS || !self.may_grow(id) {
            return None;
        }
        // The first child appends to the list of its parent, later ones to copies.
        let list = if self.lists[list as usize].names.len() == count as usize {
            list
        } else {
            let copy = self.new_list();
            let names = self.lists[list as usize].names[..count as usize].to_vec();
            self.lists[copy as usize].names = names;
            copy
        };
        self.lists[list as usize].push(name);
        let child = Shape { list, count: count + 1, ..self.shape(id).child(id) };
        Some(self.add_child(name.address(), child))
    }

    /// The shape with the same fields and this metatable, or `None` when such tables are better
    /// dictionaries.
    pub fn with_metatable(&mut self, id: ShapeId, metatable: ShapeMetatable) -> Option<ShapeId> {
        if self.metatable(id) == metatable {
            return Some(id);
        }
        if let Some(child) = self.find_transition(id, metatable.key()) {
            return Some(child);
        }
        if !self.may_grow(id) {
            return None;
        }
        let mut child = Shape { metatable, ..self.shape(id).child(id) };
        let known = matches!(metatable, ShapeMetatable::Fixed(_) | ShapeMetatable::Inherits(_));
        child.knows_metatable |= known;
        Some(self.add_child(metatable.key(), child))
    }

    /// Likewise, if there is such a shape already.
    pub fn known_with_metatable(&self, id: ShapeId, metatable: ShapeMetatable) -> Option<ShapeId> {
        self.find_transition(id, metatable.key())
    }

    /// Of tables that inherit from `holder` by metatables of their own it is not known any more what
    /// these say.
    pub fn forget_heirs(&mut self, holder: Gc<Table>) {
        for shape in &mut self.shapes {
            if shape.metatable == ShapeMetatable::Inherits(holder) {
                shape.metatable = ShapeMetatable::InObject;
            }
        }
    }

    /// May another transition leave this shape?
    fn may_grow(&self, id: ShapeId) -> bool {
        let limit = if id.is_root() { MAX_ROOT_CHILDREN } else { MAX_CHILDREN };
        self.shape(id).children < limit && (!self.free.is_empty() || self.shapes.len() < MAX_SHAPES)
    }

    fn add_child(&mut self, key: u64, shape: Shape) -> ShapeId {
        let parent = shape.parent;
        self.lists[shape.list as usize].users += 1;
        self.shapes[parent.0 as usize].children += 1;
        let id = match self.free.pop() {
            Some(id) => {
                self.shapes[id as usize] = shape;
                id
            }
            None => {
                self.shapes.push(shape);
                self.shapes.len() as u32 - 1
            }
        };
        self.add_transition(Transition { key, from: parent.0, to: id });
        self.young.push(ShapeId(id));
        ShapeId(id)
    }

    fn new_list(&mut self) -> u32 {
        match self.free_lists.pop() {
            Some(list) => list,
            None => {
                self.lists.push(Names::default());
                self.lists.len() as u32 - 1
            }
        }
    }
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes::new()
    }
}

/// The table of transitions.
impl Shapes {
    fn transition_start(&self, from: u32, key: u64) -> usize {
        mix(key ^ (u64::from(from) << 40)) as usize & (self.transitions.len() - 1)
    }

    fn find_transition(&self, from: ShapeId, key: u64) -> Option<ShapeId> {
        let mut at = self.transition_start(from.0, key);
        loop {
            let entry = self.transitions[at];
            if entry.to == 0 {
                return None;
            }
            if entry.key == key && entry.from == from.0 {
                return Some(ShapeId(entry.to));
            }
            at = (at + 1) & (self.transitions.len() - 1);
        }
    }

    fn add_transition(&mut self, transition: Transition) {
        if (self.transition_count + 1) * 2 > self.transitions.len() {
            let size = self.transitions.len() * 2;
            self.rebuild_transitions(size);
        }
        let mut at = self.transition_start(transition.from, transition.key);
        while self.transitions[at].to != 0 {
            at = (at + 1) & (self.transitions.len() - 1);
        }
        self.transitions[at] = transition;
        self.transition_count += 1;
    }

    /// Makes the table anew, with the transitions between shapes that are still in use.
    fn rebuild_transitions(&mut self, size: usize) {
        let old =
            core::mem::replace(&mut self.transitions, alloc::vec![Transition::default(); size]);
        self.transition_count = 0;
        for transition in old {
            if transition.to != 0 && self.shapes[transition.to as usize].in_use {
                self.add_transition(transition);
            }
        }
    }
}

/// What the collector asks for.
impl Shapes {
    /// Before marking in a collection that visits every live object: shapes that live by
    /// themselves are marked, their names visited.
    pub fn start_marking(&self, visit: &mut dyn FnMut(Visited)) {
        let few = self.shapes.len() - self.free.len() < FEW_SHAPES;
        for shape in &self.shapes {
            shape.marked.set(false);
        }
        for id in 1..self.shapes.len() as u32 {
            let id = ShapeId(id);
            let shape = self.shape(id);
            if shape.in_use && (id.is_root() || few && !shape.knows_metatable) {
                self.mark(id, visit);
            }
        }
    }

    /// A live table has this shape.
    #[inline]
    pub fn mark(&self, id: ShapeId, visit: &mut dyn FnMut(Visited)) {
        if !self.shape(id).marked.get() {
            self.mark_chain(id, visit);
        }
    }

    fn mark_chain(&self, mut id: ShapeId, visit: &mut dyn FnMut(Visited)) {
        while !id.is_dictionary() && !self.shape(id).marked.get() {
            let shape = self.shape(id);
            shape.marked.set(true);
            if let ShapeMetatable::Fixed(table) | ShapeMetatable::Inherits(table) = shape.metatable
            {
                visit(Visited::Table(table));
            }
            // The others are its parent's.
            for name in &self.names(id)[self.shape(shape.parent).count as usize..] {
                visit(Visited::Name(*name));
            }
            id = shape.parent;
        }
    }

    /// In a collection of the young, where every shape is a root: visits what shapes refer to that
    /// were made since the last collection.
    pub fn visit_young(&mut self, visit: &mut dyn FnMut(Visited)) {
        for id in core::mem::take(&mut self.young) {
            // It counts as marked from the start.
            self.shape(id).marked.set(false);
            self.mark_chain(id, visit);
        }
    }

    /// After the marking that [`Shapes::start_marking`] began: drops the shapes that were not
    /// reached. Answers whether there were any: then caches outside this file must forget all ids.
    pub fn sweep(&mut self) -> bool {
        self.young.clear();
        let mut dropped = false;
        for id in 1..self.shapes.len() {
            let shape = &mut self.shapes[id];
            if !shape.in_use || shape.marked.get() {
                continue;
            }
            shape.in_use = false;
            shape.metatable = ShapeMetatable::None;
            let (list, parent) = (shape.list as usize, shape.parent.0 as usize);
            self.free.push(id as u32);
            dropped = true;
            self.lists[list].users -= 1;
            if self.lists[list].users == 0 {
                self.lists[list] = Names::default();
                self.free_lists.push(list as u32);
            }
            let parent = &mut self.shapes[parent];
            parent.children = parent.children.saturating_sub(1);
        }
        if !dropped {
            return false;
        }
        // A list may end in names that only dropped shapes had.
        let mut lengths = alloc::vec![0; self.lists.len()];
        for shape in self.shapes.iter().filter(|shape| shape.in_use) {
            let length = &mut lengths[shape.list as usize];
            *length = shape.count.max(*length);
        }
        for (list, length) in self.lists.iter_mut().zip(lengths) {
            list.truncate(length as usize);
        }
        self.rebuild_transitions(self.transitions.len());
        true
    }

    /// Forgets look-ups: names that were collected may be in the cache. Every collection calls it.
    pub fn clear_cache(&self) {
        for entry in &self.cache {
            entry.set(EMPTY_CACHE);
        }
        self.lookups.clear();
    }
}

/// What a shape keeps alive.
#[derive(Clone, Copy, Debug)]
pub enum Visited {
    /// The name of a slot.
    Name(Gc<Str>),
    /// A fixed metatable, or what is inherited from.
    Table(Gc<Table>),
}

impl Names {
    fn push(&mut self, name: Gc<Str>) {
        self.names.push(name);
        let count = self.names.len();
        if count <= LINEAR_NAMES {
            return;
        }
        if self.index.len() < count * 2 {
            self.index = alloc::vec![0; (count * 2).next_power_of_two()];
            (0..count).for_each(|slot| self.add_to_index(slot));
        } else {
            self.add_to_index(count - 1);
        }
    }

    fn add_to_index(&mut self, slot: usize) {
        let mask = self.index.len() - 1;
        let mut at = mix(self.names[slot].address()) as usize & mask;
        while self.index[at] != 0 {
            at = (at + 1) & mask;
        }
        self.index[at] = slot as u8 + 1;
    }

    fn find(&self, name: Gc<Str>) -> Option<usize> {
        let mask = self.index.len() - 1;
        let mut at = mix(name.address()) as usize & mask;
        loop {
            let slot = usize::from(self.index[at].checked_sub(1)?);
            if self.names[slot] == name {
                return Some(slot);
            }
            at = (at + 1) & mask;
        }
    }

    fn truncate(&mut self, length: usize) {
        if length < self.names.len() {
            let mut names = core::mem::take(&mut self.names);
            names.truncate(length);
            self.index = Vec::new();
            names.into_iter().for_each(|name| self.push(name));
        }
    }
}

/// Spreads an address; the low bits of the result are good.
fn mix(word: u64) -> u32 {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}
