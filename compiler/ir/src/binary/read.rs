//! Bytes to functions. Nothing of the bytes is believed: every number is checked before use, and
//! no more memory is asked for than a multiple of what was given.

use super::{FORM, NO_LINE, NO_NAME, Records};
use crate::debug::{Debug, DebugLocal, DebugStep};
use crate::function::{
    Block, BlockCall, BlockData, FuncId, Function, Imm, Inst, NameKind, OperandName, Range,
    SelfCapture, StrId, Upvalue, UpvalueKind, UpvalueSource, Value,
};
use crate::module::{Edition, EnvMode, Module};
use crate::op::{ImmKind, Op, Rest, Results};
use crate::outline::Outline;
use crate::types::Type;
use abi::chunk::Record;
use alloc::vec::Vec;

/// The bytes are not those of functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damaged;

type Result<T> = core::result::Result<T, Damaged>;

/// The functions of records, the first of which is the main one. Its chunk is called `source`,
/// unless there is no debug information.
pub fn read_module(records: &[u8], source: Option<&[u8]>) -> Result<Module> {
    let records = Records::check(records, source)?;
    let mut module = Module::new(records.source(), Edition::Lua54, EnvMode::Variable);
    module.functions.extend((0..records.len() as u32).map(|index| records.read(index)));
    Ok(module)
}

/// What stands at the beginning of a record: an outline, whose order is not known, and the kinds of
/// the upvalues, a byte each.
pub(super) fn head<'a>(record: &Record<'a>) -> Result<(Outline, &'a [u8])> {
    head_and_rest(record).map(|(outline, kinds, _)| (outline, kinds))
}

fn head_and_rest<'a>(record: &Record<'a>) -> Result<(Outline, &'a [u8], &'a [u8])> {
    let mut bytes = Bytes(record.code);
    if bytes.take(4)? != FORM.to_le_bytes() {
        return Err(Damaged);
    }
    let is_vararg = bytes.number()? != 0;
    let (line_defined, last_line_defined) = (bytes.word()?, bytes.word()?);
    let (params, upvalues) = (bytes.count()?, bytes.count()?);
    let kinds = bytes.take(upvalues)?;
    if upvalues != usize::from(record.upvalues) || kinds.iter().any(|kind| *kind > 1) {
        return Err(Damaged);
    }
    let (param_count, upvalue_count) = (params as u32, upvalues as u32);
    let outline = Outline {
        line_defined,
        last_line_defined,
        param_count,
        is_vararg,
        upvalue_count,
        order: 0,
    };
    Ok((outline, kinds, bytes.0))
}

/// How an upvalue is captured, by what [`head`] gives.
pub(super) fn kind(byte: u8) -> UpvalueKind {
    if byte == 0 { UpvalueKind::ByValue } else { UpvalueKind::Cell }
}

/// Reads functions, one after the other in the same memory.
pub(super) struct Decoder {
    pub(super) func: Function,
    /// Blocks of earlier functions.
    spare: Vec<BlockData>,
    strings: Vec<StrId>,
    upvalue_names: Vec<OperandName>,
}

impl Decoder {
    pub(super) fn new() -> Decoder {
        let func = Function::new(b"");
        Decoder { func, spare: Vec::new(), strings: Vec::new(), upvalue_names: Vec::new() }
    }

    /// Reads function `id` of its module, which is in `func` then.
    pub(super) fn read(&mut self, record: &Record<'_>, id: FuncId) -> Result<()> {
        let Decoder { func, spare, strings, upvalue_names } = self;
        func.clear(spare);
        let (outline, kinds, behind) = head_and_rest(record)?;
        func.is_vararg = outline.is_vararg;
        func.line_defined = outline.line_defined;
        func.last_line_defined = outline.last_line_defined;
        let name = func.strings.intern(b"");
        func.params.resize(outline.param_count as usize, name);
        let source = UpvalueSource::ParentValue;
        let upvalue = |byte: &u8| Upvalue { name, kind: kind(*byte), source };
        func.upvalues.extend(kinds.iter().map(upvalue));
        strings.clear();
        upvalue_names.clear();
        let mut reader = Reader { bytes: Bytes(behind), id, func, spare, strings, upvalue_names };
        reader.code(record.code.len(), name)?;
        reader.bytes = Bytes(record.debug);
        reader.strings.clear();
        match record.debug {
            [] => reader.without_debug(),
            _ => reader.debug()?,
        }
        let names = &mut self.func.names;
        let key = |name: &OperandName| (name.inst, name.operand);
        if !names.is_sorted_by_key(key) {
            names.sort_unstable_by_key(key);
        }
        Ok(())
    }
}

/// How many values there may be for each byte of code: a call can have many results.
const VALUES_PER_BYTE: usize = 64;

