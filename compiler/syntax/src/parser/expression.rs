//! Expressions.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{Named, Opener, Parser};
use crate::ast::{
    Binary, BinaryOp, Concat, Env, Expr, ExprKind, Field, Global, KeyedField, Link, Logical,
    LogicalOp, Method, Span, Suffix, SuffixKind, Suffixed, Table, Unary, UnaryOp, Variable,
};
use crate::errors::{self, Result};
use crate::lexer::Token;
use crate::scope::Meaning;

/// An operator between two operands.
#[derive(Clone, Copy)]
enum Operator {
    Binary(BinaryOp),
    Concat,
    Logical(LogicalOp),
}

impl Operator {
    fn of(token: Token) -> Option<Operator> {
        Some(Operator::Binary(match token {
            Token::Byte(b'+') => BinaryOp::Add,
            Token::Byte(b'-') => BinaryOp::Sub,
            Token::Byte(b'*') => BinaryOp::Mul,
            Token::Byte(b'%') => BinaryOp::Mod,
            Token::Byte(b'^') => BinaryOp::Pow,
            Token::Byte(b'/') => BinaryOp::Div,
            Token::FloorDiv => BinaryOp::FloorDiv,
            Token::Byte(b'&') => BinaryOp::BitAnd,
            Token::Byte(b'|') => BinaryOp::BitOr,
            Token::Byte(b'~') => BinaryOp::BitXor,
            Token::ShiftLeft => BinaryOp::ShiftLeft,
            Token::ShiftRight => BinaryOp::ShiftRight,
            Token::Eq => BinaryOp::Eq,
            Token::Ne => BinaryOp::Ne,
            Token::Byte(b'<') => BinaryOp::Lt,
            Token::Le => BinaryOp::Le,
            Token::Byte(b'>') => BinaryOp::Gt,
            Token::Ge => BinaryOp::Ge,
            Token::Concat => return Some(Operator::Concat),
            Token::And => return Some(Operator::Logical(LogicalOp::And)),
            Token::Or => return Some(Operator::Logical(LogicalOp::Or)),
            _ => return None,
        }))
    }

    /// How strongly it binds to its left and to its right operand. The left is stronger where the
    /// operator associates to the right.
    fn priority(self) -> (u8, u8) {
        match self {
            Operator::Logical(LogicalOp::Or) => (1, 1),
            Operator::Logical(LogicalOp::And) => (2, 2),
            Operator::Concat => (9, 8),
            Operator::Binary(op) => match op {
                BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::Gt
                | BinaryOp::Ge => (3, 3),
                BinaryOp::BitOr => (4, 4),
                BinaryOp::BitXor => (5, 5),
                BinaryOp::BitAnd => (6, 6),
                BinaryOp::ShiftLeft | BinaryOp::ShiftRight => (7, 7),
                BinaryOp::Add | BinaryOp::Sub => (10, 10),
                BinaryOp::Mul | BinaryOp::Mod | BinaryOp::Div | BinaryOp::FloorDiv => (11, 11),
                BinaryOp::Pow => (14, 13),
            },
        }
    }
}

/// How strongly prefix operators bind: weaker than `^` only.
const UNARY_PRIORITY: u8 = 12;

