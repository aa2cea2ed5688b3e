//! Expressions, each made for a kind of value; in a wild place any kind may turn up.

use super::{Generator, Sort};
use crate::expr;
use crate::tree::Node;

const WORDS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"abc\"",
    "\"Lua 5.4\"",
    "\"10\"",
    "\"0x10\"",
    "\" 7 \"",
    "\"1e1\"",
    "\"-3.5\"",
    "\"x,y,z\"",
    "\"\\0z\"",
    "'it\\'s'",
    "[[long]]",
    "\"\\u{e9}\\xff\"",
    "\"9223372036854775808\"",
    "\"hello world\"",
    "\"key=val\"",
    "\"1e\"",
    "\"%d\"",
    "\"nan\"",
];

const EDGES: &[&str] = &[
    "math.maxinteger",
    "math.mininteger",
    "0x7fffffffffffffff",
    "-0x8000000000000000",
    "0xffffffffffffffff",
    "(1 << 62)",
    "63",
    "64",
    "65",
    "-64",
    "9007199254740993",
    "2147483648",
    "-2147483649",
    "65536",
    "1000000007",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "0.5",
    "1.0",
    "-1.5",
    "2.0^53",
    "1e15",
    "1e16",
    "1e100",
    "math.huge",
    "-math.huge",
    "math.pi",
    "3.14",
    "1e308",
    "5e-324",
    "9007199254740993.0",
    "0x1p-3",
    "2^63",
    "-2^63",
    "1e-3",
    "100.0",
    "7.0",
    "-3.0",
    "9223372036854775807.0",
    "0x.8p1",
    "123456.789",
    "(0/0)",
];

impl Generator {
    /// An expression for a value of this sort.
    pub(super) fn value(&mut self, sort: Sort, depth: u32) -> Node {
        match sort {
            Sort::Int => self.int(depth),
            Sort::Float => self.float(depth),
            Sort::Number => self.number(depth),
            Sort::Str => self.string(depth),
            Sort::Bool => self.boolean(depth),
            Sort::Array => self.array(depth),
            Sort::Map => self.map(depth),
            Sort::Function | Sort::Object | Sort::Any => self.any(depth),
        }
    }

    fn stray(&mut self, depth: u32) -> Option<Node> {
        let wild = self.wild;
        self.rng.percent(wild).then(|| self.any(depth.saturating_sub(1)))
    }

    fn leaf(&mut self, depth: u32) -> bool {
        depth == 0 || self.rng.percent(22)
    }

    pub(super) fn int_literal(&mut self) -> Node {
        if self.rng.percent(18) {
            return expr![self.rng.pick(EDGES)];
        }
        let number = self.rng.between(-4, 12);
        expr![number.to_string()]
    }

