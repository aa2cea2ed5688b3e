//! Tokens to a tree, by recursive descent, with one token of look-ahead where a constructor needs it.
//!
//! `parser/statement.rs` and `parser/expression.rs` hold the grammar, a function each rule; here is
//! what they share: the current token, lines, levels and functions.
//!
//! Two things follow the reference step by step, because programs can see them. Checks are made in
//! its order, so that the first error is the same. And lines: its code generator stamps most
//! instructions with the line of the last token *read* at that moment (`last_line`), which for an
//! access that is put off until its value is needed is a little later; see `settle`.

mod expression;
mod fold;
mod statement;

use alloc::vec::Vec;

use crate::ast::{
    Block, Chunk, Expr, ExprKind, Function, FunctionId, LocalKind, Span, StrId, SuffixKind,
};
use crate::diagnostic::Diagnostic;
use crate::errors::{self, Place, Result};
use crate::lexer::{Lexer, Token};
use crate::scope::{MAX_LOCALS, Scope};
use crate::source::Source;

/// The reference's limit for nested calls of its C functions, to which its parser's rules count.
pub const MAX_LEVELS: u32 = 200;

/// How many levels are taken when the reference's stand-alone interpreter parses its script.
pub const SCRIPT_LEVELS: u32 = 1;

/// How many registers a function of the reference may need.
const MAX_REGISTERS: u32 = 255;

/// Longer sources are refused. Positions and ids fit in 32 bits with room to spare, as nothing that
/// has an id is written in less than two bytes.
const MAX_BYTES: usize = 1 << 30;

/// Parses a chunk.
pub fn parse(source: &Source) -> core::result::Result<Chunk, Diagnostic> {
    parse_with(source, Options { levels: SCRIPT_LEVELS, is_limited: false, is_named: true })
}

/// How a chunk is parsed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many of the [`MAX_LEVELS`] are taken already: what a state counts of nested native calls
    /// when a program calls `load`.
    pub levels: u32,
    /// Whether lists for which the reference's machine has not enough registers are refused, as
    /// programs can test that with text that they load.
    pub is_limited: bool,
    /// Whether functions get names, for dumps and profiles.
    pub is_named: bool,
}

/// Parses a chunk in another way.
pub fn parse_with(source: &Source, options: Options) -> core::result::Result<Chunk, Diagnostic> {
    parse_chunk(source, options).map_err(|raised| *raised)
}

fn parse_chunk(source: &Source, options: Options) -> Result<Chunk> {
    let mut lexer = Lexer::new(source);
    if source.text.len() > MAX_BYTES {
        return Err(errors::chunk_too_long(lexer.place_of(Span::default())));
    }
    let scope = Scope::new(&mut lexer.strings);
    let mut parser = Parser {
        lexer,
        token: Token::Eof,
        span: Span::default(),
        look_ahead: None,
        last_line: 1,
        last_end: 0,
        levels: options.levels,
        is_limited: options.is_limited,
        is_named: options.is_named,
        held: 0,
        scope,
        functions: Vec::new(),
    };
    parser.main_function()?;
    let Parser { lexer, scope, functions, .. } = parser;
    let env = scope.env_use();
    Ok(Chunk {
        functions,
        locals: scope.locals,
        constants: scope.constants,
        labels: scope.labels,
        gotos: scope.gotos,
        strings: lexer.strings,
        line_starts: lexer.line_starts,
        env,
    })
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    token: Token,
    span: Span,
    /// The token after the current one, where it was needed.
    look_ahead: Option<(Token, Span)>,
    /// The line the lexer had reached when the current token became current: the line on which the
    /// last token read ends.
    last_line: u32,
    /// Where the last token read ends.
    last_end: u32,
    levels: u32,
    is_limited: bool,
    is_named: bool,
    /// How many registers of the reference's machine hold parts of unfinished lists of the current
    /// function, at least.
    held: u32,
    scope: Scope,
    functions: Vec<Function>,
}

impl<'s> Parser<'s> {
    // Tokens.

    fn advance(&mut self) -> Result<()> {
        self.last_line = self.lexer.line;
        self.last_end = self.span.end;
        (self.token, self.span) = match self.look_ahead.take() {
            Some(token) => token,
            None => self.lexer.next()?,
        };
        Ok(())
    }

