/* SPDX-License-Identifier: MIT */
/*
 * sysctl: asking about and tuning the whole machine.
 *
 * Built as domctl is: a table of operations over one copy of the argument.
 * Those that report little or nothing say how the machine is here: one NUMA
 * node, no power management by the hypervisor.
 */
#include <xen/console.h>
#include <xen/control-op.h>
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/heap.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/time.h>

static int sysctl_readconsole(struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *r = &op->u.readconsole;
    char *buf = alloc_xenheap_page();
    bool incremental = r->incremental;
    uint32_t done = 0;
    size_t n;
    int rc = 0;

    if ( !buf )
        return -ENOMEM;
    while ( done < r->count )
    {
        n = console_ring_read(buf, min((size_t)(r->count - done), PAGE_SIZE),
                              incremental, r->clear, &r->index);
        if ( !n )
            break;
        if ( copy_to_guest_offset(r->buffer, done, buf, n) )
        {
            rc = -EFAULT;
            break;
        }
        done += n;
        incremental = true;
    }
    free_xenheap_page(buf);
    r->count = done;
    return rc;
}

static int sysctl_physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *pi = &op->u.physinfo;

    memset(pi, 0, sizeof(*pi));
    pi->threads_per_core = 1;
    pi->cores_per_socket = nr_cpus_online;
    pi->nr_cpus = nr_cpus_online;
    pi->max_cpu_id = nr_cpus_online - 1;
    pi->nr_nodes = 1;
    pi->max_node_id = 0;
    pi->cpu_khz = cpu_khz;
    pi->total_pages = total_pages;
    pi->free_pages = avail_pages();
    pi->outstanding_pages = outstanding_claims();
    pi->max_mfn = max_page - 1;
    pi->capabilities =
        XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2;
    arch_sysctl_physinfo(pi);
    return 0;
}

static int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    uint32_t nr = 0;
    struct domain *d;

    for_each_domain (d)
    {
        if ( d->domain_id < l->first_domain )
            continue;
        if ( nr == l->max_domains )
            break;
        getdomaininfo(d, &info);
        if ( copy_to_guest_offset(l->buffer, nr, &info, 1) )
            return -EFAULT;
        nr++;
    }
    l->num_domains = nr;
    return 0;
}

static int sysctl_debug_keys(struct xen_sysctl *op)
{
    uint32_t i;
    char c;

    for ( i = 0; i < op->u.debug_keys.nr_keys; i++ )
    {
        if ( copy_from_guest_offset(&c, op->u.debug_keys.keys, i, 1) )
            return -EFAULT;
        handle_keypress(c);
    }
    return 0;
}

static int sysctl_getcpuinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
    uint32_t i, nr = min(g->max_cpus, nr_cpus_online);
    xen_sysctl_cpuinfo_t info;

    for ( i = 0; i < nr; i++ )
    {
        info.idletime = sched_idle_time(i);
        if ( copy_to_guest_offset(g->info, i, &info, 1) )
            return -EFAULT;
    }
    g->nr_cpus = nr;
    return 0;
}

static int sysctl_availheap(struct xen_sysctl *op)
{
    op->u.availheap.avail_bytes = avail_pages() << PAGE_SHIFT;
    return 0;
}

/* Frequency and idle states are not managed; tools take it for "none". */
static int sysctl_pm(struct xen_sysctl *op)
{
    (void)op;
    return -ENODEV;
}

static int sysctl_cputopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    uint32_t i, nr = nr_cpus_online;
    xen_sysctl_cputopo_t topo = { .socket = 0, .node = 0 };

    if ( !guest_handle_is_null(t->cputopo) )
    {
        nr = min(nr, t->num_cpus);
        for ( i = 0; i < nr; i++ )
        {
            topo.core = i;
            if ( copy_to_guest_offset(t->cputopo, i, &topo, 1) )
                return -EFAULT;
        }
    }
    t->num_cpus = nr;
    return 0;
}

