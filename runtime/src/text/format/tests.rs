//! What conversions write and refuse; the expected texts are the reference's, on x86-64 Linux.

use super::*;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

enum Value {
    Int(i64),
    Float(f64),
    Str(&'static str),
}

use Value::{Float, Int, Str};

/// As `string.format`, for arguments of the right types.
fn format(text: &[u8], values: &[Value]) -> Result<String, String> {
    let mut out = Vec::new();
    let mut values = values.iter();
    let failed = |error: FormatError| {
        let mut message = Vec::new();
        error.write_message(&mut message);
        String::from_utf8(message).unwrap()
    };
    for piece in Pieces::new(text) {
        let item = match piece {
            Piece::Literal(text) => {
                out.extend_from_slice(text);
                continue;
            }
            Piece::Item(item) => item,
        };
        item.check_length().map_err(failed)?;
        let value = values.next();
        if item.letter == b'q' {
            item.check_quoted().map_err(failed)?;
            match value.unwrap() {
                Int(value) => quote_int(&mut out, *value),
                Float(value) => quote_float(&mut out, *value),
                Str(value) => quote_str(&mut out, value.as_bytes()),
            }
            continue;
        }
        let layout = item.layout().map_err(failed)?;
        match (item.letter, value.unwrap()) {
            (b'c', Int(value)) => write_char(&mut out, &layout, *value),
            (b'p', Int(value)) => write_pointer(&mut out, &layout, u64::try_from(*value).ok()),
            (_, Int(value)) => write_int(&mut out, &layout, *value),
            (_, Float(value)) => write_float(&mut out, &layout, *value),
            (_, Str(value)) => write_str(&mut out, &layout, value.as_bytes()),
        }
    }
    Ok(String::from_utf8(out).unwrap())
}

#[track_caller]
fn check(text: &str, values: &[Value], expected: &str) {
    assert_eq!(format(text.as_bytes(), values).as_deref(), Ok(expected), "{text}");
}

#[test]
fn integers() {
    let fifths = [42, 42, 42, 42, 42, 42, -42, 42].map(Int);
    check(
        "%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d|%-08d",
        &fifths,
        "   42|42   |00042|+42| 42|042|    -042|42      ",
    );
    check(
        "%.0d|%+.0d|%d|%i|%u",
        &[0, 0, i64::MIN, -7, -1].map(Int),
        "|+|-9223372036854775808|-7|18446744073709551615",
    );
    check(
        "%x|%X|%#x|%#X|%08x|%.4x|%#10x|%#-10x|%#010x|%#x",
        &[255, 255, 255, 255, 255, 255, 255, 255, 255, 0].map(Int),
        "ff|FF|0xff|0XFF|000000ff|00ff|      0xff|0xff      |0x000000ff|0",
    );
    check(
        "%o|%#o|%#o|%#.0o|%.5o|%#.5o|%.0o",
        &[8, 8, 0, 0, 8, 8, 0].map(Int),
        "10|010|0|0|00010|00010|",
    );
    check("%.99d", &[Int(-1)], &("-".to_owned() + &"0".repeat(98) + "1"));
}

#[test]
fn characters_strings_and_addresses() {
    check("%c%c%c|%3c|%-3c|%%", &[72, 105, 33, 65, 65].map(Int), "Hi!|  A|A  |%");
    let five = [Str("abc"), Str("abc"), Str("abc"), Str("abc"), Str("abc")];
    check("%s|%5s|%-5s|%.2s|%5.1s|", &five, "abc|  abc|abc  |ab|    a|");
    check("%p|%10p|%-10p|", &[-1, -1, -1].map(Int), "(null)|    (null)|(null)    |");
    check("%p|%10p", &[0x7f00_1234, 16].map(Int), "0x7f001234|      0x10");
}

#[test]
fn floats() {
    check(
        "%f|%.0f|%#.0f|%.3f|%10.2f|%-10.2f|%010.2f|%+.1f|% .1f",
        &[1.5, 2.5, 2.5, -0.0005, 3.24159, 3.24159, -3.24159, 2.0, 2.0].map(Float),
        "1.500000|2|2.|-0.001|      3.24|3.24      |-000003.24|+2.0| 2.0",
    );
    check(
        "%e|%.0e|%#.0e|%.3E|%12.2e|%.16e",
        &[12345.678, 12345.678, 12345.678, 12345.678, -12345.678, 0.1].map(Float),
        "1.234568e+04|1e+04|1.e+04|1.235E+04|   -1.23e+04|1.0000000000000001e-01",
    );
    check(
        "%g|%g|%g|%g|%.3g|%#g|%#.3g|%G|%.0g|%.17g",
        &[1e5, 1e6, 1e-4, 1e-5, 1234.5, 1.0, 1.0, 1e-10, 1.5, 0.1].map(Float),
        "100000|1e+06|0.0001|1e-05|1.23e+03|1.00000|1.00|1E-10|2|0.10000000000000001",
    );
    check(
        "%.20f|%.30f|%.25e|%.40g",
        &[0.1, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0].map(Float),
        "0.10000000000000000555|0.333333333333333314829616256247|3.3333333333333331482961626e-01|\
         0.3333333333333333148296162562473909929395",
    );
    check(
        "%5.0f|%.1f|%.2f|%g|%g|%e",
        &[0.5, 0.25, 1e15, 0.0, -0.0, -0.0].map(Float),
        "    0|0.2|1000000000000000.00|0|-0|-0.000000e+00",
    );
    let nan = f64::from_bits(0x7ff8 << 48);
    check(
        "%f|%e|%g|%a|%010f|%+f|%5.1f|%G",
        &[f64::INFINITY, f64::NEG_INFINITY, -nan, nan, f64::INFINITY, f64::INFINITY, nan, nan]
            .map(Float),
        "inf|-inf|-nan|nan|       inf|+inf|  nan|NAN",
    );
    let greatest = format(b"%.99f", &[Float(-f64::MAX)]).unwrap();
    assert_eq!(greatest.len(), 1 + 309 + 1 + 99);
}

#[test]
fn hexadecimal_floats() {
    check(
        "%a|%A|%a|%a|%.0a|%.1a|%.3a|%#.0a|%20a|%-20a|%020a|%+a",
        &[1.0, 0.1, 0.0, 5e-324, 1.5, 1.96875, 1.999999, 1.0, 1.5, 1.5, -1.5, 1.5].map(Float),
        "0x1p+0|0X1.999999999999AP-4|0x0p+0|0x0.0000000000001p-1022|0x2p+0|0x2.0p+0|0x2.000p+0|\
         0x1.p+0|            0x1.8p+0|0x1.8p+0            |-0x000000000001.8p+0|+0x1.8p+0",
    );
}

#[test]
fn quotes() {
    check(
        "%q",
        &[Str("a\"b\\c\nd\re\0f\x010\x7f\u{e9}")],
        "\"a\\\"b\\\\c\\\nd\\13e\\0f\\0010\\127\u{e9}\"",
    );
    check("%q %q", &[i64::MIN, -5].map(Int), "0x8000000000000000 -5");
    check(
        "%q %q %q %q",
        &[0.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(Float),
        "0x1p-1 1e9999 -1e9999 (0/0)",
    );
}

#[test]
fn errors() {
    for (text, message) in [
        ("%y", "invalid conversion '%y' to 'format'"),
        ("%", "invalid conversion '%' to 'format'"),
        ("%5", "invalid conversion '%5' to 'format'"),
        ("%F", "invalid conversion '%F' to 'format'"),
        ("%ll", "invalid conversion '%l' to 'format'"),
        ("%5\0d", "invalid conversion '%5' to 'format'"),
        ("%0123456789d", "invalid conversion specification: '%0123456789d'"),
        ("%010c", "invalid conversion specification: '%010c'"),
        ("%.10c", "invalid conversion specification: '%.10c'"),
        ("%0.34s", "invalid conversion specification: '%0.34s'"),
        ("%#i", "invalid conversion specification: '%#i'"),
        ("%+x", "invalid conversion specification: '%+x'"),
        ("%#u", "invalid conversion specification: '%#u'"),
        ("%3.123f", "invalid conversion specification: '%3.123f'"),
        ("%100d", "invalid conversion specification: '%100d'"),
        ("%1.1.1f", "invalid conversion specification: '%1.1.1f'"),
        ("%.p", "invalid conversion specification: '%.p'"),
        ("%5q", "specifier '%q' cannot have modifiers"),
        ("%000000000000000000000d", "invalid format (too long)"),
        ("%00000000000000000000d", ""),
    ] {
        let result = format(text.as_bytes(), &[Int(0)]);
        assert_eq!(result.err().unwrap_or_default(), message, "{text}");
    }
}
