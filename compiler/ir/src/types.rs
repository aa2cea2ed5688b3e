//! The lattice of static types.
//!
//! `any` is the top of the Lua types and the only one whose values are a pair of tag and payload;
//! a value of every other type is one machine word. `cell`, `pack` and `multi` are not Lua values:
//! they appear only where an operation's row in the table names them.

use core::fmt;

/// The static type of an SSA value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Type {
    /// Any Lua value: a tag and a payload.
    Any,
    /// Always nil. No machine word.
    Nil,
    /// True or false: 0 or 1.
    Bool,
    /// A 64-bit integer, which wraps around.
    Int,
    /// A double.
    Float,
    /// A string.
    Str,
    /// A table.
    Table,
    /// A function.
    Func,
    /// The heap cell of a local that is captured and reassigned.
    Cell,
    /// An open list of values. It lives only between its maker and the next instruction.
    Multi,
    /// An open list of values that was put by in the heap.
    Pack,
}

impl Type {
    /// Every type, in the order of declaration.
    pub const ALL: [Type; 11] = [
        Type::Any,
        Type::Nil,
        Type::Bool,
        Type::Int,
        Type::Float,
        Type::Str,
        Type::Table,
        Type::Func,
        Type::Cell,
        Type::Multi,
        Type::Pack,
    ];

    /// The spelling in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "any",
            Type::Nil => "nil",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::Str => "str",
            Type::Table => "table",
            Type::Func => "func",
            Type::Cell => "cell",
            Type::Multi => "multi",
            Type::Pack => "pack",
        }
    }

    /// The type spelt so.
    pub fn from_name(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|ty| ty.name() == name)
    }

    /// Whether this is the type of Lua values: `any` and what lies under it.
    pub fn is_lua(self) -> bool {
        !matches!(self, Type::Cell | Type::Multi | Type::Pack)
    }

    /// Whether this is known to be a number.
    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Float)
    }

    /// Whether a value of this type may point into the heap: `any` has to ask its tag.
    pub fn may_be_collectable(self) -> bool {
        matches!(self, Type::Any | Type::Str | Type::Table | Type::Func | Type::Cell | Type::Pack)
    }

    /// Whether a value of this type may stand where `expected` is asked for.
    pub fn fits(self, expected: Type) -> bool {
        self == expected || expected == Type::Any && self.is_lua()
    }

    /// The least type above both, for Lua types.
    pub fn join(self, other: Type) -> Type {
        if self == other { self } else { Type::Any }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
