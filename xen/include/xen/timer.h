/* SPDX-License-Identifier: MIT */
/* One-shot timers: a callback at a system time on a given pCPU. */
#pragma once

#include <xen/time.h>

/*
 * Queued timers form a pairing heap: a tree in which no child expires before
 * its parent. Siblings are linked; a first child points back to its parent.
 */
struct timer
{
    s_time_t expires;
    void (*fn)(void *data);
    void *data;
    unsigned int cpu;
    bool queued;
    struct timer *child, *next, *prev;
};

void init_timer(struct timer *t, void (*fn)(void *), void *data,
                unsigned int cpu);
/* Arm (or re-arm) t for system time expires; the past fires at once (soon). */
void set_timer(struct timer *t, s_time_t expires);
/* Have t run on another pCPU from its next set_timer() on, unless it is set. */
void timer_follow(struct timer *t, unsigned int to);
/* Its handler may be running on another pCPU, and set it again. */
void stop_timer(struct timer *t);
/* ... and wait for that one: no spinlock may be held. */
void kill_timer(struct timer *t);
static inline bool timer_is_active(const struct timer *t)
{
    return t->queued;
}
/* Run what has expired on this pCPU and reprogram the hardware. */
void timers_run(void);

/* The heap alone, without clock or hardware. */
struct timer *timer_heap_insert(struct timer *root, struct timer *t);
struct timer *timer_heap_remove(struct timer *root, struct timer *t);