static int sysctl_numainfo(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *n = &op->u.numainfo;
    const uint32_t local_distance = 10; /* as ACPI's SLIT counts */
    xen_sysctl_meminfo_t mem = { .memsize = total_pages << PAGE_SHIFT,
                                 .memfree = avail_pages() << PAGE_SHIFT };
    bool filled =
        !guest_handle_is_null(n->meminfo) || !guest_handle_is_null(n->distance);

    if ( filled && n->num_nodes == 0 )
        return 0;
    if ( !guest_handle_is_null(n->meminfo) &&
         copy_to_guest(n->meminfo, &mem, 1) )
        return -EFAULT;
    if ( !guest_handle_is_null(n->distance) &&
         copy_to_guest(n->distance, &local_distance, 1) )
        return -EFAULT;
    n->num_nodes = 1;
    return 0;
}

static int sysctl_pcitopoinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
    const uint32_t node = XEN_INVALID_NODE_ID; /* buses belong to no node */
    physdev_pci_device_t dev;
    uint32_t i;

    if ( guest_handle_is_null(t->devs) || guest_handle_is_null(t->nodes) )
        return -EINVAL;
    for ( i = 0; i < t->num_devs; i++ )
        if ( copy_from_guest_offset(&dev, t->devs, i, 1) ||
             copy_to_guest_offset(t->nodes, i, &node, 1) )
            return -EFAULT;
    return 0;
}

static int sysctl_get_cpu_levelling_caps(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0; /* CPUID of guests always exits */
    return 0;
}

/*
 * What is missing is -ENOSYS, as on a Xen built without it: trace buffers,
 * performance counters, lock profiles, live patches.
 */
#define ROW(name, fn, copy) [XEN_SYSCTL_##name] = { fn, copy }

static const struct
{
    sysctl_fn_t *fn;
    uint8_t copy;
} ops[] = {
    ROW(readconsole, sysctl_readconsole, COPY_OK),
    ROW(physinfo, sysctl_physinfo, COPY_OK),
    ROW(sched_id, sysctl_sched_id, COPY_OK),
    ROW(getdomaininfolist, sysctl_getdomaininfolist, COPY_OK),
    ROW(debug_keys, sysctl_debug_keys, COPY_NONE),
    ROW(getcpuinfo, sysctl_getcpuinfo, COPY_OK),
    ROW(availheap, sysctl_availheap, COPY_OK),
    ROW(get_pmstat, sysctl_pm, COPY_NONE),
    ROW(cpu_hotplug, sysctl_cpu_hotplug, COPY_NONE),
    ROW(pm_op, sysctl_pm, COPY_NONE),
    ROW(page_offline_op, sysctl_page_offline_op, COPY_NONE),
    ROW(cputopoinfo, sysctl_cputopoinfo, COPY_OK),
    ROW(numainfo, sysctl_numainfo, COPY_OK),
    ROW(cpupool_op, sysctl_cpupool_op, COPY_OK),
    ROW(scheduler_op, sysctl_scheduler_op, COPY_OK),
    ROW(coverage_op, sysctl_coverage_op, COPY_NONE),
    ROW(psr_cmt_op, sysctl_psr, COPY_NONE),
    ROW(pcitopoinfo, sysctl_pcitopoinfo, COPY_NONE),
    ROW(psr_alloc, sysctl_psr_alloc, COPY_NONE),
    ROW(get_cpu_levelling_caps, sysctl_get_cpu_levelling_caps, COPY_OK),
    ROW(get_cpu_featureset, arch_sysctl_get_cpu_featureset, COPY_ALWAYS),
    ROW(get_cpu_policy, arch_sysctl_get_cpu_policy, COPY_OK),
};

/* sysctl(struct xen_sysctl *) */
long do_sysctl(unsigned long arg, unsigned long a2, unsigned long a3,
               unsigned long a4, unsigned long a5)
{
    struct xen_sysctl op;
    int rc;

    (void)a2, (void)a3, (void)a4, (void)a5;
    rc = control_op_begin(&op, sizeof(op), arg, XEN_SYSCTL_INTERFACE_VERSION);
    if ( rc )
        return rc;
    if ( !current->domain->is_privileged )
        return -EPERM;
    if ( op.cmd >= ARRAY_SIZE(ops) || !ops[op.cmd].fn )
        return -ENOSYS;
    if ( !control_op_enter() )
        return -ERESTART;
    rc = control_op_end(arg, &op, sizeof(op), ops[op.cmd].copy,
                        ops[op.cmd].fn(&op));
    control_op_leave();
    return rc;
}
