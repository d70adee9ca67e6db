/* SPDX-License-Identifier: MIT */
/* Scheduling mechanism: run queues, blocking, pausing, run states. */

/*
 * Each pCPU has a queue of runnable vCPUs sorted by virtual time (fair.c).
 * Nothing switches in the middle of a handler: whoever changes what should
 * run sets need_resched, and the entry path calls schedule(). There is no
 * idle vCPU; a pCPU without work halts inside schedule() with curr == NULL
 * and the last vCPU's state still loaded.
 */

#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <public/vcpu.h>
#include <asm/processor.h>
#include <asm/vmx.h>

struct runqueue
{
    spinlock_t lock;        /* queue, and every change of who runs */
    struct list_head queue; /* by vtime, smallest first */
    uint64_t vtime;         /* largest vtime that got to run */
    struct timer slice_timer;
    struct percpu *cpu;
};

static struct runqueue runqueues[NR_CPUS];

static struct runqueue *rq_of(const struct vcpu *v)
{
    return &runqueues[v->processor];
}

static void set_runstate(struct vcpu *v, int state)
{
    s_time_t now = NOW();

    if ( v->runstate == state )
        return;
    v->runstate_time[v->runstate] += now - v->state_entry_time;
    v->state_entry_time = now;
    v->runstate = state;
}

bool vcpu_runnable(const struct vcpu *v)
{
    return !(v->pause_flags | v->pause_count | v->domain->pause_count);
}

static void enqueue(struct runqueue *rq, struct vcpu *v)
{
    struct list_head *at = &rq->queue;
    struct vcpu *o;

    list_for_each_entry (o, &rq->queue, runq)
        if ( o->vtime > v->vtime )
        {
            at = &o->runq;
            break;
        }
    list_add_tail(&v->runq, at);
}

static bool is_queued(const struct vcpu *v)
{
    return !list_empty(&v->runq);
}

static void slice_expired(void *data)
{
    struct runqueue *rq = data;

    rq->cpu->need_resched = true;
}

static uint32_t vcpu_weight(const struct vcpu *v)
{
    return v->domain->sched_weight;
}

/* Charge v, which runs, for the time since it was last charged. */
static void charge(struct runqueue *rq, struct vcpu *v)
{
    s_time_t now = NOW();

    v->vtime = sched_charge(v->vtime, now - v->slice_start, vcpu_weight(v));
    v->slice_start = now;
    rq->vtime = max(rq->vtime, v->vtime);
}

/* State of a vCPU that does not run and is not queued. */
static int stopped_runstate(const struct vcpu *v)
{
    return (v->pause_flags & VPF_blocked) && !v->pause_count &&
                   !v->domain->pause_count
               ? RUNSTATE_blocked
               : RUNSTATE_offline;
}

static void put_back(struct runqueue *rq, struct vcpu *prev)
{
    prev->is_running = false;
    charge(rq, prev);
    if ( vcpu_runnable(prev) )
    {
        set_runstate(prev, RUNSTATE_runnable);
        enqueue(rq, prev);
    }
    else
        set_runstate(prev, stopped_runstate(prev));
}

void schedule(void)
{
    struct percpu *cpu = this_cpu();
    struct runqueue *rq = &runqueues[cpu->cpu];
    struct vcpu *next;
    bool switched;

    spin_lock(&rq->lock);
    if ( cpu->curr )
        put_back(rq, cpu->curr);
    cpu->curr = NULL;
    stop_timer(&rq->slice_timer);
    while ( list_empty(&rq->queue) )
    {
        cpu->need_resched = false;
        spin_unlock(&rq->lock);
        do
            safe_halt();
        while ( !cpu->need_resched );
        spin_lock(&rq->lock);
    }
    cpu->need_resched = false;
    next = list_first_entry(&rq->queue, struct vcpu, runq);
    list_del(&next->runq);
    next->is_running = true;
    next->slice_start = NOW();
    rq->vtime = max(rq->vtime, next->vtime);
    set_runstate(next, RUNSTATE_running);
    cpu->curr = next;
    if ( !list_empty(&rq->queue) )
        set_timer(&rq->slice_timer, next->slice_start + SCHED_SLICE);
    spin_unlock(&rq->lock);

    switched = cpu->vmcs_owner != next;
    vmx_ctxt_switch_to(next);
    vmx_intr_dirty(next);
    if ( next->runstate_guest && switched )
        vcpu_runstate_update_guest(next);
}

void vcpu_wake(struct vcpu *v)
{
    struct runqueue *rq = rq_of(v);
    struct percpu *cpu = rq->cpu;

    spin_lock(&rq->lock);
    if ( vcpu_runnable(v) && !is_queued(v) && cpu->curr != v )
    {
        /*
         * First: who ran alone for long has not been charged for long, and v
         * would get all of that time at once.
         */
        if ( cpu->curr )
            charge(rq, cpu->curr);
        v->vtime = sched_wake_vtime(v->vtime, rq->vtime);
        set_runstate(v, RUNSTATE_runnable);
        enqueue(rq, v);
        if ( !cpu->curr )
            cpu->need_resched = true;
        else
        {
            if ( sched_preempts(v->vtime, cpu->curr->vtime) )
                cpu->need_resched = true;
            else if ( !timer_is_active(&rq->slice_timer) )
                set_timer(&rq->slice_timer, NOW() + SCHED_SLICE);
        }
    }
    spin_unlock(&rq->lock);
}

