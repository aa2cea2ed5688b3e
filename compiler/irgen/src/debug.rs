//! Debuggable functions: slots for locals and for values that wait, and steps.
//!
//! `ir::debug` says what slots and steps are. Here the slots are given out as the reference gives
//! out its registers: locals in order of declaration, above them what an expression has computed
//! and still needs. Such a value is *held*: it stays an SSA value as long as nothing runs that
//! could change its slot (`epoch`), and is read from the slot after that. In functions that are not
//! debuggable, all of this does nothing.

use crate::builder::{Builder, Slot};
use crate::debug_jump::{self, Jumps};
use crate::expression::Operand;
use crate::fold::fold;
use alloc::vec::Vec;
use ir::{Block, DebugLocal, DebugStep, Function, Imm, Op, StrId, Type, Value};
use syntax::ast::{Expr, ExprKind, LocalId};

/// The frame of a debuggable function while it is built.
#[derive(Default)]
pub(crate) struct Frame {
    /// How many slots are taken.
    free: u32,
    /// Grows with each instruction that may run code which changes slots.
    epoch: u32,
    /// The active locals, as places of `info.locals`, and whether each lives in a cell.
    active: Vec<(usize, bool)>,
    jumps: Jumps,
    info: ir::Debug,
}

/// Where a scope began.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    active: usize,
    /// How many slots were taken.
    pub(crate) free: u32,
}

/// The reference's machine gives every function two registers.
const LEAST_SLOTS: u32 = 2;

impl Frame {
    pub(crate) fn new() -> Frame {
        let mut frame = Frame::default();
        frame.info.slots = LEAST_SLOTS;
        frame
    }

    /// Notes that an operation was built.
    pub(crate) fn note(&mut self, op: Op) {
        if op != Op::Step && op.info().effects.contains(ir::Effects::CALLS) {
            self.epoch += 1;
        }
    }

    fn next_step(&self) -> u32 {
        self.info.steps.len() as u32
    }

    fn add_step(&mut self, line: u32, top: u32) -> u32 {
        self.info.steps.push(DebugStep { line, top });
        self.next_step() - 1
    }

    fn take(&mut self, count: u32) -> u32 {
        let slot = self.free;
        self.free += count;
        self.info.slots = self.info.slots.max(self.free);
        slot
    }

    fn add_local(&mut self, name: StrId, slot: u32, is_cell: bool) {
        let start = self.next_step();
        self.active.push((self.info.locals.len(), is_cell));
        self.info.locals.push(DebugLocal { name, slot, is_cell, start, end: u32::MAX });
    }

    fn end_locals(&mut self, scope: Scope) {
        let end = self.next_step();
        for (local, _) in self.active.drain(scope.active..) {
            self.info.locals[local].end = end;
        }
    }

    /// Gives a finished function its table.
    pub(crate) fn finish(mut self, func: &mut Function) {
        self.end_locals(Scope { active: 0, free: 0 });
        debug_jump::lead_on(func, &self.jumps);
        func.debug = Some(self.info);
    }
}

