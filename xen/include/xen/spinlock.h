/* SPDX-License-Identifier: MIT */
/* Ticket spinlocks. The hypervisor runs with interrupts off: no irq forms. */
#pragma once

#include <xen/compiler.h>

typedef struct spinlock
{
    uint16_t head, tail; /* head: ticket being served; tail: next to give */
} spinlock_t;

#define SPIN_LOCK_UNLOCKED \
    {                      \
        0, 0               \
    }

static inline void spin_lock_init(spinlock_t *l)
{
    l->head = l->tail = 0;
}

static inline void spin_lock(spinlock_t *l)
{
    uint16_t me = __atomic_fetch_add(&l->tail, 1, __ATOMIC_RELAXED);

    while ( __atomic_load_n(&l->head, __ATOMIC_ACQUIRE) != me )
        __builtin_ia32_pause();
}

static inline bool spin_trylock(spinlock_t *l)
{
    uint16_t head = __atomic_load_n(&l->head, __ATOMIC_RELAXED);
    uint16_t want = head;

    return __atomic_compare_exchange_n(&l->tail, &want, head + 1, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void spin_unlock(spinlock_t *l)
{
    __atomic_store_n(&l->head, l->head + 1, __ATOMIC_RELEASE);
}

static inline bool spin_is_locked(const spinlock_t *l)
{
    return l->head != l->tail;
}
