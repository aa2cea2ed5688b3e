//! The text of a chunk, positions in it, and the short form of its name in messages.

use alloc::vec::Vec;

/// The room the reference reserves for a chunk's name in messages, its closing NUL included.
const ID_SIZE: usize = 60;

/// The text of one chunk together with its name.
#[derive(Debug, Clone)]
pub struct Source {
    /// The chunk's name as given: `@file`, `=label`, or the text itself.
    pub name: Vec<u8>,
    /// The text: arbitrary bytes, of any encoding.
    pub text: Vec<u8>,
}

/// A range of byte offsets in a source. `parse` refuses texts of more than 1 GB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// From the start of `self` to the end of `last`.
    pub fn to(self, last: Span) -> Span {
        Span { start: self.start, end: last.end }
    }
}

/// A place for people: both count from 1, the column in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line number.
    pub line: u32,
    /// Byte column in that line.
    pub column: u32,
}

impl Source {
    /// A source; as for the reference, a NUL byte ends the name.
    pub fn new(name: impl Into<Vec<u8>>, text: impl Into<Vec<u8>>) -> Source {
        let mut name = name.into();
        if let Some(nul) = name.iter().position(|&b| b == 0) {
            name.truncate(nul);
        }
        Source { name, text: text.into() }
    }

    /// The name as messages show it (see [`chunk_id`]).
    pub fn chunk_id(&self) -> Vec<u8> {
        chunk_id(&self.name)
    }

    /// Line and column of a byte offset. Walks the text up to there: meant for diagnostics.
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let mut position = Position { line: 1, column: 1 };
        let mut at = 0;
        while at < offset {
            let width = newline_width(&self.text, at);
            if width == 0 {
                position.column += 1;
                at += 1;
            } else {
                at += width;
                if at <= offset {
                    position = Position { line: position.line + 1, column: 1 };
                }
            }
        }
        position
    }
}

/// How many bytes the line break at `at` takes: 0 where there is none. `\n\r` and `\r\n` are one.
#[inline]
pub(crate) fn newline_width(text: &[u8], at: usize) -> usize {
    match (text.get(at), text.get(at + 1)) {
        (Some(b'\n'), Some(b'\r')) | (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\n' | b'\r'), _) => 1,
        _ => 0,
    }
}

/// The short form of a chunk name: `=label` and `@file` lose their mark and are cut to 59 bytes
/// (a label at its end, a file at its start), other names become `[string "first line..."]`.
pub fn chunk_id(name: &[u8]) -> Vec<u8> {
    const DOTS: &[u8] = b"...";
    const OPEN: &[u8] = b"[string \"";
    const CLOSE: &[u8] = b"\"]";
    let name = name.split(|&b| b == 0).next().unwrap_or_default();
    match name.split_first() {
        Some((b'=', label)) => label[..label.len().min(ID_SIZE - 1)].to_vec(),
        Some((b'@', file)) if file.len() < ID_SIZE => file.to_vec(),
        Some((b'@', file)) => {
            let kept = ID_SIZE - 1 - DOTS.len();
            [DOTS, &file[file.len() - kept..]].concat()
        }
        _ => {
            let room = ID_SIZE - OPEN.len() - DOTS.len() - CLOSE.len() - 1;
            match name.iter().position(|&b| b == b'\n') {
                None if name.len() < room => [OPEN, name, CLOSE].concat(),
                line_end => {
                    let len = line_end.unwrap_or(name.len()).min(room);
                    [OPEN, &name[..len], DOTS, CLOSE].concat()
                }
            }
        }
    }
}

/// What a *file* has before its chunk: a UTF-8 byte order mark and a first line that starts with
/// `#`. Gives the text to compile; a skipped line leaves a line break, so that lines still count
/// from the file's start. `load` of a string skips neither.
///
/// A text that starts with the escape byte after this is a precompiled chunk, which is for the
/// caller to refuse.
pub fn skip_file_preamble(text: &[u8]) -> Vec<u8> {
    let rest = match text {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest,
        _ => text,
    };
    if rest.first() != Some(&b'#') {
        return rest.to_vec();
    }
    match rest.iter().position(|&b| b == b'\n') {
        Some(end) => [b"\n", &rest[end + 1..]].concat(),
        None => b"\n".to_vec(),
    }
}
