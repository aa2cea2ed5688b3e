//! Modules: what an object file exports, registered with a state.
//!
//! A module's tables are read where they lie. Its static data is filled in here: global cells are
//! adopted by the globals table, constant strings interned, prototypes made. In the model
//! `instance` each state has static data of its own, so that several states can run the code.
#![expect(unsafe_code, reason = "reads the tables of an object file and fills its static data")]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::ptr;
use core::slice;

use abi::module::{
    ABI_VERSION, DebugInfo, DebugLocal, FunctionInfo, LibraryEntry, MAGIC, ModuleDescriptor,
    Preload, Site, StaticLayout, StringRef, module_flags,
};
use abi::object::{Cell as RawCell, ObjectHeader, Proto as RawProto, gc, kind, proto_flags};
use abi::value::tag;

use crate::closure::{Cell, Closure, Proto};
use crate::error::Raised;
use crate::gc::Gc;
use crate::hooks::DebugTable;
use crate::state::State;
use crate::stdlib::package::beside::BESIDE;
use crate::stdlib::{Entry, PRELOAD, registry_table};
use crate::string::Str;
use crate::value::Value;

/// A registered module. Invariant: `descriptor` and everything it points to is there for the rest
/// of the process and well formed, which `register` is promised by its caller.
#[derive(Debug)]
pub struct Module {
    descriptor: &'static ModuleDescriptor,
    layout: StaticLayout,
    statics: *mut u8,
    /// The static data of the model `instance`; empty in the model `single`. Words, for alignment.
    #[expect(dead_code, reason = "owns what `statics` points to")]
    own: Vec<u128>,
}

/// A name at a site: operand number, kind, bytes.
#[derive(Clone, Copy, Debug)]
pub struct SiteName {
    /// The operand's number.
    pub operand: u32,
    /// [`abi::module::name_kind`]
    pub kind: u32,
    /// The name.
    pub name: &'static [u8],
}

impl Module {
    /// Of a descriptor, for what its tables say, without static data.
    pub(crate) fn of_tables(descriptor: &'static ModuleDescriptor) -> Module {
        let layout = StaticLayout::new(false, 0, 0, 0, 0);
        Module { descriptor, layout, statics: ptr::null_mut(), own: Vec::new() }
    }

