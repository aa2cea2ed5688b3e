//! Where the collector finds the values that are live across a call.
//!
//! Each such value has a place in the frame, tag and payload or a bare pointer. The collector moves
//! nothing, so that compiled code may go on with the value it has in a register, or read the place:
//! whichever is cheaper. A place is written
//!
//! - once, when some safepoint in the value's life lies on a usual path (or too many lie on slow
//!   ones): in the *home* block, the nearest that dominates those safepoints and lies in no loop
//!   that the definition is not in;
//! - otherwise in the cold blocks, right before each call, so that the usual path pays nothing.
//!
//! Places are shared by values whose lives do not overlap in the order of the blocks. Values that
//! something else keeps alive have none: constants (the module), upvalues captured by value or as
//! cells (the closure), variable arguments (the value stack), control values of loops (numbers).
//!
//! The closure and the descriptor of the frame are treated as values that live everywhere: the
//! closure keeps its upvalues, and tracebacks read both.

use crate::safepoint::{self, Safepoint};
use abi::module::root_kind;
use ir::dominators::Dominators;
use ir::liveness::{Liveness, Walker, blocks_of_insts, def_block};
use ir::loops::Loops;
use ir::{Block, Function, Inst, Op, Type, Value};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// More slow safepoints than this in one life, and the value is stored at once instead.
const MAX_COLD: u32 = 6;

/// A function is light with up to this many values at its safepoints, all counted. In a larger one
/// it matters less that registers are saved at its entry, and more how long its slow paths are.
const LIGHT: usize = 200;

/// What a place holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    /// The closure that runs.
    Closure,
    /// The descriptor of its call.
    Desc,
    /// A value of the function.
    Value(Value),
}

/// A place in the frame, and what for.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) held: Held,
    /// One of [`root_kind`].
    pub(crate) kind: u32,
    /// Where the place is in the frame's area for roots.
    pub(crate) offset: u32,
    /// The block that stores it for all that it dominates.
    pub(crate) home: Option<Block>,
    /// Whether it is stored at the first safepoint of that block, be it on a slow path.
    pub(crate) eager: bool,
}

impl Root {
    fn size(&self) -> u32 {
        if self.kind == root_kind::VALUE { 16 } else { 8 }
    }
}

/// An index of [`Plan::roots`].
pub(crate) type RootId = u32;

/// The root of the running closure.
pub(crate) const CLOSURE: RootId = 0;
/// The root of the descriptor.
pub(crate) const DESC: RootId = 1;

/// A list of roots: a range of the pool.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Live(u32, u32);

/// All that is to be known about the roots of a function.
pub(crate) struct Plan {
    pub(crate) roots: Vec<Root>,
    pool: Vec<RootId>,
    /// By instruction.
    at_inst: Vec<Live>,
    /// By block: what is live before its first instruction, for headers of loops that poll.
    at_header: Vec<Option<Live>>,
    /// By block: the roots that are stored there.
    pub(crate) homes: Vec<Vec<RootId>>,
    /// By value: its root plus one, or 0.
    root_of: Vec<u32>,
    /// By block: whether values that are stored are better read from their places than kept in
    /// registers. That is so unless the innermost loop around the block calls nothing.
    pub(crate) reloads: Vec<bool>,
    /// How many bytes the places take.
    pub(crate) size: u32,
}

impl Plan {
    /// The roots that are live across an instruction.
    pub(crate) fn at_inst(&self, inst: Inst) -> &[RootId] {
        self.list(self.at_inst[inst.index()])
    }

    /// The roots that are live where a block begins that is to poll.
    pub(crate) fn at_poll(&self, block: Block) -> Option<&[RootId]> {
        self.at_header[block.index()].map(|live| self.list(live))
    }

    /// The root of a value, if it has one.
    pub(crate) fn root_of(&self, value: Value) -> Option<RootId> {
        self.root_of[value.index()].checked_sub(1)
    }

    /// Whether there is so little to keep that it may be read back after every call, on slow paths
    /// too, so that no register has to outlive one.
    pub(crate) fn is_light(&self) -> bool {
        self.pool.len() <= LIGHT
    }

    fn list(&self, live: Live) -> &[RootId] {
        &self.pool[live.0 as usize..live.1 as usize]
    }
}

/// What is gathered about a root while the safepoints are visited.
#[derive(Clone, Debug)]
struct Life {
    /// Nearest dominator of the usual safepoints, and of all.
    hot: Option<Block>,
    all: Option<Block>,
    cold_count: u32,
    /// The first and the last safepoint, and the end of the value's life.
    first: u32,
    last: u32,
    end: u32,
}

struct Planner<'a> {
    func: &'a Function,
    dominators: &'a Dominators,
    block_of: Vec<Block>,
    plan: Plan,
    lives: Vec<Life>,
}

