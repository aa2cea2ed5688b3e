//! Compares the IR of `lua/x.lua` with `lua/x.ir`, and checks that it is well-formed and reads
//! back, in all modes. `BLESS=1` rewrites what is expected.

use ir::{EnvMode, Module};
use irgen::Options;
use std::fs;
use std::path::{Path, PathBuf};

fn generate(path: &Path, options: &Options) -> Module {
    let name = format!("@{}", path.file_name().unwrap().to_string_lossy());
    let source = syntax::Source::new(name, fs::read(path).unwrap());
    let chunk = syntax::parse(&source).unwrap_or_else(|error| panic!("{path:?}: {error:?}"));
    irgen::generate(&chunk, &source.name, options)
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lua");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "lua"));
    files.sort();
    files
}

#[test]
fn as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    for path in files() {
        let found = ir::write::module_to_text(&generate(&path, &Options::default()));
        let expected = path.with_extension("ir");
        if bless {
            fs::write(&expected, found).unwrap();
        } else {
            assert_eq!(fs::read_to_string(&expected).unwrap_or_default(), found, "{path:?}");
        }
    }
}

#[test]
fn well_formed_in_all_modes() {
    for path in files() {
        for env in [EnvMode::Globals, EnvMode::Variable] {
            for debuggable in [false, true] {
                let options = Options { env, debuggable, ..Options::default() };
                let module = generate(&path, &options);
                let text = ir::write::module_to_text(&module);
                if let Err(fault) = ir::verify::verify_module(&module) {
                    panic!("{path:?}: {fault}\n{text}");
                }
                let again = ir::read::read_module(&text).unwrap();
                assert_eq!(ir::write::module_to_text(&again), text, "{path:?}");
                assert_eq!(ir::read::read_module(&text).unwrap(), again);
            }
        }
    }
}
