//! Finding a byte or a string in a string.
//!
//! Blocks of 32 bytes are tested as a whole, in loops without branches that the compiler turns
//! into vector instructions; only a block with a candidate is looked at byte by byte.

const BLOCK: usize = 32;

/// Where `byte` first stands in `text`.
#[inline]
pub fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let mut start = 0;
    while let Some(block) = text[start..].first_chunk::<BLOCK>() {
        if block.iter().fold(false, |found, &other| found | (other == byte)) {
            break;
        }
        start += BLOCK;
    }
    text[start..].iter().position(|&other| other == byte).map(|index| start + index)
}

/// Where `needle` first stands in `text`. An empty one stands everywhere.
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let (&first, &last) = match (needle.first(), needle.last()) {
        (Some(first), Some(last)) => (first, last),
        _ => return Some(0),
    };
    if needle.len() == 1 {
        return find_byte(text, first);
    }
    // Where the needle may start, and, shifted, where it may end.
    let starts = text.get(..(text.len() + 1).checked_sub(needle.len())?)?;
    let ends = &text[needle.len() - 1..];
    let mut start = 0;
    while start < starts.len() {
        let (heads, tails) = (&starts[start..], &ends[start..]);
        let mut length = heads.len();
        if let (Some(heads), Some(tails)) =
            (heads.first_chunk::<BLOCK>(), tails.first_chunk::<BLOCK>())
        {
            let candidates = heads.iter().zip(tails);
            if !candidates.fold(false, |any, (&a, &b)| any | ((a == first) & (b == last))) {
                start += BLOCK;
                continue;
            }
            length = BLOCK;
        }
        for index in start..start + length {
            if starts[index] == first
                && ends[index] == last
                && &text[index..index + needle.len()] == needle
            {
                return Some(index);
            }
        }
        start += length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn finds_as_the_plain_loop_does() {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        for _ in 0..3000 {
            let text: Vec<u8> = (0..next() % 150).map(|_| b'a' + (next() % 3) as u8).collect();
            let needle: Vec<u8> = (0..next() % 9).map(|_| b'a' + (next() % 3) as u8).collect();
            let plain = (0..=text.len()).find(|&start| text[start..].starts_with(&needle));
            assert_eq!(find(&text, &needle), plain);
            assert_eq!(find_byte(&text, b'c'), text.iter().position(|&byte| byte == b'c'));
        }
        assert_eq!(find(b"", b""), Some(0));
        assert_eq!(find(b"", b"a"), None);
    }
}
