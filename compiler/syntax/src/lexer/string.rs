//! String literals, with their escapes, and long brackets.

use super::{Lexer, Token};
use crate::errors::{self, Place, Raised, Result};
use crate::source::newline_width;

impl Lexer<'_> {
    /// Steps over `[`, some `=`s and `[`, and gives the number of `=`s; else stays where it is.
    pub(super) fn long_bracket(&mut self) -> Option<usize> {
        let rest = self.text[self.at..].strip_prefix(b"[")?;
        let level = rest.iter().take_while(|&&b| b == b'=').count();
        (rest.get(level) == Some(&b'[')).then(|| {
            self.at += level + 2;
            level
        })
    }

    /// A long string, from behind its opening bracket.
    pub(super) fn long_string(&mut self, level: usize) -> Result<Token> {
        let start = self.at - level - 2;
        let line = self.line;
        self.accept_newline()?;
        self.buffer.clear();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.iter().position(|b| matches!(b, b']' | b'\n' | b'\r'));
            let plain = plain.unwrap_or(rest.len());
            self.buffer.extend_from_slice(&rest[..plain]);
            self.at += plain;
            if self.accept_newline()? {
                self.buffer.push(b'\n');
            } else if self.at == self.text.len() {
                return Err(errors::unfinished_long(self.end_place(start), "string", line));
            } else {
                let from = self.at;
                if self.closing_bracket(level) {
                    return Ok(Token::String(self.strings.intern(&self.buffer)));
                }
                self.buffer.extend_from_slice(&self.text[from..self.at]);
            }
        }
    }

    /// Steps over the rest of a long comment that starts at `start`.
    pub(super) fn skip_long_comment(&mut self, start: usize, level: usize) -> Result<()> {
        let line = self.line;
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.iter().position(|b| matches!(b, b']' | b'\n' | b'\r'));
            self.at += plain.unwrap_or(rest.len());
            if self.accept_newline()? {
                continue;
            }
            if self.at == self.text.len() {
                return Err(errors::unfinished_long(self.end_place(start), "comment", line));
            }
            if self.closing_bracket(level) {
                return Ok(());
            }
        }
    }

    /// At a `]`: steps over the closing bracket, or, where it is none, over the `]` and the `=`s
    /// behind it, so that no byte is looked at twice.
    fn closing_bracket(&mut self, level: usize) -> bool {
        self.at += 1;
        let from = self.at;
        while self.accept(b'=') {}
        self.at - from == level && self.accept(b']')
    }

    /// A string between quotes.
    pub(super) fn short_string(&mut self, quote: u8) -> Result<Token> {
        let start = self.at;
        self.at += 1;
        self.buffer.clear();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.iter().position(|&b| b == quote || matches!(b, b'\\' | b'\n' | b'\r'));
            let plain = plain.unwrap_or(rest.len());
            self.buffer.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                None => return Err(errors::unfinished_string(self.end_place(start))),
                Some(b'\\') => self.escape(start)?,
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(Token::String(self.strings.intern(&self.buffer)));
                }
                Some(_) => {
                    let near = self.string_so_far(start, self.at, self.at);
                    return Err(errors::unfinished_string(self.place(start, Some(near))));
                }
            }
        }
    }

    /// At a backslash, in the string that starts at `start`.
    fn escape(&mut self, start: usize) -> Result<()> {
        let from = self.at;
        self.at += 1;
        // Without a byte behind the backslash the string is unfinished, as the caller will see.
        let Some(byte) = self.peek() else { return Ok(()) };
        let simple = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0B,
            b'\\' | b'"' | b'\'' => byte,
            b'\n' | b'\r' => {
                self.accept_newline()?;
                self.buffer.push(b'\n');
                return Ok(());
            }
            b'x' => {
                let high = self.hexadecimal_digit(start, from)?;
                let low = self.hexadecimal_digit(start, from)?;
                (high << 4 | low) as u8
            }
            b'u' => {
                let value = self.code_point(start, from)?;
                self.push_utf8(value);
                return Ok(());
            }
            b'z' => {
                self.at += 1;
                loop {
                    match self.peek() {
                        Some(b' ' | b'\t' | b'\x0B' | b'\x0C') => self.at += 1,
                        _ if self.accept_newline()? => {}
                        _ => return Ok(()),
                    }
                }
            }
            b'0'..=b'9' => {
                let digits = self.text[self.at..].iter().take(3);
                let digits = digits.take_while(|b| b.is_ascii_digit());
                let mut value = 0u32;
                for digit in digits {
                    value = value * 10 + u32::from(digit - b'0');
                    self.at += 1;
                }
                let Ok(value) = u8::try_from(value) else {
                    return Err(self.bad_escape(start, from, errors::decimal_escape_too_large));
                };
                self.buffer.push(value);
                return Ok(());
            }
            _ => return Err(self.bad_escape(start, from, errors::invalid_escape)),
        };
        self.at += 1;
        self.buffer.push(simple);
        Ok(())
    }

    /// Steps over one byte and gives the value of the digit behind it, which stays next.
    fn hexadecimal_digit(&mut self, start: usize, from: usize) -> Result<u32> {
        self.at += 1;
        match self.peek().and_then(|b| char::from(b).to_digit(16)) {
            Some(digit) => Ok(digit),
            None => Err(self.bad_escape(start, from, errors::hexadecimal_digit_expected)),
        }
    }

    /// At the `u` of `\u{XXX}`: its value.
    fn code_point(&mut self, start: usize, from: usize) -> Result<u32> {
        self.at += 1;
        if self.peek() != Some(b'{') {
            return Err(self.bad_escape(start, from, errors::missing_open_brace));
        }
        let mut value = self.hexadecimal_digit(start, from)?;
        self.at += 1;
        while let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) {
            if value > 0x7FFF_FFFF >> 4 {
                return Err(self.bad_escape(start, from, errors::utf8_value_too_large));
            }
            value = value << 4 | digit;
            self.at += 1;
        }
        if !self.accept(b'}') {
            return Err(self.bad_escape(start, from, errors::missing_close_brace));
        }
        Ok(value)
    }

    /// UTF-8 in its first form, of up to six bytes for values below 2^31.
    fn push_utf8(&mut self, value: u32) {
        if value < 0x80 {
            self.buffer.push(value as u8);
            return;
        }
        // The bytes behind the first carry six bits each; the first has room for the rest.
        let more = match value {
            0..0x800 => 1,
            0x800..0x1_0000 => 2,
            0x1_0000..0x20_0000 => 3,
            0x20_0000..0x400_0000 => 4,
            _ => 5,
        };
        let mark = (0xFF00u32 >> (more + 1)) as u8;
        self.buffer.push(mark | (value >> (6 * more)) as u8);
        for part in (0..more).rev() {
            self.buffer.push(0x80 | (value >> (6 * part) & 0x3F) as u8);
        }
    }

    /// An error in the escape that starts at `from`; the byte that is next belongs to it.
    fn bad_escape(&self, start: usize, from: usize, error: fn(Place) -> Raised) -> Raised {
        let end = (self.at + 1).min(self.text.len());
        let near = self.string_so_far(start, from, end);
        let mut place = self.place(from, Some(near));
        // A line break is part of the message, not of what to point at.
        let has_newline = newline_width(self.text, self.at) > 0;
        place.span.end = if has_newline { self.at } else { end } as u32;
        error(place)
    }

    /// The string as far as it is read: the quote, what is decoded, and the source from `raw` on.
    fn string_so_far(&self, start: usize, raw: usize, end: usize) -> alloc::vec::Vec<u8> {
        let quote = &self.text[start..start + 1];
        errors::quoted(&[quote, &self.buffer, &self.text[raw..end]].concat())
    }

    /// The place of an error that blames the end of the text.
    fn end_place(&self, start: usize) -> Place<'_> {
        let mut place = self.place(start, Token::Eof.describe().into_bytes().into());
        // Point at the opening, not at everything up to the end.
        place.span.end = place.span.end.min(place.span.start + 2);
        place
    }
}
