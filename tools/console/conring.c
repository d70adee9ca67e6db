/* SPDX-License-Identifier: MIT */
/* The PV console's page, from the back end's side. */

#include <string.h>

#include "conring.h"

#define load_acquire(ptr)         __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define store_release(ptr, value) __atomic_store_n(ptr, value, __ATOMIC_RELEASE)

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t conring_take(struct xencons_interface *ring, void *buf, size_t len)
{
    XENCONS_RING_IDX cons = load_acquire(&ring->out_cons);
    XENCONS_RING_IDX prod = load_acquire(&ring->out_prod);
    size_t at = MASK_XENCONS_IDX(cons, ring->out), first;

    if ( prod - cons > sizeof(ring->out) )
    {
        store_release(&ring->out_cons, prod);
        return 0;
    }

    len = min_size(len, prod - cons);
    first = min_size(len, sizeof(ring->out) - at);
    memcpy(buf, ring->out + at, first);
    memcpy((char *)buf + first, ring->out, len - first);
    store_release(&ring->out_cons, cons + (XENCONS_RING_IDX)len);

    return len;
}

size_t conring_room(const struct xencons_interface *ring)
{
    size_t used =
        (XENCONS_RING_IDX)(ring->in_prod - load_acquire(&ring->in_cons));

    return used > sizeof(ring->in) ? 0 : sizeof(ring->in) - used;
}

size_t conring_put(struct xencons_interface *ring, const void *buf, size_t len)
{
    XENCONS_RING_IDX prod = load_acquire(&ring->in_prod);
    size_t at = MASK_XENCONS_IDX(prod, ring->in), first;

    len = min_size(len, conring_room(ring));
    first = min_size(len, sizeof(ring->in) - at);
    memcpy(ring->in + at, buf, first);
    memcpy(ring->in, (const char *)buf + first, len - first);
    store_release(&ring->in_prod, prod + (XENCONS_RING_IDX)len);

    return len;
}
