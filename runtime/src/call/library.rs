//! Libraries: tables of functions that lie ready in the executable's read-only data.
//!
//! A library function is a static closure with an exported symbol of its own, so that an executable
//! links only those that its program can reach.

use core::ffi::{CStr, c_char};
use core::fmt;

use abi::object::{ClosureHeader, ObjectHeader, Proto, closure_flags, gc, kind, proto_flags};

use crate::call::{LibraryFn, QuickFn};
use crate::closure::{self, Closure};
use crate::gc::Gc;

/// A library.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The name of its table: `_G`, `string`, ...
    pub name: &'static str,
    /// Its functions, in the manual's order.
    pub functions: &'static [LibraryFunction],
    /// What adds to the table what is no function, called with the table. It has no name.
    pub opener: Option<LibraryFunction>,
}

/// A function of a library.
#[derive(Clone, Copy, Debug)]
pub struct LibraryFunction {
    /// Its name in the table.
    pub name: &'static str,
    /// The symbol of its closure.
    pub symbol: &'static str,
    /// Its closure.
    pub closure: &'static StaticClosure,
}

/// An entry by the generic convention, in assembly.
pub type Entry = unsafe extern "C" fn();

/// A prototype in read-only data: an [`abi::object::Proto`] whose addresses are known to the linker.
#[repr(C)]
pub struct StaticProto {
    header: ObjectHeader,
    code: Entry,
    data: LibraryFn,
    module: u64,
    index: u32,
    param_count: u32,
    name: *const c_char,
    /// Behind what every prototype has.
    quick: Option<QuickFn>,
}

// SAFETY: nobody writes to it, and the name points at a constant.
unsafe impl Sync for StaticProto {}

/// A closure in read-only data: an [`abi::object::ClosureHeader`] without upvalues.
#[repr(C)]
pub struct StaticClosure {
    header: ObjectHeader,
    code: Entry,
    proto: &'static StaticProto,
}

const _: () = assert!(core::mem::offset_of!(StaticProto, quick) == size_of::<Proto>());
const _: () = assert!(size_of::<StaticClosure>() == size_of::<ClosureHeader>());

impl StaticProto {
    /// For the macro `library`.
    pub const fn new(code: Entry, data: LibraryFn, name: &'static CStr) -> StaticProto {
        StaticProto::with_upvalues(code, data, name, 0)
    }

    /// Of closures with upvalues, which are made at run time.
    pub const fn with_upvalues(
        code: Entry,
        data: LibraryFn,
        name: &'static CStr,
        upvalue_count: u32,
    ) -> StaticProto {
        let header = ObjectHeader {
            kind: kind::PROTO,
            gc: gc::STATIC,
            flags: proto_flags::LIBRARY | proto_flags::VARARG,
            extra: 0,
            aux: upvalue_count,
        };
        let (module, index, param_count) = (0, 0, 0);
        let name = name.as_ptr();
        StaticProto { header, code, data, module, index, param_count, name, quick: None }
    }
}

impl StaticProto {
    /// With the form that the entry [`super::QUICK_ENTRY`] tries first.
    pub const fn with_quick(mut self, quick: QuickFn) -> StaticProto {
        self.quick = Some(quick);
        self
    }

    pub(super) const fn quick(&self) -> Option<QuickFn> {
        self.quick
    }

    /// The prototype, for [`State::new_closure`].
    pub fn get(&'static self) -> Gc<closure::Proto> {
        // SAFETY: it has the layout of a prototype, and the bit STATIC keeps everybody from
        // writing.
        unsafe { Gc::from_raw(core::ptr::from_ref(self) as u64) }
    }
}

impl StaticClosure {
    /// For the macro `library`.
    pub const fn new(code: Entry, proto: &'static StaticProto) -> StaticClosure {
        let header = ObjectHeader {
            kind: kind::FUNCTION,
            gc: gc::STATIC,
            flags: closure_flags::LIBRARY,
            extra: 0,
            aux: 0,
        };
        StaticClosure { header, code, proto }
    }

    /// With further bits of [`closure_flags`].
    pub const fn with_flags(mut self, flags: u8) -> StaticClosure {
        self.header.flags |= flags;
        self
    }

    /// The function value.
    pub fn get(&'static self) -> Gc<Closure> {
        // SAFETY: it has the layout of a closure, and the bit STATIC keeps everybody from writing.
        unsafe { Gc::from_raw(core::ptr::from_ref(self) as u64) }
    }
}

impl fmt::Debug for StaticClosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticClosure").finish_non_exhaustive()
    }
}

impl fmt::Debug for StaticProto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticProto").finish_non_exhaustive()
    }
}

