//! Builds the reference interpreter from the sources of the `lua-src` crate.
//!
//! The crate has the library alone; `reference.c` is a program around it that runs a file.

use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reference.c");

/// The interpreter's path; it is built once for a folder.
pub(crate) fn build(folder: &Path) -> Result<PathBuf, String> {
    let executable = folder.join("reference-5.4");
    if executable.is_file() {
        return Ok(executable);
    }
    eprintln!("building the reference interpreter");
    let library = lua_src::Build::new()
        .out_dir(folder)
        .target(&host()?)
        .opt_level("2")
        .debug(false)
        .try_build(lua_src::Version::Lua54)
        .map_err(|error| error.to_string())?;
    let mut command = Command::new("cc");
    command.arg("-O2").arg("-I").arg(library.include_dir()).arg(MAIN).arg("-o").arg(&executable);
    command.arg("-L").arg(library.lib_dir());
    command.args(library.libs().iter().map(|name| format!("-l{name}")));
    command.args(["-lm", "-ldl", "-Wl,-E"]);
    let status = command.status().map_err(|error| format!("cannot run cc: {error}"))?;
    if status.success() { Ok(executable) } else { Err("reference.c does not build".into()) }
}

/// The triple of this machine, as rustc names it.
fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.map_err(|error| format!("cannot run rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".into())
}
