//! The basic functions.
//!
//! `pcall`, `xpcall` and `error` are in `protected.rs`.

use abi::object::closure_flags;

use crate::call::{Call, Continuation, Results, Saved, Step};
use crate::closure::Closure;
use crate::error::Raised;
use crate::files::Stream;
use crate::gc::Gc;
use crate::library;
use crate::load::Chunk;
use crate::state::State;
use crate::stdlib::{quick, show};
use crate::string::Str;
use crate::table::Table;
use crate::text::number::{self, is_space};
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

fn print(call: &mut Call<'_>) -> Answer {
    let Some(output) = Stream::standard_output() else { return call.ret0() };
    for index in 1..=call.count() {
        let value = call.arg(index);
        if index > 1 {
            output.write(b"\t");
        }
        match value.as_number() {
            Some(number) if show::is_plain_number(call.state) => {
                output.write(number::text(number).as_bytes());
            }
            _ => {
                let text = show::to_string(call.state, value)?;
                output.write(text.as_bytes());
            }
        }
    }
    output.write(b"\n");
    call.state.libraries.print_pending = true;
    call.ret0()
}

fn warn(call: &mut Call<'_>) -> Answer {
    call.check_string(1)?;
    for index in 2..=call.count() {
        call.check_string(index)?;
    }
    let count = call.count();
    for index in 1..=count {
        let text = call.check_string(index)?;
        call.state.warn(until_nul(text.as_bytes()), index < count);
    }
    call.ret0()
}

fn tostring(call: &mut Call<'_>) -> Answer {
    call.check_any(1)?;
    let value = call.arg(1);
    let text = show::to_string(call.state, value)?;
    call.ret1(Value::string(text))
}

fn tonumber(call: &mut Call<'_>) -> Answer {
    let value = call.arg(1);
    if call.arg(2).is_nil() {
        if value.is_number() {
            return call.ret1(value);
        }
        if let Some(number) = value.to_number() {
            return call.ret1(Value::number(number));
        }
        call.check_any(1)?;
        return call.ret1(Value::NIL);
    }
    let base = call.check_int(2)?;
    let Some(text) = value.as_string() else {
        return Err(call.type_error(1, "string"));
    };
    if !(2..=36).contains(&base) {
        return Err(call.arg_error(2, "base out of range"));
    }
    call.ret1(parse_in_base(text.as_bytes(), base as u32).map_or(Value::NIL, Value::int))
}

/// An integer in a base from 2 to 36, which wraps around; white space may surround it.
fn parse_in_base(text: &[u8], base: u32) -> Option<i64> {
    // As in C, where the text of a number ends at a NUL.
    let mut rest = skip_spaces(text);
    let negative = match rest.first() {
        Some(b'-') => true,
        Some(b'+') => false,
        _ => {
            return parse_digits(rest, base);
        }
    };
    rest = &rest[1..];
    let value = parse_digits(rest, base)?;
    Some(if negative { value.wrapping_neg() } else { value })
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    &text[start..]
}

fn parse_digits(text: &[u8], base: u32) -> Option<i64> {
    let count = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (digits, rest) = text.split_at(count);
    if digits.is_empty() || !skip_spaces(rest).is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for &digit in digits {
        let digit = (digit as char).to_digit(base)?;
        value = value.wrapping_mul(u64::from(base)).wrapping_add(u64::from(digit));
    }
    Some(value as i64)
}

fn type_(call: &mut Call<'_>) -> Answer {
    call.check_any(1)?;
    let name = show::type_name_string(call.state, call.arg(1));
    call.ret1(Value::string(name))
}

fn select(call: &mut Call<'_>) -> Answer {
    let count = call.count();
    if let Some(text) = call.arg(1).as_string()
        && text.as_bytes().first() == Some(&b'#')
    {
        return call.ret1(Value::int(count as i64 - 1));
    }
    let mut index = call.check_int(1)?;
    if index < 0 {
        index += count as i64;
    } else {
        index = index.min(count as i64);
    }
    if index < 1 {
        return Err(call.arg_error(1, "index out of range"));
    }
    call.ret_args(index as usize + 1)
}

