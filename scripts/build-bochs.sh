#!/bin/bash
# SPDX-License-Identifier: MIT
# Build the tuned emulator (Bochs 3.0) once, and print the path of its binary.
#
# It runs three times as fast as Debian 12's package. The source is Debian
# 13's tarball, taken from wherever this system takes its Debian packages and
# checked against the digest below. The build is kept outside of the tree.
# Exit status 2: it cannot be had here (no such archive, no compiler).
#
# usage: build-bochs.sh [--counters]
#   --counters: one that counts VM exits and VMX instructions, a little slower
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=3.0
tarball=bochs_$version+dfsg.orig.tar.xz
sha256=78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b
prefix=$NIDUS_CACHE/bochs-$version
options=()
counters=$NIDUS_TOP/scripts/bochs-counters
if [ "${1:-}" = --counters ]; then
    prefix+=-counters-$(cat "$counters"/* | sha256sum | cut -c1-12)
    options=(--enable-instrumentation=instrument/nidus)
fi
binary=$prefix/bin/bochs

if [ -x "$binary" ]; then
    echo "$binary"
    exit 0
fi

mkdir -p "$NIDUS_CACHE"
exec {lock}>"$prefix.lock"
flock "$lock"
if [ -x "$binary" ]; then # built while we waited
    echo "$binary"
    exit 0
fi

say "building Bochs $version (once, under two minutes)"
work=$(mktemp -d "$NIDUS_CACHE/bochs-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log

fetch()
{
    local archive
    for archive in $(debian_archives); do
        if /usr/lib/apt/apt-helper download-file \
            "${archive}pool/main/b/bochs/$tarball" "$work/$tarball" \
            "SHA256:$sha256" >>"$log" 2>&1; then
            return 0
        fi
    done
    return 1
}

if ! fetch; then
    cat "$log" >&2
    say "no Debian archive of this system gave $tarball"
    exit 2
fi
echo "$sha256  $work/$tarball" | sha256sum --check --status ||
    die "$tarball does not have the expected contents"

build()
{
    tar -xf "$work/$tarball" -C "$work"
    cd "$work/bochs-$version"
    # The Makefile is that of the emulator's own example.
    cp -r instrument/stubs instrument/nidus
    cp "$counters"/instrument.{h,cc} instrument/nidus/
    ./configure --with-nogui --enable-x86-64 --enable-smp --enable-vmx=2 \
        --enable-svm --enable-avx --enable-evex --enable-all-optimizations \
        --enable-pci --enable-e1000 --enable-cdrom --enable-memtype \
        --enable-protection-keys --enable-uintr --enable-monitor-mwait \
        --enable-perfmon --disable-docbook --enable-cpu-level=6 --enable-fpu \
        "${options[@]}" CXXFLAGS="-O3 -fomit-frame-pointer"
    make -j"$(nproc)"
}

if ! (build) >>"$log" 2>&1; then
    tail -n 30 "$log" >&2
    say "Bochs $version does not build here"
    exit 2
fi
mkdir -p "$prefix/bin"
install "$work/bochs-$version/bochs" "$binary.new"
mv "$binary.new" "$binary"
echo "$binary"
