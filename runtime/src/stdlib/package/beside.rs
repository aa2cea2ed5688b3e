//! Modules that a program carries as if their files lay beside the executable: a path that leads to
//! the folder of `arg[0]` finds them there, as the script's own finds them under the reference.

use alloc::vec::Vec;

use super::super::show::field;
use crate::error::Raised;
use crate::gc::Gc;
use crate::os;
use crate::state::State;
use crate::table::Table;
use crate::value::Value;

/// The key of the loaders, by the places of their files relative to the folder, each behind a NUL
/// as in [`abi::module::Preload`].
pub(crate) const BESIDE: &[u8] = b"_BESIDE";

/// What lies beside the executable.
pub(super) struct Beside {
    loaders: Gc<Table>,
    /// The folder, absolute.
    folder: Vec<u8>,
}

impl Beside {
    /// `None` when the program carries nothing of that kind.
    pub(super) fn of(state: &mut State) -> Result<Option<Beside>, Raised> {
        let key = state.new_string(BESIDE)?;
        let Some(loaders) = state.registry.get_str(state, key).as_table() else { return Ok(None) };
        let globals = Value::table(state.globals());
        let arguments = field(state, globals, b"arg")?;
        let script = match arguments.as_table() {
            Some(arguments) => arguments.get_int(0).as_string(),
            None => None,
        };
        let Some(script) = script else { return Ok(None) };
        let folder = absolute(&[script.as_bytes(), b"/.."].concat());
        Ok(Some(Beside { loaders, folder }))
    }

    /// The loader of the module in a file, nil if it is not carried.
    pub(super) fn loader(&self, state: &mut State, file: &[u8]) -> Result<Value, Raised> {
        match absolute(file).strip_prefix(&self.folder[..]) {
            Some([b'/', place @ ..]) => {
                let key = state.new_string_from(&[b"\0", place])?;
                Ok(self.loaders.get_str(state, key))
            }
            _ => Ok(Value::NIL),
        }
    }
}

/// The path from the root, without empty names, `.` and `..`; nothing is asked of the file system
/// but the current folder.
fn absolute(file: &[u8]) -> Vec<u8> {
    let mut whole = match file {
        [b'/', ..] => Vec::new(),
        _ => os::current_folder().unwrap_or_default(),
    };
    for name in file.split(|&byte| byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                let parent = whole.iter().rposition(|&byte| byte == b'/');
                whole.truncate(parent.unwrap_or(0));
            }
            name => {
                whole.push(b'/');
                whole.extend_from_slice(name);
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn paths_are_made_absolute() {
        assert_eq!(absolute(b"/a//b/./c"), b"/a/b/c");
        assert_eq!(absolute(b"/a/b/../c/app/.."), b"/a/c");
        assert_eq!(absolute(b"/../x"), b"/x");
        let here = absolute(b"");
        assert!(here.starts_with(b"/") && !here.ends_with(b"/"));
        assert_eq!(absolute(b"x/y"), [&here[..], b"/x/y"].concat());
    }
}
