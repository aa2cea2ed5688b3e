//! IR to register form: registers by linear scan over live intervals, edges to moves.

use alloc::collections::{BTreeMap, BinaryHeap};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

use abi::module::name_kind;
use ir::liveness::{Liveness, Walker};
use ir::{Block, BlockCall, Function, Imm, Inst, NameKind, Op as IrOp, Value};

use crate::code::{
    CONSTANT, Code, Constant, FUSED, Instr, Name, OPEN_INPUT, OPEN_RESULT, Op, SELF,
};
use crate::debug::{self, Debug};

/// Translates one function. Its strings are left to the caller.
pub(crate) fn function(func: &Function) -> Code {
    let liveness = Liveness::new(func);
    let mut intervals = Intervals::of(func, &liveness);
    intervals.leave_out_constants(func);
    let uses = use_counts(func);
    let shared = match func.debug {
        None if func.layout.len() > 1 => intervals.share(func, &liveness, &uses),
        _ => Vec::new(),
    };
    let (mut registers, mut register_count) = intervals.allocate(func, &shared);
    for (value, _) in shared {
        // It has a register, after all.
        intervals.ranges[value.index()] = Some((0, 0));
    }
    if let Some(debug) = &func.debug {
        let first = debug::step_register(debug.slots) + 1;
        registers.iter_mut().for_each(|register| *register += first);
        register_count += first;
        read_slots_in_place(func, &uses, &mut registers);
    }
    let mut builder = Builder {
        func,
        registers,
        scratch: register_count,
        code: Code {
            // One more than needed: a register for cyclic moves.
            register_count: register_count + 1,
            is_vararg: func.is_vararg,
            debug: func.debug.as_ref().map(Debug::of),
            ..Code::default()
        },
        block_starts: vec![0; func.blocks.len()],
        patches: Vec::new(),
        constants: BTreeMap::new(),
        globals: BTreeMap::new(),
        live: intervals,
        uses,
        current: func.entry(),
        next: None,
    };
    builder.name_constants();
    builder.run(&liveness);
    builder.code
}

/// Registers of a debuggable function: a parameter is its slot, as a debugger may ask for it before
/// anything has run; and what is read from a slot stays there if it is used once, before anything
/// but a hook can change the slot.
fn read_slots_in_place(func: &Function, uses: &[u32], registers: &mut [u32]) {
    let slots = func.debug.as_ref().map_or(0, |debug| debug.slots);
    for (slot, param) in (0..slots).zip(func.params_of(func.entry())) {
        registers[param.index()] = slot;
    }
    for &block in &func.layout {
        let insts = func.insts_of(block);
        for (at, &inst) in insts.iter().enumerate() {
            let (IrOp::SlotGet, Imm::Index(slot)) = (func.inst(inst).op, func.inst(inst).imm)
            else {
                continue;
            };
            let value = func.result(inst);
            let user = insts[at + 1..].iter().find(|other| {
                let keeps = matches!(
                    func.inst(**other).op,
                    IrOp::SlotGet
                        | IrOp::Step
                        | IrOp::ConstNil
                        | IrOp::ConstBool
                        | IrOp::ConstInt
                        | IrOp::ConstFloat
                        | IrOp::ConstStr
                        | IrOp::UpvalueGet
                        | IrOp::UpvalueCell
                );
                !keeps || func.args(**other).contains(&value)
            });
            if uses[value.index()] == 1
                && user.is_some_and(|user| func.args(*user).contains(&value))
            {
                registers[value.index()] = slot;
            }
        }
    }
}

/// So many constants are looked through one by one.
const FEW: usize = 16;

/// How often each value is used.
fn use_counts(func: &Function) -> Vec<u32> {
    let mut uses = vec![0u32; func.values.len()];
    for &block in &func.layout {
        for &inst in func.insts_of(block) {
            let edges = func.successors(inst).iter().flat_map(|call| func.edge_args(*call));
            for value in func.args(inst).iter().chain(edges) {
                uses[value.index()] += 1;
            }
        }
    }
    uses
}

