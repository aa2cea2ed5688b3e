//! The implementations that run the programs. The peers are built from the sources of the crates
//! `lua-src` and `luajit-src`, which have the libraries alone; `engine.c` is a program around one
//! that runs a file.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::options::Options;

const MAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/engine.c");
/// Asks this program to build LuaJIT in the folder that follows, and nothing else.
const BUILD_LUAJIT: &str = "--build-luajit-in";
/// The names of peers, as options and tables have them; the first is the reference.
pub(crate) const REFERENCE: &str = "lua5.4";
pub(crate) const LUAJIT: &str = "luajit";

/// One implementation.
pub(crate) struct Engine {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// An interpreter that is given the file.
    Interpreter(PathBuf),
    /// Our compiler, which runs the file in tier 0.
    Tier0(PathBuf),
    /// Our compiler, which builds an executable at this level.
    Compiled { compiler: PathBuf, level: String },
}

impl Engine {
    /// The command that runs the program, which is built where that is needed.
    pub(crate) fn command(&self, program: &Path, scratch: &Path) -> Result<Command, String> {
        let mut command = match &self.kind {
            Kind::Interpreter(path) => Command::new(path),
            Kind::Tier0(compiler) => {
                let mut command = Command::new(compiler);
                command.arg("run");
                command
            }
            Kind::Compiled { compiler, level } => {
                let name = program.file_stem().unwrap_or_default().to_string_lossy();
                let executable = scratch.join(format!("{name}-{level}"));
                compile(compiler, level, "exe", program, &executable)?;
                return Ok(Command::new(executable));
            }
        };
        command.arg(program);
        Ok(command)
    }
}

/// Compiles a program.
pub(crate) fn compile(
    compiler: &Path,
    level: &str,
    kind: &str,
    program: &Path,
    output: &Path,
) -> Result<(), String> {
    let mut command = Command::new(compiler);
    command.args(["build", "--emit", kind]).arg(format!("-{level}"));
    command.arg(program).arg("-o").arg(output);
    let result = command.output().map_err(|error| error.to_string())?;
    if result.status.success() {
        Ok(())
    } else {
        Err(format!("{level} does not build: {}", String::from_utf8_lossy(&result.stderr)))
    }
}

/// All that the options ask for; the reference comes first.
pub(crate) fn engines(options: &Options) -> Result<Vec<Engine>, String> {
    let reference = match &options.reference {
        Some(path) => path.clone(),
        None => build_lua(&options.scratch, lua_src::Lua54, REFERENCE)?,
    };
    let interpreter =
        |name: &str, path| Engine { name: name.into(), kind: Kind::Interpreter(path) };
    let mut engines = vec![interpreter(REFERENCE, reference)];
    for peer in &options.peers {
        let path = match peer.as_str() {
            "lua5.5" => build_lua(&options.scratch, lua_src::Lua55, peer)?,
            LUAJIT => luajit(&options.scratch)?,
            _ => return Err(format!("unknown peer {peer}")),
        };
        engines.push(interpreter(peer, path));
    }
    for mode in &options.modes {
        let compiler = options.perilune.clone();
        let kind = match mode.as_str() {
            "tier0" => Kind::Tier0(compiler),
            level => Kind::Compiled { compiler, level: level.into() },
        };
        engines.push(Engine { name: format!("perilune {mode}"), kind });
    }
    Ok(engines)
}

/// An interpreter of PUC-Rio's; it is built once for a folder.
fn build_lua(folder: &Path, version: lua_src::Version, name: &str) -> Result<PathBuf, String> {
    let executable = folder.join(name);
    if executable.is_file() {
        return Ok(executable);
    }
    eprintln!("building {name}");
    let library = lua_src::Build::new()
        .out_dir(folder.join(format!("{name}-files")))
        .target(&host()?)
        .opt_level("2")
        .debug(false)
        .try_build(version)
        .map_err(|error| error.to_string())?;
    link(library.include_dir(), library.lib_dir(), library.libs(), &executable)?;
    Ok(executable)
}

/// LuaJIT; it is built once for a folder. Its crate expects the environment of a build script,
/// which a second process of this program is given.
fn luajit(folder: &Path) -> Result<PathBuf, String> {
    let executable = folder.join(LUAJIT);
    if executable.is_file() {
        return Ok(executable);
    }
    eprintln!("building luajit");
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let host = host()?;
    let mut command = Command::new(own);
    command.arg(BUILD_LUAJIT).arg(folder);
    command.env("TARGET", &host).env("HOST", &host).env("OPT_LEVEL", "2").env("DEBUG", "false");
    command.env("CARGO_CFG_TARGET_POINTER_WIDTH", usize::BITS.to_string());
    // Its makefile is talkative.
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(executable)
    } else {
        Err(format!("luajit does not build: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The folder, where this process is to build LuaJIT.
pub(crate) fn asked_for_luajit() -> Option<PathBuf> {
    let mut arguments = env::args_os().skip(1);
    (arguments.next()? == BUILD_LUAJIT).then(|| arguments.next())?.map(PathBuf::from)
}

/// Builds LuaJIT with the environment of a build script.
pub(crate) fn build_luajit(folder: &Path) -> ExitCode {
    let built = luajit_src::Build::new()
        .out_dir(folder.join("luajit-files"))
        .debug(false)
        .try_build()
        .map_err(|error| error.to_string())
        .and_then(|library| {
            let executable = folder.join(LUAJIT);
            link(library.include_dir(), library.lib_dir(), library.libs(), &executable)
        });
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Links `engine.c` with a library.
fn link(include: &Path, lib: &Path, names: &[String], executable: &Path) -> Result<(), String> {
    let mut command = Command::new("cc");
    command.arg("-O2").arg("-I").arg(include).arg(MAIN).arg("-o").arg(executable);
    command.arg("-L").arg(lib).args(names.iter().map(|name| format!("-l{name}")));
    command.args(["-lm", "-ldl", "-Wl,-E"]);
    let status = command.status().map_err(|error| format!("cannot run cc: {error}"))?;
    if status.success() { Ok(()) } else { Err("engine.c does not build".into()) }
}

/// The triple of this machine, as rustc names it.
fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.map_err(|error| format!("cannot run rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".into())
}
