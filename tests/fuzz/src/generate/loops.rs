//! Loops of every form. Each counts its turns where its own limits would not end it soon.

use super::{Generator, Sort};
use crate::tree::Node;
use crate::{expr, stmt};

impl Generator {
    pub(super) fn any_loop(&mut self) -> Vec<Node> {
        if self.loops.len() >= 2 {
            return vec![self.print()];
        }
        match self.rng.below(18) {
            0..=4 => vec![self.counting_loop()],
            5..=7 => vec![self.odd_loop()],
            8..=9 => vec![self.list_loop()],
            10..=11 => self.iterator_loop(),
            12..=13 => vec![self.while_loop()],
            14..=15 => vec![self.repeat_loop()],
            16 => self.goto_loop(),
            _ => self.table_walk(),
        }
    }

    /// The body of a loop, with the label that ends a turn where there is one.
    fn turns(&mut self, count: usize, names: &[(&str, Sort)]) -> Node {
        let label = self.rng.percent(50).then(|| self.fresh("next"));
        self.loops.push(label.clone());
        let mut body = self.block_with(count, |g| {
            for (name, sort) in names {
                g.declare(name, *sort);
            }
            Vec::new()
        });
        self.loops.pop();
        if let Some(label) = label {
            body.push(stmt![format!("::{label}::")]);
        }
        Node::block(body)
    }

    fn counting_loop(&mut self) -> Node {
        let name = self.local_name(Sort::Int);
        let from = self.rng.between(-2, 5);
        let (to, step) = match self.rng.below(6) {
            0 => (from - self.rng.between(0, 6), "-1"),
            1 => (from + self.rng.between(0, 9), "2"),
            2 => (from - self.rng.between(0, 9), "-3"),
            _ => (from + self.rng.between(-1, 5), "1"),
        };
        let head = if step == "1" && self.rng.percent(80) {
            format!("for {name} = {from}, {to} do")
        } else {
            format!("for {name} = {from}, {to}, {step} do")
        };
        let count = 1 + self.rng.below(3);
        let body = self.turns(count, &[(&name, Sort::Int)]);
        stmt![head, body, "end"]
    }

    /// A numeric loop near the edges: floats, wrap-around, limits that are no numbers.
    fn odd_loop(&mut self) -> Node {
        const BOUNDS: &[&str] = &[
            "1",
            "0",
            "3",
            "-1",
            "10",
            "1.0",
            "0.5",
            "-0.0",
            "2.5",
            "math.maxinteger",
            "math.mininteger",
            "math.maxinteger - 2",
            "math.mininteger + 2",
            "math.huge",
            "-math.huge",
            "2^53",
            "1e308",
            "2^63",
            "-2^63",
            "3.7",
            "-3.7",
            "0/0",
            "9007199254740993",
        ];
        const STEPS: &[&str] = &[
            "1",
            "-1",
            "2",
            "0.25",
            "-0.5",
            "1.0",
            "math.maxinteger",
            "math.mininteger",
            "-math.maxinteger",
            "1 << 62",
            "math.huge",
            "1e307",
            "-3",
            "0.1",
        ];
        let (name, turns) = (self.fresh("i"), self.fresh("n"));
        let from = if self.rng.percent(25) {
            self.inside(|g| g.number(1))
        } else {
            expr![self.rng.pick(BOUNDS)]
        };
        let to = if self.rng.percent(25) {
            self.inside(|g| g.number(1))
        } else {
            expr![self.rng.pick(BOUNDS)]
        };
        let step = match self.rng.below(12) {
            0 => expr![self.rng.pick(&["0", "0.0", "\"1\"", "nil", "{}"])],
            1..=4 => expr!["1"],
            _ => expr![self.rng.pick(STEPS)],
        };
        let (from, to) = match self.rng.below(14) {
            0 => (expr![self.rng.pick(&["\"1\"", "nil", "\"a\"", "{}"])], to),
            1 => (from, expr![self.rng.pick(&["\"10\"", "nil", "\"x\"", "true"])]),
            _ => (from, to),
        };
        let shown = self.rng.percent(60);
        let body = if shown {
            stmt![format!("P({name}, math.type({name}))")]
        } else {
            match self.writable(Sort::Number) {
                Some(sum) => stmt![format!("{sum} = {sum} + {name}")],
                None => stmt![format!("P({name})")],
            }
        };
        stmt![
            format!("P(pcall(function() local {turns} = 0 for {name} = "),
            from,
            ", ",
            to,
            ", ",
            step,
            format!(" do {turns} = {turns} + 1 if {turns} > 4 then break end"),
            Node::block(vec![body]),
            format!("end return {turns} end))")
        ]
    }

