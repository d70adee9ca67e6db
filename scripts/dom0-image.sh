#!/bin/bash
# SPDX-License-Identifier: MIT
# Build the initramfs of Dom0, with our tools or with Debian's.
#
# usage: dom0-image.sh ours|debian|none [KERNEL]
#   KERNEL: a directory as kernel.sh prints it. Prints the path of the archive.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

tools=${1:-ours}
kernel=${2:-$("$NIDUS_TOP/scripts/kernel.sh")}
version=$(basename "$kernel"/lib/modules/*)
out=$BUILD/images/dom0-$tools-$version.cpio.lz4

mkdir -p "$BUILD/images"
exec {lock}>"$out.lock"
flock "$lock"
root=$(mktemp -d "$BUILD/images/dom0.XXXXXX")
trap 'rm -rf "$root"' EXIT

# The system's libraries that ours and Debian's programs load are copied from
# this machine, which the build has linked against.
add_our_tools()
{
    make --no-print-directory -C "$NIDUS_TOP/tools" BUILD="$BUILD" \
        DESTDIR="$root" install >&2
    mapfile -t programs < <(find "$root/usr" -type f -perm -100)
    copy_with_libraries "$root" "${programs[@]}"
}

add_debian_tools()
{
    local debs file libs=usr/lib/x86_64-linux-gnu bin=usr/lib/xen-4.17/bin
    debs=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-xen)
    mkdir -p "$root/$bin" "$root/$libs" "$root/etc/xen"
    # All of the programs, but not the scripts: Python would be most of the
    # image.
    for file in "$debs/$bin"/* "$debs"/usr/sbin/*; do
        if [ ! -h "$file" ] && [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then
            cp "$file" "$root/$bin/"
        fi
    done
    cp "$debs/usr/bin/xen-detect" "$root/usr/bin/"
    cp -a "$debs"/usr/bin/xenstore* "$root/usr/bin/"
    cp -P "$debs/$libs"/lib{xen,xl,yajl}*.so* "$root/$libs/"
    cp -r "$debs/etc/xen/." "$root/etc/xen/"
    # What the hotplug scripts run besides busybox's programs.
    cp /bin/bash "$root/bin/bash"
    cp /usr/bin/flock "$root/usr/bin/flock"
    # Loaded by name when a thread is cancelled, so ldd does not see it.
    cp -L "/$libs/libgcc_s.so.1" "$root/$libs/" 2>/dev/null ||
        cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 "$root/$libs/"
    LD_LIBRARY_PATH=$debs/$libs copy_with_libraries "$root" \
        "$root/$bin"/* "$root/$libs"/lib{xenlight,xenguest}.so.4.17 \
        "$root/bin/bash" "$root/usr/bin/flock"
    rm -rf "${root:?}/${debs#/}"
}

# What draws on the terminal looks its kind up there: xl top, xentop.
add_terminals()
{
    local file
    mkdir -p "$root/lib/terminfo"
    for file in v/vt100 v/vt102 v/vt220 l/linux x/xterm x/xterm-256color \
        s/screen s/screen-256color; do
        [ ! -e "/lib/terminfo/$file" ] ||
            install -D -m 644 "/lib/terminfo/$file" "$root/lib/terminfo/$file"
    done
}

add_modules()
{
    local want file
    mkdir -p "$root/etc/nidus" "$root/lib/modules/$version"
    cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} \
        "$root/lib/modules/$version/"
    sed 's/#.*//; /^\[/d; /^[ \t]*$/d' "$NIDUS_TOP/scripts/dom0/modules.txt" |
        while read -r want; do
            modprobe -d "$kernel" -S "$version" --show-depends "$want" |
                awk '$1 == "insmod" { print $2 }'
        done | sort -u | while read -r file; do
            mkdir -p "$root${file%/*}"
            cp "$file" "$root${file%/*}"
        done
    # modprobe printed paths below $kernel; a kernel can have it all built in
    mkdir -p "$root$kernel/lib/modules/$version/kernel"
    mv "$root$kernel/lib/modules/$version/kernel" "$root/lib/modules/$version/"
    rm -rf "${root:?}/${kernel#/}"
    /sbin/depmod -b "$root" "$version"
    sed -n 's/#.*//; /^\[boot\]/,/^\[available\]/{/^\[/d; /./p}' \
        "$NIDUS_TOP/scripts/dom0/modules.txt" >"$root/etc/nidus/modules"
}

inputs=("$NIDUS_TOP/scripts/dom0" "$NIDUS_TOP/scripts/lib.sh" "$0"
    "$kernel/vmlinux")
case $tools in
    ours)
        make --no-print-directory -C "$NIDUS_TOP/tools" BUILD="$BUILD" >&2
        inputs+=("$BUILD"/tools/*bin "$BUILD"/tools/libexec)
        ;;
    debian) inputs+=("$("$NIDUS_TOP/scripts/unpack-debs.sh" image-xen)/boot") ;;
    none) ;;
    *) die "tools are 'ours', 'debian' or 'none', not '$tools'" ;;
esac
key=$(content_key "${inputs[@]}" 2>/dev/null)
if [ -e "$out" ] && [ "$(cat "$out.key" 2>/dev/null)" = "$key" ]; then
    echo "$out"
    exit 0
fi

chmod 755 "$root"
add_busybox "$root"
case $tools in
    ours) add_our_tools ;;
    debian) add_debian_tools ;;
esac
add_modules
[ "$tools" = none ] || add_terminals
cp "$NIDUS_TOP/scripts/dom0/init" "$root/init"
chmod 755 "$root/init"
ln -sfn /proc/mounts "$root/etc/mtab"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
pack_initramfs "$root" "$out"
echo "$key" >"$out.key"
echo "$out"