/// Makes a static closure: `static_closure! { pub NEXT: "next" as "symbol" => next }`. The symbol
/// is optional, and so is an entry of its own in assembly, `via entry` behind a comma.
#[macro_export]
macro_rules! static_closure {
    ($(#[$doc:meta])* $vis:vis $closure:ident: $name:literal $(as $symbol:expr)? => $function:path
        $(, via $entry:path)?) => {
        $(#[$doc])*
        #[allow(unsafe_code, reason = "the linker finds the function by its symbol")]
        $(#[unsafe(export_name = $symbol)])?
        #[doc = concat!("The function `", $name, "`.")]
        $vis static $closure: $crate::call::StaticClosure = {
            static PROTO: $crate::call::StaticProto = $crate::call::StaticProto::new(
                $crate::library!(@entry $($entry)?),
                $function,
                match core::ffi::CStr::from_bytes_with_nul(concat!($name, "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => c"?",
                },
            );
            $crate::call::StaticClosure::new($crate::library!(@entry $($entry)?), &PROTO)
        };
    };
}

/// Makes the [`Library`] of a file: `library! { "math", { floor => floor; ... } values }`. Each
/// function's closure is exported as `pl_lib_math_floor`. `values`, which is optional, becomes the
/// library's opener, `pl_lib_math_`. A function with a quick form (see `quick`) says `next => next,
/// quick::next;`, one with an assembly entry of its own says
/// `pcall => pcall | entry;`, and one whose closure is a static that has a name (made by
/// `library_closure`) `next => next = NEXT;`.
#[macro_export]
macro_rules! library {
    ($library:literal, {
        $($name:ident => $function:path $(, $quick:path)? $(| $entry:path)? $(= $closure:path)?;)*
    } $($values:path)?) => {
        /// The library of this file.
        pub static LIBRARY: $crate::call::Library = $crate::call::Library {
            name: $library,
            functions: &[$(
                $crate::call::LibraryFunction {
                    name: stringify!($name),
                    symbol: concat!("pl_lib_", $library, "_", stringify!($name)),
                    closure: $crate::library!(
                        @closure concat!("pl_lib_", $library, "_", stringify!($name)),
                        concat!(stringify!($name), "\0"), $function, [$($entry)?], [$($quick)?],
                        [$($closure)?]
                    ),
                },
            )*],
            opener: $crate::library!(@opener $library [$($values)?]),
        };
    };
    (@closure $symbol:expr, $name:expr, $function:path, [$($entry:path)?], [$($quick:path)?],
        [$closure:path]) => {
        &$closure
    };
    (@closure $symbol:expr, $name:expr, $function:path, [$($entry:path)?], [$($quick:path)?],
        []) => {{
        $crate::library_closure!(
            CLOSURE, $symbol, $name, $function, [$($entry)?], [$($quick)?]
        );
        &CLOSURE
    }};
    (@opener $library:literal []) => { None };
    (@opener $library:literal [$values:path]) => {
        Some($crate::call::LibraryFunction {
            name: "",
            symbol: concat!("pl_lib_", $library, "_"),
            closure: {
                fn open(
                    call: &mut $crate::call::Call<'_>,
                ) -> Result<$crate::call::Step<()>, $crate::error::Raised> {
                    let table = call.check_table(1)?;
                    $values(call.state, table)?;
                    call.ret0()
                }
                $crate::library!(
                    @closure concat!("pl_lib_", $library, "_"), "?\0", open, [], [], []
                )
            },
        })
    };
}

/// Makes a static closure: its Rust name, its symbol, the function's name with a NUL at its end,
/// the function, in brackets its entry, if that is one of its own, and its quick form, if it has one,
/// and further bits of [`closure_flags`](abi::object::closure_flags).
#[macro_export]
macro_rules! library_closure {
    ($vis:vis $closure:ident, $symbol:expr, $name:expr, $function:path, [$($entry:path)?]
        $(, [$($quick:path)?] $(, $flags:expr)?)?) => {
        #[allow(unsafe_code, reason = "the linker finds the function by its symbol")]
        #[unsafe(export_name = $symbol)]
        $vis static $closure: $crate::call::StaticClosure = {
            static PROTO: $crate::call::StaticProto = $crate::call::StaticProto::new(
                $crate::library_closure!(@entry [$($entry)?] [$($($quick)?)?]),
                $function,
                match core::ffi::CStr::from_bytes_with_nul($name.as_bytes()) {
                    Ok(name) => name,
                    Err(_) => c"?",
                },
            )
            $($(.with_quick($quick))?)?;
            $crate::call::StaticClosure::new(
                $crate::library_closure!(@entry [$($entry)?] [$($($quick)?)?]),
                &PROTO,
            )
            $($(.with_flags($flags))?)?
        };
    };
    (@entry [] []) => { $crate::call::LIBRARY_ENTRY };
    (@entry [$entry:path] []) => { $entry };
    (@entry [] [$quick:path]) => { $crate::call::QUICK_ENTRY };
}
