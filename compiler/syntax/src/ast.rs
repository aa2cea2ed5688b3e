//! The syntax tree of a chunk, with every name resolved.
//!
//! **Shape.** Statements and expressions are a boxed tree; functions, locals, constants, labels,
//! gotos and strings stand in tables of the [`Chunk`] and are named by ids. The tree is never
//! deeper than the reference's own recursion (200 levels of syntax), so it is safe to walk and to
//! drop recursively: whatever the reference parses in a loop is a list here. `a + b - c` is one
//! [`Binary`] with two links, `a.b.c(d)` one [`Suffixed`] with three suffixes, `a .. b .. c` one
//! [`Concat`], `a and b and c` one [`Logical`], and `elseif`s are arms of one [`StatKind::If`].
//!
//! **Names.** An expression says what it names: a local of this function, an upvalue of this
//! function, a compile-time constant, or a global, which is the field `name` of the variable
//! `_ENV` in force. A [`Local`] says whether an inner function captures it and whether it is
//! assigned after its declaration, so "captured and assigned" (needs a cell) is known before any
//! code is made.
//!
//! **Lines.** A `line` field is the line that the reference reports when that operation raises or
//! appears in a traceback. It is not always where the operation is written: a global is read where
//! the reference's code generator gets to it, one token later.
//!
//! **Levels.** The reference counts a function's active variables; that count is a *level*. It
//! includes compile-time constants and the hidden state of `for` loops (three variables before a
//! numeric loop's, four before a generic one's, of which the fourth is to be closed). A local has
//! the level of its declaration, a label that of its place: a jump to the label leaves the scope of
//! every active local whose level is at least the label's.

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use crate::source::Span;
pub use crate::strings::{StrId, Strings};

/// A parsed chunk: its functions and the tables they refer to.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Every function, a function before those inside it; the first is the main function.
    pub functions: Vec<Function>,
    /// Every local variable, parameters and loop variables included, in order of declaration.
    pub locals: Vec<Local>,
    /// Every compile-time constant.
    pub constants: Vec<Constant>,
    /// Every label.
    pub labels: Vec<Label>,
    /// Every `goto`.
    pub gotos: Vec<Goto>,
    /// Names and string literals.
    pub strings: Strings,
    /// Where each line begins but the first one.
    pub line_starts: Vec<u32>,
    /// What the chunk does with its own `_ENV` besides reading and writing globals.
    pub env: EnvUse,
}

impl Chunk {
    /// The main function.
    pub const MAIN: FunctionId = FunctionId(0);

    /// A function.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// A local variable.
    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }

    /// A compile-time constant.
    pub fn constant(&self, id: ConstantId) -> &Constant {
        &self.constants[id.0 as usize]
    }

    /// A label.
    pub fn label(&self, id: LabelId) -> &Label {
        &self.labels[id.0 as usize]
    }

    /// A `goto`.
    pub fn goto(&self, id: GotoId) -> &Goto {
        &self.gotos[id.0 as usize]
    }

    /// The line on which a span ends.
    pub fn end_line(&self, span: Span) -> u32 {
        let last = span.end.saturating_sub(1).max(span.start);
        self.line_starts.partition_point(|start| *start <= last) as u32 + 1
    }

    /// The bytes of a name or a string literal.
    pub fn string(&self, id: StrId) -> &[u8] {
        self.strings.get(id)
    }
}

/// A function of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A local variable of a chunk; unique in the chunk. [`Local::index`] counts in its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u32);

/// An upvalue of the function it is used in: an index of [`Function::upvalues`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpvalueId(pub u32);

/// A compile-time constant of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConstantId(pub u32);

/// A label of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelId(pub u32);

/// A `goto` of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GotoId(pub u32);

/// Explicit mentions of the chunk's own `_ENV` (not of a declared variable of that name).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EnvUse {
    /// `_ENV` stands as an expression somewhere: its table may be reached by other names.
    pub read: bool,
    /// `_ENV = ...` stands somewhere: globals may change their table.
    pub assigned: bool,
}