fn next(call: &mut Call<'_>) -> Answer {
    let table = call.check_table(1)?;
    let key = call.arg(2);
    match table.next(call.state, key)? {
        Some((key, value)) => call.ret(&[key, value]),
        None => call.ret1(Value::NIL),
    }
}

fn pairs(call: &mut Call<'_>) -> Answer {
    call.check_any(1)?;
    let value = call.arg(1);
    let method = call.state.metamethod(value, call.state.names.pairs);
    if method.is_nil() {
        return call.ret(&[Value::function(NEXT.get()), value, Value::NIL]);
    }
    call.state.request(method, &[value], Continuation::Then(three_results))
}

/// What `pairs` gives: three results, whatever the metamethod gave.
fn three_results(state: &mut State, _: &mut Saved, results: Results) -> Answer {
    let values = [results.first(), results.get(state, 1), results.get(state, 2)];
    state.return_values(&values)
}

fn ipairs(call: &mut Call<'_>) -> Answer {
    call.check_any(1)?;
    let value = call.arg(1);
    call.ret(&[Value::function(IPAIRS_STEP.get()), value, Value::int(0)])
}

/// The iterator of `ipairs`.
fn ipairs_step(call: &mut Call<'_>) -> Answer {
    let index = call.check_int(2)?.wrapping_add(1);
    let object = call.arg(1);
    let value = show::index_int(call.state, object, index)?;
    if value.is_nil() { call.ret1(Value::NIL) } else { call.ret(&[Value::int(index), value]) }
}

fn rawget(call: &mut Call<'_>) -> Answer {
    let table = call.check_table(1)?;
    call.check_any(2)?;
    let value = table.get(call.state, call.arg(2));
    call.ret1(value)
}

fn rawset(call: &mut Call<'_>) -> Answer {
    let table = call.check_table(1)?;
    call.check_any(2)?;
    call.check_any(3)?;
    let (key, value) = (call.arg(2), call.arg(3));
    table.set(call.state, key, value)?;
    call.ret1(Value::table(table))
}

fn rawequal(call: &mut Call<'_>) -> Answer {
    call.check_any(1)?;
    call.check_any(2)?;
    let equal = call.arg(1).raw_equals(call.arg(2));
    call.ret1(Value::boolean(equal))
}

fn rawlen(call: &mut Call<'_>) -> Answer {
    let value = call.arg(1);
    let len = match (value.as_table(), value.as_string()) {
        (Some(table), _) => table.len(),
        (_, Some(text)) => text.len() as i64,
        _ => return Err(call.type_error(1, "table or string")),
    };
    call.ret1(Value::int(len))
}

fn getmetatable(call: &mut Call<'_>) -> Answer {
    call.check_any(1)?;
    let Some(metatable) = call.state.metatable_of(call.arg(1)) else {
        return call.ret1(Value::NIL);
    };
    let field = metatable.get_str(call.state, call.state.names.metatable);
    call.ret1(if field.is_nil() { Value::table(metatable) } else { field })
}

fn setmetatable(call: &mut Call<'_>) -> Answer {
    let table = call.check_table(1)?;
    let metatable = check_metatable(call, 2)?;
    if let Some(old) = table.metatable(call.state)
        && !old.get_str(call.state, call.state.names.metatable).is_nil()
    {
        return Err(call.error("cannot change a protected metatable"));
    }
    table.set_metatable(call.state, metatable)?;
    call.ret1(Value::table(table))
}

/// An argument that is to be a metatable: a table or nil, and there.
pub(super) fn check_metatable(
    call: &mut Call<'_>,
    index: usize,
) -> Result<Option<Gc<Table>>, Raised> {
    let value = call.arg(index);
    match value.as_table() {
        Some(table) => Ok(Some(table)),
        None if value.is_nil() && !call.is_none(index) => Ok(None),
        None => Err(call.type_error(index, "nil or table")),
    }
}

fn assert(call: &mut Call<'_>) -> Answer {
    if !call.arg(1).is_falsy() {
        return call.ret_args(1);
    }
    call.check_any(1)?;
    if call.is_none(2) {
        return Err(call.error("assertion failed!"));
    }
    let message = call.arg(2);
    match message.as_string() {
        Some(text) => Err(call.state.lib_error_bytes(1, &[text.as_bytes()])),
        None => Err(call.state.raise(message)),
    }
}

