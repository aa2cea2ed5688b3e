#!/usr/bin/env bash
# Compiles the runtime for a target into a static archive:
#   .ci/runtime-archive.sh TRIPLE OUT      writes OUT, a libperilune.a
# The compiler finds it at target/lib/perilune/TRIPLE/libperilune.a (compiler/driver/src/archive.rs).
#
# The crates of the runtime have no dependencies and the archive's wrapper
# (runtime/archive/lib.rs) is a member of no workspace, so a small project is written under
# target/ that joins them. A target that the installed rustc has no `core` for is built with the
# compiler of cross-rustc.sh: $PERILUNE_CROSS_RUSTC, or target/cross-rustc/rustc (made if absent).
set -euo pipefail
[[ $# -eq 2 ]] || { echo "usage: runtime-archive.sh TRIPLE OUT" >&2; exit 2; }
triple=$1 out=$(realpath -m "$2")
root=$(cd "$(dirname "$0")/.." && pwd)
project=$root/target/runtime-archive/$triple
mkdir -p "$project" "$(dirname "$out")"

cat >"$project/Cargo.toml" <<TOML
[workspace]

[package]
name = "perilune"
version = "0.0.0"
edition = "2024"

[lib]
path = "$root/runtime/archive/lib.rs"
crate-type = ["staticlib"]

[dependencies]
abi = { path = "$root/runtime/abi" }
syntax = { path = "$root/compiler/syntax" }
ir = { path = "$root/compiler/ir" }
irgen = { path = "$root/compiler/irgen" }
runtime = { path = "$root/runtime" }
tier0 = { path = "$root/runtime/tier0" }

[profile.release]
opt-level = 3
panic = "abort"
lto = "fat"
codegen-units = 1
TOML

flags=(--release --manifest-path "$project/Cargo.toml" --target "$triple"
  --target-dir "$project/target")
if [[ ! -d $(rustc --print target-libdir --target "$triple" 2>/dev/null) ]]; then
  cross=${PERILUNE_CROSS_RUSTC:-$root/target/cross-rustc/rustc}
  [[ -x $cross ]] || bash "$root/.ci/cross-rustc.sh" "$(dirname "$cross")"
  # The sources that `core` is built from have their own dependencies beside them: no network.
  vendor=$("$cross" --print sysroot)/lib/rustlib/src/rust/library/vendor
  flags+=(-Zbuild-std=core,alloc --offline
    --config 'source.crates-io.replace-with="vendor"'
    --config "source.vendor.directory=\"$vendor\"")
  export RUSTC=$cross RUSTC_BOOTSTRAP=1
fi
# As in the compiler's build.rs: no unwind tables, and nothing of what a user set for their own
# build, which must not leak into the programs of this target.
env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER RUSTFLAGS='-C force-unwind-tables=no' \
  cargo build -q "${flags[@]}"
cp "$project/target/$triple/release/libperilune.a" "$out"
