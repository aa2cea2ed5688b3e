//! Arithmetic and bitwise operations.
//!
//! Strings that stand for numbers take part in arithmetic by way of the string library's
//! metamethods, and not at all in bitwise operations.

use crate::call::{Continuation, Saved, Step};
use crate::error::Raised;
use crate::gc::Gc;
use crate::maths::float_of;
use crate::state::State;
use crate::string::Str;
use crate::sys;
use crate::text::arithmetic::{
    Rounding, float_floor_div, float_modulo, float_to_int, int_floor_div, int_modulo, shift_left,
    shift_right,
};
use crate::value::{Number, Value};

use super::binary_method;

/// An operation. The unary ones take their operand twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithOp {
    /// `lhs + rhs`
    Add,
    /// `lhs - rhs`
    Sub,
    /// `lhs * rhs`
    Mul,
    /// `lhs / rhs`
    Div,
    /// `lhs % rhs`
    Mod,
    /// `lhs ^ rhs`
    Pow,
    /// `lhs // rhs`
    IDiv,
    /// `lhs & rhs`
    BAnd,
    /// `lhs | rhs`
    BOr,
    /// `lhs ~ rhs`
    BXor,
    /// `lhs << rhs`
    Shl,
    /// `lhs >> rhs`
    Shr,
    /// `-operand`
    Unm,
    /// `~operand`
    BNot,
}

impl ArithOp {
    /// Does it work on integers alone?
    pub const fn is_bitwise(self) -> bool {
        use ArithOp::*;
        matches!(self, BAnd | BOr | BXor | Shl | Shr | BNot)
    }

    /// The name of its metamethod.
    fn name(self, state: &State) -> Gc<Str> {
        let names = &state.names;
        match self {
            ArithOp::Add => names.add,
            ArithOp::Sub => names.sub,
            ArithOp::Mul => names.mul,
            ArithOp::Div => names.div,
            ArithOp::Mod => names.modulo,
            ArithOp::Pow => names.pow,
            ArithOp::IDiv => names.idiv,
            ArithOp::BAnd => names.band,
            ArithOp::BOr => names.bor,
            ArithOp::BXor => names.bxor,
            ArithOp::Shl => names.shl,
            ArithOp::Shr => names.shr,
            ArithOp::Unm => names.unm,
            ArithOp::BNot => names.bnot,
        }
    }
}

/// Why two numbers have no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoResult {
    /// `n // 0` with integers.
    DivideByZero,
    /// `n % 0` with integers.
    ModuloByZero,
    /// The first operand of a bitwise operation is a float without an integer value.
    FirstNotInteger,
    /// The second one is.
    SecondNotInteger,
}

/// The operation on values of any type.
pub fn arith(
    state: &mut State,
    op: ArithOp,
    lhs: Value,
    rhs: Value,
) -> Result<Step<Value>, Raised> {
    let numbers = match (lhs.as_number(), rhs.as_number()) {
        (Some(a), Some(b)) => Some(arith_numbers(op, a, b)),
        _ => None,
    };
    match numbers {
        Some(Ok(result)) => Ok(Step::Done(Value::number(result))),
        Some(Err(reason @ (NoResult::DivideByZero | NoResult::ModuloByZero))) => {
            Err(state.no_result(reason))
        }
        Some(Err(_)) | None => {
            let name = op.name(state);
            match (binary_method(state, lhs, rhs, name), numbers) {
                (Some(method), _) => {
                    // As that of strings does for what stands for numbers.
                    if let Some(function) = method.as_function()
                        && let Some(results) = state.call_quickly(function, &[lhs, rhs])
                    {
                        return Ok(Step::Done(results.first()));
                    }
                    let first = Continuation::None;
                    state.request_event(name, method, &[lhs, rhs], first, Saved::default())
                }
                (None, Some(Err(reason))) => Err(state.no_result(reason)),
                (None, _) => Err(state.operand_error(op, lhs, rhs)),
            }
        }
    }
}

/// `lhs ^ rhs`, which compiled code leaves to the runtime for numbers of any kind.
pub fn power(state: &mut State, lhs: Value, rhs: Value) -> Result<Step<Value>, Raised> {
    match (float_operand(lhs), float_operand(rhs)) {
        (Some(a), Some(b)) => Ok(Step::Done(Value::float(float_power(a, b)))),
        _ => arith(state, ArithOp::Pow, lhs, rhs),
    }
}

