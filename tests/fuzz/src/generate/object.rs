//! Tables with metatables: every metamethod, chains of them, and sorting with comparators.

use super::{Generator, Sort};
use crate::tree::Node;
use crate::{expr, stmt};

const ARITHMETIC: &[(&str, &str)] = &[
    ("__add", "+"),
    ("__sub", "-"),
    ("__mul", "*"),
    ("__div", "/"),
    ("__mod", "%"),
    ("__pow", "^"),
    ("__idiv", "//"),
    ("__band", "&"),
    ("__bor", "|"),
    ("__bxor", "~"),
    ("__shl", "<<"),
    ("__shr", ">>"),
    ("__concat", ".."),
];

impl Generator {
    pub(super) fn object(&mut self) -> Vec<Node> {
        // Much of it stands inside functions of the pattern's own.
        self.inside(|g| match g.rng.below(8) {
            0..=3 => g.class(),
            4 => g.index_chain(),
            5 => g.call_chain(),
            6 => g.proxy(),
            _ => g.inheritance(),
        })
    }

    /// Two objects of a metatable with some of the metamethods, and operations on them.
    fn class(&mut self) -> Vec<Node> {
        let (mt, a, b) = (self.fresh("mt"), self.fresh("o"), self.fresh("o"));
        let (x, y) = (self.int(1), self.int(1));
        let mut nodes = vec![stmt![format!("local {mt} = {{}}")]];
        let mut usable = Vec::new();
        for _ in 0..self.rng.between(1, 5) {
            let (event, op) = ARITHMETIC[self.rng.below(ARITHMETIC.len())];
            usable.push(op);
            let noise = if self.rng.percent(30) {
                format!("P(\"{event}\", V(a), V(b)) ")
            } else {
                String::new()
            };
            let result = match self.rng.below(6) {
                0 => format!("return setmetatable({{v = V(a) + V(b)}}, {mt})"),
                1 => "return a, b".into(),
                2 => "return V(a) .. \"&\" .. V(b)".into(),
                3 if self.rng.percent(50) => format!("error(\"no {event}\")"),
                4 if self.yields => "return coroutine.yield(V(a), V(b))".into(),
                _ => "return V(a) - V(b) * 2".into(),
            };
            nodes.push(stmt![format!("{mt}.{event} = function(a, b) {noise}{result} end")]);
        }
        for (event, text, op) in [
            ("__unm", "function(a, b) return V(a) + V(b) end", "-"),
            ("__bnot", "function(a) return ~V(a) end", "~"),
            ("__len", "function(a) return V(a) end", "#"),
            ("__eq", "function(a, b) P(\"eq\") return V(a) == V(b) end", "=="),
            ("__eq", "function(a, b) return V(a) % 2 end", "=="),
            ("__lt", "function(a, b) return V(a) < V(b) end", "<"),
            ("__lt", "function(a, b) P(\"lt\", V(a), V(b)) return nil end", ">"),
            ("__le", "function(a, b) return V(a) <= V(b) and 1 end", "<="),
            ("__call", "function(self, ...) return V(self), select(\"#\", ...), ... end", "()"),
            ("__tostring", "function(a) return \"object \" .. V(a) end", ""),
            ("__tostring", "function(a) return V(a) end", ""),
            ("__name", "\"Thing\"", ""),
            ("__metatable", "\"locked\"", ""),
            ("__index", "function(t, k) return k end", ""),
            ("__index", "{x = 5, m = function(self, a) return V(self), a end}", ""),
            ("__newindex", "function(t, k, v) P(\"set\", k, v) rawset(t, k, v) end", ""),
            ("__close", "function(a, e) P(\"closed\", V(a), e) end", ""),
        ] {
            if self.rng.percent(22) {
                nodes.push(stmt![format!("{mt}.{event} = "), expr![text]]);
                if !op.is_empty() {
                    usable.push(op);
                }
            }
        }
        nodes.push(stmt![format!("local {a} = setmetatable({{v = "), x, format!("}}, {mt})")]);
        nodes.push(stmt![format!("local {b} = setmetatable({{v = "), y, format!("}}, {mt})")]);
        self.declare_constant(&a, Sort::Object);
        self.declare_constant(&b, Sort::Object);
        for _ in 0..self.rng.between(2, 5) {
            nodes.push(self.object_use(&usable));
        }
        nodes
    }

