/* SPDX-License-Identifier: MIT */
/* xl nested: what domains have of nested VMX, and what they did with it. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cfg.h>
#include <yajl/yajl_gen.h>

#include "xl.h"
#include "xl_cmds.h"
#include "xl_nested.h"

#define MAX_COUNTERS 512

struct nested
{
    struct nidus_domctl_nested info;
    uint64_t counters[MAX_COUNTERS];
    uint64_t msrs[NIDUS_NESTED_MSRS];
};

static const struct
{
    enum nidus_nested_counter index;
    const char *json, *text;
} counter_names[] = {
    { NIDUS_NESTED_insns, "vmx_instructions", "VMX instructions emulated" },
    { NIDUS_NESTED_entries, "l2_entries", "entries of an L2" },
    { NIDUS_NESTED_entry_failures, "entry_failures", "entries that failed" },
    { NIDUS_NESTED_ctx_hits, "vmcs02_hits", "vmcs02 cache: hits" },
    { NIDUS_NESTED_ctx_misses, "vmcs02_misses", "vmcs02 cache: misses" },
    { NIDUS_NESTED_ctx_evictions, "vmcs02_evictions",
      "vmcs02 cache: evictions" },
    { NIDUS_NESTED_shadow_exports, "shadow_exports", "shadow VMCS: filled" },
    { NIDUS_NESTED_shadow_imports, "shadow_imports", "shadow VMCS: read back" },
    { NIDUS_NESTED_ept_hits, "ept02_hits", "EPT02 cache: hits" },
    { NIDUS_NESTED_ept_misses, "ept02_misses", "EPT02 cache: misses" },
    { NIDUS_NESTED_ept_fills, "ept02_fills", "EPT02: translations made" },
    { NIDUS_NESTED_ept_invalidations, "ept02_invalidations",
      "EPT02: invalidations" },
    { NIDUS_NESTED_ept_evictions, "ept02_evictions", "EPT02: evictions" },
};
#define NR_COUNTER_NAMES (sizeof(counter_names) / sizeof(counter_names[0]))

static const char *state_text(uint32_t state)
{
    switch ( state )
    {
    case NIDUS_NESTED_ON:
        return "yes";
    case NIDUS_NESTED_CONFIG:
        return "no: its configuration has no nestedhvm=1";
    case NIDUS_NESTED_CPU:
        return "no: the processor has too little VMX to offer";
    default:
        return "unknown";
    }
}

/* 0, or -1 with a message. */
static int ask(uint32_t domid, struct nested *n)
{
    memset(n, 0, sizeof(*n));
    n->info.nr_counters = MAX_COUNTERS;
    n->info.nr_msrs = NIDUS_NESTED_MSRS;
    if ( !xc_nidus_nested(libxl_ctx_xch(ctx), domid, &n->info, n->counters,
                          n->msrs) )
        return 0;
    if ( errno == ENOSYS || errno == EOPNOTSUPP )
        fprintf(stderr, "xl: this hypervisor is not Nidus: it does not tell "
                        "about nested domains\n");
    else
        fprintf(stderr, "xl: cannot ask about domain %u: %s\n", domid,
                strerror(errno));

    return -1;
}

static bool has_cap(const struct nested *n, const struct nested_cap *c)
{
    return n->info.nr_msrs && (n->msrs[c->msr] >> c->bit & 1);
}

/* The next reason from *reason on that any L2 exited for. */
static bool next_exit(const struct nested *n, unsigned int *reason)
{
    for ( ; NIDUS_NESTED_exit_l1(*reason) < n->info.nr_counters &&
            NIDUS_NESTED_exit_l1(*reason) < MAX_COUNTERS;
          ++*reason )
        if ( n->counters[NIDUS_NESTED_exit_l0(*reason)] ||
             n->counters[NIDUS_NESTED_exit_l1(*reason)] )
            return true;

    return false;
}

static void exit_name(unsigned int reason, char *buf, size_t size)
{
    const char *name = nested_exit_name(reason);

    if ( name )
        snprintf(buf, size, "%s", name);
    else
        snprintf(buf, size, "reason %u", reason);
}