    fn list_loop(&mut self) -> Node {
        let (k, v) = (self.fresh("k"), self.local_name(Sort::Number));
        let list = self.array(1);
        let count = 1 + self.rng.below(3);
        let body = self.turns(count, &[(&k, Sort::Int), (&v, Sort::Number)]);
        stmt![
            format!("for {k}, {v} in ipairs("),
            list,
            format!(") do if {k} > 6 then break end"),
            body,
            "end"
        ]
    }

    /// A walk over all of a table, of which only what any order gives is kept.
    fn table_walk(&mut self) -> Vec<Node> {
        let Some(name) = self.readable(Sort::Map) else {
            return vec![self.print()];
        };
        let (n, s, k, v) = (self.fresh("i"), self.fresh("i"), self.fresh("k"), self.fresh("v"));
        let call = self.rng.pick(&["pairs(", "next, ("]);
        let change = match self.rng.below(4) {
            0 => format!("{name}[{k}] = nil "),
            1 => format!("{name}[{k}] = 1 "),
            _ => String::new(),
        };
        self.declare(&n, Sort::Int);
        self.declare(&s, Sort::Int);
        vec![
            stmt![format!(
                "local {n}, {s} = 0, 0 for {k}, {v} in {call}{name}) do {n} = {n} + 1 if math.type({v}) == \"integer\" then {s} = {s} + {v} end {change}end"
            )],
            stmt![format!("P({n}, {s})")],
        ]
    }

    fn iterator_loop(&mut self) -> Vec<Node> {
        let (a, b) = (self.fresh("k"), self.local_name(Sort::Any));
        let n = self.rng.between(1, 4);
        let head = match self.rng.below(8) {
            0 => format!(
                "for {a}, {b} in (function(s, c) if c < s then return c + 1, c * 2 end end), {n}, 0 do"
            ),
            1 => format!(
                "for {a}, {b} in function(_, c) c = (c or 0) + 1 if c <= {n} then return c, \"v\" .. c end end do"
            ),
            2 => format!(
                "for {a}, {b} in coroutine.wrap(function() for i = 1, {n} do coroutine.yield(i, i / 2) end end) do"
            ),
            3 => format!(
                "for {a}, {b} in (function(s, c) if c < {n} then return c + 1, s end end), \"state\", 0, C(\"iter\") do"
            ),
            4 => format!(
                "for {a}, {b} in setmetatable({{}}, {{__call = function(self, s, c) if c < s then return c + 1 end end}}), {n}, 0 do"
            ),
            5 => format!(
                "for {a}, {b} in pairs(setmetatable({{}}, {{__pairs = function(t) return function(_, k) k = (k or 0) + 1 if k <= {n} then return k, -k end end, t, nil end}})) do"
            ),
            6 => format!("for {a}, {b} in string.gmatch(\"k1=v1,k2=v2\", \"(%w+)=(%w+)\") do"),
            _ => format!(
                "for {a}, {b} in (function() local i = 0 return function() i = i + 1 if i <= {n} then return i, i % 2 == 0 end end end)() do"
            ),
        };
        let count = 1 + self.rng.below(3);
        let sort = if head.contains("gmatch") { Sort::Str } else { Sort::Int };
        let body = self.turns(count, &[(&a, sort), (&b, Sort::Any)]);
        vec![stmt![head, body, "end"]]
    }

    fn while_loop(&mut self) -> Node {
        let n = self.fresh("w");
        let test = self.boolean(2);
        let limit = self.rng.between(1, 5);
        let count = 1 + self.rng.below(3);
        let body = self.turns(count, &[]);
        stmt![
            format!("do local {n} = 0 while "),
            test,
            format!(" do {n} = {n} + 1 if {n} > {limit} then break end"),
            body,
            "end end"
        ]
    }

