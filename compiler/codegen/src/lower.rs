//! IR to CLIF, a function at a time: one `match` over operations, the work in `lower/*`.
//!
//! Blocks of the IR become blocks of CLIF, values become one CLIF value each, `any` two
//! ([`Repr`]). Usual paths come first; slow paths are cold blocks, which Cranelift puts behind
//! everything else, and there the roots are stored that no usual path needs (`roots`).
//!
//! Each instruction carries its number as source location, by which the call sites are found
//! again in the machine code.

mod allocation;
mod arithmetic;
mod call;
mod closure;
mod compare;
mod debug;
mod emit;
mod entry;
mod field;
mod iterate;
mod lists;
mod loops;
mod region;
mod repr;
mod select;
mod stats;
mod table;

use crate::once::Once;
use crate::roots::{self, RootId};
use crate::safepoint::{self, Safepoint};
use crate::statics::Statics;
use abi::functions::RuntimeFn;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{
    self as clif, BlockArg, FuncRef, GlobalValue, InstBuilder, SigRef, SourceLoc, StackSlot,
    UserFuncName,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use emit::{Join, Regions};
use ir::dominators::Dominators;
use ir::{Block, FuncId, Function, Imm, Inst, Op, Type, Value};
use repr::Repr;
use std::collections::HashMap;

/// The most values that the buffers of the context have room for without asking.
pub(crate) const MAX_STAGED: usize = 500;

/// Names of functions in the code, before the object's symbols are known.
pub(crate) mod namespace {
    /// Functions of the module, by [`ir::FuncId`].
    pub(crate) const LUA: u32 = 0;
    /// Runtime functions, by place in [`abi::functions::RuntimeFn::ALL`].
    pub(crate) const RUNTIME: u32 = 1;
    /// Entries of the runtime by the Lua convention; only [`super::CALL_VALUE`].
    pub(crate) const ENTRY: u32 = 2;
    /// The static data of the module, under the number 0.
    pub(crate) const STATICS: u32 = 3;
    /// The counts of entries into the runtime, as if they were this function's alone.
    pub(crate) const STATS: u32 = 4;
}

/// `pl_call_value` in its namespace.
pub(crate) const CALL_VALUE: u32 = 0;

/// The source location of what belongs to no instruction: the line of the function's head.
pub(crate) const PROLOGUE: u32 = 0;

/// The source location of an instruction.
pub(crate) fn location(inst: Inst) -> SourceLoc {
    SourceLoc::new(inst.0 + 1)
}

/// What all functions of a module need to know for their lowering.
pub(crate) struct Environment<'a> {
    pub(crate) isa: &'a dyn TargetIsa,
    pub(crate) statics: &'a Statics<'a>,
    pub(crate) once: &'a Once,
    pub(crate) instance: bool,
    /// Whether entries into the runtime are counted.
    pub(crate) stats: bool,
    pub(crate) runtime_conv: CallConv,
    /// By function: the upvalue that holds the closure itself wherever one is made.
    pub(crate) own_upvalue: &'a [Option<u32>],
}

pub(crate) use debug::frame_size;
pub(crate) use emit::type_to_kind;
pub(crate) use stats::{Counted, counter_offset};

/// A function in CLIF.
pub(crate) struct Lowered {
    pub(crate) context: Context,
    /// The calls that are counted, in the order of their counters.
    pub(crate) counted: Vec<Counted>,
    /// How many bytes of its frame hold roots.
    pub(crate) root_size: u32,
}

