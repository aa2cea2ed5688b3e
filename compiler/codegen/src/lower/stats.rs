//! Counts of entries into the runtime (`--stats`): in front of each call of a runtime function a
//! counter of the call's own goes up. Most of these calls stand in cold blocks.

use super::{Lower, namespace};
use abi::functions::RuntimeFn;
use abi::module::{StatsSite, StatsTable};
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{ExternalName, GlobalValueData, InstBuilder, UserExternalName};
use ir::Inst;
use std::mem::{offset_of, size_of};

/// A call that is counted.
#[derive(Clone, Copy)]
pub(crate) struct Counted {
    /// `None` in the prologue.
    pub(crate) inst: Option<Inst>,
    /// `None`: the entry that calls what is no function.
    pub(crate) function: Option<RuntimeFn>,
}

/// Where the counter of a site is, counted from the start of the counts.
pub(crate) fn counter_offset(site: usize) -> usize {
    size_of::<StatsTable>() + site * size_of::<StatsSite>() + offset_of!(StatsSite, entries)
}

impl Lower<'_> {
    /// Counts an entry, where that is asked for.
    pub(super) fn count_entry(&mut self, function: Option<RuntimeFn>) {
        if !self.env.stats {
            return;
        }
        // The object places the counters of all functions one behind the other.
        let offset = counter_offset(self.counted.len());
        let inst = self.b.srcloc().bits().checked_sub(1).map(Inst);
        self.counted.push(Counted { inst, function });
        let name = UserExternalName::new(namespace::STATS, 0);
        let name = self.b.func.declare_imported_user_function(name);
        let counter = self.b.create_global_value(GlobalValueData::Symbol {
            name: ExternalName::user(name),
            offset: (offset as i64).into(),
            colocated: true,
            tls: false,
        });
        let counter = self.b.ins().symbol_value(I64, counter);
        let count = self.load(self.regions.stats, counter, 0);
        let count = self.b.ins().iadd_imm_u(count, 1);
        self.store(self.regions.stats, count, counter, 0);
    }
}
