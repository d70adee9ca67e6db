/* SPDX-License-Identifier: MIT */
/* Fuzz entry: any bytes as what a guest and Dom0 send, one after the other. */
/* TEST-SOURCES: tools/xenstore/domain.c tools/xenstore/ring.c */
/* TEST-SOURCES: tools/xenstore/conn.c tools/xenstore/wire.c */
/* TEST-SOURCES: tools/xenstore/request-node.c tools/xenstore/request-conn.c */
/* TEST-SOURCES: tools/xenstore/request-domain.c tools/xenstore/control.c */
/* TEST-SOURCES: tools/xenstore/store.c tools/xenstore/nodes.c */
/* TEST-SOURCES: tools/xenstore/nodes-upkeep.c tools/xenstore/node-array.c */
/* TEST-SOURCES: tools/xenstore/txn.c tools/xenstore/watch.c */
/* TEST-SOURCES: tools/xenstore/quota.c tools/xenstore/perms.c */
/* TEST-SOURCES: tools/xenstore/tree.c tools/libs/store/xs-lib.c */
/* TEST-SOURCES: tests/unit/tools/xenstore/harness.c */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Each piece of the input: who sends (1 byte), the type, the transaction, the
 * length, and so many bytes of body.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct client clients[3];
    struct store store;

    hv_reset();
    for ( unsigned int i = 1; i < HV_DOMAINS; i++ )
        hv_states[i].exists = true;
    if ( !store_init(&store) )
        return 0;
    for ( unsigned int i = 0; i < 3; i++ )
        client_open(&clients[i], &store, i);

    while ( size >= 4 )
    {
        struct client *client = &clients[data[0] % 3];
        uint32_t type = data[1] % (XS_TYPE_COUNT + 1), txn = data[2] % 4;
        size_t len = data[3];

        data += 4;
        size -= 4;
        if ( len > size )
            len = size;
        client_send(client, type, txn, data, len);
        while ( client_event(client) )
            ;
        data += len;
        size -= len;
    }

    if ( nodes_check(&store) )
        abort();
    store_destroy(&store);

    return 0;
}
