//! The frames of a coroutine: those on its machine stack for the collector, and the functions they
//! stand for, innermost first, for messages and tracebacks.
//!
//! The walk starts where Lua code left for the runtime (`exit_frame`, `exit_pc`). Compiled frames,
//! stubs and coroutine bases form an unbroken chain; where Rust called Lua, the chain goes on at
//! the exit that the trampoline's record kept. Rust frames are never looked at.
#![expect(unsafe_code, reason = "reads machine stacks")]

use abi::context::{CoroutineWords, Record, StubFrame, record_kind};
use abi::module::{DebugFrame, Site, name_kind, root_kind};
use abi::object::proto_flags;
use abi::value::RawValue;

use crate::closure::Closure;
use crate::coroutine::Thread;
use crate::debugging::NativeCall;
use crate::gc::{Any, Gc};
use crate::hooks::{NO_FRAME, Tier0Hooks};
use crate::machine::{self, Label};
use crate::module::Module;
use crate::state::State;
use crate::string::Str;
use crate::value::Value;

mod locals;
pub(crate) use locals::Found;

/// A frame on the machine stack.
enum Native<'s> {
    /// Of compiled code.
    Compiled {
        module: &'s Module,
        site: &'static Site,
        /// The stack pointer at the call it is in.
        sp: u64,
    },
    /// Of a stub. The one that is `running` does not wait for a call.
    Stub { frame: *const StubFrame, running: bool },
    /// Rust called what is inside.
    Trampoline(NativeCall),
}

/// A walk over the machine stack of one coroutine.
struct Walk<'s> {
    state: &'s State,
    frame: u64,
    pc: u64,
    record: u64,
    at_exit: bool,
}

impl State {
    fn words_of(&self, thread: Gc<Thread>) -> CoroutineWords {
        if thread == self.current_thread() { self.ctx.co } else { thread.words() }
    }

    fn walk(&self, thread: Gc<Thread>) -> Walk<'_> {
        let words = self.words_of(thread);
        Walk {
            state: self,
            frame: words.exit_frame,
            pc: words.exit_pc,
            record: words.record,
            at_exit: thread == self.current_thread(),
        }
    }
}

impl<'s> Iterator for Walk<'s> {
    type Item = Native<'s>;

    fn next(&mut self) -> Option<Native<'s>> {
        if self.pc == 0 {
            return None;
        }
        let (frame, pc) = (self.frame, self.pc);
        let running = core::mem::take(&mut self.at_exit);
        let native = match machine::label(pc) {
            Some(Label::CoroutineBase) => {
                self.pc = 0;
                return None;
            }
            Some(Label::Trampoline) => {
                let call = self.leave_trampoline();
                return Some(Native::Trampoline(call));
            }
            Some(Label::Stub) => {
                Native::Stub { frame: machine::stub_frame(frame) as *const StubFrame, running }
            }
            None => {
                let found = self.state.module_of(pc).and_then(|module| {
                    let site = module.site(pc)?;
                    Some((module, site))
                });
                let Some((module, site)) = found else {
                    debug_assert!(false, "no site at {pc:#x}");
                    self.pc = 0;
                    return None;
                };
                let sp = machine::stack_pointer_of(frame, site.frame_size);
                Native::Compiled { module, site, sp }
            }
        };
        // SAFETY: `frame` is that of a live frame of one of the kinds that keep the chain.
        (self.frame, self.pc) = unsafe { machine::caller_of(frame) };
        Some(native)
    }
}

impl Walk<'_> {
    /// Goes on at the exit that the innermost trampoline's record kept.
    fn leave_trampoline(&mut self) -> NativeCall {
        self.pc = 0;
        while self.record != 0 {
            // SAFETY: the chain of records lies in live frames.
            let record = unsafe { *(self.record as *const Record) };
            self.record = record.previous;
            if record.kind == record_kind::TRAMPOLINE {
                (self.frame, self.pc) = (record.exit_frame, record.exit_pc);
                return self.state.debugging.native_call(record.system_sp);
            }
        }
        NativeCall::Plain
    }
}

// Roots.

