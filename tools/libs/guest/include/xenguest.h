/* SPDX-License-Identifier: MIT */
/* The domain builder: from kernel and ramdisk files to a PVH domain. */
#ifndef XENGUEST_H
#define XENGUEST_H

/*
 * A build has three steps.
 *
 * xg_image_open() reads and checks the kernel, and finds the ramdisk: it needs
 * no hypervisor, so that most mistakes are found before a domain exists.
 * xg_plan() decides where everything goes in guest memory.
 * xg_build_pvh() gives the domain its memory, fills it, and sets its first
 * vcpu up to start. What it leaves behind after a failure goes away with the
 * domain.
 *
 * Failures are -1 with one line for the user in struct xg_error. All but
 * build.c is pure: bytes in, bytes out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

struct xg_error
{
    char text[512];
};

/* A part of the kernel as it is to be in guest memory. */
struct xg_segment
{
    uint64_t paddr;
    uint64_t memsz;
    uint64_t filesz;
    uint64_t offset;
};

#define XG_MAX_SEGMENTS 32

struct xg_kernel
{
    const uint8_t *data; /* the ELF file's bytes */
    size_t size;
    bool elf64;
    uint32_t entry; /* PVH entry point, physical */
    uint64_t start, end;
    unsigned int nr_segments;
    struct xg_segment segments[XG_MAX_SEGMENTS];
    char guest_os[32];
};

struct xg_image
{
    struct xg_kernel kernel;
    char *ramdisk_path; /* null: none */
    uint64_t ramdisk_size;
    /* Internal: who owns kernel.data. */
    void *map;
    size_t map_size;
    void *unpacked;
    int ramdisk_fd;
};

/* A run of guest memory for the map that guest and hypervisor get. */
struct xg_region
{
    uint64_t addr, size;
    uint32_t type; /* XEN_HVM_MEMMAP_TYPE_* */
};

#define XG_MAX_REGIONS 8

struct xg_plan
{
    /* RAM is [0, lowmem_end) and, if highmem_end is set, [4G, highmem_end). */
    uint64_t lowmem_end, highmem_end;
    uint64_t start_info, start_info_size;
    uint64_t ramdisk, ramdisk_size;
    uint64_t rsdp;
    unsigned int nr_regions;
    struct xg_region regions[XG_MAX_REGIONS];
};

struct xg_config
{
    const char *cmdline;   /* may be null */
    uint64_t memory_kb;    /* what the domain is to have */
    uint64_t maxmem_kb;    /* what it may grow to: its memory map */
    unsigned int nr_vcpus; /* its highest number of vcpus */
    uint32_t console_domid, store_domid;
    uint32_t console_port, store_port;
    bool populate_on_demand;
    /* Results. */
    xen_pfn_t console_gfn, store_gfn;
};

int xg_image_open(struct xg_image *image, const char *kernel,
                  const char *ramdisk, struct xg_error *err);
void xg_image_close(struct xg_image *image);

int xg_plan(struct xg_plan *plan, const struct xg_image *image,
            const struct xg_config *config, struct xg_error *err);

/*
 * Start populating memory on demand, for a domain whose maxmem is above its
 * memory. false: the hypervisor cannot.
 */
bool xg_populate_on_demand_start(xc_interface *xch, uint32_t domid,
                                 const struct xg_config *config);

int xg_build_pvh(xc_interface *xch, uint32_t domid,
                 const struct xg_image *image, const struct xg_plan *plan,
                 struct xg_config *config, xentoollog_logger *logger,
                 struct xg_error *err);

/* ---- CPU policy: policy.c (pure) and cpuid.c ---------------------------- */

struct xg_policy_options
{
    bool nested_virt;
    bool itsc;
};

/* One bit field of a CPUID leaf that the configuration overrides. */
struct xg_cpuid_override
{
    uint32_t leaf, subleaf; /* subleaf XEN_CPUID_NO_SUBLEAF: it has none */
    unsigned int reg;       /* 0..3: eax ebx ecx edx */
    uint32_t set, clear;    /* bits forced to one and to zero */
    uint32_t host;          /* bits taken from the host's policy */
};

/*
 * Turn the default policy of HVM domains into that of one domain: nested VMX
 * or not, topology with APIC ids 2 * vcpu, then the overrides in order.
 */
void xg_policy_apply(xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                     const xen_cpuid_leaf_t *host, uint32_t nr_host,
                     const struct xg_policy_options *options,
                     const struct xg_cpuid_override *overrides,
                     unsigned int nr_overrides);

int xg_domain_set_policy(xc_interface *xch, uint32_t domid,
                         const struct xg_policy_options *options,
                         const struct xg_cpuid_override *overrides,
                         unsigned int nr_overrides, struct xg_error *err);

/*
 * One setting of libxl's cpuid= syntax, "vmx=0" or "family=6". 0; -1 unknown
 * name, -2 value out of range.
 */
int xg_cpuid_parse(const char *setting, struct xg_cpuid_override *override);

#endif
