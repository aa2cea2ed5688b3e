//! Text to IR: what [`crate::write`] makes, and what people write for tests.
//!
//! A function is first read as it stands, then built: a value may be used above the line that
//! defines it. Numbers need not be in order; the function gets dense ids in the order of the text.
//! Wrong text gives an error with its line; whether the IR is well-formed is for
//! [`crate::verify`] to say.

mod token;

use crate::debug::{Debug, DebugLocal, DebugStep};
use crate::function::{
    Block, FuncId, Function, Imm, Inst, NameKind, SelfCapture, Upvalue, UpvalueKind, UpvalueSource,
    Value,
};
use crate::module::{Edition, EnvMode, Module};
use crate::op::{ImmKind, Op};
use crate::types::Type;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use token::{Token, Tokens};

/// Why a text is not IR.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// The line, from 1.
    pub line: u32,
    /// The reason.
    pub reason: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

type Result<T> = core::result::Result<T, ReadError>;

/// Reads a module. The line `module ...` may be missing, in tests of single functions.
pub fn read_module(text: &str) -> Result<Module> {
    let mut reader = Reader { tokens: Tokens::new(text), token: Token::End };
    reader.advance()?;
    let mut module = Module::new(b"", Edition::Lua54, EnvMode::Globals);
    if reader.word_is("module")? {
        module.source = reader.string()?;
        module.edition = match reader.number_text()? {
            "5.4" => Edition::Lua54,
            "5.5" => Edition::Lua55,
            _ => return reader.fail("an edition is 5.4 or 5.5"),
        };
        module.env = match reader.word()? {
            "globals" => EnvMode::Globals,
            "variable" => EnvMode::Variable,
            _ => return reader.fail("the environment is `globals` or `variable`"),
        };
    }
    while reader.token != Token::End {
        let id = FuncId(module.functions.len() as u32);
        module.functions.push(reader.function(id)?);
    }
    Ok(module)
}

/// A block as it stands in the text. Values and blocks are the text's numbers.
struct BlockText {
    number: u32,
    line: u32,
    params: Vec<(u32, Type)>,
    insts: Vec<InstText>,
}

/// An instruction as it stands in the text.
struct InstText {
    results: Vec<(u32, Type)>,
    op: Op,
    imm: Imm,
    args: Vec<u32>,
    targets: Vec<(u32, Vec<u32>)>,
    line: u32,
    site: u32,
    names: Vec<(u32, NameKind, Vec<u8>)>,
    text_line: u32,
}

struct Reader<'a> {
    tokens: Tokens<'a>,
    token: Token<'a>,
}

