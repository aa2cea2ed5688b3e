//! Lists of values: arguments, results, and open lists, whose length only the run time knows.

use super::repr::Repr;
use super::{Lower, MAX_STAGED};
use abi::call::{COUNT_IN_CONTEXT, COUNT_MASK};
use abi::context::Context;
use abi::functions::RuntimeFn;
use abi::value::{RawValue, tag};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use ir::{Inst, Type, Value};
use std::mem::offset_of;

/// An open list at the end of another.
#[derive(Clone, Copy)]
pub(super) enum Multi {
    /// All that a call returned.
    Results(clif::Value, clif::Value),
    /// All variable arguments.
    Varargs,
}

/// Operands: values, then perhaps an open list.
pub(super) struct List {
    pub(super) values: Vec<Repr>,
    pub(super) multi: Option<Multi>,
}

impl Lower<'_> {
    /// The operands `args`.
    pub(super) fn list(&mut self, args: &[Value]) -> List {
        let mut list = List { values: Vec::with_capacity(args.len()), multi: None };
        for arg in args {
            match self.repr(*arg) {
                Repr::Results(r0, rdesc) => list.multi = Some(Multi::Results(r0, rdesc)),
                Repr::Varargs => list.multi = Some(Multi::Varargs),
                value => list.values.push(value),
            }
        }
        if list.values.len() > MAX_STAGED {
            // What the buffers hold already stays in them.
            let count = self.int(list.values.len() as i64);
            self.call_runtime(RuntimeFn::reserve_lists, &[count]);
        }
        list
    }

    /// The variable arguments: where they begin on the value stack, and how many there are.
    fn varargs(&self) -> (clif::Value, clif::Value) {
        self.varargs.expect("a vararg function")
    }

    /// Puts values and an open list behind them into the buffer of arguments. The descriptor of a
    /// call with them; they are in the buffer from the first on.
    pub(super) fn append_to_args(&mut self, values: &[Repr], multi: Multi) -> clif::Value {
        self.stage(values);
        let fixed = self.int(values.len() as i64);
        match multi {
            Multi::Results(r0, rdesc) => {
                self.call_runtime(RuntimeFn::args_from_results, &[fixed, r0, rdesc])
            }
            Multi::Varargs => {
                let (base, count) = self.varargs();
                self.call_runtime(RuntimeFn::args_from_varargs, &[fixed, base, count])
            }
        }
    }

    /// Puts values at the start of the buffer of arguments.
    fn stage(&mut self, values: &[Repr]) {
        if !values.is_empty() {
            let args = self.load_ctx(offset_of!(Context, args));
            for (index, value) in values.iter().enumerate() {
                self.store_listed(*value, args, index);
            }
        }
    }

    /// Gives the results of a call their values: nil for those that there are too few of.
    pub(super) fn take_results(&mut self, results: &[Value], r0: clif::Value, rdesc: clif::Value) {
        let wanted = results.len() as i64;
        let (enough, few) = (self.block(), self.cold_block());
        // Results that nobody reads need not be fetched.
        let read: Vec<(usize, Value)> = (1..)
            .zip(results[1..].iter().copied())
            .filter(|(_, result)| self.uses[result.index()] > 0)
            .collect();
        let count = self.b.ins().band_imm_u(rdesc, COUNT_MASK as i64);
        let joins: Vec<_> = read.iter().map(|_| self.join(Type::Any)).collect();
        let after = self.block();
        let mut params = Vec::new();
        for _ in &joins {
            let ty = cranelift_codegen::ir::types::I64;
            params
                .push((self.b.append_block_param(after, ty), self.b.append_block_param(after, ty)));
        }
        if wanted as u64 >= COUNT_IN_CONTEXT {
            // Only the long way knows.
            self.jump(few);
        } else {
            let cc = IntCC::UnsignedGreaterThanOrEqual;
            let fits = self.b.ins().icmp_imm_u(cc, count, wanted);
            self.branch_to(fits, enough, few);
        }
        self.b.switch_to_block(enough);
        let rets = self.load_ctx(offset_of!(Context, rets));
        let mut args = Vec::new();
        for (index, _) in &read {
            let [tag, payload] = {
                let value = self.load_listed(rets, *index);
                self.pair(value)
            };
            args.extend([clif::BlockArg::Value(tag), clif::BlockArg::Value(payload)]);
        }
        self.b.ins().jump(after, &args);
        // The buffer has room for all that a program can name, so the places can be read; what is
        // in those that were not written means nothing.
        self.b.switch_to_block(few);
        let rets = self.load_ctx(offset_of!(Context, rets));
        let count = self.list_count(rdesc, offset_of!(Context, ret_count));
        let zero = self.int(0);
        let mut args = Vec::new();
        for (index, _) in &read {
            let cc = IntCC::UnsignedGreaterThan;
            let there = self.b.ins().icmp_imm_u(cc, count, *index as i64);
            let value = self.load_listed(rets, *index);
            for part in self.pair(value) {
                let part = self.b.ins().select(there, part, zero);
                args.push(clif::BlockArg::Value(part));
            }
        }
        self.b.ins().jump(after, &args);
        self.b.switch_to_block(after);
        let first = self.b.ins().ushr_imm_u(rdesc, 8);
        self.define_value(results[0], Repr::Any(first, r0));
        for result in &results[1..] {
            self.define_value(*result, Repr::Nil);
        }
        for ((_, result), (tag, payload)) in read.iter().zip(params) {
            self.define_value(*result, Repr::Any(tag, payload));
        }
    }

    pub(super) fn lower_return(&mut self, inst: Inst) {
        let list = self.list(self.func.args(inst));
        let (r0, rdesc) = match list.multi {
            Some(multi) => self.open_results(&list.values, multi),
            None => self.closed_results(&list.values),
        };
        let (r0, rdesc) = self.lower_leaving(r0, rdesc);
        self.leave_varargs();
        self.b.ins().return_(&[r0, rdesc]);
    }

    /// The two words of results whose number is known.
    fn closed_results(&mut self, values: &[Repr]) -> (clif::Value, clif::Value) {
        if values.len() > 1 {
            let rets = self.load_ctx(offset_of!(Context, rets));
            for (index, value) in values.iter().enumerate().skip(1) {
                self.store_listed(*value, rets, index);
            }
        }
        if values.len() as u64 >= COUNT_IN_CONTEXT {
            let count = self.int(values.len() as i64);
            self.store_ctx(count, offset_of!(Context, ret_count));
        }
        let first = values.first().copied().unwrap_or(Repr::Nil);
        let r0 = self.payload(first);
        let known = first.known_tag().unwrap_or(tag::NIL);
        let mut rdesc = self.int(abi::call::ret_desc(values.len(), known) as i64);
        if first.known_tag().is_none() {
            let tag = self.tag(first);
            let tag = self.b.ins().ishl_imm_u(tag, 8);
            rdesc = self.b.ins().bor(tag, rdesc);
        }
        (r0, rdesc)
    }

    /// The two words of results that end in an open list.
    fn open_results(&mut self, values: &[Repr], multi: Multi) -> (clif::Value, clif::Value) {
        // What a call returned lies as it has to lie already.
        if let (Multi::Results(r0, rdesc), true) = (multi, values.is_empty()) {
            return (r0, rdesc);
        }
        self.stage(values);
        let fixed = self.int(values.len() as i64);
        let rdesc = match multi {
            Multi::Results(r0, rdesc) => {
                self.call_runtime(RuntimeFn::rets_from_results, &[fixed, r0, rdesc])
            }
            Multi::Varargs => {
                let (base, count) = self.varargs();
                self.call_runtime(RuntimeFn::rets_from_varargs, &[fixed, base, count])
            }
        };
        (self.first_result(), rdesc)
    }

    /// The payload of the first result, where the runtime left results.
    fn first_result(&mut self) -> clif::Value {
        let rets = self.load_ctx(offset_of!(Context, rets));
        self.load(self.regions.lists, rets, offset_of!(RawValue, payload))
    }

    pub(super) fn lower_multi_save(&mut self, inst: Inst) {
        let (r0, rdesc) = match self.repr(self.func.args(inst)[0]) {
            Repr::Results(r0, rdesc) => (r0, rdesc),
            _ => self.open_results(&[], Multi::Varargs),
        };
        let pack = self.call_runtime(RuntimeFn::pack_results, &[r0, rdesc]);
        self.define(inst, Repr::Pointer(Type::Pack, pack));
    }

    pub(super) fn lower_multi_load(&mut self, inst: Inst) {
        let pack = self.payload_of(self.func.args(inst)[0]);
        let rdesc = self.call_runtime(RuntimeFn::unpack_results, &[pack]);
        let r0 = self.first_result();
        self.values[self.func.result(inst).index()] = Some(Repr::Results(r0, rdesc));
    }

    /// Stores values into a table from index `first` on.
    pub(super) fn lower_set_list(&mut self, inst: Inst, first: u32) {
        let func = self.func;
        let table = self.payload_of(func.args(inst)[0]);
        let list = self.list(&func.args(inst)[1..]);
        let count = match list.multi {
            Some(multi) => {
                let desc = self.append_to_args(&list.values, multi);
                self.list_count(desc, offset_of!(Context, arg_count))
            }
            None => {
                self.stage(&list.values);
                self.int(list.values.len() as i64)
            }
        };
        let first = self.int(i64::from(first));
        self.call_runtime(RuntimeFn::set_list, &[table, first, count]);
    }
}
