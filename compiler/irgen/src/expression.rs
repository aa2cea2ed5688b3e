//! Expressions to values.

use crate::builder::{Builder, Name};
use crate::fold::{Number, fold, fold_binary};
use alloc::vec::Vec;
use ir::{FuncId, Imm, Op, SelfCapture, Type, Value};
use syntax::ast::{
    Binary, BinaryOp, Concat, ConstantId, ConstantValue, Env, Expr, ExprKind, FunctionId, Global,
    LocalId, Unary, UnaryOp, UpvalueSource, Variable,
};

use crate::builder::Slot;

/// An operand that was evaluated, or a local in a cell, which is read when the operation runs: in
/// the reference the operation reads the local's register then, after whatever its other operand
/// did to it.
#[derive(Clone, Copy)]
pub(crate) enum Operand {
    Now(Value),
    Late(Value),
    /// A local in a slot, read likewise.
    Slot(u32),
    /// A value that waits in a slot: it is the value still as long as the epoch is the same.
    Held {
        slot: u32,
        value: Value,
        epoch: u32,
    },
}

impl Builder<'_> {
    /// The one value of an expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Nil => self.nil(),
            ExprKind::True => self.bool(true),
            ExprKind::False => self.bool(false),
            ExprKind::Integer(int) => self.int(*int),
            ExprKind::Float(float) => self.float(*float),
            ExprKind::String(id) => self.string(*id),
            ExprKind::Constant(id) => self.constant(*id),
            ExprKind::Vararg(line) => {
                self.step(*line);
                self.push_one(Op::VarargGet, Imm::Index(0), &[], Type::Any, 0)
            }
            ExprKind::Function(id) => self.closure(*id, None),
            ExprKind::Local(id) => self.read_local(*id),
            ExprKind::Upvalue(id) => {
                self.step_of(expr);
                self.read_upvalue(*id)
            }
            ExprKind::Global(global) => self.global(global),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary(unary) => match fold(self.chunk, expr) {
                Some(number) => self.number(number),
                None => self.unary(unary),
            },
            ExprKind::Binary(binary) => {
                let (value, is_negated) = self.binary(binary);
                if is_negated { self.not(value) } else { value }
            }
            ExprKind::Concat(concat) => self.concat(concat),
            ExprKind::Logical(logical) => self.logical(logical),
            ExprKind::Suffixed(suffixed) => self.suffixed(suffixed),
            ExprKind::Table(table) => self.table(table),
        }
    }

    pub(crate) fn operand(&mut self, expr: &Expr) -> Operand {
        match expr.without_parens().kind {
            ExprKind::Local(id) => match self.slot(id) {
                Slot::Cell(cell) => Operand::Late(cell),
                Slot::Frame(slot) => Operand::Slot(slot),
                _ => Operand::Now(self.read_local(id)),
            },
            _ => {
                let value = self.expr(expr);
                if self.is_plain(expr) { Operand::Now(value) } else { self.hold(value) }
            }
        }
    }

    pub(crate) fn finish(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Now(value) => value,
            Operand::Late(cell) => self.cell_get(cell),
            Operand::Slot(slot) => self.slot_get(slot),
            Operand::Held { slot, value, epoch } => self.held(slot, value, epoch),
        }
    }

    pub(crate) fn number(&mut self, number: Number) -> Value {
        match number {
            Number::Int(int) => self.int(int),
            Number::Float(float) => self.float(float),
        }
    }

    pub(crate) fn constant(&mut self, id: ConstantId) -> Value {
        match self.chunk.constant(id).value {
            ConstantValue::Nil => self.nil(),
            ConstantValue::Boolean(value) => self.bool(value),
            ConstantValue::Integer(int) => self.int(int),
            ConstantValue::Float(float) => self.float(float),
            ConstantValue::String(id) => self.string(id),
        }
    }

    pub(crate) fn not(&mut self, value: Value) -> Value {
        self.push_one(Op::Not, Imm::None, &[value], Type::Bool, 0)
    }

    /// Whether `global.get` and `global.set` reach the variables of this environment.
    pub(crate) fn is_globals(&self, env: Env) -> bool {
        env.is_chunk() && self.options.env == ir::EnvMode::Globals
    }

    fn global(&mut self, global: &Global) -> Value {
        self.step(global.line);
        if self.is_globals(global.env) {
            let name = self.str(global.name);
            return self.push_one(Op::GlobalGet, Imm::Str(name), &[], Type::Any, global.line);
        }
        let env = self.variable(global.env.variable());
        let key = self.string(global.name);
        let value = self.push_one(Op::Index, Imm::None, &[env, key], Type::Any, global.line);
        let name = self.name_of_env(global.env.variable());
        self.name_operand(0, name);
        value
    }

    /// The value of a variable now.
    pub(crate) fn variable(&mut self, variable: Variable) -> Value {
        match variable {
            Variable::Local(id) => self.read_local(id),
            Variable::Upvalue(id) => self.read_upvalue(id),
            Variable::Constant(id) => self.constant(id),
        }
    }

    fn unary(&mut self, unary: &Unary) -> Value {
        let operand = self.expr(&unary.operand);
        let op = match unary.op {
            UnaryOp::Not => {
                self.step(unary.line);
                return self.not(operand);
            }
            UnaryOp::Minus => Op::Unm,
            UnaryOp::BitNot => Op::BNot,
            UnaryOp::Len => Op::Len,
        };
        let name = self.name_of(&unary.operand);
        if self.is_plain(&unary.operand)
            && !matches!(unary.operand.without_parens().kind, ExprKind::Local(_))
        {
            self.step_of(&unary.operand);
        }
        self.step(unary.line);
        let value = self.push_computed(op, &[operand], unary.line);
        self.name_operand(0, name);
        value
    }

    /// A chain of operators from left to right. The last of it may be left to be negated (`~=`).
    pub(crate) fn binary(&mut self, binary: &Binary) -> (Value, bool) {
        // As much of the chain as is known.
        let mut links = binary.links.as_slice();
        let mut known = fold(self.chunk, &binary.first);
        while let (Some(number), [link, rest @ ..]) = (known, links) {
            let rhs = fold(self.chunk, &link.rhs);
            match rhs.and_then(|rhs| fold_binary(link.op, number, rhs)) {
                Some(sum) => known = Some(sum),
                None => break,
            }
            links = rest;
        }
        let mark = self.mark();
        let mut left = match known {
            Some(number) => Operand::Now(self.number(number)),
            None => self.operand(&binary.first),
        };
        let mut left_name: Name = match known {
            Some(_) => None,
            None => self.name_of(&binary.first),
        };
        let mut is_negated = false;
        for (index, link) in links.iter().enumerate() {
            if is_negated {
                let value = self.finish(left);
                let value = self.not(value);
                left = self.hold(value);
            }
            let right = self.operand(&link.rhs);
            let right_name = self.name_of(&link.rhs);
            let a = self.finish(left);
            let b = self.finish(right);
            self.release(mark);
            self.step(link.line);
            let (op, args) = match link.op {
                BinaryOp::Add => (Op::Add, [a, b]),
                // The reference adds the negated numeral, which decides the sign of a zero.
                BinaryOp::Sub
                    if self.func.ty(a).is_number()
                        && matches!(fold(self.chunk, &link.rhs), Some(Number::Int(0))) =>
                {
                    (Op::Add, [a, b])
                }
                BinaryOp::Sub => (Op::Sub, [a, b]),
                BinaryOp::Mul => (Op::Mul, [a, b]),
                BinaryOp::Mod => (Op::Mod, [a, b]),
                BinaryOp::Pow => (Op::Pow, [a, b]),
                BinaryOp::Div => (Op::Div, [a, b]),
                BinaryOp::FloorDiv => (Op::IDiv, [a, b]),
                BinaryOp::BitAnd => (Op::BAnd, [a, b]),
                BinaryOp::BitOr => (Op::BOr, [a, b]),
                BinaryOp::BitXor => (Op::BXor, [a, b]),
                BinaryOp::ShiftLeft => (Op::Shl, [a, b]),
                BinaryOp::ShiftRight => (Op::Shr, [a, b]),
                BinaryOp::Eq | BinaryOp::Ne => (Op::Eq, [a, b]),
                BinaryOp::Lt => (Op::Lt, [a, b]),
                BinaryOp::Le => (Op::Le, [a, b]),
                BinaryOp::Gt => (Op::Lt, [b, a]),
                BinaryOp::Ge => (Op::Le, [b, a]),
            };
            let value = if matches!(op, Op::Eq | Op::Lt | Op::Le) {
                self.push_one(op, Imm::None, &args, Type::Bool, link.line)
            } else {
                let value = self.push_computed(op, &args, link.line);
                self.name_operand(0, left_name);
                self.name_operand(1, right_name);
                value
            };
            let is_last = index + 1 == links.len();
            left = if is_last { Operand::Now(value) } else { self.hold(value) };
            left_name = None;
            is_negated = link.op == BinaryOp::Ne;
        }
        let value = self.finish(left);
        self.release(mark);
        (value, is_negated)
    }

    fn concat(&mut self, concat: &Concat) -> Value {
        let mark = self.mark();
        let mut held = Vec::with_capacity(concat.operands.len());
        for (index, operand) in concat.operands.iter().enumerate() {
            held.push(match concat.lines.get(index) {
                Some(line) => self.next_slot_at(operand, *line),
                None => self.next_slot(operand),
            });
        }
        let values = self.finish_all(&held);
        self.release(mark);
        self.step(concat.line);
        let value = self.push_computed(Op::Concat, &values, concat.line);
        for (index, operand) in concat.operands.iter().enumerate() {
            let name = self.name_of(operand);
            self.name_operand(index as u32, name);
        }
        value
    }

    /// A new closure. `own` is the local that is about to hold it and is in scope inside.
    pub(crate) fn closure(&mut self, id: FunctionId, own: Option<LocalId>) -> Value {
        let mut self_capture = None;
        let mut captures = Vec::new();
        let mut index = 0;
        for upvalue in &self.chunk.function(id).upvalues {
            if crate::function::is_left_out(self.chunk, self.options, id, upvalue) {
                continue;
            }
            match upvalue.source {
                UpvalueSource::Local(local) => match self.slot(local) {
                    Slot::Cell(cell) => captures.push(cell),
                    Slot::None if own == Some(local) => self_capture = Some(SelfCapture(index)),
                    _ => captures.push(self.read_local(local)),
                },
                UpvalueSource::Upvalue(upvalue) => {
                    let cell = self.upvalue_cell(upvalue);
                    captures.push(match cell {
                        Some(cell) => cell,
                        None => self.read_upvalue(upvalue),
                    });
                }
                // Only the main function has this, and no closure is made of it.
                UpvalueSource::Environment => captures.push(self.nil()),
            }
            index += 1;
        }
        let imm = Imm::Closure(FuncId(id.0), self_capture);
        self.step(self.chunk.function(id).last_line_defined);
        self.push_one(Op::Closure, imm, &captures, Type::Func, 0)
    }
}
