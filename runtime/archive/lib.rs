//! The runtime archive: what every executable links. A thin wrapper around the runtime's crates,
//! with what only a final program may have: `main`, the allocator, the panic handler.
//!
//! Built by the compiler's `build.rs`, not by cargo: as a workspace member it would bring its
//! panic handler into every test.

#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use abi::module::{ModuleDescriptor, StatsTable, module_flags};
use runtime::state::State;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn realloc(old: *mut c_void, size: usize) -> *mut c_void;
    fn free(old: *mut c_void);
    fn posix_memalign(place: *mut *mut c_void, align: usize, size: usize) -> c_int;
    fn write(file: c_int, bytes: *const c_void, count: usize) -> isize;
    fn abort() -> !;
    fn atexit(function: extern "C" fn()) -> c_int;

    /// The program's module, from the object that the compiler wrote.
    static perilune_module: ModuleDescriptor;
}

/// What an object of this ABI's version refers to, so that another archive fails to link.
#[unsafe(no_mangle)]
pub static perilune_abi_8: u8 = 1;

/// What malloc aligns to on every 64-bit target.
const MALLOC_ALIGN: usize = 16;

struct CAllocator;

// SAFETY: the C library's allocator, with its alignment looked after.
unsafe impl GlobalAlloc for CAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGN {
            // SAFETY: malloc takes any size.
            return unsafe { malloc(layout.size()) }.cast();
        }
        let mut place = ptr::null_mut();
        // SAFETY: `place` is ours, and a layout's alignment is a power of two.
        match unsafe { posix_memalign(&mut place, layout.align(), layout.size()) } {
            0 => place.cast(),
            _ => ptr::null_mut(),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGN {
            // SAFETY: calloc takes any size.
            return unsafe { calloc(1, layout.size()) }.cast();
        }
        // SAFETY: as the caller's duties.
        let place = unsafe { self.alloc(layout) };
        if !place.is_null() {
            // SAFETY: just allocated with this size.
            unsafe { ptr::write_bytes(place, 0, layout.size()) };
        }
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, _: Layout) {
        // SAFETY: it came from malloc or posix_memalign.
        unsafe { free(place.cast()) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGN {
            // SAFETY: it came from malloc.
            return unsafe { realloc(place.cast(), size) }.cast();
        }
        // SAFETY: the new layout is valid, as the caller promises.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(place, new, size.min(layout.size()));
                self.dealloc(place, layout);
            }
            new
        }
    }
}

#[global_allocator]
static ALLOCATOR: CAllocator = CAllocator;

/// A panic is a bug of the runtime. It says where, without the weight of formatting.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let say = |text: &[u8]| {
        // SAFETY: the bytes are there; nothing can be done about a failure.
        unsafe { write(2, text.as_ptr().cast(), text.len()) };
    };
    say(b"perilune: internal error in the runtime");
    if let Some(place) = info.location() {
        say(b" at ");
        say(place.file().as_bytes());
        say(b":");
        let mut digits = [0u8; 10];
        let mut line = place.line();
        let mut at = digits.len();
        while line > 0 {
            at -= 1;
            digits[at] = b'0' + (line % 10) as u8;
            line /= 10;
        }
        say(&digits[at..]);
    }
    say(b"\n");
    // SAFETY: ends the process.
    unsafe { abort() }
}

/// The prebuilt `core` and `alloc` are compiled for unwinding and refer to it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

// Weak, since a static C library brings its own.
#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(".weak _Unwind_Resume", "_Unwind_Resume:", "ud2");
#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(".weak _Unwind_Resume", "_Unwind_Resume:", "brk #1");

/// The program's start.
#[unsafe(no_mangle)]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    // SAFETY: the object that the compiler wrote defines it, and nothing changes it.
    let module = unsafe { &perilune_module };
    if module.stats != 0 {
        // SAFETY: the field holds the address of a table or 0; `start` is the address of `pl_stats`.
        unsafe {
            let table = module.stats as *const StatsTable;
            core::mem::transmute::<*const (), extern "C" fn()>((*table).start as *const ())();
        }
    }
    // SAFETY: `argv` has `argc` strings, which stay.
    let args = unsafe { runtime::standalone::Arguments::new(argc, argv) };
    let options = runtime::state::Options {
        gc_stress: module.flags & module_flags::GC_STRESS != 0,
        gc_verify: module.flags & module_flags::GC_VERIFY != 0,
        ..Default::default()
    };
    // The first argument is the program itself, or the file that a runner runs.
    let runner = module.flags & module_flags::RUNNER != 0;
    runtime::standalone::run_with(args, usize::from(runner), options, |state, file| {
        // SAFETY: the compiler wrote the descriptor for this target, and this is the only state.
        let main = unsafe { state.register_module(module) }?;
        let entries = state.modules[0].library_entries();
        runtime::stdlib::open(state, entries.into_iter())?;
        if module.dynamic != 0 {
            // SAFETY: the field holds the address of `pl_dynamic` or 0.
            let install: extern "C" fn(&mut State) =
                unsafe { core::mem::transmute(module.dynamic as *const ()) };
            install(state);
        }
        if runner {
            return state.load_file(Some(file), b"bt", None);
        }
        Ok(main)
    })
}

/// Gives a state the ability to load code. Only objects whose program can reach `load` or its like
/// refer to it; the others link neither front end nor tier 0.
#[unsafe(no_mangle)]
extern "C" fn pl_dynamic(state: &mut State) {
    tier0::install(state);
}

/// Has the counts of entries into the runtime printed when the process ends, however it does. Only
/// objects that count refer to it.
#[unsafe(no_mangle)]
extern "C" fn pl_stats() {
    extern "C" fn print() {
        // SAFETY: the compiler wrote the descriptor, and the program has ended.
        unsafe { runtime::stats::print(&perilune_module) };
    }
    // SAFETY: takes a function that stays. If there is no room for it, nothing is printed.
    unsafe { atexit(print) };
}
