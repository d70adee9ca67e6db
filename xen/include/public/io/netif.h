/* SPDX-License-Identifier: MIT */
/* PV network device: what goes through its two rings. */
#ifndef XEN_PUBLIC_IO_NETIF_H
#define XEN_PUBLIC_IO_NETIF_H

#include "ring.h"
#include "../grant_table.h"

#define XEN_NETIF_NR_SLOTS_MIN 18
#define XEN_NETIF_MAX_TX_SIZE  0xFFFF

#define NETTXF_csum_blank      (1U << 0)
#define NETTXF_data_validated  (1U << 1)
#define NETTXF_more_data       (1U << 2)
#define NETTXF_extra_info      (1U << 3)
struct netif_tx_request
{
    grant_ref_t gref;
    uint16_t offset;
    uint16_t flags; /* NETTXF_* */
    uint16_t id;
    uint16_t size; /* of the whole packet in its first slot */
};
typedef struct netif_tx_request netif_tx_request_t;

struct netif_tx_response
{
    uint16_t id;
    int16_t status; /* NETIF_RSP_* */
};
typedef struct netif_tx_response netif_tx_response_t;

struct netif_rx_request
{
    uint16_t id;
    uint16_t pad;
    grant_ref_t gref;
};
typedef struct netif_rx_request netif_rx_request_t;

#define NETRXF_data_validated (1U << 0)
#define NETRXF_csum_blank     (1U << 1)
#define NETRXF_more_data      (1U << 2)
#define NETRXF_extra_info     (1U << 3)
#define NETRXF_gso_prefix     (1U << 4)
struct netif_rx_response
{
    uint16_t id;
    uint16_t offset;
    uint16_t flags; /* NETRXF_* */
    int16_t status; /* bytes, or NETIF_RSP_* */
};
typedef struct netif_rx_response netif_rx_response_t;

DEFINE_RING_TYPES(netif_tx, struct netif_tx_request, struct netif_tx_response);
DEFINE_RING_TYPES(netif_rx, struct netif_rx_request, struct netif_rx_response);

#define NETIF_RSP_DROPPED -2
#define NETIF_RSP_ERROR   -1
#define NETIF_RSP_OKAY    0
#define NETIF_RSP_NULL    1

#endif
