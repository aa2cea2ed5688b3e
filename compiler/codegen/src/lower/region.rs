//! Regions: runs of instructions that read and write fields of the same tables and calculate with
//! what they find.
//!
//! A region is lowered twice. The first copy is for the usual case: the tables have the shapes that
//! the sites' caches name first, the fields are there, and what is calculated with are floats,
//! where constants do not say otherwise. So a table is tested once, floats stay in registers of
//! their own, and nothing is called. Where something is not as expected, the first copy is left for
//! the same instruction of the second one, which is the usual code with all its paths. What was
//! computed so far goes along, boxed on the way; nothing is done twice. The copies come together
//! again behind the region.
//!
//! The first copy runs no unknown code and adds no field, so that what it has found out about
//! tables stays true to its end. Only functions that show that they calculate with floats have
//! regions: with integers and many shapes little is gained.

use super::repr::{self, Repr};
use super::{Lower, location};
use crate::roots::RootId;
use crate::safepoint::has_table_path;
use crate::statics::{cache_words, cached_field};
use abi::value::tag;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self as clif, InstBuilder, StackSlot, StackSlotData, StackSlotKind};
use cranelift_codegen::settings::OptLevel;
use cranelift_frontend::Variable;
use ir::{Function, Imm, Inst, Op, Type, Value};

/// Regions end before this many instructions.
const LONGEST: usize = 64;

/// A table in the first copy.
#[derive(Clone, Copy)]
struct Table {
    value: Value,
    object: clif::Value,
    /// Once a field was asked for.
    shape: Option<clif::Value>,
    /// It is no prototype.
    is_plain: bool,
}

/// What an instruction of a region computes.
struct Computed {
    value: Value,
    /// Its parts behind the region, if they are needed there.
    variables: Vec<Variable>,
    /// Where it is in the frame on the way to the second copy, and there.
    slot: StackSlot,
    /// By which step it is computed, and the last one that reads it.
    step: usize,
    last: usize,
    is_used_behind: bool,
    /// As the first copy has it.
    usual: Option<Repr>,
}

/// The first copy in progress.
struct Usual {
    tables: Vec<Table>,
    /// Where the instruction that is being lowered is left for its second copy.
    exit: Option<clif::Block>,
}