impl State {
    /// Visits the roots in the context itself.
    pub(crate) fn visit_context_roots(&self, visit: &mut dyn FnMut(Gc<Any>)) {
        let ctx = &self.ctx;
        visit_raw(ctx.error, visit);
        // SAFETY: as many values as are live lie in the buffers; the thread is one or 0.
        unsafe {
            visit_range(ctx.args, 0, ctx.arg_live, visit);
            visit_range(ctx.rets, 1, ctx.ret_live, visit);
            if let Some(thread) = Gc::<Thread>::from_raw_or_null(ctx.co.thread) {
                visit(thread.erase());
            }
        }
    }

    /// Visits the roots that a thread holds: its stacks, and what it refers to.
    pub(crate) fn visit_thread_roots(&self, thread: Gc<Thread>, visit: &mut dyn FnMut(Gc<Any>)) {
        if let Some(object) = thread.kept_value().as_any() {
            visit(object);
        }
        if let Some(resumer) = thread.resumer() {
            visit(resumer.erase());
        }
        let words = self.words_of(thread);
        self.clear_dead_registers(thread, words.stack);
        visit_raw(thread.nesting().handler, visit);
        // SAFETY: that many values are in use.
        unsafe {
            visit_range(words.stack, 0, words.stack_top, visit);
            visit_range(words.tbc, 0, words.tbc_top, visit);
        }
        let mut record = words.record;
        while record != 0 {
            // SAFETY: the chain of records lies in live frames.
            let current = unsafe { *(record as *const Record) };
            visit_raw(current.handler, visit);
            record = current.previous;
        }
        for native in self.walk(thread) {
            match native {
                Native::Compiled { module, site, sp } => visit_compiled(module, site, sp, visit),
                Native::Stub { frame, .. } => visit_stub(frame, visit),
                Native::Trampoline(_) => {}
            }
        }
    }
}

impl State {
    /// Has tier 0 clear what its frames on this coroutine's value stack no longer need.
    fn clear_dead_registers(&self, thread: Gc<Thread>, stack: u64) {
        let Some(tier0) = self.hooks.tier0 else { return };
        for native in self.walk(thread) {
            let Native::Stub { frame, running } = native else { continue };
            // SAFETY: a stub's frame is filled in before anything can look at it, and its closure
            // is alive or 0.
            let (stub, closure) =
                unsafe { (*frame, Gc::<Closure>::from_raw_or_null((*frame).closure)) };
            if closure.is_some_and(|closure| closure.proto().is_tier0()) {
                let frame = if running { self.hooks.tier0_frame } else { stub.aux[0] };
                if frame != NO_FRAME {
                    (tier0.clear_dead)(stack, frame);
                }
            }
        }
    }
}

fn visit_raw(raw: RawValue, visit: &mut dyn FnMut(Gc<Any>)) {
    // SAFETY: callers pass places that hold values.
    if let Some(object) = unsafe { Value::from_raw(raw) }.as_any() {
        visit(object);
    }
}

/// # Safety
///
/// `count` values lie at `buffer`.
unsafe fn visit_range(buffer: u64, start: u64, count: u64, visit: &mut dyn FnMut(Gc<Any>)) {
    for index in start..count {
        // SAFETY: as the caller promises.
        visit_raw(unsafe { *(buffer as *const RawValue).add(index as usize) }, visit);
    }
}

fn visit_compiled(module: &Module, site: &Site, sp: u64, visit: &mut dyn FnMut(Gc<Any>)) {
    for (offset, kind) in module.roots(site) {
        let place = sp + u64::from(offset);
        // SAFETY: the site says what lies there while its call runs.
        unsafe {
            match kind {
                root_kind::VALUE => visit_raw(*(place as *const RawValue), visit),
                root_kind::POINTER | root_kind::CLOSURE => {
                    if let Some(object) = Gc::<Any>::from_raw_or_null(*(place as *const u64)) {
                        visit(object);
                    }
                }
                _ => {}
            }
        }
        if kind == root_kind::CLOSURE && module.is_debuggable(site.function) {
            visit_slots(module, site, place, visit);
        }
    }
}

/// Visits the slots of a debuggable function that are in use. The others are made nil: they may
/// come into use again without being set.
#[cold]
fn visit_slots(module: &Module, site: &Site, place: u64, visit: &mut dyn FnMut(Gc<Any>)) {
    let Some(table) = module.debug_table(site.function) else { return };
    let slots: *mut RawValue = (place as *mut DebugFrame).wrapping_add(1).cast();
    let in_use = module.slots_in_use(site) >> 1;
    for index in 0..table.slots {
        // SAFETY: so many slots lie there, which hold values since the function was entered.
        unsafe {
            let slot = slots.add(index as usize);
            if index < in_use {
                visit_raw(*slot, visit);
            } else {
                *slot = RawValue::NIL;
            }
        }
    }
}

