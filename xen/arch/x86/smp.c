/* SPDX-License-Identifier: MIT */
/* IPIs between the hypervisor's pCPUs. */
#include <xen/domain.h>
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/smp.h>
#include <asm/vmx.h>

/*
 * That it came is what was wanted: the guest was left. Its vCPU may have
 * looked for interrupts just before the one it is told of was there.
 */
static void event_check_interrupt(uint8_t vector, void *data)
{
    (void)vector;
    (void)data;
    if ( current )
        vmx_intr_dirty(current);
}

static void call_interrupt(uint8_t vector, void *data)
{
    (void)vector;
    (void)data;
    smp_serve_calls();
}

void smp_init(void)
{
    irq_set_handler(VECTOR_EVENT_CHECK, event_check_interrupt, NULL);
    irq_set_handler(VECTOR_CALL_FUNCTION, call_interrupt, NULL);
}

void smp_send_event_check(unsigned int cpu)
{
    if ( cpu != smp_processor_id() )
        apic_send_ipi(percpu_area[cpu]->apic_id, VECTOR_EVENT_CHECK);
}

void smp_send_call_ipi(unsigned int cpu)
{
    apic_send_ipi(percpu_area[cpu]->apic_id, VECTOR_CALL_FUNCTION);
}

static bool stopping;

void smp_stop_others(void)
{
    unsigned int cpu;

    WRITE_ONCE(stopping, true);
    smp_mb();
    for_each_cpu (cpu, cpu_online_map & ~cpumask_of(smp_processor_id()))
        apic_send_nmi(percpu_area[cpu]->apic_id);
}

void smp_stop_if_asked(void)
{
    while ( READ_ONCE(stopping) )
        __asm__ volatile("cli; hlt");
}
