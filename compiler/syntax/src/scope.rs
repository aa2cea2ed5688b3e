//! Names to variables, gotos to labels: what is in scope while the parser walks through a chunk.
//!
//! The parser reports declarations, blocks and functions as it meets them and asks what a name
//! means; the answers go straight into the tree. Every error of scope is found here, at the moment
//! the reference finds it.
//!
//! Names are small numbers (`StrId`), so what is visible is kept in arrays by name: each entry leads
//! to the innermost declaration, which leads to the one it shadows. A look-up costs the same
//! however many variables there are.

use alloc::vec;
use alloc::vec::Vec;

use crate::ast::{
    Attribute, Constant, ConstantId, ConstantValue, EnvUse, FunctionId, Goto, GotoId, Label,
    LabelId, Local, LocalId, LocalKind, Upvalue, UpvalueId, UpvalueSource, Variable,
};
use crate::errors::{self, Place, Raised, Result};
use crate::lexer::Lexer;
use crate::source::Span;
use crate::strings::{StrId, Strings};

/// Most local variables a function can have at a time, hidden ones included.
pub(crate) const MAX_LOCALS: usize = 200;

/// Most upvalues a function can have.
const MAX_UPVALUES: usize = 255;

/// What is in scope, and the tables of the tree that come of it.
pub(crate) struct Scope {
    pub(crate) locals: Vec<Local>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) labels: Vec<Label>,
    pub(crate) gotos: Vec<Goto>,
    env_name: StrId,
    env_mentions: u32,
    env_assigned: bool,
    /// The functions around the current place, outermost first.
    functions: Vec<OpenFunction>,
    /// The blocks of those functions around the current place.
    blocks: Vec<OpenBlock>,
    /// The declared variables of those functions, visible or about to be.
    variables: Vec<Declared>,
    visible_variables: Heads,
    /// The labels visible, outermost first.
    open_labels: Vec<OpenLabel>,
    visible_labels: Heads,
    /// The forward jumps of those functions, and solved ones between them.
    pending: Vec<Pending>,
    /// The last unsolved `goto` to each name.
    pending_gotos: Heads,
    /// The last unsolved `break`.
    pending_break: u32,
}

/// By name: an index + 1 of the innermost entry of that name; 0 for none.
#[derive(Default)]
struct Heads(Vec<u32>);

impl Heads {
    fn get(&self, name: StrId) -> Option<usize> {
        (self.0.get(name.0 as usize).copied().unwrap_or(0) as usize).checked_sub(1)
    }

    /// Puts a new entry in front and gives the old head, for `restore`.
    fn push(&mut self, name: StrId, index: usize) -> u32 {
        let slot = name.0 as usize;
        if slot >= self.0.len() {
            self.0.resize((slot + 1).max(self.0.len() * 2), 0);
        }
        core::mem::replace(&mut self.0[slot], index as u32 + 1)
    }

    fn restore(&mut self, name: StrId, head: u32) {
        self.0[name.0 as usize] = head;
    }
}

struct OpenFunction {
    id: FunctionId,
    line_defined: u32,
    is_vararg: bool,
    first_variable: usize,
    first_label: usize,
    /// How many of its variables are visible: its current level.
    level: u32,
    local_count: u32,
    upvalues: Vec<Upvalue>,
    first_block: usize,
}

struct OpenBlock {
    is_loop: bool,
    level: u32,
    first_label: usize,
    first_pending: usize,
    /// In the scope of a variable to be closed.
    inside_close: bool,
}

/// A variable in the order of declaration.
struct Declared {
    /// None for the hidden state of a loop.
    name: Option<StrId>,
    span: Span,
    line: u32,
    kind: LocalKind,
    attribute: Attribute,
    /// What it is, once it is visible.
    variable: Option<Variable>,
    /// The head of its name before it became visible.
    shadowed: u32,
}

struct OpenLabel {
    id: LabelId,
    name: StrId,
    shadowed: u32,
}

struct Pending {
    /// None for a `break`.
    goto: Option<(GotoId, StrId)>,
    line: u32,
    span: Span,
    /// Falls as blocks around it end.
    level: u32,
    solved: bool,
    previous: u32,
}

