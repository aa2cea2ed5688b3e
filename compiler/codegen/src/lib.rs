//! IR to machine code: [`lower`] makes CLIF of each function, Cranelift makes code of that, and
//! [`object`] puts the code and the tables the runtime reads into a relocatable object.
//!
//! This is the only crate that names Cranelift. A panic inside it becomes [`Error::Internal`]
//! with the name of the function that was being compiled.

mod compile;
mod descriptor;
mod lines;
mod lower;
mod object;
mod once;
mod roots;
mod runtime_call;
mod safepoint;
mod statics;
mod symbols;
mod target;
mod unwind;

#[cfg(test)]
mod tests;

use std::fmt;
use target_lexicon::Triple;

pub use target::host;

/// How much work Cranelift puts into the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OptLevel {
    /// Quick to compile.
    None,
    /// Quick to run.
    #[default]
    Speed,
}

/// How code reaches the static data of its module (`abi::module`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Model {
    /// By link-time address: one state in the process, as in an executable.
    #[default]
    Single,
    /// Through the closure's prototype: any number of states.
    Instance,
}

/// A library function that the program can reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LibraryImport {
    /// The name of the library's table: `_G`, `string`, ...
    pub library: String,
    /// The name of the function in it.
    pub name: String,
    /// The symbol of its static closure.
    pub symbol: String,
}

/// A module that is bundled for `require`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preload {
    /// Its name, as [`abi::module::Preload`] has it.
    pub name: Vec<u8>,
    /// The function that is its chunk.
    pub function: ir::FuncId,
}

/// What to make of a module.
#[derive(Clone, Debug)]
pub struct Options {
    /// The target.
    pub triple: Triple,
    /// How much work goes into the code.
    pub opt_level: OptLevel,
    /// How static data is reached.
    pub model: Model,
    /// Bits of [`abi::module::module_flags`] for the descriptor; the model's bit is added.
    pub flags: u32,
    /// The library functions that are to be there at the start.
    pub libraries: Vec<LibraryImport>,
    /// Whether the program can reach `load` or its like: front end and tier 0 are linked then.
    pub dynamic: bool,
    /// The bundled modules.
    pub preloads: Vec<Preload>,
    /// The records of all functions in order, where the program can reach `string.dump`.
    pub records: Option<Vec<u8>>,
    /// The directory that the chunks' paths are relative to: line tables for debuggers are written.
    pub debug_directory: Option<String>,
    /// Whether the program counts its entries into the runtime, and prints the counts at its end.
    pub stats: bool,
    /// Whether Cranelift checks the CLIF it is given.
    pub verify: bool,
    /// How many threads compile functions; 0: as many as there are processors.
    pub threads: usize,
}

impl Options {
    /// The defaults for a target.
    pub fn new(triple: Triple) -> Options {
        Options {
            triple,
            opt_level: OptLevel::default(),
            model: Model::default(),
            flags: 0,
            libraries: Vec::new(),
            dynamic: false,
            preloads: Vec::new(),
            records: None,
            debug_directory: None,
            stats: false,
            verify: cfg!(debug_assertions),
            threads: 0,
        }
    }
}

/// Why there is no object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// There is no code generator for the target, or not for all that is needed.
    Target(String),
    /// A function is beyond a limit of the implementation.
    Limit {
        /// The function's symbol.
        function: String,
        /// Which limit.
        reason: String,
    },
    /// A fault of the compiler's own.
    Internal {
        /// The function's symbol, or empty.
        function: String,
        /// What is known of it.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Target(reason) => f.write_str(reason),
            Error::Limit { function, reason } => write!(f, "in '{function}': {reason}"),
            Error::Internal { function, reason } if function.is_empty() => {
                write!(f, "internal error in the code generator: {reason}")
            }
            Error::Internal { function, reason } => {
                write!(f, "internal error in the code generator, in '{function}': {reason}")
            }
        }
    }
}

impl std::error::Error for Error {}

/// The code of one function in figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionSize {
    /// The function's symbol.
    pub symbol: String,
    /// The size of its code in bytes.
    pub code_size: u32,
    /// How many calls it has that the runtime knows of.
    pub site_count: u32,
    /// How many bytes of its frame hold roots.
    pub root_size: u32,
}

/// An object file and what there is to say about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// The bytes of the file.
    pub object: Vec<u8>,
    /// A line for each function, in the module's order.
    pub sizes: Vec<FunctionSize>,
}

/// Compiles a module to a relocatable object. The module must be well-formed (`ir::verify`).
pub fn compile_module(module: &ir::Module, options: &Options) -> Result<Vec<u8>, Error> {
    compile_module_with_sizes(module, options).map(|output| output.object)
}

/// Likewise, with the sizes of the functions.
pub fn compile_module_with_sizes(module: &ir::Module, options: &Options) -> Result<Output, Error> {
    let plan = compile::Plan::new(module, options)?;
    let functions = plan.compile_functions()?;
    let sizes = functions.iter().map(|function| function.size()).collect();
    let object = object::write(&plan, &functions)?;
    Ok(Output { object, sizes })
}

/// The CLIF of every function, as it is given to Cranelift.
pub fn emit_clif(module: &ir::Module, options: &Options) -> Result<String, Error> {
    compile::Plan::new(module, options)?.clif()
}

/// The code of every function in the notation of Cranelift's back end for the target, with names
/// and source lines: to be read, not assembled.
pub fn emit_asm(module: &ir::Module, options: &Options) -> Result<String, Error> {
    compile::Plan::new(module, options)?.asm()
}
