//! Exact decimal digits of a float, rounded half to even as C's `printf` does.
//!
//! A float is `mantissa * 2^exponent`, so `x * 10^k = mantissa * 5^k * 2^(exponent + k)`. For
//! `k <= 27` the product of mantissa and `5^k` fits 128 bits: one multiplication, one shift, and
//! the bits shifted out say how to round. For few digits, what lies beyond is left to `core::fmt`,
//! whose output with a given precision is exact too; for many to `exact`, which is quicker.

use core::fmt::{self, Write};

use super::exact;

/// The greatest `k` for which `5^k` fits 64 bits.
pub(super) const MAX_POWER: u32 = 27;

/// The greatest number of significant digits whose value surely fits a `u64`.
pub(super) const MAX_SHORT_DIGITS: u32 = 17;

/// Room for the longest text there is: `%.99f` of the greatest float.
pub(super) const LONGEST: usize = 309 + 1 + 99;

const fn powers<const N: usize>(base: u64) -> [u64; N] {
    let mut table = [1; N];
    let mut index = 1;
    while index < N {
        table[index] = table[index - 1] * base;
        index += 1;
    }
    table
}

const POWERS_OF_5: [u64; MAX_POWER as usize + 1] = powers(5);
pub(super) const POWERS_OF_10: [u64; 20] = powers(10);

/// Mantissa and binary exponent of a finite float, its sign ignored.
pub(super) fn decode(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7ff) as i32 {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

/// `|x| * 10^power`, rounded to an integer; `None` where it may not fit, or where `power` is too
/// great.
pub(super) fn scaled(x: f64, power: u32) -> Option<u64> {
    let (mantissa, exponent) = decode(x);
    let product = u128::from(mantissa) * u128::from(*POWERS_OF_5.get(power as usize)?);
    let shift = exponent + power as i32;
    if shift >= 0 {
        let fits = product.leading_zeros() as i32 >= 64 + shift;
        return fits.then(|| (product as u64) << shift);
    }
    let shift = shift.unsigned_abs();
    if shift > 117 {
        return Some(0); // The product has at most 116 bits, so this is less than a quarter.
    }
    let rest = product & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    let quotient = product >> shift;
    let up = rest > half || (rest == half && quotient & 1 == 1);
    u64::try_from(quotient + u128::from(up)).ok()
}

/// The first `count` (1 to `MAX_SHORT_DIGITS`) significant digits of a finite float as a number,
/// and the decimal exponent of the first of them.
pub(super) fn significant(x: f64, count: u32) -> (u64, i32) {
    if x == 0.0 {
        return (0, 0);
    }
    let (mantissa, exponent) = decode(x);
    let binary = 63 - mantissa.leading_zeros() as i32 + exponent;
    // 78913 / 2^18 is log10(2): at most one off.
    let mut decimal = (binary * 78913) >> 18;
    let (least, end) = (POWERS_OF_10[count as usize - 1], POWERS_OF_10[count as usize]);
    while let Ok(power) = u32::try_from(count as i32 - 1 - decimal) {
        match scaled(x, power) {
            Some(value) if value >= end => decimal += 1,
            Some(value) if value < least => decimal -= 1,
            Some(value) => return (value, decimal),
            None => break,
        }
    }
    significant_slow(x, count)
}

#[cold]
fn significant_slow(x: f64, count: u32) -> (u64, i32) {
    let mut text = Text::<32>::new();
    let exponent = text.exponential(x, count as usize);
    let value = text.bytes().iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (value, exponent)
}

/// A text on the stack.
pub(super) struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    pub(super) fn new() -> Self {
        Text { bytes: [0; N], len: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// What does not fit is dropped; callers know their longest text.
    pub(super) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            place.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    /// `value` in decimal, with leading zeros up to `width` digits.
    pub(super) fn decimal(&mut self, value: u64, width: usize) {
        let mut digits = [b'0'; MAX_DECIMAL];
        let start = decimal(&mut digits, value);
        let start = start.min(digits.len().saturating_sub(width));
        self.extend(&digits[start..]);
    }

    /// The `count` first significant digits of a finite float, without point; gives the decimal
    /// exponent of the first.
    pub(super) fn exponential(&mut self, x: f64, count: usize) -> i32 {
        if count > MAX_SHORT_DIGITS as usize {
            return exact::exponential(self, x, count);
        }
        let start = self.len;
        let _ =
            write!(self, "{:.*e}", count.saturating_sub(1), f64::from_bits(x.to_bits() << 1 >> 1));
        let mut exponent = 0;
        let mut kept = start;
        for index in start..self.len {
            match self.bytes[index] {
                b'e' => {
                    exponent = parse_exponent(&self.bytes[index + 1..self.len]);
                    break;
                }
                b'.' => {}
                digit => {
                    self.bytes[kept] = digit;
                    kept += 1;
                }
            }
        }
        self.len = kept;
        exponent
    }

    /// A finite float with `precision` digits after the point, its sign ignored.
    pub(super) fn fixed(&mut self, x: f64, precision: usize) {
        let whole = u32::try_from(precision).ok().and_then(|power| scaled(x, power));
        match whole.zip(POWERS_OF_10.get(precision)) {
            Some((value, &unit)) => {
                self.decimal(value / unit, 1);
                if precision > 0 {
                    self.push(b'.');
                    self.decimal(value % unit, precision);
                }
            }
            None => exact::fixed(self, x, precision),
        }
    }
}

impl<const N: usize> Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes());
        Ok(())
    }
}

fn parse_exponent(text: &[u8]) -> i32 {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let value = digits.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    if negative { -value } else { value }
}

/// The most characters of an integer in decimal, its sign included.
pub(crate) const MAX_DECIMAL: usize = 20;

/// Writes `value` in decimal to the end of `digits`; where it starts.
#[inline]
pub(crate) fn decimal(digits: &mut [u8; MAX_DECIMAL], mut value: u64) -> usize {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 || start == 0 {
            return start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_and_slow_digits_agree() {
        let mut state = 0x1234_5678_9abc_def1_u64;
        for round in 0..20_000 {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let x = if round % 2 == 0 {
                f64::from_bits(state >> 1) // Any magnitude.
            } else {
                (state >> 20) as f64 / 1e7
            };
            if !x.is_finite() {
                continue;
            }
            for count in [1, 3, 14, 15, 17] {
                assert_eq!(significant(x, count), significant_slow(x, count), "{x:e} {count}");
            }
        }
    }

    #[test]
    fn halves_go_to_even() {
        assert_eq!(scaled(0.5, 0), Some(0));
        assert_eq!(scaled(1.5, 0), Some(2));
        assert_eq!(scaled(2.5, 0), Some(2));
        assert_eq!(scaled(0.125, 2), Some(12));
        assert_eq!(scaled(0.375, 2), Some(38));
        assert_eq!(scaled(5e-324, 27), Some(0));
        assert_eq!(scaled(1e300, 1), None);
        assert_eq!(significant(9.999_999_999_999_999, 14), (10_000_000_000_000, 1));
    }
}
