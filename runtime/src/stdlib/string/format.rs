//! `string.format`.

use crate::call::{Call, Step};
use crate::error::Raised;
use crate::stdlib::buffer::Buffer;
use crate::stdlib::show;
use crate::text::Sink;
use crate::text::format::{
    FormatError, Item, Layout, Piece, Pieces, quote_float, quote_int, quote_str, write_char,
    write_float, write_int, write_pointer, write_str,
};
use crate::text::number::int_text;
use crate::value::{Number, Value};

/// `string.format`
pub(super) fn format(call: &mut Call<'_>) -> Result<Step<()>, Raised> {
    let text = call.check_string(1)?;
    let mut out = Buffer::new(call.state);
    let mut index = 1;
    for piece in Pieces::new(text.as_bytes()) {
        match piece {
            Piece::Literal(literal) => out.put(literal),
            Piece::Item(item) => {
                index += 1;
                if call.is_none(index) {
                    return Err(call.arg_error(index, "no value"));
                }
                write_item(call, &mut out, &item, index)?;
            }
        }
    }
    let text = out.finish(call.state)?;
    call.ret1(text)
}

fn check<T>(call: &mut Call<'_>, result: Result<T, FormatError<'_>>) -> Result<T, Raised> {
    result.map_err(|error| {
        let mut message = alloc::vec::Vec::new();
        error.write_message(&mut message);
        call.state.lib_error_bytes(1, &[&message])
    })
}

fn write_item(
    call: &mut Call<'_>,
    out: &mut Buffer,
    item: &Item<'_>,
    index: usize,
) -> Result<(), Raised> {
    check(call, item.check_length())?;
    match item.letter {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
            let value = call.check_int(index)?;
            if item.is_bare() && matches!(item.letter, b'd' | b'i') {
                out.put(int_text(value).as_bytes());
                return Ok(());
            }
            let layout = check(call, item.layout())?;
            write_int(out, &layout, value);
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let value = call.check_float(index)?;
            let layout = check(call, item.layout())?;
            write_float(out, &layout, value);
        }
        b's' => {
            let value = call.arg(index);
            let text = show::to_string(call.state, value)?;
            let bytes = text.as_bytes();
            if item.is_bare() {
                out.put(bytes);
                return Ok(());
            }
            if bytes.contains(&0) {
                return Err(call.arg_error(index, "string contains zeros"));
            }
            let layout = check(call, item.layout())?;
            if layout.precision.is_none() && bytes.len() >= 100 {
                out.put(bytes);
            } else {
                write_str(out, &layout, bytes);
            }
        }
        b'c' => {
            let layout = check(call, item.layout())?;
            let value = call.check_int(index)?;
            write_char(out, &layout, value);
        }
        b'a' | b'A' => {
            let layout = check(call, item.layout())?;
            let value = call.check_float(index)?;
            write_float(out, &layout, value);
        }
        b'p' => {
            let layout = check(call, item.layout())?;
            let value = call.arg(index);
            let has_address = value.is_collectable() || value.as_light().is_some();
            write_pointer(out, &layout, has_address.then(|| value.payload()));
        }
        b'q' => {
            check(call, item.check_quoted())?;
            let value = call.arg(index);
            quote(call, out, value, index)?;
        }
        _ => {
            let error: Result<Layout, _> = Err(item.unknown_letter());
            check(call, error)?;
        }
    }
    Ok(())
}

/// `%q`: the value as a literal.
fn quote(call: &mut Call<'_>, out: &mut Buffer, value: Value, index: usize) -> Result<(), Raised> {
    if let Some(text) = value.as_string() {
        quote_str(out, text.as_bytes());
        return Ok(());
    }
    match value.as_number() {
        Some(Number::Int(value)) => quote_int(out, value),
        Some(Number::Float(value)) => quote_float(out, value),
        None if value.is_nil() || value.as_boolean().is_some() => {
            let text = show::to_string(call.state, value)?;
            out.put(text.as_bytes());
        }
        None => return Err(call.arg_error(index, "value has no literal form")),
    }
    Ok(())
}
