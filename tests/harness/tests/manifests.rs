//! Holds the manifests to the direction of the crates: which may use which. The crates of the
//! runtime archive have no dependencies from outside, as plain `rustc` builds them.

use std::path::Path;

/// A crate's folder, the crates of ours it may use, and whether it may use others.
const CRATES: &[(&str, &[&str], bool)] = &[
    ("runtime/abi", &[], false),
    ("compiler/syntax", &[], false),
    ("compiler/ir", &["abi"], false),
    ("compiler/irgen", &["syntax", "ir"], false),
    ("runtime", &["abi"], false),
    ("runtime/tier0", &["abi", "ir", "runtime", "syntax", "irgen"], false),
    ("compiler/codegen", &["abi", "ir"], true),
];

/// All crates of ours that something can depend on.
const OURS: &[&str] = &["abi", "syntax", "ir", "irgen", "runtime", "tier0", "codegen"];

/// The names under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<&str> {
    let start = manifest.find("[dependencies]").expect("a list of dependencies");
    manifest[start..]
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty()))
        .collect()
}

#[test]
fn crates_use_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    for (folder, allowed, others) in CRATES {
        let path = root.join(folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(&path).expect("a manifest");
        for name in dependencies(&manifest) {
            seen += 1;
            let is_ours = OURS.contains(&name);
            let may = allowed.contains(&name) || *others && !is_ours;
            assert!(may, "{folder} may not use {name}");
        }
    }
    // The lists are read at all.
    assert!(seen > 10, "{seen} dependencies");
}
