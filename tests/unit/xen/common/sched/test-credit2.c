/* SPDX-License-Identifier: MIT */
/* credit2 on a simulated machine: shares, caps, affinity, latency. */
/* TEST-SOURCES: xen/common/sched/credit2.c */
/* TEST-SOURCES: xen/common/sched/credit2-cap.c */
/* TEST-SOURCES: xen/common/sched/unit.c */

#include "sim.h"

#define RATELIMIT MILLISECS(1)

static void check_within(const struct task *t, double want, double bound)
{
    if ( t->ran < want - bound || t->ran > want + bound )
        fail_msg("weight %u had %.3f ms, not %.3f ms", t->u.dom->weight,
                 t->ran / 1e6, want / 1e6);
}

/* Within 2 % of what it should have, or within a slice that is as short as
 * slices get. */
static void check_share(const struct task *t, double want)
{
    check_within(t, want, max(want / 50, (double)RATELIMIT));
}

/* All tasks want all the time they can get, and none more than one pCPU. */
static void check_weights(unsigned int cpus, s_time_t time)
{
    double sum = 0;

    for ( unsigned int i = 0; i < sim.nr; i++ )
        sum += sim.task[i].u.dom->weight;
    for ( unsigned int i = 0; i < sim.nr; i++ )
        check_share(&sim.task[i],
                    (double)time * cpus * sim.task[i].u.dom->weight / sum);
}

static void hogs_share_by_weight(void **state)
{
    static const uint32_t mixes[][8] = {
        { 256 },
        { 256, 256 },
        { 64, 1024 },
        { 64, 128, 256, 512, 1024 },
        { 256, 256, 256, 256, 256, 256, 256, 256 },
        { 512, 256, 256 },
        { 1, 65535 },
        { 100, 300, 500, 700, 900 },
        { 64, 64, 64, 64, 64, 64, 64, 1024 },
    };

    (void)state;
    for ( unsigned int m = 0; m < ARRAY_SIZE(mixes); m++ )
    {
        sim_start(&sched_credit2, 1, RATELIMIT);
        for ( unsigned int i = 0; i < 8 && mixes[m][i]; i++ )
            sim_task(mixes[m][i], NULL);
        sim_run(SECONDS(1));
        check_weights(1, SECONDS(1));
    }
}

/* Any weights, any number of pCPUs, as long as nobody's share is above one. */
static void random_mixes_share_by_weight(void **state)
{
    uint32_t seed = 12345;

    (void)state;
    for ( unsigned int round = 0; round < 200; round++ )
    {
        unsigned int cpus = 1 + round % 4, n = 4 * cpus + round % 13, i;
        uint32_t sum = 0, most = 0;

        sim_start(&sched_credit2, cpus, RATELIMIT);
        sim.put_delay = round % 2 ? MICROSECS(2) : 0;
        for ( i = 0; i < n; i++ )
        {
            uint32_t w;

            seed = seed * 1103515245 + 12345;
            w = 64 + (seed >> 16) % 961;
            sim_task(w, NULL);
            sum += w;
            most = max(most, w);
        }
        sim_run(SECONDS(1));
        if ( (uint64_t)most * cpus <= sum )
            check_weights(cpus, SECONDS(1));
    }
}

static void three_share_two_pcpus(void **state)
{
    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    for ( unsigned int i = 0; i < 3; i++ )
        sim_task(256, NULL);
    sim_run(SECONDS(1));
    check_weights(2, SECONDS(1));
}

/* More weight than a whole pCPU: it has that one, the rest share the other. */
static void weight_beyond_a_pcpu(void **state)
{
    struct task *big, *a, *b;

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    big = sim_task(10000, NULL);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    sim_run(SECONDS(1));
    check_share(big, SECONDS(1));
    check_share(a, MILLISECS(500));
    check_share(b, MILLISECS(500));

    /* It saves nothing of what it could not have: with one pCPU less and an
     * ordinary weight it is one of three, at once. */
    sim_run(SECONDS(100));
    sched_credit2.adjust(&sim.pool, big->u.dom, 256, 0, sim.now);
    sched_credit2.cpu_remove(&sim.pool, 1, sim.now);
    sim_run(SECONDS(1));
    for ( unsigned int i = 0; i < 3; i++ )
        assert_in_range(sim.task[i].ran, MILLISECS(290), MILLISECS(400));
}

