//! Every message of this crate, one function each.
//!
//! The text is the reference's to the byte, because a program can see it through `load`; labels and
//! notes are ours.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// An error on its way out of the parser; boxed, so that results stay small on its deep stack.
pub(crate) type Raised = Box<Diagnostic>;

/// What a step of the parser gives.
pub(crate) type Result<T> = core::result::Result<T, Raised>;

/// Where the parser stands when it finds an error.
pub(crate) struct Place<'a> {
    pub(crate) source: &'a Source,
    /// The line that the lexer has reached.
    pub(crate) line: u32,
    /// The token or the place in question.
    pub(crate) span: Span,
    /// The token as messages quote it; none for errors that do not blame a token.
    pub(crate) near: Option<Vec<u8>>,
}

impl Place<'_> {
    fn error(self, text: impl AsRef<[u8]>) -> Diagnostic {
        let mut message = self.source.chunk_id();
        message.extend_from_slice(format!(":{}: ", self.line).as_bytes());
        let prefix_len = message.len();
        message.extend_from_slice(text.as_ref());
        if let Some(near) = self.near {
            message.extend_from_slice(b" near ");
            message.extend_from_slice(&near);
        }
        Diagnostic::error(message, prefix_len, self.span, self.line)
    }

    fn labelled(self, text: impl AsRef<[u8]>, label: impl Into<String>) -> Raised {
        let span = self.span;
        Box::new(self.error(text).label(span, label))
    }

    fn plain(self, text: impl AsRef<[u8]>) -> Raised {
        Box::new(self.error(text))
    }
}

/// Bytes between quotes, cut at a NUL as the reference's formatting cuts them.
pub(crate) fn quoted(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.split(|&b| b == 0).next().unwrap_or_default();
    [b"'", bytes, b"'"].concat()
}

/// `before`, a quoted name, `after`.
fn with_name(before: &str, name: &[u8], after: &str) -> Vec<u8> {
    [before.as_bytes(), &quoted(name), after.as_bytes()].concat()
}

// Tokens.

pub(crate) fn unfinished_string(place: Place) -> Raised {
    let span = place.span;
    Box::new(
        place
            .error("unfinished string")
            .label(span, "this string does not end on its line")
            .note("a backslash at the end of the line, `\\z` or a long bracket continues a string"),
    )
}

pub(crate) fn unfinished_long(place: Place, what: &str, line: u32) -> Raised {
    let text = format!("unfinished long {what} (starting at line {line})");
    place.labelled(text, format!("this {what} is never closed"))
}

pub(crate) fn invalid_long_delimiter(place: Place) -> Raised {
    place.labelled("invalid long string delimiter", "a long string opens with `[`, any `=`s, `[`")
}

pub(crate) fn malformed_number(place: Place) -> Raised {
    place.labelled("malformed number", "not a number")
}

pub(crate) fn invalid_escape(place: Place) -> Raised {
    let span = place.span;
    Box::new(
        place
            .error("invalid escape sequence")
            .label(span, "no such escape")
            .note("a backslash itself is written `\\\\`"),
    )
}

pub(crate) fn hexadecimal_digit_expected(place: Place) -> Raised {
    place.plain("hexadecimal digit expected")
}

pub(crate) fn missing_open_brace(place: Place) -> Raised {
    place.labelled("missing '{'", "a code point is written `\\u{XXX}`")
}

pub(crate) fn missing_close_brace(place: Place) -> Raised {
    place.labelled("missing '}'", "a code point is written `\\u{XXX}`")
}

pub(crate) fn utf8_value_too_large(place: Place) -> Raised {
    place.labelled("UTF-8 value too large", "the largest is 7FFFFFFF")
}

pub(crate) fn decimal_escape_too_large(place: Place) -> Raised {
    place.labelled("decimal escape too large", "the largest is \\255")
}

pub(crate) fn too_many_lines(place: Place) -> Raised {
    place.plain("chunk has too many lines")
}

/// A limit of ours, which the reference does not have.
pub(crate) fn chunk_too_long(place: Place) -> Raised {
    place.plain("chunk is too long (limit is 1 GB)")
}

// Syntax.

pub(crate) fn unexpected_symbol(place: Place) -> Raised {
    place.labelled("unexpected symbol", "an expression cannot start here")
}

pub(crate) fn syntax_error(place: Place, statement: Span) -> Raised {
    Box::new(
        place
            .error("syntax error")
            .label(statement, "this is neither a call nor something that can be assigned"),
    )
}

