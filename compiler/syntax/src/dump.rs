//! The tree as text: one form per node, for tests and for `--emit ast`.
//!
//! Names carry what they resolve to: `x#3` is local 3 of the chunk, `x^0` upvalue 0 of the function,
//! `x=5` a constant, `x` alone a global of the chunk's `_ENV`, and `x@#3` a global of another.

use alloc::format;
use alloc::string::{String, ToString};

use crate::ast::*;

/// The whole chunk, function by function, in the order of their ids.
pub fn dump(chunk: &Chunk) -> String {
    let mut dumper = Dumper { chunk, function: Chunk::MAIN, out: String::new(), depth: 0 };
    for id in 0..chunk.functions.len() {
        dumper.function(FunctionId(id as u32));
    }
    dumper.out
}

struct Dumper<'c> {
    chunk: &'c Chunk,
    function: FunctionId,
    out: String,
    depth: usize,
}

impl Dumper<'_> {
    fn function(&mut self, id: FunctionId) {
        self.function = id;
        let function = self.chunk.function(id);
        let mut head = format!("(function {}", id.0);
        if let Some(name) = &function.name {
            head += &format!(" {}", name.escape_ascii());
        }
        if function.line_defined > 0 {
            head += &format!(" lines {}-{}", function.line_defined, function.last_line_defined);
        }
        if !function.parameters.is_empty() || function.is_vararg {
            head += " (";
            let parameters = function.parameters.iter().map(|id| self.local(*id));
            let dots = function.is_vararg.then(|| "...".to_string());
            head += &parameters.chain(dots).collect::<alloc::vec::Vec<_>>().join(" ");
            head += ")";
        }
        for (index, upvalue) in function.upvalues.iter().enumerate() {
            let source = match upvalue.source {
                UpvalueSource::Environment => "env".to_string(),
                UpvalueSource::Local(id) => format!("#{}", id.0),
                UpvalueSource::Upvalue(id) => format!("^{}", id.0),
            };
            head += &format!(" (upvalue {index} {} {source})", self.text(upvalue.name));
        }
        self.open(&head);
        self.block(&function.body);
        self.close();
    }

    fn open(&mut self, head: &str) {
        self.line(head);
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        // The last line of what was opened ends with its parenthesis.
        self.out.pop();
        self.out += ")\n";
    }

    fn line(&mut self, text: &str) {
        self.out += &"  ".repeat(self.depth);
        self.out += text;
        self.out.push('\n');
    }

    fn text(&self, id: StrId) -> String {
        self.chunk.string(id).escape_ascii().to_string()
    }

    fn local(&self, id: LocalId) -> String {
        let local = self.chunk.local(id);
        let mut text = format!("{}#{}", self.text(local.name), id.0);
        text += match local.attribute {
            Attribute::Regular => "",
            Attribute::Const => "<const>",
            Attribute::Close => "<close>",
        };
        // How a code generator has to keep it.
        text += match (local.captured, local.assigned) {
            (true, true) => "!cell",
            (true, false) => "!captured",
            (false, true) => "!assigned",
            (false, false) => "",
        };
        text
    }

    fn block(&mut self, block: &Block) {
        for stat in &block.statements {
            self.statement(stat);
        }
    }

    fn nested(&mut self, head: &str, block: &Block) {
        self.open(head);
        self.block(block);
        self.close();
    }

    fn statement(&mut self, stat: &Stat) {
        let line = stat.line;
        match &stat.kind {
            StatKind::Local(stat) => {
                let mut text = format!("(local:{line}");
                for id in &stat.locals {
                    text += &format!(" {}", self.local(*id));
                }
                if let Some(id) = stat.constant {
                    text += &format!(" {}", self.constant(id));
                }
                text += &self.values(" =", &stat.values);
                self.line(&(text + ")"));
            }
            StatKind::LocalFunction { local, function } => {
                let name = self.local(*local);
                self.line(&format!("(local-function:{line} {name} (closure {}))", function.0));
            }
            StatKind::Assign(stat) => {
                let text = self.values("", &stat.targets) + &self.values(" =", &stat.values);
                self.line(&format!("(assign:{}{text})", stat.line));
            }
            StatKind::Function(stat) => {
                let target = self.expr(&stat.target);
                let function = stat.function.0;
                self.line(&format!("(assign:{} {target} = (closure {function}))", stat.line));
            }
            StatKind::Call(expr) => {
                let text = self.expr(expr);
                self.line(&text);
            }
            StatKind::Do(block) => self.nested(&format!("(do:{line}"), block),
            StatKind::While(stat) => {
                let condition = self.expr(&stat.condition);
                self.nested(&format!("(while:{line} {condition}"), &stat.body);
            }
            StatKind::Repeat(stat) => {
                self.open(&format!("(repeat:{line}"));
                self.block(&stat.body);
                let condition = self.expr(&stat.condition);
                self.line(&format!("(until {condition})"));
                self.close();
            }
            StatKind::If(stat) => {
                self.open(&format!("(if:{line}"));
                for arm in &stat.arms {
                    let condition = self.expr(&arm.condition);
                    self.nested(&format!("(when {condition}"), &arm.body);
                }
                if let Some(block) = &stat.otherwise {
                    self.nested("(else", block);
                }
                self.close();
            }
            StatKind::NumericFor(stat) => {
                let mut head = format!("(for:{} {}", stat.line, self.local(stat.variable));
                for expr in [&stat.start, &stat.limit].into_iter().chain(&stat.step) {
                    head += &format!(" {}", self.expr(expr));
                }
                self.nested(&head, &stat.body);
            }
            StatKind::GenericFor(stat) => {
                let mut head = format!("(for-in:{}", stat.call_line);
                for id in &stat.variables {
                    head += &format!(" {}", self.local(*id));
                }
                head += &self.values(" in", &stat.values);
                self.nested(&head, &stat.body);
            }
            StatKind::Return(stat) => {
                let head = if stat.is_tail_call { "(tail-call" } else { "(return" };
                let text = format!("{head}:{}{})", stat.line, self.values("", &stat.values));
                self.line(&text);
            }
            StatKind::Break => self.line(&format!("(break:{line})")),
            StatKind::Goto(id) => {
                let goto = self.chunk.goto(*id);
                let name = self.text(goto.name);
                self.line(&format!("(goto:{line} {name}#{})", goto.target.0));
            }
            StatKind::Label(id) => {
                let name = self.text(self.chunk.label(*id).name);
                self.line(&format!("(label:{line} {name}#{})", id.0));
            }
        }
    }

    /// ` word a b c`; nothing without values.
    fn values(&self, word: &str, values: &[Expr]) -> String {
        let mut text = String::new();
        for (index, value) in values.iter().enumerate() {
            text += if index == 0 { word } else { "" };
            text += " ";
            text += &self.expr(value);
        }
        text
    }

    fn constant(&self, id: ConstantId) -> String {
        let constant = self.chunk.constant(id);
        let value = match constant.value {
            ConstantValue::Nil => "nil".to_string(),
            ConstantValue::Boolean(value) => value.to_string(),
            ConstantValue::Integer(value) => value.to_string(),
            ConstantValue::Float(value) => format!("{value:?}"),
            ConstantValue::String(value) => format!("\"{}\"", self.text(value)),
        };
        format!("{}={value}", self.text(constant.name))
    }

    fn upvalue(&self, id: UpvalueId) -> String {
        let upvalue = self.chunk.function(self.function).upvalues[id.0 as usize];
        format!("{}^{}", self.text(upvalue.name), id.0)
    }

    fn global(&self, global: &Global) -> String {
        let name = self.text(global.name);
        let line = global.line;
        match global.env.variable() {
            _ if global.env.is_chunk() => format!("{name}:{line}"),
            Variable::Local(id) => format!("{name}@#{}:{line}", id.0),
            Variable::Upvalue(id) => format!("{name}@^{}:{line}", id.0),
            Variable::Constant(id) => format!("{name}@{}:{line}", self.constant(id)),
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Nil => "nil".to_string(),
            ExprKind::True => "true".to_string(),
            ExprKind::False => "false".to_string(),
            ExprKind::Integer(value) => value.to_string(),
            ExprKind::Float(value) => format!("{value:?}"),
            ExprKind::String(id) => format!("\"{}\"", self.text(*id)),
            ExprKind::Vararg(_) => "...".to_string(),
            ExprKind::Function(id) => format!("(closure {})", id.0),
            ExprKind::Local(id) => {
                format!("{}#{}", self.text(self.chunk.local(*id).name), id.0)
            }
            ExprKind::Upvalue(id) => self.upvalue(*id),
            ExprKind::Constant(id) => self.constant(*id),
            ExprKind::Global(global) => self.global(global),
            ExprKind::Paren(inner) => format!("(paren {})", self.expr(inner)),
            ExprKind::Unary(unary) => {
                let op = match unary.op {
                    UnaryOp::Not => "not",
                    UnaryOp::Minus => "-",
                    UnaryOp::BitNot => "~",
                    UnaryOp::Len => "#",
                };
                format!("({op}:{} {})", unary.line, self.expr(&unary.operand))
            }
            ExprKind::Binary(binary) => {
                let mut text = format!("(ops {}", self.expr(&binary.first));
                for link in &binary.links {
                    let op = symbol(link.op);
                    text += &format!(" {op}:{} {}", link.line, self.expr(&link.rhs));
                }
                text + ")"
            }
            ExprKind::Concat(concat) => {
                format!("(..:{}{})", concat.line, self.values("", &concat.operands))
            }
            ExprKind::Logical(logical) => {
                let op = match logical.op {
                    LogicalOp::And => "and",
                    LogicalOp::Or => "or",
                };
                format!("({op}{})", self.values("", &logical.operands))
            }
            ExprKind::Suffixed(suffixed) => self.suffixed(suffixed),
            ExprKind::Table(table) => {
                let mut text = format!("(table:{}", table.line);
                for field in &table.fields {
                    text += " ";
                    text += &match field {
                        Field::Item(value) => self.expr(value),
                        Field::Keyed(index) => {
                            let field = &table.keyed[*index as usize];
                            let (key, value) = (self.expr(&field.key), self.expr(&field.value));
                            format!("[{key}:{}]={value}", field.line)
                        }
                    };
                }
                text + ")"
            }
        }
    }

    fn suffixed(&self, suffixed: &Suffixed) -> String {
        let mut text = format!("(of {}", self.expr(&suffixed.base));
        for suffix in &suffixed.suffixes {
            let line = suffix.line;
            text += &match &suffix.kind {
                SuffixKind::Field(name) => format!(" .{}:{line}", self.text(*name)),
                SuffixKind::Index(key) => format!(" [{}]:{line}", self.expr(key)),
                SuffixKind::Call(arguments) => {
                    format!(" (call:{line}{})", self.values("", arguments))
                }
                SuffixKind::Method(method) => format!(
                    " (method:{} {} call:{line}{})",
                    method.line,
                    self.text(method.name),
                    self.values("", &method.arguments)
                ),
            };
        }
        text + ")"
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "^",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "~",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "~=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
    }
}
