//! Coroutines: bodies that yield from every kind of place, and what is done with them.

use super::{Generator, Sort};
use crate::tree::Node;
use crate::{expr, stmt};

impl Generator {
    pub(super) fn thread(&mut self) -> Vec<Node> {
        let name = self.fresh("co");
        let (a, count) = (self.fresh("a"), 1 + self.rng.below(3));
        let vararg = self.rng.percent(40);
        let outer = std::mem::replace(&mut self.yields, true);
        let body = self.function_scope(vararg, |g| {
            g.declare(&a, Sort::Number);
            let mut body = Vec::new();
            for _ in 0..count {
                body.extend(g.yield_statement());
                body.extend(g.statement());
            }
            body.push(g.final_return());
            body
        });
        self.yields = outer;
        let list = if vararg { format!("{a}, ...") } else { a };
        let wrapped = self.rng.percent(30);
        let make = if wrapped { "coroutine.wrap" } else { "coroutine.create" };
        let mut nodes = vec![stmt![
            format!("local {name} = {make}(function({list})"),
            Node::block(body),
            "end)"
        ]];
        let turns = self.rng.between(1, 6);
        let value = self.plain(1);
        if wrapped {
            nodes.push(stmt![
                format!("for j = 1, {turns} do P(pcall({name}, j, "),
                value,
                ")) end"
            ]);
        } else {
            nodes.push(stmt![
                format!("for j = 1, {turns} do P(coroutine.resume({name}, j, "),
                value,
                format!(")) P(coroutine.status({name})) end")
            ]);
            if self.rng.percent(60) {
                nodes.push(stmt![format!("P(coroutine.close({name}))")]);
                nodes.push(stmt![format!("P(coroutine.status({name}), coroutine.resume({name}))")]);
            }
            if self.rng.percent(10) {
                nodes.push(stmt![format!(
                    "P((string.gsub(debug.traceback({name}), \"0x%x+\", \"\")))"
                )]);
            }
        }
        nodes
    }

    /// A yield, straight or through something that calls.
    pub(super) fn yield_statement(&mut self) -> Vec<Node> {
        let value = self.inside(|g| g.plain(1));
        let name = self.fresh("v");
        let n = self.rng.between(1, 3);
        let node = match self.rng.below(16) {
            0..=3 => {
                let node = stmt![format!("local {name} = coroutine.yield("), value, ")"];
                self.declare(&name, Sort::Any);
                node
            }
            4 => stmt!["P(coroutine.yield(", value, ", 2))"],
            5 => stmt!["P(pcall(function() local x = coroutine.yield(", value, ") error(x) end))"],
            6 => stmt!["P(pcall(coroutine.yield, ", value, "))"],
            7 => stmt![
                format!(
                    "for {name} in function(s, c) local x = coroutine.yield(c) c = (c or 0) + 1 if c <= {n} then return c end end do"
                ),
                Node::block(self.block(1)),
                "end"
            ],
            8 => {
                let (event, use_) = match self.rng.below(10) {
                    0 => ("__add", "o + 1"),
                    1 => ("__index", "o.field"),
                    2 => ("__eq", "o == setmetatable({}, getmetatable(o))"),
                    3 => ("__lt", "o < 1"),
                    4 => ("__concat", "\"a\" .. o .. \"b\""),
                    5 => ("__len", "#o"),
                    6 => ("__call", "o(1, 2)"),
                    7 => ("__le", "1 <= o"),
                    8 => ("__unm", "-o"),
                    _ => ("__bor", "o | 1"),
                };
                let form = self.rng.pick(&["P(", "local x = (", "if not ("]);
                let end = match form {
                    "P(" => ")",
                    "local x = (" => ") P(x)",
                    _ => ") then P(\"no\") end",
                };
                stmt![
                    format!(
                        "do local o = setmetatable({{}}, {{{event} = function(a, b) return coroutine.yield("
                    ),
                    value,
                    format!(") end}}) {form}{use_}{end} end")
                ]
            }
            9 => stmt![
                "do local o = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, coroutine.yield(k, v)) end}) o.x = ",
                value,
                " T(o) end"
            ],
            10 => stmt![
                format!(
                    "do local {name} <close> = C(\"{name}\", function(e) P(coroutine.yield(\"in close\")) end) P("
                ),
                value,
                ") end"
            ],
            11 => stmt![
                "P(xpcall(function() error(coroutine.yield(",
                value,
                ")) end, function(e) return S(e) end))"
            ],
            12 => stmt!["P(pcall(string.gsub, \"ab\", \".\", function(c) coroutine.yield(c) end))"],
            13 => stmt!["P(coroutine.isyieldable(), select(2, coroutine.running()))"],
            14 => {
                // A coroutine in a coroutine.
                stmt![
                    "do local inner = coroutine.wrap(function(x) P(x) local y = coroutine.yield(coroutine.yield(",
                    value,
                    ")) return y end) P(inner(1), coroutine.yield(\"outer\"), inner(2), pcall(inner, 3), pcall(inner)) end"
                ]
            }
            _ => stmt![
                format!("for {name} = 1, {n} do"),
                Node::block(vec![stmt![
                    "P(pcall(function(...) local c <close> = C(\"c\") return coroutine.yield(",
                    expr![name.clone()],
                    ", ...) end, ",
                    value,
                    "))"
                ]]),
                "end"
            ],
        };
        vec![node]
    }
}
