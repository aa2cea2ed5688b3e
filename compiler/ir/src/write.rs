//! IR to text. [`crate::read`] takes it back.
//!
//! Blocks, values and instructions are numbered in the order of the text, so a function reads the
//! same whatever passes did to its tables. A site is written only where it is not the one after
//! the last instruction's. `docs/ir.md` has the grammar.

use crate::debug::{Debug, DebugLocal};
use crate::function::{
    Block, BlockCall, FuncId, Function, Imm, Inst, UpvalueKind, UpvalueSource, Value,
};
use crate::module::{Edition, EnvMode, Module};
use crate::op::Op;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// The text of a module.
pub fn module_to_text(module: &Module) -> String {
    let mut out = String::new();
    let edition = match module.edition {
        Edition::Lua54 => "5.4",
        Edition::Lua55 => "5.5",
    };
    let env = match module.env {
        EnvMode::Globals => "globals",
        EnvMode::Variable => "variable",
    };
    // Writing to a string does not fail.
    let _ = writeln!(out, "module {} {edition} {env}", Quoted(&module.source));
    for id in module.func_ids() {
        out.push('\n');
        let _ = write_function(&mut out, id, &module[id]);
    }
    out
}

/// The text of a function, under this id.
pub fn function_to_text(id: FuncId, func: &Function) -> String {
    let mut out = String::new();
    let _ = write_function(&mut out, id, func);
    out
}

/// A byte string between quotes, with escapes for what is not printable ASCII.
pub struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for byte in self.0 {
            match byte {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                b'\n' => f.write_str("\\n")?,
                b' '..=b'~' => f.write_char(*byte as char)?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_char('"')
    }
}

/// Numbers in the order of the text, by id.
struct Numbers {
    blocks: Vec<u32>,
    values: Vec<u32>,
}

impl Numbers {
    fn new(func: &Function) -> Numbers {
        let mut numbers = Numbers {
            blocks: vec![u32::MAX; func.blocks.len()],
            values: vec![u32::MAX; func.values.len()],
        };
        let mut next = 0;
        let mut number = |value: Value| {
            numbers.values[value.index()] = next;
            next += 1;
        };
        for (index, block) in func.layout.iter().enumerate() {
            numbers.blocks[block.index()] = index as u32;
            func.params_of(*block).iter().copied().for_each(&mut number);
            for inst in func.insts_of(*block) {
                func.results(*inst).for_each(&mut number);
            }
        }
        numbers
    }
}

struct Writer<'a> {
    out: &'a mut String,
    func: &'a Function,
    numbers: Numbers,
}

fn write_function(out: &mut String, id: FuncId, func: &Function) -> fmt::Result {
    write!(out, "fn {id} {}(", Quoted(&func.name))?;
    let mut separator = "";
    for name in &func.params {
        write!(out, "{separator}{}", Quoted(func.strings.get(*name)))?;
        separator = ", ";
    }
    if func.is_vararg {
        write!(out, "{separator}...")?;
    }
    writeln!(
        out,
        ") lines {}..{} hash 0x{:x} {{",
        func.line_defined, func.last_line_defined, func.hash
    )?;
    for upvalue in &func.upvalues {
        let kind = match upvalue.kind {
            UpvalueKind::ByValue => "value",
            UpvalueKind::Cell => "cell",
        };
        write!(out, "    upvalue {kind} {} = ", Quoted(func.strings.get(upvalue.name)))?;
        match upvalue.source {
            UpvalueSource::ParentValue => writeln!(out, "local")?,
            UpvalueSource::ParentUpvalue(index) => writeln!(out, "upvalue {index}")?,
        }
    }
    if let Some(debug) = &func.debug {
        write_debug(out, func, debug)?;
    }
    let mut writer = Writer { out, func, numbers: Numbers::new(func) };
    let mut site = 0;
    for block in &func.layout {
        writer.block_head(*block)?;
        for inst in func.insts_of(*block) {
            writer.inst(*inst, &mut site)?;
        }
    }
    out.push_str("}\n");
    Ok(())
}

/// The slots, the locals and the steps, `line:top` each.
fn write_debug(out: &mut String, func: &Function, debug: &Debug) -> fmt::Result {
    writeln!(out, "    slots {}", debug.slots)?;
    for local in &debug.locals {
        let name = Quoted(func.strings.get(local.name));
        let kind = if local.is_cell { "cell" } else { "slot" };
        let DebugLocal { slot, start, end, .. } = local;
        writeln!(out, "    variable {name} = {kind} {slot} steps {start}..{end}")?;
    }
    out.push_str("    steps");
    for step in &debug.steps {
        write!(out, " {}:{}", step.line, step.top)?;
    }
    out.push('\n');
    Ok(())
}

