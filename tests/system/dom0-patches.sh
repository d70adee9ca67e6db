#!/bin/bash
# SPDX-License-Identifier: MIT
# The patches for Dom0's kernel apply to the source that Debian ships.
. "$(dirname "$0")/lib.sh"
"$NIDUS_TOP/scripts/dom0-kernel.sh" --check