fn visit_stub(frame: *const StubFrame, visit: &mut dyn FnMut(Gc<Any>)) {
    // SAFETY: a stub's frame is filled in before anything can look at it.
    unsafe {
        if let Some(closure) = Gc::<Any>::from_raw_or_null((*frame).closure) {
            visit(closure);
        }
        if (*frame).continuation > abi::context::continuation::LAST {
            for value in (*frame).values {
                visit_raw(value, visit);
            }
        }
    }
}

// Functions.

/// What kind of function a frame is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// A main chunk.
    Main,
    /// Another Lua function.
    Lua,
    /// A library function: "C" in the reference's messages.
    Library,
}

/// A function that is being called. Names and texts live as long as their module.
#[derive(Clone, Debug)]
pub struct FrameInfo {
    /// The function; `None` where compiled code does not keep it.
    pub closure: Option<Gc<Closure>>,
    /// What it is.
    pub kind: FunctionKind,
    /// The chunk's name as `load` takes it; `=[C]` for library functions.
    pub chunk_name: &'static [u8],
    /// The line it is at, or 0; -1 as a number with a sign where it was stripped of its lines.
    pub line: u32,
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
    /// Whether a tail call made it.
    pub tail_called: bool,
    /// What the code that called it calls it: a [`name_kind`] (or [`METAMETHOD`]) and the name.
    pub name: Option<(u32, &'static [u8])>,
    /// Whether its debug hook is what it is calling.
    pub hooked: bool,
    /// The frame's position, for [`FrameInfo::operand_name`].
    position: Position,
}

/// A kind of name beside those of [`name_kind`]: `metamethod 'add'`.
pub const METAMETHOD: u32 = 32;
/// Likewise: `hook '?'`.
pub const HOOK: u32 = 33;

#[derive(Clone, Copy, Debug)]
enum Position {
    Compiled {
        module: usize,
        site: &'static Site,
        closure: Option<Gc<Closure>>,
        /// Where the frame has it.
        place: u64,
        tail_called: bool,
        /// The coroutine's value stack.
        stack: u64,
    },
    Tier0 {
        hooks: &'static Tier0Hooks,
        stack: u64,
        frame: u64,
    },
    Library {
        closure: Gc<Closure>,
        tail_called: bool,
        /// The coroutine's value stack, and where and how many the arguments are.
        stack: u64,
        base: u64,
        count: u64,
    },
    /// A runtime function calls the metamethod with this name, or 0.
    Runtime {
        event: u64,
    },
    /// Rust calls.
    Native(NativeCall),
}

/// The functions being called in a coroutine, innermost first.
pub struct Frames<'s> {
    state: &'s State,
    walk: Walk<'s>,
    /// The coroutine's value stack, where the frames of tier 0 lie, and how much of it is in use.
    stack: u64,
    stack_top: u64,
    /// The next frame of tier 0 in the run that the walk is at.
    tier0: Option<(&'static Tier0Hooks, u64)>,
    current: Option<Position>,
    /// The function that comes next is at its hook.
    hooked: bool,
}

impl State {
    /// The functions being called in `thread`, innermost first.
    pub fn frames(&self, thread: Gc<Thread>) -> Frames<'_> {
        let CoroutineWords { stack, stack_top, .. } = self.words_of(thread);
        let walk = self.walk(thread);
        let (tier0, current) = (None, None);
        let mut frames =
            Frames { state: self, walk, stack, stack_top, tier0, current, hooked: false };
        frames.current = frames.position();
        frames
    }

    /// The function at `level` of the running coroutine: 0 is the innermost.
    pub fn frame_at(&self, level: usize) -> Option<FrameInfo> {
        self.frames(self.current_thread()).nth(level)
    }

    /// What the operation that the running Lua function is at calls its operand.
    pub(crate) fn operand_name(&self, operand: u32) -> Option<(u32, &'static [u8])> {
        let mut frames = self.frames(self.current_thread());
        frames.skip_to(0);
        frames.current?.name(self, operand)
    }

