/* SPDX-License-Identifier: MIT */
/* The hypervisor's parameters, by its own file system. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/hypfs.h>

#include "private.h"

#define PARAM_MAX 256 /* bytes of a name, and of a value */

struct request
{
    char path[PARAM_MAX];
    char value[PARAM_MAX];
};

/* One NAME=VALUE of len bytes; NAME alone turns it on, no-NAME off. */
static int take(struct request *r, const char *param, size_t len)
{
    const char *equals = memchr(param, '=', len), *value = "yes";
    size_t value_len = strlen(value), name_len = len;

    if ( equals )
    {
        name_len = equals - param;
        value = equals + 1;
        value_len = len - name_len - 1;
    }
    else if ( len > 3 && !memcmp(param, "no-", 3) )
    {
        param += 3;
        name_len -= 3;
        value = "no";
        value_len = strlen(value);
    }
    if ( name_len > PARAM_MAX - sizeof("/params/") ||
         value_len > PARAM_MAX - 1 )
    {
        errno = E2BIG;
        return -1;
    }
    memset(r, 0, sizeof(*r));
    snprintf(r->path, sizeof(r->path), "/params/%.*s", (int)name_len, param);
    memcpy(r->value, value, value_len);
    return 0;
}

int xc_set_parameters(xc_interface *xch, const char *params)
{
    struct request *r = xencall_alloc_buffer(xch->xcall, sizeof(*r));
    int rc = r ? 0 : -1;
    size_t len;

    while ( !rc && *(params += strspn(params, " ")) )
    {
        len = strcspn(params, " ");
        rc = take(r, params, len);
        if ( !rc )
            rc = xencall5(xch->xcall, __HYPERVISOR_hypfs_op,
                          XEN_HYPFS_OP_write_contents, (uintptr_t)r->path,
                          strlen(r->path) + 1, (uintptr_t)r->value,
                          strlen(r->value) + 1)
                     ? -1
                     : 0;
        params += len;
    }
    xc_buffer_free(xch, r, sizeof(*r));
    return rc;
}
