//! Makes functions of tier 0 from text and records, and their bodies from IR; installs tier 0 in a
//! state.

use alloc::rc::Rc;
use alloc::vec::Vec;

use abi::object::proto_flags;
use ir::UpvalueKind;
use runtime::closure::{Closure, Proto, ProtoFields};
use runtime::error::Raised;
use runtime::gc::Gc;
use runtime::hooks::Tier0Hooks;
use runtime::state::State;
use runtime::table::Table;
use runtime::value::Value;

use crate::chunk::Chunk;
use crate::code::{Code, Constant};
use crate::function::{Body, Function};
use crate::{calls, debug, frame, step};

static HOOKS: Tier0Hooks = Tier0Hooks {
    enter: step::enter,
    frame: frame::describe,
    function: Function::facts,
    line: Function::line,
    name: Function::operand_name,
    upvalue_name: Function::upvalue_name,
    records: Function::records,
    debug: debug::table,
    string: debug::string,
    clear_dead: frame::clear_dead_registers,
    trace: Function::trace,
    free: Function::free,
};

/// Makes the closure of a chunk's main function. Its upvalues are nil, those that are cells new ones:
/// `is_cell` says of each whether it is.
fn main_closure(
    state: &mut State,
    chunk: Chunk,
    is_cell: impl Iterator<Item = bool>,
) -> Result<Gc<Closure>, Raised> {
    let bytes = chunk.size_in_bytes();
    // What the chunk refers to is found by nobody until the prototype is there.
    let paused = state.heap.pause();
    let main = new_proto(state, &Rc::new(chunk), 0);
    state.heap.resume(paused);
    let main = main?;
    state.count_code(bytes);
    let closure = state.new_closure(main)?;
    for (index, is_cell) in is_cell.enumerate() {
        if is_cell {
            let cell = state.new_cell(Value::NIL)?;
            closure.set_upvalue_slot(state, index, Value::cell(cell));
        }
    }
    Ok(closure)
}

/// A prototype of a function that was not called yet.
fn new_proto(state: &mut State, chunk: &Rc<Chunk>, index: u32) -> Result<Gc<Proto>, Raised> {
    let outline = chunk.outline(index);
    let fields = ProtoFields {
        flags: proto_flags::TIER0
            | outline.order
            | if outline.is_vararg { proto_flags::VARARG } else { 0 },
        upvalue_count: outline.upvalue_count,
        code: runtime::machine::tier0_entry(),
        data: Function::new(chunk.clone(), index, outline).into_data(),
        module: 0,
        index,
        param_count: outline.param_count,
        name: 0,
    };
    match state.new_proto(fields) {
        Ok(proto) => {
            state.count_code(size_of::<Function>());
            Ok(proto)
        }
        Err(raised) => {
            Function::free(fields.data);
            Err(raised)
        }
    }
}

/// Makes the body of a function of tier 0 that is called for the first time.
#[cold]
#[inline(never)]
pub(crate) fn make_body(state: &mut State, closure: Gc<Closure>) -> Result<&'static Body, Raised> {
    let function = Function::of(closure.proto().get().data);
    let code = function.chunk.compile(function.index);
    // What is made here is found by nobody until the body is there.
    let paused = state.heap.pause();
    let made = link(state, &function.chunk, code);
    state.heap.resume(paused);
    let (body, bytes) = function.set_body(made?);
    let forgotten = function.chunk.forget(function.index);
    state.heap.uncount_code(forgotten);
    state.count_code(bytes);
    // The closure stands for everything that the prototype refers to now.
    state.barrier(closure.proto().erase(), Value::function(closure));
    Ok(body)
}

/// Makes the objects that a code names.
fn link(state: &mut State, chunk: &Rc<Chunk>, mut code: Code) -> Result<Body, Raised> {
    let mut constants = Vec::with_capacity(code.constants.len());
    for constant in core::mem::take(&mut code.constants) {
        constants.push(match constant {
            Constant::Nil => Value::NIL,
            Constant::Bool(value) => Value::boolean(value),
            Constant::Int(value) => Value::int(value),
            Constant::Float(bits) => Value::float(f64::from_bits(bits)),
            Constant::Str(id) => string_constant(state, chunk, code.strings.get(id))?,
            Constant::Data(id) => Value::string(state.new_string(code.strings.get(id))?),
        });
    }
    let mut globals = Vec::with_capacity(code.globals.len());
    let mut global_names = Vec::with_capacity(code.globals.len());
    for name in core::mem::take(&mut code.globals) {
        let name = state.new_string(code.strings.get(name))?;
        global_names.push(Value::string(name));
        globals.push(state.globals_cell(name)?);
    }
    let mut protos = Vec::with_capacity(code.inner.len());
    for inner in core::mem::take(&mut code.inner) {
        protos.push(new_proto(state, chunk, inner)?);
    }
    let room = frame::HEADER + code.register_count as usize + calls::PUT_BY;
    Ok(Body { code, room, constants, globals, global_names, protos })
}

