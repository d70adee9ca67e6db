/* SPDX-License-Identifier: MIT */
/* vcpu_op: timers, shared records and the power state of a domain's vCPUs. */
#include <xen/compat.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <xen/shared.h>
#include <xen/vcpu-op.h>
#include <public/arch-x86/hvm/save.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/sched.h>
#include <asm/processor.h>

/* Longest period and furthest deadline that are taken at their word. */
#define TIMER_DELTA_MAX ((s_time_t)1 << 62)

static void singleshot_fn(void *data)
{
    send_guest_vcpu_virq(data, VIRQ_TIMER);
}

static void periodic_fn(void *data)
{
    struct vcpu *v = data;
    s_time_t now = NOW();
    s_time_t next = v->periodic_timer.expires + v->periodic_period;

    if ( !v->periodic_period )
        return;
    send_guest_vcpu_virq(v, VIRQ_TIMER);
    /* Ticks that were missed are not made up for. */
    set_timer(&v->periodic_timer, next > now ? next : now + v->periodic_period);
}

static void poll_fn(void *data)
{
    struct vcpu *v = data;

    if ( v->pause_flags & VPF_polling )
        vcpu_unblock(v);
}

void vcpu_op_init_timers(struct vcpu *v)
{
    init_timer(&v->singleshot_timer, singleshot_fn, v, v->processor);
    init_timer(&v->periodic_timer, periodic_fn, v, v->processor);
    init_timer(&v->poll_timer, poll_fn, v, v->processor);
}

/* For vCPUs that have no place in shared_info. */
static vcpu_info_t dummy_vcpu_info[MAX_VIRT_CPUS];

void vcpu_info_reset(struct vcpu *v)
{
    v->vcpu_info = v->vcpu_id < XEN_LEGACY_MAX_VCPUS
                       ? &v->domain->shared_info->vcpu_info[v->vcpu_id]
                       : &dummy_vcpu_info[v->vcpu_id];
    v->vcpu_info_mfn = INVALID_MFN;
}

void vcpu_info_unmap(struct vcpu *v)
{
    struct page_info *pg;

    if ( mfn_eq(v->vcpu_info_mfn, INVALID_MFN) )
        return;
    pg = mfn_to_page(v->vcpu_info_mfn);
    vcpu_info_reset(v);
    put_page(pg);
}

static int map_vcpu_info(struct vcpu *v, uint64_t gfn, uint32_t offset)
{
    size_t align = v->domain->arch.has_32bit_shinfo
                       ? _Alignof(struct compat_vcpu_info)
                       : _Alignof(vcpu_info_t);
    struct page_info *pg;
    vcpu_info_area_t *new;
    p2m_type_t t;
    bool ok;

    if ( offset > PAGE_SIZE - sizeof(*new) || !IS_ALIGNED(offset, align) )
        return -ENXIO;
    pg = get_page_from_gfn(v->domain, _gfn(gfn), &t);
    if ( !pg )
        return -EINVAL;

    new = (void *)((char *)page_to_virt(pg) + offset);
    /* Others may register the same vCPU's at this moment. */
    spin_lock(&v->domain->lock);
    ok = p2m_is_ram(t) && !p2m_is_readonly(t) &&
         mfn_eq(v->vcpu_info_mfn, INVALID_MFN) &&
         (v == current || (v->pause_flags & VPF_down));
    if ( ok )
    {
        if ( v->vcpu_id < XEN_LEGACY_MAX_VCPUS )
            memcpy(new, v->vcpu_info, sizeof(*new));
        else
            memset(new, 0, sizeof(*new));
        v->vcpu_info_mfn = page_to_mfn(pg);
        v->vcpu_info = new;
    }
    spin_unlock(&v->domain->lock);
    if ( !ok )
    {
        put_page(pg);
        return -EINVAL;
    }
    evtchn_mark_all_pending(v);
    return 0;
}

static long op_register_vcpu_info(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_vcpu_info info;
    long rc;

    if ( copy_arg_from_guest(&info, arg) )
        return -EFAULT;
    rc = map_vcpu_info(v, info.mfn, info.offset);
    if ( !rc )
        pvclock_update(v);
    return rc;
}

/* v is paused, and nobody else is at its registers. */
static long load_context(struct vcpu *v, const struct vcpu_hvm_context *c,
                         struct hvm_hw_cpu *regs)
{
    long rc;

    if ( !(READ_ONCE(v->pause_flags) & VPF_down) )
        return -EEXIST;
    if ( READ_ONCE(v->is_running) )
        return -ERESTART; /* on its way off another pCPU */
    rc = hvm_decode_context(c, regs);
    return rc ? rc : hvm_load_cpu_ctxt(v, regs);
}

static long op_initialise(struct vcpu *v, uint64_t arg)
{
    struct vcpu_hvm_context *c = xmalloc(struct vcpu_hvm_context);
    struct hvm_hw_cpu *regs = xmalloc(struct hvm_hw_cpu);
    long rc = -ENOMEM;

    if ( c && regs )
    {
        if ( copy_arg_from_guest(c, arg) )
            rc = -EFAULT;
        else if ( v == current )
            rc = -EEXIST;
        else if ( !spin_trylock(&v->domain->regs_lock) )
            rc = -ERESTART;
        else
        {
            /* Another vCPU may bring it up in the middle of this. */
            vcpu_pause_nosync(v);
            rc = load_context(v, c, regs);
            vcpu_unpause(v);
            spin_unlock(&v->domain->regs_lock);
        }
    }
    xfree(c);
    xfree(regs);
    return rc;
}

static long op_up(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    if ( __atomic_fetch_and(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST) &
         VPF_down )
        vcpu_wake(v);
    return 0;
}

