//! What an object file exports: one module descriptor, through which the runtime finds
//! everything else.
//!
//! The descriptor has a handful of addresses and otherwise 32-bit offsets from the start of
//! `tables`, a read-only blob in the target's byte order. All code of an object is one text
//! section; code positions are 32-bit offsets from `code`.

/// Raised by every change of a layout or a meaning. The runtime refuses other versions, and an
/// object refers to the symbol [`VERSION_SYMBOL`], so that a stale archive fails at link time.
pub const ABI_VERSION: u32 = 8;
/// Defined by the runtime archive.
pub const VERSION_SYMBOL: &str = "perilune_abi_8";
/// The name of the main module's descriptor.
pub const DESCRIPTOR_SYMBOL: &str = "perilune_module";
/// The archive's function that gives a state the ability to load code.
pub const DYNAMIC_SYMBOL: &str = "pl_dynamic";
/// The archive's function that has the counts of [`StatsTable`] printed when the process ends.
pub const STATS_SYMBOL: &str = "pl_stats";
/// [`ModuleDescriptor::magic`]
pub const MAGIC: u32 = 0x4c75_6e61;

/// See the module's head. Exported as [`DESCRIPTOR_SYMBOL`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ModuleDescriptor {
    /// [`MAGIC`] in the target's byte order.
    pub magic: u32,
    /// [`ABI_VERSION`]
    pub abi_version: u32,
    /// Bits of [`module_flags`].
    pub flags: u32,
    /// The language edition: 54 or 55.
    pub edition: u32,
    /// Where the code begins.
    pub code: u64,
    /// How long it is.
    pub code_size: u64,
    /// The static data: see [`StaticLayout`]. In the model `instance` 0; each state gets its own.
    pub statics: u64,
    /// The tables.
    pub tables: u64,
    /// The [`LibraryEntry`]s of the library functions that the program can reach; 0: none.
    pub libraries: u64,
    /// How many of them there are.
    pub library_count: u32,
    /// How many functions the module has. Function 0 is the main chunk.
    pub function_count: u32,
    /// Offset of the array of [`FunctionInfo`].
    pub functions: u32,
    /// How many [`Site`]s there are.
    pub site_count: u32,
    /// Offset of the array of [`Site`], sorted by `return_offset`.
    pub sites: u32,
    /// How many constant strings there are.
    pub string_count: u32,
    /// Offset of the array of [`StringRef`]: constant strings, then all other names.
    pub strings: u32,
    /// How many global cells there are.
    pub global_count: u32,
    /// Offset of the array of `u32`: for each global cell the index of its name in `strings`.
    pub globals: u32,
    /// How many bundled modules (`package.preload`) there are.
    pub preload_count: u32,
    /// Offset of the array of [`Preload`].
    pub preloads: u32,
    /// How many words the inline caches take.
    pub cache_count: u32,
    /// Offset of the records of the functions for `string.dump` (see [`crate::chunk`]); 0: the
    /// program cannot reach that.
    pub records: u32,
    /// The size of the records.
    pub records_size: u32,
    /// The address of [`DYNAMIC_SYMBOL`] when the program can reach `load` or its like, so that
    /// front end and tier 0 are linked; else 0.
    pub dynamic: u64,
    /// The [`StatsTable`] when the program counts its entries into the runtime; else 0.
    pub stats: u64,
}

/// Bits of [`ModuleDescriptor::flags`].
pub mod module_flags {
    /// Static data is reached through the closure's prototype: several states can use the code.
    pub const INSTANCE: u32 = 1;
    /// Collect at every safepoint, and poison what is freed.
    pub const GC_STRESS: u32 = 2;
    /// Verify the heap after every collection.
    pub const GC_VERIFY: u32 = 4;
    /// There is no code: the executable runs the Lua file it is given, in tier 0.
    pub const RUNNER: u32 = 8;
    /// All functions are debuggable, and so is what the program loads.
    pub const DEBUGGABLE: u32 = 16;
    /// The program changes upvalues through the debug library: in code that it loads every captured
    /// variable is a cell.
    pub const CELLS: u32 = 32;
}

/// The static data of a module, in this order, each part at offset 0 modulo 16:
///
/// 1. globals: in the model `single` the [`crate::object::Cell`]s themselves, in `instance`
///    pointers to the state's cells;
/// 2. the constant strings, a pointer each;
/// 3. the functions' [`crate::object::Proto`]s;
/// 4. the inline caches: [`LoadCache`], [`StoreCache`], [`MethodCache`].
///
/// All zero in the file; filled in when the module is registered.
#[derive(Clone, Copy, Debug)]
pub struct StaticLayout {
    /// The size of one global's place.
    pub global_size: usize,
    /// Where the constant strings begin.
    pub strings: usize,
    /// Where the prototypes begin.
    pub protos: usize,
    /// Where the inline caches begin.
    pub caches: usize,
    /// The size of it all.
    pub size: usize,
}

