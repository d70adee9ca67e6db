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

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

struct xg_policy_options;

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

/* --- images of running domains: save.c and restore.c --- */

struct xg_save_options
{
    bool live;  /* most of memory while the domain runs */
    bool debug; /* all of memory a second time, to be compared */
    /* Make the domain stop: 0 when it has, or the error is told. */
    int (*suspend)(void *opaque, struct xg_error *err);
    void *opaque;
    /* Ends it with an error as soon as it is set, as by a signal; or null. */
    const volatile sig_atomic_t *aborted;
};

/* Write the domain's image to fd. It is left suspended when that went well. */
int xg_save(xc_interface *xch, uint32_t domid, int fd,
            const struct xg_save_options *options, xentoollog_logger *logger,
            struct xg_error *err);

struct xg_restore_options
{
    struct xg_policy_options *policy; /* for images that bring none */
    uint64_t maxmem_kb;
};

/*
 * Fill the domain, which has its limits and vcpus but no memory, from fd. The
 * ports and daemons in config are put in the place of the saved ones; the
 * frames of the rings come back in it.
 */
int xg_restore(xc_interface *xch, uint32_t domid, int fd,
               const struct xg_restore_options *options,
               struct xg_config *config, xentoollog_logger *logger,
               struct xg_error *err);

/* --- bytes: stream-io.c --- */

/* All of them or -1 with the reason; a stream that ends is one. */
int xg_read(int fd, void *to, size_t size, struct xg_error *err);
int xg_write(int fd, const void *from, size_t size, struct xg_error *err);
/* A record with its padding. */
int xg_write_record(int fd, uint32_t type, const void *body, uint32_t length,
                    struct xg_error *err);

/* --- CPU policy: policy.c (pure) and cpuid.c --- */

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

/*
 * Write a domain's memory and registers to a file, in Xen's core format. The
 * domain is paused meanwhile. The file is gone if it fails.
 */
int xg_dump_core(xc_interface *xch, uint32_t domid, const char *file,
                 struct xg_error *err);

int xg_domain_set_policy(xc_interface *xch, uint32_t domid,
                         const struct xg_policy_options *options,
                         const struct xg_cpuid_override *overrides,
                         unsigned int nr_overrides, struct xg_error *err);

/*
 * Is there every feature that is wanted? -1 with the first leaf that lacks one
 * named. For a domain that was running already and counts on them.
 */
int xg_policy_check(xen_cpuid_leaf_t *wanted, uint32_t nr_wanted,
                    xen_cpuid_leaf_t *have, uint32_t nr_have,
                    struct xg_error *err);

/*
 * The policy of a domain to be restored: the hypervisor leaves out what the
 * machine has not, which is an error here.
 */
int xg_domain_load_policy(xc_interface *xch, uint32_t domid,
                          xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                          xen_msr_entry_t *msrs, uint32_t nr_msrs,
                          struct xg_error *err);

/*
 * One setting of libxl's cpuid= syntax, "vmx=0" or "family=6". 0; -1 unknown
 * name, -2 value out of range.
 */
int xg_cpuid_parse(const char *setting, struct xg_cpuid_override *override);

#endif
