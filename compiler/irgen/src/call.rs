//! Fields, indices and calls, and lists of values.
//!
//! An open list (`f(...)`, `{g()}`, `return h()`) is made last and used by the next instruction.

use crate::builder::{Builder, Name};
use crate::expression::Operand;
use alloc::vec;
use alloc::vec::Vec;
use ir::{Imm, Inst, Op, Type, Value};
use syntax::ast::{Expr, ExprKind, Span, Suffix, SuffixKind, Suffixed};

impl Builder<'_> {
    /// The one value of fields, indices and calls.
    pub(crate) fn suffixed(&mut self, suffixed: &Suffixed) -> Value {
        self.prefix(suffixed, suffixed.suffixes.len())
    }

    /// The value after the first `count` suffixes.
    pub(crate) fn prefix(&mut self, suffixed: &Suffixed, count: usize) -> Value {
        let mark = self.mark();
        let mut value = match (count, suffixed.suffixes.first().map(|suffix| &suffix.kind)) {
            (1.., Some(SuffixKind::Index(_))) => self.operand(&suffixed.base),
            (1.., Some(SuffixKind::Field(_))) => match suffixed.base.kind {
                // One step reads the upvalue and the field.
                ExprKind::Upvalue(id) => Operand::Now(self.read_upvalue(id)),
                _ => Operand::Now(self.expr(&suffixed.base)),
            },
            _ => Operand::Now(self.expr(&suffixed.base)),
        };
        for (index, suffix) in suffixed.suffixes[..count].iter().enumerate() {
            let next = match &suffix.kind {
                SuffixKind::Field(name) => {
                    let table = self.finish(value);
                    self.release(mark);
                    let key = self.string(*name);
                    self.index(table, key, suffix.line, suffixed, index)
                }
                SuffixKind::Index(key) => {
                    let key = self.operand(key);
                    let key = self.finish(key);
                    let table = self.finish(value);
                    self.release(mark);
                    self.index(table, key, suffix.line, suffixed, index)
                }
                SuffixKind::Call(_) | SuffixKind::Method(_) => {
                    let callee = self.finish(value);
                    self.release(mark);
                    let call = self.call(Op::Call, callee, suffixed, index, &[Type::Any]);
                    self.func.result(call)
                }
            };
            // A key may run anything before the table is needed.
            value = match suffixed.suffixes[..count].get(index + 1).map(|suffix| &suffix.kind) {
                Some(SuffixKind::Index(_)) => self.hold(next),
                _ => Operand::Now(next),
            };
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
        self.step(line);
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
                self.step(method.line);
                let found = self.push_one(Op::Method, imm, &[callee], Type::Any, method.line);
                self.name_operand(0, name);
                let name = Some((ir::NameKind::Method, id));
                let callee = [found, callee];
                self.finish_call(op, &callee, &method.arguments, name, results, suffix)
            }
            SuffixKind::Call(arguments) => {
                if index == 0 && self.is_plain(&suffixed.base) {
                    self.step_of(&suffixed.base);
                }
                self.finish_call(op, &[callee], arguments, name, results, suffix)
            }
            // Asked of calls alone.
            SuffixKind::Field(_) | SuffixKind::Index(_) => {
                self.finish_call(op, &[callee], &[], name, results, suffix)
            }
        }
    }

    /// `callee` is the function, and for a method the object behind it.
    fn finish_call(
        &mut self,
        op: Op,
        callee: &[Value],
        arguments: &[Expr],
        name: Name,
        results: &[Type],
        suffix: &Suffix,
    ) -> Inst {
        let end = self.chunk.end_line(Span::new(0, suffix.end));
        let base = self.mark();
        let mut held: Vec<Operand> = callee.iter().map(|value| self.hold(*value)).collect();
        let open = self.open_values(arguments, &mut held, Some(end));
        let mut args = self.finish_all(&held);
        args.extend(open);
        self.release(base);
        self.step(suffix.line);
        let inst = self.push(op, Imm::None, &args, results, suffix.line);
        self.name_operand(0, name);
        inst
    }

    /// A call with results of these types: none, some of `any`, or one `multi`.
    pub(crate) fn call_with(&mut self, op: Op, suffixed: &Suffixed, results: &[Type]) -> Inst {
        let last = suffixed.suffixes.len() - 1;
        let callee = self.prefix(suffixed, last);
        self.call(op, callee, suffixed, last, results)
    }

    /// Evaluates a list. The last expression may give any number of values: the answer is those. A
    /// last one that is nothing but put in its place is so in line `end`.
    pub(crate) fn open_values(
        &mut self,
        exprs: &[Expr],
        held: &mut Vec<Operand>,
        end: Option<u32>,
    ) -> Option<Value> {
        for (index, expr) in exprs.iter().enumerate() {
            let is_last = index + 1 == exprs.len();
            match expr.kind {
                ExprKind::Vararg(line) if is_last => {
                    self.step(line);
                    return Some(self.push_one(Op::VarargAll, Imm::None, &[], Type::Multi, 0));
                }
                ExprKind::Suffixed(ref suffixed) if is_last && expr.is_call() => {
                    let call = self.call_with(Op::Call, suffixed, &[Type::Multi]);
                    return Some(self.func.result(call));
                }
                _ => held.push(match end {
                    Some(end) if is_last => self.next_slot_at(expr, end),
                    _ => self.next_slot(expr),
                }),
            }
        }
        None
    }

    /// Evaluates a list and adjusts it to `count` values. What is too much is evaluated too.
    pub(crate) fn closed_values(&mut self, exprs: &[Expr], count: usize) -> Vec<Operand> {
        let mut held = Vec::with_capacity(count);
        for (index, expr) in exprs.iter().enumerate() {
            let is_last = index + 1 == exprs.len();
            let wanted = count.saturating_sub(index);
            match expr.kind {
                ExprKind::Vararg(line) if is_last => {
                    self.step(line);
                    for index in 0..wanted as u32 {
                        let imm = Imm::Index(index);
                        let value = self.push_one(Op::VarargGet, imm, &[], Type::Any, 0);
                        held.push(self.hold(value));
                    }
                }
                ExprKind::Suffixed(ref suffixed) if is_last && expr.is_call() => {
                    let types = vec![Type::Any; wanted];
                    let call = self.call_with(Op::Call, suffixed, &types);
                    for value in self.func.results(call) {
                        held.push(self.hold(value));
                    }
                }
                _ if wanted > 0 => held.push(self.next_slot(expr)),
                _ => {
                    let mark = self.mark();
                    self.next_slot(expr);
                    self.release(mark);
                }
            }
        }
        if held.len() < count {
            let line = exprs.last().map_or(0, |last| self.chunk.end_line(last.span));
            self.step(if line > 0 { line } else { self.last_line });
            while held.len() < count {
                let nil = self.nil();
                held.push(self.hold(nil));
            }
        }
        held
    }
}
