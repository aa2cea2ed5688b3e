//! Records that were checked: functions that can be read one by one, when they are wanted.

use super::read::{self, Damaged};
use super::{NO_SOURCE, check};
use crate::function::{FuncId, Function, UpvalueKind};
use crate::module::EnvMode;
use crate::order;
use crate::outline::Outline;
use crate::verify::{self, Captured};
use abi::chunk::Record;
use alloc::vec::Vec;

/// The records of a chunk, the first of which is that of its main function. All are well-formed.
#[derive(Debug)]
pub struct Records {
    bytes: Vec<u8>,
    source: Vec<u8>,
    /// Where each begins.
    starts: Vec<u32>,
    has_plain: bool,
    longest_string: usize,
}

/// By function: what stands at the beginning of its record.
struct Heads<'a>(Vec<(Outline, &'a [u8])>);

impl Captured for Heads<'_> {
    fn count(&self, id: FuncId) -> Option<usize> {
        self.0.get(id.index()).map(|(_, kinds)| kinds.len())
    }

    fn kind(&self, id: FuncId, index: usize) -> UpvalueKind {
        read::kind(self.0[id.index()].1[index])
    }
}

impl Records {
    /// Checks records that may come from anybody. Their chunk is called `source`, unless there is
    /// no debug information.
    pub fn check(bytes: &[u8], source: Option<&[u8]>) -> Result<Records, Damaged> {
        if bytes.is_empty() || u32::try_from(bytes.len()).is_err() {
            return Err(Damaged);
        }
        let mut records = Records {
            bytes: Vec::new(),
            source: source.unwrap_or(NO_SOURCE).to_vec(),
            starts: Vec::new(),
            has_plain: false,
            longest_string: 0,
        };
        let mut heads = Heads(Vec::new());
        let mut rest = bytes;
        while !rest.is_empty() {
            records.starts.push((bytes.len() - rest.len()) as u32);
            let (record, behind) = Record::read(rest).ok_or(Damaged)?;
            heads.0.push(read::head(&record)?);
            rest = behind;
        }
        let mut decoder = read::Decoder::new();
        let mut verifier = verify::Verifier::default();
        for (index, start) in records.starts.iter().enumerate() {
            let (record, _) = Record::read(&bytes[*start as usize..]).ok_or(Damaged)?;
            let id = FuncId(index as u32);
            decoder.read(&record, id)?;
            let func = &decoder.func;
            verifier.verify(func).map_err(|_| Damaged)?;
            verify::check_references(func, id, EnvMode::Variable, &heads).map_err(|_| Damaged)?;
            check::check(func, verifier.order())?;
            records.has_plain |= func.debug.is_none();
            let longest = func.strings.iter().map(<[u8]>::len).max();
            records.longest_string = records.longest_string.max(longest.unwrap_or(0));
        }
        records.bytes.extend_from_slice(bytes);
        Ok(records)
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: there is a main function.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The name of the chunk.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// Whether some function is not debuggable.
    pub fn has_plain(&self) -> bool {
        self.has_plain
    }

    /// How long the longest string of any function is.
    pub fn longest_string(&self) -> usize {
        self.longest_string
    }

    /// How much memory they take.
    pub fn size_in_bytes(&self) -> usize {
        self.bytes.len() + self.starts.len() * size_of::<u32>()
    }

    fn record(&self, index: u32) -> Record<'_> {
        let start = self.starts[index as usize] as usize;
        Record::read(&self.bytes[start..]).expect("records were checked").0
    }

    /// How the upvalues of a function are captured.
    pub fn upvalue_kinds(&self, id: FuncId) -> impl Iterator<Item = UpvalueKind> + '_ {
        let (_, kinds) = read::head(&self.record(id.0)).expect("records were checked");
        kinds.iter().map(|byte| read::kind(*byte))
    }

    /// What is known of a function without its IR.
    pub fn outline(&self, index: u32) -> Outline {
        // No function that only compares its parameters is longer.
        const COMPARISON: usize = 40;
        let record = self.record(index);
        let (mut outline, _) = read::head(&record).expect("records were checked");
        if outline.param_count == 2 && record.code.len() <= COMPARISON {
            outline.order = order::flag(&self.read(index));
        }
        outline
    }

    /// The function.
    pub fn read(&self, index: u32) -> Function {
        let mut decoder = read::Decoder::new();
        decoder.read(&self.record(index), FuncId(index)).expect("records were checked");
        decoder.func
    }

    /// The records of a function and of those inside it.
    pub fn inside(&self, index: u32) -> &[u8] {
        let behind = index as usize + 1 + self.record(index).inner as usize;
        let end = self.starts.get(behind).map_or(self.bytes.len(), |start| *start as usize);
        &self.bytes[self.starts[index as usize] as usize..end]
    }
}
