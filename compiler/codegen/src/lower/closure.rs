//! Upvalues, cells and global variables.

use super::Lower;
use super::repr::Repr;
use abi::functions::RuntimeFn;
use abi::object::{Cell, ClosureHeader, slot_payload_offset, slot_tag_offset};
use cranelift_codegen::ir::{self as clif};
use ir::{Inst, StrId, Type};
use std::mem::{offset_of, size_of};

/// Where an upvalue has its tag byte and its payload in a closure.
fn upvalue_at(index: usize) -> (usize, usize) {
    let slots = size_of::<ClosureHeader>();
    (slots + slot_tag_offset(index), slots + slot_payload_offset(index))
}

impl Lower<'_> {
    pub(super) fn lower_upvalue_get(&mut self, inst: Inst, index: u32) {
        if self.env.own_upvalue[self.id.index()] == Some(index) {
            return self.define(inst, Repr::Pointer(Type::Func, self.closure));
        }
        let (tag, payload) = upvalue_at(index as usize);
        let closure = self.own_closure();
        let tag = self.load_byte(self.regions.closure, closure, tag);
        let payload = self.load(self.regions.closure, closure, payload);
        self.define(inst, Repr::Any(tag, payload));
    }

    pub(super) fn lower_upvalue_cell(&mut self, inst: Inst, index: u32) {
        let (_, payload) = upvalue_at(index as usize);
        let closure = self.own_closure();
        let cell = self.load(self.regions.closure, closure, payload);
        self.define(inst, Repr::Pointer(Type::Cell, cell));
    }

    pub(super) fn lower_cell_get(&mut self, inst: Inst) {
        let cell = self.payload_of(self.func.args(inst)[0]);
        let value = self.load_cell(self.regions.cell, cell);
        self.define(inst, value);
    }

    fn load_cell(&mut self, flags: clif::MemFlagsData, cell: clif::Value) -> Repr {
        let tag = self.load_byte(flags, cell, offset_of!(Cell, header.extra));
        let payload = self.load(flags, cell, offset_of!(Cell, payload));
        Repr::Any(tag, payload)
    }

    pub(super) fn lower_cell_set(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let cell = self.payload_of(args[0]);
        let value = self.repr(args[1]);
        self.store_cell(self.regions.cell, value, cell);
        self.barrier(cell, value);
    }

    /// A global is what its cell holds; if that is nil, what the runtime says.
    pub(super) fn lower_global_get(&mut self, inst: Inst, name: StrId) {
        let cell = self.global_cell(name);
        let Repr::Any(found, payload) = self.load_cell(self.regions.global, cell) else {
            unreachable!("a cell holds any value")
        };
        let (slow, there) = (self.cold_block(), self.block());
        let join = self.join(Type::Any);
        self.branch_to(found, there, slow);
        self.b.switch_to_block(slow);
        let name = self.const_str(name);
        let value = self.call_runtime_value(RuntimeFn::global_get, &[name]);
        self.jump_to_join(&join, value);
        self.b.switch_to_block(there);
        self.jump_to_join(&join, Repr::Any(found, payload));
        let value = self.switch_to_join(&join);
        self.define(inst, value);
    }

    /// A global that is there is set in its cell; one that is nil by the runtime.
    pub(super) fn lower_global_set(&mut self, inst: Inst, name: StrId) {
        let value = self.repr(self.func.args(inst)[0]);
        let cell = self.global_cell(name);
        let at = offset_of!(Cell, header.extra);
        let found = self.load_byte(self.regions.global, cell, at);
        let (slow, there, after) = (self.cold_block(), self.block(), self.block());
        self.branch_to(found, there, slow);
        self.b.switch_to_block(slow);
        let name = self.const_str(name);
        self.store_ctx_value(value, offset_of!(abi::context::Context, operand));
        self.call_runtime(RuntimeFn::global_set, &[cell, name]);
        self.jump(after);
        self.b.switch_to_block(there);
        self.store_cell(self.regions.global, value, cell);
        if self.env.instance {
            // In the other model the cell is static: a root.
            self.barrier(cell, value);
        }
        self.jump(after);
        self.b.switch_to_block(after);
    }
}
