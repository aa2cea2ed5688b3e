//! Precompiled chunks from the runtime's side: made of the records that functions were compiled
//! from, and checked as far as possible before whoever knows records reads them.
//!
//! `abi::chunk` has the layout. A module brings the records of its functions along when its program
//! can reach `string.dump`; functions of tier 0 have theirs made again from what they were loaded
//! from.

use alloc::vec::Vec;

use abi::chunk::{FLOAT, HEADER, INTEGER, MARK, Record, checksum, records};

use crate::closure::{Closure, Proto};
use crate::error::Raised;
use crate::gc::Gc;
use crate::load::Chunk;
use crate::state::State;
use crate::value::Value;

/// What a binary chunk holds, checked for damage.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The name of the source; `None` in a stripped chunk.
    pub source: Option<&'a [u8]>,
    /// The records of the functions, the main one first.
    pub records: &'a [u8],
    /// How many upvalues the main function has.
    pub upvalues: u8,
}

/// Reads the parts of a chunk one after the other. The error is the reason in the message.
struct Reader<'a>(&'a [u8]);

type Read<T> = Result<T, &'static str>;

const TRUNCATED: &str = "truncated chunk";
const CORRUPTED: &str = "corrupted chunk";

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| TRUNCATED)
    }

    fn expect(&mut self, bytes: &[u8], otherwise: &'static str) -> Read<()> {
        if self.take(bytes.len())? == bytes { Ok(()) } else { Err(otherwise) }
    }

    fn word(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }
}

/// How many bytes there are up to the content.
const CONTENT: usize = HEADER.len() + 8 + 8 + 1 + MARK.len() + 4 + 8;

/// Where the parts of the header end that are looked at one after the other.
const PARTS: [usize; 7] = [4, 5, 6, 12, 13, 14, 15];

/// Whether so much of a chunk says whether it is one: it is whole, or its beginning is not right.
pub(crate) fn is_enough(chunk: &[u8]) -> bool {
    let is_wrong = |end: usize| chunk.get(..end).is_some_and(|start| start != &HEADER[..end]);
    let length = chunk.get(CONTENT - 12..CONTENT - 8).map(<[u8; 4]>::try_from);
    let len = match length {
        Some(Ok(length)) => CONTENT.saturating_add(u32::from_le_bytes(length) as usize),
        _ => CONTENT,
    };
    PARTS.into_iter().any(is_wrong) || chunk.len() >= len
}

/// What a chunk holds, or the reason why it is none.
fn open(chunk: &[u8]) -> Read<Content<'_>> {
    let mut reader = Reader(chunk);
    let parts: [(&[u8], &str); 7] = [
        (&HEADER[..4], "not a binary chunk"),
        (&HEADER[4..5], "version mismatch"),
        (&HEADER[5..6], "format mismatch"),
        (&HEADER[6..12], CORRUPTED),
        (&HEADER[12..13], "Instruction size mismatch"),
        (&HEADER[13..14], "lua_Integer size mismatch"),
        (&HEADER[14..15], "lua_Number size mismatch"),
    ];
    for (bytes, otherwise) in parts {
        reader.expect(bytes, otherwise)?;
    }
    reader.expect(&INTEGER.to_ne_bytes(), "integer format mismatch")?;
    reader.expect(&FLOAT.to_ne_bytes(), "float format mismatch")?;
    let [upvalues] = reader.array()?;
    reader.expect(MARK, "the chunk of another compiler")?;
    let length = reader.word()? as usize;
    let sum = u64::from_le_bytes(reader.array()?);
    let content = reader.take(length)?;
    if checksum(content) != sum {
        return Err(CORRUPTED);
    }
    let mut reader = Reader(content);
    let [stripped] = reader.array()?;
    let length = reader.word()? as usize;
    let source = reader.take(length)?;
    let source = (stripped == 0).then_some(source);
    Ok(Content { source, records: reader.0, upvalues })
}

