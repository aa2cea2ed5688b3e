//! Random Lua programs, and the comparison of what they print with the reference.
//!
//! A seed and a number name a program. Programs are compared a file of them at a time; a file that
//! differs is shrunk to the few statements that show it, on the tree that the generator built.

pub mod compare;
pub mod engine;
pub mod generate;
pub mod options;
pub mod report;
pub mod rng;
pub mod shrink;
pub mod tree;