/// Plans the roots of a function.
pub(crate) fn plan(func: &Function, dominators: &Dominators) -> Plan {
    let loops = Loops::new(func, dominators);
    let liveness = Liveness::new(func);
    let mut planner = Planner {
        func,
        dominators,
        block_of: blocks_of_insts(func),
        plan: Plan {
            roots: Vec::new(),
            pool: Vec::new(),
            at_inst: vec![Live::default(); func.insts.len()],
            at_header: vec![None; func.blocks.len()],
            homes: vec![Vec::new(); func.blocks.len()],
            root_of: vec![0; func.values.len()],
            reloads: Vec::new(),
            size: 0,
        },
        lives: Vec::new(),
    };
    planner.new_root(Held::Closure, root_kind::CLOSURE);
    planner.new_root(Held::Desc, root_kind::DESC);
    let is_hot = |inst: Inst| safepoint::of(func, inst) == Safepoint::Hot;
    // What is allocated in line seldom comes to the runtime, but all the same it fills the heap.
    let allocates = |inst: Inst| {
        matches!(func.inst(inst).op, Op::CellNew | Op::TableNew | Op::Closure) || is_hot(inst)
    };
    let allocating = loops_with(func, dominators, &loops, allocates);
    let mut polls = vec![false; func.blocks.len()];
    for (data, allocates) in loops.loops.iter().zip(&allocating) {
        polls[data.header.index()] = *allocates;
    }
    let hot = loops_with(func, dominators, &loops, is_hot);
    let reloads = (0..func.blocks.len() as u32).map(|block| match loops.innermost(Block(block)) {
        Some(id) => hot[id.0 as usize],
        None => true,
    });
    planner.plan.reloads = reloads.collect();
    let mut walker = Walker::new(func, &liveness);
    let mut position = 0;
    let mut starts = vec![0; func.blocks.len()];
    let mut places = vec![0; func.insts.len()];
    for block in &dominators.order {
        starts[block.index()] = position;
        if polls[block.index()] {
            let live = liveness.live_in(*block).iter().chain(func.params_of(*block));
            let live = planner.note(*block, position, Safepoint::Cold, live.copied());
            planner.plan.at_header[block.index()] = Some(live);
        }
        for inst in func.insts_of(*block) {
            position += 1;
            places[inst.index()] = position;
        }
        walker.walk(*block, |inst, across| {
            let safepoint = safepoint::of(func, inst);
            if safepoint != Safepoint::Never {
                let kept = safepoint::keeps_operands(func, inst);
                let args = if kept { func.args(inst) } else { &[] };
                let live = across.iter().chain(args).copied();
                let live = planner.note(*block, places[inst.index()], safepoint, live);
                planner.plan.at_inst[inst.index()] = live;
            }
        });
        position += 1;
    }
    planner.choose_homes(&loops);
    planner.assign_places(&starts, &places, &liveness, position);
    planner.plan
}

/// By loop: whether it has such an instruction.
fn loops_with(
    func: &Function,
    dominators: &Dominators,
    loops: &Loops,
    is_wanted: impl Fn(Inst) -> bool,
) -> Vec<bool> {
    let mut found = vec![false; loops.loops.len()];
    for block in &dominators.order {
        let Some(id) = loops.innermost(*block) else { continue };
        if func.insts_of(*block).iter().any(|inst| is_wanted(*inst)) {
            found[id.0 as usize] = true;
        }
    }
    // Inner loops come after those around them.
    for (index, data) in loops.loops.iter().enumerate().rev() {
        if let (true, Some(parent)) = (found[index], data.parent) {
            found[parent.0 as usize] = true;
        }
    }
    found
}

