//! Interned byte strings of a function: constants, names of fields, globals and variables.
//!
//! The bytes of all strings lie in one buffer, as a generated source can hold millions of them.
//! An open-addressing table over a FNV-1a hash finds a string again.

use crate::function::StrId;
use alloc::vec::Vec;
use core::fmt;

/// A set of byte strings with dense ids.
#[derive(Clone, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Id plus one, or 0 where free. The length is a power of two, at least twice the strings'.
    table: Vec<u32>,
}

/// FNV-1a, 64 bits, continued from `seed`.
pub const fn fnv1a(seed: u64, bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (seed, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x100_0000_01b3);
        at += 1;
    }
    hash
}

/// The start value of FNV-1a.
pub const FNV_SEED: u64 = 0xcbf2_9ce4_8422_2325;

impl Strings {
    /// The id of `string`, new or as it was.
    pub fn intern(&mut self, string: &[u8]) -> StrId {
        if (self.ends.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let slot = self.slot_of(string);
        if self.table[slot] == 0 {
            self.bytes.extend_from_slice(string);
            self.ends.push(self.bytes.len());
            self.table[slot] = self.ends.len() as u32;
        }
        StrId(self.table[slot] - 1)
    }

    /// The string with this id.
    pub fn get(&self, id: StrId) -> &[u8] {
        let index = id.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Forgets all strings. Some room is kept.
    pub fn clear(&mut self) {
        const KEPT: usize = 64;
        self.bytes.clear();
        self.ends.clear();
        self.table.truncate(KEPT);
        self.table.fill(0);
    }

    /// How much memory they take.
    pub fn size_in_bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<usize>() + self.table.len() * 4
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All strings, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| self.get(StrId(index as u32)))
    }

    /// Where `string` stands in the table, or the free slot where it would.
    fn slot_of(&self, string: &[u8]) -> usize {
        let mask = self.table.len() - 1;
        let hash = fnv1a(FNV_SEED, string);
        let mut slot = (hash ^ (hash >> 32)) as usize & mask;
        while self.table[slot] != 0 && self.get(StrId(self.table[slot] - 1)) != string {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let len = (self.table.len() * 2).max(16);
        self.table.clear();
        self.table.resize(len, 0);
        for index in 0..self.ends.len() {
            let slot = self.slot_of(self.get(StrId(index as u32)));
            self.table[slot] = index as u32 + 1;
        }
    }
}

impl PartialEq for Strings {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.ends == other.ends
    }
}

impl Eq for Strings {}

impl fmt::Debug for Strings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|s| alloc::string::String::from_utf8_lossy(s)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn equal_strings_have_one_id() {
        let mut strings = Strings::default();
        let first = strings.intern(b"");
        for n in 0..1000 {
            strings.intern(format!("name{n}").as_bytes());
        }
        assert_eq!(strings.intern(b""), first);
        let again = strings.intern(b"name500");
        assert_eq!(strings.get(again), b"name500");
        assert_eq!(strings.len(), 1001);
    }
}
