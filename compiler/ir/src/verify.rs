//! What a well-formed function is.
//!
//! **Structure.** Every block of the layout stands there once, the entry first. It has at least
//! one instruction; its last one, and no other, is a terminator. Each instruction stands in one
//! block. Immediate, operands and results are those of the operation's row in the table, and
//! results know where they come from. Targets are in the layout and get an argument for each
//! parameter. No edge leads to the entry, which has a parameter of type `any` or narrower for
//! each parameter of the function.
//!
//! **Values.** A use is dominated by its definition. An operand has the type that the row asks
//! for; an argument has its parameter's type, or that is `any` and the argument a Lua value.
//! The type of a computed result is that of the rule, or narrower.
//!
//! **Open lists.** A `multi` has one use: as the last operand of the next instruction of its block.
//! It is no block parameter. In a debuggable function `slot.get` and `step` may stand in between.
//!
//! **Slots and steps.** Only a debuggable function has instructions for them, and they name some
//! that its table has.
//!
//! **Modules.** Upvalue and function indices exist. A `closure` has a capture for each upvalue of
//! its function, a cell where the upvalue is one and a Lua value elsewhere. `upvalue.get` and
//! `upvalue.cell` fit the upvalue. A function comes before those made in it. There is no
//! `global.get` or `global.set` where the environment is a variable.

use crate::dominators::Dominators;
use crate::function::{
    Block, BlockCall, FuncId, Function, Imm, Inst, SelfCapture, UpvalueKind, Value, ValueDef,
};
use crate::liveness::def_block;
use crate::module::{EnvMode, Module};
use crate::op::{Op, Operand, Rest, Results};
use crate::types::Type;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What is wrong with a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The function, where a module was checked.
    pub func: Option<FuncId>,
    /// The instruction, where it is one's fault.
    pub inst: Option<Inst>,
    /// The reason.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(func) = self.func {
            write!(f, "{func}: ")?;
        }
        if let Some(inst) = self.inst {
            write!(f, "{inst}: ")?;
        }
        f.write_str(&self.reason)
    }
}

type Checked = Result<(), Fault>;

/// Checks every function of a module, and what they say of each other.
pub fn verify_module(module: &Module) -> Checked {
    for id in module.func_ids() {
        let in_func = |mut fault: Fault| {
            fault.func = Some(id);
            fault
        };
        verify(&module[id]).map_err(in_func)?;
        check_references(&module[id], id, module.env, module).map_err(in_func)?;
    }
    Ok(())
}

/// What the functions of a module capture.
pub(crate) trait Captured {
    /// How many upvalues a function has; none where there is no such function.
    fn count(&self, id: FuncId) -> Option<usize>;
    /// How an upvalue is captured.
    fn kind(&self, id: FuncId, index: usize) -> UpvalueKind;
}

impl Captured for Module {
    fn count(&self, id: FuncId) -> Option<usize> {
        self.functions.get(id.index()).map(|func| func.upvalues.len())
    }

    fn kind(&self, id: FuncId, index: usize) -> UpvalueKind {
        self[id].upvalues[index].kind
    }
}

/// Checks a function by itself.
pub fn verify(func: &Function) -> Checked {
    Verifier::default().verify(func)
}

/// Checks functions, one after the other with the same memory.
#[derive(Default)]
pub(crate) struct Verifier {
    /// By block and by instruction: whether the layout has it.
    block_seen: Vec<bool>,
    inst_seen: Vec<bool>,
    /// By instruction: its block, and its place there.
    block_of: Vec<Block>,
    place: Vec<u32>,
    order: Vec<Block>,
}

impl Verifier {
    pub(crate) fn verify(&mut self, func: &Function) -> Checked {
        self.check_layout(func)?;
        for block in &func.layout {
            for inst in func.insts_of(*block) {
                check_shape(func, *inst)?;
            }
        }
        check_entry(func)?;
        self.check_dominance(func)?;
        for block in &func.layout {
            for inst in func.insts_of(*block) {
                check_types(func, *inst)?;
            }
            check_open_lists(func, *block)?;
        }
        Ok(())
    }

