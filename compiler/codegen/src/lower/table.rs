//! Tables: constructors, indexing, lengths.

use super::Lower;
use super::repr::Repr;
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::object::StringHeader;
use abi::value::tag;
use ir::{Inst, StrId, Type};
use std::mem::offset_of;

impl Lower<'_> {
    pub(super) fn lower_table_new(&mut self, inst: Inst, array: u32, fields: u32) {
        let (array, fields) = (self.int(i64::from(array)), self.int(i64::from(fields)));
        let table = self.call_runtime(RuntimeFn::table_new, &[array, fields]);
        self.define(inst, Repr::Pointer(Type::Table, table));
    }

    pub(super) fn lower_index(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let [object_tag, object] = self.pair_of(args[0]);
        let [key_tag, key] = self.pair_of(args[1]);
        let words = [object_tag, object, key_tag, key];
        let value = self.call_runtime_value(RuntimeFn::index, &words);
        self.define(inst, value);
    }

    pub(super) fn lower_set_index(&mut self, inst: Inst) {
        let args = self.func.args(inst);
        let [object_tag, object] = self.pair_of(args[0]);
        let [key_tag, key] = self.pair_of(args[1]);
        let value = self.repr(args[2]);
        self.store_ctx_value(value, offset_of!(Context, operand));
        self.call_runtime(RuntimeFn::set_index, &[object_tag, object, key_tag, key]);
    }

    pub(super) fn lower_method(&mut self, inst: Inst, name: StrId) {
        let [object_tag, object] = self.pair_of(self.func.args(inst)[0]);
        let name = self.const_str(name);
        let key_tag = self.int(i64::from(tag::STRING));
        let words = [object_tag, object, key_tag, name];
        let value = self.call_runtime_value(RuntimeFn::index, &words);
        self.define(inst, value);
    }

    pub(super) fn lower_len(&mut self, inst: Inst) {
        let operand = self.repr(self.func.args(inst)[0]);
        if let Repr::Pointer(Type::Str, string) = operand {
            let len = self.load(self.regions.object, string, offset_of!(StringHeader, len));
            return self.define(inst, Repr::Int(len));
        }
        let words = self.pair(operand);
        let value = self.call_runtime_value(RuntimeFn::len, &words);
        self.define(inst, value);
    }
}