/// What is left of some bytes.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    #[inline]
    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    fn number(&mut self) -> Result<u64> {
        match self.byte()? {
            byte @ ..0x80 => Ok(byte.into()),
            byte => self.long_number(byte),
        }
    }

    fn long_number(&mut self, first: u8) -> Result<u64> {
        let mut number = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    fn word(&mut self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| Damaged)
    }

    /// How many of something follow, of which each takes a byte at least.
    fn count(&mut self) -> Result<usize> {
        let count = self.number()?;
        if count > self.0.len() as u64 { Err(Damaged) } else { Ok(count as usize) }
    }

    fn signed(&mut self) -> Result<i64> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

struct Reader<'a> {
    bytes: Bytes<'a>,
    id: FuncId,
    func: &'a mut Function,
    spare: &'a mut Vec<BlockData>,
    /// The strings of the part that is read, by their number in it.
    strings: &'a mut Vec<StrId>,
    /// The operands that upvalues' names belong to.
    upvalue_names: &'a mut Vec<OperandName>,
}

impl Reader<'_> {
    fn read_strings(&mut self) -> Result<()> {
        let count = self.bytes.count()?;
        for _ in 0..count {
            let len = self.bytes.count()?;
            let string = self.bytes.take(len)?;
            let id = self.func.strings.intern(string);
            self.strings.push(id);
        }
        Ok(())
    }

    fn string(&mut self) -> Result<StrId> {
        let index = self.bytes.number()?;
        self.strings.get(index as usize).copied().ok_or(Damaged)
    }

    fn value(&mut self) -> Result<Value> {
        let value = self.bytes.word()?;
        if (value as usize) < self.func.values.len() { Ok(Value(value)) } else { Err(Damaged) }
    }

    /// Reads so many values into the pool.
    fn values(&mut self, count: usize) -> Result<Range> {
        let start = self.func.pool.len() as u32;
        for _ in 0..count {
            let value = self.value()?;
            self.func.pool.push(value);
        }
        Ok(Range { start, len: count as u32 })
    }

    /// Reads the code behind the head.
    fn code(&mut self, len: usize, nameless: StrId) -> Result<()> {
        self.slots(len, nameless)?;
        self.read_strings()?;
        let block_count = self.bytes.count()?;
        for _ in 0..block_count {
            let block = self.func.new_block_like(self.spare);
            self.func.layout.push(block);
            for _ in 0..self.bytes.count()? {
                let ty = Type::ALL.get(usize::from(self.bytes.byte()?)).ok_or(Damaged)?;
                self.func.add_param(block, *ty);
            }
        }
        for block in 0..block_count as u32 {
            for _ in 0..self.bytes.count()? {
                self.inst(Block(block), len)?;
                if self.func.values.len() > len.saturating_mul(VALUES_PER_BYTE) {
                    return Err(Damaged);
                }
            }
        }
        self.names()
    }

    /// The slots and steps of a debuggable function.
    fn slots(&mut self, len: usize, nameless: StrId) -> Result<()> {
        let Some(slots) = self.bytes.word()?.checked_sub(1) else { return Ok(()) };
        if slots as usize > len {
            return Err(Damaged);
        }
        let mut debug = Debug { slots, ..Debug::default() };
        for _ in 0..self.bytes.count()? {
            let place = self.bytes.word()?;
            let (start, end) = (self.bytes.word()?, self.bytes.word()?);
            let (slot, is_cell) = (place >> 1, place & 1 != 0);
            debug.locals.push(DebugLocal { name: nameless, slot, is_cell, start, end });
        }
        for _ in 0..self.bytes.count()? {
            debug.steps.push(DebugStep { line: NO_LINE, top: self.bytes.word()? });
        }
        self.func.debug = Some(debug);
        Ok(())
    }

    fn inst(&mut self, block: Block, len: usize) -> Result<()> {
        let op = *Op::ALL.get(usize::from(self.bytes.byte()?)).ok_or(Damaged)?;
        let info = op.info();
        let mut imm = self.imm(info.imm, len)?;
        let call_results = match info.results {
            Results::Call => self.bytes.number()?,
            _ => 0,
        };
        let count = match info.rest {
            Rest::None => info.operands.len(),
            _ => self.bytes.count()?,
        };
        let args = self.values(count)?;
        let computed;
        let results = match info.results {
            Results::Fixed(types) => types,
            Results::Computed => {
                computed = [self.result_type(op, args)];
                &computed
            }
            Results::Call => match call_results {
                0 => &[Type::Multi][..],
                count @ 1..=256 => &[Type::Any; 256][..count as usize - 1],
                _ => return Err(Damaged),
            },
        };
        let targets = match info.imm {
            ImmKind::Jump => 1,
            ImmKind::Branch => 2,
            _ => 0,
        };
        let first = self.func.targets.len() as u32;
        for _ in 0..targets {
            let block = Block(self.bytes.word()?);
            let params = self.func.blocks.get(block.index()).ok_or(Damaged)?.params.len();
            let args = self.values(params)?;
            self.func.targets.push(BlockCall { block, args });
        }
        match &mut imm {
            Imm::Jump(at) | Imm::Branch(at) => *at = first,
            _ => {}
        }
        self.func.push_pooled(block, op, imm, args, results, NO_LINE);
        Ok(())
    }

    /// The type of a result that depends on these operands.
    fn result_type(&self, op: Op, args: Range) -> Type {
        let args = &self.func.pool[args.start as usize..][..args.len as usize];
        self.func.computed_type(op, args)
    }

    fn imm(&mut self, kind: ImmKind, len: usize) -> Result<Imm> {
        Ok(match kind {
            ImmKind::None => Imm::None,
            ImmKind::Int => Imm::Int(self.bytes.signed()?),
            ImmKind::Float => {
                let bits = self.bytes.take(8)?.try_into().map_err(|_| Damaged)?;
                Imm::Float(u64::from_le_bytes(bits))
            }
            ImmKind::Bool => Imm::Bool(self.bytes.byte()? != 0),
            ImmKind::Str => Imm::Str(self.string()?),
            ImmKind::Index => Imm::Index(self.bytes.word()?),
            ImmKind::Sizes => {
                let (array, fields) = (self.bytes.word()?, self.bytes.word()?);
                // Every element is an operand somewhere.
                if array as usize > len || fields as usize > len {
                    return Err(Damaged);
                }
                Imm::Sizes(array, fields)
            }
            ImmKind::Closure => {
                let inner = self.bytes.word()?.checked_add(self.id.0).ok_or(Damaged)?;
                let own = self.bytes.word()?.checked_sub(1).map(SelfCapture);
                Imm::Closure(FuncId(inner), own)
            }
            ImmKind::Jump => Imm::Jump(0),
            ImmKind::Branch => Imm::Branch(0),
        })
    }

    fn names(&mut self) -> Result<()> {
        let mut place = 0;
        for _ in 0..self.bytes.count()? {
            let inst = self.named_inst(&mut place)?;
            let operand = self.bytes.word()?;
            let kind = *NameKind::ALL.get(usize::from(self.bytes.byte()?)).ok_or(Damaged)?;
            if kind == NameKind::Upvalue {
                self.upvalue_names.push(OperandName { inst, operand, kind, name: StrId(0) });
                continue;
            }
            let name = self.string()?;
            self.func.names.push(OperandName { inst, operand, kind, name });
        }
        Ok(())
    }

    fn named_inst(&mut self, place: &mut u32) -> Result<Inst> {
        *place = place.checked_add(self.bytes.word()?).ok_or(Damaged)?;
        if (*place as usize) < self.func.insts.len() { Ok(Inst(*place)) } else { Err(Damaged) }
    }

    /// Reads the debug information.
    fn debug(&mut self) -> Result<()> {
        self.read_strings()?;
        for index in 0..self.func.params.len() {
            self.func.params[index] = self.string()?;
        }
        for index in 0..self.func.upvalues.len() {
            self.func.upvalues[index].name = self.string()?;
        }
        let mut line = 0_i64;
        for index in 0..self.func.insts.len() {
            line = line.checked_add(self.bytes.signed()?).ok_or(Damaged)?;
            self.func.insts[index].line = u32::try_from(line).map_err(|_| Damaged)?;
        }
        if let Some(mut debug) = self.func.debug.take() {
            for local in &mut debug.locals {
                local.name = self.string()?;
            }
            let mut line = 0_i64;
            for step in &mut debug.steps {
                line = line.checked_add(self.bytes.signed()?).ok_or(Damaged)?;
                step.line = u32::try_from(line).map_err(|_| Damaged)?;
            }
            self.func.debug = Some(debug);
        }
        for index in 0..self.upvalue_names.len() {
            let name = OperandName { name: self.string()?, ..self.upvalue_names[index] };
            self.func.names.push(name);
        }
        let mut place = 0;
        for _ in 0..self.bytes.count()? {
            let inst = self.named_inst(&mut place)?;
            let (operand, kind) = (self.bytes.word()?, NameKind::Local);
            let name = self.string()?;
            self.func.names.push(OperandName { inst, operand, kind, name });
        }
        Ok(())
    }

    /// A function without debug information: what its upvalues are called is not known, nor which
    /// of them is the environment.
    fn without_debug(&mut self) {
        for name in &mut self.func.names {
            if name.kind == NameKind::Global {
                name.kind = NameKind::Field;
            }
        }
        let nameless = self.func.strings.intern(NO_NAME);
        let names = self.upvalue_names.iter().map(|name| OperandName { name: nameless, ..*name });
        self.func.names.extend(names);
    }
}