/// A function, the main function included.
#[derive(Debug, Clone)]
pub struct Function {
    /// The function around it; none for the main function.
    pub parent: Option<FunctionId>,
    /// A name for dumps and profiles, as written: `f`, `a.b:c`; none where nothing suggests one.
    pub name: Option<Vec<u8>>,
    /// From `function` (or the name's `(`) to `end`.
    pub span: Span,
    /// Line of its `function`, as the reference defines it; 0 for the main function.
    pub line_defined: u32,
    /// Line of its `end`; 0 for the main function.
    pub last_line_defined: u32,
    /// The parameters; first `self`, where it is declared with a colon.
    pub parameters: Vec<LocalId>,
    /// Takes `...`; the main function does.
    pub is_vararg: bool,
    /// What it captures. The main function has exactly one, its environment.
    pub upvalues: Vec<Upvalue>,
    /// How many [`Local`]s belong to it.
    pub local_count: u32,
    /// The body. Its `close_line` is also the line of the implicit `return`.
    pub body: Block,
    /// Line of the implicit `return` at the end.
    pub return_line: u32,
}

/// A captured variable.
#[derive(Debug, Clone, Copy)]
pub struct Upvalue {
    /// Its name.
    pub name: StrId,
    /// Where the closure finds it when it is created.
    pub source: UpvalueSource,
    /// The local that it is in the end; none for the chunk's own `_ENV`.
    pub local: Option<LocalId>,
}

/// Where a new closure finds a captured variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpvalueSource {
    /// The environment that whoever loads the chunk provides (main function only).
    Environment,
    /// A local of the enclosing function.
    Local(LocalId),
    /// An upvalue of the enclosing function.
    Upvalue(UpvalueId),
}

/// A declared variable that exists at run time.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    /// Its name.
    pub name: StrId,
    /// Where the name stands; empty for an implicit `self`.
    pub span: Span,
    /// Line of the name.
    pub line: u32,
    /// The function it belongs to.
    pub function: FunctionId,
    /// How many locals of that function were declared before it, ended scopes included.
    pub index: u32,
    /// Active variables of the function before it (see the head of this file).
    pub level: u32,
    /// What declares it.
    pub kind: LocalKind,
    /// `<const>` or `<close>`.
    pub attribute: Attribute,
    /// A function inside its own captures it.
    pub captured: bool,
    /// Something assigns it after its declaration, here or in an inner function.
    pub assigned: bool,
}

/// What declares a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalKind {
    /// A parameter, `self` included.
    Parameter,
    /// `local x`.
    Variable,
    /// `local function f`: in scope inside the function, so a closure may capture itself.
    Function,
    /// The variable of a `for`.
    Loop,
}

/// The attribute of a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// None.
    Regular,
    /// `<const>`, where the value is not a compile-time constant.
    Const,
    /// `<close>`: closed when its scope is left.
    Close,
}

/// `local x <const> = value`, where the value is known: a name for a value, not a variable.
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Its name.
    pub name: StrId,
    /// Where the name stands.
    pub span: Span,
    /// Its value.
    pub value: ConstantValue,
}

/// A value known at compile time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ConstantValue {
    /// `nil`
    Nil,
    /// `false` or `true`
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(StrId),
}

/// `::name::`
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// Its name.
    pub name: StrId,
    /// Where the name stands.
    pub span: Span,
    /// Line of the statement.
    pub line: u32,
    /// The function it stands in.
    pub function: FunctionId,
    /// Active variables at its place. A label at the end of its block has the level of the block's
    /// start, as the reference treats the block's locals as gone there.
    pub level: u32,
    /// Some `goto` jumps here.
    pub used: bool,
}

/// `goto name`
#[derive(Debug, Clone, Copy)]
pub struct Goto {
    /// The label's name.
    pub name: StrId,
    /// Where the name stands.
    pub span: Span,
    /// Line of the statement.
    pub line: u32,
    /// Active variables at its place.
    pub level: u32,
    /// Where it goes.
    pub target: LabelId,
    /// The label stands before the `goto`.
    pub backward: bool,
}

/// A sequence of statements with its scope.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The statements. A `return` can only be the last.
    pub statements: Vec<Stat>,
    /// Line at which variables to be closed are closed when control falls out of the end.
    pub close_line: u32,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Stat {
    /// What it is.
    pub kind: StatKind,
    /// Where it stands.
    pub span: Span,
    /// Line of its first token.
    pub line: u32,
}

