#![no_std]
//! The SSA form of Lua programs: a graph of basic blocks with parameters, over values that each
//! have a static type. It knows nothing of Lua's syntax and nothing of machines.
//!
//! [`function`] holds the structure, [`op`] the table of operations, [`types`] the lattice,
//! [`module`] what a source file becomes. Text goes out by [`write`] and comes in by [`read`];
//! [`verify`] says what a well-formed function is. `docs/ir.md` explains each operation.
extern crate alloc;

pub mod binary;
pub mod data;
pub mod debug;
pub mod dominators;
pub mod function;
pub mod liveness;
pub mod loops;
pub mod module;
pub mod op;
pub mod order;
mod outline;
pub mod passes;
pub mod read;
pub mod remove_trivial_params;
pub mod remove_unreachable_blocks;
pub mod strings;
pub mod thread_jumps;
pub mod types;
pub mod verify;
pub mod write;

pub use debug::{Debug, DebugLocal, DebugStep};
pub use function::{
    Block, BlockCall, BlockData, FuncId, Function, Imm, Inst, InstData, NameKind, OperandName,
    Range, SelfCapture, StrId, Upvalue, UpvalueKind, UpvalueSource, Value, ValueData, ValueDef,
};
pub use module::{Edition, EnvMode, Module};
pub use op::{Effects, Op};
pub use outline::Outline;
pub use types::Type;
