//! `build` and `check`: source text through every stage, as far as is asked.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::archive;
use crate::failure::{self, Failure};
use crate::link::Link;
use crate::options::{Build, Check, Emit, GcMode, Level};
use crate::output;
use crate::reachable;
use crate::render;

/// Compiles a file to what `--emit` asks for.
pub(crate) fn build(options: &Build) -> Result<(), Failure> {
    let triple = options.target.as_deref().unwrap_or(archive::HOST);
    if options.emit == Emit::Runner {
        // An empty program whose flag makes the archive's main run files instead.
        let nothing = syntax::Source::new("=runner", "");
        let chunk = syntax::parse(&nothing).map_err(|error| render::refused(&nothing, &error))?;
        let module = irgen::generate(&chunk, &nothing.name, &irgen::Options::default());
        let mut settings = codegen_options(options, triple)?;
        settings.flags |= abi::module::module_flags::RUNNER;
        settings.libraries = crate::reachable::everything();
        settings.dynamic = true;
        return executable(options, triple, &settings, &module);
    }
    let source = read_source(&options.file)?;
    let chunk = syntax::parse(&source).map_err(|error| render::refused(&source, &error))?;
    if options.emit == Emit::Ast {
        return output::write(options.output.as_deref(), syntax::dump::dump(&chunk).as_bytes());
    }
    let module = irgen::generate(&chunk, &source.name, &irgen::Options::default());
    if options.emit == Emit::Ir {
        return output::write(
            options.output.as_deref(),
            ir::write::module_to_text(&module).as_bytes(),
        );
    }
    let mut settings = codegen_options(options, triple)?;
    let reachable = reachable::of(&module);
    settings.libraries = reachable.libraries;
    settings.dynamic = reachable.dynamic;
    match options.emit {
        Emit::Clif => {
            let text = codegen::emit_clif(&module, &settings).map_err(internal)?;
            output::write(options.output.as_deref(), text.as_bytes())
        }
        Emit::Obj => {
            let object = codegen::compile_module(&module, &settings).map_err(internal)?;
            let path = options.output.clone().unwrap_or_else(|| beside(&options.file, "o"));
            output::write(Some(&path), &object)
        }
        _ => executable(options, triple, &settings, &module),
    }
}

/// Says whether files compile.
pub(crate) fn check(options: &Check) -> Result<(), Failure> {
    let mut refused = false;
    for file in &options.files {
        let source = read_source(file)?;
        if let Err(error) = syntax::parse(&source) {
            failure::say(&render::refused(&source, &error).message);
            refused = true;
        }
    }
    if refused { Err(Failure::silent()) } else { Ok(()) }
}

/// Compiles a module to an object and links it.
fn executable(
    options: &Build,
    triple: &str,
    settings: &codegen::Options,
    module: &ir::Module,
) -> Result<(), Failure> {
    let output = match &options.output {
        Some(output) if output == Path::new("-") => {
            return Err(Failure::usage("an executable cannot go to standard output"));
        }
        Some(output) => output.clone(),
        None => beside(&options.file, if triple.contains("windows") { "exe" } else { "" }),
    };
    if options.file != Path::new("-") && same_file(&output, &options.file) {
        return Err(Failure::usage(format!(
            "the output {} would replace the source file",
            output.display()
        )));
    }
    let object = codegen::compile_module(module, settings).map_err(internal)?;
    let scratch = tempfile::Builder::new()
        .prefix("perilune-")
        .tempdir()
        .map_err(|error| Failure::io("write to", &std::env::temp_dir(), &error))?;
    let Some(runtime) = archive::find(triple, options.runtime.as_deref())? else {
        return without_runtime(triple, &output, &object);
    };
    let object_file = scratch.path().join("program.o");
    std::fs::write(&object_file, &object)
        .map_err(|error| Failure::io("write", &object_file, &error))?;
    let archive_file = runtime.into_file(scratch.path())?;
    let link = Link {
        triple,
        object: &object_file,
        archive: &archive_file,
        output: &output,
        static_link: options.static_link,
        debug: options.debug,
        verbose: options.verbose,
    };
    link.run()
}

/// There is no runtime archive for the target: keeps the object and says what is missing.
fn without_runtime(triple: &str, output: &Path, object: &[u8]) -> Result<(), Failure> {
    let path = output.with_extension("o");
    output::write(Some(&path), object)?;
    Err(Failure::new(format!(
        "no runtime archive for {triple}: wrote the object {object}\n  \
         link it with a runtime archive ({name}) for the target, given by --runtime:\n  \
         cc {object} {name} -o {output} -lm",
        object = path.display(),
        name = archive::NAME,
        output = output.display(),
    )))
}

fn codegen_options(options: &Build, triple: &str) -> Result<codegen::Options, Failure> {
    let triple: target_lexicon::Triple = triple
        .parse()
        .map_err(|_| Failure::usage(format!("`{triple}` is not a target triple we know")))?;
    let mut flags = 0;
    if options.gc != GcMode::Normal {
        flags |= abi::module::module_flags::GC_STRESS;
    }
    if options.gc == GcMode::Verify {
        flags |= abi::module::module_flags::GC_VERIFY;
    }
    Ok(codegen::Options {
        opt_level: match options.level {
            Level::O0 => codegen::OptLevel::None,
            Level::O1 | Level::O2 => codegen::OptLevel::Speed,
        },
        model: if options.instance { codegen::Model::Instance } else { codegen::Model::Single },
        flags,
        ..codegen::Options::new(triple)
    })
}

/// Reads a program's text; the chunk is named as the reference names it.
pub(crate) fn read_source(file: &Path) -> Result<syntax::Source, Failure> {
    let (name, text) = if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin()
            .read_to_end(&mut text)
            .map_err(|error| Failure::io("read", Path::new("standard input"), &error))?;
        (b"=stdin".to_vec(), text)
    } else {
        let text = std::fs::read(file).map_err(|error| Failure::io("open", file, &error))?;
        let mut name = b"@".to_vec();
        name.extend_from_slice(file.as_os_str().as_encoded_bytes());
        (name, text)
    };
    Ok(syntax::Source::new(name, syntax::skip_file_preamble(&text)))
}

/// The path of an output named after the source file.
fn beside(file: &Path, extension: &str) -> PathBuf {
    if file == Path::new("-") {
        return PathBuf::from("a.out");
    }
    let name = PathBuf::from(file.file_name().unwrap_or(file.as_os_str()));
    let output = name.with_extension(extension);
    // A source without an extension must not be named as its own output.
    if output == name { name.with_extension("out") } else { output }
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn internal(error: codegen::Error) -> Failure {
    Failure::new(error.to_string())
}
