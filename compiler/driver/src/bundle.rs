//! A program of several files: the main one and the modules it requires by constant names, found
//! on the search path when the program is built, and compiled with it.
//!
//! At run time they are in `package.preload`, where `require` looks first. So are modules that the
//! command line names. Another module whose name is not known is looked for when the program runs,
//! which then carries front end and tier 0. One that
//! is not on the path but beside the main file is carried as a file beside the executable.
//!
//! If one file needs debuggable functions, those of all files are debuggable.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use runtime::stdlib::package;

use crate::beside::Beside;
use crate::compile::{self, Unit};
use crate::failure::{self, Failure};
use crate::loads;
use crate::options::{Build, Dynamic};
use crate::reachable::{self, Reachable};
use crate::requires::{self, Required};

/// The files of a program.
pub(crate) struct Bundle {
    /// The files, the main one first.
    units: Vec<Unit>,
    /// The program is debuggable.
    debuggable: bool,
    /// For each module behind the main one its name, as in [`abi::module::Preload`].
    names: Vec<Vec<u8>>,
    /// What of the library is linked.
    reachable: Reachable,
}

/// What the code generator takes.
pub(crate) struct Merged {
    pub(crate) module: ir::Module,
    pub(crate) preloads: Vec<codegen::Preload>,
    /// See [`codegen::Options::records`].
    pub(crate) records: Option<Vec<u8>>,
    /// In code that is loaded captured variables are cells.
    pub(crate) cells: bool,
    pub(crate) reachable: Reachable,
}

impl Bundle {
    /// A program whose main file is `main`. It is debuggable if that is asked for, or if one of its
    /// files needs it.
    pub(crate) fn of(main: Unit, options: &Build) -> Result<Bundle, Failure> {
        let can_load = options.dynamic == Dynamic::Auto;
        let path = search_path();
        let beside = Beside::new(file_of(&main.module.source).as_deref());
        let mut units = vec![main];
        let mut names = Vec::new();
        let mut seen: HashMap<Vec<u8>, bool> = HashMap::new();
        let mut warned = HashSet::new();
        let mut any_module = false;
        let mut used = Vec::new();
        for name in &options.modules {
            let name = name.as_encoded_bytes().to_vec();
            if is_library(&name) {
                used.push(name);
            } else if !seen.contains_key(&name) {
                let unit = named(&name, &path)?;
                say_bundled(options, &name, &unit);
                seen.insert(name.clone(), true);
                units.push(unit);
                names.push(name);
            }
        }
        let mut next = 0;
        while next < units.len() {
            let uses = requires::of(&units[next].module);
            for required in uses {
                let source = units[next].module.source.clone();
                let mut warn = |text: &[u8]| {
                    let place = place(&source, required.line);
                    if warned.insert([&place[..], text].concat()) {
                        failure::note(&[&place[..], b": warning: ", text].concat());
                    }
                };
                let Some(name) = &required.name else {
                    any_module = true;
                    // Who names modules has thought of it.
                    if !options.modules.is_empty() {
                        continue;
                    }
                    warn(if can_load {
                        b"the module's name is not known here: it is looked for when the \
                          program runs (-m NAME compiles it in)"
                    } else {
                        b"the module's name is not known here, and the program is built \
                          without the ability to load it (-m NAME compiles it in)"
                    });
                    continue;
                };
                if is_library(name) {
                    used.push(name.clone());
                    continue;
                }
                match seen.get(name) {
                    Some(true) => continue,
                    Some(false) if required.optional => continue,
                    _ => {}
                }
                let unit = find(name, &path, &required, &source, &mut warn)?;
                seen.insert(name.clone(), unit.is_some());
                let found = match unit {
                    Some(unit) => vec![(name.clone(), unit)],
                    None => lying_beside(name, &beside, &required, &mut seen, &mut warn),
                };
                for (key, unit) in found {
                    say_bundled(options, name, &unit);
                    units.push(unit);
                    names.push(key);
                }
            }
            next += 1;
        }
        let debuggable = options.debuggable || units.iter().any(|unit| unit.needs_debuggable);
        let modules = units.iter().map(|unit| &unit.module);
        let reachable = reachable::of(modules, &used, any_module, can_load);
        if !can_load {
            units.iter().for_each(|unit| note_loads(&unit.module));
        }
        if options.verbose && debuggable {
            failure::say(b"the program is debuggable");
        }
        Ok(Bundle { units, debuggable, names, reachable })
    }

    /// Whether its functions are debuggable.
    pub(crate) fn is_debuggable(&self) -> bool {
        self.debuggable
    }

    /// The text of the IR, file by file.
    pub(crate) fn ir_text(&self) -> String {
        let texts: Vec<String> = if self.debuggable {
            let modules = self.units.iter().filter_map(|unit| unit.to_debuggable_ir().ok());
            modules.map(|module| ir::write::module_to_text(&module)).collect()
        } else {
            self.modules().map(ir::write::module_to_text).collect()
        };
        texts.join("\n")
    }

    fn modules(&self) -> impl Iterator<Item = &ir::Module> {
        self.units.iter().map(|unit| &unit.module)
    }

