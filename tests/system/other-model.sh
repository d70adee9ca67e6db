#!/bin/bash
# SPDX-License-Identifier: MIT
# A newer processor than the default one, with features that the default lacks
# (FSRM among them, in a machine whose firmware leaves fast strings off).
. "$(dirname "$0")/lib.sh"

boot --model tigerlake --cmd 'xl info | grep virt_caps; uname -s' \
    >"$WORK/output"
cat "$WORK/output"
grep -q 'virt_caps.*hvm' "$WORK/output"
grep -q '^Linux' "$WORK/output"
