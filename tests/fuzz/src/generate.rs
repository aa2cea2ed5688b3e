//! Random programs: what a program may name, and how a file of programs is put together.
//!
//! Every program ends. Loops count their turns; a function that calls or loops pays for each entry
//! from a budget of the program, and raises once it is spent. Nothing printed depends on addresses,
//! time, the order of `next` or the collector.
//!
//! The generator knows for each variable what it usually holds, so that most operations make sense;
//! in wild places, mostly below a `pcall`, anything may turn up anywhere.

mod expression;
mod function;
mod loops;
mod object;
mod statement;
mod thread;

use crate::rng::Rng;
use crate::stmt;
use crate::tree::Node;

/// What a variable usually holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Int,
    Float,
    Number,
    Str,
    Bool,
    /// A table of numbers without holes, so that its border is unique.
    Array,
    /// A table with mixed keys: never measured, printed with its keys in order.
    Map,
    /// A function of any arguments.
    Function,
    /// A table with metamethods.
    Object,
    Any,
}

struct Variable {
    name: String,
    sort: Sort,
    constant: bool,
}

/// What may be written at one place of a program.
struct Generator {
    rng: Rng,
    /// The variables in scope, inner ones last.
    variables: Vec<Variable>,
    names: u32,
    /// How deep blocks nest here, and how many statements are left for the whole program.
    depth: u32,
    budget: i32,
    /// The loops of the current function around this place, with the label that ends a turn.
    loops: Vec<Option<String>>,
    /// How deep functions nest here.
    functions: u32,
    /// Whether the current function has varargs.
    vararg: bool,
    /// Whether this is, in the text, inside a coroutine's body.
    yields: bool,
    /// How often, out of a hundred, an operand is of any kind at all.
    wild: u32,
    /// The statements so far of the current block raise or leave: what follows would not run.
    ended: bool,
}

/// One program: a call of `run` with its number and its function.
pub fn program(seed: u64, number: u64) -> Node {
    let mut rng = Rng::new(seed, number);
    let wild = if rng.percent(30) { 1 } else { 0 };
    let budget = rng.between(6, 38) as i32;
    let vararg = rng.percent(20);
    let mut generator = Generator {
        rng,
        variables: Vec::new(),
        names: 0,
        depth: 0,
        budget,
        loops: Vec::new(),
        functions: 0,
        vararg,
        yields: false,
        wild,
        ended: false,
    };
    let mut body = vec![stmt!["local F = 120"]];
    body.extend(generator.declarations());
    while generator.budget > 0 {
        body.extend(generator.statement());
        if generator.ended {
            break;
        }
    }
    let head = if vararg { "function(...)" } else { "function()" };
    let tail = if vararg { "end, 1, nil, \"v\")" } else { "end)" };
    stmt![format!("run({number}, {head}"), Node::block(body), tail]
}

/// A file of `count` programs, the first of which is program `first` of the seed.
pub fn file(seed: u64, first: u64, count: u64) -> Node {
    let mut statements = prelude();
    statements.extend((first..first + count).map(|number| program(seed, number)));
    Node::block(statements)
}

/// The helpers that programs use, each a statement, so that shrinking drops those not needed.
fn prelude() -> Vec<Node> {
    include_str!("prelude.lua")
        .split("\n\n")
        .map(str::trim)
        .filter(|helper| !helper.is_empty())
        .map(|helper| stmt![helper])
        .collect()
}

impl Generator {
    fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn declare(&mut self, name: &str, sort: Sort) {
        self.variables.push(Variable { name: name.to_owned(), sort, constant: false });
    }

    fn declare_constant(&mut self, name: &str, sort: Sort) {
        self.variables.push(Variable { name: name.to_owned(), sort, constant: true });
    }

    /// A name for a new local variable of this sort: mostly new, now and then one that it hides.
    fn local_name(&mut self, sort: Sort) -> String {
        if !self.variables.is_empty() && self.rng.percent(10) {
            let index = self.rng.below(self.variables.len());
            return self.variables[index].name.clone();
        }
        self.fresh(match sort {
            Sort::Int => "i",
            Sort::Float => "d",
            Sort::Number => "n",
            Sort::Str => "s",
            Sort::Bool => "b",
            Sort::Array => "t",
            Sort::Map => "m",
            Sort::Function => "f",
            Sort::Object => "o",
            Sort::Any => "v",
        })
    }