/// A limit of the current or an enclosing function is reached; with that function's first line.
pub(crate) enum TooMany {
    Locals(u32),
    Upvalues(u32),
}

impl TooMany {
    pub(crate) fn raise(self, place: Place) -> Raised {
        match self {
            TooMany::Locals(line) => {
                errors::limit(place, "local variables", MAX_LOCALS as u32, line)
            }
            TooMany::Upvalues(line) => errors::limit(place, "upvalues", MAX_UPVALUES as u32, line),
        }
    }
}

/// What a name means.
pub(crate) enum Meaning {
    Variable(Variable),
    /// A global; the variable is `_ENV`, and whether it is the chunk's own.
    Global(Variable, bool),
}

impl Scope {
    pub(crate) fn new(strings: &mut Strings) -> Scope {
        Scope {
            locals: Vec::new(),
            constants: Vec::new(),
            labels: Vec::new(),
            gotos: Vec::new(),
            env_name: strings.intern(b"_ENV"),
            env_mentions: 0,
            env_assigned: false,
            functions: Vec::new(),
            blocks: Vec::new(),
            variables: Vec::new(),
            visible_variables: Heads::default(),
            open_labels: Vec::new(),
            visible_labels: Heads::default(),
            pending: Vec::new(),
            pending_gotos: Heads::default(),
            pending_break: 0,
        }
    }

    pub(crate) fn env_use(&self) -> EnvUse {
        EnvUse { read: self.env_mentions > 0, assigned: self.env_assigned }
    }

    // Functions.

    pub(crate) fn open_function(&mut self, id: FunctionId, line_defined: u32) {
        let upvalues = if self.functions.is_empty() {
            let source = UpvalueSource::Environment;
            vec![Upvalue { name: self.env_name, source, local: None }]
        } else {
            Vec::new()
        };
        self.functions.push(OpenFunction {
            id,
            line_defined,
            is_vararg: false,
            first_variable: self.variables.len(),
            first_label: self.open_labels.len(),
            level: 0,
            local_count: 0,
            upvalues,
            first_block: self.blocks.len(),
        });
        self.enter_block(false);
    }

    /// Ends the current function: its upvalues and how many locals it had.
    pub(crate) fn close_function(&mut self, lexer: &Lexer) -> Result<(Vec<Upvalue>, u32)> {
        self.leave_block(lexer)?;
        let function = self.functions.pop().expect("a function is open");
        Ok((function.upvalues, function.local_count))
    }

    /// The innermost function that is open; none before the main function is.
    pub(crate) fn current_function(&self) -> Option<FunctionId> {
        self.functions.last().map(|function| function.id)
    }

    pub(crate) fn set_vararg(&mut self) {
        self.function_mut().is_vararg = true;
    }

    pub(crate) fn is_vararg(&self) -> bool {
        self.function().is_vararg
    }

    pub(crate) fn line_defined(&self) -> u32 {
        self.function().line_defined
    }

    fn function(&self) -> &OpenFunction {
        self.functions.last().expect("a function is open")
    }

    fn function_mut(&mut self) -> &mut OpenFunction {
        self.functions.last_mut().expect("a function is open")
    }

    // Blocks.

    pub(crate) fn enter_block(&mut self, is_loop: bool) {
        let (first_label, first_pending) = (self.open_labels.len(), self.pending.len());
        let inside_close = self.inside_close();
        let level = self.level();
        let block = OpenBlock { is_loop, level, first_label, first_pending, inside_close };
        self.blocks.push(block);
    }

