//! All the decimal digits of a float that are asked for, by arithmetic on long numbers.
//!
//! A finite float is a whole number and a fraction, both exact in binary. The whole number is divided
//! by 10^19 until nothing is left, the fraction multiplied by it, so that each step gives nineteen
//! digits. One digit more than wanted, and whether anything but zeros follows, say how to round: half to
//! even, as C's `printf` does.

use super::digits::{MAX_DECIMAL, Text, decimal, decode};

/// How many digits a step gives, and ten to that power.
const STEP: usize = 19;
const UNIT: u64 = 10_000_000_000_000_000_000;

/// Words of the longest whole number (1024 bits) and one more; of the longest fraction (1074 bits).
const WORDS: usize = 17;

/// Room for a digit that rounding may put before the others, for 309 of the whole number, for 99 behind
/// the point, and for what a step gives too many.
const ROOM: usize = 1 + 309 + 99 + 2 * STEP;

/// The fraction: a sum of words, the last of which counts 2^-64.
struct Fraction {
    words: [u64; WORDS],
    count: usize,
    /// Outside of these all are zero.
    low: usize,
    high: usize,
}

impl Fraction {
    /// `mantissa / 2^bits` without its whole part.
    fn new(mantissa: u64, bits: usize) -> Fraction {
        let mantissa = if bits < 64 { mantissa & ((1 << bits) - 1) } else { mantissa };
        let count = bits.div_ceil(64);
        let aligned = u128::from(mantissa) << (count * 64 - bits);
        let mut words = [0; WORDS];
        words[0] = aligned as u64;
        words[1] = (aligned >> 64) as u64;
        let mut fraction = Fraction { words, count, low: 0, high: count.min(2) };
        fraction.trim();
        fraction
    }

    fn trim(&mut self) {
        while self.low < self.high && self.words[self.low] == 0 {
            self.low += 1;
        }
    }

    fn is_zero(&self) -> bool {
        self.low == self.high
    }

    /// The next digits, as a number.
    fn step(&mut self) -> u64 {
        let mut carry = 0;
        for word in &mut self.words[self.low..self.high] {
            let product = u128::from(*word) * u128::from(UNIT) + u128::from(carry);
            *word = product as u64;
            carry = (product >> 64) as u64;
        }
        if self.high < self.count {
            // Above the highest word there are still zeros.
            self.words[self.high] = carry;
            self.high += 1;
            carry = 0;
        }
        self.trim();
        carry
    }
}

/// The digits of a float, its sign ignored.
pub(super) struct Exact {
    /// From the second one on; the first is for rounding.
    digits: [u8; ROOM],
    len: usize,
    /// How many of them are before the point; less than none, if the point comes that much earlier.
    point: i32,
    fraction: Fraction,
}

impl Exact {
    /// The digits of the whole number.
    fn new(x: f64) -> Exact {
        let (mantissa, exponent) = decode(x);
        let bits = exponent.min(0).unsigned_abs() as usize;
        let fraction = Fraction::new(mantissa, bits);
        let mut exact = Exact { digits: [b'0'; ROOM], len: 1, point: 0, fraction };
        match u32::try_from(exponent) {
            Ok(exponent) => exact.long_whole(mantissa, exponent as usize),
            Err(_) if bits < 64 => exact.push(mantissa >> bits, true),
            Err(_) => {}
        }
        exact.point = exact.len as i32 - 1;
        exact
    }

    /// `mantissa * 2^exponent`
    fn long_whole(&mut self, mantissa: u64, exponent: usize) {
        let mut words = [0; WORDS];
        let (first, shifted) = (exponent / 64, u128::from(mantissa) << (exponent % 64));
        words[first] = shifted as u64;
        words[first + 1] = (shifted >> 64) as u64;
        let mut count = first + 2;
        let (mut steps, mut step_count) = ([0; WORDS], 0);
        while count > 0 {
            if words[count - 1] == 0 {
                count -= 1;
                continue;
            }
            let mut rest = 0;
            for word in words[..count].iter_mut().rev() {
                let value = u128::from(rest) << 64 | u128::from(*word);
                *word = (value / u128::from(UNIT)) as u64;
                rest = (value % u128::from(UNIT)) as u64;
            }
            steps[step_count] = rest;
            step_count += 1;
        }
        for (index, step) in steps[..step_count].iter().rev().enumerate() {
            self.push(*step, index == 0);
        }
    }

    /// Appends the digits of a step; without leading zeros if there are none before.
    fn push(&mut self, value: u64, first: bool) {
        let mut digits = [b'0'; MAX_DECIMAL];
        let start = match decimal(&mut digits, value) {
            _ if !first => MAX_DECIMAL - STEP,
            start if value != 0 => start,
            _ => return,
        };
        let digits = &digits[start..];
        self.digits[self.len..self.len + digits.len()].copy_from_slice(digits);
        self.len += digits.len();
    }

