//! Tokens of the text form.

use super::ReadError;
use alloc::vec::Vec;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token<'a> {
    /// Letters, digits, `_` and single dots, starting with a letter: `const.int`, `v12`.
    Word(&'a str),
    /// Digits, perhaps with sign, fraction, exponent or `0x`: as written.
    Number(&'a str),
    /// The bytes of a string.
    Str(Vec<u8>),
    /// `( ) { } : , = @ # ..`
    Punctuation(&'a str),
    /// The end of the text.
    End,
}

pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The line of the token that was read last.
    pub(super) line: u32,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0, line: 1 }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, ReadError> {
        loop {
            match self.byte(0) {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b';' => {
                    while self.at < self.text.len() && self.byte(0) != b'\n' {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        let start = self.at;
        match self.byte(0) {
            _ if start >= self.text.len() => Ok(Token::End),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while matches!(self.byte(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.')
                    && !(self.byte(0) == b'.' && self.byte(1) == b'.')
                {
                    self.at += 1;
                }
                Ok(Token::Word(&self.text[start..self.at]))
            }
            b'0'..=b'9' | b'-' => {
                self.number();
                Ok(Token::Number(&self.text[start..self.at]))
            }
            b'"' => self.string(),
            b'.' if self.byte(1) == b'.' => {
                self.at += 2;
                if self.byte(0) == b'.' {
                    self.at += 1;
                }
                Ok(Token::Punctuation(&self.text[start..self.at]))
            }
            b'(' | b')' | b'{' | b'}' | b':' | b',' | b'=' | b'@' | b'#' => {
                self.at += 1;
                Ok(Token::Punctuation(&self.text[start..self.at]))
            }
            _ => Err(ReadError { line: self.line, reason: "a stray character".into() }),
        }
    }

    fn number(&mut self) {
        self.at += 1;
        if self.byte(0) == b'x' {
            self.at += 1;
        }
        loop {
            match self.byte(0) {
                b'0'..=b'9' | b'a'..=b'f' => {
                    let is_exponent = self.byte(0) == b'e';
                    self.at += 1;
                    if is_exponent && matches!(self.byte(0), b'-' | b'+') {
                        self.at += 1;
                    }
                }
                b'.' if self.byte(1).is_ascii_digit() => self.at += 1,
                _ => break,
            }
        }
    }

    fn string(&mut self) -> Result<Token<'a>, ReadError> {
        let open = |tokens: &Tokens<'_>| {
            Err(ReadError { line: tokens.line, reason: "a string is not closed".into() })
        };
        let mut bytes = Vec::new();
        self.at += 1;
        loop {
            if self.at >= self.text.len() {
                return open(self);
            }
            let byte = self.byte(0);
            self.at += 1;
            match byte {
                b'"' => return Ok(Token::Str(bytes)),
                b'\n' => return open(self),
                b'\\' => {
                    let escape = self.byte(0);
                    self.at += 1;
                    match escape {
                        b'n' => bytes.push(b'\n'),
                        b'"' | b'\\' => bytes.push(escape),
                        b'x' => {
                            let digit = |byte: u8| (byte as char).to_digit(16);
                            let (Some(high), Some(low)) =
                                (digit(self.byte(0)), digit(self.byte(1)))
                            else {
                                return Err(self.bad_escape());
                            };
                            self.at += 2;
                            bytes.push((high * 16 + low) as u8);
                        }
                        _ => return Err(self.bad_escape()),
                    }
                }
                _ => bytes.push(byte),
            }
        }
    }

    fn bad_escape(&self) -> ReadError {
        ReadError { line: self.line, reason: "a string has an unknown escape".into() }
    }
}