    /// Ends the current block. Its labels and variables are gone; jumps that found no label in it
    /// wait for one further out, and at the end of the function are errors.
    pub(crate) fn leave_block(&mut self, lexer: &Lexer) -> Result<()> {
        let block = self.blocks.pop().expect("a block is open");
        let first = self.function().first_variable + block.level as usize;
        while self.variables.len() > first {
            let last = self.variables.pop().expect("longer than `first`");
            if let (Some(name), Some(_)) = (last.name, last.variable) {
                self.visible_variables.restore(name, last.shadowed);
            }
        }
        self.function_mut().level = block.level;
        while self.open_labels.len() > block.first_label {
            let label = self.open_labels.pop().expect("longer than `first_label`");
            self.visible_labels.restore(label.name, label.shadowed);
        }
        if block.is_loop {
            while let Some(index) = (self.pending_break as usize).checked_sub(1) {
                if index < block.first_pending {
                    break;
                }
                self.pending[index].solved = true;
                self.pending_break = self.pending[index].previous;
            }
            self.drop_solved();
        }
        let is_outermost = self.blocks.len() == self.function().first_block;
        for pending in &mut self.pending[block.first_pending..] {
            if is_outermost && !pending.solved {
                let place = lexer.place_of(pending.span);
                return Err(match pending.goto {
                    None => errors::break_outside_loop(place, pending.line),
                    Some((_, name)) => {
                        errors::no_visible_label(place, lexer.strings.get(name), pending.line)
                    }
                });
            }
            pending.level = block.level;
        }
        Ok(())
    }

    /// Solved jumps at the end of the list are of no use.
    fn drop_solved(&mut self) {
        while self.pending.last().is_some_and(|pending| pending.solved) {
            self.pending.pop();
        }
    }

    // Variables.

    /// Declares a variable, visible only after `activate`. The error is that there are too many.
    pub(crate) fn declare(
        &mut self,
        name: StrId,
        span: Span,
        line: u32,
        kind: LocalKind,
    ) -> core::result::Result<(), TooMany> {
        self.push_declared(Some(name), span, line, kind)
    }

    /// Declares a variable that programs cannot name: a part of a loop's state.
    pub(crate) fn declare_hidden(&mut self) -> core::result::Result<(), TooMany> {
        self.push_declared(None, Span::default(), 0, LocalKind::Loop)
    }

    fn push_declared(
        &mut self,
        name: Option<StrId>,
        span: Span,
        line: u32,
        kind: LocalKind,
    ) -> core::result::Result<(), TooMany> {
        if self.variables.len() - self.function().first_variable >= MAX_LOCALS {
            return Err(TooMany::Locals(self.line_defined()));
        }
        let attribute = Attribute::Regular;
        let declared = Declared { name, span, line, kind, attribute, variable: None, shadowed: 0 };
        self.variables.push(declared);
        Ok(())
    }

    /// Gives the last declared variable its attribute.
    pub(crate) fn set_attribute(&mut self, attribute: Attribute) {
        self.variables.last_mut().expect("a variable is declared").attribute = attribute;
    }

    pub(crate) fn last_attribute(&self) -> Attribute {
        self.variables.last().map_or(Attribute::Regular, |last| last.attribute)
    }

    /// Makes the next `count` declared variables visible, and gives the ids of those with names.
    pub(crate) fn activate(&mut self, count: usize) -> Vec<LocalId> {
        let mut ids = Vec::new();
        self.activate_into(count, &mut ids);
        ids
    }

    /// Likewise behind others.
    pub(crate) fn activate_into(&mut self, count: usize, ids: &mut Vec<LocalId>) {
        ids.reserve_exact(count);
        for _ in 0..count {
            let id = LocalId(self.locals.len() as u32);
            let function = self.function_mut();
            let at = function.first_variable + function.level as usize;
            let (owner, index, level) = (function.id, function.local_count, function.level);
            function.level += 1;
            let declared = &mut self.variables[at];
            let Some(name) = declared.name else { continue };
            self.locals.push(Local {
                name,
                span: declared.span,
                line: declared.line,
                function: owner,
                index,
                level,
                kind: declared.kind,
                attribute: declared.attribute,
                captured: false,
                assigned: false,
            });
            declared.variable = Some(Variable::Local(id));
            declared.shadowed = self.visible_variables.push(name, at);
            self.function_mut().local_count += 1;
            ids.push(id);
        }
    }

    /// Makes the next declared variable visible as a constant.
    pub(crate) fn activate_constant(&mut self, value: ConstantValue) -> ConstantId {
        let id = ConstantId(self.constants.len() as u32);
        let function = self.function_mut();
        let at = function.first_variable + function.level as usize;
        function.level += 1;
        let declared = &mut self.variables[at];
        let name = declared.name.expect("only named variables are constants");
        self.constants.push(Constant { name, span: declared.span, value });
        declared.variable = Some(Variable::Constant(id));
        declared.shadowed = self.visible_variables.push(name, at);
        id
    }

