#!/bin/bash
# SPDX-License-Identifier: MIT
# The same directories, shared by Debian's xl.
export TOOLS=debian
. "$(dirname "$0")/../p9.sh"