static void print_text(const libxl_dominfo *d, const char *domain,
                       const struct nested *n)
{
    char name[32];
    unsigned int i;

    printf("%-40s %5u  %s\n", domain, d->domid, state_text(n->info.state));
    if ( n->info.state != NIDUS_NESTED_ON )
        return;
    printf("  L1 has:");
    for ( i = 0; i < nested_caps_count; i++ )
        if ( has_cap(n, &nested_caps[i]) )
            printf(" %s", nested_caps[i].name);
    printf("%s\n", n->info.nr_msrs ? "" : " (decided when it is built)");
    printf("  %-30s %15u\n", "VMCSs in use", n->info.contexts);
    printf("  %-30s %15u\n", "  with a shadow VMCS", n->info.shadowed);
    for ( i = 0; i < NR_COUNTER_NAMES; i++ )
        printf("  %-30s %15llu\n", counter_names[i].text,
               (unsigned long long)n->counters[counter_names[i].index]);
    i = 0;
    if ( next_exit(n, &i) )
        printf("  %-30s %15s %15s\n", "exits of L2s", "handled by L0",
               "given to L1");
    for ( ; next_exit(n, &i); i++ )
    {
        exit_name(i, name, sizeof(name));
        printf("    %-28s %15llu %15llu\n", name,
               (unsigned long long)n->counters[NIDUS_NESTED_exit_l0(i)],
               (unsigned long long)n->counters[NIDUS_NESTED_exit_l1(i)]);
    }
}

static void key(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static void number(yajl_gen g, const char *name, uint64_t val)
{
    key(g, name);
    yajl_gen_integer(g, (long long)val);
}

static void gen_exits(yajl_gen g, const struct nested *n)
{
    char name[32];

    yajl_gen_array_open(g);
    for ( unsigned int i = 0; next_exit(n, &i); i++ )
    {
        exit_name(i, name, sizeof(name));
        yajl_gen_map_open(g);
        number(g, "reason", i);
        key(g, "name");
        key(g, name);
        number(g, "l0", n->counters[NIDUS_NESTED_exit_l0(i)]);
        number(g, "l1", n->counters[NIDUS_NESTED_exit_l1(i)]);
        yajl_gen_map_close(g);
    }
    yajl_gen_array_close(g);
}

static void gen_domain(yajl_gen g, const libxl_dominfo *d, const char *domain,
                       const struct nested *n)
{
    unsigned int i;

    yajl_gen_map_open(g);
    number(g, "domid", d->domid);
    key(g, "name");
    key(g, domain);
    key(g, "nested");
    yajl_gen_bool(g, n->info.state == NIDUS_NESTED_ON);
    if ( n->info.state != NIDUS_NESTED_ON )
    {
        key(g, "reason");
        key(g, state_text(n->info.state) + strlen("no: "));
        yajl_gen_map_close(g);
        return;
    }
    key(g, "capabilities");
    yajl_gen_array_open(g);
    for ( i = 0; i < nested_caps_count; i++ )
        if ( has_cap(n, &nested_caps[i]) )
            key(g, nested_caps[i].name);
    yajl_gen_array_close(g);
    number(g, "vmcs02", n->info.contexts);
    number(g, "shadow_vmcs", n->info.shadowed);
    for ( i = 0; i < NR_COUNTER_NAMES; i++ )
        number(g, counter_names[i].json, n->counters[counter_names[i].index]);
    key(g, "l2_exits");
    gen_exits(g, n);
    yajl_gen_map_close(g);
}

static int show(const libxl_dominfo *list, int nr, bool json)
{
    const unsigned char *text;
    yajl_gen g = NULL;
    size_t len;
    int ret = EXIT_SUCCESS;

    if ( json )
    {
        g = yajl_gen_alloc(NULL);
        yajl_gen_config(g, yajl_gen_beautify, 1);
        yajl_gen_array_open(g);
    }
    else
        printf("%-40s %5s  %s\n", "Name", "ID", "Nested VMX");
    for ( int i = 0; i < nr && ret == EXIT_SUCCESS; i++ )
    {
        struct nested n;
        char *name = domain_name(list[i].domid);

        if ( ask(list[i].domid, &n) )
            ret = EXIT_FAILURE;
        else if ( json )
            gen_domain(g, &list[i], name, &n);
        else
            print_text(&list[i], name, &n);
        free(name);
    }
    if ( !json )
        return ret;
    yajl_gen_array_close(g);
    if ( ret == EXIT_SUCCESS &&
         yajl_gen_get_buf(g, &text, &len) == yajl_gen_status_ok )
        fwrite(text, 1, len, stdout);
    yajl_gen_free(g);

    return ret;
}

/* --- xl nested check --- */

/* One finding, and whether it stands in the way. */
static bool finding(bool good, const char *text)
{
    printf("%-8s %s\n", good ? "ok" : "PROBLEM", text);
    return good;
}

static bool check_host(void)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    struct nested n = { .info.nr_counters = MAX_COUNTERS };
    xc_physinfo_t p;
    bool good;

    if ( xc_physinfo(xch, &p) )
        return finding(false, "the hypervisor does not answer");
    good = finding(p.capabilities & XEN_SYSCTL_PHYSCAP_hvm,
                   "the processor's virtualization is on (VMX, not locked off "
                   "by the firmware)");
    good &= finding(p.capabilities & XEN_SYSCTL_PHYSCAP_hap,
                    "the processor has extended page tables (EPT)");
    if ( xc_nidus_nested(xch, 0, &n.info, n.counters, n.msrs) &&
         errno == ENOSYS )
        printf("%-8s %s\n", "note",
               "this is Xen, not Nidus: nested virtualization is a technical "
               "preview there");
    else
        finding(true, "this is Nidus, which is made for nested guests");

    return good;
}

