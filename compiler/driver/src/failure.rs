//! Why the command ends without success: a message for standard error and an exit status.

use std::io::Write;
use std::path::Path;

use crate::progress;

/// An error in the program or its building: status 1.
pub(crate) const STATUS_ERROR: u8 = 1;
/// A wrong command line: status 2.
pub(crate) const STATUS_USAGE: u8 = 2;

/// The end of a command that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What to say; empty when everything was said already. Holds text of the program's at times,
    /// so it need not be UTF-8.
    pub(crate) message: Vec<u8>,
    /// The exit status.
    pub(crate) status: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<Vec<u8>>) -> Failure {
        Failure { message: message.into(), status: STATUS_ERROR }
    }

    pub(crate) fn usage(message: impl Into<Vec<u8>>) -> Failure {
        Failure { message: message.into(), status: STATUS_USAGE }
    }

    /// A file could not be used: `what` says for what.
    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Failure {
        Failure::new(format!("cannot {what} {}: {}", path.display(), os_message(error)))
    }

    /// Everything was said already.
    pub(crate) fn silent() -> Failure {
        Failure { message: Vec::new(), status: STATUS_ERROR }
    }
}

/// The system's words for an error, without Rust's `(os error 2)`.
pub(crate) fn os_message(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Writes a line to standard error.
pub(crate) fn note(message: &[u8]) {
    progress::interrupt();
    // Nobody can be told when standard error is closed.
    let _ = std::io::stderr().write_all(&[message, b"\n"].concat());
}

/// Writes a message to standard error, behind the command's name.
pub(crate) fn say(message: &[u8]) {
    note(&[b"perilune: ", message].concat());
}
