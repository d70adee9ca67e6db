/* SPDX-License-Identifier: MIT */
/*
 * A domain that ends in VMX operation, with an L2 of its own.
 *
 * Expect: an L2 runs with a bitmap of MSRs. The domain ends without VMXOFF;
 * that nothing of it is left is seen from outside (run-cases looks).
 */
#include "lib.h"
#include "vmx.h"

static void l2_cpuid(void)
{
    cpuid(0, 0);
    asm volatile("ud2");
}

void test_main(void)
{
    struct l2_regs regs = { 0 };

    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !vmx_on() )
        return;
    vmx_vmcs(l2_cpuid);
    if ( !vmx_control_can(MSR_VMX_PROCBASED, PROC_MSR_BITMAP) )
    {
        test_skip("no bitmaps of MSRs");
        return;
    }
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_MSR_BITMAP);
    vmwrite(MSR_BITMAP, (uint64_t)alloc_page());
    check_eq("entry", vmx_enter(&regs, false), 0);
    check_eq("the L2's CPUID exits", vmget(EXIT_REASON), REASON_CPUID);
}
