//! Writing: strings as they are, numbers as C's `printf` writes them.

use super::{Answer, file_result};
use crate::call::Call;
use crate::files::{self, Stream};
use crate::text::format::{Layout, write_float};
use crate::text::number::int_text;
use crate::value::{Number, Value};

/// Writes the arguments from `first` on; the answer is `file`.
pub(super) fn write(call: &mut Call<'_>, stream: Stream, first: usize, file: Value) -> Answer {
    if Some(stream) == Stream::standard_error() {
        call.state.flush_print();
    }
    files::clear_errno();
    let mut done = true;
    for index in first..=call.count() {
        let value = call.arg(index);
        if let Some(text) = value.as_string() {
            done = done && stream.write(text.as_bytes());
            continue;
        }
        match value.as_number() {
            Some(Number::Int(value)) => done = done && stream.write(int_text(value).as_bytes()),
            Some(Number::Float(value)) => {
                let layout = Layout { letter: b'g', precision: Some(14), ..Layout::default() };
                let mut text = alloc::vec::Vec::new();
                write_float(&mut text, &layout, value);
                done = done && stream.write(&text);
            }
            None => return Err(call.type_error(index, "string")),
        }
    }
    if done { call.ret1(file) } else { file_result(call, false, None) }
}
