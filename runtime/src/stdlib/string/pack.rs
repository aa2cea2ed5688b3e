//! `string.pack`, `string.packsize` and `string.unpack`.

use crate::call::{Call, Step};
use crate::error::Raised;
use crate::stdlib::buffer::Buffer;
use crate::text::Sink;
use crate::text::pack::{
    Kind, Options, PackError, PackOption, check_int, check_len, locate, packed_size, read_float,
    read_int, read_str, read_zero_str, write_float, write_int,
};
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

/// Raises an error, which is about argument `index` if about any.
fn check<T>(call: &mut Call<'_>, index: usize, result: Result<T, PackError>) -> Result<T, Raised> {
    result.map_err(|error| match error {
        PackError::Argument(message) => call.arg_error(index, message),
        error => {
            let mut message = alloc::vec::Vec::new();
            error.write_message(&mut message);
            call.state.lib_error_bytes(1, &[&message])
        }
    })
}

pub(super) fn pack(call: &mut Call<'_>) -> Answer {
    let format = call.check_string(1)?;
    let mut out = Buffer::new(call.state);
    let mut options = Options::new(format.as_bytes());
    let mut index = 1;
    // Not the length of `out`, which may have failed to grow.
    let mut total = 0_usize;
    while let Some(option) = options.next(total) {
        out.fill(0, option.padding());
        total += option.padding() + option.size();
        if option.kind.has_value() {
            index += 1;
            total += write_value(call, &mut out, &option, index)?;
        } else if option.kind == Kind::Padding {
            out.push(0);
        }
    }
    check(call, 1, options.end())?;
    let text = out.finish(call.state)?;
    call.ret1(text)
}

/// Appends argument `index`; how many bytes there are beyond the option's size.
fn write_value(
    call: &mut Call<'_>,
    out: &mut Buffer,
    option: &PackOption,
    index: usize,
) -> Result<usize, Raised> {
    if index > call.count() {
        // In the reference a nil ends the arguments here, and messages see it.
        let expected = match option.kind {
            Kind::Int | Kind::Uint | Kind::Float | Kind::Double => "number",
            _ => "string",
        };
        return Err(call.arg_error(index, format_args!("{expected} expected, got nil")));
    }
    match option.kind {
        Kind::Int | Kind::Uint => {
            let value = call.check_int(index)?;
            check(call, index, check_int(option, value))?;
            write_int(out, option, value);
        }
        Kind::Float | Kind::Double => {
            let value = call.check_float(index)?;
            write_float(out, option, value);
        }
        _ => {
            let text = call.check_string(index)?;
            let bytes = text.as_bytes();
            if option.kind == Kind::ZeroStr {
                if bytes.contains(&0) {
                    return Err(call.arg_error(index, "string contains zeros"));
                }
                out.put(bytes);
                out.push(0);
                return Ok(bytes.len() + 1);
            }
            check(call, index, check_len(option, bytes.len()))?;
            if option.kind == Kind::Chars {
                out.put(bytes);
                out.fill(0, option.size() - bytes.len());
            } else {
                write_int(out, &option.as_length(), bytes.len() as i64);
                out.put(bytes);
                return Ok(bytes.len());
            }
        }
    }
    Ok(0)
}

pub(super) fn packsize(call: &mut Call<'_>) -> Answer {
    let format = call.check_string(1)?;
    let size = check(call, 1, packed_size(format.as_bytes()))?;
    call.ret1(size as i64)
}

pub(super) fn unpack(call: &mut Call<'_>) -> Answer {
    let format = call.check_string(1)?;
    let data = call.check_string(2)?;
    let data = data.as_bytes();
    let mut position = super::start_position(call.opt_int(3, 1)?, data.len()) - 1;
    if position > data.len() {
        return Err(call.arg_error(3, "initial position out of string"));
    }
    let mut options = Options::new(format.as_bytes());
    while let Some(option) = options.next(position) {
        let start = check(call, 2, locate(&option, position, data))?;
        position = start + option.size();
        let bytes = &data[start..position];
        match option.kind {
            Kind::Int | Kind::Uint => {
                let value = check(call, 2, read_int(&option, bytes))?;
                call.push(Value::int(value))?;
            }
            Kind::Float | Kind::Double => call.push(Value::float(read_float(&option, bytes)))?,
            Kind::Chars => push_string(call, bytes)?,
            Kind::Str => {
                let text = check(call, 2, read_str(&option, start, data))?;
                position += text.len();
                push_string(call, text)?;
            }
            Kind::ZeroStr => {
                let text = check(call, 2, read_zero_str(start, data))?;
                position += text.len() + 1;
                push_string(call, text)?;
            }
            Kind::Padding | Kind::Align | Kind::Nothing => {}
        }
    }
    check(call, 1, options.end())?;
    call.push(Value::int(position as i64 + 1))?;
    call.ret_pushed()
}

fn push_string(call: &mut Call<'_>, bytes: &[u8]) -> Result<(), Raised> {
    let text = call.state.new_string(bytes)?;
    call.push(Value::string(text))
}
