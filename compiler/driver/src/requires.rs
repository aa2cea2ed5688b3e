//! Which modules a chunk requires, as far as its text says.
//!
//! A call of the global `require` with a constant string names a module; so does `pcall(require,
//! "name")`, for which the module may be missing. Whatever else is done with `require` may load
//! any module.

use ir::{Function, Imm, Inst, Module, Op, Value};

/// A use of `require`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Required {
    /// The module's name; `None` when it is known at run time only.
    pub(crate) name: Option<Vec<u8>>,
    /// The program is prepared for the module to be missing.
    pub(crate) optional: bool,
    /// The line of the call.
    pub(crate) line: u32,
}

/// All uses of `require` in a chunk, by line.
pub(crate) fn of(module: &Module) -> Vec<Required> {
    let mut found = Vec::new();
    for function in &module.functions {
        for &block in &function.layout {
            for &inst in function.insts_of(block) {
                if let Some(required) = required_by(function, inst) {
                    found.push(required);
                }
            }
        }
    }
    found.sort_by_key(|required| required.line);
    found
}

fn required_by(function: &Function, inst: Inst) -> Option<Required> {
    let data = function.inst(inst);
    let args = function.args(inst);
    let edges = || function.successors(inst).iter().flat_map(|call| function.edge_args(*call));
    let is_require = |value: &Value| global_name(function, *value) == Some(b"require");
    if !args.iter().chain(edges()).any(is_require) {
        return None;
    }
    let uses = args.iter().filter(|value| is_require(value)).count();
    // A jump has no line; the place where `require` was read has one.
    let line = match data.line {
        0 => {
            args.iter().chain(edges()).copied().find(|value| is_require(value)).map_or(0, |value| {
                function.def_inst(value).map_or(0, |read| function.inst(read).line)
            })
        }
        line => line,
    };
    let unknown = Required { name: None, optional: false, line };
    let constant = |index: usize| {
        let id = function.const_str(*args.get(index)?)?;
        let name = function.strings.get(id).split(|&byte| byte == 0).next();
        name.map(<[u8]>::to_vec)
    };
    match data.op {
        // What a test sees goes nowhere.
        Op::Truthy | Op::Not | Op::IsNil => None,
        Op::Call | Op::TailCall if uses == 1 => {
            let (place, optional) = match global_name(function, args[0]) {
                Some(b"require") => (1, false),
                Some(b"pcall") if is_require(&args[1]) => (2, true),
                Some(b"xpcall") if is_require(&args[1]) => (3, true),
                _ => return Some(unknown),
            };
            let optional = optional && constant(place).is_some();
            Some(Required { name: constant(place), optional, line: data.line })
        }
        _ => Some(unknown),
    }
}

/// The name of the global that a value was read from.
pub(crate) fn global_name(function: &Function, value: Value) -> Option<&[u8]> {
    let inst = function.inst(function.def_inst(value)?);
    match (inst.op, inst.imm) {
        (Op::GlobalGet, Imm::Str(name)) => Some(function.strings.get(name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requires(text: &str) -> Vec<(Option<String>, bool, u32)> {
        let source = syntax::Source::new("@app.lua", text);
        let chunk = syntax::parse(&source).expect("correct");
        let module = irgen::generate(&chunk, &source.name, &irgen::Options::default());
        let text = |name: Vec<u8>| String::from_utf8(name).expect("text");
        let list = of(&module).into_iter();
        list.map(|found| (found.name.map(text), found.optional, found.line)).collect()
    }

    #[test]
    fn names_are_found_wherever_they_are_constant() {
        let named = |name: &str, optional, line| (Some(name.to_owned()), optional, line);
        assert_eq!(
            requires("local a = require 'a'\nreturn require('b.c')"),
            [named("a", false, 1), named("b.c", false, 2)]
        );
        assert_eq!(requires("local r = require\nlocal a = r 'a'"), [named("a", false, 2)]);
        assert_eq!(
            requires("if require then local _ = pcall(require, 'a') end"),
            [named("a", true, 1)]
        );
        assert_eq!(requires("function f()\n return require 'x'.y\nend"), [named("x", false, 2)]);
    }

    #[test]
    fn other_uses_are_unknown() {
        let unknown = [(None, false, 1)];
        assert_eq!(requires("require(x)"), unknown);
        assert_eq!(requires("print(require)"), unknown);
        assert_eq!(requires("local r = x or require; r 'a'"), unknown);
        assert_eq!(requires("require(require)"), unknown);
        assert_eq!(requires("pcall(require, x)"), unknown);
    }
}
