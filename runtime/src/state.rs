//! One Lua universe: everything that belongs to it hangs off its [`State`].
#![expect(unsafe_code, reason = "the state owns memory that generated code points into")]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};

use abi::context::Context;

use crate::coroutine::Thread;
use crate::gc::Gc;
use crate::heap::{Heap, OutOfMemory};
use crate::module::Module;
use crate::shape::Shapes;
use crate::string::{Str, StringTable};
use crate::table::Table;

/// Switches of a state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Collect at every safepoint, and poison what is freed.
    pub gc_stress: bool,
    /// Verify the heap after every collection.
    pub gc_verify: bool,
    /// The end of the system stack (its highest address), up to which Rust frames are scanned;
    /// 0: asked of the system at the first collection.
    pub system_base: u64,
    /// Mixed into the hash of strings... of this state.
    pub hash_seed: u64,
}

pub use crate::hooks::Hooks;

/// The state. Its first field is the context, so that its address is what compiled code passes
/// around.
#[repr(C)]
pub struct State {
    /// What generated code shares.
    pub ctx: Context,
    /// Objects and buffers.
    pub heap: Heap,
    /// Interned strings.
    pub strings: StringTable,
    /// Shapes of tables.
    pub shapes: Shapes,
    /// The metatables of basic types, by tag (booleans by that of `false`, numbers of `INT`).
    pub metatables: [Option<Gc<Table>>; 16],
    /// Names that the runtime looks up.
    pub names: WellKnown,
    /// What the runtime and the host keep for themselves.
    pub registry: Gc<Table>,
    /// The thread that runs the main chunk.
    pub main_thread: Gc<Thread>,
    /// Registered modules.
    pub modules: Vec<Module>,
    /// See [`Hooks`].
    pub hooks: Hooks,
    /// See [`Options`].
    pub options: Options,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// Owns a [`State`]; frees all of it when dropped.
#[derive(Debug)]
pub struct OwnedState(Box<State>);

impl Deref for OwnedState {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}

impl DerefMut for OwnedState {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.0
    }
}

impl State {
    /// A fresh state with an empty globals table.
    #[expect(clippy::new_ret_no_self, reason = "a state never moves: it is handed out owned")]
    pub fn new(options: Options) -> Result<OwnedState, OutOfMemory> {
        let _ = options;
        Err(OutOfMemory)
    }

    /// The globals table.
    #[inline]
    pub fn globals(&self) -> Gc<Table> {
        // SAFETY: set when the state is made, and a root.
        unsafe { Gc::from_raw(self.ctx.globals) }
    }

    /// The coroutine that runs.
    #[inline]
    pub fn current_thread(&self) -> Gc<Thread> {
        // SAFETY: set when the state is made and by each switch; a root.
        unsafe { Gc::from_raw(self.ctx.co.thread) }
    }
}

macro_rules! well_known {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Interned strings that the runtime looks up all the time.
        #[derive(Clone, Copy, Debug)]
        pub struct WellKnown {
            $(#[doc = concat!("`", $text, "`")] pub $name: Gc<Str>,)*
        }

        impl WellKnown {
            /// Their texts, in the order of the fields.
            pub const TEXTS: &'static [&'static str] = &[$($text),*];

            /// All of them, in the order of the fields.
            pub fn all(&self) -> [Gc<Str>; WellKnown::TEXTS.len()] {
                [$(self.$name),*]
            }

            /// The names that `make` gives for the texts.
            pub(crate) fn build<E>(
                mut make: impl FnMut(&'static str) -> Result<Gc<Str>, E>,
            ) -> Result<WellKnown, E> {
                Ok(WellKnown { $($name: make($text)?),* })
            }
        }
    };
}

well_known! {
    index = "__index", newindex = "__newindex", call = "__call", gc = "__gc", mode = "__mode",
    close = "__close", metatable = "__metatable", name = "__name", tostring = "__tostring",
    pairs = "__pairs", len = "__len", eq = "__eq", lt = "__lt", le = "__le",
    concat = "__concat", add = "__add", sub = "__sub", mul = "__mul", div = "__div",
    modulo = "__mod", pow = "__pow", idiv = "__idiv", band = "__band", bor = "__bor",
    bxor = "__bxor", shl = "__shl", shr = "__shr", unm = "__unm", bnot = "__bnot",
    n = "n", nil = "nil", boolean = "boolean", number = "number", string = "string",
    table = "table", function = "function", userdata = "userdata", thread = "thread",
    true_ = "true", false_ = "false", empty = "",
    not_enough_memory = "not enough memory",
}
