//! Functions: local, global, fields and methods, with varargs, recursive, returned by others.

use super::{Generator, Sort};
use crate::tree::Node;
use crate::{expr, stmt};

/// What a function pays on entry, so that no program calls for ever.
pub(super) const FEE: &str = "F = F - 1 if F < 0 then error(\"fuel\", 0) end";

impl Generator {
    /// A definition of a function, in one of its many forms.
    pub(super) fn function(&mut self) -> Vec<Node> {
        match self.rng.below(12) {
            0..=3 => self.local_function(),
            4..=5 => self.leaf_function(),
            6 => self.recursive_function(),
            7 => self.counter(),
            8 => self.method(),
            9 => self.tail_calls(),
            10 => self.vararg_function(),
            _ => self.assigned_function(),
        }
    }

    /// The body of a function with these parameters, which are mostly numbers.
    fn body(&mut self, parameters: &[String], vararg: bool, count: usize) -> Vec<Node> {
        self.function_scope(vararg, |g| {
            let mut body = vec![stmt![FEE]];
            for parameter in parameters {
                let sort = if g.rng.percent(80) { Sort::Number } else { Sort::Any };
                g.declare(parameter, sort);
            }
            for parameter in parameters {
                if g.rng.percent(50) {
                    body.push(stmt![
                        parameter,
                        " = tonumber(",
                        parameter,
                        ") or ",
                        g.int_literal()
                    ]);
                }
            }
            body.extend(g.block_in_place(count));
            if !g.ended {
                body.push(g.final_return());
            }
            body
        })
    }

    /// Statements in the present scope.
    pub(super) fn block_in_place(&mut self, count: usize) -> Vec<Node> {
        let mut block = Vec::new();
        for _ in 0..count {
            if self.ended {
                break;
            }
            block.extend(self.statement());
        }
        block
    }

    pub(super) fn final_return(&mut self) -> Node {
        match self.rng.below(8) {
            0 => stmt!["return"],
            1 if self.vararg => stmt!["return ..."],
            2 => {
                let (x, y) = (self.int(2), self.plain(1));
                stmt!["return ", x, ", ", y]
            }
            3 => match self.readable(Sort::Function) {
                Some(name) => {
                    let arguments = self.arguments(1);
                    stmt!["return ", name, "(", arguments, ")"]
                }
                None => stmt!["return ", self.int(3)],
            },
            4 => stmt!["return ", self.any(2)],
            _ => stmt!["return ", self.int(3)],
        }
    }

    fn local_function(&mut self) -> Vec<Node> {
        let name = self.local_name(Sort::Function);
        let parameters: Vec<String> =
            (0..self.rng.between(0, 4)).map(|_| self.fresh("a")).collect();
        let vararg = self.rng.percent(20);
        let mut list = parameters.clone();
        if vararg {
            list.push("...".into());
        }
        let count = 1 + self.rng.below(4);
        // A local function sees itself; budgets end the recursion.
        let body = self.body(&parameters, vararg, count);
        self.declare(&name, Sort::Function);
        vec![stmt![format!("local function {name}({})", list.join(", ")), Node::block(body), "end"]]
    }

    /// A small function without a fee: what a compiler inlines.
    fn leaf_function(&mut self) -> Vec<Node> {
        let name = self.local_name(Sort::Function);
        let (x, y) = (self.fresh("x"), self.fresh("y"));
        let text = match self.rng.below(7) {
            0 => format!("local function {name}({x}, {y}) return {x} + {y} end"),
            1 => format!(
                "local function {name}({x}, {y}) if {x} < {y} then return {x} end return {y}, {x} end"
            ),
            2 => format!("local function {name}(...) return select(\"#\", ...) end"),
            3 => format!("local function {name}({x}, ...) return ..., {x} end"),
            4 => format!("local function {name}({x}, {y}) {x}, {y} = {y}, {x} return {x}, {y} end"),
            5 => format!("local {name} = function({x}) return {x} and {x} .. \"\" or \"none\" end"),
            _ => match self.writable(Sort::Int) {
                Some(v) => format!(
                    "local function {name}({x}) {v} = {v} + (tonumber({x}) or 1) return {v} end"
                ),
                None => format!("local function {name}() end"),
            },
        };
        self.declare(&name, Sort::Function);
        vec![stmt![text]]
    }

