//! Where library functions build strings: bytes that grow as long as there is memory.

use alloc::vec::Vec;

use crate::error::Raised;
use crate::files::Stream;
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::text::Sink;

/// A string in the making. Its memory is the state's scratch buffer, taken at the start and put
/// back at the end, so that short strings cost no allocation.
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    failed: bool,
}

/// A larger scratch buffer is freed.
const KEPT_CAPACITY: usize = 1 << 16;

impl Buffer {
    /// An empty one.
    #[inline]
    pub fn new(state: &mut State) -> Buffer {
        Buffer { bytes: core::mem::take(&mut state.libraries.scratch), failed: false }
    }

    /// Makes room for `count` more bytes; false when there is none.
    #[inline]
    pub fn reserve(&mut self, count: usize) -> bool {
        if self.bytes.capacity() - self.bytes.len() >= count {
            return true;
        }
        self.failed |= self.bytes.try_reserve(count).is_err();
        !self.failed
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes so far, for in-place changes.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Repeats what is there up to `total` bytes, for which room was made.
    pub fn repeat(&mut self, total: usize) {
        while self.bytes.len() < total {
            // What is there is whole periods, so copying from the start goes on with the next.
            let count = self.bytes.len().min(total - self.bytes.len());
            if count == 0 || !self.reserve(count) {
                return;
            }
            self.bytes.extend_from_within(..count);
        }
    }

    /// Appends up to `count` bytes of a stream; how many it were. None when there is no memory.
    pub fn read_from(&mut self, stream: Stream, count: usize) -> usize {
        if self.reserve(count) { stream.append_to(&mut self.bytes, count) } else { 0 }
    }

    /// The bytes as a string.
    #[inline]
    pub fn finish(self, state: &mut State) -> Result<Gc<Str>, Raised> {
        if self.failed {
            return Err(state.memory_error());
        }
        let string = state.new_string(&self.bytes);
        self.give_back(state);
        string
    }

    /// Nothing is made of it.
    #[inline]
    pub fn give_back(mut self, state: &mut State) {
        if self.bytes.capacity() <= KEPT_CAPACITY {
            self.bytes.clear();
            state.libraries.scratch = self.bytes;
        }
    }
}

impl Sink for Buffer {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if self.reserve(bytes.len()) {
            self.bytes.extend_from_slice(bytes);
        }
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        if self.reserve(1) {
            self.bytes.push(byte);
        }
    }

    fn fill(&mut self, byte: u8, count: usize) {
        if self.reserve(count) {
            self.bytes.resize(self.bytes.len() + count, byte);
        }
    }
}
