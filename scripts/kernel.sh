#!/bin/bash
# SPDX-License-Identifier: MIT
# Prepare a kernel of Debian's once: unpacked, and its modules stripped.
#
# usage: kernel.sh [GROUP]     a group of packages.txt (default: image)
# Prints a directory of the cache with vmlinux and lib/modules/VERSION.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

image=$("$NIDUS_TOP/scripts/unpack-debs.sh" "${1:-image}")
vmlinuz=$(echo "$image"/boot/vmlinuz-*)
version=${vmlinuz##*/vmlinuz-}
out=$NIDUS_CACHE/kernel-$version

if [ ! -d "$out" ]; then
    exec {lock}>"$out.lock"
    flock "$lock"
fi
if [ ! -d "$out" ]; then
    say "unpacking Linux $version"
    work=$(mktemp -d "$out.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    "$NIDUS_TOP/scripts/unpack-kernel.sh" "$vmlinuz" "$work/vmlinux"
    cp "$vmlinuz" "$work/vmlinuz"
    mkdir -p "$work/lib/modules"
    cp -r "$image"/{,usr/}lib/modules/"$version" "$work/lib/modules/" \
        2>/dev/null || true # one of the two
    find "$work/lib/modules" -name '*.ko.xz' -exec xz -d {} +
    # Debug sections would be most of an initramfs.
    find "$work/lib/modules" -name '*.ko' -print0 | xargs -0 strip -d
    /sbin/depmod -b "$work" "$version"
    mv "$work" "$out"
fi
echo "$out"
