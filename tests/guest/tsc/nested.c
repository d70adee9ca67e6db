/* SPDX-License-Identifier: MIT */
/* The TSC of an L2: L1's, with what the VMCS adds and multiplies. */
#include "tsc.h"
#include "vmx.h"

#define TSC_MULTIPLIER  0x2032
#define PROC_RDTSC_EXIT (1u << 12)
#define PROC2_RDTSCP    (1u << 3)
#define PROC2_TSC_SCALE (1u << 25)
#define REASON_RDTSC    16
#define OFFSET          (1ul << 44)
#define MULTIPLIER_ONE  (1ul << 48)
#define SLACK           10000000ul /* ticks between two readings: a turn */

static struct l2_regs regs;
static volatile uint64_t l2_tsc, l2_by_msr, l2_by_p, l2_writes;

static void l2_done(void)
{
    for ( ;; )
        asm volatile("vmcall");
}

static void l2_read(void)
{
    l2_tsc = rdtsc();
    l2_by_msr = rdmsr(MSR_TSC);
    l2_done();
}

static void l2_write(void)
{
    wrmsr(MSR_TSC, l2_writes);
    l2_read();
}

static void l2_rdtscp(void)
{
    uint32_t lo, hi, aux;

    asm volatile("rdtscp\n\trdtscp" : "=a"(lo), "=d"(hi), "=c"(aux));
    l2_by_p = (uint64_t)hi << 32 | lo;
    check_eq("TSC_AUX in L2", aux, 0x87654321);
    l2_done();
}

static uint32_t enter(void (*fn)(void))
{
    vmx_set_l2(fn);
    check_eq("VM entry", vmx_enter(&regs, true), VMX_OK);
    return (uint32_t)vmget(EXIT_REASON);
}

/* L2's readings lie between what those of L1 around them come to. */
static void check_readings(const char *what, uint64_t multiplier,
                           uint64_t offset)
{
    uint64_t before, after;

    before = rdtsc();
    check_eq(what, enter(l2_read), REASON_VMCALL);
    after = rdtsc();
    before = (uint64_t)((unsigned __int128)before * multiplier >> 48) + offset;
    after = (uint64_t)((unsigned __int128)after * multiplier >> 48) + offset;
    /* A merged multiplier has its last bit rounded: some ticks in a day. */
    if ( l2_tsc + 4 < before || l2_by_msr + 4 < l2_tsc ||
         after + 4 < l2_by_msr )
        test_failure("%s: L2 reads %lu, by MSR %lu, not of %lu to %lu", what,
                     l2_tsc, l2_by_msr, before, after);
}

static void check_scaling(void)
{
    if ( !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_TSC_SCALE) )
    {
        printf("no TSC scaling for L2\n");
        return;
    }
    vmwrite(PROC2_CONTROLS, PROC2_TSC_SCALE);
    vmwrite(TSC_MULTIPLIER, 3 * MULTIPLIER_ONE / 2);
    check_readings("scaled", 3 * MULTIPLIER_ONE / 2, OFFSET);
    vmwrite(TSC_MULTIPLIER, 1);
    check_readings("nearly stopped", 1, OFFSET);
    vmwrite(TSC_MULTIPLIER, ~0ul);
    check_readings("as fast as can be", ~0ul, OFFSET);
    vmwrite(PROC2_CONTROLS, 0);
}

/* L1 lets L2 write the TSC: it is L1's own that moves. */
static void check_l2_writes(void)
{
    uint64_t l1;

    l1 = rdtsc();
    l2_writes = l1 + OFFSET;
    check_eq("WRMSR in L2", enter(l2_write), REASON_VMCALL);
    l1 = rdtsc();
    check(l1 >= l2_writes && l1 - l2_writes < SLACK, "L1's TSC has moved");
    check(rdmsr(MSR_TSC) - l1 < SLACK, "and is the MSR's");
    check(l2_tsc - OFFSET >= l2_writes && l2_tsc - OFFSET <= l1,
          "L2's is still L1's and the offset");
    check_readings("after that", MULTIPLIER_ONE, OFFSET);
}

void check_l2(void)
{
    uint64_t khz = tsc_khz_measured();

    if ( !vmx_here() || !vmx_control_can(MSR_VMX_PROCBASED, PROC_TSC_OFFSET) )
        return;
    if ( !vmx_on() || !vmx_vmcs(l2_done) )
        return;
    check_eq("the first VM entry", vmx_enter(&regs, false), VMX_OK);
    vmwrite(MSR_BITMAP, (unsigned long)alloc_page());
    vmwrite(PROC_CONTROLS,
            vmget(PROC_CONTROLS) | PROC_MSR_BITMAP | PROC_SECONDARY);
    vmwrite(PROC2_CONTROLS, 0);
    check_readings("without offset", MULTIPLIER_ONE, 0);
    vmwrite(TSC_OFFSET, OFFSET);
    check_readings("an offset that is off", MULTIPLIER_ONE, 0);
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_TSC_OFFSET);
    check_readings("with an offset", MULTIPLIER_ONE, OFFSET);
    if ( vmx_control_can(MSR_VMX_PROCBASED2, PROC2_RDTSCP) )
    {
        wrmsr(MSR_TSC_AUX, 0x87654321);
        vmwrite(PROC2_CONTROLS, PROC2_RDTSCP);
        check_eq("RDTSCP", enter(l2_rdtscp), REASON_VMCALL);
        check(l2_by_p - OFFSET <= rdtsc() &&
                  rdtsc() - (l2_by_p - OFFSET) < SLACK,
              "reads the same");
        vmwrite(PROC2_CONTROLS, 0);
    }
    check_scaling();
    check_l2_writes();
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_RDTSC_EXIT);
    check_eq("L1 wants to see it", enter(l2_read), REASON_RDTSC);
    check(near(tsc_khz_measured(), khz, 10), "L1's rate is what it was");
    test_success("an L2's TSC");
}
