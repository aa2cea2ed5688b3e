//! The format of `string.pack` and `string.unpack`, and the encoding of integers.
//!
//! [`Options`] takes a format apart; its user keeps the position in the data, on which alignment
//! depends, and fetches or makes a value for each option that has one.

use super::Sink;

/// The longest integer, in bytes.
pub const MAX_INT_SIZE: usize = 16;

/// Sizes are bounded as in the reference, where they are C's `int`.
const MAX_SIZE: usize = i32::MAX as usize;

/// What an option stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A signed integer.
    Int,
    /// An unsigned integer.
    Uint,
    /// A float of 4 bytes.
    Float,
    /// A float of 8 bytes.
    Double,
    /// A string of the option's size.
    Chars,
    /// A string after its length, which takes the option's size.
    Str,
    /// A string with a zero at its end.
    ZeroStr,
    /// One byte of padding.
    Padding,
    /// Padding for the alignment of the next option.
    Align,
    /// Nothing: it changed how later options are read.
    Nothing,
}

impl Kind {
    /// Whether the option takes an argument, or gives a value.
    pub fn has_value(self) -> bool {
        !matches!(self, Kind::Padding | Kind::Align | Kind::Nothing)
    }
}

/// An option, with all that is needed to pack or unpack it: as small as to go in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackOption {
    /// What it stands for.
    pub kind: Kind,
    /// Its byte order.
    pub little_endian: bool,
    padding: u8,
    size: u32,
}

impl PackOption {
    /// Bytes it takes, without the padding before it and without the bytes of a `Str` or
    /// `ZeroStr`.
    #[inline]
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// As the unsigned integer that the length of a `Str` is.
    pub fn as_length(self) -> PackOption {
        PackOption { kind: Kind::Uint, ..self }
    }

    /// Bytes of padding before it.
    #[inline]
    pub fn padding(&self) -> usize {
        usize::from(self.padding)
    }
}

/// What is wrong with a format, with a value or with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackError {
    /// The size of an integer.
    IntSize(i32),
    /// No such option.
    UnknownOption(u8),
    /// 'c' without a size.
    MissingSize,
    /// An integer of this size is too great.
    IntTooGreat(usize),
    /// An error in an argument: the message, for the argument that the method says.
    Argument(&'static str),
}

impl PackError {
    /// Appends the reference's message.
    pub fn write_message(&self, out: &mut impl Sink) {
        let number = |out: &mut _, value| {
            Sink::put(out, super::number::int_text(value).as_bytes());
        };
        match *self {
            PackError::IntSize(size) => {
                out.put(b"integral size (");
                number(out, i64::from(size));
                out.put(b") out of limits [1,16]");
            }
            PackError::UnknownOption(option) => {
                out.put(b"invalid format option '");
                out.push(option);
                out.put(b"'");
            }
            PackError::MissingSize => out.put(b"missing size for format option 'c'"),
            PackError::IntTooGreat(size) => {
                number(out, size as i64);
                out.put(b"-byte integer does not fit into Lua Integer");
            }
            PackError::Argument(message) => out.put(message.as_bytes()),
        }
    }
}

/// The options of a format, in order.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    rest: &'a [u8],
    little_endian: bool,
    max_align: u32,
    error: Option<PackError>,
}

const NATIVE_IS_LITTLE: bool = cfg!(target_endian = "little");

impl<'a> Options<'a> {
    /// The options of `format`, which a NUL ends.
    pub fn new(format: &'a [u8]) -> Self {
        Options { rest: format, little_endian: NATIVE_IS_LITTLE, max_align: 1, error: None }
    }

    #[inline]
    fn is_at_end(&self) -> bool {
        matches!(self.rest, [] | [0, ..])
    }

    /// The next option, for data of which `position` bytes come before it; `None` at the end, which
    /// may be an error: see [`Options::end`].
    #[inline]
    pub fn next(&mut self, position: usize) -> Option<PackOption> {
        if self.is_at_end() {
            return None;
        }
        self.read(position)
    }

