/* SPDX-License-Identifier: MIT */
/* XenStore, for who has all the time in the world: one request, one answer. */
#include <public/io/xs_wire.h>

#include "xs.h"

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;

void xs_init(void)
{
    uint64_t pfn, p;

    if ( hvm_get_param(HVM_PARAM_STORE_PFN, &pfn) ||
         hvm_get_param(HVM_PARAM_STORE_EVTCHN, &p) || !pfn || !p )
    {
        test_error("there is no store");
        test_exit();
    }
    ring = (struct xenstore_domain_interface *)(pfn * PAGE_SIZE);
    port = p;
}

static void put(const void *from, uint32_t len)
{
    const char *c = from;

    while ( len )
    {
        uint32_t prod = ring->req_prod;

        if ( prod - __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE) ==
             sizeof(ring->req) )
        {
            evtchn_send(port);
            sched_op(SCHEDOP_yield, NULL);
            continue;
        }
        ring->req[prod % sizeof(ring->req)] = *c++;
        __atomic_store_n(&ring->req_prod, prod + 1, __ATOMIC_RELEASE);
        len--;
    }
}

static void get(void *to, uint32_t len)
{
    char *c = to;

    while ( len )
    {
        uint32_t cons = ring->rsp_cons;

        if ( cons == __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE) )
        {
            sched_op(SCHEDOP_yield, NULL);
            continue;
        }
        *c++ = ring->rsp[cons % sizeof(ring->rsp)];
        __atomic_store_n(&ring->rsp_cons, cons + 1, __ATOMIC_RELEASE);
        len--;
    }
    evtchn_send(port);
}

/* The answer's length; what does not fit is cut off. */
static uint32_t request(uint32_t type, const char *path, const char *value,
                        char *answer, uint32_t room)
{
    uint32_t path_len = strlen(path) + 1, value_len = strlen(value);
    struct xsd_sockmsg msg = { .type = type, .len = path_len + value_len };
    uint32_t i;
    char c;

    put(&msg, sizeof(msg));
    put(path, path_len);
    put(value, value_len);
    evtchn_send(port);
    get(&msg, sizeof(msg));
    for ( i = 0; i < msg.len; i++ )
    {
        get(&c, 1);
        if ( i < room )
            answer[i] = c;
    }
    if ( msg.type != type )
    {
        test_failure("the store refuses request %u for %s", type, path);
        return 0;
    }
    return msg.len;
}

void xs_write(const char *path, const char *value)
{
    char answer[16];

    request(XS_WRITE, path, value, answer, sizeof(answer));
}

void xs_write_number(const char *path, unsigned int n)
{
    char digits[12];
    char *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ( n /= 10 );
    xs_write(path, at);
}

void xs_read(const char *path, char *value, uint32_t room)
{
    uint32_t len = request(XS_READ, path, "", value, room - 1);

    value[len < room ? len : room - 1] = '\0';
}

bool xs_is(const char *path, const char *value)
{
    char answer[16];

    xs_read(path, answer, sizeof(answer));
    return !strcmp(answer, value);
}