impl Builder<'_> {
    // Steps.

    /// A step of the reference's machine.
    pub(crate) fn step(&mut self, line: u32) {
        let top = self.mark();
        self.step_above(line, top);
    }

    /// A step that uses only so many slots of those taken.
    pub(crate) fn step_above(&mut self, line: u32, top: u32) {
        if let Some(frame) = &mut self.debug {
            let step = frame.add_step(line, top);
            self.push(Op::Step, Imm::Index(step), &[], &[], line);
        }
    }

    /// A step that is a jump.
    pub(crate) fn jump_step(&mut self, line: u32) {
        let step = self.step_index();
        if let Some(frame) = &mut self.debug {
            frame.jumps.steps.push(step);
        }
        self.step(line);
    }

    /// A test jumps to these blocks when it comes out so.
    pub(crate) fn note_jumps(&mut self, blocks: &[Block]) {
        if let Some(frame) = &mut self.debug {
            frame.jumps.targets.extend_from_slice(blocks);
        }
    }

    /// The step of an expression that is computed where it ends.
    pub(crate) fn step_of(&mut self, expr: &Expr) {
        if self.debug.is_some() {
            let line = self.chunk.end_line(expr.span);
            self.step(line);
        }
    }

    /// A step in the table alone: another instruction does what it says.
    pub(crate) fn step_without_code(&mut self, line: u32) -> u32 {
        let top = self.mark();
        self.debug.as_mut().map_or(0, |frame| frame.add_step(line, top))
    }

    /// The number of the next step.
    pub(crate) fn step_index(&self) -> u32 {
        self.debug.as_ref().map_or(0, Frame::next_step)
    }

    // Slots.

    /// How many slots are taken.
    pub(crate) fn mark(&self) -> u32 {
        self.debug.as_ref().map_or(0, |frame| frame.free)
    }

    /// Gives up the slots from `mark` on.
    pub(crate) fn release(&mut self, mark: u32) {
        if let Some(frame) = &mut self.debug {
            frame.free = mark;
        }
    }

    /// Takes slots for what has no value here.
    pub(crate) fn take_slots(&mut self, count: u32) -> u32 {
        self.debug.as_mut().map_or(0, |frame| frame.take(count))
    }

    pub(crate) fn slot_get(&mut self, slot: u32) -> Value {
        self.push_one(Op::SlotGet, Imm::Index(slot), &[], Type::Any, 0)
    }

    pub(crate) fn slot_set(&mut self, slot: u32, value: Value) {
        self.push(Op::SlotSet, Imm::Index(slot), &[value], &[], 0);
    }

    /// Keeps a value in the next slot until it is needed.
    pub(crate) fn hold(&mut self, value: Value) -> Operand {
        let Some(frame) = &mut self.debug else { return Operand::Now(value) };
        let (slot, epoch) = (frame.take(1), frame.epoch);
        self.slot_set(slot, value);
        Operand::Held { slot, value, epoch }
    }

    /// A held value when it is needed.
    pub(crate) fn held(&mut self, slot: u32, value: Value, epoch: u32) -> Value {
        match &self.debug {
            Some(frame) if frame.epoch != epoch => self.slot_get(slot),
            _ => value,
        }
    }

    /// Evaluates an expression into the next slot.
    pub(crate) fn next_slot(&mut self, expr: &Expr) -> Operand {
        let line = self.chunk.end_line(expr.span);
        self.next_slot_at(expr, line)
    }

    /// The same, in this line where it is nothing but put there.
    pub(crate) fn next_slot_at(&mut self, expr: &Expr, line: u32) -> Operand {
        let value = self.expr(expr);
        if self.is_plain(expr) {
            self.step(line);
        }
        self.hold(value)
    }

    /// Whether an expression needs no step before its value goes to a register: a constant or a
    /// local.
    pub(crate) fn is_plain(&self, expr: &Expr) -> bool {
        if self.debug.is_none() {
            return false;
        }
        match &expr.without_parens().kind {
            ExprKind::Nil
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Constant(_)
            | ExprKind::Local(_) => true,
            _ => fold(self.chunk, expr).is_some(),
        }
    }

    pub(crate) fn finish_all(&mut self, held: &[Operand]) -> Vec<Value> {
        held.iter().map(|operand| self.finish(*operand)).collect()
    }

    // Locals and scopes.

    /// Declares the local of the next slot, which holds its value already.
    pub(crate) fn declare_held(&mut self, id: LocalId, held: Operand) {
        let local = self.chunk.local(id);
        let name = self.str(local.name);
        let slot = self.take_slots(1);
        let is_cell = self.is_cell(id);
        self.slots[local.index as usize] = if is_cell {
            let value = self.finish(held);
            let cell = self.push_one(Op::CellNew, Imm::None, &[value], Type::Cell, 0);
            self.push(Op::SlotBind, Imm::Index(slot), &[cell], &[], 0);
            Slot::Cell(cell)
        } else {
            Slot::Frame(slot)
        };
        if let Some(frame) = &mut self.debug {
            frame.add_local(name, slot, is_cell);
        }
    }

    /// Declares a local that no program can name, in the next slot.
    pub(crate) fn declare_hidden(&mut self, count: u32) -> u32 {
        let name = self.func.strings.intern(b"(for state)");
        let first = self.take_slots(count);
        if let Some(frame) = &mut self.debug {
            for slot in first..first + count {
                frame.add_local(name, slot, false);
            }
        }
        first
    }

    /// The newest local is active from the next step on.
    pub(crate) fn activate_now(&mut self) {
        if let Some(frame) = &mut self.debug {
            let next = frame.next_step();
            if let Some((local, _)) = frame.active.last() {
                frame.info.locals[*local].start = next;
            }
        }
    }

    pub(crate) fn enter_scope(&self) -> Scope {
        let active = self.debug.as_ref().map_or(0, |frame| frame.active.len());
        Scope { active, free: self.mark() }
    }

    /// Whether a local since `scope` lives in a cell.
    pub(crate) fn has_cells(&self, scope: Scope) -> bool {
        let active = self.debug.as_ref().map(|frame| &frame.active[scope.active..]);
        active.is_some_and(|locals| locals.iter().any(|(_, is_cell)| *is_cell))
    }

    /// Ends the locals since `scope`; whether one of them lives in a cell.
    pub(crate) fn leave_scope(&mut self, scope: Scope) -> bool {
        let has_cells = self.has_cells(scope);
        if let Some(frame) = &mut self.debug {
            frame.end_locals(scope);
            frame.free = scope.free;
        }
        has_cells
    }
}