    /// The token after the current one.
    fn look_ahead(&mut self) -> Result<Token> {
        let token = self.lexer.next()?;
        self.look_ahead = Some(token);
        Ok(token.0)
    }

    #[inline]
    fn at(&self, token: Token) -> bool {
        self.token == token
    }

    #[inline]
    fn at_byte(&self, byte: u8) -> bool {
        self.token == Token::Byte(byte)
    }

    /// Steps over a token if it is the current one.
    fn accept(&mut self, token: Token) -> Result<bool> {
        let found = self.token == token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn accept_byte(&mut self, byte: u8) -> Result<bool> {
        self.accept(Token::Byte(byte))
    }

    fn expect(&mut self, token: Token) -> Result<()> {
        if self.accept(token)? {
            return Ok(());
        }
        Err(errors::expected(self.place(), &token.describe()))
    }

    fn expect_byte(&mut self, byte: u8) -> Result<()> {
        self.expect(Token::Byte(byte))
    }

    /// Steps over the token that closes what `opener` opened.
    fn expect_closing(&mut self, token: Token, opener: Opener) -> Result<()> {
        if self.accept(token)? {
            return Ok(());
        }
        let what = token.describe();
        if opener.line == self.lexer.line {
            return Err(errors::expected(self.place(), &what));
        }
        let opened = opener.token.describe();
        Err(errors::expected_to_close(self.place(), &what, &opened, opener.line, opener.span))
    }

    /// The current token as the opener of something, at `line`.
    fn opener(&self, line: u32) -> Opener {
        Opener { token: self.token, line, span: self.span }
    }

    /// Steps over a name.
    fn expect_name(&mut self) -> Result<Named> {
        let Token::Name(name) = self.token else {
            return Err(errors::expected(self.place(), "<name>"));
        };
        let named = Named { name, span: self.span, line: self.lexer.line };
        self.advance()?;
        Ok(named)
    }

    /// The current token ends a block.
    fn at_block_end(&self, with_until: bool) -> bool {
        match self.token {
            Token::Else | Token::Elseif | Token::End | Token::Eof => true,
            Token::Until => with_until,
            _ => false,
        }
    }

    /// A place for an error that blames the current token.
    fn place(&self) -> Place<'s> {
        let near = self.lexer.quote(self.token, self.span);
        Place { near, ..self.lexer.place_of(self.span) }
    }

    /// From `start` to the end of the last token read.
    fn span_from(&self, start: Span) -> Span {
        Span::new(start.start, self.last_end.max(start.start))
    }

    // Levels.

    fn enter_level(&mut self) -> Result<()> {
        self.levels += 1;
        if self.levels >= MAX_LEVELS {
            return Err(errors::too_many_levels(self.lexer.place_of(self.span)));
        }
        Ok(())
    }

    fn leave_level(&mut self) {
        self.levels -= 1;
    }

    /// The reference puts `count` values into registers.
    fn hold(&mut self, count: u32) -> Result<()> {
        self.held += count;
        let is_full = || self.held + self.scope.register_count() >= MAX_REGISTERS;
        if self.is_limited && self.held + MAX_LOCALS as u32 >= MAX_REGISTERS && is_full() {
            return Err(errors::too_many_registers(self.place()));
        }
        Ok(())
    }

    // Lines.

