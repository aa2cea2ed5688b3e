//! What all of the lowering is written with: memory, joins, calls of the runtime, roots.

use super::repr::{self, Repr};
use super::{CALL_VALUE, Edge, Lower, namespace};
use crate::roots::{CLOSURE, DESC, Held, RootId};
use crate::runtime_call;
use abi::context::Context;
use abi::functions::{Kind, RuntimeFn};
use abi::module::root_kind;
use abi::object::{Cell, gc};
use abi::value::{RawValue, tag};
use cranelift_codegen::ir::types::{F64, I32, I64, I128};
use cranelift_codegen::ir::{
    self as clif, AliasRegionData, BlockArg, ExtFuncData, ExternalName, FuncRef, GlobalValueData,
    InstBuilder, MemFlagsData, SigRef, StackSlotData, StackSlotKind, TrapCode, UserExternalName,
    UserStackMapEntry,
};
use ir::{StrId, Type};
use std::borrow::Cow;
use std::mem::{offset_of, size_of};

/// Kinds of memory that do not overlap. A place is always accessed as the same kind.
#[derive(Clone, Copy)]
pub(super) struct Regions {
    /// Fields of the context.
    pub(super) ctx: MemFlagsData,
    /// The buffers for arguments and results, and the value stack.
    pub(super) lists: MemFlagsData,
    /// Cells of captured variables.
    pub(super) cell: MemFlagsData,
    /// Cells of global variables.
    pub(super) global: MemFlagsData,
    /// Closures.
    pub(super) closure: MemFlagsData,
    /// Headers and contents of other objects.
    pub(super) object: MemFlagsData,
    /// Places for roots in the frame.
    pub(super) roots: MemFlagsData,
    /// Slots of debuggable functions in the frame, and the step.
    pub(super) slots: MemFlagsData,
    /// Field caches.
    pub(super) caches: MemFlagsData,
    /// Counts of entries into the runtime.
    pub(super) stats: MemFlagsData,
    /// What never changes while a function runs and may be read at any time.
    pub(super) constant: MemFlagsData,
}

impl Regions {
    pub(super) fn new(func: &mut clif::Function) -> Regions {
        let mut region = |user_id: u32, description: &'static str| {
            let description = Cow::Borrowed(description);
            let data = AliasRegionData { user_id, description };
            let region = func.dfg.alias_regions.insert(data);
            MemFlagsData::new().with_notrap().with_aligned().with_alias_region(Some(region))
        };
        Regions {
            ctx: region(1, "context"),
            lists: region(2, "lists"),
            cell: region(3, "cell"),
            global: region(4, "global"),
            closure: region(5, "closure"),
            object: region(6, "object"),
            roots: region(7, "roots"),
            slots: region(11, "slots"),
            caches: region(9, "caches"),
            stats: region(10, "stats"),
            constant: region(8, "constant").with_readonly().with_can_move(),
        }
    }
}

/// A place where paths come together with a value.
pub(super) struct Join {
    pub(super) block: clif::Block,
    ty: Type,
    params: Vec<clif::Value>,
}

