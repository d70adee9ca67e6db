/* SPDX-License-Identifier: MIT */
/* What L1's VPIDs mean for the VPIDs of the vmcs02s. */
#include "checks.h"
#include "vpid02.h"

bool vpid02_matches(const struct vmcs12 *v, unsigned int type, uint16_t vpid12)
{
    return type == INVVPID_ALL ||
           ((vmcs12_proc2(v) & PROC2_VPID) && v->vpid == vpid12);
}

bool vpid02_flush_on_entry(const struct vmcs12 *v, uint16_t last_vpid12)
{
    return !(vmcs12_proc2(v) & PROC2_VPID) || v->vpid != last_vpid12;
}
