//! The library `package`, and `require`.
//!
//! Modules come from `package.preload`, from what the program carries as if it lay beside the
//! executable (`beside`) and, where a loader is linked in, from Lua files. There are
//! no dynamic libraries: what asks for one gets the answer of a platform without them.

pub(crate) mod beside;

use alloc::vec::Vec;

use self::beside::Beside;
use super::base::until_nul;
use super::buffer::Buffer;
use super::show::{field, set_field};
use super::{LOADED, PRELOAD, registry_table};
use crate::call::{Call, Step};
use crate::error::Raised;
use crate::files::{Stream, c_string};
use crate::gc::Gc;
use crate::os;
use crate::state::State;
use crate::table::Table;
use crate::text::Sink;
use crate::text::search;
use crate::value::Value;
use crate::{library, library_closure};

type Answer = Result<Step<()>, Raised>;

/// The key of `package` itself, which `require` looks at whatever becomes of the global.
const PACKAGE: &[u8] = b"_PACKAGE";

/// Where Lua modules are looked for when nothing else is said.
pub const DEFAULT_PATH: &[u8] = b"/usr/local/share/lua/5.4/?.lua;\
    /usr/local/share/lua/5.4/?/init.lua;\
    /usr/local/lib/lua/5.4/?.lua;\
    /usr/local/lib/lua/5.4/?/init.lua;\
    ./?.lua;./?/init.lua";

const DEFAULT_CPATH: &[u8] =
    b"/usr/local/lib/lua/5.4/?.so;/usr/local/lib/lua/5.4/loadall.so;./?.so";

const NO_DYNAMIC_LIBRARIES: &[u8] = b"dynamic libraries not enabled; check your Lua installation";

fn loadlib(call: &mut Call<'_>) -> Answer {
    call.check_string(1)?;
    call.check_string(2)?;
    let message = call.state.new_string(NO_DYNAMIC_LIBRARIES)?;
    let what = call.state.new_string(b"absent")?;
    call.ret(&[Value::NIL, Value::string(message), Value::string(what)])
}

/// Appends `text` with each `from` replaced.
fn put_replaced(out: &mut impl Sink, text: &[u8], from: &[u8], to: &[u8]) {
    let mut rest = text;
    while let Some(place) = search::find(rest, from).filter(|_| !from.is_empty()) {
        out.put(&rest[..place]);
        out.put(to);
        rest = &rest[place + from.len()..];
    }
    out.put(rest);
}

/// The files of a path, `;` between them.
fn files_of(name: &[u8], path: &[u8], separator: &[u8], replacement: &[u8]) -> Vec<u8> {
    let mut module = Vec::new();
    put_replaced(&mut module, until_nul(name), until_nul(separator), until_nul(replacement));
    let mut files = Vec::new();
    put_replaced(&mut files, until_nul(path), b"?", &module);
    files
}

fn is_readable(file: &[u8]) -> bool {
    let stream = Stream::open(&c_string(file), c"r");
    stream.map(Stream::close).is_some()
}

/// The message that lists the files that are not there.
fn no_files(files: &[u8]) -> Vec<u8> {
    let mut message = b"no file '".to_vec();
    put_replaced(&mut message, files, b";", b"'\n\tno file '");
    message.push(b'\'');
    message
}

/// The first file of a path that can be read, or a message that lists them all.
pub fn search_path(
    name: &[u8],
    path: &[u8],
    separator: &[u8],
    replacement: &[u8],
) -> Result<Vec<u8>, Vec<u8>> {
    first_readable(&files_of(name, path, separator, replacement))
}

fn first_readable(files: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let mut each = files.split(|&byte| byte == b';').filter(|_| !files.is_empty());
    each.find(|file| is_readable(file)).map(<[u8]>::to_vec).ok_or_else(|| no_files(files))
}

fn searchpath(call: &mut Call<'_>) -> Answer {
    // The last argument first, as C compilers have it in the reference.
    let replacement = call.opt_string(4)?;
    let separator = call.opt_string(3)?;
    let path = call.check_string(2)?;
    let name = call.check_string(1)?;
    let separator = separator.as_ref().map_or(&b"."[..], |text| text.as_bytes());
    let replacement = replacement.as_ref().map_or(&b"/"[..], |text| text.as_bytes());
    match search_path(name.as_bytes(), path.as_bytes(), separator, replacement) {
        Ok(file) => {
            let file = call.state.new_string(&file)?;
            call.ret1(file)
        }
        Err(message) => {
            let message = call.state.new_string(&message)?;
            call.ret(&[Value::NIL, Value::string(message)])
        }
    }
}

