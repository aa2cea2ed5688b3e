//! The tree: what is written, what names mean, and the lines of operations.

use syntax::ast::{Attribute, Chunk, ExprKind, LocalKind, StatKind};
use syntax::{Source, chunk_id, dump, parse, skip_file_preamble};

fn chunk(text: &str) -> Chunk {
    parse(&Source::new("=x", text)).unwrap_or_else(|error| {
        panic!("{text}: {}", error.message.escape_ascii());
    })
}

/// The dump without the frame of the main function.
fn body(text: &str) -> String {
    let dump = dump::dump(&chunk(text));
    let main = dump.strip_prefix("(function 0 (...) (upvalue 0 _ENV env)\n").unwrap();
    let main = main.strip_suffix(")\n").unwrap_or(main);
    main.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn literals() {
    for (text, expected) in [
        ("3", "3"),
        ("0xff", "255"),
        ("0xffffffffffffffff", "-1"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9.223372036854776e18"),
        ("3.0", "3.0"),
        (".5e1", "5.0"),
        ("0x.8p1", "1.0"),
        ("'a\\65\\x42\\u{43}\\z  \n  d\\\ne'", "\"aABCd\\ne\""),
        ("'\\u{7FFFFFFF}'", "\"\\xfd\\xbf\\xbf\\xbf\\xbf\\xbf\""),
        ("'\\u{20AC}\\0'", "\"\\xe2\\x82\\xac\\x00\""),
        ("[[\na\r\nb\rc\n\rd]]", "\"a\\nb\\nc\\nd\""),
        ("[==[]]]=]]==]", "\"]]]=]\""),
        ("'\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\''", "\"\\x07\\x08\\x0c\\n\\r\\t\\x0b\\\\\\\"\\'\""),
        ("nil --[==[ comment ]] ]==]", "nil"),
        ("... -- to the end", "..."),
    ] {
        let expected = format!("(return:{} {expected})", text.lines().count().max(1));
        let got = body(&format!("return {text}"));
        // The line is not the point here.
        let tail = |text: &str| text.split_once(' ').unwrap().1.to_string();
        assert_eq!(tail(&got), tail(&expected), "{text}");
    }
}

#[test]
fn operators_associate_and_bind() {
    for (text, expected) in [
        ("a + b - c", "(ops a:1 +:1 b:1 -:1 c:1)"),
        ("a + b * c", "(ops a:1 +:1 (ops b:1 *:1 c:1))"),
        ("(a + b) * c", "(ops (paren (ops a:1 +:1 b:1)) *:1 c:1)"),
        ("2 ^ 3 ^ 4", "(ops 2 ^:1 (ops 3 ^:1 4))"),
        ("-a ^ 2", "(-:1 (ops a:1 ^:1 2))"),
        ("not a == b", "(ops (not:1 a:1) ==:1 b:1)"),
        ("a .. b .. c", "(..:1 a:1 b:1 c:1)"),
        ("a .. (b .. c)", "(..:1 a:1 b:1 c:1)"),
        ("(a .. b) .. c", "(..:1 (paren (..:1 a:1 b:1)) c:1)"),
        ("a and b and c or d or e", "(or (and a:1 b:1 c:1) d:1 e:1)"),
        ("a or b and c", "(or a:1 (and b:1 c:1))"),
        ("(a and b) and c", "(and (paren (and a:1 b:1)) c:1)"),
        ("a < b == c", "(ops a:1 <:1 b:1 ==:1 c:1)"),
        ("1 << 2 + 3 .. 4", "(ops 1 <<:1 (..:1 (ops 2 +:1 3) 4))"),
        ("a | b ~ c & d", "(ops a:1 |:1 (ops b:1 ~:1 (ops c:1 &:1 d:1)))"),
        ("#a // ~b", "(ops (#:1 a:1) //:1 (~:1 b:1))"),
        (
            "a.b[1]:c 'x' {2} ()",
            "(of a:1 .b:1 [1]:1 (method:1 c call:1 \"x\") (call:1 (table:1 2)) (call:1))",
        ),
        ("{1, x = 2, [3] = 4; ...}", "(table:1 1 [\"x\":1]=2 [3:1]=4 ...)"),
    ] {
        assert_eq!(body(&format!("x = {text}")), format!("(assign:1 x:1 = {expected})"));
    }
}

#[test]
fn statements() {
    assert_eq!(
        body(
            "local function f(a, ...) return f(a) end
             while a do if b then break elseif c then ; else g() end end
             repeat local x = 1 until x
             for i = 1, 2, 3 do end for k, v in pairs(t) do k = v end
             function a.b:c() return self end
             do ::top:: goto top end"
        ),
        "\
(local-function:1 f#0!captured (closure 1))
(while:2 a:2
  (if:2
    (when b:2
      (break:2))
    (when c:2)
    (else
      (of g:2 (call:2)))))
(repeat:3
  (local:3 x#2 = 1)
  (until x#2))
(for:4 i#3 1 2 3)
(for-in:4 k#4!assigned v#5 in (of pairs:4 (call:4 t:4))
  (assign:4 k#4 = v#5))
(assign:5 (of a:5 .b:5 .c:5) = (closure 2))
(do:6
  (label:6 top#0)
  (goto:6 top#0)))
(function 1 f lines 1-1 (a#1 ...) (upvalue 0 f #0)
(tail-call:1 (of f^0 (call:1 a#1))))
(function 2 a.b:c lines 5-5 (self#6)
(return:5 self#6)"
    );
}

#[test]
fn upvalues_go_through_every_function_between() {
    assert_eq!(
        body("local x, y = 1 function f() return function() x = y + z end end"),
        "\
(local:1 x#0!cell y#1!captured = 1)
(assign:1 f:1 = (closure 1)))
(function 1 f lines 1-1 (upvalue 0 x #0) (upvalue 1 y #1) (upvalue 2 _ENV ^0)
(return:1 (closure 2)))
(function 2 lines 1-1 (upvalue 0 x ^0) (upvalue 1 y ^1) (upvalue 2 _ENV ^2)
(assign:1 x^0 = (ops y^1 +:1 z:1))"
    );
    let chunk = chunk("local x function f() return function() return x, y end end");
    let inner = &chunk.functions[2];
    assert_eq!(inner.upvalues[0].local, Some(syntax::ast::LocalId(0)));
    assert_eq!(inner.upvalues[1].local, None);
    assert!(chunk.locals[0].captured && !chunk.locals[0].assigned);
}

#[test]
fn shadowing_ends_with_the_block() {
    assert_eq!(
        body("local x = x do local x = x x = 1 end x = x"),
        "\
(local:1 x#0!assigned = x:1)
(do:1
  (local:1 x#1!assigned = x#0)
  (assign:1 x#1 = 1))
(assign:1 x#0 = x#0)"
    );
}

#[test]
fn environments() {
    assert_eq!(
        body("x = 1; local _ENV = {} y = x"),
        "\
(assign:1 x:1 = 1)
(local:1 _ENV#0 = (table:1))
(assign:1 y@#0:1 = x@#0:1)"
    );
    let uses = |text| {
        let env = chunk(text).env;
        (env.read, env.assigned)
    };
    assert_eq!(uses("x = y"), (false, false));
    assert_eq!(uses("local _ENV = {} x = _ENV _ENV = 1"), (false, false));
    assert_eq!(uses("x = _ENV"), (true, false));
    assert_eq!(uses("function f() return _ENV.x end"), (true, false));
    assert_eq!(uses("_ENV = {}"), (false, true));
    assert_eq!(uses("function f() _ENV, x = {} return _ENV end"), (true, true));
}

#[test]
fn constants_are_no_variables() {
    for (value, expected) in [
        ("5", Some("5")),
        ("-5", Some("-5")),
        ("2 ^ 53", Some("9007199254740992.0")),
        ("7 // -2 * 10 + 7 % -2", Some("-41")),
        ("1 << 62 | 3.0", Some("4611686018427387907")),
        ("7.5 // 2 + -7.5 % 2", Some("3.5")),
        ("'a'", Some("\"a\"")),
        ("not nil", Some("true")),
        ("not 0", Some("false")),
        ("(1 and nil)", Some("nil")),
        ("false or 'x'", Some("\"x\"")),
        ("nil and 1", None),
        ("1 or 2", None),
        ("-0.0", None),
        ("1 - 1.0", None),
        ("1 // 0", None),
        ("1 / 0", None),
        ("1 < 2", None),
        ("'1' + 1", None),
        ("1 .. 2", None),
        ("1.5 | 1", None),
        ("#'abc'", None),
        ("{}", None),
    ] {
        let text = format!("local a, x <const> = 1, {value} function f() return x, a end");
        let got = body(&text);
        match expected {
            Some(value) => {
                assert!(got.contains(&format!("return:1 x={value} a^0")), "{value}: {got}");
                assert_eq!(chunk(&text).locals.len(), 1);
            }
            None => assert!(got.contains("return:1 x^0 a^1"), "{value}: {got}"),
        }
    }
    // One constant may use another; with too few or too many values there is none.
    assert!(body("local a <const> = 2 local b <const> = a * 3 return b").contains("b=6"));
    assert_eq!(chunk("local x <const> = 1, 2").locals.len(), 1);
    assert_eq!(chunk("local a, x <const> = 1").locals.len(), 2);
}

#[test]
fn levels_and_jumps() {
    let chunk = chunk(
        "local a <close> = nil
         for i = 1, 2 do
             local b
             if b then goto continue end
             ::again::
             local c
             goto again
             ::continue::
         end",
    );
    let levels: Vec<u32> = chunk.locals.iter().map(|local| local.level).collect();
    // The loop hides three variables between `a` and `i`.
    assert_eq!(levels, [0, 4, 5, 6]);
    assert_eq!(chunk.locals[0].attribute, Attribute::Close);
    assert_eq!(chunk.locals[1].kind, LocalKind::Loop);
    let label = |goto: usize| chunk.label(chunk.gotos[goto].target);
    assert_eq!((label(0).level, chunk.gotos[0].backward), (5, false));
    assert_eq!((label(1).level, chunk.gotos[1].backward, chunk.gotos[1].level), (6, true, 7));
}

#[test]
fn tail_calls() {
    let is_tail_call = |text: &str| match &chunk(text).functions[0].body.statements.last().unwrap()
    {
        syntax::ast::Stat { kind: StatKind::Return(stat), .. } => stat.is_tail_call,
        syntax::ast::Stat { kind: StatKind::GenericFor(stat), .. } => {
            let StatKind::Return(stat) = &stat.body.statements[0].kind else { panic!("{text}") };
            stat.is_tail_call
        }
        other => panic!("{other:?}"),
    };
    assert!(is_tail_call("return f()"));
    assert!(is_tail_call("return a.b:c{}"));
    assert!(!is_tail_call("return (f())"));
    assert!(!is_tail_call("return f(), 1"));
    assert!(!is_tail_call("local x <close> = nil return f()"));
    assert!(!is_tail_call("for x in y do return f() end"));
}

/// Each with what the reference reports for an error in that place.
#[test]
fn lines() {
    for (text, expected) in [
        ("local a\n=\nb\n.\nc\n+\n1", "(local:1 a#0 = (ops (of b:3 .c:6) +:6 1))"),
        ("local a\n=\n1\n<\nb\n.\nc", "(local:1 a#0 = (ops 1 <:7 (of b:5 .c:7)))"),
        ("f\n(\nb\n.\nc\n)", "(of f:1 (call:2 (of b:3 .c:6)))"),
        ("f\n:\nx\n(\n1\n)", "(of f:3 (method:3 x call:4 1))"),
        ("x = a\n..\nb\n..\nc", "(assign:5 x:1 = (..:4 a:2 b:4 c:5))"),
        ("f\n.\nx\n,\ny\n=\n1\n,\n2", "(assign:9 (of f:1 .x:3) y:5 = 1 2)"),
        ("x = { f\n(1) }", "(assign:2 x:1 = (table:1 (of f:2 (call:2 1))))"),
    ] {
        assert_eq!(body(text), expected);
    }
}

#[test]
fn chains_are_lists_of_any_length() {
    let many = 100_000;
    for (before, link, after) in [
        ("x = 1", "+a", ""),
        ("x = a", " and a", ""),
        ("x = a", ".b", ""),
        ("x = a", "{}", ""),
        ("a", ":b()", ""),
        ("if a then ", "elseif b then ", "end"),
        ("", "function f() end ", ""),
        ("x = {", "{},", "}"),
        ("", "goto a ", "::a::"),
        ("", "while a do break end ", ""),
        ("", "do local a, b, c end ", ""),
    ] {
        let text = format!("{before}{}{after}", link.repeat(many));
        drop(chunk(&text));
    }
}

#[test]
fn random_bytes_are_no_harm() {
    let mut state = 1u64;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let words = [
        "end", "do", "(", ")", "{", "}", "=", "a", "1", "'", "[[", "local", "goto a", "::a::",
        "function", "\\", ",", "..", "return", "<const>", "\n", "repeat", "until", "\u{ff}", "\0",
    ];
    for _ in 0..20_000 {
        let text: Vec<&str> = (0..next() % 20).map(|_| words[next() % words.len()]).collect();
        let _ = parse(&Source::new("=x", text.join(" ")));
    }
}

#[test]
fn chunk_names() {
    assert_eq!(chunk_id(b"@app.lua"), b"app.lua");
    assert_eq!(chunk_id(b"=stdin"), b"stdin");
    assert_eq!(chunk_id(b"return 1"), b"[string \"return 1\"]");
    assert_eq!(chunk_id(b"return 1\nx"), b"[string \"return 1...\"]");
    assert_eq!(chunk_id(b""), b"[string \"\"]");
    let long = "x".repeat(80);
    assert_eq!(chunk_id(format!("={long}").as_bytes()), &long.as_bytes()[..59]);
    assert_eq!(chunk_id(format!("@{long}").as_bytes()), format!("...{}", &long[..56]).as_bytes());
    let expected = format!("[string \"{}...\"]", &long[..45]);
    assert_eq!(chunk_id(long.as_bytes()), expected.as_bytes());
}

#[test]
fn files_may_start_with_a_mark_and_a_comment() {
    assert_eq!(skip_file_preamble(b"\xEF\xBB\xBFx = 1"), b"x = 1");
    assert_eq!(skip_file_preamble(b"#!/usr/bin/lua\nx = 1"), b"\nx = 1");
    assert_eq!(skip_file_preamble(b"\xEF\xBB\xBF# only"), b"\n");
    assert_eq!(skip_file_preamble(b"x = 1"), b"x = 1");
    assert!(parse(&Source::new("=x", "#x")).is_err());
}

#[test]
fn positions_count_every_kind_of_line_break() {
    let source = Source::new("=x", "a\nb\r\nc\rd\n\re");
    let line = |offset| source.position(offset).line;
    assert_eq!([line(0), line(2), line(5), line(7), line(10)], [1, 2, 3, 4, 5]);
    assert_eq!(source.position(7).column, 1);
}

#[test]
fn functions_are_named_after_their_place() {
    let chunk = chunk("local a = function() end b.c = function() end x = {d = function() end}");
    let names: Vec<_> = chunk.functions.iter().map(|function| function.name.clone()).collect();
    assert_eq!(names[1..], [Some(b"a".to_vec()), Some(b"c".to_vec()), Some(b"d".to_vec())]);
    assert!(matches!(
        &chunk.functions[0].body.statements[0].kind,
        StatKind::Local(stat) if matches!(stat.values[0].kind, ExprKind::Function(_))
    ));
}
