//! The runtime archive: carried by the compiler for its own target, found beside it for others.
//!
//! Search order: `--runtime FILE`, the variable `PERILUNE_RUNTIME`, the folder
//! `lib/perilune/<triple>` beside the compiler's own folder, the archive in the compiler.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The file name of an archive.
pub(crate) const NAME: &str = "libperilune.a";
/// The triple the carried archive is for.
pub(crate) const HOST: &str = env!("PERILUNE_TARGET");

static CARRIED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libperilune.a"));

/// Where an archive is.
pub(crate) enum Archive {
    /// In a file.
    File(PathBuf),
    /// In the compiler.
    Carried,
}

impl Archive {
    /// The file to hand to the linker; a carried archive is written to `scratch`.
    pub(crate) fn into_file(self, scratch: &Path) -> Result<PathBuf, Failure> {
        match self {
            Archive::File(path) => Ok(path),
            Archive::Carried => {
                let path = scratch.join(NAME);
                std::fs::write(&path, CARRIED)
                    .map_err(|error| Failure::io("write", &path, &error))?;
                Ok(path)
            }
        }
    }
}

/// Finds the archive for `triple`; `None` when there is none.
pub(crate) fn find(triple: &str, given: Option<&Path>) -> Result<Option<Archive>, Failure> {
    let named = given.map(Path::to_owned).or_else(|| {
        std::env::var_os("PERILUNE_RUNTIME").filter(|path| !path.is_empty()).map(PathBuf::from)
    });
    if let Some(path) = named {
        return match std::fs::metadata(&path) {
            Ok(_) => Ok(Some(Archive::File(path))),
            Err(error) => Err(Failure::io("read the runtime archive", &path, &error)),
        };
    }
    let beside = std::env::current_exe().ok().and_then(|exe| {
        let path = exe.parent()?.parent()?.join("lib/perilune").join(triple).join(NAME);
        path.is_file().then_some(path)
    });
    Ok(match beside {
        Some(path) => Some(Archive::File(path)),
        None => (triple == HOST).then_some(Archive::Carried),
    })
}
