//! The library `debug`, as far as compiled code keeps what it asks for.
//!
//! Frames know their function, line and names, so tracebacks and `getinfo` are whole. Local
//! variables, lines and hooks are there in functions that are debuggable (`ir::debug`); elsewhere
//! locals live in registers and upvalues that nobody assigns to are plain copies: what would need
//! them as they are in the reference raises an error that names the option.

use alloc::vec::Vec;

use abi::object::proto_flags;

use super::base::{check_metatable, need_loader, until_nul};
use super::show::to_string;
use crate::call::{Call, Step};
use crate::closure::Closure;
use crate::coroutine::{NATIVE_LIMIT, Thread};
use crate::debugging::{Local, after_library, event};
use crate::error::{Raised, chunk_id, kind_text};
use crate::files::Stream;
use crate::frames::{FrameInfo, FunctionKind};
use crate::gc::Gc;
use crate::library;
use crate::load::Chunk;
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

type Answer = Result<Step<()>, Raised>;

/// The coroutine that an optional first argument says, and how many arguments that is.
fn optional_thread(call: &Call<'_>) -> (Gc<Thread>, usize) {
    match call.arg(1).as_thread() {
        Some(thread) => (thread, 1),
        None => (call.state.current_thread(), 0),
    }
}

fn debug(call: &mut Call<'_>) -> Answer {
    need_loader(call, "debug")?;
    let (Some(input), Some(error)) = (Stream::standard_input(), Stream::standard_error()) else {
        return call.ret0();
    };
    loop {
        call.state.flush_print();
        error.write(b"lua_debug> ");
        let mut buffer = core::mem::take(&mut call.state.libraries.line);
        let line = input.read_line(&mut buffer).to_vec();
        call.state.libraries.line = buffer;
        if line.is_empty() || line == b"cont\n" {
            return call.ret0();
        }
        let chunk = Chunk { source: &line, name: b"=(debug command)", env: None };
        let done = match call.state.load(&chunk, b"bt") {
            Ok(function) => call.state.call(Value::function(function), &[]).map(|_| ()),
            Err(raised) => Err(raised),
        };
        if let Err(raised) = done {
            let value = call.state.take_error(raised);
            let text = to_string(call.state, value)?;
            call.state.flush_print();
            error.write(text.as_bytes());
            error.write(b"\n");
        }
    }
}

fn gethook(call: &mut Call<'_>) -> Answer {
    let (thread, _) = optional_thread(call);
    if thread.hook().mask == 0 {
        return call.ret1(Value::NIL);
    }
    let (function, hook) = call.state.debug_hook(thread)?;
    let letters = EVENTS.iter().filter(|(_, event)| hook.mask & event != 0);
    let letters: Vec<u8> = letters.map(|(letter, _)| *letter).collect();
    let mask = call.state.new_string(&letters)?;
    call.ret(&[function, Value::string(mask), Value::int(hook.count.cast_signed().into())])
}

/// The letters of a hook's mask, in the order in which they are told.
const EVENTS: [(u8, u32); 3] = [(b'c', event::CALL), (b'r', event::RETURN), (b'l', event::LINE)];

fn sethook(call: &mut Call<'_>) -> Answer {
    let (thread, skipped) = optional_thread(call);
    if call.is_none_or_nil(skipped + 1) {
        call.state.set_debug_hook(thread, Value::NIL, 0, 0)?;
        return call.ret0();
    }
    let letters = call.check_string(skipped + 2)?;
    let function = Value::function(call.check_function(skipped + 1)?);
    let count = call.opt_int(skipped + 3, 0)? as i32;
    let letters = until_nul(letters.as_bytes());
    let listened = EVENTS.iter().filter(|(letter, _)| letters.contains(letter));
    let mut mask = listened.fold(0, |mask, (_, event)| mask | event);
    if count > 0 {
        mask |= event::COUNT;
    }
    if mask != 0 && has_plain_code(call.state) {
        return Err(not_debuggable(call, "sethook", "some functions were"));
    }
    let was_hooked = call.state.ctx.hooked != 0;
    call.state.set_debug_hook(thread, function, mask, count.cast_unsigned())?;
    let done = call.ret0()?;
    match was_hooked {
        // Whoever called this function knows already that its return may be told.
        true => Ok(done),
        false => after_library(call.state, call.base(), call.count(), done),
    }
}

