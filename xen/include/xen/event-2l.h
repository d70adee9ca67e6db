/* SPDX-License-Identifier: MIT */
/*
 * 2-level event channels in the shared info page: pure logic. compat says that
 * the page and its vcpu_info have the form of 32-bit code (xen/shared.h).
 */
#pragma once

#include <xen/compiler.h>
#include <public/event_channel.h>

/* How many ports there are: one bit for each word of bits. */
static inline uint32_t evtchn_2l_ports(bool compat)
{
    return compat ? 32 * 32 : EVTCHN_2L_NR_CHANNELS;
}

/* Make port pending; true when the vCPU of that vcpu_info is to be told. */
bool evtchn_2l_raise(struct shared_info *s, struct vcpu_info *vi,
                     evtchn_port_t port, bool compat);
/* Unmask port; true when it was pending and the vCPU is to be told. */
bool evtchn_2l_unmask(struct shared_info *s, struct vcpu_info *vi,
                      evtchn_port_t port, bool compat);
void evtchn_2l_clear(struct shared_info *s, evtchn_port_t port, bool compat);
bool evtchn_2l_is_pending(const struct shared_info *s, evtchn_port_t port,
                          bool compat);
/* Have the guest look at all words of ports. */
void evtchn_2l_select_all(struct vcpu_info *vi, bool compat);