/// `lhs % rhs`, which compiled code leaves to the runtime for floats.
pub fn modulo(state: &mut State, lhs: Value, rhs: Value) -> Result<Step<Value>, Raised> {
    match (float_operand(lhs), float_operand(rhs)) {
        (Some(a), Some(b)) if lhs.as_int().is_none() || rhs.as_int().is_none() => {
            Ok(Step::Done(Value::float(float_modulo(a, b))))
        }
        _ => arith(state, ArithOp::Mod, lhs, rhs),
    }
}

#[inline(always)]
fn float_operand(value: Value) -> Option<f64> {
    value.as_number().map(to_float)
}

#[inline(always)]
fn float_power(a: f64, b: f64) -> f64 {
    // The square is frequent, and the same.
    if b == 2.0 { a * a } else { sys::pow(a, b) }
}

/// The operation on numbers.
#[inline(always)]
pub fn arith_numbers(op: ArithOp, lhs: Number, rhs: Number) -> Result<Number, NoResult> {
    use Number::{Float, Int};
    if op.is_bitwise() {
        return bitwise(op, lhs, rhs).map(Int);
    }
    if let (Int(a), Int(b)) = (lhs, rhs) {
        let result = match op {
            ArithOp::Add => Some(a.wrapping_add(b)),
            ArithOp::Sub => Some(a.wrapping_sub(b)),
            ArithOp::Mul => Some(a.wrapping_mul(b)),
            ArithOp::Unm => Some(a.wrapping_neg()),
            ArithOp::Mod => Some(int_modulo(a, b).ok_or(NoResult::ModuloByZero)?),
            ArithOp::IDiv => Some(int_floor_div(a, b).ok_or(NoResult::DivideByZero)?),
            _ => None,
        };
        if let Some(result) = result {
            return Ok(Int(result));
        }
    }
    let (a, b) = (to_float(lhs), to_float(rhs));
    Ok(Float(match op {
        ArithOp::Add => a + b,
        ArithOp::Sub => a - b,
        ArithOp::Mul => a * b,
        ArithOp::Div => a / b,
        ArithOp::Mod => float_modulo(a, b),
        ArithOp::Pow => float_power(a, b),
        ArithOp::IDiv => float_floor_div(a, b),
        _ => -a,
    }))
}

fn bitwise(op: ArithOp, lhs: Number, rhs: Number) -> Result<i64, NoResult> {
    let a = to_int(lhs).ok_or(NoResult::FirstNotInteger)?;
    let b = to_int(rhs).ok_or(NoResult::SecondNotInteger)?;
    Ok(match op {
        ArithOp::BAnd => a & b,
        ArithOp::BOr => a | b,
        ArithOp::BXor => a ^ b,
        ArithOp::Shl => shift_left(a, b),
        ArithOp::Shr => shift_right(a, b),
        _ => !a,
    })
}

#[inline(always)]
fn to_float(number: Number) -> f64 {
    match number {
        Number::Int(value) => float_of(value),
        Number::Float(value) => value,
    }
}

fn to_int(number: Number) -> Option<i64> {
    match number {
        Number::Int(value) => Some(value),
        Number::Float(value) => float_to_int(value, Rounding::Exact),
    }
}

impl State {
    /// Raises what an operation on two numbers had no result for.
    pub fn no_result(&mut self, reason: NoResult) -> Raised {
        match reason {
            NoResult::DivideByZero => self.error(format_args!("attempt to divide by zero")),
            NoResult::ModuloByZero => self.error(format_args!("attempt to perform 'n%0'")),
            NoResult::FirstNotInteger => self.integer_error(0),
            NoResult::SecondNotInteger => self.integer_error(1),
        }
    }

    /// Raises for operands of which at least one is no number.
    fn operand_error(&mut self, op: ArithOp, lhs: Value, rhs: Value) -> Raised {
        let what =
            if op.is_bitwise() { "perform bitwise operation on" } else { "perform arithmetic on" };
        let first = !lhs.is_number();
        self.type_error(u32::from(!first), if first { lhs } else { rhs }, what)
    }
}
