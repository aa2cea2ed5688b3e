//! Where the text of a program loads code, which `--dynamic=none` makes an error.
//!
//! Names only: who gets at `load` through a table (`_G[name]`) is told when the program runs.

use ir::{Function, Imm, Inst, Module, NameKind, Op};

/// The functions that load code.
pub(crate) const LOADERS: [&[u8]; 3] = [b"load", b"loadfile", b"dofile"];

/// A place where one of them is named: its line, and the name.
pub(crate) fn of(module: &Module) -> Vec<(u32, &'static [u8])> {
    let mut found = Vec::new();
    for function in &module.functions {
        for inst in function.layout.iter().flat_map(|block| function.insts_of(*block)) {
            let name = global_read(function, *inst);
            if let Some(loader) = LOADERS.into_iter().find(|loader| name == Some(*loader)) {
                found.push((function.inst(*inst).line, loader));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The name of the global that an instruction reads, from `_ENV` too where that is a variable.
fn global_read(function: &Function, inst: Inst) -> Option<&[u8]> {
    let data = function.inst(inst);
    match (data.op, data.imm) {
        (Op::GlobalGet, Imm::Str(name)) => Some(function.strings.get(name)),
        (Op::Index, _) => {
            let environment = function.operand_name(inst, 0)?;
            let is_variable = matches!(environment.kind, NameKind::Upvalue | NameKind::Local);
            let key = function.const_str(function.args(inst)[1])?;
            (is_variable && function.strings.get(environment.name) == b"_ENV")
                .then(|| function.strings.get(key))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found() {
        let places = |text: &str| {
            let source = syntax::Source::new("@app.lua", text);
            let chunk = syntax::parse(&source).expect("correct");
            of(&irgen::generate(&chunk, &source.name, &irgen::Options::default()))
        };
        assert_eq!(places("print(1)"), []);
        let twice = "local l = loadstring or load\nfunction f() return load, dofile end";
        assert_eq!(places(twice), [(1, &b"load"[..]), (2, b"dofile"), (2, b"load")]);
        assert_eq!(places("_ENV = {load = load}\nload()"), [(1, &b"load"[..]), (2, b"load")]);
    }
}
