//! Precompiled chunks: what `string.dump` gives and `load` takes back.
//!
//! A chunk begins with the reference's header, so that programs that look at it find what they know,
//! and goes on with our own content. Multi-byte numbers of the header are in the machine's byte
//! order, as there; all others are little-endian.
//!
//! ```text
//! 1b 'L' 'u' 'a'  54  00  19 93 '\r' '\n' 1a '\n'  04 08 08  0x5678 as i64  370.5 as f64
//! number of upvalues: u8
//! MARK: 4 bytes    length of the content: u32    CHECKSUM of the content: u64
//! content: u8 (1: stripped)   length of the source's name: u32, its bytes   records
//! ```
//!
//! A *record* is a function in the binary form of the IR (`ir::binary`). The records of a chunk's
//! functions stand one behind the other, each before those of the functions inside it, so a function
//! with everything inside it is a run of records. Code and debug information are apart: a stripped
//! chunk has the same records with empty debug information. So whoever dumps functions need not
//! know what is in a record.

/// The bytes before the numbers: signature, version, format, data, sizes.
pub const HEADER: &[u8] = b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08";
/// The integer of the header.
pub const INTEGER: i64 = 0x5678;
/// The float of the header.
pub const FLOAT: f64 = 370.5;
/// Begins our content. Its last byte is the version of the records' form.
pub const MARK: &[u8; 4] = b"PeL\x02";

/// FNV-1a over words of eight bytes instead of bytes, in four lanes, which do not wait for each other:
/// finds damage, not malice.
pub fn checksum(bytes: &[u8]) -> u64 {
    const SEED: u64 = 0xcbf2_9ce4_8422_2325;
    // A word's high bits would not reach the low ones of the product.
    let step = |hash: u64, word: u64| {
        let product = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        product ^ product >> 32
    };
    let mut lanes = [SEED, SEED + 1, SEED + 2, SEED + 3];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = step(*lane, u64::from_le_bytes(*word));
        }
    }
    let rest = rest.iter().fold(bytes.len() as u64, |hash, byte| step(hash, u64::from(*byte)));
    lanes.into_iter().fold(rest, step)
}

/// The record of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// How many records behind it are of functions inside it.
    pub inner: u32,
    /// How many upvalues the function has.
    pub upvalues: u8,
    /// What the function does.
    pub code: &'a [u8],
    /// Lines and names; may be empty.
    pub debug: &'a [u8],
}

/// What stands before the code of a record: `inner`, the lengths of code and debug information,
/// a word each, and `upvalues`.
const RECORD_HEADER: usize = 13;

impl<'a> Record<'a> {
    /// The record at the beginning of `bytes`, and what follows it.
    pub fn read(bytes: &'a [u8]) -> Option<(Record<'a>, &'a [u8])> {
        let (header, rest) = bytes.split_at_checked(RECORD_HEADER)?;
        let word = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (code, rest) = rest.split_at_checked(word(4) as usize)?;
        let (debug, rest) = rest.split_at_checked(word(8) as usize)?;
        Some((Record { inner: word(0), upvalues: header[12], code, debug }, rest))
    }

    /// What stands before the code.
    pub fn header(&self) -> [u8; RECORD_HEADER] {
        let mut header = [0; RECORD_HEADER];
        header[..4].copy_from_slice(&self.inner.to_le_bytes());
        header[4..8].copy_from_slice(&(self.code.len() as u32).to_le_bytes());
        header[8..12].copy_from_slice(&(self.debug.len() as u32).to_le_bytes());
        header[12] = self.upvalues;
        header
    }
}

/// Says in the record at the beginning of `bytes` how many records behind it are of functions inside
/// it.
pub fn set_inner(bytes: &mut [u8], inner: u32) {
    bytes[..4].copy_from_slice(&inner.to_le_bytes());
}

/// The records in `bytes`, up to the first that is damaged.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let (record, behind) = Record::read(rest)?;
        rest = behind;
        Some(record)
    })
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_changed_byte_changes_the_sum() {
        let bytes: Vec<u8> = (0..100).collect();
        let sum = checksum(&bytes);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert_ne!(checksum(&changed), sum);
            }
            assert_ne!(checksum(&bytes[..at]), sum);
        }
    }

    #[test]
    fn records_come_back() {
        let first = Record { inner: 1, upvalues: 2, code: b"code", debug: b"" };
        let second = Record { inner: 0, upvalues: 0, code: b"", debug: b"names" };
        let mut bytes = Vec::new();
        for record in [first, second] {
            bytes.extend_from_slice(&record.header());
            bytes.extend_from_slice(record.code);
            bytes.extend_from_slice(record.debug);
        }
        assert!(records(&bytes).eq([first, second]));
        set_inner(&mut bytes, 7);
        assert!(records(&bytes).eq([Record { inner: 7, ..first }, second]));
        set_inner(&mut bytes, 1);
        assert!(records(&bytes[..bytes.len() - 1]).eq([first]));
    }
}