    fn table<T>(&self, offset: u32, count: u32) -> &'static [T] {
        if count == 0 {
            return &[];
        }
        // SAFETY: by the invariant, `count` records of this type lie at `offset`, aligned.
        unsafe {
            let start = (self.descriptor.tables as *const u8).add(offset as usize);
            slice::from_raw_parts(start.cast(), count as usize)
        }
    }

    fn word(&self, offset: u32) -> u32 {
        self.table::<u32>(offset, 1)[0]
    }

    /// The functions, the main chunk first.
    pub fn functions(&self) -> &'static [FunctionInfo] {
        self.table(self.descriptor.functions, self.descriptor.function_count)
    }

    /// The sites, by return address.
    pub fn sites(&self) -> &'static [Site] {
        self.table(self.descriptor.sites, self.descriptor.site_count)
    }

    /// The bundled modules.
    pub fn preloads(&self) -> &'static [Preload] {
        self.table(self.descriptor.preloads, self.descriptor.preload_count)
    }

    /// Bits of [`module_flags`].
    pub fn flags(&self) -> u32 {
        self.descriptor.flags
    }

    /// Where the code begins, and its size.
    pub fn code_range(&self) -> (u64, u64) {
        (self.descriptor.code, self.descriptor.code_size)
    }

    /// The name of a function's chunk as `load` takes it.
    pub fn chunk_name(&self, function: &FunctionInfo) -> &'static [u8] {
        self.string(function.chunk_name)
    }

    /// A string of the tables.
    pub fn string(&self, index: u32) -> &'static [u8] {
        let refs: &[StringRef] = self.table(self.descriptor.strings, index + 1);
        let string = refs[index as usize];
        self.table(string.offset, string.len)
    }

    /// What is known of the call that returns to `pc`, when that is in this module.
    pub fn site(&self, pc: u64) -> Option<&'static Site> {
        let offset = u32::try_from(pc.checked_sub(self.descriptor.code)?).ok()?;
        let sites = self.sites();
        let at = sites.binary_search_by_key(&offset, |site| site.return_offset).ok()?;
        Some(&sites[at])
    }

    /// The root list of a site: each a stack-pointer offset and a [`abi::module::root_kind`].
    pub fn roots(&self, site: &Site) -> impl Iterator<Item = (u32, u32)> + use<> {
        let list: &'static [u32] = self.table(site.roots + 4, self.word(site.roots));
        list.iter().map(|root| (root >> 2, root & 3))
    }

    /// Of a site in a debuggable function how many slots are in use, shifted left by 1, and in bit 0
    /// whether it is a call that the program writes.
    pub(crate) fn slots_in_use(&self, site: &Site) -> u32 {
        self.word(site.roots - 4)
    }

    /// Whether a function has slots and steps for debuggers.
    pub(crate) fn is_debuggable(&self, function: u32) -> bool {
        let function = self.functions().get(function as usize);
        function.is_some_and(|it| it.flags & u32::from(proto_flags::DEBUGGABLE) != 0)
    }

    /// What debuggers see of a function, where it is debuggable.
    pub(crate) fn debug_table(&self, function: u32) -> Option<DebugTable> {
        if !self.is_debuggable(function) {
            return None;
        }
        let function = &self.functions()[function as usize];
        let offset = self.word(function.upvalues - 4);
        let DebugInfo { slots, locals, steps } = self.table(offset, 1)[0];
        let locals_at = offset + size_of::<DebugInfo>() as u32;
        let steps_at = locals_at + locals * size_of::<DebugLocal>() as u32;
        let (locals, steps) = (self.table(locals_at, locals), self.table(steps_at, steps));
        Some(DebugTable { slots, cells: 0, locals, steps })
    }

    /// The names of a site.
    pub fn names(&self, site: &Site) -> impl Iterator<Item = SiteName> + use<'_> {
        let count = if site.names == 0 { 0 } else { self.word(site.names) };
        let list: &'static [u32] = self.table(site.names + 4, count * 2);
        list.chunks_exact(2).map(|pair| SiteName {
            operand: pair[0] & 0xff,
            kind: pair[0] >> 8 & 0xff,
            name: self.string(pair[1]),
        })
    }

    /// Whether a function that is a chunk has `_ENV` as a cell.
    fn has_environment_cell(&self, function: u32) -> bool {
        let Some(info) = self.functions().get(function as usize) else { return false };
        let list: &[u32] = self.table(info.upvalues, info.upvalue_count);
        list.first().is_some_and(|upvalue| upvalue >> 31 != 0)
    }

    /// The records of all functions in order (see [`abi::chunk`]), where the program can reach
    /// `string.dump`.
    pub fn records(&self) -> Option<&'static [u8]> {
        let (start, size) = (self.descriptor.records, self.descriptor.records_size);
        (start != 0).then(|| self.table(start, size))
    }

    /// The name of an upvalue of a function.
    pub fn upvalue_name(&self, function: u32, index: u32) -> Option<&'static [u8]> {
        let info = self.functions().get(function as usize)?;
        let list: &[u32] = self.table(info.upvalues, info.upvalue_count);
        Some(self.string(list.get(index as usize)? & 0x7fff_ffff))
    }

    /// The prototype of a function.
    pub fn proto(&self, function: u32) -> Gc<Proto> {
        assert!(function < self.descriptor.function_count);
        let offset = self.layout.protos + function as usize * size_of::<RawProto>();
        // SAFETY: registration has filled in a prototype for every function at this place.
        unsafe { Gc::from_raw(self.statics.add(offset) as u64) }
    }

    /// The constant strings, which are roots.
    pub fn constant_strings(&self) -> impl Iterator<Item = Gc<Str>> + use<'_> {
        (0..self.descriptor.string_count as usize).filter_map(|index| {
            // SAFETY: the place holds 0 (while the module is being registered) or a string.
            unsafe {
                let place = self.statics.add(self.layout.strings + index * 8).cast::<u64>();
                Gc::from_raw_or_null(place.read())
            }
        })
    }

    /// The cells of its globals, which are roots.
    pub fn global_cells(&self) -> impl Iterator<Item = Gc<Cell>> + use<'_> {
        let (size, instance) =
            (self.layout.global_size, self.flags() & module_flags::INSTANCE != 0);
        (0..self.descriptor.global_count as usize).filter_map(move |index| {
            // SAFETY: the place holds zeroes (while the module is being registered), and then a
            // cell, or in the model `instance` a pointer to one.
            unsafe {
                let place = self.statics.add(index * size);
                let address = if instance { place.cast::<u64>().read() } else { place as u64 };
                Gc::from_raw_or_null(address)
            }
        })
    }

    /// Makes the inline caches match nothing.
    fn empty_caches(&self) {
        for cache in 0..self.descriptor.cache_count as usize {
            // SAFETY: the place lies inside the static data.
            unsafe {
                let place = self.statics.add(self.layout.caches + cache * 8).cast::<u64>();
                place.write(u64::MAX);
            }
        }
    }

    /// The library functions that the object brings along.
    pub fn library_entries(&self) -> Vec<Entry<'static>> {
        if self.descriptor.library_count == 0 {
            return Vec::new();
        }
        // SAFETY: by the invariant: so many entries, each with two C strings and the address of a
        // static closure.
        let entries = unsafe {
            slice::from_raw_parts(
                self.descriptor.libraries as *const LibraryEntry,
                self.descriptor.library_count as usize,
            )
        };
        // SAFETY: as above.
        let text = |address: u64| unsafe { CStr::from_ptr(address as *const c_char) }.to_bytes();
        entries
            .iter()
            .map(|entry| Entry {
                library: text(entry.library),
                name: text(entry.name),
                // SAFETY: as above.
                closure: unsafe { Gc::from_raw(entry.closure) },
            })
            .collect()
    }
}

