/* SPDX-License-Identifier: MIT */
/* Pools of pCPUs: each has a scheduling policy, domains and pCPUs of its own.
 */

/*
 * Pool-0 is there from the start, takes all pCPUs, and never goes. A pCPU
 * that is in no pool idles. Pools are found by id; cpupool_lock guards their
 * list, the number of their domains, and who takes a pCPU. The structure of a
 * pool that was destroyed is kept for the next: a timer of it may still fire.
 */

#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include "private.h"

#define RATELIMIT_DEFAULT_US 1000

static const struct sched_policy *const policies[] = {
    &sched_credit2,
    &sched_null,
};

static char opt_sched[16] = "credit2";
string_param("sched", opt_sched);
static unsigned int opt_ratelimit_us = RATELIMIT_DEFAULT_US;
integer_param("sched_ratelimit_us", opt_ratelimit_us);

spinlock_t cpupool_lock = SPIN_LOCK_UNLOCKED;
static struct list_head pools = LIST_HEAD_INIT(pools);
static struct list_head unused = LIST_HEAD_INIT(unused);
static struct cpupool pool0;
static const struct sched_policy *default_policy = &sched_credit2;

uint32_t sched_default_id(void)
{
    return default_policy->id;
}

uint32_t cpupool_id(const struct domain *d)
{
    return d->cpupool->id;
}

bool cpupool_nth(unsigned int n, uint32_t *id)
{
    struct cpupool *c;
    bool found = false;

    spin_lock(&cpupool_lock);
    list_for_each_entry (c, &pools, list)
        if ( n-- == 0 )
        {
            *id = c->id;
            found = true;
            break;
        }
    spin_unlock(&cpupool_lock);
    return found;
}

struct cpupool *cpupool_find_from(uint32_t id)
{
    struct cpupool *c;

    list_for_each_entry (c, &pools, list)
        if ( c->id >= id )
            return c;
    return NULL;
}

struct cpupool *cpupool_find(uint32_t id)
{
    struct cpupool *c = cpupool_find_from(id);

    return c && c->id == id ? c : NULL;
}

cpumask_t cpupool_free_cpus(void)
{
    cpumask_t free = 0;
    unsigned int cpu;

    for_each_cpu (cpu, cpu_online_map)
        if ( !READ_ONCE(pool_of_cpu[cpu]) )
            free |= cpumask_of(cpu);
    return free;
}

static void refill(void *data)
{
    struct cpupool *c = data;

    spin_lock(&c->lock);
    if ( c->sched.policy->refill )
        c->sched.policy->refill(&c->sched, NOW());
    sched_apply(c);
    spin_unlock(&c->lock);
}

static const struct sched_policy *policy_by_id(uint32_t sched_id)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(policies); i++ )
        if ( policies[i]->id == sched_id )
            return policies[i];
    return NULL;
}

/* --- The debug key for run queues --- */

static const char *const unit_states[] = {
    [UNIT_ASLEEP] = "asleep",   [UNIT_QUEUED] = "queued",
    [UNIT_RUNNING] = "running", [UNIT_LEAVING] = "leaving",
    [UNIT_PARKED] = "parked",
};

static void show_units(struct cpupool *c)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain (d)
        for_each_vcpu (d, v)
            if ( d->cpupool == c )
                printk("  d%uv%u: CPU%u, %s, weight %u, cap %u, virtual time "
                       "%ld us\n",
                       d->domain_id, v->vcpu_id, v->processor,
                       unit_states[v->sched.state], d->sched.weight,
                       d->sched.cap,
                       (long)(v->sched.vtime - c->sched.vtime) / 1000);
}

/* Without the pools' locks: somebody asks because something hangs. */
static void show_pools(unsigned char key)
{
    struct cpupool *c;

    (void)key;
    list_for_each_entry (c, &pools, list)
    {
        printk("Pool %u: %s, CPUs %#lx, idle %#lx, load %lu, rate limit %lu "
               "us\n",
               c->id, c->sched.policy->name, c->sched.cpus, c->sched.idle,
               c->sched.load, (unsigned long)(c->sched.ratelimit / 1000));
        show_units(c);
    }
}

static void init_pool(struct cpupool *c, uint32_t id,
                      const struct sched_policy *policy)
{
    sched_pool_init(&c->sched, policy, MICROSECS(opt_ratelimit_us));
    c->id = id;
    c->nr_domains = 0;
}

