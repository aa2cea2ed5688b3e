//! Statements, and what stands between them: assignments, conditions, ways out of a block.

use super::{Generator, Sort};
use crate::tree::Node;
use crate::{expr, stmt};

/// Blocks do not nest deeper than this, nor functions deeper than `FUNCTIONS`.
const DEPTH: u32 = 5;
const FUNCTIONS: u32 = 4;

impl Generator {
    /// One statement, or the few of a pattern that belongs together.
    pub(super) fn statement(&mut self) -> Vec<Node> {
        self.budget -= 1;
        if !self.loops.is_empty() && self.rng.percent(14) {
            return self.leave();
        }
        let small = self.budget <= 0 || self.depth >= DEPTH;
        let choice = if small { self.rng.below(46) } else { self.rng.below(130) };
        match choice {
            0..=6 => self.local(),
            7..=14 => vec![self.assignment()],
            15..=19 => vec![self.print()],
            20..=22 => self.table_statement(),
            23..=24 => vec![self.attempt_expression()],
            25..=26 => self.leave(),
            27..=28 => vec![self.multiple_assignment()],
            29..=30 => self.close_local(),
            31..=32 => self.fold(),
            33 => self.string_statement(),
            34..=36 => self.call_statement(),
            37 if self.yields => self.yield_statement(),
            37..=39 => vec![self.assignment()],
            40..=43 => vec![self.attempt_expression()],
            44..=45 => self.library_call(),
            46..=53 => vec![self.condition()],
            54..=71 => self.any_loop(),
            72..=81 if self.functions < FUNCTIONS => self.function(),
            82..=90 if self.functions < FUNCTIONS => vec![self.attempt_block()],
            91..=98 if self.functions < FUNCTIONS => self.object(),
            99..=106 if self.functions < FUNCTIONS => self.thread(),
            107..=112 if self.functions < FUNCTIONS => self.closures_in_loop(),
            113..=117 => {
                let body = self.block(3);
                vec![stmt!["do", Node::block(body), "end"]]
            }
            118..=121 if self.yields => self.yield_statement(),
            122..=124 if self.functions < FUNCTIONS => self.sorting(),
            125 if self.functions < FUNCTIONS => self.deep(),
            126 if self.functions < FUNCTIONS => self.environment(),
            _ => vec![self.print()],
        }
    }

    fn local(&mut self) -> Vec<Node> {
        match self.rng.below(10) {
            0..=5 => {
                let sort = self.sort();
                let value = self.value(sort, 3);
                let name = self.local_name(sort);
                let node = if self.rng.percent(15) {
                    self.declare_constant(&name, sort);
                    stmt!["local ", name, " <const> = ", value]
                } else {
                    self.declare(&name, sort);
                    stmt!["local ", name, " = ", value]
                };
                vec![node]
            }
            6 => {
                let (first, second) = (self.sort(), self.sort());
                let (a, b) = (self.value(first, 2), self.value(second, 2));
                let (x, y) = (self.local_name(first), self.local_name(second));
                self.declare(&x, first);
                self.declare(&y, second);
                vec![stmt!["local ", x, ", ", y, " = ", a, ", ", b]]
            }
            7 => {
                // More names than values, or a call that fills them.
                let value = match self.readable(Sort::Function) {
                    Some(name) => {
                        let arguments = self.arguments(1);
                        expr![name, "(", arguments, ")"]
                    }
                    None if self.vararg => expr!["..."],
                    None => self.any(1),
                };
                let (x, y) = (self.local_name(Sort::Any), self.local_name(Sort::Any));
                self.declare(&x, Sort::Any);
                self.declare(&y, Sort::Any);
                vec![stmt!["local ", x, ", ", y, " = ", value]]
            }
            8 => {
                let name = self.local_name(Sort::Any);
                self.declare(&name, Sort::Any);
                vec![stmt!["local ", name]]
            }
            _ => {
                // A copy of a table: two names for one thing.
                let sort = if self.rng.percent(50) { Sort::Array } else { Sort::Map };
                let value = self.value(sort, 0);
                let name = self.local_name(sort);
                self.declare(&name, sort);
                vec![stmt!["local ", name, " = ", value]]
            }
        }
    }

    /// A value for a variable that exists: strings are cut, so that loops do not make them grow.
    fn replacement(&mut self, sort: Sort, depth: u32) -> Node {
        match sort {
            Sort::Str => {
                let value = self.string(depth);
                expr!["(", value, "):sub(1, 40)"]
            }
            sort => self.value(sort, depth),
        }
    }

