/* SPDX-License-Identifier: MIT */
/* xl commands about pools of CPUs. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg.h"
#include "xl.h"
#include "xl_cmds.h"

static uint32_t find_pool(const char *text)
{
    uint32_t id;

    if ( !libxl_cpupool_qualifier_to_cpupoolid(ctx, text, &id) )
        return id;
    fprintf(stderr, "Pool '%s' does not exist\n", text);
    exit(EXIT_FAILURE);
}

static void print_pool(const xc_cpupoolinfo_t *pool, bool cpus)
{
    char *name = libxl_cpupoolid_to_name(ctx, pool->cpupool_id);
    int max = xc_get_max_cpus(libxl_ctx_xch(ctx)), cpu, nr = 0;

    printf("%-19s", name ? name : "(null)");
    for ( cpu = 0; cpu < max; cpu++ )
        if ( xc_cpumap_testcpu(cpu, pool->cpumap) )
        {
            if ( cpus )
                printf("%s%d", nr ? "," : "", cpu);
            nr++;
        }
    if ( !cpus )
        printf("%3d %9s       y       %4u", nr,
               libxl_scheduler_to_string(pool->sched_id), pool->n_dom);
    putchar('\n');
    free(name);
}

int main_cpupool_list(int argc, char **argv)
{
    static const struct long_name names[] = { { "cpus", 'c' }, { NULL, 0 } };
    xc_interface *xch;
    xc_cpupoolinfo_t *pool;
    bool cpus = false, one;
    uint32_t id = 0, wanted = 0;
    int opt;

    FOREACH_LONG_OPTION(opt, argc, argv, "c", names, 0)
    {
    case 'c':
        cpus = true;
        break;
    }
    xch = libxl_ctx_xch(ctx);
    one = optind < argc;
    if ( one )
        id = wanted = find_pool(argv[optind]);
    printf("%-19s", "Name");
    if ( cpus )
        printf("CPU list\n");
    else
        printf("CPUs   Sched     Active   Domain count\n");

    while ( (pool = xc_cpupool_getinfo(xch, id)) )
    {
        id = pool->cpupool_id;
        if ( !one || id == wanted )
            print_pool(pool, cpus);
        xc_cpupool_infofree(xch, pool);
        if ( one )
            break;
        id++;
    }
    return EXIT_SUCCESS;
}

/* --- cpupool-create --- */

struct pool_config
{
    const char *name;
    int sched;
    libxl_bitmap cpus;
};

/* As cpus= gives them: a range, or a list of such. */
static int config_cpus(struct cfg *cfg, libxl_bitmap *cpus)
{
    const struct cfg_value *v = cfg_get(cfg, "cpus");
    char *text = NULL, *longer;
    size_t i;
    int rc;

    if ( !v )
        return 0;
    if ( v->type != CFG_LIST )
        return parse_cpu_range(cfg_value_text(v), cpus);
    text = xl_strdup("");
    for ( i = 0; i < v->nr_items; i++ )
    {
        longer = xl_alloc(strlen(text) + 64, 1);
        sprintf(longer, "%s%s%.60s", text, i ? "," : "",
                cfg_value_text(v->items[i]));
        free(text);
        text = longer;
    }
    /* An empty list is a pool without CPUs. */
    if ( v->nr_items )
        rc = parse_cpu_range(text, cpus);
    else
    {
        cpus->map = xl_alloc(1, 1);
        rc = 0;
    }
    free(text);
    return rc;
}

/* The first CPU that no pool has. */
static int any_cpu(libxl_bitmap *cpus)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    int max = xc_get_max_cpus(xch), size = xc_get_cpumap_size(xch), cpu;
    xc_cpumap_t free_cpus = xc_cpupool_freeinfo(xch);

    for ( cpu = 0; free_cpus && cpu < max; cpu++ )
        if ( xc_cpumap_testcpu(cpu, free_cpus) )
        {
            cpus->size = size;
            cpus->map = xl_alloc(size, 1);
            xc_cpumap_setcpu(cpu, cpus->map);
            break;
        }
    free(free_cpus);
    if ( cpus->map )
        return 0;
    fprintf(stderr, "no free cpu found\n");
    return -1;
}

