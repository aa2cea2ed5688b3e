//! The tables of a module's descriptor: what the runtime looks up, as one read-only blob.

use crate::compile::{CallSite, Code, Plan};
use crate::lower::Counted;
use crate::statics::{Statics, cached_field};
use abi::module::{FunctionInfo, LibraryEntry, Site, StatsSite, StringRef, name_kind};
use abi::object::proto_flags;
use ir::{Function, Imm, Inst, NameKind, Op, UpvalueKind};
use std::collections::HashMap;
use std::mem::size_of;
use target_lexicon::Endianness;

/// The blob, and where things are in it.
pub(crate) struct Tables {
    pub(crate) bytes: Vec<u8>,
    pub(crate) functions: u32,
    pub(crate) sites: u32,
    pub(crate) site_count: u32,
    pub(crate) strings: u32,
    pub(crate) globals: u32,
    pub(crate) preloads: u32,
    /// 0: there are none.
    pub(crate) records: u32,
    /// By entry: where the names of library and function are.
    pub(crate) libraries: Vec<(u32, u32)>,
    /// What is counted, function by function.
    pub(crate) stats: Vec<StatsSite>,
}

/// Writes numbers in the target's byte order.
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    big: bool,
}

impl Blob {
    pub(crate) fn new(endianness: Endianness) -> Blob {
        Blob { bytes: Vec::new(), big: endianness == Endianness::Big }
    }

