//! The intern table: all short strings of a state, by their bytes.
//!
//! Open addressing, at most half full, its length a power of two. An entry is the address of a
//! string with sixteen bits of its hash below, so that a look-up hardly ever touches a string other
//! than the one that it finds. The table keeps nothing alive: after marking, the collector removes
//! what it did not reach.
#![expect(unsafe_code, reason = "reads strings by their addresses")]

use alloc::vec::Vec;
use core::ptr::NonNull;

use abi::object::{MAX_SHORT_STRING, ObjectHeader, StringHeader, gc, kind, string_flags};

use super::Str;
use crate::error::Raised;
use crate::gc::{Gc, prefetch};
use crate::heap::OutOfMemory;
use crate::state::State;
use crate::text::hash::{hash, hash_word};
use crate::text::short;

/// Enough for the names of the library.
const FIRST_SIZE: usize = 2048;
/// How many bits of an entry are the hash's. Addresses of the heap have 48 bits at most on every
/// system that gives a program no more than it asks for.
const HASH_BITS: u32 = 16;
/// How many strings are on their way into the cache where all of them are read.
const AHEAD: usize = 32;
/// How many places are looked at together. Every size of the table is a multiple.
const GROUP: usize = 8;
/// How many groups ahead strings are fetched into the cache.
const GROUPS_AHEAD: usize = AHEAD / GROUP;

/// The short strings of a state.
#[derive(Debug)]
pub struct StringTable {
    /// 0: free.
    entries: Vec<u64>,
    count: usize,
    /// How many there mostly were when a collection looked at them.
    usual: usize,
    /// The strings of one byte that exist, or 0.
    single: [u64; 256],
    /// Those that were made since the last collection.
    young: Vec<Gc<Str>>,
}

impl Default for StringTable {
    fn default() -> Self {
        StringTable {
            entries: alloc::vec![0; FIRST_SIZE],
            count: 0,
            usual: 0,
            single: [0; 256],
            young: Vec::new(),
        }
    }
}

/// The string of an entry that is not free.
#[inline]
fn string_of(entry: u64) -> Gc<Str> {
    // SAFETY: entries hold the addresses of short strings that are not freed yet.
    unsafe { Gc::from_raw(entry >> HASH_BITS) }
}

impl StringTable {
    #[inline]
    fn mask(&self) -> usize {
        self.entries.len() - 1
    }

    #[inline]
    fn find(&self, bytes: &[u8], hash: u32) -> Option<Gc<Str>> {
        self.find_by(hash, |found| found.hash() == hash && short::equal(found.as_bytes(), bytes))
    }

    /// Likewise, up to sixteen bytes that are a word.
    #[inline(always)]
    fn find_word(&self, word: u128, len: usize, hash: u32) -> Option<Gc<Str>> {
        self.find_by(hash, |found| found.len() == len && short::word(found.as_bytes()) == word)
    }

