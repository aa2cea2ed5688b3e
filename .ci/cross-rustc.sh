#!/usr/bin/env bash
# A rustc that can build `core` and `alloc` for any target, unpacked into a folder of its own:
#   .ci/cross-rustc.sh DIR     makes DIR/rustc
#
# Building `core` needs sources of exactly the compiler's own version. Debian ships both in one
# set of packages, and unpacking them (instead of installing) leaves the host's rustc alone. Use:
#   RUSTC=DIR/rustc RUSTC_BOOTSTRAP=1 cargo build -Zbuild-std=core,alloc --target TRIPLE
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: cross-rustc.sh DIR" >&2; exit 2; }
dir=$(realpath -m "$1")
if [[ -x $dir/rustc ]] && "$dir/rustc" -V 2>/dev/null; then exit 0; fi
as_root() { if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo -n "$@"; fi; }

# The standard library's and LLVM's packages carry their version in the name: ask, do not guess.
depends() { apt-cache depends "$1" | sed -n 's/^ *|*Depends: //p' | grep -E "$2" | head -n 1; }
std=$(depends libstd-rust-web-dev '^libstd-rust-web-[0-9]')
llvm=$(depends "${std:?no package of the Rust standard library (apt-get update first?)}" '^libllvm[0-9]+$' || true)
[[ -n $llvm ]] || llvm=$(depends rustc-web '^libllvm[0-9]+$' || true)
packages=(rustc-web libstd-rust-web-dev rust-web-src "$std")
[[ -z $llvm ]] || packages+=("$llvm")

as_root apt-get install -y -qq --no-install-recommends libedit2 libz3-4 libxml2 libffi8 >/dev/null
rm -rf "$dir"
mkdir -p "$dir/deb"
# apt's download user must be able to write here, or it warns and goes on as root.
(cd "$dir/deb" && apt-get download -qq "${packages[@]}" >/dev/null)
for package in "$dir"/deb/*.deb; do dpkg-deb -x "$package" "$dir/root"; done
rm -rf "$dir/deb"

# The library path stands in the wrapper: in the environment it would reach every child.
libraries=$dir/root/usr/lib/$(gcc -print-multiarch)
printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libraries" "$dir/root/usr/bin/rustc" >"$dir/rustc"
chmod +x "$dir/rustc"
"$dir/rustc" -V
