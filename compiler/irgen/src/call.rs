//! Fields, indices and calls, and lists of values.
//!
//! An open list (`f(...)`, `{g()}`, `return h()`) is made last and used by the next instruction.

use crate::builder::{Builder, Name};
use crate::expression::Operand;
use alloc::vec;
use alloc::vec::Vec;
use ir::{Imm, Inst, Op, Type, Value};
use syntax::ast::{Expr, ExprKind, SuffixKind, Suffixed};

impl Builder<'_> {
    /// The one value of fields, indices and calls.
    pub(crate) fn suffixed(&mut self, suffixed: &Suffixed) -> Value {
        self.prefix(suffixed, suffixed.suffixes.len())
    }

    /// The value after the first `count` suffixes.
    pub(crate) fn prefix(&mut self, suffixed: &Suffixed, count: usize) -> Value {
        let mut value = match (count, suffixed.suffixes.first().map(|suffix| &suffix.kind)) {
            (1.., Some(SuffixKind::Index(_))) => self.operand(&suffixed.base),
            _ => Operand::Now(self.expr(&suffixed.base)),
        };
        for (index, suffix) in suffixed.suffixes[..count].iter().enumerate() {
            let next = match &suffix.kind {
                SuffixKind::Field(name) => {
                    let table = self.finish(value);
                    let key = self.string(*name);
                    self.index(table, key, suffix.line, suffixed, index)
                }
                SuffixKind::Index(key) => {
                    let key = self.expr(key);
                    let table = self.finish(value);
                    self.index(table, key, suffix.line, suffixed, index)
                }
                SuffixKind::Call(_) | SuffixKind::Method(_) => {
                    let callee = self.finish(value);
                    let call = self.call(Op::Call, callee, suffixed, index, &[Type::Any]);
                    self.func.result(call)
                }
            };
            value = Operand::Now(next);
        }
        self.finish(value)
    }

    fn index(
        &mut self,
        table: Value,
        key: Value,
        line: u32,
        suffixed: &Suffixed,
        index: usize,
    ) -> Value {
        let name = self.name_of_suffixed(suffixed, index);
        let value = self.push_one(Op::Index, Imm::None, &[table, key], Type::Any, line);
        self.name_operand(0, name);
        value
    }

    /// The call that is suffix `index`, of what stands before it.
    fn call(
        &mut self,
        op: Op,
        callee: Value,
        suffixed: &Suffixed,
        index: usize,
        results: &[Type],
    ) -> Inst {
        let suffix = &suffixed.suffixes[index];
        let name = self.name_of_suffixed(suffixed, index);
        match &suffix.kind {
            SuffixKind::Method(method) => {
                let id = self.str(method.name);
                let imm = Imm::Str(id);
                let found = self.push_one(Op::Method, imm, &[callee], Type::Any, method.line);
                self.name_operand(0, name);
                let name = Some((ir::NameKind::Method, id));
                let args = vec![found, callee];
                self.finish_call(op, args, &method.arguments, name, results, suffix.line)
            }
            SuffixKind::Call(arguments) => {
                self.finish_call(op, vec![callee], arguments, name, results, suffix.line)
            }
            // Asked of calls alone.
            SuffixKind::Field(_) | SuffixKind::Index(_) => {
                self.finish_call(op, vec![callee], &[], name, results, suffix.line)
            }
        }
    }

    fn finish_call(
        &mut self,
        op: Op,
        mut args: Vec<Value>,
        arguments: &[Expr],
        name: Name,
        results: &[Type],
        line: u32,
    ) -> Inst {
        self.open_values(arguments, &mut args);
        let inst = self.push(op, Imm::None, &args, results, line);
        self.name_operand(0, name);
        inst
    }

    /// A call with results of these types: none, some of `any`, or one `multi`.
    pub(crate) fn call_with(&mut self, op: Op, suffixed: &Suffixed, results: &[Type]) -> Inst {
        let last = suffixed.suffixes.len() - 1;
        let callee = self.prefix(suffixed, last);
        self.call(op, callee, suffixed, last, results)
    }

    /// Evaluates a list whose last expression may give any number of values.
    pub(crate) fn open_values(&mut self, exprs: &[Expr], values: &mut Vec<Value>) {
        for (index, expr) in exprs.iter().enumerate() {
            let is_last = index + 1 == exprs.len();
            let value = match &expr.kind {
                ExprKind::Vararg if is_last => {
                    self.push_one(Op::VarargAll, Imm::None, &[], Type::Multi, 0)
                }
                ExprKind::Suffixed(suffixed) if is_last && expr.is_call() => {
                    let call = self.call_with(Op::Call, suffixed, &[Type::Multi]);
                    self.func.result(call)
                }
                _ => self.expr(expr),
            };
            values.push(value);
        }
    }

    /// Evaluates a list and adjusts it to `count` values. What is too much is evaluated too.
    pub(crate) fn closed_values(&mut self, exprs: &[Expr], count: usize) -> Vec<Value> {
        let mut values = Vec::with_capacity(count);
        for (index, expr) in exprs.iter().enumerate() {
            let is_last = index + 1 == exprs.len();
            let wanted = count.saturating_sub(index);
            match &expr.kind {
                ExprKind::Vararg if is_last => {
                    for index in 0..wanted as u32 {
                        let imm = Imm::Index(index);
                        values.push(self.push_one(Op::VarargGet, imm, &[], Type::Any, 0));
                    }
                }
                ExprKind::Suffixed(suffixed) if is_last && expr.is_call() => {
                    let types = vec![Type::Any; wanted];
                    let call = self.call_with(Op::Call, suffixed, &types);
                    values.extend(self.func.results(call));
                }
                _ => values.push(self.expr(expr)),
            }
        }
        values.truncate(count);
        while values.len() < count {
            values.push(self.nil());
        }
        values
    }
}
