/* SPDX-License-Identifier: MIT */
/* FIFO event queues in shared memory: pure logic, no domains. */
#pragma once

#include <xen/compiler.h>
#include <public/event_channel.h>

#define EVTCHN_WORDS_PER_PAGE 1024
#define EVTCHN_FIFO_MAX_PAGES (EVTCHN_FIFO_NR_CHANNELS / EVTCHN_WORDS_PER_PAGE)

/* The event words of a domain: pages of the guest, which also writes them. */
struct evtchn_fifo_array
{
    uint32_t nr_pages;
    event_word_t *page[EVTCHN_FIFO_MAX_PAGES];
};

/* One vCPU's queues: heads are in the control block, tails are ours. */
struct evtchn_fifo_vcpu
{
    evtchn_fifo_control_block_t *control; /* guest memory, NULL until given */
    evtchn_port_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* 0: empty, or unknown */
};

static inline event_word_t *evtchn_fifo_word(const struct evtchn_fifo_array *a,
                                             evtchn_port_t port)
{
    uint32_t page = port / EVTCHN_WORDS_PER_PAGE;

    if ( page >= a->nr_pages )
        return NULL;
    return &a->page[page][port % EVTCHN_WORDS_PER_PAGE];
}

/*
 * Put port, whose word is pending, at the end of queue prio unless it is
 * masked or linked already. old/old_prio name the queue it was on before.
 * True when the vCPU is to be told.
 */
bool evtchn_fifo_link(const struct evtchn_fifo_array *a,
                      struct evtchn_fifo_vcpu *v, unsigned int prio,
                      struct evtchn_fifo_vcpu *old, unsigned int old_prio,
                      evtchn_port_t port);