fn is_constant(op: IrOp) -> bool {
    matches!(
        op,
        IrOp::ConstNil | IrOp::ConstBool | IrOp::ConstInt | IrOp::ConstFloat | IrOp::ConstStr
    )
}

/// Where each value is needed, in positions of the layout: every instruction has one.
struct Intervals {
    /// By value: first and last position, or `None` where it is never used.
    ranges: Vec<Option<(u32, u32)>>,
    /// For each block of the layout its first position.
    block_starts: Vec<u32>,
}

impl Intervals {
    fn of(func: &Function, liveness: &Liveness) -> Intervals {
        let mut intervals =
            Intervals { ranges: vec![None; func.values.len()], block_starts: Vec::new() };
        let mut position = 0;
        for &block in &func.layout {
            let start = position;
            intervals.block_starts.push(start);
            for value in func.params_of(block) {
                intervals.extend(*value, start);
            }
            for &inst in func.insts_of(block) {
                for &arg in func.args(inst) {
                    intervals.extend(arg, position);
                }
                for value in func.results(inst) {
                    intervals.extend(value, position + 1);
                }
                for call in func.successors(inst) {
                    for &arg in func.edge_args(*call) {
                        intervals.extend(arg, position);
                    }
                    // An edge writes the parameters while the other arguments are still read.
                    for &param in func.params_of(call.block) {
                        intervals.extend(param, position);
                    }
                }
                position += 2;
            }
            for value in liveness.live_in(block) {
                intervals.extend(*value, start);
            }
            for value in liveness.live_out(block) {
                intervals.extend(*value, start.max(position - 1));
            }
        }
        intervals
    }

    fn extend(&mut self, value: Value, position: u32) {
        let range = self.ranges[value.index()].get_or_insert((position, position));
        range.0 = range.0.min(position);
        range.1 = range.1.max(position);
    }

    /// Constants take no register.
    fn leave_out_constants(&mut self, func: &Function) {
        for &block in &func.layout {
            for &inst in func.insts_of(block) {
                if is_constant(func.inst(inst).op) {
                    self.ranges[func.result(inst).index()] = None;
                }
            }
        }
    }

    /// Finds what is computed only to be passed to a block, as the next value of a variable, when
    /// nobody needs the block's parameter any more: both can have one register. Pairs of the value
    /// and the parameter, whose range covers both then.
    fn share(&mut self, func: &Function, liveness: &Liveness, uses: &[u32]) -> Vec<(Value, Value)> {
        let mut pairs = Vec::new();
        let mut defined = vec![u32::MAX; func.values.len()];
        let mut last_use = vec![0; func.values.len()];
        let mut position = 0;
        for &block in &func.layout {
            let start = position;
            for &inst in func.insts_of(block) {
                for value in func.results(inst) {
                    defined[value.index()] = position;
                }
                for &arg in func.args(inst) {
                    last_use[arg.index()] = position;
                }
                for call in func.successors(inst) {
                    for &arg in func.edge_args(*call) {
                        last_use[arg.index()] = position;
                    }
                }
                position += 2;
            }
            let Some(&last) = func.insts_of(block).last() else { continue };
            for call in func.successors(last) {
                let params = func.params_of(call.block);
                for (&param, &arg) in params.iter().zip(func.edge_args(*call)) {
                    let at = defined[arg.index()];
                    let is_free = uses[arg.index()] == 1
                        && (start..position).contains(&at)
                        && !(at + 1..position).contains(&last_use[param.index()])
                        && liveness.live_out(block).binary_search(&param).is_err();
                    if is_free && self.ranges[arg.index()].is_some() {
                        self.ranges[arg.index()] = None;
                        self.extend(param, at + 1);
                        pairs.push((arg, param));
                    }
                }
            }
        }
        pairs
    }

