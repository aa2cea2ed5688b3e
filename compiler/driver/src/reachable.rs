//! What of the library a program can reach: nothing else is linked.
//!
//! A basic function is reached by its global's name; a function of a library by a constant field of
//! the library's global (`string.format`), and the whole library as soon as its table is used in any
//! other way. Methods reach the string library through the metatable of strings: one by its name,
//! all of them where something unknown is indexed with an unknown key, as that could be a string.
//!
//! Whoever can get at all globals by computed names (`_G`, `_ENV` as a value, `package`, most of
//! `debug`) reaches everything. So does code that is loaded at run time (`load`, `require` with a name that
//! is not known), which also needs front end and tier 0, unless the program is built without them.

use std::collections::BTreeSet;

use codegen::LibraryImport;
use ir::{Function, Imm, Inst, Op, Type, Value};

use crate::loads::LOADERS;
use crate::requires::global_name;

/// What is to be linked.
pub(crate) struct Reachable {
    /// The library functions.
    pub(crate) libraries: Vec<LibraryImport>,
    /// Whether code may be loaded at run time.
    pub(crate) dynamic: bool,
    /// Whether functions may be dumped.
    pub(crate) dump: bool,
}

/// Globals through which everything can be reached, loading of code included.
const OPEN: &[&[u8]] = &[b"package", b"_G"];
/// Likewise, but for some functions.
const DEBUG: &[u8] = b"debug";
/// Functions of that library which lead to nothing but functions that are being called, and what
/// these have.
const HARMLESS: [&[u8]; 6] =
    [b"traceback", b"getinfo", b"sethook", b"gethook", b"getlocal", b"setlocal"];
/// The library whose functions are the methods of strings.
const STRING: &str = "string";
/// The function of that library to which a program's functions are to be known as more than code.
const DUMP: &str = "dump";

/// What these chunks can reach together. `required` names the libraries among the modules they
/// require; `any_module`: they may require modules whose names are not known; `can_load`: code may
/// be loaded at run time at all.
pub(crate) fn of<'m>(
    modules: impl Iterator<Item = &'m ir::Module>,
    required: &[Vec<u8>],
    any_module: bool,
    can_load: bool,
) -> Reachable {
    let mut found = Found { loads: any_module, ..Found::default() };
    for library in required {
        found.global(library.clone());
        found.whole.insert(library.clone());
    }
    for module in modules {
        found.open |= module.env == ir::EnvMode::Variable || uses_environment(module);
        module.functions.iter().for_each(|function| found.scan(function));
    }
    found.open |= found.whole.contains(DEBUG)
        || found
            .fields
            .iter()
            .any(|(table, key)| table == DEBUG && !HARMLESS.contains(&key.as_slice()));
    let dynamic = can_load && (found.open || found.loads);
    if found.open || dynamic {
        return Reachable { libraries: everything(), dynamic, dump: true };
    }
    let mut libraries = Vec::new();
    for library in runtime::stdlib::LIBRARIES {
        let name = library.name;
        // The metatable of strings does the arithmetic on strings, and its opener is small.
        // The searchers of `require` are in `package`.
        let opened = name == STRING
            || found.globals.contains(name.as_bytes())
            || name == "package" && found.globals.contains(&b"require"[..]);
        if opened && let Some(opener) = &library.opener {
            libraries.push(import(name, opener.name));
        }
        for function in library.functions {
            let key = function.name.as_bytes();
            let reached = match name {
                "_G" => found.globals.contains(key),
                _ => {
                    found.whole.contains(name.as_bytes())
                        || found.fields.contains(&(name.as_bytes().to_vec(), key.to_vec()))
                        || name == STRING && (found.any_method || found.methods.contains(key))
                }
            };
            if reached {
                libraries.push(import(name, function.name));
            }
        }
        // What is no function of `_G` (`_VERSION`) is put there by its opener.
        if name == "_G"
            && let Some(opener) = &library.opener
        {
            libraries.push(import(name, opener.name));
        }
    }
    let dump = libraries.iter().any(|import| import.library == STRING && import.name == DUMP);
    Reachable { libraries, dynamic, dump }
}

/// The whole library.
pub(crate) fn everything() -> Vec<LibraryImport> {
    let all = runtime::stdlib::LIBRARIES.iter();
    all.flat_map(|library| {
        let functions = library.functions.iter().chain(&library.opener);
        functions.map(|function| import(library.name, function.name))
    })
    .collect()
}

fn import(library: &str, name: &str) -> LibraryImport {
    LibraryImport {
        library: library.to_owned(),
        name: name.to_owned(),
        symbol: format!("pl_lib_{library}_{name}"),
    }
}

/// Whether the main chunk hands `_ENV` on as a value.
fn uses_environment(module: &ir::Module) -> bool {
    let main = &module[ir::Module::MAIN];
    let reads = |function: &Function| {
        function
            .layout
            .iter()
            .flat_map(|block| function.insts_of(*block))
            .any(|inst| matches!(function.inst(*inst).op, Op::UpvalueGet | Op::UpvalueCell))
    };
    let captures = |function: &Function| {
        function.upvalues.iter().any(|upvalue| function.strings.get(upvalue.name) == b"_ENV")
    };
    reads(main) || module.functions.iter().skip(1).any(captures)
}

