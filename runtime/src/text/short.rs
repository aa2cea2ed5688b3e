//! A few bytes, copied and compared without a call: the bytes of short strings are too few for the
//! C library to be worth asking.

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
