//! Prints the IR of a Lua file: `cargo run -p irgen --example dump -- file.lua`.

fn main() {
    let quiet = std::env::args().any(|arg| arg == "-q");
    for path in std::env::args().skip(1).filter(|arg| arg != "-q") {
        let text = std::fs::read(&path).expect("a readable file");
        let source = syntax::Source::new(format!("@{path}"), syntax::skip_file_preamble(&text));
        let chunk = match syntax::parse(&source) {
            Ok(chunk) => chunk,
            Err(diagnostic) => {
                println!("{path}: {diagnostic:?}");
                continue;
            }
        };
        let module = irgen::generate(&chunk, &source.name, &irgen::Options::default());
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
