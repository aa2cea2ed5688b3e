//! The dictionary: fields with any keys, in a chained scatter table.
//!
//! Every key has a main position, given by its hash. A key whose main position is taken goes to
//! a free node that is linked into the chain of that position; a key that is not at its own main
//! position gives way to one whose main position that is (Brent's variation: chains never join,
//! so that look-ups stay short even in a full table). Free nodes are given out from the end down,
//! and when there is none left the table is made anew (`rehash`).
//!
//! A removed entry keeps its key, with nil as the value, so that a traversal that removes what it
//! finds can go on from it. The collector turns such a key into a dead one, which only
//! [`Nodes::find_for_next`] still finds. An entry of the globals table may refer to a cell that
//! holds its value; such an entry stays.
#![expect(unsafe_code, reason = "reads and writes nodes in the extension")]

use core::ptr::NonNull;

use abi::object::table_flags;
use abi::value::{RawValue, tag};

use super::{Table, raw};
use crate::error::Raised;
use crate::gc::Gc;
use crate::shape::ShapeId;
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

/// The start of an extension that has a dictionary: nodes follow.
#[repr(C)]
struct DictionaryHeader {
    /// As in [`super::slots::SlotsHeader`].
    metatable: u64,
    /// Binary logarithm of the number of nodes.
    log2_size: u32,
    /// Nodes from this one on are not free.
    last_free: u32,
    /// At least as many nodes have integers as their keys.
    int_keys: u32,
    /// A traversal of the table gives the fields before the elements.
    fields_first: u32,
}

/// An entry.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawNode {
    key: u64,
    value: u64,
    /// The next node of the chain, counted in nodes from this one; 0: there is none.
    next: i32,
    /// NIL: the node was never used. DEAD: removed, found by `key` in a traversal only.
    key_tag: u8,
    /// NIL: the entry was removed.
    value_tag: u8,
}

const _: () = assert!(size_of::<RawNode>() == 24 && size_of::<DictionaryHeader>() == 24);

/// More nodes than anybody has memory for.
const MAX_LOG2_SIZE: u32 = 30;

const fn dictionary_size(log2_size: u32) -> usize {
    size_of::<DictionaryHeader>() + (size_of::<RawNode>() << log2_size)
}

/// A node of a live table whose dictionary has not been made anew since. Only this file makes one.
#[derive(Clone, Copy)]
pub(super) struct Node(NonNull<RawNode>);

impl Node {
    #[inline]
    fn raw(self) -> RawNode {
        // SAFETY: by the invariant of `Node`.
        unsafe { self.0.read() }
    }

    /// The value, or the cell that holds it.
    #[inline]
    pub(super) fn stored(self) -> Value {
        let raw = self.raw();
        // SAFETY: value and tag were stored together.
        unsafe { Value::from_raw(RawValue { payload: raw.value, tag: u64::from(raw.value_tag) }) }
    }

    /// The value.
    #[inline]
    pub(super) fn get(self) -> Value {
        let stored = self.stored();
        match stored.as_cell() {
            Some(cell) => cell.get(),
            None => stored,
        }
    }

    /// The key, unless the node is free or its key dead.
    #[inline]
    pub(super) fn key(self) -> Option<Value> {
        let raw = self.raw();
        if matches!(raw.key_tag, tag::NIL | tag::DEAD) {
            return None;
        }
        // SAFETY: key and tag were stored together, and the key is kept alive until it is dead.
        Some(unsafe { Value::from_raw(RawValue { payload: raw.key, tag: u64::from(raw.key_tag) }) })
    }

    /// Whether the key is these very words, and alive.
    #[inline]
    pub(super) fn has_key(self, key: Value) -> bool {
        let raw = self.raw();
        raw.key_tag == key.tag() && raw.key == key.payload()
    }

    /// Does the entry exist? One with a cell always does.
    #[inline]
    pub(super) fn is_present(self) -> bool {
        self.raw().value_tag != tag::NIL
    }

