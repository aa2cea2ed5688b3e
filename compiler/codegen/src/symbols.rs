//! Names of functions in the object: `lua:app.lua:12:fib`, for debuggers, profilers and people.

use std::collections::HashMap;

/// A symbol for each function of a module, all different.
pub(crate) fn function_symbols(module: &ir::Module) -> Vec<String> {
    let mut taken: HashMap<String, u32> = HashMap::new();
    let mut symbols = Vec::with_capacity(module.functions.len());
    for id in module.func_ids() {
        let func = &module[id];
        let file = file_of(module.source_of(id));
        let name = printable(&func.name);
        let mut symbol = match func.line_defined {
            0 => format!("lua:{file}:{name}"),
            line => format!("lua:{file}:{line}:{name}"),
        };
        let count = taken.entry(symbol.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            // '#' is in no name, as `printable` replaces it.
            symbol = format!("{symbol}#{count}");
        }
        symbols.push(symbol);
    }
    symbols
}

/// The last part of the path in `@dir/app.lua`; of other chunk names what is printable.
fn file_of(source: &[u8]) -> String {
    let name = match source {
        [b'@', path @ ..] => {
            path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(path)
        }
        [b'=', name @ ..] => name,
        _ => b"[string]",
    };
    printable(name)
}

fn printable(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let short = name.chars().take(100);
    short.map(|c| if c.is_control() || matches!(c, ' ' | '#') { '_' } else { c }).collect()
}
