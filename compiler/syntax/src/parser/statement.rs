//! Statements and blocks.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{Named, Opener, Parser};
use crate::ast::{
    Assign, Attribute, Block, Expr, ExprKind, FunctionStat, GenericFor, If, IfArm, LocalKind,
    LocalStat, Loop, NumericFor, Return, Stat, StatKind, StrId, SuffixKind, Variable,
};
use crate::errors::{self, Result};
use crate::lexer::Token;

impl Parser<'_> {
    /// Statements up to the end of their block, which stays the current token.
    pub(super) fn statements(&mut self, out: &mut Vec<Stat>) -> Result<()> {
        while !self.at_block_end(true) {
            let is_return = self.at(Token::Return);
            self.statement(out)?;
            if is_return {
                break;
            }
        }
        Ok(())
    }

    /// A block with a scope of its own.
    fn block(&mut self) -> Result<Block> {
        self.scope.enter_block(false);
        self.rest_of_block()
    }

    /// The statements of a block already entered, and its end.
    fn rest_of_block(&mut self) -> Result<Block> {
        let mut block = Block::default();
        self.statements(&mut block.statements)?;
        self.leave_block(&mut block)?;
        Ok(block)
    }

    fn leave_block(&mut self, block: &mut Block) -> Result<()> {
        block.close_line = self.last_line;
        self.scope.leave_block(&self.lexer)
    }

    fn statement(&mut self, out: &mut Vec<Stat>) -> Result<()> {
        let line = self.lexer.line;
        let start = self.span;
        self.enter_level()?;
        let kind = match self.token {
            Token::Byte(b';') => {
                self.advance()?;
                None
            }
            Token::If => Some(self.if_statement(line)?),
            Token::While => Some(self.while_statement(line)?),
            Token::Do => {
                let opener = self.opener(line);
                self.advance()?;
                let block = self.block()?;
                self.expect_closing(Token::End, opener)?;
                Some(StatKind::Do(block))
            }
            Token::For => Some(self.for_statement(line)?),
            Token::Repeat => Some(self.repeat_statement(line)?),
            Token::Function => Some(self.function_statement(line)?),
            Token::Local => {
                self.advance()?;
                Some(match self.token {
                    Token::Function => self.local_function()?,
                    _ => self.local_statement()?,
                })
            }
            Token::DoubleColon => {
                self.advance()?;
                Some(self.label(line, out)?)
            }
            Token::Return => {
                self.advance()?;
                Some(self.return_statement()?)
            }
            Token::Break => Some(self.break_statement()?),
            Token::Goto => {
                self.advance()?;
                let line = self.lexer.line;
                let Named { name, span, .. } = self.expect_name()?;
                Some(StatKind::Goto(self.scope.add_goto(name, line, span)))
            }
            _ => Some(self.expression_statement()?),
        };
        if let Some(kind) = kind {
            out.push(Stat { kind, span: self.span_from(start), line });
        }
        self.leave_level();
        Ok(())
    }

    fn if_statement(&mut self, line: u32) -> Result<StatKind> {
        let opener = self.opener(line);
        let mut arms = Vec::new();
        while arms.is_empty() || self.at(Token::Elseif) {
            self.advance()?;
            let mut condition = self.expression()?;
            self.expect(Token::Then)?;
            self.settle(&mut condition);
            let then_line = self.last_line;
            arms.push(IfArm { condition, then_line, body: self.then_block()? });
        }
        let otherwise = if self.accept(Token::Else)? { Some(self.block()?) } else { None };
        self.expect_closing(Token::End, opener)?;
        Ok(StatKind::If(Box::new(If { arms, otherwise })))
    }

    /// The block behind `then`. The reference treats a leading `break` apart, so that it takes no
    /// level of its own.
    fn then_block(&mut self) -> Result<Block> {
        let (line, start) = (self.lexer.line, self.span);
        if !self.at(Token::Break) {
            return self.block();
        }
        self.advance()?;
        self.scope.enter_block(false);
        self.scope.add_break(line, start);
        let stat = Stat { kind: StatKind::Break, span: start, line };
        let mut block = Block { statements: vec![stat], close_line: 0 };
        while self.accept_byte(b';')? {}
        if !self.at_block_end(false) {
            self.statements(&mut block.statements)?;
        }
        self.leave_block(&mut block)?;
        Ok(block)
    }

    fn while_statement(&mut self, line: u32) -> Result<StatKind> {
        let opener = self.opener(line);
        self.advance()?;
        let mut condition = self.expression()?;
        self.settle(&mut condition);
        self.scope.enter_block(true);
        self.expect(Token::Do)?;
        let body = self.block()?;
        self.expect_closing(Token::End, opener)?;
        let end_line = self.last_line;
        self.scope.leave_block(&self.lexer)?;
        Ok(StatKind::While(Box::new(Loop { condition, body, end_line })))
    }

    fn repeat_statement(&mut self, line: u32) -> Result<StatKind> {
        let opener = self.opener(line);
        self.scope.enter_block(true);
        self.scope.enter_block(false);
        self.advance()?;
        let mut body = Block::default();
        self.statements(&mut body.statements)?;
        self.expect_closing(Token::Until, opener)?;
        // The condition is inside the scope of the body.
        let mut condition = self.expression()?;
        self.settle(&mut condition);
        self.leave_block(&mut body)?;
        let end_line = self.last_line;
        self.scope.leave_block(&self.lexer)?;
        Ok(StatKind::Repeat(Box::new(Loop { condition, body, end_line })))
    }

    fn for_statement(&mut self, line: u32) -> Result<StatKind> {
        let opener = self.opener(line);
        self.scope.enter_block(true);
        self.advance()?;
        let first = self.expect_name()?;
        match self.token {
            Token::Byte(b'=') => self.numeric_for(first, opener),
            Token::Byte(b',') | Token::In => self.generic_for(first, opener),
            _ => Err(errors::for_expected(self.place())),
        }
    }

    fn numeric_for(&mut self, name: Named, opener: Opener) -> Result<StatKind> {
        self.declare_hidden(3)?;
        self.declare(name, LocalKind::Loop)?;
        self.expect_byte(b'=')?;
        let start = self.settled_expression()?;
        self.expect_byte(b',')?;
        let limit = self.settled_expression()?;
        let step = if self.accept_byte(b',')? { Some(self.settled_expression()?) } else { None };
        self.scope.activate(3);
        self.expect(Token::Do)?;
        let prepare_line = self.last_line;
        self.scope.enter_block(false);
        let variables = self.scope.activate(1);
        let body = self.loop_body(opener)?;
        let end_line = self.last_line;
        self.scope.leave_block(&self.lexer)?;
        let line = opener.line;
        let variable = variables[0];
        Ok(StatKind::NumericFor(Box::new(NumericFor {
            variable,
            start,
            limit,
            step,
            body,
            prepare_line,
            line,
            end_line,
        })))
    }

    fn generic_for(&mut self, first: Named, opener: Opener) -> Result<StatKind> {
        let level = self.scope.level();
        self.declare_hidden(4)?;
        self.declare(first, LocalKind::Loop)?;
        let mut count = 1;
        while self.accept_byte(b',')? {
            let named = self.expect_name()?;
            self.declare(named, LocalKind::Loop)?;
            count += 1;
        }
        self.expect(Token::In)?;
        let call_line = self.lexer.line;
        let mut values = self.expressions()?;
        self.settle_last(&mut values);
        self.scope.activate(4);
        self.scope.mark_close();
        self.expect(Token::Do)?;
        let prepare_line = self.last_line;
        self.scope.enter_block(false);
        let variables = self.scope.activate(count);
        let body = self.loop_body(opener)?;
        let close_line = self.last_line;
        self.scope.leave_block(&self.lexer)?;
        Ok(StatKind::GenericFor(Box::new(GenericFor {
            variables,
            values,
            body,
            prepare_line,
            call_line,
            close_line,
            level,
        })))
    }

    /// The block of a `for`, whose variables are visible in the block around it, and the `end`.
    fn loop_body(&mut self, opener: Opener) -> Result<Block> {
        let body = self.block()?;
        self.scope.leave_block(&self.lexer)?;
        self.expect_closing(Token::End, opener)?;
        Ok(body)
    }

    fn settled_expression(&mut self) -> Result<Expr> {
        let mut expr = self.expression()?;
        self.settle(&mut expr);
        Ok(expr)
    }

    fn function_statement(&mut self, line: u32) -> Result<StatKind> {
        let keyword = self.opener(line);
        self.advance()?;
        let mut name = match self.token {
            Token::Name(first) => self.function_name(first),
            _ => None,
        };
        let mut target = self.name()?;
        let mut is_method = false;
        while !is_method && (self.at_byte(b'.') || self.at_byte(b':')) {
            is_method = self.at_byte(b':');
            let field = self.field(&mut target)?;
            if let Some(name) = &mut name {
                name.push(if is_method { b':' } else { b'.' });
                name.extend_from_slice(self.lexer.strings.get(field.name));
            }
        }
        let function = self.function(name, is_method, line, keyword)?;
        self.check_assignable(&target)?;
        Ok(StatKind::Function(Box::new(FunctionStat { target, function, line })))
    }

    fn local_function(&mut self) -> Result<StatKind> {
        let mut keyword = self.opener(0);
        self.advance()?;
        let named = self.expect_name()?;
        self.declare(named, LocalKind::Function)?;
        let local = self.scope.activate(1)[0];
        keyword.line = self.lexer.line;
        let name = self.function_name(named.name);
        let function = self.function(name, false, keyword.line, keyword)?;
        Ok(StatKind::LocalFunction { local, function })
    }

    fn local_statement(&mut self) -> Result<StatKind> {
        let mut names: Vec<StrId> = Vec::new();
        let mut has_close = false;
        loop {
            let named = self.expect_name()?;
            self.declare(named, LocalKind::Variable)?;
            names.push(named.name);
            let attribute = self.attribute()?;
            self.scope.set_attribute(attribute);
            if attribute == Attribute::Close {
                if has_close {
                    return Err(errors::several_to_be_closed(self.lexer.place_of(named.span)));
                }
                has_close = true;
            }
            if !self.accept_byte(b',')? {
                break;
            }
        }
        let mut values = Vec::new();
        if self.accept_byte(b'=')? {
            values = self.expressions()?;
            self.settle_last(&mut values);
        }
        for (name, value) in names.iter().zip(&values) {
            self.suggest_name(value, *name);
        }
        let is_const = self.scope.last_attribute() == Attribute::Const;
        let value = match values.last() {
            Some(last) if is_const && values.len() == names.len() => self.constant_value(last),
            _ => None,
        };
        let variables = names.len() - usize::from(value.is_some());
        let locals = self.scope.activate(variables);
        let constant = value.map(|value| self.scope.activate_constant(value));
        if has_close {
            self.scope.mark_close();
        }
        let line = self.last_line;
        Ok(StatKind::Local(Box::new(LocalStat { locals, constant, values, line })))
    }

    fn attribute(&mut self) -> Result<Attribute> {
        if !self.accept_byte(b'<')? {
            return Ok(Attribute::Regular);
        }
        let Named { name, span, .. } = self.expect_name()?;
        self.expect_byte(b'>')?;
        match self.lexer.strings.get(name) {
            b"const" => Ok(Attribute::Const),
            b"close" => Ok(Attribute::Close),
            other => Err(errors::unknown_attribute(self.lexer.place_of(span), other)),
        }
    }

    /// A label from behind its first `::`. Labels and empty statements that follow are read first,
    /// as they do not keep this one from being the last of its block.
    fn label(&mut self, line: u32, out: &mut Vec<Stat>) -> Result<StatKind> {
        let Named { name, span, .. } = self.expect_name()?;
        self.expect(Token::DoubleColon)?;
        while self.at_byte(b';') || self.at(Token::DoubleColon) {
            self.statement(out)?;
        }
        let is_last = self.at_block_end(false);
        Ok(StatKind::Label(self.scope.add_label(&self.lexer, name, line, span, is_last)?))
    }

    fn break_statement(&mut self) -> Result<StatKind> {
        let (line, span) = (self.lexer.line, self.span);
        self.advance()?;
        self.scope.add_break(line, span);
        Ok(StatKind::Break)
    }

    fn return_statement(&mut self) -> Result<StatKind> {
        let mut values = Vec::new();
        if !self.at_block_end(true) && !self.at_byte(b';') {
            values = self.expressions()?;
            self.settle_last(&mut values);
        }
        let line = self.last_line;
        let is_tail_call = values.len() == 1 && values[0].is_call() && !self.scope.inside_close();
        self.accept_byte(b';')?;
        Ok(StatKind::Return(Box::new(Return { values, is_tail_call, line })))
    }

    /// A call or an assignment.
    fn expression_statement(&mut self) -> Result<StatKind> {
        let start = self.span;
        let first = self.suffixed()?;
        if self.at_byte(b'=') || self.at_byte(b',') {
            return self.assignment(first);
        }
        if !first.is_call() {
            return Err(errors::syntax_error(self.place(), self.span_from(start)));
        }
        Ok(StatKind::Call(Box::new(first)))
    }

    fn assignment(&mut self, first: Expr) -> Result<StatKind> {
        // In the reference each further target is a level deeper, and so are the values.
        let levels = self.levels;
        self.check_assignable(&first)?;
        let mut targets = vec![first];
        while self.accept_byte(b',')? {
            let target = self.suffixed()?;
            self.enter_level()?;
            self.check_assignable(&target)?;
            targets.push(target);
        }
        self.expect_byte(b'=')?;
        let mut values = self.expressions()?;
        self.settle_last(&mut values);
        self.levels = levels;
        for (target, value) in targets.iter().zip(&values) {
            if let Some(name) = self.target_name(target) {
                self.suggest_name(value, name);
            }
        }
        Ok(StatKind::Assign(Box::new(Assign { targets, values, line: self.last_line })))
    }

    /// Notes an assignment to `target`, if it can be assigned.
    fn check_assignable(&mut self, target: &Expr) -> Result<()> {
        let variable = match &target.kind {
            ExprKind::Local(id) => Variable::Local(*id),
            ExprKind::Upvalue(id) => Variable::Upvalue(*id),
            ExprKind::Constant(id) => Variable::Constant(*id),
            ExprKind::Global(_) => return Ok(()),
            ExprKind::Suffixed(_) if !target.is_call() => return Ok(()),
            _ => return Err(errors::syntax_error(self.place(), target.span)),
        };
        if self.scope.assign(variable) {
            return Ok(());
        }
        let name = self.lexer.strings.get(self.scope.name_of(variable));
        Err(errors::assignment_to_const(self.lexer.place_of(target.span), name))
    }

    fn target_name(&self, target: &Expr) -> Option<StrId> {
        match &target.kind {
            ExprKind::Local(id) => Some(self.scope.name_of(Variable::Local(*id))),
            ExprKind::Upvalue(id) => Some(self.scope.name_of(Variable::Upvalue(*id))),
            ExprKind::Global(global) => Some(global.name),
            ExprKind::Suffixed(suffixed) => match suffixed.suffixes.last()?.kind {
                SuffixKind::Field(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// Names a function after what it is stored in, unless it has a name.
    pub(super) fn suggest_name(&mut self, value: &Expr, name: StrId) {
        if let ExprKind::Function(id) = value.kind
            && self.functions[id.0 as usize].name.is_none()
        {
            self.functions[id.0 as usize].name = self.function_name(name);
        }
    }
}
