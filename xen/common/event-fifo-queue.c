/* SPDX-License-Identifier: MIT */
/*
 * FIFO event queues: linking a port behind the last one.
 *
 * A queue is a chain of event words in memory that the guest also writes.
 * The guest takes ports off the front: it clears LINKED and the link of a
 * word in one atomic step, so a word that still says LINKED has not been
 * consumed and may be linked on. Whatever the guest writes there, the only
 * thing it can spoil is its own queue: tails and array bounds are kept on
 * our side, and every retry is bounded.
 */
#include <xen/event-fifo.h>

#define WORD_MASKED (1u << EVTCHN_FIFO_MASKED)
#define WORD_LINKED (1u << EVTCHN_FIFO_LINKED)
#define WORD_BUSY   (1u << EVTCHN_FIFO_BUSY)

/* Attempts before the guest is asked to keep off with BUSY, and after. */
#define LINK_TRIES 4

enum try_link
{
    LINK_DONE,
    LINK_CONSUMED, /* not linked any more: cannot be linked on */
    LINK_RACED,
};

static enum try_link try_set_link(event_word_t *word, evtchn_port_t port)
{
    event_word_t w = READ_ONCE(*word);
    event_word_t n;
    unsigned int i;

    for ( i = 0; i < LINK_TRIES; i++ )
    {
        if ( !(w & WORD_LINKED) )
            return LINK_CONSUMED;
        n = (w & ~(WORD_BUSY | EVTCHN_FIFO_LINK_MASK)) | port;
        if ( __atomic_compare_exchange_n(word, &w, n, false, __ATOMIC_SEQ_CST,
                                         __ATOMIC_SEQ_CST) )
            return LINK_DONE;
    }
    return LINK_RACED;
}

/* True if the tail's word now links to port. */
static bool set_link(event_word_t *word, evtchn_port_t port)
{
    enum try_link r = try_set_link(word, port);

    if ( likely(r != LINK_RACED) )
        return r == LINK_DONE;

    /* BUSY makes a well-behaved guest wait, so the second round succeeds. */
    __atomic_fetch_or(word, WORD_BUSY, __ATOMIC_SEQ_CST);
    r = try_set_link(word, port);
    if ( r != LINK_DONE )
        __atomic_fetch_and(word, ~WORD_BUSY, __ATOMIC_SEQ_CST);
    return r == LINK_DONE;
}

bool evtchn_fifo_link(const struct evtchn_fifo_array *a,
                      struct evtchn_fifo_vcpu *v, unsigned int prio,
                      struct evtchn_fifo_vcpu *old, unsigned int old_prio,
                      evtchn_port_t port)
{
    event_word_t *word = evtchn_fifo_word(a, port);
    evtchn_fifo_control_block_t *control = READ_ONCE(v->control);
    event_word_t *tail_word;
    bool linked = false;

    if ( !word || !control )
        return false;
    if ( (READ_ONCE(*word) & WORD_MASKED) ||
         (__atomic_fetch_or(word, WORD_LINKED, __ATOMIC_SEQ_CST) &
          WORD_LINKED) )
        return false;

    /*
     * The port was consumed from wherever it was. Where it was the tail,
     * that tail is gone; keeping it would link on through another queue.
     */
    if ( old->tail[old_prio] == port )
        old->tail[old_prio] = 0;
    if ( v->tail[prio] == port )
        v->tail[prio] = 0;

    if ( v->tail[prio] )
    {
        tail_word = evtchn_fifo_word(a, v->tail[prio]);
        linked = tail_word && set_link(tail_word, port);
    }
    if ( !linked )
        WRITE_ONCE(control->head[prio], port);
    v->tail[prio] = port;

    /* Behind another port the vCPU already has reason to look. */
    return !linked &&
           !(__atomic_fetch_or(&control->ready, 1u << prio, __ATOMIC_SEQ_CST) &
             (1u << prio));
}
