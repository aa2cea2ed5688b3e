//! `select` of the caller's own variable arguments, where one result is wanted: in line.

use super::Lower;
use super::repr::Repr;
use abi::context::Context;
use abi::object::{ClosureHeader, closure_flags};
use abi::value::{RawValue, tag};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::settings::OptLevel;
use ir::{Inst, Op, Type};
use std::mem::offset_of;

impl Lower<'_> {
    /// Whether a call is one of something called `select` with `...` behind its first argument.
    pub(super) fn selects(&self, inst: Inst) -> bool {
        let func = self.func;
        let &[_, first, rest] = func.args(inst) else { return false };
        let mut results = func.results(inst);
        let is_wanted = !self.once && self.env.isa.flags().opt_level() != OptLevel::None;
        is_wanted
            && func.def_inst(rest).is_some_and(|rest| func.inst(rest).op == Op::VarargAll)
            && matches!(func.ty(first), Type::Any | Type::Int | Type::Str)
            && results.next().is_some_and(|result| func.ty(result) == Type::Any)
            && results.next().is_none()
            && func
                .operand_name(inst, 0)
                .is_some_and(|name| func.strings.get(name.name) == b"select")
    }

    pub(super) fn lower_select(&mut self, inst: Inst) {
        let func = self.func;
        let (callee, first) = (func.args(inst)[0], func.args(inst)[1]);
        let (_, count) = self.varargs.expect("a vararg function");
        let (call, join) = (self.cold_block(), self.join(Type::Any));
        let [callee_tag, callee] = self.pair_of(callee);
        let is_function = self.is_tag(callee_tag, tag::FUNCTION);
        self.stay_if(is_function, call);
        let at = offset_of!(ClosureHeader, header.flags);
        let flags = self.load_byte(self.regions.closure, callee, at);
        let is_select = self.b.ins().band_imm_u(flags, i64::from(closure_flags::SELECT));
        self.stay_if(is_select, call);
        let at = offset_of!(Context, hooked) as i32;
        let hooked = self.b.ins().load(I32, self.regions.ctx, self.ctx, at);
        self.leave_if(hooked, call);
        let text = func.const_str(first).map(|text| func.strings.get(text));
        match (text, self.repr(first)) {
            (Some(b"#"), _) => self.jump_to_join(&join, Repr::Int(count)),
            (Some(_), _) => self.jump(call),
            (None, first) => {
                let [found, index] = self.pair(first);
                let is_int = self.is_tag(found, tag::INT);
                self.stay_if(is_int, call);
                let positive = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, index, 0);
                self.stay_if(positive, call);
                let (there, absent) = (self.block(), self.block());
                let cc = IntCC::UnsignedLessThanOrEqual;
                let is_there = self.b.ins().icmp(cc, index, count);
                self.branch_to(is_there, there, absent);
                self.b.switch_to_block(there);
                const SIZE_BITS: i64 = 4;
                const _: () = assert!(size_of::<RawValue>() == 1 << SIZE_BITS);
                let base = self.vararg_address();
                let index = self.b.ins().iadd_imm_s(index, -1);
                let offset = self.b.ins().ishl_imm_u(index, SIZE_BITS);
                let place = self.b.ins().iadd(base, offset);
                let value = self.load_listed(place, 0);
                self.jump_to_join(&join, value);
                self.b.switch_to_block(absent);
                self.jump_to_join(&join, Repr::Nil);
            }
        }
        self.b.switch_to_block(call);
        let (r0, rdesc) = self.call_words(inst);
        let found = self.b.ins().ushr_imm_u(rdesc, 8);
        self.jump_to_join(&join, Repr::Any(found, r0));
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }
}