/// A string of a chunk. Equal ones that are not interned are one string, as in the reference.
fn string_constant(state: &mut State, chunk: &Chunk, bytes: &[u8]) -> Result<Value, Raised> {
    let string = state.new_string(bytes)?;
    let value = Value::string(string);
    let Some(known) = chunk.long_strings.filter(|_| !string.is_short()) else {
        return Ok(value);
    };
    let earlier = known.get(state, value);
    if !earlier.is_nil() {
        return Ok(earlier);
    }
    known.set(state, value, value)?;
    Ok(value)
}

/// Whether some string is not interned.
fn any_long<'s>(mut strings: impl Iterator<Item = &'s [u8]>) -> bool {
    strings.any(|string| string.len() > abi::object::MAX_SHORT_STRING)
}

/// Where a chunk keeps its strings that are not interned, if it may have any.
fn long_strings(state: &mut State, has_some: bool) -> Result<Option<Gc<Table>>, Raised> {
    if has_some { state.new_table(0, 0).map(Some) } else { Ok(None) }
}

/// Gives a state the ability to load code.
pub fn install(state: &mut State) {
    state.hooks.tier0 = Some(&HOOKS);
    state.hooks.load = Some(load);
    state.hooks.load_binary = Some(load_binary);
}

/// Compiles a source as a main chunk.
fn load(state: &mut State, chunk: &runtime::load::Chunk<'_>) -> Result<Gc<Closure>, Raised> {
    let source = syntax::Source::new(chunk.name, chunk.source);
    let options = syntax::Options {
        levels: state.native_depth().max(syntax::SCRIPT_LEVELS),
        // Files may have longer lists than the reference can handle.
        is_limited: !chunk.name.starts_with(b"@"),
        is_named: false,
    };
    let tree = match syntax::parse_with(&source, options) {
        Ok(tree) => tree,
        Err(diagnostic) => {
            let raised = state.raise_text(&[&diagnostic.message]);
            // The reference raises it as the run-time error that it is elsewhere.
            return Err(match diagnostic.is_overflow {
                true => state.handle_error(raised),
                false => raised,
            });
        }
    };
    let env_mode = match chunk.env {
        None => ir::EnvMode::Globals,
        Some(_) => ir::EnvMode::Variable,
    };
    let debuggable = state.hooks.debuggable || irgen::needs_debuggable(&tree);
    match debuggable {
        true => state.hooks.debuggable = true,
        false => state.hooks.plain_code = true,
    }
    state.hooks.cells |= irgen::needs_cells(&tree);
    let cells = state.hooks.cells;
    let options = irgen::Options { env: env_mode, cells, debuggable, ..Default::default() };
    let env = chunk.env.unwrap_or_else(|| Value::table(state.globals()));
    let functions = irgen::Functions::new(tree, &options);
    let is_cell = functions.is_main_upvalue_cell();
    let long_strings = long_strings(state, any_long(functions.strings()))?;
    let loaded = Chunk::of_text(source, debuggable, functions, long_strings);
    let closure = main_closure(state, loaded, core::iter::once(is_cell))?;
    closure.set_upvalue(state, 0, env);
    Ok(closure)
}

/// Makes functions of a precompiled chunk.
fn load_binary(
    state: &mut State,
    content: &runtime::dump::Content<'_>,
) -> Result<Option<Gc<Closure>>, Raised> {
    let Ok(records) = ir::binary::Records::check(content.records, content.source) else {
        return Ok(None);
    };
    let is_cell = records.upvalue_kinds(ir::Module::MAIN).map(|kind| kind == UpvalueKind::Cell);
    let is_cell: Vec<bool> = is_cell.collect();
    if is_cell.len() != usize::from(content.upvalues) {
        return Ok(None);
    }
    state.hooks.plain_code |= records.has_plain();
    let long_strings =
        long_strings(state, records.longest_string() > abi::object::MAX_SHORT_STRING)?;
    let chunk = Chunk::of_records(records, long_strings);
    main_closure(state, chunk, is_cell.into_iter()).map(Some)
}
