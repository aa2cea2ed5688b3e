//! What tier 0 adds to a state where it is linked. The runtime knows tier 0 only through these
//! functions: a program that never loads code carries none of it.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::module::{DebugLocal, DebugStep};

use crate::call::LibraryFn;
use crate::closure::Closure;
use crate::error::Raised;
use crate::gc::{Any, Gc};
use crate::load::{BinaryHook, LoadHook};
use crate::state::State;

/// What other crates add to a state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hooks {
    /// Filled in when tier 0 is linked and installed.
    pub tier0: Option<&'static Tier0Hooks>,
    /// What makes functions of source text: see [`crate::load`].
    pub load: Option<LoadHook>,
    /// What makes functions of precompiled chunks.
    pub load_binary: Option<BinaryHook>,
    /// The frame that tier 0 is working on, a place of the value stack, while it is not waiting
    /// for a call: [`Tier0Hooks::frame`] starts from it. While it waits (the stub frame has a
    /// continuation), the frame is in the stub frame's `aux[0]`.
    pub tier0_frame: u64,
    /// What is loaded from now on is to be debuggable: the program asks for it, or some chunk of it
    /// does.
    pub debuggable: bool,
    /// What is loaded from now on is to have a cell for every captured variable, as the program or
    /// some chunk of it changes upvalues.
    pub cells: bool,
    /// Set, by a signal's handler, when what is running is to be given up: tier 0 looks at it.
    pub interrupt: Option<&'static AtomicBool>,
    /// There are Lua functions that are not debuggable: hooks would not hear of them.
    pub plain_code: bool,
}

impl State {
    /// Raises `interrupted!` if somebody has asked for that, at the place of the running function's
    /// caller, as the reference's stand-alone interpreter does by a hook.
    #[inline]
    pub fn check_interrupt(&mut self) -> Result<(), Raised> {
        if self.is_interrupted() { Err(self.interrupted()) } else { Ok(()) }
    }

    /// Whether that is so.
    #[inline]
    pub fn is_interrupted(&self) -> bool {
        self.hooks.interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    #[cold]
    fn interrupted(&mut self) -> Raised {
        if let Some(flag) = self.hooks.interrupt {
            flag.store(false, Ordering::Relaxed);
        }
        self.lib_error(1, format_args!("interrupted!"))
    }
}

/// In place of a frame of tier 0: the stub has not made one yet.
pub const NO_FRAME: u64 = u64::MAX;

/// What an operand of an instruction of a function of tier 0 is called: `data`, instruction, operand.
pub type OperandName = fn(data: u64, pc: u32, operand: u32) -> Option<(u32, &'static [u8])>;

/// The functions of tier 0. `data` is [`abi::object::Proto::data`] of one of its functions.
#[derive(Debug)]
pub struct Tier0Hooks {
    /// What a closure whose prototype has the flag TIER0 runs, entered as a library function is.
    pub enter: LibraryFn,
    /// The frame at a place of a value stack, whose address comes first.
    pub frame: fn(stack: u64, frame: u64) -> Tier0Frame,
    /// Facts about a function.
    pub function: fn(data: u64) -> Tier0Function,
    /// The source line of an instruction, of the step that a debuggable function is at.
    pub line: fn(data: u64, pc: u32, step: u32) -> u32,
    /// What an operand of an instruction is called: [`abi::module::name_kind`] and the name. The
    /// called function of a call has the number [`abi::module::name_kind::CALLEE`].
    pub name: OperandName,
    /// The name of an upvalue.
    pub upvalue_name: fn(data: u64, index: u32) -> Option<&'static [u8]>,
    /// What debuggers see of a function; `None` where it is not debuggable.
    pub debug: fn(data: u64) -> Option<DebugTable>,
    /// A name in that.
    pub string: fn(data: u64, index: u32) -> &'static [u8],
    /// Makes every register nil that holds nothing needed, in the frame at a place of a value stack
    /// (its address comes first) and those below it in the same run. The collector calls it for each
    /// run before it scans the stack, which is then an exact root.
    pub clear_dead: fn(stack: u64, frame: u64),
    /// The records of a function and of those inside it (see [`abi::chunk`]).
    pub records: fn(data: u64) -> Option<Vec<u8>>,
    /// Visits the objects a function refers to: constants, inner prototypes.
    pub trace: fn(data: u64, visit: &mut dyn FnMut(Gc<Any>)),
    /// Frees a function whose prototype is swept: how many bytes it counted for
    /// ([`State::count_code`]).
    pub free: fn(data: u64) -> usize,
}

/// What debuggers see of a debuggable function. It lives as long as the function.
#[derive(Clone, Copy, Debug)]
pub struct DebugTable {
    /// How many slots a frame has.
    pub slots: u32,
    /// How far behind a slot the cell lies that is bound to it: 0, it replaces what was there.
    pub cells: u32,
    /// The local variables, those of the parameters first.
    pub locals: &'static [DebugLocal],
    /// The steps.
    pub steps: &'static [DebugStep],
}

/// A frame of tier 0.
#[derive(Clone, Copy, Debug)]
pub struct Tier0Frame {
    /// The function that runs.
    pub closure: Gc<Closure>,
    /// The instruction it is at.
    pub pc: u32,
    /// Whether a tail call made it.
    pub tail_called: bool,
    /// The place of its first register, which in a debuggable function is the first slot.
    pub registers: u64,
    /// The step that it is at.
    pub step: u32,
    /// Whether it has called a function, other than by a hook or a metamethod.
    pub is_calling: bool,
    /// How many variable arguments lie right below it.
    pub vararg_count: u64,
    /// The frame below it in the same run of the interpreter, which called it; `None` where a stub
    /// frame did.
    pub previous: Option<u64>,
}

/// Facts about a function of tier 0. The names live as long as the function.
#[derive(Clone, Copy, Debug)]
pub struct Tier0Function {
    /// The chunk's name as `load` takes it.
    pub chunk_name: &'static [u8],
    /// The line of `function`; 0 for a main chunk.
    pub line_defined: u32,
    /// The line of `end`.
    pub last_line_defined: u32,
    /// How many fixed parameters it has.
    pub param_count: u32,
    /// Whether it takes more.
    pub is_vararg: bool,
    /// How many upvalues it has.
    pub upvalue_count: u32,
}