/// Whether there are Lua functions that hooks would not hear of.
fn has_plain_code(state: &State) -> bool {
    use abi::module::module_flags::{DEBUGGABLE, RUNNER};
    state.hooks.plain_code
        || state.modules.iter().any(|module| module.flags() & (RUNNER | DEBUGGABLE) == 0)
}

fn not_debuggable(call: &mut Call<'_>, name: &str, what: &str) -> Raised {
    call.error(format_args!(
        "'debug.{name}' is not available: {what} compiled without '--debuggable'"
    ))
}

/// What is known of a function.
struct Facts<'s> {
    source: &'s [u8],
    what: &'static str,
    line_defined: i64,
    last_line_defined: i64,
    param_count: u32,
    is_vararg: bool,
    upvalue_count: usize,
}

fn facts_of_frame(frame: &FrameInfo) -> Facts<'static> {
    let library = frame.kind == FunctionKind::Library;
    let line = |line: u32| if library { -1 } else { i64::from(line) };
    Facts {
        source: frame.chunk_name,
        what: match frame.kind {
            FunctionKind::Main => "main",
            FunctionKind::Lua => "Lua",
            FunctionKind::Library => "C",
        },
        line_defined: line(frame.line_defined),
        last_line_defined: line(frame.last_line_defined),
        param_count: frame.param_count,
        is_vararg: frame.is_vararg,
        upvalue_count: frame.upvalue_count as usize,
    }
}

fn facts_of_function(state: &State, function: Gc<Closure>) -> Facts<'_> {
    let lua = |source, line_defined, last_line_defined, param_count, is_vararg| Facts {
        source,
        what: if line_defined == 0 { "main" } else { "Lua" },
        line_defined: i64::from(line_defined),
        last_line_defined: i64::from(last_line_defined),
        param_count,
        is_vararg,
        upvalue_count: function.upvalue_count(),
    };
    let proto = function.proto();
    let fields = proto.get();
    if proto.is_tier0()
        && let Some(tier0) = state.hooks.tier0
    {
        let facts = (tier0.function)(fields.data);
        return lua(
            facts.chunk_name,
            facts.line_defined,
            facts.last_line_defined,
            facts.param_count,
            facts.is_vararg,
        );
    }
    if let Some(module) = state.modules.get((fields.module as usize).wrapping_sub(1))
        && let Some(info) = module.functions().get(fields.index as usize)
    {
        let is_vararg = info.flags & u32::from(abi::object::proto_flags::VARARG) != 0;
        return lua(
            module.chunk_name(info),
            info.line_defined,
            info.last_line_defined,
            info.param_count,
            is_vararg,
        );
    }
    Facts {
        source: b"=[C]",
        what: "C",
        line_defined: -1,
        last_line_defined: -1,
        param_count: 0,
        is_vararg: true,
        upvalue_count: function.upvalue_count(),
    }
}

