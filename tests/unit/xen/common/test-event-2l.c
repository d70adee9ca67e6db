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
#include <xen/shared.h>

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
    assert_true(evtchn_2l_raise(&s, &vi, 130, false));
    assert_int_equal(s.evtchn_pending[2], 1ul << 2);
    assert_int_equal(vi.evtchn_pending_sel, 1ul << 2);
    assert_true(evtchn_2l_is_pending(&s, 130, false));
}

static void raised_again_tells_nobody(void **state)
{
    (void)state;
    assert_true(evtchn_2l_raise(&s, &vi, 130, false));
    assert_false(evtchn_2l_raise(&s, &vi, 130, false));
    /* Another port of the same word: the selector is set already. */
    assert_false(evtchn_2l_raise(&s, &vi, 131, false));
    assert_int_equal(s.evtchn_pending[2], 3ul << 2);
    assert_true(evtchn_2l_raise(&s, &vi, 4095, false));
    assert_int_equal(s.evtchn_pending[63], 1ul << 63);
}

static void masked_is_pending_but_silent(void **state)
{
    (void)state;
    s.evtchn_mask[0] = 1ul << 9;
    assert_false(evtchn_2l_raise(&s, &vi, 9, false));
    assert_true(evtchn_2l_is_pending(&s, 9, false));
    assert_int_equal(vi.evtchn_pending_sel, 0);
}

static void unmask_delivers_what_waited(void **state)
{
    (void)state;
    s.evtchn_mask[0] = (1ul << 9) | (1ul << 10);
    assert_false(evtchn_2l_raise(&s, &vi, 9, false));
    assert_true(evtchn_2l_unmask(&s, &vi, 9, false));
    assert_int_equal(s.evtchn_mask[0], 1ul << 10);
    assert_int_equal(vi.evtchn_pending_sel, 1);
    /* Nothing waited here, and this one was not masked. */
    assert_false(evtchn_2l_unmask(&s, &vi, 10, false));
    assert_false(evtchn_2l_unmask(&s, &vi, 9, false));
}

static void clear_forgets(void **state)
{
    (void)state;
    evtchn_2l_raise(&s, &vi, 70, false);
    evtchn_2l_clear(&s, 70, false);
    assert_false(evtchn_2l_is_pending(&s, 70, false));
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
        assert_false(evtchn_2l_unmask(&all.s, &vi, port, false));
        evtchn_2l_clear(&all.s, port, false);
        assert_false(evtchn_2l_is_pending(&all.s, port, false));
    }
    assert_memory_equal(&all, &before, sizeof(all));
    memset(&all, 0, sizeof(all));
    before = all;
    for ( evtchn_port_t port = EVTCHN_2L_NR_CHANNELS;
          port < EVTCHN_FIFO_NR_CHANNELS; port += 97 )
        assert_false(evtchn_2l_raise(&all.s, &vi, port, false));
    assert_memory_equal(&all, &before, sizeof(all));
    assert_int_equal(vi.evtchn_pending_sel, 0);
}

/* --- As 32-bit code has it. --- */

static struct compat_shared_info *const s32 = (void *)&s;
static struct compat_vcpu_info *const vi32 = (void *)&vi;

static void words_of_32_bits(void **state)
{
    (void)state;
    assert_true(evtchn_2l_raise(&s, &vi, 130, true));
    assert_int_equal(s32->evtchn_pending[4], 1u << 2);
    assert_int_equal(vi32->evtchn_pending_sel, 1u << 4);
    assert_int_equal(vi32->arch[0], 0);
    assert_true(evtchn_2l_is_pending(&s, 130, true));
    assert_false(evtchn_2l_raise(&s, &vi, 130, true));
    assert_true(evtchn_2l_raise(&s, &vi, 1023, true));
    assert_int_equal(s32->evtchn_pending[31], 1u << 31);
    assert_int_equal(vi32->evtchn_pending_sel, 1u << 4 | 1u << 31);
    evtchn_2l_clear(&s, 130, true);
    assert_int_equal(s32->evtchn_pending[4], 0);
}

static void mask_of_32_bit_words(void **state)
{
    (void)state;
    s32->evtchn_mask[2] = 1u << 6 | 1u << 7;
    assert_false(evtchn_2l_raise(&s, &vi, 70, true));
    assert_true(evtchn_2l_is_pending(&s, 70, true));
    assert_int_equal(vi32->evtchn_pending_sel, 0);
    assert_true(evtchn_2l_unmask(&s, &vi, 70, true));
    assert_int_equal(s32->evtchn_mask[2], 1u << 7);
    assert_int_equal(vi32->evtchn_pending_sel, 1u << 2);
    assert_false(evtchn_2l_unmask(&s, &vi, 71, true));
    assert_false(evtchn_2l_unmask(&s, &vi, 70, true));
}

static void ports_beyond_32_words(void **state)
{
    struct shared_info all, before;

    (void)state;
    memset(&all, 0, sizeof(all));
    before = all;
    assert_int_equal(evtchn_2l_ports(true), 1024);
    assert_int_equal(evtchn_2l_ports(false), EVTCHN_2L_NR_CHANNELS);
    for ( evtchn_port_t port = 1024; port < EVTCHN_2L_NR_CHANNELS; port += 31 )
    {
        assert_false(evtchn_2l_raise(&all, &vi, port, true));
        assert_false(evtchn_2l_is_pending(&all, port, true));
    }
    assert_memory_equal(&all, &before, sizeof(all));
    memset(&all, 0xff, sizeof(all));
    before = all;
    for ( evtchn_port_t port = 1024; port < EVTCHN_2L_NR_CHANNELS; port += 31 )
    {
        assert_false(evtchn_2l_unmask(&all, &vi, port, true));
        evtchn_2l_clear(&all, port, true);
    }
    assert_memory_equal(&all, &before, sizeof(all));
    assert_int_equal(vi32->evtchn_pending_sel, 0);
}

static void all_words_are_selected(void **state)
{
    (void)state;
    evtchn_2l_select_all(&vi, true);
    assert_int_equal(vi32->evtchn_pending_sel, ~0u);
    assert_int_equal(vi32->arch[0], 0);
    memset(&vi, 0, sizeof(vi));
    evtchn_2l_select_all(&vi, false);
    assert_true(vi.evtchn_pending_sel == ~0ul);
    assert_int_equal(vi.arch.cr2, 0);
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
        cmocka_unit_test_setup(words_of_32_bits, setup),
        cmocka_unit_test_setup(mask_of_32_bit_words, setup),
        cmocka_unit_test_setup(ports_beyond_32_words, setup),
        cmocka_unit_test_setup(all_words_are_selected, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