    /// Stores the value, into the cell if there is one.
    #[inline]
    pub(super) fn set(self, state: &mut State, owner: Gc<Table>, value: Value) {
        match self.stored().as_cell() {
            Some(cell) => cell.set(state, value),
            None => self.store(state, owner, value),
        }
    }

    /// Stores the value, or a cell, into the node itself.
    #[inline]
    pub(super) fn store(self, state: &mut State, owner: Gc<Table>, value: Value) {
        self.write_value(value);
        if value.is_collectable() {
            state.barrier(owner.erase(), value);
        }
    }

    fn write_value(self, value: Value) {
        // SAFETY: by the invariant of `Node`; no reference is to it.
        unsafe {
            (*self.0.as_ptr()).value = value.payload();
            (*self.0.as_ptr()).value_tag = value.tag();
        }
    }

    fn write_key(self, key: Value) {
        // SAFETY: by the invariant of `Node`; no reference is to it.
        unsafe {
            (*self.0.as_ptr()).key = key.payload();
            (*self.0.as_ptr()).key_tag = key.tag();
        }
    }

    /// Removes the entry, for the collector. Its key is not kept alive any more.
    pub(super) fn clear(self) {
        self.write_value(Value::NIL);
        self.kill_key();
    }

    /// The key of a removed entry is not kept alive any more.
    pub(super) fn kill_key(self) {
        if self.key().is_some_and(Value::is_collectable) {
            // SAFETY: by the invariant of `Node`; no reference is to it.
            unsafe { (*self.0.as_ptr()).key_tag = tag::DEAD };
        }
    }

    /// Leaves a node that nothing finds, but that keeps its place in the chain.
    fn forget_key(self) {
        // SAFETY: by the invariant of `Node`. The address 0 is nobody's.
        unsafe {
            (*self.0.as_ptr()).key = 0;
            (*self.0.as_ptr()).key_tag = tag::DEAD;
        }
    }

    /// Copies the key of another node.
    fn write_key_of(self, other: Node) {
        let raw = other.raw();
        // SAFETY: by the invariant of `Node`; no reference is to it.
        unsafe {
            (*self.0.as_ptr()).key = raw.key;
            (*self.0.as_ptr()).key_tag = raw.key_tag;
        }
    }

    /// Makes `next` the next node of the chain.
    fn link(self, next: Option<Node>) {
        let distance = next.map_or(0, |next| self.distance(next));
        // SAFETY: by the invariant of `Node`; no reference is to it.
        unsafe { (*self.0.as_ptr()).next = distance };
    }

    /// The next node of the chain.
    #[inline]
    fn follow(self) -> Option<Node> {
        let next = self.raw().next;
        (next != 0).then(|| self.offset(next))
    }

    #[inline]
    fn offset(self, nodes: i32) -> Node {
        // SAFETY: links stay inside the table.
        Node(unsafe { self.0.offset(nodes as isize) })
    }

    /// How many nodes further the other one is.
    fn distance(self, to: Node) -> i32 {
        // SAFETY: both are nodes of one table.
        unsafe { to.0.offset_from(self.0) as i32 }
    }
}

/// Whether the node has this key, which is alive. A float has no integer value, so equal floats
/// are the same bits.
#[inline]
fn same_key(node: &Node, key: Value) -> bool {
    let raw = node.raw();
    if raw.key_tag != key.tag() {
        return false;
    }
    raw.key == key.payload() || key.tag() == tag::STRING && same_long_string(node, key)
}

/// The same bytes, in strings that are not interned.
fn same_long_string(node: &Node, key: Value) -> bool {
    let other = node.key().and_then(Value::as_string);
    match (other, key.as_string()) {
        (Some(other), Some(key)) => !key.is_short() && other.equals(&key),
        _ => false,
    }
}

