//! Outputs are written beside their final name and renamed, so that a failure leaves what was
//! there before.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Writes `bytes` to `path`, or to standard output when it is `-` or absent.
pub(crate) fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match path {
        Some(path) if path != Path::new("-") => {
            let place = Place::beside(path)?;
            std::fs::write(place.path(), bytes)
                .map_err(|error| Failure::io("write", path, &error))?;
            place.publish()
        }
        _ => {
            let mut out = io::stdout().lock();
            match out.write_all(bytes).and_then(|()| out.flush()) {
                // The reader has seen enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                Err(error) => Err(Failure::io("write", Path::new("standard output"), &error)),
                Ok(()) => Ok(()),
            }
        }
    }
}

/// A temporary file in the folder of its final name. Removed when dropped unpublished.
///
/// A device or a pipe is not replaced: what was made elsewhere is copied into it.
pub(crate) struct Place {
    temporary: tempfile::TempPath,
    target: PathBuf,
    special: bool,
}

impl Place {
    /// Makes the temporary file.
    pub(crate) fn beside(target: &Path) -> Result<Place, Failure> {
        if target.is_dir() {
            return Err(Failure::new(format!("cannot write {}: it is a folder", target.display())));
        }
        let special = target.metadata().is_ok_and(|metadata| !metadata.is_file());
        let elsewhere = std::env::temp_dir();
        let folder = match target.parent() {
            _ if special => &elsewhere,
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let temporary = tempfile::Builder::new()
            .prefix(".perilune-")
            .tempfile_in(folder)
            .map_err(|error| Failure::io("write", target, &error))?
            .into_temp_path();
        Ok(Place { temporary, target: target.to_owned(), special })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its final name and the permissions of a new file.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        self.set_mode(0o666)?;
        self.rename()
    }

    /// Gives the file its final name and makes it executable.
    pub(crate) fn publish_executable(self) -> Result<(), Failure> {
        self.set_mode(0o777)?;
        self.rename()
    }

    fn rename(self) -> Result<(), Failure> {
        let target = self.target;
        if self.special {
            let copied = std::fs::read(&self.temporary).and_then(|bytes| {
                std::fs::OpenOptions::new().write(true).open(&target)?.write_all(&bytes)
            });
            return copied.map_err(|error| Failure::io("write", &target, &error));
        }
        self.temporary.persist(&target).map_err(|error| Failure::io("write", &target, &error.error))
    }

    /// Temporary files are private; the final file has what the process's mask allows.
    #[cfg(unix)]
    fn set_mode(&self, mode: u32) -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt;
        let permissions = std::fs::Permissions::from_mode(mode & !current_mask());
        std::fs::set_permissions(&self.temporary, permissions)
            .map_err(|error| Failure::io("write", &self.target, &error))
    }

    #[cfg(not(unix))]
    fn set_mode(&self, _mode: u32) -> Result<(), Failure> {
        Ok(())
    }
}

/// The process's file mode mask. Linux tells it without changing it; elsewhere the usual one.
#[cfg(unix)]
fn current_mask() -> u32 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
            u32::from_str_radix(line.trim(), 8).ok()
        })
        .unwrap_or(0o022)
}