/* One that mostly sleeps has what it asks for, at once; hogs share the rest. */
static void sleepers_have_what_they_ask_for(void **state)
{
    struct task *s, *a, *b;

    (void)state;
    sim_start(&sched_credit2, 1, RATELIMIT);
    s = sim_task(256, NULL);
    s->run_for = MICROSECS(200);
    s->sleep_for = MILLISECS(5);
    a = sim_task(256, NULL);
    b = sim_task(512, NULL);
    sim_run(MILLISECS(100));
    sim_run(SECONDS(1));
    /* It ran once every 5.2 ms and whatever it waited. */
    assert_in_range(s->ran, MILLISECS(31), MILLISECS(39));
    assert_in_range(s->longest_wait, 0, RATELIMIT);
    check_share(a, (SECONDS(1) - s->ran) / 3.0);
    check_share(b, (SECONDS(1) - s->ran) * 2.0 / 3);
}

/* Sleeping earns no more than a little: no burst after a long sleep. */
static void sleep_earns_no_burst(void **state)
{
    struct task *s, *a;

    (void)state;
    sim_start(&sched_credit2, 1, RATELIMIT);
    a = sim_task(256, NULL);
    s = sim_task(256, NULL);
    s->wake_at = sim.now + SECONDS(100);
    sim_run(SECONDS(100));
    sim_run(MILLISECS(200));
    assert_in_range(a->longest_wait, 0, MILLISECS(40));
    assert_in_range(s->ran, MILLISECS(100), MILLISECS(118));
}

/* Having been alone is no debt. */
static void being_alone_costs_nothing(void **state)
{
    struct task *a, *b, *late;

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    a = sim_task(64, NULL);
    b = sim_task(1024, NULL);
    late = sim_task(64, NULL);
    late->wake_at = sim.now + SECONDS(3600);
    sim_run(SECONDS(3600));
    assert_int_equal(a->ran, SECONDS(3600));
    sim_run(SECONDS(1));
    check_share(b, SECONDS(1));
    assert_in_range(a->ran, MILLISECS(460), MILLISECS(540));
    assert_in_range(late->ran, MILLISECS(460), MILLISECS(540));
}

static void nobody_starves(void **state)
{
    struct task *t[12];

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    for ( unsigned int i = 0; i < 12; i++ )
    {
        t[i] = sim_task(i % 3 ? 1024 : 64, NULL);
        if ( i % 4 == 1 )
        {
            t[i]->run_for = MICROSECS(300);
            t[i]->sleep_for = MICROSECS(100);
        }
    }
    sim_run(SECONDS(2));
    for ( unsigned int i = 0; i < 12; i++ )
        assert_in_range(t[i]->longest_wait, 0, MILLISECS(200));
}

static void ratelimit_is_respected(void **state)
{
    static const s_time_t limits[] = { 0, MICROSECS(100), MILLISECS(1),
                                       MILLISECS(5), MILLISECS(500) };

    (void)state;
    for ( unsigned int l = 0; l < ARRAY_SIZE(limits); l++ )
    {
        struct task *hog;

        sim_start(&sched_credit2, 1, limits[l]);
        hog = sim_task(256, NULL);
        for ( unsigned int i = 0; i < 5; i++ )
        {
            struct task *s = sim_task(256, NULL);

            s->run_for = MICROSECS(50);
            s->sleep_for = MICROSECS(777) + MICROSECS(10) * i;
        }
        sim_run(SECONDS(2));
        assert_true(hog->shortest_run >= limits[l]);
        /* It is a limit, not a slice: they do get in. */
        assert_true(sim.task[1].ran > 0);
    }
}