    /// An integer.
    pub(super) fn int(&mut self, depth: u32) -> Node {
        if let Some(stray) = self.stray(depth) {
            return stray;
        }
        if self.leaf(depth) {
            return match self.readable(Sort::Int) {
                Some(name) if self.rng.percent(75) => expr![name],
                _ => self.int_literal(),
            };
        }
        let d = depth - 1;
        match self.rng.below(30) {
            0..=8 => {
                let op = self.rng.pick(&["+", "-", "*", "+", "-"]);
                let (lhs, rhs) = (self.int(d), self.int(d));
                self.binary(lhs, op, rhs)
            }
            9..=10 => {
                let op = self.rng.pick(&["//", "%"]);
                let lhs = self.int(d);
                let divisor =
                    self.rng.pick(&["3", "-3", "7", "2", "-1", "10", "-2", "1", "16", "5"]);
                self.binary(lhs, op, expr![divisor])
            }
            11..=13 => {
                let op = self.rng.pick(&["&", "|", "~", "<<", ">>"]);
                let (lhs, rhs) = (self.int(d), self.int(d));
                self.binary(lhs, op, rhs)
            }
            14 => expr!["-", self.operand(d)],
            15 => expr!["~", self.operand(d)],
            16 => expr!["#", self.string_prefix(d)],
            17 => match self.readable(Sort::Array) {
                Some(name) => expr!["#", name],
                None => expr!["#", self.array(d)],
            },
            18 => {
                let (condition, yes, no) = (self.boolean(d), self.int(d), self.int(d));
                expr!["(", condition, " and ", yes, " or ", no, ")"]
            }
            19 | 20 => self.call_int(d),
            21 => {
                let (lhs, rhs) = (self.int(d), self.int(d));
                expr![self.rng.pick(&["math.max(", "math.min("]), lhs, ", ", rhs, ")"]
            }
            22 => {
                let string = self.string_prefix(d);
                let at = self.int(d);
                expr!["(", string, ":byte(", at, ") or 0)"]
            }
            23 => match self.writable(Sort::Int) {
                Some(name) => {
                    let change = self.inside(|g| g.int(d));
                    expr!["(function() ", name.clone(), " = ", change, " return ", name, " end)()"]
                }
                None => {
                    expr!["(function(...) return select('#', ...) end)(", self.any(d), ", nil)"]
                }
            },
            24 => {
                let number = self.number(d);
                expr!["(math.tointeger(", number, ") or -1)"]
            }
            25 => match self.readable(Sort::Map) {
                Some(name) => {
                    let key = self.rng.pick(&[".x", ".y", "[1]", "[\"x\"]", "[2.0]"]);
                    expr!["(math.tointeger(", name, key, ") or 1)"]
                }
                None => self.int_literal(),
            },
            26 if self.vararg => {
                let pick = self.rng.pick(&[
                    "select(\"#\", ...)",
                    "#{n = 1, ...}",
                    "(math.tointeger((...)) or 2)",
                ]);
                if pick.starts_with('#') { expr!["select(\"#\", ..., 1)"] } else { expr![pick] }
            }
            27 => self.inside(|g| expr!["(", g.float(d), " // 1 | 0)"]).guarded("0"),
            28 => {
                let (low, high) = (self.int_literal(), self.int_literal());
                self.binary(low, "-", high)
            }
            _ => {
                let text = self.rng.pick(&[
                    "\"12\"",
                    "\"0x1F\"",
                    "\"z\", 36",
                    "\"-77\", 8",
                    "\" 5 \"",
                    "\"5x\"",
                    "7.0",
                ]);
                expr!["(math.tointeger(tonumber(", text, ")) or 3)"]
            }
        }
    }

    /// A float.
    pub(super) fn float(&mut self, depth: u32) -> Node {
        if let Some(stray) = self.stray(depth) {
            return stray;
        }
        if self.leaf(depth) {
            return match self.readable(Sort::Float) {
                Some(name) if self.rng.percent(70) => expr![name],
                _ => expr![self.rng.pick(FLOATS)],
            };
        }
        let d = depth - 1;
        match self.rng.below(14) {
            0..=4 => {
                let op = self.rng.pick(&["+", "-", "*", "/", "+", "*"]);
                let (lhs, rhs) = (self.float(d), self.number(d));
                self.binary(lhs, op, rhs)
            }
            5 => {
                let (lhs, rhs) = (self.int(d), self.float(d));
                let op = self.rng.pick(&["+", "-", "*"]);
                self.binary(lhs, op, rhs)
            }
            6 => {
                let (lhs, rhs) = (self.number(d), self.number(d));
                self.binary(lhs, "/", rhs)
            }
            7 => {
                let op = self.rng.pick(&["//", "%"]);
                let (lhs, rhs) = (self.float(d), self.number(d));
                self.binary(lhs, op, rhs)
            }
            8 => {
                let base = self.number(d);
                let power = self.rng.pick(&["2", "0.5", "-1", "3", "0"]);
                self.binary(base, "^", expr![power])
            }
            9 => expr!["-", self.float_operand(d)],
            10 => expr!["math.sqrt(", self.number(d), ")"],
            11 => {
                let by = self.rng.pick(&["3", "-2.5", "0.1", "math.huge"]);
                expr!["math.fmod(", self.float(d), ", ", by, ")"]
            }
            12 => expr!["(", self.int(d), " + 0.0)"],
            _ => expr!["select(2, math.modf(", self.float(d), "))"],
        }
    }

