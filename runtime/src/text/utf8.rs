//! UTF-8 as Lua has it: sequences of up to six bytes, for values up to 2^31 - 1, of which the
//! strict form takes Unicode's only.

use super::Sink;

/// The greatest value that has an encoding.
pub const MAX_VALUE: u32 = 0x7fff_ffff;

/// The message for bytes that are no character.
pub const INVALID_CODE: &str = "invalid UTF-8 code";

/// The message for `utf8.offset` from within a character.
pub const CONTINUATION_BYTE: &str = "initial position is a continuation byte";

/// `utf8.charpattern`.
pub const CHAR_PATTERN: &[u8] = b"[\0-\x7f\xc2-\xfd][\x80-\xbf]*";

/// Whether a byte continues a sequence.
#[inline]
pub fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The first character of `text` and its length in bytes. Unless `lax`, it has to be a Unicode
/// scalar value.
#[inline]
pub fn decode(text: &[u8], lax: bool) -> Option<(u32, usize)> {
    let &first = text.first()?;
    if first < 0x80 {
        return Some((u32::from(first), 1));
    }
    let len = first.leading_ones() as usize;
    if !(2..=6).contains(&len) {
        return None;
    }
    let mut value = u32::from(first) & (0x7f >> len);
    for &byte in text.get(1..len)? {
        if !is_continuation(byte) {
            return None;
        }
        value = value << 6 | u32::from(byte & 0x3f);
    }
    const LEAST: [u32; 7] = [0, 0, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    if value < LEAST[len] || (!lax && char::from_u32(value).is_none()) {
        return None;
    }
    Some((value, len))
}

/// Appends the encoding of `value`, which is at most `MAX_VALUE`.
pub fn encode(value: u32, out: &mut impl Sink) {
    if value < 0x80 {
        out.push(value as u8);
        return;
    }
    let mut bytes = [0; 6];
    let mut rest = value & MAX_VALUE;
    let mut start = bytes.len();
    // What fits the first byte: a bit less with every byte that follows.
    let mut room = 0x3f;
    while rest > room {
        start -= 1;
        bytes[start] = 0x80 | (rest & 0x3f) as u8;
        rest >>= 6;
        room >>= 1;
    }
    start -= 1;
    bytes[start] = (!room << 1) as u8 | rest as u8;
    out.put(&bytes[start..]);
}

/// A position as the library's functions take it: negative ones count back from the end. 0 when
/// it lies before the beginning.
pub fn relative_position(position: i64, len: usize) -> i64 {
    let len = len as i64;
    if position >= 0 { position } else { (len.wrapping_add(position) + 1).max(0) }
}

/// How many characters begin in `text[from..=to]` (offsets, counted from 0; `to` may be -1 when
/// empty); the offset of the first that is not well formed as an error.
pub fn count(text: &[u8], from: usize, to: i64, lax: bool) -> Result<i64, usize> {
    let mut place = from;
    let mut count = 0;
    while (place as i64) <= to {
        let Some((_, len)) = text.get(place..).and_then(|rest| decode(rest, lax)) else {
            return Err(place);
        };
        place += len;
        count += 1;
    }
    Ok(count)
}

/// The offset (counted from 0) of the `n`-th character from the offset `place` on, where 1 is the
/// one at `place`, -1 the one before it, and 0 the one that the byte at `place` belongs to.
/// `Ok(None)` when there is none; `Err` ([`CONTINUATION_BYTE`]) when `place` is inside one.
pub fn offset(text: &[u8], n: i64, place: usize) -> Result<Option<usize>, &'static str> {
    let inside = |place: usize| text.get(place).is_some_and(|&byte| is_continuation(byte));
    let mut place = place;
    let mut left = n;
    if n == 0 {
        while place > 0 && inside(place) {
            place -= 1;
        }
        return Ok(Some(place));
    }
    if inside(place) {
        return Err(CONTINUATION_BYTE);
    }
    if n < 0 {
        while left < 0 && place > 0 {
            place -= 1;
            while place > 0 && inside(place) {
                place -= 1;
            }
            left += 1;
        }
    } else {
        left -= 1;
        if left > 0 && place < text.len() {
            for (place, &byte) in text.iter().enumerate().skip(place + 1) {
                if !is_continuation(byte) {
                    left -= 1;
                    if left == 0 {
                        return Ok(Some(place));
                    }
                }
            }
            // The end is behind the last character.
            place = text.len();
            left -= 1;
        }
    }
    Ok((left == 0).then_some(place))
}