/// A chunk of the function at the start of these records, with all functions inside it.
fn close(main: &[u8], source: &[u8], strip: bool) -> Option<Vec<u8>> {
    let (first, _) = Record::read(main)?;
    let mut content = Vec::new();
    content.push(u8::from(strip));
    let source = if strip { &[][..] } else { source };
    content.extend_from_slice(&(source.len() as u32).to_le_bytes());
    content.extend_from_slice(source);
    for record in records(main).take(first.inner as usize + 1) {
        let record = if strip { Record { debug: &[], ..record } } else { record };
        content.extend_from_slice(&record.header());
        content.extend_from_slice(record.code);
        content.extend_from_slice(record.debug);
    }
    let mut chunk = Vec::with_capacity(CONTENT + content.len());
    chunk.extend_from_slice(HEADER);
    chunk.extend_from_slice(&INTEGER.to_ne_bytes());
    chunk.extend_from_slice(&FLOAT.to_ne_bytes());
    chunk.push(first.upvalues);
    chunk.extend_from_slice(MARK);
    chunk.extend_from_slice(&u32::try_from(content.len()).ok()?.to_le_bytes());
    chunk.extend_from_slice(&checksum(&content).to_le_bytes());
    chunk.append(&mut content);
    Some(chunk)
}

/// What follows the first `count` records.
fn skip(mut bytes: &[u8], count: u32) -> Option<&[u8]> {
    for _ in 0..count {
        bytes = Record::read(bytes)?.1;
    }
    Some(bytes)
}

impl State {
    /// A function as a binary chunk; `None` for those that cannot be one.
    pub(crate) fn dump(&self, function: Gc<Closure>, strip: bool) -> Option<Vec<u8>> {
        let proto = function.proto();
        let index = proto.get().index;
        if proto.is_library() {
            return None;
        }
        if proto.is_tier0() {
            let hooks = self.hooks.tier0?;
            let data = proto.get().data;
            let records = (hooks.records)(data)?;
            return close(&records, (hooks.function)(data).chunk_name, strip);
        }
        let module = self.module_of_proto(proto)?;
        let info = module.functions().get(index as usize)?;
        close(skip(module.records()?, index)?, module.chunk_name(info), strip)
    }

    fn module_of_proto(&self, proto: Gc<Proto>) -> Option<&crate::module::Module> {
        self.modules.get((proto.get().module as usize).checked_sub(1)?)
    }

    /// Loads a binary chunk.
    pub(crate) fn undump(&mut self, chunk: &Chunk<'_>) -> Result<Gc<Closure>, Raised> {
        let Some(hook) = self.hooks.load_binary else { return Err(self.no_loader()) };
        let loaded = match open(chunk.source) {
            Ok(content) => hook(self, &content)?,
            Err(reason) => return Err(self.bad_binary(chunk.name, reason)),
        };
        let Some(function) = loaded else { return Err(self.bad_binary(chunk.name, CORRUPTED)) };
        if function.upvalue_count() > 0 {
            let env = chunk.env.unwrap_or_else(|| Value::table(self.globals()));
            function.set_upvalue(self, 0, env);
        }
        Ok(function)
    }

    fn bad_binary(&mut self, name: &[u8], reason: &str) -> Raised {
        let name = match name {
            [b'@' | b'=', name @ ..] => name,
            [0x1b, ..] => b"binary string",
            name => name,
        };
        self.raise_text(&[name, b": bad binary format (", reason.as_bytes(), b")"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(inner: u32, code: &[u8]) -> Vec<u8> {
        let record = Record { inner, upvalues: 1, code, debug: b"debug" };
        [&record.header()[..], record.code, record.debug].concat()
    }

    #[test]
    fn chunks_come_back() {
        let all = [function(1, b"main"), function(0, b"inner"), function(0, b"other")].concat();
        let chunk = close(&all, b"@x", false).expect("there is a record");
        let content = open(&chunk).expect("it is whole");
        assert_eq!((content.source, content.upvalues), (Some(&b"@x"[..]), 1));
        assert_eq!(records(content.records).count(), 2);
        assert!(is_enough(&chunk) && is_enough(b"\x1bLui"));
        assert!(!is_enough(&chunk[..20]) && !is_enough(&chunk[..chunk.len() - 1]));
        let stripped = close(&all, b"@x", true).expect("there is a record");
        let content = open(&stripped).expect("it is whole");
        assert_eq!(content.source, None);
        assert!(records(content.records).all(|record| record.debug.is_empty()));
    }

    #[test]
    fn damage_is_found() {
        let chunk = close(&function(0, b"main"), b"@x", false).expect("there is a record");
        for len in 1..chunk.len() {
            assert_eq!(open(&chunk[..len]).err(), Some(TRUNCATED));
        }
        for at in 0..chunk.len() {
            let mut bad = chunk.clone();
            bad[at] ^= 1;
            // The number of upvalues is for the function to confirm.
            assert!(open(&bad).is_err() || at == HEADER.len() + 16, "byte {at}");
        }
    }
}