fn getinfo(call: &mut Call<'_>) -> Answer {
    let (thread, skipped) = optional_thread(call);
    let options = call.opt_string(skipped + 2)?;
    let options = options.as_ref().map_or(&b"flnSrtu"[..], |text| until_nul(text.as_bytes()));
    if options.first() == Some(&b'>') {
        return Err(call.arg_error(skipped + 2, "invalid option '>'"));
    }
    let mut frame = None;
    let mut function = call.arg(skipped + 1).as_function();
    if function.is_none() {
        let level = call.check_int(skipped + 1)?;
        let Ok(level) = usize::try_from(level as i32) else { return call.ret1(Value::NIL) };
        let Some(found) = call.state.frames(thread).nth(level) else {
            return call.ret1(Value::NIL);
        };
        function = found.closure;
        frame = Some(found);
    }
    if options.iter().any(|option| !b"SlnrutLf".contains(option)) {
        return Err(call.arg_error(skipped + 2, "invalid option"));
    }
    let facts = match (&frame, function) {
        (Some(frame), _) => facts_of_frame(frame),
        (None, Some(function)) => facts_of_function(call.state, function),
        (None, None) => return call.ret1(Value::NIL),
    };
    let lines = match function {
        Some(function) if options.contains(&b'L') && facts.what != "C" => {
            let proto = function.proto();
            let Some(table) = call.state.debug_table(proto) else {
                return Err(not_debuggable(call, "getinfo", "the function's lines were"));
            };
            // The first step of a variadic function makes room for its arguments.
            let skipped = usize::from(proto.flags() & proto_flags::VARARG != 0);
            table.steps.get(skipped..)
        }
        _ => None,
    };
    let source = facts.source.to_vec();
    let Facts { what, line_defined, last_line_defined, .. } = facts;
    let Facts { param_count, is_vararg, upvalue_count, .. } = facts;
    let fields = options.iter().map(|option| match option {
        b'S' => 5,
        b'u' => 3,
        b'n' | b'r' => 2,
        _ => 1,
    });
    let table = call.state.new_table(0, fields.sum::<usize>().min(16))?;
    let state = &mut *call.state;
    let has = |option: u8| options.contains(&option);
    if has(b'S') {
        set_text(state, table, "source", &source)?;
        set_text(state, table, "short_src", &chunk_id(&source))?;
        set(state, table, "linedefined", Value::int(line_defined))?;
        set(state, table, "lastlinedefined", Value::int(last_line_defined))?;
        set_text(state, table, "what", what.as_bytes())?;
    }
    if has(b'l') {
        let line =
            frame.as_ref().filter(|frame| frame.is_lua()).map_or(-1, |frame| frame.line as i32);
        set(state, table, "currentline", Value::int(line.into()))?;
    }
    if has(b'u') {
        set(state, table, "nups", Value::int(upvalue_count as i64))?;
        set(state, table, "nparams", Value::int(i64::from(param_count)))?;
        set(state, table, "isvararg", Value::boolean(is_vararg))?;
    }
    if has(b'n') {
        let name = frame.as_ref().and_then(|frame| frame.name);
        if let Some((_, name)) = name {
            set_text(state, table, "name", name)?;
        }
        let kind = name.map_or("", |(kind, _)| kind_text(kind));
        set_text(state, table, "namewhat", kind.as_bytes())?;
    }
    if has(b'r') {
        let (first, count) = frame.as_ref().map_or((0, 0), |frame| state.transfer_of(frame));
        set(state, table, "ftransfer", Value::int(first as i64))?;
        set(state, table, "ntransfer", Value::int(count as i64))?;
    }
    if has(b't') {
        let tail_called = frame.as_ref().is_some_and(|frame| frame.tail_called);
        set(state, table, "istailcall", Value::boolean(tail_called))?;
    }
    if has(b'f')
        && let Some(function) = function
    {
        set(state, table, "func", Value::function(function))?;
    }
    if let Some(lines) = lines {
        let active = state.new_table(0, 0)?;
        set(state, table, "activelines", Value::table(active))?;
        for step in lines {
            if (1..u32::MAX).contains(&step.line) {
                active.set_int(state, step.line.into(), Value::TRUE)?;
            }
        }
    }
    call.ret1(table)
}

fn set(state: &mut State, table: Gc<Table>, name: &str, value: Value) -> Result<(), Raised> {
    let name = state.new_string(name.as_bytes())?;
    table.set_str(state, name, value)
}

fn set_text(state: &mut State, table: Gc<Table>, name: &str, text: &[u8]) -> Result<(), Raised> {
    let text = state.new_string(text)?;
    set(state, table, name, Value::string(text))
}

fn getlocal(call: &mut Call<'_>) -> Answer {
    let (thread, skipped) = optional_thread(call);
    let number = i64::from(call.check_int(skipped + 2)? as i32);
    if let Some(function) = call.arg(skipped + 1).as_function() {
        return parameter_name(call, function, number);
    }
    let frame = frame_at(call, thread, skipped + 1)?;
    match call.state.local(&frame, number, None) {
        Local::Found(name, value) => {
            let name = call.state.new_string(name)?;
            call.ret(&[Value::string(name), value])
        }
        Local::None => call.ret1(Value::NIL),
        Local::NotDebuggable => Err(not_debuggable(call, "getlocal", "the function was")),
    }
}

