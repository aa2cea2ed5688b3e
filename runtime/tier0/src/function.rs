//! A function of tier 0 as a prototype refers to it.
#![expect(unsafe_code, reason = "a prototype holds its function as a plain address")]

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use abi::module::name_kind;
use ir::Op as IrOp;
use runtime::closure::{Cell, Proto};
use runtime::frames::METAMETHOD;
use runtime::gc::{Any, Gc};
use runtime::hooks::Tier0Function;
use runtime::value::Value;

use crate::code::{Code, Instr, Op};

/// What the functions of a chunk share.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The chunk's name as `load` takes it.
    pub(crate) name: Vec<u8>,
    /// What it was made from.
    pub(crate) origin: Origin,
    /// The prototype of each function, once made. An entry is followed only by functions that
    /// make closures of it, and those trace it.
    pub(crate) protos: RefCell<Vec<Gc<Proto>>>,
}

/// What a chunk was made from: from that `string.dump` makes its functions again.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A text, and whether its functions are debuggable.
    Text(syntax::Source, bool),
    /// The records of a precompiled chunk.
    Records(Vec<u8>),
}

/// A function, owned by its prototype. Everything it refers to in the heap it traces.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) chunk: Rc<Chunk>,
    pub(crate) code: Code,
    /// How many places of the stack a frame may take.
    pub(crate) room: usize,
    pub(crate) constants: Vec<Value>,
    /// The cells of the globals it names. Permanent.
    pub(crate) globals: Vec<Gc<Cell>>,
    pub(crate) global_names: Vec<Value>,
}

impl Function {
    /// Gives the function away; the address goes into the prototype.
    pub(crate) fn into_data(self) -> u64 {
        Box::into_raw(Box::new(self)) as u64
    }

    /// The function behind a prototype's `data`. It lives as long as the prototype; callers hold
    /// on to it only while that is reachable.
    pub(crate) fn of(data: u64) -> &'static Function {
        // SAFETY: `data` comes from `into_data`, by the prototype's flag TIER0, and is freed only
        // when the prototype is swept.
        unsafe { &*(data as *const Function) }
    }

    /// Frees a function whose prototype is gone.
    pub(crate) fn free(data: u64) {
        // SAFETY: called once, by the sweep, for an address that `into_data` gave.
        drop(unsafe { Box::from_raw(data as *mut Function) });
    }

    /// Visits what it refers to.
    pub(crate) fn trace(data: u64, visit: &mut dyn FnMut(Gc<Any>)) {
        let function = Function::of(data);
        for value in function.constants.iter().chain(&function.global_names) {
            if let Some(object) = value.as_any() {
                visit(object);
            }
        }
        for cell in &function.globals {
            visit(cell.erase());
        }
        let protos = function.chunk.protos.borrow();
        for instr in &function.code.instrs {
            if instr.op == Op::Closure
                && let Some(proto) = protos.get(instr.b as usize)
            {
                visit(proto.erase());
            }
        }
    }

    /// Facts for error messages and `debug`.
    pub(crate) fn facts(data: u64) -> Tier0Function {
        let function = Function::of(data);
        Tier0Function {
            chunk_name: &function.chunk.name,
            line_defined: function.code.line_defined,
            last_line_defined: function.code.last_line_defined,
            param_count: function.code.params.len() as u32,
            is_vararg: function.code.is_vararg,
            upvalue_count: function.code.upvalues.len() as u32,
        }
    }

    /// The line of an instruction, of the step that a debuggable function is at.
    pub(crate) fn line(data: u64, pc: u32, step: u32) -> u32 {
        let code = &Function::of(data).code;
        match &code.debug {
            // A hook hears of a call before anything has run but the first step of a variadic
            // function, which has no code.
            Some(debug) if pc == 0 => {
                let step = step.max(u32::from(code.is_vararg));
                debug.steps.get(step as usize).map_or(0, |step| step.line)
            }
            _ => code.lines.get(pc as usize).copied().unwrap_or(0),
        }
    }

    /// What an operand of an instruction is called.
    pub(crate) fn operand_name(data: u64, pc: u32, operand: u32) -> Option<(u32, &'static [u8])> {
        let code = &Function::of(data).code;
        if operand == name_kind::CALLEE
            && let Some(event) = code.instrs.get(pc as usize).and_then(|instr| event(*instr))
        {
            return Some((METAMETHOD, event.as_bytes()));
        }
        let start = code.names.partition_point(|name| name.pc < pc);
        let name = code.names[start..]
            .iter()
            .take_while(|name| name.pc == pc)
            .find(|name| name.operand == operand)?;
        Some((name.kind, code.strings.get(ir::StrId(name.name))))
    }

    /// The records of all functions of the chunk.
    pub(crate) fn records(data: u64) -> Option<Vec<u8>> {
        match &Function::of(data).chunk.origin {
            Origin::Text(source, debuggable) => crate::load::records_of(source, *debuggable),
            Origin::Records(records) => Some(records.clone()),
        }
    }

    /// The name of an upvalue.
    pub(crate) fn upvalue_name(data: u64, index: u32) -> Option<&'static [u8]> {
        let code = &Function::of(data).code;
        let name = *code.upvalues.get(index as usize)?;
        Some(code.strings.get(ir::StrId(name)))
    }
}

/// The metamethod that an instruction calls when it calls anything; `None` for calls themselves.
fn event(instr: Instr) -> Option<&'static str> {
    const ARITHMETIC: [(IrOp, &str); 14] = [
        (IrOp::Add, "add"),
        (IrOp::Sub, "sub"),
        (IrOp::Mul, "mul"),
        (IrOp::Div, "div"),
        (IrOp::Mod, "mod"),
        (IrOp::Pow, "pow"),
        (IrOp::IDiv, "idiv"),
        (IrOp::BAnd, "band"),
        (IrOp::BOr, "bor"),
        (IrOp::BXor, "bxor"),
        (IrOp::Shl, "shl"),
        (IrOp::Shr, "shr"),
        (IrOp::Unm, "unm"),
        (IrOp::BNot, "bnot"),
    ];
    Some(match instr.op {
        Op::Arith
        | Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Mod
        | Op::IDiv
        | Op::BAnd
        | Op::BOr
        | Op::BXor
        | Op::Shl
        | Op::Shr
        | Op::Unary => {
            ARITHMETIC.iter().find(|(op, _)| *op as u16 == instr.n).map(|(_, event)| *event)?
        }
        Op::Index | Op::Method | Op::GlobalGet => "index",
        Op::SetIndex | Op::GlobalSet => "newindex",
        Op::Len => "len",
        Op::Concat => "concat",
        Op::Eq => "eq",
        Op::Lt => "lt",
        Op::Le => "le",
        Op::TbcClose => "close",
        _ => return None,
    })
}
