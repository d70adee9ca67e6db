/* SPDX-License-Identifier: MIT */
/* xl commands that list domains and translate their names. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xl.h"
#include "xl_cmds.h"

static void print_state(const libxl_dominfo *d)
{
    bool crashed = d->shutdown && d->shutdown_reason == SHUTDOWN_crash;

    printf("%c%c%c%c%c%c", d->running ? 'r' : '-', d->blocked ? 'b' : '-',
           d->paused ? 'p' : '-', d->shutdown ? 's' : '-', crashed ? 'c' : '-',
           d->dying ? 'd' : '-');
}

struct columns
{
    bool verbose, context, cpupool, numa;
};

/* There is one node, and no domain has anything against it. */
static void print_node_affinity(void)
{
    static const uint8_t node = 1;

    putchar(' ');
    print_bitmap(&node, 1, stdout);
}

static void print_domain(const libxl_dominfo *d, const struct columns *columns)
{
    char uuid[UUID_STR_LEN], *name = domain_name(d->domid), *pool;

    printf("%-40s %5u %5lu %5u     ", name, d->domid,
           (unsigned long)((d->current_memkb + d->outstanding_memkb) / 1024),
           d->vcpu_online);
    print_state(d);
    printf("  %8.1f", d->cpu_time / 1e9);
    if ( columns->verbose )
    {
        uuid_unparse_lower(d->uuid, uuid);
        printf(" %s", uuid);
        if ( d->shutdown )
            printf(" %8x", d->shutdown_reason);
        else
            printf(" %8s", "-");
    }
    /* Without XSM nobody has a label. */
    if ( columns->verbose || columns->context )
        printf(" %16s", "-");
    if ( columns->cpupool )
    {
        pool = libxl_cpupoolid_to_name(ctx, d->cpupool);
        printf("%16s", pool ? pool : "-");
        free(pool);
    }
    if ( columns->numa )
        print_node_affinity();
    putchar('\n');
    free(name);
}

static void print_heading(const struct columns *columns)
{
    printf("Name                                        ID   Mem VCPUs\t"
           "State\tTime(s)");
    if ( columns->verbose )
        printf("   UUID                            Reason-Code\tSecurity "
               "Label");
    else if ( columns->context )
        printf("   Security Label");
    if ( columns->cpupool )
        printf("         Cpupool");
    if ( columns->numa )
        printf(" NODE Affinity");
    putchar('\n');
}

int main_list(int argc, char **argv)
{
    static const struct long_name names[] = {
        { "long", 'l' },    { "verbose", 'v' }, { "cpupool", 'c' },
        { "context", 'Z' }, { "numa", 'n' },    { NULL, 0 },
    };
    struct columns columns = { 0 };
    libxl_dominfo one, *list;
    bool details = false;
    int opt, nr = 1, i;

    FOREACH_LONG_OPTION(opt, argc, argv, "lvcZn", names, 0)
    {
    case 'l':
        details = true;
        break;
    case 'v':
        columns.verbose = true;
        break;
    case 'c':
        columns.cpupool = true;
        break;
    case 'Z':
        columns.context = true;
        break;
    case 'n':
        columns.numa = true;
        break;
    }

    if ( optind < argc )
    {
        if ( libxl_domain_info(ctx, &one, find_domain(argv[optind])) )
        {
            fprintf(stderr, "Error: Domain '%s' does not exist.\n",
                    argv[optind]);
            return EXIT_FAILURE;
        }
        list = xl_alloc(1, sizeof(*list));
        *list = one;
    }
    else if ( !(list = libxl_list_domain(ctx, &nr)) )
        return EXIT_FAILURE;

    if ( details )
        print_config_list(list, nr);
    else
    {
        print_heading(&columns);
        for ( i = 0; i < nr; i++ )
            print_domain(&list[i], &columns);
    }
    free(list);
    return EXIT_SUCCESS;
}

int main_vm_list(int argc, char **argv)
{
    char uuid[UUID_STR_LEN], *name;
    libxl_dominfo *list;
    int opt, nr, i;

    FOREACH_OPTION(opt, argc, argv, "", 0)
    {
    }
    list = libxl_list_domain(ctx, &nr);
    if ( !list )
        return EXIT_FAILURE;
    printf("UUID                                  ID    name\n");
    for ( i = 0; i < nr; i++ )
    {
        name = domain_name(list[i].domid);
        uuid_unparse_lower(list[i].uuid, uuid);
        printf("%s  %u    %-30s\n", uuid, list[i].domid, name);
        free(name);
    }
    free(list);
    return EXIT_SUCCESS;
}

