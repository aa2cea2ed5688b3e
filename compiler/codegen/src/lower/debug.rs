//! Debuggable functions: slots, steps, and what hooks hear of entering and leaving.
//!
//! The slots lie in the frame behind the closure's place ([`DebugFrame`]), where debuggers and the
//! collector find them. They are nil from the first instruction on, as a message handler may look
//! at a frame that has not come further than the test of the stack. Hooks are called from outlined
//! code; who has none pays a store and a test of one word for each step.

use super::Lower;
use super::repr::Repr;
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::module::DebugFrame;
use abi::value::{RawValue, tag};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder};
use ir::{Block, Imm, Inst, Op, Type};
use std::mem::{offset_of, size_of};

/// How many bytes of a debuggable function's area for roots come before those of other values.
pub(crate) fn frame_size(debug: &ir::Debug) -> u32 {
    slot_at(debug.slots) as u32
}

fn slot_at(slot: u32) -> usize {
    size_of::<DebugFrame>() + slot as usize * size_of::<RawValue>()
}

impl Lower<'_> {
    // The frame.

    fn store_in_frame(&mut self, word: clif::Value, at: usize) {
        let area = self.area();
        let address = self.b.ins().stack_addr(I64, area, 0);
        self.store(self.regions.slots, word, address, at);
    }

    /// Puts nothing into the slots of a function that has just been entered.
    pub(super) fn clear_slots(&mut self) {
        let Some(debug) = &self.func.debug else { return };
        let zero = self.int(0);
        let first = offset_of!(DebugFrame, step);
        for at in (first..slot_at(debug.slots)).step_by(size_of::<u64>()) {
            self.store_in_frame(zero, at);
        }
    }

    /// Hooks hear that the function has been entered. Its parameters lie in their slots by then,
    /// and are what lies there afterwards.
    pub(super) fn lower_entered(&mut self) {
        let func = self.func;
        if func.debug.is_none() {
            return;
        }
        if let Some((base, count)) = self.varargs {
            self.store_in_frame(base, offset_of!(DebugFrame, vararg_base));
            self.store_in_frame(count, offset_of!(DebugFrame, vararg_count));
        }
        let params = func.params_of(func.entry());
        for (slot, param) in (0..).zip(params) {
            let value = self.repr(*param);
            self.store_slot(slot, value);
        }
        let count = self.int(params.len() as i64);
        let desc = self.desc;
        self.unless_zero(offset_of!(Context, hooked), |lower| {
            lower.call_runtime(RuntimeFn::hook_enter, &[desc, count]);
        });
        for (slot, param) in (0..).zip(params) {
            let value = self.load_slot(slot);
            self.set_value(*param, value);
        }
    }

    /// Calls something from outlined code if a 32-bit word of the context is not zero.
    pub(super) fn unless_zero(&mut self, at: usize, call: impl FnOnce(&mut Self)) {
        let (cold, after) = (self.cold_block(), self.block());
        let word = self.b.ins().load(I32, self.regions.ctx, self.ctx, at as i32);
        self.branch_to(word, cold, after);
        self.b.switch_to_block(cold);
        call(self);
        self.jump(after);
        self.b.switch_to_block(after);
    }

    // Slots.

    fn store_slot(&mut self, slot: u32, value: Repr) {
        let [tag, payload] = self.pair(value);
        self.store_in_frame(payload, slot_at(slot) + offset_of!(RawValue, payload));
        self.store_in_frame(tag, slot_at(slot) + offset_of!(RawValue, tag));
    }

    fn load_slot(&mut self, slot: u32) -> Repr {
        let area = self.area();
        let address = self.b.ins().stack_addr(I64, area, 0);
        let flags = self.regions.slots;
        let payload = self.load(flags, address, slot_at(slot) + offset_of!(RawValue, payload));
        let tag = self.load(flags, address, slot_at(slot) + offset_of!(RawValue, tag));
        Repr::Any(tag, payload)
    }

    pub(super) fn lower_slot_get(&mut self, inst: Inst, slot: u32) {
        let value = self.load_slot(slot);
        self.define(inst, value);
    }

    pub(super) fn lower_slot_set(&mut self, inst: Inst, slot: u32) {
        let value = self.repr(self.func.args(inst)[0]);
        self.store_slot(slot, value);
    }

    /// A cell takes the place of the first value of the variable that lives in it.
    pub(super) fn lower_slot_bind(&mut self, inst: Inst, slot: u32) {
        let cell = self.payload_of(self.func.args(inst)[0]);
        let tag = self.int(i64::from(tag::CELL));
        self.store_slot(slot, Repr::Any(tag, cell));
    }

    // Steps.

    /// The frame is at a step.
    pub(super) fn lower_step_at(&mut self, step: u32) {
        let step = self.int(i64::from(step));
        self.store_in_frame(step, offset_of!(DebugFrame, step));
    }

    /// A step begins.
    pub(super) fn lower_step(&mut self, step: u32) {
        self.lower_step_at(step);
        let waiting = self.waiting_results();
        self.unless_zero(offset_of!(Context, hooked), |lower| {
            let step = lower.int(i64::from(step));
            let [r0, rdesc] = waiting.unwrap_or_else(|| [lower.int(0); 2]);
            lower.call_runtime(RuntimeFn::hook_step, &[step, r0, rdesc]);
        });
    }

    /// The results of a call that the instruction behind the steps here takes as they are.
    fn waiting_results(&self) -> Option<[clif::Value; 2]> {
        let func = self.func;
        let insts = &func.insts_of(self.block)[self.position..];
        let user = insts
            .iter()
            .find(|inst| !matches!(func.inst(**inst).op, Op::Step | Op::StepAt | Op::SlotGet));
        let list = func.args(*user?).last().filter(|arg| func.ty(**arg) == Type::Multi)?;
        match self.values[list.index()] {
            Some(Repr::Results(r0, rdesc)) => Some([r0, rdesc]),
            _ => None,
        }
    }

    /// Hooks hear that the function is left with these results, and may change them.
    pub(super) fn lower_leaving(
        &mut self,
        r0: clif::Value,
        rdesc: clif::Value,
    ) -> (clif::Value, clif::Value) {
        let Some(debug) = &self.func.debug else { return (r0, rdesc) };
        let step = self.step_before(self.block, self.position);
        let top = step.and_then(|step| debug.steps.get(step as usize)).map_or(0, |step| step.top);
        let (cold, after) = (self.cold_block(), self.block());
        let results = [0; 2].map(|_| self.b.append_block_param(after, I64));
        let hooked = offset_of!(Context, hooked) as i32;
        let hooked = self.b.ins().load(I32, self.regions.ctx, self.ctx, hooked);
        let unchanged = [r0, rdesc].map(BlockArg::Value);
        self.b.ins().brif(hooked, cold, &[], after, &unchanged);
        self.b.switch_to_block(cold);
        self.live = vec![crate::roots::CLOSURE, crate::roots::DESC];
        // Locals are numbered from 1.
        let first = self.int(i64::from(top) + 1);
        self.call_runtime(RuntimeFn::hook_leave, &[first, r0, rdesc]);
        let changed = [0, 1]
            .map(|index| BlockArg::Value(self.load_ctx(offset_of!(Context, result) + 8 * index)));
        self.b.ins().jump(after, &changed);
        self.b.switch_to_block(after);
        results.into()
    }

    /// The step that the frame is at before an instruction of a block.
    fn step_before(&self, block: Block, position: usize) -> Option<u32> {
        let func = self.func;
        let insts = &func.insts_of(block)[..position];
        let step = insts.iter().rev().find_map(|inst| match func.inst(*inst) {
            data if matches!(data.op, Op::Step | Op::StepAt) => match data.imm {
                Imm::Index(step) => Some(step),
                _ => None,
            },
            _ => None,
        });
        step.or_else(|| {
            let around = self.dominators.parent(block)?;
            self.step_before(around, func.insts_of(around).len())
        })
    }
}
