//! Every message, pinned to the text of the reference (5.4): a chunk named `x`, and what `load`
//! answers.

use syntax::{Options, Source, parse, parse_with};

fn message(text: &[u8]) -> Vec<u8> {
    match parse(&Source::new("=x", text)) {
        Ok(_) => b"ok".to_vec(),
        Err(diagnostic) => {
            let span = diagnostic.span;
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?}");
            diagnostic.message
        }
    }
}

#[test]
fn messages_are_the_reference_s() {
    for (text, expected) in CASES {
        let message = message(text);
        assert!(
            message == *expected,
            "{}\n expected {}\n got      {}",
            text.escape_ascii(),
            expected.escape_ascii(),
            message.escape_ascii()
        );
    }
}

#[test]
fn the_position_is_apart() {
    let error = parse(&Source::new("@dir/app.lua", "\nx =")).unwrap_err();
    assert_eq!(error.message, b"dir/app.lua:2: unexpected symbol near <eof>");
    assert_eq!(error.summary(), b"unexpected symbol near <eof>");
    assert_eq!(error.line, 2);
    let error = parse(&Source::new("x = = 1", "x = = 1")).unwrap_err();
    assert_eq!(error.message, b"[string \"x = = 1\"]:1: unexpected symbol near '='");
}

#[test]
fn what_is_not_closed_is_shown() {
    let error = parse(&Source::new("=x", "f()\nif x then\n")).unwrap_err();
    assert_eq!(error.message, b"x:3: 'end' expected (to close 'if' at line 2) near <eof>");
    let opened = error.labels.last().unwrap();
    assert_eq!((opened.span.start, opened.span.end), (4, 6));
    assert_eq!(opened.text, "opened here");
}

/// The reference's parser recurses; how deep depends on the calls that are active already.
#[test]
fn nesting_is_limited() {
    let nested = |open: &str, inner: &str, close: &str, count: usize| {
        [open.repeat(count), inner.to_string(), close.repeat(count)].concat()
    };
    let options = Options { levels: 2, is_limited: false, is_named: true };
    let fits = |text: &str| match parse_with(&Source::new("=x", text), options) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.is_overflow);
            assert_eq!(error.message, b"C stack overflow");
            false
        }
    };
    for (before, open, inner, close, most) in [
        ("return ", "(", "1", ")", 195),
        ("return ", "- ", "1", "", 195),
        ("return ", "a .. ", "1", "", 195),
        ("return ", "a ^ ", "1", "", 195),
        ("return ", "{", "1", "}", 195),
        ("return ", "a(", "1", ")", 195),
        ("", "do ", "", " end", 197),
        ("", "if a then else ", "", " end", 196),
        ("", "::a1:: ", "", "", 197),
    ] {
        // Only the first of several equal labels counts here: an error of another kind otherwise.
        let text = |count| match open {
            "::a1:: " => (0..count).map(|i| format!("::a{i}:: ")).collect(),
            _ => format!("{before}{}", nested(open, inner, close, count)),
        };
        assert!(fits(&text(most)), "{open}");
        assert!(!fits(&text(most + 1)), "{open}");
    }
}

