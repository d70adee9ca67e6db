/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/event-fifo-queue.c */
/* FIFO event queues: linking, masking, moving between queues, bad guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/event-fifo.h>

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)
#define LINK    ((uint32_t)EVTCHN_FIFO_LINK_MASK)

static event_word_t words[2][EVTCHN_WORDS_PER_PAGE];
static evtchn_fifo_control_block_t control[2];
static struct evtchn_fifo_array array;
static struct evtchn_fifo_vcpu vcpu[2];

static int setup(void **state)
{
    (void)state;
    memset(words, 0, sizeof(words));
    memset(control, 0, sizeof(control));
    memset(vcpu, 0, sizeof(vcpu));
    array.nr_pages = 2;
    array.page[0] = words[0];
    array.page[1] = words[1];
    vcpu[0].control = &control[0];
    vcpu[1].control = &control[1];
    return 0;
}

static event_word_t *word(evtchn_port_t port)
{
    return evtchn_fifo_word(&array, port);
}

static bool raise(evtchn_port_t port, unsigned int prio)
{
    *word(port) |= PENDING;
    return evtchn_fifo_link(&array, &vcpu[0], prio, &vcpu[0], prio, port);
}

/* What a guest does: take the first port of a queue, or 0. */
static evtchn_port_t consume(unsigned int cpu, unsigned int prio)
{
    evtchn_port_t port = control[cpu].head[prio];

    if ( !port || !(*word(port) & LINKED) )
        return 0;
    control[cpu].head[prio] = *word(port) & LINK;
    if ( !control[cpu].head[prio] )
        control[cpu].ready &= ~(1u << prio);
    *word(port) &= ~(LINKED | LINK | PENDING);
    return port;
}

static void words_are_found_by_port(void **state)
{
    (void)state;
    assert_ptr_equal(word(0), &words[0][0]);
    assert_ptr_equal(word(1023), &words[0][1023]);
    assert_ptr_equal(word(1024), &words[1][0]);
    assert_ptr_equal(word(2047), &words[1][1023]);
    assert_null(word(2048));
    assert_null(word(~0u));
}

static void first_port_makes_the_queue_ready(void **state)
{
    (void)state;
    assert_true(raise(5, 7));
    assert_int_equal(control[0].head[7], 5);
    assert_int_equal(control[0].ready, 1u << 7);
    assert_int_equal(*word(5), PENDING | LINKED);
    assert_int_equal(vcpu[0].tail[7], 5);
}

static void more_ports_are_chained_in_order(void **state)
{
    const evtchn_port_t ports[] = { 5, 9, 1500, 2 };

    (void)state;
    assert_true(raise(5, 7));
    for ( unsigned int i = 1; i < 4; i++ )
        assert_false(raise(ports[i], 7)); /* it knows already */
    for ( unsigned int i = 0; i < 4; i++ )
        assert_int_equal(consume(0, 7), ports[i]);
    assert_int_equal(consume(0, 7), 0);
    assert_int_equal(control[0].ready, 0);
}

static void pending_port_is_linked_once(void **state)
{
    (void)state;
    assert_true(raise(5, 7));
    assert_false(raise(5, 7));
    assert_int_equal(consume(0, 7), 5);
    assert_int_equal(consume(0, 7), 0);
}

static void masked_port_is_not_linked(void **state)
{
    (void)state;
    *word(5) = MASKED;
    assert_false(raise(5, 7));
    assert_int_equal(*word(5), MASKED | PENDING);
    assert_int_equal(control[0].ready, 0);
    /* Unmasked, it is linked by the same call. */
    *word(5) &= ~MASKED;
    assert_true(raise(5, 7));
}

static void priorities_do_not_mix(void **state)
{
    (void)state;
    assert_true(raise(5, 7));
    assert_true(raise(6, 0));
    assert_int_equal(control[0].ready, (1u << 7) | 1);
    assert_int_equal(consume(0, 0), 6);
    assert_int_equal(consume(0, 7), 5);
}

