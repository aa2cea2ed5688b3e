//! IR as text to objects, for every architecture: that it compiles, what the stack maps say, and
//! that the tables of the descriptor can be read back.

use crate::{
    LibraryImport, Model, OptLevel, Options, Output, Preload, compile_module_with_sizes, emit_asm,
    emit_clif,
};
use abi::functions::RuntimeFn;
use abi::module::{
    FunctionInfo, LibraryEntry, MAGIC, ModuleDescriptor, Site, VERSION_SYMBOL, module_flags,
    name_kind, root_kind,
};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};
use std::collections::HashMap;
use std::mem::{offset_of, size_of};

const TARGETS: [&str; 4] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "riscv64gc-unknown-linux-gnu",
    "s390x-unknown-linux-gnu",
];

const FIB: &str = r#"
module "@dir/fib.lua" 5.4 globals

fn @0 "main"(...) lines 0..0 hash 0x0 {
    upvalue value "_ENV" = local
b0:
    v0: func = closure @1(self)
    v1: int = const.int 35
    v2: any = call v0, v1 @9 {0: local "fib"}
    global.set "answer", v2 @9
    return
}

fn @1 "fib"("n") lines 1..6 hash 0x1 {
    upvalue value "fib" = local
b0(v0: any):
    v1: int = const.int 2
    v2: bool = lt v0, v1 @2 {0: local "n"}
    branch v2, b1, b2
b1:
    return v0 @2
b2:
    v3: any = upvalue.get 0
    v4: int = const.int 1
    v5: any = sub v0, v4 @3 {0: local "n"}
    v6: any = call v3, v5 @3 {0: upvalue "fib"}
    v7: any = upvalue.get 0
    v8: int = const.int 2
    v9: any = sub v0, v8 @4 {0: local "n"}
    v10: any = call v7, v9 @4 {0: upvalue "fib"}
    v11: any = add v6, v10 @4
    return v11 @4
}
"#;

/// Every operation that the tests of operators below leave out, in likely and unlikely forms.
const OPERATIONS: &str = r#"
module "@all.lua" 5.4 globals

fn @0 "main"(...) lines 0..0 hash 0x0 {
    upvalue cell "_ENV" = local
b0:
    v0: cell = upvalue.cell 0
    v1: any = cell.get v0
    v2: int = const.int 3
    v3: cell = cell.new v2
    v4: func = closure @1(v3, v2)
    v5: func = closure @2(self, v4)
    v6: multi = vararg.all
    call v4, v2, v6 @3 {0: local "f"}
    v7: multi = call v5 @4
    v8: pack = multi.save v7
    v10: table = table.new 2, 3
    v9: multi = multi.load v8
    set_list 1, v10, v2, v9
    v11: str = const.str "key"
    v12: any = index v10, v11 @5 {0: local "t"}
    set_index v10, v11, v12 @6
    v13: any = method "m", v10 @7
    v14: any, v15: any, v16: any = call v13, v10, v2, v11, v12, v1 @7 {0: method "m"}
    v17: str = concat v11, v11
    v18: any = concat v11, v14, v16 @8
    v19: any = global.get "print" @9
    global.set "x", v15 @9
    v20: any = len v18 @9
    v21: int = len v17
    tbc.push v20 @10 {0: local "c"}
    tbc.close 1 @11
    set_list 3, v10, v19, v20, v21
    v22: float = const.float 0.5
    v23: nil = const.nil
    v24: bool = const.bool true
    v25: multi = call v13, v22, v23, v24 @12
    set_list 1, v10, v25
    v26: multi = vararg.all
    return v2, v26
}

fn @1 "loops"("a", "b", "c", "d", ...) lines 3..9 hash 0x1 {
    upvalue cell "x" = local
    upvalue value "y" = local
b0(v0: any, v1: any, v2: any, v3: any):
    v4: int = vararg.count
    v5: any = vararg.get 0
    v6: int = const.int 1
    v7: bool, v8: int = for.prep.int v6, v3, v6 @4 {1: local "d"}
    branch v7, b1(v6, v8, v0), b2(v0)
b1(v9: int, v10: int, v11: any):
    v12: any = add v11, v5 @5
    v13: table = table.new 0, 0 @5
    v14: cell = upvalue.cell 0
    cell.set v14, v13
    v15: int = const.int 0
    v16: bool = eq v10, v15
    v17: int = sub v10, v6
    v18: int = add v9, v6
    branch v16, b2(v12), b1(v18, v17, v12)
b2(v19: any):
    v20: bool, v21: any, v22: any, v23: any = for.prep v0, v1, v2 @6
    branch v20, b3(v21, v22), b4
b3(v24: any, v25: any):
    call v19, v24 @7
    v26: bool, v27: any, v28: any = for.next v24, v25, v23
    branch v26, b3(v27, v28), b4
b4:
    v29: bool = truthy v19
    branch v29, b5, b6
b5:
    v30: bool = not v1
    v31: bool = is_nil v1
    v32: any = upvalue.get 1
    v33: bool, v34: int = for.prep.int v6, v0, v4 @8
    return v30, v31, v32, v33, v34 @8
b6:
    v35: multi = vararg.all
    tailcall v19, v0, v35 @9 {0: local "f"}
}

