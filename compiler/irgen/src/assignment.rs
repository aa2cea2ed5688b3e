//! Assignments.
//!
//! The order is the reference's: tables and keys of the targets from left to right, then the
//! values, then the stores from right to left. A local table or key in a cell is read at the
//! store, unless a later target of the same statement is that local (lua-5.4 lparser.c,
//! `check_conflict`): then its value from before counts.

use crate::builder::{Builder, Name, Slot};
use crate::expression::Operand;
use alloc::vec::Vec;
use ir::{Imm, Op, Value};
use syntax::ast::{
    Assign, Expr, ExprKind, FunctionStat, Global, LocalId, SuffixKind, UpvalueId, Variable,
};

/// Where a value goes, with tables and keys evaluated.
enum Target {
    Local(LocalId),
    Upvalue(UpvalueId),
    Global(Global),
    Index { table: Operand, key: Operand, name: Name },
}

impl Builder<'_> {
    /// `a, b.c = ...`
    pub(crate) fn assign(&mut self, assign: &Assign) {
        let mark = self.mark();
        let mut targets: Vec<Target> = Vec::with_capacity(assign.targets.len());
        for expr in &assign.targets {
            let target = self.target(expr);
            if !targets.is_empty() {
                self.settle(&mut targets, &target);
            }
            targets.push(target);
        }
        let values = self.assigned_values(&assign.values, targets.len());
        for (index, (target, value)) in targets.iter().zip(values).enumerate().rev() {
            let value = self.finish(value);
            // The last value is computed right where a local has its slot.
            let computed = index + 1 == assign.values.len()
                && !self.is_plain(&assign.values[index])
                && !assign.values[index].is_call();
            if matches!(target, Target::Upvalue(_))
                && index + 1 == assign.values.len()
                && self.is_plain(&assign.values[index])
                && !matches!(assign.values[index].kind, ExprKind::Local(_))
            {
                // A constant goes through a register.
                self.step(assign.line);
            }
            if !computed || !matches!(target, Target::Local(_)) {
                self.step(assign.line);
            }
            self.store(target, value, assign.line);
        }
        self.release(mark);
    }

    /// The values of an assignment. Where there is one for each target, the last is stored from
    /// where it is computed.
    fn assigned_values(&mut self, exprs: &[Expr], count: usize) -> Vec<Operand> {
        match exprs.split_last() {
            Some((last, earlier)) if exprs.len() == count && !last.is_multiple() => {
                let mut values: Vec<Operand> =
                    earlier.iter().map(|expr| self.next_slot(expr)).collect();
                values.push(Operand::Now(self.expr(last)));
                values
            }
            _ => self.closed_values(exprs, count),
        }
    }

    /// `function a.b:c() ... end`
    pub(crate) fn function_stat(&mut self, stat: &FunctionStat) {
        let mark = self.mark();
        let target = self.target(&stat.target);
        let value = self.closure(stat.function, None);
        if !matches!(target, Target::Local(_)) {
            self.step(stat.line);
        }
        self.store(&target, value, stat.line);
        self.release(mark);
    }

    fn target(&mut self, expr: &Expr) -> Target {
        match &expr.kind {
            ExprKind::Local(id) => Target::Local(*id),
            ExprKind::Upvalue(id) => Target::Upvalue(*id),
            ExprKind::Global(global) if self.is_globals(global.env) => Target::Global(*global),
            ExprKind::Global(global) => {
                let table = self.late_variable(global.env.variable());
                let key = Operand::Now(self.string(global.name));
                let name = self.name_of_env(global.env.variable());
                Target::Index { table, key, name }
            }
            ExprKind::Suffixed(suffixed) => {
                let last = suffixed.suffixes.len() - 1;
                let table = match (last, &suffixed.base.without_parens().kind) {
                    (0, ExprKind::Local(id)) => self.late_variable(Variable::Local(*id)),
                    // An upvalue is read at the store where the key is a constant string.
                    (0, ExprKind::Upvalue(id)) if self.has_constant_key(suffixed) => {
                        self.late_variable(Variable::Upvalue(*id))
                    }
                    (0, _) if self.is_plain(&suffixed.base) => {
                        Operand::Now(self.prefix(suffixed, last))
                    }
                    _ => {
                        let table = self.prefix(suffixed, last);
                        self.hold(table)
                    }
                };
                let key = match &suffixed.suffixes[last].kind {
                    SuffixKind::Field(name) => Operand::Now(self.string(*name)),
                    SuffixKind::Index(key) => self.operand(key),
                    // The parser takes neither as a target.
                    SuffixKind::Call(_) | SuffixKind::Method(_) => Operand::Now(self.nil()),
                };
                let name = self.name_of_suffixed(suffixed, last);
                Target::Index { table, key, name }
            }
            // The parser takes nothing else as a target.
            _ => {
                let table = Operand::Now(self.expr(expr));
                Target::Index { table, key: table, name: None }
            }
        }
    }

    fn has_constant_key(&self, suffixed: &syntax::ast::Suffixed) -> bool {
        match suffixed.suffixes.last().map(|suffix| &suffix.kind) {
            Some(SuffixKind::Field(_)) => true,
            Some(SuffixKind::Index(key)) => self.const_string(key).is_some(),
            _ => false,
        }
    }

    fn late_variable(&mut self, variable: Variable) -> Operand {
        let cell = match variable {
            Variable::Local(id) => match self.slot(id) {
                Slot::Cell(cell) => Some(cell),
                Slot::Frame(slot) => return Operand::Slot(slot),
                _ => None,
            },
            Variable::Upvalue(id) => self.upvalue_cell(id),
            Variable::Constant(_) => None,
        };
        match cell {
            Some(cell) => Operand::Late(cell),
            None => Operand::Now(self.variable(variable)),
        }
    }

    /// Reads now what earlier targets would read from the variable that is the next target.
    fn settle(&mut self, targets: &mut [Target], next: &Target) {
        let assigned = match next {
            Target::Local(id) => match self.slot(*id) {
                Slot::Cell(cell) => Operand::Late(cell),
                Slot::Frame(slot) => Operand::Slot(slot),
                _ => return,
            },
            Target::Upvalue(id) => match self.upvalue_cell(*id) {
                Some(cell) => Operand::Late(cell),
                None => return,
            },
            Target::Global(_) | Target::Index { .. } => return,
        };
        for target in targets {
            if let Target::Index { table, key, .. } = target {
                for operand in [table, key] {
                    let is_same = match (*operand, assigned) {
                        (Operand::Late(cell), Operand::Late(other)) => {
                            self.is_same_cell(cell, other)
                        }
                        (Operand::Slot(slot), Operand::Slot(other)) => slot == other,
                        _ => false,
                    };
                    if is_same {
                        let value = self.finish(*operand);
                        *operand = self.hold(value);
                    }
                }
            }
        }
    }

    /// Whether two values are the cell of one variable: upvalues are fetched anew each time.
    fn is_same_cell(&self, a: Value, b: Value) -> bool {
        let fetched = |value| {
            let data = self.func.inst(self.func.def_inst(value)?);
            (data.op == Op::UpvalueCell).then_some(data.imm)
        };
        a == b || (fetched(a).is_some() && fetched(a) == fetched(b))
    }

    fn store(&mut self, target: &Target, value: Value, line: u32) {
        match target {
            Target::Local(id) => self.write_local(*id, value),
            Target::Upvalue(id) => {
                if let Some(cell) = self.upvalue_cell(*id) {
                    self.push(Op::CellSet, Imm::None, &[cell, value], &[], 0);
                }
            }
            Target::Global(global) => {
                let name = self.str(global.name);
                self.push(Op::GlobalSet, Imm::Str(name), &[value], &[], line);
            }
            Target::Index { table, key, name } => {
                let table = self.finish(*table);
                let key = self.finish(*key);
                self.push(Op::SetIndex, Imm::None, &[table, key, value], &[], line);
                self.name_operand(0, *name);
            }
        }
    }
}
