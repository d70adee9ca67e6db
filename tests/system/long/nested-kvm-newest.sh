#!/bin/bash
# SPDX-License-Identifier: MIT
# The KVM of Debian 13's kernel as L1, with two guests of the same kernel.
. "$(dirname "$0")/../lib.sh"
kvm_options_test "${OPTIONS:-,}" image-trixie
