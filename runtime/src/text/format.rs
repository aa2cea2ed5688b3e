//! The conversions of `string.format`: taking a format string apart, and writing one value by one
//! conversion, as C's `printf` does.
//!
//! The caller walks the pieces in order and fetches one argument an item. The reference looks at
//! the argument before the conversion for some letters and after it for others, and which error
//! comes first shows; so an [`Item`] is only cut out here, and checked when the caller asks:
//!
//! | letters | first | then |
//! |---|---|---|
//! | `c a A` | the conversion | the argument |
//! | `d i u o x X e E f g G p s` | the argument | the conversion |
//! | `q` | [`Item::check_quoted`] | the argument |

#[cfg(test)]
mod tests;

use super::Sink;
use super::digits::{LONGEST, MAX_SHORT_DIGITS, Text, significant};

/// A part of a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text to copy.
    Literal(&'a [u8]),
    /// A conversion: takes an argument.
    Item(Item<'a>),
}

/// A conversion, not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Flags, width, precision and letter, without the '%'.
    text: &'a [u8],
    /// Its letter; 0 where the format string ends too early.
    pub letter: u8,
}

/// What is wrong with a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError<'a> {
    /// More flags and digits than any conversion can have.
    TooLong,
    /// No such letter.
    UnknownLetter(&'a [u8]),
    /// The letter does not take these flags, or the width or precision is too long.
    BadModifiers(&'a [u8]),
    /// `%q` takes no modifiers.
    ModifiedQuote,
}

impl FormatError<'_> {
    /// Appends the reference's message.
    pub fn write_message(&self, out: &mut impl Sink) {
        match self {
            FormatError::TooLong => out.put(b"invalid format (too long)"),
            FormatError::UnknownLetter(text) => {
                out.put(b"invalid conversion '%");
                out.put(text);
                out.put(b"' to 'format'");
            }
            FormatError::BadModifiers(text) => {
                out.put(b"invalid conversion specification: '%");
                out.put(text);
                out.put(b"'");
            }
            FormatError::ModifiedQuote => out.put(b"specifier '%q' cannot have modifiers"),
        }
    }
}

/// The pieces of a format string, in order.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    /// The pieces of `format`.
    pub fn new(format: &'a [u8]) -> Self {
        Pieces { rest: format }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.rest;
        let (&first, after) = rest.split_first()?;
        if first != b'%' {
            let end = super::search::find_byte(rest, b'%').unwrap_or(rest.len());
            let (literal, rest) = rest.split_at(end);
            self.rest = rest;
            return Some(Piece::Literal(literal));
        }
        if let Some((b'%', _)) = after.split_first() {
            let (literal, rest) = after.split_at(1);
            self.rest = rest;
            return Some(Piece::Literal(literal));
        }
        let modifiers = after.iter().take_while(|byte| b"-+#0 123456789.".contains(byte)).count();
        let letter = after.get(modifiers).copied().unwrap_or(0);
        // A NUL ends what the reference shows of the conversion.
        let shown = if letter == 0 { modifiers } else { modifiers + 1 };
        self.rest = after.get(modifiers + 1..).unwrap_or(&[]);
        Some(Piece::Item(Item { text: &after[..shown], letter }))
    }
}

/// The longest text of modifiers; the reference's buffer holds no more.
const MAX_MODIFIERS: usize = 20;