#define LEAF_FEATURES 1
#define REG_ECX       2
#define ECX_VMX       (1u << 5)

static bool check_config(const char *file)
{
    libxl_domain_config config;
    struct cfg *cfg = cfg_new(NULL, NULL);
    const libxl_domain_build_info *b = &config.b_info;
    bool good, masked = false;

    libxl_domain_config_init(&config);
    if ( !cfg || cfg_parse_file(cfg, file) ||
         !parse_domain_config(cfg, &config) )
    {
        cfg_free(cfg);
        return finding(false, "the configuration cannot be read");
    }
    good = finding(b->nested_hvm, "the configuration has nestedhvm=1");
    for ( unsigned int i = 0; i < b->nr_cpuid; i++ )
        masked |= b->cpuid[i].leaf == LEAF_FEATURES &&
                  b->cpuid[i].reg == REG_ECX && (b->cpuid[i].clear & ECX_VMX);
    good &= finding(!masked, "cpuid= leaves VMX visible");
    libxl_domain_config_dispose(&config);
    cfg_free(cfg);

    return good;
}

static bool check_domain(uint32_t domid)
{
    struct nested n;

    return !ask(domid, &n) &&
           finding(n.info.state == NIDUS_NESTED_ON,
                   n.info.state == NIDUS_NESTED_ON
                       ? "the domain has VMX"
                       : state_text(n.info.state) + strlen("no: "));
}

static int check(const char *what)
{
    bool good = check_host();
    FILE *f = what ? fopen(what, "r") : NULL;

    if ( f )
    {
        fclose(f);
        good &= check_config(what);
    }
    else if ( what )
        good &= check_domain(find_domain(what));
    printf("%s%s %s start guests of its own.\n",
           what ? "" : "A guest with nestedhvm=1", what ? what : "",
           good ? "can" : "cannot");

    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main_nested(int argc, char **argv)
{
    static const struct option long_options[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    libxl_dominfo one, *list;
    bool json = false;
    int opt, nr = 1, ret;

    while ( (opt = getopt_long(argc, argv, "hj", long_options, NULL)) != -1 )
        switch ( opt )
        {
        case 'j':
            json = true;
            break;
        case 'h':
            help(argv[0]);
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "option `%c' not supported.\n", optopt);
            return EXIT_FAILURE;
        }
    need_context();
    if ( optind < argc && !strcmp(argv[optind], "check") )
        return check(argv[optind + 1]);
    if ( optind < argc )
    {
        if ( libxl_domain_info(ctx, &one, find_domain(argv[optind])) )
            return EXIT_FAILURE;
        return show(&one, nr, json);
    }
    if ( !(list = libxl_list_domain(ctx, &nr)) )
        return EXIT_FAILURE;
    ret = show(list, nr, json);
    free(list);

    return ret;
}