impl State {
    /// Registers a module and gives its main chunk as a closure.
    ///
    /// # Safety
    ///
    /// `descriptor` is one that our compiler wrote for this machine, it stays for the rest of the
    /// process, and a module of the model `single` is registered with one state only.
    pub unsafe fn register_module(
        &mut self,
        descriptor: &'static ModuleDescriptor,
    ) -> Result<Gc<Closure>, Raised> {
        if descriptor.magic != MAGIC || descriptor.abi_version != ABI_VERSION {
            return Err(self.error(format_args!(
                "the program was compiled for another version of the runtime"
            )));
        }
        let instance = descriptor.flags & module_flags::INSTANCE != 0;
        let layout = StaticLayout::new(
            instance,
            descriptor.global_count as usize,
            descriptor.string_count as usize,
            descriptor.function_count as usize,
            descriptor.cache_count as usize,
        );
        let mut own = Vec::new();
        let mut statics = descriptor.statics as *mut u8;
        if instance {
            own = alloc::vec![0u128; layout.size.div_ceil(16)];
            statics = own.as_mut_ptr().cast();
        }
        self.hooks.cells |= descriptor.flags & module_flags::CELLS != 0;
        self.hooks.debuggable |= descriptor.flags & module_flags::DEBUGGABLE != 0;
        let index = self.modules.len();
        self.modules.push(Module { descriptor, layout, statics, own });
        self.intern_constants(index)?;
        self.adopt_globals(index, instance)?;
        self.fill_protos(index);
        self.modules[index].empty_caches();
        self.preload(index)?;
        self.chunk_closure(index, 0)
    }

    /// A closure of a function that is a chunk.
    fn chunk_closure(&mut self, index: usize, function: u32) -> Result<Gc<Closure>, Raised> {
        let proto = self.modules[index].proto(function);
        let env = Value::table(self.globals());
        let closure = self.new_closure(proto)?;
        let env = if self.modules[index].has_environment_cell(function) {
            Value::cell(self.new_cell(env)?)
        } else {
            env
        };
        closure.set_upvalue_slot(self, 0, env);
        Ok(closure)
    }