    /// An integer or a float.
    pub(super) fn number(&mut self, depth: u32) -> Node {
        if depth > 0 && self.rng.percent(5) {
            let text = self.rng.pick(&["\"10\"", "\"0x10\"", "\" 7 \"", "\"1e1\"", "\"-3.5\""]);
            let op = self.rng.pick(&["+", "-", "*", "//", "%"]);
            let rhs = self.int_literal();
            return self.binary(expr![text], op, rhs);
        }
        match self.readable(Sort::Number) {
            Some(name) if self.rng.percent(25) => expr![name],
            _ if self.rng.percent(65) => self.int(depth),
            _ => self.float(depth),
        }
    }

    /// A string.
    pub(super) fn string(&mut self, depth: u32) -> Node {
        if let Some(stray) = self.stray(depth) {
            return stray;
        }
        if self.leaf(depth) {
            return match self.readable(Sort::Str) {
                Some(name) if self.rng.percent(65) => expr![name],
                _ => expr![self.rng.pick(WORDS)],
            };
        }
        let d = depth - 1;
        match self.rng.below(20) {
            0..=3 => {
                let mut node = self.string(d);
                for _ in 0..self.rng.between(1, 3) {
                    let next =
                        if self.rng.percent(30) { self.number_operand(d) } else { self.string(d) };
                    node = expr![node, " .. ", next];
                }
                expr!["(", node, ")"]
            }
            4 => {
                let (lhs, rhs) = (self.number_operand(d), self.number_operand(d));
                expr!["(", lhs, " .. ", rhs, ")"]
            }
            5 => {
                let string = self.string_prefix(d);
                let (from, to) = (self.small(), self.small());
                expr![string, ":sub(", from, ", ", to, ")"]
            }
            6 => expr!["string.rep(", self.string(d), ", ", self.small(), ", \"-\")"],
            7 => {
                let method = self.rng.pick(&[":upper()", ":lower()", ":reverse()"]);
                expr![self.string_prefix(d), method]
            }
            8 => expr!["tostring(", self.plain(d), ")"].without_chance(),
            9 => expr!["type(", self.any(d), ")"],
            10 => expr!["tostring(math.type(", self.number(d), "))"],
            11..=13 => self.format(d),
            14 => match self.readable(Sort::Array) {
                Some(name) => expr!["table.concat(", name, ", \",\")"],
                None => expr!["table.concat(", self.array(d), ", \"/\")"],
            },
            15 => {
                let string = self.string_prefix(d);
                let change = self.rng.pick(&[
                    "\"%a\", \"<%0>\"",
                    "\"[aeiou]\", \"\"",
                    "\"(%w)(%w)\", \"%2%1\"",
                    "\".\", {a = \"1\", x = false}",
                    "\"%d+\", function(s) return s + 1 end",
                    "\"%s*\", \".\"",
                    "\"\", \"-\"",
                    "\"l\", \"%%\", 1",
                ]);
                expr!["(", string, ":gsub(", change, "))"]
            }
            16 => {
                let string = self.string_prefix(d);
                let pattern = self.rng.pick(&[
                    "\"%a+\"",
                    "\"(%d)\"",
                    "\"^.\"",
                    "\"[^,]*$\"",
                    "\"()%w\"",
                    "\"x-y\"",
                ]);
                expr!["tostring(", string, ":match(", pattern, "))"]
            }
            17 => expr!["(", self.boolean(d), " and ", self.string(d), " or ", self.string(d), ")"],
            18 => expr![
                "string.char(",
                self.rng.pick(&["65, 66", "48", "0, 255", "97, 98, 99", ""]),
                ")"
            ],
            _ => self.call_str(d),
        }
    }

