#!/bin/bash
# SPDX-License-Identifier: MIT
# Weights, caps, affinity and pools of CPUs, set by Debian's xl.
export TOOLS=debian
. "$(dirname "$0")/../sched.sh"
