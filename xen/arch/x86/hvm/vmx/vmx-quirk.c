/* SPDX-License-Identifier: MIT */
/* Option bochs-smp: getting along with an emulator of several CPUs. */

/*
 * Bochs does not see external interrupts in a guest that was entered with
 * RFLAGS.IF clear, until the guest changes IF or takes an exception. With
 * more than one CPU it then exits with the RIP of before the exception and
 * the RSP of after it, and the guest is lost. So with this option such a
 * guest runs with all interrupts held back by the host's task priority, and
 * looked after at intervals of the preemption timer instead.
 */

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

#define TPR_ALL  15
#define TPR_NONE 0
/* How long a guest with IF clear may keep interrupts waiting: TSC ticks. */
#define POLL_TICKS 20000

bool opt_bochs_smp;
boolean_param("bochs-smp", opt_bochs_smp);

static bool held_back; /* one pCPU runs guests */

static void write_cr8(uint64_t v)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(v) : "memory");
}

void vmx_quirk_before_entry(void)
{
    bool hold = !(vmread(VMCS_guest_rflags) & X86_EFLAGS_IF);

    if ( hold && vmx_caps.preemption_timer )
        vmwrite(VMCS_preemption_timer,
                (POLL_TICKS >> vmx_caps.preemption_shift) + 1);
    if ( hold != held_back )
        write_cr8(hold ? TPR_ALL : TPR_NONE);
    held_back = hold;
}

void vmx_quirk_take_interrupts(void)
{
    if ( !held_back )
        return;
    write_cr8(TPR_NONE);
    held_back = false;
    /* Taken here as in the idle loop. */
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
}
