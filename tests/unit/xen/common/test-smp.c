/* SPDX-License-Identifier: MIT */
/* Calls between pCPUs, with threads for pCPUs. */
/* TEST-SOURCES: xen/common/smp.c */
/* TEST-LIBS: -lpthread */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <xen/smp.h>
#include <asm/smp.h>

#define NR_THREADS 4
#define CALLS      100
#define HOLD_EVERY 20

struct percpu *percpu_area[NR_CPUS];

static struct percpu cpus[NR_THREADS];
static pthread_barrier_t start;
static unsigned int finished; /* threads that make no more calls */
static unsigned int ipis;

/* A thread that is busy comes by on its own, as a pCPU would exit. */
void smp_send_call_ipi(unsigned int cpu)
{
    (void)cpu;
    __atomic_add_fetch(&ipis, 1, __ATOMIC_RELAXED);
    sched_yield();
}

struct job
{
    unsigned int ran[NR_THREADS]; /* how often, by pCPU */
    unsigned int total;
};

static struct job waited[NR_THREADS], unwaited[NR_THREADS];

static void work(void *data)
{
    struct job *j = data;

    /* Only this pCPU writes here: calls do not run inside of one another. */
    j->ran[smp_processor_id()]++;
    __atomic_add_fetch(&j->total, 1, __ATOMIC_RELAXED);
}

static void be_cpu(unsigned int n)
{
    cpus[n].self = &cpus[n];
    cpus[n].cpu = n;
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpus[n]), 0);
}

static unsigned int holders;

/* Nobody does anything while a pCPU holds the others. */
static const char *hold_all(void)
{
    unsigned int before = 0, after = 0;

    smp_hold_others();
    if ( __atomic_add_fetch(&holders, 1, __ATOMIC_SEQ_CST) != 1 )
        return "two hold the others";
    for ( unsigned int i = 0; i < NR_THREADS; i++ )
        before += __atomic_load_n(&waited[i].total, __ATOMIC_RELAXED) +
                  __atomic_load_n(&unwaited[i].total, __ATOMIC_RELAXED);
    sched_yield();
    for ( unsigned int i = 0; i < NR_THREADS; i++ )
        after += __atomic_load_n(&waited[i].total, __ATOMIC_RELAXED) +
                 __atomic_load_n(&unwaited[i].total, __ATOMIC_RELAXED);
    __atomic_sub_fetch(&holders, 1, __ATOMIC_SEQ_CST);
    smp_release_others();
    return before == after ? NULL : "somebody who was held went on";
}

static void *run(void *arg)
{
    const char *why;
    unsigned int me = (uintptr_t)arg;
    const cpumask_t all = cpumask_of(NR_THREADS) - 1;

    be_cpu(me);
    pthread_barrier_wait(&start);
    for ( unsigned int i = 1; i <= CALLS; i++ )
    {
        on_selected_cpus(all, work, &waited[me], true);
        /* All have, when it returns. */
        if ( __atomic_load_n(&waited[me].total, __ATOMIC_RELAXED) !=
             i * NR_THREADS )
            return "a call returned too early";
        on_selected_cpus(all & ~cpumask_of(me), work, &unwaited[me], false);
        if ( i % HOLD_EVERY == 0 && (why = hold_all()) != NULL )
            return (void *)(uintptr_t)why;
    }
    smp_synchronize();
    __atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
    while ( __atomic_load_n(&finished, __ATOMIC_SEQ_CST) < NR_THREADS )
        smp_relax();
    smp_serve_calls();
    return NULL;
}

/* Everybody calls everybody, so all wait for one another all the time. */
static void all_call_all(void **state)
{
    pthread_t t[NR_THREADS];
    void *why;

    (void)state;
    cpu_online_map = cpumask_of(NR_THREADS) - 1;
    for ( unsigned int i = 0; i < NR_THREADS; i++ )
        percpu_area[i] = &cpus[i];
    pthread_barrier_init(&start, NULL, NR_THREADS);
    for ( uintptr_t i = 0; i < NR_THREADS; i++ )
        assert_int_equal(pthread_create(&t[i], NULL, run, (void *)i), 0);
    for ( unsigned int i = 0; i < NR_THREADS; i++ )
    {
        assert_int_equal(pthread_join(t[i], &why), 0);
        if ( why )
            fail_msg("pCPU %u: %s", i, (char *)why);
    }
    for ( unsigned int i = 0; i < NR_THREADS; i++ )
        for ( unsigned int k = 0; k < NR_THREADS; k++ )
        {
            assert_int_equal(waited[i].ran[k], CALLS);
            assert_int_equal(unwaited[i].ran[k], i == k ? 0 : CALLS);
        }
}

static void only_those_asked_for(void **state)
{
    struct job here = { { 0 }, 0 };

    (void)state;
    be_cpu(0);
    cpu_online_map = 1;
    percpu_area[0] = &cpus[0];
    ipis = 0;
    /* Oneself, nobody, and those that are not there. */
    on_selected_cpus(1, work, &here, true);
    on_selected_cpus(0, work, &here, true);
    on_selected_cpus(~1ULL, work, &here, true);
    smp_synchronize();
    assert_int_equal(here.total, 1);
    assert_int_equal(ipis, 0);
}

static void masks(void **state)
{
    unsigned int cpu, seen = 0;
    cpumask_t m = cpumask_of(0) | cpumask_of(5) | cpumask_of(63);

    (void)state;
    for_each_cpu (cpu, m)
        seen += cpu;
    assert_int_equal(seen, 68);
    assert_int_equal(cpumask_first(m & ~1ULL), 5);
    assert_true(cpumask_first(0) >= NR_CPUS);
    assert_int_equal(cpumask_weight(m), 3);
    assert_true(cpumask_test(m, 63));
    assert_false(cpumask_test(m, 62));
    cpumask_set_atomic(&m, 62);
    cpumask_clear_atomic(&m, 63);
    assert_int_equal(m, (cpumask_of(0) | cpumask_of(5) | cpumask_of(62)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks),
        cmocka_unit_test(only_those_asked_for),
        cmocka_unit_test(all_call_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
