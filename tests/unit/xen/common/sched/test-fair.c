/* SPDX-License-Identifier: MIT */
/* Scheduling policy: shares follow weights on a simulated clock. */
/* TEST-SOURCES: xen/common/sched/fair.c */

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/sched.h>

struct runner
{
    uint32_t weight;
    uint64_t vtime;
    s_time_t ran;
};

/* Let the one with the least virtual time run, a slice at a time. */
static void simulate(struct runner *r, unsigned int n, s_time_t total)
{
    for ( s_time_t t = 0; t < total; t += SCHED_SLICE )
    {
        struct runner *next = r;

        for ( unsigned int i = 1; i < n; i++ )
            if ( r[i].vtime < next->vtime )
                next = &r[i];
        next->vtime = sched_charge(next->vtime, SCHED_SLICE, next->weight);
        next->ran += SCHED_SLICE;
    }
}

static void shares_follow_weights(void **state)
{
    struct runner r[3] = { { 256, 0, 0 }, { 512, 0, 0 }, { 1024, 0, 0 } };
    const s_time_t total = SECONDS(7);

    (void)state;
    simulate(r, 3, total);
    for ( unsigned int i = 0; i < 3; i++ )
    {
        s_time_t want = total * r[i].weight / (256 + 512 + 1024);

        assert_in_range(r[i].ran, want - total / 50, want + total / 50);
    }
}

static void charge_is_proportional(void **state)
{
    (void)state;
    assert_int_equal(sched_charge(100, 1000, 256), 1100);
    assert_int_equal(sched_charge(100, 1000, 512), 600);
    assert_int_equal(sched_charge(100, 1000, 128), 2100);
    /* A clock that went backwards charges nothing. */
    assert_int_equal(sched_charge(100, -5, 256), 100);
}

static void sleeping_earns_a_bounded_credit(void **state)
{
    const uint64_t queue = SECONDS(100);

    (void)state;
    /* One that slept for long comes back just ahead of the others ... */
    assert_int_equal(sched_wake_vtime(0, queue), queue - SCHED_WAKE_CREDIT);
    /* ... one that had more than its share keeps its debt. */
    assert_int_equal(sched_wake_vtime(queue + 5, queue), queue + 5);
    /* At the beginning of time there is no credit to give. */
    assert_int_equal(sched_wake_vtime(0, 10), 0);
}

static void waking_preempts_only_by_a_margin(void **state)
{
    (void)state;
    assert_true(sched_preempts(0, SCHED_WAKE_MARGIN + 1));
    assert_false(sched_preempts(0, SCHED_WAKE_MARGIN));
    assert_false(sched_preempts(10, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_follow_weights),
        cmocka_unit_test(charge_is_proportional),
        cmocka_unit_test(sleeping_earns_a_bounded_credit),
        cmocka_unit_test(waking_preempts_only_by_a_margin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