    /// The chunk's name and the line, or 0, of the function at `level` of the running coroutine.
    pub(crate) fn line_at(&self, level: usize) -> Option<(&'static [u8], u32)> {
        let mut frames = self.frames(self.current_thread());
        frames.skip_to(level);
        Some(match frames.current? {
            // Without the rest of what there is to know, as errors are thrown often.
            Position::Compiled { module, site, .. } => {
                let module = &self.modules[module];
                (module.chunk_name(module.functions().get(site.function as usize)?), site.line)
            }
            position => {
                let info = position.info(self)?;
                (info.chunk_name, info.line)
            }
        })
    }
}

impl Frames<'_> {
    /// The next position of the walk, those between functions included.
    fn position(&mut self) -> Option<Position> {
        if let Some((hooks, frame)) = self.tier0 {
            let info = (hooks.frame)(self.stack, frame);
            self.tier0 = info.previous.map(|previous| (hooks, previous));
            return Some(Position::Tier0 { hooks, stack: self.stack, frame });
        }
        Some(match self.walk.next()? {
            Native::Compiled { module, site, sp } => self.compiled(module, site, sp),
            Native::Trampoline(call) => Position::Native(call),
            Native::Stub { frame, running } => {
                // SAFETY: a stub's frame is filled in before anything can look at it.
                let stub = unsafe { *frame };
                // SAFETY: 0, or the closure that runs.
                let closure = unsafe { Gc::<Closure>::from_raw_or_null(stub.closure) };
                let Some(closure) = closure else {
                    return Some(Position::Runtime { event: stub.desc });
                };
                let hooks = self.state.hooks;
                match hooks.tier0 {
                    Some(tier0) if closure.proto().flags() & proto_flags::TIER0 != 0 => {
                        let frame = if running { hooks.tier0_frame } else { stub.aux[0] };
                        self.tier0 = (frame != NO_FRAME).then_some((tier0, frame));
                        return self.position();
                    }
                    _ => Position::Library {
                        closure,
                        tail_called: stub.desc & abi::call::TAIL_CALLED != 0,
                        stack: self.stack,
                        base: stub.base,
                        // There are none while another coroutine runs.
                        count: stub.count.min(self.stack_top.saturating_sub(stub.base)),
                    },
                }
            }
        })
    }

    fn compiled(&self, module: &Module, site: &'static Site, sp: u64) -> Position {
        let mut closure = None;
        let mut closure_at = 0;
        let mut tail_called = false;
        for (offset, kind) in module.roots(site) {
            let place = (sp + u64::from(offset)) as *const u64;
            // SAFETY: the site says what lies there while its call runs.
            unsafe {
                match kind {
                    root_kind::CLOSURE => {
                        closure_at = place as u64;
                        closure = Gc::from_raw_or_null(*place);
                    }
                    root_kind::DESC => tail_called = *place & abi::call::TAIL_CALLED != 0,
                    _ => {}
                }
            }
        }
        let module = self.state.modules.iter().position(|other| core::ptr::eq(other, module));
        Position::Compiled {
            module: module.unwrap_or(0),
            site,
            closure,
            place: closure_at,
            tail_called,
            stack: self.stack,
        }
    }
}

impl Frames<'_> {
    /// Goes on to the function `count` functions further out.
    fn skip_to(&mut self, count: usize) {
        let mut count = count;
        while let Some(position) = self.current {
            if position.is_function() {
                if count == 0 {
                    return;
                }
                count -= 1;
            }
            self.hooked = position.is_at_hook();
            self.current = self.position();
        }
    }
}

impl Iterator for Frames<'_> {
    type Item = FrameInfo;

    fn nth(&mut self, count: usize) -> Option<FrameInfo> {
        self.skip_to(count);
        self.next()
    }

    fn next(&mut self) -> Option<FrameInfo> {
        loop {
            let current = self.current?;
            let caller = self.position();
            self.current = caller;
            let hooked = core::mem::replace(&mut self.hooked, current.is_at_hook());
            let Some(mut info) = current.info(self.state) else { continue };
            info.hooked = hooked;
            if !info.tail_called {
                info.name = caller.and_then(|caller| caller.callee_name(self.state));
            }
            return Some(info);
        }
    }
}

impl Position {
    fn is_function(self) -> bool {
        !matches!(self, Position::Runtime { .. } | Position::Native(_))
    }