    fn recursive_function(&mut self) -> Vec<Node> {
        let name = self.fresh("r");
        let x = self.fresh("x");
        let n = self.rng.between(3, 12);
        let step = self.function_scope(false, |g| {
            g.declare(&x, Sort::Int);
            g.int(2)
        });
        let text = match self.rng.below(5) {
            0 => stmt![
                format!(
                    "local function {name}(n, {x}) if n <= 0 then return {x} end return {name}(n - 1, "
                ),
                step,
                format!(") end P(pcall({name}, {n}, 1))")
            ],
            1 => stmt![
                format!("local function {name}(n, {x}) if n == 0 then return 0 end return "),
                step,
                format!(" + {name}(n - 1, {x}) end P(pcall({name}, {n}, 2))")
            ],
            2 => stmt![format!(
                "local function {name}(n) if n < 2 then return n end return {name}(n - 1) + {name}(n - 2) end P({name}({}))",
                n.min(9)
            )],
            3 => stmt![format!(
                "local {name} local function {x}(n) if n == 0 then return true end return {name}(n - 1) end function {name}(n) if n == 0 then return false end return {x}(n - 1) end P({name}({n}), {x}({n}))"
            )],
            _ => stmt![format!(
                "local function {name}(n, ...) if n == 0 then return ... end return {name}(n - 1, n, ...) end P({name}({n}))"
            )],
        };
        vec![text]
    }

    /// Functions that share a captured variable.
    fn counter(&mut self) -> Vec<Node> {
        let (get, set, make) = (self.fresh("f"), self.fresh("f"), self.fresh("f"));
        let start = self.int(1);
        let change = self.int_literal();
        let node = match self.rng.below(3) {
            0 => stmt![
                format!("local {get}, {set} do local c = "),
                start,
                format!(
                    " {get} = function() return c end {set} = function(x) c = (tonumber(x) or 0) + "
                ),
                change,
                " return c end end"
            ],
            1 => stmt![
                format!(
                    "local function {make}(c) return function(x) c = c + (tonumber(x) or 1) return c end, function() return c end end local {set}, {get} = {make}("
                ),
                start,
                ")"
            ],
            _ => stmt![
                format!(
                    "local {get}, {set} = (function(...) local a, b = ... return function(x) a, b = b, x return a end, function() return b, a end end)("
                ),
                start,
                ", ",
                change,
                ")"
            ],
        };
        self.declare(&get, Sort::Function);
        self.declare(&set, Sort::Function);
        vec![node]
    }

    fn method(&mut self) -> Vec<Node> {
        let (object, a) = (self.fresh("m"), self.fresh("a"));
        let start = self.int(1);
        let count = self.rng.below(2);
        let parameters = [a.clone()];
        let body = self.body(&parameters, false, count);
        let argument = self.any(1);
        self.declare_constant(&object, Sort::Map);
        vec![
            stmt![format!("local {object} = {{x = "), start, ", sub = {}}"],
            stmt![format!("function {object}.sub.add(self, {a})"), Node::block(body), "end"],
            stmt![format!(
                "function {object}:get(k) return self[k or \"x\"], self == {object} end"
            )],
            stmt![format!("P(pcall({object}.sub.add, {object}, "), argument, "))"],
            stmt![format!("P({object}:get(), {object}:get(\"y\"), pcall({object}.get))")],
        ]
    }

    fn tail_calls(&mut self) -> Vec<Node> {
        let (f, g) = (self.fresh("f"), self.fresh("f"));
        let n = self.rng.between(5, 2000);
        let value = self.inside(|g| g.plain(1));
        let node = match self.rng.below(4) {
            0 => stmt![
                format!(
                    "local function {f}(n, ...) if n == 0 then return ... end return {f}(n - 1, ...) end P({f}({n}, "
                ),
                value,
                ", nil))"
            ],
            1 => stmt![format!(
                "local {g} local function {f}(n) if n == 0 then error(\"deep\") end return {g}(n - 1) end {g} = function(n) return {f}(n) end P(pcall({f}, {n}))"
            )],
            2 => stmt![
                format!("local function {f}(x) return select(2, x, "),
                value,
                format!(") end local function {g}(x) return {f}(x) end P({g}(1), ({g}(2)))")
            ],
            _ => stmt![
                format!("local function {f}(x) return pcall(error, x) end P({f}("),
                value,
                "))"
            ],
        };
        vec![node]
    }