impl Planner<'_> {
    fn new_root(&mut self, held: Held, kind: u32) -> RootId {
        self.plan.roots.push(Root { held, kind, offset: 0, home: None, eager: false });
        self.lives.push(Life {
            hot: None,
            all: None,
            cold_count: 0,
            first: u32::MAX,
            last: 0,
            end: 0,
        });
        self.plan.roots.len() as u32 - 1
    }

    /// The kind of root that a value needs, if it needs one.
    fn kind(&self, value: Value) -> Option<u32> {
        let ty = self.func.ty(value);
        let kind = match ty {
            Type::Any => root_kind::VALUE,
            Type::Str | Type::Table | Type::Func | Type::Cell | Type::Pack => root_kind::POINTER,
            Type::Nil | Type::Bool | Type::Int | Type::Float | Type::Multi => return None,
        };
        let kept = self.func.def_inst(value).is_some_and(|inst| {
            matches!(
                self.func.inst(inst).op,
                Op::ConstStr
                    | Op::UpvalueGet
                    | Op::UpvalueCell
                    | Op::VarargGet
                    | Op::ForPrep
                    | Op::ForNext
            )
        });
        (!kept).then_some(kind)
    }

    /// Enters a safepoint and what is live there. Blocks come in an order in which dominators
    /// come first.
    fn note(
        &mut self,
        block: Block,
        position: u32,
        safepoint: Safepoint,
        live: impl Iterator<Item = Value>,
    ) -> Live {
        let start = self.plan.pool.len();
        self.plan.pool.extend([CLOSURE, DESC]);
        for value in live {
            let Some(kind) = self.kind(value) else { continue };
            let root = &mut self.plan.root_of[value.index()];
            let id = match root.checked_sub(1) {
                Some(id) => id,
                None => {
                    *root = self.plan.roots.len() as u32 + 1;
                    self.new_root(Held::Value(value), kind)
                }
            };
            self.plan.pool.push(id);
        }
        // An operand that is kept may also be live across.
        self.plan.pool[start..].sort_unstable();
        let mut end = start;
        for index in start..self.plan.pool.len() {
            let id = self.plan.pool[index];
            if end == start || self.plan.pool[end - 1] != id {
                self.plan.pool[end] = id;
                end += 1;
            }
        }
        self.plan.pool.truncate(end);
        for index in start..end {
            let life = &mut self.lives[self.plan.pool[index] as usize];
            life.first = life.first.min(position);
            life.last = life.last.max(position);
            life.end = life.end.max(position);
            life.all = Some(nearest(self.dominators, life.all, block));
            match safepoint {
                Safepoint::Hot => life.hot = Some(nearest(self.dominators, life.hot, block)),
                _ => life.cold_count += 1,
            }
        }
        Live(start as u32, end as u32)
    }

    fn choose_homes(&mut self, loops: &Loops) {
        for (id, (root, life)) in self.plan.roots.iter_mut().zip(&self.lives).enumerate() {
            root.eager = life.cold_count > MAX_COLD;
            let home = if root.eager { life.all } else { life.hot };
            let Some(mut home) = home else { continue };
            let depth = match root.held {
                Held::Value(value) => loops.depth(def_block(self.func, &self.block_of, value)),
                Held::Closure | Held::Desc => 0,
            };
            while loops.depth(home) > depth {
                match self.dominators.parent(home) {
                    Some(parent) => home = parent,
                    None => break,
                }
            }
            root.home = Some(home);
            self.plan.homes[home.index()].push(id as u32);
        }
    }

    /// Gives values places, so that those have different ones that must keep them at a time.
    fn assign_places(&mut self, starts: &[u32], places: &[u32], liveness: &Liveness, end: u32) {
        // A place must last as long as the value, which may be read from it.
        for block in &self.dominators.order {
            for inst in self.func.insts_of(*block) {
                let place = places[inst.index()];
                let mut note = |value: &Value| {
                    if let Some(id) = self.plan.root_of(*value) {
                        let life = &mut self.lives[id as usize];
                        life.end = life.end.max(place);
                    }
                };
                self.func.args(*inst).iter().for_each(&mut note);
                for call in self.func.successors(*inst) {
                    self.func.edge_args(*call).iter().for_each(&mut note);
                }
            }
        }
        for (number, block) in self.dominators.order.iter().enumerate() {
            let block_end = match self.dominators.order.get(number + 1) {
                Some(next) => starts[next.index()],
                None => end,
            };
            for value in liveness.live_out(*block) {
                if let Some(id) = self.plan.root_of(*value) {
                    let life = &mut self.lives[id as usize];
                    life.end = life.end.max(block_end);
                }
            }
        }
        let interval = |root: &Root, life: &Life| match root.held {
            Held::Closure | Held::Desc => (0, end),
            _ if root.home.is_none() => (life.first, life.last),
            Held::Value(value) => match self.func.def_inst(value) {
                Some(inst) => (places[inst.index()], life.end),
                None => (starts[def_block(self.func, &self.block_of, value).index()], life.end),
            },
        };
        let intervals: Vec<(u32, u32)> = self
            .plan
            .roots
            .iter()
            .zip(&self.lives)
            .map(|(root, life)| interval(root, life))
            .collect();
        let mut order: Vec<usize> = (0..self.plan.roots.len()).collect();
        if let Some(debug) = &self.func.debug {
            // The closure begins the frame of a debuggable function: see `DebugFrame`.
            self.plan.roots[CLOSURE as usize].offset = 0;
            self.plan.size = crate::lower::frame_size(debug);
            order.remove(CLOSURE as usize);
        }
        order.sort_by_key(|index| intervals[*index]);
        let mut active: BinaryHeap<Reverse<(u32, usize)>> = BinaryHeap::new();
        // Free places of 8 and of 16 bytes.
        let mut free: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
        for index in order {
            let (first, last) = intervals[index];
            while let Some(Reverse((over, other))) = active.peek().copied() {
                if over >= first {
                    break;
                }
                active.pop();
                let root = &self.plan.roots[other];
                free[usize::from(root.size() == 16)].push(root.offset);
            }
            let size = self.plan.roots[index].size();
            let offset = match free[usize::from(size == 16)].pop() {
                Some(offset) => offset,
                None => {
                    self.plan.size += size;
                    self.plan.size - size
                }
            };
            self.plan.roots[index].offset = offset;
            active.push(Reverse((last, index)));
        }
    }
}

/// The nearest common dominator, where `block` comes after `so_far` in reverse postorder. Steps up
/// are never taken back, so all calls for one root together take no more than the tree's depth.
fn nearest(dominators: &Dominators, so_far: Option<Block>, block: Block) -> Block {
    let Some(mut at) = so_far else { return block };
    while !dominators.dominates(at, block) {
        match dominators.parent(at) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}
