//! Shapes.

/// The shapes of a state.
#[derive(Debug, Default)]
pub struct Shapes {}
