//! Conditions, `and` and `or`: expressions that part the flow of control.

use crate::builder::Builder;
use alloc::vec;
use alloc::vec::Vec;
use ir::{Block, Imm, Op, Type, Value};
use syntax::ast::{ConstantValue, Expr, ExprKind, Logical, LogicalOp, UnaryOp};

/// Blocks without their jumps, by how the condition came out there.
pub(crate) struct Exits {
    pub(crate) yes: Vec<Block>,
    pub(crate) no: Vec<Block>,
}

/// The same with the expression's value in each.
struct ValueExits {
    yes: Vec<(Block, Value)>,
    no: Vec<(Block, Value)>,
}

impl Builder<'_> {
    /// Evaluates a condition. The builder stands nowhere afterwards: enter one of the sides. The
    /// reference tests a value in this line.
    pub(crate) fn condition(&mut self, expr: &Expr, line: u32) -> Exits {
        match &expr.without_parens().kind {
            ExprKind::Unary(unary) if unary.op == UnaryOp::Not => {
                let Exits { yes, no } = self.condition(&unary.operand, line);
                Exits { yes: no, no: yes }
            }
            ExprKind::Logical(logical) => {
                let live = self.live;
                let mut exits = Exits { yes: Vec::new(), no: Vec::new() };
                for (index, operand) in logical.operands.iter().enumerate() {
                    let is_last = index + 1 == logical.operands.len();
                    let line = logical.lines.get(index).copied().unwrap_or(line);
                    let Exits { yes, no } = self.condition(operand, line);
                    if is_last {
                        exits.yes.extend(yes);
                        exits.no.extend(no);
                    } else if logical.op == LogicalOp::And {
                        exits.no.extend(no);
                        self.enter(&yes, live);
                    } else {
                        exits.yes.extend(yes);
                        self.enter(&no, live);
                    }
                }
                self.live = live;
                exits
            }
            ExprKind::Binary(binary) => {
                let (value, is_negated) = self.binary(binary);
                let (yes, no) = self.branch_on(value);
                match is_negated {
                    false => Exits { yes: vec![yes], no: vec![no] },
                    true => Exits { yes: vec![no], no: vec![yes] },
                }
            }
            _ => match self.known_truth(expr) {
                Some(true) => Exits { yes: vec![self.block], no: Vec::new() },
                Some(false) => {
                    // The reference tests what is never true.
                    self.step(line);
                    Exits { yes: Vec::new(), no: vec![self.block] }
                }
                None => {
                    let value = self.expr(expr);
                    self.step(line);
                    let (yes, no) = self.branch_on(value);
                    Exits { yes: vec![yes], no: vec![no] }
                }
            },
        }
    }

    /// Whether an expression without effects is true, where that is known.
    fn known_truth(&self, expr: &Expr) -> Option<bool> {
        match &expr.without_parens().kind {
            ExprKind::Nil | ExprKind::False => Some(false),
            ExprKind::True | ExprKind::Integer(_) | ExprKind::Float(_) | ExprKind::String(_) => {
                Some(true)
            }
            ExprKind::Constant(id) => Some(!matches!(
                self.chunk.constant(*id).value,
                ConstantValue::Nil | ConstantValue::Boolean(false)
            )),
            _ => None,
        }
    }

    /// Branches on the truth of a value.
    fn branch_on(&mut self, value: Value) -> (Block, Block) {
        let condition = match self.func.ty(value) {
            Type::Bool => value,
            _ => self.push_one(Op::Truthy, Imm::None, &[value], Type::Bool, 0),
        };
        self.branch(condition)
    }

    /// The value of `a and b` or `a or b`.
    pub(crate) fn logical(&mut self, logical: &Logical) -> Value {
        let live = self.live;
        let mut exits = Vec::new();
        for (index, operand) in logical.operands.iter().enumerate() {
            if index + 1 == logical.operands.len() {
                let value = self.expr(operand);
                if self.is_plain(operand) {
                    self.step_of(operand);
                }
                exits.push((self.block, value));
                break;
            }
            let line = logical.lines[index];
            let ValueExits { yes, no } = self.test(operand, logical.op, line);
            let (done, on) = match logical.op {
                LogicalOp::And => (no, yes),
                LogicalOp::Or => (yes, no),
            };
            exits.extend(done);
            self.enter_without_values(&on, live);
        }
        self.enter_with(&exits, live)
    }

    fn enter_without_values(&mut self, exits: &[(Block, Value)], live: bool) {
        let blocks: Vec<Block> = exits.iter().map(|(block, _)| *block).collect();
        self.enter(&blocks, live);
    }

    /// Evaluates an expression whose value matters to those who leave, and its truth to those who
    /// stay. `op` joins it to what follows, in this line.
    fn test(&mut self, expr: &Expr, op: LogicalOp, line: u32) -> ValueExits {
        let live = self.live;
        let mut exits = ValueExits { yes: Vec::new(), no: Vec::new() };
        match &expr.without_parens().kind {
            ExprKind::Logical(logical) => {
                for (index, operand) in logical.operands.iter().enumerate() {
                    let line = logical.lines.get(index).copied().unwrap_or(line);
                    let ValueExits { yes, no } = self.test(operand, logical.op, line);
                    if index + 1 == logical.operands.len() {
                        exits.yes.extend(yes);
                        exits.no.extend(no);
                    } else if logical.op == LogicalOp::And {
                        exits.no.extend(no);
                        self.enter_without_values(&yes, live);
                    } else {
                        exits.yes.extend(yes);
                        self.enter_without_values(&no, live);
                    }
                }
                self.live = live;
            }
            _ => {
                let known = self.known_truth(expr);
                let value = self.expr(expr);
                if known == Some(op == LogicalOp::Or) {
                    // A constant that decides is put where the value goes.
                    self.step(line);
                }
                match known {
                    Some(true) => exits.yes.push((self.block, value)),
                    Some(false) => exits.no.push((self.block, value)),
                    None => {
                        self.step(line);
                        let (yes, no) = self.branch_on(value);
                        exits.yes.push((yes, value));
                        exits.no.push((no, value));
                    }
                }
            }
        }
        exits
    }
}