    fn format(&mut self, d: u32) -> Node {
        match self.rng.below(9) {
            0 => expr!["string.format(\"%d\", ", self.int(d), ")"],
            1 => expr!["string.format(\"%5.2f|%g\", ", self.float(d), ", ", self.number(d), ")"]
                .without_chance(),
            2 => {
                let (x, y) = (self.plain(d), self.plain(d));
                expr!["string.format(\"%s:%s\", ", x, ", ", y, ")"].without_chance()
            }
            3 => expr!["string.format(\"%q\", ", self.string(d), ")"],
            4 => expr!["string.format(\"%x %X\", ", self.int(d), ", ", self.int(d), ")"],
            5 => {
                let (x, y) = (self.string(d), self.int(d));
                expr!["string.format(\"%-6s|%6s|\", ", x, ", ", y, ")"].without_chance()
            }
            6 => expr!["(\"%05d %+i\"):format(", self.int(d), ", ", self.int(d), ")"],
            7 => expr!["string.format(\"%.3s%%%c\", ", self.string(d), ", 65)"],
            _ => expr!["string.format(\"%q\", ", self.int(d), ")"],
        }
    }

    /// A boolean.
    pub(super) fn boolean(&mut self, depth: u32) -> Node {
        if let Some(stray) = self.stray(depth) {
            return stray;
        }
        if self.leaf(depth) {
            return match self.readable(Sort::Bool) {
                Some(name) if self.rng.percent(70) => expr![name],
                _ => expr![self.rng.pick(&["true", "false", "true", "not nil"])],
            };
        }
        let d = depth - 1;
        match self.rng.below(16) {
            0..=4 => {
                let op = self.rng.pick(&["<", "<=", ">", ">=", "==", "~="]);
                let (lhs, rhs) = (self.number(d), self.number(d));
                self.binary(lhs, op, rhs)
            }
            5 => {
                let op = self.rng.pick(&["<", "<=", ">", ">=", "==", "~="]);
                let (lhs, rhs) = (self.int(d), self.int_literal());
                self.binary(lhs, op, rhs)
            }
            6 => {
                let op = self.rng.pick(&["<", "<=", ">", ">=", "==", "~="]);
                let (lhs, rhs) = (self.string(d), self.string(d));
                self.binary(lhs, op, rhs)
            }
            7 | 8 => expr!["not ", self.prefix_any(d)],
            9 => {
                let (lhs, rhs) = (self.boolean(d), self.boolean(d));
                let op = self.rng.pick(&["and", "or"]);
                self.binary(lhs, op, rhs)
            }
            10 => {
                let op = self.rng.pick(&["==", "~="]);
                let (lhs, rhs) = (self.any(d), self.any(d));
                expr!["(", lhs, " ", op, " ", rhs, ")"]
            }
            11 => expr!["rawequal(", self.plain(d), ", ", self.plain(d), ")"],
            12 => expr!["math.ult(", self.int(d), ", ", self.int(d), ")"],
            13 => expr!["(math.type(", self.number(d), ") == \"integer\")"],
            14 => {
                let string = self.string_prefix(d);
                expr![
                    "(",
                    string,
                    ":find(",
                    self.rng.pick(&["\"l\"", "\"%d\"", "\"\"", "\".\", 1, true"]),
                    ") ~= nil)"
                ]
            }
            _ => expr!["(", self.any(d), " == nil)"],
        }
    }

    /// An array of numbers without holes.
    pub(super) fn array(&mut self, depth: u32) -> Node {
        let short = depth == 0 || self.rng.percent(40);
        if short && let Some(name) = self.readable(Sort::Array) {
            return expr![name];
        }
        let d = depth.saturating_sub(1);
        let mut node = expr!["{"];
        let ints = self.rng.percent(50);
        for index in 0..self.rng.between(0, 5) {
            let item = if ints { self.int(d.min(1)) } else { self.number(d.min(1)) };
            let lead = if index > 0 { ", " } else { "" };
            // Parentheses keep a stray call from adding nothing, or several values.
            node = node.with(lead).with(expr!["(", item, ") or 0"]);
        }
        node.with("}")
    }

