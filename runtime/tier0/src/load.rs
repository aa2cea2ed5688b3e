//! Makes functions of tier 0 from IR, and installs tier 0 in a state.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use abi::object::proto_flags;
use runtime::closure::{Closure, Proto, ProtoFields};
use runtime::error::Raised;
use runtime::gc::Gc;
use runtime::hooks::Tier0Hooks;
use runtime::state::State;
use runtime::value::Value;

use crate::code::{Code, Constant};
use crate::function::{Chunk, Function, Origin};
use crate::{calls, compile, debug, frame, step};

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

/// Makes the main function of a chunk of `count` functions, which `each` gives one by one. Its
/// upvalues are nil, those that are cells new ones.
fn load_functions(
    state: &mut State,
    (name, origin, count): (Vec<u8>, Origin, usize),
    each: impl FnOnce(&mut dyn FnMut(ir::Function)),
) -> Result<Gc<Closure>, Raised> {
    // What is made here is found by nobody until the main closure is there.
    let paused = state.heap.pause();
    let chunk = Chunk { name, origin, protos: RefCell::new(Vec::with_capacity(count)) };
    let mut maker = Maker {
        state: &mut *state,
        chunk: Rc::new(chunk),
        long_strings: LongStrings::new(),
        upvalues: Vec::new(),
        failed: None,
    };
    each(&mut |function| maker.add(function));
    let Maker { chunk, upvalues, failed, .. } = maker;
    state.heap.resume(paused);
    if let Some(raised) = failed {
        return Err(raised);
    }
    let main = chunk.protos.borrow()[0];
    let closure = state.new_closure(main)?;
    for (index, upvalue) in upvalues.iter().enumerate() {
        if upvalue.kind == ir::UpvalueKind::Cell {
            let cell = state.new_cell(Value::NIL)?;
            closure.set_upvalue_slot(state, index, Value::cell(cell));
        }
    }
    Ok(closure)
}

/// Makes the functions of a chunk.
struct Maker<'a> {
    state: &'a mut State,
    chunk: Rc<Chunk>,
    long_strings: LongStrings,
    /// Of the main function.
    upvalues: Vec<ir::function::Upvalue>,
    /// The error, after which nothing more is made.
    failed: Option<Raised>,
}

impl Maker<'_> {
    fn add(&mut self, mut function: ir::Function) {
        if self.failed.is_some() {
            return;
        }
        let index = self.chunk.protos.borrow().len();
        let mut code = compile::function(&function);
        code.strings = core::mem::take(&mut function.strings);
        match make_function(self.state, &self.chunk, index, code, &mut self.long_strings) {
            Ok(proto) => self.chunk.protos.borrow_mut().push(proto),
            Err(raised) => self.failed = Some(raised),
        }
        if index == 0 {
            self.upvalues = function.upvalues;
        }
    }
}

/// The constants of a chunk that are not interned: equal ones are one string, as in the reference.
type LongStrings = BTreeMap<Vec<u8>, Value>;

fn string_constant(
    state: &mut State,
    bytes: &[u8],
    long_strings: &mut LongStrings,
) -> Result<Value, Raised> {
    if let Some(value) = long_strings.get(bytes) {
        return Ok(*value);
    }
    let string = state.new_string(bytes)?;
    let value = Value::string(string);
    if !string.is_short() {
        long_strings.insert(bytes.to_vec(), value);
    }
    Ok(value)
}

fn make_function(
    state: &mut State,
    chunk: &Rc<Chunk>,
    index: usize,
    mut code: Code,
    long_strings: &mut LongStrings,
) -> Result<Gc<Proto>, Raised> {
    let mut constants = Vec::with_capacity(code.constants.len());
    for constant in core::mem::take(&mut code.constants) {
        constants.push(match constant {
            Constant::Nil => Value::NIL,
            Constant::Bool(value) => Value::boolean(value),
            Constant::Int(value) => Value::int(value),
            Constant::Float(bits) => Value::float(f64::from_bits(bits)),
            Constant::Str(id) => string_constant(state, code.strings.get(id), long_strings)?,
        });
    }
    let mut globals = Vec::with_capacity(code.globals.len());
    let mut global_names = Vec::with_capacity(code.globals.len());
    for name in core::mem::take(&mut code.globals) {
        let name = state.new_string(code.strings.get(name))?;
        global_names.push(Value::string(name));
        globals.push(state.globals_cell(name)?);
    }
    let fields = ProtoFields {
        flags: proto_flags::TIER0
            | code.order
            | if code.is_vararg { proto_flags::VARARG } else { 0 },
        upvalue_count: code.upvalues.len() as u32,
        code: runtime::machine::tier0_entry(),
        data: 0,
        module: 0,
        index: index as u32,
        param_count: code.params.len() as u32,
        name: 0,
    };
    let room = frame::HEADER + code.register_count as usize + calls::PUT_BY;
    let function = Function { chunk: chunk.clone(), code, room, constants, globals, global_names };
    state.new_proto(ProtoFields { data: function.into_data(), ..fields })
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
    let (name, count) = (source.name.clone(), tree.functions.len());
    let closure = load_functions(state, (name, Origin::Text(source, debuggable), count), |then| {
        irgen::each_function(&tree, &options, then);
    })?;
    if closure.upvalue_count() > 0 {
        closure.set_upvalue(state, 0, env);
    }
    Ok(closure)
}

/// Makes functions of a precompiled chunk.
fn load_binary(
    state: &mut State,
    content: &runtime::dump::Content<'_>,
) -> Result<Option<Gc<Closure>>, Raised> {
    let Ok(module) = ir::binary::read_module(content.records, content.source) else {
        return Ok(None);
    };
    if module[ir::Module::MAIN].upvalues.len() != usize::from(content.upvalues) {
        return Ok(None);
    }
    state.hooks.plain_code |= module.functions.iter().any(|function| function.debug.is_none());
    let (origin, count) = (Origin::Records(content.records.to_vec()), module.functions.len());
    load_functions(state, (module.source, origin, count), |then| {
        module.functions.into_iter().for_each(then);
    })
    .map(Some)
}

/// The records of the functions of a text, which is known to be correct.
pub(crate) fn records_of(source: &syntax::Source, debuggable: bool) -> Option<Vec<u8>> {
    let tree = syntax::parse(source).ok()?;
    let module = irgen::generate(&tree, &source.name, &irgen::Options::dumped(debuggable));
    Some(ir::binary::write_functions(&module))
}
