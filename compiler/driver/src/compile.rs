//! `build` and `check`: source text through every stage, as far as is asked.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::archive;
use crate::bundle::Bundle;
use crate::failure::{self, Failure};
use crate::link::Link;
use crate::options::{Build, Check, Emit, GcMode, Level};
use crate::output;
use crate::progress::Progress;
use crate::render;

/// Compiles a file to what `--emit` asks for.
pub(crate) fn build(options: &Build) -> Result<(), Failure> {
    let triple = options.target.as_deref().unwrap_or(archive::HOST);
    if options.emit == Emit::Runner {
        // An empty program whose flag makes the archive's main run files instead.
        let module = Unit::new(syntax::Source::new("=runner", ""))?.module;
        let mut settings = codegen_options(options, triple)?;
        settings.flags |= abi::module::module_flags::RUNNER;
        settings.libraries = crate::reachable::everything();
        settings.dynamic = true;
        let progress = Progress::start();
        return executable(options, triple, &settings, &module, &progress);
    }
    keep_source(options, &options.file)?;
    let progress = Progress::start();
    let source = read_source(&options.file)?;
    if options.emit == Emit::Ast {
        let chunk = syntax::parse(&source).map_err(|error| render::refused(&source, &error))?;
        return output::write(options.output.as_deref(), syntax::dump::dump(&chunk).as_bytes());
    }
    let bundle = Bundle::of(Unit::new(source)?, options)?;
    let debuggable = bundle.is_debuggable();
    for file in bundle.files() {
        keep_source(options, &file)?;
    }
    if options.emit == Emit::Ir {
        return output::write(options.output.as_deref(), bundle.ir_text().as_bytes());
    }
    let mut settings = codegen_options(options, triple)?;
    let merged = bundle.merge()?;
    let module = merged.module;
    settings.libraries = merged.reachable.libraries;
    settings.dynamic = merged.reachable.dynamic;
    settings.preloads = merged.preloads;
    settings.records = merged.records;
    if merged.cells {
        settings.flags |= abi::module::module_flags::CELLS;
    }
    if debuggable {
        settings.flags |= abi::module::module_flags::DEBUGGABLE;
    }
    progress.stage("compiling");
    match options.emit {
        Emit::Clif => {
            let text = codegen::emit_clif(&module, &settings).map_err(internal)?;
            output::write(options.output.as_deref(), text.as_bytes())
        }
        Emit::Asm => {
            let text = codegen::emit_asm(&module, &settings).map_err(internal)?;
            output::write(options.output.as_deref(), text.as_bytes())
        }
        Emit::Obj => {
            let object = object(options, &settings, &module)?;
            let path = options.output.clone().unwrap_or_else(|| beside(&options.file, "o"));
            output::write(Some(&path), &object)
        }
        _ => executable(options, triple, &settings, &module, &progress),
    }
}

/// A source file and its IR.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) source: syntax::Source,
    /// As code that is not debuggable.
    pub(crate) module: ir::Module,
    /// The text names what needs debuggable functions.
    pub(crate) needs_debuggable: bool,
    /// It names what changes upvalues.
    pub(crate) needs_cells: bool,
}

impl Unit {
    pub(crate) fn new(source: syntax::Source) -> Result<Unit, Failure> {
        let chunk = parse(&source)?;
        let module = irgen::generate(&chunk, &source.name, &irgen::Options::default());
        let needs_debuggable = irgen::needs_debuggable(&chunk);
        Ok(Unit { needs_cells: irgen::needs_cells(&chunk), needs_debuggable, source, module })
    }

    /// Its functions for `string.dump`.
    pub(crate) fn records(&self, debuggable: bool) -> Result<Vec<u8>, Failure> {
        Ok(ir::binary::write_functions(&self.to_ir(&irgen::Options::dumped(debuggable))?))
    }

    /// Its IR as debuggable code.
    pub(crate) fn to_debuggable_ir(&self) -> Result<ir::Module, Failure> {
        self.to_ir(&irgen::Options { debuggable: true, ..irgen::Options::default() })
    }

    fn to_ir(&self, options: &irgen::Options) -> Result<ir::Module, Failure> {
        Ok(irgen::generate(&parse(&self.source)?, &self.source.name, options))
    }
}

fn parse(source: &syntax::Source) -> Result<syntax::ast::Chunk, Failure> {
    syntax::parse(source).map_err(|error| render::refused(source, &error))
}

/// Refuses to replace a source file by the output.
fn keep_source(options: &Build, file: &Path) -> Result<(), Failure> {
    match &options.output {
        Some(output) if file != Path::new("-") && same_file(output, file) => Err(Failure::usage(
            format!("the output {} would replace the source file", output.display()),
        )),
        _ => Ok(()),
    }
}

/// Compiles a module to an object.
fn object(
    options: &Build,
    settings: &codegen::Options,
    module: &ir::Module,
) -> Result<Vec<u8>, Failure> {
    let start = Instant::now();
    let object = codegen::compile_module(module, settings).map_err(internal)?;
    if options.verbose {
        let text = format!(
            "compiled {} functions to an object of {} bytes in {:.2} s",
            module.functions.len(),
            object.len(),
            start.elapsed().as_secs_f64()
        );
        failure::say(text.as_bytes());
    }
    Ok(object)
}

/// Says whether files compile.
pub(crate) fn check(options: &Check) -> Result<(), Failure> {
    let mut refused = false;
    for file in &options.files {
        let checked = read_source(file).and_then(|source| {
            syntax::parse(&source).map(drop).map_err(|error| render::refused(&source, &error))
        });
        // The other files are looked at all the same.
        if let Err(error) = checked {
            failure::say(&error.message);
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
    progress: &Progress,
) -> Result<(), Failure> {
    let output = match &options.output {
        Some(output) if output == Path::new("-") => {
            return Err(Failure::usage("an executable cannot go to standard output"));
        }
        Some(output) => output.clone(),
        None => beside(&options.file, if triple.contains("windows") { "exe" } else { "" }),
    };
    let object = object(options, settings, module)?;
    progress.stage("linking");
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
        "no runtime archive for {triple}, so there is no executable; wrote the object {object}\n  \
         give the runtime archive for the target by --runtime, or link the object with it:\n  \
         {cc} {object} {name} -o {output} -lm",
        cc = crate::link::compiler(triple).display(),
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
        debug_directory: debug_directory(options),
        stats: options.stats,
        ..codegen::Options::new(triple)
    })
}

/// Where line tables begin to look for files, where such tables are wanted.
fn debug_directory(options: &Build) -> Option<String> {
    let directory = if options.debug { std::env::current_dir().ok()? } else { return None };
    let directory = directory.to_string_lossy().replace('\0', "");
    (!directory.is_empty()).then_some(directory)
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
        let mut text = Vec::new();
        std::fs::File::open(file)
            .map_err(|error| Failure::io("open", file, &error))?
            .read_to_end(&mut text)
            .map_err(|error| Failure::io("read", file, &error))?;
        let mut name = b"@".to_vec();
        name.extend_from_slice(file.as_os_str().as_encoded_bytes());
        (name, text)
    };
    let text = syntax::skip_file_preamble(&text);
    // Behind a first line that begins with '#' stands an empty one.
    if text.first() == Some(&0x1b) || text.starts_with(b"\n\x1b") {
        return Err(Failure::new(format!(
            "{}: this is a precompiled chunk; give the Lua source instead",
            file.display()
        )));
    }
    Ok(syntax::Source::new(name, text))
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
