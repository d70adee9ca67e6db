/* SPDX-License-Identifier: MIT */
/* INIT and start-up IPIs for a CPU in VMX operation. */
#include "features.h"

#define REASON_INIT   3
#define REASON_SIPI   4
#define ACTIVITY_SIPI 3

static struct l2_regs regs;
static volatile uint32_t ap_exit[3], ap_stage;
static volatile uint64_t ap_qual, ap_turns;

static void l2_spin(void)
{
    for ( ;; )
        cpu_relax();
}

static void ap_in_vmx(void)
{
    apic_enable();
    write_cr4(read_cr4() | CR4_VMXE);
    if ( vmxon((unsigned long)vmx_region()) != VMX_OK )
        return;
    vmx_vmcs(l2_spin);
    vmwrite(GUEST_ACTIVITY, ACTIVITY_SIPI);
    ap_stage = 1;
    if ( vmx_enter(&regs, false) )
        return;
    ap_exit[0] = (uint32_t)vmget(EXIT_REASON);
    ap_qual = vmget(EXIT_QUALIFICATION);

    vmwrite(GUEST_ACTIVITY, 0);
    ap_stage = 2;
    if ( vmx_enter(&regs, true) )
        return;
    ap_exit[1] = (uint32_t)vmget(EXIT_REASON);

    for ( ap_stage = 3; ap_stage == 3; ap_turns++ )
        cpu_relax();
    ap_stage = 5;
    vmxoff();
    for ( ;; )
        ap_turns++;
}

#define ICR_INIT (APIC_ICR_INIT | APIC_ICR_ASSERT)
#define ICR_SIPI (APIC_ICR_STARTUP | APIC_ICR_ASSERT)

/*
 * Nobody can tell from here whether that CPU has got as far as its VM entry,
 * and before that start-up IPIs are lost: with two CPUs in the machine, one may
 * have other things to do. So more than one is sent.
 */
static bool start_until_stage_2(uint32_t id)
{
    for ( unsigned int i = 0; i < 50; i++ )
    {
        apic_icr(id, ICR_SIPI | 0x9a);
        if ( wait_for(ap_stage == 2, MS(20)) )
            return true;
    }
    return false;
}

void check_init_and_sipi(void)
{
    uint64_t turns;
    uint32_t id;

    if ( cpu_count() < 2 || !(rdmsr(MSR_VMX_MISC) & 1u << 8) )
        return;
    id = cpu_apic_id(1);
    if ( !check(cpu_start(1, ap_in_vmx), "the second CPU starts") ||
         !check(wait_for(ap_stage == 1, MS(1000)), "and gets ready") )
        return;
    /* Neither an interrupt nor an INIT nor time makes it leave. */
    apic_icr(id, APIC_ICR_FIXED | APIC_ICR_ASSERT | VEC_NOTIFY);
    apic_icr(id, ICR_INIT);
    check(!wait_for(ap_stage != 1, MS(20)), "it waits for a start-up IPI");
    check(start_until_stage_2(id), "which exits");
    check_eq("as such", ap_exit[0], REASON_SIPI);
    check_eq("with its vector", ap_qual, 0x9a);

    apic_icr(id, ICR_SIPI | 0x9b);
    check(!wait_for(ap_stage != 2, MS(20)), "an L2 that runs sees none");
    apic_icr(id, ICR_INIT);
    check(wait_for(ap_stage == 3, MS(1000)), "INIT exits");
    check_eq("as such", ap_exit[1], REASON_INIT);

    apic_icr(id, ICR_INIT);
    turns = ap_turns;
    check(wait_for(ap_turns > turns + 1000, MS(1000)),
          "VMX root operation blocks INIT");
    ap_stage = 4;
    check(wait_for(ap_stage == 5, MS(1000)), "until VMXOFF");
    wait_for(false, MS(50));
    turns = ap_turns;
    check(!wait_for(ap_turns != turns, MS(50)), "which lets it act");
}
