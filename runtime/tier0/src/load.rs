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
use crate::function::{Chunk, Function};
use crate::{compile, frame, step};

static HOOKS: Tier0Hooks = Tier0Hooks {
    enter: step::enter,
    frame: frame::describe,
    function: Function::facts,
    line: Function::line,
    name: Function::operand_name,
    upvalue_name: Function::upvalue_name,
    clear_dead: frame::clear_dead_registers,
    trace: Function::trace,
    free: Function::free,
};

/// Makes a chunk's main function, its first upvalue (`_ENV`) being `env`.
pub fn load_module(
    state: &mut State,
    module: &ir::Module,
    env: Value,
) -> Result<Gc<Closure>, Raised> {
    install(state);
    // What is made here is found by nobody until the main closure is there.
    let paused = state.heap.pause();
    let main = make(state, module);
    state.heap.resume(paused);
    let closure = state.new_closure(main?)?;
    if closure.upvalue_count() > 0 {
        let cell = needs_cell(module).then(|| state.new_cell(env)).transpose()?;
        closure.set_upvalue_slot(state, 0, cell.map_or(env, Value::cell));
    }
    Ok(closure)
}

/// Whether the main chunk has `_ENV` as a cell.
fn needs_cell(module: &ir::Module) -> bool {
    let main = &module[ir::Module::MAIN];
    main.upvalues.first().is_some_and(|upvalue| upvalue.kind == ir::UpvalueKind::Cell)
}

fn make(state: &mut State, module: &ir::Module) -> Result<Gc<Proto>, Raised> {
    let chunk = Rc::new(Chunk {
        name: module.source.clone(),
        protos: RefCell::new(alloc::vec![None; module.functions.len()]),
    });
    let mut main = None;
    let mut long_strings = LongStrings::new();
    for (index, function) in module.functions.iter().enumerate() {
        let code = compile::function(function);
        let proto = make_function(state, &chunk, index, code, &mut long_strings)?;
        chunk.protos.borrow_mut()[index] = Some(proto);
        main = main.or(Some(proto));
    }
    Ok(main.expect("a module has a main chunk"))
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
    code: Code,
    long_strings: &mut LongStrings,
) -> Result<Gc<Proto>, Raised> {
    let mut constants = Vec::with_capacity(code.constants.len());
    for constant in &code.constants {
        constants.push(match constant {
            Constant::Nil => Value::NIL,
            Constant::Bool(value) => Value::boolean(*value),
            Constant::Int(value) => Value::int(*value),
            Constant::Float(bits) => Value::float(f64::from_bits(*bits)),
            Constant::Str(bytes) => string_constant(state, bytes, long_strings)?,
        });
    }
    let mut globals = Vec::with_capacity(code.globals.len());
    let mut global_names = Vec::with_capacity(code.globals.len());
    for name in &code.globals {
        let name = state.new_string(name)?;
        global_names.push(Value::string(name));
        globals.push(state.globals_cell(name)?);
    }
    let fields = ProtoFields {
        flags: proto_flags::TIER0 | if code.is_vararg { proto_flags::VARARG } else { 0 },
        upvalue_count: code.upvalues.len() as u32,
        code: runtime::machine::tier0_entry(),
        data: 0,
        module: 0,
        index: index as u32,
        param_count: code.params.len() as u32,
        name: 0,
    };
    let function = Function { chunk: chunk.clone(), code, constants, globals, global_names };
    state.new_proto(ProtoFields { data: function.into_data(), ..fields })
}

/// Gives a state the ability to load code.
pub fn install(state: &mut State) {
    state.hooks.tier0 = Some(&HOOKS);
    state.hooks.load = Some(load);
}

/// Compiles a source as a main chunk.
fn load(state: &mut State, chunk: &runtime::load::Chunk<'_>) -> Result<Gc<Closure>, Raised> {
    let source = syntax::Source::new(chunk.name, chunk.source);
    let tree = match syntax::parse(&source) {
        Ok(tree) => tree,
        Err(diagnostic) => return Err(state.raise_text(&[&diagnostic.message])),
    };
    let env_mode = match chunk.env {
        None => ir::EnvMode::Globals,
        Some(_) => ir::EnvMode::Variable,
    };
    let options = irgen::Options { env: env_mode, ..Default::default() };
    let module = irgen::generate(&tree, &source.name, &options);
    let env = chunk.env.unwrap_or_else(|| Value::table(state.globals()));
    load_module(state, &module, env)
}