impl<'a> Item<'a> {
    /// The error that comes before the letter is looked at, but after the argument is known to be
    /// there.
    pub fn check_length(&self) -> Result<(), FormatError<'a>> {
        let modifiers = self.text.len() - usize::from(self.letter != 0);
        if modifiers > MAX_MODIFIERS { Err(FormatError::TooLong) } else { Ok(()) }
    }

    /// Whether there are no flags, width or precision: a bare `%s` copies its argument whole.
    pub fn is_bare(&self) -> bool {
        self.text.len() <= 1
    }

    /// `%q` takes no modifiers.
    pub fn check_quoted(&self) -> Result<(), FormatError<'a>> {
        if self.is_bare() { Ok(()) } else { Err(FormatError::ModifiedQuote) }
    }

    /// Checks flags, width and precision against what the letter takes.
    pub fn layout(&self) -> Result<Layout, FormatError<'a>> {
        let (flags, takes_precision): (&[u8], bool) = match self.letter {
            b'd' | b'i' => (b"-+0 ", true),
            b'u' => (b"-0", true),
            b'o' | b'x' | b'X' => (b"-#0", true),
            b'a' | b'A' | b'e' | b'E' | b'f' | b'g' | b'G' => (b"-+#0 ", true),
            b'c' | b'p' => (b"-", false),
            b's' => (b"-", true),
            _ => return Err(self.unknown_letter()),
        };
        let mut layout = Layout { letter: self.letter, ..Layout::default() };
        let mut text = self.text;
        while let Some((flag, rest)) = text.split_first()
            && flags.contains(flag)
        {
            match flag {
                b'-' => layout.left = true,
                b'+' => layout.plus = true,
                b' ' => layout.space = true,
                b'#' => layout.alternate = true,
                _ => layout.zeros = true,
            }
            text = rest;
        }
        // A width does not start with '0'; where '0' is a flag none is left here.
        if text.first() != Some(&b'0') {
            let width;
            (width, text) = two_digits(text);
            layout.width = width;
            if takes_precision && let Some((b'.', rest)) = text.split_first() {
                let precision;
                (precision, text) = two_digits(rest);
                layout.precision = Some(precision);
            }
        }
        if text.len() == 1 { Ok(layout) } else { Err(FormatError::BadModifiers(self.text)) }
    }

    /// The error for a letter that none of the caller's cases takes.
    pub fn unknown_letter(&self) -> FormatError<'a> {
        FormatError::UnknownLetter(self.text)
    }
}

/// Up to two digits, and what comes after them.
fn two_digits(text: &[u8]) -> (usize, &[u8]) {
    let count = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    (digits.iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0')), rest)
}

/// A checked conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The letter.
    pub letter: u8,
    /// Flag '-': to the left of the field.
    pub left: bool,
    /// Flag '+': a sign always.
    pub plus: bool,
    /// Flag ' ': a space in place of a plus sign.
    pub space: bool,
    /// Flag '#': a prefix for `o x X`; a point always, and zeros kept, for floats.
    pub alternate: bool,
    /// Flag '0': fills with zeros, after the sign.
    pub zeros: bool,
    /// The least width, up to 99.
    pub width: usize,
    /// Digits, or bytes for `s`; up to 99.
    pub precision: Option<usize>,
}

impl Layout {
    /// `prefix` (sign, "0x") and `body`, filled up to the width.
    fn place(&self, out: &mut impl Sink, prefix: &[u8], body: &[u8], zeros: bool) {
        let fill = self.width.saturating_sub(prefix.len() + body.len());
        let zeros = zeros && !self.left;
        if !self.left && !zeros {
            out.fill(b' ', fill);
        }
        out.put(prefix);
        if zeros {
            out.fill(b'0', fill);
        }
        out.put(body);
        if self.left {
            out.fill(b' ', fill);
        }
    }

    fn sign(&self, negative: bool) -> &'static [u8] {
        match (negative, self.plus, self.space) {
            (true, _, _) => b"-",
            (false, true, _) => b"+",
            (false, false, true) => b" ",
            (false, false, false) => b"",
        }
    }
}

/// `%c`: the byte, which is the integer modulo 256.
pub fn write_char(out: &mut impl Sink, layout: &Layout, value: i64) {
    layout.place(out, b"", &[value as u8], false);
}

/// `%s` with modifiers; a bare one copies its argument, NULs and all.
pub fn write_str(out: &mut impl Sink, layout: &Layout, value: &[u8]) {
    let shown = layout.precision.map_or(value, |precision| &value[..precision.min(value.len())]);
    layout.place(out, b"", shown, false);
}

/// `%p`: an address, or "(null)" for a value that has none.
pub fn write_pointer(out: &mut impl Sink, layout: &Layout, address: Option<u64>) {
    match address {
        None => layout.place(out, b"", b"(null)", false),
        Some(address) => {
            let mut text = Text::<24>::new();
            hexadecimal(&mut text, address, b"0123456789abcdef");
            layout.place(out, b"0x", text.bytes(), false);
        }
    }
}

