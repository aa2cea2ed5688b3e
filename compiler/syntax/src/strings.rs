//! The strings of a chunk: names and literals, each kept once and known by a small number.

use alloc::vec;
use alloc::vec::Vec;

/// A string of a chunk; equal ids are equal bytes. Look it up with [`Strings::get`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StrId(pub u32);

/// Every name and string literal of a chunk, once.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    /// Where each string ends in `bytes`; it starts where the one before ends.
    ends: Vec<usize>,
    /// Open addressing with linear probing; an entry is an id + 1, and 0 is free. A power of two.
    table: Vec<u32>,
}

impl Strings {
    /// The bytes of a string.
    pub fn get(&self, id: StrId) -> &[u8] {
        let id = id.0 as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.bytes[start..self.ends[id]]
    }

    /// How many strings there are; ids run from 0 up to this.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len() as u32).map(|id| self.get(StrId(id)))
    }

    /// True before the first string.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The id of a string, added where it is new.
    pub(crate) fn intern(&mut self, string: &[u8]) -> StrId {
        if (self.ends.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let mask = self.table.len() - 1;
        let mut at = hash(string) as usize & mask;
        while self.table[at] != 0 {
            let id = StrId(self.table[at] - 1);
            if self.get(id) == string {
                return id;
            }
            at = (at + 1) & mask;
        }
        let id = self.ends.len() as u32;
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
        self.table[at] = id + 1;
        StrId(id)
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(64);
        let mut table = vec![0u32; size];
        for id in 0..self.ends.len() as u32 {
            let mut at = hash(self.get(StrId(id))) as usize & (size - 1);
            while table[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            table[at] = id + 1;
        }
        self.table = table;
    }
}

/// Folded multiplication over eight bytes at a time: quick, and every byte reaches every bit.
fn hash(string: &[u8]) -> u64 {
    const KEY: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let word = |at: usize| match string[at..].first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => 0,
    };
    let half = |at: usize| match string[at..].first_chunk() {
        Some(half) => u64::from(u32::from_le_bytes(*half)),
        None => 0,
    };
    let len = string.len();
    let mut state = KEY ^ len as u64;
    // The last word may begin inside the one before.
    let last = match len {
        0..4 => string.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        4..8 => half(0) << 32 | half(len - 4),
        _ => {
            for at in (0..len - 8).step_by(8) {
                state = fold(state ^ word(at), KEY).wrapping_add(0xD6E8_FEB8_6659_FD93);
            }
            word(len - 8)
        }
    };
    state = fold(state ^ last, KEY).wrapping_add(0xD6E8_FEB8_6659_FD93);
    fold(state, KEY)
}
