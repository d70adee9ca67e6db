#!/bin/bash
# SPDX-License-Identifier: MIT
# The same disks and interfaces with a Dom0 kernel that has
# dom0-kernel-patches/: nothing at all is bounced.
. "$(dirname "$0")/../lib.sh"
DOM0_KERNEL=$("$NIDUS_TOP/scripts/dom0-kernel.sh" --built) ||
    skip "its kernel is not built: make dom0-kernel"
export DOM0_KERNEL BOUNCES=0
. "$(dirname "$0")/../pv-drivers.sh"