    /// The reference makes the code of `expr` now: a global or a field that it put off until its
    /// value is needed gets the line that is current.
    fn settle(&self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Global(global) => global.line = self.last_line,
            ExprKind::Suffixed(suffixed) => {
                if let Some(last) = suffixed.suffixes.last_mut()
                    && let SuffixKind::Field(_) | SuffixKind::Index(_) = last.kind
                {
                    last.line = self.last_line;
                }
            }
            _ => {}
        }
    }

    // Functions.

    fn main_function(&mut self) -> Result<()> {
        let id = self.open_function(None, 0);
        self.scope.set_vararg();
        self.advance()?;
        let mut body = Block::default();
        self.statements(&mut body.statements)?;
        if !self.at(Token::Eof) {
            return Err(errors::expected(self.place(), "<eof>"));
        }
        body.close_line = self.last_line;
        let function = self.close_function(id)?;
        function.span = Span::new(0, function.span.end);
        function.is_vararg = true;
        function.body = body;
        Ok(())
    }

    /// Parameters, body and `end` of a function whose first line is `line`; the current token
    /// should be the `(`.
    fn function(
        &mut self,
        name: Option<Vec<u8>>,
        is_method: bool,
        line: u32,
        keyword: Opener,
    ) -> Result<FunctionId> {
        let held = core::mem::take(&mut self.held);
        let id = self.open_function(name, line);
        self.expect_byte(b'(')?;
        let mut parameters = Vec::new();
        if is_method {
            let name = self.lexer.strings.intern(b"self");
            let span = Span::new(self.span.start, self.span.start);
            self.declare(Named { name, span, line: self.lexer.line }, LocalKind::Parameter)?;
            self.scope.activate_into(1, &mut parameters);
        }
        let is_vararg = self.parameters(&mut parameters)?;
        self.expect_byte(b')')?;
        let mut body = Block::default();
        self.statements(&mut body.statements)?;
        body.close_line = self.last_line;
        let last_line_defined = self.lexer.line;
        self.expect_closing(Token::End, keyword)?;
        let span = self.span_from(keyword.span);
        self.held = held;
        let function = self.close_function(id)?;
        function.span = span;
        function.last_line_defined = last_line_defined;
        function.parameters = parameters;
        function.is_vararg = is_vararg;
        function.body = body;
        Ok(id)
    }

    /// The list between the parentheses; true with `...`.
    fn parameters(&mut self, parameters: &mut Vec<crate::ast::LocalId>) -> Result<bool> {
        let mut count = 0;
        let mut is_vararg = false;
        if !self.at_byte(b')') {
            loop {
                match self.token {
                    Token::Name(_) => {
                        let named = self.expect_name()?;
                        self.declare(named, LocalKind::Parameter)?;
                        count += 1;
                    }
                    Token::Dots => {
                        self.advance()?;
                        is_vararg = true;
                    }
                    _ => return Err(errors::parameter_expected(self.place())),
                }
                if is_vararg || !self.accept_byte(b',')? {
                    break;
                }
            }
        }
        self.scope.activate_into(count, parameters);
        if is_vararg {
            self.scope.set_vararg();
        }
        Ok(is_vararg)
    }

    /// Starts a function; its place in the table is taken before those of functions inside it.
    fn open_function(&mut self, name: Option<Vec<u8>>, line_defined: u32) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        let parent = self.scope.current_function();
        self.functions.push(Function {
            parent,
            name,
            span: Span::default(),
            line_defined,
            last_line_defined: 0,
            parameters: Vec::new(),
            is_vararg: false,
            upvalues: Vec::new(),
            local_count: 0,
            body: Block::default(),
            return_line: 0,
        });
        self.scope.open_function(id, line_defined);
        id
    }

    fn close_function(&mut self, id: FunctionId) -> Result<&mut Function> {
        let (upvalues, local_count) = self.scope.close_function(&self.lexer)?;
        let function = &mut self.functions[id.0 as usize];
        function.upvalues = upvalues;
        function.local_count = local_count;
        function.return_line = self.last_line;
        function.span.end = self.last_end;
        Ok(function)
    }

    fn declare(&mut self, named: Named, kind: LocalKind) -> Result<()> {
        let declared = self.scope.declare(named.name, named.span, named.line, kind);
        declared.map_err(|limit| limit.raise(self.place()))
    }

    fn declare_hidden(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.scope.declare_hidden().map_err(|limit| limit.raise(self.place()))?;
        }
        Ok(())
    }

    /// A name for a function, if they get any.
    fn function_name(&self, name: StrId) -> Option<Vec<u8>> {
        self.is_named.then(|| self.lexer.strings.get(name).to_vec())
    }
}

/// A name where it stands.
#[derive(Clone, Copy)]
struct Named {
    name: StrId,
    span: Span,
    line: u32,
}

/// A token that wants another one to close it.
#[derive(Clone, Copy)]
struct Opener {
    token: Token,
    line: u32,
    span: Span,
}