/// `what` is the token as messages show it.
pub(crate) fn expected(place: Place, what: &str) -> Raised {
    place.labelled(format!("{what} expected"), format!("{what} expected"))
}

pub(crate) fn expected_to_close(
    place: Place,
    what: &str,
    opener: &str,
    line: u32,
    opened: Span,
) -> Raised {
    let span = place.span;
    Box::new(
        place
            .error(format!("{what} expected (to close {opener} at line {line})"))
            .label(span, format!("{what} expected"))
            .label(opened, "opened here"),
    )
}

pub(crate) fn arguments_expected(place: Place) -> Raised {
    place.labelled("function arguments expected", "a method can only be called")
}

pub(crate) fn parameter_expected(place: Place) -> Raised {
    place.labelled("<name> or '...' expected", "not a parameter")
}

pub(crate) fn for_expected(place: Place) -> Raised {
    place.labelled("'=' or 'in' expected", "neither a numeric nor a generic `for`")
}

pub(crate) fn vararg_outside(place: Place) -> Raised {
    let span = place.span;
    Box::new(
        place
            .error("cannot use '...' outside a vararg function")
            .label(span, "the function around it does not take `...`")
            .note("an outer function's `...` can be kept in a local: `local arguments = {...}`"),
    )
}

/// Nesting that the reference cannot parse; it says so without a position.
pub(crate) fn too_many_registers(place: Place) -> Raised {
    place.plain("function or expression needs too many registers")
}

pub(crate) fn too_many_levels(place: Place) -> Raised {
    let mut raised = Diagnostic::error(b"C stack overflow".to_vec(), 0, place.span, place.line)
        .label(place.span, "nested too deeply")
        .note("expressions, blocks and functions nest at most 200 levels deep");
    raised.is_overflow = true;
    Box::new(raised)
}

// Scope.

/// `defined` is the line of the function; 0 for the main function.
pub(crate) fn limit(place: Place, what: &str, limit: u32, defined: u32) -> Raised {
    let function = match defined {
        0 => String::from("main function"),
        line => format!("function at line {line}"),
    };
    let span = place.span;
    Box::new(
        place
            .error(format!("too many {what} (limit is {limit}) in {function}"))
            .label(span, "one more than fits"),
    )
}

pub(crate) fn assignment_to_const(place: Place, name: &[u8]) -> Raised {
    let text = with_name("attempt to assign to const variable ", name, "");
    place.labelled(text, "its declaration does not allow this")
}

pub(crate) fn unknown_attribute(place: Place, name: &[u8]) -> Raised {
    let text = with_name("unknown attribute ", name, "");
    place.labelled(text, "the attributes are `const` and `close`")
}

pub(crate) fn several_to_be_closed(place: Place) -> Raised {
    place.labelled(
        "multiple to-be-closed variables in local list",
        "a list can have one; declare them one after the other",
    )
}

pub(crate) fn repeated_label(place: Place, name: &[u8], line: u32, first: Span) -> Raised {
    let span = place.span;
    let text = with_name("label ", name, &format!(" already defined on line {line}"));
    Box::new(place.error(text).label(span, "defined again").label(first, "first defined here"))
}

pub(crate) fn no_visible_label(place: Place, name: &[u8], line: u32) -> Raised {
    let span = place.span;
    let text = with_name("no visible label ", name, &format!(" for <goto> at line {line}"));
    Box::new(
        place
            .error(text)
            .label(span, "no enclosing block declares it")
            .note("a label is visible in its own block and in the blocks inside it"),
    )
}

pub(crate) fn break_outside_loop(place: Place, line: u32) -> Raised {
    place.labelled(
        format!("break outside loop at line {line}"),
        "no loop of this function is around",
    )
}

pub(crate) fn jump_into_scope(
    place: Place,
    goto: &[u8],
    line: u32,
    local: &[u8],
    label: Span,
) -> Raised {
    let cut = |name: &[u8]| name.split(|&b| b == 0).next().unwrap_or_default().to_vec();
    let mut text = [b"<goto ", &cut(goto)[..], b">"].concat();
    text.extend(with_name(&format!(" at line {line} jumps into the scope of local "), local, ""));
    let span = place.span;
    Box::new(
        place
            .error(text)
            .label(span, "this would skip the declaration")
            .label(label, "to here")
            .note("a label at the very end of its block may be jumped to"),
    )
}
