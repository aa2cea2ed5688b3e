//! What there is to say about a source, as data. Nothing is printed here.

use alloc::string::String;
use alloc::vec::Vec;

use crate::source::Span;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The chunk is refused.
    Error,
    /// The chunk is compiled all the same.
    Warning,
}

/// A message about a source, with the places it is about.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// How grave it is.
    pub level: Level,
    /// The whole message as a program sees it through `load`: `chunk:line: text`. It holds bytes of
    /// the source, so it need not be UTF-8.
    pub message: Vec<u8>,
    /// How many bytes of `message` are the position in front of the text.
    pub prefix_len: usize,
    /// What it is about.
    pub span: Span,
    /// The line that the message names; 0 where it names none.
    pub line: u32,
    /// Words at places of the source; the first is at `span`.
    pub labels: Vec<Label>,
    /// Further sentences.
    pub notes: Vec<String>,
    /// The parser's nesting is exhausted: to the reference a run-time error ("C stack overflow",
    /// without a position, shown to message handlers), not an error of syntax.
    pub is_overflow: bool,
}

/// Words at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words.
    pub text: String,
}

impl Diagnostic {
    /// An error with this message, whose first `prefix_len` bytes are its position.
    pub fn error(message: Vec<u8>, prefix_len: usize, span: Span, line: u32) -> Diagnostic {
        Diagnostic {
            level: Level::Error,
            message,
            prefix_len,
            span,
            line,
            labels: Vec::new(),
            notes: Vec::new(),
            is_overflow: false,
        }
    }

    /// The text of the message without the position in front.
    pub fn summary(&self) -> &[u8] {
        &self.message[self.prefix_len..]
    }

    /// Adds words at a place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a sentence.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }
}