/// The table `package`.
fn package_table(state: &mut State) -> Result<Value, Raised> {
    let key = state.new_string(PACKAGE)?;
    Ok(state.registry.get_str(state, key))
}

/// The files of a field of `package` that is a path.
fn files_of_field(call: &mut Call<'_>, name: &[u8], path: &str) -> Result<Vec<u8>, Raised> {
    let package = package_table(call.state)?;
    let value = field(call.state, package, path.as_bytes())?;
    match call.state.coerce_to_string(value)? {
        Some(path) => Ok(files_of(name, path.as_bytes(), b".", b"/")),
        None => Err(call.error(format_args!("'package.{path}' must be a string"))),
    }
}

fn load_error(call: &mut Call<'_>, name: &[u8], file: &[u8], reason: &[u8]) -> Raised {
    call.state.lib_error_bytes(
        1,
        &[b"error loading module '", until_nul(name), b"' from file '", file, b"':\n\t", reason],
    )
}

fn search_preload(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    let preload = registry_table(call.state, PRELOAD)?;
    let loader = field(call.state, Value::table(preload), until_nul(name.as_bytes()))?;
    if loader.is_nil() {
        let message = call.state.new_string_from(&[
            b"no field package.preload['",
            until_nul(name.as_bytes()),
            b"']",
        ])?;
        return call.ret1(message);
    }
    let data = call.state.new_string(b":preload:")?;
    call.ret(&[loader, Value::string(data)])
}

fn search_lua(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    let files = files_of_field(call, name.as_bytes(), "path")?;
    let beside = Beside::of(call.state)?;
    for file in files.split(|&byte| byte == b';').filter(|_| !files.is_empty()) {
        let mut loader = Value::NIL;
        if let Some(beside) = &beside {
            loader = beside.loader(call.state, file)?;
        }
        if loader.is_nil() && is_readable(file) {
            loader = load_file(call, name.as_bytes(), file)?;
        }
        if !loader.is_nil() {
            let file = call.state.new_string(file)?;
            return call.ret(&[loader, Value::string(file)]);
        }
    }
    let message = call.state.new_string(&no_files(&files))?;
    call.ret1(message)
}

fn load_file(call: &mut Call<'_>, name: &[u8], file: &[u8]) -> Result<Value, Raised> {
    match call.state.load_file(Some(file), b"bt", None) {
        Ok(loader) => Ok(Value::function(loader)),
        Err(raised) => {
            let error = call.state.take_error(raised);
            let reason = call.state.coerce_to_string(error)?;
            let reason = reason.as_ref().map_or(&b"(null)"[..], |reason| reason.as_bytes());
            Err(load_error(call, name, file, reason))
        }
    }
}

fn search_c(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    search_c_files(call, name.as_bytes(), name.as_bytes())
}

/// The root of `a.b.c` is `a`, whose library may have the submodule.
fn search_c_root(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    match until_nul(name.as_bytes()).iter().position(|&byte| byte == b'.') {
        Some(dot) => search_c_files(call, name.as_bytes(), &name.as_bytes()[..dot]),
        None => call.ret0(),
    }
}

fn search_c_files(call: &mut Call<'_>, name: &[u8], root: &[u8]) -> Answer {
    let files = files_of_field(call, root, "cpath")?;
    match first_readable(&files) {
        Ok(file) => Err(load_error(call, name, &file, NO_DYNAMIC_LIBRARIES)),
        Err(message) => {
            let message = call.state.new_string(&message)?;
            call.ret1(message)
        }
    }
}

/// The loader of a module, and what is passed to it.
fn find_loader(call: &mut Call<'_>, name: &[u8]) -> Result<(Value, Value), Raised> {
    let package = package_table(call.state)?;
    let searchers = field(call.state, package, b"searchers")?;
    let Some(searchers) = searchers.as_table() else {
        return Err(call.error("'package.searchers' must be a table"));
    };
    let mut message = Buffer::new(call.state);
    let mut index = 1;
    loop {
        let searcher = searchers.get_int(index);
        if searcher.is_nil() {
            let parts: [&[u8]; 4] = [b"module '", name, b"' not found:", message.bytes()];
            return Err(call.state.lib_error_bytes(1, &parts));
        }
        let argument = Value::string(call.state.new_string(name)?);
        let results = call.state.call(searcher, &[argument])?;
        let (first, second) = (results.first(), results.get(call.state, 1));
        if first.as_function().is_some() {
            message.give_back(call.state);
            return Ok((first, second));
        }
        if let Some(text) = call.state.coerce_to_string(first)? {
            message.put(b"\n\t");
            message.put(text.as_bytes());
        }
        index += 1;
    }
}

