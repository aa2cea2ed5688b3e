//! The functions on patterns: `find`, `match`, `gmatch`, `gsub`.

use alloc::vec::Vec;

use super::start_position;
use crate::call::{Call, QUICK_ENTRY, Quick, Quickly, StaticProto, Step};
use crate::closure::Closure;
use crate::error::Raised;
use crate::gc::Gc;
use crate::operations;
use crate::state::State;
use crate::stdlib::buffer::Buffer;
use crate::stdlib::show::finish;
use crate::string::Str;
use crate::text::Sink;
use crate::text::pattern::{Captured, Matcher, PatternError, Scratch, is_plain};
use crate::text::search::{self, find_byte};
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

#[cold]
fn raise(state: &mut State, error: PatternError) -> Raised {
    let mut message = Vec::new();
    error.write_message(&mut message);
    state.lib_error_bytes(1, &[&message])
}

/// Runs `body` with what matchers work in, which the state keeps.
#[inline(always)]
fn with_scratch(
    call: &mut Call<'_>,
    body: impl FnOnce(&mut Call<'_>, &mut Scratch) -> Answer,
) -> Answer {
    let mut scratch = call.state.libraries.patterns.take().unwrap_or_default();
    let answer = body(call, &mut scratch);
    call.state.libraries.patterns = Some(scratch);
    answer
}

/// The value of capture `index` of the match from `start` to `end`.
fn capture(
    state: &mut State,
    matcher: &Matcher<'_>,
    index: usize,
    start: usize,
    end: usize,
) -> Result<Value, Raised> {
    match matcher.capture(index, start, end) {
        Ok(Captured::Range(from, to)) => {
            state.new_string(&matcher.subject()[from..to]).map(Value::string)
        }
        Ok(Captured::Position(position)) => Ok(Value::int(position as i64)),
        Err(error) => Err(raise(state, error)),
    }
}

pub(super) fn find(call: &mut Call<'_>) -> Answer {
    find_or_match(call, true)
}

pub(super) fn match_(call: &mut Call<'_>) -> Answer {
    find_or_match(call, false)
}

#[inline(always)]
fn find_or_match(call: &mut Call<'_>, find: bool) -> Answer {
    let subject = call.check_string(1)?;
    let pattern = call.check_string(2)?;
    let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let init = start_position(call.opt_int(3, 1)?, subject.len()) - 1;
    if init > subject.len() {
        return call.ret1(Value::NIL);
    }
    if find && (!call.arg(4).is_falsy() || is_plain(pattern)) {
        return match search::find(&subject[init..], pattern) {
            Some(place) => {
                let start = init + place;
                call.ret(&[
                    Value::int(start as i64 + 1),
                    Value::int((start + pattern.len()) as i64),
                ])
            }
            None => call.ret1(Value::NIL),
        };
    }
    with_scratch(call, |call, scratch| {
        let matcher = Matcher::new(subject, pattern, scratch);
        find_with(call, matcher, init, find)
    })
}

#[inline(always)]
fn find_with(call: &mut Call<'_>, mut matcher: Matcher<'_>, init: usize, find: bool) -> Answer {
    let (start, end) = match matcher.find(init) {
        Ok(Some(place)) => place,
        Ok(None) => return call.ret1(Value::NIL),
        Err(error) => return Err(raise(call.state, error)),
    };
    let count = if find {
        let place = [Value::int(start as i64 + 1), Value::int(end as i64)];
        if matcher.level() == 0 {
            return call.ret(&place);
        }
        for value in place {
            call.push(value)?;
        }
        matcher.level()
    } else {
        if matcher.result_count() == 1 {
            let value = capture(call.state, &matcher, 0, start, end)?;
            return call.ret1(value);
        }
        matcher.result_count()
    };
    for index in 0..count {
        let value = capture(call.state, &matcher, index, start, end)?;
        call.push(value)?;
    }
    call.ret_pushed()
}

/// The upvalues of the iterator of `gmatch`.
mod iterator {
    pub(super) const SUBJECT: usize = 0;
    pub(super) const PATTERN: usize = 1;
    /// The offset where the last match ended; before the first one, what is beyond -1 by the offset
    /// where that may begin.
    pub(super) const PLACE: usize = 2;
    pub(super) const COUNT: u32 = 3;
}

pub(super) fn gmatch(call: &mut Call<'_>) -> Answer {
    let subject = call.check_string(1)?;
    let pattern = call.check_string(2)?;
    let len = subject.len();
    let init = (start_position(call.opt_int(3, 1)?, len) - 1).min(len + 1);
    let state = &mut *call.state;
    let closure = state.new_closure(GMATCH_STEP.get())?;
    if let Some(scratch) = &mut state.libraries.patterns {
        // Nothing was kept for it, whoever lay at its address.
        scratch.forget();
    }
    closure.set_upvalue_slot(state, iterator::SUBJECT, Value::string(subject));
    closure.set_upvalue_slot(state, iterator::PATTERN, Value::string(pattern));
    closure.set_upvalue_slot(state, iterator::PLACE, Value::int(-1 - init as i64));
    call.ret1(closure)
}

/// What an iterator goes through, where it goes on, and where the last match ended, if there was one.
struct Iteration {
    subject: Gc<Str>,
    pattern: Gc<Str>,
    place: usize,
    last: Option<usize>,
}

impl Iteration {
    #[inline(always)]
    fn of(closure: Gc<Closure>) -> Option<Iteration> {
        let subject = closure.upvalue(iterator::SUBJECT).as_string()?;
        let pattern = closure.upvalue(iterator::PATTERN).as_string()?;
        let place = closure.upvalue(iterator::PLACE).as_int()?;
        let (place, last) = match usize::try_from(place) {
            Ok(place) => (place, Some(place)),
            Err(_) => (-1_i64.wrapping_add(place) as usize, None),
        };
        Some(Iteration { subject, pattern, place, last })
    }
}

fn gmatch_step(call: &mut Call<'_>) -> Answer {
    let Some(iteration) = Iteration::of(call.closure()) else { return call.ret0() };
    with_scratch(call, |call, scratch| {
        let (subject, pattern) = (iteration.subject.as_bytes(), iteration.pattern.as_bytes());
        let key = call.closure().address();
        if let Some((matcher, place)) = Matcher::kept(subject, pattern, scratch, key) {
            return gmatch_results(call, &matcher, place);
        }
        let mut matcher = Matcher::unanchored(subject, pattern, scratch);
        match matcher.find_other(iteration.place, iteration.last) {
            Ok(Some(place)) => gmatch_results(call, &matcher, place),
            Ok(None) => call.ret0(),
            Err(error) => Err(raise(call.state, error)),
        }
    })
}

#[inline(always)]
fn gmatch_results(
    call: &mut Call<'_>,
    matcher: &Matcher<'_>,
    (start, end): (usize, usize),
) -> Answer {
    let closure = call.closure();
    closure.set_upvalue_slot(call.state, iterator::PLACE, Value::int(end as i64));
    if matcher.result_count() == 1 {
        let value = capture(call.state, matcher, 0, start, end)?;
        return call.ret1(value);
    }
    for index in 0..matcher.result_count() {
        let value = capture(call.state, matcher, index, start, end)?;
        call.push(value)?;
    }
    call.ret_pushed()
}

/// How deep the matcher may recurse on the stack of Lua code.
const QUICK_DEPTH: u32 = 16;
/// How many captures the quick form of the step deals with.
const QUICK_CAPTURES: usize = 8;

/// The quick form of the step: for matches with few captures, all of them short strings or positions.
fn gmatch_quickly(call: &mut Quick<'_>) -> Quickly {
    let mut scratch = call.state.libraries.patterns.take()?;
    let answer = gmatch_quickly_with(call, &mut scratch);
    call.state.libraries.patterns = Some(scratch);
    answer
}

#[inline(always)]
fn gmatch_quickly_with(call: &mut Quick<'_>, scratch: &mut Scratch) -> Quickly {
    let iteration = Iteration::of(call.closure())?;
    let (subject, pattern) = (iteration.subject.as_bytes(), iteration.pattern.as_bytes());
    let mut matcher = Matcher::unanchored(subject, pattern, scratch).with_depth(QUICK_DEPTH);
    let place = match matcher.find_other(iteration.place, iteration.last).ok()? {
        Some(place) => place,
        None => return call.ret0(),
    };
    let answer = match matcher.result_count() {
        1 => match capture_quickly(call.state, &matcher, 0, place) {
            Some(value) => call.ret1(value),
            None => None,
        },
        count => captures_quickly(call, &matcher, count, place),
    };
    if answer.is_some() {
        let closure = call.closure();
        let end = Value::int(place.1 as i64);
        closure.set_upvalue_slot(call.state, iterator::PLACE, end);
    } else {
        // It need not be found once more.
        matcher.keep(call.closure().address(), place);
    }
    answer
}

#[inline(never)]
fn captures_quickly(
    call: &mut Quick<'_>,
    matcher: &Matcher<'_>,
    count: usize,
    place: (usize, usize),
) -> Quickly {
    let mut values = [Value::NIL; QUICK_CAPTURES];
    for (index, value) in values.get_mut(..count)?.iter_mut().enumerate() {
        *value = capture_quickly(call.state, matcher, index, place)?;
    }
    call.ret_each(count, |_, index| values[index])
}

/// The value of a capture, if that takes no safepoint.
#[inline(always)]
fn capture_quickly(
    state: &mut State,
    matcher: &Matcher<'_>,
    index: usize,
    (start, end): (usize, usize),
) -> Option<Value> {
    match matcher.capture(index, start, end).ok()? {
        Captured::Range(from, to) => {
            state.short_string_at_hand(&matcher.subject()[from..to]).map(Value::string)
        }
        Captured::Position(position) => Some(Value::int(position as i64)),
    }
}

static GMATCH_STEP: StaticProto =
    StaticProto::with_upvalues(QUICK_ENTRY, gmatch_step, c"gmatch_step", iterator::COUNT)
        .with_quick(gmatch_quickly);

pub(super) fn gsub(call: &mut Call<'_>) -> Answer {
    let subject = call.check_string(1)?;
    let pattern = call.check_string(2)?;
    let (bytes, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let mut replacement = call.arg(3);
    let max = call.opt_int(4, bytes.len() as i64 + 1)?;
    if replacement.is_number() {
        replacement = Value::string(call.check_string(3)?);
    } else if replacement.as_string().is_none()
        && replacement.as_table().is_none()
        && replacement.as_function().is_none()
    {
        return Err(call.type_error(3, "string/function/table"));
    }
    with_scratch(call, |call, scratch| {
        let matcher = Matcher::new(bytes, pattern, scratch);
        gsub_with(call, matcher, subject, replacement, max)
    })
}

fn gsub_with(
    call: &mut Call<'_>,
    mut matcher: Matcher<'_>,
    subject: Gc<Str>,
    replacement: Value,
    max: i64,
) -> Answer {
    let bytes = matcher.subject();
    let mut out = Buffer::new(call.state);
    let plain = replacement.as_string().filter(|text| find_byte(text.as_bytes(), b'%').is_none());
    // Up to here the subject is copied or replaced.
    let mut done = 0;
    let mut last = None;
    let mut count = 0;
    let mut changed = false;
    while count < max {
        let (start, end) = match matcher.find_other(done, last) {
            Ok(Some(place)) => place,
            Ok(None) => break,
            Err(error) => return Err(raise(call.state, error)),
        };
        count += 1;
        if start > done {
            out.put(&bytes[done..start]);
        }
        if let Some(text) = plain {
            out.put(text.as_bytes());
            changed = true;
        } else {
            changed |= add_replacement(call.state, &matcher, &mut out, replacement, start, end)?;
        }
        done = end;
        last = Some(end);
        if matcher.is_anchored() {
            break;
        }
    }
    let result = if changed {
        out.put(&bytes[done..]);
        out.finish(call.state)?
    } else {
        out.give_back(call.state);
        subject
    };
    call.ret(&[Value::string(result), Value::int(count)])
}

/// Appends what replaces the match from `start` to `end`; whether that is something else.
fn add_replacement(
    state: &mut State,
    matcher: &Matcher<'_>,
    out: &mut Buffer,
    replacement: Value,
    start: usize,
    end: usize,
) -> Result<bool, Raised> {
    if let Some(text) = replacement.as_string() {
        return match matcher.replace(start, end, text.as_bytes(), out) {
            Ok(()) => Ok(true),
            Err(error) => Err(raise(state, error)),
        };
    }
    let value = if replacement.as_table().is_some() {
        let key = capture(state, matcher, 0, start, end)?;
        let step = operations::index(state, replacement, key)?;
        finish(state, step)?
    } else if matcher.result_count() == 1 {
        let argument = capture(state, matcher, 0, start, end)?;
        let quickly = replacement
            .as_function()
            .and_then(|function| state.call_quickly(function, &[argument]));
        match quickly {
            Some(results) => results.first(),
            None => state.call(replacement, &[argument])?.first(),
        }
    } else {
        let top = state.stack_top();
        for index in 0..matcher.result_count() {
            let argument = capture(state, matcher, index, start, end)?;
            state.push(argument)?;
        }
        let value = state.call_range(replacement, top..state.stack_top())?.first();
        state.truncate_stack(top);
        value
    };
    if let Some(text) = value.as_string() {
        out.put(text.as_bytes());
    } else if let Some(number) = value.as_number() {
        out.put(crate::text::number::text(number).as_bytes());
    } else if value.is_falsy() {
        out.put(&matcher.subject()[start..end]);
        return Ok(false);
    } else {
        let name = value.type_name();
        return Err(state.lib_error(1, format_args!("invalid replacement value (a {name})")));
    }
    Ok(true)
}
