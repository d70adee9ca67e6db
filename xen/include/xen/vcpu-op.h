/* SPDX-License-Identifier: MIT */
/* What vcpu_op keeps for a vCPU: its timers and its registered vcpu_info. */
#pragma once

#include <xen/domain.h>

/* At vCPU creation; whoever destroys the vCPU kills the timers. */
void vcpu_op_init_timers(struct vcpu *v);
/* Put v->vcpu_info where it is until the guest registers a place of its own. */
void vcpu_info_reset(struct vcpu *v);
/* Give back the page that holds v->vcpu_info, if the guest registered one. */
void vcpu_info_unmap(struct vcpu *v);
