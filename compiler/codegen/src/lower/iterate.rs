//! The step of a generic `for`: the call of its iterator and the test whether the loop is over.
//!
//! The iterators of `ipairs` and `pairs` are known by a bit of their closures. For them elements
//! of the array are read in line, and other entries come from the runtime without a frame. What
//! takes more (a metatable's `__index`, a key that is gone, a hook) and every other iterator is
//! called. A loop has one path for all, as only a turn knows what the turn before it has changed.

use super::Lower;
use super::loops::scratch;
use super::repr::Repr;
use abi::context::{Context, CoroutineWords};
use abi::functions::RuntimeFn;
use abi::object::{ClosureHeader, TableHeader, closure_flags, table_flags};
use abi::value::{RawValue, tag};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder};
use cranelift_codegen::settings::OptLevel;
use ir::{Inst, NameKind, Op, Type, Value};
use std::mem::offset_of;

impl Lower<'_> {
    /// Whether these instructions begin with the step of a generic `for`: the call of the
    /// iterator, the test of its first result, and a branch, which alone reads the answer.
    pub(super) fn iterates(&self, insts: &[Inst]) -> bool {
        let [call, test, branch, ..] = *insts else { return false };
        let func = self.func;
        let is_step = self.env.isa.flags().opt_level() != OptLevel::None
            && func.inst(call).op == Op::Call
            && func.args(call).len() == 3
            && func.operand_name(call, 0).is_some_and(|name| name.kind == NameKind::ForIterator)
            && func.inst(test).op == Op::IsNil
            && func.inst(branch).op == Op::Branch;
        if !is_step {
            return false;
        }
        let ended = func.result(test);
        let mut results = func.results(call);
        let of_loop = func.edge_args(func.successors(branch)[0]);
        let first = func.results(call).next();
        first.is_some_and(|first| func.args(test) == [first])
            && func.args(branch) == [ended]
            && self.uses[ended.index()] == 1
            && results.all(|result| func.ty(result) == Type::Any && !of_loop.contains(&result))
    }

    /// The call, the test and the branch.
    pub(super) fn lower_iteration(&mut self, call: Inst, branch: Inst) {
        let func = self.func;
        let [over, goes_on] = *func.successors(branch) else { unreachable!("a branch has two") };
        let results: Vec<Value> = func.results(call).collect();
        // What the body gets, be it of one step or another.
        let read: Vec<Value> =
            results.iter().copied().filter(|result| self.uses[result.index()] > 0).collect();
        let (body, ended) = (self.block(), self.block());
        let params: Vec<[clif::Value; 2]> =
            read.iter().map(|_| [I64, I64].map(|ty| self.b.append_block_param(body, ty))).collect();
        let to_body = |lower: &mut Self, values: &[Repr]| {
            let mut args = Vec::new();
            for (index, result) in results.iter().enumerate() {
                if read.contains(result) {
                    let value = values.get(index).copied().unwrap_or(Repr::Nil);
                    args.extend(lower.pair(value).map(BlockArg::Value));
                }
            }
            lower.b.ins().jump(body, &args);
        };

        let args = func.args(call);
        let [callee, object, control] = [args[0], args[1], args[2]].map(|arg| self.repr(arg));
        let [[callee_tag, callee], [object_tag, object], [control_tag, control]] =
            [callee, object, control].map(|value| self.pair(value));
        let (any, known, element, entry) = (self.block(), self.block(), self.block(), self.block());
        let behind = self.block();
        let is_function = self.is_tag(callee_tag, tag::FUNCTION);
        self.stay_if(is_function, any);
        let at = offset_of!(ClosureHeader, header.flags);
        let flags = self.load_byte(self.regions.closure, callee, at);
        let iterators = i64::from(closure_flags::IPAIRS_STEP | closure_flags::NEXT);
        let is_known = self.b.ins().band_imm_u(flags, iterators);
        self.branch_to(is_known, known, any);

        self.b.switch_to_block(known);
        let is_table = self.is_tag(object_tag, tag::TABLE);
        self.stay_if(is_table, any);
        let at = offset_of!(Context, hooked) as i32;
        let hooked = self.b.ins().load(I32, self.regions.ctx, self.ctx, at);
        self.leave_if(hooked, any);
        let is_next = self.b.ins().band_imm_u(flags, i64::from(closure_flags::NEXT));
        let is_int = self.is_tag(control_tag, tag::INT);
        self.branch_to(is_int, element, entry);

        // Behind an element comes the next one, for both. Behind the key 0 of a field it does for
        // `ipairs` alone.
        self.b.switch_to_block(element);
        let least = self.b.ins().ushr_imm_u(is_next, i64::from(closure_flags::NEXT.ilog2()));
        let is_element = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, control, least);
        self.stay_if(is_element, behind);
        let next = self.b.ins().iadd_imm_s(control, 1);
        let found = self.join(Type::Any);
        let is_table = self.int(i64::from(tag::TABLE));
        self.load_element(is_table, object, Repr::Int(next), &found, behind);
        let value = self.switch_to_join(&found);
        to_body(self, &[Repr::Int(next), value]);

        // Behind the last element the loop over `ipairs` ends, unless the table has a metatable or
        // is a dictionary.
        self.b.switch_to_block(behind);
        self.leave_if(is_next, entry);
        let bits = offset_of!(TableHeader, header.flags);
        let bits = self.load_byte(self.regions.object, object, bits);
        let metatable = self.b.ins().band_imm_u(bits, i64::from(table_flags::HAS_METATABLE));
        self.leave_if(metatable, any);
        let shape = self.shape(object);
        self.branch_to(shape, ended, any);

        self.b.switch_to_block(entry);
        self.stay_if(is_next, any);
        let words = [object, control_tag, control];
        let is_key = self.call_runtime(RuntimeFn::next, &words);
        self.stay_if(is_key, any);
        let [key, value] = [0, 1].map(|index| self.load_ctx_value(scratch(index)));
        let is_more = self.tag(key);
        self.stay_if(is_more, ended);
        to_body(self, &[key, value]);

        self.b.switch_to_block(any);
        let (r0, rdesc) = self.call_words(call);
        match results[..] {
            [result] => {
                let first = self.b.ins().ushr_imm_u(rdesc, 8);
                self.define_value(result, Repr::Any(first, r0));
            }
            _ => self.take_results(&results, r0, rdesc),
        }
        let values: Vec<Repr> = results.iter().map(|result| self.repr(*result)).collect();
        let is_more = self.tag(values[0]);
        self.stay_if(is_more, ended);
        to_body(self, &values);

        self.b.switch_to_block(ended);
        let (to, args) = self.edge(over);
        self.b.ins().jump(to, &args);
        self.b.switch_to_block(body);
        for (result, [tag, payload]) in read.iter().zip(params) {
            self.define_value(*result, Repr::Any(tag, payload));
        }
        let (to, args) = self.edge(goes_on);
        self.b.ins().jump(to, &args);
    }

    /// Enters a value in the list of those to be closed. Nil and false are not closed, but count.
    pub(super) fn lower_tbc_push(&mut self, inst: Inst) {
        let value = self.repr(self.func.args(inst)[0]);
        let words = self.pair(value);
        let (slow, after) = (self.cold_block(), self.block());
        let is_closed = self.is_closed(words[0]);
        self.leave_if(is_closed, slow);
        let [top, capacity] =
            [offset_of!(CoroutineWords, tbc_top), offset_of!(CoroutineWords, tbc_capacity)]
                .map(|at| self.load_ctx(offset_of!(Context, co) + at));
        let has_room = self.b.ins().icmp(IntCC::UnsignedLessThan, top, capacity);
        self.stay_if(has_room, slow);
        let place = self.tbc_place(top);
        self.store_listed(value, place, 0);
        let top = self.b.ins().iadd_imm_s(top, 1);
        self.store_ctx(top, offset_of!(Context, co) + offset_of!(CoroutineWords, tbc_top));
        self.jump(after);
        self.b.switch_to_block(slow);
        self.call_runtime(RuntimeFn::tbc_push, &words);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// Closes the newest values.
    pub(super) fn lower_tbc_close(&mut self, count: u32) {
        let (slow, after) = (self.cold_block(), self.block());
        if count == 1 {
            let top_at = offset_of!(Context, co) + offset_of!(CoroutineWords, tbc_top);
            let top = self.load_ctx(top_at);
            let top = self.b.ins().iadd_imm_s(top, -1);
            let place = self.tbc_place(top);
            let found = self.load(self.regions.lists, place, offset_of!(RawValue, tag));
            let is_closed = self.is_closed(found);
            self.leave_if(is_closed, slow);
            self.store_ctx(top, top_at);
            self.jump(after);
        } else {
            self.jump(slow);
        }
        self.b.switch_to_block(slow);
        let count = self.int(i64::from(count));
        self.call_runtime(RuntimeFn::tbc_close, &[count]);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    /// Whether a value with this tag is closed.
    fn is_closed(&mut self, found: clif::Value) -> clif::Value {
        self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, found, i64::from(tag::LAST_FALSY))
    }

    /// The address of a place in the list of values to be closed.
    fn tbc_place(&mut self, index: clif::Value) -> clif::Value {
        const SIZE_BITS: i64 = 4;
        const _: () = assert!(size_of::<RawValue>() == 1 << SIZE_BITS);
        let list = self.load_ctx(offset_of!(Context, co) + offset_of!(CoroutineWords, tbc));
        let offset = self.b.ins().ishl_imm_u(index, SIZE_BITS);
        self.b.ins().iadd(list, offset)
    }
}
