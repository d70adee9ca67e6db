/* SPDX-License-Identifier: MIT */
/* Time as guests are told it: pvclock records and the wall clock. */
#pragma once

#include <xen/domain.h>

/* The record for v, with the version left at 0. */
void pvclock_fill(const struct vcpu *v, vcpu_time_info_t *t);
/* Write v's vcpu_info.time anew: after its vcpu_info or its TSC moved. */
void pvclock_update(struct vcpu *v);
/* Write the wall clock into d's shared info. */
void wallclock_update(struct domain *d);
