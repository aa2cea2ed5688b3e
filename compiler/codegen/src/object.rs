//! The object file: one text section, the static data, the tables, and the exported descriptor.

use crate::compile::{Code, Plan};
use crate::descriptor::{self, Blob, Tables};
use crate::lower::{counter_offset, namespace};
use crate::{Error, Model, OptLevel, Options, lines, runtime_call, target, unwind};
use abi::functions::{RuntimeFn, entry};
use abi::module::{
    ABI_VERSION, DESCRIPTOR_SYMBOL, DYNAMIC_SYMBOL, LibraryEntry, MAGIC, ModuleDescriptor,
    STATS_SYMBOL, StatsSite, StatsTable, VERSION_SYMBOL, module_flags,
};
use cranelift_module::{
    DataDescription, DataId, FuncId, Linkage, Module, ModuleReloc, ModuleRelocTarget,
    default_libcall_names,
};
use cranelift_object::{ObjectBuilder, ObjectModule};
use std::mem::{offset_of, size_of};
use target_lexicon::Endianness;

/// What functions are aligned to: a cache line, so that their speed does not depend on what lies
/// before them; at -O0 what calls like is enough.
fn code_alignment(options: &Options) -> u64 {
    if options.opt_level == OptLevel::None { 16 } else { 64 }
}

/// Writes the object.
pub(crate) fn write(plan: &Plan<'_>, functions: &[Code]) -> Result<Vec<u8>, Error> {
    let builder = ObjectBuilder::new(
        plan.isa.clone(),
        String::from_utf8_lossy(&plan.module.source).replace('\0', "?"),
        default_libcall_names(),
    );
    let mut writer = Writer {
        plan,
        module: ObjectModule::new(builder.map_err(internal)?),
        lua: Vec::new(),
        runtime: vec![None; RuntimeFn::ALL.len()],
        call_value: None,
        statics: None,
        stats: None,
    };
    writer.write_code(functions)?;
    let alignment = code_alignment(plan.options).max(plan.isa.symbol_alignment());
    let offsets = descriptor::code_offsets(functions, alignment);
    let endianness = plan.isa.triple().endianness().unwrap_or(Endianness::Little);
    let tables = descriptor::tables(plan, functions, &offsets, endianness);
    let code_size = match (offsets.last(), functions.last()) {
        (Some(start), Some(last)) => u64::from(*start) + last.bytes.len() as u64,
        _ => 0,
    };
    if code_size > u64::from(u32::MAX >> 1) || tables.bytes.len() > u32::MAX as usize >> 1 {
        let reason = "the module is too large for one object".to_string();
        return Err(Error::Limit { function: plan.symbols[0].clone(), reason });
    }
    writer.write_descriptor(&tables, code_size, functions.len(), endianness)?;
    let lua = writer.lua;
    let mut product = writer.module.finish();
    // The tables rest on where functions are expected to be.
    let mut base = None;
    for (id, offset) in lua.iter().zip(&offsets) {
        let at = product.object.symbol(product.function_symbol(*id)).value;
        let base = *base.get_or_insert(at);
        if at - base != u64::from(*offset) {
            return Err(internal("a function is not where it was expected"));
        }
    }
    let symbols: Vec<_> = lua.iter().map(|id| product.function_symbol(*id)).collect();
    unwind::write(&mut product.object, &*plan.isa, functions, &symbols)?;
    lines::write(&mut product.object, plan, functions, &symbols, code_size)?;
    product.emit().map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal { function: String::new(), reason: error.to_string() }
}

struct Writer<'a> {
    plan: &'a Plan<'a>,
    module: ObjectModule,
    lua: Vec<FuncId>,
    runtime: Vec<Option<FuncId>>,
    call_value: Option<FuncId>,
    statics: Option<DataId>,
    /// The counts of entries into the runtime.
    stats: Option<DataId>,
}