    /// Where the next number goes.
    fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    pub(crate) fn word(&mut self, value: u32) {
        let bytes = if self.big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub(crate) fn long(&mut self, value: u64) {
        let bytes = if self.big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn words(&mut self, values: &[u32]) {
        values.iter().for_each(|value| self.word(*value));
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn c_string(&mut self, text: &str) -> u32 {
        let at = self.here();
        self.bytes.extend(text.bytes().filter(|byte| *byte != 0));
        self.bytes.push(0);
        at
    }
}

/// Lists of words that are written once, however often they are asked for.
#[derive(Default)]
struct Lists {
    known: HashMap<Vec<u32>, u32>,
}

impl Lists {
    fn place(&mut self, blob: &mut Blob, list: Vec<u32>) -> u32 {
        let here = blob.here();
        let at = *self.known.entry(list.clone()).or_insert(here);
        if at == here {
            blob.words(&list);
        }
        at
    }

    /// A list, with a word in front of it if there is one.
    fn place_behind(&mut self, blob: &mut Blob, word: Option<u32>, mut list: Vec<u32>) -> u32 {
        match word {
            Some(word) => {
                list.insert(0, word);
                self.place(blob, list) + size_of::<u32>() as u32
            }
            None => self.place(blob, list),
        }
    }
}

/// Slots and steps of a function.
fn debug_info<'a>(func: &'a Function, debug: &ir::Debug, names: &mut Statics<'a>) -> Vec<u32> {
    let mut words = vec![debug.slots, debug.locals.len() as u32, debug.steps.len() as u32];
    for local in &debug.locals {
        let name = names.intern(func.strings.get(local.name));
        words.extend([name, local.slot | u32::from(local.is_cell) << 31, local.start, local.end]);
    }
    words.extend(debug.steps.iter().flat_map(|step| [step.line, step.top]));
    words
}

/// Where each function begins, counted from the first.
pub(crate) fn code_offsets(functions: &[Code], alignment: u64) -> Vec<u32> {
    let mut end = 0;
    let mut offsets = Vec::with_capacity(functions.len());
    for code in functions {
        let start = u64::next_multiple_of(end, code.alignment.max(alignment));
        offsets.push(start as u32);
        end = start + code.bytes.len() as u64;
    }
    offsets
}

/// Makes the tables.
pub(crate) fn tables(
    plan: &Plan<'_>,
    functions: &[Code],
    offsets: &[u32],
    endianness: Endianness,
) -> Tables {
    let mut names = plan.statics.clone();
    let mut blob = Blob::new(endianness);
    // Offset 0 means that there is nothing.
    blob.word(0);
    let mut lists = Lists::default();
    let mut infos = Vec::with_capacity(functions.len());
    let mut sites = Vec::new();
    let mut stats = Vec::new();
    for (index, code) in functions.iter().enumerate() {
        let func = &plan.module.functions[index];
        let upvalues: Vec<u32> = func
            .upvalues
            .iter()
            .map(|upvalue| {
                let name = names.intern(func.strings.get(upvalue.name));
                name | u32::from(upvalue.kind == UpvalueKind::Cell) << 31
            })
            .collect();
        let vararg = if func.is_vararg { proto_flags::VARARG } else { 0 };
        let debug = func.debug.as_ref().map(|debug| debug_info(func, debug, &mut names));
        let debuggable = if debug.is_some() { proto_flags::DEBUGGABLE } else { 0 };
        let upvalue_count = upvalues.len() as u32;
        let debug = debug.map(|words| lists.place(&mut blob, words));
        infos.push(FunctionInfo {
            code: offsets[index],
            code_size: code.bytes.len() as u32,
            line_defined: func.line_defined,
            last_line_defined: func.last_line_defined,
            param_count: func.params.len() as u32,
            flags: u32::from(proto_flags::NATIVE | vararg | debuggable | ir::order::flag(func)),
            upvalue_count,
            upvalues: lists.place_behind(&mut blob, debug, upvalues),
            chunk_name: names.intern(plan.module.source_of(ir::FuncId(index as u32))),
        });
        for counted in &code.counted {
            stats.push(stats_site(func, index as u32, counted, &mut names));
        }
        let slots_in_use = ir::debug::slots_in_use(func);
        for site in &code.sites {
            let roots = with_count(site.roots.clone());
            let shown = func.debug.as_ref().map(|debug| match site.inst {
                Some(inst) => {
                    let is_call = matches!(func.inst(inst).op, Op::Call | Op::TailCall);
                    slots_in_use[inst.index()] << 1 | u32::from(is_call)
                }
                None => debug.slots << 1,
            });
            sites.push(Site {
                return_offset: offsets[index] + site.return_offset,
                function: index as u32,
                frame_size: site.frame_size,
                roots: lists.place_behind(&mut blob, shown, roots),
                line: line(func, site),
                names: match site.inst.map(|inst| operand_names(func, inst, &mut names)) {
                    Some(list) if !list.is_empty() => {
                        let count = list.len() as u32 / 2;
                        lists.place(&mut blob, [vec![count], list].concat())
                    }
                    _ => 0,
                },
            });
        }
    }
    let function_infos = blob.here();
    for info in &infos {
        let FunctionInfo { code, code_size, line_defined, last_line_defined, .. } = *info;
        blob.words(&[code, code_size, line_defined, last_line_defined]);
        blob.words(&[info.param_count, info.flags, info.upvalue_count, info.upvalues]);
        blob.word(info.chunk_name);
    }
    debug_assert_eq!(
        blob.bytes.len() - function_infos as usize,
        infos.len() * size_of::<FunctionInfo>()
    );
    let sites_at = blob.here();
    for site in &sites {
        let Site { return_offset, function, frame_size, roots, line, names } = *site;
        blob.words(&[return_offset, function, frame_size, roots, line, names]);
    }
    let globals = blob.here();
    blob.words(&plan.statics.global_names);
    let preloads = blob.here();
    for preload in &plan.options.preloads {
        let name = names.intern(&preload.name);
        blob.words(&[name, preload.function.0]);
    }
    let strings = write_strings(&mut blob, &names);
    let libraries = plan.options.libraries.iter();
    let libraries = libraries
        .map(|entry| (blob.c_string(&entry.library), blob.c_string(&entry.name)))
        .collect();
    let records = match &plan.options.records {
        Some(records) => {
            let at = blob.here();
            blob.bytes.extend_from_slice(records);
            at
        }
        None => 0,
    };
    Tables {
        records,
        bytes: blob.bytes,
        functions: function_infos,
        sites: sites_at,
        site_count: sites.len() as u32,
        strings,
        globals,
        preloads,
        libraries,
        stats,
    }
}

fn with_count(mut list: Vec<u32>) -> Vec<u32> {
    list.insert(0, list.len() as u32);
    list
}

fn line(func: &Function, site: &CallSite) -> u32 {
    match site.inst {
        Some(inst) => func.inst(inst).line,
        // Hooks hear that the function is entered before its first step; where it is variadic,
        // before the second, as the first has no code.
        None => match func.debug.as_ref().map(|debug| &debug.steps) {
            Some(steps) => steps.get(usize::from(func.is_vararg)).map_or(0, |step| step.line),
            None => func.line_defined,
        },
    }
}

/// What is said of a call that is counted.
fn stats_site<'a>(
    func: &'a Function,
    function: u32,
    counted: &Counted,
    names: &mut Statics<'a>,
) -> StatsSite {
    let mut site = StatsSite {
        entries: 0,
        function,
        line: func.line_defined,
        operation: counted.function.map_or(StatsSite::CALL_VALUE, |function| function as u32),
        name: 0,
    };
    let Some(inst) = counted.inst else { return site };
    let data = func.inst(inst);
    if data.line != 0 {
        site.line = data.line;
    }
    let name = match (data.op, data.imm) {
        (Op::GlobalGet | Op::GlobalSet | Op::Method, Imm::Str(name)) => Some(name),
        (Op::Index | Op::SetIndex, _) => cached_field(func, inst),
        (Op::Call | Op::TailCall, _) => {
            let mut names = func.operand_names(inst).iter();
            names.find(|name| name.operand == 0).map(|name| name.name)
        }
        _ => None,
    };
    if let Some(name) = name {
        site.name = names.intern(func.strings.get(name)) + 1;
    }
    site
}

/// The names of operands, two words each.
fn operand_names<'a>(func: &'a Function, inst: Inst, names: &mut Statics<'a>) -> Vec<u32> {
    let is_call = matches!(func.inst(inst).op, Op::Call | Op::TailCall);
    let mut list = Vec::new();
    for name in func.operand_names(inst) {
        let operand = match name.operand {
            0 if is_call => name_kind::CALLEE,
            operand if operand < name_kind::CALLEE => operand,
            _ => continue,
        };
        let kind = match name.kind {
            NameKind::Local => name_kind::LOCAL,
            NameKind::Upvalue => name_kind::UPVALUE,
            NameKind::Global => name_kind::GLOBAL,
            NameKind::Field => name_kind::FIELD,
            NameKind::Method => name_kind::METHOD,
            NameKind::Constant => name_kind::CONSTANT,
            NameKind::ForIterator => name_kind::FOR_ITERATOR,
        };
        list.push(operand | kind << 8);
        list.push(names.intern(func.strings.get(name.name)));
    }
    list
}

/// Writes the array of [`StringRef`]s and the bytes behind it.
fn write_strings(blob: &mut Blob, names: &Statics<'_>) -> u32 {
    blob.align();
    let refs = blob.here();
    let mut offset = refs + (names.list.len() * size_of::<StringRef>()) as u32;
    for string in &names.list {
        blob.words(&[offset, string.len() as u32]);
        offset += string.len() as u32;
    }
    for string in &names.list {
        blob.bytes.extend_from_slice(string);
    }
    refs
}

/// The size of the table of library functions.
pub(crate) fn library_table_size(count: usize) -> usize {
    count * size_of::<LibraryEntry>()
}
