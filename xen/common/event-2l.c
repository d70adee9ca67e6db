/* SPDX-License-Identifier: MIT */
/* 2-level event channels: a bit per port, a bit per word of ports. */
#include <xen/event-2l.h>

/*
 * A domain that was in FIFO mode and was reset can still name ports that it
 * had then, for which there is no bit here: with these nothing happens.
 */
static bool has_bit(evtchn_port_t port)
{
    return port < EVTCHN_2L_NR_CHANNELS;
}

/*
 * The guest changes all of these words at any time, so every access is one
 * atomic operation and nothing is inferred from an earlier read.
 */
static bool test_and_set(xen_ulong_t *word, unsigned int bit)
{
    xen_ulong_t m = (xen_ulong_t)1 << bit;

    return __atomic_fetch_or(word, m, __ATOMIC_SEQ_CST) & m;
}

static bool test_and_clear(xen_ulong_t *word, unsigned int bit)
{
    xen_ulong_t m = (xen_ulong_t)1 << bit;

    return __atomic_fetch_and(word, ~m, __ATOMIC_SEQ_CST) & m;
}

static bool test(const xen_ulong_t *word, unsigned int bit)
{
    return (READ_ONCE(*word) >> bit) & 1;
}

bool evtchn_2l_raise(struct shared_info *s, struct vcpu_info *vi,
                     evtchn_port_t port)
{
    unsigned int word = port / EVTCHN_2L_WORD_BITS;
    unsigned int bit = port % EVTCHN_2L_WORD_BITS;

    if ( !has_bit(port) || test_and_set(&s->evtchn_pending[word], bit) )
        return false;
    if ( test(&s->evtchn_mask[word], bit) )
        return false;
    return !test_and_set(&vi->evtchn_pending_sel, word);
}

bool evtchn_2l_unmask(struct shared_info *s, struct vcpu_info *vi,
                      evtchn_port_t port)
{
    unsigned int word = port / EVTCHN_2L_WORD_BITS;
    unsigned int bit = port % EVTCHN_2L_WORD_BITS;

    if ( !has_bit(port) || !test_and_clear(&s->evtchn_mask[word], bit) )
        return false;
    if ( !test(&s->evtchn_pending[word], bit) )
        return false;
    return !test_and_set(&vi->evtchn_pending_sel, word);
}

void evtchn_2l_clear(struct shared_info *s, evtchn_port_t port)
{
    if ( has_bit(port) )
        test_and_clear(&s->evtchn_pending[port / EVTCHN_2L_WORD_BITS],
                       port % EVTCHN_2L_WORD_BITS);
}

bool evtchn_2l_is_pending(const struct shared_info *s, evtchn_port_t port)
{
    return has_bit(port) && test(&s->evtchn_pending[port / EVTCHN_2L_WORD_BITS],
                                 port % EVTCHN_2L_WORD_BITS);
}
