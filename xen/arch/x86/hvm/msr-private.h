/* SPDX-License-Identifier: MIT */
/* Model-specific registers: what msr.c shares with mtrr.c. */
#pragma once

#include <xen/domain.h>
#include <asm/hvm-io.h>
#include <asm/processor.h>

/* MTRRcap, variable, fixed ranges and the default type: 0 or -EFAULT. */
int mtrr_read(struct vcpu *v, uint32_t msr, uint64_t *val);
int mtrr_write(struct vcpu *v, uint32_t msr, uint64_t val);
bool mtrr_value_valid(const struct vcpu *v, uint32_t msr, uint64_t val);
void mtrr_reset(struct vcpu *v);
