#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's own emulator, for who cannot have the tuned one: Dom0 comes up.
. "$(dirname "$0")/lib.sh"

[ -z "${BOCHS:-}${QEMU:-}" ] || skip "all tests run in an emulator of choice"
debian=$(command -v bochs) || skip "Debian's bochs is not installed"

BOCHS=$debian boot --cmd 'xl info' | tee "$WORK/output"
grep -q '^xen_major *: 4$' "$WORK/output"
