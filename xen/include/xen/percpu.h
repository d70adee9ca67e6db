/* SPDX-License-Identifier: MIT */
/* Per-pCPU state, found through the GS base. */
#pragma once

#include <xen/types.h>

#define NR_CPUS 64

struct vcpu;

struct percpu
{
    struct percpu *self;
    struct vcpu *curr; /* vCPU whose state is loaded, or NULL when idle */
    uint32_t cpu;      /* number of this pCPU */
    uint32_t apic_id;
    bool need_resched; /* the scheduler is to choose again before entry */
    uint64_t stack_top;
    struct vcpu *vmcs_owner; /* whose VMCS is current, if any */
    void *vmxon_region;
    uint64_t timer_tsc;   /* when its next timer is due, TSC_NEVER: none */
    uint64_t preempt_tsc; /* first hypercall_preempt_check() of this exit */
    void *tss;

    /* Calls between pCPUs, common/smp.c. Bit n: pCPU n. */
    void (*call_fn)(void *data); /* what the others are to do for this one */
    void *call_data;
    uint64_t call_pending; /* who has yet to do it */
    uint64_t call_from;    /* who wants something done by this one */
};

static inline struct percpu *this_cpu(void)
{
    struct percpu *p;

    __asm__("movq %%gs:0, %0" : "=r"(p));
    return p;
}

#define current            (this_cpu()->curr)
#define smp_processor_id() (this_cpu()->cpu)

extern struct percpu *percpu_area[NR_CPUS];
extern unsigned int nr_cpus_online;
