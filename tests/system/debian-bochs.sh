#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's own emulator, for who cannot have the tuned one: Dom0 comes up, and
# its processes keep their registers.
. "$(dirname "$0")/lib.sh"

[ -z "${BOCHS:-}${QEMU:-}" ] || skip "all tests run in an emulator of choice"
debian=$(command -v bochs) || skip "Debian's bochs is not installed"

mkdir -p "$WORK/guests"
build_program vector-state "$WORK/guests/vector-state"
BOCHS=$debian boot --guests "$WORK/guests" \
    --cmd 'xl info && /guests/vector-state 20' | tee "$WORK/output"
grep -q '^xen_major *: 4$' "$WORK/output"
grep -qE '^vector-state: AVX-512, 20 rounds: kept$' "$WORK/output"
