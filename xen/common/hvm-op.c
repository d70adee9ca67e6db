/* SPDX-License-Identifier: MIT */
/* hvm_op: HVM parameters, the upcall vector, and small questions. */
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/nidus.h>
#include <public/sched.h>

/* Who may do what with a parameter; the toolstack may what nobody may not. */
enum
{
    GUEST_READ = 1,
    GUEST_WRITE = 2,
    GUEST_RW = GUEST_READ | GUEST_WRITE,
    DEPRECATED = 4, /* -EINVAL for everyone */
    ONCE = 8,       /* keeps its first value */
};

static const uint8_t param_rules[HVM_NR_PARAMS] = {
    [HVM_PARAM_CALLBACK_IRQ] = GUEST_RW,
    [HVM_PARAM_STORE_PFN] = GUEST_READ,
    [HVM_PARAM_STORE_EVTCHN] = GUEST_RW,
    [HVM_PARAM_PAE_ENABLED] = DEPRECATED,
    [HVM_PARAM_IOREQ_PFN] = ONCE,
    [HVM_PARAM_BUFIOREQ_PFN] = ONCE,
    [HVM_PARAM_VIRIDIAN] = ONCE,
    [HVM_PARAM_DM_DOMAIN] = DEPRECATED,
    [HVM_PARAM_VM86_TSS] = GUEST_RW,
    [HVM_PARAM_CONSOLE_PFN] = GUEST_READ,
    [HVM_PARAM_CONSOLE_EVTCHN] = GUEST_RW,
    [HVM_PARAM_ACPI_IOPORTS_LOCATION] = GUEST_RW,
    [HVM_PARAM_MEMORY_EVENT_CR0] = DEPRECATED,
    [HVM_PARAM_MEMORY_EVENT_CR3] = DEPRECATED,
    [HVM_PARAM_MEMORY_EVENT_CR4] = DEPRECATED,
    [HVM_PARAM_MEMORY_EVENT_INT3] = DEPRECATED,
    [HVM_PARAM_NESTEDHVM] = DEPRECATED,
    [HVM_PARAM_MEMORY_EVENT_SINGLE_STEP] = DEPRECATED,
    [HVM_PARAM_BUFIOREQ_EVTCHN] = DEPRECATED,
    [HVM_PARAM_MEMORY_EVENT_MSR] = DEPRECATED,
    [HVM_PARAM_IOREQ_SERVER_PFN] = ONCE,
    [HVM_PARAM_NR_IOREQ_SERVER_PAGES] = ONCE,
    [HVM_PARAM_VM_GENERATION_ID_ADDR] = GUEST_RW,
    [HVM_PARAM_ALTP2M] = GUEST_READ | ONCE,
    [HVM_PARAM_X87_FIP_WIDTH] = GUEST_RW,
    [HVM_PARAM_VM86_TSS_SIZED] = GUEST_RW,
    [HVM_PARAM_MCA_CAP] = ONCE,
};

/* No interrupt below this vector can be delivered by a local APIC. */
#define FIRST_APIC_VECTOR 0x10

static int check_access(const struct domain *d, uint32_t index, uint8_t right)
{
    uint8_t rules = param_rules[index];

    if ( rules & DEPRECATED )
        return -EINVAL;
    if ( d == current->domain && !(rules & right) )
        return -EPERM;
    return 0;
}

static void set_callback(struct domain *d, uint64_t via)
{
    uint64_t type = MASK_EXTR(via, HVM_PARAM_CALLBACK_IRQ_TYPE_MASK);

    /*
     * Only the vector form delivers anything here. Linux writes GSI 1 after
     * it has set the per-vCPU vector, to tell that it has PV drivers.
     */
    d->arch.callback_vector =
        type == HVM_PARAM_CALLBACK_TYPE_VECTOR ? (uint8_t)via : 0;
}

static int check_value(struct domain *d, uint32_t index, uint64_t value)
{
    switch ( index )
    {
    case HVM_PARAM_TIMER_MODE:
        return value > HVMPTM_one_missed_tick_pending ? -EINVAL : 0;
    case HVM_PARAM_VIRIDIAN:
        return value ? -EINVAL : 0; /* no Hyper-V interface */
    case HVM_PARAM_ACPI_S_STATE:
        return value == 0 ? 0 : -EINVAL; /* no sleep states */
    case HVM_PARAM_ALTP2M:
        return value == XEN_ALTP2M_disabled ? 0 : -EINVAL;
    case HVM_PARAM_TRIPLE_FAULT_REASON:
        return value > SHUTDOWN_MAX ? -EINVAL : 0;
    case HVM_PARAM_X87_FIP_WIDTH:
        return value == 0 || value == 4 || value == 8 ? 0 : -EINVAL;
    case HVM_PARAM_MCA_CAP:
        return value ? -EINVAL : 0;
    case HVM_PARAM_CALLBACK_IRQ:
        set_callback(d, value);
        hvm_latch_shinfo_size(d);
        return 0;
    }
    return 0;
}

