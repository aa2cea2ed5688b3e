//! Numeric loops. The loop itself is ordinary control flow of the IR; these are its preparation
//! and, where the types are open, its step.

use super::Lower;
use super::repr::Repr;
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::value::{RawValue, tag};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::I8;
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder};
use ir::Inst;
use std::mem::{offset_of, size_of};

impl Lower<'_> {
    /// A loop over integers with init, limit and step: whether it runs, and how many turns follow
    /// the first. In line when the limit is an integer and the step a constant.
    pub(super) fn lower_for_prep_int(&mut self, inst: Inst) {
        let func = self.func;
        let args = func.args(inst);
        let init = self.payload_of(args[0]);
        let limit = self.repr(args[1]);
        let step = self.repr(args[2]);
        let slow = self.cold_block();
        let after = self.block();
        let enter = self.b.append_block_param(after, I8);
        let count = self.b.append_block_param(after, clif::types::I64);
        let limit_int = match (limit, self.constant_int(args[2])) {
            (_, None | Some(0)) => None,
            (Repr::Int(limit), Some(step)) => Some((limit, step)),
            (Repr::Any(found, payload), Some(step)) => {
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, slow);
                Some((payload, step))
            }
            _ => None,
        };
        match limit_int {
            Some((limit, step)) => {
                let (enter, count) = self.turns(init, limit, step);
                self.b.ins().jump(after, &[BlockArg::Value(enter), BlockArg::Value(count)]);
            }
            None => self.jump(slow),
        }
        self.b.switch_to_block(slow);
        self.store_ctx_value(step, offset_of!(Context, operand));
        let [tag, payload] = self.pair(limit);
        let runs = self.call_runtime(RuntimeFn::for_limit, &[tag, payload, init]);
        let runs = self.b.ins().icmp_imm_u(IntCC::NotEqual, runs, 0);
        let turns = self.load_ctx(scratch(0) + offset_of!(RawValue, payload));
        self.b.ins().jump(after, &[BlockArg::Value(runs), BlockArg::Value(turns)]);
        self.b.switch_to_block(after);
        let results: Vec<ir::Value> = func.results(inst).collect();
        self.define_value(results[0], Repr::Bool(enter));
        self.define_value(results[1], Repr::Int(count));
    }

    /// Whether a loop over integers runs whose step is a constant other than 0, and how many turns
    /// follow the first.
    fn turns(
        &mut self,
        init: clif::Value,
        limit: clif::Value,
        step: i64,
    ) -> (clif::Value, clif::Value) {
        let (cc, from, to) = if step > 0 {
            (IntCC::SignedLessThanOrEqual, init, limit)
        } else {
            (IntCC::SignedGreaterThanOrEqual, limit, init)
        };
        let enter = self.b.ins().icmp(cc, init, limit);
        let distance = self.b.ins().isub(to, from);
        let count = match step.unsigned_abs() {
            1 => distance,
            by => {
                let by = self.int(by as i64);
                self.b.ins().udiv(distance, by)
            }
        };
        (enter, count)
    }

    /// Any numeric loop: whether it runs, the first value, the count or limit, and the step. In line
    /// when start and limit turn out to be integers and the step is a constant one.
    pub(super) fn lower_for_prep(&mut self, inst: Inst) {
        let func = self.func;
        let args = func.args(inst);
        let [init_tag, init] = self.pair_of(args[0]);
        let [limit_tag, limit] = self.pair_of(args[1]);
        let step = self.repr(args[2]);
        let after = self.block();
        let runs = self.b.append_block_param(after, I8);
        let params = [(); 6].map(|()| self.b.append_block_param(after, clif::types::I64));
        let constant = self.constant_int(args[2]).filter(|step| *step != 0);
        if let Some(constant) = constant.filter(|_| !self.once) {
            let slow = self.cold_block();
            for found in [init_tag, limit_tag] {
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, slow);
            }
            let (enter, count) = self.turns(init, limit, constant);
            let [step_tag, step] = self.pair(step);
            let words = [enter, init_tag, init, init_tag, count, step_tag, step];
            self.b.ins().jump(after, &words.map(BlockArg::Value));
            self.b.switch_to_block(slow);
        }
        self.store_ctx_value(step, offset_of!(Context, operand));
        let answer = self.call_runtime(RuntimeFn::for_prep, &[init_tag, init, limit_tag, limit]);
        let mut words = vec![self.b.ins().icmp_imm_u(IntCC::NotEqual, answer, 0)];
        for index in 0..3 {
            let value = self.load_ctx_value(scratch(index));
            words.extend(self.pair(value));
        }
        let words: Vec<BlockArg> = words.into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(after, &words);
        self.b.switch_to_block(after);
        let results: Vec<ir::Value> = func.results(inst).collect();
        self.define_value(results[0], Repr::Bool(runs));
        for (index, result) in results[1..].iter().enumerate() {
            self.define_value(*result, Repr::Any(params[2 * index], params[2 * index + 1]));
        }
    }

    /// The next turn, from control value, count or limit, and step. `for.prep` has made all of
    /// them integers or all of them floats.
    pub(super) fn lower_for_next(&mut self, inst: Inst) {
        let func = self.func;
        let args = func.args(inst);
        let [kind, control] = self.pair_of(args[0]);
        let [count_tag, count] = self.pair_of(args[1]);
        let [_, step] = self.pair_of(args[2]);
        let (ints, floats) = (self.block(), self.block());
        let after = self.block();
        let more = self.b.append_block_param(after, I8);
        let next = self.b.append_block_param(after, clif::types::I64);
        let rest = self.b.append_block_param(after, clif::types::I64);
        let is_int = self.is_tag(kind, tag::INT);
        self.branch_to(is_int, ints, floats);
        let to_after = |lower: &mut Self, parts: [clif::Value; 3]| {
            lower.b.ins().jump(after, &parts.map(BlockArg::Value));
        };
        self.b.switch_to_block(ints);
        let runs = self.b.ins().icmp_imm_u(IntCC::NotEqual, count, 0);
        let value = self.b.ins().iadd(control, step);
        let turns = self.b.ins().iadd_imm_s(count, -1);
        to_after(self, [runs, value, turns]);
        self.b.switch_to_block(floats);
        let (x, limit, by) =
            (self.bits_float(control), self.bits_float(count), self.bits_float(step));
        let value = self.b.ins().fadd(x, by);
        let zero = self.float(0.0);
        let upward = self.b.ins().fcmp(FloatCC::GreaterThan, by, zero);
        let below = self.b.ins().fcmp(FloatCC::LessThanOrEqual, value, limit);
        let above = self.b.ins().fcmp(FloatCC::LessThanOrEqual, limit, value);
        let runs = self.b.ins().select(upward, below, above);
        let value = self.float_bits(value);
        to_after(self, [runs, value, count]);
        self.b.switch_to_block(after);
        let results: Vec<ir::Value> = func.results(inst).collect();
        self.define_value(results[0], Repr::Bool(more));
        self.define_value(results[1], Repr::Any(kind, next));
        self.define_value(results[2], Repr::Any(count_tag, rest));
    }
}

/// Where a value of [`Context::scratch`] is.
pub(super) fn scratch(index: usize) -> usize {
    offset_of!(Context, scratch) + index * size_of::<RawValue>()
}