/// Lowers a function.
pub(crate) fn lower(env: &Environment<'_>, id: FuncId, func: &Function) -> Lowered {
    let mut context = Context::new();
    context.func.name = UserFuncName::user(namespace::LUA, id.0);
    context.func.signature = crate::runtime_call::lua_signature(abi::call::REGISTER_ARGS);
    let mut frontend = FunctionBuilderContext::new();
    let dominators = Dominators::new(func);
    let plan = roots::plan(func, &dominators);
    let root_size = plan.size;
    let builder = FunctionBuilder::new(&mut context.func, &mut frontend);
    let mut lower = Lower::new(env, id, func, &dominators, plan, builder);
    lower.run();
    let counted = std::mem::take(&mut lower.counted);
    lower.b.seal_all_blocks();
    lower.b.finalize(env.isa.frontend_config());
    Lowered { context, counted, root_size }
}

/// The lowering of one function in progress.
struct Lower<'a> {
    env: &'a Environment<'a>,
    id: FuncId,
    func: &'a Function,
    dominators: &'a Dominators,
    plan: roots::Plan,
    b: FunctionBuilder<'a>,
    regions: Regions,
    ctx: clif::Value,
    closure: clif::Value,
    desc: clif::Value,
    /// The index on the value stack of the variable arguments, and their number.
    varargs: Option<(clif::Value, clif::Value)>,
    /// By value of the IR.
    values: Vec<Option<Repr>>,
    /// By value of the IR: how many times it is used.
    uses: Vec<u32>,
    /// By block of the IR.
    blocks: Vec<Option<clif::Block>>,
    /// By root: whether its home block has stored it already.
    stored: Vec<bool>,
    /// The roots that are defined and that this block is still to store: at the next usual
    /// safepoint, and those of slow paths, too, which are stored at any.
    ready: [Vec<RootId>; 2],
    /// By root: in a light function, the variables of its tag, unless it is a pointer, and of its
    /// payload. They are read back from its place after every call.
    variables: Vec<Option<(Option<Variable>, Variable)>>,
    is_light: bool,
    /// By root: otherwise, its value as it was read from its place, in which block, and after which call.
    reloaded: Vec<Option<(Repr, clif::Block, u32)>>,
    /// Counts calls.
    calls: u32,
    /// Counts the words of inline caches.
    caches: usize,
    /// Counts templates of constructors.
    templates: usize,
    /// The assignments that were lowered with the constructor before them.
    done: Vec<Inst>,
    /// By new table: the names of fields that are assigned later, once somebody has asked.
    later: Option<HashMap<Value, usize>>,
    /// Where in its block the instruction is that is being lowered.
    position: usize,
    /// Where in its block the next instruction is that a region may begin with.
    barren: usize,
    /// Whether there are regions.
    has_floats: bool,
    /// Places in the frame for values of regions.
    region_slots: Vec<StackSlot>,
    /// The roots that are live across what is being lowered.
    live: Vec<RootId>,
    /// The block of the IR that is being lowered.
    block: Block,
    /// It runs once, and is kept small: there are no caches for it.
    once: bool,
    /// The area of the frame that holds the roots.
    area: Option<StackSlot>,
    runtime: HashMap<RuntimeFn, FuncRef>,
    /// By offset in the static data. The same place is to be the same value.
    static_places: HashMap<usize, GlobalValue>,
    /// The calls that are counted so far.
    counted: Vec<Counted>,
    lua_sigs: [Option<SigRef>; 4],
}

/// Where control goes, with arguments.
type Edge = (clif::Block, Vec<BlockArg>);