#[rustfmt::skip]
const CASES: &[(&[u8], &[u8])] = &[
    (b"x =", b"x:1: unexpected symbol near <eof>"),
    (b"x = = 1", b"x:1: unexpected symbol near '='"),
    (b"= 1", b"x:1: unexpected symbol near '='"),
    (b"x", b"x:1: syntax error near <eof>"),
    (b"x.y", b"x:1: syntax error near <eof>"),
    (b"(x) = 1", b"x:1: syntax error near '='"),
    (b"f() = 1", b"x:1: syntax error near '='"),
    (b"a, f() = 1", b"x:1: syntax error near '='"),
    (b"x = 1 1", b"x:1: unexpected symbol near '1'"),
    (b"3x", b"x:1: malformed number near '3x'"),
    (b"x = 3x", b"x:1: malformed number near '3x'"),
    (b"x = 0x", b"x:1: malformed number near '0x'"),
    (b"x = 0xg", b"x:1: malformed number near '0xg'"),
    (b"x = 1e", b"x:1: malformed number near '1e'"),
    (b"x = 1..2", b"x:1: malformed number near '1..2'"),
    (b"x = .0x12p+3", b"x:1: malformed number near '.0x12p+3'"),
    (b"x = 0x1p", b"x:1: malformed number near '0x1p'"),
    (b"x = 'abc", b"x:1: unfinished string near <eof>"),
    (b"x = \"abc\n\"", b"x:1: unfinished string near '\"abc'"),
    (b"x = '\\q'", b"x:1: invalid escape sequence near ''\\q'"),
    (b"x = 'ab\\q'", b"x:1: invalid escape sequence near ''ab\\q'"),
    (b"x = '\\xg0'", b"x:1: hexadecimal digit expected near ''\\xg'"),
    (b"x = '\\x1g'", b"x:1: hexadecimal digit expected near ''\\x1g'"),
    (b"x = '\\x", b"x:1: hexadecimal digit expected near ''\\x'"),
    (b"x = '\\400'", b"x:1: decimal escape too large near ''\\400''"),
    (b"x = '\\u110000'", b"x:1: missing '{' near ''\\u1'"),
    (b"x = '\\u{}'", b"x:1: hexadecimal digit expected near ''\\u{}'"),
    (b"x = '\\u{12'", b"x:1: missing '}' near ''\\u{12''"),
    (b"x = '\\u{80000000}'", b"x:1: UTF-8 value too large near ''\\u{80000000'"),
    (b"x = '\\", b"x:1: unfinished string near <eof>"),
    (b"x = [[abc", b"x:1: unfinished long string (starting at line 1) near <eof>"),
    (b"\n\n--[==[ abc", b"x:3: unfinished long comment (starting at line 3) near <eof>"),
    (b"x = [=abc", b"x:1: invalid long string delimiter near '[='"),
    (b"x = \"a\\65b\" \"c\"", b"x:1: unexpected symbol near '\"c\"'"),
    (b"x = [==[\na]b]==] 1", b"x:2: unexpected symbol near '1'"),
    (b"x = 'a' 'b\\0c'", b"x:1: unexpected symbol near ''b'"),
    (b"if x", b"x:1: 'then' expected near <eof>"),
    (b"if x then", b"x:1: 'end' expected near <eof>"),
    (b"if x then\nelse", b"x:2: 'end' expected (to close 'if' at line 1) near <eof>"),
    (b"if x then\nend end", b"x:2: <eof> expected near 'end'"),
    (b"if x\ny", b"x:2: 'then' expected near 'y'"),
    (b"while x do", b"x:1: 'end' expected near <eof>"),
    (b"while x\ndo\n", b"x:3: 'end' expected (to close 'while' at line 1) near <eof>"),
    (b"repeat", b"x:1: 'until' expected near <eof>"),
    (b"repeat\n", b"x:2: 'until' expected (to close 'repeat' at line 1) near <eof>"),
    (b"repeat x() end", b"x:1: 'until' expected near 'end'"),
    (b"do", b"x:1: 'end' expected near <eof>"),
    (b"do\n", b"x:2: 'end' expected (to close 'do' at line 1) near <eof>"),
    (b"for", b"x:1: <name> expected near <eof>"),
    (b"for x", b"x:1: '=' or 'in' expected near <eof>"),
    (b"for x y", b"x:1: '=' or 'in' expected near 'y'"),
    (b"for x = 1", b"x:1: ',' expected near <eof>"),
    (b"for x = 1, 2", b"x:1: 'do' expected near <eof>"),
    (b"for x = 1 do end", b"x:1: ',' expected near 'do'"),
    (b"for x, y = 1, 2 do end", b"x:1: 'in' expected near '='"),
    (b"for x in", b"x:1: unexpected symbol near <eof>"),
    (b"for x in y", b"x:1: 'do' expected near <eof>"),
    (b"for x in y do\n", b"x:2: 'end' expected (to close 'for' at line 1) near <eof>"),
    (b"function", b"x:1: <name> expected near <eof>"),
    (b"function f", b"x:1: '(' expected near <eof>"),
    (b"function f(", b"x:1: <name> or '...' expected near <eof>"),
    (b"function f(x", b"x:1: ')' expected near <eof>"),
    (b"function f(x,", b"x:1: <name> or '...' expected near <eof>"),
    (b"function f(1)", b"x:1: <name> or '...' expected near '1'"),
    (b"function f(..., x) end", b"x:1: ')' expected near ','"),
    (b"function f()\n", b"x:2: 'end' expected (to close 'function' at line 1) near <eof>"),
    (b"function f.1() end", b"x:1: '(' expected near '.1'"),
    (b"function f:m.n() end", b"x:1: '(' expected near '.'"),
    (b"f(", b"x:1: unexpected symbol near <eof>"),
    (b"f(\n", b"x:2: unexpected symbol near <eof>"),
    (b"f(1", b"x:1: ')' expected near <eof>"),
    (b"f(1,\n\n2", b"x:3: ')' expected (to close '(' at line 1) near <eof>"),
    (b"f{1", b"x:1: '}' expected near <eof>"),
    (b"f{\n1", b"x:2: '}' expected (to close '{' at line 1) near <eof>"),
    (b"f:m", b"x:1: function arguments expected near <eof>"),
    (b"f:m = 1", b"x:1: function arguments expected near '='"),
    (b"f:", b"x:1: <name> expected near <eof>"),
    (b"f.", b"x:1: <name> expected near <eof>"),
    (b"f[", b"x:1: unexpected symbol near <eof>"),
    (b"f[1", b"x:1: ']' expected near <eof>"),
    (b"x = {", b"x:1: unexpected symbol near <eof>"),
    (b"x = {1 2}", b"x:1: '}' expected near '2'"),
    (b"x = {a b}", b"x:1: '}' expected near 'b'"),
    (b"x = {[1]}", b"x:1: '=' expected near '}'"),
    (b"x = {[1 = 2}", b"x:1: ']' expected near '='"),
    (b"x = (1", b"x:1: ')' expected near <eof>"),
    (b"x = (\n1", b"x:2: ')' expected (to close '(' at line 1) near <eof>"),
    (b"x = a and", b"x:1: unexpected symbol near <eof>"),
    (b"x = not", b"x:1: unexpected symbol near <eof>"),
    (b"x = -", b"x:1: unexpected symbol near <eof>"),
    (b"x = #", b"x:1: unexpected symbol near <eof>"),
    (b"x = a ..", b"x:1: unexpected symbol near <eof>"),
    (b"return return", b"x:1: unexpected symbol near 'return'"),
    (b"return 1 x", b"x:1: <eof> expected near 'x'"),
    (b"return 1; x", b"x:1: <eof> expected near 'x'"),
    (b"local", b"x:1: <name> expected near <eof>"),
    (b"local 1", b"x:1: <name> expected near '1'"),
    (b"local x =", b"x:1: unexpected symbol near <eof>"),
    (b"local x <", b"x:1: <name> expected near <eof>"),
    (b"local x <const", b"x:1: '>' expected near <eof>"),
    (b"local x <foo> = 1", b"x:1: unknown attribute 'foo'"),
    (b"local x <close>, y <close> = 1", b"x:1: multiple to-be-closed variables in local list"),
    (b"local function", b"x:1: <name> expected near <eof>"),
    (b"local function 1", b"x:1: <name> expected near '1'"),
    (b"local function f.g() end", b"x:1: '(' expected near '.'"),
    (b"goto", b"x:1: <name> expected near <eof>"),
    (b"goto 1", b"x:1: <name> expected near '1'"),
    (b"::", b"x:1: <name> expected near <eof>"),
    (b"::a", b"x:1: '::' expected near <eof>"),
    (b"::a:", b"x:1: '::' expected near ':'"),
    (b"::a:: ::a::", b"x:1: label 'a' already defined on line 1"),
    (b"::a::\n\n::a::", b"x:3: label 'a' already defined on line 3"),
    (b"goto a", b"x:1: no visible label 'a' for <goto> at line 1"),
    (b"do goto a end\ngoto b", b"x:2: no visible label 'a' for <goto> at line 1"),
    (b"function f()\ngoto x\nend", b"x:3: no visible label 'x' for <goto> at line 2"),
    (b"break", b"x:1: break outside loop at line 1"),
    (b"\nfunction f()\n break\nend", b"x:4: break outside loop at line 3"),
    (b"while x do function f() break end end", b"x:1: break outside loop at line 1"),
    (b"goto a\nlocal x\n::a::\nprint(x)", b"x:4: <goto a> at line 1 jumps into the scope of local 'x'"),
    (b"repeat goto a; local x; ::a:: until x", b"x:1: <goto a> at line 1 jumps into the scope of local 'x'"),
    (b"do ::a:: end goto a", b"x:1: no visible label 'a' for <goto> at line 1"),
    (b"goto a; do ::a:: end", b"x:1: no visible label 'a' for <goto> at line 1"),
    (b"goto a; for i = 1, 2 do ::a:: end", b"x:1: no visible label 'a' for <goto> at line 1"),
    (b"goto a; local x <const> = 1; ::a:: f()", b"x:1: <goto a> at line 1 jumps into the scope of local 'x'"),
    (b"local function f() goto a end ::a::", b"x:1: no visible label 'a' for <goto> at line 1"),
    (b"local x <const> = 1; x = 2", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <const> = f(); x = 2", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <close> = nil; x = 2", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <const> = 1; function f() x = 2 end", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <const> = f(); function g() x = 2 end", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <const> = {}; function x() end", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <const> = 1; y, x = 1", b"x:1: attempt to assign to const variable 'x'"),
    (b"local x <const> = 1; x, y = 1", b"x:1: attempt to assign to const variable 'x'"),
    (b"function f() return ... end", b"x:1: cannot use '...' outside a vararg function near '...'"),
    (b"x = function() return ... end", b"x:1: cannot use '...' outside a vararg function near '...'"),
    (b"local x = ~", b"x:1: unexpected symbol near <eof>"),
    (b"x = }", b"x:1: unexpected symbol near '}'"),
    (b"x = ]", b"x:1: unexpected symbol near ']'"),
    (b"x = @", b"x:1: unexpected symbol near '@'"),
    (b"x = $", b"x:1: unexpected symbol near '$'"),
    (b"x = \x01", b"x:1: unexpected symbol near '<\\1>'"),
    (b"x = \x80", b"x:1: unexpected symbol near '<\\128>'"),
    (b"x = \x00", b"x:1: unexpected symbol"),
    (b"x = ?", b"x:1: unexpected symbol near '?'"),
    (b"end", b"x:1: <eof> expected near 'end'"),
    (b"until x", b"x:1: <eof> expected near 'until'"),
    (b"else", b"x:1: <eof> expected near 'else'"),
    (b"x = 1 end", b"x:1: <eof> expected near 'end'"),
    (b"x = 5 .. .. 6", b"x:1: unexpected symbol near '..'"),
    (b"a.b:c", b"x:1: function arguments expected near <eof>"),
    (b"a:b 1", b"x:1: function arguments expected near '1'"),
    (b"x = 1 = 2", b"x:1: unexpected symbol near '='"),
    (b"local a <const>, b = 1 c", b"x:1: syntax error near <eof>"),
    (b"x = y z", b"x:1: syntax error near <eof>"),
    (b"x = y {", b"x:1: unexpected symbol near <eof>"),
    (b"x = function", b"x:1: '(' expected near <eof>"),
    (b"return function() end end", b"x:1: <eof> expected near 'end'"),
    (b"local x <const> <close> = 1", b"x:1: unexpected symbol near '<'"),
    (b"x = !1", b"x:1: unexpected symbol near '!'"),
    (b"a\n.\nb", b"x:3: syntax error near <eof>"),
    (b"a\nb", b"x:2: syntax error near 'b'"),
    (b"x = 'a\\z  \n  b' 1", b"x:2: unexpected symbol near '1'"),
    (b"x, = 1", b"x:1: unexpected symbol near '='"),
    (b", x = 1", b"x:1: unexpected symbol near ','"),
    (b"x = f(,)", b"x:1: unexpected symbol near ','"),
    (b"x = {,}", b"x:1: unexpected symbol near ','"),
    (b"x = {;}", b"x:1: unexpected symbol near ';'"),
    (b"x = {1,,2}", b"x:1: unexpected symbol near ','"),
    (b"local a, = 1", b"x:1: <name> expected near '='"),
    (b"local a b", b"x:1: syntax error near <eof>"),
    (b"f 1", b"x:1: syntax error near '1'"),
    (b"not x", b"x:1: unexpected symbol near 'not'"),
    (b"1 = x", b"x:1: unexpected symbol near '1'"),
    (b"'x' = 1", b"x:1: unexpected symbol near ''x''"),
    (b"x = <eof>", b"x:1: unexpected symbol near '<'"),
    (b"a = 08 ~= 08 08.8.8", b"x:1: malformed number near '08.8.8'"),
    (b"goto continue; local a ::continue:: a=1", b"x:1: <goto continue> at line 1 jumps into the scope of local 'a'"),
    (b"if a then goto l1 ::l1:: else ::l1:: goto l2 end", b"x:1: no visible label 'l2' for <goto> at line 1"),
];