impl StaticLayout {
    /// The layout for these numbers of parts.
    pub const fn new(
        instance: bool,
        globals: usize,
        strings: usize,
        functions: usize,
        caches: usize,
    ) -> Self {
        let global_size = if instance { 8 } else { size_of::<crate::object::Cell>() };
        let strings_at = (globals * global_size).next_multiple_of(16);
        let protos = (strings_at + strings * 8).next_multiple_of(16);
        let caches_at = protos + functions * size_of::<crate::object::Proto>();
        let size = caches_at + caches * 8;
        StaticLayout { global_size, strings: strings_at, protos, caches: caches_at, size }
    }
}

/// In which slot tables of one shape have a field. All inline caches are in the static data; a
/// fresh one is all ones.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldCache {
    /// The shape's id, never that of a dictionary; with [`FieldCache::IN_EXTENSION`] when the slot
    /// lies in the table's extension.
    pub shape: u32,
    /// The distance of the tag byte from the table or its extension.
    pub tag_at: u16,
    /// The distance of the payload.
    pub payload_at: u16,
}

impl FieldCache {
    /// The bit that no shape's id has: the slot lies in the extension.
    pub const IN_EXTENSION: u32 = 1 << 31;
    /// The place of a byte in the header of every table that is zero, as if it were the tag of a
    /// field that is absent: the highest of the shape's id.
    pub const ABSENT_TAG_AT: u16 = if cfg!(target_endian = "little") { 7 } else { 4 };
}

/// What a site that reads a constant field knows of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadEntry {
    /// The slot.
    pub field: FieldCache,
    /// The [`crate::context::Context::proto_epoch`] in which nil in the slot is the answer, as
    /// nothing is inherited.
    pub nil_epoch: u32,
    /// 0
    pub unused: u32,
}

/// The inline cache of a site that reads a constant field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LoadCache {
    /// The first shape that came.
    pub first: LoadEntry,
    /// Others, by the low bits of their ids.
    pub others: [LoadEntry; CACHE_WAYS],
}

/// How many shapes an inline cache has room for besides the first; a power of two.
pub const CACHE_WAYS: usize = 4;

/// What a site that stores into a constant field knows of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StoreEntry {
    /// The slot where the field is, or where it goes when tables of the shape get it.
    pub field: FieldCache,
    /// The shape of tables in which the slot is in use, or 0 when the metatable may have a say in
    /// stores to an absent field.
    pub next_shape: u32,
    /// The [`crate::context::Context::proto_epoch`] in which that is so.
    pub epoch: u32,
}

/// The inline cache of a site that stores into a constant field.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StoreCache {
    /// The first shape that came.
    pub first: StoreEntry,
    /// Others, by the low bits of their ids.
    pub others: [StoreEntry; CACHE_WAYS],
}

/// What a site that looks up a method knows of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MethodEntry {
    /// The shape of objects that inherit the method, or [`MethodCache::STRING`].
    pub shape: u32,
    /// The [`crate::context::Context::proto_epoch`] in which they do.
    pub epoch: u32,
    /// The closure that they inherit. It means nothing in another epoch.
    pub function: u64,
}

/// The inline cache of a site that looks up a method.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MethodCache {
    /// The first shape that came.
    pub first: MethodEntry,
    /// Others, by the low bits of their ids.
    pub others: [MethodEntry; CACHE_WAYS],
    /// The slot, for objects that have the method themselves.
    pub field: FieldCache,
}

impl MethodCache {
    /// Stands for the shape of strings.
    pub const STRING: u32 = u32::MAX - 1;
}

const _: () = assert!(size_of::<FieldCache>() == 8);
const _: () = assert!(size_of::<StoreEntry>() == 16);
const _: () = assert!(size_of::<LoadEntry>() == 16);
const _: () = assert!(size_of::<MethodEntry>() == 16);

/// A string of the tables.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StringRef {
    /// Offset of its bytes.
    pub offset: u32,
    /// Its length in bytes.
    pub len: u32,
}

/// A function of the module.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FunctionInfo {
    /// Offset of the generic entry from [`ModuleDescriptor::code`].
    pub code: u32,
    /// The size of its code.
    pub code_size: u32,
    /// The line where it is defined; 0 for the main chunk.
    pub line_defined: u32,
    /// The line of its `end`.
    pub last_line_defined: u32,
    /// How many fixed parameters it has.
    pub param_count: u32,
    /// [`crate::object::proto_flags`]
    pub flags: u32,
    /// How many upvalues it has.
    pub upvalue_count: u32,
    /// Offset of an array of `u32`: for each upvalue the index of its name in `strings`, with bit
    /// 31 set when it is a cell. With the flag DEBUGGABLE the word before it is the offset of the
    /// function's [`DebugInfo`].
    pub upvalues: u32,
    /// The index in `strings` of its chunk's name as `load` takes it (`@app.lua`).
    pub chunk_name: u32,
}