    /// The condition sees the body's locals, and may capture them.
    fn repeat_loop(&mut self) -> Node {
        let (n, v) = (self.fresh("w"), self.fresh("i"));
        let limit = self.rng.between(1, 4);
        let value = self.int(1);
        let count = 1 + self.rng.below(2);
        self.loops.push(None);
        let (body, test) = {
            let scope = self.variables.len();
            self.depth += 1;
            self.declare(&v, Sort::Int);
            // `break` may leave, but no `goto` may jump over a local into the condition.
            let inner = self.block(count);
            let capture = self.rng.below(4);
            let test = match capture {
                0 => expr![format!("(function() {v} = {v} + 1 return {v} > 3 end)()")],
                _ => self.boolean(2),
            };
            self.depth -= 1;
            self.variables.truncate(scope);
            (inner, test)
        };
        self.loops.pop();
        let keep = if self.rng.percent(40) {
            format!("ga = function() {v} = {v} + 1 return {v} end")
        } else {
            String::new()
        };
        let after = if keep.is_empty() { "end" } else { "P(pcall(ga)) P(pcall(ga)) end" };
        stmt![
            format!("do local {n} = 0 repeat {n} = {n} + 1 local {v} = "),
            value,
            format!(" {keep} do"),
            Node::block(body),
            format!("end until {n} >= {limit} or "),
            test,
            " ",
            after
        ]
    }

    /// A loop made of a label and a jump back to it: each turn has locals of its own.
    fn goto_loop(&mut self) -> Vec<Node> {
        let (label, n, v, list) =
            (self.fresh("top"), self.fresh("w"), self.fresh("i"), self.fresh("q"));
        let limit = self.rng.between(1, 4);
        let value = self.int(2);
        let body = self.block_with(2, |g| {
            g.declare(&v, Sort::Int);
            vec![
                stmt![format!("local {v} = "), value],
                stmt![format!("{list}[#{list} + 1] = function() {v} = {v} + {n} return {v} end")],
            ]
        });
        vec![stmt![
            format!("do local {n}, {list} = 0, {{}} ::{label}:: {n} = {n} + 1 do"),
            Node::block(body),
            format!(
                "end if {n} < {limit} then goto {label} end for _, f in ipairs({list}) do P(f(), f()) end end"
            )
        ]]
    }

    /// Closures that capture the variables of a loop's turns, called after it.
    pub(super) fn closures_in_loop(&mut self) -> Vec<Node> {
        if self.loops.len() >= 2 {
            return vec![self.print()];
        }
        let (list, i, v, outer) =
            (self.fresh("q"), self.fresh("i"), self.fresh("i"), self.fresh("i"));
        let start = self.int(1);
        let head = match self.rng.below(5) {
            0 => format!("for {i} = 1, 3 do"),
            1 => format!("for {i} = 3, 1, -1 do"),
            2 => format!("for _, {i} in ipairs({{4, 5, 6}}) do"),
            3 => format!(
                "for {i} in coroutine.wrap(function() for j = 1, 3 do coroutine.yield(j) end end) do"
            ),
            _ => format!("for {i} = 1.0, 2.0, 0.5 do"),
        };
        let make = match self.rng.below(4) {
            0 => format!(
                "{list}[#{list} + 1] = function(x) {v} = {v} + {i} {outer} = {outer} + 1 return {v}, {outer} end"
            ),
            1 => format!("{list}[#{list} + 1] = function(x) {i} = {i} + 1 return {i}, {v} end"),
            2 => format!(
                "{list}[#{list} + 1] = function(x) local function inner() {v} = {v} + {outer} return {v} end {outer} = -{outer} return inner(), {i} end"
            ),
            _ => format!(
                "{list}[#{list} + 1] = function() return {i}, {v}, {outer} end {v} = {v} * 2 {outer} = {outer} + {v}"
            ),
        };
        let value = self.int(1);
        self.loops.push(None);
        let rest = self.block_with(1, |g| {
            g.declare(&i, Sort::Number);
            g.declare(&v, Sort::Int);
            vec![stmt![format!("local {v} = "), value], stmt![make]]
        });
        self.loops.pop();
        self.declare(&outer, Sort::Int);
        vec![
            stmt![format!("local {outer}, {list} = "), start, ", {}"],
            stmt![head, Node::block(rest), "end"],
            stmt![format!("for _ = 1, 2 do for j = 1, #{list} do P(j, pcall({list}[j])) end end")],
        ]
    }
}