/* See xen/arch/x86/hvm/test-ports.c. */
static int set_test_ports(struct domain *d, uint64_t ports)
{
    if ( ports & ~(uint64_t)(NIDUS_TEST_PORTS_COM1 | NIDUS_TEST_PORTS_EXIT) )
        return -EINVAL;
    d->arch.test_ports = (struct test_ports){ .on = ports };
    return 0;
}

static int get_param(const struct domain *d, uint32_t index, uint64_t *value)
{
    int rc;

    if ( index == HVM_PARAM_NIDUS_TEST_PORTS )
    {
        *value = d->arch.test_ports.on;
        return 0;
    }
    rc = check_access(d, index, GUEST_READ);
    if ( !rc )
        *value = d->arch.params[index];
    return rc;
}

static int set_param(struct domain *d, uint32_t index, uint64_t value)
{
    uint64_t old;
    int rc;

    if ( index == HVM_PARAM_NIDUS_TEST_PORTS )
        return set_test_ports(d, value);
    rc = check_access(d, index, GUEST_WRITE);
    if ( rc )
        return rc;
    old = d->arch.params[index];
    if ( (param_rules[index] & ONCE) && old != 0 && old != value )
        return -EEXIST;
    rc = check_value(d, index, value);
    if ( !rc )
        d->arch.params[index] = value;
    return rc;
}

static long op_param(uint64_t arg, bool set)
{
    struct xen_hvm_param a;
    struct domain *d;
    int rc;

    if ( copy_arg_from_guest(&a, arg) )
        return -EFAULT;
    if ( a.index >= HVM_NR_PARAMS && a.index != HVM_PARAM_NIDUS_TEST_PORTS )
        return -EINVAL;
    rc = domain_get_target(a.domid, &d);
    if ( rc )
        return rc;
    if ( set )
        rc = set_param(d, a.index, a.value);
    else
    {
        rc = get_param(d, a.index, &a.value);
        if ( !rc && copy_arg_to_guest(arg, &a) )
            rc = -EFAULT;
    }
    put_domain(d);
    return rc;
}

static long op_set_upcall_vector(uint64_t arg)
{
    struct xen_hvm_evtchn_upcall_vector a;
    struct domain *d = current->domain;
    struct vcpu *v;

    if ( copy_arg_from_guest(&a, arg) )
        return -EFAULT;
    if ( a.vector < FIRST_APIC_VECTOR )
        return -EINVAL;
    if ( a.vcpu >= d->max_vcpus || !d->vcpu[a.vcpu] )
        return -ENOENT;
    v = d->vcpu[a.vcpu];
    v->arch.evtchn_upcall_vector = a.vector;
    if ( READ_ONCE(v->vcpu_info->evtchn_upcall_pending) )
        hvm_assert_evtchn_upcall(v);
    return 0;
}

static long op_pagetable_dying(uint64_t arg)
{
    struct xen_hvm_pagetable_dying a;
    struct domain *d;
    int rc;

    if ( copy_arg_from_guest(&a, arg) )
        return -EFAULT;
    rc = domain_get_target(a.domid, &d);
    if ( rc )
        return rc;
    /* A hint to shadow paging, which does not exist. */
    rc = d == current->domain ? -EINVAL : -EOPNOTSUPP;
    put_domain(d);
    return rc;
}

static long op_get_time(uint64_t arg)
{
    struct xen_hvm_get_time a = { .now = NOW() };

    return copy_arg_to_guest(arg, &a) ? -EFAULT : 0;
}

static long op_get_mem_type(uint64_t arg)
{
    struct xen_hvm_get_mem_type a;
    unsigned int order;
    struct domain *d;
    p2m_type_t t;
    int rc;

    if ( copy_arg_from_guest(&a, arg) )
        return -EFAULT;
    rc = domain_get_target(a.domid, &d);
    if ( rc )
        return rc;
    p2m_get_entry(d, _gfn(a.pfn), &t, &order);
    if ( p2m_is_readonly(t) )
        a.mem_type = HVMMEM_ram_ro;
    else if ( p2m_is_any_ram(t) )
        a.mem_type = HVMMEM_ram_rw;
    else
        a.mem_type = HVMMEM_mmio_dm;
    put_domain(d);
    return copy_arg_to_guest(arg, &a) ? -EFAULT : 0;
}

/* hvm_op(cmd, arg) */
long do_hvm_op(unsigned long cmd, unsigned long arg, unsigned long a3,
               unsigned long a4, unsigned long a5)
{
    (void)a3, (void)a4, (void)a5;
    switch ( cmd )
    {
    case HVMOP_set_param:
        return op_param(arg, true);
    case HVMOP_get_param:
        return op_param(arg, false);
    case HVMOP_set_evtchn_upcall_vector:
        return op_set_upcall_vector(arg);
    case HVMOP_pagetable_dying:
        return op_pagetable_dying(arg);
    case HVMOP_get_time:
        return op_get_time(arg);
    case HVMOP_get_mem_type:
        return op_get_mem_type(arg);
    case HVMOP_flush_tlbs:
        if ( arg )
            return -EINVAL;
        p2m_flush_all(current->domain);
        return 0;
    case HVMOP_altp2m:
    case HVMOP_guest_request_vm_event:
        return -EOPNOTSUPP;
    }
    return -ENOSYS;
}
