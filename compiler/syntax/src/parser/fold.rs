//! The value of an expression, where the reference knows it while parsing.
//!
//! Only `local x <const> = value` asks: with a known value `x` is a name for it and no variable. The
//! reference folds arithmetic on numerals, `not`, and `and` and `or` whose left operands are known,
//! but neither comparisons nor anything that yields a zero float or NaN; nor does it divide by zero.

use super::Parser;
use crate::ast::{Binary, BinaryOp, ConstantValue, Expr, ExprKind, Logical, LogicalOp, UnaryOp};

use ConstantValue::{Boolean, Float, Integer, Nil, String};

impl Parser<'_> {
    /// The value of `expr`; none where it is for the run time to find.
    pub(super) fn constant_value(&self, expr: &Expr) -> Option<ConstantValue> {
        match &expr.kind {
            ExprKind::Nil => Some(Nil),
            ExprKind::True => Some(Boolean(true)),
            ExprKind::False => Some(Boolean(false)),
            ExprKind::Integer(value) => Some(Integer(*value)),
            ExprKind::Float(value) => Some(Float(*value)),
            ExprKind::String(value) => Some(String(*value)),
            ExprKind::Constant(id) => Some(self.scope.constants[id.0 as usize].value),
            ExprKind::Paren(inner) => self.constant_value(inner),
            ExprKind::Unary(unary) => {
                let value = self.constant_value(&unary.operand)?;
                match (unary.op, value) {
                    (UnaryOp::Not, value) => Some(Boolean(!is_true(value))),
                    (UnaryOp::Minus, Integer(value)) => Some(Integer(value.wrapping_neg())),
                    (UnaryOp::Minus, Float(value)) => safe_float(-value),
                    (UnaryOp::BitNot, value) => Some(Integer(!to_integer(value)?)),
                    (UnaryOp::Minus | UnaryOp::Len, _) => None,
                }
            }
            ExprKind::Binary(binary) => self.constant_chain(binary),
            ExprKind::Logical(logical) => self.constant_logical(logical),
            ExprKind::Vararg(_)
            | ExprKind::Function(_)
            | ExprKind::Local(_)
            | ExprKind::Upvalue(_)
            | ExprKind::Global(_)
            | ExprKind::Concat(_)
            | ExprKind::Suffixed(_)
            | ExprKind::Table(_) => None,
        }
    }

    fn constant_chain(&self, binary: &Binary) -> Option<ConstantValue> {
        let mut value = self.constant_value(&binary.first)?;
        for link in &binary.links {
            value = arithmetic(link.op, value, self.constant_value(&link.rhs)?)?;
        }
        Some(value)
    }

    /// `true and x` is `x`; `false and x` is not folded, and the same of `or` the other way round.
    fn constant_logical(&self, logical: &Logical) -> Option<ConstantValue> {
        let (last, earlier) = logical.operands.split_last()?;
        for operand in earlier {
            if is_true(self.constant_value(operand)?) != (logical.op == LogicalOp::And) {
                return None;
            }
        }
        self.constant_value(last)
    }
}

fn is_true(value: ConstantValue) -> bool {
    !matches!(value, Nil | Boolean(false))
}

/// Neither NaN nor a zero, which might be negative.
fn safe_float(value: f64) -> Option<ConstantValue> {
    (!value.is_nan() && value != 0.0).then_some(Float(value))
}

/// A number as an integer, where it is one exactly.
fn to_integer(value: ConstantValue) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match value {
        Integer(value) => Some(value),
        Float(value) if (-LIMIT..LIMIT).contains(&value) && value as i64 as f64 == value => {
            Some(value as i64)
        }
        _ => None,
    }
}

fn to_float(value: ConstantValue) -> Option<f64> {
    match value {
        Integer(value) => Some(value as f64),
        Float(value) => Some(value),
        _ => None,
    }
}