    /// Puts the bundled modules where `require` looks first.
    fn preload(&mut self, index: usize) -> Result<(), Raised> {
        let preloads = self.modules[index].preloads();
        for preload in preloads {
            let name = self.modules[index].string(preload.name);
            let loader = self.chunk_closure(index, preload.function)?;
            self.bundled(name, loader)?;
        }
        Ok(())
    }

    /// Puts a bundled module where `require` looks first, or among those whose files lie beside
    /// the executable.
    fn bundled(&mut self, name: &[u8], loader: Gc<Closure>) -> Result<(), Raised> {
        let table = if name.starts_with(b"\0") { BESIDE } else { PRELOAD };
        let table = registry_table(self, table)?;
        let name = self.new_string(name)?;
        table.set_str(self, name, Value::function(loader))
    }

    fn intern_constants(&mut self, index: usize) -> Result<(), Raised> {
        for string in 0..self.modules[index].descriptor.string_count {
            let module = &self.modules[index];
            let bytes = module.string(string);
            let place = module.layout.strings + string as usize * 8;
            let statics = module.statics;
            let interned = self.new_string(bytes)?;
            // SAFETY: the place lies inside the static data and is ours to fill.
            unsafe { statics.add(place).cast::<u64>().write(interned.address()) };
        }
        Ok(())
    }

    fn adopt_globals(&mut self, index: usize, instance: bool) -> Result<(), Raised> {
        let module = &self.modules[index];
        let names: &'static [u32] =
            module.table(module.descriptor.globals, module.descriptor.global_count);
        for (global, name) in names.iter().enumerate() {
            let module = &self.modules[index];
            let (bytes, size) = (module.string(*name), module.layout.global_size);
            // SAFETY: the place lies inside the static data.
            let place = unsafe { module.statics.add(global * size) };
            let name = self.new_string(bytes)?;
            if instance {
                let cell = self.globals_cell(name)?;
                // SAFETY: in this model the place is a pointer.
                unsafe { place.cast::<u64>().write(cell.address()) };
            } else {
                let header = ObjectHeader {
                    kind: kind::CELL,
                    gc: gc::STATIC,
                    flags: 0,
                    extra: tag::NIL,
                    aux: 0,
                };
                // SAFETY: in this model the place is a cell, aligned to 16.
                let cell: Gc<Cell> = unsafe {
                    ptr::write(place.cast::<RawCell>(), RawCell { header, payload: 0 });
                    Gc::from_raw(place as u64)
                };
                self.globals_adopt_cell(name, cell)?;
            }
        }
        Ok(())
    }

    fn fill_protos(&mut self, index: usize) {
        let module = &self.modules[index];
        for (function, info) in module.functions().iter().enumerate() {
            let proto = RawProto {
                header: ObjectHeader {
                    kind: kind::PROTO,
                    gc: gc::STATIC,
                    flags: info.flags as u8 | proto_flags::NATIVE,
                    extra: 0,
                    aux: info.upvalue_count,
                },
                code: module.descriptor.code + u64::from(info.code),
                data: module.statics as u64,
                // One more than the index, as 0 means none.
                module: index as u64 + 1,
                index: function as u32,
                param_count: info.param_count,
                name: 0,
            };
            let place = module.layout.protos + function * size_of::<RawProto>();
            // SAFETY: the place lies inside the static data, aligned to 16.
            unsafe { module.statics.add(place).cast::<RawProto>().write(proto) };
        }
    }

    /// Ids of shapes are about to get another meaning.
    pub(crate) fn forget_shapes(&self) {
        self.modules.iter().for_each(Module::empty_caches);
    }

    /// The module whose code `pc` lies in.
    pub fn module_of(&self, pc: u64) -> Option<&Module> {
        // A linear search until there are many: an executable has one module.
        self.modules.iter().find(|module| {
            let (start, size) = module.code_range();
            pc.wrapping_sub(start) < size
        })
    }
}