fn @2 "tail"("n") lines 10..12 hash 0x2 {
    upvalue value "tail" = local
    upvalue value "f" = local
b0(v0: any):
    v1: any = upvalue.get 0
    v2: any = upvalue.get 1
    v3: bool = eq v1, v2
    branch v3, b1, b2
b1:
    tailcall v1, v0 @11
b2:
    v4: multi = call v2, v0 @12
    return v4
}
"#;

fn read(text: &str) -> ir::Module {
    let module = ir::read::read_module(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    if let Err(fault) = ir::verify::verify_module(&module) {
        panic!("{fault:?}\n{text}");
    }
    module
}

fn options(target: &str) -> Options {
    let mut options = Options::new(target.parse().expect("a triple"));
    options.verify = true;
    options
}

fn compile(module: &ir::Module, options: &Options) -> Output {
    match compile_module_with_sizes(module, options) {
        Ok(output) => output,
        Err(error) => panic!("{}: {error}", options.triple),
    }
}

fn compile_everywhere(module: &ir::Module) {
    for target in TARGETS {
        for (opt_level, model) in
            [(OptLevel::Speed, Model::Single), (OptLevel::None, Model::Instance)]
        {
            compile(module, &Options { opt_level, model, ..options(target) });
        }
    }
}

#[test]
fn every_operation_compiles_everywhere() {
    compile_everywhere(&read(OPERATIONS));
    compile_everywhere(&read(FIB));
}

#[test]
fn other_formats_compile() {
    for target in ["x86_64-pc-windows-gnu", "aarch64-apple-darwin", "x86_64-apple-darwin"] {
        for text in [FIB, OPERATIONS] {
            compile(&read(text), &options(target));
        }
    }
}

/// Each operator for each pair of what may be known of its operands.
#[test]
fn operators_compile_for_all_types() {
    let operands = "
        v1: int = vararg.count
        v2: int = const.int 7
        v3: float = const.float 2
        v4: str = const.str \"s\"
        v5: bool = not v0
        v6: nil = const.nil
        v7: table = table.new 0, 0
        v8: int = const.int -1
        v9: int = const.int 8
        v10: int = const.int 9007199254740993
        v11: func = closure @0(v0)
        v12: any = vararg.get 1\n";
    let types = [
        ir::Type::Any,
        ir::Type::Int,
        ir::Type::Int,
        ir::Type::Float,
        ir::Type::Str,
        ir::Type::Bool,
        ir::Type::Nil,
        ir::Type::Table,
        ir::Type::Int,
        ir::Type::Int,
        ir::Type::Int,
        ir::Type::Func,
        ir::Type::Any,
    ];
    let mut text = String::from("module \"@ops.lua\" 5.4 globals\n");
    text.push_str(
        "fn @0 \"main\"(...) lines 0..0 hash 0x0 {\n    upvalue value \"_ENV\" = local\n",
    );
    text.push_str("b0:\n    v0: any = vararg.get 0\n");
    text.push_str(&operands.replace("@0(v0)", "@1(v0)"));
    let mut next = 20;
    let mut last = 0;
    let (mut body, mut blocks) = (String::new(), 0);
    for op in ir::Op::ALL {
        let row = op.info();
        let is_operator = row.imm == ir::op::ImmKind::None
            && row.operands.iter().all(|operand| *operand == ir::op::Operand::Lua)
            && (1..=2).contains(&row.operands.len())
            && !matches!(op, ir::Op::CellNew | ir::Op::Call | ir::Op::TailCall | ir::Op::TbcPush);
        if !is_operator {
            continue;
        }
        for a in 0..types.len() {
            for b in 0..if row.operands.len() == 2 { types.len() } else { 1 } {
                let args = &[types[a], types[b]][..row.operands.len()];
                let ty = match row.results {
                    ir::op::Results::Fixed(types) => types[0],
                    _ => ir::op::result_type(*op, args),
                };
                let list = if args.len() == 2 { format!("v{a}, v{b}") } else { format!("v{a}") };
                body.push_str(&format!("    v{next}: {ty} = {} {list}\n", op.name()));
                if ty == ir::Type::Bool && (a + b) % 2 == 0 {
                    blocks += 2;
                    let (yes, no) = (blocks - 1, blocks);
                    body.push_str(&format!("    branch v{next}, b{yes}, b{no}\nb{yes}:\n"));
                    body.push_str(&format!("    call v0, v{last}\n    jump b{no}\nb{no}:\n"));
                } else {
                    body.push_str(&format!("    global.set \"x\", v{next}\n"));
                }
                last = if ty == ir::Type::Any { next } else { 0 };
                last = if blocks == 0 { last } else { 0 };
                next += 1;
            }
        }
    }
    text.push_str(&body);
    text.push_str("    return\n}\n");
    text.push_str(
        "fn @1 \"f\"() lines 1..1 hash 0x0 {\n    upvalue value \"a\" = local\nb0:\n    return\n}\n",
    );
    compile_everywhere(&read(&text));
}

#[test]
fn clif_and_asm_are_text() {
    let module = read(FIB);
    let clif = emit_clif(&module, &options(TARGETS[0])).expect("CLIF");
    assert!(clif.contains("; lua:fib.lua:1:fib\n"), "{clif}");
    let asm = emit_asm(&module, &options(TARGETS[0])).expect("code");
    assert!(asm.contains("; lua:fib.lua:1:fib: "), "{asm}");
    assert!(asm.contains("; dir/fib.lua:3\n"), "{asm}");
    assert!(asm.contains("pl_closure_new") && !asm.contains("userextname"), "{asm}");
}

/// `n < 2` and `n - 1` fall through for integers.
#[test]
fn floats_are_out_of_the_way_where_constants_are_integers() {
    let clif = emit_clif(&read(FIB), &options(TARGETS[0])).expect("CLIF");
    let mut floats = 0;
    for block in clif.split("\n\n") {
        if block.contains("fsub") || block.contains("fcmp") {
            floats += 1;
            let head = block.trim_start().lines().next().unwrap_or_default();
            assert!(head.ends_with(" cold:"), "{block}");
        }
    }
    assert_eq!(floats, 3, "{clif}");
}

/// `for k, v in pairs(t) do end` reads elements in line, and other entries without a call of `next`.
#[test]
fn table_loops_are_stepped_in_line() {
    let text = r#"
fn @0 "main"(...) lines 0..0 hash 0x0 {
b0:
    v0: any = vararg.get 0
    v1: any = vararg.get 1
    v2: nil = const.nil
    jump b1(v2)
b1(v3: any):
    v4: any, v5: any = call v0, v1, v3 @1 {0: iterator "for iterator"}
    v6: bool = is_nil v4
    branch v6, b2, b3
b2:
    return
b3:
    jump b1(v4)
}
"#;
    let next = format!("u1:{} ", RuntimeFn::next as u32);
    for (level, in_line) in [(OptLevel::Speed, true), (OptLevel::None, false)] {
        let options = Options { opt_level: level, ..options(TARGETS[0]) };
        let clif = emit_clif(&read(text), &options).expect("CLIF");
        assert_eq!(clif.contains(&next), in_line, "{clif}");
    }
}

#[test]
fn output_does_not_depend_on_threads() {
    let module = read(OPERATIONS);
    let one = compile(&module, &Options { threads: 1, ..options(TARGETS[0]) });
    for _ in 0..3 {
        assert_eq!(compile(&module, &Options { threads: 4, ..options(TARGETS[0]) }), one);
    }
}

/// More values than the buffers of the context have room for at first.
#[test]
fn a_list_of_any_length_compiles() {
    let mut module = read(FIB);
    let main = &mut module.functions[0];
    let call = main.insts.iter().position(|inst| inst.op == ir::Op::Call).expect("a call");
    let callee = main.args(ir::Inst(call as u32))[0];
    let range = main.pool_list(&vec![callee; 700]);
    main.insts[call].args = range;
    for target in TARGETS {
        assert!(!compile(&module, &options(target)).object.is_empty());
    }
}

/// A chunk of many calls with values live across them compiles in time linear in its size.
#[test]
fn a_large_function_compiles() {
    let mut text = String::from("fn @0 \"main\"(...) lines 0..0 hash 0x0 {\n");
    text.push_str("    upvalue value \"_ENV\" = local\nb0:\n    v0: any = vararg.get 0\n");
    for index in 1..3000 {
        let before = index - 1;
        match index % 3 {
            0 => text.push_str(&format!("    v{index}: any = call v0, v{before} @{index}\n")),
            1 => text.push_str(&format!("    v{index}: any = add v0, v{before} @{index}\n")),
            _ => text.push_str(&format!("    v{index}: any = index v0, v{before} @{index}\n")),
        }
    }
    text.push_str("    return v2999\n}\n");
    let output =
        compile(&read(&text), &Options { opt_level: OptLevel::None, ..options(TARGETS[0]) });
    // Places in the frame are used again.
    assert!(output.sizes[0].root_size < 100, "{:?}", output.sizes);
}

/// The tables of an object, read as the runtime reads them.
struct Tables {
    descriptor: Vec<u8>,
    blob: Vec<u8>,
    big: bool,
}

impl Tables {
    fn of(bytes: &[u8]) -> Tables {
        let file = object::File::parse(bytes).expect("an object");
        let part = |name: &str| {
            let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name));
            let symbol = symbol.unwrap_or_else(|| panic!("no symbol {name}"));
            let section = symbol.section_index().expect("defined");
            let section = file.section_by_index(section).expect("a section");
            let data = section.data().expect("data");
            let start = (symbol.address() - section.address()) as usize;
            data[start..start + symbol.size() as usize].to_vec()
        };
        Tables {
            descriptor: part(abi::module::DESCRIPTOR_SYMBOL),
            blob: part("lua:tables"),
            big: !file.is_little_endian(),
        }
    }

    fn number(&self, bytes: &[u8], at: usize) -> u32 {
        let bytes = bytes[at..at + 4].try_into().expect("four bytes");
        if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn head(&self, at: usize) -> u32 {
        self.number(&self.descriptor, at)
    }

    fn word(&self, at: u32) -> u32 {
        self.number(&self.blob, at as usize)
    }

    fn string(&self, index: u32) -> String {
        let at = self.head(offset_of!(ModuleDescriptor, strings)) + 8 * index;
        let (offset, len) = (self.word(at) as usize, self.word(at + 4) as usize);
        String::from_utf8(self.blob[offset..offset + len].to_vec()).expect("text")
    }

    fn functions(&self) -> Vec<FunctionInfo> {
        let start = self.head(offset_of!(ModuleDescriptor, functions));
        let count = self.head(offset_of!(ModuleDescriptor, function_count));
        let field = |index: u32, field: u32| {
            self.word(start + index * size_of::<FunctionInfo>() as u32 + 4 * field)
        };
        let info = |index| FunctionInfo {
            code: field(index, 0),
            code_size: field(index, 1),
            line_defined: field(index, 2),
            last_line_defined: field(index, 3),
            param_count: field(index, 4),
            flags: field(index, 5),
            upvalue_count: field(index, 6),
            upvalues: field(index, 7),
            chunk_name: field(index, 8),
        };
        (0..count).map(info).collect()
    }

    fn sites(&self) -> Vec<Site> {
        let start = self.head(offset_of!(ModuleDescriptor, sites));
        let count = self.head(offset_of!(ModuleDescriptor, site_count));
        let field = |index: u32, field: u32| {
            self.word(start + index * size_of::<Site>() as u32 + 4 * field)
        };
        let site = |index| Site {
            return_offset: field(index, 0),
            function: field(index, 1),
            frame_size: field(index, 2),
            roots: field(index, 3),
            line: field(index, 4),
            names: field(index, 5),
        };
        (0..count).map(site).collect()
    }

    /// Offset and kind of each root of a site.
    fn roots(&self, site: &Site) -> Vec<(u32, u32)> {
        let count = self.word(site.roots);
        let roots = (0..count).map(|index| self.word(site.roots + 4 + 4 * index));
        roots.map(|root| (root >> 2, root & 3)).collect()
    }

    /// Operand, kind and name of each named operand of a site.
    fn names(&self, site: &Site) -> Vec<(u32, u32, String)> {
        if site.names == 0 {
            return Vec::new();
        }
        let entry = |index: u32| {
            let head = self.word(site.names + 4 + 8 * index);
            let name = self.string(self.word(site.names + 8 + 8 * index));
            (head & 0xff, head >> 8, name)
        };
        (0..self.word(site.names)).map(entry).collect()
    }
}