/// The name of a parameter of a function that is not being called.
fn parameter_name(call: &mut Call<'_>, function: Gc<Closure>, number: i64) -> Answer {
    let proto = function.proto();
    if proto.is_library() {
        return call.ret1(Value::NIL);
    }
    let Some(table) = call.state.debug_table(proto) else {
        return Err(not_debuggable(call, "getlocal", "the function was"));
    };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let index = index.filter(|index| *index < proto.get().param_count as usize);
    match index.and_then(|index| table.locals.get(index)) {
        Some(local) => {
            let name = call.state.debug_string(proto, local.name);
            let name = match name {
                // Stripped of its names.
                b"" => Value::NIL,
                name => Value::string(call.state.new_string(name)?),
            };
            call.ret1(name)
        }
        None => call.ret1(Value::NIL),
    }
}

fn setlocal(call: &mut Call<'_>) -> Answer {
    let (thread, skipped) = optional_thread(call);
    call.check_int(skipped + 1)?;
    let number = i64::from(call.check_int(skipped + 2)? as i32);
    let frame = frame_at(call, thread, skipped + 1)?;
    let value = call.check_any(skipped + 3)?;
    // A coroutine that is suspended may be older than the value.
    call.state.barrier(thread.erase(), value);
    match call.state.local(&frame, number, Some(value)) {
        Local::Found(name, _) => {
            // The frame may be of an old coroutine that does not run.
            call.state.barrier(thread.erase(), value);
            let name = call.state.new_string(name)?;
            call.ret1(name)
        }
        Local::None => call.ret1(Value::NIL),
        Local::NotDebuggable => Err(not_debuggable(call, "setlocal", "the function was")),
    }
}

fn frame_at(call: &mut Call<'_>, thread: Gc<Thread>, index: usize) -> Result<FrameInfo, Raised> {
    let level = call.check_int(index)?;
    let level = usize::try_from(level as i32).ok();
    let frame = level.and_then(|level| call.state.frames(thread).nth(level));
    frame.ok_or_else(|| call.arg_error(index, "level out of range"))
}

fn getmetatable(call: &mut Call<'_>) -> Answer {
    let value = call.check_any(1)?;
    let metatable = call.state.metatable_of(value);
    call.ret1(metatable.map_or(Value::NIL, Value::table))
}

fn setmetatable(call: &mut Call<'_>) -> Answer {
    let metatable = check_metatable(call, 2)?;
    let value = call.arg(1);
    call.state.set_metatable_of(value, metatable)?;
    call.ret1(value)
}

fn getregistry(call: &mut Call<'_>) -> Answer {
    let registry = call.state.registry;
    call.ret1(registry)
}

/// The name of an upvalue, counted from 0, of a function that has it.
fn upvalue_name(state: &State, function: Gc<Closure>, index: usize) -> &[u8] {
    let proto = function.proto();
    let fields = proto.get();
    let name = match state.hooks.tier0 {
        Some(tier0) if proto.is_tier0() => (tier0.upvalue_name)(fields.data, index as u32),
        _ => state
            .modules
            .get((fields.module as usize).wrapping_sub(1))
            .and_then(|module| module.upvalue_name(fields.index, index as u32)),
    };
    match name {
        // Stripped of its names.
        Some(b"") => b"(no name)",
        Some(name) => name,
        // The reference's C functions have nameless upvalues.
        None => b"",
    }
}

/// The function and the place of the upvalue that two arguments say; `None`: no such upvalue.
fn checked_upvalue(
    call: &mut Call<'_>,
    function: usize,
    number: usize,
) -> Result<(Gc<Closure>, Option<usize>), Raised> {
    let index = call.check_int(number)?;
    let function = call.check_function(function)?;
    let index = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
    Ok((function, index.filter(|index| *index < function.upvalue_count())))
}

fn getupvalue(call: &mut Call<'_>) -> Answer {
    let (function, Some(index)) = checked_upvalue(call, 1, 2)? else { return call.ret0() };
    let name = upvalue_name(call.state, function, index).to_vec();
    let name = call.state.new_string(&name)?;
    call.ret(&[Value::string(name), function.upvalue(index)])
}

fn setupvalue(call: &mut Call<'_>) -> Answer {
    call.check_any(3)?;
    let (function, Some(index)) = checked_upvalue(call, 1, 2)? else { return call.ret0() };
    let Some(cell) = function.upvalue_slot(index).as_cell() else {
        return Err(no_variable(call, "setupvalue", function, index));
    };
    let value = call.arg(3);
    cell.set(call.state, value);
    let name = upvalue_name(call.state, function, index).to_vec();
    let name = call.state.new_string(&name)?;
    call.ret1(name)
}