    /// The string of that hash that `is_wanted` tells from others.
    #[inline(always)]
    fn find_by(&self, hash: u32, is_wanted: impl Fn(Gc<Str>) -> bool) -> Option<Gc<Str>> {
        let wanted = hash >> (u32::BITS - HASH_BITS);
        let mut at = hash as usize & self.mask();
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return None;
            }
            if entry as u32 & ((1 << HASH_BITS) - 1) == wanted {
                let string = string_of(entry);
                if is_wanted(string) {
                    return Some(string);
                }
            }
            at = (at + 1) & self.mask();
        }
    }

    /// Makes room for one more.
    #[inline]
    fn reserve(&mut self) -> Result<(), OutOfMemory> {
        self.young.try_reserve(1).map_err(|_| OutOfMemory)?;
        if self.count < self.entries.len() / 2 {
            return Ok(());
        }
        let grown = self.resize(self.entries.len() * 2);
        // More full than it should be does as well, but not quite full.
        if grown.is_err() && self.count + 2 > self.entries.len() { grown } else { Ok(()) }
    }

    #[cold]
    fn resize(&mut self, size: usize) -> Result<(), OutOfMemory> {
        let mut entries: Vec<u64> = Vec::new();
        entries.try_reserve_exact(size).map_err(|_| OutOfMemory)?;
        entries.resize(size, 0);
        let old = core::mem::replace(&mut self.entries, entries);
        for (index, entry) in old.iter().enumerate() {
            prefetch_entry(&old, index + AHEAD);
            if *entry != 0 {
                self.place(*entry, string_of(*entry).hash());
            }
        }
        Ok(())
    }

    /// Writes an entry to the first free place.
    #[inline]
    fn place(&mut self, entry: u64, hash: u32) {
        let mask = self.mask();
        let mut at = hash as usize & mask;
        while self.entries[at] != 0 {
            at = (at + 1) & mask;
        }
        self.entries[at] = entry;
    }

    /// Adds a string that is not there. There is room.
    #[inline]
    fn insert(&mut self, string: Gc<Str>) {
        let hash = string.hash();
        debug_assert!(string.address() >> (u64::BITS - HASH_BITS) == 0);
        let entry = string.address() << HASH_BITS | u64::from(hash >> (u32::BITS - HASH_BITS));
        self.place(entry, hash);
        self.count += 1;
        self.young.push(string);
    }

    /// After marking: forgets what was not reached. What had survived a collection before one of
    /// the young is not looked at.
    pub(crate) fn remove_unreached(&mut self, mark: u8, young: bool, alive: Gc<Str>) {
        let made = core::mem::take(&mut self.young);
        // Of many it is quicker to look at all.
        if young && made.len() < self.entries.len() / 8 {
            made.iter()
                .filter(|string| is_dead(**string, mark))
                .for_each(|string| self.remove(*string));
        } else {
            self.remove_unmarked(mark, alive);
        }
        for single in &mut self.single {
            // SAFETY: strings of one byte are not freed yet either.
            if *single != 0 && is_dead(unsafe { Gc::from_raw(*single) }, mark) {
                *single = 0;
            }
        }
    }

    /// Removes one string. What follows it without a gap moves up, if that is nearer to its place.
    fn remove(&mut self, string: Gc<Str>) {
        let mask = self.mask();
        let mut hole = string.hash() as usize & mask;
        while self.entries[hole] >> HASH_BITS != string.address() {
            hole = (hole + 1) & mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let entry = self.entries[at];
            if entry == 0 {
                break;
            }
            let home = string_of(entry).hash() as usize & mask;
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                self.entries[hole] = entry;
                hole = at;
            }
        }
        self.entries[hole] = 0;
        self.count -= 1;
    }

    /// Looks at all of them. `alive` is a string that was reached.
    fn remove_unmarked(&mut self, mark: u8, alive: Gc<Str>) {
        // What follows a free place is where it belongs or was moved on by what is before it, down
        // to that place. So only what stands behind a hole that was made here, without a free place
        // between, has to find a new place, which is behind those that are done.
        let most = self.count;
        let start = self.entries.iter().position(|entry| *entry == 0).unwrap_or(0);
        let (first, groups) = (start / GROUP, self.entries.len() / GROUP);
        let mut behind_hole = false;
        for at in start..(first + 1) * GROUP {
            behind_hole = self.remove_if_dead(at, mark, behind_hole);
        }
        for group in (first + 1..groups).chain(0..first) {
            if self.any_is_dead(group, mark, alive) || behind_hole {
                for at in group * GROUP..(group + 1) * GROUP {
                    behind_hole = self.remove_if_dead(at, mark, behind_hole);
                }
            }
        }
        for at in first * GROUP..start {
            behind_hole = self.remove_if_dead(at, mark, behind_hole);
        }
        // About as many as there mostly were are likely to come again, if most have died.
        self.usual = most.max(self.usual.midpoint(most));
        let enough = (self.usual * 3).next_power_of_two().max(FIRST_SIZE);
        if enough * 2 <= self.entries.len() {
            // Without memory for a smaller table the greater one does.
            let _ = self.resize(enough);
        }
    }

    /// Whether a string of this group was not reached. Has no branch for each, which nobody could
    /// foretell as the strings lie about at random.
    #[inline]
    fn any_is_dead(&self, group: usize, mark: u8, alive: Gc<Str>) -> bool {
        let string = |entry: u64| if entry == 0 { alive } else { string_of(entry) };
        let (groups, _) = self.entries.as_chunks::<GROUP>();
        let is_empty = |group: &[u64; GROUP]| group.iter().fold(0, |all, entry| all | entry) == 0;
        if let Some(ahead) = groups.get(group + GROUPS_AHEAD).filter(|group| !is_empty(group)) {
            ahead.iter().for_each(|entry| prefetch(string(*entry).erase()));
        }
        let group = &groups[group];
        !is_empty(group)
            && group.iter().fold(false, |any, entry| any | is_dead(string(*entry), mark))
    }

    /// Removes the string at a place if it was not reached, and moves it if it stands behind a hole.
    /// Whether what follows it stands behind one.
    #[inline]
    fn remove_if_dead(&mut self, at: usize, mark: u8, behind_hole: bool) -> bool {
        let entry = self.entries[at];
        if entry == 0 {
            return false;
        }
        if is_dead(string_of(entry), mark) {
            self.entries[at] = 0;
            self.count -= 1;
            return true;
        }
        if behind_hole {
            self.entries[at] = 0;
            self.place(entry, string_of(entry).hash());
        }
        behind_hole
    }
}

