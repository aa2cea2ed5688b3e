//! Sets of bytes: the classes, and what stands between brackets.

/// 256 bits, one a byte.
pub(super) type Set = [u64; 4];

pub(super) const EMPTY: Set = [0; 4];

pub(super) fn contains(set: &Set, byte: u8) -> bool {
    set[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
}

pub(super) fn insert(set: &mut Set, byte: u8) {
    set[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

/// Adds all bytes from `low` to `high`.
fn insert_range(set: &mut Set, low: u8, high: u8) {
    for (word, first) in set.iter_mut().zip([0_u8, 64, 128, 192]) {
        let (low, high) = (low.max(first), high.min(first + 63));
        if low <= high {
            *word |= u64::MAX >> (63 - (high - low)) << (low & 63);
        }
    }
}

const fn set_of_class(letter: u8) -> Set {
    let mut set = EMPTY;
    let mut byte = 0_u8;
    loop {
        let member = match letter {
            b'a' => byte.is_ascii_alphabetic(),
            b'c' => byte.is_ascii_control(),
            b'd' => byte.is_ascii_digit(),
            b'g' => byte.is_ascii_graphic(),
            b'l' => byte.is_ascii_lowercase(),
            b'p' => byte.is_ascii_punctuation(),
            b's' => matches!(byte, b' ' | b'\t'..=b'\r'),
            b'u' => byte.is_ascii_uppercase(),
            b'w' => byte.is_ascii_alphanumeric(),
            b'x' => byte.is_ascii_hexdigit(),
            _ => byte == 0, // 'z', of old
        };
        if member {
            set[(byte >> 6) as usize] |= 1 << (byte & 63);
        }
        if byte == 255 {
            return set;
        }
        byte += 1;
    }
}

pub(super) const fn complement(set: Set) -> Set {
    [!set[0], !set[1], !set[2], !set[3]]
}

/// The letters of the classes; in upper case they mean the complement.
const CLASS_LETTERS: [u8; 11] = *b"acdglpsuwxz";

/// The sets of `CLASS_LETTERS`, then their complements.
pub(super) const CLASSES: [Set; 22] = {
    let mut classes = [EMPTY; 22];
    let mut index = 0;
    while index < 11 {
        classes[index] = set_of_class(CLASS_LETTERS[index]);
        classes[index + 11] = complement(classes[index]);
        index += 1;
    }
    classes
};

/// For a byte after '%', its index in `CLASSES`; `NO_CLASS` for one that stands for itself.
pub(super) const CLASS_OF: [u8; 256] = {
    let mut table = [NO_CLASS; 256];
    let mut index = 0;
    while index < 11 {
        table[CLASS_LETTERS[index] as usize] = index as u8;
        table[CLASS_LETTERS[index].to_ascii_uppercase() as usize] = index as u8 + 11;
        index += 1;
    }
    table
};

pub(super) const NO_CLASS: u8 = 255;

pub(super) fn class(letter: u8) -> Option<&'static Set> {
    CLASSES.get(usize::from(CLASS_OF[usize::from(letter)]))
}

/// The set that begins at `p` with a '[', and the offset behind its ']'; `None` when it is not
/// closed.
pub(super) fn read_set(pattern: &[u8], p: usize) -> Option<(Set, usize)> {
    let negated = pattern.get(p + 1) == Some(&b'^');
    let start = if negated { p + 2 } else { p + 1 };
    // The first byte is a member even if it is a ']'.
    let mut close = start;
    loop {
        let byte = *pattern.get(close)?;
        close += if byte == b'%' && close + 1 < pattern.len() { 2 } else { 1 };
        if *pattern.get(close)? == b']' {
            break;
        }
    }
    let mut set = EMPTY;
    let mut rest = &pattern[start..close];
    loop {
        rest = match *rest {
            [] => break,
            [b'%', letter, ref tail @ ..] => {
                match class(letter) {
                    Some(class) => set.iter_mut().zip(class).for_each(|(word, more)| *word |= more),
                    None => insert(&mut set, letter),
                }
                tail
            }
            [low, b'-', high, ref tail @ ..] => {
                insert_range(&mut set, low, high);
                tail
            }
            [byte, ref tail @ ..] => {
                insert(&mut set, byte);
                tail
            }
        };
    }
    Some((if negated { complement(set) } else { set }, close + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_their_bytes() {
        for low in 0..=255 {
            for high in 0..=255 {
                let (mut at_once, mut one_by_one) = (EMPTY, EMPTY);
                insert_range(&mut at_once, low, high);
                (low..=high).for_each(|byte| insert(&mut one_by_one, byte));
                assert_eq!(at_once, one_by_one, "{low} to {high}");
            }
        }
    }
}
