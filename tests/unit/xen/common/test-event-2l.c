/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/event-2l.c */
/* 2-level event channels: raising, masking, unmasking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/event-2l.h>

static struct shared_info s;
static struct vcpu_info vi;

static int setup(void **state)
{
    (void)state;
    memset(&s, 0, sizeof(s));
    memset(&vi, 0, sizeof(vi));
    return 0;
}

static void raise_sets_bit_and_selector(void **state)
{
    (void)state;
    assert_true(evtchn_2l_raise(&s, &vi, 130));
    assert_int_equal(s.evtchn_pending[2], 1ul << 2);
    assert_int_equal(vi.evtchn_pending_sel, 1ul << 2);
    assert_true(evtchn_2l_is_pending(&s, 130));
}

static void raised_again_tells_nobody(void **state)
{
    (void)state;
    assert_true(evtchn_2l_raise(&s, &vi, 130));
    assert_false(evtchn_2l_raise(&s, &vi, 130));
    /* Another port of the same word: the selector is set already. */
    assert_false(evtchn_2l_raise(&s, &vi, 131));
    assert_int_equal(s.evtchn_pending[2], 3ul << 2);
    assert_true(evtchn_2l_raise(&s, &vi, 4095));
    assert_int_equal(s.evtchn_pending[63], 1ul << 63);
}

static void masked_is_pending_but_silent(void **state)
{
    (void)state;
    s.evtchn_mask[0] = 1ul << 9;
    assert_false(evtchn_2l_raise(&s, &vi, 9));
    assert_true(evtchn_2l_is_pending(&s, 9));
    assert_int_equal(vi.evtchn_pending_sel, 0);
}

static void unmask_delivers_what_waited(void **state)
{
    (void)state;
    s.evtchn_mask[0] = (1ul << 9) | (1ul << 10);
    assert_false(evtchn_2l_raise(&s, &vi, 9));
    assert_true(evtchn_2l_unmask(&s, &vi, 9));
    assert_int_equal(s.evtchn_mask[0], 1ul << 10);
    assert_int_equal(vi.evtchn_pending_sel, 1);
    /* Nothing waited here, and this one was not masked. */
    assert_false(evtchn_2l_unmask(&s, &vi, 10));
    assert_false(evtchn_2l_unmask(&s, &vi, 9));
}

static void clear_forgets(void **state)
{
    (void)state;
    evtchn_2l_raise(&s, &vi, 70);
    evtchn_2l_clear(&s, 70);
    assert_false(evtchn_2l_is_pending(&s, 70));
    assert_int_equal(s.evtchn_pending[1], 0);
}

static void ports_without_a_bit_touch_nothing(void **state)
{
    struct
    {
        struct shared_info s;
        uint8_t behind[EVTCHN_FIFO_NR_CHANNELS / 8];
    } all, before;

    (void)state;
    memset(&all, 0xff, sizeof(all));
    before = all;
    for ( evtchn_port_t port = EVTCHN_2L_NR_CHANNELS;
          port < EVTCHN_FIFO_NR_CHANNELS; port += 97 )
    {
        assert_false(evtchn_2l_unmask(&all.s, &vi, port));
        evtchn_2l_clear(&all.s, port);
        assert_false(evtchn_2l_is_pending(&all.s, port));
    }
    assert_memory_equal(&all, &before, sizeof(all));
    memset(&all, 0, sizeof(all));
    before = all;
    for ( evtchn_port_t port = EVTCHN_2L_NR_CHANNELS;
          port < EVTCHN_FIFO_NR_CHANNELS; port += 97 )
        assert_false(evtchn_2l_raise(&all.s, &vi, port));
    assert_memory_equal(&all, &before, sizeof(all));
    assert_int_equal(vi.evtchn_pending_sel, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(raise_sets_bit_and_selector, setup),
        cmocka_unit_test_setup(raised_again_tells_nobody, setup),
        cmocka_unit_test_setup(masked_is_pending_but_silent, setup),
        cmocka_unit_test_setup(unmask_delivers_what_waited, setup),
        cmocka_unit_test_setup(clear_forgets, setup),
        cmocka_unit_test_setup(ports_without_a_bit_touch_nothing, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
