/* SPDX-License-Identifier: MIT */
/* VPIDs of L2: which vmcs02 an INVVPID of L1 concerns, and when to flush. */
#pragma once

#include "nested.h"

/*
 * Each active context has a VPID of its own on the machine, so no two L2
 * vCPUs share cached translations, and an INVVPID reaches the contexts whose
 * VPID12 it names. true: this context's VPID02 has to be invalidated too.
 */
bool vpid02_matches(const struct vmcs12 *v, unsigned int type, uint16_t vpid12);

/*
 * Must the VPID02 be invalidated before this entry? Without VPIDs every
 * entry starts with empty TLBs; a changed VPID12 is another set of entries.
 */
bool vpid02_flush_on_entry(const struct vmcs12 *v, uint16_t last_vpid12);