    /// A register for each value, and how many there are.
    fn allocate(&self, func: &Function, shared: &[(Value, Value)]) -> (Vec<u32>, u32) {
        let mut order: Vec<u32> =
            (0..func.values.len() as u32).filter(|v| self.ranges[*v as usize].is_some()).collect();
        order.sort_unstable_by_key(|v| (self.ranges[*v as usize], *v));
        let mut registers = vec![0; func.values.len()];
        let mut free: Vec<u32> = Vec::new();
        // Last position and register of what is in a register now, the one that ends first on top.
        let mut active: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
        let mut count = 0;
        for v in order {
            let (start, end) = self.ranges[v as usize].unwrap_or_default();
            while let Some(&Reverse((last, register))) = active.peek()
                && last < start
            {
                active.pop();
                free.push(register);
            }
            let register = free.pop().unwrap_or_else(|| {
                count += 1;
                count - 1
            });
            registers[v as usize] = register;
            active.push(Reverse((end, register)));
        }
        for (arg, param) in shared {
            registers[arg.index()] = registers[param.index()];
        }
        (registers, count)
    }
}

struct Builder<'a> {
    func: &'a Function,
    registers: Vec<u32>,
    scratch: u32,
    code: Code,
    block_starts: Vec<u32>,
    /// Fields that hold a block's number until its position is known: instruction, which field.
    patches: Vec<(usize, bool)>,
    /// Places of the constants by what they are, once there are many.
    constants: BTreeMap<(u8, u64), u32>,
    globals: BTreeMap<u32, u32>,
    live: Intervals,
    uses: Vec<u32>,
    /// The block being translated, and the one behind it.
    current: Block,
    next: Option<Block>,
}

