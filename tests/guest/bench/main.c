/* SPDX-License-Identifier: MIT */
/*
 * The benchmark guest: what one operation costs, in ticks of the TSC.
 *
 * Each is measured 1000 times by a pair of TSC readings; an empty pair is
 * measured too and not subtracted. The output is for programs:
 *
 *     BENCH <name> <min> <median> <max> <exits> <VMX instructions>
 *
 * The last two are of the fastest sample, or "-" where nobody counts them.
 *
 * Expect: a line for each operation; with nestedhvm=1 also those of an L1.
 */
#include "bench.h"

/* nested.c: an L1's operations, and an L2's that reach the L1 */
void bench_nested(void);

#define NO_PORT           0x1234
#define HOLE_GPA          0x20000000ul

#define MSR_MISC          MSR_MISC_ENABLE
#define UNKNOWN_HYPERCALL 60

static uint64_t saved_efer, saved_star;
static evtchn_port_t masked_port, own_port;

BENCH(empty, barrier())

BENCH(cpuid_0, { cpuid(0, 0); })

BENCH(cpuid_1, { cpuid(1, 0); })

BENCH(cpuid_xen, { cpuid(0x40000000, 0); })

BENCH(rdmsr_apic_base, { rdmsr(MSR_APIC_BASE); })

BENCH(rdmsr_misc_enable, { rdmsr(MSR_MISC); })

BENCH(wrmsr_efer, { wrmsr(MSR_EFER, saved_efer); })

BENCH(wrmsr_star, { wrmsr(MSR_STAR, saved_star); })

BENCH(cr0_wp_twice, {
    unsigned long cr0 = read_cr0();

    write_cr0(cr0 ^ CR0_WP);
    write_cr0(cr0);
})

BENCH(wbinvd, { asm volatile("wbinvd" : : : "memory"); })

BENCH(port_out, { outb(NO_PORT, 0); })

BENCH(port_in, { inb(NO_PORT); })

BENCH(mmio_read_unmapped, { (void)*(volatile uint32_t *)HOLE_GPA; })

BENCH(apic_version, { apic_read(APIC_VERSION); })

BENCH(apic_tpr, { apic_write(APIC_TPR, 0); })

BENCH(apic_eoi, { apic_write(APIC_EOI, 0); })

#define VEC_SELF 0x41
static volatile unsigned int self_ipis;

static void handle_self(struct regs *regs)
{
    (void)regs;
    self_ipis++;
    apic_eoi();
}

/* From the register write until the handler has run and ended it. */
BENCH(x2apic_self_ipi, {
    unsigned int n = self_ipis;

    wrmsr(MSR_X2APIC_SELF, VEC_SELF);
    while ( self_ipis == n )
        ;
})

BENCH(hypercall_enosys, { hypercall2(UNKNOWN_HYPERCALL, 0, 0); })

BENCH(hypercall_xen_version, { xen_version(XENVER_version, NULL); })

BENCH(hypercall_get_features, {
    struct xen_feature_info f = { 0 };

    xen_version(XENVER_get_features, &f);
})

BENCH(sched_yield, { sched_op(SCHEDOP_yield, NULL); })

BENCH(hvm_get_param, {
    uint64_t val;

    hvm_get_param(HVM_PARAM_STORE_PFN, &val);
})

BENCH(gnttab_query_size, {
    struct gnttab_query_size q = { .dom = DOMID_SELF };

    grant_table_op(GNTTABOP_query_size, &q, 1);
})

BENCH(evtchn_alloc_close, {
    evtchn_port_t port;

    evtchn_alloc_unbound(DOMID_SELF, &port);
    evtchn_close(port);
})

BENCH(evtchn_send_masked, {
    evtchn_send(masked_port);
    evtchn_clear(masked_port);
})

/* From the send until our own handler has run and ended the interrupt. */
BENCH(evtchn_send_own, {
    unsigned int n = upcalls;

    evtchn_send(own_port);
    while ( upcalls == n )
        ;
    evtchn_clear(own_port);
})

static xen_pfn_t spare_gfn;

static long change_reservation(unsigned int cmd)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &spare_gfn);
    return memory_op(cmd, &r);
}

BENCH(decrease_populate, {
    change_reservation(XENMEM_decrease_reservation);
    change_reservation(XENMEM_populate_physmap);
})

static void bench_cpu(void)
{
    RUN_BENCH(empty);
    RUN_BENCH(cpuid_0);
    RUN_BENCH(cpuid_1);
    RUN_BENCH(cpuid_xen);
    RUN_BENCH(rdmsr_apic_base);
    RUN_BENCH(rdmsr_misc_enable);
    RUN_BENCH(wrmsr_efer);
    RUN_BENCH(wrmsr_star);
    RUN_BENCH(cr0_wp_twice);
    RUN_BENCH(wbinvd);
    RUN_BENCH(port_out);
    RUN_BENCH(port_in);
    RUN_BENCH(mmio_read_unmapped);
}

static void bench_hypercalls(void)
{
    RUN_BENCH(hypercall_enosys);
    RUN_BENCH(hypercall_xen_version);
    RUN_BENCH(hypercall_get_features);
    RUN_BENCH(sched_yield);
    RUN_BENCH(hvm_get_param);
    RUN_BENCH(gnttab_query_size);
    RUN_BENCH(decrease_populate);
}

static void bench_events(void)
{
    RUN_BENCH(evtchn_alloc_close);
    RUN_BENCH(evtchn_send_masked);
    irq_enable();
    RUN_BENCH(evtchn_send_own);
    irq_disable();
}

static void bench_apic(void)
{
    RUN_BENCH_AS(xapic_version, apic_version);
    RUN_BENCH_AS(xapic_tpr, apic_tpr);
    if ( !x2apic_enable() )
        return;
    RUN_BENCH_AS(x2apic_version, apic_version);
    RUN_BENCH_AS(x2apic_tpr, apic_tpr);
    RUN_BENCH_AS(x2apic_eoi, apic_eoi);
    irq_set_handler(VEC_SELF, handle_self);
    irq_enable();
    RUN_BENCH(x2apic_self_ipi);
    irq_disable();
}

void test_main(void)
{
    saved_efer = rdmsr(MSR_EFER);
    saved_star = rdmsr(MSR_STAR);
    bench_cpu();

    if ( !booted_bare )
    {
        spare_gfn = gfn_of(alloc_page());
        upcall_init();
        evtchn_bind_ipi(0, &masked_port);
        evtchn_bind_ipi(0, &own_port);
        evtchn_mask(own_port, false);
        bench_hypercalls();
        bench_events();
    }
    apic_enable();
    bench_apic();

    bench_nested();
    test_success("bench: done");
}
