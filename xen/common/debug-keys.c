/* SPDX-License-Identifier: MIT */
/* Debug keys that show the state of domains, memory and interrupts. */
#include <xen/audit.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/time.h>
#include <asm/irq.h>
#include <asm/setup.h>
#include <asm/traps.h>
#include <asm/vmx.h>

static void show_domains(unsigned char key)
{
    const struct domain *d;
    const struct vcpu *v;

    (void)key;
    for_each_domain (d)
    {
        printk("d%u:%s%s%s pages %lu of %lu, references %u, pause count %d\n",
               d->domain_id, d->is_dying ? " dying" : "",
               d->is_shut_down ? " shut down" : "", d->nested ? " nested" : "",
               d->tot_pages, d->max_pages, d->refcnt, d->pause_count);
        for_each_vcpu (d, v)
            printk("  v%u: CPU%u,%s%s%s%s pause count %d, ran %lu ms\n",
                   v->vcpu_id, v->processor, v->is_running ? " running," : "",
                   v->pause_flags & VPF_blocked ? " blocked," : "",
                   v->pause_flags & VPF_polling ? " polling," : "",
                   v->pause_flags & VPF_down ? " down," : "", v->pause_count,
                   (unsigned long)(vcpu_runtime(v) / MILLISECS(1)));
    }
}

static void show_memory(unsigned char key)
{
    (void)key;
    printk("RAM %lu KiB, free %lu KiB, claimed %lu KiB\n", total_pages << 2,
           avail_pages() << 2, outstanding_claims() << 2);
}

static void show_interrupts(unsigned char key)
{
    (void)key;
    for ( unsigned int v = VECTOR_DYNAMIC_FIRST; v <= VECTOR_SPURIOUS; v++ )
        if ( irq_count(v) != 0 )
            printk("vector %#04x: %lu\n", v, irq_count(v));
    printk("NMIs: %lu\n", nmi_count);
}

static void show_time(unsigned char key)
{
    (void)key;
    printk("System time %ld us, TSC %lu at %u kHz\n", NOW() / 1000, time_raw(),
           cpu_khz);
}

static void show_tscs(unsigned char key)
{
    const struct domain *d;

    (void)key;
    printk("TSC: %u kHz%s\n", cpu_khz,
           vmx_caps.tsc_scaling ? ", the processor can scale it" : "");
    for_each_domain (d)
    {
        const struct domain_tsc *t = &d->arch.tsc;

        printk("d%u: mode=%u,ofs=%#lx,khz=%u,inc=%u: %s\n", d->domain_id,
               t->mode, t->start, t->khz, t->incarnation,
               t->emulated ? "emulated"
               : t->ratio  ? "scaled"
                           : "native");
    }
}

static void show_vcpus_of(const struct domain *d)
{
    struct vcpu *v;

    if ( d->is_dying )
        return;
    for_each_vcpu (d, v)
        vmx_dump_vcpu(v);
}

static void show_vcpus(unsigned char key)
{
    const struct domain *d;

    (void)key;
    for_each_domain (d)
        show_vcpus_of(d);
}

static void show_dom0(unsigned char key)
{
    struct domain *d = get_domain_by_id(0);

    (void)key;
    if ( !d )
        return;
    show_vcpus_of(d);
    put_domain(d);
}

/* The hypervisor's own registers say little: it is in this very handler. */
static void show_this_cpu(void *data)
{
    (void)data;
    printk("CPU%u: %s\n", smp_processor_id(),
           current ? "left this guest" : "idle");
    if ( current )
        vmx_dump_vcpu(current);
}

static void show_cpus(unsigned char key)
{
    unsigned int cpu;

    (void)key;
    for_each_cpu (cpu, cpu_online_map)
        on_selected_cpus(cpumask_of(cpu), show_this_cpu, NULL, true);
}

static void audit(unsigned char key)
{
    unsigned int faults = audit_all();

    (void)key;
    if ( faults )
        printk("audit: %u faults\n", faults);
    else
        printk("audit: clean\n");
}

static void show_messages(unsigned char key)
{
    (void)key;
    console_ring_dump();
}

static void key_reboot(unsigned char key)
{
    (void)key;
    machine_restart();
}

static void key_panic(unsigned char key)
{
    (void)key;
    panic("Asked for by a debug key");
}

void debug_keys_init(void)
{
    static const struct
    {
        unsigned char key;
        void (*fn)(unsigned char key);
        const char *text;
    } keys[] = {
        { 'q', show_domains, "show domains and their vCPUs" },
        { 'm', show_memory, "show memory" },
        { 'i', show_interrupts, "count interrupts" },
        { 't', show_time, "show the time" },
        { 's', show_tscs, "show who counts the domains' TSCs" },
        { 'd', show_cpus, "show what each CPU runs, with its registers" },
        { '0', show_dom0, "show the registers of Dom0's vCPUs" },
        { 'v', show_vcpus, "show the VMCSs of all vCPUs" },
        { 'O', audit, "audit pages, grants, events and locks" },
        { 'w', show_messages, "print all messages once more" },
        { 'R', key_reboot, "restart the machine at once" },
        { 'C', key_panic, "panic" },
    };

    for ( size_t i = 0; i < ARRAY_SIZE(keys); i++ )
        register_keyhandler(keys[i].key, keys[i].fn, keys[i].text);
    sharing_keys_init();
}
