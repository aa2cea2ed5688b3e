//! Comparisons, truth, and what a branch does with them.
//!
//! A comparison has several paths. Where a branch is all that reads it, each path branches itself.

use super::repr::Repr;
use super::{Edge, Join, Lower};
use abi::functions::RuntimeFn;
use abi::object::{MAX_SHORT_STRING, ObjectHeader, string_flags};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::I8;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use ir::{Inst, Op, Type, Value};
use std::mem::offset_of;

/// Who reads a comparison.
pub(super) enum Use {
    /// Anyone: it is to be a value.
    Value,
    /// The next instruction, a branch with these edges.
    Branch(Edge, Edge),
}

/// Where the paths of a comparison lead.
enum Target {
    Join(Join),
    Branch(Edge, Edge),
}

/// Integers of this size are floats without loss.
const EXACT: i64 = 1 << 53;

impl Lower<'_> {
    pub(super) fn lower_comparison(&mut self, inst: Inst, to: Use) {
        let target = match to {
            Use::Value => Target::Join(self.join(Type::Bool)),
            Use::Branch(then, otherwise) => Target::Branch(then, otherwise),
        };
        let func = self.func;
        let [left, right] = [func.args(inst)[0], func.args(inst)[1]];
        match func.inst(inst).op {
            Op::Eq => self.lower_eq(&target, left, right),
            op => self.lower_less(op, &target, left, right),
        }
        if let Target::Join(join) = target {
            let value = self.switch_to_join(&join);
            self.define(inst, value);
        }
    }

    /// A path ends with an I8.
    fn answer(&mut self, target: &Target, truth: clif::Value) {
        match target {
            Target::Join(join) => self.jump_to_join(join, Repr::Bool(truth)),
            Target::Branch(then, otherwise) => self.branch(truth, then, otherwise),
        }
    }

    /// A path ends with what is known.
    fn answer_known(&mut self, target: &Target, truth: bool) {
        match target {
            Target::Join(join) => self.jump_to_join(join, Repr::ConstBool(truth)),
            Target::Branch(then, otherwise) => {
                let (to, args) = if truth { then } else { otherwise };
                self.b.ins().jump(*to, args);
            }
        }
    }

    /// A path ends with the runtime's answer.
    fn answer_slowly(&mut self, target: &Target, function: RuntimeFn, lhs: Repr, rhs: Repr) {
        let [tx, x] = self.pair(lhs);
        let [ty, y] = self.pair(rhs);
        let truth = self.call_runtime(function, &[tx, x, ty, y]);
        let truth = self.b.ins().ireduce(I8, truth);
        self.answer(target, truth);
    }

    // Order.

    fn lower_less(&mut self, op: Op, target: &Target, left: Value, right: Value) {
        let (ints, floats, function) = match op {
            Op::Lt => (IntCC::SignedLessThan, FloatCC::LessThan, RuntimeFn::lt),
            _ => (IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual, RuntimeFn::le),
        };
        let (lhs, rhs) = (self.repr(left), self.repr(right));
        let slow = self.cold_block();
        match (lhs, rhs) {
            (Repr::Int(x), Repr::Int(y)) => self.answer_ints(target, ints, x, y),
            (Repr::Float(x), Repr::Float(y)) => self.answer_floats(target, floats, x, y),
            (Repr::Any(tx, x), Repr::Any(ty, y)) => {
                let not_int = self.block();
                let x_int = self.is_tag(tx, tag::INT);
                self.stay_if(x_int, not_int);
                let y_int = self.is_tag(ty, tag::INT);
                self.stay_if(y_int, slow);
                self.answer_ints(target, ints, x, y);
                self.b.switch_to_block(not_int);
                let x_float = self.is_tag(tx, tag::FLOAT);
                self.stay_if(x_float, slow);
                let y_float = self.is_tag(ty, tag::FLOAT);
                self.stay_if(y_float, slow);
                let (x, y) = (self.bits_float(x), self.bits_float(y));
                self.answer_floats(target, floats, x, y);
            }
            (Repr::Any(tx, x), Repr::Int(y)) => {
                let not_int = self.unless_counting(op, right);
                let x_int = self.is_tag(tx, tag::INT);
                self.stay_if(x_int, not_int);
                self.answer_ints(target, ints, x, y);
                self.b.switch_to_block(not_int);
                match self.exact_constant(right) {
                    Some(y) => {
                        let x_float = self.is_tag(tx, tag::FLOAT);
                        self.stay_if(x_float, slow);
                        let (x, y) = (self.bits_float(x), self.float(y));
                        self.answer_floats(target, floats, x, y);
                    }
                    None => self.jump(slow),
                }
            }
            (Repr::Int(x), Repr::Any(ty, y)) => {
                let not_int = self.block();
                let y_int = self.is_tag(ty, tag::INT);
                self.stay_if(y_int, not_int);
                self.answer_ints(target, ints, x, y);
                self.b.switch_to_block(not_int);
                match self.exact_constant(left) {
                    Some(x) => {
                        let y_float = self.is_tag(ty, tag::FLOAT);
                        self.stay_if(y_float, slow);
                        let (x, y) = (self.float(x), self.bits_float(y));
                        self.answer_floats(target, floats, x, y);
                    }
                    None => self.jump(slow),
                }
            }
            (Repr::Any(tx, x), Repr::Float(y)) => {
                let x_float = self.is_tag(tx, tag::FLOAT);
                self.stay_if(x_float, slow);
                let x = self.bits_float(x);
                self.answer_floats(target, floats, x, y);
            }
            (Repr::Float(x), Repr::Any(ty, y)) => {
                let y_float = self.is_tag(ty, tag::FLOAT);
                self.stay_if(y_float, slow);
                let y = self.bits_float(y);
                self.answer_floats(target, floats, x, y);
            }
            (Repr::Float(x), Repr::Int(_)) if self.exact_constant(right).is_some() => {
                let y = self.exact_constant(right).unwrap_or_default();
                let y = self.float(y);
                self.answer_floats(target, floats, x, y);
            }
            (Repr::Int(_), Repr::Float(y)) if self.exact_constant(left).is_some() => {
                let x = self.exact_constant(left).unwrap_or_default();
                let x = self.float(x);
                self.answer_floats(target, floats, x, y);
            }
            _ => self.jump(slow),
        }
        self.b.switch_to_block(slow);
        self.answer_slowly(target, function, lhs, rhs);
    }

    fn answer_ints(&mut self, target: &Target, cc: IntCC, x: clif::Value, y: clif::Value) {
        let truth = self.b.ins().icmp(cc, x, y);
        self.answer(target, truth);
    }

    fn answer_floats(&mut self, target: &Target, cc: FloatCC, x: clif::Value, y: clif::Value) {
        let truth = self.b.ins().fcmp(cc, x, y);
        self.answer(target, truth);
    }

    /// The float that equals a constant integer, where there is one for certain.
    fn exact_constant(&self, value: Value) -> Option<f64> {
        let int = self.constant_int(value)?;
        (-EXACT..=EXACT).contains(&int).then_some(int as f64)
    }

    // Equality.

    fn lower_eq(&mut self, target: &Target, left: Value, right: Value) {
        let (lhs, rhs) = (self.repr(left), self.repr(right));
        match (lhs, rhs) {
            (Repr::Any(tx, x), Repr::Any(ty, y)) => self.eq_any(target, (tx, x), (ty, y)),
            (Repr::Any(found, payload), _) => self.eq_typed(target, (found, payload), rhs, right),
            (_, Repr::Any(found, payload)) => self.eq_typed(target, (found, payload), lhs, left),
            (Repr::Int(x), Repr::Int(y)) => self.answer_ints(target, IntCC::Equal, x, y),
            (Repr::Float(x), Repr::Float(y)) => self.answer_floats(target, FloatCC::Equal, x, y),
            (Repr::Int(_), Repr::Float(_)) | (Repr::Float(_), Repr::Int(_)) => {
                self.answer_slowly(target, RuntimeFn::eq, lhs, rhs);
            }
            (Repr::Nil, Repr::Nil) => self.answer_known(target, true),
            (Repr::Bool(_) | Repr::ConstBool(_), Repr::Bool(_) | Repr::ConstBool(_)) => {
                let (x, y) = (self.bool_bits(lhs), self.bool_bits(rhs));
                self.answer_ints(target, IntCC::Equal, x, y);
            }
            (Repr::Pointer(a, x), Repr::Pointer(b, y)) if a == b => {
                let different = self.block();
                let same = self.b.ins().icmp(IntCC::Equal, x, y);
                let equal = self.block();
                self.branch_to(same, equal, different);
                self.b.switch_to_block(equal);
                self.answer_known(target, true);
                self.b.switch_to_block(different);
                let identity = a == Type::Func
                    || a == Type::Str && (self.is_short(left) || self.is_short(right));
                if identity {
                    self.answer_known(target, false);
                } else {
                    self.answer_slowly(target, RuntimeFn::eq, lhs, rhs);
                }
            }
            _ => self.answer_known(target, false),
        }
    }

    /// Whether a value is a constant string that is interned, so that only itself equals it.
    fn is_short(&self, value: Value) -> bool {
        self.func
            .const_str(value)
            .is_some_and(|id| self.func.strings.get(id).len() <= MAX_SHORT_STRING)
    }

    /// Two values of which nothing is known.
    fn eq_any(
        &mut self,
        target: &Target,
        (tx, x): (clif::Value, clif::Value),
        (ty, y): (clif::Value, clif::Value),
    ) {
        let (same, different, slow) = (self.block(), self.block(), self.cold_block());
        let tags = self.b.ins().bxor(tx, ty);
        let payloads = self.b.ins().bxor(x, y);
        let both = self.b.ins().bor(tags, payloads);
        self.branch_to(both, different, same);
        // One and the same, unless it is not a number.
        self.b.switch_to_block(same);
        let (float, certain) = (self.cold_block(), self.block());
        let is_float = self.is_tag(tx, tag::FLOAT);
        self.branch_to(is_float, float, certain);
        self.b.switch_to_block(float);
        let value = self.bits_float(x);
        self.answer_floats(target, FloatCC::Equal, value, value);
        self.b.switch_to_block(certain);
        self.answer_known(target, true);
        // Of different tags only an integer and a float can be equal; their tags differ in the
        // low three bits, and few other pairs of tags do.
        self.b.switch_to_block(different);
        let (same_tag, other_tag) = (self.block(), self.block());
        self.branch_to(tags, other_tag, same_tag);
        self.b.switch_to_block(other_tag);
        let no = self.block();
        let numbers = self.is_tag(tags, tag::INT ^ tag::FLOAT);
        self.branch_to(numbers, slow, no);
        self.b.switch_to_block(same_tag);
        let string = self.block();
        let is_string = self.is_tag(tx, tag::STRING);
        self.leave_if(is_string, string);
        // Floats may be zeros of both signs; tables and userdata may have a metamethod.
        let ask = 1 << tag::FLOAT | 1 << tag::TABLE | 1 << tag::USERDATA;
        let mask = self.int(ask);
        let bit = self.b.ins().ushr(mask, tx);
        let bit = self.b.ins().band_imm_u(bit, 1);
        self.branch_to(bit, slow, no);
        self.b.switch_to_block(string);
        let at = offset_of!(ObjectHeader, flags);
        let x_flags = self.load_byte(self.regions.object, x, at);
        let y_flags = self.load_byte(self.regions.object, y, at);
        let flags = self.b.ins().band(x_flags, y_flags);
        let long = self.b.ins().band_imm_u(flags, i64::from(string_flags::LONG));
        self.branch_to(long, slow, no);
        self.b.switch_to_block(no);
        self.answer_known(target, false);
        self.b.switch_to_block(slow);
        self.answer_slowly(target, RuntimeFn::eq, Repr::Any(tx, x), Repr::Any(ty, y));
    }

    /// A value of which nothing is known and one of a known type, which `of` names in the IR.
    fn eq_typed(
        &mut self,
        target: &Target,
        (found, payload): (clif::Value, clif::Value),
        known: Repr,
        of: Value,
    ) {
        let any = Repr::Any(found, payload);
        match known {
            Repr::Nil | Repr::ConstBool(_) | Repr::Bool(_) => {
                let tag = self.tag(known);
                self.answer_ints(target, IntCC::Equal, found, tag);
            }
            Repr::Int(int) => {
                let not_int = self.block();
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, not_int);
                self.answer_ints(target, IntCC::Equal, payload, int);
                self.b.switch_to_block(not_int);
                let no = self.block();
                let is_float = self.is_tag(found, tag::FLOAT);
                let float = self.cold_block();
                self.branch_to(is_float, float, no);
                self.b.switch_to_block(float);
                match self.exact_constant(of) {
                    Some(constant) => {
                        let (x, y) = (self.bits_float(payload), self.float(constant));
                        self.answer_floats(target, FloatCC::Equal, x, y);
                    }
                    None => self.answer_slowly(target, RuntimeFn::eq, any, known),
                }
                self.b.switch_to_block(no);
                self.answer_known(target, false);
            }
            Repr::Float(float) => {
                let not_float = self.block();
                let is_float = self.is_tag(found, tag::FLOAT);
                self.stay_if(is_float, not_float);
                let x = self.bits_float(payload);
                self.answer_floats(target, FloatCC::Equal, x, float);
                self.b.switch_to_block(not_float);
                let (slow, no) = (self.cold_block(), self.block());
                let is_int = self.is_tag(found, tag::INT);
                self.branch_to(is_int, slow, no);
                self.b.switch_to_block(slow);
                self.answer_slowly(target, RuntimeFn::eq, any, known);
                self.b.switch_to_block(no);
                self.answer_known(target, false);
            }
            Repr::Pointer(ty, pointer) => {
                let wanted = self.tag(known);
                let tags = self.b.ins().bxor(found, wanted);
                let pointers = self.b.ins().bxor(payload, pointer);
                let both = self.b.ins().bor(tags, pointers);
                if ty == Type::Func || ty == Type::Str && self.is_short(of) {
                    let truth = self.b.ins().icmp_imm_u(IntCC::Equal, both, 0);
                    return self.answer(target, truth);
                }
                let (yes, different) = (self.block(), self.block());
                self.branch_to(both, different, yes);
                self.b.switch_to_block(yes);
                self.answer_known(target, true);
                self.b.switch_to_block(different);
                let (slow, no) = (self.cold_block(), self.block());
                self.branch_to(tags, no, slow);
                self.b.switch_to_block(no);
                self.answer_known(target, false);
                self.b.switch_to_block(slow);
                self.answer_slowly(target, RuntimeFn::eq, any, known);
            }
            Repr::Any(..) | Repr::Results(..) | Repr::Varargs => {
                unreachable!("{known:?} has no known type")
            }
        }
    }

    // Truth.

    /// Whether a value is neither nil nor false.
    pub(super) fn truth(&mut self, value: Value) -> Repr {
        match self.repr(value) {
            Repr::Nil => Repr::ConstBool(false),
            known @ (Repr::Bool(_) | Repr::ConstBool(_)) => known,
            Repr::Any(found, _) => {
                let last = i64::from(tag::LAST_FALSY);
                Repr::Bool(self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, found, last))
            }
            _ => Repr::ConstBool(true),
        }
    }

    pub(super) fn negate(&mut self, truth: Repr) -> Repr {
        match truth {
            Repr::ConstBool(known) => Repr::ConstBool(!known),
            other => {
                let bits = self.bool_bits(other);
                Repr::Bool(self.b.ins().icmp_imm_u(IntCC::Equal, bits, 0))
            }
        }
    }

    pub(super) fn is_nil(&mut self, value: Value) -> Repr {
        match self.repr(value) {
            Repr::Nil => Repr::ConstBool(true),
            Repr::Any(found, _) => Repr::Bool(self.is_tag(found, tag::NIL)),
            _ => Repr::ConstBool(false),
        }
    }
}
