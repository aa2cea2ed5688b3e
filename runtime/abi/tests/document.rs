//! Holds the tables of `docs/abi.md` to the code: offsets to `offset_of!`, words to the comments.
//! With `BLESS=1` in the environment the tables are written anew.
//!
//! A table stands between `<!-- table: NAME -->` and `<!-- end -->`, where NAME is that of a
//! structure, of a module of constants, or `runtime functions`.

use std::fmt::Write as _;
use std::mem::offset_of;
use std::path::Path;

use abi::context::{BumpRange, CallRequest, Context, CoroutineWords, Record, StubFrame};
use abi::functions::{Kind, RuntimeFn};
use abi::module::{
    DebugFrame, DebugInfo, DebugLocal, DebugStep, FieldCache, FunctionInfo, LibraryEntry,
    LoadCache, LoadEntry, MethodCache, MethodEntry, ModuleDescriptor, Preload, Site, StatsSite,
    StatsTable, StoreCache, StoreEntry, StringRef,
};
use abi::object::{Cell, ClosureHeader, ObjectHeader, Proto, StringHeader, TableHeader};
use abi::value::RawValue;

const SOURCES: &[&str] = &[
    include_str!("../src/value.rs"),
    include_str!("../src/object.rs"),
    include_str!("../src/call.rs"),
    include_str!("../src/context.rs"),
    include_str!("../src/functions.rs"),
    include_str!("../src/module.rs"),
];

/// A structure: its name, its size, and its fields with their offsets and sizes.
type Layout = (&'static str, usize, Vec<(&'static str, usize, usize)>);

fn size_of_field<T, F>(_: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

macro_rules! layouts {
    ($($structure:ident { $($field:ident),* $(,)? })*) => {
        fn layouts() -> Vec<Layout> {
            vec![$((
                stringify!($structure),
                size_of::<$structure>(),
                vec![$((
                    stringify!($field),
                    offset_of!($structure, $field),
                    size_of_field(|value: &$structure| &value.$field),
                )),*],
            )),*]
        }

        // A field that is missing above does not build.
        $(const _: fn($structure) = |$structure { $($field: _),* }| ();)*
    };
}

layouts! {
    RawValue { payload, tag }
    ObjectHeader { kind, gc, flags, extra, aux }
    TableHeader { header, array, array_len, array_capacity, extension }
    StringHeader { header, len, data, link }
    ClosureHeader { header, code, proto }
    Cell { header, payload }
    Proto { header, code, data, module, index, param_count, name }
    BumpRange { next, end }
    CoroutineWords {
        stack_limit, record, exit_frame, exit_pc, lua_sp, stack, stack_top, stack_capacity, tbc,
        tbc_top, tbc_capacity, thread,
    }
    Record {
        previous, kind, sp, resume_pc, stack_top, tbc_top, handler, non_yieldable, native_depth,
        system_sp, exit_frame, exit_pc, lua_sp,
    }
    StubFrame { closure, desc, base, count, continuation, aux, values }
    CallRequest {
        closure, desc, payloads, continuation, aux, values, protected, handler, event,
    }
    Context {
        co, args, rets, arg_count, ret_count, arg_live, ret_live, arg_capacity, ret_capacity,
        value_tag, outcome, caught, operand, scratch, error, request, result, switch_to, system_sp,
        poll, proto_epoch, native_limit, globals, bump, hooked,
    }
    ModuleDescriptor {
        magic, abi_version, flags, edition, code, code_size, statics, tables, libraries,
        library_count, function_count, functions, site_count, sites, string_count, strings,
        global_count, globals, preload_count, preloads, cache_count,
        records, records_size, dynamic, stats,
    }
    StatsTable { start, count }
    StatsSite { entries, function, line, operation, name }
    StringRef { offset, len }
    FunctionInfo {
        code, code_size, line_defined, last_line_defined, param_count, flags, upvalue_count,
        upvalues, chunk_name,
    }
    Site { return_offset, function, frame_size, roots, line, names }
    FieldCache { shape, tag_at, payload_at }
    StoreEntry { field, next_shape, epoch }
    StoreCache { first, others }
    LoadEntry { field, nil_epoch, unused }
    LoadCache { first, others }
    MethodEntry { shape, epoch, function }
    MethodCache { first, others, field }
    LibraryEntry { library, name, closure }
    Preload { name, function }
    DebugInfo { slots, locals, steps }
    DebugLocal { name, slot, start, end }
    DebugStep { line, top }
    DebugFrame { closure, step, vararg_base, vararg_count }
}

/// The lines of the item that begins with `head`, up to its closing brace.
fn item(head: &str) -> Option<Vec<&'static str>> {
    SOURCES.iter().find_map(|source| {
        let mut lines = source.lines().skip_while(|line| *line != head);
        lines.next()?;
        Some(lines.take_while(|line| *line != "}").map(str::trim).collect())
    })
}