/// The statements. Empty statements (`;`) leave nothing.
#[derive(Debug, Clone)]
pub enum StatKind {
    /// `local a <const>, b = ...`
    Local(Box<LocalStat>),
    /// `local function f ...`: the local is in scope in the function.
    LocalFunction {
        /// The variable.
        local: LocalId,
        /// Its value.
        function: FunctionId,
    },
    /// `a, b.c = ...`
    Assign(Box<Assign>),
    /// `function a.b:c() ...`
    Function(Box<FunctionStat>),
    /// A call; always a [`Suffixed`] that ends in a call.
    Call(Box<Expr>),
    /// `do ... end`
    Do(Block),
    /// `while cond do ... end`
    While(Box<Loop>),
    /// `repeat ... until cond`: the condition sees the locals of the body.
    Repeat(Box<Loop>),
    /// `if ... elseif ... else ... end`
    If(Box<If>),
    /// `for v = start, limit, step do ... end`
    NumericFor(Box<NumericFor>),
    /// `for a, b in ... do ... end`
    GenericFor(Box<GenericFor>),
    /// `return ...`
    Return(Box<Return>),
    /// `break`: leaves the innermost loop of the function.
    Break,
    /// `goto name`
    Goto(GotoId),
    /// `::name::`
    Label(LabelId),
}

/// `local a, b = ...`
#[derive(Debug, Clone)]
pub struct LocalStat {
    /// The variables, without `constant`. Their scope starts after the statement.
    pub locals: Vec<LocalId>,
    /// The last name of the list, where it is a compile-time constant: it is no variable, and the
    /// last of `values` is not evaluated. There are as many values as names then.
    pub constant: Option<ConstantId>,
    /// The values.
    pub values: Vec<Expr>,
    /// Line at which a `<close>` variable is checked and registered.
    pub line: u32,
}

impl LocalStat {
    /// The values to evaluate: all but that of the constant.
    pub fn run_time_values(&self) -> &[Expr] {
        &self.values[..self.values.len() - usize::from(self.constant.is_some())]
    }
}

/// An assignment.
#[derive(Debug, Clone)]
pub struct Assign {
    /// Local, Upvalue, Global, or a Suffixed that ends in a field or an index.
    pub targets: Vec<Expr>,
    /// The values.
    pub values: Vec<Expr>,
    /// Line at which every store raises.
    pub line: u32,
}

/// `function a.b:c() ... end`
#[derive(Debug, Clone)]
pub struct FunctionStat {
    /// As a target of [`Assign`]; of a method, `a.b.c`.
    pub target: Expr,
    /// The value.
    pub function: FunctionId,
    /// Line at which the store raises: that of the keyword.
    pub line: u32,
}

/// A `while` or `repeat` loop.
#[derive(Debug, Clone)]
pub struct Loop {
    /// The condition.
    pub condition: Expr,
    /// The body.
    pub body: Block,
    /// Line of the loop's end, at which a `break` closes variables.
    pub end_line: u32,
}

/// `if` and all its branches.
#[derive(Debug, Clone)]
pub struct If {
    /// The `if` and each `elseif`; at least one.
    pub arms: Vec<IfArm>,
    /// The `else`.
    pub otherwise: Option<Block>,
}

/// A condition and what it guards.
#[derive(Debug, Clone)]
pub struct IfArm {
    /// The condition.
    pub condition: Expr,
    /// Line of its `then`, which the reference's test of a value gets.
    pub then_line: u32,
    /// What happens where it holds.
    pub body: Block,
}

/// A numeric `for`.
#[derive(Debug, Clone)]
pub struct NumericFor {
    /// The variable: a fresh one each turn.
    pub variable: LocalId,
    /// The first value.
    pub start: Expr,
    /// The last value allowed.
    pub limit: Expr,
    /// The step; 1 where there is none.
    pub step: Option<Expr>,
    /// The body.
    pub body: Block,
    /// Line at which bad start, limit or step raise.
    pub prepare_line: u32,
    /// Line of the jump back: that of `for`.
    pub line: u32,
    /// Line of the loop's end, at which a `break` closes variables.
    pub end_line: u32,
}

/// A generic `for`.
#[derive(Debug, Clone)]
pub struct GenericFor {
    /// The variables, fresh ones each turn.
    pub variables: Vec<LocalId>,
    /// Iterator, state, first control value, closing value: adjusted to four values.
    pub values: Vec<Expr>,
    /// The body.
    pub body: Block,
    /// Line at which a closing value without `__close` raises.
    pub prepare_line: u32,
    /// Line of the call of the iterator.
    pub call_line: u32,
    /// Line of the loop's end, at which the closing value and those that a `break` leaves are closed.
    pub close_line: u32,
    /// Level of the hidden state; the closing value has `level + 3`.
    pub level: u32,
}

