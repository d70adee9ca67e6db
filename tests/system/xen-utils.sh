#!/bin/bash
# SPDX-License-Identifier: MIT
# The programs of Debian's xen-utils-4.17, each as a test: what it prints and
# how it ends. HV=xen says what real Xen does of it.
export TOOLS=debian
. "$(dirname "$0")/lib.sh"

programs_test xen-utils