static void woken_preempts_within_the_limit(void **state)
{
    struct task *hog, *s;

    (void)state;
    sim_start(&sched_credit2, 1, MILLISECS(2));
    hog = sim_task(256, NULL);
    s = sim_task(256, NULL);
    s->run_for = MICROSECS(100);
    s->sleep_for = MILLISECS(1);
    s->wake_at = sim.now + MILLISECS(1);
    sim_run(SECONDS(1));
    /* It sleeps 1 ms, the hog may finish its 2 ms. */
    assert_in_range(s->longest_wait, MICROSECS(900), MILLISECS(2));
    assert_in_range(hog->shortest_run, MILLISECS(2), MILLISECS(2));
}

static void set_cap(struct task *t, uint32_t cap)
{
    sched_credit2.adjust(&sim.pool, t->u.dom, t->u.dom->weight, cap, sim.now);
}

static void caps_are_met(void **state)
{
    static const uint32_t caps[] = { 1, 5, 20, 33, 50, 75, 99 };

    (void)state;
    for ( unsigned int c = 0; c < ARRAY_SIZE(caps); c++ )
        for ( unsigned int others = 0; others < 2; others++ )
        {
            struct task *t, *hog = NULL;
            double want;

            sim_start(&sched_credit2, 1, RATELIMIT);
            t = sim_task(1024, NULL);
            set_cap(t, caps[c]);
            if ( others )
                hog = sim_task(1024, NULL);
            sim_run(MILLISECS(50));
            sim_run(SECONDS(1));
            /* A cap is a bound; contention may make it less. */
            want = 1e9 * caps[c] / 100;
            if ( others && caps[c] >= 50 )
                want = 5e8;
            assert_true(t->ran <= want * 1.02 + MICROSECS(200));
            assert_true(t->ran >= want * 0.98 - MICROSECS(200));
            if ( hog )
                assert_int_equal(hog->ran, SECONDS(1) - t->ran);
        }
}

/* The domain's vCPUs share one cap, which may be more than a pCPU. */
static void caps_are_of_the_domain(void **state)
{
    static const uint32_t caps[] = { 50, 100, 150, 200, 350 };

    (void)state;
    for ( unsigned int c = 0; c < ARRAY_SIZE(caps); c++ )
    {
        struct task *t[4];
        s_time_t sum = 0;

        sim_start(&sched_credit2, 4, RATELIMIT);
        sim.put_delay = MICROSECS(2);
        for ( unsigned int i = 0; i < 4; i++ )
            t[i] = sim_task(256, i ? t[0] : NULL);
        set_cap(t[0], caps[c]);
        sim_run(MILLISECS(50));
        sim_run(SECONDS(1));
        for ( unsigned int i = 0; i < 4; i++ )
            sum += t[i]->ran;
        assert_in_range(sum, SECONDS(1) * caps[c] / 100 * 98 / 100,
                        SECONDS(1) * caps[c] / 100 * 102 / 100);
    }
}

static void cap_can_be_lifted_and_changed(void **state)
{
    struct task *t;

    (void)state;
    sim_start(&sched_credit2, 1, RATELIMIT);
    t = sim_task(256, NULL);
    set_cap(t, 10);
    sim_run(MILLISECS(105)); /* parked by now */
    assert_int_equal(t->u.state, UNIT_PARKED);
    set_cap(t, 0);
    sim_run(MILLISECS(100));
    assert_int_equal(t->ran, MILLISECS(100));
    set_cap(t, 25);
    sim_run(SECONDS(1));
    assert_in_range(t->ran, MILLISECS(245), MILLISECS(255));
    set_cap(t, 80);
    sim_run(SECONDS(1));
    assert_in_range(t->ran, MILLISECS(790), MILLISECS(812));
}

/* One that was parked may be taken down, and one that sleeps be capped. */
static void parked_can_sleep(void **state)
{
    struct task *t;

    (void)state;
    sim_start(&sched_credit2, 1, RATELIMIT);
    t = sim_task(256, NULL);
    set_cap(t, 10);
    sim_run(MILLISECS(5));
    assert_int_equal(t->u.state, UNIT_PARKED);
    sched_credit2.sleep(&sim.pool, &t->u, sim.now, false);
    assert_int_equal(t->u.state, UNIT_ASLEEP);
    assert_true(list_empty(&sim.pool.starved));
    sim_run(SECONDS(1));
    assert_int_equal(t->ran, 0);
    t->wake_at = sim.now;
    sim_run(SECONDS(1));
    assert_in_range(t->ran, MILLISECS(98), MILLISECS(102));
    sched_credit2.remove(&sim.pool, &t->u);
    assert_int_equal(sim.pool.load, 0);
}

