//! A function of tier 0 as a prototype refers to it.
//!
//! A function's register form is made when it is first called: much of what is loaded never is.
//! Until then it is a tree or a record in its chunk.
#![expect(unsafe_code, reason = "a prototype holds its function as a plain address")]

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell};

use abi::module::name_kind;
use ir::{Op as IrOp, Outline};
use runtime::closure::{self, Closure, Proto};
use runtime::frames::METAMETHOD;
use runtime::gc::{Any, Gc};
use runtime::hooks::Tier0Function;
use runtime::value::Value;

use crate::chunk::Chunk;
use crate::code::{Code, Instr, Op};

/// A function, owned by its prototype. Everything it refers to in the heap it traces.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) chunk: Rc<Chunk>,
    /// Its place in the chunk.
    pub(crate) index: u32,
    pub(crate) outline: Outline,
    /// What runs, from the first call on.
    body: OnceCell<Body>,
    /// The code, for debuggers that ask before the first call.
    early: OnceCell<Box<Code>>,
    /// How many bytes it counts for in the heap.
    bytes: Cell<usize>,
}

/// What runs of a function: its code and the objects that the code names.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) code: Code,
    /// How many places of the stack a frame may take.
    pub(crate) room: usize,
    pub(crate) constants: Vec<Value>,
    /// The cells of the globals it names. Permanent.
    pub(crate) globals: Vec<Gc<closure::Cell>>,
    pub(crate) global_names: Vec<Value>,
    /// The prototypes of the functions it makes closures of.
    pub(crate) protos: Vec<Gc<Proto>>,
}

impl Function {
    pub(crate) fn new(chunk: Rc<Chunk>, index: u32, outline: Outline) -> Function {
        let bytes = Cell::new(size_of::<Function>());
        let (body, early) = (OnceCell::new(), OnceCell::new());
        Function { chunk, index, outline, body, early, bytes }
    }

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

    /// The body of a closure that a frame begins with.
    #[inline(always)]
    pub(crate) fn of_frame(closure: Gc<Closure>) -> &'static Body {
        let body = Function::of(closure.proto().get().data).made();
        debug_assert!(body.is_some());
        // SAFETY: whoever makes a frame needs the body for it, and a body stays.
        unsafe { body.unwrap_unchecked() }
    }

    /// What runs, once it was made.
    #[inline(always)]
    pub(crate) fn made(&'static self) -> Option<&'static Body> {
        self.body.get()
    }

    /// Keeps the body; gives how many more bytes the function counts for now.
    pub(crate) fn set_body(&'static self, body: Body) -> (&'static Body, usize) {
        let body = self.body.get_or_init(|| body);
        let bytes = body.code.size_in_bytes();
        self.bytes.set(self.bytes.get() + bytes);
        (body, bytes)
    }

    /// The code, made or not.
    pub(crate) fn code(&self) -> &Code {
        match self.body.get() {
            Some(body) => &body.code,
            None => self.early.get_or_init(|| Box::new(self.chunk.compile(self.index))),
        }
    }

    /// Frees a function whose prototype is gone: how many bytes it counted for, and its chunk, if
    /// nobody else has that.
    pub(crate) fn free(data: u64) -> usize {
        // SAFETY: called once, by the sweep, for an address that `into_data` gave.
        let function = unsafe { Box::from_raw(data as *mut Function) };
        let is_last = Rc::strong_count(&function.chunk) == 1;
        let of_chunk = if is_last { function.chunk.size_in_bytes() } else { 0 };
        function.bytes.get() + of_chunk
    }

    /// Visits what it refers to.
    pub(crate) fn trace(data: u64, visit: &mut dyn FnMut(Gc<Any>)) {
        let function = Function::of(data);
        if let Some(strings) = function.chunk.long_strings {
            visit(strings.erase());
        }
        let Some(body) = function.body.get() else { return };
        for value in body.constants.iter().chain(&body.global_names) {
            if let Some(object) = value.as_any() {
                visit(object);
            }
        }
        for cell in &body.globals {
            visit(cell.erase());
        }
        for proto in &body.protos {
            visit(proto.erase());
        }
    }

    /// Facts for error messages and `debug`.
    pub(crate) fn facts(data: u64) -> Tier0Function {
        let function = Function::of(data);
        Tier0Function {
            chunk_name: function.chunk.name(),
            line_defined: function.outline.line_defined,
            last_line_defined: function.outline.last_line_defined,
            param_count: function.outline.param_count,
            is_vararg: function.outline.is_vararg,
            upvalue_count: function.outline.upvalue_count,
        }
    }

    /// The line of an instruction, of the step that a debuggable function is at.
    pub(crate) fn line(data: u64, pc: u32, step: u32) -> u32 {
        let code = Function::of(data).code();
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
        let code = Function::of(data).code();
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

    /// The records of a function and of those inside it.
    pub(crate) fn records(data: u64) -> Option<Vec<u8>> {
        let function = Function::of(data);
        function.chunk.records(function.index)
    }

    /// The name of an upvalue.
    pub(crate) fn upvalue_name(data: u64, index: u32) -> Option<&'static [u8]> {
        let code = Function::of(data).code();
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
