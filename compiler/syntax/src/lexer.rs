//! Bytes to tokens.
//!
//! The source is bytes, of any encoding: only ASCII letters, digits and `_` make names. The lexer
//! gives one token at a time and keeps what the reference's messages and line numbers depend on:
//! the line it has reached, which lies behind the last token handed out.

mod number;
mod string;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::errors::{self, Place, Result};
use crate::source::{Source, Span, newline_width};
use crate::strings::{StrId, Strings};

/// A token. Symbols of one byte, and bytes that start no token, are a [`Token::Byte`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token {
    And,
    Break,
    Do,
    Else,
    Elseif,
    End,
    False,
    For,
    Function,
    Goto,
    If,
    In,
    Local,
    Nil,
    Not,
    Or,
    Repeat,
    Return,
    Then,
    True,
    Until,
    While,
    FloorDiv,
    Concat,
    Dots,
    Eq,
    Ge,
    Le,
    Ne,
    ShiftLeft,
    ShiftRight,
    DoubleColon,
    Eof,
    Float(f64),
    Integer(i64),
    Name(StrId),
    String(StrId),
    Byte(u8),
}

impl Token {
    /// A kind of token as messages name it: what is written between quotes, kinds bare.
    pub(crate) fn describe(self) -> String {
        let fixed = match self {
            Token::And => "'and'",
            Token::Break => "'break'",
            Token::Do => "'do'",
            Token::Else => "'else'",
            Token::Elseif => "'elseif'",
            Token::End => "'end'",
            Token::False => "'false'",
            Token::For => "'for'",
            Token::Function => "'function'",
            Token::Goto => "'goto'",
            Token::If => "'if'",
            Token::In => "'in'",
            Token::Local => "'local'",
            Token::Nil => "'nil'",
            Token::Not => "'not'",
            Token::Or => "'or'",
            Token::Repeat => "'repeat'",
            Token::Return => "'return'",
            Token::Then => "'then'",
            Token::True => "'true'",
            Token::Until => "'until'",
            Token::While => "'while'",
            Token::FloorDiv => "'//'",
            Token::Concat => "'..'",
            Token::Dots => "'...'",
            Token::Eq => "'=='",
            Token::Ge => "'>='",
            Token::Le => "'<='",
            Token::Ne => "'~='",
            Token::ShiftLeft => "'<<'",
            Token::ShiftRight => "'>>'",
            Token::DoubleColon => "'::'",
            Token::Eof => "<eof>",
            Token::Float(_) => "<number>",
            Token::Integer(_) => "<integer>",
            Token::Name(_) => "<name>",
            Token::String(_) => "<string>",
            Token::Byte(byte @ b' '..=b'~') => return format!("'{}'", char::from(byte)),
            Token::Byte(byte) => return format!("'<\\{byte}>'"),
        };
        String::from(fixed)
    }
}

