//! `.eh_frame`: how debuggers and profilers find their way through frames of compiled code.
//!
//! Nothing in a program needs it. Addresses are 32-bit and relative, so that they are settled at
//! link time; what Cranelift would write by itself has absolute ones. Only for ELF so far.

use crate::Error;
use crate::compile::Code;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use gimli::RunTimeEndian;
use gimli::constants::{DW_EH_PE_pcrel, DW_EH_PE_sdata4};
use gimli::write::{
    Address, EhFrame, EndianVec, FrameTable, RelocateWriter, Relocation, RelocationTarget,
};
use object::write::{Object, StandardSection, SymbolId};
use object::{BinaryFormat, RelocationEncoding, RelocationFlags, RelocationKind};

/// Adds the section for the functions, whose symbols these are.
pub(crate) fn write(
    object: &mut Object<'_>,
    isa: &dyn TargetIsa,
    functions: &[Code],
    symbols: &[SymbolId],
) -> Result<(), Error> {
    if object.format() != BinaryFormat::Elf {
        return Ok(());
    }
    let Some(mut cie) = isa.create_systemv_cie() else { return Ok(()) };
    cie.fde_address_encoding = gimli::DwEhPe(DW_EH_PE_pcrel.0 | DW_EH_PE_sdata4.0);
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for (index, code) in functions.iter().enumerate() {
        if let Some(UnwindInfo::SystemV(info)) = &code.unwind {
            let address = Address::Symbol { symbol: index, addend: 0 };
            table.add_fde(cie, info.to_fde(address));
        }
    }
    let mut section = EhFrame(Section::new(isa));
    table.write_eh_frame(&mut section).map_err(internal)?;
    let Section { writer, relocations } = section.0;
    let id = object.section_id(StandardSection::EhFrame);
    object.append_section_data(id, &writer.into_vec(), 8);
    for relocation in relocations {
        let RelocationTarget::Symbol(index) = relocation.target else { continue };
        let flags = RelocationFlags::Generic {
            kind: RelocationKind::Relative,
            encoding: RelocationEncoding::Generic,
            size: relocation.size * 8,
        };
        let relocation = object::write::Relocation {
            offset: relocation.offset as u64,
            symbol: symbols[index],
            addend: relocation.addend,
            flags,
        };
        object.add_relocation(id, relocation).map_err(internal)?;
    }
    Ok(())
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal { function: String::new(), reason: format!(".eh_frame: {error}") }
}

/// A section that is being written, with its relocations.
#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) writer: EndianVec<RunTimeEndian>,
    pub(crate) relocations: Vec<Relocation>,
}

impl Section {
    /// An empty one, in the target's byte order.
    pub(crate) fn new(isa: &dyn TargetIsa) -> Section {
        let endian = match isa.endianness() {
            cranelift_codegen::ir::Endianness::Little => RunTimeEndian::Little,
            cranelift_codegen::ir::Endianness::Big => RunTimeEndian::Big,
        };
        Section { writer: EndianVec::new(endian), relocations: Vec::new() }
    }
}

impl RelocateWriter for Section {
    type Writer = EndianVec<RunTimeEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.writer
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.writer
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}
