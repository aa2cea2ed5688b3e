//! The intern table: all short strings of a state, by their bytes.
//!
//! Chains hang off a power of two of buckets and are linked through the strings themselves. The
//! table keeps nothing alive: after marking, the collector removes what it did not reach.
#![expect(unsafe_code, reason = "follows and writes the links between strings")]

use alloc::vec::Vec;

use abi::object::{StringHeader, gc, kind, string_flags};

use super::Str;
use crate::error::Raised;
use crate::gc::Gc;
use crate::state::State;
use crate::text::hash::hash;

/// Enough for the names of the library.
const FIRST_SIZE: usize = 1024;

/// The short strings of a state.
#[derive(Debug)]
pub struct StringTable {
    buckets: Vec<u64>,
    count: usize,
    /// The strings of one byte that exist, or 0.
    single: [u64; 256],
}

impl Default for StringTable {
    fn default() -> Self {
        StringTable { buckets: alloc::vec![0; FIRST_SIZE], count: 0, single: [0; 256] }
    }
}

impl StringTable {
    #[inline]
    fn bucket(&self, hash: u32) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }

    #[inline]
    fn find(&self, bytes: &[u8], hash: u32) -> Option<Gc<Str>> {
        let mut address = self.buckets[self.bucket(hash)];
        while address != 0 {
            // SAFETY: chains hold live short strings only.
            let string: Gc<Str> = unsafe { Gc::from_raw(address) };
            let header = string.header();
            if header.header.aux == hash && string.as_bytes() == bytes {
                return Some(string);
            }
            address = header.link;
        }
        None
    }

    fn insert(&mut self, string: Gc<Str>) {
        if self.count >= self.buckets.len() {
            self.grow();
        }
        let bucket = self.bucket(string.hash());
        // SAFETY: no borrow of the header is live.
        unsafe { (*string.0.get()).link = self.buckets[bucket] };
        self.buckets[bucket] = string.address();
        self.count += 1;
    }

    fn grow(&mut self) {
        let mut buckets: Vec<u64> = Vec::new();
        let size = self.buckets.len() * 2;
        if buckets.try_reserve_exact(size).is_err() {
            // Longer chains do as well.
            return;
        }
        buckets.resize(size, 0);
        for mut address in core::mem::replace(&mut self.buckets, buckets) {
            while address != 0 {
                // SAFETY: chains hold live short strings only; no borrow of the header is live.
                unsafe {
                    let string: Gc<Str> = Gc::from_raw(address);
                    let next = (*string.0.get()).link;
                    let bucket = self.bucket(string.hash());
                    (*string.0.get()).link = self.buckets[bucket];
                    self.buckets[bucket] = address;
                    address = next;
                }
            }
        }
    }

    /// After marking: forgets what was not reached.
    pub(crate) fn remove_unmarked(&mut self) {
        // SAFETY: chains hold short strings that are not swept yet; no borrow of a header is live.
        let is_dead = |address: u64| unsafe {
            let bits = (*(address as *const StringHeader)).header.gc;
            bits & (gc::MARKED | gc::STATIC) == 0
        };
        for bucket in &mut self.buckets {
            let mut place: *mut u64 = bucket;
            // SAFETY: as above; `place` is the bucket or the link of a string in its chain.
            unsafe {
                while *place != 0 {
                    let string = *place as *mut StringHeader;
                    if is_dead(*place) {
                        *place = (*string).link;
                        self.count -= 1;
                    } else {
                        place = &raw mut (*string).link;
                    }
                }
            }
        }
        for single in &mut self.single {
            if *single != 0 && is_dead(*single) {
                *single = 0;
            }
        }
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

    #[inline(never)]
    fn add_short(&mut self, bytes: &[u8], hash: u32) -> Result<Gc<Str>, Raised> {
        let size = size_of::<StringHeader>() + bytes.len() + 1;
        let object = self.alloc_object(kind::STRING, size)?.cast::<StringHeader>();
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
        Ok(string)
    }
}