/// The main position of a word among `1 << log2_size`: the sum of its digits to that base, nearly
/// the remainder that the reference takes. Neighbours stay neighbours, so that a run of integers
/// fills a run of nodes, and steps of a power of two do not collide. Digits beyond the third only
/// matter in small tables, and are mixed.
#[inline]
fn position(word: u64, log2_size: u32) -> usize {
    let second = word >> log2_size;
    let third = second >> log2_size;
    let rest = (third >> log2_size).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // In two steps, as `log2_size` may be zero.
    let rest = (rest >> 1) >> (63 - log2_size);
    let sum = word.wrapping_add(second).wrapping_add(third).wrapping_add(rest);
    (sum & ((1 << log2_size) - 1)) as usize
}

/// The main position of a key.
#[inline]
fn main_position(key: Value, log2_size: u32) -> usize {
    match key.tag() {
        tag::STRING => match key.as_string() {
            Some(string) => string.hash() as usize & ((1 << log2_size) - 1),
            None => 0,
        },
        tag::INT | tag::FALSE | tag::TRUE => {
            position(key.payload().wrapping_add(u64::from(key.tag())), log2_size)
        }
        // The low bits of addresses and of the usual floats are zero.
        tag::FLOAT => position(key.payload() >> 32 ^ key.payload(), log2_size),
        _ => position(key.payload() >> 4, log2_size),
    }
}

/// The nodes of a dictionary that has not been made anew since, with their header.
#[derive(Clone, Copy)]
pub(super) struct Nodes(NonNull<DictionaryHeader>);

impl Nodes {
    /// Free nodes with room for `count` entries, which no table has yet.
    pub(super) fn new(state: &mut State, count: usize) -> Result<Nodes, Raised> {
        let mut log2_size = count.max(1).next_power_of_two().ilog2();
        // A table of some size gets room to spare, so that it is not made anew each time that an
        // entry goes and another one comes.
        if log2_size >= 4 && count > (7 << log2_size) / 8 {
            log2_size += 1;
        }
        if log2_size > MAX_LOG2_SIZE {
            return Err(state.memory_error());
        }
        let buffer = raw::alloc_zeroed(state, dictionary_size(log2_size))?;
        // SAFETY: a buffer is not null; the header fits into this one, and zeroed nodes are free.
        unsafe {
            let header = NonNull::new_unchecked(buffer.cast::<DictionaryHeader>());
            (*header.as_ptr()).log2_size = log2_size;
            (*header.as_ptr()).last_free = 1 << log2_size;
            Ok(Nodes(header))
        }
    }

    /// The address of the extension that they are.
    pub(super) fn address(self) -> u64 {
        self.0.as_ptr() as u64
    }

    #[inline]
    fn log2_size(self) -> u32 {
        // SAFETY: by the invariant of `Nodes`.
        unsafe { (*self.0.as_ptr()).log2_size }
    }

    /// How many nodes there are.
    #[inline]
    pub(super) fn count(self) -> usize {
        1 << self.log2_size()
    }

    /// At least as many nodes have integers as their keys.
    #[inline]
    pub(super) fn int_keys(self) -> u32 {
        // SAFETY: by the invariant of `Nodes`.
        unsafe { (*self.0.as_ptr()).int_keys }
    }

    /// Whether a traversal gives the fields before the elements.
    pub(super) fn fields_first(self) -> bool {
        // SAFETY: as above.
        unsafe { (*self.0.as_ptr()).fields_first != 0 }
    }

    pub(super) fn set_fields_first(self, first: bool) {
        // SAFETY: as above.
        unsafe { (*self.0.as_ptr()).fields_first = u32::from(first) }
    }

    fn set_int_keys(self, count: u32) {
        // SAFETY: by the invariant of `Nodes`; no reference is to the header.
        unsafe { (*self.0.as_ptr()).int_keys = count }
    }

    /// Node `index`.
    #[inline]
    pub(super) fn node(self, index: usize) -> Node {
        debug_assert!(index < self.count());
        // SAFETY: that many nodes follow the header.
        Node(unsafe { self.0.add(1).cast::<RawNode>().add(index) })
    }

