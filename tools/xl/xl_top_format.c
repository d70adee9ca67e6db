/* SPDX-License-Identifier: MIT */
/* xl top: samples as lines of text, in xentop's columns. Pure. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl_top.h"

#define LINE_MAX_CHARS 512
#define VCPUS_IN_LINE  5

/* A domain with what is worked out from two samples. */
struct row
{
    const struct top_domain *d;
    double cpu, mem, max; /* percent */
    uint64_t net_tx_kb, net_rx_kb;
    struct top_vbd vbd; /* all of them */
};

struct line
{
    char text[LINE_MAX_CHARS];
    size_t length;
};

static void __attribute__((format(printf, 2, 3)))
add(struct line *l, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(l->text + l->length, sizeof(l->text) - l->length, fmt, ap);
    va_end(ap);
    if ( n > 0 )
        l->length += (size_t)n;
    if ( l->length >= sizeof(l->text) )
        l->length = sizeof(l->text) - 1;
}

/* --- columns --- */

static int compare(double a, double b)
{
    return a < b ? -1 : a > b;
}

static void show_name(struct line *l, const struct row *r, bool full)
{
    add(l, full ? "%10s" : "%10.10s", r->d->name);
}

static int order_name(const struct row *a, const struct row *b)
{
    return strcmp(b->d->name, a->d->name);
}

static void show_state(struct line *l, const struct row *r, bool full)
{
    static const char letters[] = "dsbcpr";
    unsigned int i;

    for ( i = 0; letters[i]; i++ )
        add(l, "%c", r->d->state & (1u << i) ? letters[i] : '-');
}

static int order_state(const struct row *a, const struct row *b)
{
    return compare(a->d->state, b->d->state);
}

static void show_max(struct line *l, const struct row *r, bool full)
{
    if ( r->d->max_kb == TOP_UNLIMITED )
        add(l, "%10s", "no limit");
    else
        add(l, "%10" PRIu64, r->d->max_kb);
}

static void show_max_share(struct line *l, const struct row *r, bool full)
{
    if ( r->d->max_kb == TOP_UNLIMITED )
        add(l, "%9s", "n/a");
    else
        add(l, "%9.1f", r->max);
}