int main_domid(int argc, char **argv)
{
    uint32_t domid;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    if ( libxl_name_to_domid(ctx, argv[optind], &domid) )
    {
        fprintf(stderr,
                "Can't get domid of domain name '%s', maybe this "
                "domain does not exist.\n",
                argv[optind]);
        return EXIT_FAILURE;
    }
    printf("%u\n", domid);
    return EXIT_SUCCESS;
}

int main_domname(int argc, char **argv)
{
    unsigned long domid;
    char *name;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    if ( !parse_number(argv[optind], DOMID_FIRST_RESERVED - 1, &domid) )
    {
        fprintf(stderr, "Invalid domain id.\n\n");
        return EXIT_FAILURE;
    }
    name = libxl_domid_to_name(ctx, domid);
    if ( !name )
    {
        fprintf(stderr,
                "Can't get domain name of domain id '%lu', maybe "
                "this domain does not exist.\n",
                domid);
        return EXIT_FAILURE;
    }
    printf("%s\n", name);
    free(name);
    return EXIT_SUCCESS;
}

int main_rename(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    return xl_exit(
        libxl_domain_rename(ctx, find_domain(argv[optind]), argv[optind + 1]));
}

/* Dom0 has been up for as long as its kernel. */
static time_t uptime_of(uint32_t domid, time_t now)
{
    struct timespec ts;
    time_t start;

    if ( !domid )
    {
        clock_gettime(CLOCK_BOOTTIME, &ts);
        return ts.tv_sec;
    }
    start = libxl_vm_get_start_time(ctx, domid);
    return start ? now - start : 0;
}

static void print_uptime(uint32_t domid, bool brief, time_t now)
{
    long t = uptime_of(domid, now), days = t / 86400;
    char *name = domain_name(domid), when[16];
    struct tm tm;

    if ( brief )
    {
        localtime_r(&now, &tm);
        strftime(when, sizeof(when), "%H:%M:%S", &tm);
        printf(" %s up ", when);
        if ( days > 1 )
            printf("%ld days, ", days);
        else if ( days )
            printf("%ld day, ", days);
        printf("%2ld:%02ld,  %s (%u)\n", t / 3600 % 24, t / 60 % 60, name,
               domid);
    }
    else
    {
        printf("%-33s %4u ", name, domid);
        if ( days > 1 )
            printf("%ld days, ", days);
        else if ( days )
            printf("%ld day, ", days);
        printf("%2ld:%02ld:%02ld\n", t / 3600 % 24, t / 60 % 60, t % 60);
    }
    free(name);
}

int main_uptime(int argc, char **argv)
{
    bool brief = false;
    libxl_dominfo *list;
    time_t now = time(NULL);
    int opt, nr, i;

    FOREACH_OPTION(opt, argc, argv, "s", 0)
    {
    case 's':
        brief = true;
        break;
    }
    if ( !brief )
        printf("Name                                ID Uptime\n");
    if ( optind < argc )
    {
        for ( i = optind; i < argc; i++ )
            print_uptime(find_domain(argv[i]), brief, now);
        return EXIT_SUCCESS;
    }
    list = libxl_list_domain(ctx, &nr);
    if ( !list )
        return EXIT_FAILURE;
    for ( i = 0; i < nr; i++ )
        print_uptime(list[i].domid, brief, now);
    free(list);
    return EXIT_SUCCESS;
}

int main_claims(int argc, char **argv)
{
    libxl_dominfo *list;
    char *name;
    int opt, nr, i;

    FOREACH_OPTION(opt, argc, argv, "", 0)
    {
    }
    list = libxl_list_domain(ctx, &nr);
    if ( !list )
        return EXIT_FAILURE;
    printf("Name                                        ID   Mem VCPUs\t"
           "State\tTime(s)  Claimed\n");
    for ( i = 0; i < nr; i++ )
    {
        name = domain_name(list[i].domid);
        printf("%-40s %5u %5lu %5u     ", name, list[i].domid,
               (unsigned long)(list[i].current_memkb / 1024),
               list[i].vcpu_online);
        print_state(&list[i]);
        printf("  %8.1f %5lu\n", list[i].cpu_time / 1e9,
               (unsigned long)(list[i].outstanding_memkb / 1024));
        free(name);
    }
    free(list);
    return EXIT_SUCCESS;
}