/* Into its place by id; cpupool_lock is held. */
static void insert_pool(struct cpupool *c)
{
    struct cpupool *next = cpupool_find_from(c->id);

    list_add_tail(&c->list, next ? &next->list : &pools);
}

static uint32_t free_id(void)
{
    uint32_t id = 0;

    while ( cpupool_find(id) )
        id++;
    return id;
}

static struct cpupool *alloc_pool(void)
{
    struct cpupool *c;

    if ( !list_empty(&unused) )
    {
        c = list_first_entry(&unused, struct cpupool, list);
        list_del(&c->list);
        return c;
    }
    c = xzalloc(struct cpupool);
    if ( !c )
        return NULL;
    spin_lock_init(&c->lock);
    list_init(&c->list);
    init_timer(&c->refill_timer, refill, c, smp_processor_id());
    return c;
}

int cpupool_create(uint32_t *id, uint32_t sched_id)
{
    const struct sched_policy *policy = policy_by_id(sched_id);
    struct cpupool *c;
    int rc = 0;

    if ( !policy )
        return -ENOENT;
    spin_lock(&cpupool_lock);
    if ( *id == XEN_SYSCTL_CPUPOOL_PAR_ANY )
        *id = free_id();
    if ( cpupool_find(*id) )
        rc = -EEXIST;
    else if ( !(c = alloc_pool()) )
        rc = -ENOMEM;
    else
    {
        init_pool(c, *id, policy);
        insert_pool(c);
    }
    spin_unlock(&cpupool_lock);
    return rc;
}

int cpupool_destroy(uint32_t id)
{
    struct cpupool *c;
    int rc = 0;

    spin_lock(&cpupool_lock);
    c = cpupool_find(id);
    if ( !c )
        rc = -ENOENT;
    else if ( c == &pool0 || c->nr_domains || c->sched.cpus )
        rc = -EBUSY;
    else
    {
        stop_timer(&c->refill_timer);
        list_del(&c->list);
        list_add(&c->list, &unused);
    }
    spin_unlock(&cpupool_lock);
    return rc;
}

int cpupool_add_cpu(uint32_t id, uint32_t cpu)
{
    struct cpupool *c;
    int rc = 0;

    spin_lock(&cpupool_lock);
    c = cpupool_find(id);
    if ( cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY )
        cpu = cpumask_first(cpupool_free_cpus());
    if ( cpu >= NR_CPUS || !percpu_area[cpu] )
        rc = -EINVAL;
    else if ( !c )
        rc = -ENOENT;
    else if ( READ_ONCE(pool_of_cpu[cpu]) )
        rc = -ENODEV;
    else
    {
        spin_lock(&c->lock);
        WRITE_ONCE(pool_of_cpu[cpu], c);
        c->sched.policy->cpu_add(&c->sched, cpu, NOW());
        sched_apply(c);
        spin_unlock(&c->lock);
    }
    spin_unlock(&cpupool_lock);
    return rc;
}

/* Those that are about to go need not keep a pool alive. */
static int evict_dying(struct cpupool *c)
{
    struct domain *d;

    for_each_domain_held(d) if ( d->cpupool == c && d->is_dying &&
                                 cpupool_move_domain(d, 0) )
    {
        put_domain(d);
        return -EBUSY;
    }
    return 0;
}

static int start_removal(struct cpupool *c, uint32_t cpu)
{
    int rc = 0;

    spin_lock(&cpupool_lock);
    if ( !cpumask_test(c->sched.cpus, cpu) )
        rc = -EINVAL;
    else if ( c->sched.cpus == cpumask_of(cpu) &&
              (c->nr_domains || c == &pool0) )
        rc = -EBUSY;
    else
    {
        spin_lock(&c->lock);
        c->sched.policy->cpu_remove(&c->sched, cpu, NOW());
        sched_apply(c);
        spin_unlock(&c->lock);
    }
    spin_unlock(&cpupool_lock);
    return rc;
}

