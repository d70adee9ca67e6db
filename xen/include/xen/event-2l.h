/* SPDX-License-Identifier: MIT */
/* 2-level event channels in the shared info page: pure logic. */
#pragma once

#include <xen/compiler.h>
#include <public/event_channel.h>

#define EVTCHN_2L_WORD_BITS (8 * sizeof(xen_ulong_t))

/* Make port pending; true when the vCPU of that vcpu_info is to be told. */
bool evtchn_2l_raise(struct shared_info *s, struct vcpu_info *vi,
                     evtchn_port_t port);
/* Unmask port; true when it was pending and the vCPU is to be told. */
bool evtchn_2l_unmask(struct shared_info *s, struct vcpu_info *vi,
                      evtchn_port_t port);
void evtchn_2l_clear(struct shared_info *s, evtchn_port_t port);
bool evtchn_2l_is_pending(const struct shared_info *s, evtchn_port_t port);
