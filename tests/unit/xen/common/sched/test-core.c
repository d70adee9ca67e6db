/* SPDX-License-Identifier: MIT */
/* The mechanism with threads for pCPUs: no vCPU runs twice, none is lost. */
/* TEST-SOURCES: xen/common/sched/core.c xen/common/sched/cpupool.c */
/* TEST-SOURCES: xen/common/sched/affinity.c xen/common/sched/runstate.c */
/* TEST-SOURCES: xen/common/sched/credit2.c xen/common/sched/null.c */
/* TEST-SOURCES: xen/common/sched/credit2-cap.c xen/common/sched/unit.c */
/* TEST-SOURCES: xen/common/compat-layout.c */
/* TEST-SOURCES: xen/lib/timer-heap.c xen/common/domain-pause.c */
/* TEST-LIBS: -lpthread */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <asm/prctl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <asm/vmx.h>
#include "../../../../../xen/common/sched/private.h"

#define NR_THREADS 4
#define NR_DOMS    4
#define NR_VCPUS   3
#define TURNS      5000 /* of each thread */

struct percpu *percpu_area[NR_CPUS];
unsigned int nr_cpus_online = NR_THREADS;
cpumask_t cpu_online_map = (1u << NR_THREADS) - 1;
struct list_head domain_list = LIST_HEAD_INIT(domain_list);

static struct percpu cpus[NR_THREADS];
static struct domain doms[NR_DOMS];
static struct vcpu *vcpus[NR_DOMS][NR_VCPUS];
static spinlock_t control = SPIN_LOCK_UNLOCKED; /* one toolstack at a time */
static pthread_barrier_t barrier;
static unsigned int trouble, finished;

/* What the test knows of each vCPU, by domain and number. */
static struct guest
{
    int runs_on;   /* pCPU that executes it, or -1 */
    int loaded_on; /* pCPU with its registers, or -1 */
    uint32_t irqs; /* pending */
    uint64_t turns;
} guests[NR_DOMS][NR_VCPUS];

static struct guest *guest_of(const struct vcpu *v)
{
    return &guests[v->domain->domain_id][v->vcpu_id];
}

static void report(const char *what)
{
    fprintf(stderr, "%s\n", what);
    __atomic_add_fetch(&trouble, 1, __ATOMIC_SEQ_CST);
}

/* --- What the mechanism asks of the machine --- */

s_time_t NOW(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return SECONDS(t.tv_sec) + t.tv_nsec;
}

uint64_t ns_to_tsc(s_time_t ns)
{
    return ns;
}

static struct
{
    spinlock_t lock;
    struct timer *list[64];
} timers[NR_THREADS];

void init_timer(struct timer *t, void (*fn)(void *), void *data,
                unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void set_timer(struct timer *t, s_time_t expires)
{
    unsigned int at = 0;

    spin_lock(&timers[t->cpu].lock);
    t->expires = expires;
    if ( !t->queued )
    {
        while ( timers[t->cpu].list[at] )
            at++;
        timers[t->cpu].list[at] = t;
    }
    t->queued = true;
    spin_unlock(&timers[t->cpu].lock);
}

static void unqueue(struct timer *t)
{
    for ( unsigned int i = 0; i < 64; i++ )
        if ( timers[t->cpu].list[i] == t )
            timers[t->cpu].list[i] = NULL;
    t->queued = false;
}

void stop_timer(struct timer *t)
{
    spin_lock(&timers[t->cpu].lock);
    if ( t->queued )
        unqueue(t);
    spin_unlock(&timers[t->cpu].lock);
}

/* As interrupts do: between two steps of a guest, and in idle. */
static void run_timers(void)
{
    unsigned int cpu = smp_processor_id();
    struct timer *t;

    for ( unsigned int i = 0; i < 64; i++ )
    {
        spin_lock(&timers[cpu].lock);
        t = timers[cpu].list[i];
        if ( t && t->expires <= NOW() )
            unqueue(t);
        else
            t = NULL;
        spin_unlock(&timers[cpu].lock);
        if ( t )
            t->fn(t->data);
    }
}

void smp_send_event_check(unsigned int cpu)
{
    (void)cpu; /* threads look at need_resched by themselves */
}

/* The end: nobody holds a spinlock here, or in idle. */
static void end_if_all_is_done(void)
{
    if ( READ_ONCE(finished) )
        pthread_exit(NULL);
}

void smp_relax(void)
{
    end_if_all_is_done();
    run_timers();
    sched_yield();
}

void cpu_idle_init(void)
{
}

static uint32_t random_below(uint32_t n, uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)*seed * n) >> 32);
}