#[test]
fn tables_read_back_everywhere() {
    for target in TARGETS {
        let mut options = options(target);
        options.preloads = vec![Preload { name: b"m".to_vec(), function: ir::FuncId(1) }];
        options.flags = module_flags::GC_STRESS;
        let output = compile(&read(FIB), &options);
        let tables = Tables::of(&output.object);
        assert_eq!(tables.head(offset_of!(ModuleDescriptor, magic)), MAGIC);
        let flags = tables.head(offset_of!(ModuleDescriptor, flags));
        assert_eq!(flags, module_flags::GC_STRESS);
        assert_eq!(tables.head(offset_of!(ModuleDescriptor, edition)), 54);
        let preloads = tables.head(offset_of!(ModuleDescriptor, preloads));
        assert_eq!(tables.string(tables.word(preloads)), "m");
        assert_eq!(tables.word(preloads + 4), 1);
        // One global, whose name is a constant.
        assert_eq!(tables.head(offset_of!(ModuleDescriptor, global_count)), 1);
        let globals = tables.head(offset_of!(ModuleDescriptor, globals));
        assert_eq!(tables.string(tables.word(globals)), "answer");
        assert_eq!(tables.head(offset_of!(ModuleDescriptor, string_count)), 1);

        let functions = tables.functions();
        assert_eq!(functions.len(), 2);
        let fib = functions[1];
        assert_eq!((fib.line_defined, fib.last_line_defined), (1, 6));
        assert_eq!((fib.param_count, fib.upvalue_count), (1, 1));
        assert_eq!(tables.string(fib.chunk_name), "@dir/fib.lua");
        assert_eq!(tables.string(tables.word(fib.upvalues)), "fib");
        assert!(fib.code >= functions[0].code + functions[0].code_size);

        let sites = tables.sites();
        assert!(sites.is_sorted_by_key(|site| site.return_offset));
        for site in &sites {
            let info = functions[site.function as usize];
            let range = info.code + 1..=info.code + info.code_size;
            assert!(range.contains(&site.return_offset), "{target}");
            for (offset, kind) in tables.roots(site) {
                let size = if kind == root_kind::VALUE { 16 } else { 8 };
                assert!(offset + size <= site.frame_size, "{target}: {site:?}");
            }
        }
        // The two recursive calls, by their names: `n` lives across the first one, its result
        // across none of the usual safepoints.
        let named = (name_kind::CALLEE, name_kind::UPVALUE, "fib".to_string());
        let calls: Vec<&Site> =
            sites.iter().filter(|site| tables.names(site).contains(&named)).collect();
        let kinds = |site: &Site| {
            let mut kinds: Vec<u32> = tables.roots(site).iter().map(|(_, kind)| *kind).collect();
            kinds.sort_unstable();
            kinds
        };
        assert_eq!(calls.iter().map(|site| site.line).collect::<Vec<_>>(), [3, 4], "{target}");
        let values = [root_kind::VALUE, root_kind::CLOSURE, root_kind::DESC];
        assert_eq!(kinds(calls[0]), values);
        assert_eq!(kinds(calls[1]), values);
    }
}

