//! What a program that was built with `--stats` prints when it ends: how often each of its sites
//! entered the runtime, the hottest first.
#![expect(unsafe_code, reason = "reads what generated code counts")]

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use abi::functions::{RuntimeFn, entry};
use abi::module::{ModuleDescriptor, StatsSite, StatsTable};

use crate::module::Module;
use crate::sys;

/// How many sites are named.
const SHOWN: usize = 30;

/// Writes the counts of a module to the standard error.
///
/// # Safety
///
/// The compiler wrote the descriptor, with counts; no code of the module runs any more.
pub unsafe fn print(descriptor: &'static ModuleDescriptor) {
    let table = descriptor.stats as *const StatsTable;
    // SAFETY: as the caller promises; the sites lie behind the table.
    let sites = unsafe {
        let count = (*table).count as usize;
        slice::from_raw_parts(table.add(1).cast::<StatsSite>(), count)
    };
    sys::write_error(report(&Module::of_tables(descriptor), sites).as_bytes());
}

fn report(module: &Module, sites: &[StatsSite]) -> String {
    let total: u64 = sites.iter().map(|site| site.entries).sum();
    let mut hot: Vec<&StatsSite> = sites.iter().filter(|site| site.entries > 0).collect();
    // Sites of as many entries stay in the order of the program.
    hot.sort_by_key(|site| core::cmp::Reverse(site.entries));
    let mut text = format!(
        "perilune: {total} entries into the runtime, from {} of {} sites\n",
        hot.len(),
        sites.len()
    );
    for site in hot.iter().take(SHOWN) {
        let chunk = module.chunk_name(&module.functions()[site.function as usize]);
        let chunk = String::from_utf8_lossy(chunk.get(1..).unwrap_or_default());
        text.push_str(&format!("{:>14}  {chunk}:{}: {}", site.entries, site.line, operation(site)));
        if let Some(name) = site.name.checked_sub(1) {
            text.push_str(&format!(" '{}'", String::from_utf8_lossy(module.string(name))));
        }
        text.push('\n');
    }
    if hot.len() > SHOWN {
        let rest: u64 = hot[SHOWN..].iter().map(|site| site.entries).sum();
        text.push_str(&format!("{rest:>14}  {} more\n", hot.len() - SHOWN));
    }
    text
}

/// The runtime function by its name in `docs/abi.md`.
fn operation(site: &StatsSite) -> &'static str {
    let function = RuntimeFn::ALL.get(site.operation as usize);
    let symbol = function.map_or(entry::CALL_VALUE, |function| function.symbol());
    symbol.strip_prefix("pl_").unwrap_or(symbol)
}
