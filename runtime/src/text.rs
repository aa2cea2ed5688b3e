//! The algorithms of the runtime and of the standard library that need neither heap nor state:
//! functions over slices and numbers, safe and free of allocation but for what they append to a
//! [`Sink`].
//!
//! Errors are values whose `write_message` gives the reference's text. What is said of the
//! position of an error ("input:1:") or of an argument ("bad argument #1 to ...") is the
//! caller's.

pub mod arithmetic;
pub mod date;
pub(crate) mod digits;
mod exact;
pub mod format;
pub mod hash;
pub mod number;
pub mod pack;
pub mod pattern;
pub mod random;
pub mod search;
pub mod short;
pub mod utf8;

use alloc::vec::Vec;

/// Where text goes. Appending cannot fail for the writer: a sink of limited memory remembers that
/// it overflowed, drops what follows, and tells its owner at the end.
pub trait Sink {
    /// Appends all of `bytes`.
    fn put(&mut self, bytes: &[u8]);

    /// Appends one byte.
    fn push(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// Appends `count` times `byte`.
    fn fill(&mut self, byte: u8, count: usize) {
        for _ in 0..count {
            self.push(byte);
        }
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn push(&mut self, byte: u8) {
        Vec::push(self, byte);
    }

    fn fill(&mut self, byte: u8, count: usize) {
        self.resize(self.len() + count, byte);
    }
}
