//! The hash of strings.
//!
//! Multiplies 64 by 64 bits and folds the two halves of the product together: two multiplications
//! for up to 16 bytes, one more for each 16 beyond. Bytes are read in little-endian order
//! everywhere, because images with hashes in them are built on other machines than they run on.

/// Odd numbers with bits well spread: the fractional parts of the square roots of 2, 3 and 5.
const KEYS: [u64; 3] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b];

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn first_8(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[inline]
fn last_8(bytes: &[u8]) -> u64 {
    bytes.last_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// The hash of `bytes`.
#[inline]
pub fn hash(bytes: &[u8], seed: u64) -> u64 {
    let len = bytes.len() as u64;
    let mut state = seed ^ KEYS[0];
    let (low, high);
    if bytes.len() >= 8 {
        if bytes.len() > 16 {
            state = long(bytes, state);
        }
        // The two may overlap: together they hold the last 16 bytes, or all.
        low = if bytes.len() > 16 { first_8(&bytes[bytes.len() - 16..]) } else { first_8(bytes) };
        high = last_8(bytes);
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        low = u64::from(u32::from_le_bytes(*first));
        high = u64::from(u32::from_le_bytes(*last));
    } else if let (Some(first), Some(last)) = (bytes.first(), bytes.last()) {
        low = u64::from(*first) << 8 | u64::from(bytes[bytes.len() / 2]);
        high = u64::from(*last);
    } else {
        (low, high) = (0, 0);
    }
    fold(fold(low ^ KEYS[1], high ^ state) ^ KEYS[2], len ^ state ^ KEYS[1])
}

/// The hash of up to sixteen bytes that are a word: see [`super::short::word`].
#[inline(always)]
pub fn hash_word(word: u128, len: usize, seed: u64) -> u64 {
    let state = seed ^ KEYS[0];
    let (low, high) = match len {
        8.. => (word as u64, (word >> (((len - 8) * 8) & 127)) as u64),
        4.. => (u64::from(word as u32), u64::from((word as u64 >> ((len - 4) * 8)) as u32)),
        1.. => {
            let byte = |index: usize| u64::from((word as u32 >> (index * 8)) as u8);
            (byte(0) << 8 | byte(len / 2), byte(len - 1))
        }
        0 => (0, 0),
    };
    fold(fold(low ^ KEYS[1], high ^ state) ^ KEYS[2], len as u64 ^ state ^ KEYS[1])
}

/// The state after all blocks of 16 bytes but the last, which may be short.
fn long(bytes: &[u8], mut state: u64) -> u64 {
    let whole = (bytes.len() - 1) / 16 * 16;
    for block in bytes[..whole].chunks_exact(16) {
        state = fold(first_8(block) ^ KEYS[1], last_8(block) ^ state);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::format;
    use alloc::vec::Vec;

    #[test]
    fn is_pinned() {
        // Images hold hashes: a change here needs a new ABI version.
        assert_eq!(hash(b"", 0), PINNED[0]);
        assert_eq!(hash(b"print", 0), PINNED[1]);
        assert_eq!(hash(b"setmetatable", 1), PINNED[2]);
        assert_eq!(hash(b"a string of more than sixteen bytes", 0), PINNED[3]);
    }

    const PINNED: [u64; 4] = [
        0x7af9_be86_37b9_4137,
        0x939b_333e_b95c_11d9,
        0x3b94_f191_0a2e_7734,
        0xa2a0_86fa_1148_99e2,
    ];

    #[test]
    fn spreads() {
        let texts: Vec<_> = (0..40_000)
            .map(|index| match index % 4 {
                0 => format!("{index}"),
                1 => format!("key{index}"),
                2 => format!("a_longer_key_number_{index}"),
                _ => "x".repeat(index / 40),
            })
            .collect();
        let distinct: BTreeSet<_> = texts.iter().collect();
        let hashes: BTreeSet<_> = distinct.iter().map(|text| hash(text.as_bytes(), 7)).collect();
        assert_eq!(hashes.len(), distinct.len());
        // Each low byte about equally often.
        let mut counts = [0_usize; 256];
        hashes.iter().for_each(|hash| counts[(hash & 255) as usize] += 1);
        let mean = hashes.len() / 256;
        assert!(counts.iter().all(|&count| count > mean / 2 && count < mean * 2));
    }

    #[test]
    fn words_have_the_hash_of_their_bytes() {
        let bytes: Vec<u8> =
            (0..16).map(|index| (index * 37 + 200) & 255).map(|b| b as u8).collect();
        for len in 0..=16 {
            let word = crate::text::short::word(&bytes[..len]);
            assert_eq!(hash_word(word, len, 5), hash(&bytes[..len], 5), "{len}");
        }
    }

    #[test]
    fn every_bit_counts() {
        for len in 1..70 {
            let mut bytes: Vec<u8> = (0..len).map(|index| index as u8).collect();
            let before = hash(&bytes, 0);
            for bit in 0..len * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                let changed = (hash(&bytes, 0) ^ before).count_ones();
                assert!((10..55).contains(&changed), "{len} {bit} {changed}");
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            assert_ne!(hash(&bytes, 1), before);
        }
    }
}
