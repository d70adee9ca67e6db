/* SPDX-License-Identifier: MIT */
/* Scheduling mechanism: switching, blocking, waking up, idling. */

/*
 * Who runs where is the decision of a policy (sched-policy.h), one for each
 * pool of pCPUs. It is asked under the pool's lock, and what it wants is done
 * here: pCPUs are made to choose again by need_resched and an IPI, slices end
 * by a timer of each pCPU.
 *
 * Nothing switches in the middle of a handler: whoever changes what should
 * run sets need_resched, and the entry path calls schedule(). There is no
 * idle vCPU; a pCPU without work idles inside schedule() with curr == NULL
 * and the last vCPU's state still loaded.
 *
 * A vCPU stays is_running until its state is where another pCPU can get it,
 * and only then goes back to the queue. v->processor changes only while it is
 * not running.
 */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "private.h"

struct cpupool *pool_of_cpu[NR_CPUS];

static struct timer slice_timer[NR_CPUS];

static struct
{
    s_time_t total; /* without what goes on */
    s_time_t since; /* 0: not idle */
} idle[NR_CPUS];

bool vcpu_runnable(const struct vcpu *v)
{
    return !(v->pause_flags | v->pause_count | v->domain->pause_count);
}

struct cpupool *lock_pool_of(const struct domain *d)
{
    for ( ;; )
    {
        struct cpupool *c = READ_ONCE(d->cpupool);

        spin_lock(&c->lock);
        if ( likely(c == READ_ONCE(d->cpupool)) )
            return c;
        spin_unlock(&c->lock);
    }
}

static void resched_cpu(unsigned int cpu)
{
    WRITE_ONCE(percpu_area[cpu]->need_resched, true);
    smp_send_event_check(cpu);
}

static void slice_expired(void *data)
{
    (void)data;
    this_cpu()->need_resched = true;
}

static void program_slice(struct cpupool *c, unsigned int cpu)
{
    s_time_t until = c->sched.pcpu[cpu].until;

    if ( until == STIME_MAX )
        stop_timer(&slice_timer[cpu]);
    else
        set_timer(&slice_timer[cpu], until);
}

/* Somebody waits for a new period. The timer may fire for nobody. */
static void program_refill(struct cpupool *c)
{
    if ( !timer_is_active(&c->refill_timer) ||
         c->refill_timer.expires > c->sched.refill_at )
        set_timer(&c->refill_timer, c->sched.refill_at);
}

void sched_apply(struct cpupool *c)
{
    unsigned int cpu;

    if ( unlikely(c->sched.refill_at != STIME_MAX) )
        program_refill(c);
    if ( likely(!(c->sched.poke | c->sched.retime)) )
        return;
    for_each_cpu (cpu, c->sched.poke)
        resched_cpu(cpu);
    for_each_cpu (cpu, c->sched.retime)
        program_slice(c, cpu);
    c->sched.poke = c->sched.retime = 0;
}

/* State of a vCPU that neither runs nor waits for a pCPU. */
static int stopped_runstate(const struct vcpu *v)
{
    return (v->pause_flags & VPF_blocked) && !v->pause_count &&
                   !v->domain->pause_count
               ? RUNSTATE_blocked
               : RUNSTATE_offline;
}

static void policy_sleep(struct cpupool *c, struct vcpu *v, s_time_t now)
{
    c->sched.policy->sleep(&c->sched, &v->sched, now,
                           v->pause_flags & VPF_down);
}

/* Have the policy choose for this pCPU: the result is its current vCPU. */
static struct vcpu *choose(struct percpu *cpu)
{
    struct cpupool *c = READ_ONCE(pool_of_cpu[cpu->cpu]);
    struct vcpu *prev = cpu->curr, *next;
    s_time_t now;

    if ( unlikely(!c) )
        return NULL;
    spin_lock(&c->lock);
    now = NOW();
    if ( prev && !vcpu_runnable(prev) )
        policy_sleep(c, prev, now);
    next = vcpu_of_unit(c->sched.policy->pick(&c->sched, cpu->cpu, now));
    if ( next != prev )
    {
        if ( prev )
            set_runstate(prev,
                         vcpu_runnable(prev) ? RUNSTATE_runnable
                                             : stopped_runstate(prev),
                         now);
        if ( next )
        {
            next->processor = cpu->cpu;
            next->is_running = true;
            set_runstate(next, RUNSTATE_running, now);
        }
        cpu->curr = next;
    }
    program_slice(c, cpu->cpu);
    sched_apply(c);
    if ( unlikely(!next && !cpumask_test(c->sched.cpus, cpu->cpu)) )
        WRITE_ONCE(pool_of_cpu[cpu->cpu], NULL);
    spin_unlock(&c->lock);
    return next;
}

/* v's state has been taken from this pCPU, or may be: others can have it. */
static void let_go(struct vcpu *v)
{
    struct cpupool *c = lock_pool_of(v->domain);

    v->is_running = false;
    c->sched.policy->put(&c->sched, &v->sched, NOW());
    sched_apply(c);
    spin_unlock(&c->lock);
}

