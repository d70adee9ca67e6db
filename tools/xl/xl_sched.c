/* SPDX-License-Identifier: MIT */
/* xl commands about scheduling and pools of CPUs. */

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

int main_sched_credit2(int argc, char **argv)
{
    unsigned long n;
    long weight = -1, cap = -1;
    struct xen_sysctl_credit2_schedule params;
    const char *dom = NULL;
    libxl_dominfo *list;
    int opt, nr, i, sched = -1;

    FOREACH_OPTION(opt, argc, argv, "d:w:c:", 0)
    {
    case 'd':
        dom = optarg;
        break;
    case 'w':
    case 'c':
        if ( !parse_number(optarg, 65535, &n) )
        {
            fprintf(stderr, "Invalid number \"%s\"\n", optarg);
            return EXIT_FAILURE;
        }
        *(opt == 'w' ? &weight : &cap) = n;
        break;
    }
    if ( !dom && (weight >= 0 || cap >= 0) )
    {
        fprintf(stderr, "Must specify a domain.\n");
        return EXIT_FAILURE;
    }
    if ( dom && (weight >= 0 || cap >= 0) )
        return set_credit2(find_domain(dom), weight, cap);

    xc_sched_id(libxl_ctx_xch(ctx), &sched);
    if ( sched != XEN_SCHEDULER_CREDIT2 )
    {
        fprintf(stderr, "xl: the scheduler is %s\n",
                libxl_scheduler_to_string(sched));
        return EXIT_FAILURE;
    }
    if ( !xc_sched_credit2_params_get(libxl_ctx_xch(ctx), 0, &params) )
        printf("Cpupool Pool-0: ratelimit=%uus\n", params.ratelimit_us);
    printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
    if ( dom )
    {
        print_credit2(find_domain(dom));
        return EXIT_SUCCESS;
    }
    list = libxl_list_domain(ctx, &nr);
    for ( i = 0; i < nr; i++ )
        print_credit2(list[i].domid);
    free(list);
    return EXIT_SUCCESS;
}

int main_cpupool_list(int argc, char **argv)
{
    xc_interface *xch;
    xc_cpupoolinfo_t *pool;
    bool cpus = false;
    uint32_t id = 0;
    int opt, max, cpu, nr;
    char *name;

    FOREACH_OPTION(opt, argc, argv, "c", 0)
    {
    case 'c':
        cpus = true;
        break;
    }
    xch = libxl_ctx_xch(ctx);
    max = xc_get_max_cpus(xch);
    printf("%-19s", "Name");
    if ( cpus )
        printf("CPU list\n");
    else
        printf("CPUs   Sched     Active   Domain count\n");

    while ( (pool = xc_cpupool_getinfo(xch, id)) )
    {
        name = libxl_cpupoolid_to_name(ctx, pool->cpupool_id);
        printf("%-19s", name ? name : "(null)");
        for ( cpu = nr = 0; cpu < max; cpu++ )
            if ( xc_cpumap_testcpu(cpu, pool->cpumap) )
                nr += cpus ? printf("%s%d", nr ? "," : "", cpu) : 1;
        if ( !cpus )
            printf("%3d %9s       y       %4u", nr,
                   libxl_scheduler_to_string(pool->sched_id), pool->n_dom);
        putchar('\n');
        id = pool->cpupool_id + 1;
        free(name);
        xc_cpupool_infofree(xch, pool);
    }
    return EXIT_SUCCESS;
}