    /// A table with mixed keys, printed with its keys in order.
    pub(super) fn map(&mut self, depth: u32) -> Node {
        let short = depth == 0 || self.rng.percent(30);
        if short && let Some(name) = self.readable(Sort::Map) {
            return expr![name];
        }
        let d = depth.saturating_sub(1);
        let mut node = expr!["{"];
        for index in 0..self.rng.between(0, 4) {
            let key = self.rng.pick(&[
                "x = ",
                "y = ",
                "[\"x\"] = ",
                "[1] = ",
                "[2.0] = ",
                "[-1] = ",
                "[true] = ",
                "",
                "[0.5] = ",
                "name = ",
                "",
                "[math.maxinteger] = ",
                "[3] = ",
            ]);
            let lead = if index > 0 { self.rng.pick(&[", ", "; "]) } else { "" };
            node = node.with(lead).with(key).with(self.plain(d));
        }
        if self.vararg && self.rng.percent(25) {
            node = if node.parts.len() > 1 { node.with(", ...") } else { node.with("...") };
        }
        node.with("}")
    }

    /// A value that `tostring` and `==` treat alike in every run: nil, boolean, number, string.
    pub(super) fn plain(&mut self, depth: u32) -> Node {
        match self.rng.below(10) {
            0 => expr!["nil"],
            1 => self.boolean(depth),
            2..=6 => self.int(depth),
            7 => expr!["(", self.float(depth), " + 0)"].without_chance(),
            _ => self.string(depth),
        }
    }

    /// Any value at all.
    pub(super) fn any(&mut self, depth: u32) -> Node {
        let d = depth.saturating_sub(1);
        match self.rng.below(22) {
            0 => expr!["nil"],
            1 => self.boolean_calm(d),
            2..=4 => self.calm(|g| g.int(d)),
            5..=6 => self.calm(|g| g.float(d)),
            7..=8 => self.calm(|g| g.string(d)),
            9 => self.calm(|g| g.array(d)),
            10 => self.calm(|g| g.map(d)),
            11..=13 => match self.readable_any() {
                Some(name) => expr![name],
                None => expr!["nil"],
            },
            14 => match self.readable(Sort::Object) {
                Some(name) => expr![name],
                None => expr!["{}"],
            },
            15 => match self.readable(Sort::Function) {
                Some(name) => expr![name],
                None => expr!["type"],
            },
            16 => expr![self.rng.pick(&["ga", "gb", "gc", "undefined"])],
            17 => match self.readable(Sort::Map) {
                Some(name) => {
                    let key =
                        self.rng.pick(&[".x", ".y", ".missing", "[1]", "[true]", "[0.5]", ".name"]);
                    expr![name, key]
                }
                None => expr!["({}).x"],
            },
            18 => match self.readable(Sort::Array) {
                Some(name) => expr![name, "[", self.small(), "]"],
                None => expr!["nil"],
            },
            19 => {
                let op = self.rng.pick(&["and", "or"]);
                let (lhs, rhs) = (self.plain(d), self.plain(d));
                expr!["(", lhs, " ", op, " ", rhs, ")"]
            }
            20 if self.vararg => expr!["..."].parenthesised(),
            _ => self.call_any(d),
        }
    }

    fn boolean_calm(&mut self, depth: u32) -> Node {
        self.calm(|g| g.boolean(depth))
    }

    /// What `make` makes, without strays: they would lead from one to the next without an end.
    fn calm(&mut self, make: impl FnOnce(&mut Generator) -> Node) -> Node {
        let wild = std::mem::replace(&mut self.wild, 0);
        let node = make(self);
        self.wild = wild;
        node
    }

    /// What `make` makes inside a function without varargs.
    pub(super) fn inside<T>(&mut self, make: impl FnOnce(&mut Generator) -> T) -> T {
        let vararg = std::mem::replace(&mut self.vararg, false);
        let node = make(self);
        self.vararg = vararg;
        node
    }