#[test]
fn symbols_are_there() {
    let mut options = options(TARGETS[0]);
    options.libraries = vec![LibraryImport {
        library: "math".into(),
        name: "floor".into(),
        symbol: "pl_lib_math_floor".into(),
    }];
    let output = compile(&read(FIB), &options);
    let file = object::File::parse(&*output.object).expect("an object");
    let symbols: HashMap<&str, object::Symbol<'_, '_>> =
        file.symbols().filter_map(|symbol| Some((symbol.name().ok()?, symbol))).collect();
    assert!(symbols["perilune_module"].is_global());
    assert!(symbols[VERSION_SYMBOL].is_undefined());
    assert!(symbols["pl_lib_math_floor"].is_undefined());
    assert!(symbols["pl_closure_new"].is_undefined());
    assert!(symbols["lua:fib.lua:1:fib"].is_local());
    // The names in the table of libraries are addresses in the tables.
    let tables = Tables::of(&output.object);
    let start = symbols["lua:libraries"].address();
    let section = symbols["lua:libraries"].section_index().expect("defined");
    let section = file.section_by_index(section).expect("a section");
    let name_of = |field: usize| {
        let at = start + field as u64;
        let (_, relocation) =
            section.relocations().find(|(offset, _)| *offset == at).expect("a relocation");
        let RelocationTarget::Symbol(symbol) = relocation.target() else { panic!("a symbol") };
        let symbol = file.symbol_by_index(symbol).expect("a symbol");
        // The target is the tables' symbol or its section.
        let from = if symbol.kind() == object::SymbolKind::Section {
            symbols["lua:tables"].address() as i64
        } else {
            0
        };
        let at = (relocation.addend() - from) as usize;
        let bytes: Vec<u8> = tables.blob[at..].iter().copied().take_while(|b| *b != 0).collect();
        String::from_utf8(bytes).expect("text")
    };
    assert_eq!(name_of(offset_of!(LibraryEntry, library)), "math");
    assert_eq!(name_of(offset_of!(LibraryEntry, name)), "floor");
}