static int read_pool_config(struct cfg *cfg, struct pool_config *p)
{
    const char *sched = NULL;

    if ( cfg_get_string(cfg, "name", &p->name) != 1 )
    {
        fprintf(stderr, "Missing cpupool name!\n");
        return -1;
    }
    (void)xc_sched_id(libxl_ctx_xch(ctx), &p->sched);
    if ( cfg_get_string(cfg, "sched", &sched) == 1 )
    {
        p->sched = libxl_scheduler_from_string(sched);
        if ( p->sched < 0 )
        {
            fprintf(stderr, "Unknown scheduler\n");
            return -1;
        }
    }
    if ( config_cpus(cfg, &p->cpus) )
    {
        fprintf(stderr, "Invalid CPUs\n");
        return -1;
    }
    return p->cpus.map ? 0 : any_cpu(&p->cpus);
}

static unsigned int number_of_cpus(const libxl_bitmap *cpus)
{
    unsigned int nr = 0, i;

    for ( i = 0; i < cpus->size; i++ )
        nr += __builtin_popcount(cpus->map[i]);
    return nr;
}

int main_cpupool_create(int argc, char **argv)
{
    static const struct long_name names[] = { { "defconfig", 'f' },
                                              { "dryrun", 'n' },
                                              { NULL, 0 } };
    struct pool_config p = { 0 };
    const char *file = NULL;
    struct cfg *cfg;
    uint32_t id;
    int opt, rc = 0, ret = EXIT_FAILURE;

    FOREACH_LONG_OPTION(opt, argc, argv, "f:n", names, 0)
    {
    case 'f':
        file = optarg;
        break;
    case 'n':
        dryrun_only = true;
        break;
    }
    if ( optind < argc && !strchr(argv[optind], '=') )
        file = argv[optind++];
    if ( !file && optind == argc )
    {
        help("cpupool-create");
        return EXIT_FAILURE;
    }
    cfg = cfg_new(NULL, NULL);
    if ( !cfg )
        return EXIT_FAILURE;
    if ( file )
        rc = cfg_parse_file(cfg, file);
    for ( ; optind < argc && !rc; optind++ )
        rc = cfg_parse(cfg, "command line", argv[optind], strlen(argv[optind]));
    if ( rc )
        fprintf(stderr, "Failed to parse config file\n");
    else
        rc = read_pool_config(cfg, &p);
    if ( rc )
        goto out;

    printf("Using config file \"%s\"\n", file ? file : "command line");
    printf("cpupool name:   %s\n", p.name);
    printf("scheduler:      %s\n", libxl_scheduler_to_string(p.sched));
    printf("number of cpus: %u\n", number_of_cpus(&p.cpus));
    if ( dryrun_only ||
         !libxl_cpupool_create(ctx, p.name, p.sched, &p.cpus, &id) )
        ret = EXIT_SUCCESS;
    else
        fprintf(stderr, "error on creating cpupool\n");
out:
    free(p.cpus.map);
    cfg_free(cfg);
    return ret;
}

/* --- the others --- */

int main_cpupool_destroy(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    if ( !libxl_cpupool_destroy(ctx, find_pool(argv[optind])) )
        return EXIT_SUCCESS;
    fprintf(stderr, "Can't destroy cpupool '%s'\n", argv[optind]);
    return EXIT_FAILURE;
}

int main_cpupool_rename(int argc, char **argv)
{
    uint32_t id, other;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    id = find_pool(argv[optind]);
    if ( !libxl_cpupool_qualifier_to_cpupoolid(ctx, argv[optind + 1], &other) )
        fprintf(stderr, "Pool name \"%s\" already exists\n", argv[optind + 1]);
    else if ( !libxl_cpupool_rename(ctx, id, argv[optind + 1]) )
        return EXIT_SUCCESS;
    fprintf(stderr, "Can't rename cpupool '%s'\n", argv[optind]);
    return EXIT_FAILURE;
}

