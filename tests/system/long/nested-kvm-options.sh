#!/bin/bash
# SPDX-License-Identifier: MIT
# Linux KVM as L1 with two vCPUs and two Linux guests at once, for each option
# of kvm_intel that makes it use less of VMX; OPTIONS has other sets.
. "$(dirname "$0")/../lib.sh"
kvm_options_test \
    "${OPTIONS:-,:enable_shadow_vmcs=0:vpid=0:unrestricted_guest=0:enable_apicv=0:ept=0}"
