//! Numeric and generic `for`.

use crate::builder::{Builder, Edge, Header, LoopScope};
use alloc::vec;
use alloc::vec::Vec;
use ir::{Imm, NameKind, Op, Type, Value};
use syntax::ast::{self, GenericFor, LocalId, NumericFor};

impl Builder<'_> {
    /// `for v = start, limit, step do ... end`
    ///
    /// Where start and step are known to be integers, so is the variable, and the loop counts its
    /// turns down; otherwise `for.prep` decides and `for.next` steps.
    pub(crate) fn numeric_for(&mut self, tree: &NumericFor) {
        if self.debug.is_some() {
            return self.debuggable_numeric_for(tree);
        }
        let start = self.expr(&tree.start);
        let limit = self.expr(&tree.limit);
        let step = match &tree.step {
            Some(step) => self.expr(step),
            None => self.int(1),
        };
        let is_int = self.func.ty(start) == Type::Int && self.func.ty(step) == Type::Int;
        let (op, types): (Op, &[Type]) = match is_int {
            true => (Op::ForPrepInt, &[Type::Bool, Type::Int]),
            false => (Op::ForPrep, &[Type::Bool, Type::Any, Type::Any, Type::Any]),
        };
        let args = [start, limit, step];
        let prepared = self.push(op, Imm::None, &args, types, tree.prepare_line);
        let results: Vec<Value> = self.func.results(prepared).collect();
        let (enter, count) = (results[0], *results.get(2).unwrap_or(&results[1]));
        let (first, step) = if is_int { (start, step) } else { (results[1], results[3]) };
        let ty = if is_int { Type::Int } else { Type::Any };

        let outer = self.env.len();
        let (inside, skip) = self.branch(enter);
        let mut exits: Vec<Edge> = self.edge_from(skip).into_iter().collect();
        self.block = inside;
        let assigned = self.assigned_mask(&tree.body);
        let live = self.live;
        let header = self.begin_loop(&[(ty, first), (ty, count)], &assigned);
        let params = self.func.params_of(header.block);
        let (variable, count) = (params[0], params[1]);
        self.loops.push(LoopScope {
            breaks: Vec::new(),
            tbc_count: self.tbc.len(),
            end_line: tree.end_line,
            scope: self.enter_scope(),
        });
        self.loop_body(&[(tree.variable, variable)], &tree.body, outer);
        if self.live {
            if is_int {
                let zero = self.int(0);
                let is_last = self.push_one(Op::Eq, Imm::None, &[count, zero], Type::Bool, 0);
                let (done, next) = self.branch(is_last);
                exits.extend(self.edge_from(done));
                self.block = next;
                let one = self.int(1);
                let step = match self.func.const_int(step) {
                    Some(1) => one,
                    Some(step) => self.int(step),
                    None => step,
                };
                let count = self.push_computed(Op::Sub, &[count, one], 0);
                let variable = self.push_computed(Op::Add, &[variable, step], 0);
                self.jump_back(&header, &[variable, count]);
            } else {
                exits.extend(self.next_turn(&header, [variable, count, step], tree.line));
            }
        }
        self.live = live;
        self.end_loop(exits, outer);
    }

    /// `for a, b in ... do ... end`
    pub(crate) fn generic_for(&mut self, tree: &GenericFor) {
        if self.debug.is_some() {
            return self.debuggable_generic_for(tree);
        }
        let may_close = may_close(tree);
        let values = self.closed_values(&tree.values, if may_close { 4 } else { 3 });
        let values = self.finish_all(&values);
        let tbc_count = self.tbc.len();
        if let [_, _, _, closing] = values[..] {
            self.close_after(closing, tree);
        }
        let outer = self.env.len();
        let assigned = self.assigned_mask(&tree.body);
        let live = self.live;
        let header = self.begin_loop(&[(Type::Any, values[2])], &assigned);
        let control = self.func.params_of(header.block)[0];
        let (results, exits) = self.next_values([values[0], values[1], control], tree);
        self.loops.push(LoopScope {
            breaks: Vec::new(),
            tbc_count: self.tbc.len(),
            end_line: tree.close_line,
            scope: self.enter_scope(),
        });
        let variables: Vec<(LocalId, Value)> =
            tree.variables.iter().copied().zip(results.iter().copied()).collect();
        self.loop_body(&variables, &tree.body, outer);
        self.jump_back(&header, &results[..1]);
        self.live = live;
        self.end_loop(exits, outer);
        self.close_down_to(tbc_count, tree.close_line);
        self.tbc.truncate(tbc_count);
    }

    /// Has the fourth value of a loop closed when the loop ends.
    pub(crate) fn close_after(&mut self, closing: Value, tree: &GenericFor) {
        let name = self.func.strings.intern(b"(for state)");
        let name = Some((NameKind::Local, name));
        self.push_tbc(closing, tree.level + 3, name, tree.prepare_line);
    }

    /// Calls a loop's iterator and goes on where it gives values: these, and the edge on which the
    /// loop is over.
    pub(crate) fn next_values(
        &mut self,
        args: [Value; 3],
        tree: &GenericFor,
    ) -> (Vec<Value>, Vec<Edge>) {
        let types = vec![Type::Any; tree.variables.len()];
        let call = self.push(Op::Call, Imm::None, &args, &types, tree.call_line);
        let name = self.func.strings.intern(b"for iterator");
        self.name_operand(0, Some((NameKind::ForIterator, name)));
        let results: Vec<Value> = self.func.results(call).collect();
        let ended = self.push_one(Op::IsNil, Imm::None, &[results[0]], Type::Bool, 0);
        let (done, inside) = self.branch(ended);
        let exits = self.edge_from(done).into_iter().collect();
        self.block = inside;
        (results, exits)
    }

    /// The end of a numeric loop's body, from its variable, count and step: back to the head if
    /// there is another turn. The edge on which it is over.
    pub(crate) fn next_turn(
        &mut self,
        header: &Header,
        state: [Value; 3],
        line: u32,
    ) -> Option<Edge> {
        let types = [Type::Bool, Type::Any, Type::Any];
        let stepped = self.push(Op::ForNext, Imm::None, &state, &types, line);
        let results: Vec<Value> = self.func.results(stepped).collect();
        let (next, done) = self.branch(results[0]);
        let exit = self.edge_from(done);
        self.block = next;
        self.jump_back(header, &results[1..]);
        exit
    }

    /// A body with variables of its own.
    fn loop_body(&mut self, variables: &[(LocalId, Value)], body: &ast::Block, outer: usize) {
        for (id, value) in variables {
            self.declare(*id, *value);
        }
        self.block_stat(body);
        self.env.truncate(outer);
        self.env_locals.truncate(outer);
    }

    /// Goes on after the innermost loop.
    pub(crate) fn end_loop(&mut self, mut exits: Vec<Edge>, outer: usize) {
        if let Some(scope) = self.loops.pop() {
            exits.extend(scope.breaks);
        }
        self.join(exits, outer);
    }
}

/// Whether a loop may have a fourth value that is not nil.
pub(crate) fn may_close(tree: &GenericFor) -> bool {
    tree.values.len() >= 4 || tree.values.last().is_some_and(|last| last.is_multiple())
}
