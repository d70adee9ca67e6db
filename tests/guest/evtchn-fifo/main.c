/* SPDX-License-Identifier: MIT */
/*
 * Event channels in the FIFO ABI.
 *
 * Expect: the control block and the array are taken from our pages; an event
 * sets its word's bits and its queue's head and ready bit; queues keep order;
 * priorities choose the queue; bad pages, offsets and priorities are refused.
 */
#include "lib.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)

#define BAD_GFN 0x7ffffffffffull

static struct evtchn_fifo_control_block *control;
static event_word_t *words;

static long init_control(uint64_t gfn, uint32_t offset, uint32_t vcpu,
                         uint8_t *link_bits)
{
    struct evtchn_init_control a = { .control_gfn = gfn,
                                     .offset = offset,
                                     .vcpu = vcpu };
    long rc = evtchn_op(EVTCHNOP_init_control, &a);

    *link_bits = a.link_bits;
    return rc;
}

static long expand_array(uint64_t gfn)
{
    struct evtchn_expand_array a = { .array_gfn = gfn };

    return evtchn_op(EVTCHNOP_expand_array, &a);
}

static long set_priority(evtchn_port_t port, uint32_t priority)
{
    struct evtchn_set_priority a = { .port = port, .priority = priority };

    return evtchn_op(EVTCHNOP_set_priority, &a);
}

static void check_setup(void)
{
    uint8_t bits;

    check(expand_array(0) < 0, "no array without a control block");

    control = alloc_page();
    words = alloc_page();
    check_rc("misaligned offset", init_control(gfn_of(control), 4, 0, &bits),
             -XEN_EINVAL);
    check_rc("offset too near the end",
             init_control(gfn_of(control), PAGE_SIZE - 8, 0, &bits),
             -XEN_EINVAL);
    check_rc("no such vCPU", init_control(gfn_of(control), 0, 77, &bits),
             -XEN_ENOENT);
    check(init_control(BAD_GFN, 0, 0, &bits) < 0, "control block on no page");
    check_rc("init_control", init_control(gfn_of(control), 0, 0, &bits), 0);
    check_eq("link bits", bits, EVTCHN_FIFO_LINK_BITS);
    check(init_control(gfn_of(control), 0, 0, &bits) < 0,
          "one control block a vCPU");

    check(expand_array(BAD_GFN) < 0, "array on no page");
    check_rc("expand_array", expand_array(gfn_of(words)), 0);
}

static event_word_t word(evtchn_port_t port)
{
    return __atomic_load_n(&words[port], __ATOMIC_ACQUIRE);
}

/* What a guest does with the head of a queue; 0 when the queue is empty. */
static evtchn_port_t take(unsigned int queue)
{
    evtchn_port_t port = control->head[queue];
    event_word_t w, old;

    if ( !port )
        return 0;

    w = word(port);
    do
    {
        old = w;
    } while ( !__atomic_compare_exchange_n(
        &words[port], &w, w & ~(LINKED | EVTCHN_FIFO_LINK_MASK), false,
        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) );

    control->head[queue] = old & EVTCHN_FIFO_LINK_MASK;
    if ( !control->head[queue] )
        __atomic_fetch_and(&control->ready, ~(1u << queue), __ATOMIC_SEQ_CST);
    __atomic_fetch_and(&words[port], ~PENDING, __ATOMIC_SEQ_CST);

    return port;
}

static void check_one(evtchn_port_t port)
{
    const unsigned int queue = EVTCHN_FIFO_PRIORITY_DEFAULT;

    check_rc("send", evtchn_send(port), 0);
    check_eq("the event word", word(port) & (PENDING | LINKED),
             PENDING | LINKED);
    check_eq("the ready bit", control->ready, 1u << queue);
    check_eq("the head", control->head[queue], port);
    check(wait_for(upcalls == 1, MS(10)), "the upcall came");
    check_eq("taking it", take(queue), port);
    check_eq("the word afterwards", word(port) & (PENDING | LINKED), 0);

    /* A masked event is pending but in no queue, until unmasked. */
    __atomic_fetch_or(&words[port], MASKED, __ATOMIC_SEQ_CST);
    check_rc("send while masked", evtchn_send(port), 0);
    check_eq("masked: pending, not linked", word(port) & (PENDING | LINKED),
             PENDING);
    check_rc("unmask", evtchn_unmask_op(port), 0);
    check_eq("unmasked: linked", word(port) & (PENDING | LINKED | MASKED),
             PENDING | LINKED);
    check(wait_for(upcalls == 2, MS(10)), "the upcall after unmasking");
    check_eq("taking it", take(queue), port);
}

static void check_order(const evtchn_port_t *ports, unsigned int n)
{
    const unsigned int queue = EVTCHN_FIFO_PRIORITY_DEFAULT;

    irq_disable();
    for ( unsigned int i = 0; i < n; i++ )
        check_rc("send in order", evtchn_send(ports[i]), 0);
    for ( unsigned int i = 0; i < n; i++ )
        check_eq("first in, first out", take(queue), ports[i]);
    check_eq("then the queue is empty", take(queue), 0);
    check_eq("and nothing is ready", control->ready, 0);
    irq_enable();
}

static void check_priority(evtchn_port_t port)
{
    check_rc("priority out of range",
             set_priority(port, EVTCHN_FIFO_PRIORITY_MIN + 1), -XEN_EINVAL);
    check_rc("priority of no port", set_priority(4000, 1), -XEN_EINVAL);
    check_rc("set_priority", set_priority(port, EVTCHN_FIFO_PRIORITY_MAX), 0);
    check_rc("send", evtchn_send(port), 0);
    check_eq("ready in the urgent queue", control->ready,
             1u << EVTCHN_FIFO_PRIORITY_MAX);
    check_eq("taken from it", take(EVTCHN_FIFO_PRIORITY_MAX), port);
}

void test_main(void)
{
    evtchn_port_t ports[4];

    upcall_init();
    check_setup();
    for ( unsigned int i = 0; i < ARRAY_SIZE(ports); i++ )
    {
        check_rc("bind_ipi", evtchn_bind_ipi(0, &ports[i]), 0);
        __atomic_fetch_and(&words[ports[i]], ~MASKED, __ATOMIC_SEQ_CST);
    }
    irq_enable();
    check_one(ports[0]);
    check_order(ports, ARRAY_SIZE(ports));
    check_priority(ports[3]);
    irq_disable();
}
