//! A case: a Lua program, what is expected of it, and the few things it may ask for.
//!
//! Requests stand in the comment lines that open the file, each with a reason where it is not
//! plain:
//!
//! ```text
//! -- What the case shows.
//! --! modes: tier0            the ways to run it, out of tier0, O0 and O2
//! --! gc: once                not again with a collection at every safepoint
//! --! timeout: 120            seconds for one run, instead of 60
//! --! args: 12 small          the program's arguments
//! ```
//!
//! `category` and `luajit` are for `tests/bench`, whose programs are cases too.

use std::fs;
use std::path::{Path, PathBuf};

use crate::mode::Engine;

/// One Lua program under `tests/cases` or `tests/bench/programs`.
pub(crate) struct Case {
    /// The path below its root without its suffix, `kill/yield_index`; with the root's prefix.
    pub(crate) name: String,
    /// The program's file; the expectations differ from it in the suffix alone.
    pub(crate) path: PathBuf,
    /// The ways to run it.
    pub(crate) engines: Vec<Engine>,
    /// Whether it runs with a collection at every safepoint too.
    pub(crate) stress: bool,
    /// How long one run may take.
    pub(crate) timeout_seconds: u64,
    /// What the program is given on its command line.
    pub(crate) arguments: Vec<String>,
}

impl Case {
    /// The file of an expectation, which need not exist.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        self.path.with_extension(suffix)
    }

    /// The program's name as the command line gives it. Tests run in the program's own folder, so
    /// that messages name the file and no path.
    pub(crate) fn file_name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The folder that tests of this case run in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn read(name: String, path: PathBuf) -> Result<Case, String> {
        let source = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut case = Case {
            name,
            path,
            engines: vec![Engine::Tier0, Engine::O0, Engine::O2],
            stress: true,
            timeout_seconds: 60,
            arguments: Vec::new(),
        };
        let opening = source.split(|byte| *byte == b'\n').take_while(|l| l.starts_with(b"--"));
        for line in opening {
            let Some(request) = line.strip_prefix(b"--!") else { continue };
            let request = String::from_utf8_lossy(request);
            case.grant(request.trim())
                .map_err(|error| format!("{}: {error}", case.path.display()))?;
        }
        Ok(case)
    }

    fn grant(&mut self, request: &str) -> Result<(), String> {
        let (key, rest) = request.split_once(':').unwrap_or((request, ""));
        match key.trim() {
            "modes" => {
                self.engines = rest
                    .split([',', ' '])
                    .filter(|word| !word.is_empty())
                    .map(Engine::from_name)
                    .collect::<Result<_, _>>()?;
            }
            "gc" if rest.trim_start().starts_with("once") => self.stress = false,
            "timeout" => {
                let word = rest.split_whitespace().next().unwrap_or_default();
                self.timeout_seconds =
                    word.parse().map_err(|_| format!("'{word}' is not a number of seconds"))?;
            }
            "args" => self.arguments = rest.split_whitespace().map(str::to_owned).collect(),
            "category" | "luajit" => {}
            _ => return Err(format!("unknown request '--! {request}'")),
        }
        Ok(())
    }
}

/// The folder of files that cases require; they are no cases.
const MODULES: &str = "modules";

/// Every case below a folder, in the order of their names, which begin with the prefix.
pub(crate) fn find(prefix: &str, root: &Path) -> Result<Vec<Case>, String> {
    let mut files = Vec::new();
    collect(root, "lua", &mut files)?;
    files.retain(|path| !path.components().any(|part| part.as_os_str() == MODULES));
    let mut cases = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
        cases.push(Case::read(format!("{prefix}{}", name.to_string_lossy()), path)?);
    }
    Ok(cases)
}

/// Adds the files below a folder that have the suffix, sorted; nothing where the folder is absent.
pub(crate) fn collect(folder: &Path, suffix: &str, found: &mut Vec<PathBuf>) -> Result<(), String> {
    if !folder.is_dir() {
        return Ok(());
    }
    let problem = |error| format!("{}: {error}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        entries.push(entry.map_err(problem)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, suffix, found)?;
        } else if path.extension().is_some_and(|extension| extension == suffix) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Case {
        let path = PathBuf::from("cases/topic/x.lua");
        Case {
            name: "topic/x".into(),
            path,
            engines: vec![],
            stress: true,
            timeout_seconds: 60,
            arguments: vec![],
        }
    }

    #[test]
    fn requests_are_granted() {
        let mut case = empty();
        case.grant("modes: tier0, O2").unwrap();
        case.grant("gc: once, as it counts collections").unwrap();
        case.grant("timeout: 120 on a slow machine").unwrap();
        assert_eq!(case.engines, [Engine::Tier0, Engine::O2]);
        assert!(!case.stress);
        case.grant("args: 12 small").unwrap();
        assert_eq!(case.timeout_seconds, 120);
        assert_eq!(case.arguments, ["12", "small"]);
    }

    #[test]
    fn an_unknown_request_is_an_error() {
        assert!(empty().grant("mode: tier0").is_err());
        assert!(empty().grant("modes: O9").is_err());
        assert!(empty().grant("gc: never").is_err());
    }

    #[test]
    fn expectations_stand_beside_the_program() {
        assert_eq!(empty().beside("stdout"), Path::new("cases/topic/x.stdout"));
        assert_eq!(empty().file_name(), "x.lua");
    }
}