impl<'a> Lower<'a> {
    fn new(
        env: &'a Environment<'a>,
        id: FuncId,
        func: &'a Function,
        dominators: &'a Dominators,
        plan: roots::Plan,
        mut b: FunctionBuilder<'a>,
    ) -> Lower<'a> {
        let regions = Regions::new(b.func);
        let mut uses = vec![0; func.values.len()];
        for block in &dominators.order {
            for inst in func.insts_of(*block) {
                let mut count = |value: &Value| uses[value.index()] += 1;
                func.args(*inst).iter().for_each(&mut count);
                for call in func.successors(*inst) {
                    func.edge_args(*call).iter().for_each(&mut count);
                }
            }
        }
        let mut blocks = vec![None; func.blocks.len()];
        for block in &dominators.order {
            blocks[block.index()] = Some(b.create_block());
        }
        let none = clif::Value::from_u32(0);
        Lower {
            env,
            id,
            func,
            dominators,
            stored: vec![false; plan.roots.len()],
            ready: [Vec::new(), Vec::new()],
            reloaded: vec![None; plan.roots.len()],
            variables: vec![None; plan.roots.len()],
            is_light: plan.is_light(),
            calls: 0,
            caches: 0,
            templates: 0,
            done: Vec::new(),
            later: None,
            position: 0,
            barren: 0,
            has_floats: region::has_floats(func),
            region_slots: Vec::new(),
            plan,
            b,
            regions,
            ctx: none,
            closure: none,
            desc: none,
            varargs: None,
            values: vec![None; func.values.len()],
            uses,
            blocks,
            live: Vec::new(),
            block: func.entry(),
            once: false,
            area: None,
            runtime: HashMap::new(),
            static_places: HashMap::new(),
            counted: Vec::new(),
            lua_sigs: [None; 4],
        }
    }

    fn run(&mut self) {
        self.lower_entry();
        let dominators = self.dominators;
        for block in &dominators.order {
            self.lower_block(*block);
        }
    }

    fn lower_block(&mut self, block: Block) {
        self.block = block;
        self.once = self.env.once.contains(self.id, block);
        let func = self.func;
        if block != func.entry() {
            let at = self.clif_block(block);
            self.b.switch_to_block(at);
            for param in func.params_of(block) {
                let ty = func.ty(*param);
                let parts: Vec<clif::Value> = repr::clif_types(ty)
                    .iter()
                    .map(|ty| self.b.append_block_param(at, *ty))
                    .collect();
                self.set_value(*param, repr::from_parts(ty, &parts));
            }
        }
        self.begin_home();
        if let Some(live) = self.plan.at_poll(block) {
            self.live = live.to_vec();
            let first = func.insts_of(block)[0];
            self.b.set_srcloc(location(first));
            self.lower_poll();
        }
        let insts = func.insts_of(block);
        let mut index = 0;
        self.barren = 0;
        while index < insts.len() {
            let inst = insts[index];
            self.position = index;
            let region = self.region(&insts[index..]);
            if region > 0 {
                self.lower_region(&insts[index..index + region]);
                index += region;
                continue;
            }
            self.b.set_srcloc(location(inst));
            self.live.clear();
            self.live.extend_from_slice(self.plan.at_inst(inst));
            let safepoint = safepoint::of(func, inst);
            if self.iterates(&insts[index..]) {
                self.store_pending_roots(true);
                self.lower_iteration(inst, insts[index + 2]);
                index += 3;
                continue;
            }
            let next = insts.get(index + 1).copied();
            match next.filter(|next| self.decides(inst, *next)) {
                // A comparison and the branch on it become one, without a boolean in between.
                Some(branch) => {
                    self.store_pending_roots(true);
                    let to = func.successors(branch);
                    let (then, otherwise) = (self.edge(to[0]), self.edge(to[1]));
                    self.lower_comparison(inst, compare::Use::Branch(then, otherwise));
                    index += 2;
                }
                None => {
                    if safepoint == Safepoint::Hot || func.inst(inst).op.is_terminator() {
                        self.store_pending_roots(true);
                    } else if safepoint == Safepoint::Cold {
                        self.store_pending_roots(false);
                    }
                    self.lower_inst(inst);
                    index += 1;
                }
            }
        }
    }

    /// Whether `next` branches on the comparison `inst`, and nothing else reads the answer.
    fn decides(&self, inst: Inst, next: Inst) -> bool {
        matches!(self.func.inst(inst).op, Op::Eq | Op::Lt | Op::Le)
            && self.func.inst(next).op == Op::Branch
            && self.func.args(next) == [self.func.result(inst)]
            && self.uses[self.func.result(inst).index()] == 1
    }

    fn lower_inst(&mut self, inst: Inst) {
        let func = self.func;
        let data = func.inst(inst);
        let args = func.args(inst);
        match (data.op, data.imm) {
            (Op::ConstNil, _) => self.define(inst, Repr::Nil),
            (Op::ConstBool, Imm::Bool(value)) => self.define(inst, Repr::ConstBool(value)),
            (Op::ConstInt, Imm::Int(value)) => {
                let value = self.int(value);
                self.define(inst, Repr::Int(value));
            }
            (Op::ConstFloat, Imm::Float(bits)) => {
                let value = self.float(f64::from_bits(bits));
                self.define(inst, Repr::Float(value));
            }
            (Op::ConstStr, Imm::Str(id)) => {
                let pointer = self.const_str(id);
                self.define(inst, Repr::Pointer(Type::Str, pointer));
            }

            (Op::VarargCount, _) => self.lower_vararg_count(inst),
            (Op::VarargGet, Imm::Index(index)) => self.lower_vararg_get(inst, index),
            (Op::VarargAll, _) => self.values[func.result(inst).index()] = Some(Repr::Varargs),

            (Op::UpvalueGet, Imm::Index(index)) => self.lower_upvalue_get(inst, index),
            (Op::UpvalueCell, Imm::Index(index)) => self.lower_upvalue_cell(inst, index),
            (Op::CellNew, _) => self.lower_cell_new(inst),
            (Op::CellGet, _) => self.lower_cell_get(inst),
            (Op::CellSet, _) => self.lower_cell_set(inst),
            (Op::GlobalGet, Imm::Str(name)) => self.lower_global_get(inst, name),
            (Op::GlobalSet, Imm::Str(name)) => self.lower_global_set(inst, name),
            (Op::Closure, Imm::Closure(id, _)) => self.lower_closure(inst, id),

            (Op::Index, _) => self.lower_index(inst),
            (Op::SetIndex, _) => self.lower_set_index(inst),
            (Op::Method, Imm::Str(name)) => self.lower_method(inst, name),
            (Op::TableNew, Imm::Sizes(array, fields)) => self.lower_table_new(inst, array, fields),
            (Op::TableData, Imm::Str(id)) => self.lower_table_data(inst, id),
            (Op::SetList, Imm::Index(first)) => self.lower_set_list(inst, first),
            (Op::Len, _) => self.lower_len(inst),

            (Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod | Op::Pow | Op::IDiv, _)
            | (Op::BAnd | Op::BOr | Op::BXor | Op::Shl | Op::Shr, _) => self.lower_binary(inst),
            (Op::Unm | Op::BNot, _) => self.lower_unary(inst),
            (Op::Concat, _) => self.lower_concat(inst),

            (Op::Not, _) => {
                let truth = self.truth(args[0]);
                let value = self.negate(truth);
                self.define(inst, value);
            }
            (Op::Truthy, _) => {
                let value = self.truth(args[0]);
                self.define(inst, value);
            }
            (Op::IsNil, _) => {
                let value = self.is_nil(args[0]);
                self.define(inst, value);
            }
            (Op::Eq | Op::Lt | Op::Le, _) => self.lower_comparison(inst, compare::Use::Value),

            (Op::Call, _) => self.lower_call(inst),
            (Op::TailCall, _) => self.lower_tail_call(inst),
            (Op::Return, _) => self.lower_return(inst),

            (Op::ForPrepInt, _) => self.lower_for_prep_int(inst),
            (Op::ForPrep, _) => self.lower_for_prep(inst),
            (Op::ForNext, _) => self.lower_for_next(inst),

            (Op::TbcPush, _) => self.lower_tbc_push(inst),
            (Op::TbcClose, Imm::Index(count)) => self.lower_tbc_close(count),
            (Op::MultiSave, _) => self.lower_multi_save(inst),
            (Op::MultiLoad, _) => self.lower_multi_load(inst),

            (Op::Jump, _) => {
                let (to, args) = self.edge(func.successors(inst)[0]);
                self.b.ins().jump(to, &args);
            }
            (Op::Branch, _) => {
                let to = func.successors(inst);
                let (then, otherwise) = (self.edge(to[0]), self.edge(to[1]));
                match self.repr(args[0]) {
                    Repr::ConstBool(value) => {
                        let (to, args) = if value { then } else { otherwise };
                        self.b.ins().jump(to, &args);
                    }
                    condition => {
                        let condition = self.bool_bits(condition);
                        self.branch(condition, &then, &otherwise);
                    }
                }
            }
            (Op::Unreachable, _) => self.trap(),

            (Op::SlotGet, Imm::Index(slot)) => self.lower_slot_get(inst, slot),
            (Op::SlotSet, Imm::Index(slot)) => self.lower_slot_set(inst, slot),
            (Op::SlotBind, Imm::Index(slot)) => self.lower_slot_bind(inst, slot),
            (Op::Step, Imm::Index(step)) => self.lower_step(step),
            (Op::StepAt, Imm::Index(step)) => self.lower_step_at(step),
            // The immediate is not the one that the table of operations names.
            (
                Op::ConstBool
                | Op::ConstInt
                | Op::ConstFloat
                | Op::ConstStr
                | Op::VarargGet
                | Op::UpvalueGet
                | Op::UpvalueCell
                | Op::GlobalGet
                | Op::GlobalSet
                | Op::Closure
                | Op::Method
                | Op::TableNew
                | Op::TableData
                | Op::SetList
                | Op::SlotGet
                | Op::SlotSet
                | Op::SlotBind
                | Op::Step
                | Op::StepAt
                | Op::TbcClose,
                _,
            ) => unreachable!("{} with {:?}", data.op.name(), data.imm),
        }
    }

    /// The CLIF block of a reachable block.
    fn clif_block(&self, block: Block) -> clif::Block {
        self.blocks[block.index()].expect("reachable blocks have a CLIF block")
    }

    /// An edge of the IR, its arguments converted to what the parameters are.
    fn edge(&mut self, call: ir::BlockCall) -> Edge {
        let func = self.func;
        let mut args = Vec::new();
        for (arg, param) in func.edge_args(call).iter().zip(func.params_of(call.block)) {
            let arg = self.repr(*arg);
            let parts = self.parts(arg, func.ty(*param));
            args.extend(parts.iter().map(|part| BlockArg::Value(*part)));
        }
        (self.clif_block(call.block), args)
    }

    /// How a value of the IR is there in CLIF. Across calls its place in the frame is read rather
    /// than a register kept.
    fn repr(&mut self, value: Value) -> Repr {
        let defined = self.values[value.index()].expect("a value is lowered before its uses");
        match self.plan.root_of(value) {
            Some(root) => self.current(root, defined),
            None => defined,
        }
    }

    /// Sets the one result of an instruction, as its type wants it.
    fn define(&mut self, inst: Inst, repr: Repr) {
        let result = self.func.result(inst);
        self.define_value(result, repr);
    }

    fn define_value(&mut self, value: Value, repr: Repr) {
        // What is known beyond the type is worth keeping.
        let repr = self.as_known(repr, self.func.ty(value));
        self.set_value(value, repr);
    }

    /// In the form of the type, but for `any`.
    fn as_known(&mut self, repr: Repr, ty: Type) -> Repr {
        if ty == Type::Any { repr } else { self.convert(repr, ty) }
    }

    fn set_value(&mut self, value: Value, repr: Repr) {
        self.values[value.index()] = Some(repr);
        if let Some(root) = self.plan.root_of(value) {
            self.declare_root(root, repr);
            if self.plan.roots[root as usize].home == Some(self.block) {
                self.note_ready(root);
            }
        }
    }
}