impl Builder<'_> {
    /// Has every constant read from where it lies.
    fn name_constants(&mut self) {
        let func = self.func;
        for &block in &func.layout {
            for &inst in func.insts_of(block) {
                let data = *func.inst(inst);
                if is_constant(data.op) && self.uses[func.result(inst).index()] > 0 {
                    let place = self.constant(constant(data.imm));
                    self.registers[func.result(inst).index()] = CONSTANT | place;
                }
            }
        }
    }

    fn run(&mut self, liveness: &Liveness) {
        let func = self.func;
        self.code.params = func
            .params_of(func.entry())
            .iter()
            // A parameter that nobody reads still takes its argument's place.
            .map(|value| {
                if self.live.ranges[value.index()].is_some() {
                    self.registers[value.index()]
                } else {
                    self.scratch
                }
            })
            .collect();
        self.code.upvalues = func.upvalues.iter().map(|upvalue| upvalue.name.0).collect();
        let live_sets = self.live_sets(liveness);
        // Most have one instruction here; edges may need more.
        let room = live_sets.len() + live_sets.len() / 4;
        self.code.instrs.reserve(room);
        self.code.lines.reserve(room);
        self.code.live_at.reserve(room);
        for (index, &block) in func.layout.iter().enumerate() {
            self.block_starts[block.index()] = self.code.instrs.len() as u32;
            self.current = block;
            self.next = func.layout.get(index + 1).copied();
            for &inst in func.insts_of(block) {
                self.inst(inst, live_sets[inst.index()]);
            }
        }
        for (at, second) in core::mem::take(&mut self.patches) {
            let instr = &mut self.code.instrs[at];
            let field = if second { &mut instr.c } else { &mut instr.b };
            *field = self.block_starts[*field as usize];
        }
    }

    /// Lists the registers that are needed beyond each instruction that is a safepoint: those of
    /// its operands (a request in progress may read them again), and of what lives after it. By
    /// instruction, where its list begins.
    fn live_sets(&mut self, liveness: &Liveness) -> Vec<u32> {
        let func = self.func;
        let slots = ir::debug::slots_in_use(func);
        let mut starts = vec![u32::MAX; func.insts.len()];
        let mut walker = Walker::new(func, liveness);
        let (registers, lists) = (&self.registers, &mut self.code.live);
        for &block in &func.layout {
            walker.walk(block, |inst, live| {
                if !func.effects(inst).is_safepoint() {
                    return;
                }
                let start = lists.len();
                starts[inst.index()] = start as u32;
                // The length, once it is known.
                lists.push(0);
                let edges = func.successors(inst).iter().flat_map(|call| func.edge_args(*call));
                let values = live.iter().chain(func.args(inst)).chain(edges);
                let values = values.map(|value| registers[value.index()]);
                lists.extend(values.filter(|register| register & CONSTANT == 0));
                if let Some(debug) = &func.debug {
                    let count = slots[inst.index()];
                    lists.extend(0..count);
                    lists.extend(debug.slots..debug.slots + count);
                    lists.push(debug::step_register(debug.slots));
                }
                lists[start + 1..].sort_unstable();
                let mut end = start + 1;
                for index in start + 1..lists.len() {
                    if end == start + 1 || lists[end - 1] != lists[index] {
                        lists[end] = lists[index];
                        end += 1;
                    }
                }
                lists.truncate(end);
                lists[start] = (end - start - 1) as u32;
            });
        }
        starts
    }

    fn emit(&mut self, line: u32, instr: Instr) -> usize {
        self.code.instrs.push(instr);
        self.code.lines.push(line);
        self.code.live_at.push(u32::MAX);
        self.code.instrs.len() - 1
    }

    fn reg(&self, value: Value) -> u32 {
        let register = self.registers[value.index()];
        // A result that nobody uses goes to the scratch register.
        if register & CONSTANT != 0 || self.live.ranges[value.index()].is_some() {
            register
        } else {
            self.scratch
        }
    }

    fn list(&mut self, values: &[Value]) -> u32 {
        let start = self.code.pool.len() as u32;
        for &value in values {
            let register = self.reg(value);
            self.code.pool.push(register);
        }
        start
    }

    fn results_list(&mut self, inst: Inst) -> u32 {
        let start = self.code.pool.len() as u32;
        for value in self.func.results(inst) {
            let register = self.reg(value);
            self.code.pool.push(register);
        }
        start
    }

    fn constant(&mut self, constant: Constant) -> u32 {
        let constants = &mut self.code.constants;
        if constants.len() < FEW {
            let known = constants.iter().position(|known| *known == constant);
            return known.unwrap_or_else(|| {
                constants.push(constant);
                constants.len() - 1
            }) as u32;
        }
        if self.constants.is_empty() {
            let keys = constants.iter().map(key).zip(0..);
            self.constants.extend(keys);
        }
        *self.constants.entry(key(&constant)).or_insert_with(|| {
            constants.push(constant);
            constants.len() as u32 - 1
        })
    }

    fn global(&mut self, name: ir::StrId) -> u32 {
        let globals = &mut self.code.globals;
        *self.globals.entry(name.0).or_insert_with(|| {
            globals.push(name);
            globals.len() as u32 - 1
        })
    }

    /// The place of a function in [`Code::inner`]. The same one comes twice in a row, if ever.
    fn inner(&mut self, function: u32) -> u32 {
        let inner = &mut self.code.inner;
        if inner.last() != Some(&function) {
            inner.push(function);
        }
        inner.len() as u32 - 1
    }

    fn is_multi(&self, value: Value) -> bool {
        self.func.ty(value) == ir::Type::Multi
    }

    /// The operands without a closing open list, and the flag for one.
    fn open_args<'b>(&self, args: &'b [Value]) -> (&'b [Value], u8) {
        match args.split_last() {
            Some((last, fixed)) if self.is_multi(*last) => (fixed, OPEN_INPUT),
            _ => (args, 0),
        }
    }

    fn inst(&mut self, inst: Inst, live_at: u32) {
        let func = self.func;
        let data = *func.inst(inst);
        let args = func.args(inst);
        let arg = |index: usize| self.reg(args[index]);
        let mut instr = Instr { op: Op::Unreachable, flags: 0, n: 0, a: 0, b: 0, c: 0 };
        if data.results.len == 1 {
            instr.a = self.reg(func.result(inst));
        }
        let string = |imm: Imm| match imm {
            Imm::Str(id) => id,
            _ => ir::StrId(0),
        };
        let index = |imm: Imm| match imm {
            Imm::Index(index) => index,
            _ => 0,
        };
        match data.op {
            // Is read from where it lies.
            op if is_constant(op) => return,
            IrOp::VarargCount => instr.op = Op::VarargCount,
            IrOp::VarargGet => {
                instr.op = Op::VarargGet;
                instr.b = index(data.imm);
            }
            IrOp::VarargAll => instr.op = Op::VarargAll,
            IrOp::UpvalueGet | IrOp::UpvalueCell => {
                instr.op = Op::Upvalue;
                instr.b = index(data.imm);
            }
            IrOp::CellNew => (instr.op, instr.b) = (Op::CellNew, arg(0)),
            IrOp::CellGet => (instr.op, instr.b) = (Op::CellGet, arg(0)),
            IrOp::CellSet => (instr.op, instr.a, instr.b) = (Op::CellSet, arg(0), arg(1)),
            IrOp::GlobalGet => {
                instr.op = Op::GlobalGet;
                instr.b = self.global(string(data.imm));
            }
            IrOp::GlobalSet => {
                instr.op = Op::GlobalSet;
                instr.b = arg(0);
                instr.a = self.global(string(data.imm));
            }
            IrOp::Index => (instr.op, instr.b, instr.c) = (Op::Index, arg(0), arg(1)),
            IrOp::SetIndex => {
                (instr.op, instr.a, instr.b, instr.c) = (Op::SetIndex, arg(0), arg(1), arg(2));
            }
            IrOp::Method => {
                (instr.op, instr.b) = (Op::Method, arg(0));
                instr.c = CONSTANT | self.constant(Constant::Str(string(data.imm)));
            }
            IrOp::Add
            | IrOp::Sub
            | IrOp::Mul
            | IrOp::Div
            | IrOp::Mod
            | IrOp::Pow
            | IrOp::IDiv
            | IrOp::BAnd
            | IrOp::BOr
            | IrOp::BXor
            | IrOp::Shl
            | IrOp::Shr => {
                (instr.op, instr.b, instr.c) = (arithmetic(data.op), arg(0), arg(1));
                instr.n = data.op as u16;
            }
            IrOp::Unm | IrOp::BNot => {
                (instr.op, instr.b) = (Op::Unary, arg(0));
                instr.n = data.op as u16;
            }
            IrOp::Len => (instr.op, instr.b) = (Op::Len, arg(0)),
            IrOp::Concat => {
                instr.op = Op::Concat;
                instr.c = args.len() as u32;
                instr.b = self.list(args);
            }
            IrOp::Not => (instr.op, instr.b) = (Op::Not, arg(0)),
            IrOp::Truthy => (instr.op, instr.b) = (Op::Truthy, arg(0)),
            IrOp::IsNil => (instr.op, instr.b) = (Op::IsNil, arg(0)),
            IrOp::Eq => (instr.op, instr.b, instr.c) = (Op::Eq, arg(0), arg(1)),
            IrOp::Lt => (instr.op, instr.b, instr.c) = (Op::Lt, arg(0), arg(1)),
            IrOp::Le => (instr.op, instr.b, instr.c) = (Op::Le, arg(0), arg(1)),
            IrOp::Call => {
                instr.op = Op::Call;
                let (fixed, open) = self.open_args(args);
                instr.flags = open;
                if data.results.len == 1 && self.is_multi(func.result(inst)) {
                    instr.flags |= OPEN_RESULT;
                } else {
                    // More results than this cannot be written in a program's text.
                    instr.n = data.results.len as u16;
                    instr.a = self.results_list(inst);
                }
                instr.b = self.list(fixed);
                instr.c = fixed.len() as u32;
            }
            IrOp::TailCall | IrOp::Return => {
                instr.op = if data.op == IrOp::Return { Op::Return } else { Op::TailCall };
                let (fixed, open) = self.open_args(args);
                instr.flags = open;
                instr.b = self.list(fixed);
                instr.c = fixed.len() as u32;
            }
            IrOp::TableNew => {
                instr.op = Op::TableNew;
                if let Imm::Sizes(array, fields) = data.imm {
                    (instr.b, instr.c) = (array, fields);
                }
            }
            IrOp::TableData => {
                instr.op = Op::TableData;
                instr.b = self.constant(Constant::Data(string(data.imm)));
            }
            IrOp::SetList => {
                instr.op = Op::SetList;
                instr.a = arg(0);
                let (fixed, open) = self.open_args(&args[1..]);
                instr.flags = open;
                self.code.pool.push(index(data.imm));
                instr.b = self.list(fixed);
                instr.c = fixed.len() as u32;
            }
            IrOp::Closure => {
                instr.op = Op::Closure;
                if let Imm::Closure(id, _) = data.imm {
                    instr.b = self.inner(id.0);
                }
                instr.c = self.code.pool.len() as u32;
                for capture in func.captures(inst) {
                    let register = capture.map_or(SELF, |value| self.reg(value));
                    self.code.pool.push(register);
                }
            }
            IrOp::ForPrepInt | IrOp::ForPrep | IrOp::ForNext => {
                instr.op = match data.op {
                    IrOp::ForPrepInt => Op::ForPrepInt,
                    IrOp::ForPrep => Op::ForPrep,
                    _ => Op::ForNext,
                };
                instr.a = self.results_list(inst);
                instr.b = self.list(args);
            }
            IrOp::TbcPush => (instr.op, instr.b) = (Op::TbcPush, arg(0)),
            IrOp::TbcClose => (instr.op, instr.b) = (Op::TbcClose, index(data.imm)),
            IrOp::MultiSave => instr.op = Op::MultiSave,
            IrOp::MultiLoad => (instr.op, instr.b) = (Op::MultiLoad, arg(0)),
            IrOp::SlotGet => (instr.op, instr.b) = (Op::Move, index(data.imm)),
            IrOp::SlotSet | IrOp::SlotBind => {
                // The register of a slot, or that of the cell bound to it.
                let cells = match (data.op, &func.debug) {
                    (IrOp::SlotBind, Some(debug)) => debug.slots,
                    _ => 0,
                };
                (instr.op, instr.a, instr.b) = (Op::Move, cells + index(data.imm), arg(0));
            }
            IrOp::Step | IrOp::StepAt => {
                let slots = func.debug.as_ref().map_or(0, |debug| debug.slots);
                let register = debug::step_register(slots);
                (instr.a, instr.b) = (register, index(data.imm));
                if data.op == IrOp::Step {
                    instr.op = Op::Step;
                } else {
                    instr.op = Op::Const;
                    instr.b = self.constant(Constant::Int(i64::from(instr.b)));
                }
            }
            IrOp::Jump => {
                self.edge(func.successors(inst)[0], data.line, self.next);
                return;
            }
            IrOp::Branch => {
                self.branch(inst, data.line);
                return;
            }
            // Those are constants.
            _ => {}
        }
        if instr.op == Op::Move && instr.a == instr.b {
            // A slot that is read where it is, a parameter that is its own slot.
            return;
        }
        let at = self.emit(data.line, instr);
        self.code.live_at[at] = live_at;
        for name in func.operand_names(inst) {
            let is_callee = name.operand == 0 && matches!(data.op, IrOp::Call | IrOp::TailCall);
            self.code.names.push(Name {
                pc: at as u32,
                operand: if is_callee { name_kind::CALLEE } else { name.operand },
                kind: kind_of(name.kind),
                name: name.name.0,
            });
        }
    }

    fn branch(&mut self, inst: Inst, line: u32) {
        let func = self.func;
        let condition = self.reg(func.args(inst)[0]);
        let [then, otherwise] = [func.successors(inst)[0], func.successors(inst)[1]];
        if self.uses[func.args(inst)[0].index()] == 1 {
            self.fuse(condition);
        }
        let at =
            self.emit(line, Instr { op: Op::Branch, flags: 0, n: 0, a: condition, b: 0, c: 0 });
        // An edge that passes arguments gets its moves behind the branch.
        for (call, second) in [(then, false), (otherwise, true)] {
            let target = if func.edge_args(call).is_empty() {
                self.patches.push((at, second));
                call.block.0
            } else {
                let here = self.code.instrs.len() as u32;
                self.edge(call, line, None);
                here
            };
            let instr = &mut self.code.instrs[at];
            if second {
                instr.c = target;
            } else {
                instr.b = target;
            }
        }
    }

    /// Has the comparison behind which a branch comes, and which alone needs its result, branch by
    /// itself.
    fn fuse(&mut self, condition: u32) {
        let start = self.block_starts[self.current.index()] as usize;
        let pool = &self.code.pool;
        if let Some(instr) = self.code.instrs[start..].last_mut() {
            let result = match instr.op {
                Op::Eq | Op::Lt | Op::Le => instr.a,
                Op::ForNext => pool[instr.a as usize],
                _ => return,
            };
            if result == condition {
                instr.flags |= FUSED;
            }
        }
    }

    /// The jump of an edge, with its moves, all at once in effect; nothing when that is to move
    /// nothing and go to `next`, the block behind.
    fn edge(&mut self, call: BlockCall, line: u32, next: Option<Block>) {
        let func = self.func;
        let block: Block = call.block;
        let mut moves: Vec<(u32, u32)> = func
            .params_of(block)
            .iter()
            .zip(func.edge_args(call))
            .map(|(param, arg)| (self.reg(*param), self.reg(*arg)))
            .filter(|(to, from)| to != from)
            .collect();
        if moves.is_empty() && next == Some(block) {
            return;
        }
        let (start, mut count) = (self.code.pool.len() as u32, 0);
        while !moves.is_empty() {
            let ready = moves.iter().position(|(to, _)| moves.iter().all(|(_, from)| from != to));
            let (to, from) = match ready {
                Some(at) => moves.swap_remove(at),
                None => {
                    // Only cycles are left: the first target's old value moves out of the way.
                    let blocked = moves[0].0;
                    for (_, from) in &mut moves {
                        if *from == blocked {
                            *from = self.scratch;
                        }
                    }
                    (self.scratch, blocked)
                }
            };
            self.code.pool.extend([to, from]);
            count += 1;
        }
        let instr = Instr { op: Op::Jump, flags: 0, n: 0, a: start, b: block.0, c: count };
        let at = self.emit(line, instr);
        self.patches.push((at, false));
    }
}

