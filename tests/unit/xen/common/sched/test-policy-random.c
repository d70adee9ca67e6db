/* SPDX-License-Identifier: MIT */
/* Both policies under random changes: nobody is lost, run twice, or idled. */
/* TEST-SOURCES: xen/common/sched/credit2.c */
/* TEST-SOURCES: xen/common/sched/credit2-cap.c */
/* TEST-SOURCES: xen/common/sched/null.c */
/* TEST-SOURCES: xen/common/sched/unit.c */

#include "sim.h"

#define CPUS  4
#define TASKS 10

static uint32_t random_below(uint32_t n)
{
    static uint32_t seed = 1;

    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * n) >> 32);
}

static bool is_queued(const struct sched_unit *u)
{
    const struct sched_unit *o;

    list_for_each_entry (o, &sim.pool.queue, list)
        if ( o == u )
            return true;
    return false;
}

static bool runs_somewhere(const struct sched_unit *u)
{
    unsigned int n = 0;

    for ( unsigned int c = 0; c < NR_CPUS; c++ )
        n += sim.pool.pcpu[c].curr == u;
    assert_true(n <= 1);
    return n;
}

static void check_unit(const struct sched_unit *u)
{
    const struct sched_policy *policy = sim.pool.policy;

    assert_int_equal(runs_somewhere(u), u->state == UNIT_RUNNING);
    switch ( u->state )
    {
    case UNIT_RUNNING:
        assert_true(cpumask_test(u->hard & sim.pool.cpus, u->cpu));
        assert_true(u->runnable);
        break;
    case UNIT_QUEUED:
        assert_true(u->runnable);
        if ( policy == &sched_credit2 )
        {
            assert_true(is_queued(u));
            assert_false(u->hard & sim.pool.idle);
        }
        else if ( is_queued(u) )
            for ( unsigned int c = 0; c < NR_CPUS; c++ )
                assert_false(cpumask_test(u->hard & sim.pool.cpus, c) &&
                             !sim.pool.pcpu[c].owner);
        break;
    case UNIT_PARKED:
        assert_true(u->runnable && u->dom->cap);
        assert_true(sim.pool.refill_at <= u->dom->refill_at);
        break;
    case UNIT_ASLEEP:
        assert_false(u->runnable || is_queued(u));
        break;
    case UNIT_LEAVING:
        assert_false(is_queued(u));
        break;
    }
}

static void check_everything(void)
{
    uint64_t load = 0, last = 0;
    const struct sched_unit *u;

    for ( unsigned int i = 0; i < sim.nr; i++ )
    {
        check_unit(&sim.task[i].u);
        if ( sim.task[i].u.runnable )
            load += sim.task[i].u.dom->weight;
    }
    if ( sim.pool.policy != &sched_credit2 )
        return;
    assert_int_equal(sim.pool.load, load);
    list_for_each_entry (u, &sim.pool.queue, list)
    {
        assert_true(u->vtime >= last);
        last = u->vtime;
    }
}

static cpumask_t some_cpus(void)
{
    return 1 + random_below((1u << CPUS) - 1);
}

static void change_something(void)
{
    const struct sched_policy *policy = sim.pool.policy;
    struct task *t = &sim.task[random_below(sim.nr)];
    unsigned int cpu = random_below(CPUS);

    switch ( random_below(8) )
    {
    case 0:
        policy->sleep(&sim.pool, &t->u, sim.now, random_below(4) == 0);
        t->wake_at = sim.now + random_below(MILLISECS(5));
        break;
    case 1:
        t->wake_at = 0;
        policy->wake(&sim.pool, &t->u, sim.now);
        break;
    case 2:
        t->u.hard = some_cpus();
        policy->affinity(&sim.pool, &t->u, sim.now);
        break;
    case 3:
        t->u.soft = some_cpus();
        policy->affinity(&sim.pool, &t->u, sim.now);
        break;
    case 4:
        if ( policy->adjust )
            policy->adjust(&sim.pool, t->u.dom, 1 + random_below(1000),
                           random_below(3) ? 0 : 1 + random_below(150),
                           sim.now);
        break;
    case 5:
        if ( cpumask_test(sim.pool.cpus, cpu) )
            policy->cpu_remove(&sim.pool, cpu, sim.now);
        else if ( !sim.pool.pcpu[cpu].curr )
            policy->cpu_add(&sim.pool, cpu, sim.now);
        break;
    case 6:
        t->u.yields = t->u.state == UNIT_RUNNING;
        if ( t->u.yields )
            sched_poke(&sim.pool, t->u.cpu);
        break;
    case 7:
        /* Mostly sleepers: there are idle pCPUs, too. */
        t->run_for = random_below(5) ? MICROSECS(100 + random_below(2000)) : 0;
        t->sleep_for = MICROSECS(random_below(9000));
        t->left = t->run_for;
        break;
    }
}

static void run_random(const struct sched_policy *policy, s_time_t put_delay)
{
    sim_start(policy, CPUS, MILLISECS(1));
    sim.put_delay = put_delay;
    for ( unsigned int i = 0; i < TASKS; i++ )
        sim_task(64 + 96 * i, i % 3 == 2 ? &sim.task[i - 1] : NULL);
    for ( unsigned int i = 0; i < 20000; i++ )
    {
        /* Several things may happen before a pCPU that was poked chooses. */
        for ( unsigned int n = random_below(4); n; n-- )
            change_something();
        sim_pokes();
        check_everything();
        sim_run(1 + random_below(MICROSECS(700)));
        sim_pokes();
        check_everything();
    }
    for ( unsigned int i = 0; i < sim.nr; i++ )
        if ( sim.task[i].u.state != UNIT_RUNNING &&
             sim.task[i].u.state != UNIT_LEAVING )
            policy->remove(&sim.pool, &sim.task[i].u);
}

static void credit2_loses_nobody(void **state)
{
    (void)state;
    run_random(&sched_credit2, 0);
    run_random(&sched_credit2, MICROSECS(30));
}

static void null_loses_nobody(void **state)
{
    (void)state;
    run_random(&sched_null, 0);
    run_random(&sched_null, MICROSECS(30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit2_loses_nobody),
        cmocka_unit_test(null_loses_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