impl Lower<'_> {
    /// How many of these instructions make a region; 0 if they begin with none. Then `self.barren`
    /// says up to which instruction none begins.
    pub(super) fn region(&mut self, insts: &[Inst]) -> usize {
        let func = self.func;
        let is_wanted =
            self.has_floats && !self.once && self.env.isa.flags().opt_level() != OptLevel::None;
        if !is_wanted || self.position < self.barren || func.inst(insts[0]).op != Op::Index {
            return 0;
        }
        let mut objects: Vec<Value> = Vec::new();
        let (mut len, mut repeated) = (0, false);
        for (index, inst) in insts.iter().take(LONGEST).enumerate() {
            if !self.is_regional(*inst) {
                break;
            }
            if !is_free(func.inst(*inst).op) {
                len = index + 1;
            }
            if cached_field(func, *inst).is_some() {
                let object = func.args(*inst)[0];
                repeated |= objects.contains(&object);
                objects.push(object);
            }
        }
        if repeated {
            return len;
        }
        self.barren = self.position + len.max(1);
        0
    }

    /// Whether an instruction can be part of a region.
    fn is_regional(&self, inst: Inst) -> bool {
        let func = self.func;
        let op = func.inst(inst).op;
        let perhaps_number =
            |arg: &Value| matches!(func.ty(*arg), Type::Any | Type::Int | Type::Float);
        match op {
            Op::Index => has_table_path(func, inst),
            Op::SetIndex => {
                has_table_path(func, inst)
                    && cached_field(func, inst).is_some()
                    && !self.done.contains(&inst)
            }
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Unm => {
                func.args(inst).iter().all(perhaps_number)
            }
            op => is_free(op),
        }
    }

    /// Lowers a region.
    pub(super) fn lower_region(&mut self, insts: &[Inst]) {
        self.store_pending_roots(false);
        let func = self.func;
        for inst in insts.iter().filter(|inst| is_free(func.inst(**inst).op)) {
            self.b.set_srcloc(location(*inst));
            self.lower_inst(*inst);
        }
        let steps: Vec<Inst> =
            insts.iter().copied().filter(|inst| !is_free(func.inst(*inst).op)).collect();
        let mut computed = self.computed(&steps);
        let caches = self.caches;
        let behind = self.block();

        // The first copy.
        let mut usual = Usual { tables: Vec::new(), exit: None };
        let mut exits = Vec::new();
        for (step, inst) in steps.iter().enumerate() {
            self.b.set_srcloc(location(*inst));
            usual.exit = None;
            let result = self.lower_usually(*inst, &mut usual);
            if let (Some(result), Some(of)) =
                (result, computed.iter_mut().find(|of| of.step == step))
            {
                of.usual = Some(result);
                self.values[of.value.index()] = Some(result);
            }
            if let Some(exit) = usual.exit {
                exits.push((step, exit));
            }
        }
        for of in &computed {
            let value = of.usual.expect("the first copy computes it");
            self.leave(of, value);
        }
        self.jump(behind);

        // The ways from the first copy to the second.
        let mut entries: Vec<Option<clif::Block>> = vec![None; steps.len()];
        for (step, exit) in &exits {
            let entry = self.cold_block();
            entries[*step] = Some(entry);
            self.b.switch_to_block(*exit);
            for of in computed.iter().filter(|of| of.is_needed(*step)) {
                let value = of.usual.expect("the first copy has computed it");
                self.put_by(of, value);
            }
            self.jump(entry);
        }

        // The second copy.
        self.caches = caches;
        let mut is_reached = false;
        for (step, inst) in steps.iter().enumerate() {
            if let Some(entry) = entries[step] {
                if is_reached {
                    self.jump(entry);
                }
                is_reached = true;
                self.b.switch_to_block(entry);
                for of in computed.iter().filter(|of| of.is_needed(step)) {
                    self.take_up(of);
                }
            }
            if !is_reached {
                self.caches += cache_words(func, *inst);
                continue;
            }
            self.b.set_srcloc(location(*inst));
            self.live.clear();
            self.live.extend_from_slice(self.plan.at_inst(*inst));
            self.lower_inst(*inst);
            if let Some(of) = computed.iter().find(|of| of.step == step) {
                let value = self.repr(of.value);
                self.put_by(of, value);
            }
        }
        if is_reached {
            for of in &computed {
                if of.is_used_behind {
                    self.take_up(of);
                }
                let value = self.repr(of.value);
                self.leave(of, value);
            }
            self.jump(behind);
        }
        self.b.switch_to_block(behind);
        for of in computed.iter().filter(|of| of.is_used_behind) {
            let parts: Vec<clif::Value> =
                of.variables.iter().map(|variable| self.b.use_var(*variable)).collect();
            self.set_value(of.value, repr::from_parts(self.func.ty(of.value), &parts));
        }
        // What only the second copy has is nothing to store behind it.
        let plan = &self.plan;
        let inside = computed.iter().filter(|of| !of.is_used_behind);
        let inside: Vec<RootId> = inside.filter_map(|of| plan.root_of(of.value)).collect();
        for ready in &mut self.ready {
            ready.retain(|id| !inside.contains(id));
        }
    }

    /// What the steps of a region compute, and who needs it.
    fn computed(&mut self, steps: &[Inst]) -> Vec<Computed> {
        let func = self.func;
        let mut computed: Vec<Computed> = Vec::new();
        for (step, inst) in steps.iter().enumerate() {
            for arg in func.args(*inst) {
                if let Some(of) = computed.iter_mut().find(|of| of.value == *arg) {
                    of.last = step;
                }
            }
            if let Some(value) = func.results(*inst).next() {
                let slot = self.region_slot(computed.len());
                computed.push(Computed {
                    value,
                    variables: Vec::new(),
                    slot,
                    step,
                    last: step,
                    is_used_behind: false,
                    usual: None,
                });
            }
        }
        for of in &mut computed {
            let inside = steps.iter().flat_map(|inst| func.args(*inst));
            let inside = inside.filter(|arg| **arg == of.value).count() as u32;
            of.is_used_behind = self.uses[of.value.index()] > inside;
            if of.is_used_behind {
                let types = repr::clif_types(func.ty(of.value)).iter();
                of.variables = types.map(|ty| self.b.declare_var(*ty)).collect();
            }
        }
        computed
    }

    /// A place in the frame. All regions of the function use the same ones.
    fn region_slot(&mut self, index: usize) -> StackSlot {
        if index == self.region_slots.len() {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 16, 3);
            self.region_slots.push(self.b.create_sized_stack_slot(data));
        }
        self.region_slots[index]
    }

    /// Leaves the region with what is needed behind it.
    fn leave(&mut self, of: &Computed, value: Repr) {
        if of.is_used_behind {
            let parts = self.parts(value, self.func.ty(of.value));
            for (variable, part) in of.variables.iter().zip(parts) {
                self.b.def_var(*variable, part);
            }
        }
    }

    /// Puts a value into its place in the frame: a parameter of the second copy would take a
    /// register of the first one.
    fn put_by(&mut self, of: &Computed, value: Repr) {
        let ty = self.func.ty(of.value);
        let parts = match (ty, value) {
            (Type::Any, Repr::Float(float)) => vec![self.tag(value), float],
            _ => self.parts(value, ty),
        };
        for (index, part) in parts.into_iter().enumerate() {
            self.b.ins().stack_store(I64, part, of.slot, 8 * index as i32);
        }
    }

    /// Goes on with what is in the frame.
    fn take_up(&mut self, of: &Computed) {
        let ty = self.func.ty(of.value);
        let parts: Vec<clif::Value> = repr::clif_types(ty)
            .iter()
            .enumerate()
            .map(|(index, ty)| self.b.ins().stack_load(I64, *ty, of.slot, 8 * index as i32))
            .collect();
        self.set_value(of.value, repr::from_parts(ty, &parts));
    }

    /// An instruction of the first copy, and what it computes.
    fn lower_usually(&mut self, inst: Inst, usual: &mut Usual) -> Option<Repr> {
        let func = self.func;
        let args = func.args(inst);
        match func.inst(inst).op {
            Op::Index if cached_field(func, inst).is_none() => {
                let object = self.usual_table(args[0], usual).object;
                let key = self.repr(args[1]);
                let join = self.join(Type::Any);
                let (exit, found) = (self.exit(usual), self.int(i64::from(tag::TABLE)));
                self.load_element(found, object, key, &join, exit);
                Some(self.switch_to_join(&join))
            }
            Op::Index => {
                let exit = self.exit(usual);
                let (object, shape) = self.usual_shape(args[0], usual);
                let cache = self.next_cache(inst);
                let cache = self.cache_address(cache);
                Some(self.load_first(object, shape, cache, exit))
            }
            Op::SetIndex => {
                let exit = self.exit(usual);
                let (object, shape) = self.usual_shape(args[0], usual);
                let value = self.repr(args[2]);
                let cache = self.next_cache(inst);
                let cache = self.cache_address(cache);
                let is_plain = self.usual_table(args[0], usual).is_plain;
                self.store_first([object, shape], is_plain, cache, value, exit);
                let known = usual.tables.iter_mut().filter(|known| known.value == args[0]);
                known.for_each(|known| known.is_plain = true);
                None
            }
            _ => {
                let exit = self.exit(usual);
                let result = self.usual_arithmetic(inst, exit);
                Some(self.as_known(result, func.ty(func.result(inst))))
            }
        }
    }

    /// Where to go if something is not as usual.
    fn exit(&mut self, usual: &mut Usual) -> clif::Block {
        match usual.exit {
            Some(exit) => exit,
            None => *usual.exit.insert(self.cold_block()),
        }
    }

    /// A table and its shape.
    fn usual_shape(&mut self, value: Value, usual: &mut Usual) -> (clif::Value, clif::Value) {
        let table = self.usual_table(value, usual);
        if let Some(shape) = table.shape {
            return (table.object, shape);
        }
        let shape = self.shape(table.object);
        let known = usual.tables.iter_mut().filter(|known| known.value == value);
        known.for_each(|known| known.shape = Some(shape));
        (table.object, shape)
    }

    /// A table, tested at its first use.
    fn usual_table(&mut self, value: Value, usual: &mut Usual) -> Table {
        if let Some(known) = usual.tables.iter().find(|known| known.value == value) {
            return *known;
        }
        let [found, object] = self.pair_of(value);
        let exit = self.exit(usual);
        let is_table = self.is_tag(found, tag::TABLE);
        self.stay_if(is_table, exit);
        let table = Table { value, object, shape: None, is_plain: false };
        usual.tables.push(table);
        table
    }
}

impl Computed {
    /// Whether the second copy needs it when it begins with this step.
    fn is_needed(&self, step: usize) -> bool {
        self.step < step && (self.last >= step || self.is_used_behind)
    }
}

/// Whether a function shows that it calculates with floats: it divides, or names one that is no
/// integer.
pub(super) fn has_floats(func: &Function) -> bool {
    let insts = func.layout.iter().flat_map(|block| func.insts_of(*block));
    insts.map(|inst| func.inst(*inst)).any(|data| match (data.op, data.imm) {
        (Op::Div | Op::Pow, _) => true,
        (Op::ConstFloat, Imm::Float(bits)) => f64::from_bits(bits).fract() != 0.0,
        _ => false,
    })
}

/// Whether an operation only reads what never changes.
fn is_free(op: Op) -> bool {
    matches!(
        op,
        Op::ConstNil
            | Op::ConstBool
            | Op::ConstInt
            | Op::ConstFloat
            | Op::ConstStr
            | Op::UpvalueGet
    )
}
