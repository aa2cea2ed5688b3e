//! Numbers and their text: what `tonumber` reads and `tostring` writes.
//!
//! Reading takes the whole text, white space around it included, and is correctly rounded.
//! Writing is `%d` for integers; floats are written as C's `%.14g` would, with ".0" appended to
//! what would look like an integer.

use super::digits::{Text, significant};

/// A number, of either kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
}

/// The number that the whole of `text` stands for.
pub fn parse(text: &[u8]) -> Option<Number> {
    let text = trim(text);
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    if let [b'0', b'x' | b'X', digits @ ..] = digits {
        return parse_hex(negative, digits);
    }
    if let Some(value) = parse_decimal_int(negative, digits) {
        return Some(Number::Int(value));
    }
    let value = parse_decimal_float(digits)?;
    Some(Number::Float(if negative { -value } else { value }))
}

/// Likewise, where it is an integer.
#[inline]
pub fn parse_int(text: &[u8]) -> Option<i64> {
    let text = trim(text);
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    match digits {
        [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() => {
            let mut value = 0_u64;
            for digit in digits {
                let digit = HEXADECIMAL[usize::from(*digit)];
                if digit > 15 {
                    return None;
                }
                // Wraps around.
                value = value << 4 | u64::from(digit);
            }
            Some(if negative { value.wrapping_neg() } else { value } as i64)
        }
        digits => parse_decimal_int(negative, digits),
    }
}

/// The values of hexadecimal digits; 255 for what is none.
const HEXADECIMAL: [u8; 256] = {
    let mut values = [255; 256];
    let mut digit = 0;
    while digit < 16 {
        let lower = b"0123456789abcdef"[digit];
        values[lower as usize] = digit as u8;
        values[lower.to_ascii_uppercase() as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Whether C's `isspace` holds in the C locale.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let Some((&first, rest)) = text.split_first()
        && is_space(first)
    {
        text = rest;
    }
    while let Some((&last, rest)) = text.split_last()
        && is_space(last)
    {
        text = rest;
    }
    text
}

/// `None` too when the value is out of range: it is a float then.
fn parse_decimal_int(negative: bool, digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    match (negative, value) {
        (false, _) => i64::try_from(value).ok(),
        (true, 0x8000_0000_0000_0000) => Some(i64::MIN),
        (true, _) => i64::try_from(value).ok().map(|value| -value),
    }
}

/// Holds the text to the grammar before it goes to `core`, which takes "inf" and "nan" too.
fn parse_decimal_float(text: &[u8]) -> Option<f64> {
    let well_formed = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !matches!(text.first()?, b'0'..=b'9' | b'.') || !text.iter().all(well_formed) {
        return None;
    }
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// Hexadecimal, after the "0x". Integers wrap around; a point or an exponent makes a float.
fn parse_hex(negative: bool, text: &[u8]) -> Option<Number> {
    let mut value = 0_u64; // Of an integer.
    let mut mantissa = 0_u64; // Of a float: up to 64 bits, without what comes after.
    let mut sticky = false; // Whether something came after.
    let mut exponent = 0_i64;
    let mut any = false;
    let mut point = false;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if let Some(digit) = (byte as char).to_digit(16) {
            let digit = u64::from(digit);
            any = true;
            value = value << 4 | digit;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | digit;
                exponent -= if point { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                exponent += if point { 0 } else { 4 };
            }
        } else if byte == b'.' && !point {
            point = true;
        } else {
            break;
        }
        rest = tail;
    }
    if !any {
        return None;
    }
    if rest.is_empty() && !point {
        return Some(Number::Int(if negative { value.wrapping_neg() } else { value } as i64));
    }
    if let Some((mark, tail)) = rest.split_first() {
        if !matches!(mark, b'p' | b'P') {
            return None;
        }
        exponent = exponent.saturating_add(parse_binary_exponent(tail)?);
    }
    let value = compose(mantissa, sticky, exponent);
    Some(Number::Float(if negative { -value } else { value }))
}

fn parse_binary_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Far beyond what any number of digits before it could make up for.
        value = (value * 10 + i64::from(digit)).min(1 << 50);
    }
    Some(if negative { -value } else { value })
}

/// `mantissa * 2^exponent`, and a little more if `sticky`, rounded half to even.
fn compose(mantissa: u64, sticky: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let zeros = mantissa.leading_zeros();
    let mantissa = mantissa << zeros;
    // Of the highest bit.
    let exponent = exponent.saturating_add(63 - i64::from(zeros));
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // Below -1022 the exponent stays and bits go.
    let dropped = 11 + (-1022 - exponent).max(0);
    if dropped > 64 {
        return 0.0;
    }
    let wide = u128::from(mantissa);
    let quotient = (wide >> dropped) as u64;
    let rest = wide & ((1 << dropped) - 1);
    let half = 1 << (dropped - 1);
    let up = rest > half || (rest == half && (sticky || quotient & 1 == 1));
    // A carry out of the fraction goes to the exponent, as it should, infinity included.
    let biased = (exponent.max(-1022) + 1022) as u64;
    f64::from_bits((biased << 52) + quotient + u64::from(up))
}

/// The text of a number, on the stack.
pub struct NumberText(Text<32>);

impl NumberText {
    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// The text of a number, as `tostring` gives it.
pub fn text(number: Number) -> NumberText {
    match number {
        Number::Int(value) => int_text(value),
        Number::Float(value) => float_text(value),
    }
}

/// An integer in decimal.
pub fn int_text(value: i64) -> NumberText {
    let mut text = Text::new();
    if value < 0 {
        text.push(b'-');
    }
    text.decimal(value.unsigned_abs(), 1);
    NumberText(text)
}

/// A float as Lua 5.4 writes it: `%.14g`, and ".0" after what looks like an integer.
pub fn float_text(value: f64) -> NumberText {
    let mut text = Text::new();
    write_general(&mut text, value, 14);
    NumberText(text)
}

/// A float as Lua 5.5 writes it: `%.15g` where that is enough to read the same number back, and
/// `%.17g` where it is not.
pub fn float_text_round_trip(value: f64) -> NumberText {
    for precision in [15, 17] {
        let mut text = Text::new();
        write_general(&mut text, value, precision);
        if precision == 17 || parse_float(text.bytes()) == Some(value) || !value.is_finite() {
            return NumberText(text);
        }
    }
    float_text(value) // Not reached.
}

fn parse_float(text: &[u8]) -> Option<f64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

fn write_general(text: &mut Text<32>, value: f64, precision: u32) {
    if value.is_sign_negative() {
        text.push(b'-');
    }
    if !value.is_finite() {
        text.extend(if value.is_nan() { b"nan" } else { b"inf" });
        return;
    }
    let magnitude = value.abs();
    if magnitude < 1e14 && magnitude as u64 as f64 == magnitude {
        text.decimal(magnitude as u64, 1);
        text.extend(b".0");
        return;
    }
    let (mut digits, exponent) = significant(magnitude, precision);
    let mut count = precision as i32;
    while count > 1 && digits % 10 == 0 {
        digits /= 10;
        count -= 1;
    }
    let mut buffer = Text::<20>::new();
    buffer.decimal(digits, count as usize);
    let digits = buffer.bytes();
    if exponent < -4 || exponent >= precision as i32 {
        let (first, rest) = digits.split_at(1);
        text.extend(first);
        if !rest.is_empty() {
            text.push(b'.');
            text.extend(rest);
        }
        text.push(b'e');
        text.push(if exponent < 0 { b'-' } else { b'+' });
        text.decimal(u64::from(exponent.unsigned_abs()), 2);
    } else if exponent < 0 {
        text.extend(b"0.");
        for _ in exponent..-1 {
            text.push(b'0');
        }
        text.extend(digits);
    } else {
        let whole = exponent as usize + 1;
        let (before, after) = digits.split_at(whole.min(digits.len()));
        text.extend(before);
        for _ in before.len()..whole {
            text.push(b'0');
        }
        text.push(b'.');
        text.extend(if after.is_empty() { b"0" } else { after });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn int(text: &str) -> Option<i64> {
        match parse(text.as_bytes()) {
            Some(Number::Int(value)) => Some(value),
            _ => None,
        }
    }

    fn float(text: &str) -> Option<f64> {
        match parse(text.as_bytes()) {
            Some(Number::Float(value)) => Some(value),
            _ => None,
        }
    }

    fn shown(value: f64) -> String {
        String::from_utf8(float_text(value).as_bytes().into()).unwrap()
    }

    #[test]
    fn reads_integers() {
        assert_eq!(int(" \t-12\n"), Some(-12));
        assert_eq!(int("+0007"), Some(7));
        assert_eq!(int("9223372036854775807"), Some(i64::MAX));
        assert_eq!(int("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(float("9223372036854775808"), Some(9_223_372_036_854_775_808.0));
        assert_eq!(float("-9223372036854775809"), Some(-9_223_372_036_854_775_808.0));
        assert_eq!(int("0xfF"), Some(255));
        assert_eq!(int("0xffffffffffffffff"), Some(-1));
        assert_eq!(int("-0x1_"), None);
        assert_eq!(int("0x1ffffffffffffffff0"), Some(-16));
        assert_eq!(int("-0X10"), Some(-16));
    }

    #[test]
    fn reads_decimal_floats() {
        assert_eq!(float("1."), Some(1.0));
        assert_eq!(float(".5"), Some(0.5));
        assert_eq!(float("-1e-3 "), Some(-0.001));
        assert_eq!(float("1E+2"), Some(100.0));
        assert_eq!(float("1e999"), Some(f64::INFINITY));
        assert_eq!(float("2.2250738585072011e-308"), Some(f64::from_bits(0xf_ffff_ffff_ffff)));
        assert_eq!(float("-0.0").map(f64::to_bits), Some((-0.0_f64).to_bits()));
    }

    #[test]
    fn reads_hexadecimal_floats() {
        assert_eq!(float("0x.8"), Some(0.5));
        assert_eq!(float("0xA."), Some(10.0));
        assert_eq!(float("-0x1p-1"), Some(-0.5));
        assert_eq!(float("0x1.8P+1"), Some(3.0));
        assert_eq!(float("0x1p-1074"), Some(5e-324));
        assert_eq!(float("0x1p-1075"), Some(0.0));
        assert_eq!(float("0x1.0000000000001p-1075"), Some(5e-324));
        assert_eq!(float("0x1.fffffffffffff8p1023"), Some(f64::INFINITY));
        assert_eq!(float("0x1.fffffffffffff7fffp1023"), Some(f64::MAX));
        // A half of the last place, and a half with a little more far behind.
        assert_eq!(float("0x1.00000000000008p0"), Some(1.0));
        assert_eq!(float("0x1.00000000000008000000000000001p0"), Some(1.0 + f64::EPSILON));
        assert_eq!(float("0x0p99999999999999999999"), Some(0.0));
        assert_eq!(float("0x1p99999999999999999999"), Some(f64::INFINITY));
        assert_eq!(float("0x1p-99999999999999999999"), Some(0.0));
        assert_eq!(float("0x10000000000000000p0"), Some(18_446_744_073_709_551_616.0));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "", " ", "-", "+", "0x", "-0x", "0x.", "0xp1", "0x1p", "0x1p+", "0x1.1.1", "1e", "1e+",
            ".", ".e1", "1..2", "inf", "-inf", "nan", "infinity", "1 2", "- 1", "--1", "+-1",
            "1\0", "1e5.0", "1f", "0x1g", "1_000", "\u{a0}1", "e5",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn writes_floats() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-3.0, "-3.0"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (100.5, "100.5"),
            (2.12345678901234, "2.1234567890123"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999.0"),
            (1e15, "1e+15"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (99_999_999_999_999.9, "1e+14"),
            (1e100, "1e+100"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "4.9406564584125e-324"),
            (f64::MAX, "1.7976931348623e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::from_bits(0x7ff8 << 48), "nan"),
            (f64::from_bits(0xfff8 << 48), "-nan"),
            (2.5e-7, "2.5e-07"),
            (9.999_999_999_999_999, "10.0"),
        ] {
            assert_eq!(shown(value), text);
        }
    }

    #[test]
    fn writes_integers() {
        for value in [0, 7, -7, 10, i64::MAX, i64::MIN] {
            assert_eq!(int_text(value).as_bytes(), alloc::format!("{value}").as_bytes());
        }
    }

    #[test]
    fn writes_what_reads_back() {
        let shown =
            |value| String::from_utf8(float_text_round_trip(value).as_bytes().into()).unwrap();
        assert_eq!(shown(0.1), "0.1");
        assert_eq!(shown(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(shown(1e15), "1e+15");
        assert_eq!(shown(-2.0), "-2.0");
        assert_eq!(shown(f64::INFINITY), "inf");
    }
}
