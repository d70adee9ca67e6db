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

# Little-endian number of WIDTH bytes at OFFSET of a file.
number()
{
    od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# A field of the kernel's header (Linux x86 boot protocol).
field()
{
    number "$kernel" "$1" "$2"
}

# Overwrite a number of 8 or 2 bytes.
patch_number()
{
    local file=$1 offset=$2 width=$3 value=$4 bytes='' i
    for ((i = 0; i < width; i++)); do
        bytes+=$(printf '\\x%02x' $(((value >> (8 * i)) & 255)))
    done
    # shellcheck disable=SC2059 # the bytes are the format
    printf "$bytes" | dd of="$file" bs=1 seek="$offset" conv=notrunc \
        status=none
}

# Whether a range of a file holds only zeros.
is_zero()
{
    cmp -s -n "$3" <(tail -c "+$(($2 + 1))" "$1") /dev/zero
}

# Leave out the zeros at the end of an ELF64 file's last segment: a loader
# clears what the file does not hold. A third of Debian's kernel is its .bss,
# written out, which would be read at each boot. What is loaded stays the same.
trim_zeros()
{
    local file=$1 phoff phnum i entry offset size last=0 last_entry=0
    local low high middle page=4096

    [ "$(number "$file" 4 1)" -eq 2 ] || return 0 # ELFCLASS64
    phoff=$(number "$file" 32 8) phnum=$(number "$file" 56 2)
    for ((i = 0; i < phnum; i++)); do
        entry=$((phoff + i * 56))
        [ "$(number "$file" $entry 4)" -eq 1 ] || continue # PT_LOAD
        offset=$(number "$file" $((entry + 8)) 8)
        if [ "$offset" -ge $last ]; then
            last=$offset last_entry=$entry
        fi
    done
    [ $last_entry -ne 0 ] || return 0
    size=$(number "$file" $((last_entry + 32)) 8)

    # The least number of pages behind which there are only zeros.
    low=0 high=$(((size + page - 1) / page))
    while [ $low -lt $high ]; do
        middle=$(((low + high) / 2))
        if is_zero "$file" $((last + middle * page)) \
            $((size - middle * page)); then
            high=$middle
        else
            low=$((middle + 1))
        fi
    done
    [ $((low * page)) -lt "$size" ] || return 0

    patch_number "$file" $((last_entry + 32)) 8 $((low * page))
    # Section headers lie behind the segments, and no loader needs them.
    patch_number "$file" 40 8 0
    patch_number "$file" 60 2 0
    patch_number "$file" 62 2 0
    truncate -s $((last + low * page)) "$file"
}

magic()
{
    od -An -v -t x1 -N 4 | tr -d ' \n'
}

[ -r "$kernel" ] || die "cannot read $kernel"
if [ "$(magic <"$kernel")" = 7f454c46 ]; then
    cp "$kernel" "$output"
    trim_zeros "$output"
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
trim_zeros "$output.new"
mv "$output.new" "$output"