    fn check_layout(&mut self, func: &Function) -> Checked {
        if func.layout.is_empty() {
            return fault(None, "there is no block".into());
        }
        let Verifier { block_seen, inst_seen, .. } = self;
        reset(block_seen, func.blocks.len(), false);
        reset(inst_seen, func.insts.len(), false);
        for block in &func.layout {
            match block_seen.get_mut(block.index()) {
                Some(seen) if !*seen => *seen = true,
                _ => return fault(None, format!("{block} is laid out twice or does not exist")),
            }
            let insts = func.insts_of(*block);
            let Some((last, body)) = insts.split_last() else {
                return fault(None, format!("{block} is empty"));
            };
            for inst in insts {
                match inst_seen.get_mut(inst.index()) {
                    Some(seen) if !*seen => *seen = true,
                    _ => return fault(*inst, "stands twice or does not exist".into()),
                }
            }
            if let Some(inst) = body.iter().find(|inst| func.inst(**inst).op.is_terminator()) {
                return fault(*inst, "a terminator stands inside a block".into());
            }
            if !func.inst(*last).op.is_terminator() {
                return fault(*last, "the block does not end in a terminator".into());
            }
            for (index, param) in func.params_of(*block).iter().enumerate() {
                let known = func.values.get(param.index()).map(|value| value.def);
                if known != Some(ValueDef::Param(*block, index as u32)) {
                    return fault(None, format!("{param} is not parameter {index} of {block}"));
                }
                if matches!(func.ty(*param), Type::Multi) {
                    return fault(None, format!("a parameter of {block} is an open list"));
                }
            }
        }
        let outside =
            |call: &BlockCall| !block_seen.get(call.block.index()).is_some_and(|seen| *seen);
        for block in &func.layout {
            let last = func.terminator(*block);
            let count = match func.inst(last).imm {
                Imm::Jump(at) => at as usize + 1,
                Imm::Branch(at) => at as usize + 2,
                _ => 0,
            };
            if count > func.targets.len() || func.successors(last).iter().any(outside) {
                return fault(last, "a target does not exist".into());
            }
        }
        Ok(())
    }