/// `return ...`
#[derive(Debug, Clone)]
pub struct Return {
    /// The values.
    pub values: Vec<Expr>,
    /// The one value is a call in tail position: no variable to be closed is in scope.
    pub is_tail_call: bool,
    /// Line of the return.
    pub line: u32,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The expressions. Only a call (a [`Suffixed`] ending in one) and [`ExprKind::Vararg`] give
/// several values, and only as the last of a list.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// `nil`
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// An integer literal.
    Integer(i64),
    /// A float literal.
    Float(f64),
    /// A string literal.
    String(StrId),
    /// `...`, and the line of what is made of it.
    Vararg(u32),
    /// `function ... end`
    Function(FunctionId),
    /// A local of this function.
    Local(LocalId),
    /// An upvalue of this function.
    Upvalue(UpvalueId),
    /// A compile-time constant, of this function or one around it.
    Constant(ConstantId),
    /// `_ENV.name`
    Global(Global),
    /// `( ... )`: one value, never several.
    Paren(Box<Expr>),
    /// A prefix operator.
    Unary(Box<Unary>),
    /// Arithmetic, bitwise operators and comparisons, from left to right.
    Binary(Box<Binary>),
    /// `a .. b .. c`
    Concat(Box<Concat>),
    /// `a and b and c`, or the same of `or`.
    Logical(Box<Logical>),
    /// Fields, indices and calls, from left to right.
    Suffixed(Box<Suffixed>),
    /// `{ ... }`
    Table(Box<Table>),
}

/// A global name: the field `name` of the variable `_ENV` that is visible there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Global {
    /// Its name.
    pub name: StrId,
    /// Line at which reading it raises. (A store has the line of its assignment.)
    pub line: u32,
    /// The variable `_ENV`.
    pub env: Env,
}

/// Which variable `_ENV` is, packed so that expressions stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Env(u32);

/// A resolved variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// A local of this function.
    Local(LocalId),
    /// An upvalue of this function.
    Upvalue(UpvalueId),
    /// A compile-time constant.
    Constant(ConstantId),
}

impl Env {
    const CHUNK: u32 = 1 << 31;
    const LOCAL: u32 = 1 << 30;
    const CONSTANT: u32 = 1 << 29;

    /// `is_chunk`: the variable is the chunk's own environment. Ids stay below 2^29, as each
    /// takes two bytes or more of a source of at most 1 GB.
    pub(crate) fn new(variable: Variable, is_chunk: bool) -> Env {
        let chunk = if is_chunk { Env::CHUNK } else { 0 };
        match variable {
            Variable::Local(id) => Env(id.0 | Env::LOCAL),
            Variable::Constant(id) => Env(id.0 | Env::CONSTANT),
            Variable::Upvalue(id) => Env(id.0 | chunk),
        }
    }

    /// The variable.
    pub fn variable(self) -> Variable {
        if self.0 & Env::LOCAL != 0 {
            Variable::Local(LocalId(self.0 & !Env::LOCAL))
        } else if self.0 & Env::CONSTANT != 0 {
            Variable::Constant(ConstantId(self.0 & !Env::CONSTANT))
        } else {
            Variable::Upvalue(UpvalueId(self.0 & !Env::CHUNK))
        }
    }

    /// True for the chunk's own environment, false for a declared variable named `_ENV`.
    pub fn is_chunk(self) -> bool {
        self.0 & Env::CHUNK != 0
    }
}

/// A prefix operator and its operand.
#[derive(Debug, Clone)]
pub struct Unary {
    /// The operator.
    pub op: UnaryOp,
    /// Line at which it raises.
    pub line: u32,
    /// The operand.
    pub operand: Expr,
}

/// The prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Minus,
    /// `~`
    BitNot,
    /// `#`
    Len,
}

/// `first op rhs op rhs ...`, applied from left to right.
#[derive(Debug, Clone)]
pub struct Binary {
    /// The leftmost operand.
    pub first: Expr,
    /// The operators with their right operands; at least one.
    pub links: Vec<Link>,
}

