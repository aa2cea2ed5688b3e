//! Numerals: decimal and hexadecimal, integers and floats.
//!
//! A decimal integer that does not fit becomes a float; a hexadecimal one wraps around. Floats are
//! rounded correctly, as C's `strtod` does for the reference.

use super::{Lexer, Token};
use crate::errors::{self, Result};

impl Lexer<'_> {
    /// Reads whatever looks like a numeral, then sees whether it is one.
    pub(super) fn number(&mut self) -> Result<Token> {
        let start = self.at;
        // In `.0x1` the reference reads on as if it were hexadecimal, to find it malformed.
        let has_dot = self.accept(b'.');
        let hexadecimal = matches!(self.text[self.at..], [b'0', b'x' | b'X', ..]);
        let exponent = if hexadecimal { b'p' } else { b'e' };
        self.at += if hexadecimal { 2 } else { 1 };
        while let Some(byte) = self.peek() {
            if byte.to_ascii_lowercase() == exponent {
                self.at += 1;
                if matches!(self.peek(), Some(b'+' | b'-')) {
                    self.at += 1;
                }
            } else if byte.is_ascii_hexdigit() || byte == b'.' {
                self.at += 1;
            } else {
                break;
            }
        }
        // A numeral that touches a letter is wrong, whatever it was so far.
        if self.peek().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') {
            self.at += 1;
        }
        let numeral = &self.text[start..self.at];
        let token = match numeral {
            [b'0', b'x' | b'X', digits @ ..] => parse_hexadecimal(digits),
            _ if has_dot && hexadecimal => None,
            _ => parse_decimal(numeral),
        };
        token.ok_or_else(|| {
            errors::malformed_number(self.place(start, Some(errors::quoted(numeral))))
        })
    }
}

fn parse_decimal(numeral: &[u8]) -> Option<Token> {
    if numeral.iter().all(u8::is_ascii_digit) {
        let value = numeral.iter().try_fold(0i64, |value, &digit| {
            value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        });
        if let Some(value) = value {
            return Some(Token::Integer(value));
        }
    }
    // What Rust accepts beyond C's numerals are signs and words, which cannot get here: a numeral
    // starts with a digit or a dot and a digit, and words are refused by the test on letters.
    if numeral.iter().any(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E')) {
        return None;
    }
    let text = core::str::from_utf8(numeral).ok()?;
    text.parse::<f64>().ok().map(Token::Float)
}

/// `digits` is what follows `0x`.
fn parse_hexadecimal(digits: &[u8]) -> Option<Token> {
    let value_of = |byte: u8| char::from(byte).to_digit(16);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) {
        let value = digits.iter().filter_map(|&b| value_of(b));
        let value = value.fold(0u64, |value, digit| value.wrapping_mul(16) + u64::from(digit));
        return Some(Token::Integer(value as i64));
    }
    // The leading 64 significant bits, whether anything but zeros follows, and a power of two.
    let (mut mantissa, mut sticky, mut exponent) = (0u64, false, 0i64);
    let (mut any, mut seen_dot, mut at) = (false, false, 0);
    while let Some(&byte) = digits.get(at) {
        if let Some(digit) = value_of(byte) {
            any = true;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if seen_dot { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                exponent += if seen_dot { 0 } else { 4 };
            }
        } else if byte == b'.' && !seen_dot {
            seen_dot = true;
        } else {
            break;
        }
        at += 1;
    }
    if !any {
        return None;
    }
    if let Some(b'p' | b'P') = digits.get(at) {
        at += 1;
        let negative = digits.get(at) == Some(&b'-');
        at += usize::from(matches!(digits.get(at), Some(b'+' | b'-')));
        let power = &digits[at..];
        if power.is_empty() {
            return None;
        }
        let mut value = 0i64;
        for digit in power {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
        }
        // Far outside any float, and far from overflowing with the exponent so far.
        let value = value.min(1 << 40);
        exponent += if negative { -value } else { value };
        at = digits.len();
    }
    (at == digits.len()).then(|| Token::Float(scale(mantissa, sticky, exponent)))
}

