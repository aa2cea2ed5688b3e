//! The tree of a generated program: text with holes, and what may be done to a hole.
//!
//! It knows no Lua beyond three kinds of node, which is all that shrinking needs: a statement may be
//! left out of its block, a block may take its statement's place, an expression may be replaced.

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Statements, each on a line of its own.
    Block,
    /// A statement.
    Statement,
    /// An expression.
    Expression,
}

/// A node: text and smaller nodes, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// What it is made of.
    pub parts: Vec<Part>,
}

/// A part of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Program text.
    Text(String),
    /// A smaller node.
    Node(Node),
}

impl From<&str> for Part {
    fn from(text: &str) -> Part {
        Part::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Part {
        Part::Text(text)
    }
}

impl From<&String> for Part {
    fn from(text: &String) -> Part {
        Part::Text(text.clone())
    }
}

impl From<Node> for Part {
    fn from(node: Node) -> Part {
        Part::Node(node)
    }
}

/// An expression of the given parts: texts and nodes.
#[macro_export]
macro_rules! expr {
    ($($part:expr),* $(,)?) => {
        $crate::tree::Node {
            kind: $crate::tree::Kind::Expression,
            parts: vec![$($crate::tree::Part::from($part)),*],
        }
    };
}

/// A statement of the given parts: texts and nodes.
#[macro_export]
macro_rules! stmt {
    ($($part:expr),* $(,)?) => {
        $crate::tree::Node {
            kind: $crate::tree::Kind::Statement,
            parts: vec![$($crate::tree::Part::from($part)),*],
        }
    };
}

impl Node {
    /// A block of statements.
    pub fn block(statements: Vec<Node>) -> Node {
        Node { kind: Kind::Block, parts: statements.into_iter().map(Part::Node).collect() }
    }

    /// The text of a program whose outermost block this is.
    pub fn program(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            part.write(0, &mut text);
            text.push('\n');
        }
        text
    }

    /// The text of this node.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text
    }

    /// The number of nodes, this one included.
    pub fn size(&self) -> usize {
        1 + self.children().map(Node::size).sum::<usize>()
    }

    /// The smaller nodes directly below.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        self.parts.iter().filter_map(|part| match part {
            Part::Node(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    /// The node that the path leads to: at each step, the index of a part.
    pub fn at(&self, path: &[usize]) -> Option<&Node> {
        path.iter().try_fold(self, |node, index| match node.parts.get(*index) {
            Some(Part::Node(child)) => Some(child),
            _ => None,
        })
    }

    /// As `at`, to change it.
    pub fn at_mut(&mut self, path: &[usize]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, index| match node.parts.get_mut(*index) {
            Some(Part::Node(child)) => Some(child),
            _ => None,
        })
    }

    /// The paths of all nodes of a kind, outer ones first.
    pub fn paths(&self, kind: Kind) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        let mut queue = std::collections::VecDeque::from([Vec::new()]);
        while let Some(path) = queue.pop_front() {
            let Some(node) = self.at(&path) else { continue };
            for (index, part) in node.parts.iter().enumerate() {
                if let Part::Node(_) = part {
                    let mut below = path.clone();
                    below.push(index);
                    queue.push_back(below);
                }
            }
            if node.kind == kind {
                found.push(path);
            }
        }
        found
    }

    fn write(&self, depth: usize, text: &mut String) {
        if self.kind == Kind::Block {
            for part in &self.parts {
                indent(depth + 1, text);
                part.write(depth + 1, text);
            }
            indent(depth, text);
        } else {
            for part in &self.parts {
                part.write(depth, text);
            }
        }
    }
}

impl Part {
    fn write(&self, depth: usize, text: &mut String) {
        match self {
            Part::Text(part) => text.push_str(part),
            Part::Node(node) => node.write(depth, text),
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    text.push('\n');
    for _ in 0..depth {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_written_on_lines_of_their_own() {
        let body = Node::block(vec![stmt!["f(", expr!["1"], ")"], stmt!["g()"]]);
        let program = Node::block(vec![stmt!["do", body, "end"]]);
        assert_eq!(program.program(), "do\n  f(1)\n  g()\nend\n");
        assert_eq!(program.paths(Kind::Statement).len(), 3);
        assert_eq!(program.at(&[0, 1, 0]).map(Node::text).as_deref(), Some("f(1)"));
    }
}
