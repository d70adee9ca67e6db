/* SPDX-License-Identifier: MIT */
/* xl commands about scheduling. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

static void print_credit2(uint32_t domid)
{
    struct xen_domctl_sched_credit2 params;
    char *name = domain_name(domid);

    if ( !xc_sched_credit2_domain_get(libxl_ctx_xch(ctx), domid, &params) )
        printf("%-33s %4u %6d %4d\n", name, domid, params.weight, params.cap);
    free(name);
}

static void print_pool_params(uint32_t poolid)
{
    struct xen_sysctl_credit2_schedule params;
    char *name = libxl_cpupoolid_to_name(ctx, poolid);

    if ( !xc_sched_credit2_params_get(libxl_ctx_xch(ctx), poolid, &params) )
        printf("Cpupool %s: ratelimit=%uus\n", name ? name : "?",
               params.ratelimit_us);
    free(name);
}

static void print_heading(void)
{
    printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
}

/* Each pool with this scheduler, or one, and the domains in it. */
static void print_pools(bool one, uint32_t wanted)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    xc_cpupoolinfo_t *pool;
    libxl_dominfo *list;
    uint32_t id = 0;
    int nr, i;

    list = libxl_list_domain(ctx, &nr);
    for ( ; (pool = xc_cpupool_getinfo(xch, id)); id++ )
    {
        bool show = pool->sched_id == XEN_SCHEDULER_CREDIT2;

        id = pool->cpupool_id;
        xc_cpupool_infofree(xch, pool);
        if ( !show || (one && id != wanted) )
            continue;
        print_pool_params(id);
        print_heading();
        for ( i = 0; i < nr; i++ )
            if ( list[i].cpupool == id )
                print_credit2(list[i].domid);
    }
    free(list);
}

static int set_ratelimit(uint32_t poolid, unsigned long us)
{
    struct xen_sysctl_credit2_schedule params = { .ratelimit_us = us };

    if ( !xc_sched_credit2_params_set(libxl_ctx_xch(ctx), poolid, &params) )
        return EXIT_SUCCESS;
    fprintf(stderr, "xl: cannot set the rate limit to %lu us: %s\n", us,
            strerror(errno));
    return EXIT_FAILURE;
}

static int set_credit2(uint32_t domid, long weight, long cap)
{
    struct xen_domctl_sched_credit2 params;
    xc_interface *xch = libxl_ctx_xch(ctx);

    if ( !xc_sched_credit2_domain_get(xch, domid, &params) )
    {
        if ( weight >= 0 )
            params.weight = weight;
        if ( cap >= 0 )
            params.cap = cap;
        if ( !xc_sched_credit2_domain_set(xch, domid, &params) )
            return EXIT_SUCCESS;
    }
    fprintf(stderr, "xl: cannot set the weight or cap of domain %u: %s\n",
            domid, strerror(errno));
    return EXIT_FAILURE;
}

static bool option_number(const char *text, unsigned long max, long *out)
{
    unsigned long n;

    if ( !parse_number(text, max, &n) )
    {
        fprintf(stderr, "Invalid number \"%s\"\n", text);
        return false;
    }
    *out = n;
    return true;
}

struct credit2_options
{
    const char *dom, *pool;
    bool schedparam;
    long weight, cap, ratelimit; /* -1: not given */
};

/* Why these options do not go together; null if they do. */
static const char *contradiction(const struct credit2_options *o)
{
    bool of_domain = o->weight >= 0 || o->cap >= 0;

    if ( o->schedparam && (o->dom || of_domain) )
        return "Specifying a domain with schedparam options.";
    if ( o->pool && (o->dom || of_domain) )
        return "Specifying a cpupool is not allowed with other options.";
    if ( !o->dom && of_domain )
        return "Must specify a domain.";
    if ( o->ratelimit >= 0 && !o->schedparam )
        return "Must specify schedparam to set schedule parameter values.";
    return NULL;
}

int main_sched_credit2(int argc, char **argv)
{
    static const struct long_name names[] = { { "domain", 'd' },
                                              { "weight", 'w' },
                                              { "cap", 'c' },
                                              { "schedparam", 's' },
                                              { "ratelimit_us", 'r' },
                                              { "cpupool", 'p' },
                                              { NULL, 0 } };
    struct credit2_options o = { .weight = -1, .cap = -1, .ratelimit = -1 };
    uint32_t poolid = 0;
    const char *why;
    int opt;

    FOREACH_LONG_OPTION(opt, argc, argv, "d:w:c:sr:p:", names, 0)
    {
    case 'd':
        o.dom = optarg;
        break;
    case 'w':
        if ( !option_number(optarg, 65535, &o.weight) )
            return EXIT_FAILURE;
        break;
    case 'c':
        if ( !option_number(optarg, 65535, &o.cap) )
            return EXIT_FAILURE;
        break;
    case 's':
        o.schedparam = true;
        break;
    case 'r':
        if ( !option_number(optarg, UINT32_MAX, &o.ratelimit) )
            return EXIT_FAILURE;
        break;
    case 'p':
        o.pool = optarg;
        break;
    }
    why = contradiction(&o);
    if ( why )
    {
        fprintf(stderr, "%s\n", why);
        return EXIT_FAILURE;
    }
    if ( o.pool && libxl_cpupool_qualifier_to_cpupoolid(ctx, o.pool, &poolid) )
    {
        fprintf(stderr, "unknown cpupool '%s'\n", o.pool);
        return EXIT_FAILURE;
    }

    if ( o.weight >= 0 || o.cap >= 0 )
        return set_credit2(find_domain(o.dom), o.weight, o.cap);
    if ( o.ratelimit >= 0 )
        return set_ratelimit(poolid, o.ratelimit);
    if ( o.schedparam )
        print_pool_params(poolid);
    else if ( o.dom )
    {
        print_heading();
        print_credit2(find_domain(o.dom));
    }
    else
        print_pools(o.pool, poolid);
    return EXIT_SUCCESS;
}