impl Writer<'_> {
    fn block_head(&mut self, block: Block) -> fmt::Result {
        self.block_name(block)?;
        let params = self.func.params_of(block);
        if !params.is_empty() {
            self.out.push('(');
            for (index, param) in params.iter().enumerate() {
                self.separate(index > 0);
                self.definition(*param)?;
            }
            self.out.push(')');
        }
        self.out.push_str(":\n");
        Ok(())
    }

    fn inst(&mut self, inst: Inst, site: &mut u32) -> fmt::Result {
        let func = self.func;
        let data = func.inst(inst);
        self.out.push_str("    ");
        for (index, result) in func.results(inst).enumerate() {
            self.separate(index > 0);
            self.definition(result)?;
        }
        if data.results.len > 0 {
            self.out.push_str(" = ");
        }
        self.out.push_str(data.op.name());
        let mut separate = false;
        let mut args = func.args(inst);
        if data.op == Op::Branch
            && let [condition, rest @ ..] = args
        {
            self.out.push(' ');
            self.value(*condition)?;
            args = rest;
            separate = true;
        }
        if data.imm != Imm::None {
            self.out.push_str(if separate { ", " } else { " " });
            self.imm(inst)?;
            separate = true;
        }
        if data.op != Op::Closure {
            for arg in args {
                self.out.push_str(if separate { ", " } else { " " });
                self.value(*arg)?;
                separate = true;
            }
        }
        if data.line != 0 {
            write!(self.out, " @{}", data.line)?;
        }
        if data.site != *site {
            write!(self.out, " #{}", data.site)?;
        }
        *site = data.site.wrapping_add(1);
        self.names(inst)?;
        self.out.push('\n');
        Ok(())
    }

    fn imm(&mut self, inst: Inst) -> fmt::Result {
        let func = self.func;
        match func.inst(inst).imm {
            Imm::None => Ok(()),
            Imm::Int(int) => write!(self.out, "{int}"),
            Imm::Float(bits) => {
                let float = f64::from_bits(bits);
                if float.is_finite() {
                    write!(self.out, "{float:?}")
                } else {
                    write!(self.out, "0x{bits:x}")
                }
            }
            Imm::Bool(bool) => write!(self.out, "{bool}"),
            Imm::Str(id) => write!(self.out, "{}", Quoted(func.strings.get(id))),
            Imm::Index(index) => write!(self.out, "{index}"),
            Imm::Sizes(array, hash) => write!(self.out, "{array}, {hash}"),
            Imm::Closure(id, _) => {
                write!(self.out, "{id}(")?;
                for (index, capture) in func.captures(inst).enumerate() {
                    self.separate(index > 0);
                    match capture {
                        Some(value) => self.value(value)?,
                        None => self.out.push_str("self"),
                    }
                }
                self.out.push(')');
                Ok(())
            }
            Imm::Jump(_) | Imm::Branch(_) => {
                for (index, target) in func.successors(inst).iter().enumerate() {
                    self.separate(index > 0);
                    self.target(*target)?;
                }
                Ok(())
            }
        }
    }

    fn target(&mut self, target: BlockCall) -> fmt::Result {
        self.block_name(target.block)?;
        let args = self.func.edge_args(target);
        if !args.is_empty() {
            self.out.push('(');
            for (index, arg) in args.iter().enumerate() {
                self.separate(index > 0);
                self.value(*arg)?;
            }
            self.out.push(')');
        }
        Ok(())
    }

    fn names(&mut self, inst: Inst) -> fmt::Result {
        let names = self.func.operand_names(inst);
        for (index, name) in names.iter().enumerate() {
            self.out.push_str(if index == 0 { " {" } else { ", " });
            let text = Quoted(self.func.strings.get(name.name));
            write!(self.out, "{}: {} {text}", name.operand, name.kind.spelling())?;
        }
        if !names.is_empty() {
            self.out.push('}');
        }
        Ok(())
    }

    fn separate(&mut self, needed: bool) {
        if needed {
            self.out.push_str(", ");
        }
    }

    fn definition(&mut self, value: Value) -> fmt::Result {
        self.value(value)?;
        write!(self.out, ": {}", self.func.ty(value))
    }

    /// A value that nothing in the layout defines is ill-formed, and shows as `v?`.
    fn value(&mut self, value: Value) -> fmt::Result {
        match self.numbers.values.get(value.index()) {
            Some(number) if *number != u32::MAX => write!(self.out, "v{number}"),
            _ => self.out.write_str("v?"),
        }
    }

    fn block_name(&mut self, block: Block) -> fmt::Result {
        match self.numbers.blocks.get(block.index()) {
            Some(number) if *number != u32::MAX => write!(self.out, "b{number}"),
            _ => self.out.write_str("b?"),
        }
    }
}
