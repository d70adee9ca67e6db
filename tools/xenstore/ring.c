/* SPDX-License-Identifier: MIT */
/* The shared page between the daemon and a domain's kernel. */

/*
 * The other side may change the page at any time.  Each index is read once
 * and checked; our own indexes are trusted no more than the others', as the
 * guest can write them, too.
 */

#include <errno.h>
#include <string.h>

#include "ring.h"

#define load_acquire(ptr)         __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define store_release(ptr, value) __atomic_store_n(ptr, value, __ATOMIC_RELEASE)
/* Orders our store of an index with the loads after it. */
#define full_barrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

ssize_t ring_take(struct xenstore_domain_interface *ring, void *buf, size_t len)
{
    XENSTORE_RING_IDX cons = load_acquire(&ring->req_cons);
    XENSTORE_RING_IDX prod = load_acquire(&ring->req_prod);
    size_t first;

    if ( prod - cons > XENSTORE_RING_SIZE )
        return -EPROTO;

    len = min_size(len, prod - cons);
    first = min_size(len, XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(cons));
    memcpy(buf, ring->req + MASK_XENSTORE_IDX(cons), first);
    memcpy((char *)buf + first, ring->req, len - first);
    store_release(&ring->req_cons, cons + (XENSTORE_RING_IDX)len);

    return len;
}

ssize_t ring_put(struct xenstore_domain_interface *ring, const void *buf,
                 size_t len)
{
    XENSTORE_RING_IDX cons = load_acquire(&ring->rsp_cons);
    XENSTORE_RING_IDX prod = load_acquire(&ring->rsp_prod);
    size_t first;

    if ( prod - cons > XENSTORE_RING_SIZE )
        return -EPROTO;

    len = min_size(len, XENSTORE_RING_SIZE - (prod - cons));
    first = min_size(len, XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(prod));
    memcpy(ring->rsp + MASK_XENSTORE_IDX(prod), buf, first);
    memcpy(ring->rsp, (const char *)buf + first, len - first);
    store_release(&ring->rsp_prod, prod + (XENSTORE_RING_IDX)len);
    full_barrier();

    return len;
}

int ring_wants_reconnect(const struct xenstore_domain_interface *ring)
{
    return load_acquire(&ring->connection) == XENSTORE_RECONNECT;
}

void ring_set_features(struct xenstore_domain_interface *ring)
{
    store_release(&ring->server_features, XENSTORE_SERVER_FEATURE_RECONNECTION |
                                              XENSTORE_SERVER_FEATURE_ERROR);
}

void ring_reset(struct xenstore_domain_interface *ring)
{
    ring->req_cons = ring->req_prod = 0;
    ring->rsp_cons = ring->rsp_prod = 0;
    ring->error = XENSTORE_ERROR_NONE;
    store_release(&ring->connection, XENSTORE_CONNECTED);
}