    #[cold]
    fn fail<T>(&mut self, error: PackError) -> Option<T> {
        self.error = Some(error);
        None
    }

    /// Whether the options ended as they should. An [`PackError::Argument`] is about argument 1, the
    /// format.
    pub fn end(&self) -> Result<(), PackError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn read(&mut self, position: usize) -> Option<PackOption> {
        let (kind, size) = self.option()?;
        let mut align = size;
        if kind == Kind::Align {
            const NO_NEXT: PackError = PackError::Argument("invalid next option for option 'X'");
            if self.is_at_end() {
                return self.fail(NO_NEXT);
            }
            let (next, size) = self.option()?;
            if next == Kind::Chars || size == 0 {
                return self.fail(NO_NEXT);
            }
            align = size;
        }
        let mut padding = 0;
        if align > 1 && kind != Kind::Chars {
            align = align.min(self.max_align);
            if !align.is_power_of_two() {
                let message = "format asks for alignment not power of 2";
                return self.fail(PackError::Argument(message));
            }
            padding = position.wrapping_neg() & (align as usize - 1);
        }
        let little_endian = self.little_endian;
        // Sizes are bounded by `MAX_SIZE`, alignments by `MAX_INT_SIZE`.
        Some(PackOption { kind, little_endian, padding: padding as u8, size })
    }

    /// Kind and size. The sizes of C's types are those of 64-bit systems other than Windows.
    fn option(&mut self) -> Option<(Kind, u32)> {
        let Some((&letter, rest)) = self.rest.split_first() else {
            return Some((Kind::Nothing, 0));
        };
        self.rest = rest;
        Some(match letter {
            b'b' => (Kind::Int, 1),
            b'B' => (Kind::Uint, 1),
            b'h' => (Kind::Int, 2),
            b'H' => (Kind::Uint, 2),
            b'i' => (Kind::Int, self.int_size(4)?),
            b'I' => (Kind::Uint, self.int_size(4)?),
            b'l' => (Kind::Int, LONG_SIZE),
            b'L' => (Kind::Uint, LONG_SIZE),
            b'j' => (Kind::Int, 8),
            b'J' => (Kind::Uint, 8),
            b'T' => (Kind::Uint, size_of::<usize>() as u32),
            b'f' => (Kind::Float, 4),
            b'd' | b'n' => (Kind::Double, 8),
            b's' => (Kind::Str, self.int_size(size_of::<usize>() as u32)?),
            b'c' => match self.number() {
                Some(size) => (Kind::Chars, size),
                None => return self.fail(PackError::MissingSize),
            },
            b'z' => (Kind::ZeroStr, 0),
            b'x' => (Kind::Padding, 1),
            b'X' => (Kind::Align, 0),
            b' ' => (Kind::Nothing, 0),
            b'<' => self.order(true),
            b'>' => self.order(false),
            b'=' => self.order(NATIVE_IS_LITTLE),
            b'!' => {
                self.max_align = self.int_size(MAX_ALIGN)?;
                (Kind::Nothing, 0)
            }
            _ => return self.fail(PackError::UnknownOption(letter)),
        })
    }

    fn order(&mut self, little_endian: bool) -> (Kind, u32) {
        self.little_endian = little_endian;
        (Kind::Nothing, 0)
    }

    /// A numeral, up to the length that surely fits; what follows is read as an option.
    fn number(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some((digit @ b'0'..=b'9', rest)) = self.rest.split_first()
            && value.is_none_or(|value| value <= (MAX_SIZE as u32 - 9) / 10)
        {
            value = Some(value.unwrap_or(0) * 10 + u32::from(digit - b'0'));
            self.rest = rest;
        }
        value
    }

    fn int_size(&mut self, default: u32) -> Option<u32> {
        let size = self.number().unwrap_or(default);
        if (1..=MAX_INT_SIZE as u32).contains(&size) {
            Some(size)
        } else {
            self.fail(PackError::IntSize(i32::try_from(size).unwrap_or(i32::MAX)))
        }
    }
}