impl Lower<'_> {
    // Memory.

    pub(super) fn load(
        &mut self,
        flags: MemFlagsData,
        base: clif::Value,
        at: usize,
    ) -> clif::Value {
        self.b.ins().load(I64, flags, base, at as i32)
    }

    pub(super) fn load_byte(
        &mut self,
        flags: MemFlagsData,
        base: clif::Value,
        at: usize,
    ) -> clif::Value {
        self.b.ins().uload8(I64, flags, base, at as i32)
    }

    pub(super) fn store(
        &mut self,
        flags: MemFlagsData,
        value: clif::Value,
        base: clif::Value,
        at: usize,
    ) {
        self.b.ins().store(flags, value, base, at as i32);
    }

    pub(super) fn store_byte(
        &mut self,
        flags: MemFlagsData,
        value: clif::Value,
        base: clif::Value,
        at: usize,
    ) {
        self.b.ins().istore8(flags, value, base, at as i32);
    }

    /// A word of the context.
    pub(super) fn load_ctx(&mut self, at: usize) -> clif::Value {
        self.load(self.regions.ctx, self.ctx, at)
    }

    pub(super) fn store_ctx(&mut self, value: clif::Value, at: usize) {
        self.store(self.regions.ctx, value, self.ctx, at);
    }

    /// Stores a value into a [`RawValue`] of the context.
    pub(super) fn store_ctx_value(&mut self, value: Repr, at: usize) {
        let [tag, payload] = self.pair(value);
        self.store_ctx(payload, at + offset_of!(RawValue, payload));
        self.store_ctx(tag, at + offset_of!(RawValue, tag));
    }

    /// Reads a [`RawValue`] of the context.
    pub(super) fn load_ctx_value(&mut self, at: usize) -> Repr {
        let payload = self.load_ctx(at + offset_of!(RawValue, payload));
        let tag = self.load_ctx(at + offset_of!(RawValue, tag));
        Repr::Any(tag, payload)
    }

    /// Stores a value into the `index`th place of a buffer of [`RawValue`]s.
    pub(super) fn store_listed(&mut self, value: Repr, base: clif::Value, index: usize) {
        let [tag, payload] = self.pair(value);
        let at = index * size_of::<RawValue>();
        self.store(self.regions.lists, payload, base, at + offset_of!(RawValue, payload));
        self.store(self.regions.lists, tag, base, at + offset_of!(RawValue, tag));
    }

    /// Reads the `index`th place of a buffer of [`RawValue`]s.
    pub(super) fn load_listed(&mut self, base: clif::Value, index: usize) -> Repr {
        let at = index * size_of::<RawValue>();
        let payload = self.load(self.regions.lists, base, at + offset_of!(RawValue, payload));
        let tag = self.load(self.regions.lists, base, at + offset_of!(RawValue, tag));
        Repr::Any(tag, payload)
    }

    /// Stores a value into a cell, of a captured variable or a global.
    pub(super) fn store_cell(&mut self, flags: MemFlagsData, value: Repr, cell: clif::Value) {
        let [tag, payload] = self.pair(value);
        self.store(flags, payload, cell, offset_of!(Cell, payload));
        self.store_byte(flags, tag, cell, offset_of!(Cell, header.extra));
    }

    // Static data: the one place that knows the two models.

    /// The address of this offset in the module's static data.
    pub(super) fn static_address(&mut self, offset: usize) -> clif::Value {
        if self.env.instance {
            let proto = offset_of!(abi::object::ClosureHeader, proto);
            let closure = self.own_closure();
            let proto = self.load(self.regions.constant, closure, proto);
            let base = offset_of!(abi::object::Proto, data);
            let base = self.load(self.regions.constant, proto, base);
            return self.b.ins().iadd_imm_u(base, offset as i64);
        }
        let global = match self.static_places.get(&offset) {
            Some(known) => *known,
            None => {
                let name = UserExternalName::new(namespace::STATICS, 0);
                let name = self.b.func.declare_imported_user_function(name);
                let global = self.b.create_global_value(GlobalValueData::Symbol {
                    name: ExternalName::user(name),
                    offset: (offset as i64).into(),
                    colocated: true,
                    tls: false,
                });
                self.static_places.insert(offset, global);
                global
            }
        };
        self.b.ins().symbol_value(I64, global)
    }

    /// The pointer to a constant string.
    pub(super) fn const_str(&mut self, id: StrId) -> clif::Value {
        let offset = self.env.statics.string_offset(self.func, id);
        let address = self.static_address(offset);
        self.load(self.regions.constant, address, 0)
    }

    /// The cell of a global variable.
    pub(super) fn global_cell(&mut self, id: StrId) -> clif::Value {
        let offset = self.env.statics.global_offset(self.func, id);
        let address = self.static_address(offset);
        if self.env.instance { self.load(self.regions.constant, address, 0) } else { address }
    }

    // Control.

    /// A new block, which is as cold as what is being lowered.
    pub(super) fn block(&mut self) -> clif::Block {
        let is_cold = self.b.current_block().is_some_and(|here| self.b.func.layout.is_cold(here));
        if is_cold { self.cold_block() } else { self.b.create_block() }
    }

    pub(super) fn cold_block(&mut self) -> clif::Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    pub(super) fn branch(&mut self, condition: clif::Value, then: &Edge, otherwise: &Edge) {
        self.b.ins().brif(condition, then.0, &then.1, otherwise.0, &otherwise.1);
    }

    /// Branches to blocks without parameters.
    pub(super) fn branch_to(
        &mut self,
        if_true: clif::Value,
        then: clif::Block,
        other: clif::Block,
    ) {
        self.b.ins().brif(if_true, then, &[], other, &[]);
    }

    /// Goes on at `then` if true, and here, in a new block, if not.
    pub(super) fn leave_if(&mut self, condition: clif::Value, then: clif::Block) {
        let here = self.block();
        self.branch_to(condition, then, here);
        self.b.switch_to_block(here);
    }

    /// Goes on here, in a new block, if true, and at `other` if not.
    pub(super) fn stay_if(&mut self, condition: clif::Value, other: clif::Block) {
        let here = self.block();
        self.branch_to(condition, here, other);
        self.b.switch_to_block(here);
    }

    pub(super) fn jump(&mut self, to: clif::Block) {
        self.b.ins().jump(to, &[]);
    }

    pub(super) fn trap(&mut self) {
        self.b.ins().trap(TrapCode::unwrap_user(1));
    }

    /// A join of values of this type.
    pub(super) fn join(&mut self, ty: Type) -> Join {
        let block = self.block();
        let types = repr::clif_types(ty).iter();
        let params = types.map(|ty| self.b.append_block_param(block, *ty)).collect();
        Join { block, ty, params }
    }

    /// Goes to a join with a value.
    pub(super) fn jump_to_join(&mut self, join: &Join, value: Repr) {
        let parts = self.parts(value, join.ty);
        let args: Vec<BlockArg> = parts.into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(join.block, &args);
    }

    /// Goes on behind a join.
    pub(super) fn switch_to_join(&mut self, join: &Join) -> Repr {
        self.b.switch_to_block(join.block);
        repr::from_parts(join.ty, &join.params)
    }

    // Roots.

    /// At the start of a block: which of the roots that it stores are defined already.
    pub(super) fn begin_home(&mut self) {
        self.ready.iter_mut().for_each(Vec::clear);
        for index in 0..self.plan.homes[self.block.index()].len() {
            let id = self.plan.homes[self.block.index()][index];
            let ready = match self.plan.roots[id as usize].held {
                Held::Closure | Held::Desc => true,
                Held::Value(value) => self.values[value.index()].is_some(),
            };
            if ready {
                self.note_ready(id);
            }
        }
    }

    /// A root whose home is this block is defined.
    pub(super) fn note_ready(&mut self, id: RootId) {
        self.ready[usize::from(self.plan.roots[id as usize].eager)].push(id);
    }

    /// Stores the roots whose home is this block, as far as they are defined; without `all` only
    /// those that slow paths want stored.
    pub(super) fn store_pending_roots(&mut self, all: bool) {
        for eager in [true, false] {
            if !eager && !all {
                continue;
            }
            let mut ready = std::mem::take(&mut self.ready[usize::from(eager)]);
            for id in ready.drain(..) {
                if !self.stored[id as usize] {
                    self.store_root(id);
                    self.stored[id as usize] = true;
                }
            }
            self.ready[usize::from(eager)] = ready;
        }
    }

    /// Whether the place of a root is written on every path that leads here.
    fn is_stored(&self, id: RootId) -> bool {
        let home = self.plan.roots[id as usize].home;
        self.stored[id as usize]
            && home.is_some_and(|home| self.dominators.dominates(home, self.block))
    }

    fn store_root(&mut self, id: RootId) {
        let root = self.plan.roots[id as usize].clone();
        let area = self.area();
        let address = self.b.ins().stack_addr(I64, area, root.offset as i32);
        let flags = self.regions.roots;
        match root.held {
            Held::Closure => {
                let closure = self.own_closure();
                self.store(flags, closure, address, 0);
            }
            Held::Desc => {
                let desc = self.current(DESC, Repr::Pointer(Type::Func, self.desc));
                let desc = self.payload(desc);
                self.store(flags, desc, address, 0);
            }
            Held::Value(value) => {
                let defined = self.values[value.index()];
                let defined = defined.expect("a root is stored once it is there");
                // Not read back from where it goes.
                let value = if self.is_light { self.current(id, defined) } else { defined };
                let [tag, payload] = match root.kind {
                    root_kind::VALUE => self.pair(value).map(Some),
                    _ => [None, Some(self.payload(value))],
                };
                if let Some(payload) = payload {
                    self.store(flags, payload, address, offset_of!(RawValue, payload));
                }
                if let Some(tag) = tag {
                    self.store(flags, tag, address, offset_of!(RawValue, tag));
                }
            }
        }
    }

    /// In a light function, gives a root the variables through which it is read from now on.
    pub(super) fn declare_root(&mut self, id: RootId, value: Repr) {
        if !self.is_light {
            return;
        }
        let mut variable = |value: clif::Value| {
            let variable = self.b.declare_var(I64);
            self.b.def_var(variable, value);
            variable
        };
        self.variables[id as usize] = match value {
            Repr::Any(tag, payload) => Some((Some(variable(tag)), variable(payload))),
            Repr::Pointer(_, pointer) => Some((None, variable(pointer))),
            // What is known better needs no variable.
            _ => None,
        };
    }

    /// A root as it is best read here, `defined` being what it was made as.
    pub(super) fn current(&mut self, id: RootId, defined: Repr) -> Repr {
        if self.is_reloaded(id) {
            return self.reload(id, defined);
        }
        match (self.variables[id as usize], defined) {
            (Some((Some(tag), payload)), _) => {
                Repr::Any(self.b.use_var(tag), self.b.use_var(payload))
            }
            (Some((None, payload)), Repr::Pointer(ty, _)) => {
                Repr::Pointer(ty, self.b.use_var(payload))
            }
            _ => defined,
        }
    }

    /// After a call: in a light function, the variables of these roots get what is in the places.
    pub(super) fn refresh(&mut self, roots: &[RootId]) {
        self.calls += 1;
        for id in roots {
            let Some((tag, payload)) = self.variables[*id as usize] else { continue };
            if self.is_reloaded(*id) {
                continue;
            }
            let area = self.area();
            let offset = self.plan.roots[*id as usize].offset as i32;
            let address = self.b.ins().stack_addr(I64, area, offset);
            let flags = self.regions.roots;
            let value = self.load(flags, address, offset_of!(RawValue, payload));
            self.b.def_var(payload, value);
            if let Some(tag) = tag {
                let value = self.load(flags, address, offset_of!(RawValue, tag));
                self.b.def_var(tag, value);
            }
        }
    }

    /// Whether a root is to be read from its place here, each time. So are closure and descriptor
    /// even in light functions, as few of the instructions behind a call need them.
    fn is_reloaded(&self, id: RootId) -> bool {
        let wanted = !self.is_light || id <= DESC;
        wanted && self.plan.reloads[self.block.index()] && self.is_stored(id)
    }

    /// Reads a root from its place, unless that was done since the last call. What is known of
    /// the value beyond its type is not in its place; such a value is made anew.
    fn reload(&mut self, id: RootId, defined: Repr) -> Repr {
        let here = self.b.current_block();
        if let Some((value, block, calls)) = self.reloaded[id as usize]
            && Some(block) == here
            && calls == self.calls
        {
            return value;
        }
        let area = self.area();
        let offset = self.plan.roots[id as usize].offset as i32;
        let flags = self.regions.roots;
        let value = match defined {
            Repr::Any(..) => {
                let address = self.b.ins().stack_addr(I64, area, offset);
                let payload = self.load(flags, address, offset_of!(RawValue, payload));
                let tag = self.load(flags, address, offset_of!(RawValue, tag));
                Repr::Any(tag, payload)
            }
            // The payload comes first.
            Repr::Pointer(ty, _) => {
                let address = self.b.ins().stack_addr(I64, area, offset);
                Repr::Pointer(ty, self.load(flags, address, 0))
            }
            other => other,
        };
        if let Some(here) = here {
            self.reloaded[id as usize] = Some((value, here, self.calls));
        }
        value
    }

    /// The closure that runs.
    pub(super) fn own_closure(&mut self) -> clif::Value {
        let closure = self.current(CLOSURE, Repr::Pointer(Type::Func, self.closure));
        self.payload(closure)
    }

    pub(super) fn area(&mut self) -> clif::StackSlot {
        let size = self.plan.size;
        *self.area.get_or_insert_with(|| {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3);
            self.b.create_sized_stack_slot(data)
        })
    }

    /// Writes the places of roots that are not written yet.
    pub(super) fn store_roots(&mut self, roots: &[RootId]) {
        for id in roots {
            if !self.is_stored(*id) {
                self.store_root(*id);
            }
        }
    }

    /// Tells the collector where the roots are at a call. The CLIF type stands for the kind.
    pub(super) fn record_roots(&mut self, call: clif::Inst, roots: &[RootId]) {
        let slot = self.area();
        for id in roots {
            let root = &self.plan.roots[*id as usize];
            let ty = kind_to_type(root.kind);
            let entry = UserStackMapEntry { ty, slot, offset: root.offset };
            self.b.func.dfg.append_user_stack_map_entry(call, entry);
        }
    }

    // Calls of the runtime.

    fn import_runtime(&mut self, function: RuntimeFn) -> FuncRef {
        if let Some(known) = self.runtime.get(&function) {
            return *known;
        }
        let signature = runtime_call::signature(function, self.env.runtime_conv);
        let signature = self.b.import_signature(signature);
        let func = self.import(namespace::RUNTIME, function as u32, signature);
        self.runtime.insert(function, func);
        func
    }

    fn import(&mut self, namespace: u32, index: u32, signature: SigRef) -> FuncRef {
        let name = UserExternalName::new(namespace, index);
        let name = self.b.func.declare_imported_user_function(name);
        self.b.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            // The runtime is linked in statically.
            colocated: true,
            patchable: false,
        })
    }

    /// The address of the entry that calls what is no function.
    pub(super) fn call_value_address(&mut self) -> clif::Value {
        self.count_entry(None);
        let signature = self.lua_sig(abi::call::REGISTER_ARGS);
        let func = self.import(namespace::ENTRY, CALL_VALUE, signature);
        self.b.ins().func_addr(I64, func)
    }

    /// The code of a function of this module.
    pub(super) fn import_lua(&mut self, id: ir::FuncId, payloads: usize) -> FuncRef {
        let signature = self.lua_sig(payloads);
        self.import(namespace::LUA, id.0, signature)
    }

    pub(super) fn lua_sig(&mut self, payloads: usize) -> SigRef {
        if let Some(known) = self.lua_sigs[payloads] {
            return known;
        }
        let signature = self.b.import_signature(runtime_call::lua_signature(payloads));
        self.lua_sigs[payloads] = Some(signature);
        signature
    }

    /// Calls a runtime function and returns its one word; 0 where it has none.
    ///
    /// If it may collect, all that is live is in its place before; if it can only raise, what a
    /// traceback needs is.
    pub(super) fn call_runtime(
        &mut self,
        function: RuntimeFn,
        words: &[clif::Value],
    ) -> clif::Value {
        let effects = function.effects();
        let roots = if effects.collects || effects.calls {
            assert!(!self.live.is_empty(), "{function:?} is called where no safepoint is planned");
            self.live.clone()
        } else if effects.raises {
            vec![CLOSURE, DESC]
        } else {
            Vec::new()
        };
        self.count_entry(Some(function));
        self.store_roots(&roots);
        let func = self.import_runtime(function);
        let mut args = vec![self.ctx];
        args.extend_from_slice(words);
        let call = self.b.ins().call(func, &args);
        if !roots.is_empty() {
            self.record_roots(call, &roots);
            self.refresh(&roots);
        }
        match function.result() {
            Kind::None => self.ctx,
            Kind::Value | Kind::Word => self.b.inst_results(call)[0],
        }
    }

    /// Calls a runtime function that returns a value.
    pub(super) fn call_runtime_value(
        &mut self,
        function: RuntimeFn,
        words: &[clif::Value],
    ) -> Repr {
        debug_assert_eq!(function.result(), Kind::Value);
        let payload = self.call_runtime(function, words);
        let tag = self.load_ctx(offset_of!(Context, value_tag));
        Repr::Any(tag, payload)
    }

    /// Calls what a poll found to do.
    pub(super) fn lower_poll(&mut self) {
        self.unless_zero(offset_of!(Context, poll), |lower| {
            lower.call_runtime(RuntimeFn::poll, &[]);
        });
    }

    /// The write barrier: `container` has got `value`.
    pub(super) fn barrier(&mut self, container: clif::Value, value: Repr) {
        if !value.may_be_collectable() {
            return;
        }
        let (cold, after) = (self.cold_block(), self.block());
        if let Repr::Any(found, _) = value {
            let collectable = self.b.ins().band_imm_u(found, i64::from(tag::COLLECTABLE_BIT));
            self.stay_if(collectable, after);
        }
        let at = offset_of!(abi::object::ObjectHeader, gc);
        let bits = self.load_byte(self.regions.object, container, at);
        let is_old = self.b.ins().band_imm_u(bits, i64::from(gc::OLD));
        self.branch_to(is_old, cold, after);
        self.b.switch_to_block(cold);
        self.call_runtime(RuntimeFn::remember, &[container]);
        self.jump(after);
        self.b.switch_to_block(after);
    }
}

/// Cranelift keeps a CLIF type for each entry of a stack map. It stands for the kind of root.
fn kind_to_type(kind: u32) -> clif::Type {
    match kind {
        root_kind::POINTER => I64,
        root_kind::VALUE => I128,
        root_kind::CLOSURE => F64,
        _ => I32,
    }
}

/// The kind of root that a type of a stack map stands for.
pub(crate) fn type_to_kind(ty: clif::Type) -> u32 {
    match ty {
        I64 => root_kind::POINTER,
        I128 => root_kind::VALUE,
        F64 => root_kind::CLOSURE,
        _ => root_kind::DESC,
    }
}
