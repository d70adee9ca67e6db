/* SPDX-License-Identifier: MIT */
/* APIC virtualization for L2, carried out in software. */
#pragma once

#include "nested.h"
#include "route.h"

/*
 * What there is to work on. The page is L1's memory: L1's other vCPUs may
 * change it at any time, which hurts L1 alone.
 */
struct vapic
{
    uint8_t *page; /* 4 KiB */
    struct vmcs12 *v;
    bool *pending; /* a virtual interrupt is recognized */
};

enum vapic_next
{
    VAPIC_DONE,
    VAPIC_REAL, /* this access is not virtualized */
    VAPIC_GP,   /* the MSR access raises #GP(0) */
    VAPIC_EXIT, /* done; and *e is an exit behind the instruction */
};

/*
 * May an access of size bytes to the APIC-access page be virtualized? If not
 * it is an APIC-access exit.
 */
bool vapic_mmio_virtualized(const struct vmcs12 *v, unsigned int offset,
                            unsigned int size, bool write);
/* Accesses that are virtualized, as vapic_mmio_virtualized() says. */
void vapic_mmio_read(const struct vapic *va, unsigned int offset, void *buf,
                     unsigned int size);
enum vapic_next vapic_mmio_write(struct vapic *va, unsigned int offset,
                                 const void *buf, unsigned int size,
                                 struct l2_exit *e);

/*
 * The processor has written to the register at this offset of the page: carry
 * out what comes of that.
 */
enum vapic_next vapic_written(struct vapic *va, unsigned int offset,
                              struct l2_exit *e);

/* RDMSR and WRMSR of 800H to 8FFH that L1's bitmap lets through. */
enum vapic_next vapic_msr_read(const struct vapic *va, uint32_t msr,
                               uint64_t *val);
enum vapic_next vapic_msr_write(struct vapic *va, uint32_t msr, uint64_t val,
                                struct l2_exit *e);

/* VM entry, and TPR changes that the processor made: PPR, and evaluation. */
void vapic_evaluate(struct vapic *va);
/* Bring what L1 can read up to date at an exit. */
void vapic_update_ppr(struct vapic *va);
/* Deliver the recognized interrupt: its vector. */
uint8_t vapic_deliver(struct vapic *va);
/* Posted-interrupt processing, with the requests taken off the descriptor. */
void vapic_post(struct vapic *va, const uint32_t requests[8]);
/*
 * The TPR threshold with which the processor says when a lower TPR makes a
 * waiting interrupt deliverable; 0 when nothing waits for that.
 */
uint32_t vapic_tpr_threshold(const struct vapic *va);
