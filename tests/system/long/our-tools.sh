#!/bin/bash
# SPDX-License-Identifier: MIT
# Our tools beside Debian's on the same hypervisor: what both print of the same
# domains, and Debian's XenStore clients with our daemon and our library.
export TOOLS=ours
. "$(dirname "$0")/../lib.sh"

debs=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-xen)
debian=$WORK/guests/debian
rm -rf "$WORK/guests"
mkdir -p "$debian/bin" "$debian/lib" "$WORK/libs"
cp "$debs"/usr/lib/xen-4.17/bin/{xl,xentop,test-xenstore,readnotes} \
    "$debs/usr/bin/xenstore" "$debian/bin/"
LD_LIBRARY_PATH=$debs/usr/lib/x86_64-linux-gnu \
    copy_with_libraries "$WORK/libs" "$debian/bin"/*
find "$WORK/libs" -name '*.so*' ! -name 'ld-linux*' ! -name 'libc.so.*' \
    -exec cp -L {} "$debian/lib/" \;
rm -rf "$WORK/libs"
programs_test our-tools
