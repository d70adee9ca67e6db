/* SPDX-License-Identifier: MIT */
/* xl commands about vcpus. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

static void print_affinity(uint32_t domid, unsigned int vcpu)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    xc_cpumap_t hard = xc_cpumap_alloc(xch), soft = xc_cpumap_alloc(xch);
    int max = xc_get_max_cpus(xch);

    if ( hard && soft && max > 0 &&
         !xc_vcpu_getaffinity(xch, domid, vcpu, hard, soft,
                              XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT) )
    {
        print_bitmap(hard, max, stdout);
        printf(" / ");
        print_bitmap(soft, max, stdout);
    }
    free(hard);
    free(soft);
}

static void print_vcpus(const libxl_dominfo *d)
{
    char *name = domain_name(d->domid);
    xc_vcpuinfo_t info;
    unsigned int i;

    for ( i = 0; i < d->nr_vcpus; i++ )
    {
        if ( xc_vcpu_getinfo(libxl_ctx_xch(ctx), d->domid, i, &info) )
            continue;
        printf("%-32s %5u %5u", name, d->domid, i);
        if ( !info.online )
            printf(" %4c %3c%cp ", '-', '-', '-');
        else
            printf(" %4u %3c%c- ", info.cpu, info.running ? 'r' : '-',
                   info.blocked ? 'b' : '-');
        printf("%9.1f  ", info.cpu_time / 1e9);
        print_affinity(d->domid, i);
        putchar('\n');
    }
    free(name);
}

int main_vcpu_list(int argc, char **argv)
{
    libxl_dominfo *list, one;
    int opt, nr, i;

    FOREACH_OPTION(opt, argc, argv, "", 0)
    {
    }
    printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU",
           "State", "Time(s)", "Affinity (Hard / Soft)");
    if ( optind < argc )
    {
        for ( i = optind; i < argc; i++ )
            if ( !libxl_domain_info(ctx, &one, find_domain(argv[i])) )
                print_vcpus(&one);
        return EXIT_SUCCESS;
    }
    list = libxl_list_domain(ctx, &nr);
    if ( !list )
        return EXIT_FAILURE;
    for ( i = 0; i < nr; i++ )
        print_vcpus(&list[i]);
    free(list);
    return EXIT_SUCCESS;
}

static int pin(uint32_t domid, unsigned int vcpu, const libxl_bitmap *hard,
               const libxl_bitmap *soft, uint32_t flags)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    int size = xc_get_cpumap_size(xch), rc;
    xc_cpumap_t h, s;

    if ( size < 0 )
        return EXIT_FAILURE;
    h = xl_alloc(size, 1);
    s = xl_alloc(size, 1);
    if ( hard )
        memcpy(h, hard->map, size);
    if ( soft )
        memcpy(s, soft->map, size);
    rc = xc_vcpu_setaffinity(xch, domid, vcpu, hard ? h : NULL, soft ? s : NULL,
                             flags);
    if ( rc )
        fprintf(stderr, "Could not set affinity for vcpu `%u': %s\n", vcpu,
                strerror(errno));
    free(h);
    free(s);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* "-" leaves that kind of affinity alone. */
static bool parse_affinity_arg(const char *text, libxl_bitmap *map, bool *given)
{
    *given = strcmp(text, "-");
    if ( !*given || !parse_cpu_range(text, map) )
        return true;
    fprintf(stderr, "Invalid CPUs \"%s\"\n", text);
    return false;
}

int main_vcpu_pin(int argc, char **argv)
{
    static const struct long_name names[] = { { "force", 'f' }, { NULL, 0 } };
    libxl_bitmap hard = { 0 }, soft = { 0 };
    bool have_hard = false, have_soft = false, force = false;
    unsigned long vcpu = 0, end;
    libxl_dominfo info;
    uint32_t flags, domid;
    int opt, ret = EXIT_SUCCESS;

    FOREACH_LONG_OPTION(opt, argc, argv, "f", names, 3)
    {
    case 'f':
        force = true;
        break;
    }
    domid = find_domain(argv[optind]);
    if ( libxl_domain_info(ctx, &info, domid) )
        return EXIT_FAILURE;
    end = info.nr_vcpus;
    if ( strcmp(argv[optind + 1], "all") )
    {
        if ( !parse_number(argv[optind + 1], UINT32_MAX, &vcpu) ||
             vcpu >= info.nr_vcpus )
        {
            fprintf(stderr, "Error: Invalid argument %s as VCPU.\n",
                    argv[optind + 1]);
            return EXIT_FAILURE;
        }
        end = vcpu + 1;
    }
    if ( !parse_affinity_arg(argv[optind + 2], &hard, &have_hard) ||
         (argc - optind > 3 &&
          !parse_affinity_arg(argv[optind + 3], &soft, &have_soft)) )
        return EXIT_FAILURE;

    flags = (have_hard ? XEN_VCPUAFFINITY_HARD : 0) |
            (have_soft ? XEN_VCPUAFFINITY_SOFT : 0) |
            (force ? XEN_VCPUAFFINITY_FORCE : 0);
    for ( ; vcpu < end; vcpu++ )
        if ( pin(domid, vcpu, have_hard ? &hard : NULL,
                 have_soft ? &soft : NULL, flags) )
            ret = EXIT_FAILURE;
    free(hard.map);
    free(soft.map);
    return ret;
}

int main_vcpu_set(int argc, char **argv)
{
    static const struct long_name names[] = { { "ignore-host", 'i' },
                                              { NULL, 0 } };
    unsigned long count;
    int opt;

    FOREACH_LONG_OPTION(opt, argc, argv, "i", names, 2)
    {
    case 'i':
        break;
    }
    if ( !parse_number(argv[optind + 1], LIBXL_MAX_VCPUS, &count) )
    {
        fprintf(stderr, "Error: Invalid argument for VCPUs: %s\n",
                argv[optind + 1]);
        return EXIT_FAILURE;
    }
    return xl_exit(libxl_set_vcpuonline(ctx, find_domain(argv[optind]), count));
}