    pub(super) fn assignment(&mut self) -> Node {
        match self.rng.below(12) {
            0..=6 => {
                let sort = self.sort();
                match self.writable(sort) {
                    Some(name) => {
                        let value = self.replacement(sort, 3);
                        stmt![name, " = ", value]
                    }
                    None => self.print(),
                }
            }
            7..=8 => match self.readable(Sort::Map) {
                Some(name) => {
                    let key = self.rng.pick(&[
                        ".x", ".y", "[1]", "[\"x\"]", "[2.0]", "[true]", "[-1]", "[0.5]", "[3]",
                    ]);
                    let value = self.plain(2);
                    stmt![name, key, " = ", value]
                }
                None => self.print(),
            },
            9 => match self.readable(Sort::Array) {
                Some(name) => {
                    let value = self.number(2);
                    // Never past the border, and never nil.
                    if self.rng.percent(50) {
                        stmt![
                            "if #",
                            name.clone(),
                            " < 12 then ",
                            name.clone(),
                            "[#",
                            name,
                            " + 1] = ",
                            value,
                            " or 0 end"
                        ]
                    } else {
                        stmt!["if ", name.clone(), "[1] then ", name, "[1] = ", value, " or 0 end"]
                    }
                }
                None => self.print(),
            },
            10 => match self.writable(Sort::Int) {
                Some(name) => {
                    let op = self.rng.pick(&["+", "-", "*", "~", "&", "//"]);
                    let by = self.rng.pick(&["1", "2", "3", "-1", "7"]);
                    stmt![name.clone(), " = ", name, " ", op, " ", by]
                }
                None => self.print(),
            },
            _ => {
                let value = self.plain(2);
                stmt![self.rng.pick(&["ga", "gb", "gc"]), " = ", value]
            }
        }
    }

    /// Assignments of several values, where the order of evaluation shows.
    pub(super) fn multiple_assignment(&mut self) -> Node {
        match self.rng.below(5) {
            0 => match (self.writable(Sort::Int), self.writable(Sort::Int)) {
                (Some(a), Some(b)) => {
                    let change = self.int(1);
                    stmt![a.clone(), ", ", b.clone(), " = ", b, ", ", expr![a, " + ", change]]
                }
                _ => self.print(),
            },
            1 => match (self.writable(Sort::Int), self.readable(Sort::Map)) {
                (Some(i), Some(m)) => {
                    let (a, b) = (self.int(1), self.plain(1));
                    stmt![i.clone(), ", ", m, "[", i, "] = ", a, ", ", b]
                }
                _ => self.print(),
            },
            2 => match (self.writable(Sort::Map), self.writable(Sort::Any)) {
                (Some(m), Some(v)) => {
                    let value = self.map(1);
                    stmt![
                        m.clone(),
                        ".x, ",
                        m.clone(),
                        ", ",
                        v,
                        " = ",
                        m.clone(),
                        ".y, ",
                        value,
                        ", ",
                        m
                    ]
                }
                _ => self.print(),
            },
            3 => match (self.readable(Sort::Array), self.readable(Sort::Array)) {
                (Some(a), Some(b)) => stmt![
                    "if ",
                    a.clone(),
                    "[1] and ",
                    b.clone(),
                    "[1] then ",
                    stmt![
                        a.clone(),
                        "[1], ",
                        b.clone(),
                        "[1] = ",
                        b.clone(),
                        "[1], ",
                        a.clone(),
                        "[#",
                        a,
                        "]"
                    ],
                    " end"
                ],
                _ => self.print(),
            },
            _ => match (self.writable(Sort::Any), self.readable(Sort::Function)) {
                (Some(v), Some(f)) => {
                    let arguments = self.arguments(1);
                    stmt!["ga, ", v, ", gb = ", self.plain(1), ", ", f, "(", arguments, ")"]
                }
                _ => self.print(),
            },
        }
    }

    pub(super) fn print(&mut self) -> Node {
        match self.rng.below(8) {
            0 => match self.readable(Sort::Map) {
                Some(name) => stmt!["T(", name, ")"],
                None => stmt!["P(", self.plain(2), ")"],
            },
            1 => match self.readable(Sort::Array) {
                Some(name) => stmt!["T(", name, ")"],
                None => stmt!["P(", self.plain(2), ")"],
            },
            2 if self.vararg => stmt!["P(select(\"#\", ...), ...)"],
            3 => {
                let names: Vec<String> = (0..3).filter_map(|_| self.readable_any()).collect();
                stmt!["P(", names.join(", "), ")"]
            }
            4 => match self.readable(Sort::Function) {
                Some(name) => {
                    let arguments = self.arguments(2);
                    stmt!["P(", expr![name, "(", arguments, ")"], ")"]
                }
                None => stmt!["P(", self.any(3), ")"],
            },
            _ => {
                let (a, b) = (self.sort(), self.sort());
                let (x, y) = (self.value(a, 3), self.value(b, 2));
                stmt!["P(", x, ", ", y, ")"]
            }
        }
    }