static void wait_for_work(struct percpu *cpu)
{
    s_time_t start = NOW();

    idle[cpu->cpu].since = start;
    while ( !READ_ONCE(cpu->need_resched) )
        cpu_idle();
    WRITE_ONCE(idle[cpu->cpu].since, 0);
    idle[cpu->cpu].total += NOW() - start;
}

void schedule(void)
{
    struct percpu *cpu = this_cpu();
    struct vcpu *prev, *next;
    bool switched = false;

    for ( ;; )
    {
        WRITE_ONCE(cpu->need_resched, false);
        prev = cpu->curr;
        next = choose(cpu);
        if ( next )
        {
            switched = cpu->vmcs_owner != next;
            /* Visible as running before what others wanted of it is looked
             * at: see smp_send_event_check(). */
            smp_mb();
            vmx_ctxt_switch_to(next);
        }
        if ( prev && prev != next )
            let_go(prev);
        if ( next )
            break;
        wait_for_work(cpu);
    }
    vmx_intr_dirty(next);
    if ( next->runstate_guest && switched )
        vcpu_runstate_update_guest(next);
}

void vcpu_wake(struct vcpu *v)
{
    struct cpupool *c = lock_pool_of(v->domain);

    if ( vcpu_runnable(v) && !v->sched.runnable )
    {
        s_time_t now = NOW();

        if ( v->sched.state != UNIT_RUNNING )
            set_runstate(v, RUNSTATE_runnable, now);
        c->sched.policy->wake(&c->sched, &v->sched, now);
        sched_apply(c);
        program_refill(c);
    }
    spin_unlock(&c->lock);
}

void vcpu_sleep(struct vcpu *v)
{
    struct cpupool *c = lock_pool_of(v->domain);

    if ( !vcpu_runnable(v) )
    {
        s_time_t now = NOW();

        policy_sleep(c, v, now);
        if ( v->sched.state != UNIT_RUNNING )
            set_runstate(v, stopped_runstate(v), now);
        sched_apply(c);
    }
    spin_unlock(&c->lock);
}

/* Blocked first, looked second: who raises something then finds it blocked. */
void vcpu_block(void)
{
    struct vcpu *v = current;

    __atomic_fetch_or(&v->pause_flags, VPF_blocked, __ATOMIC_SEQ_CST);
    if ( hvm_vcpu_has_pending_irq(v) )
        __atomic_fetch_and(&v->pause_flags, ~VPF_blocked, __ATOMIC_SEQ_CST);
    else
        this_cpu()->need_resched = true;
}

void vcpu_unblock(struct vcpu *v)
{
    const uint32_t waits = VPF_blocked | VPF_polling;

    if ( !(READ_ONCE(v->pause_flags) & waits) )
        return;
    __atomic_fetch_and(&v->pause_flags, ~waits, __ATOMIC_SEQ_CST);
    vcpu_wake(v);
}

void vcpu_kick(struct vcpu *v)
{
    vmx_intr_dirty(v);
    smp_mb();
    if ( READ_ONCE(v->is_running) )
        smp_send_event_check(v->processor);
    vcpu_unblock(v);
}

void vcpu_yield(void)
{
    struct vcpu *v = current;

    if ( list_empty(&v->domain->cpupool->sched.queue) )
        return;
    v->sched.yields = true;
    this_cpu()->need_resched = true;
}

/* Spread over the pool's pCPUs until the policy decides. */
static unsigned int first_processor(const struct cpupool *c, uint32_t vcpu_id)
{
    cpumask_t cpus = c->sched.cpus;

    for ( uint32_t n = vcpu_id % cpumask_weight(cpus); n; n-- )
        cpus &= cpus - 1;
    return cpumask_first(cpus);
}

void sched_init_vcpu(struct vcpu *v)
{
    struct cpupool *c = lock_pool_of(v->domain);

    v->processor = first_processor(c, v->vcpu_id);
    v->runstate = RUNSTATE_offline;
    v->state_entry_time = NOW();
    sched_unit_init(&v->sched, &v->domain->sched, v->processor);
    vcpu_reset_affinity(v);
    c->sched.policy->insert(&c->sched, &v->sched);
    spin_unlock(&c->lock);
}

void sched_destroy_vcpu(struct vcpu *v)
{
    struct cpupool *c = lock_pool_of(v->domain);

    c->sched.policy->remove(&c->sched, &v->sched);
    sched_apply(c);
    spin_unlock(&c->lock);
}

s_time_t sched_idle_time(unsigned int cpu)
{
    s_time_t since = READ_ONCE(idle[cpu].since);
    s_time_t total = READ_ONCE(idle[cpu].total);

    return since ? total + NOW() - since : total;
}

/* Pool-0 comes first: cpupool.c has sched_init(). */
void sched_init_cpu(unsigned int cpu)
{
    init_timer(&slice_timer[cpu], slice_expired, NULL, cpu);
    (void)cpupool_add_cpu(0, cpu);
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