fn hexadecimal<const N: usize>(text: &mut Text<N>, value: u64, digits: &[u8; 16]) {
    let count = (64 - value.leading_zeros()).div_ceil(4).max(1);
    for index in (0..count).rev() {
        text.push(digits[(value >> (4 * index) & 15) as usize]);
    }
}

/// `%d %i %u %o %x %X`.
pub fn write_int(out: &mut impl Sink, layout: &Layout, value: i64) {
    let bits = value as u64;
    let mut text = Text::<24>::new();
    let mut prefix: &[u8] = b"";
    match layout.letter {
        b'x' | b'X' => {
            let upper = layout.letter == b'X';
            let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
            hexadecimal(&mut text, bits, digits);
            if layout.alternate && bits != 0 {
                prefix = if upper { b"0X" } else { b"0x" };
            }
        }
        b'o' => {
            let count = (64 - bits.leading_zeros()).div_ceil(3).max(1);
            for index in (0..count).rev() {
                text.push(b'0' + (bits >> (3 * index) & 7) as u8);
            }
        }
        b'u' => text.decimal(bits, 1),
        _ => {
            prefix = layout.sign(value < 0);
            text.decimal(value.unsigned_abs(), 1);
        }
    }
    let mut digits = text.bytes();
    if layout.precision == Some(0) && value == 0 {
        digits = b"";
    }
    let mut least = layout.precision.unwrap_or(0);
    if layout.letter == b'o' && layout.alternate && digits.first() != Some(&b'0') {
        least = least.max(digits.len() + 1);
    }
    if digits.len() >= least {
        // A precision turns the flag '0' off.
        layout.place(out, prefix, digits, layout.zeros && layout.precision.is_none());
        return;
    }
    let mut padded = Text::<128>::new();
    for _ in digits.len()..least {
        padded.push(b'0');
    }
    padded.extend(digits);
    layout.place(out, prefix, padded.bytes(), layout.zeros && layout.precision.is_none());
}

/// `%a %A %e %E %f %g %G`.
pub fn write_float(out: &mut impl Sink, layout: &Layout, value: f64) {
    let sign = layout.sign(value.is_sign_negative());
    let upper = layout.letter.is_ascii_uppercase();
    if !value.is_finite() {
        let text: &[u8] = match (value.is_nan(), upper) {
            (true, false) => b"nan",
            (true, true) => b"NAN",
            (false, false) => b"inf",
            (false, true) => b"INF",
        };
        layout.place(out, sign, text, false);
        return;
    }
    let magnitude = value.abs();
    let mut text = Text::<{ LONGEST + 3 }>::new();
    let mut prefix = Text::<3>::new();
    prefix.extend(sign);
    match layout.letter | 0x20 {
        b'a' => {
            prefix.extend(if upper { b"0X" } else { b"0x" });
            hex_float(&mut text, layout, magnitude);
        }
        b'e' => exponential(&mut text, layout, magnitude),
        b'f' => {
            let precision = layout.precision.unwrap_or(6);
            text.fixed(magnitude, precision);
            if precision == 0 && layout.alternate {
                text.push(b'.');
            }
        }
        _ => general(&mut text, layout, magnitude),
    }
    layout.place(out, prefix.bytes(), text.bytes(), layout.zeros);
}

type FloatText = Text<{ LONGEST + 3 }>;

/// The first `count` significant digits, and the decimal exponent of the first of them.
fn significant_text(value: f64, count: usize) -> (Text<128>, i32) {
    let mut digits = Text::new();
    if count <= MAX_SHORT_DIGITS as usize {
        let (number, exponent) = significant(value, count as u32);
        digits.decimal(number, count);
        (digits, exponent)
    } else {
        let exponent = digits.exponential(value, count);
        (digits, exponent)
    }
}

fn write_exponent(text: &mut FloatText, mark: u8, exponent: i32, width: usize) {
    text.push(mark);
    text.push(if exponent < 0 { b'-' } else { b'+' });
    text.decimal(u64::from(exponent.unsigned_abs()), width);
}

