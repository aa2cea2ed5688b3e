//! What messages and tracebacks call an operand, by the reference's rules.
//!
//! It looks for the instruction that last set the operand's register (lua-5.4 ldebug.c,
//! `getobjname`), which comes down to the form of the expression:
//!
//! - a local, an upvalue, a global; parentheses change nothing;
//! - a string constant, as what an operation was given: `("x")()` calls `constant 'x'`;
//! - `t.k` and `t["k"]` are `field 'k'`; `t[i]` is `field '?'` whatever `i` is, but with a numeral
//!   from 0 to 255 it is `field 'integer index'`;
//! - a field of a local or upvalue named `_ENV` is a `global`;
//! - results of calls and of operators have no name, nor have those of `and` and `or`, unless none
//!   of the operands before the last one can be the value.

use crate::builder::{Builder, Name};
use crate::fold::{Number, fold};
use ir::NameKind;
use syntax::ast::{
    ConstantValue, Expr, ExprKind, Global, Logical, LogicalOp, SuffixKind, Suffixed, UnaryOp,
    Variable,
};

/// What an `and` or `or` comes to: its last operand, unless it is left before.
struct Outcome<'e> {
    last: &'e Expr,
    /// An earlier operand can be the value, being true.
    leaves_true: bool,
    /// An earlier operand can be the value, being false.
    leaves_false: bool,
}