/* Raised once: if that does not wake it, nothing will. */
static void send_irq(struct vcpu *v)
{
    if ( !__atomic_exchange_n(&guest_of(v)->irqs, 1, __ATOMIC_SEQ_CST) )
        vcpu_kick(v);
}

/* Devices go on when all CPUs idle. */
void cpu_idle(void)
{
    static _Thread_local uint32_t seed = 99;

    end_if_all_is_done();
    run_timers();
    send_irq(
        vcpus[random_below(NR_DOMS, &seed)][random_below(NR_VCPUS, &seed)]);
    sched_yield();
}

/* It takes a vCPU's registers from where they are: nobody may execute it. */
void vmx_ctxt_switch_to(struct vcpu *v)
{
    struct guest *g = guest_of(v);
    int me = smp_processor_id();
    struct vcpu *owner = cpus[me].vmcs_owner;

    if ( __atomic_load_n(&g->runs_on, __ATOMIC_SEQ_CST) != -1 )
        report("loaded while another pCPU executes it");
    if ( owner && owner != v )
        __atomic_store_n(&guest_of(owner)->loaded_on, -1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&g->loaded_on, me, __ATOMIC_SEQ_CST);
    for ( int i = 0; i < NR_THREADS; i++ )
        if ( i != me )
        {
            struct vcpu *want = v;

            (void)__atomic_compare_exchange_n(&cpus[i].vmcs_owner, &want, NULL,
                                              false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_SEQ_CST);
        }
    cpus[me].vmcs_owner = v;
}

bool hvm_vcpu_has_pending_irq(struct vcpu *v)
{
    return __atomic_load_n(&guest_of(v)->irqs, __ATOMIC_SEQ_CST);
}

int printk(const char *fmt, ...)
{
    (void)fmt;
    return 0;
}

void register_keyhandler(unsigned char key, void (*fn)(unsigned char key),
                         const char *description)
{
}

void *xzalloc_bytes(size_t size)
{
    return calloc(1, size);
}

int copy_to_guest_va(uint64_t va, const void *from, size_t n)
{
    return 0;
}

int bitmap_to_guest(const struct xenctl_bitmap *to, uint64_t bits,
                    unsigned int nr)
{
    return 0;
}

int bitmap_from_guest(uint64_t *bits, const struct xenctl_bitmap *from)
{
    return -EFAULT;
}

struct domain *domain_next(struct domain *d)
{
    unsigned int n = d ? d->domain_id + 1 : 0;

    return n < NR_DOMS ? &doms[n] : NULL;
}

void put_domain(struct domain *d)
{
}

static void pause_and_unpause(struct vcpu *v)
{
    vcpu_pause_nosync(v);
    while ( READ_ONCE(v->is_running) )
        smp_relax();
    if ( __atomic_load_n(&guest_of(v)->runs_on, __ATOMIC_SEQ_CST) != -1 )
        report("runs though it is paused");
    vcpu_unpause(v);
}

/* --- The life of a pCPU --- */

/* As Dom0 would: never to its own domain. Two at once take turns. */
static void control_something(uint32_t *seed)
{
    struct domain *d = &doms[random_below(NR_DOMS, seed)];
    struct vcpu *v = vcpus[d->domain_id][random_below(NR_VCPUS, seed)];

    if ( d == current->domain || !spin_trylock(&control) )
        return;
    switch ( random_below(6, seed) )
    {
    case 0:
        pause_and_unpause(v);
        break;
    case 1:
        (void)vcpu_set_hard_affinity(
            v, 1 + random_below((1 << NR_THREADS) - 1, seed));
        break;
    case 2:
        (void)cpupool_move_domain(d, random_below(2, seed));
        break;
    case 3:
        (void)cpupool_remove_cpu(random_below(2, seed),
                                 1 + random_below(NR_THREADS - 1, seed));
        break;
    case 4:
        (void)cpupool_add_cpu(random_below(2, seed),
                              1 + random_below(NR_THREADS - 1, seed));
        break;
    case 5:
        domain_pause(d);
        for ( unsigned int i = 0; i < NR_VCPUS; i++ )
            if ( guests[d->domain_id][i].runs_on != -1 )
                report("runs though its domain is paused");
        domain_unpause(d);
        break;
    }
    spin_unlock(&control);
}

