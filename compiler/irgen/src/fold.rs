//! Arithmetic on numerals, as far as the reference folds it too.
//!
//! It leaves alone what could raise, and floats that come out as zero (whose sign would be lost
//! among its constants) or NaN; so does this. Powers and remainders of floats are left to the run
//! time, whose library decides their last bit.

use syntax::ast::{BinaryOp, Chunk, ConstantValue, Expr, ExprKind, UnaryOp};

/// A numeral.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

use Number::{Float, Int};

/// The number that an expression is, where that is known.
pub(crate) fn fold(chunk: &Chunk, expr: &Expr) -> Option<Number> {
    match &expr.kind {
        ExprKind::Integer(int) => Some(Int(*int)),
        ExprKind::Float(float) => Some(Float(*float)),
        ExprKind::Constant(id) => match chunk.constant(*id).value {
            ConstantValue::Integer(int) => Some(Int(int)),
            ConstantValue::Float(float) => Some(Float(float)),
            _ => None,
        },
        ExprKind::Paren(inner) => fold(chunk, inner),
        ExprKind::Unary(unary) => {
            let operand = fold(chunk, &unary.operand)?;
            match (unary.op, operand) {
                (UnaryOp::Minus, Int(int)) => Some(Int(int.wrapping_neg())),
                (UnaryOp::Minus, Float(float)) => safe(-float),
                (UnaryOp::BitNot, Int(int)) => Some(Int(!int)),
                _ => None,
            }
        }
        ExprKind::Binary(binary) => {
            let mut sum = fold(chunk, &binary.first)?;
            for link in &binary.links {
                sum = fold_binary(link.op, sum, fold(chunk, &link.rhs)?)?;
            }
            Some(sum)
        }
        _ => None,
    }
}

fn safe(float: f64) -> Option<Number> {
    (float != 0.0 && !float.is_nan()).then_some(Float(float))
}

/// The number that an operation gives, where it is folded.
pub(crate) fn fold_binary(op: BinaryOp, lhs: Number, rhs: Number) -> Option<Number> {
    if let (Int(a), Int(b)) = (lhs, rhs) {
        match op {
            BinaryOp::Add => return Some(Int(a.wrapping_add(b))),
            BinaryOp::Sub => return Some(Int(a.wrapping_sub(b))),
            BinaryOp::Mul => return Some(Int(a.wrapping_mul(b))),
            BinaryOp::BitAnd => return Some(Int(a & b)),
            BinaryOp::BitOr => return Some(Int(a | b)),
            BinaryOp::BitXor => return Some(Int(a ^ b)),
            BinaryOp::ShiftLeft => return Some(Int(shift_left(a, b))),
            BinaryOp::ShiftRight => return Some(Int(shift_left(a, b.saturating_neg()))),
            BinaryOp::FloorDiv if b != 0 => {
                let rounds_down = a.wrapping_rem(b) != 0 && (a ^ b) < 0;
                return Some(Int(a.wrapping_div(b) - i64::from(rounds_down)));
            }
            BinaryOp::Mod if b != 0 => {
                let rest = a.wrapping_rem(b);
                return Some(Int(if rest != 0 && (rest ^ b) < 0 { rest + b } else { rest }));
            }
            _ => {}
        }
    }
    let float = |number| match number {
        Int(int) => int as f64,
        Float(float) => float,
    };
    let (a, b) = (float(lhs), float(rhs));
    match op {
        BinaryOp::Add => safe(a + b),
        BinaryOp::Sub => safe(a - b),
        BinaryOp::Mul => safe(a * b),
        BinaryOp::Div if b != 0.0 => safe(a / b),
        // Powers of two are exact.
        BinaryOp::Pow if a == 2.0 && (-1022.0..=1023.0).contains(&b) && b as i64 as f64 == b => {
            safe(f64::from_bits(((b as i64 + 1023) as u64) << 52))
        }
        _ => None,
    }
}

/// Shifts bits to the left, or to the right by a negative count; all of them out from 64 on.
fn shift_left(value: i64, by: i64) -> i64 {
    match by {
        0..=63 => ((value as u64) << by) as i64,
        -63..=-1 => ((value as u64) >> -by) as i64,
        _ => 0,
    }
}
