/* SPDX-License-Identifier: MIT */
/* xen-init-dom0: write to the store what describes Dom0 itself. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>

/* Ids in use before the host was started again say nothing any more. */
#define DOMID_HISTORY "/run/xen/domid-history"

static int failed(const char *what)
{
    fprintf(stderr, "xen-init-dom0: cannot %s: %s\n", what, strerror(errno));
    return 1;
}

/*
 * The domain's name, unless the admin has given it another since.  Dom0 never
 * gets introduced by the toolstack, so nobody else writes these.
 */
static bool write_domain(struct xs_handle *xs, xs_transaction_t t)
{
    static const char path[] = "/local/domain/0/name";
    char *name = xs_read(xs, t, path, NULL);
    bool ok = true;

    if ( !name || !*name )
        ok = xs_write(xs, t, path, "Domain-0", strlen("Domain-0"));
    free(name);

    return ok && xs_write(xs, t, "/local/domain/0/domid", "0", 1);
}

static bool write_pools(xc_interface *xc, struct xs_handle *xs,
                        xs_transaction_t t)
{
    xc_cpupoolinfo_t *info;
    uint32_t id = 0;

    while ( (info = xc_cpupool_getinfo(xc, id)) )
    {
        char path[64], name[32];
        char *old;
        bool ok = true;

        id = info->cpupool_id;
        xc_cpupool_infofree(xc, info);

        snprintf(path, sizeof(path), "/local/pool/%u/name", id);
        snprintf(name, sizeof(name), "Pool-%u", id);
        old = xs_read(xs, t, path, NULL);
        if ( !old )
            ok = xs_write(xs, t, path, name, strlen(name));
        free(old);
        if ( !ok )
            return false;
        id++;
    }

    return true;
}

int main(void)
{
    xc_interface *xc = xc_interface_open(NULL, NULL, 0);
    struct xs_handle *xs;

    if ( !xc )
        return failed("open the hypervisor control interface");

    xs = xs_open(0);
    if ( !xs )
        return failed("reach xenstored");

    for ( ;; )
    {
        xs_transaction_t t = xs_transaction_start(xs);

        if ( !t )
            return failed("start a transaction");
        if ( !write_domain(xs, t) || !write_pools(xc, xs, t) )
            return failed("write Dom0's nodes");
        if ( xs_transaction_end(xs, t, false) )
            break;
        if ( errno != EAGAIN )
            return failed("end the transaction");
    }

    if ( unlink(DOMID_HISTORY) && errno != ENOENT )
        return failed("clear the history of domain ids");

    xs_close(xs);
    xc_interface_close(xc);
    puts("Done setting up Dom0");

    return 0;
}