int cpupool_remove_cpu(uint32_t id, uint32_t cpu)
{
    struct cpupool *c;
    int rc;

    spin_lock(&cpupool_lock);
    c = cpupool_find(id);
    if ( c && cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY && c->sched.cpus )
        cpu = 63 - __builtin_clzll(c->sched.cpus);
    spin_unlock(&cpupool_lock);
    if ( !c )
        return -ENOENT;
    if ( cpu >= nr_cpus_online )
        return -EINVAL;
    if ( c->sched.cpus == cpumask_of(cpu) && (rc = evict_dying(c)) )
        return rc;
    rc = start_removal(c, cpu);
    if ( rc )
        return rc;
    cpupool_check_affinities(c);
    /* The caller's own pCPU leaves when this call is over. */
    if ( cpu != smp_processor_id() )
        while ( READ_ONCE(pool_of_cpu[cpu]) )
            smp_relax();
    return 0;
}

/* The domain is paused: its vCPUs run nowhere. */
static void change_pool(struct domain *d, struct cpupool *from,
                        struct cpupool *to)
{
    uint32_t weight = d->sched.weight, cap = d->sched.cap;
    struct vcpu *v;

    spin_lock(from->id < to->id ? &from->lock : &to->lock);
    spin_lock(from->id < to->id ? &to->lock : &from->lock);
    for_each_vcpu (d, v)
        from->sched.policy->remove(&from->sched, &v->sched);
    sched_apply(from);
    sched_dom_init(&d->sched);
    d->sched.weight = weight;
    WRITE_ONCE(d->cpupool, to);
    for_each_vcpu (d, v)
    {
        v->processor = cpumask_first(to->sched.cpus);
        sched_unit_init(&v->sched, &d->sched, v->processor);
        vcpu_reset_affinity(v);
        to->sched.policy->insert(&to->sched, &v->sched);
    }
    if ( to->sched.policy->adjust )
        to->sched.policy->adjust(&to->sched, &d->sched, weight, cap, NOW());
    spin_unlock(&to->lock);
    spin_unlock(&from->lock);
}

int cpupool_move_domain(struct domain *d, uint32_t id)
{
    struct cpupool *to;
    int rc = 0;

    domain_pause(d);
    spin_lock(&cpupool_lock);
    to = cpupool_find(id);
    if ( !to || !to->sched.cpus )
        rc = -ENOENT;
    else if ( to != d->cpupool )
    {
        d->cpupool->nr_domains--;
        to->nr_domains++;
        change_pool(d, d->cpupool, to);
    }
    spin_unlock(&cpupool_lock);
    domain_unpause(d);
    return rc;
}

int sched_init_domain(struct domain *d, uint32_t pool_id)
{
    struct cpupool *c;
    int rc = 0;

    sched_dom_init(&d->sched);
    spin_lock(&cpupool_lock);
    c = cpupool_find(pool_id);
    if ( !c )
        rc = -ENOENT;
    else if ( !c->sched.cpus )
        rc = -ENODEV;
    else
    {
        d->cpupool = c;
        c->nr_domains++;
    }
    spin_unlock(&cpupool_lock);
    return rc;
}

void sched_destroy_domain(struct domain *d)
{
    if ( !d->cpupool )
        return;
    spin_lock(&cpupool_lock);
    d->cpupool->nr_domains--;
    spin_unlock(&cpupool_lock);
    d->cpupool = NULL;
}

void sched_init(void)
{
    const struct sched_policy *asked = NULL;

    for ( unsigned int i = 0; i < ARRAY_SIZE(policies); i++ )
        if ( !strcmp(policies[i]->name, opt_sched) )
            asked = policies[i];
    if ( asked )
        default_policy = asked;
    else
        printk(XENLOG_WARNING "There is no scheduler %s\n", opt_sched);
    if ( opt_ratelimit_us &&
         (opt_ratelimit_us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
          opt_ratelimit_us > XEN_SYSCTL_SCHED_RATELIMIT_MAX) )
    {
        printk(XENLOG_WARNING "sched_ratelimit_us is 0 or %u to %u\n",
               XEN_SYSCTL_SCHED_RATELIMIT_MIN, XEN_SYSCTL_SCHED_RATELIMIT_MAX);
        opt_ratelimit_us = RATELIMIT_DEFAULT_US;
    }
    printk(XENLOG_INFO "Scheduler: %s\n", default_policy->name);

    spin_lock_init(&pool0.lock);
    init_timer(&pool0.refill_timer, refill, &pool0, smp_processor_id());
    init_pool(&pool0, 0, default_policy);
    list_add(&pool0.list, &pools);
    register_keyhandler('r', show_pools, "show run queues");
    cpu_idle_init();
    sched_init_cpu(smp_processor_id());
}
