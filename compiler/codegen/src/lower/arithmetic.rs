//! Arithmetic, bitwise operators and concatenation.
//!
//! What the static types leave open is decided by tags: first both integers, then both floats,
//! then, out of the way, one of each, then the rest, which is the runtime's.

use super::repr::Repr;
use super::{Join, Lower, MAX_STAGED};
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::F64;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use ir::{Imm, Inst, Op, Type, Value};
use std::mem::offset_of;

/// The runtime function for all that is not decided in line.
fn slow_function(op: Op) -> RuntimeFn {
    match op {
        Op::Add => RuntimeFn::add,
        Op::Sub => RuntimeFn::sub,
        Op::Mul => RuntimeFn::mul,
        Op::Div => RuntimeFn::div,
        Op::Mod => RuntimeFn::modulo,
        Op::Pow => RuntimeFn::pow,
        Op::IDiv => RuntimeFn::idiv,
        Op::BAnd => RuntimeFn::band,
        Op::BOr => RuntimeFn::bor,
        Op::BXor => RuntimeFn::bxor,
        Op::Shl => RuntimeFn::shl,
        Op::Shr => RuntimeFn::shr,
        Op::Unm => RuntimeFn::unm,
        Op::BNot => RuntimeFn::bnot,
        _ => unreachable!("{} is no arithmetic", op.name()),
    }
}

/// Whether two integers have a path in line.
fn has_int_path(op: Op) -> bool {
    op != Op::Pow
}

/// Whether two floats have one.
fn has_float_path(op: Op) -> bool {
    matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Div | Op::IDiv)
}

/// Operands and result of an operation whose paths are being laid out.
struct Paths {
    op: Op,
    join: Join,
    /// Where the runtime is asked.
    slow: clif::Block,
    /// The right operand, where it is a constant integer.
    constant: Option<i64>,
}