static void hard_affinity_is_kept(void **state)
{
    struct task *a, *b, *c, *d;

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    a = sim_task(512, NULL);
    b = sim_task(256, NULL);
    c = sim_task(256, NULL);
    a->u.hard = b->u.hard = cpumask_of(0);
    c->u.hard = cpumask_of(1);
    sim_run(SECONDS(1));
    assert_int_equal(a->ran_on | b->ran_on, cpumask_of(0));
    assert_int_equal(c->ran_on, cpumask_of(1));
    assert_in_range(a->ran, MILLISECS(653), MILLISECS(680));
    assert_in_range(b->ran, MILLISECS(320), MILLISECS(347));
    assert_int_equal(c->ran, SECONDS(1));

    /* A newcomer that may run anywhere shares with the one that is alone. */
    d = sim_task(256, NULL);
    sim_run(SECONDS(1));
    sim_run(SECONDS(1));
    assert_in_range(c->ran + d->ran, SECONDS(1), MILLISECS(1350));
    assert_in_range(a->ran, MILLISECS(450), MILLISECS(680));
}

/*
 * Groups on pCPUs of their own, however unequal the pCPUs' loads. Slices are
 * longer than they had to be: they follow the load of the pool.
 */
static void pinned_groups_share_by_weight(void **state)
{
    static const uint32_t weights[4][5] = {
        { 64, 128, 256, 512, 1024 },
        { 256, 256 },
        { 64, 1024, 64 },
        { 512 },
    };
    struct task *t[4][5], *s;

    (void)state;
    sim_start(&sched_credit2, 4, RATELIMIT);
    sim.put_delay = MICROSECS(2);
    for ( unsigned int c = 0; c < 4; c++ )
        for ( unsigned int i = 0; i < 5 && weights[c][i]; i++ )
        {
            t[c][i] = sim_task(weights[c][i], NULL);
            t[c][i]->u.hard = cpumask_of(c);
        }
    sim_run(SECONDS(10));
    sim_run(SECONDS(1));
    for ( unsigned int c = 0; c < 4; c++ )
    {
        double sum = 0;

        for ( unsigned int i = 0; i < 5; i++ )
            sum += weights[c][i];
        for ( unsigned int i = 0; i < 5 && weights[c][i]; i++ )
            check_within(t[c][i], 1e9 * weights[c][i] / sum,
                         max(2e7 * weights[c][i] / sum, (double)MILLISECS(4)));
    }
    /* One that wakes up among the busiest need not wait for the others. */
    s = sim_task(256, NULL);
    s->u.hard = cpumask_of(0);
    s->run_for = MICROSECS(100);
    s->sleep_for = MILLISECS(20);
    sim_run(SECONDS(1));
    assert_in_range(s->longest_wait, 0, 2 * RATELIMIT);
}

static void affinity_can_change_while_running(void **state)
{
    struct task *a, *b;

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    sim_run(MILLISECS(100));
    a->u.hard = b->u.hard = cpumask_of(1);
    sched_credit2.affinity(&sim.pool, &a->u, sim.now);
    sched_credit2.affinity(&sim.pool, &b->u, sim.now);
    sim_run(SECONDS(1));
    check_share(a, MILLISECS(500));
    check_share(b, MILLISECS(500));
    assert_int_equal((a->ran_on | b->ran_on) & cpumask_of(0), 0);
    a->u.hard = cpumask_of(0);
    sched_credit2.affinity(&sim.pool, &a->u, sim.now);
    sim_run(SECONDS(1));
    assert_in_range(a->ran, MILLISECS(989), SECONDS(1));
}