    fn check_dominance(&mut self, func: &Function) -> Checked {
        reset(&mut self.block_of, func.insts.len(), Block(u32::MAX));
        reset(&mut self.place, func.insts.len(), 0);
        for block in &func.layout {
            for (index, inst) in func.insts_of(*block).iter().enumerate() {
                self.block_of[inst.index()] = *block;
                self.place[inst.index()] = index as u32;
            }
        }
        self.order.clear();
        // A function of one block has no other that could dominate.
        let dominators = (func.layout.len() > 1).then(|| Dominators::new(func));
        match &dominators {
            Some(dominators) => self.order.extend_from_slice(&dominators.order),
            None => self.order.push(func.entry()),
        }
        let dominates = |over: Block, block: Block| match &dominators {
            Some(dominators) => dominators.is_reachable(over) && dominators.dominates(over, block),
            None => over == block,
        };
        let Verifier { block_of, place, order, .. } = self;
        for block in order.iter() {
            for inst in func.insts_of(*block) {
                let edges = func.successors(*inst).iter().flat_map(|call| func.edge_args(*call));
                for value in func.args(*inst).iter().chain(edges) {
                    let home = def_block(func, block_of, *value);
                    let before = match func.def(*value) {
                        _ if home == Block(u32::MAX) => false,
                        ValueDef::Result(def, _) if home == *block => {
                            place[def.index()] < place[inst.index()]
                        }
                        ValueDef::Param(home, index) => {
                            func.params_of(home).get(index as usize) == Some(value)
                                && dominates(home, *block)
                        }
                        ValueDef::Result(..) => dominates(home, *block),
                    };
                    if !before {
                        return fault(*inst, format!("uses {value}, which is not defined there"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The blocks of the last function that can be reached, each after those that dominate it.
    pub(crate) fn order(&self) -> &[Block] {
        &self.order
    }
}

/// Makes `list` one of `len` values.
fn reset<T: Copy>(list: &mut Vec<T>, len: usize, value: T) {
    list.clear();
    list.resize(len, value);
}

fn fault<T>(inst: impl Into<Option<Inst>>, reason: String) -> Result<T, Fault> {
    Err(Fault { func: None, inst: inst.into(), reason })
}

/// Immediate, counts of operands and results, existence of everything named.
fn check_shape(func: &Function, inst: Inst) -> Checked {
    let data = func.inst(inst);
    let info = data.op.info();
    if data.imm.kind() != info.imm {
        return fault(inst, format!("{} has another immediate", info.name));
    }
    if let Imm::Str(id) = data.imm
        && id.index() >= func.strings.len()
    {
        return fault(inst, format!("{id} does not exist"));
    }
    if let Imm::Index(index) = data.imm {
        let debug = func.debug.as_ref();
        let (named, count) = match data.op {
            Op::SlotGet | Op::SlotSet | Op::SlotBind => {
                ("slot", debug.map_or(0, |debug| debug.slots))
            }
            Op::Step | Op::StepAt => ("step", debug.map_or(0, |debug| debug.steps.len() as u32)),
            _ => ("", u32::MAX),
        };
        if index >= count {
            return fault(inst, format!("there is no {named} {index}"));
        }
    }
    let in_pool = |start: u32, len: u32| start as usize + len as usize <= func.pool.len();
    let exists = |value: &Value| value.index() < func.values.len();
    if !in_pool(data.args.start, data.args.len) || !func.args(inst).iter().all(exists) {
        return fault(inst, "an operand does not exist".into());
    }
    let fixed = info.operands.len();
    let count = data.args.len as usize;
    if count < fixed || (count > fixed && info.rest == Rest::None) {
        return fault(inst, format!("{} has {count} operands", info.name));
    }
    let expected = match info.results {
        Results::Fixed(types) => types.len(),
        Results::Computed => 1,
        Results::Call => data.results.len as usize,
    };
    if data.results.len as usize != expected {
        return fault(inst, format!("{} has {} results", info.name, data.results.len));
    }
    for (index, result) in func.results(inst).enumerate() {
        let known = func.values.get(result.index()).map(|value| value.def);
        if known != Some(ValueDef::Result(inst, index as u32)) {
            return fault(inst, format!("{result} is not its result {index}"));
        }
    }
    for call in func.successors(inst) {
        if !in_pool(call.args.start, call.args.len) || !func.edge_args(*call).iter().all(exists) {
            return fault(inst, "an argument does not exist".into());
        }
        let params = func.params_of(call.block).len();
        if call.args.len as usize != params {
            return fault(inst, format!("{} takes {params} arguments", call.block));
        }
        if call.block == func.entry() {
            return fault(inst, "an edge leads to the entry".into());
        }
    }
    Ok(())
}

fn check_entry(func: &Function) -> Checked {
    let entry = func.entry();
    if func.params_of(entry).len() != func.params.len() {
        return fault(None, format!("the entry takes {} parameters", func.params_of(entry).len()));
    }
    let names = func.params.iter().chain(func.upvalues.iter().map(|upvalue| &upvalue.name));
    if let Some(debug) = &func.debug
        && let Some(local) = debug.locals.iter().find(|local| local.slot >= debug.slots)
    {
        return fault(None, format!("there is no slot {}", local.slot));
    }
    let locals = func.debug.iter().flat_map(|debug| &debug.locals);
    let names = names.chain(locals.map(|local| &local.name));
    let names = names.chain(func.names.iter().map(|name| &name.name));
    if let Some(id) = { names }.find(|id| id.index() >= func.strings.len()) {
        return fault(None, format!("{id} does not exist"));
    }
    let key = |at: usize| (func.names[at].inst, func.names[at].operand);
    if (1..func.names.len()).any(|at| key(at - 1) >= key(at)) {
        return fault(None, "the names of operands are out of order".into());
    }
    match func.params_of(entry).iter().find(|param| !func.ty(**param).is_lua()) {
        Some(param) => fault(None, format!("{param} is no Lua value")),
        None => Ok(()),
    }
}

fn check_types(func: &Function, inst: Inst) -> Checked {
    let data = func.inst(inst);
    let info = data.op.info();
    let args = func.args(inst);
    for (index, value) in args.iter().enumerate() {
        let ty = func.ty(*value);
        let last = index + 1 == args.len();
        let right = match info.operands.get(index) {
            Some(Operand::Lua) => ty.is_lua(),
            Some(Operand::Exact(exact)) => ty == *exact,
            None => match info.rest {
                Rest::None => false,
                Rest::Values => ty.is_lua(),
                Rest::ValuesAndMulti => ty.is_lua() || (ty == Type::Multi && last),
                Rest::Captures => ty.is_lua() || ty == Type::Cell,
            },
        };
        if !right {
            return fault(inst, format!("operand {index} of {} is {ty}", info.name));
        }
    }
    let mut types = func.results(inst).map(|result| func.ty(result));
    let right = match info.results {
        Results::Fixed(fixed) => types.zip(fixed).all(|(ty, fixed)| ty.fits(*fixed)),
        Results::Computed => func.ty(func.result(inst)).fits(func.computed_type(data.op, args)),
        Results::Call => {
            let is_open = types.len() == 1 && func.ty(func.result(inst)) == Type::Multi;
            is_open || types.all(Type::is_lua)
        }
    };
    if !right {
        return fault(inst, format!("a result of {} has another type", info.name));
    }
    for call in func.successors(inst) {
        for (param, arg) in func.params_of(call.block).iter().zip(func.edge_args(*call)) {
            let (param, arg) = (func.ty(*param), func.ty(*arg));
            if !arg.fits(param) {
                return fault(inst, format!("{} takes {param}, not {arg}", call.block));
            }
        }
    }
    Ok(())
}

/// That each open list is used by the next instruction, once, and nowhere else.
fn check_open_lists(func: &Function, block: Block) -> Checked {
    let is_multi = |value: &&Value| func.ty(**value) == Type::Multi;
    let mut open: Option<Value> = None;
    for inst in func.insts_of(block) {
        if matches!(func.inst(*inst).op, Op::SlotGet | Op::Step) {
            continue;
        }
        let mut uses = func.args(*inst).iter().filter(is_multi);
        let used = uses.next().copied();
        if used != open || uses.next().is_some() {
            return fault(*inst, "an open list is used by the next instruction, once".into());
        }
        open = func.results(*inst).find(|result| func.ty(*result) == Type::Multi);
    }
    Ok(())
}

/// Checks what a function says of itself in its module, and of others.
pub(crate) fn check_references(
    func: &Function,
    id: FuncId,
    env: EnvMode,
    captured: &impl Captured,
) -> Checked {
    for inst in func.layout.iter().flat_map(|block| func.insts_of(*block)) {
        let data = func.inst(*inst);
        match (data.op, data.imm) {
            (Op::UpvalueGet | Op::UpvalueCell, Imm::Index(index)) => {
                let kind = func.upvalues.get(index as usize).map(|upvalue| upvalue.kind);
                let expected = match data.op {
                    Op::UpvalueGet => UpvalueKind::ByValue,
                    _ => UpvalueKind::Cell,
                };
                if kind != Some(expected) {
                    return fault(*inst, format!("upvalue {index} is not captured so"));
                }
            }
            (Op::GlobalGet | Op::GlobalSet, _) if env == EnvMode::Variable => {
                return fault(*inst, "the environment is a variable".into());
            }
            (Op::Closure, Imm::Closure(inner, own)) => {
                check_closure(func, captured, id, *inst, (inner, own))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_closure(
    func: &Function,
    captured: &impl Captured,
    id: FuncId,
    inst: Inst,
    (inner, own): (FuncId, Option<SelfCapture>),
) -> Checked {
    let Some(count) = captured.count(inner).filter(|_| inner > id) else {
        return fault(inst, format!("{inner} is not a function after {id}"));
    };
    if own.is_some_and(|own| own.0 as usize >= count) || func.captures(inst).count() != count {
        return fault(inst, format!("{inner} has {count} upvalues"));
    }
    for (index, capture) in func.captures(inst).enumerate() {
        let is_cell = capture.is_some_and(|value| func.ty(value) == Type::Cell);
        if is_cell != (captured.kind(inner, index) == UpvalueKind::Cell) {
            return fault(inst, format!("capture {index} is of the wrong kind"));
        }
    }
    Ok(())
}
