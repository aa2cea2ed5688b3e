//! Which locals the statements of a loop assign.
//!
//! Only statements are looked at: expressions assign nothing, and what inner functions assign
//! lives in cells.

use alloc::vec::Vec;
use syntax::ast::{Block, Expr, ExprKind, LocalId, StatKind};

/// The locals that some statement in `body` assigns, in order and once each.
pub(crate) fn assigned_locals(body: &Block) -> Vec<LocalId> {
    let mut found = Vec::new();
    visit(body, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn visit(block: &Block, found: &mut Vec<LocalId>) {
    let target = |expr: &Expr, found: &mut Vec<LocalId>| {
        if let ExprKind::Local(id) = expr.kind {
            found.push(id);
        }
    };
    for stat in &block.statements {
        match &stat.kind {
            StatKind::Assign(assign) => {
                assign.targets.iter().for_each(|expr| target(expr, found));
            }
            StatKind::Function(stat) => target(&stat.target, found),
            StatKind::Do(block) => visit(block, found),
            StatKind::While(stat) | StatKind::Repeat(stat) => visit(&stat.body, found),
            StatKind::If(stat) => {
                stat.arms.iter().for_each(|arm| visit(&arm.body, found));
                stat.otherwise.iter().for_each(|block| visit(block, found));
            }
            StatKind::NumericFor(stat) => visit(&stat.body, found),
            StatKind::GenericFor(stat) => visit(&stat.body, found),
            StatKind::Local(_)
            | StatKind::LocalFunction { .. }
            | StatKind::Call(_)
            | StatKind::Return(_)
            | StatKind::Break
            | StatKind::Goto(_)
            | StatKind::Label(_) => {}
        }
    }
}