fn exponential(text: &mut FloatText, layout: &Layout, value: f64) {
    let (digits, exponent) = significant_text(value, layout.precision.unwrap_or(6) + 1);
    scientific(text, layout, digits.bytes(), exponent);
}

/// `d.ddde+xx`.
fn scientific(text: &mut FloatText, layout: &Layout, digits: &[u8], exponent: i32) {
    let (first, rest) = digits.split_at(1);
    text.extend(first);
    if !rest.is_empty() || layout.alternate {
        text.push(b'.');
    }
    text.extend(rest);
    write_exponent(text, if layout.letter.is_ascii_uppercase() { b'E' } else { b'e' }, exponent, 2);
}

/// `%g`: the exponent decides on the style; trailing zeros go, unless the flag '#' keeps them.
fn general(text: &mut FloatText, layout: &Layout, value: f64) {
    let precision = layout.precision.unwrap_or(6).max(1);
    let (digits, exponent) = significant_text(value, precision);
    let mut digits = digits.bytes();
    while !layout.alternate && digits.len() > 1 && digits.last() == Some(&b'0') {
        digits = &digits[..digits.len() - 1];
    }
    if exponent < -4 || exponent >= precision as i32 {
        scientific(text, layout, digits, exponent);
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
        if !after.is_empty() || layout.alternate {
            text.push(b'.');
        }
        text.extend(after);
    }
}

/// `h.hhhp+d`, after the "0x", as glibc normalises it: 1 before the point, 0 for zero and
/// subnormals.
fn hex_float(text: &mut FloatText, layout: &Layout, value: f64) {
    let bits = value.to_bits();
    let (biased, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
    let (lead, exponent) = match biased {
        0 => (0, if fraction == 0 { 0 } else { -1022 }),
        _ => (1, biased as i32 - 1023),
    };
    let mut mantissa = lead << 52 | fraction;
    // 13 hexadecimal digits after the point are all there is.
    let kept = match layout.precision {
        None => 13 - (fraction.trailing_zeros() / 4).min(13) as usize,
        Some(precision) => precision.min(13),
    };
    let dropped = 52 - 4 * kept as u32;
    if dropped > 0 {
        let rest = mantissa & ((1 << dropped) - 1);
        let half = 1 << (dropped - 1);
        mantissa >>= dropped;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
    }
    let upper = layout.letter == b'A';
    let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    for index in (0..=kept).rev() {
        text.push(digits[(mantissa >> (4 * index) & 15) as usize]);
        if index == kept && (layout.alternate || layout.precision.unwrap_or(kept) > 0) {
            text.push(b'.');
        }
    }
    for _ in kept..layout.precision.unwrap_or(0) {
        text.push(b'0');
    }
    write_exponent(text, if upper { b'P' } else { b'p' }, exponent, 1);
}

/// `%q` of a string: in double quotes, so that Lua reads the same string back.
pub fn quote_str(out: &mut impl Sink, value: &[u8]) {
    out.push(b'"');
    for (index, &byte) in value.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'\n' => out.put(&[b'\\', byte]),
            0..=31 | 127 => {
                // A digit after it would be read as part of the escape.
                let digit_follows = value.get(index + 1).is_some_and(u8::is_ascii_digit);
                let mut escape = Text::<4>::new();
                escape.push(b'\\');
                escape.decimal(u64::from(byte), if digit_follows { 3 } else { 1 });
                out.put(escape.bytes());
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// `%q` of an integer. The least one has no decimal numeral.
pub fn quote_int(out: &mut impl Sink, value: i64) {
    if value == i64::MIN {
        out.put(b"0x8000000000000000");
    } else {
        out.put(super::number::int_text(value).as_bytes());
    }
}

/// `%q` of a float: hexadecimal, so that nothing is lost.
pub fn quote_float(out: &mut impl Sink, value: f64) {
    if value.is_nan() {
        out.put(b"(0/0)");
    } else if value.is_infinite() {
        out.put(if value > 0.0 { b"1e9999" } else { b"-1e9999" });
    } else {
        write_float(out, &Layout { letter: b'a', ..Layout::default() }, value);
    }
}