/// C's `long`.
const LONG_SIZE: u32 = if cfg!(windows) { 4 } else { size_of::<usize>() as u32 };

/// The alignment of C's most aligned type among those that Lua uses.
const MAX_ALIGN: u32 = 8;

/// The length of the data of a format: `string.packsize`. An [`PackError::Argument`] is about
/// argument 1.
pub fn packed_size(format: &[u8]) -> Result<usize, PackError> {
    let mut options = Options::new(format);
    let mut total = 0;
    while let Some(option) = options.next(total) {
        if matches!(option.kind, Kind::Str | Kind::ZeroStr) {
            return Err(PackError::Argument("variable-length format"));
        }
        let size = option.size() + option.padding();
        if size > MAX_SIZE || total > MAX_SIZE - size {
            return Err(PackError::Argument("format result too large"));
        }
        total += size;
    }
    options.end()?;
    Ok(total)
}

/// Whether an integer fits the option, of kind `Int` or `Uint`; an error is about the argument
/// that the value came from.
pub fn check_int(option: &PackOption, value: i64) -> Result<(), PackError> {
    if option.size() >= 8 {
        return Ok(());
    }
    let bits = 8 * option.size;
    if option.kind == Kind::Uint {
        if value as u64 >> bits != 0 {
            return Err(PackError::Argument("unsigned overflow"));
        }
    } else {
        let limit = 1_i64 << (bits - 1);
        if !(-limit..limit).contains(&value) {
            return Err(PackError::Argument("integer overflow"));
        }
    }
    Ok(())
}

/// Whether a string of `len` bytes fits the option, of kind `Chars` or `Str`; an error is about
/// the argument that the string came from. (A `ZeroStr` must not contain zeros: "string contains
/// zeros".)
pub fn check_len(option: &PackOption, len: usize) -> Result<(), PackError> {
    match option.kind {
        Kind::Chars if len > option.size() => {
            Err(PackError::Argument("string longer than given size"))
        }
        Kind::Str if option.size() < size_of::<usize>() && len >> (8 * option.size()) != 0 => {
            Err(PackError::Argument("string length does not fit in given size"))
        }
        _ => Ok(()),
    }
}

/// Appends an integer in the option's size. A negative one of kind `Int` is extended by its sign.
#[inline]
pub fn write_int(out: &mut impl Sink, option: &PackOption, value: i64) {
    // The usual sizes have their own instructions.
    let in_order = |unused: u32| {
        if option.little_endian { value.to_le_bytes() } else { (value << unused).to_be_bytes() }
    };
    match option.size() {
        1 => return out.push(value as u8),
        2 => return out.put(&in_order(48)[..2]),
        4 => return out.put(&in_order(32)[..4]),
        8 => return out.put(&in_order(0)),
        _ => {}
    }
    let sign = if option.kind == Kind::Int && value < 0 { 0xff } else { 0 };
    let mut bytes = [sign; MAX_INT_SIZE];
    bytes[..8].copy_from_slice(&value.to_le_bytes());
    let bytes = &mut bytes[..option.size().min(MAX_INT_SIZE)];
    if !option.little_endian {
        bytes.reverse();
    }
    out.put(bytes);
}

/// Appends a float in the option's size.
pub fn write_float(out: &mut impl Sink, option: &PackOption, value: f64) {
    match (option.kind, option.little_endian) {
        (Kind::Float, true) => out.put(&(value as f32).to_le_bytes()),
        (Kind::Float, false) => out.put(&(value as f32).to_be_bytes()),
        (_, true) => out.put(&value.to_le_bytes()),
        (_, false) => out.put(&value.to_be_bytes()),
    }
}