#[derive(Default)]
struct Found {
    /// Names of globals that are read.
    globals: BTreeSet<Vec<u8>>,
    /// Globals whose value is used in other ways than for a constant field.
    whole: BTreeSet<Vec<u8>>,
    /// Constant fields of globals.
    fields: BTreeSet<(Vec<u8>, Vec<u8>)>,
    /// Constant names by which values are indexed that may be strings.
    methods: BTreeSet<Vec<u8>>,
    /// Something that may be a string is indexed by an unknown key.
    any_method: bool,
    /// All globals can be reached.
    open: bool,
    /// Code is loaded.
    loads: bool,
}

impl Found {
    fn scan(&mut self, function: &Function) {
        for &block in &function.layout {
            for &inst in function.insts_of(block) {
                self.inst(function, inst);
                for call in function.successors(inst) {
                    for &value in function.edge_args(*call) {
                        self.escapes(function, value);
                    }
                }
            }
        }
    }

    fn global(&mut self, name: Vec<u8>) {
        self.open |= OPEN.contains(&name.as_slice());
        self.loads |= LOADERS.contains(&name.as_slice());
        self.globals.insert(name);
    }

    fn inst(&mut self, function: &Function, inst: Inst) {
        let data = function.inst(inst);
        let args = function.args(inst);
        match (data.op, data.imm) {
            (Op::GlobalGet | Op::GlobalSet, Imm::Str(name)) => {
                self.global(function.strings.get(name).to_vec());
                self.all_escape(function, args);
            }
            (Op::Index, _) => {
                let key = function.const_str(args[1]).map(|key| function.strings.get(key));
                match (global_name(function, args[0]), key) {
                    (Some(global), Some(key)) => {
                        self.fields.insert((global.to_vec(), key.to_vec()));
                        self.methods.insert(key.to_vec());
                    }
                    (_, Some(key)) => {
                        self.methods.insert(key.to_vec());
                    }
                    (_, None) => {
                        self.escapes(function, args[0]);
                        // A number or a boolean names no method.
                        self.any_method |= matches!(function.ty(args[1]), Type::Any | Type::Str)
                            && matches!(function.ty(args[0]), Type::Any | Type::Str);
                    }
                }
                self.escapes(function, args[1]);
            }
            (Op::Method, Imm::Str(name)) => {
                let name = function.strings.get(name);
                self.methods.insert(name.to_vec());
                if let Some(global) = global_name(function, args[0]) {
                    self.fields.insert((global.to_vec(), name.to_vec()));
                    // The table itself is the first argument.
                    self.escapes(function, args[0]);
                }
            }
            // What a test or a comparison sees goes nowhere.
            (Op::Truthy | Op::Not | Op::IsNil, _) => {}
            _ => self.all_escape(function, args),
        }
    }

    fn all_escape(&mut self, function: &Function, values: &[Value]) {
        for &value in values {
            self.escapes(function, value);
        }
    }

    /// A value is used in a way that is not followed: if it is a global's, all its fields count.
    fn escapes(&mut self, function: &Function, value: Value) {
        if let Some(global) = global_name(function, value) {
            // The metatable of strings leads to their library.
            if global == b"getmetatable" {
                self.whole.insert(STRING.as_bytes().to_vec());
            }
            self.whole.insert(global.to_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reachable(text: &str) -> Reachable {
        built(text, true)
    }

    fn built(text: &str, can_load: bool) -> Reachable {
        let source = syntax::Source::new("@app.lua", text);
        let chunk = syntax::parse(&source).expect("correct");
        let module = irgen::generate(&chunk, &source.name, &irgen::Options::default());
        of([&module].into_iter(), &[], false, can_load)
    }

    #[test]
    fn require_alone_loads_no_code() {
        let found = reachable("local util = require 'util'; print(util)");
        assert!(!found.dynamic);
        let has = |library: &str, name: &str| {
            found.libraries.iter().any(|import| import.library == library && import.name == name)
        };
        assert!(has("_G", "require") && has("package", "") && has("_G", "print"));
        assert!(!has("package", "searchpath") && !has("io", "open"));
    }

    #[test]
    fn code_can_be_loaded() {
        assert!(reachable("load('x')()").dynamic);
        assert!(reachable("print(package.path)").dynamic);
        assert!(reachable("print(_ENV)").dynamic);
        assert!(!reachable("print(1)").dynamic);
        assert!(!reachable("xpcall(f, debug.traceback) print(debug.getinfo(1).short_src)").dynamic);
        assert!(reachable("debug.getregistry()").dynamic);
        assert!(reachable("local d = debug; print(d)").dynamic);
    }

    #[test]
    fn nothing_is_linked_for_code_that_cannot_be_loaded() {
        let found = built("load('x')()", false);
        assert!(!found.dynamic && !found.dump && found.libraries.len() < 5);
        let found = built("print(_G)", false);
        assert!(!found.dynamic && found.dump && found.libraries.len() > 50);
    }
}