fn unary_operator(token: Token) -> Option<UnaryOp> {
    Some(match token {
        Token::Not => UnaryOp::Not,
        Token::Byte(b'-') => UnaryOp::Minus,
        Token::Byte(b'~') => UnaryOp::BitNot,
        Token::Byte(b'#') => UnaryOp::Len,
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.subexpression(0)
    }

    /// One or more expressions. All but the last are settled.
    pub(super) fn expressions(&mut self) -> Result<Vec<Expr>> {
        let held = self.held;
        let mut exprs = vec![self.expression()?];
        while self.accept_byte(b',')? {
            self.settle_last(&mut exprs);
            self.hold(1)?;
            exprs.push(self.expression()?);
        }
        self.held = held;
        Ok(exprs)
    }

    pub(super) fn settle_last(&self, exprs: &mut [Expr]) {
        if let Some(last) = exprs.last_mut() {
            self.settle(last);
        }
    }

    /// Operands and operators that bind more strongly than `limit`.
    fn subexpression(&mut self, limit: u8) -> Result<Expr> {
        self.enter_level()?;
        let start = self.span;
        let mut expr = match unary_operator(self.token) {
            Some(op) => {
                let line = self.lexer.line;
                self.advance()?;
                let mut operand = self.subexpression(UNARY_PRIORITY)?;
                self.settle(&mut operand);
                let kind = ExprKind::Unary(Box::new(Unary { op, line, operand }));
                Expr { kind, span: self.span_from(start) }
            }
            None => self.simple()?,
        };
        while let Some(operator) = Operator::of(self.token) {
            let (left, right) = operator.priority();
            if left <= limit {
                break;
            }
            let line = self.lexer.line;
            self.advance()?;
            self.settle(&mut expr);
            let mut rhs = self.subexpression(right)?;
            self.settle(&mut rhs);
            let span = self.span_from(start);
            expr = self.apply(operator, line, expr, rhs, span);
        }
        self.leave_level();
        Ok(expr)
    }

    /// `lhs operator rhs`. A left operand of the same kind comes from the same loop, since another
    /// would be in parentheses, and is made longer.
    fn apply(&self, operator: Operator, line: u32, mut lhs: Expr, rhs: Expr, span: Span) -> Expr {
        match operator {
            Operator::Binary(op) => {
                let line = match op {
                    // A comparison is stamped like most code, arithmetic with its operator's line.
                    BinaryOp::Eq
                    | BinaryOp::Ne
                    | BinaryOp::Lt
                    | BinaryOp::Le
                    | BinaryOp::Gt
                    | BinaryOp::Ge => self.last_line,
                    _ => line,
                };
                let link = Link { op, line, rhs };
                if let ExprKind::Binary(chain) = &mut lhs.kind {
                    chain.links.push(link);
                    return Expr { kind: lhs.kind, span };
                }
                let chain = Binary { first: lhs, links: vec![link] };
                Expr { kind: ExprKind::Binary(Box::new(chain)), span }
            }
            Operator::Logical(op) => {
                if let ExprKind::Logical(chain) = &mut lhs.kind
                    && chain.op == op
                {
                    chain.operands.push(rhs);
                    chain.lines.push(line);
                    return Expr { kind: lhs.kind, span };
                }
                let chain = Logical { op, operands: vec![lhs, rhs], lines: vec![line] };
                Expr { kind: ExprKind::Logical(Box::new(chain)), span }
            }
            Operator::Concat => {
                let concat = match into_concat(rhs) {
                    Ok(mut concat) => {
                        concat.operands.insert(0, lhs);
                        concat.lines.insert(0, line);
                        concat
                    }
                    Err(rhs) => {
                        Box::new(Concat { operands: vec![lhs, rhs], lines: vec![line], line })
                    }
                };
                Expr { kind: ExprKind::Concat(concat), span }
            }
        }
    }

    fn simple(&mut self) -> Result<Expr> {
        let span = self.span;
        let kind = match self.token {
            Token::Float(value) => ExprKind::Float(value),
            Token::Integer(value) => ExprKind::Integer(value),
            Token::String(value) => ExprKind::String(value),
            Token::Nil => ExprKind::Nil,
            Token::True => ExprKind::True,
            Token::False => ExprKind::False,
            Token::Dots => {
                if !self.scope.is_vararg() {
                    return Err(errors::vararg_outside(self.place()));
                }
                ExprKind::Vararg(self.last_line)
            }
            Token::Byte(b'{') => return self.table(),
            Token::Function => {
                let mut keyword = self.opener(0);
                self.advance()?;
                keyword.line = self.lexer.line;
                let function = self.function(None, false, keyword.line, keyword)?;
                return Ok(Expr { kind: ExprKind::Function(function), span: self.span_from(span) });
            }
            _ => return self.suffixed(),
        };
        self.advance()?;
        Ok(Expr { kind, span })
    }

    /// A name, or an expression in parentheses.
    fn primary(&mut self) -> Result<Expr> {
        match self.token {
            Token::Byte(b'(') => {
                let opener = self.opener(self.lexer.line);
                self.advance()?;
                let mut inner = self.expression()?;
                self.expect_closing(Token::Byte(b')'), opener)?;
                self.settle(&mut inner);
                let kind = ExprKind::Paren(Box::new(inner));
                Ok(Expr { kind, span: self.span_from(opener.span) })
            }
            Token::Name(_) => self.name(),
            _ => Err(errors::unexpected_symbol(self.place())),
        }
    }

    pub(super) fn name(&mut self) -> Result<Expr> {
        let Named { name, span, .. } = self.expect_name()?;
        let meaning = self.scope.resolve(name).map_err(|limit| limit.raise(self.place()))?;
        let kind = match meaning {
            Meaning::Variable(Variable::Local(id)) => ExprKind::Local(id),
            Meaning::Variable(Variable::Upvalue(id)) => ExprKind::Upvalue(id),
            Meaning::Variable(Variable::Constant(id)) => ExprKind::Constant(id),
            Meaning::Global(env, is_chunk) => ExprKind::Global(Global {
                name,
                line: self.last_line,
                env: Env::new(env, is_chunk),
            }),
        };
        Ok(Expr { kind, span })
    }

    pub(super) fn suffixed(&mut self) -> Result<Expr> {
        let mut expr = self.primary()?;
        loop {
            match self.token {
                Token::Byte(b'.') => {
                    self.field(&mut expr)?;
                }
                Token::Byte(b'[') => {
                    self.settle(&mut expr);
                    let key = self.index_key()?;
                    self.add_suffix(&mut expr, SuffixKind::Index(key), self.last_line);
                }
                Token::Byte(b':') => {
                    self.advance()?;
                    let Named { name, .. } = self.expect_name()?;
                    self.settle(&mut expr);
                    let line = self.last_line;
                    let (arguments, call_line) = self.arguments(2)?;
                    let method = Method { name, line, arguments };
                    self.add_suffix(&mut expr, SuffixKind::Method(Box::new(method)), call_line);
                }
                Token::Byte(b'(' | b'{') | Token::String(_) => {
                    self.settle(&mut expr);
                    let (arguments, line) = self.arguments(1)?;
                    self.add_suffix(&mut expr, SuffixKind::Call(arguments), line);
                }
                _ => return Ok(expr),
            }
        }
    }

    /// `.name`; a colon counts as a dot, for the names of methods.
    pub(super) fn field(&mut self, expr: &mut Expr) -> Result<Named> {
        self.settle(expr);
        self.advance()?;
        let named = self.expect_name()?;
        self.add_suffix(expr, SuffixKind::Field(named.name), self.last_line);
        Ok(named)
    }

    fn add_suffix(&self, expr: &mut Expr, kind: SuffixKind, line: u32) {
        let end = self.last_end;
        let suffix = Suffix { kind, line, end };
        if let ExprKind::Suffixed(suffixed) = &mut expr.kind {
            suffixed.suffixes.push(suffix);
        } else {
            let span = expr.span;
            let base = core::mem::replace(expr, Expr { kind: ExprKind::Nil, span });
            let suffixed = Suffixed { base, suffixes: vec![suffix] };
            expr.kind = ExprKind::Suffixed(Box::new(suffixed));
        }
        expr.span.end = end;
    }

    /// `[key]`
    fn index_key(&mut self) -> Result<Expr> {
        self.advance()?;
        let mut key = self.expression()?;
        self.settle(&mut key);
        self.expect_byte(b']')?;
        Ok(key)
    }

    /// The arguments of a call, and the call's line. The function, and the object of a method, are
    /// in `held` registers.
    fn arguments(&mut self, held: u32) -> Result<(Vec<Expr>, u32)> {
        let line = self.lexer.line;
        self.hold(held)?;
        let arguments = match self.token {
            Token::Byte(b'(') => {
                let opener = self.opener(line);
                self.advance()?;
                let mut arguments = Vec::new();
                if !self.at_byte(b')') {
                    arguments = self.expressions()?;
                }
                self.expect_closing(Token::Byte(b')'), opener)?;
                self.settle_last(&mut arguments);
                arguments
            }
            Token::Byte(b'{') => vec![self.table()?],
            Token::String(id) => {
                let span = self.span;
                self.advance()?;
                vec![Expr { kind: ExprKind::String(id), span }]
            }
            _ => return Err(errors::arguments_expected(self.place())),
        };
        self.held -= held;
        Ok((arguments, line))
    }

    /// `{ ... }`
    fn table(&mut self) -> Result<Expr> {
        let opener: Opener = self.opener(self.lexer.line);
        let line = self.last_line;
        self.expect_byte(b'{')?;
        let (mut fields, mut keyed) = (Vec::new(), Vec::new());
        let mut item_count = 0;
        while !self.at_byte(b'}') {
            // The reference stores an item when the next field begins.
            if let Some(Field::Item(item)) = fields.last_mut() {
                self.settle(item);
            }
            let field = self.constructor_field(&mut keyed)?;
            item_count += u32::from(matches!(field, Field::Item(_)));
            fields.push(field);
            if !self.accept_byte(b',')? && !self.accept_byte(b';')? {
                break;
            }
        }
        self.expect_closing(Token::Byte(b'}'), opener)?;
        if let Some(Field::Item(item)) = fields.last_mut() {
            self.settle(item);
        }
        let table = Table { fields, keyed, item_count, line, end_line: self.last_line };
        let kind = ExprKind::Table(Box::new(table));
        Ok(Expr { kind, span: self.span_from(opener.span) })
    }

    fn constructor_field(&mut self, keyed: &mut Vec<KeyedField>) -> Result<Field> {
        let key = if self.at_byte(b'[') {
            self.index_key()?
        } else if matches!(self.token, Token::Name(_)) && self.look_ahead()? == Token::Byte(b'=') {
            let Named { name, span, .. } = self.expect_name()?;
            Expr { kind: ExprKind::String(name), span }
        } else {
            return Ok(Field::Item(self.expression()?));
        };
        self.expect_byte(b'=')?;
        let mut value = self.expression()?;
        self.settle(&mut value);
        if let ExprKind::String(name) = key.kind {
            self.suggest_name(&value, name);
        }
        keyed.push(KeyedField { key, value, line: self.last_line });
        Ok(Field::Keyed(keyed.len() as u32 - 1))
    }
}

/// A concatenation, in parentheses or not, so that it can be merged into another.
fn into_concat(expr: Expr) -> core::result::Result<Box<Concat>, Expr> {
    if !matches!(expr.without_parens().kind, ExprKind::Concat(_)) {
        return Err(expr);
    }
    let mut expr = expr;
    loop {
        match expr.kind {
            ExprKind::Paren(inner) => expr = *inner,
            ExprKind::Concat(concat) => return Ok(concat),
            _ => unreachable!("a concatenation in parentheses"),
        }
    }
}