/// `mantissa * 2^exponent`, rounded to the nearest float, ties to even; `sticky` says that the
/// exact value is a little larger than the mantissa says.
fn scale(mantissa: u64, sticky: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    // Bit 63 is the leading one; then the value is 1.xxx * 2^leading.
    let shift = mantissa.leading_zeros();
    let mantissa = mantissa << shift;
    let leading = exponent - i64::from(shift) + 63;
    if leading > 1023 {
        return f64::INFINITY;
    }
    // Of 64 bits a normal float keeps 53; below 2^-1022 it keeps one less for each power.
    let dropped = 11 + (-1022 - leading).max(0);
    if dropped > 64 {
        return 0.0;
    }
    let (kept, rest) = match dropped {
        64 => (0, mantissa),
        _ => (mantissa >> dropped, mantissa << (64 - dropped)),
    };
    let half = 1 << 63;
    let round_up = rest > half || rest == half && (sticky || kept & 1 == 1);
    // The leading one of `kept` adds one to the exponent's bits, so a carry lands where it should.
    let biased = (leading + 1022).max(0) as u64;
    f64::from_bits((biased << 52) + kept + u64::from(round_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(text: &str) -> f64 {
        match parse_hexadecimal(text.as_bytes()) {
            Some(Token::Float(value)) => value,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn decimals() {
        assert_eq!(parse_decimal(b"9223372036854775807"), Some(Token::Integer(i64::MAX)));
        assert_eq!(
            parse_decimal(b"9223372036854775808"),
            Some(Token::Float(9_223_372_036_854_775_808.0))
        );
        assert_eq!(parse_decimal(b"3."), Some(Token::Float(3.0)));
        assert_eq!(parse_decimal(b".5e+1"), Some(Token::Float(5.0)));
        assert_eq!(parse_decimal(b"1e400"), Some(Token::Float(f64::INFINITY)));
        assert_eq!(parse_decimal(b"3e"), None);
        assert_eq!(parse_decimal(b"1..2"), None);
        assert_eq!(parse_decimal(b"12a"), None);
    }

    #[test]
    fn hexadecimal_integers_wrap() {
        assert_eq!(parse_hexadecimal(b"ff"), Some(Token::Integer(255)));
        assert_eq!(parse_hexadecimal(b"1ffffffffffffffff"), Some(Token::Integer(-1)));
        assert_eq!(parse_hexadecimal(b""), None);
    }

    #[test]
    fn hexadecimal_floats_round_to_even() {
        assert_eq!(float(".8"), 0.5);
        assert_eq!(float("A.8p1"), 21.0);
        assert_eq!(float("1p-1074"), f64::from_bits(1));
        assert_eq!(float("1p-1075"), 0.0);
        assert_eq!(float("1.8p-1075"), f64::from_bits(1));
        assert_eq!(float("1.00000000000000000001p-1075"), f64::from_bits(1));
        assert_eq!(float("1.fffffffffffff8p1023"), f64::INFINITY);
        assert_eq!(float("1.fffffffffffff7p1023"), f64::MAX);
        assert_eq!(float("0.fffffffffffff8p-1022"), f64::MIN_POSITIVE);
        assert_eq!(float("20000000000001p0"), 9_007_199_254_740_992.0);
        assert_eq!(float("20000000000001.0000000000000000000001p0"), 9_007_199_254_740_994.0);
        assert_eq!(float("0p99999999999999999999"), 0.0);
        assert_eq!(float("1p99999999999999999999"), f64::INFINITY);
        assert_eq!(float("1p-99999999999999999999"), 0.0);
        for bad in ["p1", ".p1", "1p", "1p+", "1.2.3", "1p1.0", "1g"] {
            assert_eq!(parse_hexadecimal(bad.as_bytes()), None, "{bad}");
        }
    }
}
