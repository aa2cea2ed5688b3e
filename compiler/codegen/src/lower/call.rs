//! Calls by the generic convention (`abi::call`): one site for whatever is called.

use super::lists::{List, Multi};
use super::repr::Repr;
use super::{Lower, MAX_STAGED};
use crate::roots::{CLOSURE, DESC};
use abi::call::{COUNT_IN_CONTEXT, COUNT_MASK, REGISTER_ARGS, TAIL_CALLED, arg_tag_shift};
use abi::context::Context;
use abi::object::{ClosureHeader, closure_flags};
use abi::value::tag;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder};
use ir::{Inst, Type};
use std::mem::offset_of;

/// What is called.
#[derive(Clone, Copy)]
enum Callee {
    /// The function itself, as its closure.
    Own,
    /// A closure and the address of its code.
    Code(clif::Value, clif::Value),
}

impl Lower<'_> {
    pub(super) fn lower_call(&mut self, inst: Inst) {
        let func = self.func;
        if self.selects(inst) {
            return self.lower_select(inst);
        }
        let (r0, rdesc) = self.call_words(inst);
        let mut results = func.results(inst);
        match results.len() {
            0 => {}
            1 => {
                let result = results.next().expect("there is one");
                if func.ty(result) == Type::Multi {
                    self.values[result.index()] = Some(Repr::Results(r0, rdesc));
                } else {
                    // Without any result r0 and the tag are those of nil.
                    let tag = self.b.ins().ushr_imm_u(rdesc, 8);
                    self.define_value(result, Repr::Any(tag, r0));
                }
            }
            _ => {
                let results: Vec<ir::Value> = results.collect();
                self.take_results(&results, r0, rdesc);
            }
        }
    }

    /// The two words that a call returns.
    pub(super) fn call_words(&mut self, inst: Inst) -> (clif::Value, clif::Value) {
        let (callee, args) = (self.func.args(inst)[0], &self.func.args(inst)[1..]);
        let list = self.list(args);
        let (desc, payloads) = self.stage_args(&list);
        let callee = self.repr(callee);
        let callee = self.callee(callee);
        self.emit_call(callee, desc, &payloads)
    }

    /// The call itself, with all that is live in its place.
    fn emit_call(
        &mut self,
        callee: Callee,
        desc: clif::Value,
        payloads: &[clif::Value],
    ) -> (clif::Value, clif::Value) {
        let live = self.live.clone();
        self.store_roots(&live);
        let call = match callee {
            Callee::Own => {
                let code = self.import_lua(self.id, payloads.len());
                let closure = self.own_closure();
                let mut args = vec![self.ctx, closure, desc];
                args.extend_from_slice(payloads);
                self.b.ins().call(code, &args)
            }
            Callee::Code(closure, code) => {
                let mut args = vec![self.ctx, closure, desc];
                args.extend_from_slice(payloads);
                let signature = self.lua_sig(payloads.len());
                self.b.ins().call_indirect(signature, code, &args)
            }
        };
        self.record_roots(call, &live);
        self.refresh(&live);
        let results = self.b.inst_results(call);
        (results[0], results[1])
    }

    /// Finds the code. What is no function goes to the runtime, by the same convention.
    fn callee(&mut self, callee: Repr) -> Callee {
        if let Repr::Pointer(Type::Func, closure) = callee {
            if closure == self.closure {
                return Callee::Own;
            }
            let code = self.load_code(closure);
            return Callee::Code(closure, code);
        }
        let [found, payload] = self.pair(callee);
        let (usual, other) = (self.block(), self.cold_block());
        let join = self.join(Type::Int);
        let is_function = self.is_tag(found, tag::FUNCTION);
        self.branch_to(is_function, usual, other);
        self.b.switch_to_block(other);
        self.store_ctx(found, offset_of!(Context, value_tag));
        let entry = self.call_value_address();
        self.jump_to_join(&join, Repr::Int(entry));
        self.b.switch_to_block(usual);
        let code = self.load_code(payload);
        self.jump_to_join(&join, Repr::Int(code));
        match self.switch_to_join(&join) {
            Repr::Int(code) => Callee::Code(payload, code),
            other => unreachable!("{other:?}"),
        }
    }

    fn load_code(&mut self, closure: clif::Value) -> clif::Value {
        self.load(self.regions.closure, closure, offset_of!(ClosureHeader, code))
    }

    /// Puts arguments where a callee looks for them. The descriptor, and the payload registers
    /// that say something.
    fn stage_args(&mut self, list: &List) -> (clif::Value, Vec<clif::Value>) {
        match list.multi {
            Some(Multi::Results(r0, rdesc)) if list.values.len() < MAX_STAGED => {
                self.stage_results(&list.values, r0, rdesc)
            }
            Some(multi) => self.stage_open(&list.values, multi),
            None => self.stage_closed(&list.values),
        }
    }

    /// Arguments that end in all that a call returned. That is mostly one value, which then goes
    /// where a value of its own would.
    fn stage_results(
        &mut self,
        values: &[Repr],
        r0: clif::Value,
        rdesc: clif::Value,
    ) -> (clif::Value, Vec<clif::Value>) {
        let (one, other, ready) = (self.block(), self.cold_block(), self.block());
        let params: Vec<clif::Value> =
            (0..=REGISTER_ARGS).map(|_| self.b.append_block_param(ready, I64)).collect();
        let count = self.b.ins().band_imm_u(rdesc, COUNT_MASK as i64);
        let is_one = self.b.ins().icmp_imm_u(IntCC::Equal, count, 1);
        self.branch_to(is_one, one, other);

        self.b.switch_to_block(one);
        let tag = self.b.ins().ushr_imm_u(rdesc, 8);
        let mut closed = values.to_vec();
        closed.push(Repr::Any(tag, r0));
        let (desc, mut payloads) = self.stage_closed(&closed);
        let unused = self.int(0);
        payloads.resize(REGISTER_ARGS, unused);
        self.jump_with(ready, desc, &payloads);

        self.b.switch_to_block(other);
        let (desc, payloads) = self.stage_open(values, Multi::Results(r0, rdesc));
        self.jump_with(ready, desc, &payloads);

        self.b.switch_to_block(ready);
        (params[0], params[1..].to_vec())
    }

    fn jump_with(&mut self, to: clif::Block, desc: clif::Value, payloads: &[clif::Value]) {
        let words = core::iter::once(&desc).chain(payloads);
        let args: Vec<BlockArg> = words.map(|word| BlockArg::Value(*word)).collect();
        self.b.ins().jump(to, &args);
    }

    /// Arguments that end in an open list.
    fn stage_open(&mut self, values: &[Repr], multi: Multi) -> (clif::Value, Vec<clif::Value>) {
        let desc = self.append_to_args(values, multi);
        let args = self.load_ctx(offset_of!(Context, args));
        let mut payloads = Vec::new();
        for index in 0..REGISTER_ARGS {
            let value = self.load_listed(args, index);
            payloads.push(self.payload(value));
        }
        (desc, payloads)
    }

    /// Arguments whose number is known.
    fn stage_closed(&mut self, values: &[Repr]) -> (clif::Value, Vec<clif::Value>) {
        let payloads: Vec<clif::Value> =
            values.iter().take(REGISTER_ARGS).map(|value| self.payload(*value)).collect();
        if values.len() > REGISTER_ARGS {
            let args = self.load_ctx(offset_of!(Context, args));
            for (index, value) in values.iter().enumerate().skip(REGISTER_ARGS) {
                self.store_listed(*value, args, index);
            }
        }
        if values.len() as u64 >= COUNT_IN_CONTEXT {
            let count = self.int(values.len() as i64);
            self.store_ctx(count, offset_of!(Context, arg_count));
        }
        (self.arg_desc(values), payloads)
    }

    /// The descriptor of these arguments: a constant as far as tags are known.
    fn arg_desc(&mut self, values: &[Repr]) -> clif::Value {
        let mut tags = [tag::NIL; REGISTER_ARGS];
        for (known, value) in tags.iter_mut().zip(values) {
            *known = value.known_tag().unwrap_or(tag::NIL);
        }
        let mut desc = self.int(abi::call::desc(values.len(), tags) as i64);
        for (index, value) in values.iter().take(REGISTER_ARGS).enumerate() {
            if value.known_tag().is_none() {
                let tag = self.tag(*value);
                let tag = self.b.ins().ishl_imm_u(tag, i64::from(arg_tag_shift(index)));
                desc = self.b.ins().bor(tag, desc);
            }
        }
        desc
    }

    /// A call in place of this frame. Library functions are called with the frame still there, as
    /// errors and tracebacks show the caller in the reference.
    pub(super) fn lower_tail_call(&mut self, inst: Inst) {
        let func = self.func;
        let (callee, args) = (func.args(inst)[0], &func.args(inst)[1..]);
        let callee = self.repr(callee);
        let list = self.list(args);
        let (desc, payloads) = self.stage_args(&list);
        let (usual, other) = (self.block(), self.cold_block());
        let [found, closure] = self.pair(callee);
        match callee {
            Repr::Pointer(Type::Func, _) => self.jump(usual),
            _ => {
                let is_function = self.is_tag(found, tag::FUNCTION);
                self.branch_to(is_function, usual, other);
                self.b.switch_to_block(other);
                self.store_ctx(found, offset_of!(Context, value_tag));
                self.tail_call_value(closure, desc, &payloads);
            }
        }
        self.b.switch_to_block(usual);
        if closure != self.closure {
            self.divert_library(closure, desc, &payloads);
        }
        self.leave_varargs();
        let desc = self.b.ins().bor_imm_u(desc, TAIL_CALLED as i64);
        let is_own = closure == self.closure;
        let closure = if is_own { self.own_closure() } else { closure };
        let mut words = vec![self.ctx, closure, desc];
        words.extend_from_slice(&payloads);
        if is_own {
            let code = self.import_lua(self.id, payloads.len());
            self.b.ins().return_call(code, &words);
        } else {
            let code = self.load_code(closure);
            let signature = self.lua_sig(payloads.len());
            self.b.ins().return_call_indirect(signature, code, &words);
        }
    }

    /// A tail call of what is no function: the runtime says what to call instead, with this frame
    /// still there, so that a message can name the operand.
    fn tail_call_value(&mut self, value: clif::Value, desc: clif::Value, payloads: &[clif::Value]) {
        let entry = self.call_value_address();
        let desc = self.b.ins().bor_imm_u(desc, TAIL_CALLED as i64);
        self.live = vec![CLOSURE, DESC];
        let (closure, desc) = self.emit_call(Callee::Code(value, entry), desc, payloads);
        let at = offset_of!(Context, request.payloads);
        let payloads = [0, 1, 2].map(|index| self.load_ctx(at + 8 * index));
        // Elsewhere it would be more code than it is worth: a traceback shows a line less.
        if self.func.debug.is_some() {
            let plain = self.b.ins().band_imm_u(desc, !TAIL_CALLED as i64);
            self.divert_library(closure, plain, &payloads);
        }
        self.leave_varargs();
        let mut words = vec![self.ctx, closure, desc];
        words.extend(payloads);
        let code = self.load_code(closure);
        let signature = self.lua_sig(REGISTER_ARGS);
        self.b.ins().return_call_indirect(signature, code, &words);
    }

    /// A library function is called with this frame still there, and what it returns returned.
    fn divert_library(
        &mut self,
        closure: clif::Value,
        desc: clif::Value,
        payloads: &[clif::Value],
    ) {
        let (lua, library) = (self.block(), self.cold_block());
        let at = offset_of!(ClosureHeader, header.flags);
        let flags = self.load_byte(self.regions.closure, closure, at);
        let is_library = self.b.ins().band_imm_u(flags, i64::from(closure_flags::LIBRARY));
        self.branch_to(is_library, library, lua);
        self.b.switch_to_block(library);
        let code = self.load_code(closure);
        self.call_and_return(closure, code, desc, payloads);
        self.b.switch_to_block(lua);
    }

    /// Calls with this frame still there, and returns what that returns.
    fn call_and_return(
        &mut self,
        closure: clif::Value,
        code: clif::Value,
        desc: clif::Value,
        payloads: &[clif::Value],
    ) {
        self.live = vec![CLOSURE, DESC];
        let (r0, rdesc) = self.emit_call(Callee::Code(closure, code), desc, payloads);
        let (r0, rdesc) = self.lower_leaving(r0, rdesc);
        self.leave_varargs();
        self.b.ins().return_(&[r0, rdesc]);
    }
}
