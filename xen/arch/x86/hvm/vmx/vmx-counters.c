/* SPDX-License-Identifier: MIT */
/* Counting VM exits: by reason, on each pCPU. */

/*
 * While nobody counts it costs nothing: vmx-entry.S calls vmx_handle_exit, as
 * if there were no counters. To count, the destination of that one call is
 * changed to a function that counts and goes on there, with all other pCPUs
 * held outside of guests, so that none is about to execute it.
 *
 * exit-counters=yes turns it on, also at run time; debug key "p" shows the
 * counts and "P" begins anew.
 */

#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

#define CALL_OPCODE 0xe8 /* CALL rel32 */

/* One for each basic exit reason; pCPUs have them from the first counting on */
static uint64_t *counts[NR_CPUS];
static bool counting, ready;

/* What vmx-entry.S calls while exits are counted. */
static void count_exit(struct vcpu *v)
{
    uint64_t *mine = counts[smp_processor_id()];
    uint32_t reason = vmread(VMCS_exit_reason) & EXIT_REASON_BASIC_MASK;

    if ( likely(reason < EXIT_REASON_COUNT) )
        mine[reason]++;
    vmx_handle_exit(v);
}

/* The text is write-protected, also for the hypervisor. */
static void direct_exits_to(void (*fn)(struct vcpu *v))
{
    uint8_t *call = vmx_exit_call;
    int32_t distance = (int32_t)((uint8_t *)fn - (call + 5));

    BUG_ON(*call != CALL_OPCODE);
    smp_hold_others();
    write_cr0(read_cr0() & ~X86_CR0_WP);
    memcpy(call + 1, &distance, sizeof(distance));
    write_cr0(read_cr0() | X86_CR0_WP);
    (void)cpuid_count(0, 0); /* serializing, as the others execute, too */
    smp_release_others();
}

static int allocate(void)
{
    unsigned int cpu;

    _Static_assert(EXIT_REASON_COUNT * sizeof(uint64_t) <= PAGE_SIZE,
                   "the counts of a pCPU are a page");
    for_each_cpu (cpu, cpu_online_map)
        if ( !counts[cpu] && !(counts[cpu] = alloc_xenheap_page()) )
            return -ENOMEM;
    return 0;
}

static int count_exits(bool on)
{
    int rc = on ? allocate() : 0;

    if ( !rc && on != counting )
    {
        direct_exits_to(on ? count_exit : vmx_handle_exit);
        counting = on;
    }
    return rc;
}

static bool opt_exit_counters;

static int parse_exit_counters(const char *s)
{
    int on = *s ? parse_bool(s, strlen(s)) : 1;

    if ( on < 0 )
        return -EINVAL;
    opt_exit_counters = on;
    return ready ? count_exits(on) : 0;
}

static void show_exit_counters(char *buf, size_t size)
{
    strlcpy(buf, counting ? "yes" : "no", size);
}
runtime_param("exit-counters", parse_exit_counters, show_exit_counters);

static void show_counts(unsigned char key)
{
    unsigned int cpu;

    (void)key;
    printk("VM exits are %scounted (exit-counters=)\n", counting ? "" : "not ");
    for ( unsigned int reason = 0; reason < EXIT_REASON_COUNT; reason++ )
        for_each_cpu (cpu, cpu_online_map)
            if ( counts[cpu] && counts[cpu][reason] )
                printk("  CPU%u %-18s %lu\n", cpu, vmx_exit_reason_name(reason),
                       counts[cpu][reason]);
}

static void reset_counts(unsigned char key)
{
    unsigned int cpu;

    (void)key;
    for_each_cpu (cpu, cpu_online_map)
        if ( counts[cpu] )
            memset(counts[cpu], 0, PAGE_SIZE);
}

void vmx_counters_init(void)
{
    ready = true;
    register_keyhandler('p', show_counts, "show how many VM exits there were");
    register_keyhandler('P', reset_counts, "count VM exits from 0 again");
    if ( opt_exit_counters && count_exits(true) )
        printk(XENLOG_WARNING "No memory to count VM exits in\n");
}
