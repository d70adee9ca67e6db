/* SPDX-License-Identifier: MIT */
/* Request/response rings in a shared page, as PV devices use them. */
#ifndef XEN_PUBLIC_IO_RING_H
#define XEN_PUBLIC_IO_RING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Free-running; masked with the (power of two) ring size on access. */
typedef unsigned int RING_IDX;

#define XEN_RING_HEADER_BYTES 64

/* Largest power of two not above n, for n from 1 to 2^31. */
static inline unsigned int xen_ring_round_down(unsigned long n)
{
    unsigned int size = 1;

    while ( 2ul * size <= n )
        size *= 2;
    return size;
}

#define __RING_SIZE(s, bytes) \
    xen_ring_round_down(((bytes)-XEN_RING_HEADER_BYTES) / sizeof((s)->ring[0]))

/* Declares the shared ring and the private view of each end. */
#define DEFINE_RING_TYPES(name, req_t, rsp_t)             \
    union name##_sring_entry                              \
    {                                                     \
        req_t req;                                        \
        rsp_t rsp;                                        \
    };                                                    \
    struct name##_sring                                   \
    {                                                     \
        RING_IDX req_prod, req_event;                     \
        RING_IDX rsp_prod, rsp_event;                     \
        uint8_t pvt[4];                                   \
        uint8_t pad[44];                                  \
        union name##_sring_entry ring[1];                 \
    };                                                    \
    struct name##_front_ring                              \
    {                                                     \
        RING_IDX req_prod_pvt;                            \
        RING_IDX rsp_cons;                                \
        unsigned int nr_ents;                             \
        struct name##_sring *sring;                       \
    };                                                    \
    struct name##_back_ring                               \
    {                                                     \
        RING_IDX rsp_prod_pvt;                            \
        RING_IDX req_cons;                                \
        unsigned int nr_ents;                             \
        struct name##_sring *sring;                       \
    };                                                    \
    typedef struct name##_sring name##_sring_t;           \
    typedef struct name##_front_ring name##_front_ring_t; \
    typedef struct name##_back_ring name##_back_ring_t

#define RING_SIZE(r) ((r)->nr_ents)
#define RING_GET_REQUEST(r, idx) \
    (&((r)->sring->ring[(idx) & (RING_SIZE(r) - 1)].req))
#define RING_GET_RESPONSE(r, idx) \
    (&((r)->sring->ring[(idx) & (RING_SIZE(r) - 1)].rsp))

#endif
