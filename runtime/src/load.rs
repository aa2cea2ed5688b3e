//! Loading Lua source at run time: a hook, filled in by whoever has a compiler.
//!
//! The runtime knows chunks as bytes. What turns them into functions (front end and tier 0) is
//! linked only into programs that can reach `load`; elsewhere loading raises an error that says
//! so.

use alloc::vec::Vec;

use crate::closure::Closure;
use crate::dump;
use crate::error::Raised;
use crate::files::{self, Stream};
use crate::gc::Gc;
use crate::state::State;
use crate::value::Value;

/// Makes a main function of a chunk. A syntax error is raised, its message worded and prefixed as
/// in the reference.
pub type LoadHook = fn(&mut State, &Chunk<'_>) -> Result<Gc<Closure>, Raised>;

/// Makes a function of what a precompiled chunk holds: its upvalues are variables of their own, all
/// nil. `None`: the content is not that of functions.
pub type BinaryHook = fn(&mut State, &dump::Content<'_>) -> Result<Option<Gc<Closure>>, Raised>;

/// What is to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The source.
    pub source: &'a [u8],
    /// The chunk's name: `=name`, `@file` or the source itself.
    pub name: &'a [u8],
    /// What `_ENV` is to be; `None`: the globals table.
    pub env: Option<Value>,
}

/// The first byte of a precompiled chunk.
const BINARY_MARK: u8 = 0x1b;

/// What a chunk is, by its first byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

impl Kind {
    fn of(source: &[u8]) -> Kind {
        if source.first() == Some(&BINARY_MARK) { Kind::Binary } else { Kind::Text }
    }

    /// Whether a mode, of "b" and "t", allows it.
    fn is_allowed(self, mode: &[u8]) -> bool {
        let letter = if self == Kind::Binary { b'b' } else { b't' };
        mode.iter().take_while(|&&byte| byte != 0).any(|&byte| byte == letter)
    }
}

impl State {
    /// Loads a chunk, if `mode` (of "b" and "t") allows its kind.
    pub fn load(&mut self, chunk: &Chunk<'_>, mode: &[u8]) -> Result<Gc<Closure>, Raised> {
        let kind = Kind::of(chunk.source);
        if !kind.is_allowed(mode) {
            let end = mode.iter().position(|&byte| byte == 0).unwrap_or(mode.len());
            let kind = if kind == Kind::Binary { &b"binary"[..] } else { b"text" };
            return Err(self.raise_text(&[
                b"attempt to load a ",
                kind,
                b" chunk (mode is '",
                &mode[..end],
                b"')",
            ]));
        }
        match (kind, self.hooks.load) {
            (Kind::Binary, _) => self.undump(chunk),
            (Kind::Text, Some(hook)) => hook(self, chunk),
            (Kind::Text, None) => Err(self.no_loader()),
        }
    }

    pub(crate) fn no_loader(&mut self) -> Raised {
        self.raise_text(&[b"this program was built without the ability to load code"])
    }

    /// What a reader function gives of a chunk: as much as is needed to load it, or to see that
    /// `mode` does not allow it.
    pub fn read_chunk(&mut self, reader: Value, mode: &[u8]) -> Result<Vec<u8>, Raised> {
        let mut text = Vec::new();
        loop {
            let kind = Kind::of(&text);
            let enough = match kind {
                Kind::Binary => !kind.is_allowed(mode) || dump::is_enough(&text),
                Kind::Text => !text.is_empty() && !kind.is_allowed(mode),
            };
            if enough {
                return Ok(text);
            }
            let piece = self.call(reader, &[])?.first();
            if piece.is_nil() {
                return Ok(text);
            }
            let Some(piece) = self.coerce_to_string(piece)? else {
                let message = format_args!("reader function must return a string");
                let raised = self.lib_error(1, message);
                return Err(self.handle_error(raised));
            };
            if piece.is_empty() {
                return Ok(text);
            }
            if text.try_reserve(piece.len()).is_err() {
                return Err(self.memory_error());
            }
            text.extend_from_slice(piece.as_bytes());
        }
    }

    /// Loads a file; without a name, the standard input.
    pub fn load_file(
        &mut self,
        file: Option<&[u8]>,
        mode: &[u8],
        env: Option<Value>,
    ) -> Result<Gc<Closure>, Raised> {
        let mut name = Vec::new();
        let text = match file {
            Some(file) => {
                name.push(b'@');
                name.extend_from_slice(file);
                self.read_source(file)?
            }
            None => {
                name.extend_from_slice(b"=stdin");
                match Stream::standard_input() {
                    Some(input) => self.read_stream(input, b"stdin")?,
                    None => Vec::new(),
                }
            }
        };
        let chunk = Chunk { source: skip_preamble(&text), name: &name, env };
        self.load(&chunk, mode)
    }

    fn read_source(&mut self, file: &[u8]) -> Result<Vec<u8>, Raised> {
        files::clear_errno();
        let Some(stream) = Stream::open(&files::c_string(file), c"r") else {
            let reason = files::error_text(files::errno());
            return Err(self.raise_text(&[b"cannot open ", file, b": ", &reason]));
        };
        let text = self.read_stream(stream, file);
        stream.close();
        text
    }

    /// The rest of a stream, which messages call `name`.
    fn read_stream(&mut self, stream: Stream, name: &[u8]) -> Result<Vec<u8>, Raised> {
        files::clear_errno();
        let text = files::read_rest(stream);
        if stream.has_error() {
            let reason = files::error_text(files::errno());
            return Err(self.raise_text(&[b"cannot read ", name, b": ", &reason]));
        }
        Ok(text)
    }

    /// Raises a message without a position.
    pub fn raise_text(&mut self, parts: &[&[u8]]) -> Raised {
        match self.new_string_from(parts) {
            Ok(text) => self.raise(Value::string(text)),
            Err(raised) => raised,
        }
    }
}

/// A file's text without a byte-order mark and without the characters of a first line that begins
/// with '#'. The line's end stays, so that lines are counted right.
pub fn skip_preamble(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.first() != Some(&b'#') {
        return text;
    }
    match text.iter().position(|&byte| byte == b'\n') {
        // A precompiled chunk may follow the line.
        Some(end) if text.get(end + 1) == Some(&BINARY_MARK) => &text[end + 1..],
        Some(end) => &text[end..],
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_what_comes_before_the_program() {
        assert_eq!(skip_preamble(b"return 1"), b"return 1");
        assert_eq!(skip_preamble(b"\xef\xbb\xbfreturn 1"), b"return 1");
        assert_eq!(skip_preamble(b"#!/usr/bin/lua\nreturn 1"), b"\nreturn 1");
        assert_eq!(skip_preamble(b"# all"), b"");
        assert_eq!(skip_preamble(b"#\n\x1bLua"), b"\x1bLua");
    }
}