    /// Makes digits of the fraction until there are more than `wanted`, or only zeros would follow.
    fn reach(&mut self, wanted: usize) {
        while self.len - 1 <= wanted && !self.fraction.is_zero() {
            let value = self.fraction.step();
            self.push(value, false);
        }
    }

    /// Rounds to the first `count` digits, behind which zeros are added if there are fewer. A digit
    /// before the first one is there if that is why.
    fn round(&mut self, count: usize) {
        let end = 1 + count;
        if self.len <= end {
            self.digits[self.len..end].fill(b'0');
            self.len = end;
            return;
        }
        let (kept, dropped) = self.digits[..self.len].split_at_mut(end);
        let more = !self.fraction.is_zero() || dropped[1..].iter().any(|digit| *digit != b'0');
        let odd = kept[count] & 1 == 1;
        if dropped[0] > b'5' || (dropped[0] == b'5' && (more || odd)) {
            for digit in kept.iter_mut().rev() {
                if *digit != b'9' {
                    *digit += 1;
                    break;
                }
                *digit = b'0';
            }
        }
        self.len = end;
    }
}

/// `x` with `precision` digits behind the point, 99 at most.
pub(super) fn fixed<const N: usize>(text: &mut Text<N>, x: f64, precision: usize) {
    let mut exact = Exact::new(x);
    let whole = exact.point as usize;
    exact.reach(whole + precision);
    exact.round(whole + precision);
    let first = usize::from(exact.digits[0] == b'0' && whole > 0);
    let (before, after) = exact.digits[..exact.len].split_at(1 + whole);
    text.extend(&before[first..]);
    if precision > 0 {
        text.push(b'.');
        text.extend(after);
    }
}

/// The first `count` significant digits of `x`, 100 at most, without a point; the decimal exponent of
/// the first.
pub(super) fn exponential<const N: usize>(text: &mut Text<N>, x: f64, count: usize) -> i32 {
    let mut exact = Exact::new(x);
    // Digits begin with one that is not zero.
    while exact.len == 1 && !exact.fraction.is_zero() {
        exact.point -= STEP as i32;
        let value = exact.fraction.step();
        exact.push(value, true);
        exact.point += if exact.len > 1 { exact.len as i32 - 1 } else { 0 };
    }
    if exact.len == 1 {
        exact.point = 1; // Zero is one digit.
    }
    exact.reach(count);
    exact.round(count);
    let carried = exact.digits[0] != b'0';
    let start = usize::from(!carried);
    text.extend(&exact.digits[start..start + count]);
    exact.point - 1 + i32::from(carried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn floats() -> impl Iterator<Item = f64> {
        let mut state = 0x1234_5678_9abc_def1_u64;
        let random = (0..20_000).map(move |round| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            match round % 4 {
                // Any exponent, usual ones, halves that are tied, and integers.
                0 => f64::from_bits(state >> 1),
                1 => (state >> 11) as f64 / 1e13,
                2 => (state >> 44) as f64 / 1024.0 * if state & 1 == 0 { 1.0 } else { 1e-5 },
                _ => (state >> 20) as f64 * f64::from(1 << (state & 30)),
            }
        });
        let edges = [0.0, 0.5, 1.5, 2.5, 9.5, 99.95, 0.999_999, 1e22, 1e23, f64::MAX, 5e-324, 1e-5];
        edges.into_iter().chain([f64::MIN_POSITIVE, 9.999e99, 1e300, 1e-300]).chain(random)
    }

    #[test]
    fn fixed_digits_are_those_of_the_standard_library() {
        for (index, x) in floats().filter(|x| x.is_finite()).enumerate() {
            let precision = [0, 1, 2, 3, 6, 17, 18, 19, 20, 37, 38, 39, 60, 99][index % 14];
            let mut text = Text::<512>::new();
            fixed(&mut text, x, precision);
            assert_eq!(String::from_utf8_lossy(text.bytes()), format!("{x:.precision$}"));
        }
    }

    #[test]
    fn significant_digits_are_those_of_the_standard_library() {
        for (index, x) in floats().filter(|x| x.is_finite()).enumerate() {
            let count = [1, 2, 3, 6, 17, 18, 19, 20, 21, 38, 39, 60, 99, 100][index % 14];
            let mut text = Text::<128>::new();
            let exponent = exponential(&mut text, x, count);
            let expected = format!("{x:.*e}", count - 1);
            let (digits, expected) = expected.split_once('e').expect("there is an exponent");
            assert_eq!(String::from_utf8_lossy(text.bytes()), digits.replace('.', ""), "{x:e}");
            assert_eq!(format!("{exponent}"), expected, "{x:e}");
        }
    }
}