    /// All nodes, free ones included.
    pub(super) fn iter(self) -> impl Iterator<Item = Node> {
        (0..self.count()).map(move |index| self.node(index))
    }

    /// Where the chain of a key begins.
    #[inline]
    fn chain(self, key: Value) -> Node {
        self.node(main_position(key, self.log2_size()))
    }

    /// The node with this key, removed or not. Float keys have no integer value.
    #[inline]
    pub(super) fn find(self, key: Value) -> Option<Node> {
        let mut node = self.chain(key);
        loop {
            if same_key(&node, key) {
                return Some(node);
            }
            node = node.follow()?;
        }
    }

    /// The node with this integer.
    #[inline]
    pub(super) fn find_int(self, key: i64) -> Option<Node> {
        let mut node = self.chain(Value::int(key));
        loop {
            let raw = node.raw();
            if raw.key == key as u64 && raw.key_tag == tag::INT {
                return Some(node);
            }
            node = node.follow()?;
        }
    }

    /// The node with this short string.
    #[inline]
    fn find_short(self, name: Gc<Str>) -> Option<Node> {
        let mut node = self.node(name.hash() as usize & (self.count() - 1));
        loop {
            let raw = node.raw();
            if raw.key == name.address() && raw.key_tag == tag::STRING {
                return Some(node);
            }
            node = node.follow()?;
        }
    }

    /// The number of the node with this key, dead or not.
    pub(super) fn find_for_next(self, key: Value) -> Option<usize> {
        let mut node = self.chain(key);
        loop {
            let raw = node.raw();
            let dead = raw.key_tag == tag::DEAD && key.is_collectable() && raw.key == key.payload();
            if dead || same_key(&node, key) {
                return Some(self.node(0).distance(node) as usize);
            }
            node = node.follow()?;
        }
    }

    /// Is there a node that was never used?
    pub(super) fn has_room(self) -> bool {
        // SAFETY: by the invariant of `Nodes`; no reference is to the header.
        let last_free = unsafe { (*self.0.as_ptr()).last_free };
        (0..last_free as usize).any(|index| self.node(index).raw().key_tag == tag::NIL)
    }

    /// A node that was never used.
    fn free_node(self) -> Option<Node> {
        loop {
            // SAFETY: by the invariant of `Nodes`; no reference is to the header.
            let index = unsafe {
                let header = self.0.as_ptr();
                (*header).last_free = (*header).last_free.checked_sub(1)?;
                (*header).last_free
            };
            let node = self.node(index as usize);
            if node.raw().key_tag == tag::NIL {
                return Some(node);
            }
        }
    }

    /// Finds the node for an absent key and writes the key and the value; for a table, the
    /// barrier is the caller's. False: there is no free node.
    pub(super) fn place(self, key: Value, value: Value) -> bool {
        let main = self.chain(key);
        let taken = main.raw();
        if taken.value_tag == tag::NIL {
            // Never used, or removed: then it stays in the chain it is in, which does no harm.
            // (The same key, when it is dead in another node, is further down the chain: the
            // living one is found first.)
            self.count_key(main.key(), key);
            main.write_key(key);
            main.write_value(value);
            return true;
        }
        let Some(free) = self.free_node() else { return false };
        // The key is alive, as there is a value.
        let home = main.key().map_or(main, |key| self.chain(key));
        let target = if home.0 == main.0 {
            // It is at home: the new key goes to the free node, next in the chain.
            free.link(main.follow());
            main.link(Some(free));
            free
        } else {
            // It is a guest: it moves to the free node, and the new key takes its home.
            let mut previous = home;
            while let Some(next) = previous.follow()
                && next.0 != main.0
            {
                previous = next;
            }
            previous.link(Some(free));
            free.write_key_of(main);
            free.write_value(main.stored());
            free.link(main.follow());
            main.link(None);
            main
        };
        self.count_key(None, key);
        target.write_key(key);
        target.write_value(value);
        true
    }

