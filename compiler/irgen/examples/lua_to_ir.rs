//! Prints the IR of Lua files and checks it: `cargo run -p irgen --example lua_to_ir -- file.lua`.
//!
//! `-q` only checks; `-t` only generates, and says how long that took; `-e` makes the environment a variable, `-d` the program debuggable.

fn main() {
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.starts_with('-'));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let quiet = has("-q");
    let options = irgen::Options {
        env: if has("-e") { ir::EnvMode::Variable } else { ir::EnvMode::Globals },
        debuggable: has("-d"),
        ..Default::default()
    };
    for path in paths {
        let text = std::fs::read(&path).expect("a readable file");
        let source = syntax::Source::new(format!("@{path}"), syntax::skip_file_preamble(&text));
        let chunk = match syntax::parse(&source) {
            Ok(chunk) => chunk,
            Err(diagnostic) => {
                println!("{path}: {diagnostic:?}");
                continue;
            }
        };
        let start = std::time::Instant::now();
        let module = irgen::generate(&chunk, &source.name, &options);
        if has("-t") {
            println!("{path}: {:?}", start.elapsed());
            continue;
        }
        let text = ir::write::module_to_text(&module);
        if !quiet {
            print!("{text}");
        }
        match ir::read::read_module(&text) {
            Ok(again) if ir::write::module_to_text(&again) != text => {
                println!("{path}: reads back as something else");
            }
            Ok(again) => {
                let text = ir::write::module_to_text(&again);
                if ir::read::read_module(&text).as_ref() != Ok(&again) {
                    println!("{path}: changes when read twice");
                }
            }
            Err(error) => println!("{path}: does not read back: {error}"),
        }
        if let Err(fault) = ir::verify::verify_module(&module) {
            println!("{path}: ill-formed: {fault:?}");
        }
    }
}
