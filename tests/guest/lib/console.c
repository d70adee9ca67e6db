/* SPDX-License-Identifier: MIT */
/*
 * Output: each byte to the debug port, each line to the PV console's ring.
 *
 * The port needs nobody and goes to the hypervisor's own log; the ring needs a
 * console daemon and is what "xl create -c" shows. Nobody emptying the ring
 * must not stop a test, so after a while the ring is given up. Without Xen,
 * the first serial port takes the ring's place.
 */
#include <public/io/console.h>

#include "lib.h"

#define COM1          0x3f8
#define RING_PATIENCE 20000 /* yields to wait for the daemon */

static struct xencons_interface *ring;
static evtchn_port_t ring_port;

void console_init(void)
{
    uint64_t pfn, port;

    if ( hvm_get_param(HVM_PARAM_CONSOLE_PFN, &pfn) ||
         hvm_get_param(HVM_PARAM_CONSOLE_EVTCHN, &port) || !pfn || !port )
        return;

    ring = (struct xencons_interface *)(pfn * PAGE_SIZE);
    ring_port = (evtchn_port_t)port;
}

/* True once the daemon took enough that so many bytes or fewer are left. */
static bool ring_drain(uint32_t left)
{
    for ( unsigned int i = 0; i < RING_PATIENCE; i++ )
    {
        if ( ring->out_prod -
                 __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) <=
             left )
            return true;
        sched_op(SCHEDOP_yield, NULL);
    }

    return false;
}

static void ring_write(const char *text, size_t len)
{
    for ( size_t i = 0; i < len; i++ )
    {
        uint32_t prod = ring->out_prod;

        if ( prod - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) >=
             sizeof(ring->out) )
        {
            evtchn_send(ring_port);
            if ( !ring_drain(sizeof(ring->out) / 2) )
            {
                ring = NULL;
                return;
            }
        }
        ring->out[MASK_XENCONS_IDX(prod, ring->out)] = text[i];
        __atomic_store_n(&ring->out_prod, prod + 1, __ATOMIC_RELEASE);
    }
    evtchn_send(ring_port);
}

void console_write(const char *text, size_t len)
{
    for ( size_t i = 0; i < len; i++ )
    {
        outb(XEN_HVM_DEBUGCONS_IOPORT, (uint8_t)text[i]);
        if ( booted_bare )
            outb(COM1, (uint8_t)text[i]);
    }
    if ( ring )
        ring_write(text, len);
}

/* Before the domain ends: what is still in the ring would be lost. */
void console_flush(void)
{
    if ( ring && !ring_drain(0) )
        ring = NULL;
}