    fn vararg_function(&mut self) -> Vec<Node> {
        let name = self.local_name(Sort::Function);
        let count = self.rng.below(2);
        let body = self.function_scope(true, |g| {
            let mut body = vec![stmt![FEE]];
            body.push(match g.rng.below(7) {
                0 => stmt!["local a, b = ... P(b, a)"],
                1 => stmt!["local t = {...} P(select(\"#\", ...), t[1], t[2])"],
                2 => stmt!["local t = table.pack(...) P(t.n, t[t.n])"],
                3 => stmt!["P((...), select(-1, 0, ...))"],
                4 => stmt!["for i = 1, select(\"#\", ...) do P(i, (select(i, ...))) end"],
                5 => stmt!["local t = {0, ..., (...)} P(t[1], t[2], t[3])"],
                _ => stmt!["local function inner(...) return select(\"#\", ...), ... end P(inner(...), inner(1, ...))"],
            });
            body.extend(g.block_in_place(count));
            if !g.ended {
                body.push(g.final_return());
            }
            body
        });
        self.declare(&name, Sort::Function);
        let arguments = self.arguments(1);
        vec![
            stmt![format!("local function {name}(...)"), Node::block(body), "end"],
            stmt!["P(pcall(function() return ", self.inside_call(&name, arguments), " end))"],
        ]
    }

    fn inside_call(&mut self, name: &str, arguments: Node) -> Node {
        if self.vararg { expr![name, "(1, nil, 2.5)"] } else { expr![name, "(", arguments, ")"] }
    }

    /// A function in a variable that exists, or in a global.
    fn assigned_function(&mut self) -> Vec<Node> {
        let x = self.fresh("x");
        let count = 1 + self.rng.below(2);
        let body = self.body(std::slice::from_ref(&x), true, count);
        match self.writable(Sort::Function) {
            Some(name) if self.rng.percent(60) => {
                vec![stmt![format!("{name} = function({x}, ...)"), Node::block(body), "end"]]
            }
            _ => {
                let argument = self.int(1);
                vec![
                    stmt![format!("function ga({x}, ...)"), Node::block(body), "end"],
                    stmt!["P(pcall(ga, ", argument, "))"],
                ]
            }
        }
    }

    /// Recursion deep enough to leave a first page of stack.
    pub(super) fn deep(&mut self) -> Vec<Node> {
        let name = self.fresh("r");
        let n = self.rng.between(100, 5000);
        // Overflow takes a hundred times as long as all the rest.
        let once = self.functions == 0 && self.loops.is_empty() && self.rng.percent(20);
        let form = if once { 2 } else { *self.rng.pick(&[&0, &1, &3, &4]) };
        let text = match form {
            0 => format!(
                "local function {name}(n) if n == 0 then return 0 end return 1 + {name}(n - 1) end P({name}({n}))"
            ),
            1 => format!(
                "local function {name}(n) if n == 0 then error(\"bottom\") end {name}(n - 1) return n end P(pcall({name}, {n}))"
            ),
            2 => format!(
                "local function {name}(n) return 1 + {name}(n + 1) end local ok, e = pcall({name}, 1) P(ok, string.find(e, \"stack overflow\") ~= nil)"
            ),
            3 => format!(
                "local function {name}(n) if n == 0 then return 0 end local ok, v = pcall({name}, n - 1) return v + 1 end P({name}({}))",
                n % 100
            ),
            _ => format!(
                "local {name} {name} = setmetatable({{}}, {{__index = function(t, k) if k == 0 then return 0 end return t[k - 1] + 1 end}}) P({name}[{}])",
                n % 100
            ),
        };
        vec![stmt![text]]
    }
}
