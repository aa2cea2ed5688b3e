//! `a .. b .. c`: right associative, numbers converted, as many strings as possible at once.

use alloc::vec::Vec;

use abi::object::MAX_SHORT_STRING;

use crate::call::{Continuation, Results, Saved, Step};
use crate::error::{NO_OPERAND, Raised};
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::text::digits::{MAX_DECIMAL, decimal};
use crate::text::number::{NumberText, text};
use crate::text::short;
use crate::value::Value;

use super::binary_method;

/// How many operands are kept in the values of a waiting call; more are kept in a table.
const SAVED_VALUES: usize = 4;

/// Concatenates the `count` values that lie on the value stack from `start` on, two or more. The
/// caller takes them off the stack.
pub fn concat(state: &mut State, start: usize, count: usize) -> Result<Step<Value>, Raised> {
    concat_operands(state, start, count, count)
}

/// `lhs .. rhs`, if that is the business of a metamethod.
#[inline]
pub fn concat_by_method(
    state: &mut State,
    lhs: Value,
    rhs: Value,
) -> Option<Result<Step<Value>, Raised>> {
    if is_text(lhs) && is_text(rhs) {
        return None;
    }
    let name = state.names.concat;
    let method = binary_method(state, lhs, rhs, name)?;
    let first = Continuation::None;
    Some(state.request_event(name, method, &[lhs, rhs], first, Saved::default()))
}

/// Operands up to number `original` are still the ones that the source shows.
fn concat_operands(
    state: &mut State,
    start: usize,
    mut count: usize,
    mut original: usize,
) -> Result<Step<Value>, Raised> {
    while count > 1 {
        let (lhs, rhs) =
            (state.stack_value(start + count - 2), state.stack_value(start + count - 1));
        if !is_text(lhs) || !is_text(rhs) {
            let name = state.names.concat;
            let Some(method) = binary_method(state, lhs, rhs, name) else {
                let (operand, culprit) =
                    if is_text(lhs) { (count - 1, rhs) } else { (count - 2, lhs) };
                let operand = if operand < original { operand as u32 } else { NO_OPERAND };
                return Err(state.type_error(operand, culprit, "concatenate"));
            };
            let saved = save_operands(state, start, count - 2)?;
            let go_on = match count > 2 {
                true => Continuation::Then(go_on),
                false => Continuation::None,
            };
            return state.request_event(name, method, &[lhs, rhs], go_on, saved);
        }
        let mut first = count - 2;
        while first > 0 && is_text(state.stack_value(start + first - 1)) {
            first -= 1;
        }
        let joined = join(state, start + first, count - first)?;
        count = first + 1;
        original = original.min(first);
        // Seen by the collector from here on.
        state.set_stack_value(start + first, Value::string(joined));
    }
    Ok(Step::Done(state.stack_value(start)))
}

fn is_text(value: Value) -> bool {
    value.as_string().is_some() || value.is_number()
}

/// One operand's text.
enum Piece {
    String(Gc<Str>),
    Number(NumberText),
}

impl Piece {
    /// Of a string or a number.
    fn new(value: Value) -> Piece {
        match (value.as_string(), value.as_number()) {
            (Some(string), _) => Piece::String(string),
            (None, Some(number)) => Piece::Number(text(number)),
            (None, None) => unreachable!("a string or a number"),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Piece::String(string) => string.as_bytes(),
            Piece::Number(number) => number.as_bytes(),
        }
    }
}

/// What is joined on the stack before a string is made of it.
const ROOM: usize = 256;

/// Joins strings and numbers on the value stack, where the collector sees the strings.
fn join(state: &mut State, start: usize, count: usize) -> Result<Gc<Str>, Raised> {
    // Behind a long string there may be room for the rest.
    let left = state.stack_value(start).as_string();
    if count == 2
        && left.is_some_and(|left| left.is_empty())
        && let Some(right) = state.stack_value(start + 1).as_string()
    {
        return Ok(right);
    }
    let left = left.filter(|left| !left.is_short());
    let mut bytes = [0; ROOM];
    let mut len = 0;
    for index in start + usize::from(left.is_some())..start + count {
        let piece = Piece::new(state.stack_value(index));
        let piece = piece.as_bytes();
        let Some(place) = bytes.get_mut(len..len + piece.len()) else {
            return join_long(state, start, count);
        };
        place.copy_from_slice(piece);
        len += piece.len();
    }
    match left {
        Some(left) => state.append(left, &[&bytes[..len]]),
        None => state.join_strings(&[&bytes[..len]]),
    }
}

/// `left .. right` where that only takes room behind the bytes of `left`, as in a loop that appends
/// to a string.
#[inline]
pub fn append_in_place(state: &mut State, left: Value, right: Value) -> Option<Gc<Str>> {
    let left = left.as_string().filter(|left| !left.is_short())?;
    if let Some(right) = right.as_string() {
        return state.append_in_place(left, right.as_bytes());
    }
    let piece = is_text(right).then(|| Piece::new(right))?;
    state.append_in_place(left, piece.as_bytes())
}

/// How many strings are joined without the value stack.
const MANY: usize = 8;