/// The upvalue is a copy of something that the program never assigns to again.
fn no_variable(call: &mut Call<'_>, what: &str, function: Gc<Closure>, index: usize) -> Raised {
    let name = upvalue_name(call.state, function, index).to_vec();
    call.state.lib_error_bytes(
        1,
        &[
            b"'debug.",
            what.as_bytes(),
            b"' is not available for upvalue '",
            &name,
            b"': the compiler keeps it as a constant",
        ],
    )
}

fn upvalueid(call: &mut Call<'_>) -> Answer {
    let (function, Some(index)) = checked_upvalue(call, 1, 2)? else {
        return call.ret1(Value::NIL);
    };
    let slot = function.upvalue_slot(index);
    // A variable that nobody assigns to again is a copy in each closure. What tells it from others
    // is the object it holds, or else nothing.
    let id = slot.as_any().map_or(function.address() + 1 + index as u64, Gc::address);
    call.ret1(Value::light(id))
}

fn upvaluejoin(call: &mut Call<'_>) -> Answer {
    let (to, Some(to_index)) = checked_upvalue(call, 1, 2)? else {
        return Err(call.arg_error(2, "invalid upvalue index"));
    };
    let (from, Some(from_index)) = checked_upvalue(call, 3, 4)? else {
        return Err(call.arg_error(4, "invalid upvalue index"));
    };
    for (argument, function) in [(1, to), (3, from)] {
        if function.proto().is_library() {
            return Err(call.arg_error(argument, "Lua function expected"));
        }
    }
    for (function, index) in [(to, to_index), (from, from_index)] {
        if function.upvalue_slot(index).as_cell().is_none() {
            return Err(no_variable(call, "upvaluejoin", function, index));
        }
    }
    to.set_upvalue_slot(call.state, to_index, from.upvalue_slot(from_index));
    call.ret0()
}

fn getuservalue(call: &mut Call<'_>) -> Answer {
    let number = call.opt_int(2, 1)?;
    let Some(userdata) = call.arg(1).as_userdata() else { return call.ret1(Value::NIL) };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    match index.and_then(|index| userdata.user_value(index)) {
        Some(value) => call.ret(&[value, Value::TRUE]),
        None => call.ret1(Value::NIL),
    }
}

fn setuservalue(call: &mut Call<'_>) -> Answer {
    let number = call.opt_int(3, 1)?;
    let Some(userdata) = call.arg(1).as_userdata() else {
        return Err(call.type_error(1, "userdata"));
    };
    let value = call.check_any(2)?;
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let done = index.is_some_and(|index| userdata.set_user_value(call.state, index, value));
    call.ret1(if done { Value::userdata(userdata) } else { Value::NIL })
}

fn traceback(call: &mut Call<'_>) -> Answer {
    let (thread, skipped) = optional_thread(call);
    let message = call.arg(skipped + 1);
    let text = call.state.coerce_to_string(message)?;
    if text.is_none() && !message.is_nil() {
        return call.ret1(message);
    }
    let own = thread == call.state.current_thread();
    let level = call.opt_int(skipped + 2, i64::from(own))?;
    let level = usize::try_from(level as i32).unwrap_or(0);
    let message = text.as_ref().map(|text| until_nul(text.as_bytes()));
    let text = call.state.traceback(thread, message, level);
    let text = call.state.new_string(&text)?;
    call.ret1(text)
}

fn setcstacklimit(call: &mut Call<'_>) -> Answer {
    call.check_int(1)?;
    // As in the reference, which has a fixed limit too.
    call.ret1(i64::from(NATIVE_LIMIT))
}

library! { "debug", {
    debug => debug;
    gethook => gethook;
    getinfo => getinfo;
    getlocal => getlocal;
    getmetatable => getmetatable;
    getregistry => getregistry;
    getupvalue => getupvalue;
    getuservalue => getuservalue;
    setcstacklimit => setcstacklimit;
    sethook => sethook;
    setlocal => setlocal;
    setmetatable => setmetatable;
    setupvalue => setupvalue;
    setuservalue => setuservalue;
    traceback => traceback;
    upvalueid => upvalueid;
    upvaluejoin => upvaluejoin;
} }