/// One operator of a [`Binary`] with its right operand.
#[derive(Debug, Clone)]
pub struct Link {
    /// The operator.
    pub op: BinaryOp,
    /// Line at which it raises.
    pub line: u32,
    /// The right operand.
    pub rhs: Expr,
}

/// The operators of a [`Binary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `%`
    Mod,
    /// `^` (its right operand holds the rest of a chain, as it associates to the right)
    Pow,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `~`
    BitXor,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `==`
    Eq,
    /// `~=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`: the reference swaps the operands of `<` after evaluating them in order.
    Gt,
    /// `>=`: likewise.
    Ge,
}

/// `a .. b .. c`: evaluated from left to right, then concatenated from right to left. A concatenation
/// in parentheses that is the last operand is merged, as in the reference.
#[derive(Debug, Clone)]
pub struct Concat {
    /// At least two.
    pub operands: Vec<Expr>,
    /// The line of the operator behind each operand but the last.
    pub lines: Vec<u32>,
    /// Line at which it raises.
    pub line: u32,
}

/// `and` or `or` of two or more operands, from left to right.
#[derive(Debug, Clone)]
pub struct Logical {
    /// Which.
    pub op: LogicalOp,
    /// At least two.
    pub operands: Vec<Expr>,
    /// The line of the operator behind each operand but the last.
    pub lines: Vec<u32>,
}

/// The operators that may leave their right operand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogicalOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// A base followed by fields, indices and calls, applied from left to right.
#[derive(Debug, Clone)]
pub struct Suffixed {
    /// A name or an expression in parentheses.
    pub base: Expr,
    /// At least one.
    pub suffixes: Vec<Suffix>,
}

/// One field, index or call.
#[derive(Debug, Clone)]
pub struct Suffix {
    /// What it is.
    pub kind: SuffixKind,
    /// Line at which it raises; of a call, its line in tracebacks.
    pub line: u32,
    /// Offset after its last byte: with the base's start, the span up to here.
    pub end: u32,
}

/// The suffixes.
#[derive(Debug, Clone)]
pub enum SuffixKind {
    /// `.name`
    Field(StrId),
    /// `[key]`
    Index(Expr),
    /// `(...)`, `"..."` or `{...}`
    Call(Vec<Expr>),
    /// `:name(...)`
    Method(Box<Method>),
}

/// `:name(...)`
#[derive(Debug, Clone)]
pub struct Method {
    /// The method's name.
    pub name: StrId,
    /// Line at which looking it up raises.
    pub line: u32,
    /// The arguments, without `self`.
    pub arguments: Vec<Expr>,
}

/// `{ ... }`
#[derive(Debug, Clone)]
pub struct Table {
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// Those of them with keys, in order.
    pub keyed: Vec<KeyedField>,
    /// How many fields are positional.
    pub item_count: u32,
    /// Line of the `{`... as the reference has it for creating the table.
    pub line: u32,
    /// Line of the `}`.
    pub end_line: u32,
}

/// A field of a constructor.
#[derive(Debug, Clone)]
pub enum Field {
    /// `value`, at the next positive index. Several values where it is the last field and can.
    Item(Expr),
    /// `name = value` or `[key] = value`: its place in [`Table::keyed`].
    Keyed(u32),
}

/// `name = value`, where the key is a string literal, or `[key] = value`.
#[derive(Debug, Clone)]
pub struct KeyedField {
    /// The key.
    pub key: Expr,
    /// The value.
    pub value: Expr,
    /// Line at which a bad key raises.
    pub line: u32,
}

impl Expr {
    /// A call: the last thing it does is to call.
    pub fn is_call(&self) -> bool {
        match &self.kind {
            ExprKind::Suffixed(suffixed) => suffixed.suffixes.last().is_some_and(|suffix| {
                matches!(suffix.kind, SuffixKind::Call(_) | SuffixKind::Method(_))
            }),
            _ => false,
        }
    }

    /// Gives several values as the last of a list.
    pub fn is_multiple(&self) -> bool {
        matches!(self.kind, ExprKind::Vararg(_)) || self.is_call()
    }

    /// The expression inside any parentheses.
    pub fn without_parens(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

// Constructors of data may have millions of these.
const _: () = assert!(size_of::<Expr>() <= 24);
const _: () = assert!(size_of::<Field>() <= 24);
