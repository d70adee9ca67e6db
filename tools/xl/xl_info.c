/* SPDX-License-Identifier: MIT */
/* xl info: the machine and the hypervisor. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <xen/arch-x86/cpuid.h>

#include "xl.h"
#include "xl_cmds.h"

#define FIELD(name, fmt, ...) printf("%-22s : " fmt "\n", name, __VA_ARGS__)

#define MAX_TOPOLOGY          4096u
#define MAX_NODES             64u

static void print_host(void)
{
    struct utsname u;

    if ( uname(&u) )
        return;
    FIELD("host", "%s", u.nodename);
    FIELD("release", "%s", u.release);
    FIELD("version", "%s", u.version);
    FIELD("machine", "%s", u.machine);
}

static void print_capabilities(uint32_t caps)
{
    static const struct
    {
        uint32_t bit;
        const char *name;
    } names[] = {
        { XEN_SYSCTL_PHYSCAP_pv, "pv" },
        { XEN_SYSCTL_PHYSCAP_hvm, "hvm" },
        { XEN_SYSCTL_PHYSCAP_hap, "hap" },
        { XEN_SYSCTL_PHYSCAP_shadow, "shadow" },
        { XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share, "iommu_hap_pt_share" },
        { XEN_SYSCTL_PHYSCAP_vmtrace, "vmtrace" },
        { XEN_SYSCTL_PHYSCAP_vpmu, "vpmu" },
        { XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1" },
        { XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2" },
    };
    const uint32_t hvm_directio =
        XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_directio;
    size_t i;

    printf("%-22s :", "virt_caps");
    for ( i = 0; i < sizeof(names) / sizeof(names[0]); i++ )
    {
        if ( caps & names[i].bit )
            printf(" %s", names[i].name);
        if ( i == 1 && (caps & hvm_directio) == hvm_directio )
            printf(" hvm_directio");
    }
    putchar('\n');
}

static int print_physinfo(void)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    const unsigned int pages_per_mib = (1u << 20) >> XC_PAGE_SHIFT;
    xc_physinfo_t p;
    xc_cpumap_t map;
    int cpu, max, nr_free = 0;

    if ( xc_physinfo(xch, &p) )
    {
        fprintf(stderr, "xl: cannot ask the hypervisor about the machine: %s\n",
                strerror(errno));
        return EXIT_FAILURE;
    }
    FIELD("nr_cpus", "%u", p.nr_cpus);
    FIELD("max_cpu_id", "%u", p.max_cpu_id);
    FIELD("nr_nodes", "%u", p.nr_nodes);
    FIELD("cores_per_socket", "%u", p.cores_per_socket);
    FIELD("threads_per_core", "%u", p.threads_per_core);
    FIELD("cpu_mhz", "%u.%03u", p.cpu_khz / 1000, p.cpu_khz % 1000);
    FIELD("hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", p.hw_cap[0],
          p.hw_cap[1], p.hw_cap[2], p.hw_cap[3], p.hw_cap[4], p.hw_cap[5],
          p.hw_cap[6], p.hw_cap[7]);
    print_capabilities(p.capabilities);
    FIELD("total_memory", "%llu",
          (unsigned long long)p.total_pages / pages_per_mib);
    FIELD("free_memory", "%llu",
          (unsigned long long)(p.free_pages - p.outstanding_pages) /
              pages_per_mib);
    FIELD("sharing_freed_memory", "%d", 0);
    FIELD("sharing_used_memory", "%d", 0);
    FIELD("outstanding_claims", "%llu",
          (unsigned long long)p.outstanding_pages / pages_per_mib);

    map = xc_cpupool_freeinfo(xch);
    max = xc_get_max_cpus(xch);
    for ( cpu = 0; map && cpu < max; cpu++ )
        nr_free += xc_cpumap_testcpu(cpu, map);
    free(map);
    FIELD("free_cpus", "%d", nr_free);
    return EXIT_SUCCESS;
}

static void print_build_id(xc_interface *xch)
{
    uint8_t id[64];
    int n = xc_build_id(xch, id, sizeof(id)), i;

    printf("%-22s : ", "build_id");
    for ( i = 0; i < n; i++ )
        printf("%02x", id[i]);
    putchar('\n');
}

static void print_version(void)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    union
    {
        xen_extraversion_t extra;
        xen_capabilities_info_t caps;
        xen_platform_parameters_t platform;
        xen_changeset_info_t changeset;
        xen_commandline_t commandline;
        xen_compile_info_t compile;
    } u;
    int version = xc_version(xch, XENVER_version, NULL);
    int sched = -1, pagesize = xc_version(xch, XENVER_pagesize, NULL);

    /* All of them are strings that fill their array at the most. */
    memset(&u, 0, sizeof(u));
    xc_version(xch, XENVER_extraversion, &u.extra);
    FIELD("xen_major", "%d", version >> 16);
    FIELD("xen_minor", "%d", version & 0xffff);
    FIELD("xen_extra", "%.*s", (int)sizeof(u.extra), u.extra);
    FIELD("xen_version", "%d.%d%.*s", version >> 16, version & 0xffff,
          (int)sizeof(u.extra), u.extra);
    memset(&u, 0, sizeof(u));
    xc_version(xch, XENVER_capabilities, &u.caps);
    FIELD("xen_caps", "%.*s", (int)sizeof(u.caps), u.caps);
    xc_sched_id(xch, &sched);
    FIELD("xen_scheduler", "%s", libxl_scheduler_to_string(sched));
    FIELD("xen_pagesize", "%d", pagesize);
    memset(&u, 0, sizeof(u));
    xc_version(xch, XENVER_platform_parameters, &u.platform);
    FIELD("platform_params", "virt_start=0x%llx",
          (unsigned long long)u.platform.virt_start);
    memset(&u, 0, sizeof(u));
    xc_version(xch, XENVER_changeset, &u.changeset);
    FIELD("xen_changeset", "%.*s", (int)sizeof(u.changeset), u.changeset);
    memset(&u, 0, sizeof(u));
    xc_version(xch, XENVER_commandline, &u.commandline);
    FIELD("xen_commandline", "%.*s", (int)sizeof(u.commandline), u.commandline);
    memset(&u, 0, sizeof(u));
    xc_version(xch, XENVER_compile_info, &u.compile);
    FIELD("cc_compiler", "%.*s", (int)sizeof(u.compile.compiler),
          u.compile.compiler);
    FIELD("cc_compile_by", "%.*s", (int)sizeof(u.compile.compile_by),
          u.compile.compile_by);
    FIELD("cc_compile_domain", "%.*s", (int)sizeof(u.compile.compile_domain),
          u.compile.compile_domain);
    FIELD("cc_compile_date", "%.*s", (int)sizeof(u.compile.compile_date),
          u.compile.compile_date);
    print_build_id(xch);
    FIELD("xend_config_format", "%d", 4);
}