/// By byte: whether it can stand in a name.
static IN_WORD: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// Where the lexer stands, and the strings it has met.
pub(crate) struct Lexer<'s> {
    pub(crate) source: &'s Source,
    pub(crate) strings: Strings,
    /// The line reached.
    pub(crate) line: u32,
    /// Where each line up to there begins but the first one.
    pub(crate) line_starts: Vec<u32>,
    text: &'s [u8],
    at: usize,
    /// Room to decode literals in.
    buffer: Vec<u8>,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s Source) -> Lexer<'s> {
        Lexer {
            source,
            strings: Strings::default(),
            line: 1,
            line_starts: Vec::new(),
            text: &source.text,
            at: 0,
            buffer: Vec::new(),
        }
    }

    /// The next token and where it stands.
    pub(crate) fn next(&mut self) -> Result<(Token, Span)> {
        self.skip_blank()?;
        let start = self.at;
        let token = self.token()?;
        Ok((token, self.span_from(start)))
    }

    /// The token at a span as messages quote it: its text, with escapes decoded in a string.
    pub(crate) fn quote(&self, token: Token, span: Span) -> Option<Vec<u8>> {
        let text = &self.text[span.start as usize..span.end as usize];
        match token {
            // To the reference a NUL byte is the token that says "no token to blame".
            Token::Byte(0) => None,
            Token::Name(_) | Token::Integer(_) | Token::Float(_) => Some(errors::quoted(text)),
            Token::String(id) => {
                let bracket = match text.first() {
                    Some(b'[') => 2 + text[1..].iter().take_while(|&&b| b == b'=').count(),
                    _ => 1,
                };
                let (open, close) = (&text[..bracket], &text[text.len() - bracket..]);
                Some(errors::quoted(&[open, self.strings.get(id), close].concat()))
            }
            _ => Some(token.describe().into_bytes()),
        }
    }

    /// A place for an error that blames no token.
    pub(crate) fn place_of(&self, span: Span) -> Place<'s> {
        Place { source: self.source, line: self.line, span, near: None }
    }

    /// A place for an error: `near` is quoted already.
    fn place(&self, start: usize, near: Option<Vec<u8>>) -> Place<'s> {
        Place { source: self.source, line: self.line, span: self.span_from(start), near }
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start as u32, self.at as u32)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Steps over `byte` if it is next.
    #[inline]
    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over a line break, if one is next.
    #[inline]
    fn accept_newline(&mut self) -> Result<bool> {
        match newline_width(self.text, self.at) {
            0 => Ok(false),
            width => self.newline(width),
        }
    }

    fn newline(&mut self, width: usize) -> Result<bool> {
        self.at += width;
        self.line += 1;
        self.line_starts.push(self.at as u32);
        if self.line >= i32::MAX as u32 {
            return Err(errors::too_many_lines(self.place(self.at, None)));
        }
        Ok(true)
    }

    /// Steps over white space and comments.
    fn skip_blank(&mut self) -> Result<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\x0B' | b'\x0C') => self.at += 1,
                Some(b'\n' | b'\r') => {
                    self.accept_newline()?;
                }
                Some(b'-') if self.text.get(self.at + 1) == Some(&b'-') => {
                    let start = self.at;
                    self.at += 2;
                    match self.long_bracket() {
                        Some(level) => self.skip_long_comment(start, level)?,
                        None => self.skip_line(),
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
        self.at += length.unwrap_or(rest.len());
    }

    fn token(&mut self) -> Result<Token> {
        let Some(byte) = self.peek() else { return Ok(Token::Eof) };
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Ok(self.word()),
            b'0'..=b'9' => return self.number(),
            b'"' | b'\'' => return self.short_string(byte),
            b'[' => match self.long_bracket() {
                Some(level) => return self.long_string(level),
                None => return self.bracket(),
            },
            b'.' if self.text.get(self.at + 1).is_some_and(u8::is_ascii_digit) => {
                return self.number();
            }
            _ => self.at += 1,
        }
        Ok(match byte {
            b'.' if self.accept(b'.') => {
                if self.accept(b'.') {
                    Token::Dots
                } else {
                    Token::Concat
                }
            }
            b'=' if self.accept(b'=') => Token::Eq,
            b'<' if self.accept(b'=') => Token::Le,
            b'<' if self.accept(b'<') => Token::ShiftLeft,
            b'>' if self.accept(b'=') => Token::Ge,
            b'>' if self.accept(b'>') => Token::ShiftRight,
            b'/' if self.accept(b'/') => Token::FloorDiv,
            b'~' if self.accept(b'=') => Token::Ne,
            b':' if self.accept(b':') => Token::DoubleColon,
            _ => Token::Byte(byte),
        })
    }

    /// A `[` that opens no long string; followed by `=` it is an attempt at one.
    fn bracket(&mut self) -> Result<Token> {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some(b'=') {
            return Ok(Token::Byte(b'['));
        }
        while self.accept(b'=') {}
        let near = errors::quoted(&self.text[start..self.at]);
        Err(errors::invalid_long_delimiter(self.place(start, Some(near))))
    }

    fn word(&mut self) -> Token {
        let rest = &self.text[self.at..];
        let mut length = 1;
        while rest.get(length).is_some_and(|byte| IN_WORD[usize::from(*byte)]) {
            length += 1;
        }
        let word = &rest[..length];
        self.at += length;
        match word {
            b"and" => Token::And,
            b"break" => Token::Break,
            b"do" => Token::Do,
            b"else" => Token::Else,
            b"elseif" => Token::Elseif,
            b"end" => Token::End,
            b"false" => Token::False,
            b"for" => Token::For,
            b"function" => Token::Function,
            b"goto" => Token::Goto,
            b"if" => Token::If,
            b"in" => Token::In,
            b"local" => Token::Local,
            b"nil" => Token::Nil,
            b"not" => Token::Not,
            b"or" => Token::Or,
            b"repeat" => Token::Repeat,
            b"return" => Token::Return,
            b"then" => Token::Then,
            b"true" => Token::True,
            b"until" => Token::Until,
            b"while" => Token::While,
            _ => Token::Name(self.strings.intern(word)),
        }
    }
}
