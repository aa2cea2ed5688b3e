//! The programs: the twenty that are written as people write Lua; the micro programs, which measure one
//! thing each; and those that spend their time in functions of the library. The last two enter no mean.
//!
//! The comment lines that open a program say what it belongs to: `--! category: calls`, and
//! `--! luajit: no, REASON` where LuaJIT cannot run it.

use std::fs;
use std::path::{Path, PathBuf};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");
const MICRO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/micro");
const LIBRARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/library");
/// The category of the micro programs, which enter no mean.
pub(crate) const MICRO_CATEGORY: &str = "micro";
/// The category of the programs that measure the library, which enter no mean either.
pub(crate) const LIBRARY_CATEGORY: &str = "library";

/// Whether programs of a category enter the means.
pub(crate) fn enters_means(category: &str) -> bool {
    ![MICRO_CATEGORY, LIBRARY_CATEGORY].contains(&category)
}

pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) category: String,
    /// Why LuaJIT cannot run it.
    pub(crate) not_on_luajit: Option<String>,
}

/// The programs whose names contain one of the parts, or whose category is one, by folder and name.
pub(crate) fn select(names: &[String]) -> Result<Vec<Program>, String> {
    let mut programs = Vec::new();
    for folder in [PROGRAMS, MICRO, LIBRARY] {
        let entries = fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
            .collect();
        paths.sort();
        for path in paths {
            let program = read(&path, folder == MICRO)?;
            let is_meant =
                |part: &String| program.name.contains(part.as_str()) || program.category == *part;
            if names.is_empty() || names.iter().any(is_meant) {
                programs.push(program);
            }
        }
    }
    if programs.is_empty() { Err("no such program".into()) } else { Ok(programs) }
}

fn read(path: &Path, micro: bool) -> Result<Program, String> {
    let source = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut category = micro.then(|| MICRO_CATEGORY.to_owned());
    let mut not_on_luajit = None;
    for line in source.lines().take_while(|line| line.starts_with("--")) {
        let Some((key, value)) = line.strip_prefix("--!").and_then(|line| line.split_once(':'))
        else {
            continue;
        };
        match key.trim() {
            "category" => category = Some(value.trim().to_owned()),
            "luajit" => not_on_luajit = value.trim().strip_prefix("no, ").map(str::to_owned),
            _ => {}
        }
    }
    let category = category.ok_or_else(|| format!("{}: no category", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Program { name, path: path.to_owned(), category, not_on_luajit })
}

/// How many lines have code: neither blank nor a comment alone.
pub(crate) fn code_lines(source: &str) -> usize {
    let lines = source.lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with("--")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_says_what_it_is() {
        let programs = select(&[]).unwrap();
        let twenty = programs.iter().filter(|program| enters_means(&program.category));
        assert_eq!(twenty.count(), 20);
        let library = select(&[LIBRARY_CATEGORY.to_owned()]).unwrap();
        assert_eq!(library.len(), 14);
        assert!(library.iter().all(|program| program.path.starts_with(LIBRARY)));
        let integers = programs.iter().find(|program| program.name == "integers").unwrap();
        assert_eq!(integers.category, "numbers");
        assert!(integers.not_on_luajit.is_some());
    }

    #[test]
    fn lines_of_code_are_neither_blank_nor_comments() {
        assert_eq!(code_lines("-- x\n\nlocal a\n  -- y\n  return a -- z\n"), 2);
    }
}