    /// A variable to be closed has come into the scope of the current block.
    pub(crate) fn mark_close(&mut self) {
        let block = self.blocks.last_mut().expect("a block is open");
        block.inside_close = true;
    }

    pub(crate) fn inside_close(&self) -> bool {
        let blocks = &self.blocks[self.function().first_block..];
        blocks.last().is_some_and(|block| block.inside_close)
    }

    /// How many visible variables of the current function have registers in the reference.
    pub(crate) fn register_count(&self) -> u32 {
        let function = self.function();
        let visible = self.variables[function.first_variable..].iter();
        let visible = visible.take(function.level as usize);
        visible.filter(|known| !matches!(known.variable, Some(Variable::Constant(_)))).count()
            as u32
    }

    /// How many variables of the current function are visible.
    pub(crate) fn level(&self) -> u32 {
        self.function().level
    }

    /// What a name means here. The error is that a function has too many upvalues.
    pub(crate) fn resolve(&mut self, name: StrId) -> core::result::Result<Meaning, TooMany> {
        if let Some(variable) = self.find(name)? {
            if name == self.env_name && self.is_chunk_env(variable) {
                self.env_mentions += 1;
            }
            return Ok(Meaning::Variable(variable));
        }
        let env = self.find(self.env_name)?.expect("the main function has one");
        Ok(Meaning::Global(env, self.is_chunk_env(env)))
    }

    fn is_chunk_env(&self, variable: Variable) -> bool {
        match variable {
            Variable::Upvalue(id) => self.function().upvalues[id.0 as usize].local.is_none(),
            Variable::Local(_) | Variable::Constant(_) => false,
        }
    }

    fn find(&mut self, name: StrId) -> core::result::Result<Option<Variable>, TooMany> {
        let found = self.visible_variables.get(name);
        let current = self.functions.len() - 1;
        let (owner, local) = match found {
            Some(at) => match self.variables[at].variable.expect("visible variables have one") {
                constant @ Variable::Constant(_) => return Ok(Some(constant)),
                Variable::Local(id) if at >= self.functions[current].first_variable => {
                    return Ok(Some(Variable::Local(id)));
                }
                Variable::Local(id) => (Some(at), Some(id)),
                Variable::Upvalue(_) => unreachable!("a declaration is a local or a constant"),
            },
            // Nobody declares it, but the main function has it as an upvalue.
            None if name == self.env_name => (None, None),
            None => return Ok(None),
        };
        // Walk out to the first function that knows it, then back in, handing it on.
        let mut depth = current;
        let mut source = loop {
            let function = &self.functions[depth];
            if let Some(index) = function.upvalues.iter().position(|up| up.name == name) {
                break UpvalueSource::Upvalue(UpvalueId(index as u32));
            }
            // The main function has its environment, so there is one further out.
            depth -= 1;
            if let (Some(at), Some(id)) = (owner, local)
                && at >= self.functions[depth].first_variable
            {
                self.locals[id.0 as usize].captured = true;
                break UpvalueSource::Local(id);
            }
        };
        for function in &mut self.functions[depth + 1..] {
            if function.upvalues.len() >= MAX_UPVALUES {
                return Err(TooMany::Upvalues(function.line_defined));
            }
            let id = UpvalueId(function.upvalues.len() as u32);
            function.upvalues.push(Upvalue { name, source, local });
            source = UpvalueSource::Upvalue(id);
        }
        match source {
            UpvalueSource::Upvalue(id) => Ok(Some(Variable::Upvalue(id))),
            UpvalueSource::Local(_) | UpvalueSource::Environment => {
                unreachable!("the current function does not own the variable")
            }
        }
    }

    /// Notes an assignment; false where the variable does not allow one.
    pub(crate) fn assign(&mut self, variable: Variable) -> bool {
        let local = match variable {
            Variable::Constant(_) => return false,
            Variable::Local(id) => id,
            Variable::Upvalue(id) => match self.function().upvalues[id.0 as usize].local {
                Some(id) => id,
                None => {
                    // The name was counted as a mention when it was read.
                    self.env_mentions -= 1;
                    self.env_assigned = true;
                    return true;
                }
            },
        };
        let local = &mut self.locals[local.0 as usize];
        local.assigned = true;
        local.attribute == Attribute::Regular
    }

