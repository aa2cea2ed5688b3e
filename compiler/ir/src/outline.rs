//! What is known of a function without its IR.

/// What is known of a function without its IR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outline {
    /// The line of `function`, or 0 for the main chunk.
    pub line_defined: u32,
    /// The line of the closing `end`, or 0 for the main chunk.
    pub last_line_defined: u32,
    /// How many fixed parameters it has.
    pub param_count: u32,
    /// Whether the function is variadic.
    pub is_vararg: bool,
    /// How many upvalues it has.
    pub upvalue_count: u32,
    /// What [`crate::order::flag`] says of its IR.
    pub order: u8,
}