    fn is_at_hook(self) -> bool {
        matches!(self, Position::Native(NativeCall::Hook))
    }

    fn info(self, state: &State) -> Option<FrameInfo> {
        match self {
            Position::Compiled { module, site, closure, tail_called, .. } => {
                let module = &state.modules[module];
                let function = module.functions().get(site.function as usize)?;
                Some(FrameInfo {
                    closure,
                    kind: if function.line_defined == 0 {
                        FunctionKind::Main
                    } else {
                        FunctionKind::Lua
                    },
                    chunk_name: module.chunk_name(function),
                    line: site.line,
                    line_defined: function.line_defined,
                    last_line_defined: function.last_line_defined,
                    param_count: function.param_count,
                    is_vararg: function.flags & u32::from(proto_flags::VARARG) != 0,
                    upvalue_count: function.upvalue_count,
                    tail_called,
                    name: None,
                    hooked: false,
                    position: self,
                })
            }
            Position::Tier0 { hooks, stack, frame } => {
                let frame = (hooks.frame)(stack, frame);
                let data = frame.closure.proto().get().data;
                let function = (hooks.function)(data);
                let main = function.line_defined == 0;
                Some(FrameInfo {
                    closure: Some(frame.closure),
                    kind: if main { FunctionKind::Main } else { FunctionKind::Lua },
                    chunk_name: function.chunk_name,
                    line: (hooks.line)(data, frame.pc, frame.step),
                    line_defined: function.line_defined,
                    last_line_defined: function.last_line_defined,
                    param_count: function.param_count,
                    is_vararg: function.is_vararg,
                    upvalue_count: function.upvalue_count,
                    tail_called: frame.tail_called,
                    name: None,
                    hooked: false,
                    position: self,
                })
            }
            Position::Library { closure, tail_called, .. } => Some(FrameInfo {
                closure: Some(closure),
                kind: FunctionKind::Library,
                chunk_name: b"=[C]",
                line: 0,
                line_defined: 0,
                last_line_defined: 0,
                param_count: 0,
                is_vararg: true,
                upvalue_count: closure.upvalue_count() as u32,
                tail_called,
                name: None,
                hooked: false,
                position: self,
            }),
            Position::Runtime { .. } | Position::Native(_) => None,
        }
    }

    fn callee_name(self, state: &State) -> Option<(u32, &'static [u8])> {
        match self {
            Position::Runtime { event } => {
                // SAFETY: 0, or the name of a metamethod, which lives as long as the state.
                let name = unsafe { Gc::<Str>::from_raw_or_null(event)?.as_ptr().as_ref()? };
                Some((METAMETHOD, name.as_bytes().strip_prefix(b"__")?))
            }
            Position::Native(NativeCall::Hook) => Some((HOOK, b"?")),
            Position::Native(NativeCall::Finalizer) => Some((METAMETHOD, b"__gc")),
            _ => self.name(state, name_kind::CALLEE),
        }
    }

    fn name(self, state: &State, operand: u32) -> Option<(u32, &'static [u8])> {
        let (kind, name) = match self {
            Position::Compiled { module, site, .. } => state.modules[module]
                .names(site)
                .find(|name| name.operand == operand)
                .map(|name| (name.kind, name.name))?,
            Position::Tier0 { hooks, stack, frame } => {
                let frame = (hooks.frame)(stack, frame);
                (hooks.name)(frame.closure.proto().get().data, frame.pc, operand)?
            }
            _ => return None,
        };
        // As in the reference, where names are C strings.
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        Some((kind, &name[..end]))
    }
}

impl FrameInfo {
    /// A Lua function?
    pub fn is_lua(&self) -> bool {
        self.kind != FunctionKind::Library
    }

    /// What the operation that the frame is at calls its operand.
    pub fn operand_name(&self, state: &State, operand: u32) -> Option<(u32, &'static [u8])> {
        self.position.name(state, operand)
    }

    /// Whether `function` is the function of this frame, or one made of the same prototype when
    /// the frame does not say.
    pub fn is_of(&self, state: &State, function: Gc<Closure>) -> bool {
        match (self.closure, self.position) {
            (Some(closure), _) => closure == function,
            (None, Position::Compiled { module, site, .. }) => {
                state.modules[module].proto(site.function) == function.proto()
            }
            _ => false,
        }
    }
}
