//! What patterns match, and how they fail, as the reference has it.

use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

fn message(error: PatternError) -> String {
    let mut text = Vec::new();
    error.write_message(&mut text);
    String::from_utf8(text).unwrap()
}

/// "start-end" counted as Lua does, then the captures; "nil"; or the error.
fn found(subject: &str, pattern: &str) -> String {
    let mut scratch = Scratch::default();
    let mut matcher = Matcher::new(subject.as_bytes(), pattern.as_bytes(), &mut scratch);
    match matcher.find(0) {
        Err(error) => message(error),
        Ok(None) => "nil".into(),
        Ok(Some((start, end))) => {
            let mut text = format!("{}-{}", start + 1, end);
            for index in 0..matcher.level() {
                match matcher.capture(index, start, end) {
                    Ok(Captured::Range(from, to)) => text += &format!(" {}", &subject[from..to]),
                    Ok(Captured::Position(position)) => text += &format!(" @{position}"),
                    Err(error) => return message(error),
                }
            }
            text
        }
    }
}

fn gsub(subject: &str, pattern: &str, replacement: &str) -> String {
    let mut scratch = Scratch::default();
    let mut matcher = Matcher::new(subject.as_bytes(), pattern.as_bytes(), &mut scratch);
    let mut out = Vec::new();
    let (mut from, mut last) = (0, None);
    loop {
        match matcher.find_other(from, last) {
            Err(error) => return message(error),
            Ok(None) => break,
            Ok(Some((start, end))) => {
                out.extend_from_slice(&subject.as_bytes()[from..start]);
                let replaced = matcher.replace(start, end, replacement.as_bytes(), &mut out);
                if let Err(error) = replaced {
                    return message(error);
                }
                (from, last) = (end, Some(end));
            }
        }
        if matcher.is_anchored() {
            break;
        }
    }
    out.extend_from_slice(&subject.as_bytes()[from..]);
    String::from_utf8(out).unwrap()
}

#[test]
fn matches() {
    for (subject, pattern, expected) in [
        ("hello world", "o w", "5-7"),
        ("hello world", "l+", "3-4"),
        ("hello", "", "1-0"),
        ("hello", "xyz", "nil"),
        ("key = value", "^(%w+)%s*=%s*(%w+)$", "1-11 key value"),
        ("  trim  ", "^%s*(.-)%s*$", "1-8 trim"),
        ("a,b", "()%p()", "2-2 @2 @3"),
        ("f(a(b)c)d", "%b()", "2-8"),
        ("THE (quick) fox", "%f[%a]%a+%f[%A]", "1-3"),
        ("say \"hi\"", "([\"'])(.-)%1", "5-8 \" hi"),
        ("aaab", "a-b", "1-4"),
        ("aaab", "^a?a?b", "nil"),
        ("a]b", "[]]", "2-2"),
        ("a^b", "[%^]", "2-2"),
        ("a-z", "[a%-]+", "1-2"),
        ("x-", "[x-]+", "1-2"),
        ("abc", "[^a-b]", "3-3"),
        ("a$", "a$", "nil"),
        ("a$b", "a$b", "1-3"),
        ("abc123", "%a+(%d-)$", "1-6 123"),
        ("0x1F", "0[xX](%x+)", "1-4 1F"),
        ("date: 2024-01-02", "(%d+)-(%d+)-(%d+)", "7-16 2024 01 02"),
        ("xx.lua", "%.[^.]*$", "3-6"),
        ("aXb", "%u", "2-2"),
        ("aaa", "^a-$", "1-3"),
        ("ab", "(a*(.)%w(%s*))", "1-2 ab a "),
        ("alo aalo", "((a+)lo)%s%2(%1)", "1-8 alo a alo"),
    ] {
        assert_eq!(found(subject, pattern), expected, "{subject:?} {pattern:?}");
    }
}

#[test]
fn reports_errors() {
    for (subject, pattern, expected) in [
        ("a", "%", "malformed pattern (ends with '%')"),
        ("a", "[a", "malformed pattern (missing ']')"),
        ("a", "[]", "malformed pattern (missing ']')"),
        ("a", "[^]", "malformed pattern (missing ']')"),
        ("a", "[a%]", "malformed pattern (missing ']')"),
        ("a", "[a%", "malformed pattern (missing ']')"),
        ("a", "x[", "nil"),
        ("a", "%1", "invalid capture index %1"),
        ("a", "(%1)", "invalid capture index %1"),
        ("a", "%0", "invalid capture index %0"),
        ("a", "%f", "missing '[' after '%f' in pattern"),
        ("a", "%bx", "malformed pattern (missing arguments to '%b')"),
        ("a", "a.?)", "invalid pattern capture"),
        ("a", "(a", "unfinished capture"),
    ] {
        assert_eq!(found(subject, pattern), expected, "{subject:?} {pattern:?}");
    }
    assert_eq!(found("a", &"(".repeat(33)), "too many captures");
    assert_eq!(found(&"a".repeat(300), &"a?".repeat(300)), "pattern too complex");
    assert_eq!(found(&"a".repeat(300), &"a?".repeat(199)), "1-199");
}

#[test]
fn substitutes() {
    for (subject, pattern, replacement, expected) in [
        ("hello world", "o", "0", "hell0 w0rld"),
        ("abc", "%w", "%0%0", "aabbcc"),
        ("abc", "", "-", "-a-b-c-"),
        ("abc d", "%w*", "x", "x x"),
        ("hello world", "(%w+) (%w+)", "%2 %1", "world hello"),
        ("abc", "^a", "%%", "%bc"),
        ("ab", "()", "%1", "1a2b3"),
        ("ab", "a", "%1", "ab"),
        ("ab", "a", "%2", "invalid capture index %2"),
        ("ab", "a", "%z", "invalid use of '%' in replacement string"),
        ("ab", "a", "%", "invalid use of '%' in replacement string"),
        ("ab", "a(", "%1", "unfinished capture"),
    ] {
        assert_eq!(gsub(subject, pattern, replacement), expected, "{subject:?} {pattern:?}");
    }
}

#[test]
fn more_sets_than_are_kept() {
    // All of these stand at offsets with the same rest modulo the number of sets kept.
    let pattern = "[ab]-[cd]-[ef]-[gh]-$".replace('-', "*") + "x?";
    assert_eq!(found("abacddefhg$", &pattern), "1-11");
    assert_eq!(found("aaaabbbbcc", "[ab]-ab[bx]+cc$"), "1-10");
}