static void soft_affinity_is_preferred(void **state)
{
    struct task *a, *b, *c;

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    a->u.soft = cpumask_of(1);
    b->u.soft = cpumask_of(0);
    sim_run(MILLISECS(100));
    sim_run(SECONDS(1));
    /* Room for all: each where it likes to be. */
    assert_int_equal(a->ran, SECONDS(1));
    assert_int_equal(a->ran_on | sim.pool.idle, sim.pool.idle);
    assert_int_equal(a->u.cpu, 1);
    assert_int_equal(b->u.cpu, 0);

    /* Not at the price of waiting: all like pCPU 0, and use both. */
    a->u.soft = cpumask_of(0);
    c = sim_task(256, NULL);
    c->u.soft = cpumask_of(0);
    sim_run(MILLISECS(100));
    sim_run(SECONDS(1));
    check_weights(2, SECONDS(1));
}

/* Woken where it was, if that is free. */
static void wakes_where_it_ran(void **state)
{
    struct task *t;

    (void)state;
    sim_start(&sched_credit2, 4, RATELIMIT);
    t = sim_task(256, NULL);
    t->u.cpu = 2;
    t->run_for = t->sleep_for = MILLISECS(1);
    sim_run(SECONDS(1));
    assert_int_equal(t->ran_on, cpumask_of(2));
}

static void yield_lets_others_run(void **state)
{
    struct task *a, *b;

    (void)state;
    sim_start(&sched_credit2, 1, RATELIMIT);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    sim_run(MICROSECS(100));
    assert_ptr_equal(sim.pool.pcpu[0].curr, &a->u);
    a->u.yields = true;
    sim_resched(0);
    assert_ptr_equal(sim.pool.pcpu[0].curr, &b->u);
    /* Alone there is nobody to yield to. */
    sched_credit2.sleep(&sim.pool, &a->u, sim.now, false);
    b->u.yields = true;
    sim_resched(0);
    assert_ptr_equal(sim.pool.pcpu[0].curr, &b->u);
    assert_false(b->u.yields);
}

static void pcpus_come_and_go(void **state)
{
    struct task *a, *b;

    (void)state;
    sim_start(&sched_credit2, 2, RATELIMIT);
    a = sim_task(256, NULL);
    b = sim_task(256, NULL);
    sim_run(MILLISECS(100));
    sched_credit2.cpu_remove(&sim.pool, 1, sim.now);
    sim_run(SECONDS(1));
    assert_null(sim.pool.pcpu[1].curr);
    check_share(a, MILLISECS(500));
    check_share(b, MILLISECS(500));
    sched_credit2.cpu_add(&sim.pool, 1, sim.now);
    sim_run(SECONDS(1));
    assert_int_equal(a->ran + b->ran, SECONDS(2));
}

static void one_alone_is_left_alone(void **state)
{
    (void)state;
    sim_start(&sched_credit2, 1, RATELIMIT);
    sim_task(256, NULL);
    sim_run(MILLISECS(1));
    assert_int_equal(sim.pool.pcpu[0].until, STIME_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hogs_share_by_weight),
        cmocka_unit_test(random_mixes_share_by_weight),
        cmocka_unit_test(three_share_two_pcpus),
        cmocka_unit_test(weight_beyond_a_pcpu),
        cmocka_unit_test(sleepers_have_what_they_ask_for),
        cmocka_unit_test(sleep_earns_no_burst),
        cmocka_unit_test(being_alone_costs_nothing),
        cmocka_unit_test(nobody_starves),
        cmocka_unit_test(ratelimit_is_respected),
        cmocka_unit_test(woken_preempts_within_the_limit),
        cmocka_unit_test(caps_are_met),
        cmocka_unit_test(caps_are_of_the_domain),
        cmocka_unit_test(cap_can_be_lifted_and_changed),
        cmocka_unit_test(parked_can_sleep),
        cmocka_unit_test(hard_affinity_is_kept),
        cmocka_unit_test(pinned_groups_share_by_weight),
        cmocka_unit_test(affinity_can_change_while_running),
        cmocka_unit_test(soft_affinity_is_preferred),
        cmocka_unit_test(wakes_where_it_ran),
        cmocka_unit_test(yield_lets_others_run),
        cmocka_unit_test(pcpus_come_and_go),
        cmocka_unit_test(one_alone_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