void vcpu_sleep(struct vcpu *v)
{
    struct runqueue *rq = rq_of(v);

    spin_lock(&rq->lock);
    if ( !vcpu_runnable(v) )
    {
        if ( rq->cpu->curr == v )
            rq->cpu->need_resched = true;
        else if ( is_queued(v) )
            list_del(&v->runq);
        if ( rq->cpu->curr != v )
            set_runstate(v, stopped_runstate(v));
    }
    spin_unlock(&rq->lock);
}

void vcpu_block(void)
{
    struct vcpu *v = current;

    v->pause_flags |= VPF_blocked;
    if ( hvm_vcpu_has_pending_irq(v) )
        v->pause_flags &= ~VPF_blocked;
    else
        this_cpu()->need_resched = true;
}

void vcpu_unblock(struct vcpu *v)
{
    if ( !(v->pause_flags & (VPF_blocked | VPF_polling)) )
        return;
    v->pause_flags &= ~(VPF_blocked | VPF_polling);
    vcpu_wake(v);
}

/* One pCPU runs everything: a vCPU that runs is the one executing this. */
void vcpu_kick(struct vcpu *v)
{
    vmx_intr_dirty(v);
    vcpu_unblock(v);
}

void vcpu_yield(void)
{
    struct vcpu *v = current;
    struct runqueue *rq = rq_of(v);

    /* Behind everyone who waits: as if it had used their share. */
    spin_lock(&rq->lock);
    if ( !list_empty(&rq->queue) )
    {
        struct vcpu *last = list_entry(rq->queue.prev, struct vcpu, runq);

        charge(rq, v);
        v->vtime = max(v->vtime, last->vtime);
        this_cpu()->need_resched = true;
    }
    spin_unlock(&rq->lock);
}

int sched_init_vcpu(struct vcpu *v)
{
    v->processor = smp_processor_id();
    list_init(&v->runq);
    v->runstate = RUNSTATE_offline;
    v->state_entry_time = NOW();
    v->vtime = rq_of(v)->vtime;
    return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
    struct runqueue *rq = rq_of(v);

    spin_lock(&rq->lock);
    if ( is_queued(v) )
        list_del(&v->runq);
    spin_unlock(&rq->lock);
}

void sched_init(void)
{
    struct runqueue *rq = &runqueues[smp_processor_id()];

    spin_lock_init(&rq->lock);
    list_init(&rq->queue);
    rq->cpu = this_cpu();
    init_timer(&rq->slice_timer, slice_expired, rq, smp_processor_id());
}

/* A long operation gives way after this much. */
#define PREEMPT_AFTER MILLISECS(1)

bool hypercall_preempt_check(void)
{
    struct percpu *cpu = this_cpu();
    uint64_t now = rdtsc();

    if ( !cpu->preempt_tsc )
        cpu->preempt_tsc = now;
    return cpu->need_resched ||
           now - cpu->preempt_tsc > ns_to_tsc(PREEMPT_AFTER);
}

uint64_t vcpu_runtime(const struct vcpu *v)
{
    uint64_t t = v->runstate_time[RUNSTATE_running];

    if ( v->runstate == RUNSTATE_running )
        t += NOW() - v->state_entry_time;
    return t;
}

void vcpu_runstate_get(const struct vcpu *v, vcpu_runstate_info_t *out)
{
    memset(out, 0, sizeof(*out));
    out->state = v->runstate;
    out->state_entry_time = v->state_entry_time;
    for ( unsigned int i = 0; i < 4; i++ )
        out->time[i] = v->runstate_time[i];
}

/*
 * The guest reads the area while it may be written: with the update flag it
 * sees that and reads again. v is current.
 */
void vcpu_runstate_update_guest(struct vcpu *v)
{
    vcpu_runstate_info_t info;
    uint64_t entry_gva =
        v->runstate_guest + offsetof(vcpu_runstate_info_t, state_entry_time);
    uint64_t flagged;

    vcpu_runstate_get(v, &info);
    flagged = info.state_entry_time | XEN_RUNSTATE_UPDATE;
    if ( v->domain->vm_assist & (1u << VMASST_TYPE_runstate_update_flag) )
    {
        if ( copy_to_guest_va(entry_gva, &flagged, sizeof(flagged)) )
            return;
        info.state_entry_time = flagged;
        if ( copy_to_guest_va(v->runstate_guest, &info, sizeof(info)) )
            return;
        flagged &= ~XEN_RUNSTATE_UPDATE;
        if ( copy_to_guest_va(entry_gva, &flagged, sizeof(flagged)) )
            return;
    }
    else if ( copy_to_guest_va(v->runstate_guest, &info, sizeof(info)) )
        return;
}