    fn condition(&mut self) -> Node {
        let test = if self.rng.percent(70) { self.boolean(3) } else { self.any(2) };
        let yes = self.block(2);
        let mut node = stmt!["if ", test, " then", Node::block(yes)];
        if self.rng.percent(30) {
            let test = self.boolean(2);
            let body = self.block(2);
            node = node.with("elseif ").with(test).with(" then").with(Node::block(body));
        }
        if self.rng.percent(50) {
            let body = self.block(2);
            node = node.with("else").with(Node::block(body));
        }
        node.with("end")
    }

    /// Ways out of a block: `break`, the end of a turn, `return`, an error; mostly on a condition.
    fn leave(&mut self) -> Vec<Node> {
        let exit = match self.rng.below(8) {
            0..=1 if !self.loops.is_empty() => stmt!["break"],
            2..=4 => match self.loops.last() {
                Some(Some(label)) => stmt![format!("goto {label}")],
                _ => return vec![self.print()],
            },
            5 => {
                let value = match self.rng.below(5) {
                    0 => self.map(1),
                    1 => expr!["nil"],
                    2 => expr![self.plain(1), ", ", self.rng.pick(&["0", "1", "2"])],
                    _ => self.string(1),
                };
                stmt!["error(", value, ")"]
            }
            6 if self.functions > 0 => match self.readable(Sort::Function) {
                Some(name) => {
                    let arguments = self.arguments(1);
                    stmt!["return ", name, "(", arguments, ")"]
                }
                None => stmt!["return"],
            },
            7 if self.functions > 0 || self.rng.percent(30) => {
                let (x, y) = (self.plain(2), self.any(1));
                stmt!["return ", x, ", ", y]
            }
            _ => return vec![self.assignment()],
        };
        let test = self.boolean(2);
        vec![stmt!["if ", test, " then ", exit, " end"]]
    }

    fn close_local(&mut self) -> Vec<Node> {
        let name = self.fresh("c");
        let value = match self.rng.below(10) {
            0 => expr!["nil"],
            1 => expr!["false"],
            2 => expr![
                "C(\"",
                name.clone(),
                "\", function(e) error(\"in ",
                name.clone(),
                "\", 0) end)"
            ],
            3 => expr!["C(\"", name.clone(), "\", function(e) error(e) end)"],
            4 if self.yields => {
                expr![
                    "C(\"",
                    name.clone(),
                    "\", function(e) P(coroutine.yield(\"closing\", e)) end)"
                ]
            }
            5 => match self.writable(Sort::Int) {
                Some(i) => {
                    expr!["C(\"", name.clone(), "\", function() ", i.clone(), " = ", i, " + 1 end)"]
                }
                None => expr!["C(\"", name.clone(), "\")"],
            },
            6 if self.rng.percent(40) => self.any(1),
            _ => expr!["C(\"", name.clone(), "\")"],
        };
        self.declare_constant(&name, Sort::Any);
        vec![stmt!["local ", name, " <close> = ", value]]
    }