    fn choose(&mut self, fits: impl Fn(&Variable) -> bool) -> Option<String> {
        let hidden = |index: usize, variable: &Variable| {
            self.variables[index + 1..].iter().any(|later| later.name == variable.name)
        };
        let visible: Vec<usize> = (0..self.variables.len())
            .filter(|&index| {
                let variable = &self.variables[index];
                fits(variable) && !hidden(index, variable)
            })
            .collect();
        if visible.is_empty() {
            return None;
        }
        // The newest half is where scopes and captures are at stake.
        let newest = self.rng.percent(50);
        let low = if newest { visible.len() / 2 } else { 0 };
        let index = visible[low + self.rng.below(visible.len() - low)];
        Some(self.variables[index].name.clone())
    }

    fn readable(&mut self, sort: Sort) -> Option<String> {
        self.choose(|variable| variable.sort == sort)
    }

    fn readable_any(&mut self) -> Option<String> {
        self.choose(|_| true)
    }

    fn writable(&mut self, sort: Sort) -> Option<String> {
        self.choose(|variable| variable.sort == sort && !variable.constant)
    }

    fn sort(&mut self) -> Sort {
        match self.rng.below(20) {
            0..=5 => Sort::Int,
            6..=8 => Sort::Float,
            9 => Sort::Number,
            10..=12 => Sort::Str,
            13 => Sort::Bool,
            14..=15 => Sort::Array,
            16..=17 => Sort::Map,
            _ => Sort::Any,
        }
    }

    /// The variables a program starts with, one of each of the common sorts.
    fn declarations(&mut self) -> Vec<Node> {
        let mut statements = Vec::new();
        for sort in [Sort::Int, Sort::Float, Sort::Str, Sort::Array, Sort::Map] {
            if self.rng.percent(70) {
                let value = self.value(sort, 1);
                let name = self.fresh(match sort {
                    Sort::Int => "i",
                    Sort::Float => "d",
                    Sort::Str => "s",
                    Sort::Array => "t",
                    _ => "m",
                });
                statements.push(stmt!["local ", name.clone(), " = ", value]);
                self.declare(&name, sort);
            }
        }
        statements
    }

    /// A block of a few statements in a scope of its own.
    fn block(&mut self, statements: usize) -> Vec<Node> {
        self.block_with(statements, |_| Vec::new())
    }

    /// A block that opens with what `first` makes, in the block's scope.
    fn block_with(
        &mut self,
        statements: usize,
        first: impl FnOnce(&mut Generator) -> Vec<Node>,
    ) -> Vec<Node> {
        let scope = self.variables.len();
        let ended = std::mem::replace(&mut self.ended, false);
        self.depth += 1;
        let mut block = first(self);
        for _ in 0..statements {
            if self.ended {
                break;
            }
            block.extend(self.statement());
        }
        self.depth -= 1;
        self.ended = ended;
        self.variables.truncate(scope);
        block
    }

    /// What `make` makes inside a new function, whose loops and varargs are its own.
    fn function_scope<T>(&mut self, vararg: bool, make: impl FnOnce(&mut Generator) -> T) -> T {
        let scope = self.variables.len();
        let loops = std::mem::take(&mut self.loops);
        let outer = std::mem::replace(&mut self.vararg, vararg);
        let ended = std::mem::replace(&mut self.ended, false);
        self.functions += 1;
        self.depth += 1;
        let made = make(self);
        self.depth -= 1;
        self.functions -= 1;
        self.ended = ended;
        self.vararg = outer;
        self.loops = loops;
        self.variables.truncate(scope);
        made
    }

    /// What `make` makes where strays are common.
    fn wildly<T>(&mut self, percent: u32, make: impl FnOnce(&mut Generator) -> T) -> T {
        let wild = std::mem::replace(&mut self.wild, percent);
        let made = make(self);
        self.wild = wild;
        made
    }
}