/// The integer that `bytes`, as many as the option's size, encode. The length of a `Str` is read
/// as unsigned.
#[inline]
pub fn read_int(option: &PackOption, bytes: &[u8]) -> Result<i64, PackError> {
    // The usual sizes have their own instructions: the bytes as the upper ones of a word.
    let upper = |bytes: &[u8]| {
        let mut word = [0; 8];
        if option.little_endian {
            word[8 - bytes.len()..].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        } else {
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_be_bytes(word)
        }
    };
    let word = match bytes.len() {
        1 => upper(&bytes[..1]),
        2 => upper(&bytes[..2]),
        4 => upper(&bytes[..4]),
        8 => upper(&bytes[..8]),
        _ => return read_odd_int(option, bytes),
    };
    let unused = 64 - 8 * bytes.len() as u32;
    Ok(if option.kind == Kind::Int { word as i64 >> unused } else { (word >> unused) as i64 })
}

/// Likewise, for any size.
fn read_odd_int(option: &PackOption, bytes: &[u8]) -> Result<i64, PackError> {
    let at = |index: usize| {
        let place = if option.little_endian { index } else { bytes.len() - 1 - index };
        bytes[place]
    };
    let kept = bytes.len().min(8);
    let mut value = 0_u64;
    for index in (0..kept).rev() {
        value = value << 8 | u64::from(at(index));
    }
    let signed = option.kind == Kind::Int;
    if kept < 8 {
        if signed && kept > 0 {
            let unused = 64 - 8 * kept;
            return Ok((value << unused) as i64 >> unused);
        }
    } else {
        let extension = if signed && (value as i64) < 0 { 0xff } else { 0 };
        if (kept..bytes.len()).any(|index| at(index) != extension) {
            return Err(PackError::IntTooGreat(bytes.len()));
        }
    }
    Ok(value as i64)
}

/// The float that `bytes`, as many as the option's size, encode.
pub fn read_float(option: &PackOption, bytes: &[u8]) -> f64 {
    let order = |little: bool| little == option.little_endian;
    if let (Kind::Float, Some(bytes)) = (option.kind, bytes.first_chunk()) {
        let value =
            if order(true) { f32::from_le_bytes(*bytes) } else { f32::from_be_bytes(*bytes) };
        return f64::from(value);
    }
    bytes.first_chunk().map_or(0.0, |bytes| {
        if order(true) { f64::from_le_bytes(*bytes) } else { f64::from_be_bytes(*bytes) }
    })
}

/// The offset of the option's bytes in data of which `position` bytes were read; an error is about
/// argument 2, the data.
pub fn locate(option: &PackOption, position: usize, data: &[u8]) -> Result<usize, PackError> {
    if option.padding() + option.size() > data.len() - position.min(data.len()) {
        return Err(PackError::Argument("data string too short"));
    }
    Ok(position + option.padding())
}

/// The bytes of a `Str` whose length was read from the option's bytes at `start`; an error is
/// about argument 2, the data.
pub fn read_str<'a>(
    option: &PackOption,
    start: usize,
    data: &'a [u8],
) -> Result<&'a [u8], PackError> {
    const SHORT: PackError = PackError::Argument("data string too short");
    let data = data.get(start..).unwrap_or(&[]);
    let (length, rest) = data.split_at_checked(option.size()).ok_or(SHORT)?;
    let length = usize::try_from(read_int(option, length)? as u64).map_err(|_| SHORT)?;
    rest.get(..length).ok_or(SHORT)
}

