//! Layouts of heap objects, as far as generated code reads them.
//!
//! Every object begins with an [`ObjectHeader`]. Objects live in 64 KiB blocks of one cell size,
//! or alone when larger than 512 bytes; the runtime keeps that to itself, except for the bump
//! ranges in [`crate::context::Context::bump`].

/// What an object is, for those who have a pointer and no tag: the collector above all.
pub mod kind {
    /// A free cell. The rest of it means nothing.
    pub const FREE: u8 = 0;
    /// [`super::StringHeader`]
    pub const STRING: u8 = 8;
    /// [`super::TableHeader`]
    pub const TABLE: u8 = 9;
    /// [`super::ClosureHeader`]
    pub const FUNCTION: u8 = 10;
    /// A full userdata.
    pub const USERDATA: u8 = 11;
    /// A coroutine.
    pub const THREAD: u8 = 12;
    /// [`super::Cell`]
    pub const CELL: u8 = 13;
    /// [`super::Proto`]
    pub const PROTO: u8 = 14;
    /// A buffer owned by exactly one other object, which frees it and is marked for it.
    pub const BUFFER: u8 = 15;
}

/// The bits of [`ObjectHeader::gc`].
pub mod gc {
    /// Reached by the last full collection or by one of the young since, if that is the mark of
    /// this turn: full collections take [`MARKED`] and [`MARKED_TOO`] in turn. A new object has
    /// neither.
    pub const MARKED: u8 = 1;
    /// Survived a collection, and nothing collectable was stored into it since: the next such store
    /// must call `remember`, which clears the bit.
    pub const OLD: u8 = 2;
    /// See [`MARKED`].
    pub const MARKED_TOO: u8 = 4;
    /// Lies in an image or in the runtime's read-only data: never swept, never written by the
    /// collector. Tested before a pointer is masked down to its block.
    pub const STATIC: u8 = 8;
    /// Has a finalizer (`__gc`) that has not run.
    pub const FINALIZER: u8 = 16;
}

/// The first eight bytes of every object.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ObjectHeader {
    /// One of [`kind`].
    pub kind: u8,
    /// Bits of [`gc`].
    pub gc: u8,
    /// Bits that depend on the kind ([`table_flags`], [`string_flags`]).
    pub flags: u8,
    /// A small field that depends on the kind: a table's [`array_kind`], a cell's tag.
    pub extra: u8,
    /// A field that depends on the kind: a table's shape, a string's hash, a closure's number of
    /// upvalues.
    pub aux: u32,
}

/// What the elements of a table's array part are ([`ObjectHeader::extra`]).
pub mod array_kind {
    /// There is no array part.
    pub const NONE: u8 = 0;
    /// Bare integers, none of them nil.
    pub const INT: u8 = 1;
    /// Bare floats, none of them nil.
    pub const FLOAT: u8 = 2;
    /// Bare pointers to tables, none of them nil.
    pub const TABLE: u8 = 3;
    /// Bare pointers to strings, none of them nil.
    pub const STRING: u8 = 4;
    /// Anything, nil included: `capacity` payloads, then as many tag bytes.
    pub const ANY: u8 = 5;
}

/// Bits of a table's [`ObjectHeader::flags`].
pub mod table_flags {
    /// The table is (or was) a metatable or the `__index` of one: a store to it leaves the fast
    /// path, so that `proto_epoch` can be kept.
    pub const PROTOTYPE: u8 = 1;
    /// The table has a metatable with `__mode`.
    pub const WEAK: u8 = 2;
    /// The table has a metatable.
    pub const HAS_METATABLE: u8 = 4;
}

/// A table. Inline slot groups follow it; their number is fixed by the allocation site and
/// recorded in the shape.
///
/// A slot group is `[8 tag bytes][up to 8 payloads]`: slot `i` has its tag byte at
/// `32 + (i / 8) * 72 + i % 8` and its payload at `32 + (i / 8) * 72 + 8 + (i % 8) * 8`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableHeader {
    /// `extra` is the [`array_kind`], `aux` the shape's id; 0 is the id of every dictionary.
    pub header: ObjectHeader,
    /// The array part: payloads of elements 1, 2, ..., then for [`array_kind::ANY`] their tag
    /// bytes, at `array + 8 * array_capacity`. Null without one.
    pub array: u64,
    /// For a typed kind the number of elements, all of them present; for ANY the number of
    /// element places in use, nil or not.
    pub array_len: u32,
    /// How many payloads `array` has room for.
    pub array_capacity: u32,
    /// Slots that do not fit inline, or the dictionary. Null when there is neither.
    pub extension: u64,
}

const _: () = assert!(size_of::<ObjectHeader>() == 8);
const _: () = assert!(size_of::<TableHeader>() == 32);

/// The size in bytes of a full slot group.
pub const SLOT_GROUP_SIZE: usize = 72;
/// How many slots a group has.
pub const SLOTS_PER_GROUP: usize = 8;

/// Where slot `index` has its tag byte, counted from the start of the first group.
pub const fn slot_tag_offset(index: usize) -> usize {
    (index / SLOTS_PER_GROUP) * SLOT_GROUP_SIZE + index % SLOTS_PER_GROUP
}