impl Builder<'_> {
    /// What a message calls the value of an expression.
    pub(crate) fn name_of(&mut self, expr: &Expr) -> Name {
        match &expr.without_parens().kind {
            ExprKind::Local(id) => Some((NameKind::Local, self.str(self.chunk.local(*id).name))),
            ExprKind::Upvalue(id) => {
                let name = self.chunk.function(self.id).upvalues[id.0 as usize].name;
                Some((NameKind::Upvalue, self.str(name)))
            }
            ExprKind::Global(global) => Some(self.name_of_global(global)),
            ExprKind::String(id) => Some((NameKind::Constant, self.str(*id))),
            ExprKind::Constant(id) => match self.chunk.constant(*id).value {
                ConstantValue::String(id) => Some((NameKind::Constant, self.str(id))),
                _ => None,
            },
            ExprKind::Suffixed(suffixed) => {
                self.name_of_suffixed(suffixed, suffixed.suffixes.len())
            }
            ExprKind::Logical(logical) => {
                let last = self.chosen_operand(logical)?;
                self.name_of(last)
            }
            _ => None,
        }
    }

    /// The operand of `and` or `or` that alone can be its value, where there is one.
    fn chosen_operand<'e>(&self, logical: &'e Logical) -> Option<&'e Expr> {
        let outcome = self.outcome(logical);
        (!outcome.leaves_true && !outcome.leaves_false).then_some(outcome.last)
    }

    /// How the reference would leave an `and` or `or`: a constant that goes on leaves no jump, and
    /// the jumps of an operand that are for the other truth end where the next operand begins.
    fn outcome<'e>(&self, logical: &'e Logical) -> Outcome<'e> {
        let mut operands = logical.operands.iter();
        let first = operands.next().expect("a logical expression has operands");
        operands.fold(self.outcome_of(first), |before, operand| {
            let goes_on = logical.op == LogicalOp::And;
            let leaves = self.constant_truth(before.last) != Some(goes_on);
            let after = self.outcome_of(operand);
            if goes_on {
                let leaves_false = before.leaves_false || leaves || after.leaves_false;
                Outcome { leaves_false, ..after }
            } else {
                let leaves_true = before.leaves_true || leaves || after.leaves_true;
                Outcome { leaves_true, ..after }
            }
        })
    }

    fn outcome_of<'e>(&self, expr: &'e Expr) -> Outcome<'e> {
        match &expr.without_parens().kind {
            ExprKind::Logical(logical) => self.outcome(logical),
            ExprKind::Unary(unary) if unary.op == UnaryOp::Not => {
                let Outcome { leaves_true, leaves_false, .. } = self.outcome_of(&unary.operand);
                Outcome { last: expr, leaves_true: leaves_false, leaves_false: leaves_true }
            }
            _ => Outcome { last: expr, leaves_true: false, leaves_false: false },
        }
    }

    /// The expression without what constants decide.
    fn chosen<'e>(&self, expr: &'e Expr) -> &'e Expr {
        match &expr.without_parens().kind {
            ExprKind::Logical(logical) => match self.chosen_operand(logical) {
                Some(operand) => self.chosen(operand),
                None => expr,
            },
            _ => expr,
        }
    }

    /// The truth of an expression that is a constant in the reference.
    fn constant_truth(&self, expr: &Expr) -> Option<bool> {
        let expr = expr.without_parens();
        match &expr.kind {
            ExprKind::Nil | ExprKind::False => Some(false),
            ExprKind::True | ExprKind::String(_) => Some(true),
            ExprKind::Constant(id) => Some(!matches!(
                self.chunk.constant(*id).value,
                ConstantValue::Nil | ConstantValue::Boolean(false)
            )),
            ExprKind::Unary(unary) if unary.op == UnaryOp::Not => {
                self.constant_truth(&unary.operand).map(|truth| !truth)
            }
            ExprKind::Logical(logical) => self.constant_truth(self.outcome(logical).last),
            _ => fold(self.chunk, expr).map(|_| true),
        }
    }

    fn name_of_global(&mut self, global: &Global) -> (NameKind, ir::StrId) {
        let kind = match global.env.variable() {
            Variable::Constant(_) => NameKind::Field,
            _ => NameKind::Global,
        };
        (kind, self.str(global.name))
    }

    /// The variable `_ENV`, where a global is looked up in one.
    pub(crate) fn name_of_env(&mut self, variable: Variable) -> Name {
        let kind = match variable {
            Variable::Local(_) => NameKind::Local,
            Variable::Upvalue(_) => NameKind::Upvalue,
            Variable::Constant(_) => return None,
        };
        Some((kind, self.func.strings.intern(b"_ENV")))
    }

    /// What a message calls the value after the first `count` suffixes.
    pub(crate) fn name_of_suffixed(&mut self, suffixed: &Suffixed, count: usize) -> Name {
        let Some(last) = count.checked_sub(1) else { return self.name_of(&suffixed.base) };
        let name = match &suffixed.suffixes[last].kind {
            SuffixKind::Field(name) => self.str(*name),
            SuffixKind::Index(key) => {
                let key = self.chosen(key);
                match self.const_string(key) {
                    Some(name) => self.str(name),
                    None => match fold(self.chunk, key) {
                        Some(Number::Int(0..=255)) => self.func.strings.intern(b"integer index"),
                        _ => self.func.strings.intern(b"?"),
                    },
                }
            }
            SuffixKind::Call(_) | SuffixKind::Method(_) => return None,
        };
        let base = self.name_of_suffixed_base(suffixed, last);
        let is_env = base.is_some_and(|(kind, name)| {
            matches!(kind, NameKind::Local | NameKind::Upvalue)
                && self.func.strings.get(name) == b"_ENV"
        });
        Some((if is_env { NameKind::Global } else { NameKind::Field }, name))
    }

    fn name_of_suffixed_base(&mut self, suffixed: &Suffixed, count: usize) -> Name {
        if count == 0 { self.name_of(&suffixed.base) } else { None }
    }

    /// The string that an expression is, where it is a literal or a constant.
    pub(crate) fn const_string(&self, expr: &Expr) -> Option<syntax::ast::StrId> {
        match &expr.without_parens().kind {
            ExprKind::String(id) => Some(*id),
            ExprKind::Constant(id) => match self.chunk.constant(*id).value {
                ConstantValue::String(id) => Some(id),
                _ => None,
            },
            _ => None,
        }
    }
}
