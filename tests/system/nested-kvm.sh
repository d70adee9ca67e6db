#!/bin/bash
# SPDX-License-Identifier: MIT
# Linux KVM as L1 with two vCPUs and two Linux guests at once, without most of
# what VMX offers it; long/nested-kvm-options.sh takes the options one by one.
. "$(dirname "$0")/lib.sh"
kvm_options_test enable_shadow_vmcs=0,vpid=0,unrestricted_guest=0,enable_apicv=0
