/* SPDX-License-Identifier: MIT */
/*
 * What nesting costs: VMX instructions of an L1, and the way from an L2 to a
 * tiny L1 and back.
 *
 * The tiny L1 does what every L1 must: read the exit's reason and the length
 * of the instruction, move RIP on, enter again. Time is taken inside the L2.
 */
#include "bench.h"
#include "vmx.h"

static struct l2_regs regs;
static uint64_t value;
static void *vmcs, *other;

BENCH(l1_vmread, { vmread(GUEST_RIP, &value); })

BENCH(l1_vmwrite, { vmwrite(GUEST_RIP, value); })

BENCH(l1_vmread_unshadowed, { vmread(HOST_CR3, &value); })

BENCH(l1_vmptrld_same, { vmptrld((unsigned long)vmcs); })

BENCH(l1_vmptrld_two, {
    vmptrld((unsigned long)other);
    vmptrld((unsigned long)vmcs);
})

BENCH(l1_vmclear_vmptrld, {
    vmclear((unsigned long)vmcs);
    vmptrld((unsigned long)vmcs);
})

BENCH(l1_vmptrst, { vmptrst(&value); })

BENCH(l1_invept, { invept(2, (struct inv_descriptor){ 0, 0 }); })

BENCH(l1_invvpid, { invvpid(2, (struct inv_descriptor){ 0, 0 }); })

#define L2_DONE   0xd09e
#define TOUCH_GPA 0x3e000000ul

/* An L2 that takes all samples of one operation, then says it is done. */
#define L2_BENCH(name, op)                                 \
    static void name(void)                                 \
    {                                                      \
        op;                                                \
        for ( unsigned int i = 0; i < BENCH_SAMPLES; i++ ) \
        {                                                  \
            uint64_t start = rdtsc(), end;                 \
                                                           \
            op;                                            \
            end = rdtsc();                                 \
            bench_samples[i] = (uint32_t)(end - start);    \
        }                                                  \
        for ( ;; )                                         \
            asm volatile("vmcall" : : "a"(L2_DONE));       \
    }

L2_BENCH(l2_empty, barrier())
L2_BENCH(l2_cpuid, cpuid(0, 0))
L2_BENCH(l2_vmcall, asm volatile("vmcall" : : "a"(0) : "memory"))
L2_BENCH(l2_rdmsr, rdmsr(MSR_STAR))
L2_BENCH(l2_out, outb(0x1234, 0))
L2_BENCH(l2_ept_violation, asm volatile("movl (%0), %%eax"
                                        :
                                        : "r"(TOUCH_GPA)
                                        : "eax"))

/* Lengths of VM exits that tell none: EPT violations. */
#define TOUCH_INSN_LEN 2

static bool run_l2(const char *name, void (*fn)(void), bool resume)
{
    vmx_set_l2(fn);
    for ( ;; )
    {
        uint32_t res = vmx_enter(&regs, resume), reason;
        uint64_t len;

        if ( res )
        {
            test_failure("%s: entry failed: %u, error %lu", name, res,
                         vmget(VM_INSN_ERROR));
            return false;
        }
        resume = true;
        reason = (uint32_t)vmget(EXIT_REASON);
        if ( reason == REASON_VMCALL && regs.rax == L2_DONE )
            break;
        if ( reason != REASON_CPUID && reason != REASON_VMCALL &&
             reason != REASON_RDMSR && reason != REASON_IO &&
             reason != REASON_EPT_VIOLATION )
        {
            test_failure("%s: exit reason %#x", name, reason);
            return false;
        }
        len = reason == REASON_EPT_VIOLATION ? TOUCH_INSN_LEN
                                             : vmget(EXIT_INSN_LEN);
        vmwrite(GUEST_RIP, vmget(GUEST_RIP) + len);
    }
    bench_print(name);

    return true;
}

static bool use_ept(void)
{
    uint64_t eptp;

    if ( !vmx_control_can(MSR_VMX_PROCBASED, PROC_SECONDARY) ||
         !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_EPT) )
        return false;

    eptp = vmx_ept_identity();
    *vmx_ept_entry(eptp, TOUCH_GPA) = 0;
    vmwrite(EPT_POINTER, eptp);
    vmwrite(PROC2_CONTROLS, vmx_control(MSR_VMX_PROCBASED2, PROC2_EPT));
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_SECONDARY);

    return true;
}

void bench_nested(void)
{
    if ( !vmx_here() || !vmx_on() )
        return;

    other = vmx_vmcs(l2_empty);
    vmcs = vmx_vmcs(l2_empty);
    RUN_BENCH(l1_vmread);
    RUN_BENCH(l1_vmwrite);
    RUN_BENCH(l1_vmread_unshadowed);
    RUN_BENCH(l1_vmptrst);
    RUN_BENCH(l1_vmptrld_same);
    RUN_BENCH(l1_vmptrld_two);
    RUN_BENCH(l1_vmclear_vmptrld);
    RUN_BENCH(l1_invept);
    RUN_BENCH(l1_invvpid);

    if ( !run_l2("l2_empty", l2_empty, false) ||
         !run_l2("l2_cpuid", l2_cpuid, true) ||
         !run_l2("l2_vmcall", l2_vmcall, true) ||
         !run_l2("l2_rdmsr", l2_rdmsr, true) ||
         !run_l2("l2_out_direct", l2_out, true) )
        return;

    if ( use_ept() && run_l2("l2_cpuid_ept", l2_cpuid, true) )
        run_l2("l2_ept_violation", l2_ept_violation, true);
    vmxoff();
}
