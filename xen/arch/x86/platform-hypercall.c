/* SPDX-License-Identifier: MIT */
/* platform_op: services to the domain that runs the machine. */
#include <xen/acpi.h>
#include <xen/control-op.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <public/platform.h>
#include <asm/platform-op.h>
#include <asm/processor.h>
#include <asm/traps.h>

static int set_time(uint64_t secs, uint32_t nsecs, uint64_t system_time)
{
    struct domain *d;

    if ( nsecs >= 1000000000u )
        return -EINVAL;
    wallclock_set(secs, nsecs, system_time);
    for_each_domain (d)
        wallclock_update(d);
    return 0;
}

static int op_settime32(struct xen_platform_op *op)
{
    return set_time(op->u.settime32.secs, op->u.settime32.nsecs,
                    op->u.settime32.system_time);
}

static int op_settime64(struct xen_platform_op *op)
{
    if ( op->u.settime64.mbz )
        return -EINVAL;
    return set_time(op->u.settime64.secs, op->u.settime64.nsecs,
                    op->u.settime64.system_time);
}

static int op_get_cpuinfo(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *i = &op->u.pcpu_info;
    unsigned int n;

    i->max_present = nr_cpus_online - 1;
    i->flags = XEN_PCPU_FLAGS_INVALID;
    i->apic_id = i->acpi_id = 0;
    if ( i->xen_cpuid >= nr_cpus_online )
        return 0;
    i->flags = XEN_PCPU_FLAGS_ONLINE;
    i->apic_id = percpu_area[i->xen_cpuid]->apic_id;
    i->acpi_id = i->xen_cpuid;
    for ( n = 0; n < acpi_info.nr_cpus; n++ )
        if ( acpi_info.cpu[n].apic_id == i->apic_id )
            i->acpi_id = acpi_info.cpu[n].uid;
    return 0;
}

static int op_get_cpu_version(struct xen_platform_op *op)
{
    struct xenpf_pcpu_version *i = &op->u.pcpu_version;
    struct cpuid_leaf l0 = cpuid_count(0, 0), l1 = cpuid_count(1, 0);
    uint32_t vendor[3] = { l0.b, l0.d, l0.c };
    uint32_t family = (l1.a >> 8) & 0xf, model = (l1.a >> 4) & 0xf;

    if ( i->xen_cpuid >= nr_cpus_online )
        return -EINVAL;
    /* SDM "Version Information Returned by CPUID in EAX". */
    if ( family == 6 || family == 0xf )
        model |= ((l1.a >> 16) & 0xf) << 4;
    if ( family == 0xf )
        family += (l1.a >> 20) & 0xff;
    memcpy(i->vendor_id, vendor, sizeof(i->vendor_id));
    i->family = family;
    i->model = model;
    i->stepping = l1.a & 0xf;
    i->max_present = nr_cpus_online - 1;
    return 0;
}

static int op_cpu_online(struct xen_platform_op *op)
{
    return op->u.cpu_ol.cpuid < nr_cpus_online ? 0 : -EINVAL;
}

static int op_cpu_offline(struct xen_platform_op *op)
{
    /* CPU 0 cannot go, and the others are not taken down again. */
    return op->u.cpu_ol.cpuid < nr_cpus_online ? -EOPNOTSUPP : -EINVAL;
}

/* What Dom0 shows in /proc/xen/xensyms; a number that stays is the end. */
static int op_get_symbol(struct xen_platform_op *op)
{
    struct xenpf_symdata *s = &op->u.symdata;
    uint32_t length, room = s->namelen;
    const char *name;

    s->address = 0;
    s->namelen = s->type = 0;
    name = symbol_get(s->symnum, &s->address);
    if ( !name )
        return 0;
    length = strlen(name);
    if ( copy_to_guest(s->name, name, min(length + 1, room)) )
        return -EFAULT;
    s->namelen = length;
    s->type = 't';
    s->symnum++;
    return 0;
}

#define ROW(name, fn, copy) [XENPF_##name] = { fn, copy }

/* Sub-operations; what is missing (firmware, microcode, ...) is -ENOSYS. */
static const struct
{
    int (*fn)(struct xen_platform_op *op);
    uint8_t copy;
} ops[] = {
    ROW(settime32, op_settime32, COPY_NONE),
    ROW(settime64, op_settime64, COPY_NONE),
    ROW(get_cpuinfo, op_get_cpuinfo, COPY_OK),
    ROW(get_cpu_version, op_get_cpu_version, COPY_OK),
    ROW(cpu_online, op_cpu_online, COPY_NONE),
    ROW(cpu_offline, op_cpu_offline, COPY_NONE),
    ROW(resource_op, platform_resource_op, COPY_NONE),
    ROW(get_symbol, op_get_symbol, COPY_OK),
};

/* platform_op(struct xen_platform_op *) */
long do_platform_op(unsigned long arg, unsigned long a2, unsigned long a3,
                    unsigned long a4, unsigned long a5)
{
    struct xen_platform_op op;
    int rc;

    (void)a2, (void)a3, (void)a4, (void)a5;
    rc = control_op_begin(&op, sizeof(op), arg, XENPF_INTERFACE_VERSION);
    if ( rc )
        return rc;
    if ( !current->domain->is_hwdom )
        return -EPERM;
    /* LIMIT: handles are elsewhere in what 32-bit code passes. */
    if ( current->hcall_compat )
        return -ENOSYS;
    if ( op.cmd >= ARRAY_SIZE(ops) || !ops[op.cmd].fn )
        return -ENOSYS;
    if ( !control_op_enter() )
        return -ERESTART;
    rc = control_op_end(arg, &op, sizeof(op), ops[op.cmd].copy,
                        ops[op.cmd].fn(&op));
    control_op_leave();
    return rc;
}
