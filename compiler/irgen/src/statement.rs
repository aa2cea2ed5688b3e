//! Statements.

use crate::builder::{Builder, LoopScope, Slot};
use crate::expression::Operand;
use alloc::vec::Vec;
use ir::{Imm, NameKind, Op, Type};
use syntax::ast::{
    Attribute, Block, ExprKind, FunctionId, GotoId, If, LabelId, LocalId, LocalStat, Loop, Return,
    Stat, StatKind,
};

impl Builder<'_> {
    /// A block with its scope.
    pub(crate) fn block_stat(&mut self, block: &Block) {
        self.block_closed_at(block, block.close_line);
    }

    /// The body of a function, and the return at its end.
    pub(crate) fn body(&mut self, block: &Block, line: u32) {
        self.statements(block);
        self.step(line);
        self.close_down_to(0, line);
        self.push(Op::Return, Imm::None, &[], &[], line);
    }

    fn block_closed_at(&mut self, block: &Block, line: u32) {
        let (env_len, tbc_count) = (self.env.len(), self.tbc.len());
        let scope = self.enter_scope();
        self.statements(block);
        if self.leave_scope(scope) || self.tbc.len() > tbc_count {
            self.step(line);
        }
        self.close_down_to(tbc_count, line);
        self.tbc.truncate(tbc_count);
        self.env.truncate(env_len);
        self.env_locals.truncate(env_len);
    }

    fn statements(&mut self, block: &Block) {
        for stat in &block.statements {
            self.statement(stat);
        }
    }

    fn statement(&mut self, stat: &Stat) {
        self.last_line = stat.line;
        match &stat.kind {
            StatKind::Local(tree) => self.local(tree),
            StatKind::LocalFunction { local, function } => self.local_function(*local, *function),
            StatKind::Assign(tree) => self.assign(tree),
            StatKind::Function(tree) => self.function_stat(tree),
            StatKind::Call(expr) => {
                if let ExprKind::Suffixed(suffixed) = &expr.kind {
                    self.call_with(Op::Call, suffixed, &[]);
                }
            }
            StatKind::Do(block) => self.block_stat(block),
            StatKind::While(tree) => self.while_loop(tree),
            StatKind::Repeat(tree) => self.repeat_loop(tree),
            StatKind::If(tree) => self.if_stat(tree),
            StatKind::NumericFor(tree) => self.numeric_for(tree),
            StatKind::GenericFor(tree) => self.generic_for(tree),
            StatKind::Return(tree) => self.return_stat(tree),
            StatKind::Break => self.break_stat(stat.line),
            StatKind::Goto(id) => self.goto(*id),
            StatKind::Label(id) => self.label(*id),
        }
    }

    fn local(&mut self, tree: &LocalStat) {
        let mark = self.mark();
        let held = self.closed_values(tree.run_time_values(), tree.locals.len());
        let values = if self.debug.is_some() { Vec::new() } else { self.finish_all(&held) };
        self.release(mark);
        for (index, id) in tree.locals.iter().enumerate() {
            match values.get(index) {
                Some(value) => self.declare(*id, *value),
                None => self.declare_held(*id, held[index]),
            }
        }
        for (id, held) in tree.locals.iter().zip(held) {
            let local = self.chunk.local(*id);
            if local.attribute == Attribute::Close {
                let name = Some((NameKind::Local, self.str(local.name)));
                let value = &self.finish(held);
                self.step(tree.line);
                self.push_tbc(*value, local.level, name, tree.line);
            }
        }
    }

    /// `local function f`: the function is in scope inside itself, so a closure that captures by
    /// value captures itself, and a cell exists before the closure.
    fn local_function(&mut self, id: LocalId, function: FunctionId) {
        if self.is_cell(id) || self.debug.is_some() {
            let nil = self.nil();
            self.declare(id, nil);
            let value = self.closure(function, None);
            self.write_local(id, value);
            self.activate_now();
        } else {
            // An earlier turn of a loop may have left the slot filled.
            self.slots[self.chunk.local(id).index as usize] = Slot::None;
            let value = self.closure(function, Some(id));
            self.declare(id, value);
        }
    }

    fn while_loop(&mut self, tree: &Loop) {
        let outer = self.env.len();
        let live = self.live;
        let assigned = self.assigned_mask(&tree.body);
        let header = self.begin_loop(&[], &assigned);
        self.loops.push(LoopScope {
            breaks: Vec::new(),
            tbc_count: self.tbc.len(),
            end_line: tree.end_line,
            scope: self.enter_scope(),
        });
        let line = self.chunk.end_line(tree.condition.span);
        let exits = self.condition(&tree.condition, line);
        self.note_jumps(&exits.no);
        self.enter(&exits.no, live);
        let done = self.leave().into_iter().collect();
        self.enter(&exits.yes, live);
        self.block_stat(&tree.body);
        self.jump_step(tree.body.close_line);
        self.jump_back(&header, &[]);
        self.end_loop(done, outer);
    }

    fn repeat_loop(&mut self, tree: &Loop) {
        let (outer, tbc_count) = (self.env.len(), self.tbc.len());
        let assigned = self.assigned_mask(&tree.body);
        let header = self.begin_loop(&[], &assigned);
        let (breaks, scope) = (Vec::new(), self.enter_scope());
        self.loops.push(LoopScope { breaks, tbc_count, end_line: tree.end_line, scope });
        // The condition is in the scope of the body.
        self.statements(&tree.body);
        let live = self.live;
        let line = self.chunk.end_line(tree.condition.span);
        let exits = self.condition(&tree.condition, line);
        self.leave_scope(scope);
        self.enter(&exits.yes, live);
        self.close_down_to(tbc_count, tree.body.close_line);
        let done = self.leave().into_iter().collect();
        self.enter(&exits.no, live);
        self.close_down_to(tbc_count, tree.body.close_line);
        self.tbc.truncate(tbc_count);
        self.jump_back(&header, &[]);
        self.end_loop(done, outer);
    }

    fn if_stat(&mut self, tree: &If) {
        let outer = self.env.len();
        let mut ends = Vec::with_capacity(tree.arms.len() + 1);
        for (index, arm) in tree.arms.iter().enumerate() {
            let live = self.live;
            let before = self.env.clone();
            let exits = self.condition(&arm.condition, arm.then_line);
            let first = arm.body.statements.first().map(|stat| &stat.kind);
            self.break_without_step = matches!(first, Some(StatKind::Break));
            self.note_jumps(if self.break_without_step { &exits.yes } else { &exits.no });
            self.enter(&exits.yes, live);
            self.block_stat(&arm.body);
            let more = index + 1 < tree.arms.len() || tree.otherwise.is_some();
            if more && !(matches!(first, Some(StatKind::Break)) && arm.body.statements.len() == 1) {
                self.jump_step(arm.body.close_line);
            }
            ends.extend(self.leave());
            self.env = before;
            self.enter(&exits.no, live);
        }
        if let Some(block) = &tree.otherwise {
            self.block_stat(block);
        }
        ends.extend(self.leave());
        self.join(ends, outer);
    }

    fn return_stat(&mut self, tree: &Return) {
        if let ([expr], true) = (tree.values.as_slice(), tree.is_tail_call)
            && let ExprKind::Suffixed(suffixed) = &expr.kind
        {
            self.call_with(Op::TailCall, suffixed, &[]);
            self.enter_dead();
            return;
        }
        let mark = self.mark();
        let mut held = Vec::with_capacity(tree.values.len());
        let (mut top, mut open) = (mark, None);
        match tree.values.as_slice() {
            [expr] if !expr.is_multiple() => {
                // One value is returned from where it is.
                if let ExprKind::Local(id) = expr.kind
                    && let Slot::Frame(slot) = self.slot(id)
                {
                    held.push(Operand::Slot(slot));
                    top = slot;
                } else {
                    held.push(self.next_slot(expr));
                }
            }
            values => open = self.open_values(values, &mut held, None),
        }
        let mut values = self.finish_all(&held);
        values.extend(open);
        self.step_above(tree.line, top);
        self.release(mark);
        if !self.tbc.is_empty() {
            // The values are there before the variables are closed; an open list waits in the heap.
            let open = values.last().copied().filter(|last| self.func.ty(*last) == Type::Multi);
            let pack = open.map(|open| {
                self.push_one(Op::MultiSave, Imm::None, &[open], Type::Pack, tree.line)
            });
            self.close_down_to(0, tree.line);
            if let Some(pack) = pack {
                values.pop();
                values.push(self.push_one(Op::MultiLoad, Imm::None, &[pack], Type::Multi, 0));
            }
        }
        self.push(Op::Return, Imm::None, &values, &[], tree.line);
        self.enter_dead();
    }

    fn break_stat(&mut self, line: u32) {
        if !core::mem::take(&mut self.break_without_step) {
            self.jump_step(line);
        }
        let Some(scope) = self.loops.last() else { return };
        let LoopScope { tbc_count, end_line, scope, .. } = *scope;
        if self.tbc.len() > tbc_count || self.has_cells(scope) {
            self.step(end_line);
        }
        self.close_down_to(tbc_count, end_line);
        let edge = self.leave();
        if let Some(scope) = self.loops.last_mut() {
            scope.breaks.extend(edge);
        }
    }

    fn goto(&mut self, id: GotoId) {
        let goto = self.chunk.goto(id);
        let level = self.chunk.label(goto.target).level;
        let line = if goto.backward { goto.line } else { self.chunk.label(goto.target).line };
        self.jump_step(goto.line);
        self.close_down_to(self.tbc.partition_point(|tbc| *tbc < level), line);
        let header = self.labels.get(&goto.target.0).and_then(|label| label.header);
        match header {
            Some((block, len)) => {
                if self.live {
                    self.func.push_jump(self.block, block, &self.env[..len], goto.line);
                }
                self.enter_dead();
            }
            None => {
                let edge = self.leave();
                self.labels.entry(goto.target.0).or_default().edges.extend(edge);
            }
        }
    }

    fn label(&mut self, id: LabelId) {
        let label = self.chunk.label(id);
        if !label.used {
            return;
        }
        // At the end of a block its locals are gone already.
        let tbc_count = self.tbc.partition_point(|tbc| *tbc < label.level);
        self.close_down_to(tbc_count, label.line);
        self.tbc.truncate(tbc_count);
        let active = |id: &LocalId| self.chunk.local(*id).level < label.level;
        let len = self.env_locals.partition_point(active);
        let mut edges = self.labels.remove(&id.0).map(|state| state.edges).unwrap_or_default();
        edges.extend(self.leave());
        self.join(edges, len);
        if self.has_backward[id.0 as usize] {
            let all = alloc::vec![true; len];
            let header = self.begin_loop(&[], &all);
            // Perhaps nothing but those leads here.
            self.live = true;
            let state = self.labels.entry(id.0).or_default();
            state.header = Some((header.block, len));
        }
    }
}