    /// A call of a function the program defined, or of one from the library, with any result.
    fn call_any(&mut self, d: u32) -> Node {
        match self.readable(Sort::Function) {
            Some(name) if self.rng.percent(70) => {
                let arguments = self.arguments(d);
                expr![name, "(", arguments, ")"].parenthesised()
            }
            _ => match self.rng.below(6) {
                0 => expr!["tonumber(", self.string(d), ")"],
                1 => self.inside(|g| expr!["math.floor(", g.float(d), ")"]).guarded("nil"),
                2 => expr!["math.tointeger(", self.any(d), ")"],
                3 => expr!["rawget(", self.map(d), ", ", self.plain(0), ")"],
                4 => expr![
                    "select(",
                    self.rng.pick(&["1", "2", "-1"]),
                    ", ",
                    self.plain(d),
                    ", ",
                    self.plain(d),
                    ")"
                ]
                .parenthesised(),
                _ => expr!["next({})"],
            },
        }
    }

    pub(super) fn arguments(&mut self, d: u32) -> Node {
        let mut node = expr![];
        for index in 0..self.rng.between(0, 4) {
            let lead = if index > 0 { ", " } else { "" };
            let argument = if self.rng.percent(75) { self.number(d) } else { self.any(d) };
            node = node.with(lead).with(argument);
        }
        if self.vararg && self.rng.percent(20) {
            node = if node.parts.is_empty() { node.with("...") } else { node.with(", ...") };
        }
        node
    }

    fn call_int(&mut self, d: u32) -> Node {
        match self.readable(Sort::Function) {
            Some(name) => {
                let arguments = self.arguments(d);
                expr![
                    "(math.tointeger(",
                    expr![name, "(", arguments, ")"].parenthesised(),
                    ") or 5)"
                ]
            }
            None => expr!["math.abs(", self.int(d), ")"],
        }
    }

    fn call_str(&mut self, d: u32) -> Node {
        match self.readable(Sort::Function) {
            Some(name) => {
                let arguments = self.arguments(d);
                expr!["S(", expr![name, "(", arguments, ")"].parenthesised(), ")"]
            }
            None => expr!["S(", self.any(d), ")"],
        }
    }

    /// A binary operation; now and then the precedence is left to the parser.
    pub(super) fn binary(&mut self, lhs: Node, op: &str, rhs: Node) -> Node {
        if self.rng.percent(15) {
            expr![lhs, " ", op, " ", rhs]
        } else {
            expr!["(", lhs, " ", op, " ", rhs, ")"]
        }
    }

    /// A small integer, for positions and counts.
    pub(super) fn small(&mut self) -> Node {
        let number = self.rng.between(-3, 6);
        expr![number.to_string()]
    }

    fn operand(&mut self, d: u32) -> Node {
        self.int(d).parenthesised()
    }

    fn float_operand(&mut self, d: u32) -> Node {
        self.float(d).parenthesised()
    }

    fn number_operand(&mut self, d: u32) -> Node {
        // As text a NaN shows its sign, which no manual promises.
        if self.rng.percent(70) {
            self.int(d).parenthesised()
        } else {
            expr!["N(", self.float(d), ")"]
        }
    }

    fn prefix_any(&mut self, d: u32) -> Node {
        self.any(d).parenthesised()
    }

    pub(super) fn string_prefix(&mut self, d: u32) -> Node {
        self.string(d).parenthesised()
    }
}

impl Node {
    pub(super) fn with(mut self, part: impl Into<crate::tree::Part>) -> Node {
        self.parts.push(part.into());
        self
    }

    fn parenthesised(self) -> Node {
        expr!["(", self, ")"]
    }

    /// The value, or `otherwise` where it raises.
    fn guarded(self, otherwise: &str) -> Node {
        expr![
            "(math.tointeger(select(2, pcall(function() return ",
            self,
            " end))) or ",
            otherwise,
            ")"
        ]
    }

    /// The value without the sign of a NaN and without addresses.
    fn without_chance(self) -> Node {
        expr!["N(", self, ")"]
    }
}