/// The entries of an item that `name_of` knows, with the comment before each.
fn entries(lines: &[&str], name_of: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut comment = String::new();
    for line in lines {
        if let Some(text) = line.strip_prefix("///") {
            comment.push_str(text);
        } else {
            if let Some(name) = name_of(line) {
                entries.push((name, plain(&comment)));
            }
            if !line.starts_with("#[") {
                comment.clear();
            }
        }
    }
    entries
}

/// A comment without its links.
fn plain(comment: &str) -> String {
    let mut text = comment.trim().replace('|', "\\|");
    for (from, to) in [("[`", "`"), ("`]", "`"), ("crate::", ""), ("super::", "")] {
        text = text.replace(from, to);
    }
    text
}

fn structure_table((name, size, fields): &Layout) -> String {
    let lines = item(&format!("pub struct {name} {{")).expect("the structure is in the sources");
    let comments = entries(&lines, |line| {
        let (name, _) = line.strip_prefix("pub ")?.split_once(':')?;
        Some(name.to_string())
    });
    let mut table =
        format!("`{name}`, {size} bytes:\n\n| offset | size | field | |\n|---|---|---|---|\n");
    for (field, offset, size) in fields {
        let (_, comment) = comments.iter().find(|(name, _)| name == field).expect("a field");
        writeln!(table, "| {offset} | {size} | `{field}` | {comment} |").unwrap();
    }
    table
}

fn constants_table(name: &str, lines: &[&str]) -> String {
    let constants = entries(lines, |line| {
        let (name, rest) = line.strip_prefix("pub const ")?.split_once(':')?;
        let (_, value) = rest.split_once('=')?;
        Some(format!("{} | `{name}`", value.trim().trim_end_matches(';')))
    });
    let mut table = format!("`{name}`:\n\n| value | name | |\n|---|---|---|\n");
    for (name, comment) in constants {
        writeln!(table, "| {name} | {comment} |").unwrap();
    }
    table
}

fn functions_table() -> String {
    let source: Vec<&str> = include_str!("../src/functions.rs").lines().map(str::trim).collect();
    let comments = entries(&source, |line| {
        line.ends_with("];").then(|| line.split('(').next().unwrap_or_default().to_string())
    });
    let mut table = String::from("| function | effects | stack | |\n|---|---|---|---|\n");
    for function in RuntimeFn::ALL {
        let name = function.symbol().strip_prefix("pl_").expect("all begin so");
        let (_, comment) = comments.iter().find(|(other, _)| other == name).expect("a function");
        let kind = |kind: &Kind| match kind {
            Kind::Value => "value",
            Kind::Word => "word",
            Kind::None => "none",
        };
        let params: Vec<&str> = function.params().iter().map(kind).collect();
        let effects = function.effects();
        let mut words = Vec::new();
        for (there, word) in
            [(effects.raises, "raises"), (effects.collects, "collects"), (effects.calls, "calls")]
        {
            if there {
                words.push(word);
            }
        }
        let stack = if words.is_empty() { "Lua" } else { "system" };
        let (params, result) = (params.join(", "), kind(&function.result()));
        let words = words.join(", ");
        writeln!(
            table,
            "| `{}`({params}) → {result} | {words} | {stack} | {comment} |",
            function.symbol()
        )
        .unwrap();
    }
    table
}

fn table(name: &str) -> String {
    if name == "runtime functions" {
        return functions_table();
    }
    if let Some(layout) = layouts().iter().find(|(structure, ..)| *structure == name) {
        return structure_table(layout);
    }
    let lines = item(&format!("pub mod {name} {{")).unwrap_or_else(|| panic!("no table {name}"));
    constants_table(name, &lines)
}

#[test]
fn tables_are_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/abi.md");
    let old = std::fs::read_to_string(&path).expect("docs/abi.md is there");
    let mut new = String::new();
    let mut rest = old.as_str();
    let mut shown = Vec::new();
    while let Some((before, after)) = rest.split_once("<!-- table: ") {
        let (name, after) = after.split_once(" -->").expect("the mark is closed");
        let (_, after) = after.split_once("<!-- end -->").expect("the table ends");
        shown.push(name.to_string());
        write!(new, "{before}<!-- table: {name} -->\n{}<!-- end -->", table(name)).unwrap();
        rest = after;
    }
    new.push_str(rest);
    for (name, ..) in layouts() {
        assert!(shown.iter().any(|shown| shown == name), "docs/abi.md does not show {name}");
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, new).expect("docs/abi.md can be written");
    } else {
        assert!(old == new, "docs/abi.md is out of date: run this test with BLESS=1");
    }
}
