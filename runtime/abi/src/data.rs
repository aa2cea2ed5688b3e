//! Constant tables as data: what large constructors become whose keys and values are all constants.
//!
//! ```text
//! table:  number of items   number of fields   entry...   END
//! entry:  value                at the next index, from 1 on
//!         KEY value value      key and value
//! value:  NIL | FALSE | TRUE | INT number | FLOAT 8 bytes | STRING length, bytes | TABLE table
//! ```
//!
//! Entries are in the order in which they are stored. The two numbers of a table are sizes to
//! begin with. Numbers are in LEB128, integers zigzagged; floats are the bits of a double,
//! little-endian. A key is neither nil nor NaN.

/// The end of a table.
pub const END: u8 = 0;
/// Key and value follow.
pub const KEY: u8 = 1;
/// nil
pub const NIL: u8 = 2;
/// false
pub const FALSE: u8 = 3;
/// true
pub const TRUE: u8 = 4;
/// An integer.
pub const INT: u8 = 5;
/// A float.
pub const FLOAT: u8 = 6;
/// A string.
pub const STRING: u8 = 7;
/// A table.
pub const TABLE: u8 = 8;