    fn object_use(&mut self, usable: &[&str]) -> Node {
        let (Some(a), Some(b)) = (self.readable(Sort::Object), self.readable(Sort::Object)) else {
            return self.print();
        };
        let op = if usable.is_empty() || self.rng.percent(15) {
            self.rng.pick(&["+", "..", "<", "==", "<="])
        } else {
            self.rng.pick(usable)
        };
        let outer = std::mem::replace(&mut self.vararg, false);
        let other = match self.rng.below(5) {
            0 => self.int(1),
            1 => expr!["\"s\""],
            2 => self.any(0),
            _ => expr![b],
        };
        let kind = self.rng.below(14);
        let inner = match kind {
            0 => expr!["tostring(", a, ")"].checked_tostring(),
            1 => expr![a, ".x, ", expr![self.place_of()]],
            2 => expr![a, ":m(", other, ")"],
            3 => expr!["rawlen(", a.clone(), "), rawequal(", a, ", ", other, ")"],
            4 => expr!["getmetatable(", a, ") == \"locked\""],
            5 => expr!["setmetatable(", a, ", nil)"],
            6 => expr!["1 .. ", a, " .. 2 .. ", other],
            7 => expr!["#", a, ", -", expr![self.place_of()]],
            _ => match op {
                "#" | "-" if self.rng.percent(50) => expr![op, a],
                "#" => expr!["#", a],
                "~" => expr!["~", a],
                "()" => expr![a, "(", other, ", nil)"],
                _ if self.rng.percent(50) => expr![a, format!(" {op} "), other],
                _ => expr![other, format!(" {op} "), a],
            },
        };
        self.vararg = outer;
        match self.rng.below(10) {
            0 => stmt!["P(pcall(function() ", a_field(&mut self.rng), " end))"],
            // Only an operation by itself is one expression.
            1 if kind > 7 => stmt![
                "P(pcall(function() if ",
                inner,
                " then return \"yes\" end return \"no\" end))"
            ],
            2 => stmt!["P(pcall(function() local a = ", inner, " return a, \"tail\" end))"],
            _ => stmt!["P(pcall(function() return ", inner, " end))"],
        }
    }

    fn place_of(&mut self) -> String {
        match self.readable(Sort::Object) {
            Some(name) => name,
            None => "ga".into(),
        }
    }

    /// `__index` and `__newindex` through several tables.
    fn index_chain(&mut self) -> Vec<Node> {
        let (a, b, c) = (self.fresh("m"), self.fresh("m"), self.fresh("m"));
        let value = self.plain(1);
        let key = self.rng.pick(&["x", "y", "z"]);
        let last = self.rng.pick(&[
            "nil",
            "function(t, k) return k .. \"!\" end",
            "{z = \"bottom\"}",
            "5",
            "\"str\"",
        ]);
        self.declare_constant(&a, Sort::Map);
        self.declare_constant(&c, Sort::Map);
        vec![
            stmt![
                format!("local {a} = setmetatable({{x = "),
                value,
                format!("}}, {{__index = {last}}})")
            ],
            stmt![format!(
                "local {b} = setmetatable({{y = 2}}, {{__index = {a}, __newindex = {a}}})"
            )],
            stmt![format!("local {c} = setmetatable({{}}, {{__index = {b}, __newindex = {b}}})")],
            stmt![format!("P(pcall(function() return {c}.{key}, {c}.y, {c}[1] end))")],
            stmt![format!("{c}.{key} = 7 {c}.y = nil T({c}) T({b}) T({a})")],
            stmt![format!(
                "P(rawget({c}, \"{key}\"), pcall(function() return {c}.{key}.{key} end))"
            )],
        ]
    }

    fn call_chain(&mut self) -> Vec<Node> {
        let (a, b) = (self.fresh("f"), self.fresh("f"));
        let arguments = self.arguments(1);
        let lead = if arguments.parts.is_empty() { "" } else { ", " };
        let target = self.rng.pick(&[
            "function(...) return select(\"#\", ...), ... end",
            "{}",
            "nil",
            "type",
        ]);
        self.declare(&b, Sort::Function);
        vec![
            stmt![format!("local {a} = setmetatable({{}}, {{__call = {target}}})")],
            stmt![format!("local {b} = setmetatable({{}}, {{__call = {a}}})")],
            stmt![format!("P(pcall({b}, "), expr!["1"], "))"],
            stmt![format!("P(pcall(function(...) return {b}(...) end"), lead, arguments, "))"],
        ]
    }