/* Down first and then look, so that of two that go at once one sees it. */
bool vcpu_down(struct vcpu *v)
{
    struct vcpu *o;

    __atomic_fetch_or(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
    vcpu_sleep(v);
    for_each_vcpu (v->domain, o)
        if ( !(READ_ONCE(o->pause_flags) & VPF_down) )
            return false;
    domain_shutdown(v->domain, SHUTDOWN_poweroff);
    return true;
}

static long op_down(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    (void)vcpu_down(v);
    return 0;
}

static long op_is_up(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    return !(v->pause_flags & VPF_down);
}

static long op_get_runstate_info(struct vcpu *v, uint64_t arg)
{
    vcpu_runstate_info_t info;

    vcpu_runstate_get(v, &info);
    return copy_struct_to_guest(arg, &info, RUNSTATE_INFO) ? -EFAULT : 0;
}

/* Both areas are named by one handle. */
static long op_register_runstate(struct vcpu *v, uint64_t arg)
{
    vcpu_runstate_info_t info;
    unsigned long area;

    if ( copy_word_from_guest_va(&area, arg, 0) )
        return -EFAULT;
    v->runstate_guest = area;
    if ( v == current )
        vcpu_runstate_last(v, &info);
    else
        vcpu_runstate_get(v, &info);
    /*
     * In the form of the caller's code: one that was restored does this before
     * it says which form the domain has. And through its page tables: another
     * vCPU's are as good. As on Xen, an address that leads nowhere (null ends
     * the registration) is no error, it just gets no updates.
     */
    if ( area )
        (void)copy_struct_to_guest(area, &info, RUNSTATE_INFO);
    return 0;
}

static long op_register_time(struct vcpu *v, uint64_t arg)
{
    unsigned long area;
    vcpu_time_info_t t;

    if ( copy_word_from_guest_va(&area, arg, 0) )
        return -EFAULT;
    pvclock_fill(v, &t);
    t.version = 2;
    /* The record holds for good (see pvclock.c), so once is enough. */
    if ( area )
        (void)copy_arg_to_guest(area, &t);
    return 0;
}

static long op_set_periodic(struct vcpu *v, uint64_t arg)
{
    struct vcpu_set_periodic_timer set;

    if ( copy_arg_from_guest(&set, arg) )
        return -EFAULT;
    if ( set.period_ns < (uint64_t)MILLISECS(1) ||
         set.period_ns > (uint64_t)TIMER_DELTA_MAX )
        return -EINVAL;
    v->periodic_period = set.period_ns;
    set_timer(&v->periodic_timer, NOW() + v->periodic_period);
    return 0;
}

static long op_stop_periodic(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    v->periodic_period = 0;
    stop_timer(&v->periodic_timer);
    return 0;
}

static long op_set_singleshot(struct vcpu *v, uint64_t arg)
{
    struct vcpu_set_singleshot_timer set;

    if ( v != current )
        return -EINVAL;
    if ( copy_struct_from_guest(&set, arg, "84") )
        return -EFAULT;
    if ( set.timeout_abs_ns > (uint64_t)STIME_MAX )
        set.timeout_abs_ns = STIME_MAX;
    if ( (s_time_t)set.timeout_abs_ns < NOW() )
    {
        stop_timer(&v->singleshot_timer);
        send_guest_vcpu_virq(v, VIRQ_TIMER);
        return 0;
    }
    set_timer(&v->singleshot_timer, set.timeout_abs_ns);
    return 0;
}

static long op_stop_singleshot(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    if ( v != current )
        return -EINVAL;
    stop_timer(&v->singleshot_timer);
    return 0;
}

static long op_send_nmi(struct vcpu *v, uint64_t arg)
{
    (void)arg;
    hvm_inject_nmi(v);
    return 0;
}

static long op_get_physid(struct vcpu *v, uint64_t arg)
{
    /* Only a vCPU that never moves could be told. */
    (void)v, (void)arg;
    return -EINVAL;
}

static long (*const ops[])(struct vcpu *v, uint64_t arg) = {
    [VCPUOP_initialise] = op_initialise,
    [VCPUOP_up] = op_up,
    [VCPUOP_down] = op_down,
    [VCPUOP_is_up] = op_is_up,
    [VCPUOP_get_runstate_info] = op_get_runstate_info,
    [VCPUOP_register_runstate_memory_area] = op_register_runstate,
    [VCPUOP_set_periodic_timer] = op_set_periodic,
    [VCPUOP_stop_periodic_timer] = op_stop_periodic,
    [VCPUOP_set_singleshot_timer] = op_set_singleshot,
    [VCPUOP_stop_singleshot_timer] = op_stop_singleshot,
    [VCPUOP_register_vcpu_info] = op_register_vcpu_info,
    [VCPUOP_send_nmi] = op_send_nmi,
    [VCPUOP_get_physid] = op_get_physid,
    [VCPUOP_register_vcpu_time_memory_area] = op_register_time,
};

/* vcpu_op(cmd, vcpuid, arg) */
long do_vcpu_op(unsigned long cmd, unsigned long vcpuid, unsigned long arg,
                unsigned long a4, unsigned long a5)
{
    struct domain *d = current->domain;

    (void)a4, (void)a5;
    cmd = (uint32_t)cmd;
    vcpuid = (uint32_t)vcpuid;
    if ( vcpuid >= d->max_vcpus || !d->vcpu[vcpuid] )
        return -ENOENT;
    if ( cmd >= ARRAY_SIZE(ops) )
        return -ENOSYS;
    return ops[cmd](d->vcpu[vcpuid], arg);
}
