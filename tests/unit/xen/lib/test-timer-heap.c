/* TEST-SOURCES: xen/lib/timer-heap.c */
/* SPDX-License-Identifier: MIT */
/* The heap of timers: order, and removal from anywhere. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/timer.h>

#define NR 500

static struct timer timers[NR];

static struct timer *fill(unsigned int seed, unsigned int range)
{
    struct timer *root = NULL;

    srand(seed);
    for ( int i = 0; i < NR; i++ )
    {
        timers[i] = (struct timer){ .expires = rand() % range };
        timers[i].queued = true;
        root = timer_heap_insert(root, &timers[i]);
    }
    return root;
}

static int drain(struct timer *root)
{
    s_time_t last = INT64_MIN;
    int n = 0;

    while ( root != NULL )
    {
        struct timer *t = root;

        assert_true(t->expires >= last);
        assert_true(t->queued);
        last = t->expires;
        root = timer_heap_remove(t, t);
        assert_null(t->child);
        assert_null(t->next);
        assert_null(t->prev);
        n++;
    }
    return n;
}

static void comes_out_in_order(void **state)
{
    assert_int_equal(drain(fill(1, 1000000)), NR);
    assert_int_equal(drain(fill(2, 5)), NR);
}

static void removes_from_anywhere(void **state)
{
    for ( unsigned int seed = 3; seed < 20; seed++ )
    {
        struct timer *root = fill(seed, 1000);
        int removed = 0;

        for ( int i = 0; i < NR; i++ )
            if ( rand() % 3 )
            {
                root = timer_heap_remove(root, &timers[i]);
                timers[i].queued = false;
                removed++;
                /* The earliest of the rest is on top. */
                if ( root != NULL && i % 50 == 0 )
                    for ( int j = 0; j < NR; j++ )
                        if ( timers[j].queued )
                            assert_true(timers[j].expires >= root->expires);
            }
        assert_int_equal(drain(root), NR - removed);
    }
}

static void single_timer(void **state)
{
    struct timer t = { .expires = -5 };

    assert_ptr_equal(timer_heap_insert(NULL, &t), &t);
    assert_null(timer_heap_remove(&t, &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_in_order),
        cmocka_unit_test(removes_from_anywhere),
        cmocka_unit_test(single_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