/* "0-2,5" or "node:0", of which a machine has one for all CPUs. */
static bool parse_pool_cpus(const char *text, libxl_bitmap *cpus)
{
    char range[32];

    if ( !strcmp(text, "node:0") )
    {
        snprintf(range, sizeof(range), "0-%d",
                 xc_get_max_cpus(libxl_ctx_xch(ctx)) - 1);
        text = range;
    }
    if ( !parse_cpu_range(text, cpus) )
        return true;
    fprintf(stderr, "Invalid CPUs \"%s\"\n", text);
    return false;
}

static int change_cpus(int argc, char **argv,
                       int (*fn)(libxl_ctx *ctx, uint32_t poolid,
                                 const libxl_bitmap *cpus))
{
    libxl_bitmap cpus = { 0 };
    uint32_t id;
    int opt, ret = EXIT_FAILURE;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    id = find_pool(argv[optind]);
    if ( parse_pool_cpus(argv[optind + 1], &cpus) )
        ret = xl_exit(fn(ctx, id, &cpus));
    free(cpus.map);
    return ret;
}

int main_cpupool_cpu_add(int argc, char **argv)
{
    return change_cpus(argc, argv, libxl_cpupool_cpuadd);
}

int main_cpupool_cpu_remove(int argc, char **argv)
{
    return change_cpus(argc, argv, libxl_cpupool_cpuremove);
}

int main_cpupool_migrate(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    return xl_exit(libxl_cpupool_movedomain(ctx, find_pool(argv[optind + 1]),
                                            find_domain(argv[optind])));
}

/* Pool-0 becomes node 0's pool; each further node gets one of its own. */
int main_cpupool_numa_split(int argc, char **argv)
{
    xc_interface *xch;
    unsigned int max, cpu, node, last = 0;
    xc_cputopo_t *topo;
    xc_cpupoolinfo_t *pool;
    int opt, sched, ret = EXIT_FAILURE;

    FOREACH_OPTION(opt, argc, argv, "", 0)
    {
    }
    xch = libxl_ctx_xch(ctx);
    pool = xc_cpupool_getinfo(xch, 1);
    if ( pool )
    {
        fprintf(stderr, "splitting not possible, already cpupools in use\n");
        xc_cpupool_infofree(xch, pool);
        return EXIT_FAILURE;
    }
    max = xc_get_max_cpus(xch);
    topo = xl_alloc(max, sizeof(*topo));
    if ( xc_cputopoinfo(xch, &max, topo) || xc_sched_id(xch, &sched) )
        goto out;
    for ( cpu = 0; cpu < max; cpu++ )
        if ( topo[cpu].node != XEN_INVALID_NODE_ID && topo[cpu].node > last )
            last = topo[cpu].node;
    if ( libxl_cpupool_rename(ctx, 0, "Pool-node0") )
    {
        fprintf(stderr, "error on renaming Pool 0\n");
        goto out;
    }
    for ( node = 1; node <= last; node++ )
    {
        libxl_bitmap cpus = { .size = (max + 7) / 8 };
        char name[32];
        uint32_t id;
        int rc;

        cpus.map = xl_alloc(cpus.size, 1);
        for ( cpu = 0; cpu < max; cpu++ )
            if ( topo[cpu].node == node )
                xc_cpumap_setcpu(cpu, cpus.map);
        snprintf(name, sizeof(name), "Pool-node%u", node);
        rc = libxl_cpupool_cpuremove(ctx, 0, &cpus);
        if ( !rc )
            rc = libxl_cpupool_create(ctx, name, sched, &cpus, &id);
        free(cpus.map);
        if ( rc )
            goto out;
    }
    ret = EXIT_SUCCESS;
out:
    free(topo);
    return ret;
}
