//! Builds the runtime archive for the target the compiler itself is built for, so that the
//! compiler can carry it (`src/archive.rs`).
//!
//! The runtime's crates have no dependencies, so a plain call of `rustc` for each is enough: no
//! nested cargo, no network, no lock. RUSTFLAGS are left out on purpose: a `target-cpu=native`
//! meant for the compiler must not leak into the programs that users ship.
//!
//! `PERILUNE_RUNTIME_ARCHIVE` names a ready archive instead, for those who package the compiler.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "build/unwind.rs"]
mod unwind;

/// A crate of the archive: its name, its root file, the crates it uses, how it is optimised.
type Crate = (&'static str, &'static str, &'static [&'static str], &'static str);

/// The crates in the order of their dependencies. The front end, which only programs that load code
/// carry, is made small rather than fast.
const CRATES: &[Crate] = &[
    ("abi", "runtime/abi/src/lib.rs", &[], FAST),
    ("runtime", "runtime/src/lib.rs", &["abi"], FAST),
    ("syntax", "compiler/syntax/src/lib.rs", &[], SMALL),
    ("ir", "compiler/ir/src/lib.rs", &["abi"], SMALL),
    ("irgen", "compiler/irgen/src/lib.rs", &["syntax", "ir"], SMALLEST),
    ("tier0", "runtime/tier0/src/lib.rs", &["abi", "ir", "runtime", "syntax", "irgen"], FAST),
];
const FAST: &str = "opt-level=3";
const SMALL: &str = "opt-level=s";
const SMALLEST: &str = "opt-level=z";

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let archive = out.join("libperilune.a");
    println!("cargo::rerun-if-env-changed=PERILUNE_RUNTIME_ARCHIVE");
    println!("cargo::rustc-env=PERILUNE_TARGET={}", env::var("TARGET").expect("cargo sets it"));
    if let Some(ready) = env::var_os("PERILUNE_RUNTIME_ARCHIVE") {
        println!("cargo::rerun-if-changed={}", ready.display());
        std::fs::copy(&ready, &archive)
            .unwrap_or_else(|error| panic!("cannot copy {}: {error}", ready.display()));
        return;
    }
    let mut folders: Vec<&Path> =
        CRATES.iter().map(|(_, file, ..)| Path::new(file).parent().expect("a folder")).collect();
    folders.push(Path::new("runtime/archive"));
    for folder in folders {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    for (name, file, uses, level) in CRATES {
        let file = root.join(file);
        rustc(&out, name, &file, uses, &["--crate-type", "rlib", "-C", level]);
    }
    let all: Vec<&str> = CRATES.iter().map(|(name, ..)| *name).collect();
    let file = root.join("runtime/archive/lib.rs");
    rustc(
        &out,
        "perilune",
        &file,
        &all,
        &["--crate-type", "staticlib", "-C", "lto=fat", "-C", FAST],
    );
    let mut bytes = std::fs::read(&archive).expect("the archive was just made");
    unwind::exclude_tables(&mut bytes);
    std::fs::write(&archive, bytes).expect("the archive can be replaced");
}

fn rustc(out: &Path, name: &str, file: &Path, uses: &[&str], more: &[&str]) {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command
        .args(["--edition", "2024", "--crate-name", name, "--cap-lints", "allow"])
        .args(["-C", "panic=abort", "-C", "codegen-units=1"])
        .args(["-C", "debuginfo=0", "-C", "debug-assertions=off", "-C", "overflow-checks=off"])
        // Frame pointers and unwind tables stay off: a walk never reads Rust frames.
        .args(["-C", "force-unwind-tables=no", "-C", "embed-bitcode=yes"])
        .args(["--target", &env::var("TARGET").expect("cargo sets it")])
        .args(more)
        .arg("-L")
        .arg(out)
        .arg("--out-dir")
        .arg(out)
        .arg(file);
    for used in uses {
        command
            .arg("--extern")
            .arg(format!("{used}={}", out.join(format!("lib{used}.rlib")).display()));
    }
    let status = command.status().unwrap_or_else(|error| panic!("cannot run rustc: {error}"));
    assert!(status.success(), "the runtime's crate `{name}` does not build: {command:?}");
}