static void queue_works_again_after_it_was_emptied(void **state)
{
    (void)state;
    /* The tail that we remember was consumed: it must become the head. */
    assert_true(raise(5, 7));
    assert_int_equal(consume(0, 7), 5);
    assert_true(raise(6, 7));
    assert_int_equal(control[0].head[7], 6);
    assert_int_equal(*word(5), 0);
    /* And the same port again, which is its own tail. */
    assert_int_equal(consume(0, 7), 6);
    assert_true(raise(6, 7));
    assert_int_equal(*word(6) & LINK, 0);
    assert_int_equal(consume(0, 7), 6);
    assert_int_equal(consume(0, 7), 0);
}

static void moved_port_leaves_its_old_queue_behind(void **state)
{
    (void)state;
    assert_true(raise(5, 7));
    assert_int_equal(consume(0, 7), 5);
    /* Port 5 now notifies vCPU 1 at priority 3. */
    *word(5) |= PENDING;
    assert_true(evtchn_fifo_link(&array, &vcpu[1], 3, &vcpu[0], 7, 5));
    assert_int_equal(control[1].head[3], 5);
    /* The next one on the old queue must not be chained behind it. */
    assert_true(raise(6, 7));
    assert_int_equal(control[0].head[7], 6);
    assert_int_equal(*word(5) & LINK, 0);
    assert_int_equal(consume(1, 3), 5);
    assert_int_equal(consume(0, 7), 6);
}

static void moved_while_linked_stays_where_it_is(void **state)
{
    (void)state;
    assert_true(raise(5, 7));
    assert_false(evtchn_fifo_link(&array, &vcpu[1], 3, &vcpu[0], 7, 5));
    assert_int_equal(control[1].ready, 0);
    assert_int_equal(consume(0, 7), 5);
}

static void vcpu_without_control_block_gets_nothing(void **state)
{
    (void)state;
    vcpu[0].control = NULL;
    assert_false(raise(5, 7));
    assert_int_equal(*word(5), PENDING);
}

static void port_without_word_is_refused(void **state)
{
    (void)state;
    assert_false(evtchn_fifo_link(&array, &vcpu[0], 7, &vcpu[0], 7, 4096));
    assert_int_equal(control[0].ready, 0);
}

static void guest_that_scribbles_links_hurts_only_itself(void **state)
{
    (void)state;
    assert_true(raise(5, 7));
    /* A link out of range, and BUSY left on, in the tail's word. */
    *word(5) |= LINK | BUSY;
    assert_false(raise(6, 7));
    assert_int_equal(*word(5) & LINK, 6);
    assert_int_equal(*word(5) & BUSY, 0);
    /* LINKED cleared behind our back: the next one starts a new chain. */
    *word(6) &= ~LINKED;
    control[0].ready = 0;
    assert_true(raise(8, 7));
    assert_int_equal(control[0].head[7], 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(words_are_found_by_port, setup),
        cmocka_unit_test_setup(first_port_makes_the_queue_ready, setup),
        cmocka_unit_test_setup(more_ports_are_chained_in_order, setup),
        cmocka_unit_test_setup(pending_port_is_linked_once, setup),
        cmocka_unit_test_setup(masked_port_is_not_linked, setup),
        cmocka_unit_test_setup(priorities_do_not_mix, setup),
        cmocka_unit_test_setup(queue_works_again_after_it_was_emptied, setup),
        cmocka_unit_test_setup(moved_port_leaves_its_old_queue_behind, setup),
        cmocka_unit_test_setup(moved_while_linked_stays_where_it_is, setup),
        cmocka_unit_test_setup(vcpu_without_control_block_gets_nothing, setup),
        cmocka_unit_test_setup(port_without_word_is_refused, setup),
        cmocka_unit_test_setup(guest_that_scribbles_links_hurts_only_itself,
                               setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
