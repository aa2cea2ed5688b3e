//! Shrinking: the smallest program found that still shows a difference of the same kind.
//!
//! Delta debugging on the tree: runs of statements are left out, halves first; then a statement
//! gives way to the blocks in it, and expressions to smaller ones. Each round starts over from what
//! the last one kept, until a round keeps nothing or the time is up. What the reference refuses, or
//! does not finish, shows nothing, so a step may well make nonsense.

use std::time::Instant;

use crate::compare::{Difference, Pair};
use crate::engine::End;
use crate::tree::{Kind, Node, Part};

/// Shrinks a program, first of all to its program `number`.
pub fn shrink(
    pair: &Pair<'_>,
    tree: Node,
    found: Difference,
    number: Option<u64>,
) -> (Node, Difference) {
    let mut state = Shrinking { pair, tree, found, start: Instant::now() };
    if let Some(number) = number {
        state.isolate(number);
        state.open(number);
    }
    loop {
        let size = state.tree.size();
        state.leave_out();
        state.unwrap();
        state.simplify();
        if state.tree.size() >= size || state.is_late() {
            break;
        }
    }
    state.print_plainly();
    state.leave_out();
    (state.tree, state.found)
}

struct Shrinking<'a> {
    pair: &'a Pair<'a>,
    tree: Node,
    found: Difference,
    start: Instant,
}

impl Shrinking<'_> {
    fn is_late(&self) -> bool {
        self.start.elapsed() > self.pair.options.shrink
    }

    /// Keeps the candidate if it differs in the same manner: in its output, or in how it ends.
    fn keep(&mut self, candidate: Node) -> bool {
        if self.is_late() {
            return false;
        }
        let Some(found) = self.pair.difference(&candidate) else { return false };
        let same_manner = match (&self.found.actual.end, &found.actual.end) {
            (End::Success, End::Success) | (End::Timeout, End::Timeout) => true,
            (End::Failure(a), End::Failure(b)) => a.lines().next() == b.lines().next(),
            _ => false,
        };
        if same_manner {
            self.tree = candidate;
            self.found = found;
        }
        same_manner
    }

    /// Leaves out every program but one.
    fn isolate(&mut self, number: u64) {
        let wanted = format!("run({number},");
        let mut candidate = self.tree.clone();
        candidate.parts.retain(|part| match part {
            Part::Node(node) => match node.parts.first() {
                Some(Part::Text(head)) => !head.starts_with("run(") || head.starts_with(&wanted),
                _ => true,
            },
            Part::Text(_) => true,
        });
        self.keep(candidate);
    }

    /// Puts the program's statements in the place of its call, while the helpers are still whole.
    fn open(&mut self, number: u64) {
        let call = format!("run({number},");
        let at = self.tree.parts.iter().position(|part| match part {
            Part::Node(node) => node.text().starts_with(&call),
            Part::Text(_) => false,
        });
        if let Some(at) = at {
            self.unwrap_one(&[], at);
        }
    }

    /// Prints by `print`, where no address shows.
    fn print_plainly(&mut self) {
        let mut candidate = self.tree.clone();
        rename_print(&mut candidate);
        self.keep(candidate);
    }

    /// Leaves runs of statements out of blocks.
    fn leave_out(&mut self) {
        let mut index = 0;
        // Blocks come outer ones first, so that most of what is not needed goes in large pieces.
        while let Some(path) = self.tree.paths(Kind::Block).get(index).cloned() {
            index += 1;
            let Some(block) = self.tree.at(&path) else { continue };
            let mut run = block.parts.len();
            while run > 0 {
                let mut at = 0;
                while let Some(block) = self.tree.at(&path) {
                    let len = block.parts.len();
                    if at >= len || self.is_late() {
                        break;
                    }
                    let mut candidate = self.tree.clone();
                    if let Some(block) = candidate.at_mut(&path) {
                        block.parts.drain(at..len.min(at + run));
                    }
                    if !self.keep(candidate) {
                        at += run;
                    }
                }
                run /= 2;
            }
        }
    }

    /// Puts the statements of a statement's blocks in its place.
    fn unwrap(&mut self) {
        let mut index = 0;
        while let Some(path) = self.tree.paths(Kind::Block).get(index).cloned() {
            index += 1;
            let mut at = 0;
            while self.tree.at(&path).is_some_and(|block| at < block.parts.len()) {
                if !self.unwrap_one(&path, at) {
                    at += 1;
                }
                if self.is_late() {
                    return;
                }
            }
        }
    }

    /// Puts one of the blocks of a statement in its place, and says whether that showed as much.
    fn unwrap_one(&mut self, path: &[usize], at: usize) -> bool {
        let part = self.tree.at(path).and_then(|block| block.parts.get(at));
        let Some(Part::Node(statement)) = part.cloned() else { return false };
        let mut inner = Vec::new();
        blocks(&statement, &mut inner);
        inner.into_iter().any(|block| {
            let mut candidate = self.tree.clone();
            if let Some(outer) = candidate.at_mut(path) {
                outer.parts.splice(at..=at, block.parts.iter().cloned());
            }
            self.keep(candidate)
        })
    }

    /// Replaces expressions by expressions inside them, or by constants.
    fn simplify(&mut self) {
        let mut index = 0;
        while let Some(path) = self.tree.paths(Kind::Expression).get(index).cloned() {
            index += 1;
            let Some(expression) = self.tree.at(&path).cloned() else { continue };
            if expression.text().len() < 2 {
                continue;
            }
            let constants = ["1", "\"a\"", "nil", ""].map(|text| crate::expr![text]);
            let smaller = expression.children().cloned().chain(constants);
            for replacement in smaller {
                if replacement.text().len() >= expression.text().len() || self.is_late() {
                    continue;
                }
                let mut candidate = self.tree.clone();
                if let Some(place) = candidate.at_mut(&path) {
                    *place = replacement;
                }
                if self.keep(candidate) {
                    // The same path again: what took the place may shrink too.
                    index -= 1;
                    break;
                }
            }
        }
    }
}

/// Replaces `P(` where a text begins with it or a call of it follows a space.
fn rename_print(node: &mut Node) {
    for part in &mut node.parts {
        match part {
            Part::Text(text) => {
                if let Some(rest) = text.strip_prefix("P(") {
                    *text = format!("print({rest}");
                }
                *text = text.replace(" P(", " print(").replace("function print(", "function P(");
            }
            Part::Node(node) => rename_print(node),
        }
    }
}

/// The outermost blocks inside a node.
fn blocks<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
    for child in node.children() {
        if child.kind == Kind::Block {
            found.push(child);
        } else {
            blocks(child, found);
        }
    }
}