fn size_of_short(bytes: &[u8]) -> usize {
    size_of::<StringHeader>() + bytes.len() + 1
}

fn is_dead(string: Gc<Str>, mark: u8) -> bool {
    string.erase().gc_bits() & (mark | gc::STATIC) == 0
}

#[inline]
fn prefetch_entry(entries: &[u64], index: usize) {
    if let Some(entry) = entries.get(index)
        && *entry != 0
    {
        prefetch(string_of(*entry).erase());
    }
}

impl State {
    /// The short string with these bytes.
    #[inline]
    pub(super) fn intern(&mut self, bytes: &[u8]) -> Result<Gc<Str>, Raised> {
        if let &[byte] = bytes {
            let single = self.strings.single[usize::from(byte)];
            if single != 0 {
                // SAFETY: the collector removes strings from this list before it frees them.
                return Ok(unsafe { Gc::from_raw(single) });
            }
        }
        let hash = hash(bytes, 0) as u32;
        match self.strings.find(bytes, hash) {
            Some(string) => Ok(string),
            None => self.add_short(bytes, hash),
        }
    }

    /// The short string whose bytes are a word: see [`short::word`]. A safepoint.
    #[inline]
    pub fn intern_word(&mut self, word: u128, len: usize) -> Result<Gc<Str>, Raised> {
        debug_assert!(len <= short::WORD);
        if len == 1 {
            let single = self.strings.single[word as usize & 255];
            if single != 0 {
                // SAFETY: as above.
                return Ok(unsafe { Gc::from_raw(single) });
            }
        }
        let hash = hash_word(word, len, 0) as u32;
        match self.strings.find_word(word, len, hash) {
            Some(string) => Ok(string),
            None => self.add_short(&word.to_le_bytes()[..len], hash),
        }
    }

    /// Likewise, if it is there or an object is at hand. No safepoint.
    #[inline]
    pub fn short_string_at_hand(&mut self, bytes: &[u8]) -> Option<Gc<Str>> {
        if let &[byte] = bytes
            && self.strings.single[usize::from(byte)] != 0
        {
            // SAFETY: as above.
            return Some(unsafe { Gc::from_raw(self.strings.single[usize::from(byte)]) });
        }
        if bytes.len() > MAX_SHORT_STRING {
            return None;
        }
        let hash = hash(bytes, 0) as u32;
        if let Some(string) = self.strings.find(bytes, hash) {
            return Some(string);
        }
        self.strings.reserve().ok()?;
        let object = self.alloc_at_hand(kind::STRING, size_of_short(bytes))?;
        Some(self.fill_short(object, bytes, hash))
    }

    #[inline(never)]
    fn add_short(&mut self, bytes: &[u8], hash: u32) -> Result<Gc<Str>, Raised> {
        let object = self.alloc_object(kind::STRING, size_of_short(bytes))?;
        if self.strings.reserve().is_err() {
            return Err(self.memory_error());
        }
        Ok(self.fill_short(object, bytes, hash))
    }

    /// Makes a new object of that size a string, for which there is room in the table.
    #[inline]
    fn fill_short(&mut self, object: NonNull<ObjectHeader>, bytes: &[u8], hash: u32) -> Gc<Str> {
        let object = object.cast::<StringHeader>();
        // SAFETY: a fresh, zeroed object of that size, which nobody else refers to yet.
        let string = unsafe {
            let data = object.add(1).cast::<u8>().as_ptr();
            data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            let header = &mut *object.as_ptr();
            header.header.flags = string_flags::HASHED;
            header.header.aux = hash;
            header.len = bytes.len() as u64;
            header.data = data as u64;
            Gc::<Str>::from_raw(object.as_ptr() as u64)
        };
        self.strings.insert(string);
        if let &[byte] = bytes {
            self.strings.single[usize::from(byte)] = string.address();
        }
        string
    }
}