    /// Keeps `int_keys` when a key takes a node that had another one.
    fn count_key(self, old: Option<Value>, new: Value) {
        let is_int = |key: Value| key.tag() == tag::INT;
        let count = self.int_keys() + u32::from(is_int(new));
        self.set_int_keys(count - u32::from(old.is_some_and(is_int)));
    }
}

impl Table {
    /// The nodes of a table that is a dictionary.
    #[inline]
    pub(super) fn nodes(&self) -> Nodes {
        debug_assert!(self.is_dictionary() && self.extension() != 0);
        // SAFETY: a dictionary always has an extension, which begins with this header.
        Nodes(unsafe { NonNull::new_unchecked(self.extension() as *mut DictionaryHeader) })
    }

    /// The value at a string, or nil.
    #[inline]
    pub(super) fn dictionary_get_str(&self, name: Gc<Str>) -> Value {
        let node = if name.is_short() {
            self.nodes().find_short(name)
        } else {
            self.nodes().find(Value::string(name))
        };
        node.map_or(Value::NIL, Node::get)
    }

    /// Takes the entry of an integer out for good: a traversal will not meet it here.
    pub(super) fn remove_int(&self, key: i64) -> Option<Value> {
        let nodes = self.nodes();
        let node = nodes.find_int(key)?;
        let value = node.get();
        node.write_value(Value::NIL);
        node.forget_key();
        nodes.set_int_keys(nodes.int_keys() - 1);
        (!value.is_nil()).then_some(value)
    }

    /// Frees the extension of a dictionary.
    pub(super) fn free_nodes(&self, heap: &mut crate::heap::Heap) {
        if let Some(buffer) = NonNull::new(self.extension() as *mut u8) {
            let size = dictionary_size(self.nodes().log2_size());
            // SAFETY: the table's own buffer, with the size it was made with.
            unsafe { heap.free_buffer(buffer, size) };
            self.set_extension(0);
        }
    }
}

impl Gc<Table> {
    /// Inserts an absent key. False: there is no free node.
    pub(super) fn insert_node(self, state: &mut State, key: Value, value: Value) -> bool {
        let placed = self.nodes().place(key, value);
        if placed {
            if key.is_collectable() {
                state.barrier(self.erase(), key);
            }
            if value.is_collectable() {
                state.barrier(self.erase(), value);
            }
        }
        placed
    }

    /// Turns a table with a shape into a dictionary with room for its fields and `extra` more.
    pub(super) fn make_dictionary(self, state: &mut State, extra: usize) -> Result<(), Raised> {
        let shape = self.shape();
        let metatable = self.metatable_in(&state.shapes);
        let count = state.shapes.count(shape);
        let is_present = |slot: &usize| !self.slot(&state.shapes, *slot).is_nil();
        let present = (0..count).filter(is_present).count();
        let nodes = Nodes::new(state, present + extra)?;
        for slot in 0..count {
            let (name, value) = (state.shapes.names(shape)[slot], self.slot(&state.shapes, slot));
            if !value.is_nil() {
                nodes.place(Value::string(name), value);
                // The shape kept the name alive so far.
                state.barrier(self.erase(), Value::string(name));
            }
        }
        if self.flags() & table_flags::PROTOTYPE != 0 {
            // Its slots are gone, which others may remember.
            self.forget_heirs(state);
            state.bump_proto_epoch();
        }
        self.free_slots(&mut state.heap);
        self.set_extension(nodes.address());
        self.set_shape(ShapeId::DICTIONARY);
        self.set_own_metatable(metatable);
        if let Some(metatable) = metatable {
            state.barrier(self.erase(), Value::table(metatable));
        }
        Ok(())
    }

    /// Replaces the nodes of a dictionary by others, which have its entries.
    pub(super) fn replace_nodes(self, state: &mut State, nodes: Nodes) {
        let metatable = self.own_metatable();
        self.free_nodes(&mut state.heap);
        self.set_extension(nodes.address());
        self.set_own_metatable(metatable);
    }
}