/// A call in the code: what is known at its return address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The return address, counted from [`ModuleDescriptor::code`].
    pub return_offset: u32,
    /// The index of the function.
    pub function: u32,
    /// From the frame pointer down to the stack pointer at the call.
    pub frame_size: u32,
    /// Offset of the root list: a `u32` count, then a `u32` for each: a stack-pointer offset
    /// shifted left by 2, with a [`root_kind`] in the low bits. In a debuggable function the `u32`
    /// before it says how many slots are in use, shifted left by 1, and in bit 0 whether the site
    /// is a call that the program writes.
    pub roots: u32,
    /// The source line.
    pub line: u32,
    /// Offset of the names: a `u32` count, then for each a `u32` with the operand's number in bits
    /// 0-7 and a [`name_kind`] in bits 8-15, and a `u32`, the index of the name in `strings`.
    /// 0: there are none.
    pub names: u32,
}

/// What a debugger can see of a debuggable function (`ir::debug`). Behind this lie the
/// [`DebugLocal`]s, those of the parameters first, and then the [`DebugStep`]s.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DebugInfo {
    /// How many slots its frame has.
    pub slots: u32,
    /// How many local variables there are.
    pub locals: u32,
    /// How many steps.
    pub steps: u32,
}

/// A local variable.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DebugLocal {
    /// The index of its name in `strings`; the name is empty where there is no debug information.
    pub name: u32,
    /// The slot with its value. Bit 31 is set where it is captured: then its cell replaces its first
    /// value there.
    pub slot: u32,
    /// The first step at which it is active.
    pub start: u32,
    /// The first step at which it is not any more.
    pub end: u32,
}

/// A step: what the reference does in one instruction of its machine.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DebugStep {
    /// Its line; without debug information that of instructions.
    pub line: u32,
    /// How many slots are in use: those below a call's function, those below a return's values.
    pub top: u32,
}

/// What the frame of a debuggable function has at the place of its closure. Behind it lie the
/// slots: [`crate::value::RawValue`]s, and roots as far as the site says that they are in use.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DebugFrame {
    /// The closure: the root of the kind [`root_kind::CLOSURE`].
    pub closure: u64,
    /// The step that it is at.
    pub step: u64,
    /// The index on the value stack of the variable arguments.
    pub vararg_base: u64,
    /// How many of them there are.
    pub vararg_count: u64,
}

/// What lies in a stack slot at a safepoint.
pub mod root_kind {
    /// A pointer to an object.
    pub const POINTER: u32 = 0;
    /// A [`crate::value::RawValue`].
    pub const VALUE: u32 = 1;
    /// A pointer to the closure that runs in this frame.
    pub const CLOSURE: u32 = 2;
    /// No root: the descriptor the frame was entered with, for [`crate::call::TAIL_CALLED`].
    pub const DESC: u32 = 3;
}

/// What an operand is called in an error message.
pub mod name_kind {
    /// `local 'x'`
    pub const LOCAL: u32 = 1;
    /// `upvalue 'x'`
    pub const UPVALUE: u32 = 2;
    /// `global 'x'`
    pub const GLOBAL: u32 = 3;
    /// `field 'x'`
    pub const FIELD: u32 = 4;
    /// `method 'x'`
    pub const METHOD: u32 = 5;
    /// `constant 'x'`
    pub const CONSTANT: u32 = 6;
    /// `for iterator 'for iterator'`
    pub const FOR_ITERATOR: u32 = 7;

    /// The operand number that stands for the called function at a call.
    pub const CALLEE: u32 = 255;
}

/// A library function that is to be in a table at the start.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LibraryEntry {
    /// The table's name, NUL-terminated: `_G`, `string`, ...
    pub library: u64,
    /// The function's name in it, NUL-terminated.
    pub name: u64,
    /// Its static closure.
    pub closure: u64,
}

/// A bundled module.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Preload {
    /// The index in `strings` of the name by which it is required; or, behind a NUL, of the place
    /// of its file relative to the folder of `arg[0]`, where the program's own search finds it.
    pub name: u32,
    /// The function that is its chunk.
    pub function: u32,
}

/// The counts of a program that was built with `--stats`, in its writable data: each call of a
/// runtime function by generated code counts. Behind this lie the [`StatsSite`]s.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StatsTable {
    /// The address of [`STATS_SYMBOL`], which is to be called at the start.
    pub start: u64,
    /// How many sites there are.
    pub count: u64,
}

/// A place in the program that calls a runtime function.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StatsSite {
    /// How often it did. Generated code adds to this.
    pub entries: u64,
    /// The index of the function it is in.
    pub function: u32,
    /// The source line.
    pub line: u32,
    /// The place of the runtime function in [`crate::functions::RuntimeFn::ALL`], or
    /// [`StatsSite::CALL_VALUE`].
    pub operation: u32,
    /// The index in `strings` of the name of the field, global variable or callee, plus 1; 0: there
    /// is none.
    pub name: u32,
}

impl StatsSite {
    /// The operation that stands for [`crate::functions::entry::CALL_VALUE`].
    pub const CALL_VALUE: u32 = u32::MAX;
}