    /// Operations on constants, which a compiler likes to work out itself.
    fn fold(&mut self) -> Vec<Node> {
        const VALUES: &[&str] = &[
            "0",
            "1",
            "-1",
            "2",
            "3",
            "7",
            "0.0",
            "-0.0",
            "0.5",
            "1e308",
            "(0/0)",
            "math.huge",
            "-math.huge",
            "2^53",
            "0x7fffffffffffffff",
            "-0x8000000000000000",
            "9007199254740993",
            "63",
            "64",
            "\"10\"",
            "\"0x10\"",
            "\"a\"",
            "\"1e1\"",
            "nil",
            "true",
            "false",
            "{}",
            "3.0",
            "-3.7",
            "1 // 1",
            "2^63",
            "\"\"",
            "\"b\"",
            "-2^63",
        ];
        const OPS: &[&str] = &[
            "+", "-", "*", "/", "//", "%", "^", "..", "&", "|", "~", "<<", ">>", "==", "~=", "<",
            "<=", ">", ">=", "and", "or",
        ];
        let (a, b) = (self.rng.pick(VALUES), self.rng.pick(VALUES));
        let op = self.rng.pick(OPS);
        let node = match self.rng.below(7) {
            0 => {
                let unary = self.rng.pick(&["- ", "not ", "~", "#", "- - ", "not not "]);
                stmt!["P(pcall(function() return ", expr![unary, expr![a]], " end))"]
            }
            1 => {
                let (x, y) = (self.fresh("k"), self.fresh("k"));
                stmt![
                    format!("P(pcall(function() local {x} <const>, {y} <const> = "),
                    expr![a],
                    ", ",
                    expr![b],
                    " return ",
                    expr![x, format!(" {op} "), y],
                    " end))"
                ]
            }
            2 => {
                let (x, y) = (self.fresh("k"), self.fresh("k"));
                stmt![
                    format!("P(pcall(function({x}, {y}) return "),
                    expr![x, format!(" {op} "), y],
                    " end, ",
                    expr![a],
                    ", ",
                    expr![b],
                    "))"
                ]
            }
            3 => {
                let x = self.fresh("k");
                stmt![
                    format!("P(pcall(function({x}) return "),
                    expr![x, format!(" {op} "), expr![b]],
                    " end, ",
                    expr![a],
                    "))"
                ]
            }
            4 => {
                let x = self.fresh("k");
                stmt![
                    format!("P(pcall(function({x}) if "),
                    expr![expr![a], format!(" {op} "), x],
                    " then return 1 else return 2 end end, ",
                    expr![b],
                    "))"
                ]
            }
            5 => {
                let third = self.rng.pick(VALUES);
                let next = self.rng.pick(OPS);
                stmt![
                    "P(pcall(function() return ",
                    expr![expr![a], format!(" {op} "), expr![b], format!(" {next} "), expr![third]],
                    " end))"
                ]
            }
            _ => stmt![
                "P(pcall(function() return ",
                expr![expr![a], format!(" {op} "), expr![b]],
                " end))"
            ],
        };
        vec![node]
    }

    /// One risky operation with the error it raises printed.
    pub(super) fn attempt_expression(&mut self) -> Node {
        let vararg = self.vararg;
        self.vararg = false;
        let risk = self.risk();
        self.vararg = vararg;
        stmt!["P(pcall(function() ", risk, " end))"]
    }

    /// A statement that may well raise, with operands of all kinds and names.
    fn risk(&mut self) -> Node {
        const OPS: &[&str] = &[
            "+", "-", "*", "/", "//", "%", "^", "..", "&", "|", "~", "<<", ">>", "<", "<=", ">",
            ">=", "==",
        ];
        let op = self.rng.pick(OPS);
        match self.rng.below(16) {
            0..=2 => {
                let (lhs, rhs) = (self.any(1), self.any(1));
                stmt![
                    "return ",
                    expr![expr!["(", lhs, ")"], format!(" {op} "), expr!["(", rhs, ")"]]
                ]
            }
            3 => match (self.readable_any(), self.readable_any()) {
                (Some(a), Some(b)) => stmt!["return ", expr![a, format!(" {op} "), b]],
                _ => stmt!["return ", self.any(2)],
            },
            4 => {
                let place = self.place();
                let value = self.any(1);
                stmt![place, " = ", value]
            }
            5 => stmt!["return ", self.place()],
            6 => {
                let place = self.place();
                let arguments = self.wildly(20, |g| g.arguments(1));
                stmt!["return ", place, "(", arguments, ")"]
            }
            7 => {
                let place = self.place();
                let arguments = self.arguments(1);
                stmt![place, self.rng.pick(&[":m(", ":sub(", ":x("]), arguments, ")"]
            }
            8 => {
                let unary = self.rng.pick(&["-", "~", "not "]);
                let operand = self.any(1);
                stmt!["return ", expr![unary, "(", operand, ")"]]
            }
            9 => match self.choose(|variable| !matches!(variable.sort, Sort::Map | Sort::Any)) {
                Some(name) => stmt!["return #", name],
                None => stmt!["return #undefined"],
            },
            10 => {
                let (from, to, step) = (self.any(1), self.any(1), self.any(0));
                let name = self.fresh("i");
                stmt![
                    format!("local n = 0 for {name} = "),
                    from,
                    ", ",
                    to,
                    ", ",
                    step,
                    format!(" do n = n + 1 P({name}) if n > 3 then break end end")
                ]
            }
            11 => {
                let what = self.any(1);
                let (k, v) = (self.fresh("k"), self.fresh("v"));
                stmt![format!("for {k}, {v} in "), what, format!(" do P({k}, {v}) break end")]
            }
            12 => {
                let risky = self.wildly(25, |g| g.value(Sort::Int, 3));
                stmt!["return ", risky]
            }
            13 => {
                let risky = self.wildly(25, |g| g.value(Sort::Str, 3));
                stmt!["return ", risky]
            }
            14 => {
                let (name, value) = (self.fresh("c"), self.any(1));
                stmt![format!("local {name} <close> = "), value]
            }
            _ => {
                let risky = self.wildly(20, |g| g.value(Sort::Bool, 3));
                stmt!["return ", risky]
            }
        }
    }

