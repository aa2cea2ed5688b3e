//! The loops of `for` in debuggable functions, whose state lies in slots.

use crate::builder::{Builder, Edge, LoopScope};
use crate::for_loop::may_close;
use alloc::vec;
use alloc::vec::Vec;
use ir::{Imm, Op, Type, Value};
use syntax::ast::{self, GenericFor, LocalId, NumericFor};

/// What the reference's call of an iterator takes beyond the loop's state.
const CALL_SLOTS: u32 = 3;

impl Builder<'_> {
    /// `for v = start, limit, step do ... end`
    ///
    /// The slots show how the loop stands. What is written there does not change its course.
    pub(crate) fn debuggable_numeric_for(&mut self, tree: &NumericFor) {
        let scope = self.enter_scope();
        let mut held = vec![self.next_slot(&tree.start), self.next_slot(&tree.limit)];
        held.push(match &tree.step {
            Some(step) => self.next_slot(step),
            None => {
                self.step(tree.prepare_line);
                let one = self.int(1);
                self.hold(one)
            }
        });
        let args = self.finish_all(&held);
        self.release(scope.free);
        let state = self.declare_hidden(3);
        self.step(tree.prepare_line);
        let types = [Type::Bool, Type::Any, Type::Any, Type::Any];
        let prepared = self.push(Op::ForPrep, Imm::None, &args, &types, tree.prepare_line);
        let results: Vec<Value> = self.func.results(prepared).collect();
        let (enter, first, count, step) = (results[0], results[1], results[2], results[3]);
        let (inside, skip) = self.branch(enter);
        let mut exits: Vec<Edge> = self.edge_from(skip).into_iter().collect();
        self.block = inside;
        self.slot_set(state + 2, step);
        let live = self.live;
        let header = self.begin_loop(&[(Type::Any, first), (Type::Any, count)], &[]);
        let params = self.func.params_of(header.block);
        let (variable, count) = (params[0], params[1]);
        self.slot_set(state, variable);
        self.slot_set(state + 1, count);
        let (tbc_count, end_line) = (self.tbc.len(), tree.end_line);
        self.loops.push(LoopScope { breaks: Vec::new(), tbc_count, end_line, scope });
        self.debuggable_body(&[(tree.variable, variable)], &tree.body);
        self.step(tree.line);
        if self.live {
            exits.extend(self.next_turn(&header, [variable, count, step], tree.line));
        }
        self.live = live;
        self.leave_scope(scope);
        self.end_loop(exits, 0);
    }

    /// `for a, b in ... do ... end`
    pub(crate) fn debuggable_generic_for(&mut self, tree: &GenericFor) {
        let scope = self.enter_scope();
        let held = self.closed_values(&tree.values, 4);
        let closing = self.finish(held[3]);
        self.release(scope.free);
        let state = self.declare_hidden(4);
        let tbc_count = self.tbc.len();
        self.step(tree.prepare_line);
        if may_close(tree) {
            self.close_after(closing, tree);
        }
        // The first call is part of the step that prepares the loop, and made from the one that
        // calls, which is numbered behind the body.
        let first_call = self.push(Op::StepAt, Imm::Index(0), &[], &[], 0);
        let live = self.live;
        let header = self.begin_loop(&[], &[]);
        let top = self.take_slots(CALL_SLOTS);
        self.release(top);
        let args = [state, state + 1, state + 2].map(|slot| self.slot_get(slot));
        let (results, exits) = self.next_values(args, tree);
        self.slot_set(state + 2, results[0]);
        let (breaks, end_line) = (Vec::new(), tree.close_line);
        self.loops.push(LoopScope { breaks, tbc_count: self.tbc.len(), end_line, scope });
        let variables: Vec<(LocalId, Value)> =
            tree.variables.iter().copied().zip(results.iter().copied()).collect();
        self.debuggable_body(&variables, &tree.body);
        let next_call = self.step_index();
        self.step(tree.call_line);
        self.func.insts[first_call.index()].imm = Imm::Index(next_call);
        // The reference's test of the result.
        self.step_without_code(tree.call_line);
        self.jump_back(&header, &[]);
        self.live = live;
        self.leave_scope(scope);
        self.end_loop(exits, 0);
        self.step(tree.close_line);
        self.close_down_to(tbc_count, tree.close_line);
        self.tbc.truncate(tbc_count);
    }

    fn debuggable_body(&mut self, variables: &[(LocalId, Value)], body: &ast::Block) {
        let scope = self.enter_scope();
        for (id, value) in variables {
            self.declare(*id, *value);
        }
        self.block_stat(body);
        if self.leave_scope(scope) {
            self.step(body.close_line);
        }
    }
}