/// The bytes of a `ZeroStr` at `start`, without the zero; an error is about argument 2, the data.
pub fn read_zero_str(start: usize, data: &[u8]) -> Result<&[u8], PackError> {
    let rest = data.get(start..).unwrap_or(&[]);
    super::search::find_byte(rest, 0)
        .map(|end| &rest[..end])
        .ok_or(PackError::Argument("unfinished string for format 'z'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn size(format: &str) -> Result<usize, String> {
        packed_size(format.as_bytes()).map_err(|error| {
            let mut text = Vec::new();
            error.write_message(&mut text);
            String::from_utf8(text).unwrap()
        })
    }

    fn option(format: &str) -> PackOption {
        let mut options = Options::new(format.as_bytes());
        loop {
            let option = options.next(0).unwrap();
            if option.kind != Kind::Nothing {
                return option;
            }
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size("bBhHiIjJfdn"), Ok(1 + 1 + 2 + 2 + 4 + 4 + 8 + 8 + 4 + 8 + 8));
        assert_eq!(size("!8 b j"), Ok(16));
        assert_eq!(size("!4 b j b h"), Ok(4 + 8 + 1 + 1 + 2));
        assert_eq!(size("b Xi"), Ok(1));
        assert_eq!(size("!b Xi"), Ok(4));
        assert_eq!(size("c10 x"), Ok(11));
        assert_eq!(size("i16"), Ok(16));
        assert_eq!(size("\0y"), Ok(0));
    }

    #[test]
    fn errors() {
        for (format, message) in [
            ("i17", "integral size (17) out of limits [1,16]"),
            ("i0", "integral size (0) out of limits [1,16]"),
            ("y", "invalid format option 'y'"),
            ("c", "missing size for format option 'c'"),
            ("X", "invalid next option for option 'X'"),
            ("Xc1", "invalid next option for option 'X'"),
            ("Xz", "invalid next option for option 'X'"),
            ("!3i4", "format asks for alignment not power of 2"),
            ("s", "variable-length format"),
            ("c2147483647", "invalid format option '7'"),
            (
                "c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364",
                "format result too large",
            ),
        ] {
            assert_eq!(size(format), Err(message.into()), "{format}");
        }
    }

    #[test]
    fn integers() {
        for (format, value, bytes) in [
            ("<i2", -2, b"\xfe\xff".as_slice()),
            (">i3", 0x010203, b"\x01\x02\x03"),
            ("<I1", 255, b"\xff"),
            (">i10", -1, &[0xff; 10]),
            ("<j", i64::MIN, b"\0\0\0\0\0\0\0\x80"),
            ("<I9", 1, b"\x01\0\0\0\0\0\0\0\0"),
        ] {
            let option = option(format);
            assert_eq!(check_int(&option, value), Ok(()));
            let mut out = Vec::new();
            write_int(&mut out, &option, value);
            assert_eq!(out, bytes);
            assert_eq!(read_int(&option, bytes), Ok(value));
        }
        assert_eq!(check_int(&option("i1"), 128), Err(PackError::Argument("integer overflow")));
        assert_eq!(check_int(&option("I1"), -1), Err(PackError::Argument("unsigned overflow")));
        assert_eq!(
            read_int(&option("<I9"), &[0, 0, 0, 0, 0, 0, 0, 0, 1]),
            Err(PackError::IntTooGreat(9))
        );
        assert_eq!(
            read_int(&option("<i9"), &[0, 0, 0, 0, 0, 0, 0, 0x80, 0]),
            Err(PackError::IntTooGreat(9))
        );
    }

    #[test]
    fn floats_and_strings() {
        let mut out = Vec::new();
        write_float(&mut out, &option(">f"), 1.5);
        write_float(&mut out, &option("<d"), -0.1);
        assert_eq!(read_float(&option(">f"), &out[..4]), 1.5);
        assert_eq!(read_float(&option("<d"), &out[4..]), -0.1);
        let data = b"\x03abcdef\0g";
        let short = Err(PackError::Argument("data string too short"));
        assert_eq!(read_str(&option("s1"), 0, data), Ok(b"abc".as_slice()));
        assert_eq!(read_str(&option("s1"), 1, data), short);
        assert_eq!(read_zero_str(4, data), Ok(b"def".as_slice()));
        assert!(read_zero_str(8, data).is_err());
        assert_eq!(locate(&option("i8"), 2, data), short.map(|_| 0));
        assert_eq!(check_len(&option("s1"), 255), Ok(()));
        assert!(check_len(&option("s1"), 256).is_err() && check_len(&option("c3"), 4).is_err());
    }
}