    /// A field, a global, an element: what error messages name.
    fn place(&mut self) -> Node {
        // A constant can not be assigned to, not even wrongly.
        let base = match self.choose(|variable| !variable.constant) {
            Some(name) => name,
            None => "ga".to_owned(),
        };
        match self.rng.below(8) {
            0..=1 => expr![base, ".x"],
            2 => expr![base, ".x.y"],
            3 => expr![base, "[1]"],
            4 => {
                let key = self.any(0);
                expr![base, "[ ", key, " ]"]
            }
            5 => expr![self.rng.pick(&["ga", "gb", "undefined", "math.nothing", "string.x"])],
            6 => expr![base, "[\"a b\"]"],
            _ => expr![base],
        }
    }

    /// `pcall` or `xpcall` around a block.
    fn attempt_block(&mut self) -> Node {
        let wild = self.rng.pick(&["a", "b", "c"]);
        let wild = match wild {
            "a" => 0,
            "b" => 4,
            _ => 10,
        };
        let (head, vararg, tail) = match self.rng.below(9) {
            0..=4 => ("P(pcall(function()", false, "end))".to_owned()),
            5 => ("P(pcall(function(...)", true, "end, 1, nil, \"x\"))".to_owned()),
            6 => (
                "P(xpcall(function()",
                false,
                "end, function(e) P(\"handler\", e) return S(e) .. \"!\" end))".to_owned(),
            ),
            7 => ("P(xpcall(function()", false, "end, debug.traceback))".to_owned()),
            _ => (
                "P(select(\"#\", xpcall(function(...)",
                true,
                "end, function(e) error(e, 0) end, 1, 2)))".to_owned(),
            ),
        };
        let count = 1 + self.rng.below(3);
        let body = self.wildly(wild, |g| {
            g.function_scope(vararg, |g| {
                let mut body = g.block(count);
                if g.rng.percent(25) {
                    let (value, level) =
                        (g.string(1), g.rng.pick(&["", ", 0", ", 1", ", 2", ", 3"]));
                    body.push(stmt!["do error(", value, level, ") end"]);
                } else if g.rng.percent(40) {
                    let (x, y) = (g.plain(2), g.plain(1));
                    body.push(stmt!["do return ", x, ", ", y, " end"]);
                }
                body
            })
        });
        stmt![head, Node::block(body), tail]
    }

    fn call_statement(&mut self) -> Vec<Node> {
        match self.readable(Sort::Function) {
            Some(name) => {
                let arguments = self.arguments(2);
                let node = if self.rng.percent(35) {
                    stmt![name, "(", arguments, ")"]
                } else if arguments.parts.is_empty() {
                    stmt!["P(pcall(", name, "))"]
                } else {
                    stmt!["P(pcall(", name, ", ", arguments, "))"]
                };
                vec![node]
            }
            None => vec![self.print()],
        }
    }

