/* SPDX-License-Identifier: MIT */
/* xl top: asking the hypervisor and the kernel's back ends. */

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xl.h"
#include "xl_top.h"

#define NET_STATISTICS "/proc/net/dev"
#define BACKENDS       "/sys/bus/xen-backend/devices"

#define MAX_DOMAINS    1024u

static void take_host(struct top_sample *s)
{
    xc_interface *xch = libxl_ctx_xch(ctx);
    const uint64_t kb_per_page = XC_PAGE_SIZE / 1024;
    xen_extraversion_t extra = "";
    xc_physinfo_t p;
    int version;

    if ( !xc_physinfo(xch, &p) )
    {
        s->total_kb = p.total_pages * kb_per_page;
        s->free_kb = p.free_pages * kb_per_page;
        s->nr_cpus = p.nr_cpus;
        s->cpu_mhz = p.cpu_khz / 1000;
    }
    version = xc_version(xch, XENVER_version, NULL);
    xc_version(xch, XENVER_extraversion, extra);
    snprintf(s->version, sizeof(s->version), "%d.%d%.*s", version >> 16,
             version & 0xffff, (int)sizeof(extra), extra);
}

static void take_vcpus(struct top_domain *d, unsigned int max_id)
{
    xc_vcpuinfo_t info;
    unsigned int i;

    d->vcpu_ns = calloc(max_id + 1, sizeof(*d->vcpu_ns));
    if ( !d->vcpu_ns )
        return;
    d->nr_vcpu_time = max_id + 1;
    for ( i = 0; i <= max_id; i++ )
        if ( xc_vcpu_getinfo(libxl_ctx_xch(ctx), d->domid, i, &info) ||
             !info.online )
            d->vcpu_ns[i] = UINT64_MAX;
        else
            d->vcpu_ns[i] = info.cpu_time;
}

static unsigned int state_of(const xc_domaininfo_t *info)
{
    static const struct
    {
        uint32_t flag;
        unsigned int state;
    } map[] = {
        { XEN_DOMINF_dying, TOP_DYING },
        { XEN_DOMINF_shutdown, TOP_SHUTDOWN },
        { XEN_DOMINF_blocked, TOP_BLOCKED },
        { XEN_DOMINF_paused, TOP_PAUSED },
        { XEN_DOMINF_running, TOP_RUNNING },
    };
    uint32_t reason =
        (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    unsigned int i, state = 0;

    for ( i = 0; i < sizeof(map) / sizeof(map[0]); i++ )
        if ( info->flags & map[i].flag )
            state |= map[i].state;
    if ( (state & TOP_SHUTDOWN) && reason == SHUTDOWN_crash )
        state = (state & ~TOP_SHUTDOWN) | TOP_CRASHED;
    return state;
}

static void take_domain(struct top_domain *d, const xc_domaininfo_t *info)
{
    const uint64_t kb_per_page = XC_PAGE_SIZE / 1024;
    char *name = domain_name(info->domain);

    d->domid = info->domain;
    d->ssid = info->ssidref;
    snprintf(d->name, sizeof(d->name), "%s", name);
    free(name);
    d->state = state_of(info);
    d->cpu_ns = info->cpu_time;
    d->mem_kb = info->tot_pages * kb_per_page;
    /* A limit of all ones is none. */
    d->max_kb = (uint32_t)info->max_pages == UINT32_MAX
                    ? TOP_UNLIMITED
                    : info->max_pages * kb_per_page;
    d->nr_vcpus = info->nr_online_vcpus;
    if ( info->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID )
        take_vcpus(d, info->max_vcpu_id);
}

static struct top_domain *domain_of(struct top_sample *s, uint32_t domid)
{
    unsigned int i;

    for ( i = 0; i < s->nr_domains; i++ )
        if ( s->domains[i].domid == domid )
            return &s->domains[i];
    return NULL;
}

/*
 * Interfaces vifDOMID.N; what the host receives the guest has sent. A line:
 * name: 8 numbers received, 8 sent, each bytes packets errors drops ...
 */
static void take_nets(struct top_sample *s)
{
    FILE *f = fopen(NET_STATISTICS, "re");
    char line[512];

    while ( f && fgets(line, sizeof(line), f) )
    {
        struct top_net n = { 0 };
        struct top_domain *d;
        struct top_net *grown;
        unsigned int domid;

        if ( sscanf(line,
                    " vif%u.%d: %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                    " %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64
                    " %" SCNu64,
                    &domid, &n.devid, &n.tx.bytes, &n.tx.packets, &n.tx.errors,
                    &n.tx.drops, &n.rx.bytes, &n.rx.packets, &n.rx.errors,
                    &n.rx.drops) != 10 )
            continue;
        d = domain_of(s, domid);
        if ( !d )
            continue;
        grown = realloc(d->nets, (d->nr_nets + 1) * sizeof(*grown));
        if ( !grown )
            continue;
        d->nets = grown;
        d->nets[d->nr_nets++] = n;
    }
    if ( f )
        fclose(f);
}

static uint64_t statistic(const char *device, const char *name)
{
    char path[512];
    uint64_t value = 0;
    FILE *f;

    snprintf(path, sizeof(path), BACKENDS "/%s/statistics/%s", device, name);
    f = fopen(path, "re");
    if ( f && fscanf(f, "%" SCNu64, &value) != 1 )
        value = 0;
    if ( f )
        fclose(f);
    return value;
}

/* Devices vbd-DOMID-N */
static void take_vbds(struct top_sample *s)
{
    DIR *dir = opendir(BACKENDS);
    struct dirent *e;

    while ( dir && (e = readdir(dir)) )
    {
        struct top_vbd v, *grown;
        struct top_domain *d;
        unsigned int domid;

        if ( sscanf(e->d_name, "vbd-%u-%d", &domid, &v.devid) != 2 ||
             !(d = domain_of(s, domid)) )
            continue;
        v.waits = statistic(e->d_name, "oo_req");
        v.reads = statistic(e->d_name, "rd_req");
        v.writes = statistic(e->d_name, "wr_req");
        v.sectors_read = statistic(e->d_name, "rd_sect");
        v.sectors_written = statistic(e->d_name, "wr_sect");
        grown = realloc(d->vbds, (d->nr_vbds + 1) * sizeof(*grown));
        if ( !grown )
            continue;
        d->vbds = grown;
        d->vbds[d->nr_vbds++] = v;
    }
    if ( dir )
        closedir(dir);
}

bool top_sample_take(struct top_sample *s)
{
    xc_domaininfo_t *list = calloc(MAX_DOMAINS, sizeof(*list));
    struct timespec now;
    int i, nr;

    *s = (struct top_sample){ 0 };
    if ( !list )
        return false;
    nr = xc_domain_getinfolist(libxl_ctx_xch(ctx), 0, MAX_DOMAINS, list);
    clock_gettime(CLOCK_MONOTONIC, &now);
    if ( nr >= 0 )
        s->domains = calloc(nr + 1, sizeof(*s->domains));
    if ( !s->domains )
    {
        free(list);
        return false;
    }
    s->time_ns = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
    s->nr_domains = nr;
    take_host(s);
    for ( i = 0; i < nr; i++ )
        take_domain(&s->domains[i], &list[i]);
    take_nets(s);
    take_vbds(s);
    free(list);
    return true;
}

void top_sample_free(struct top_sample *s)
{
    unsigned int i;

    for ( i = 0; i < s->nr_domains; i++ )
    {
        free(s->domains[i].vcpu_ns);
        free(s->domains[i].nets);
        free(s->domains[i].vbds);
    }
    free(s->domains);
    *s = (struct top_sample){ 0 };
}