impl<'a> Reader<'a> {
    fn advance(&mut self) -> Result<Token<'a>> {
        let next = self.tokens.next()?;
        Ok(core::mem::replace(&mut self.token, next))
    }

    fn fail<T>(&self, reason: &str) -> Result<T> {
        Err(ReadError { line: self.tokens.line, reason: reason.into() })
    }

    fn word(&mut self) -> Result<&'a str> {
        match self.token {
            Token::Word(word) => {
                self.advance()?;
                Ok(word)
            }
            _ => self.fail("a word is expected"),
        }
    }

    /// Takes this word if it is next.
    fn word_is(&mut self, word: &str) -> Result<bool> {
        let found = matches!(self.token, Token::Word(next) if next == word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        match self.word_is(word)? {
            true => Ok(()),
            false => self.fail(&format!("`{word}` is expected")),
        }
    }

    /// Takes this mark if it is next.
    fn mark_is(&mut self, mark: &str) -> Result<bool> {
        let found = matches!(self.token, Token::Punctuation(next) if next == mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, mark: &str) -> Result<()> {
        match self.mark_is(mark)? {
            true => Ok(()),
            false => self.fail(&format!("`{mark}` is expected")),
        }
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        match self.advance()? {
            Token::Str(bytes) => Ok(bytes),
            _ => self.fail("a string is expected"),
        }
    }

    fn number_text(&mut self) -> Result<&'a str> {
        match self.token {
            Token::Number(text) => {
                self.advance()?;
                Ok(text)
            }
            _ => self.fail("a number is expected"),
        }
    }

    fn number<T: FromStr>(&mut self) -> Result<T> {
        let line = self.tokens.line;
        let text = self.number_text()?;
        let error = |_| ReadError { line, reason: format!("`{text}` is no number of this kind") };
        text.parse().map_err(error)
    }

    fn hex(&mut self) -> Result<u64> {
        let text = self.number_text()?;
        match text.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16)) {
            Some(Ok(number)) => Ok(number),
            _ => self.fail("a number with `0x` is expected"),
        }
    }

    /// A word of this letter and a number, as `v12`.
    fn numbered(&mut self, letter: char) -> Result<u32> {
        let line = self.tokens.line;
        let word = self.word()?;
        match word.strip_prefix(letter).map(u32::from_str) {
            Some(Ok(number)) => Ok(number),
            _ => {
                let reason = format!("`{word}` is not `{letter}` and a number");
                Err(ReadError { line, reason })
            }
        }
    }

    fn function(&mut self, id: FuncId) -> Result<Function> {
        self.expect_word("fn")?;
        self.expect("@")?;
        if self.number::<u32>()? != id.0 {
            return self.fail("functions are numbered in order");
        }
        let mut func = Function::new(&self.string()?);
        self.expect("(")?;
        while !self.mark_is(")")? {
            if self.mark_is("...")? {
                func.is_vararg = true;
                self.expect(")")?;
                break;
            }
            let name = self.string()?;
            func.params.push(func.strings.intern(&name));
            if !matches!(self.token, Token::Punctuation(")")) {
                self.expect(",")?;
            }
        }
        self.expect_word("lines")?;
        func.line_defined = self.number()?;
        self.expect("..")?;
        func.last_line_defined = self.number()?;
        self.expect_word("hash")?;
        func.hash = self.hex()?;
        self.expect("{")?;
        while self.word_is("upvalue")? {
            let upvalue = self.upvalue(&mut func)?;
            func.upvalues.push(upvalue);
        }
        if self.word_is("slots")? {
            func.debug = Some(self.debug(&mut func)?);
        }
        let mut blocks = Vec::new();
        let mut site = 0;
        while !self.mark_is("}")? {
            blocks.push(self.block(&mut func, &mut site)?);
        }
        build(&mut func, &blocks)?;
        Ok(func)
    }

    /// What stands behind `slots`.
    fn debug(&mut self, func: &mut Function) -> Result<Debug> {
        let mut debug = Debug { slots: self.number()?, ..Debug::default() };
        while self.word_is("variable")? {
            let name = self.string()?;
            let name = func.strings.intern(&name);
            self.expect("=")?;
            let is_cell = match self.word()? {
                "cell" => true,
                "slot" => false,
                _ => return self.fail("a variable lives in a `slot` or a `cell`"),
            };
            let slot = self.number()?;
            self.expect_word("steps")?;
            let start = self.number()?;
            self.expect("..")?;
            debug.locals.push(DebugLocal { name, slot, is_cell, start, end: self.number()? });
        }
        self.expect_word("steps")?;
        while matches!(self.token, Token::Number(_)) {
            let line = self.number()?;
            self.expect(":")?;
            debug.steps.push(DebugStep { line, top: self.number()? });
        }
        Ok(debug)
    }

    fn upvalue(&mut self, func: &mut Function) -> Result<Upvalue> {
        let kind = match self.word()? {
            "value" => UpvalueKind::ByValue,
            "cell" => UpvalueKind::Cell,
            _ => return self.fail("an upvalue is a `value` or a `cell`"),
        };
        let name = self.string()?;
        let name = func.strings.intern(&name);
        self.expect("=")?;
        let source = match self.word()? {
            "local" => UpvalueSource::ParentValue,
            "upvalue" => UpvalueSource::ParentUpvalue(self.number()?),
            _ => return self.fail("an upvalue comes from a `local` or an `upvalue`"),
        };
        Ok(Upvalue { name, kind, source })
    }

    fn block(&mut self, func: &mut Function, site: &mut u32) -> Result<BlockText> {
        let line = self.tokens.line;
        let number = self.numbered('b')?;
        let mut params = Vec::new();
        if self.mark_is("(")? {
            loop {
                params.push(self.definition()?);
                if !self.mark_is(",")? {
                    break;
                }
            }
            self.expect(")")?;
        }
        self.expect(":")?;
        let mut insts = Vec::new();
        loop {
            let inst = self.inst(func, *site)?;
            *site = inst.site.wrapping_add(1);
            let is_last = inst.op.is_terminator();
            insts.push(inst);
            // A block without a terminator ends before the next one, for tests of the verifier.
            if is_last || self.is_at_block() {
                return Ok(BlockText { number, line, params, insts });
            }
        }
    }

    fn is_at_block(&self) -> bool {
        match self.token {
            Token::Word(word) => word.strip_prefix('b').is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Token::Punctuation(mark) => mark == "}",
            _ => false,
        }
    }

    fn definition(&mut self) -> Result<(u32, Type)> {
        let value = self.numbered('v')?;
        self.expect(":")?;
        let line = self.tokens.line;
        let word = self.word()?;
        match Type::from_name(word) {
            Some(ty) => Ok((value, ty)),
            None => Err(ReadError { line, reason: format!("`{word}` is no type") }),
        }
    }

    fn is_at_value(&self) -> bool {
        matches!(self.token, Token::Word(word) if word.starts_with('v')
            && word[1..].bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn inst(&mut self, func: &mut Function, site: u32) -> Result<InstText> {
        let text_line = self.tokens.line;
        let mut results = Vec::new();
        if self.is_at_value() {
            results.push(self.definition()?);
            while self.mark_is(",")? {
                results.push(self.definition()?);
            }
            self.expect("=")?;
        }
        let word = self.word()?;
        let Some(op) = Op::from_name(word) else {
            let reason = format!("`{word}` is no operation");
            return Err(ReadError { line: text_line, reason });
        };
        let mut inst = InstText {
            results,
            op,
            imm: Imm::None,
            args: Vec::new(),
            targets: Vec::new(),
            line: 0,
            site,
            names: Vec::new(),
            text_line,
        };
        let mut more = true;
        if op.info().imm != ImmKind::None {
            if op == Op::Branch {
                inst.args.push(self.numbered('v')?);
                self.expect(",")?;
            }
            self.imm(func, &mut inst)?;
            more = op != Op::Closure && self.mark_is(",")?;
        }
        // The next line may begin with a value too.
        while more && self.is_at_value() && self.tokens.line == text_line {
            inst.args.push(self.numbered('v')?);
            more = self.mark_is(",")?;
        }
        if self.mark_is("@")? {
            inst.line = self.number()?;
        }
        if self.mark_is("#")? {
            inst.site = self.number()?;
        }
        if self.mark_is("{")? {
            self.names(&mut inst)?;
        }
        Ok(inst)
    }

    fn imm(&mut self, func: &mut Function, inst: &mut InstText) -> Result<()> {
        inst.imm = match inst.op.info().imm {
            ImmKind::None => Imm::None,
            ImmKind::Int => Imm::Int(self.number()?),
            ImmKind::Float => match self.token {
                Token::Number(text) if text.starts_with("0x") => Imm::Float(self.hex()?),
                _ => Imm::Float(self.number::<f64>()?.to_bits()),
            },
            ImmKind::Bool => match self.word()? {
                "true" => Imm::Bool(true),
                "false" => Imm::Bool(false),
                _ => return self.fail("`true` or `false` is expected"),
            },
            ImmKind::Str => {
                let string = self.string()?;
                Imm::Str(func.strings.intern(&string))
            }
            ImmKind::Index => Imm::Index(self.number()?),
            ImmKind::Sizes => {
                let array = self.number()?;
                self.expect(",")?;
                Imm::Sizes(array, self.number()?)
            }
            ImmKind::Closure => self.closure(inst)?,
            ImmKind::Jump => {
                let target = self.target()?;
                inst.targets.push(target);
                Imm::Jump(0)
            }
            ImmKind::Branch => {
                let target = self.target()?;
                inst.targets.push(target);
                self.expect(",")?;
                let target = self.target()?;
                inst.targets.push(target);
                Imm::Branch(0)
            }
        };
        Ok(())
    }

    fn closure(&mut self, inst: &mut InstText) -> Result<Imm> {
        self.expect("@")?;
        let id = FuncId(self.number()?);
        let mut own = None;
        let mut index = 0;
        self.expect("(")?;
        while !self.mark_is(")")? {
            if self.word_is("self")? {
                if own.replace(SelfCapture(index)).is_some() {
                    return self.fail("a closure captures itself once");
                }
            } else {
                inst.args.push(self.numbered('v')?);
            }
            index += 1;
            if !matches!(self.token, Token::Punctuation(")")) {
                self.expect(",")?;
            }
        }
        Ok(Imm::Closure(id, own))
    }

    fn target(&mut self) -> Result<(u32, Vec<u32>)> {
        let block = self.numbered('b')?;
        let mut args = Vec::new();
        if self.mark_is("(")? {
            loop {
                args.push(self.numbered('v')?);
                if !self.mark_is(",")? {
                    break;
                }
            }
            self.expect(")")?;
        }
        Ok((block, args))
    }

    fn names(&mut self, inst: &mut InstText) -> Result<()> {
        loop {
            let operand = self.number()?;
            self.expect(":")?;
            let word = self.word()?;
            let Some(kind) = NameKind::ALL.into_iter().find(|kind| kind.spelling() == word) else {
                return self.fail("names are of a local, upvalue, global, field and the like");
            };
            let name = self.string()?;
            inst.names.push((operand, kind, name));
            if !self.mark_is(",")? {
                return self.expect("}");
            }
        }
    }
}

/// Builds the blocks of a function from their text.
fn build(func: &mut Function, texts: &[BlockText]) -> Result<()> {
    let mut blocks: BTreeMap<u32, Block> = BTreeMap::new();
    let mut values: BTreeMap<u32, Value> = BTreeMap::new();
    let mut next = 0;
    for text in texts {
        let block = func.new_block();
        func.layout.push(block);
        if blocks.insert(text.number, block).is_some() {
            let reason = format!("b{} is defined twice", text.number);
            return Err(ReadError { line: text.line, reason });
        }
        // Values get their ids in the order in which the loop below makes them.
        let here = text.params.iter().map(|param| (param.0, text.line));
        let inside = text
            .insts
            .iter()
            .flat_map(|inst| inst.results.iter().map(|result| (result.0, inst.text_line)));
        for (number, line) in here.chain(inside) {
            if values.insert(number, Value(next)).is_some() {
                return Err(ReadError { line, reason: format!("v{number} is defined twice") });
            }
            next += 1;
        }
    }
    for text in texts {
        let block = blocks[&text.number];
        for (_, ty) in &text.params {
            func.add_param(block, *ty);
        }
        for inst in &text.insts {
            build_inst(func, block, inst, &blocks, &values)?;
        }
    }
    Ok(())
}

fn build_inst(
    func: &mut Function,
    block: Block,
    text: &InstText,
    blocks: &BTreeMap<u32, Block>,
    values: &BTreeMap<u32, Value>,
) -> Result<()> {
    let line = text.text_line;
    let find_all = |numbers: &[u32]| -> Result<Vec<Value>> {
        let find = |number: &u32| {
            let error = || ReadError { line, reason: format!("v{number} is not defined") };
            values.get(number).copied().ok_or_else(error)
        };
        numbers.iter().map(find).collect()
    };
    let first_target = func.targets.len() as u32;
    for (number, args) in &text.targets {
        let error = || ReadError { line, reason: format!("b{number} is not defined") };
        let target = blocks.get(number).copied().ok_or_else(error)?;
        let args = find_all(args)?;
        func.new_target(target, &args);
    }
    let imm = match text.imm {
        Imm::Jump(_) => Imm::Jump(first_target),
        Imm::Branch(_) => Imm::Branch(first_target),
        imm => imm,
    };
    let types: Vec<Type> = text.results.iter().map(|(_, ty)| *ty).collect();
    let inst: Inst = func.push(block, text.op, imm, &find_all(&text.args)?, &types, text.line);
    func.insts[inst.index()].site = text.site;
    for (operand, kind, name) in &text.names {
        let name = func.strings.intern(name);
        func.set_operand_name(inst, *operand, *kind, name);
    }
    Ok(())
}
