//! Prologues: the limit of the stack, parameters, variable arguments.

use super::repr::Repr;
use super::{Lower, PROLOGUE};
use crate::roots::{CLOSURE, DESC};
use crate::safepoint;
use abi::call::{COUNT_IN_CONTEXT, COUNT_MASK, REGISTER_ARGS, TAG_MASK, arg_tag_shift};
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::value::RawValue;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I64};
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder, SourceLoc};
use ir::{Op, Type};
use std::mem::{offset_of, size_of};

/// A frame with more roots than this, in bytes, is tested against the limit of the stack even
/// where the function calls nothing.
const LARGE_FRAME: u32 = 512;

impl Lower<'_> {
    /// The entry block up to the first instruction.
    pub(super) fn lower_entry(&mut self) {
        let block = self.clif_block(self.func.entry());
        self.b.append_block_params_for_function_params(block);
        self.b.switch_to_block(block);
        self.b.set_srcloc(SourceLoc::new(PROLOGUE));
        let params = self.b.block_params(block).to_vec();
        [self.ctx, self.closure, self.desc] = [params[0], params[1], params[2]];
        self.declare_root(CLOSURE, Repr::Pointer(Type::Func, self.closure));
        self.declare_root(DESC, Repr::Pointer(Type::Func, self.desc));
        self.live = vec![CLOSURE, DESC];
        self.clear_slots();
        if self.wants_stack_check() {
            self.check_stack();
        }
        let payloads = [params[3], params[4], params[5]];
        let payloads = self.lower_params(payloads);
        self.lower_varargs(payloads);
        self.lower_entered();
        // The rest of the entry block is lowered in a block of its own.
        let rest = self.block();
        self.jump(rest);
        self.b.switch_to_block(rest);
    }

    fn insts(&self) -> impl Iterator<Item = ir::Inst> {
        let (func, dominators) = (self.func, self.dominators);
        dominators.order.iter().flat_map(|block| func.insts_of(*block)).copied()
    }

    fn wants_stack_check(&self) -> bool {
        self.plan.size > LARGE_FRAME
            || self.insts().any(|inst| safepoint::may_recurse(self.func, inst))
    }

    fn check_stack(&mut self) {
        let (cold, after) = (self.cold_block(), self.block());
        let limit = self.load_ctx(offset_of!(Context, co.stack_limit));
        let sp = self.b.ins().get_stack_pointer(I64);
        let over = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        self.branch_to(over, cold, after);
        self.b.switch_to_block(cold);
        self.call_runtime(RuntimeFn::stack_overflow, &[]);
        self.trap();
        self.b.switch_to_block(after);
    }

    /// Makes the parameters values, nil where there is no argument. Returns the payload words, as
    /// variable arguments may still be in them.
    fn lower_params(&mut self, mut payloads: [clif::Value; 3]) -> [clif::Value; 3] {
        let func = self.func;
        let params = func.params_of(func.entry());
        let count = params.len();
        let is_shown = func.debug.is_some();
        let used = |index: usize| is_shown || self.uses[params[index].index()] > 0;
        let last_used = (0..count).rev().find(|index| used(*index));
        let Some(last_used) = last_used else {
            // Nobody asks for them.
            for param in params {
                let ty = func.ty(*param);
                let nil = self.convert_unused(ty);
                self.values[param.index()] = Some(nil);
            }
            return payloads;
        };
        let used: Vec<bool> = (0..count).map(used).collect();
        // The usual case is as many arguments as parameters. Otherwise payloads that are not
        // there become zero, and places in the buffer become nil; missing tags are nil anyway.
        let (cold, after) = (self.cold_block(), self.block());
        let given = self.b.ins().ireduce(I8, self.desc);
        let wanted = i64::from(count.min(255) as u8);
        let fits = self.b.ins().icmp_imm_u(IntCC::Equal, given, wanted);
        let merged: Vec<usize> =
            (0..count.min(REGISTER_ARGS)).filter(|index| used[*index]).collect();
        let direct: Vec<BlockArg> =
            merged.iter().map(|index| BlockArg::Value(payloads[*index])).collect();
        self.b.ins().brif(fits, after, &direct, cold, &[]);
        self.b.switch_to_block(cold);
        let mut adapted = Vec::new();
        for index in &merged {
            let tag = self.arg_tag(*index);
            let zero = self.int(0);
            let payload = self.b.ins().select(tag, payloads[*index], zero);
            adapted.push(BlockArg::Value(payload));
        }
        if last_used >= REGISTER_ARGS {
            let (fill, filled) = (self.cold_block(), self.cold_block());
            let given = self.b.ins().band_imm_u(self.desc, COUNT_MASK as i64);
            let missing = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, given, count as i64);
            self.branch_to(missing, fill, filled);
            self.b.switch_to_block(fill);
            let wanted = self.int(count as i64);
            self.call_runtime(RuntimeFn::fill_args, &[self.desc, wanted]);
            self.jump(filled);
            self.b.switch_to_block(filled);
        }
        self.b.ins().jump(after, &adapted);
        for index in &merged {
            payloads[*index] = self.b.append_block_param(after, I64);
        }
        self.b.switch_to_block(after);
        let mut buffer = None;
        for (index, param) in params.iter().enumerate() {
            let ty = func.ty(*param);
            let value = if !used[index] {
                self.convert_unused(ty)
            } else if index < REGISTER_ARGS {
                let tag = self.arg_tag(index);
                self.convert(Repr::Any(tag, payloads[index]), ty)
            } else {
                let args = match buffer {
                    Some(args) => args,
                    None => self.load_ctx(offset_of!(Context, args)),
                };
                buffer = Some(args);
                let value = self.load_listed(args, index);
                self.convert(value, ty)
            };
            self.set_value(*param, value);
        }
        payloads
    }

    /// Any value of this type, for what nobody reads.
    fn convert_unused(&mut self, ty: ir::Type) -> Repr {
        match ty {
            ir::Type::Float => Repr::Float(self.float(0.0)),
            _ => {
                let zero = self.int(0);
                self.convert(Repr::Any(zero, zero), ty)
            }
        }
    }

    /// The tag of argument `index`, one of those in the descriptor.
    fn arg_tag(&mut self, index: usize) -> clif::Value {
        let shifted = self.b.ins().ushr_imm_u(self.desc, i64::from(arg_tag_shift(index)));
        self.b.ins().band_imm_u(shifted, if index < 2 { 0xff } else { TAG_MASK as i64 })
    }

    /// Puts variable arguments on the value stack, if anything asks for them or a debugger might.
    fn lower_varargs(&mut self, payloads: [clif::Value; 3]) {
        let asks = |op: Op| matches!(op, Op::VarargCount | Op::VarargGet | Op::VarargAll);
        let func = self.func;
        let wanted = func.debug.is_some() || self.insts().any(|inst| asks(func.inst(inst).op));
        if !func.is_vararg || !wanted {
            return;
        }
        let fixed = (func.params.len() as i64) << 32;
        let fixed = self.int(fixed);
        let desc = self.b.ins().bor(self.desc, fixed);
        let [p0, p1, p2] = payloads;
        let count = self.call_runtime(RuntimeFn::vararg_enter, &[desc, p0, p1, p2]);
        let top = self.load_ctx(offset_of!(Context, co.stack_top));
        let base = self.b.ins().isub(top, count);
        self.varargs = Some((base, count));
    }

    /// Before the function is left: its variable arguments go off the value stack.
    pub(super) fn leave_varargs(&mut self) {
        if let Some((base, _)) = self.varargs {
            self.store_ctx(base, offset_of!(Context, co.stack_top));
        }
    }

    /// Where the variable arguments begin in memory. They may move whenever something else runs.
    pub(super) fn vararg_address(&mut self) -> clif::Value {
        let (base, _) = self.varargs.expect("a vararg function");
        let stack = self.load_ctx(offset_of!(Context, co.stack));
        let offset = self.b.ins().imul_imm_u(base, size_of::<RawValue>() as i64);
        self.b.ins().iadd(stack, offset)
    }

    pub(super) fn lower_vararg_count(&mut self, inst: ir::Inst) {
        let (_, count) = self.varargs.expect("a vararg function");
        self.define(inst, Repr::Int(count));
    }

    pub(super) fn lower_vararg_get(&mut self, inst: ir::Inst, index: u32) {
        let (_, count) = self.varargs.expect("a vararg function");
        let (there, absent) = (self.block(), self.block());
        let join = self.join(ir::Type::Any);
        let is_there = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, count, i64::from(index));
        self.branch_to(is_there, there, absent);
        self.b.switch_to_block(there);
        let base = self.vararg_address();
        let value = self.load_listed(base, index as usize);
        self.jump_to_join(&join, value);
        self.b.switch_to_block(absent);
        self.jump_to_join(&join, Repr::Nil);
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    /// The number of values in a list by its descriptor, the long form included.
    pub(super) fn list_count(&mut self, desc: clif::Value, long: usize) -> clif::Value {
        let count = self.b.ins().band_imm_u(desc, COUNT_MASK as i64);
        let is_long = self.b.ins().icmp_imm_u(IntCC::Equal, count, COUNT_IN_CONTEXT as i64);
        let long = self.load_ctx(long);
        self.b.ins().select(is_long, long, count)
    }
}
