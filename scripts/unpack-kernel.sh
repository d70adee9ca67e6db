#!/bin/bash
# SPDX-License-Identifier: MIT
# Unpack a Linux bzImage (Debian's vmlinuz) to the ELF file inside it.
#
# Nidus takes the Dom0 kernel as an ELF file: unpacking is done once, here,
# instead of at each boot by the hypervisor.
#
# usage: unpack-kernel.sh VMLINUZ OUTPUT
set -euo pipefail

die()
{
    echo "${0##*/}: $*" >&2
    exit 1
}

[ $# -eq 2 ] || die "usage: ${0##*/} VMLINUZ OUTPUT"
kernel=$1 output=$2

# Little-endian number of WIDTH bytes at OFFSET (Linux x86 boot protocol).
field()
{
    od -An -v -t "u$2" -j "$1" -N "$2" "$kernel" | tr -d ' '
}

magic()
{
    od -An -v -t x1 -N 4 | tr -d ' \n'
}

[ -r "$kernel" ] || die "cannot read $kernel"
if [ "$(magic <"$kernel")" = 7f454c46 ]; then
    cp "$kernel" "$output"
    exit
fi
[ "$(dd if="$kernel" bs=1 skip=$((0x202)) count=4 status=none)" = HdrS ] ||
    die "$kernel is neither an ELF file nor a bzImage"
[ "$(field $((0x206)) 2)" -ge $((0x208)) ] ||
    die "$kernel: its boot protocol is too old to say where the payload is"

setup_sects=$(field $((0x1f1)) 1)
[ "$setup_sects" -gt 0 ] || setup_sects=4
start=$(((setup_sects + 1) * 512 + $(field $((0x248)) 4)))
length=$(field $((0x24c)) 4)

payload()
{
    tail -c "+$((start + 1))" "$kernel" | head -c "$length"
}

# The kernel's build appends the unpacked length to some formats, which their
# unpackers call trailing garbage; so the result is judged, not their status.
case $(payload | magic || true) in
    1f8b*) unpack='gzip -dc' ;;
    fd377a58) unpack='xz -dc --single-stream' ;;
    28b52ffd) unpack='zstd -dc' ;;
    02214c18) unpack='lz4 -dc' ;;
    425a*) unpack='bzip2 -dc' ;;
    5d0000*) unpack='xz -dc --format=lzma' ;;
    7f454c46) unpack="cat" ;;
    *) die "$kernel is packed in a format that is not known here" ;;
esac
payload | $unpack >"$output.new" 2>/dev/null || true
if [ "$(magic <"$output.new")" != 7f454c46 ]; then
    rm -f "$output.new"
    die "$kernel: $unpack gave no ELF file (is ${unpack%% *} installed?)"
fi
mv "$output.new" "$output"
