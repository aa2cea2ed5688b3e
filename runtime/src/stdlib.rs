//! The standard library: a file a library, each ending in its table of functions.
//!
//! A library function is a static closure with a symbol of its own, so that an executable links
//! those that its program can reach and no others. What a library has besides functions is put in
//! by an opener, which is linked in the same way: an entry without a name.

use alloc::boxed::Box;
use alloc::vec::Vec;

use abi::object::MAX_INLINE;

use crate::call::Library;
use crate::closure::Closure;
use crate::error::Raised;
use crate::files::LineBuffer;
use crate::gc::Gc;
use crate::state::State;
use crate::table::Table;
use crate::text::pattern::Scratch;
use crate::text::random::Random;
use crate::value::Value;

pub mod base;
pub mod buffer;
pub mod coroutine;
pub mod debug;
pub mod io;
pub mod math;
pub mod os;
pub mod package;
pub mod protected;
mod quick;
pub mod show;
pub mod string;
pub mod table;
pub mod utf8;

/// All libraries, the basic functions first.
pub static LIBRARIES: &[&Library] = &[
    &base::LIBRARY,
    &package::basic::LIBRARY,
    &package::LIBRARY,
    &coroutine::LIBRARY,
    &table::LIBRARY,
    &string::LIBRARY,
    &utf8::LIBRARY,
    &math::LIBRARY,
    &io::LIBRARY,
    &os::LIBRARY,
    &debug::LIBRARY,
];

/// What the libraries keep in a state.
#[derive(Debug)]
pub struct Libraries {
    /// The generator behind `math.random`.
    pub random: Random,
    /// Where strings are built.
    pub scratch: Vec<u8>,
    /// Where lines are read to.
    pub line: LineBuffer,
    /// Where patterns are matched.
    pub patterns: Option<Box<Scratch>>,
    /// `print` has written something that may still be in the buffer of the standard output.
    pub print_pending: bool,
    /// The address of the metatable of files, which is in the registry; 0: there is none.
    pub file_metatable: u64,
}

impl Default for Libraries {
    fn default() -> Self {
        Libraries {
            random: Random::new(0, 0),
            scratch: Vec::new(),
            line: LineBuffer::default(),
            patterns: None,
            print_pending: false,
            file_metatable: 0,
        }
    }
}

/// A function of a library by its names; without a name of its own it is the library's opener.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The name of the library's table.
    pub library: &'a [u8],
    /// The name of the function in it.
    pub name: &'a [u8],
    /// The function.
    pub closure: Gc<Closure>,
}

/// The key in the registry of the table of loaded libraries, as in the reference.
pub const LOADED: &[u8] = b"_LOADED";
/// The key of `package.preload` in the registry, as in the reference.
pub const PRELOAD: &[u8] = b"_PRELOAD";

/// Opens all libraries with all of their functions.
pub fn open_all(state: &mut State) -> Result<(), Raised> {
    let functions = |library: &&'static Library| {
        let name = library.name.as_bytes();
        let all = library.functions.iter().chain(&library.opener);
        all.map(move |function| Entry {
            library: name,
            name: function.name.as_bytes(),
            closure: function.closure.get(),
        })
    };
    open(state, LIBRARIES.iter().flat_map(functions))
}

/// Makes the tables of libraries and puts these functions in, then runs the openers among them.
pub fn open<'a>(state: &mut State, entries: impl Iterator<Item = Entry<'a>>) -> Result<(), Raised> {
    let loaded = registry_table(state, LOADED)?;
    let mut openers: Vec<(Gc<Table>, Gc<Closure>)> = Vec::new();
    for entry in entries {
        let table = library_table(state, loaded, entry.library)?;
        if entry.name.is_empty() {
            // Both are reachable: the table is loaded, the opener static.
            openers.push((table, entry.closure));
            continue;
        }
        let name = state.new_string(entry.name)?;
        table.set_str(state, name, Value::function(entry.closure))?;
    }
    for (table, opener) in openers {
        state.call(Value::function(opener), &[Value::table(table)])?;
    }
    Ok(())
}

/// A table in the registry, made when it is not there yet.
pub fn registry_table(state: &mut State, name: &[u8]) -> Result<Gc<Table>, Raised> {
    let name = state.new_string(name)?;
    let registry = state.registry;
    if let Some(table) = registry.get_str(state, name).as_table() {
        return Ok(table);
    }
    let table = state.new_table(0, 0)?;
    registry.set_str(state, name, Value::table(table))?;
    Ok(table)
}

/// The table of a library, made when it is not there yet. That of the basic functions is the
/// globals table; the others are globals.
fn library_table(
    state: &mut State,
    loaded: Gc<Table>,
    library: &[u8],
) -> Result<Gc<Table>, Raised> {
    let name = state.new_string(library)?;
    if let Some(table) = loaded.get_str(state, name).as_table() {
        return Ok(table);
    }
    let globals = state.globals();
    // With all of its functions inside the table, where caches find them first.
    let table = if library == b"_G" { globals } else { state.new_table(0, MAX_INLINE)? };
    loaded.set_str(state, name, Value::table(table))?;
    globals.set_str(state, name, Value::table(table))?;
    Ok(table)
}