/* A guest between two exits, and what its exit does. */
static void turn(uint32_t *seed)
{
    struct vcpu *v = current;
    struct guest *g = guest_of(v);

    if ( __atomic_exchange_n(&g->runs_on, (int)smp_processor_id(),
                             __ATOMIC_SEQ_CST) != -1 )
        report("executed by two pCPUs");
    if ( g->loaded_on != (int)smp_processor_id() )
        report("executed without its registers");
    if ( !v->is_running || v->processor != smp_processor_id() )
        report("not said to run here");
    __atomic_store_n(&g->irqs, 0, __ATOMIC_SEQ_CST);
    g->turns++;
    /* Time for the others, those who interrupt it among them. */
    if ( random_below(4, seed) == 0 )
        sched_yield();
    __atomic_store_n(&g->runs_on, -1, __ATOMIC_SEQ_CST);
    run_timers();
    switch ( random_below(8, seed) )
    {
    case 0:
    case 1:
        vcpu_block();
        break;
    case 2:
        vcpu_yield();
        break;
    case 3:
        control_something(seed);
        break;
    default:
        send_irq(
            vcpus[random_below(NR_DOMS, seed)][random_below(NR_VCPUS, seed)]);
        break;
    }
}

static void enter(void)
{
    while ( READ_ONCE(this_cpu()->need_resched) )
        schedule();
}

static void be_cpu(unsigned int n)
{
    cpus[n].self = &cpus[n];
    cpus[n].cpu = n;
    percpu_area[n] = &cpus[n];
    if ( syscall(SYS_arch_prctl, ARCH_SET_GS, &cpus[n]) )
        report("no GS base");
}

static void *run(void *arg)
{
    unsigned int me = (uintptr_t)arg;
    uint32_t seed = me + 1;

    be_cpu(me);
    if ( me )
        sched_init_cpu(me);
    pthread_barrier_wait(&barrier);
    this_cpu()->need_resched = true;
    for ( unsigned int i = 0; i < TURNS && !READ_ONCE(finished); i++ )
    {
        enter();
        turn(&seed);
    }
    __atomic_store_n(&finished, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void init(void)
{
    unsigned int d, i;

    be_cpu(0);
    list_init(&domain_list);
    sched_init();
    for ( d = 0; d < NR_DOMS; d++ )
    {
        doms[d].domain_id = d;
        doms[d].max_vcpus = NR_VCPUS;
        doms[d].vcpu = vcpus[d];
        assert_int_equal(sched_init_domain(&doms[d], 0), 0);
        for ( i = 0; i < NR_VCPUS; i++ )
        {
            struct vcpu *v = calloc(1, sizeof(*v));

            vcpus[d][i] = v;
            guests[d][i].runs_on = guests[d][i].loaded_on = -1;
            v->domain = &doms[d];
            v->vcpu_id = i;
            v->pause_flags = VPF_down;
            sched_init_vcpu(v);
        }
        list_add_tail(&doms[d].list, &domain_list);
    }
}

static void threads_as_pcpus(void **state)
{
    uint32_t second = 1;
    pthread_t t[NR_THREADS];
    uint64_t turns = 0;

    (void)state;
    init();
    assert_int_equal(cpupool_create(&second, XEN_SCHEDULER_NULL), 0);
    doms[NR_DOMS - 1].sched.weight = 1024;
    for ( unsigned int d = 0; d < NR_DOMS; d++ )
        for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        {
            vcpus[d][i]->pause_flags = 0;
            vcpu_wake(vcpus[d][i]);
        }
    pthread_barrier_init(&barrier, NULL, NR_THREADS);
    for ( uintptr_t i = 0; i < NR_THREADS; i++ )
        assert_int_equal(pthread_create(&t[i], NULL, run, (void *)i), 0);
    for ( unsigned int i = 0; i < NR_THREADS; i++ )
        assert_int_equal(pthread_join(t[i], NULL), 0);
    for ( unsigned int d = 0; d < NR_DOMS; d++ )
        for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        {
            const struct vcpu *v = vcpus[d][i];

            turns += guests[d][i].turns;
            assert_true(guests[d][i].turns > 0);
            /* A wake-up that was lost would show here. */
            assert_false((v->pause_flags & VPF_blocked) && guests[d][i].irqs);
            if ( vcpu_runnable(v) && !v->is_running )
                assert_int_equal(v->sched.state, UNIT_QUEUED);
        }
    printf("%lu turns\n", turns);
    assert_int_equal(trouble, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_as_pcpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
