/* SPDX-License-Identifier: MIT */
/* The store with clients in memory, and a hypervisor of the test's making. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

#include "harness.h"

#define MAX_CLIENTS 16

struct wire
{
    char in[16384], out[65536];
    size_t in_start, in_len, out_len;
};

static struct wire wires[MAX_CLIENTS];
static int nr_wires;

struct hv_domain_state hv_states[HV_DOMAINS];
struct xenstore_domain_interface hv_rings[HV_DOMAINS];
unsigned int hv_notified[HV_DOMAINS];
bool hv_is_open;

static ssize_t wire_read(struct conn *conn, void *buf, size_t len)
{
    struct wire *wire = &wires[conn->fd];
    size_t left = wire->in_len - wire->in_start;

    if ( len > left )
        len = left;
    memcpy(buf, wire->in + wire->in_start, len);
    wire->in_start += len;

    return len;
}

static ssize_t wire_write(struct conn *conn, const void *buf, size_t len)
{
    struct wire *wire = &wires[conn->fd];

    if ( len > sizeof(wire->out) - wire->out_len )
        len = sizeof(wire->out) - wire->out_len;
    memcpy(wire->out + wire->out_len, buf, len);
    wire->out_len += len;

    return len;
}

static const struct transport transport = {
    .read = wire_read,
    .write = wire_write,
};

void client_open(struct client *client, struct store *store, unsigned int domid)
{
    memset(client, 0, sizeof(*client));
    client->store = store;
    client->conn = conn_new(store, &transport, domid);
    assert_non_null(client->conn);
    client->conn->fd = nr_wires++ % MAX_CLIENTS;
    memset(&wires[client->conn->fd], 0, sizeof(struct wire));
}

static int error_number(const char *name)
{
    for ( unsigned int i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]);
          i++ )
        if ( !strcmp(xsd_errors[i].errstring, name) )
            return xsd_errors[i].errnum;

    fail_msg("unknown error %s", name);
    return -1;
}

static void take_event(struct client *client, const char *body, size_t len)
{
    const char *token = body + strlen(body) + 1;

    assert_true(client->nr_events < 64);
    assert_true(token < body + len);
    snprintf(client->events[client->nr_events++], 256, "%s %s", body, token);
}

/* Take over what was sent to the client; what the reply said, if any. */
static int take_output(struct client *client)
{
    struct wire *wire = &wires[client->conn->fd];
    size_t pos = 0;
    int rc = 0;

    conn_flush(client->conn);
    while ( pos < wire->out_len )
    {
        struct xsd_sockmsg hdr;
        const char *body = wire->out + pos + sizeof(hdr);

        memcpy(&hdr, wire->out + pos, sizeof(hdr));
        pos += sizeof(hdr) + hdr.len;
        assert_true(pos <= wire->out_len);
        if ( hdr.type == XS_WATCH_EVENT )
        {
            take_event(client, body, hdr.len);
            continue;
        }
        memcpy(client->reply, body, hdr.len);
        client->reply[hdr.len] = '\0';
        client->reply_len = hdr.len;
        rc = hdr.type == XS_ERROR ? error_number(client->reply) : 0;
    }
    wire->out_len = 0;

    return rc;
}

int client_send(struct client *client, uint32_t type, uint32_t txn,
                const void *body, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .tx_id = txn, .len = len };
    struct wire *wire = &wires[client->conn->fd];

    take_output(client);
    memcpy(wire->in, &hdr, sizeof(hdr));
    memcpy(wire->in + sizeof(hdr), body, len);
    wire->in_start = 0;
    wire->in_len = sizeof(hdr) + len;

    switch ( conn_receive(client->conn) )
    {
    case CONN_REQUEST:
        request_process(client->store, client->conn);
        return take_output(client);

    default:
        return -1;
    }
}

const char *client_event(struct client *client)
{
    take_output(client);
    if ( client->next_event == client->nr_events )
    {
        client->next_event = client->nr_events = 0;
        return NULL;
    }

    return client->events[client->next_event++];
}

void hv_reset(void)
{
    memset(hv_states, 0, sizeof(hv_states));
    memset(hv_rings, 0, sizeof(hv_rings));
    memset(hv_notified, 0, sizeof(hv_notified));
    hv_states[0].exists = true;
    hv_is_open = true;
}

int hv_open(void)
{
    return 0;
}

int hv_fd(void)
{
    return hv_is_open ? 0 : -1;
}

int hv_pending(void)
{
    return -1;
}

void hv_unmask(int port)
{
}

int hv_death_port(void)
{
    return HV_DEATH_PORT;
}

struct xenstore_domain_interface *hv_map_own_ring(void)
{
    return &hv_rings[0];
}

int hv_own_port(void)
{
    return 1;
}

struct xenstore_domain_interface *hv_map_ring(unsigned int domid, uint64_t gfn)
{
    return domid < HV_DOMAINS ? &hv_rings[domid] : NULL;
}

void hv_unmap_ring(unsigned int domid, struct xenstore_domain_interface *ring)
{
    assert_ptr_equal(ring, &hv_rings[domid]);
}

int hv_bind(unsigned int domid, unsigned int remote_port)
{
    return remote_port == 666 ? -EINVAL : (int)HV_PORT(domid);
}

void hv_unbind(int port)
{
}

void hv_notify(int port)
{
    hv_notified[port - HV_PORT(0)]++;
}

struct hv_domain_state hv_domain_state(unsigned int domid)
{
    struct hv_domain_state none = { 0 };

    return domid < HV_DOMAINS ? hv_states[domid] : none;
}

struct hv_domain_state *hv_domain_states(void)
{
    struct hv_domain_state *states =
        calloc(DOMID_FIRST_RESERVED, sizeof(*states));

    memcpy(states, hv_states, sizeof(hv_states));
    return states;
}