fn arithmetic(op: BinaryOp, lhs: ConstantValue, rhs: ConstantValue) -> Option<ConstantValue> {
    match op {
        BinaryOp::BitAnd
        | BinaryOp::BitOr
        | BinaryOp::BitXor
        | BinaryOp::ShiftLeft
        | BinaryOp::ShiftRight => {
            let (lhs, rhs) = (to_integer(lhs)?, to_integer(rhs)?);
            return Some(Integer(match op {
                BinaryOp::BitAnd => lhs & rhs,
                BinaryOp::BitOr => lhs | rhs,
                BinaryOp::BitXor => lhs ^ rhs,
                BinaryOp::ShiftLeft => shift_left(lhs, rhs),
                _ => shift_left(lhs, rhs.saturating_neg()),
            }));
        }
        _ => {}
    }
    if let (Integer(lhs), Integer(rhs)) = (lhs, rhs) {
        match op {
            BinaryOp::Add => return Some(Integer(lhs.wrapping_add(rhs))),
            BinaryOp::Sub => return Some(Integer(lhs.wrapping_sub(rhs))),
            BinaryOp::Mul => return Some(Integer(lhs.wrapping_mul(rhs))),
            BinaryOp::FloorDiv | BinaryOp::Mod if rhs == 0 => return None,
            BinaryOp::FloorDiv => {
                let quotient = lhs.wrapping_div(rhs);
                // Rounds toward minus infinity, where Rust's division rounds toward zero.
                let lower = lhs.wrapping_rem(rhs) != 0 && (lhs ^ rhs) < 0;
                return Some(Integer(quotient - i64::from(lower)));
            }
            BinaryOp::Mod => {
                let rest = lhs.wrapping_rem(rhs);
                let wrong_sign = rest != 0 && (rest ^ rhs) < 0;
                return Some(Integer(if wrong_sign { rest + rhs } else { rest }));
            }
            _ => {}
        }
    }
    let (lhs, rhs) = (to_float(lhs)?, to_float(rhs)?);
    match op {
        BinaryOp::Add => safe_float(lhs + rhs),
        BinaryOp::Sub => safe_float(lhs - rhs),
        BinaryOp::Mul => safe_float(lhs * rhs),
        BinaryOp::Div if rhs != 0.0 => safe_float(lhs / rhs),
        BinaryOp::FloorDiv if rhs != 0.0 => safe_float(floor(lhs / rhs)),
        BinaryOp::Mod if rhs != 0.0 => {
            let rest = lhs % rhs;
            let wrong_sign = rest != 0.0 && (rest < 0.0) != (rhs < 0.0);
            safe_float(if wrong_sign { rest + rhs } else { rest })
        }
        BinaryOp::Pow => exact_power(lhs, rhs).and_then(safe_float),
        _ => None,
    }
}

fn shift_left(value: i64, by: i64) -> i64 {
    match by {
        0..=63 => value << by,
        -63..=-1 => (value as u64 >> -by) as i64,
        _ => 0,
    }
}

fn floor(value: f64) -> f64 {
    // From 2^52 on every float is an integer; NaN and infinities are themselves, too.
    let is_small = (-4_503_599_627_370_496.0..4_503_599_627_370_496.0).contains(&value);
    if !is_small {
        return value;
    }
    let whole = value as i64 as f64;
    if whole > value { whole - 1.0 } else { whole }
}

/// `base ^ exponent` where every step is exact: powers of integers that stay below 2^53. There is no
/// `pow` without the standard library; other powers are left to the run time, so that a constant
/// with such a value is an ordinary local here.
fn exact_power(base: f64, exponent: f64) -> Option<f64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if floor(base) != base || floor(exponent) != exponent || !(0.0..=1023.0).contains(&exponent) {
        return None;
    }
    let mut power = 1.0;
    for _ in 0..exponent as u32 {
        power *= base;
        // A power of two stays exact beyond.
        if !(-EXACT..=EXACT).contains(&power) && base != 2.0 {
            return None;
        }
    }
    Some(power)
}