    /// The files of the modules behind the main one.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.modules().skip(1).map(|module| path_of(&module.source[1..])).collect()
    }

    /// Everything as one module.
    pub(crate) fn merge(self) -> Result<Merged, Failure> {
        let cells = self.units.iter().any(|unit| unit.needs_cells);
        let records = match self.reachable.dump {
            true => {
                let records = self.units.iter().map(|unit| unit.records(self.debuggable));
                Some(records.collect::<Result<Vec<_>, _>>()?.concat())
            }
            false => None,
        };
        let modules = self.units.into_iter().map(|unit| match self.debuggable {
            true => unit.to_debuggable_ir(),
            false => Ok(unit.module),
        });
        let mut modules = modules.collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut module = modules.next().expect("there is a main file");
        let appended = modules.zip(self.names);
        let preloads = appended
            .map(|(other, name)| codegen::Preload { name, function: module.append(other) })
            .collect();
        Ok(Merged { module, preloads, records, cells, reachable: self.reachable })
    }
}

fn say_bundled(options: &Build, name: &[u8], unit: &Unit) {
    if options.verbose {
        let file = &unit.module.source[1..];
        failure::say(&[b"bundling module '", name, b"' from ", file].concat());
    }
}

/// A module that the command line names.
fn named(name: &[u8], path: &[u8]) -> Result<Unit, Failure> {
    let file = package::search_path(name, path, b".", b"/");
    let file = file.map_err(|looked| {
        Failure::new([b"module '", name, b"' (of -m) not found:\n\t", &looked[..]].concat())
    })?;
    unit_of(&path_of(&file))
}

/// Says where the program would load code.
fn note_loads(module: &ir::Module) {
    for (line, name) in loads::of(module) {
        let place = place(&module.source, line);
        failure::note(
            &[&place[..], b": note: '", name, b"' raises an error (--dynamic=none)"].concat(),
        );
    }
}

/// Looks for a module and makes its IR; `None` when it is not on the path, or cannot be bundled.
fn find(
    name: &[u8],
    path: &[u8],
    required: &Required,
    source: &[u8],
    warn: &mut impl FnMut(&[u8]),
) -> Result<Option<Unit>, Failure> {
    let Ok(file) = package::search_path(name, path, b".", b"/") else { return Ok(None) };
    match unit_of(&path_of(&file)) {
        Ok(unit) => Ok(Some(unit)),
        // The program is prepared for a module that cannot be loaded.
        Err(error) if required.optional => {
            warn(&[b"module '", name, b"' is left out: ", &error.message].concat());
            Ok(None)
        }
        Err(mut error) => {
            let by = [b"\n  required by ", &place(source, required.line)[..]].concat();
            error.message.extend(by);
            Err(error)
        }
    }
}

/// What a module that is not on the path may be: the path is relative to the folder the compiler
/// runs in, as it is for the reference, but the program may look in its own folder too. Says where
/// such files are, or that there are none.
fn lying_beside(
    name: &[u8],
    beside: &Beside,
    required: &Required,
    seen: &mut HashMap<Vec<u8>, bool>,
    warn: &mut impl FnMut(&[u8]),
) -> Vec<(Vec<u8>, Unit)> {
    let places = std::str::from_utf8(name).map_or(Vec::new(), |name| beside.places(name));
    let mut found = Vec::new();
    let mut files = Vec::new();
    for place in places {
        let file = beside.path(place);
        match unit_of(&file) {
            Ok(unit) => {
                // Names have `/` between them, on whatever machine the compiler runs.
                let names = place.iter().map(|name| name.as_encoded_bytes());
                let key = [b"\0", &names.collect::<Vec<_>>().join(&b'/')[..]].concat();
                files.push(file.display().to_string());
                if seen.insert(key.clone(), true).is_none() {
                    found.push((key, unit));
                }
            }
            Err(error) => warn(&[b"a file is left out: ", &error.message[..]].concat()),
        }
    }
    if !required.optional {
        let hint = match files.join(", ") {
            files if files.is_empty() => String::new(),
            files => format!(
                " on the search path; carried for a package.path that leads to the program's \
                 own folder: {files} (to bundle it set LUA_PATH, or build in its folder)"
            ),
        };
        warn(&[b"module '", name, b"' not found", hint.as_bytes()].concat());
    }
    found
}

fn unit_of(file: &Path) -> Result<Unit, Failure> {
    compile::read_source(file).and_then(Unit::new)
}

/// The search path, as the reference makes it of the environment.
fn search_path() -> Vec<u8> {
    let variable = |name: &str| std::env::var_os(name).map(|path| path.into_encoded_bytes());
    match variable("LUA_PATH_5_4").or_else(|| variable("LUA_PATH")) {
        Some(path) => package::with_default(path, package::DEFAULT_PATH),
        None => package::DEFAULT_PATH.to_vec(),
    }
}

/// The file of a chunk, if it is one.
fn file_of(source: &[u8]) -> Option<PathBuf> {
    source.strip_prefix(b"@").map(path_of)
}

#[cfg(unix)]
fn path_of(file: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(file))
}

#[cfg(not(unix))]
fn path_of(file: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(file).into_owned())
}

/// Whether `require` finds the name among the loaded libraries.
fn is_library(name: &[u8]) -> bool {
    runtime::stdlib::LIBRARIES.iter().any(|library| library.name.as_bytes() == name)
}

/// `app.lua:3`
fn place(source: &[u8], line: u32) -> Vec<u8> {
    [syntax::source::chunk_id(source), format!(":{line}").into_bytes()].concat()
}
