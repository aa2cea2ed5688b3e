//! A few bytes, copied and compared without a call: the bytes of short strings are too few for the
//! C library to be worth asking.
//!
//! Up to sixteen bytes are also a *word*, the first byte lowest. What is put together in a register
//! need not wait for the memory that it would be written to piece by piece.

/// Copies all of `from` to `to`, which is as long.
#[inline]
pub fn copy(to: &mut [u8], from: &[u8]) {
    debug_assert_eq!(to.len(), from.len());
    match from.len() {
        // The two copies of each pair may overlap.
        17..=32 => ends::<16>(to, from),
        8..=16 => ends::<8>(to, from),
        4..=7 => ends::<4>(to, from),
        2..=3 => ends::<2>(to, from),
        1 => ends::<1>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last bytes.
#[inline]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        if let Some(to) = to.first_chunk_mut::<N>() {
            *to = *first;
        }
        if let Some(to) = to.last_chunk_mut::<N>() {
            *to = *last;
        }
    }
}

/// How many bytes a word has room for.
pub const WORD: usize = 16;

/// Up to sixteen bytes as a word.
#[inline(always)]
pub fn word(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    // The two of each pair may overlap, where they say the same.
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        return u128::from(first) | u128::from(last) << (((len - 8) * 8) & 127);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u128::from(u64::from(first) | u64::from(last) << ((len - 4) * 8));
    }
    match (bytes.first(), bytes.get(len / 2), bytes.last()) {
        (Some(first), Some(middle), Some(last)) => {
            let (first, middle, last) = (u32::from(*first), u32::from(*middle), u32::from(*last));
            u128::from(first | middle << (len / 2 * 8) | last << ((len - 1) * 8))
        }
        _ => 0,
    }
}

/// An integer in decimal as a word, and how many bytes that is; `None` where there are too many.
#[inline(always)]
pub fn decimal_word(value: i64) -> Option<(u128, usize)> {
    let mut rest = value.unsigned_abs();
    if rest >= 1_000_000_000_000_000 {
        return None;
    }
    let (mut word, mut len) = (0, 0);
    loop {
        word = word << 8 | u128::from(b'0' + (rest % 10) as u8);
        len += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        word = word << 8 | u128::from(b'-');
        len += 1;
    }
    Some((word, len))
}

/// Whether the bytes are the same.
#[inline]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        17..=32 => same_ends::<16>(a, b),
        8..=16 => same_ends::<8>(a, b),
        4..=7 => same_ends::<4>(a, b),
        2..=3 => same_ends::<2>(a, b),
        1 => same_ends::<1>(a, b),
        _ => a == b,
    }
}

#[inline]
fn same_ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    a.first_chunk::<N>() == b.first_chunk::<N>() && a.last_chunk::<N>() == b.last_chunk::<N>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn words_are_the_bytes_from_the_lowest_up() {
        let bytes: Vec<u8> = (1..=16).collect();
        for len in 0..=16 {
            let word = word(&bytes[..len]).to_le_bytes();
            assert_eq!(word[..len], bytes[..len]);
            assert!(word[len..].iter().all(|byte| *byte == 0));
        }
        let most = 999_999_999_999_999;
        for value in [0, 1, -1, 9, 10, -10, 12_345, 100_000_000, most, -most] {
            let (word, len) = decimal_word(value).expect("it has room");
            let expected = std::format!("{value}");
            assert_eq!(&word.to_le_bytes()[..len], expected.as_bytes());
        }
        for value in [most + 1, -most - 1, i64::MAX, i64::MIN] {
            assert_eq!(decimal_word(value), None);
        }
    }

    #[test]
    fn copies_and_compares_all_lengths() {
        for len in 0..70 {
            let from: Vec<u8> = (0..len).map(|index| index as u8 + 1).collect();
            let mut to = vec![0; len];
            copy(&mut to, &from);
            assert!(to == from && equal(&to, &from));
            for index in 0..len {
                to[index] ^= 128;
                assert!(!equal(&to, &from));
                to[index] ^= 128;
            }
            to.push(0);
            assert!(!equal(&to, &from));
        }
    }
}