    /// A table behind a table that logs each access.
    fn proxy(&mut self) -> Vec<Node> {
        let (p, t) = (self.fresh("m"), self.fresh("m"));
        let value = self.map(1);
        let (x, y) = (self.plain(1), self.plain(1));
        self.declare_constant(&p, Sort::Map);
        vec![
            stmt![format!("local {t} = "), value],
            stmt![format!(
                "local {p} = setmetatable({{}}, {{__index = function(_, k) P(\"get\", k) return {t}[k] end, __newindex = function(_, k, v) P(\"set\", k, v) {t}[k] = v end, __len = function() return 42 end}})"
            )],
            stmt![format!("{p}.x = "), x],
            stmt![format!("{p}[1], {p}.y = "), y, format!(", {p}.x")],
            stmt![format!("P({p}.x, {p}[1], {p}.nothing, #{p}, rawlen({p}), next({p}))")],
            stmt![format!("T({t})")],
        ]
    }

    fn inheritance(&mut self) -> Vec<Node> {
        let (base, derived, o) = (self.fresh("m"), self.fresh("m"), self.fresh("m"));
        let (x, y) = (self.int(1), self.int(1));
        let step = self.function_scope(false, |g| {
            g.declare("k", Sort::Int);
            g.int(2)
        });
        self.declare_constant(&o, Sort::Map);
        vec![
            stmt![format!("local {base} = {{}} {base}.__index = {base}")],
            stmt![format!(
                "function {base}.new(class, x) return setmetatable({{x = x}}, class) end"
            )],
            stmt![format!("function {base}:step(k) self.x = self.x + "), step, " return self end"],
            stmt![format!(
                "local {derived} = setmetatable({{}}, {base}) {derived}.__index = {derived}"
            )],
            stmt![format!(
                "function {derived}:step(k) {base}.step(self, k) self.n = (self.n or 0) + 1 return self end"
            )],
            stmt![format!("local {o} = {derived}:new("), x, ")"],
            stmt![format!("P(pcall(function() return {o}:step(1):step("), y, ").x end))"],
            stmt![format!("T({o}) P(pcall(function() return {o}:missing() end))")],
        ]
    }

    /// `table.sort` with comparators that order: what does not is undefined.
    pub(super) fn sorting(&mut self) -> Vec<Node> {
        let list = self.fresh("t");
        let mut items = expr!["{"];
        let strings = self.rng.percent(40);
        for index in 0..self.rng.between(0, 9) {
            if index > 0 {
                items = items.with(", ");
            }
            let number = self.rng.between(-20, 20);
            items = items.with(if strings { format!("\"w{number}\"") } else { number.to_string() });
        }
        let order = self.rng.pick(&[
            "",
            ", function(a, b) return a > b end",
            ", function(a, b) return a < b end",
            ", function(a, b) F = F - 1 return b < a end",
        ]);
        self.declare(&list, if strings { Sort::Map } else { Sort::Array });
        let fault = match self.rng.below(6) {
            0 => vec![stmt![format!(
                "P(pcall(table.sort, {list}, function(a, b) error(\"in sort\") end))"
            )]],
            1 => vec![stmt![format!("P(pcall(table.sort, {{1, 2, {{}}}}))")]],
            2 if self.yields => vec![stmt![
                "P(pcall(table.sort, {3, 1, 2}, function(a, b) coroutine.yield(a) return a < b end))"
            ]],
            _ => Vec::new(),
        };
        let mut nodes = vec![
            stmt![format!("local {list} = "), items.with("}")],
            stmt![format!("table.sort({list}{order}) P(table.concat({list}, \" \"))")],
        ];
        nodes.extend(fault);
        nodes
    }
}

fn a_field(rng: &mut crate::rng::Rng) -> String {
    rng.pick(&[
        "ga.x = 1",
        "ga = ga.x",
        "local t <const> = {} t.x.y = 1",
        "local t = {} t[nil] = 1",
        "local t = {} t[0/0] = 1",
    ])
    .to_owned()
}

impl Node {
    /// The call, with the address cut from what `tostring` makes of a plain table.
    fn checked_tostring(self) -> Node {
        expr!["(string.gsub(", self, ", \"0x%x+\", \"\"))"]
    }
}
