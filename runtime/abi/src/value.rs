//! Tags, and a value as it lies in memory.

/// The type of a value: one byte in objects, a whole word in registers and in [`RawValue`].
///
/// The numbering makes the common questions one instruction: falsy is `<= 1`, a number is
/// `tag - 3 <= 1` unsigned, collectable is bit 3, and zeroed memory is nil.
pub mod tag {
    /// nil
    pub const NIL: u8 = 0;
    /// false
    pub const FALSE: u8 = 1;
    /// true
    pub const TRUE: u8 = 2;
    /// A 64-bit integer; the payload is its two's complement.
    pub const INT: u8 = 3;
    /// A float; the payload is its IEEE 754 bits.
    pub const FLOAT: u8 = 4;
    /// A light userdata; the payload is the C pointer.
    pub const LIGHT_USERDATA: u8 = 5;
    /// A light C function; the payload is the C function pointer.
    pub const LIGHT_FUNCTION: u8 = 6;
    /// A string: [`crate::object::StringHeader`].
    pub const STRING: u8 = 8;
    /// A table: [`crate::object::TableHeader`].
    pub const TABLE: u8 = 9;
    /// A function, compiled, interpreted or of the library: [`crate::object::ClosureHeader`].
    pub const FUNCTION: u8 = 10;
    /// A full userdata.
    pub const USERDATA: u8 = 11;
    /// A coroutine.
    pub const THREAD: u8 = 12;
    /// Not a value: a slot of a closure or of the globals table that refers to a
    /// [`crate::object::Cell`]. No program sees it.
    pub const CELL: u8 = 13;
    /// Not a value: the key of a removed entry of a dictionary. Its payload still finds it.
    pub const DEAD: u8 = 7;

    /// The bit that all tags of heap objects have, and no other tag.
    pub const COLLECTABLE_BIT: u8 = 8;
    /// The greatest tag that is falsy.
    pub const LAST_FALSY: u8 = FALSE;
}

/// A value in memory where it stands alone: context buffers, the value stack, stack-map slots.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawValue {
    /// What the tag says: an integer, float bits, a pointer. Zero for nil, false and true.
    pub payload: u64,
    /// One of [`tag`]; the upper 56 bits are zero.
    pub tag: u64,
}

impl RawValue {
    /// nil
    pub const NIL: RawValue = RawValue { payload: 0, tag: tag::NIL as u64 };
}

const _: () = assert!(size_of::<RawValue>() == 16);