fn arithmetic(op: IrOp) -> Op {
    match op {
        IrOp::Add => Op::Add,
        IrOp::Sub => Op::Sub,
        IrOp::Mul => Op::Mul,
        IrOp::Div => Op::Div,
        IrOp::Mod => Op::Mod,
        IrOp::IDiv => Op::IDiv,
        IrOp::BAnd => Op::BAnd,
        IrOp::BOr => Op::BOr,
        IrOp::BXor => Op::BXor,
        IrOp::Shl => Op::Shl,
        IrOp::Shr => Op::Shr,
        _ => Op::Arith,
    }
}

/// A constant as a key.
fn key(constant: &Constant) -> (u8, u64) {
    match constant {
        Constant::Nil => (0, 0),
        Constant::Bool(b) => (1, u64::from(*b)),
        Constant::Int(i) => (2, *i as u64),
        Constant::Float(bits) => (3, *bits),
        Constant::Str(id) => (4, u64::from(id.0)),
        Constant::Data(id) => (5, u64::from(id.0)),
    }
}

/// The constant that an immediate is.
fn constant(imm: Imm) -> Constant {
    match imm {
        Imm::Bool(b) => Constant::Bool(b),
        Imm::Int(i) => Constant::Int(i),
        Imm::Float(bits) => Constant::Float(bits),
        Imm::Str(id) => Constant::Str(id),
        _ => Constant::Nil,
    }
}

fn kind_of(kind: NameKind) -> u32 {
    match kind {
        NameKind::Local => name_kind::LOCAL,
        NameKind::Upvalue => name_kind::UPVALUE,
        NameKind::Global => name_kind::GLOBAL,
        NameKind::Field => name_kind::FIELD,
        NameKind::Method => name_kind::METHOD,
        NameKind::Constant => name_kind::CONSTANT,
        NameKind::ForIterator => name_kind::FOR_ITERATOR,
    }
}
