#!/bin/bash
# SPDX-License-Identifier: MIT
# Build a small Dom0 kernel with dom0-kernel-patches/, once.
#
# usage: dom0-kernel.sh            prints a directory as kernel.sh does
#        dom0-kernel.sh --built    the same if it is built; else fails
#        dom0-kernel.sh --check    only: does the series apply?
set -euo pipefail
. "$(dirname "$0")/lib.sh"

patches=$NIDUS_TOP/dom0-kernel-patches
# No download only to find that it is not built.
[ "${1:-}" != --built ] || [ -d "$NIDUS_CACHE/source-kernel" ] || exit 1
source=$("$NIDUS_TOP/scripts/unpack-debs.sh" source-kernel)
tarball=$(echo "$source"/usr/src/linux-source-*.tar.xz)
name=$(basename "$tarball" .tar.xz)
mapfile -t series <"$patches/series"

# In the current directory; patch(1) must not make do with other lines.
apply()
{
    local p
    for p in "${series[@]}"; do
        patch -s -p1 -F 0 <"$patches/$p" || {
            say "$p does not apply to Debian's $name"
            return 1
        }
    done
}

# Only the files that the patches change: unpacking all takes a minute.
check()
{
    local files=$NIDUS_CACHE/source-kernel-files work changed status=0
    mapfile -t changed < <(cd "$patches" && sed -n 's|^--- a/||p' "${series[@]}" |
        sort -u)
    if ! (cd "$files" 2>/dev/null && ls "${changed[@]}" >/dev/null 2>&1); then
        rm -rf "$files"
        mkdir -p "$files.new"
        # Those that a patch makes are not in it.
        tar -xf "$tarball" -C "$files.new" --strip-components=1 \
            "${changed[@]/#/$name/}" 2>/dev/null || true
        for work in "${changed[@]}"; do
            mkdir -p "$files.new/${work%/*}"
            touch -a "$files.new/$work"
        done
        mv "$files.new" "$files"
    fi
    work=$(mktemp -d)
    cp -r "$files/." "$work"
    (cd "$work" && find . -type f -empty -delete && apply) || status=1
    rm -rf "$work"
    return $status
}

if [ "${1:-}" = --check ]; then
    check
    exit
fi

key=$(cat "$patches/config" "$patches/series" "$patches"/0* "$0" |
    cat - <(echo "$tarball") | sha256sum | cut -c1-12)
out=$NIDUS_CACHE/dom0-kernel-$key
if [ -d "$out" ]; then
    echo "$out"
    exit 0
fi
[ "${1:-}" != --built ] || exit 1
mkdir -p "$NIDUS_CACHE"
exec {lock}>"$NIDUS_CACHE/dom0-kernel.lock"
flock "$lock"
if [ -d "$out" ]; then # built while we waited
    echo "$out"
    exit 0
fi

"$NIDUS_TOP/scripts/install-deps.sh" dom0-kernel >&2
say "building a Dom0 kernel from $name (once, some ten minutes)"
work=$(mktemp -d "$NIDUS_CACHE/dom0-kernel-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
build()
{
    local version
    tar -xf "$tarball" -C "$work" --strip-components=1
    cd "$work"
    apply
    make -s tinyconfig
    scripts/kconfig/merge_config.sh -m .config "$patches/config"
    make -s olddefconfig
    # An option that another one took away would show only much later.
    grep '=' "$patches/config" | grep -vxFf .config && return 1
    make -s -j"$(nproc)" vmlinux modules
    version=$(make -s kernelrelease)
    mkdir -p "result/lib/modules/$version"
    strip -o result/vmlinux vmlinux
    cp modules.builtin modules.builtin.modinfo "result/lib/modules/$version/"
    : >"result/lib/modules/$version/modules.order"
    /sbin/depmod -b result "$version"
    # Any size says that the hypervisor need not add swiotlb=force.
    echo "swiotlb=32768" >result/cmdline
}
if ! (set -e; build) >"$work/log" 2>&1; then
    tail -n 30 "$work/log" >&2
    die "the Dom0 kernel does not build"
fi
chmod 755 "$work/result"
mv "$work/result" "$out"
echo "$out"