const COLLECT_OPTIONS: [&str; 10] = [
    "stop",
    "restart",
    "collect",
    "count",
    "step",
    "setpause",
    "setstepmul",
    "isrunning",
    "generational",
    "incremental",
];

fn collectgarbage(call: &mut Call<'_>) -> Answer {
    let option = call.check_option(1, Some("collect"), &COLLECT_OPTIONS)?;
    let option = COLLECT_OPTIONS[option];
    let mut numbers = [0; 3];
    let wanted = match option {
        "step" | "setpause" | "setstepmul" => 1,
        "generational" => 2,
        "incremental" => 3,
        _ => 0,
    };
    for (index, number) in (2..).zip(numbers.iter_mut().take(wanted)) {
        *number = call.opt_int(index, 0)?;
    }
    let state = &mut *call.state;
    if state.is_finalizing() {
        // As in the reference, nothing about collections can be asked or changed meanwhile.
        return call.ret1(Value::NIL);
    }
    let pacing = &mut state.heap.pacing;
    // The reference keeps these numbers as a byte, in fourths.
    let stored = |value: i64| u32::from((value as i32 / 4) as u8) * 4;
    let set = |place: &mut u32, value: i64| {
        if value as i32 != 0 {
            *place = stored(value);
        }
    };
    let result = match option {
        "stop" => {
            pacing.stopped = true;
            Value::int(0)
        }
        "restart" => {
            pacing.stopped = false;
            Value::int(0)
        }
        "count" => Value::float(state.kibibytes_in_use()),
        "step" => {
            let ended = state.collect_step(numbers[0] as i32);
            state.run_finalizers();
            Value::boolean(ended)
        }
        "setpause" => {
            let previous = pacing.pause;
            pacing.pause = stored(numbers[0]);
            Value::int(i64::from(previous))
        }
        "setstepmul" => {
            let previous = pacing.step_multiplier;
            pacing.step_multiplier = stored(numbers[0]);
            Value::int(i64::from(previous))
        }
        "isrunning" => Value::boolean(!pacing.stopped),
        "generational" | "incremental" => {
            let was_generational = pacing.generational;
            let previous = if was_generational { "generational" } else { "incremental" };
            pacing.generational = option == "generational";
            if pacing.generational {
                if numbers[0] as i32 != 0 {
                    pacing.minor_multiplier = u32::from(numbers[0] as u8);
                }
                set(&mut pacing.major_multiplier, numbers[1]);
                if !was_generational {
                    // What there is becomes old, as in the reference.
                    state.collect_full();
                }
            } else {
                set(&mut pacing.pause, numbers[0]);
                set(&mut pacing.step_multiplier, numbers[1]);
                if numbers[2] as i32 != 0 {
                    pacing.step_size = u32::from(numbers[2] as u8);
                }
            }
            Value::string(state.new_string(previous.as_bytes())?)
        }
        _ => {
            state.collect_full();
            state.run_finalizers();
            Value::int(0)
        }
    };
    call.ret1(result)
}

/// Raises where no loader is linked in, naming the function that needs it.
pub(super) fn need_loader(call: &mut Call<'_>, name: &str) -> Result<(), Raised> {
    if call.state.hooks.load.is_some() {
        return Ok(());
    }
    let reason = "this program was built without the ability to load code";
    Err(call.error(format_args!("'{name}' is not available: {reason}")))
}

/// What `load` and `loadfile` give: the function, or nil and the error.
fn loaded(call: &mut Call<'_>, result: Result<Gc<Closure>, Raised>) -> Answer {
    match result {
        Ok(function) => call.ret1(Value::function(function)),
        Err(raised) => {
            let error = call.state.take_error(raised);
            call.ret(&[Value::NIL, error])
        }
    }
}