impl Lower<'_> {
    pub(super) fn lower_binary(&mut self, inst: Inst) {
        let func = self.func;
        let op = func.inst(inst).op;
        let [left, right] = [func.args(inst)[0], func.args(inst)[1]];
        let (lhs, rhs) = (self.repr(left), self.repr(right));
        if op == Op::Pow {
            return self.lower_power(inst, lhs, rhs);
        }
        let slow = self.cold_block();
        let paths = self.paths_in_line(inst, lhs, rhs, slow);
        self.b.switch_to_block(paths.slow);
        self.slow_binary(&paths, lhs, rhs);
        let result = self.switch_to_join(&paths.join);
        self.define(inst, result);
    }

    /// What is decided in line; the rest goes to `slow`.
    fn paths_in_line(&mut self, inst: Inst, lhs: Repr, rhs: Repr, slow: clif::Block) -> Paths {
        let func = self.func;
        let op = func.inst(inst).op;
        let [left, right] = [func.args(inst)[0], func.args(inst)[1]];
        let join = self.join(func.ty(func.result(inst)));
        let paths = Paths { op, join, slow, constant: self.constant_int(right) };
        match (lhs, rhs) {
            (Repr::Int(x), Repr::Int(y)) => self.int_path(&paths, x, y),
            (Repr::Any(tx, x), Repr::Any(ty, y)) => self.any_paths(&paths, [tx, x], [ty, y]),
            (Repr::Any(tx, x), Repr::Int(y)) => {
                let not_int = self.unless_counting(op, right);
                let x_int = self.is_tag(tx, tag::INT);
                self.stay_if(x_int, not_int);
                self.int_path(&paths, x, y);
                self.b.switch_to_block(not_int);
                if has_float_path(op) {
                    let x_float = self.is_tag(tx, tag::FLOAT);
                    self.stay_if(x_float, paths.slow);
                    let (x, y) = (self.bits_float(x), self.float_of(rhs, right));
                    self.float_path(&paths, x, y);
                } else {
                    self.jump(paths.slow);
                }
            }
            (Repr::Int(x), Repr::Any(ty, y)) => {
                let not_int = self.block();
                let y_int = self.is_tag(ty, tag::INT);
                self.stay_if(y_int, not_int);
                self.int_path(&paths, x, y);
                self.b.switch_to_block(not_int);
                if has_float_path(op) {
                    let y_float = self.is_tag(ty, tag::FLOAT);
                    self.stay_if(y_float, paths.slow);
                    let (x, y) = (self.float_of(lhs, left), self.bits_float(y));
                    self.float_path(&paths, x, y);
                } else {
                    self.jump(paths.slow);
                }
            }
            (Repr::Any(tx, x), Repr::Float(y)) if has_float_path(op) => {
                let x = self.float_or_leave(tx, x, paths.slow);
                self.float_path(&paths, x, y);
            }
            (Repr::Float(x), Repr::Any(ty, y)) if has_float_path(op) => {
                let y = self.float_or_leave(ty, y, paths.slow);
                self.float_path(&paths, x, y);
            }
            (Repr::Int(_) | Repr::Float(_), Repr::Int(_) | Repr::Float(_))
                if has_float_path(op) =>
            {
                let (x, y) = (self.float_of(lhs, left), self.float_of(rhs, right));
                self.float_path(&paths, x, y);
            }
            _ => self.jump(paths.slow),
        }
        paths
    }

    /// Arithmetic in the first copy of a region (`region`): of floats, where nothing else is known.
    /// What is not as expected goes to `exit`.
    pub(super) fn usual_arithmetic(&mut self, inst: Inst, exit: clif::Block) -> Repr {
        let func = self.func;
        let op = func.inst(inst).op;
        let left = func.args(inst)[0];
        let lhs = self.repr(left);
        if op == Op::Unm {
            return match lhs {
                Repr::Int(x) => Repr::Int(self.b.ins().ineg(x)),
                _ => {
                    let x = self.usual_float(lhs, left, exit);
                    Repr::Float(self.b.ins().fneg(x))
                }
            };
        }
        let right = func.args(inst)[1];
        let rhs = self.repr(right);
        let may_be_ints = matches!((lhs, rhs), (Repr::Any(..) | Repr::Int(_), Repr::Int(_)))
            || matches!((lhs, rhs), (Repr::Int(_), Repr::Any(..)));
        if may_be_ints {
            let paths = self.paths_in_line(inst, lhs, rhs, exit);
            return self.switch_to_join(&paths.join);
        }
        let (x, y) = (self.usual_float(lhs, left, exit), self.usual_float(rhs, right, exit));
        Repr::Float(match op {
            Op::Add => self.b.ins().fadd(x, y),
            Op::Sub => self.b.ins().fsub(x, y),
            Op::Mul => self.b.ins().fmul(x, y),
            _ => self.b.ins().fdiv(x, y),
        })
    }

    /// A number that is expected to be a float, or known to be an integer.
    fn usual_float(&mut self, value: Repr, of: Value, exit: clif::Block) -> clif::Value {
        match value {
            Repr::Float(_) | Repr::Int(_) => self.float_of(value, of),
            _ => {
                let [found, payload] = self.pair(value);
                let is_float = self.is_tag(found, tag::FLOAT);
                self.stay_if(is_float, exit);
                self.bits_float(payload)
            }
        }
    }

    /// Two operands of which nothing is known: integers first, then floats, then one of each.
    fn any_paths(&mut self, paths: &Paths, [tx, x]: [clif::Value; 2], [ty, y]: [clif::Value; 2]) {
        let not_int = self.block();
        let x_int = self.is_tag(tx, tag::INT);
        self.stay_if(x_int, not_int);
        let y_int = self.is_tag(ty, tag::INT);
        if !has_float_path(paths.op) {
            self.stay_if(y_int, paths.slow);
            self.int_path(paths, x, y);
            self.b.switch_to_block(not_int);
            return self.jump(paths.slow);
        }
        let (convert_x, convert_y) = (self.cold_block(), self.cold_block());
        self.stay_if(y_int, convert_x);
        self.int_path(paths, x, y);

        let floats = self.block();
        let params = [0; 2].map(|_| self.b.append_block_param(floats, F64));
        self.b.switch_to_block(not_int);
        let x_float = self.is_tag(tx, tag::FLOAT);
        self.stay_if(x_float, paths.slow);
        let direct_x = self.bits_float(x);
        let y_float = self.is_tag(ty, tag::FLOAT);
        self.stay_if(y_float, convert_y);
        let direct_y = self.bits_float(y);
        self.b.ins().jump(floats, &[direct_x.into(), direct_y.into()]);

        self.b.switch_to_block(convert_x);
        let y_float = self.is_tag(ty, tag::FLOAT);
        self.stay_if(y_float, paths.slow);
        let converted = self.b.ins().fcvt_from_sint(F64, x);
        let direct = self.bits_float(y);
        self.b.ins().jump(floats, &[converted.into(), direct.into()]);

        self.b.switch_to_block(convert_y);
        let y_int = self.is_tag(ty, tag::INT);
        self.stay_if(y_int, paths.slow);
        let converted = self.b.ins().fcvt_from_sint(F64, y);
        self.b.ins().jump(floats, &[direct_x.into(), converted.into()]);

        self.b.switch_to_block(floats);
        self.float_path(paths, params[0], params[1]);
    }

    /// The runtime's answer, if the instruction was planned to ask; a path to it that was not is
    /// never taken.
    fn slow_binary(&mut self, paths: &Paths, lhs: Repr, rhs: Repr) {
        if self.live.is_empty() {
            return self.trap();
        }
        let [tx, x] = self.pair(lhs);
        let [ty, y] = self.pair(rhs);
        let result = self.call_runtime_value(slow_function(paths.op), &[tx, x, ty, y]);
        self.jump_to_join(&paths.join, result);
    }

    /// The block for what is no integer where an integer is expected: out of the way where the other
    /// operand is a constant integer that people count with or compare counts to.
    pub(super) fn unless_counting(&mut self, op: Op, right: Value) -> clif::Block {
        let counts = matches!(op, Op::Add | Op::Sub | Op::Lt | Op::Le);
        if counts && self.constant_int(right).is_some() { self.cold_block() } else { self.block() }
    }

    /// The value of a constant integer.
    pub(super) fn constant_int(&self, value: Value) -> Option<i64> {
        self.func.const_int(value)
    }

    /// The value of a constant float.
    pub(super) fn constant_float(&self, value: Value) -> Option<f64> {
        match self.func.inst(self.func.def_inst(value)?).imm {
            Imm::Float(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// A number as a float.
    fn float_of(&mut self, value: Repr, of: Value) -> clif::Value {
        match value {
            Repr::Float(float) => float,
            _ => match self.constant_int(of) {
                Some(int) => self.float(int as f64),
                None => {
                    let int = self.payload(value);
                    self.b.ins().fcvt_from_sint(F64, int)
                }
            },
        }
    }

    /// The float that a value is or converts to. What is no number goes to `leave`.
    fn float_or_leave(
        &mut self,
        found: clif::Value,
        payload: clif::Value,
        leave: clif::Block,
    ) -> clif::Value {
        let (direct, other) = (self.block(), self.cold_block());
        let join = self.join(Type::Float);
        let is_float = self.is_tag(found, tag::FLOAT);
        self.branch_to(is_float, direct, other);
        self.b.switch_to_block(other);
        let is_int = self.is_tag(found, tag::INT);
        let convert = self.cold_block();
        self.branch_to(is_int, convert, leave);
        self.b.switch_to_block(convert);
        let converted = self.b.ins().fcvt_from_sint(F64, payload);
        self.jump_to_join(&join, Repr::Float(converted));
        self.b.switch_to_block(direct);
        let float = self.bits_float(payload);
        self.jump_to_join(&join, Repr::Float(float));
        match self.switch_to_join(&join) {
            Repr::Float(float) => float,
            other => unreachable!("{other:?}"),
        }
    }

    /// Two floats, for an operation that has a path for them.
    fn float_path(&mut self, paths: &Paths, x: clif::Value, y: clif::Value) {
        let result = match paths.op {
            Op::Add => self.b.ins().fadd(x, y),
            Op::Sub => self.b.ins().fsub(x, y),
            Op::Mul => self.b.ins().fmul(x, y),
            Op::Div => self.b.ins().fdiv(x, y),
            Op::IDiv => {
                let quotient = self.b.ins().fdiv(x, y);
                self.b.ins().floor(quotient)
            }
            op => unreachable!("{} of floats is the runtime's", op.name()),
        };
        self.jump_to_join(&paths.join, Repr::Float(result));
    }

    /// Two integers.
    fn int_path(&mut self, paths: &Paths, x: clif::Value, y: clif::Value) {
        debug_assert!(has_int_path(paths.op));
        let result = match paths.op {
            Op::Add => self.b.ins().iadd(x, y),
            Op::Sub => self.b.ins().isub(x, y),
            Op::Mul => self.b.ins().imul(x, y),
            Op::BAnd => self.b.ins().band(x, y),
            Op::BOr => self.b.ins().bor(x, y),
            Op::BXor => self.b.ins().bxor(x, y),
            Op::Div => {
                let x = self.b.ins().fcvt_from_sint(F64, x);
                let y = match paths.constant {
                    Some(constant) => self.float(constant as f64),
                    None => self.b.ins().fcvt_from_sint(F64, y),
                };
                let result = self.b.ins().fdiv(x, y);
                return self.jump_to_join(&paths.join, Repr::Float(result));
            }
            Op::Shl | Op::Shr => self.int_shift(paths, x, y),
            Op::IDiv | Op::Mod => self.int_division(paths, x, y),
            op => unreachable!("{} of integers is the runtime's", op.name()),
        };
        self.jump_to_join(&paths.join, Repr::Int(result));
    }

    /// A shift by 0 to 63; by other amounts (to the other side, or all out) is the runtime's.
    fn int_shift(&mut self, paths: &Paths, x: clif::Value, y: clif::Value) -> clif::Value {
        if !paths.constant.is_some_and(|by| (0..64).contains(&by)) {
            let beyond = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, y, 64);
            self.leave_if(beyond, paths.slow);
        }
        match paths.op {
            Op::Shl => self.b.ins().ishl(x, y),
            _ => self.b.ins().ushr(x, y),
        }
    }

    /// Division of integers that rounds down. Divisors 0, which raises, and -1, which overflows
    /// once, are the runtime's.
    fn int_division(&mut self, paths: &Paths, x: clif::Value, y: clif::Value) -> clif::Value {
        let is_mod = paths.op == Op::Mod;
        match paths.constant {
            Some(by) if by > 0 && by.count_ones() == 1 => {
                return if is_mod {
                    self.b.ins().band_imm_s(x, by - 1)
                } else {
                    self.b.ins().sshr_imm_u(x, i64::from(by.trailing_zeros()))
                };
            }
            Some(by) if !(-1..=0).contains(&by) => {}
            _ => {
                let next = self.b.ins().iadd_imm_s(y, 1);
                let special = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, next, 1);
                self.leave_if(special, paths.slow);
            }
        }
        let quotient = self.b.ins().sdiv(x, y);
        let product = self.b.ins().imul(quotient, y);
        let remainder = self.b.ins().isub(x, product);
        // The remainder has the sign of the dividend; where that is not the divisor's, and it is
        // not zero, the quotient was rounded up.
        let zero = self.int(0);
        let signs = self.b.ins().bxor(remainder, y);
        let differ = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let inexact = self.b.ins().icmp_imm_s(IntCC::NotEqual, remainder, 0);
        let adjust = self.b.ins().band(differ, inexact);
        if is_mod {
            let by = self.b.ins().select(adjust, y, zero);
            self.b.ins().iadd(remainder, by)
        } else {
            let one = self.int(1);
            let by = self.b.ins().select(adjust, one, zero);
            self.b.ins().isub(quotient, by)
        }
    }

    /// `x ^ y` is the runtime's, which calls C's `pow`, save for a square: that the reference
    /// multiplies, too.
    fn lower_power(&mut self, inst: Inst, lhs: Repr, rhs: Repr) {
        let right = self.func.args(inst)[1];
        let is_square =
            self.constant_int(right) == Some(2) || self.constant_float(right) == Some(2.0);
        let join = self.join(self.func.ty(self.func.result(inst)));
        let slow = self.cold_block();
        match lhs {
            Repr::Any(found, payload) if is_square => {
                let x = self.float_or_leave(found, payload, slow);
                let square = self.b.ins().fmul(x, x);
                self.jump_to_join(&join, Repr::Float(square));
            }
            Repr::Int(_) | Repr::Float(_) if is_square => {
                let x = self.float_of(lhs, self.func.args(inst)[0]);
                let square = self.b.ins().fmul(x, x);
                self.jump_to_join(&join, Repr::Float(square));
            }
            _ => self.jump(slow),
        }
        self.b.switch_to_block(slow);
        let [tx, x] = self.pair(lhs);
        let [ty, y] = self.pair(rhs);
        let result = self.call_runtime_value(RuntimeFn::pow, &[tx, x, ty, y]);
        self.jump_to_join(&join, result);
        let result = self.switch_to_join(&join);
        self.define(inst, result);
    }

    pub(super) fn lower_unary(&mut self, inst: Inst) {
        let func = self.func;
        let op = func.inst(inst).op;
        let operand = self.repr(func.args(inst)[0]);
        let join = self.join(func.ty(func.result(inst)));
        let slow = self.cold_block();
        match operand {
            Repr::Int(x) => self.int_unary(op, &join, x),
            Repr::Float(x) if op == Op::Unm => {
                let result = self.b.ins().fneg(x);
                self.jump_to_join(&join, Repr::Float(result));
            }
            Repr::Any(found, x) => {
                let not_int = self.block();
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, not_int);
                self.int_unary(op, &join, x);
                self.b.switch_to_block(not_int);
                if op == Op::Unm {
                    let is_float = self.is_tag(found, tag::FLOAT);
                    self.stay_if(is_float, slow);
                    let x = self.bits_float(x);
                    let result = self.b.ins().fneg(x);
                    self.jump_to_join(&join, Repr::Float(result));
                } else {
                    self.jump(slow);
                }
            }
            _ => self.jump(slow),
        }
        self.b.switch_to_block(slow);
        if self.live.is_empty() {
            self.trap();
        } else {
            let words = self.pair(operand);
            let result = self.call_runtime_value(slow_function(op), &words);
            self.jump_to_join(&join, result);
        }
        let result = self.switch_to_join(&join);
        self.define(inst, result);
    }

    fn int_unary(&mut self, op: Op, join: &Join, x: clif::Value) {
        let result = match op {
            Op::Unm => self.b.ins().ineg(x),
            _ => self.b.ins().bnot(x),
        };
        self.jump_to_join(join, Repr::Int(result));
    }

    /// Concatenation, from the right where there is more than one call's worth of operands.
    pub(super) fn lower_concat(&mut self, inst: Inst) {
        let func = self.func;
        let mut operands: Vec<Repr> = func.args(inst).iter().map(|arg| self.repr(*arg)).collect();
        loop {
            let from = operands.len().saturating_sub(MAX_STAGED);
            let args = self.load_ctx(offset_of!(Context, args));
            for (index, operand) in operands[from..].iter().enumerate() {
                self.store_listed(*operand, args, index);
            }
            let count = self.int((operands.len() - from) as i64);
            let result = self.call_runtime_value(RuntimeFn::concat, &[count]);
            operands.truncate(from);
            if operands.is_empty() {
                return self.define(inst, result);
            }
            operands.push(result);
        }
    }
}
