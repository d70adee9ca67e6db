/* SPDX-License-Identifier: MIT */
/* xl top: what is sampled, and how it becomes lines of text. */
#ifndef XL_TOP_H
#define XL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_NAME_MAX  64
#define TOP_UNLIMITED UINT64_MAX

/* One virtual network interface, as its guest sees it. */
struct top_net
{
    int devid;
    struct
    {
        uint64_t bytes, packets, errors, drops;
    } rx, tx;
};

/* One virtual block device. */
struct top_vbd
{
    int devid;
    uint64_t waits, reads, writes, sectors_read, sectors_written;
};

enum
{
    TOP_DYING = 1,
    TOP_SHUTDOWN = 2,
    TOP_BLOCKED = 4,
    TOP_CRASHED = 8,
    TOP_PAUSED = 16,
    TOP_RUNNING = 32,
};

struct top_domain
{
    uint32_t domid, ssid;
    char name[TOP_NAME_MAX];
    unsigned int state;        /* TOP_* */
    uint64_t cpu_ns;           /* since it was created */
    uint64_t mem_kb, max_kb;   /* max_kb may be TOP_UNLIMITED */
    unsigned int nr_vcpus;     /* online ones */
    unsigned int nr_vcpu_time; /* entries of vcpu_ns; ~0 for those offline */
    uint64_t *vcpu_ns;
    unsigned int nr_nets, nr_vbds;
    struct top_net *nets;
    struct top_vbd *vbds;
};

struct top_sample
{
    uint64_t time_ns;
    uint64_t total_kb, free_kb;
    unsigned int nr_cpus, cpu_mhz;
    char version[32];
    unsigned int nr_domains;
    struct top_domain *domains; /* by id */
};

struct top_options
{
    bool nets, vbds, vcpus, full_name, dom0_first;
    unsigned int sort; /* index of a column */
};

/*
 * Lines of a sample, through emit(); heading says that it is the columns'
 * names. CPU shares are since before, which may be null for none.
 */
typedef void top_emit(void *opaque, const char *line, bool heading);

void top_print_summary(const struct top_sample *now, const char *clock,
                       top_emit *emit, void *opaque);
void top_print_domains(const struct top_sample *now,
                       const struct top_sample *before,
                       const struct top_options *options, top_emit *emit,
                       void *opaque);
/* The name of a column to sort by; null beyond the last. */
const char *top_column_name(unsigned int column);

/* Fill in a sample; false with errno. */
bool top_sample_take(struct top_sample *sample);
void top_sample_free(struct top_sample *sample);

#endif
