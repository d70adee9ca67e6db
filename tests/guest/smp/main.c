/* SPDX-License-Identifier: MIT */
/*
 * A second CPU.
 *
 * Expect: it is in the MADT, sleeps until INIT and SIPI, starts in real mode
 * where the vector says, knows who it is, and gets IPIs, NMIs and events.
 */
#include <public/arch-x86/cpuid.h>

#include "lib.h"

#define VEC_PING   0x51
#define VEC_UPCALL 0x52
#define VEC_NMI    2

static volatile unsigned int pings[2], nmis, ap_upcalls;
static volatile uint32_t ap_vcpu_id, ap_leaf1_id, ap_apic_id;
static volatile bool ap_ready;

static unsigned int this_cpu(void)
{
    return apic_id() == cpu_apic_id(0) ? 0 : 1;
}

static void handle_ping(struct regs *regs)
{
    (void)regs;
    pings[this_cpu()]++;
    apic_eoi();
}

static void handle_nmi(struct regs *regs)
{
    (void)regs;
    nmis++;
}

static void handle_upcall(struct regs *regs)
{
    struct vcpu_info *v = &shared_info.vcpu_info[1];

    (void)regs;
    v->evtchn_upcall_pending = 0;
    __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    ap_upcalls++;
    apic_eoi();
}

static void ap_work(void)
{
    ap_leaf1_id = cpuid(1, 0).b >> 24;
    ap_vcpu_id = cpuid(XEN_CPUID_LEAF(4), 0).b;
    ap_apic_id = apic_id();
    apic_enable();
    ap_ready = true;
    irq_enable();
    for ( ;; )
        asm volatile("hlt");
}

static void check_start(void)
{
    check_rc("vCPU 1 is down", vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    if ( !check(cpu_start(1, ap_work), "INIT and SIPI start it") )
        test_exit();
    check(wait_for(ap_ready, MS(100)), "it gets to its work");
    check_rc("vCPU 1 is up", vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    check_eq("its APIC id is the MADT's", ap_apic_id, cpu_apic_id(1));
    check_eq("and CPUID's", ap_leaf1_id, cpu_apic_id(1));
    check_eq("its vCPU id", ap_vcpu_id, 1);
}

static void check_ipis(void)
{
    uint32_t id = cpu_apic_id(1);

    apic_icr(id, APIC_ICR_FIXED | APIC_ICR_ASSERT | VEC_PING);
    check(wait_for(pings[1] == 1, MS(100)), "an IPI wakes it from its halt");
    apic_icr(id, APIC_ICR_FIXED | APIC_ICR_ASSERT | VEC_PING);
    check(wait_for(pings[1] == 2, MS(100)), "and again");
    apic_icr(id, APIC_ICR_NMI | APIC_ICR_ASSERT);
    check(wait_for(nmis == 1, MS(100)), "an NMI reaches it");
    check_rc("an NMI by hypercall", vcpu_op(VCPUOP_send_nmi, 1, NULL), 0);
    check(wait_for(nmis == 2, MS(100)), "reaches it too");
    check_eq("none of that came here", pings[0], 0);
}

static void check_events(void)
{
    evtchn_port_t port;

    check_rc("an upcall vector for vCPU 1", upcall_vector_set(1, VEC_UPCALL),
             0);
    check_rc("an IPI port for vCPU 1", evtchn_bind_ipi(1, &port), 0);
    evtchn_mask(port, false);
    check_rc("send", evtchn_send(port), 0);
    check(wait_for(ap_upcalls == 1, MS(100)), "the event reaches vCPU 1");
    evtchn_clear(port);
    check_rc("send", evtchn_send(port), 0);
    check(wait_for(ap_upcalls == 2, MS(100)), "and again");
}

void test_main(void)
{
    if ( !check_eq("CPUs in the MADT", cpu_count(), 2) )
        return;

    irq_set_handler(VEC_PING, handle_ping);
    irq_set_handler(VEC_NMI, handle_nmi);
    irq_set_handler(VEC_UPCALL, handle_upcall);
    apic_enable();
    check_start();
    check_ipis();
    check_events();
    test_success("two CPUs, APIC ids %u and %u", cpu_apic_id(0),
                 cpu_apic_id(1));
}