    /// The name of a variable of the current function.
    pub(crate) fn name_of(&self, variable: Variable) -> StrId {
        match variable {
            Variable::Local(id) => self.locals[id.0 as usize].name,
            Variable::Constant(id) => self.constants[id.0 as usize].name,
            Variable::Upvalue(id) => self.function().upvalues[id.0 as usize].name,
        }
    }

    // Jumps.

    /// `break`
    pub(crate) fn add_break(&mut self, line: u32, span: Span) {
        let level = self.level();
        let index = self.pending.len() as u32;
        let previous = core::mem::replace(&mut self.pending_break, index + 1);
        self.pending.push(Pending { goto: None, line, span, level, solved: false, previous });
    }

    /// `goto name`: to a visible label, or to one that is to come.
    pub(crate) fn add_goto(&mut self, name: StrId, line: u32, span: Span) -> GotoId {
        let id = GotoId(self.gotos.len() as u32);
        let level = self.level();
        let label = self.visible_label(name).map(|label| label.id);
        // A forward jump gets its target when the label comes; without one the chunk is refused.
        let target = label.unwrap_or(LabelId(u32::MAX));
        self.gotos.push(Goto { name, span, line, level, target, backward: label.is_some() });
        match label {
            Some(label) => self.labels[label.0 as usize].used = true,
            None => {
                let previous = self.pending_gotos.push(name, self.pending.len());
                let goto = Some((id, name));
                self.pending.push(Pending { goto, line, span, level, solved: false, previous });
            }
        }
        id
    }

    /// A visible label of the current function.
    fn visible_label(&self, name: StrId) -> Option<&OpenLabel> {
        let index = self.visible_labels.get(name)?;
        (index >= self.function().first_label).then(|| &self.open_labels[index])
    }

    /// `::name::`. `is_last`: nothing but the end of the block follows.
    pub(crate) fn add_label(
        &mut self,
        lexer: &Lexer,
        name: StrId,
        line: u32,
        span: Span,
        is_last: bool,
    ) -> Result<LabelId> {
        if let Some(first) = self.visible_label(name) {
            let first = &self.labels[first.id.0 as usize];
            let text = lexer.strings.get(name);
            return Err(errors::repeated_label(lexer.place_of(span), text, first.line, first.span));
        }
        let id = LabelId(self.labels.len() as u32);
        let function = self.function();
        let block = self.blocks.last().expect("a block is open");
        let (level, first_pending) =
            (if is_last { block.level } else { function.level }, block.first_pending);
        let owner = function.id;
        self.labels.push(Label { name, span, line, function: owner, level, used: false });
        let shadowed = self.visible_labels.push(name, self.open_labels.len());
        self.open_labels.push(OpenLabel { id, name, shadowed });
        self.solve(lexer, id, first_pending)?;
        Ok(id)
    }

    /// Sends the waiting jumps of the current block to a new label.
    fn solve(&mut self, lexer: &Lexer, label: LabelId, first_pending: usize) -> Result<()> {
        let Label { name, level, span, .. } = self.labels[label.0 as usize];
        // From the last to the first, where the first to go wrong is the one to report.
        let mut wrong = None;
        while let Some(index) = self.pending_gotos.get(name) {
            if index < first_pending {
                break;
            }
            let pending = &mut self.pending[index];
            if pending.level < level {
                wrong = Some(index);
            }
            pending.solved = true;
            let goto = pending.goto.expect("a `goto` is no `break`").0;
            self.pending_gotos.restore(name, pending.previous);
            self.gotos[goto.0 as usize].target = label;
            self.labels[label.0 as usize].used = true;
        }
        if let Some(index) = wrong {
            let pending = &self.pending[index];
            let first = self.function().first_variable;
            let local = self.variables[first + pending.level as usize].name;
            return Err(errors::jump_into_scope(
                lexer.place_of(pending.span),
                lexer.strings.get(name),
                pending.line,
                local.map_or(b"(for state)", |local| lexer.strings.get(local)),
                span,
            ));
        }
        self.drop_solved();
        Ok(())
    }
}