fn load(call: &mut Call<'_>) -> Answer {
    let source = call.arg(1);
    let text = call.state.coerce_to_string(source)?;
    let mode = call.opt_string(3)?;
    let env = (!call.is_none(4)).then(|| call.arg(4));
    let name = call.opt_string(2)?;
    let mode = mode.as_ref().map_or(&b"bt"[..], |mode| mode.as_bytes());
    let result = match text {
        Some(text) => {
            need_loader(call, "load")?;
            let name = name.unwrap_or(text);
            let chunk = Chunk { source: text.as_bytes(), name: until_nul(name.as_bytes()), env };
            call.state.load(&chunk, mode)
        }
        None => {
            if source.as_function().is_none() {
                return Err(call.type_error(1, "function"));
            }
            need_loader(call, "load")?;
            let name = name.as_ref().map_or(&b"=(load)"[..], |name| until_nul(name.as_bytes()));
            call.state.read_chunk(source, mode).and_then(|text| {
                let chunk = Chunk { source: &text, name, env };
                call.state.load(&chunk, mode)
            })
        }
    };
    loaded(call, result)
}

/// The part of a string that C sees.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

fn loadfile(call: &mut Call<'_>) -> Answer {
    let file = call.opt_string(1)?;
    let mode = call.opt_string(2)?;
    let env = (!call.is_none(3)).then(|| call.arg(3));
    need_loader(call, "loadfile")?;
    let mode = mode.as_ref().map_or(&b"bt"[..], |mode| mode.as_bytes());
    let result = load_file(call.state, file, mode, env);
    loaded(call, result)
}

fn load_file(
    state: &mut State,
    file: Option<Gc<Str>>,
    mode: &[u8],
    env: Option<Value>,
) -> Result<Gc<Closure>, Raised> {
    state.load_file(file.as_ref().map(|file| until_nul(file.as_bytes())), mode, env)
}

fn dofile(call: &mut Call<'_>) -> Answer {
    let file = call.opt_string(1)?;
    need_loader(call, "dofile")?;
    let function = load_file(call.state, file, b"bt", None)?;
    call.state.request(Value::function(function), &[], Continuation::None)
}

impl State {
    /// What `collectgarbage("count")` says.
    pub(super) fn kibibytes_in_use(&self) -> f64 {
        self.bytes_in_use() as f64 / 1024.0
    }

    /// Writes out what `print` left in the buffer of the standard output: before something else
    /// that may be seen in order with it.
    pub fn flush_print(&mut self) {
        if core::mem::take(&mut self.libraries.print_pending)
            && let Some(output) = Stream::standard_output()
        {
            output.flush();
        }
    }
}

fn values(state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
    let name = state.new_string(b"_G")?;
    table.set_str(state, name, Value::table(table))?;
    let name = state.new_string(b"_VERSION")?;
    let version = state.new_string(b"Lua 5.4")?;
    table.set_str(state, name, Value::string(version))
}

crate::library_closure!(
    pub(super) NEXT, "pl_lib__G_next", "next\0", next, [], [quick::next], closure_flags::NEXT
);
crate::library_closure!(
    pub(super) IPAIRS_STEP, "pl_ipairs_step", "ipairs_step\0", ipairs_step, [],
    [quick::ipairs_step], closure_flags::IPAIRS_STEP
);

crate::library_closure!(
    SELECT,
    "pl_lib__G_select",
    "select\0",
    select,
    [],
    [quick::select],
    closure_flags::SELECT
);

library! { "_G", {
    assert => assert, quick::assert;
    collectgarbage => collectgarbage, quick::collectgarbage;
    dofile => dofile;
    error => super::protected::error;
    getmetatable => getmetatable, quick::getmetatable;
    ipairs => ipairs, quick::ipairs;
    load => load;
    loadfile => loadfile;
    next => next = NEXT;
    pairs => pairs, quick::pairs;
    pcall => super::protected::pcall | crate::call::PCALL_ENTRY;
    print => print;
    rawequal => rawequal, quick::rawequal;
    rawget => rawget, quick::rawget;
    rawlen => rawlen;
    rawset => rawset;
    select => select = SELECT;
    setmetatable => setmetatable, quick::setmetatable;
    tonumber => tonumber, quick::tonumber;
    tostring => tostring, quick::tostring;
    type => type_, quick::type_;
    warn => warn;
    xpcall => super::protected::xpcall;
} values }
