/* SPDX-License-Identifier: MIT */
/* What the parts of the fuzzer share. */
#ifndef NESTED_FUZZ_H
#define NESTED_FUZZ_H

#include "random.h"
#include "vmx.h"

extern struct random rnd;

/* main.c: the VMCS regions, and pages of L1's that are there to be spoilt. */
#define REGIONS 20 /* more than a hypervisor is likely to hold ready */
extern void *region[REGIONS];
extern uint8_t *scratch; /* two pages */
extern uint64_t eptp;

/* A VMCS field that is not the host's, and a value for one that has old. */
uint32_t some_field(void);
uint64_t some_value(uint64_t old);

/* contain.c: keep L2 and MSR lists from doing harm to this L1. */
#define LIST_ENTRIES 4
#define TIME_SLICE   512 /* preemption timer units, at most; L0's work counts */
extern volatile struct msr_entry
{
    uint32_t msr, reserved;
    uint64_t value;
} * exit_list, *entry_list;
void prepare_containment(uint64_t other_eptp);
void contain_field(uint32_t field);
void contain(void); /* all fields of the current VMCS */

/* l2.c: where an L2 may start; the first is l2_main(). */
extern const uint64_t l2_programs[], l2_programs_end[];
void l2_main(void);

/* order.c: a few VMX instructions, whatever they end in. */
void execute_some(void);

#endif /* NESTED_FUZZ_H */
