/* SPDX-License-Identifier: MIT */
/* The null policy: who has which pCPU, who waits for one. */
/* TEST-SOURCES: xen/common/sched/credit2.c */
/* TEST-SOURCES: xen/common/sched/credit2-cap.c */
/* TEST-SOURCES: xen/common/sched/null.c */
/* TEST-SOURCES: xen/common/sched/unit.c */

#include "sim.h"

static void each_has_a_pcpu_of_its_own(void **state)
{
    struct task *t[4];

    (void)state;
    sim_start(&sched_null, 4, 0);
    for ( unsigned int i = 0; i < 4; i++ )
        t[i] = sim_task(256, NULL);
    t[2]->run_for = t[2]->sleep_for = MILLISECS(1);
    sim_run(SECONDS(1));
    for ( unsigned int i = 0; i < 4; i++ )
    {
        assert_int_equal(__builtin_popcountll(t[i]->ran_on), 1);
        for ( unsigned int j = 0; j < i; j++ )
            assert_int_equal(t[i]->ran_on & t[j]->ran_on, 0);
        /* Nobody ever takes it away. */
        assert_int_equal(t[i]->shortest_run, STIME_MAX);
        assert_int_equal(t[i]->longest_wait, 0);
    }
    assert_in_range(t[2]->ran, MILLISECS(499), MILLISECS(501));
    assert_int_equal(t[0]->ran, SECONDS(1));
}

static void one_too_many_waits_for_good(void **state)
{
    struct task *a, *b, *c;

    (void)state;
    sim_start(&sched_null, 2, 0);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    c = sim_task(256, NULL);
    /* a's pCPU stays a's while it sleeps. */
    a->run_for = a->sleep_for = MILLISECS(10);
    sim_run(SECONDS(1));
    assert_int_equal(c->ran, 0);
    assert_int_equal(c->u.state, UNIT_QUEUED);
    assert_in_range(a->ran, MILLISECS(490), MILLISECS(510));

    /* Down for good, b's goes to who waits; and back it waits itself. */
    sched_null.sleep(&sim.pool, &b->u, sim.now, true);
    sim_run(SECONDS(1));
    assert_int_equal(b->ran, 0);
    assert_int_equal(c->ran, SECONDS(1));
    sched_null.wake(&sim.pool, &b->u, sim.now);
    sim_run(SECONDS(1));
    assert_int_equal(b->ran, 0);
    assert_int_equal(b->u.state, UNIT_QUEUED);

    /* One that leaves makes room, asleep or not. */
    sched_null.remove(&sim.pool, &a->u);
    a->run_for = 0;
    a->wake_at = 0;
    sim_run(SECONDS(1));
    assert_int_equal(b->ran, SECONDS(1));
}

static void hard_affinity_decides(void **state)
{
    struct task *a, *b;

    (void)state;
    sim_start(&sched_null, 2, 0);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    a->u.hard = b->u.hard = cpumask_of(1);
    sim_run(MILLISECS(10));
    assert_int_equal(a->ran_on, cpumask_of(1));
    assert_int_equal(b->ran, 0);
    assert_null(sim.pool.pcpu[0].owner);

    /* Moved away, each has one. */
    b->u.hard = cpumask_of(0);
    sched_null.affinity(&sim.pool, &b->u, sim.now);
    sim_run(MILLISECS(10));
    assert_int_equal(b->ran, MILLISECS(10));

    /* Moved on top of one that runs: it loses its own and waits. */
    b->u.hard = cpumask_of(1);
    sched_null.affinity(&sim.pool, &b->u, sim.now);
    sim_run(MILLISECS(10));
    assert_int_equal(b->ran, 0);
    assert_int_equal(a->ran, MILLISECS(10));
    assert_null(sim.pool.pcpu[0].curr);
}

static void soft_affinity_is_preferred(void **state)
{
    struct task *a, *b;

    (void)state;
    sim_start(&sched_null, 3, 0);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    a->u.soft = b->u.soft = cpumask_of(2);
    sim_run(MILLISECS(10));
    assert_int_equal(a->ran_on, cpumask_of(2));
    assert_int_equal(b->ran, MILLISECS(10));
}

static void pcpus_come_and_go(void **state)
{
    struct task *a, *b;

    (void)state;
    sim_start(&sched_null, 2, 0);
    sim.put_delay = MICROSECS(2);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    sim_run(MILLISECS(10));
    sched_null.cpu_remove(&sim.pool, a->u.cpu, sim.now);
    sim_run(MILLISECS(10));
    assert_int_equal(a->ran, 0);
    assert_int_equal(b->ran, MILLISECS(10));
    assert_int_equal(a->u.state, UNIT_QUEUED);
    sched_null.cpu_add(&sim.pool, 7, sim.now);
    sim_run(MILLISECS(10));
    assert_int_equal(a->ran_on, cpumask_of(7));
    assert_int_equal(a->ran, MILLISECS(10));
}

/* Asleep and awake again before its pCPU has let go of it. */
static void wakes_while_leaving(void **state)
{
    struct task *a;

    (void)state;
    sim_start(&sched_null, 1, 0);
    sim.put_delay = MICROSECS(50);
    a = sim_task(256, NULL);
    a->run_for = MICROSECS(100);
    a->sleep_for = MICROSECS(10);
    sim_run(SECONDS(1));
    /* 100 us, then 50 us until it was let go of, every time. */
    assert_in_range(a->ran, MILLISECS(660), MILLISECS(670));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_a_pcpu_of_its_own),
        cmocka_unit_test(one_too_many_waits_for_good),
        cmocka_unit_test(hard_affinity_decides),
        cmocka_unit_test(soft_affinity_is_preferred),
        cmocka_unit_test(pcpus_come_and_go),
        cmocka_unit_test(wakes_while_leaving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