static void print_topology(void)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    xc_cputopo_t *topo = xl_alloc(MAX_TOPOLOGY, sizeof(*topo));
    xc_meminfo_t *mem = xl_alloc(MAX_NODES, sizeof(*mem));
    uint32_t *dist = xl_alloc(MAX_NODES * MAX_NODES, sizeof(*dist));
    unsigned int nr = MAX_TOPOLOGY, i, j;

    printf("cpu_topology           :\ncpu:    core    socket     node\n");
    if ( !xc_cputopoinfo(xch, &nr, topo) )
        for ( i = 0; i < nr && i < MAX_TOPOLOGY; i++ )
            if ( topo[i].core != ~0u )
                printf("%3u:    %4u     %4u     %4u\n", i, topo[i].core,
                       topo[i].socket, topo[i].node);
    printf("device topology        :\ndevice           node\n"
           "No device topology data available\n");

    nr = MAX_NODES;
    printf("numa_info              :\nnode:    memsize    memfree    "
           "distances\n");
    if ( !xc_numainfo(xch, &nr, mem, dist) )
        for ( i = 0; i < nr && i < MAX_NODES; i++ )
        {
            printf("%4u:    %6llu     %6llu      %u", i,
                   (unsigned long long)mem[i].memsize >> 20,
                   (unsigned long long)mem[i].memfree >> 20, dist[i * nr]);
            for ( j = 1; j < nr; j++ )
                printf(",%u", dist[i * nr + j]);
            putchar('\n');
        }
    free(topo);
    free(mem);
    free(dist);
}

int main_info(int argc, char **argv)
{
    static const struct long_name names[] = { { "numa", 'n' }, { NULL, 0 } };
    bool numa = false;
    int opt, ret;

    FOREACH_LONG_OPTION(opt, argc, argv, "n", names, 0)
    {
    case 'n':
        numa = true;
        break;
    }
    print_host();
    ret = print_physinfo();
    if ( numa )
        print_topology();
    print_version();
    return ret;
}
