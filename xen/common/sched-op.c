/* SPDX-License-Identifier: MIT */
/* sched_op: giving up the CPU, polling events, shutting down, watchdogs. */
#include <xen/compat.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/watchdog.h>
#include <public/sched.h>
#include <asm/processor.h>

/* More than anyone has asked for; bounds the work of one call. */
#define POLL_MAX_PORTS 128

static void stop_polling(struct vcpu *v)
{
    __atomic_fetch_and(&v->pause_flags, ~(VPF_blocked | VPF_polling),
                       __ATOMIC_SEQ_CST);
    evtchn_poll_mask_clear(v);
}

static long do_poll(const struct sched_poll *poll)
{
    struct vcpu *v = current;
    evtchn_port_t port = 0;
    unsigned int i;
    long rc = 0;

    if ( poll->nr_ports > POLL_MAX_PORTS )
        return -EINVAL;

    /* Blocked first, looked second: whoever raises a port after the look
     * finds us blocked. */
    v->poll_evtchn = ~0u;
    evtchn_poll_mask_set(v);
    __atomic_fetch_or(&v->pause_flags, VPF_blocked | VPF_polling,
                      __ATOMIC_SEQ_CST);

    for ( i = 0; i < poll->nr_ports; i++ )
    {
        if ( copy_from_guest_offset(&port, poll->ports, i, 1) )
            rc = -EFAULT;
        else if ( !evtchn_port_valid(v->domain, port) )
            rc = -EINVAL;
        else if ( !evtchn_port_pending(v->domain, port) )
            continue;
        stop_polling(v);
        return rc;
    }
    /* An interrupt that the vCPU would take also ends the wait. */
    if ( (hvm_get_rflags() & X86_EFLAGS_IF) && hvm_vcpu_has_pending_irq(v) )
    {
        stop_polling(v);
        return 0;
    }

    if ( poll->nr_ports == 1 )
        v->poll_evtchn = port;
    if ( poll->timeout )
        set_timer(&v->poll_timer, min(poll->timeout, (uint64_t)STIME_MAX));
    else
        stop_timer(&v->poll_timer);
    vcpu_sleep(v);
    return 0;
}

static void watchdog_fn(void *data)
{
    struct domain_watchdog *w = data;

    if ( w->domain->is_shutting_down || w->domain->is_dying )
        return;
    guest_printk(w->domain, "watchdog fired\n");
    domain_shutdown(w->domain, SHUTDOWN_watchdog);
}

static int make_watchdogs(struct domain *d)
{
    struct domain_watchdog *w =
        xzalloc_array(struct domain_watchdog, NR_DOMAIN_WATCHDOGS);

    if ( !w )
        return -ENOMEM;
    for ( unsigned int i = 0; i < NR_DOMAIN_WATCHDOGS; i++ )
    {
        w[i].domain = d;
        init_timer(&w[i].timer, watchdog_fn, &w[i], smp_processor_id());
    }
    d->watchdog = w;
    return 0;
}

/* d->lock is held: two vCPUs may set their first at once. */
static long set_watchdog(struct domain *d, uint32_t id, uint32_t timeout)
{
    struct domain_watchdog *w;
    int rc;

    if ( id > NR_DOMAIN_WATCHDOGS || (id && !d->watchdog) )
        return -EINVAL;
    if ( !d->watchdog && (rc = make_watchdogs(d)) )
        return rc;

    if ( id == 0 )
    {
        while ( id < NR_DOMAIN_WATCHDOGS && d->watchdog[id].in_use )
            id++;
        if ( id == NR_DOMAIN_WATCHDOGS )
            return -ENOSPC;
        d->watchdog[id].in_use = true;
        set_timer(&d->watchdog[id].timer, NOW() + SECONDS(timeout));
        return id + 1;
    }

    w = &d->watchdog[id - 1];
    if ( !w->in_use )
        return -EINVAL;
    w->in_use = timeout != 0;
    if ( timeout )
        set_timer(&w->timer, NOW() + SECONDS(timeout));
    else
        stop_timer(&w->timer);
    return 0;
}

void domain_watchdog_destroy(struct domain *d)
{
    unsigned int i;

    if ( !d->watchdog )
        return;
    for ( i = 0; i < NR_DOMAIN_WATCHDOGS; i++ )
        kill_timer(&d->watchdog[i].timer);
    xfree(d->watchdog);
    d->watchdog = NULL;
}

static long op_yield(uint64_t arg)
{
    (void)arg;
    vcpu_yield();
    return 0;
}

static long op_block(uint64_t arg)
{
    (void)arg;
    current->vcpu_info->evtchn_upcall_mask = 0;
    vcpu_block();
    return 0;
}

static long op_shutdown(uint64_t arg)
{
    struct sched_shutdown s;

    if ( copy_arg_from_guest(&s, arg) )
        return -EFAULT;
    domain_shutdown(current->domain, s.reason);
    return 0;
}

static long op_shutdown_code(uint64_t arg)
{
    struct sched_shutdown s;

    if ( copy_arg_from_guest(&s, arg) )
        return -EFAULT;
    if ( !current->domain->is_shutting_down )
        current->domain->shutdown_code = s.reason;
    return 0;
}

static long op_poll(uint64_t arg)
{
    struct sched_poll p;

    if ( copy_struct_from_guest(&p, arg, "w48") )
        return -EFAULT;
    return do_poll(&p);
}

static long op_remote_shutdown(uint64_t arg)
{
    struct sched_remote_shutdown s;
    struct domain *d;

    if ( copy_arg_from_guest(&s, arg) )
        return -EFAULT;
    d = get_domain_by_id(s.domain_id);
    if ( !d )
        return -ESRCH;
    if ( !current->domain->is_privileged )
    {
        put_domain(d);
        return -EPERM;
    }
    domain_shutdown(d, s.reason);
    put_domain(d);
    return 0;
}

static long op_watchdog(uint64_t arg)
{
    struct domain *d = current->domain;
    struct sched_watchdog w;
    long rc;

    if ( copy_arg_from_guest(&w, arg) )
        return -EFAULT;
    spin_lock(&d->lock);
    rc = set_watchdog(d, w.id, w.timeout);
    spin_unlock(&d->lock);
    return rc;
}

static long op_pin_override(uint64_t arg)
{
    struct sched_pin_override p;

    if ( !current->domain->is_hwdom )
        return -EPERM;
    if ( copy_arg_from_guest(&p, arg) )
        return -EFAULT;
    return vcpu_pin_override(current, p.pcpu);
}

static long (*const ops[])(uint64_t arg) = {
    [SCHEDOP_yield] = op_yield,
    [SCHEDOP_block] = op_block,
    [SCHEDOP_shutdown] = op_shutdown,
    [SCHEDOP_poll] = op_poll,
    [SCHEDOP_remote_shutdown] = op_remote_shutdown,
    [SCHEDOP_shutdown_code] = op_shutdown_code,
    [SCHEDOP_watchdog] = op_watchdog,
    [SCHEDOP_pin_override] = op_pin_override,
};

/* sched_op(cmd, arg) */
long do_sched_op(unsigned long cmd, unsigned long arg, unsigned long a3,
                 unsigned long a4, unsigned long a5)
{
    (void)a3, (void)a4, (void)a5;
    cmd = (uint32_t)cmd;
    return cmd < ARRAY_SIZE(ops) ? ops[cmd](arg) : -ENOSYS;
}
