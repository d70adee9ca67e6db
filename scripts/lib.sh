# SPDX-License-Identifier: MIT
# What the scripts share: messages, the cache directory, content stamps.
# shellcheck shell=bash

NIDUS_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NIDUS_CACHE=${NIDUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nidus}
BUILD=${BUILD:-$NIDUS_TOP/build}
export NIDUS_TOP NIDUS_CACHE BUILD

say()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
    say "$@"
    exit 1
}

# The packages of the given groups of packages.txt, one a line.
list_packages()
{
    awk -v want=" $* " '
        { sub(/#.*/, "") }
        /^\[/ { gsub(/[][ \t]/, ""); on = index(want, " " $0 " ") > 0; next }
        on && NF { print $1 }' "$NIDUS_TOP/scripts/packages.txt"
}

# Where this system gets Debian's main archive from, by its own apt
# configuration: whatever mirror or proxy it uses, we use.
debian_archives()
{
    local codename
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' \
        'Created-By: Packages' |
        awk -v c="$codename" '$1 == c && $2 == "main" && !seen[$3]++ \
            { print $3 }'
}

# Pack the tree in directory $1 as an initramfs at $2: an uncompressed archive
# costs the emulated boot loader its reading, anything but lz4 its unpacking.
pack_initramfs()
{
    (cd "$1" && find . -mindepth 1 | LC_ALL=C sort |
        cpio --quiet -o -H newc -R 0:0) | lz4 -l -q -9 >"$2.new"
    mv "$2.new" "$2"
}

# Copy programs and the shared libraries they load below directory $1.
copy_with_libraries()
{
    local root=$1 library
    shift
    for library in $(ldd "$@" 2>/dev/null |
        sed -n 's/.*\(=> \|\t\)\(\/[^ ]*\) (0x.*/\2/p' | sort -u); do
        mkdir -p "$root${library%/*}"
        cp -L "$library" "$root$library"
    done
}

# add_busybox DIR [PROGRAM]: the applets that every image starts from; PROGRAM is
# busybox of another architecture.
add_busybox()
{
    mkdir -p "$1"/bin "$1"/sbin "$1"/proc "$1"/sys "$1"/dev "$1"/tmp "$1"/run \
        "$1"/etc "$1"/root "$1"/usr/bin "$1"/usr/sbin "$1"/var/log
    cp "${2:-/bin/busybox}" "$1/bin/busybox"
    (cd "$1" && /bin/busybox --list-full | grep -v '^bin/busybox$' |
        while read -r applet; do
            mkdir -p "${applet%/*}"
            ln -sf /bin/busybox "$applet"
        done)
}

# A name for the contents of the files and trees named.
content_key()
{
    find "$@" \( -type f -printf '%p %s %T@\n' \) -o \
        \( -type l -printf '%p %l\n' \) | LC_ALL=C sort |
        sha256sum | cut -c1-16
}