/// Where slot `index` has its payload, counted from the start of the first group.
pub const fn slot_payload_offset(index: usize) -> usize {
    (index / SLOTS_PER_GROUP) * SLOT_GROUP_SIZE + 8 + (index % SLOTS_PER_GROUP) * 8
}

/// How many bytes `count` slots take, the tag bytes of a partly filled group included.
pub const fn slots_size(count: usize) -> usize {
    let tail = count % SLOTS_PER_GROUP;
    (count / SLOTS_PER_GROUP) * SLOT_GROUP_SIZE + if tail == 0 { 0 } else { 8 + tail * 8 }
}

/// The greatest number of slots inside a table.
pub const MAX_INLINE: usize = 31;

/// The size of a table with so many slots inside.
pub const fn table_size(inline_capacity: usize) -> usize {
    size_of::<TableHeader>() + slots_size(inline_capacity)
}

/// How many slots a table has inside that is made for `fields` fields: as many as fit into the
/// cell that these need.
pub const fn inline_capacity(fields: usize) -> usize {
    let mut capacity = if fields < MAX_INLINE { fields } else { MAX_INLINE };
    let size = table_size(capacity).next_multiple_of(16);
    while capacity > 0 && capacity < MAX_INLINE && table_size(capacity + 1) <= size {
        capacity += 1;
    }
    capacity
}

/// The shape of an empty table with so many slots inside.
pub const fn root_shape(inline_capacity: usize) -> u32 {
    1 + inline_capacity as u32
}

/// Bits of a string's [`ObjectHeader::flags`].
pub mod string_flags {
    /// Longer than [`super::MAX_SHORT_STRING`]: not interned, hashed only when asked.
    pub const LONG: u8 = 1;
    /// `aux` holds the hash. Always set for short strings.
    pub const HASHED: u8 = 2;
}

/// The longest string in bytes that is interned: equal short strings are the same object.
pub const MAX_SHORT_STRING: usize = 40;

/// A string. `data` never changes while the string lives, and `data[len]` is a NUL unless the
/// string is a prefix in a shared buffer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StringHeader {
    /// `aux` is the hash when [`string_flags::HASHED`] is set.
    pub header: ObjectHeader,
    /// The length in bytes.
    pub len: u64,
    /// The bytes: behind this header for short strings, in a buffer for long ones.
    pub data: u64,
    /// Long strings: their buffer, or 0.
    pub link: u64,
}

const _: () = assert!(size_of::<StringHeader>() == 32);

/// A function value. Captured values follow in slot groups (see [`TableHeader`]); a variable that
/// is reassigned after its capture is there as a pointer to its [`Cell`] with tag
/// [`crate::value::tag::CELL`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ClosureHeader {
    /// `aux` is the number of upvalues.
    pub header: ObjectHeader,
    /// Where a call goes, by the generic convention of [`crate::call`]. Compiled code, the entry
    /// of tier 0 and library functions alike.
    pub code: u64,
    /// What all closures of this function share: [`Proto`].
    pub proto: u64,
}

const _: () = assert!(size_of::<ClosureHeader>() == 24);

/// Bits of a closure's [`ObjectHeader::flags`].
pub mod closure_flags {
    /// A library function: a tail call of it keeps the caller's frame, as in the reference.
    pub const LIBRARY: u8 = 1;
    /// The function that `ipairs` returns: a loop over it may read elements in line.
    pub const IPAIRS_STEP: u8 = 2;
    /// `next`: likewise, and what is no element comes from the runtime function of that name.
    pub const NEXT: u8 = 4;
    /// `select`: may be answered in line where the variable arguments are those of the caller.
    pub const SELECT: u8 = 8;
}

/// A variable that is captured and reassigned, or a global. The tag is the header's `extra`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// `extra` is the tag of the value.
    pub header: ObjectHeader,
    /// The payload of the value.
    pub payload: u64,
}

const _: () = assert!(size_of::<Cell>() == 16);

/// What the closures of one function share.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Proto {
    /// `aux` is the number of upvalues, `flags` holds bits of [`proto_flags`].
    pub header: ObjectHeader,
    /// What goes into [`ClosureHeader::code`].
    pub code: u64,
    /// The static data of the function's module, for code of the model `instance`; the function
    /// object of tier 0; the Rust function of a library function.
    pub data: u64,
    /// The registered module (runtime's own structure), or 0 for library functions.
    pub module: u64,
    /// The number of the function in its module.
    pub index: u32,
    /// How many fixed parameters it has.
    pub param_count: u32,
    /// For a library function its name, a pointer to a NUL-terminated string; else 0.
    pub name: u64,
}

const _: () = assert!(size_of::<Proto>() == 48);

/// Bits of a prototype's [`ObjectHeader::flags`].
pub mod proto_flags {
    /// Takes variable arguments.
    pub const VARARG: u8 = 1;
    /// Compiled code of a module.
    pub const NATIVE: u8 = 2;
    /// Runs in tier 0.
    pub const TIER0: u8 = 4;
    /// A library function in Rust.
    pub const LIBRARY: u8 = 8;
    /// Compiled code with slots and steps for debuggers.
    pub const DEBUGGABLE: u8 = 16;
    /// Does nothing but answer whether its first argument is less than the second.
    pub const LESS: u8 = 32;
    /// Likewise, greater.
    pub const GREATER: u8 = 64;
}