/// The first so many arguments joined, if they are strings, or strings and numbers that come to a short
/// string.
#[inline]
pub fn concat_args(state: &mut State, count: usize) -> Result<Option<Gc<Str>>, Raised> {
    if let Some((word, len)) = concat_word(state, count) {
        return state.intern_word(word, len).map(Some);
    }
    let Some(first) = state.arg(0).as_string() else { return concat_short(state, count) };
    if count > MANY {
        return concat_short(state, count);
    }
    // Seen by the collector, as it is on the machine stack.
    let mut strings = [first; MANY];
    let mut len = first.len();
    for (index, place) in strings[..count].iter_mut().enumerate().skip(1) {
        let Some(string) = state.arg(index).as_string() else {
            return if len > MAX_SHORT_STRING { Ok(None) } else { concat_short(state, count) };
        };
        *place = string;
        // No sum of the lengths of a few strings that lie in memory overflows.
        len += string.len();
    }
    let strings = &strings[..count];
    if len > MAX_SHORT_STRING {
        return concat_long(state, strings, len);
    }
    let mut bytes = [0; MAX_SHORT_STRING];
    let mut at = 0;
    for string in strings {
        let piece = string.as_bytes();
        short::copy(&mut bytes[at..at + piece.len()], piece);
        at += piece.len();
    }
    state.join_strings(&[&bytes[..len]]).map(Some)
}

/// Strings and integers joined that come to sixteen bytes at most.
#[inline(always)]
fn concat_word(state: &State, count: usize) -> Option<(u128, usize)> {
    let (mut joined, mut at) = (0, 0);
    for index in 0..count {
        let value = state.arg(index);
        let (word, len) = if let Some(string) = value.as_string() {
            if at + string.len() > short::WORD {
                return None;
            }
            (short::word(string.as_bytes()), string.len())
        } else {
            short::decimal_word(value.as_int()?)?
        };
        if len != 0 {
            if at + len > short::WORD {
                return None;
            }
            joined |= word << (at * 8);
            at += len;
        }
    }
    Some((joined, at))
}

/// Strings joined that come to a long one.
#[inline(never)]
fn concat_long(
    state: &mut State,
    strings: &[Gc<Str>],
    len: usize,
) -> Result<Option<Gc<Str>>, Raised> {
    // One of them may be all there is.
    if let Some(whole) = strings.iter().find(|string| string.len() == len) {
        return Ok(Some(*whole));
    }
    if strings[0].is_concatenated() {
        let mut parts = [&[][..]; MANY];
        for (part, string) in parts.iter_mut().zip(strings) {
            *part = string.as_bytes();
        }
        return state.append(strings[0], &parts[1..strings.len()]).map(Some);
    }
    state.join_long(strings, len).map(Some)
}

/// The first so many arguments joined, if they are strings and numbers and come to a short string.
fn concat_short(state: &mut State, count: usize) -> Result<Option<Gc<Str>>, Raised> {
    let mut bytes = [0; MAX_SHORT_STRING];
    let mut len = 0;
    for index in 0..count {
        let value = state.arg(index);
        let (string, digits);
        let mut int = [0; MAX_DECIMAL];
        let piece = if let Some(found) = value.as_string() {
            string = found;
            string.as_bytes()
        } else if let Some(value) = value.as_int() {
            let mut start = decimal(&mut int, value.unsigned_abs());
            if value < 0 {
                start -= 1;
                int[start] = b'-';
            }
            &int[start..]
        } else {
            let Some(number) = value.as_number() else { return Ok(None) };
            digits = text(number);
            digits.as_bytes()
        };
        let Some(place) = bytes.get_mut(len..len + piece.len()) else { return Ok(None) };
        short::copy(place, piece);
        len += piece.len();
    }
    state.join_strings(&[&bytes[..len]]).map(Some)
}

/// Joins what does not fit on the stack.
fn join_long(state: &mut State, start: usize, count: usize) -> Result<Gc<Str>, Raised> {
    let pieces = (start..start + count).map(|index| Piece::new(state.stack_value(index)));
    let pieces: Vec<Piece> = pieces.collect();
    let parts: Vec<&[u8]> = pieces.iter().map(Piece::as_bytes).collect();
    match pieces.first() {
        Some(Piece::String(left)) => state.append(*left, &parts[1..]),
        _ => state.join_strings(&parts),
    }
}

/// Keeps the first `count` operands while a metamethod runs: `aux[0]` says how many there are.
fn save_operands(state: &mut State, start: usize, count: usize) -> Result<Saved, Raised> {
    let mut saved = Saved { aux: [count as u64, 0, 0], ..Saved::default() };
    if count <= SAVED_VALUES {
        for (index, value) in saved.values[..count].iter_mut().enumerate() {
            *value = state.stack_value(start + index);
        }
        return Ok(saved);
    }
    let table = state.new_table(count, 0)?;
    for index in 0..count {
        // A nil stays absent, and is read as nil again.
        let value = state.stack_value(start + index);
        if !value.is_nil() {
            table.set_int(state, index as i64 + 1, value)?;
        }
    }
    saved.values[0] = Value::table(table);
    Ok(saved)
}

/// The metamethod has given what the operands behind the saved ones come to.
fn go_on(state: &mut State, saved: &mut Saved, results: Results) -> Result<Step<()>, Raised> {
    let count = saved.aux[0] as usize;
    let start = state.stack_top();
    state.reserve_stack(count + 1)?;
    for index in 0..count {
        let value = match saved.values[0].as_table() {
            Some(table) if count > SAVED_VALUES => table.get_int(index as i64 + 1),
            _ => saved.values[index],
        };
        state.push(value)?;
    }
    state.push(results.first())?;
    let step = concat_operands(state, start, count + 1, count);
    state.truncate_stack(start);
    match step? {
        Step::Done(value) => state.return_values(&[value]),
        Step::Call => Ok(Step::Call),
    }
}
