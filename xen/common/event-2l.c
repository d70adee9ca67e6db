/* SPDX-License-Identifier: MIT */
/* 2-level event channels: a bit per port, a bit per word of ports. */
#include <xen/event-2l.h>
#include <xen/shared.h>

/*
 * Words have 64 bits, or 32 in a domain of 32-bit code. As bytes are numbered
 * from the low end, bit N of a bitmap is in the same byte either way: only
 * where the bitmaps are and what a word is differ.
 */
struct layout
{
    uint16_t mask;     /* offset in the shared info page */
    uint8_t selector;  /* offset in the vcpu_info */
    uint8_t word_bits; /* ports that one bit of the selector stands for */
};

static const struct layout layouts[] = {
    [false] = { offsetof(struct shared_info, evtchn_mask),
                offsetof(struct vcpu_info, evtchn_pending_sel), 64 },
    [true] = { offsetof(struct compat_shared_info, evtchn_mask),
               offsetof(struct compat_vcpu_info, evtchn_pending_sel), 32 },
};
_Static_assert(offsetof(struct shared_info, evtchn_pending) ==
                   offsetof(struct compat_shared_info, evtchn_pending),
               "one place for both");

/*
 * A domain that was in FIFO mode and was reset can still name ports that it
 * had then, for which there is no bit here: with these nothing happens.
 */
static bool has_bit(evtchn_port_t port, bool compat)
{
    return port < evtchn_2l_ports(compat);
}

/*
 * The guest changes all of these words at any time, so every access is one
 * atomic operation and nothing is inferred from an earlier read.
 */
static bool test_and_set(void *bitmap, unsigned int bit)
{
    uint32_t m = 1u << bit % 32;

    return __atomic_fetch_or((uint32_t *)bitmap + bit / 32, m,
                             __ATOMIC_SEQ_CST) &
           m;
}

static bool test_and_clear(void *bitmap, unsigned int bit)
{
    uint32_t m = 1u << bit % 32;

    return __atomic_fetch_and((uint32_t *)bitmap + bit / 32, ~m,
                              __ATOMIC_SEQ_CST) &
           m;
}

static bool test(const void *bitmap, unsigned int bit)
{
    return (READ_ONCE(((const uint32_t *)bitmap)[bit / 32]) >> bit % 32) & 1;
}

static void *mask_of(struct shared_info *s, bool compat)
{
    return (char *)s + layouts[compat].mask;
}

static void *selector_of(struct vcpu_info *vi, bool compat)
{
    return (char *)vi + layouts[compat].selector;
}

/* Have the guest look at the word of port; false if it was to anyway. */
static bool select(struct vcpu_info *vi, evtchn_port_t port, bool compat)
{
    return !test_and_set(selector_of(vi, compat),
                         port / layouts[compat].word_bits);
}

bool evtchn_2l_raise(struct shared_info *s, struct vcpu_info *vi,
                     evtchn_port_t port, bool compat)
{
    if ( !has_bit(port, compat) || test_and_set(s->evtchn_pending, port) )
        return false;
    if ( test(mask_of(s, compat), port) )
        return false;
    return select(vi, port, compat);
}

bool evtchn_2l_unmask(struct shared_info *s, struct vcpu_info *vi,
                      evtchn_port_t port, bool compat)
{
    if ( !has_bit(port, compat) || !test_and_clear(mask_of(s, compat), port) )
        return false;
    if ( !test(s->evtchn_pending, port) )
        return false;
    return select(vi, port, compat);
}

void evtchn_2l_clear(struct shared_info *s, evtchn_port_t port, bool compat)
{
    if ( has_bit(port, compat) )
        test_and_clear(s->evtchn_pending, port);
}

bool evtchn_2l_is_pending(const struct shared_info *s, evtchn_port_t port,
                          bool compat)
{
    return has_bit(port, compat) && test(s->evtchn_pending, port);
}

void evtchn_2l_select_all(struct vcpu_info *vi, bool compat)
{
    for ( unsigned int i = 0; i < layouts[compat].word_bits / 32; i++ )
        WRITE_ONCE(((uint32_t *)selector_of(vi, compat))[i], ~0u);
}