fn require(call: &mut Call<'_>) -> Answer {
    let name = call.check_string(1)?;
    let name = until_nul(name.as_bytes());
    let loaded = Value::table(registry_table(call.state, LOADED)?);
    let present = field(call.state, loaded, name)?;
    if !present.is_falsy() {
        return call.ret1(present);
    }
    let (loader, data) = find_loader(call, name)?;
    let argument = Value::string(call.state.new_string(name)?);
    let result = call.state.call(loader, &[argument, data])?.first();
    if !result.is_nil() {
        set_field(call.state, loaded, name, result)?;
    }
    let mut module = field(call.state, loaded, name)?;
    if module.is_nil() {
        module = Value::TRUE;
        set_field(call.state, loaded, name, module)?;
    }
    call.ret(&[module, data])
}

/// A path from the environment.
fn path_from_environment(state: &mut State, name: &str, default: &[u8]) -> Vec<u8> {
    let versioned = c_string(&[name.as_bytes(), b"_5_4"].concat());
    let path = os::environment_variable(&versioned)
        .or_else(|| os::environment_variable(&c_string(name.as_bytes())));
    let ignored = match state.new_string(b"LUA_NOENV") {
        Ok(key) => !state.registry.get_str(state, key).is_falsy(),
        Err(_) => false,
    };
    match path.filter(|_| !ignored) {
        Some(path) => with_default(path, default),
        None => default.to_vec(),
    }
}

/// A path in which the first ";;" stands for the default.
pub fn with_default(path: Vec<u8>, default: &[u8]) -> Vec<u8> {
    let Some(mark) = search::find(&path, b";;") else { return path };
    let (before, after) = (&path[..mark], &path[mark + 2..]);
    let mut whole = Vec::new();
    if !before.is_empty() {
        whole.extend_from_slice(before);
        whole.push(b';');
    }
    whole.extend_from_slice(default);
    if !after.is_empty() {
        whole.push(b';');
        whole.extend_from_slice(after);
    }
    whole
}

fn values(state: &mut State, table: Gc<Table>) -> Result<(), Raised> {
    let key = state.new_string(PACKAGE)?;
    let registry = state.registry;
    registry.set_str(state, key, Value::table(table))?;
    let searchers = state.new_table(4, 0)?;
    for (index, searcher) in (1..).zip([&SEARCH_PRELOAD, &SEARCH_LUA, &SEARCH_C, &SEARCH_C_ROOT]) {
        searchers.set_int(state, index, Value::function(searcher.get()))?;
    }
    let path = path_from_environment(state, "LUA_PATH", DEFAULT_PATH);
    let path = Value::string(state.new_string(&path)?);
    let cpath = path_from_environment(state, "LUA_CPATH", DEFAULT_CPATH);
    let cpath = Value::string(state.new_string(&cpath)?);
    let config = Value::string(state.new_string(b"/\n;\n?\n!\n-\n")?);
    let loaded = Value::table(registry_table(state, LOADED)?);
    let preload = Value::table(registry_table(state, PRELOAD)?);
    for (name, value) in [
        ("config", config),
        ("cpath", cpath),
        ("loaded", loaded),
        ("path", path),
        ("preload", preload),
        ("searchers", Value::table(searchers)),
    ] {
        let name = state.new_string(name.as_bytes())?;
        table.set_str(state, name, value)?;
    }
    Ok(())
}

library_closure!(
    SEARCH_PRELOAD,
    "pl_package_search_preload",
    "searcher_preload\0",
    search_preload,
    []
);
library_closure!(SEARCH_LUA, "pl_package_search_lua", "searcher_Lua\0", search_lua, []);
library_closure!(SEARCH_C, "pl_package_search_c", "searcher_C\0", search_c, []);
library_closure!(SEARCH_C_ROOT, "pl_package_search_c_root", "searcher_Croot\0", search_c_root, []);

library! { "package", {
    loadlib => loadlib;
    searchpath => searchpath;
} values }

/// What is a basic function.
pub mod basic {
    use crate::library;

    library! { "_G", {
        require => super::require;
    } }
}
