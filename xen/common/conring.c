/* SPDX-License-Identifier: MIT */
/* The ring that keeps the last messages for "xl dmesg". */
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/spinlock.h>

/*
 * Positions count bytes since boot, modulo 2^32; the ring holds the last
 * ring_size of them. consumed is what a reader with "clear" has taken.
 */
#define RING_DEFAULT_SIZE 65536

static char default_ring[RING_DEFAULT_SIZE];
static char *ring = default_ring;
static uint32_t ring_size = RING_DEFAULT_SIZE;
static uint32_t produced, consumed;
static spinlock_t ring_lock = SPIN_LOCK_UNLOCKED; /* all above; innermost */

/* A panic may have come while this very lock was held. */
static void lock(void)
{
    if ( !console_is_broken() )
        spin_lock(&ring_lock);
}

static void unlock(void)
{
    if ( !console_is_broken() )
        spin_unlock(&ring_lock);
}

static uint32_t oldest(void)
{
    return produced - consumed > ring_size ? produced - ring_size : consumed;
}

void console_ring_write(const char *s, size_t n)
{
    lock();
    for ( ; n != 0; n-- )
        ring[produced++ & (ring_size - 1)] = *s++;
    consumed = oldest();
    unlock();
}

size_t console_ring_read(char *buf, size_t max, bool incremental, bool clear,
                         uint32_t *index)
{
    uint32_t at;
    size_t n = 0;

    lock();
    at = oldest();
    /* An index of the future (of another boot) counts as no index. */
    if ( incremental && *index - at <= produced - at )
        at = *index;
    while ( at != produced && n < max )
        buf[n++] = ring[at++ & (ring_size - 1)];
    if ( clear )
        consumed = at;
    *index = at;
    unlock();
    return n;
}

void console_ring_dump(void)
{
    char part[256];
    uint32_t index = 0, end;
    size_t n;

    lock();
    end = produced;
    index = oldest();
    unlock();
    /* What is printed meanwhile is not part of it. */
    while ( (int32_t)(end - index) > 0 )
    {
        n = console_ring_read(part, min(sizeof(part), (size_t)(end - index)),
                              true, false, &index);
        if ( n == 0 )
            break;
        console_write(part, n);
    }
}

void console_ring_resize(char *buffer, uint32_t size)
{
    uint32_t from;

    lock();
    from = oldest();
    if ( produced - from > size )
        from = produced - size;
    for ( uint32_t i = from; i != produced; i++ )
        buffer[i & (size - 1)] = ring[i & (ring_size - 1)];
    ring = buffer;
    ring_size = size;
    consumed = from;
    unlock();
}
