//! The wording of run-time errors: positions, names of operands, names of functions.

use alloc::vec::Vec;

use abi::module::name_kind;

use crate::error::{Bytes, Raised};
use crate::frames::{FrameInfo, HOOK, METAMETHOD};
use crate::gc::Gc;
use crate::state::State;
use crate::string::Str;
use crate::table::{Cursor, Table};
use crate::text::number::int_text;
use crate::value::Value;

/// The number of an operand that has no name.
pub const NO_OPERAND: u32 = u32::MAX;

/// How messages call a chunk: `file.lua`, `[string "text..."]`, `[C]`.
pub fn chunk_id(source: &[u8]) -> Vec<u8> {
    /// The longest result, with its NUL in the reference.
    const SIZE: usize = 60;
    match source.first() {
        Some(b'=') => source[1..source.len().min(SIZE)].to_vec(),
        Some(b'@') => {
            if source.len() <= SIZE {
                return source[1..].to_vec();
            }
            let kept = SIZE - 1 - 3;
            [b"...", &source[source.len() - kept..]].concat()
        }
        _ => {
            let available = SIZE - "[string \"".len() - "...".len() - "\"]".len() - 1;
            let line = source.split(|byte| *byte == b'\n').next().unwrap_or(source);
            let whole = line.len() == source.len();
            if whole && source.len() < available {
                return [b"[string \"", source, b"\"]"].concat();
            }
            let line = &line[..line.len().min(available)];
            [b"[string \"", line, b"...\"]"].concat()
        }
    }
}

/// How messages call a kind of name.
pub(crate) fn kind_text(kind: u32) -> &'static str {
    match kind {
        name_kind::LOCAL => "local",
        name_kind::UPVALUE => "upvalue",
        name_kind::GLOBAL => "global",
        name_kind::FIELD => "field",
        name_kind::METHOD => "method",
        name_kind::CONSTANT => "constant",
        name_kind::FOR_ITERATOR => "for iterator",
        METAMETHOD => "metamethod",
        HOOK => "hook",
        _ => "?",
    }
}

/// [`chunk_id`], where it costs no allocation in the common case.
fn add_chunk_id(text: &mut Bytes, source: &[u8]) {
    match source {
        [b'@' | b'=', name @ ..] if name.len() < 59 => text.add(name),
        _ => text.add(&chunk_id(source)),
    }
}

impl State {
    /// `chunk:line: ` of the running function, when that is a Lua function. The line is -1 where
    /// that function was stripped of its lines.
    pub(super) fn running_position(&self) -> Bytes {
        self.position_if(0, |line| line != 0)
    }

    /// `chunk:line: ` of the function at `level`, or nothing.
    pub(super) fn position(&self, level: u32) -> Bytes {
        self.position_if(level, |line| line > 0)
    }

    fn position_if(&self, level: u32, is_shown: fn(i32) -> bool) -> Bytes {
        let mut text = Bytes::default();
        if let Some((chunk_name, line)) = self.line_at(level as usize)
            && is_shown(line as i32)
        {
            add_chunk_id(&mut text, chunk_name);
            text.add(b":");
            text.add(int_text(i64::from(line as i32)).as_bytes());
            text.add(b": ");
        }
        text
    }

    /// `chunk:line: ` of the function at `level`, or nothing, for `error`.
    pub(crate) fn where_text(&self, level: u32) -> Bytes {
        self.position(level)
    }

    /// Adds ` (local 'x')`, or nothing.
    fn add_operand(&self, text: &mut Bytes, operand: u32) {
        if operand == NO_OPERAND {
            return;
        }
        if let Some((kind, name)) = self.operand_name(operand) {
            text.add(b" (");
            text.add(kind_text(kind).as_bytes());
            text.add(b" '");
            text.add(name);
            text.add(b"')");
        }
    }

    /// `attempt to {what} a {type} value (local 'x')`: operand number `operand` of the running
    /// operation, whose name is looked up at the current site; [`NO_OPERAND`] has none.
    #[cold]
    pub fn type_error(&mut self, operand: u32, value: Value, what: &str) -> Raised {
        let mut text = self.running_position();
        text.add(b"attempt to ");
        text.add(what.as_bytes());
        text.add(b" a ");
        if value.as_table().is_some() || value.as_userdata().is_some() {
            text.add(&self.object_type_name(value));
        } else {
            text.add(value.type_name().as_bytes());
        }
        text.add(b" value");
        self.add_operand(&mut text, operand);
        self.raise_message(text.as_bytes())
    }

    /// `attempt to call a {type} value (global 'f')`: the called function of the current site.
    #[cold]
    pub fn call_error(&mut self, value: Value) -> Raised {
        self.type_error(name_kind::CALLEE, value, "call")
    }

    /// `number (local 'x') has no integer representation`
    #[cold]
    pub fn integer_error(&mut self, operand: u32) -> Raised {
        let mut text = self.running_position();
        text.add(b"number");
        self.add_operand(&mut text, operand);
        text.add(b" has no integer representation");
        self.raise_message(text.as_bytes())
    }

    /// The name under which a loaded library (or the globals table) has `function`: `print`,
    /// `string.rep`.
    pub(crate) fn global_function_name(&self, function: Value) -> Option<Vec<u8>> {
        let loaded = self.loaded_table()?;
        self.find_function(loaded, &|value| value.is_identical(function))
    }

    /// Likewise the function of a frame.
    pub(super) fn global_name_of(&self, frame: &FrameInfo) -> Option<Vec<u8>> {
        let loaded = self.loaded_table()?;
        self.find_function(loaded, &|value| {
            value.as_function().is_some_and(|function| frame.is_of(self, function))
        })
    }

    fn find_function(&self, loaded: Gc<Table>, wanted: &dyn Fn(Value) -> bool) -> Option<Vec<u8>> {
        let mut cursor = Cursor::START;
        while let Some((key, value)) = loaded.advance(self, &mut cursor) {
            let Some(library) = key.as_string() else { continue };
            if wanted(value) {
                return Some(library.as_bytes().to_vec());
            }
            if let Some(table) = value.as_table()
                && let Some(name) = self.find_field(table, wanted)
            {
                let (library, name) = (library.as_bytes(), name.as_bytes());
                return Some(match library {
                    b"_G" => name.to_vec(),
                    _ => [library, b".", name].concat(),
                });
            }
        }
        None
    }

    fn find_field(&self, table: Gc<Table>, wanted: &dyn Fn(Value) -> bool) -> Option<Gc<Str>> {
        let mut cursor = Cursor::START;
        while let Some((key, value)) = table.advance(self, &mut cursor) {
            if let Some(name) = key.as_string()
                && wanted(value)
            {
                return Some(name);
            }
        }
        None
    }

    /// `package.loaded`
    fn loaded_table(&self) -> Option<Gc<Table>> {
        let mut cursor = Cursor::START;
        while let Some((key, value)) = self.registry.advance(self, &mut cursor) {
            if key.as_string().is_some_and(|name| name.as_bytes() == b"_LOADED") {
                return value.as_table();
            }
        }
        None
    }
}