#[test]
fn loaded_lists_fit_into_registers() {
    let fits = |text: &str| {
        let options = Options { levels: 2, is_limited: true, is_named: true };
        parse_with(&Source::new("=x", text), options).map(drop).map_err(|error| error.message)
    };
    let error = b"x:1: function or expression needs too many registers near 'x'".to_vec();
    let list = |count: usize| vec!["x"; count].join(", ");
    assert_eq!(fits(&format!("f({})", list(253))), Ok(()));
    assert_eq!(fits(&format!("f({})", list(260))), Err(error.clone()));
    assert_eq!(fits(&format!("return {}", list(254))), Ok(()));
    assert_eq!(fits(&format!("return {}", list(260))), Err(error.clone()));
    let locals: String = (0..150).map(|n| format!("local v{n} ")).collect();
    assert_eq!(fits(&format!("{locals} f({})", list(100))), Ok(()));
    assert_eq!(fits(&format!("{locals} f({})", list(110))), Err(error.clone()));
    // Constants have none, nor do the variables of another function.
    let constants: String = (0..150).map(|n| format!("local v{n} <const> = 1 ")).collect();
    assert_eq!(fits(&format!("{constants} f({})", list(110))), Ok(()));
    assert_eq!(fits(&format!("{locals} function g() f({}) end", list(110))), Ok(()));
    assert_eq!(fits(&format!("return {{{}}}", list(1000))), Ok(()));
    assert!(parse(&Source::new("=x", format!("f({})", list(1000)))).is_ok());
}
