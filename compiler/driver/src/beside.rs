//! Modules that are not on the search path but lie in the main file's folder, or below it.
//!
//! A program may make its own search path at run time, of the folder in `arg[0]`. Which one is not
//! known, so whatever it may find there is carried, each file at its place in the folder.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// How many folders below the main file's are looked through.
const DEPTH: usize = 3;
/// How many folders are looked through at most.
const FOLDERS: usize = 1000;

/// The folder of the main file.
pub(crate) struct Beside {
    root: Option<PathBuf>,
    /// The Lua files, relative to the root, in the order of their names.
    files: OnceCell<Vec<PathBuf>>,
}

impl Beside {
    /// `main` is the path of the main file; `None` where it is not one.
    pub(crate) fn new(main: Option<&Path>) -> Beside {
        let root = main.map(|main| match main.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        });
        Beside { root, files: OnceCell::new() }
    }

    /// The files in which `require` may find a module of that name, relative to the folder, some
    /// search path of the program's provided.
    pub(crate) fn places(&self, name: &str) -> Vec<&Path> {
        let module = PathBuf::from(name.replace('.', "/"));
        let (file, package) = (module.with_extension("lua"), module.join("init.lua"));
        let named = |place: &&PathBuf| place.ends_with(&file) || place.ends_with(&package);
        let is_name = !name.is_empty() && module.is_relative();
        let files = self.files().iter().filter(|_| is_name);
        files.filter(named).map(PathBuf::as_path).collect()
    }

    /// The path of one of them.
    pub(crate) fn path(&self, place: &Path) -> PathBuf {
        self.root.as_deref().unwrap_or(Path::new(".")).join(place)
    }

    fn files(&self) -> &[PathBuf] {
        self.files.get_or_init(|| {
            let Some(root) = &self.root else { return Vec::new() };
            let mut files = Vec::new();
            let mut folders = vec![(PathBuf::new(), 0)];
            let mut next = 0;
            while let Some((folder, depth)) = folders.get(next).cloned() {
                next += 1;
                for (place, is_folder) in entries(root, &folder) {
                    if !is_folder {
                        files.push(place);
                    } else if depth < DEPTH && folders.len() < FOLDERS {
                        folders.push((place, depth + 1));
                    }
                }
            }
            files.sort();
            files
        })
    }
}

/// The Lua files and the folders of a folder, and whether they are folders. Hidden ones, links to
/// folders and what cannot be read are left out.
fn entries(root: &Path, folder: &Path) -> Vec<(PathBuf, bool)> {
    let Ok(list) = root.join(folder).read_dir() else { return Vec::new() };
    let place = |entry: std::fs::DirEntry| {
        let name = PathBuf::from(entry.file_name());
        let is_folder = entry.file_type().ok()?.is_dir();
        let hidden = name.as_os_str().as_encoded_bytes().starts_with(b".");
        let wanted = is_folder || name.extension().is_some_and(|extension| extension == "lua");
        (wanted && !hidden).then(|| (folder.join(name), is_folder))
    };
    list.filter_map(|entry| place(entry.ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_below_the_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let put = |place: &str| {
            let file = root.path().join(place);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, "").expect("written");
        };
        let all = ["main.lua", "m.lua", "lua/m.lua", "lua/m/init.lua", "a/b/c/m.lua"];
        let others = ["a/b/c/d/m.lua", ".git/m.lua", "xm.lua", "lua/m.txt", "x/p/q.lua"];
        all.iter().chain(&others).for_each(|place| put(place));
        let beside = Beside::new(Some(&root.path().join("main.lua")));
        let found = |name: &str| {
            let places = beside.places(name);
            places.iter().map(|place| place.to_str().expect("text")).collect::<Vec<_>>()
        };
        assert_eq!(found("m"), ["a/b/c/m.lua", "lua/m/init.lua", "lua/m.lua", "m.lua"]);
        assert_eq!(found("p.q"), ["x/p/q.lua"]);
        assert_eq!(found("lua.m"), ["lua/m/init.lua", "lua/m.lua"]);
        assert_eq!(found("q.m"), [""; 0]);
        assert_eq!(found(""), [""; 0]);
        assert!(Beside::new(None).places("m").is_empty());
    }
}
