//! `.debug_line` and its companions (DWARF 4): which line of the source code belongs to, for
//! debuggers, profilers and disassemblers.
//!
//! Only for ELF so far, and only where [`Options::debug_directory`](crate::Options::debug_directory) asks.

use crate::Error;
use crate::compile::{Code, Plan};
use crate::unwind::Section;
use gimli::write::{
    Address, AttributeValue, DwarfUnit, LineProgram, LineString, RelocationTarget, Sections,
    UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, SectionId, constants};
use object::write::{Object, SymbolId};
use object::{BinaryFormat, RelocationEncoding, RelocationFlags, RelocationKind, SectionKind};
use std::collections::HashMap;

const PRODUCER: &str = concat!("perilune ", env!("CARGO_PKG_VERSION"));

/// Adds the sections for the functions, whose symbols these are. They lie in one text section of
/// this size, the first at its start.
pub(crate) fn write(
    object: &mut Object<'_>,
    plan: &Plan<'_>,
    functions: &[Code],
    symbols: &[SymbolId],
    code_size: u64,
) -> Result<(), Error> {
    let Some(directory) = plan.options.debug_directory.as_deref() else { return Ok(()) };
    if object.format() != BinaryFormat::Elf || functions.is_empty() {
        return Ok(());
    }
    let mut dwarf = unit(plan, functions, directory, code_size);
    let mut sections = Sections::new(Section::new(&*plan.isa));
    dwarf.write(&mut sections).map_err(internal)?;
    add_sections(object, &sections, symbols)
}

/// The file of a function, as the chunk is named: DWARF takes paths relative to the directory.
fn file_of(plan: &Plan<'_>, index: usize) -> String {
    let source = plan.module.source_of(ir::FuncId(index as u32));
    let path = String::from_utf8_lossy(source.get(1..).unwrap_or_default()).replace('\0', "?");
    if path.is_empty() { "?".to_string() } else { path }
}

/// The compilation unit: the main file, all functions, the lines of their code.
fn unit(plan: &Plan<'_>, functions: &[Code], directory: &str, code_size: u64) -> DwarfUnit {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let text = |text: &str| AttributeValue::String(text.into());
    let main_file = file_of(plan, 0);
    let mut dwarf = DwarfUnit::new(encoding);
    let mut program = LineProgram::new(
        encoding,
        LineEncoding::default(),
        LineString::String(directory.into()),
        None,
        LineString::String(main_file.clone().into()),
        None,
    );
    let in_directory = program.default_directory();
    for (index, code) in functions.iter().enumerate() {
        let file = LineString::String(file_of(plan, index).into());
        let file_id = program.add_file(file, in_directory, None);
        program.begin_sequence(Some(Address::Symbol { symbol: index, addend: 0 }));
        for (offset, line) in &code.lines {
            let row = program.row();
            row.file = file_id;
            row.address_offset = u64::from(*offset);
            row.line = u64::from(*line);
            program.generate_row();
        }
        program.end_sequence(code.bytes.len() as u64);
    }
    dwarf.unit.line_program = program;
    let root = dwarf.unit.root();
    let place = |dwarf: &mut DwarfUnit, entry: UnitEntryId, symbol: usize, size: u64| {
        let entry = dwarf.unit.get_mut(entry);
        let start = Address::Symbol { symbol, addend: 0 };
        entry.set(constants::DW_AT_low_pc, AttributeValue::Address(start));
        entry.set(constants::DW_AT_high_pc, AttributeValue::Udata(size));
    };
    let entry = dwarf.unit.get_mut(root);
    entry.set(constants::DW_AT_producer, text(PRODUCER));
    entry.set(constants::DW_AT_name, text(&main_file));
    entry.set(constants::DW_AT_comp_dir, text(directory));
    entry.set(constants::DW_AT_stmt_list, AttributeValue::LineProgramRef);
    place(&mut dwarf, root, 0, code_size);
    for (index, code) in functions.iter().enumerate() {
        let func = &plan.module.functions[index];
        let entry_id = dwarf.unit.add(root, constants::DW_TAG_subprogram);
        let entry = dwarf.unit.get_mut(entry_id);
        entry.set(constants::DW_AT_name, text(&code.symbol));
        let line = u64::from(func.line_defined);
        entry.set(constants::DW_AT_decl_line, AttributeValue::Udata(line));
        place(&mut dwarf, entry_id, index, code.bytes.len() as u64);
    }
    dwarf
}

fn add_sections(
    object: &mut Object<'_>,
    sections: &Sections<Section>,
    symbols: &[SymbolId],
) -> Result<(), Error> {
    let mut ids = HashMap::new();
    let add = |id: SectionId, section: &Section| -> Result<(), Error> {
        let bytes = section.writer.slice();
        if bytes.is_empty() {
            return Ok(());
        }
        let at = object.add_section(Vec::new(), id.name().into(), SectionKind::Debug);
        object.append_section_data(at, bytes, 1);
        ids.insert(id, at);
        for relocation in &section.relocations {
            let symbol = match relocation.target {
                RelocationTarget::Symbol(index) => symbols[index],
                // Sections come after those that they refer to.
                RelocationTarget::Section(id) => match ids.get(&id) {
                    Some(section) => object.section_symbol(*section),
                    None => return Err(internal("a reference to a section that is not there")),
                },
            };
            let flags = RelocationFlags::Generic {
                kind: RelocationKind::Absolute,
                encoding: RelocationEncoding::Generic,
                size: relocation.size * 8,
            };
            let relocation = object::write::Relocation {
                offset: relocation.offset as u64,
                symbol,
                addend: relocation.addend,
                flags,
            };
            object.add_relocation(at, relocation).map_err(internal)?;
        }
        Ok(())
    };
    sections.for_each(add)
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal { function: String::new(), reason: format!(".debug_line: {error}") }
}
