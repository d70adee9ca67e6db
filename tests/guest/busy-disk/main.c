/* SPDX-License-Identifier: MIT */
/*
 * A block front-end that keeps its back-end busy and never ends by itself.
 *
 * Expect: the back-end connects, and what is written is what is read later.
 * Driven from Dom0 (tests/system/long/create-destroy.sh), which destroys the
 * domain while requests are under way: their pages are mapped by Dom0 then.
 * It says "busy: N" after each N requests.
 */
#include <public/arch-x86/cpuid.h>
#include <public/io/blkif.h>
#include <public/io/xenbus.h>

#include "lib.h"
#include "xs.h"

#define FRONT       "device/vbd/51712/"
#define RING_GREF   8
#define FIRST_GREF  16
#define SEGMENTS    BLKIF_MAX_SEGMENTS_PER_REQUEST
#define PAGE_SECTS  (PAGE_SIZE / 512)
#define REPORT      256
#define PATTERN(id) (0x9e3779b97f4a7c15 * ((id) + 1))

static struct blkif_sring *ring;
static unsigned int ring_size;
static evtchn_port_t port;

/* A request and the pages it moves; it writes and reads by turns. */
static struct slot
{
    uint64_t *data;
    bool written;
} slots[64];

static grant_ref_t slot_gref(unsigned int slot, unsigned int segment)
{
    return FIRST_GREF + slot * SEGMENTS + segment;
}

static void wait_backend(const char *path, const char *state)
{
    while ( !xs_is(path, state) )
    {
        struct sched_poll poll = { .timeout = now_ns() + MS(5) };

        sched_op(SCHEDOP_poll, &poll);
    }
}

static void connect(void)
{
    char path[96];
    size_t len;

    xs_read(FRONT "backend", path, sizeof(path) - sizeof("/state"));
    len = strlen(path);
    memcpy(path + len, "/state", sizeof("/state"));
    wait_backend(path, "2"); /* XenbusStateInitWait */

    ring = alloc_page();
    ring->req_event = ring->rsp_event = 1;
    ring_size = __RING_SIZE(ring, PAGE_SIZE);
    grant(RING_GREF, 0, ring, 0);
    if ( !check_rc("a port for Dom0", evtchn_alloc_unbound(0, &port), 0) )
        test_exit();
    for ( unsigned int i = 0; i < ring_size; i++ )
    {
        slots[i].data = alloc_pages(SEGMENTS);
        for ( unsigned int s = 0; s < SEGMENTS; s++ )
            grant(slot_gref(i, s), 0, (uint8_t *)slots[i].data + s * PAGE_SIZE,
                  0);
    }
    xs_write_number(FRONT "ring-ref", RING_GREF);
    xs_write_number(FRONT "event-channel", port);
    xs_write(FRONT "protocol", "x86_64-abi");
    xs_write(FRONT "state", "3"); /* XenbusStateInitialised */
    wait_backend(path, "4");      /* XenbusStateConnected */
    xs_write(FRONT "state", "4");
}

static void submit(unsigned int i)
{
    struct slot *slot = &slots[i];
    struct blkif_request *req =
        &ring->ring[ring->req_prod & (ring_size - 1)].req;

    *req = (struct blkif_request){
        .operation = slot->written ? BLKIF_OP_READ : BLKIF_OP_WRITE,
        .nr_segments = SEGMENTS,
        .handle = 51712,
        .id = i,
        .sector_number = (uint64_t)i * SEGMENTS * PAGE_SECTS,
    };
    for ( unsigned int s = 0; s < SEGMENTS; s++ )
    {
        uint64_t *page = slot->data + s * PAGE_SIZE / sizeof(uint64_t);

        *page = slot->written ? 0 : PATTERN(slot_gref(i, s));
        req->seg[s] =
            (struct blkif_request_segment){ .gref = slot_gref(i, s),
                                            .last_sect = PAGE_SECTS - 1 };
    }
    slot->written = !slot->written;
    __atomic_store_n(&ring->req_prod, ring->req_prod + 1, __ATOMIC_RELEASE);
}

static void check_response(const struct blkif_response *rsp)
{
    check_eq("status of a request", rsp->status, BLKIF_RSP_OKAY);
    if ( rsp->id >= ring_size || rsp->operation != BLKIF_OP_READ )
        return;
    for ( unsigned int s = 0; s < SEGMENTS; s++ )
        check_eq("what was written comes back",
                 slots[rsp->id].data[s * PAGE_SIZE / sizeof(uint64_t)],
                 PATTERN(slot_gref((unsigned int)rsp->id, s)));
}

/* Sleep until there is a response behind those consumed. */
static void wait_response(unsigned int consumed)
{
    struct sched_poll poll = { .nr_ports = 1 };

    set_xen_guest_handle(poll.ports, &port);
    evtchn_clear(port);
    __atomic_store_n(&ring->rsp_event, consumed + 1, __ATOMIC_SEQ_CST);
    if ( consumed == __atomic_load_n(&ring->rsp_prod, __ATOMIC_SEQ_CST) )
        sched_op(SCHEDOP_poll, &poll);
}

void test_main(void)
{
    unsigned int consumed = 0;

    xs_init();
    grant_table_map();
    connect();
    for ( unsigned int i = 0; i < ring_size; i++ )
        submit(i);
    evtchn_send(port);

    for ( ;; )
    {
        struct blkif_response rsp;

        while ( consumed == __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE) )
            wait_response(consumed);
        rsp = ring->ring[consumed++ & (ring_size - 1)].rsp;
        check_response(&rsp);
        submit((unsigned int)(rsp.id & (ring_size - 1)));
        evtchn_send(port);
        if ( consumed % REPORT == 0 )
            printf("busy: %u\n", consumed);
    }
}