impl Writer<'_> {
    fn write_code(&mut self, functions: &[Code]) -> Result<(), Error> {
        let signature = runtime_call::lua_signature(abi::call::REGISTER_ARGS);
        for code in functions {
            let id = self.module.declare_function(&code.symbol, Linkage::Local, &signature);
            self.lua.push(id.map_err(internal)?);
        }
        if self.plan.options.model == Model::Single {
            let id = self.module.declare_data("lua:statics", Linkage::Local, true, false);
            let id = id.map_err(internal)?;
            let mut data = DataDescription::new();
            data.define_zeroinit(self.plan.statics.layout.size);
            data.set_align(16);
            self.module.define_data(id, &data).map_err(internal)?;
            self.statics = Some(id);
        }
        if self.plan.options.stats {
            let id = self.module.declare_data("lua:stats", Linkage::Local, true, false);
            self.stats = Some(id.map_err(internal)?);
        }
        let mut counted = 0;
        for (index, code) in functions.iter().enumerate() {
            let mut relocs = code.relocs.clone();
            // A function's code knows its counters by their place among its own.
            let counters = (counter_offset(counted) - counter_offset(0)) as i64;
            counted += code.counted.len();
            for reloc in &mut relocs {
                self.resolve(reloc, counters)?;
            }
            let alignment = code.alignment.max(code_alignment(self.plan.options));
            self.module
                .define_function_bytes(self.lua[index], alignment, &code.bytes, &relocs)
                .map_err(internal)?;
        }
        Ok(())
    }

    /// Names of the code's own become symbols of the object.
    fn resolve(&mut self, reloc: &mut ModuleReloc, counters: i64) -> Result<(), Error> {
        let ModuleRelocTarget::User { namespace, index } = reloc.name else { return Ok(()) };
        reloc.name = match namespace {
            namespace::LUA => self.lua[index as usize].into(),
            namespace::RUNTIME => self.runtime(index as usize)?.into(),
            namespace::ENTRY => self.call_value()?.into(),
            namespace::STATICS => self.statics.ok_or_else(|| internal("no static data"))?.into(),
            namespace::STATS => {
                reloc.addend += counters;
                self.stats.ok_or_else(|| internal("no counts"))?.into()
            }
            _ => return Err(internal("an unknown name in the code")),
        };
        Ok(())
    }

    fn runtime(&mut self, index: usize) -> Result<FuncId, Error> {
        if let Some(known) = self.runtime[index] {
            return Ok(known);
        }
        let function = RuntimeFn::ALL[index];
        let conv = target::runtime_call_conv(self.plan.isa.triple());
        let signature = runtime_call::signature(function, conv);
        let id = self.module.declare_function(function.symbol(), Linkage::Import, &signature);
        let id = id.map_err(internal)?;
        self.runtime[index] = Some(id);
        Ok(id)
    }

    fn call_value(&mut self) -> Result<FuncId, Error> {
        if let Some(known) = self.call_value {
            return Ok(known);
        }
        let signature = runtime_call::lua_signature(abi::call::REGISTER_ARGS);
        let id = self.module.declare_function(entry::CALL_VALUE, Linkage::Import, &signature);
        let id = id.map_err(internal)?;
        self.call_value = Some(id);
        Ok(id)
    }

    fn read_only(&mut self, name: &str, bytes: Vec<u8>) -> Result<DataId, Error> {
        let id = self.module.declare_data(name, Linkage::Local, false, false).map_err(internal)?;
        let mut data = DataDescription::new();
        data.define(bytes.into_boxed_slice());
        data.set_align(8);
        self.module.define_data(id, &data).map_err(internal)?;
        Ok(id)
    }

    fn write_descriptor(
        &mut self,
        tables: &Tables,
        code_size: u64,
        function_count: usize,
        endianness: Endianness,
    ) -> Result<(), Error> {
        let tables_id = self.read_only("lua:tables", tables.bytes.clone())?;
        let libraries = self.write_libraries(tables, tables_id)?;
        self.write_stats(tables, endianness)?;
        let plan = self.plan;
        let instance = match plan.options.model {
            Model::Single => 0,
            Model::Instance => module_flags::INSTANCE,
        };
        let edition = match plan.module.edition {
            ir::Edition::Lua54 => 54,
            ir::Edition::Lua55 => 55,
        };
        let mut blob = Blob::new(endianness);
        blob.word(MAGIC);
        blob.word(ABI_VERSION);
        blob.word(plan.options.flags | instance);
        blob.word(edition);
        // The addresses are written by relocations: code, then statics, tables and libraries.
        blob.long(0);
        blob.long(code_size);
        blob.long(0);
        blob.long(0);
        blob.long(0);
        blob.word(plan.options.libraries.len() as u32);
        blob.word(function_count as u32);
        blob.word(tables.functions);
        blob.word(tables.site_count);
        blob.word(tables.sites);
        blob.word(plan.statics.constant_count as u32);
        blob.word(tables.strings);
        blob.word(plan.statics.global_names.len() as u32);
        blob.word(tables.globals);
        blob.word(plan.options.preloads.len() as u32);
        blob.word(tables.preloads);
        blob.word(plan.statics.cache_count as u32);
        blob.word(tables.records);
        blob.word(plan.options.records.as_ref().map_or(0, Vec::len) as u32);
        blob.long(0);
        blob.long(0);
        debug_assert_eq!(blob.bytes.len(), size_of::<ModuleDescriptor>());
        // Behind the descriptor, the reference that ties the object to a version of the runtime.
        let version_at = blob.bytes.len();
        blob.long(0);
        let mut data = DataDescription::new();
        data.define(blob.bytes.into_boxed_slice());
        data.set_align(8);
        let mut address = |module: &ObjectModule, at: usize, target: DataId| {
            let value = module.declare_data_in_data(target, &mut data);
            data.write_data_addr(at as u32, value, 0);
        };
        address(&self.module, offset_of!(ModuleDescriptor, tables), tables_id);
        if let Some(statics) = self.statics {
            address(&self.module, offset_of!(ModuleDescriptor, statics), statics);
        }
        if let Some(libraries) = libraries {
            address(&self.module, offset_of!(ModuleDescriptor, libraries), libraries);
        }
        if let Some(stats) = self.stats {
            address(&self.module, offset_of!(ModuleDescriptor, stats), stats);
        }
        if plan.options.dynamic {
            let hook = self.module.declare_data(DYNAMIC_SYMBOL, Linkage::Import, false, false);
            address(&self.module, offset_of!(ModuleDescriptor, dynamic), hook.map_err(internal)?);
        }
        let version = self.module.declare_data(VERSION_SYMBOL, Linkage::Import, false, false);
        address(&self.module, version_at, version.map_err(internal)?);
        let code = self.module.declare_func_in_data(self.lua[0], &mut data);
        data.write_function_addr(offset_of!(ModuleDescriptor, code) as u32, code);
        let id = self.module.declare_data(DESCRIPTOR_SYMBOL, Linkage::Export, false, false);
        self.module.define_data(id.map_err(internal)?, &data).map_err(internal)
    }

    /// The counts of entries into the runtime, all zero, and what is said of each.
    fn write_stats(&mut self, tables: &Tables, endianness: Endianness) -> Result<(), Error> {
        let Some(id) = self.stats else { return Ok(()) };
        let mut blob = Blob::new(endianness);
        blob.long(0);
        blob.long(tables.stats.len() as u64);
        for site in &tables.stats {
            let StatsSite { entries, function, line, operation, name } = *site;
            blob.long(entries);
            [function, line, operation, name].into_iter().for_each(|word| blob.word(word));
        }
        debug_assert_eq!(blob.bytes.len(), counter_offset(tables.stats.len()));
        let mut data = DataDescription::new();
        data.define(blob.bytes.into_boxed_slice());
        data.set_align(8);
        let start = self.module.declare_data(STATS_SYMBOL, Linkage::Import, false, false);
        let start = self.module.declare_data_in_data(start.map_err(internal)?, &mut data);
        data.write_data_addr(offset_of!(StatsTable, start) as u32, start, 0);
        self.module.define_data(id, &data).map_err(internal)
    }

    /// The table of library functions; the names in it are in the other tables.
    fn write_libraries(
        &mut self,
        tables: &Tables,
        tables_id: DataId,
    ) -> Result<Option<DataId>, Error> {
        let entries = &self.plan.options.libraries;
        if entries.is_empty() {
            return Ok(None);
        }
        let mut data = DataDescription::new();
        data.define(vec![0; descriptor::library_table_size(entries.len())].into_boxed_slice());
        data.set_align(8);
        let strings = self.module.declare_data_in_data(tables_id, &mut data);
        for (index, (entry, names)) in entries.iter().zip(&tables.libraries).enumerate() {
            let at = index * size_of::<LibraryEntry>();
            let field = |offset: usize| (at + offset) as u32;
            let closure = self.module.declare_data(&entry.symbol, Linkage::Import, false, false);
            let closure = closure.map_err(internal)?;
            let closure = self.module.declare_data_in_data(closure, &mut data);
            data.write_data_addr(field(offset_of!(LibraryEntry, closure)), closure, 0);
            let library = field(offset_of!(LibraryEntry, library));
            data.write_data_addr(library, strings, i64::from(names.0));
            let name = field(offset_of!(LibraryEntry, name));
            data.write_data_addr(name, strings, i64::from(names.1));
        }
        let id = self.module.declare_data("lua:libraries", Linkage::Local, false, false);
        let id = id.map_err(internal)?;
        self.module.define_data(id, &data).map_err(internal)?;
        Ok(Some(id))
    }
}
