//! One Lua universe: everything that belongs to it hangs off its [`State`].
#![expect(unsafe_code, reason = "the state owns memory that generated code points into")]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use abi::context::Context;
use abi::value::RawValue;

use crate::coroutine::{Machine, Thread};
use crate::debugging::Debugging;
use crate::error::Raised;
use crate::gc::Gc;
use crate::heap::{Heap, OutOfMemory, sweep};
use crate::module::Module;
use crate::shape::Shapes;
use crate::stdlib::Libraries;
use crate::string::{Str, StringTable};
use crate::table::Table;
use crate::table::traverse::Traversals;
use crate::warning::Warnings;

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
    /// What the machine keeps: stacks, and where errors stand.
    pub machine: Machine,
    /// What is on its way to the standard error.
    pub warnings: Warnings,
    /// What the standard library keeps.
    pub libraries: Libraries,
    /// Registered modules.
    pub modules: Vec<Module>,
    /// See [`Hooks`].
    pub hooks: Hooks,
    /// Debug hooks.
    pub debugging: Debugging,
    /// Where traversals of tables are.
    pub(crate) traversals: Traversals,
    /// See [`Options`].
    pub options: Options,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// Owns a [`State`], which never moves; closes it and frees all of it when dropped.
#[derive(Debug)]
pub struct OwnedState(NonNull<State>);

impl Deref for OwnedState {
    type Target = State;
    fn deref(&self) -> &State {
        // SAFETY: the state lives as long as its owner.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for OwnedState {
    fn deref_mut(&mut self) -> &mut State {
        // SAFETY: the state lives as long as its owner.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for OwnedState {
    fn drop(&mut self) {
        self.close();
        self.free_all();
        // SAFETY: from a box, in `State::new`; nothing refers to the state any more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl State {
    /// A fresh state with an empty globals table.
    #[expect(clippy::new_ret_no_self, reason = "a state never moves: it is handed out owned")]
    pub fn new(options: Options) -> Result<OwnedState, OutOfMemory> {
        let state = Box::new(State {
            // SAFETY: a context is words and values, for which zeroes are fine.
            ctx: unsafe { core::mem::zeroed::<Context>() },
            heap: Heap::new(options.gc_stress),
            strings: StringTable::default(),
            shapes: Shapes::default(),
            metatables: [None; 16],
            names: WellKnown::build(|_| Ok::<_, OutOfMemory>(Gc::dangling()))?,
            registry: Gc::dangling(),
            main_thread: Gc::dangling(),
            machine: Machine::default(),
            warnings: Warnings::default(),
            libraries: Libraries::default(),
            modules: Vec::new(),
            hooks: Hooks::default(),
            debugging: Debugging::default(),
            traversals: Traversals::default(),
            options,
        });
        let mut state = OwnedState(NonNull::from(Box::leak(state)));
        // Until all roots are there, nothing is collected.
        state.fill().map_err(|_| OutOfMemory)?;
        state.start_collecting();
        Ok(state)
    }

    fn fill(&mut self) -> Result<(), OutOfMemory> {
        self.start_machine()?;
        let no_memory = |_: Raised| OutOfMemory;
        self.names =
            WellKnown::build(|text| self.new_string(text.as_bytes())).map_err(no_memory)?;
        self.registry = self.new_table(0, 0).map_err(no_memory)?;
        self.ctx.globals = self.new_table(0, 0).map_err(no_memory)?.address();
        Ok(())
    }

    /// Frees what the state owns outside its own fields.
    fn free_all(&mut self) {
        let State { ctx, heap, hooks, machine, .. } = self;
        if let Some(thread) = NonNull::new(ctx.co.thread as *mut crate::coroutine::ThreadHeader) {
            // The words of the running coroutine, for whoever frees what they refer to.
            // SAFETY: a live thread, to whose fields nobody holds a reference.
            unsafe { (*thread.as_ptr()).words = ctx.co };
        }
        heap.destroy_all(&mut sweep::Context { hooks: *hooks, stacks: &mut machine.stacks });
        for (buffer, capacity) in [(ctx.args, ctx.arg_capacity), (ctx.rets, ctx.ret_capacity)] {
            if let Some(buffer) = NonNull::new(buffer as *mut u8) {
                // SAFETY: the context's own buffers, of that many values.
                unsafe { heap.free_buffer(buffer, capacity as usize * size_of::<RawValue>()) };
            }
        }
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
