#!/bin/bash
# SPDX-License-Identifier: MIT
# The same disks and interfaces, made by Debian's xl and its hotplug scripts.
export TOOLS=debian
. "$(dirname "$0")/../pv-drivers.sh"
