//! Functions as bytes: what is written comes back, and what is damaged is refused.

use std::fs;
use std::path::Path;

use ir::binary::{Records, Writer, read_module, write_functions};

/// The IR of a text as it is dumped.
fn module(text: &[u8], debuggable: bool) -> ir::Module {
    let source = syntax::Source::new("@x.lua", text);
    let chunk = syntax::parse(&source).expect("correct");
    irgen::generate(&chunk, &source.name, &irgen::Options::dumped(debuggable))
}

/// What is not kept: names for people, and where upvalues were captured.
fn forget(module: &mut ir::Module) {
    for func in &mut module.functions {
        func.name.clear();
        func.hash = 0;
        for upvalue in &mut func.upvalues {
            upvalue.source = ir::UpvalueSource::ParentValue;
        }
    }
}

fn programs() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut programs = Vec::new();
    for topic in fs::read_dir(folder).expect("there are cases") {
        for file in fs::read_dir(topic.expect("a folder").path()).expect("a topic") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "lua") {
                programs.push(fs::read(path).expect("a case"));
            }
        }
    }
    programs
}

#[test]
fn functions_come_back() {
    for program in programs() {
        let source = syntax::Source::new("@x.lua", &program[..]);
        if syntax::parse(&source).is_err() {
            continue;
        }
        for debuggable in [false, true] {
            let mut module = module(&program, debuggable);
            let bytes = write_functions(&module);
            let mut again = read_module(&bytes, Some(&module.source)).expect("it is whole");
            assert_eq!(write_functions(&again), bytes);
            forget(&mut module);
            forget(&mut again);
            assert_eq!(ir::write::module_to_text(&again), ir::write::module_to_text(&module));
        }
    }
}

#[test]
fn damage_never_goes_unnoticed_to_the_interpreter() {
    let text = b"local a <close>, b = ... for i, v in pairs(b) do local function f() a[i] = v .. f(b) end
        if f() then goto out end b = {f(), ...} end ::out:: return b, function() return a + 1.5 end";
    for debuggable in [false, true] {
        let bytes = write_functions(&module(text, debuggable));
        for len in 0..bytes.len() {
            let cut = read_module(&bytes[..len], None);
            assert!(cut.is_err() || cut.is_ok_and(|module| module.functions.len() < 3));
        }
        for at in 0..bytes.len() {
            for change in [1, 2, 4, 0x7f, 0x80, 0xff] {
                let mut bad = bytes.clone();
                bad[at] ^= change;
                // Refused or well-formed: no panic.
                let Ok(records) = Records::check(&bad, None) else { continue };
                let module = read_module(&bad, None).expect("it was checked");
                ir::verify::verify_module(&module).expect("well-formed");
                for index in 0..records.len() as u32 {
                    let upvalues = records.upvalue_kinds(ir::FuncId(index)).count();
                    assert_eq!(records.outline(index).upvalue_count as usize, upvalues);
                    assert!(!records.inside(index).is_empty());
                }
            }
        }
    }
}

/// What is known of a function of the IR, as an outline says it.
fn outline_of(func: &ir::Function) -> ir::Outline {
    ir::Outline {
        line_defined: func.line_defined,
        last_line_defined: func.last_line_defined,
        param_count: func.params.len() as u32,
        is_vararg: func.is_vararg,
        upvalue_count: func.upvalues.len() as u32,
        order: ir::order::flag(func),
    }
}

#[test]
fn outlines_say_what_the_functions_are() {
    let comparisons = b"return function(a, b) return a < b end, function(a, b) return (a) > b end,
        function(a, b) return a <= b end, function(a, a) return a < a end,
        function(a, b, ...) return a < b end, function(a, b) return a < b, 1 end,
        function(a, b) return a < b < 1 end, function(a, b) b = a return a < b end";
    let mut with_order = 0;
    for program in programs().into_iter().chain([comparisons.to_vec()]) {
        let source = syntax::Source::new("@x.lua", &program[..]);
        if syntax::parse(&source).is_err() {
            continue;
        }
        for debuggable in [false, true] {
            let module = module(&program, debuggable);
            let records = Records::check(&write_functions(&module), None).expect("it is whole");
            let chunk = syntax::parse(&source).expect("correct");
            let functions = irgen::Functions::new(chunk, &irgen::Options::dumped(debuggable));
            for (index, func) in module.functions.iter().enumerate() {
                let index = index as u32;
                assert_eq!(functions.outline(index), outline_of(func));
                assert_eq!(records.outline(index), outline_of(func));
                with_order += usize::from(outline_of(func).order != 0);
            }
        }
    }
    assert!(with_order > 2);
}

#[test]
fn functions_are_made_one_by_one_as_in_a_module() {
    for program in programs() {
        let source = syntax::Source::new("@x.lua", &program[..]);
        let Ok(chunk) = syntax::parse(&source) else { continue };
        let options = irgen::Options::dumped(false);
        let all = module(&program, false);
        let functions = irgen::Functions::new(chunk, &options);
        assert_eq!(functions.len(), all.functions.len());
        let all_bytes = write_functions(&all);
        let records = Records::check(&all_bytes, None).expect("it is whole");
        for index in 0..functions.len() as u32 {
            let mut writer = Writer::new(index);
            functions.each_inside(index, &options, &mut |func| writer.add(func));
            let bytes = writer.finish();
            assert!(bytes.starts_with(records.inside(index)));
        }
    }
}
