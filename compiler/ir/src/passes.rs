//! The passes of this crate by name, as `opt --pass` and the tests under `tests/passes` run them.

use crate::function::Function;
use crate::read::read_module;
use crate::verify::verify_module;
use crate::write::module_to_text;
use crate::{remove_trivial_params, remove_unreachable_blocks, thread_jumps};
use alloc::format;
use alloc::string::String;

/// A pass: its name, and the function that says whether it changed anything.
pub type Pass = (&'static str, fn(&mut Function) -> bool);

/// The passes. `verify` changes nothing.
pub const PASSES: &[Pass] = &[
    ("remove_trivial_params", remove_trivial_params::run),
    ("remove_unreachable_blocks", remove_unreachable_blocks::run),
    ("thread_jumps", thread_jumps::run),
    ("verify", |_| false),
];

/// Runs one pass over each function of a module, text to text, or gives the reason why not: an
/// unknown pass, a text that is no IR, or ill-formed IR before or after.
pub fn apply(name: &str, text: &str) -> Result<String, String> {
    let Some((_, run)) = PASSES.iter().find(|pass| pass.0 == name) else {
        return Err(format!("there is no pass '{name}'\n"));
    };
    let mut module = read_module(text).map_err(|error| format!("{error}\n"))?;
    verify_module(&module).map_err(|fault| format!("{fault}\n"))?;
    for func in &mut module.functions {
        run(func);
    }
    verify_module(&module).map_err(|fault| format!("after {name}: {fault}\n"))?;
    Ok(module_to_text(&module))
}