    /// Statements on arrays and tables that keep what the generator knows of them true.
    fn table_statement(&mut self) -> Vec<Node> {
        let Some(name) = self.readable(Sort::Array) else {
            return vec![self.assignment()];
        };
        let node = match self.rng.below(9) {
            0 => {
                let value = self.number(1);
                stmt![
                    "if #",
                    name.clone(),
                    " < 10 then table.insert(",
                    name,
                    ", ",
                    value,
                    " or 0) end"
                ]
            }
            1 => {
                let value = self.int(1);
                stmt![
                    "if #",
                    name.clone(),
                    " < 10 then table.insert(",
                    name,
                    ", 1, ",
                    value,
                    " or 0) end"
                ]
            }
            2 => stmt!["P(table.remove(", name, "))"],
            3 => stmt!["P(table.remove(", name.clone(), ", 1), #", name, ")"],
            4 => stmt![
                "P(table.unpack(",
                name,
                self.rng.pick(&["", ", 2", ", 1, 3", ", -1, 1"]),
                "))"
            ],
            5 => {
                let all = format!("table.unpack({name})");
                stmt![format!(
                    "P(select(\"#\", {all}), table.pack({all}).n, (select(-1, 0, {all})))"
                )]
            }
            6 => {
                stmt!["T(table.move(", name, ", 1, 3, ", self.rng.pick(&["2", "1", "5"]), ", {}))"]
            }
            7 => stmt![
                "P(pcall(table.concat, ",
                name,
                ", \"-\", ",
                self.small(),
                ", ",
                self.small(),
                "))"
            ],
            _ => stmt!["P(#", name.clone(), ", ", name.clone(), "[#", name, "])"],
        };
        vec![node]
    }

    fn string_statement(&mut self) -> Vec<Node> {
        let string = self.string_prefix(2);
        let node = match self.rng.below(6) {
            0 => stmt!["P(", string, ":byte(", self.small(), ", ", self.small(), "))"],
            1 => stmt![
                "P(",
                string,
                ":find(",
                self.rng.pick(&["\"(%a)(%a)\"", "\"%s\"", "\"o\", 2", "\"[\", 1, true"]),
                "))"
            ],
            2 => stmt!["for w in ", string, ":gmatch(\"%w+\") do P(w) end"],
            3 => stmt!["P(", string, ":gsub(\"%w\", \"%0%0\", 3))"],
            4 => stmt!["P(pcall(string.rep, ", string, ", ", self.small(), "))"],
            _ => stmt!["P(#", string, ", ", string_twice(self), ")"],
        };
        vec![node]
    }

    /// A library function with arguments that may not fit: its complaint is printed.
    fn library_call(&mut self) -> Vec<Node> {
        let function = self.rng.pick(&[
            "string.rep",
            "string.sub",
            "string.byte",
            "string.char",
            "string.format",
            "math.floor",
            "math.max",
            "math.abs",
            "math.tointeger",
            "math.fmod",
            "tonumber",
            "select",
            "rawlen",
            "rawget",
            "setmetatable",
            "table.concat",
            "table.unpack",
            "ipairs",
            "string.upper",
            "utf8.char",
            "utf8.codepoint",
            "math.ult",
            "string.find",
            "rawequal",
            "error",
            "assert",
            "getmetatable",
            "table.insert",
            "string.len",
            "utf8.len",
        ]);
        // Large counts would ask for memory instead of an answer.
        let (a, b) = (self.modest(), self.modest());
        let node = match self.rng.below(3) {
            0 => stmt!["P(pcall(", function, ", ", a, "))"],
            1 => stmt!["P(pcall(", function, ", ", a, ", ", b, "))"],
            _ => stmt!["P(pcall(function() return ", function, "(", a, ", ", b, ") end))"],
        };
        vec![node]
    }

    fn modest(&mut self) -> Node {
        match self.rng.below(9) {
            0 => expr!["nil"],
            1 => expr![self.rng.pick(&["true", "false"])],
            2..=4 => self.small(),
            5 => expr![self.rng.pick(&["1.5", "-0.0", "2.0", "(0/0)", "math.huge"])],
            6..=7 => expr![self.rng.pick(&[
                "\"\"",
                "\"a\"",
                "\"10\"",
                "\"%d\"",
                "\"%s %s\"",
                "\"abc\"",
                "\"#\""
            ])],
            _ => expr![self.rng.pick(&["{}", "{1, 2}", "{\"a\"}", "type"])],
        }
    }

    /// A block whose globals are fields of a table.
    fn environment(&mut self) -> Vec<Node> {
        let body = self.function_scope(false, |g| g.block(3));
        let env = self.rng.pick(&[
            "setmetatable({}, {__index = _G})",
            "setmetatable({}, {__index = _G, __newindex = function(t, k, v) P(\"new\", k, v) rawset(t, k, v) end})",
            "setmetatable({ga = 1}, {__index = function(_, k) return _G[k] end})",
        ]);
        let keep = self.rng.pick(&["local _ENV = ", "local _ENV <const> = "]);
        vec![stmt!["P(pcall(function() local _G = _G ", keep, env, Node::block(body), "end))"]]
    }
}

fn string_twice(generator: &mut Generator) -> Node {
    let string = generator.string_prefix(1);
    expr![string, " .. 1 .. 2.0"]
}