/// The step of `utf8.codes`: `control` is 0, or the position (counted from 1) of the character
/// before. Gives the position and the value of the next; `None` at the end; `Err`
/// ([`INVALID_CODE`]) when it is not well formed.
pub fn next_code(text: &[u8], control: i64, lax: bool) -> Result<Option<(i64, u32)>, &'static str> {
    let Ok(mut place) = usize::try_from(control) else { return Ok(None) };
    while text.get(place).is_some_and(|&byte| is_continuation(byte)) {
        place += 1;
    }
    if place >= text.len() {
        return Ok(None);
    }
    let (value, len) = decode(&text[place..], lax).ok_or(INVALID_CODE)?;
    if text.get(place + len).is_some_and(|&byte| is_continuation(byte)) {
        return Err(INVALID_CODE);
    }
    Ok(Some((place as i64 + 1, value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn encodes_what_it_decodes() {
        for value in [
            0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000, 0x10_ffff, 0x1f_ffff, 0x20_0000,
            0x3ff_ffff, 0x400_0000, MAX_VALUE, 0xd800,
        ] {
            let mut bytes = Vec::new();
            encode(value, &mut bytes);
            assert_eq!(decode(&bytes, true), Some((value, bytes.len())));
            assert_eq!(decode(&bytes, false).is_some(), char::from_u32(value).is_some());
            if let Some(char) = char::from_u32(value) {
                assert_eq!(bytes, char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            assert_eq!(decode(&bytes[..bytes.len() - 1], true), None);
        }
    }

    #[test]
    fn refuses_what_is_malformed() {
        for bytes in [
            b"\x80".as_slice(),
            b"\xff\x80\x80\x80\x80\x80\x80",
            b"\xfe\x80\x80\x80\x80\x80\x80",
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xe0\x80\x80",
            b"\xc3a",
            b"\xf0\x80\x80\x80",
            b"\xc3",
        ] {
            assert_eq!(decode(bytes, true), None);
        }
    }

    #[test]
    fn counts_and_finds() {
        let text = "aé€b".as_bytes();
        assert_eq!(count(text, 0, 6, false), Ok(4));
        assert_eq!(count(text, 2, 6, false), Err(2));
        assert_eq!(count(text, 0, -1, false), Ok(0));
        assert_eq!(offset(text, 3, 0), Ok(Some(3)));
        assert_eq!(offset(text, 5, 0), Ok(Some(7)));
        assert_eq!(offset(text, 6, 0), Ok(None));
        assert_eq!(offset(text, -1, 7), Ok(Some(6)));
        assert_eq!(offset(text, -5, 7), Ok(None));
        assert_eq!(offset(text, 0, 4), Ok(Some(3)));
        assert_eq!(offset(text, 1, 2), Err(CONTINUATION_BYTE));
        assert_eq!(next_code(text, 0, false), Ok(Some((1, 97))));
        assert_eq!(next_code(text, 1, false), Ok(Some((2, 0xe9))));
        assert_eq!(next_code(text, 2, false), Ok(Some((4, 0x20ac))));
        assert_eq!(next_code(text, 7, false), Ok(None));
        assert_eq!(next_code(text, -1, false), Ok(None));
        assert_eq!(next_code(b"a\xff", 1, true), Err(INVALID_CODE));
        assert_eq!(relative_position(-1, 4), 4);
        assert_eq!(relative_position(-9, 4), 0);
        assert_eq!(relative_position(i64::MIN, 4), 0);
    }
}