#define COLUMN(id, format, value)                                         \
    static void show_##id(struct line *l, const struct row *r, bool full) \
    {                                                                     \
        add(l, format, value);                                            \
    }                                                                     \
    static int order_##id(const struct row *a, const struct row *b)       \
    {                                                                     \
        return compare_by_##id(a) == compare_by_##id(b)                   \
                   ? 0                                                    \
                   : compare(compare_by_##id(a), compare_by_##id(b));     \
    }
#define KEY(id, value)                                 \
    static double compare_by_##id(const struct row *r) \
    {                                                  \
        return (double)(value);                        \
    }
#define SIMPLE(id, format, value) KEY(id, value) COLUMN(id, format, value)

SIMPLE(cpu_time, "%10" PRIu64, r->d->cpu_ns / 1000000000)
SIMPLE(cpu_share, "%6.1f", r->cpu)
SIMPLE(mem, "%10" PRIu64, r->d->mem_kb)
SIMPLE(mem_share, "%6.1f", r->mem)
SIMPLE(vcpus, "%5u", r->d->nr_vcpus)
SIMPLE(nets, "%4u", r->d->nr_nets)
SIMPLE(net_tx, "%8" PRIu64, r->net_tx_kb)
SIMPLE(net_rx, "%8" PRIu64, r->net_rx_kb)
SIMPLE(vbds, "%4u", r->d->nr_vbds)
SIMPLE(vbd_waits, "%8" PRIu64, r->vbd.waits)
SIMPLE(vbd_reads, "%8" PRIu64, r->vbd.reads)
SIMPLE(vbd_writes, "%8" PRIu64, r->vbd.writes)
SIMPLE(vbd_rsect, "%10" PRIu64, r->vbd.sectors_read)
SIMPLE(vbd_wsect, "%10" PRIu64, r->vbd.sectors_written)
SIMPLE(ssid, "%4u", r->d->ssid)

static int order_max(const struct row *a, const struct row *b)
{
    return compare((double)a->d->max_kb, (double)b->d->max_kb);
}

static const struct
{
    const char *name;
    int width;
    void (*show)(struct line *l, const struct row *r, bool full);
    int (*order)(const struct row *a, const struct row *b);
} columns[] = {
    { "NAME", 10, show_name, order_name },
    { "STATE", 6, show_state, order_state },
    { "CPU(sec)", 10, show_cpu_time, order_cpu_time },
    { "CPU(%)", 6, show_cpu_share, order_cpu_share },
    { "MEM(k)", 10, show_mem, order_mem },
    { "MEM(%)", 6, show_mem_share, order_mem_share },
    { "MAXMEM(k)", 10, show_max, order_max },
    { "MAXMEM(%)", 9, show_max_share, order_max },
    { "VCPUS", 5, show_vcpus, order_vcpus },
    { "NETS", 4, show_nets, order_nets },
    { "NETTX(k)", 8, show_net_tx, order_net_tx },
    { "NETRX(k)", 8, show_net_rx, order_net_rx },
    { "VBDS", 4, show_vbds, order_vbds },
    { "VBD_OO", 8, show_vbd_waits, order_vbd_waits },
    { "VBD_RD", 8, show_vbd_reads, order_vbd_reads },
    { "VBD_WR", 8, show_vbd_writes, order_vbd_writes },
    { "VBD_RSECT", 10, show_vbd_rsect, order_vbd_rsect },
    { "VBD_WSECT", 10, show_vbd_wsect, order_vbd_wsect },
    { "SSID", 4, show_ssid, order_ssid },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

const char *top_column_name(unsigned int column)
{
    return column < NR_COLUMNS ? columns[column].name : NULL;
}

/* --- rows --- */

static const struct top_domain *find(const struct top_sample *s, uint32_t domid)
{
    unsigned int i;

    for ( i = 0; s && i < s->nr_domains; i++ )
        if ( s->domains[i].domid == domid )
            return &s->domains[i];
    return NULL;
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void work_out(struct row *r, const struct top_domain *d,
                     const struct top_sample *now,
                     const struct top_sample *before)
{
    const struct top_domain *was = find(before, d->domid);
    unsigned int i;

    *r = (struct row){ .d = d };
    if ( was && d->cpu_ns >= was->cpu_ns )
        r->cpu = percent((double)(d->cpu_ns - was->cpu_ns),
                         (double)(now->time_ns - before->time_ns));
    r->mem = percent((double)d->mem_kb, (double)now->total_kb);
    r->max = percent((double)d->max_kb, (double)now->total_kb);
    for ( i = 0; i < d->nr_nets; i++ )
    {
        r->net_tx_kb += d->nets[i].tx.bytes / 1024;
        r->net_rx_kb += d->nets[i].rx.bytes / 1024;
    }
    for ( i = 0; i < d->nr_vbds; i++ )
    {
        r->vbd.waits += d->vbds[i].waits;
        r->vbd.reads += d->vbds[i].reads;
        r->vbd.writes += d->vbds[i].writes;
        r->vbd.sectors_read += d->vbds[i].sectors_read;
        r->vbd.sectors_written += d->vbds[i].sectors_written;
    }
}

/* The highest first, equals by id; qsort() has no argument for it. */
static const struct top_options *sorting;

static int by_column(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order = 0;

    if ( sorting->dom0_first && !a->d->domid != !b->d->domid )
        return a->d->domid ? 1 : -1;
    if ( sorting->sort < NR_COLUMNS )
        order = columns[sorting->sort].order(b, a);
    return order ? order : a->d->domid < b->d->domid ? -1 : 1;
}

static void print_vcpus(const struct top_domain *d, top_emit *emit,
                        void *opaque)
{
    struct line l = { .length = 0 };
    unsigned int i, shown = 0;

    add(&l, "VCPUs(sec): ");
    for ( i = 0; i < d->nr_vcpu_time; i++ )
    {
        if ( d->vcpu_ns[i] == UINT64_MAX )
            continue;
        if ( shown && shown % VCPUS_IN_LINE == 0 )
        {
            emit(opaque, l.text, false);
            l.length = 0;
            add(&l, "%12s", "");
        }
        add(&l, " %2u: %10" PRIu64 "s", i, d->vcpu_ns[i] / 1000000000);
        shown++;
    }
    emit(opaque, l.text, false);
}

static void print_nets(const struct top_domain *d, top_emit *emit, void *opaque)
{
    unsigned int i;

    for ( i = 0; i < d->nr_nets; i++ )
    {
        const struct top_net *n = &d->nets[i];
        struct line l = { .length = 0 };

        add(&l,
            "Net%d RX: %8" PRIu64 "bytes %8" PRIu64 "pkts %8" PRIu64
            "err %8" PRIu64 "drop  ",
            n->devid, n->rx.bytes, n->rx.packets, n->rx.errors, n->rx.drops);
        add(&l,
            "TX: %8" PRIu64 "bytes %8" PRIu64 "pkts %8" PRIu64 "err %8" PRIu64
            "drop",
            n->tx.bytes, n->tx.packets, n->tx.errors, n->tx.drops);
        emit(opaque, l.text, false);
    }
}

static void print_vbds(const struct top_domain *d, top_emit *emit, void *opaque)
{
    unsigned int i;

    for ( i = 0; i < d->nr_vbds; i++ )
    {
        const struct top_vbd *v = &d->vbds[i];
        struct line l = { .length = 0 };

        add(&l,
            "VBD BlkBack %4d [%2x:%2x]  OO: %8" PRIu64 "   RD: %8" PRIu64
            "   WR: %8" PRIu64 "  RSECT: %10" PRIu64 "  WSECT: %10" PRIu64,
            v->devid, (v->devid >> 8) & 0xff, v->devid & 0xff, v->waits,
            v->reads, v->writes, v->sectors_read, v->sectors_written);
        emit(opaque, l.text, false);
    }
}

static void print_row(const struct row *r, const struct top_options *options,
                      top_emit *emit, void *opaque)
{
    struct line l = { .length = 0 };
    unsigned int i;

    for ( i = 0; i < NR_COLUMNS; i++ )
    {
        if ( i )
            add(&l, " ");
        columns[i].show(&l, r, options->full_name);
    }
    emit(opaque, l.text, false);
    if ( options->vcpus )
        print_vcpus(r->d, emit, opaque);
    if ( options->nets )
        print_nets(r->d, emit, opaque);
    if ( options->vbds )
        print_vbds(r->d, emit, opaque);
}

void top_print_domains(const struct top_sample *now,
                       const struct top_sample *before,
                       const struct top_options *options, top_emit *emit,
                       void *opaque)
{
    struct row *rows = calloc(now->nr_domains + 1, sizeof(*rows));
    struct line heading = { .length = 0 };
    unsigned int i;

    if ( !rows )
        return;
    for ( i = 0; i < NR_COLUMNS; i++ )
        add(&heading, "%s%*s", i ? " " : "", columns[i].width, columns[i].name);
    emit(opaque, heading.text, true);

    for ( i = 0; i < now->nr_domains; i++ )
        work_out(&rows[i], &now->domains[i], now, before);
    sorting = options;
    qsort(rows, now->nr_domains, sizeof(*rows), by_column);
    for ( i = 0; i < now->nr_domains; i++ )
        print_row(&rows[i], options, emit, opaque);
    free(rows);
}

void top_print_summary(const struct top_sample *now, const char *clock,
                       top_emit *emit, void *opaque)
{
    static const struct
    {
        unsigned int state;
        const char *name;
    } states[] = {
        { TOP_RUNNING, "running" }, { TOP_BLOCKED, "blocked" },
        { TOP_PAUSED, "paused" },   { TOP_CRASHED, "crashed" },
        { TOP_DYING, "dying" },     { TOP_SHUTDOWN, "shutdown" },
    };
    struct line l = { .length = 0 };
    unsigned int i, k, nr;

    add(&l, "xl top - %s   Xen %s", clock, now->version);
    emit(opaque, l.text, false);

    l.length = 0;
    add(&l, "%u domains:", now->nr_domains);
    for ( k = 0; k < sizeof(states) / sizeof(states[0]); k++ )
    {
        for ( nr = i = 0; i < now->nr_domains; i++ )
            nr += !!(now->domains[i].state & states[k].state);
        add(&l, "%s %u %s", k ? "," : "", nr, states[k].name);
    }
    emit(opaque, l.text, false);

    l.length = 0;
    add(&l,
        "Mem: %" PRIu64 "k total, %" PRIu64 "k used, %" PRIu64
        "k free    CPUs: %u @ %uMHz",
        now->total_kb, now->total_kb - now->free_kb, now->free_kb, now->nr_cpus,
        now->cpu_mhz);
    emit(opaque, l.text, false);
}
