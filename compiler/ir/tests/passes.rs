//! Runs `tests/passes/NAME/x.ir` through the pass NAME of this crate and compares what comes out
//! with `x.out.ir`, or the reason why it is refused with `x.error`. `BLESS=1` rewrites both.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/passes");
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for (name, _) in ir::passes::PASSES {
        let inputs = inputs(&root.join(name));
        assert!(!inputs.is_empty(), "{name} has no test");
        for path in inputs {
            let text = fs::read_to_string(&path).unwrap();
            let (changed, refused) = (path.with_extension("out.ir"), path.with_extension("error"));
            let (found, expected, other) = match ir::passes::apply(name, &text) {
                Ok(text) => (text, changed, refused),
                Err(reason) => (reason, refused, changed),
            };
            if bless {
                fs::write(&expected, found).unwrap();
                let _ = fs::remove_file(other);
            } else if other.exists() {
                failures.push(format!("{}: not so any more", other.display()));
            } else if fs::read_to_string(&expected).unwrap_or_default() != found {
                failures.push(format!("{}: found\n{found}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let is_input = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with(".ir") && !name.ends_with(".out.ir")
    };
    files.retain(is_input);
    files.sort();
    files
}
