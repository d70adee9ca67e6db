/* SPDX-License-Identifier: MIT */
/* Give a new domain its memory and fill it: the part that needs Xen. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenforeignmemory.h>
#include <xen/hvm/params.h>

#include "private.h"

/* Extents per populate call and pages per mapping: bounded memory here. */
#define POPULATE_BATCH 1024u
#define MAP_PAGES      1024u

/* Entries of a page directory that maps the first 4 GiB one to one. */
#define IDENT_PT_ENTRIES 1024u
#define IDENT_PT_FLAGS   0xe7u /* present, writable, user, A, D, 4 MiB page */

struct build
{
    xc_interface *xch;
    uint32_t domid;
    xentoollog_logger *logger;
    struct xg_error *err;
    unsigned int mem_flags;
};

#define detail(b, fmt, ...) \
    xtl_log((b)->logger, XTL_DETAIL, -1, "domainbuilder", fmt, ##__VA_ARGS__)

/* The extents of [gfn, gfn + count) of this order, as many as can be had. */
static int populate_order(struct build *b, xen_pfn_t gfn, uint64_t count,
                          unsigned int order, uint64_t *done)
{
    xen_pfn_t extents[POPULATE_BATCH];
    uint64_t nr = count >> order, i, batch;
    int got;

    *done = 0;
    while ( *done < nr )
    {
        batch = nr - *done < POPULATE_BATCH ? nr - *done : POPULATE_BATCH;
        for ( i = 0; i < batch; i++ )
            extents[i] = gfn + ((*done + i) << order);
        got = xc_domain_populate_physmap(b->xch, b->domid, batch, order,
                                         b->mem_flags, extents);
        if ( got < 0 )
            return -1;
        *done += got;
        if ( (uint64_t)got != batch )
        {
            errno = ENOMEM;
            return -1;
        }
    }
    return 0;
}

/* 2 MiB extents while they last, then pages. */
static int populate(struct build *b, uint64_t addr, uint64_t size)
{
    xen_pfn_t gfn = addr >> XG_PAGE_SHIFT;
    uint64_t count = size >> XG_PAGE_SHIFT, done, large = 0;
    unsigned int order = XG_2M_SHIFT - XG_PAGE_SHIFT;

    if ( !(gfn & ((1u << order) - 1)) )
    {
        (void)populate_order(b, gfn, count, order, &large);
        gfn += large << order;
        count -= large << order;
    }
    if ( populate_order(b, gfn, count, 0, &done) )
        return xg_fail(b->err,
                       "cannot get %llu MiB of memory for the domain: %s",
                       (unsigned long long)(size >> 20), strerror(errno));
    detail(b, "memory 0x%llx+0x%llx: %llu x 2 MiB, %llu x 4 KiB",
           (unsigned long long)addr, (unsigned long long)size,
           (unsigned long long)large, (unsigned long long)done);
    return 0;
}

static int populate_all(struct build *b, const struct xg_plan *plan,
                        unsigned int nr_vcpus)
{
    uint64_t special = XG_SPECIAL_FIRST_GFN << XG_PAGE_SHIFT;

    if ( populate(b, 0, plan->lowmem_end) )
        return -1;
    if ( plan->highmem_end && populate(b, XG_4G, plan->highmem_end - XG_4G) )
        return -1;

    b->mem_flags = 0; /* what we fill ourselves is never on demand */
    return populate(b, XG_ACPI_BASE, xg_page_up(xg_acpi_size(nr_vcpus))) ||
                   populate(b, special, XG_NR_SPECIAL << XG_PAGE_SHIFT)
               ? -1
               : 0;
}

static void *map(struct build *b, uint64_t addr, size_t pages)
{
    xen_pfn_t gfns[MAP_PAGES];
    void *p;
    size_t i;

    for ( i = 0; i < pages; i++ )
        gfns[i] = (addr >> XG_PAGE_SHIFT) + i;
    p = xenforeignmemory_map(xc_interface_fmem_handle(b->xch), b->domid,
                             PROT_READ | PROT_WRITE, pages, gfns, NULL);
    if ( !p )
        xg_fail(b->err, "cannot map guest memory at 0x%llx: %s",
                (unsigned long long)addr, strerror(errno));
    return p;
}

static void unmap(struct build *b, void *p, size_t pages)
{
    xenforeignmemory_unmap(xc_interface_fmem_handle(b->xch), p, pages);
}

static int read_all(int fd, uint8_t *to, size_t size, uint64_t offset)
{
    ssize_t n;

    while ( size )
    {
        n = pread(fd, to, size, offset);
        if ( n < 0 && errno == EINTR )
            continue;
        if ( n <= 0 )
        {
            if ( !n )
                errno = EIO; /* the file shrank */
            return -1;
        }
        to += n;
        offset += n;
        size -= n;
    }
    return 0;
}

/*
 * Fill [addr, addr + size) from memory, or with data null from a file, and
 * zero the rest up to memsz. Mapped in bounded pieces.
 */
static int fill(struct build *b, uint64_t addr, const uint8_t *data, int fd,
                uint64_t size, uint64_t memsz)
{
    uint64_t at = 0, chunk, in_page, copy;
    size_t pages;
    uint8_t *p;
    int rc;

    while ( at < memsz )
    {
        in_page = (addr + at) & (XG_PAGE_SIZE - 1);
        chunk = MAP_PAGES * XG_PAGE_SIZE - in_page;
        if ( chunk > memsz - at )
            chunk = memsz - at;
        pages = xg_page_up(in_page + chunk) >> XG_PAGE_SHIFT;
        p = map(b, addr + at, pages);
        if ( !p )
            return -1;

        copy = at < size ? size - at : 0;
        if ( copy > chunk )
            copy = chunk;
        rc = 0;
        if ( data )
            memcpy(p + in_page, data + at, copy);
        else if ( copy )
            rc = read_all(fd, p + in_page, copy, at);
        if ( rc )
            xg_fail(b->err, "reading the ramdisk: %s", strerror(errno));
        memset(p + in_page + copy, 0, chunk - copy);
        unmap(b, p, pages);
        if ( rc )
            return -1;
        at += chunk;
    }
    return 0;
}

static int fill_kernel(struct build *b, const struct xg_kernel *kernel)
{
    const struct xg_segment *seg;
    unsigned int i;

    for ( i = 0; i < kernel->nr_segments; i++ )
    {
        seg = &kernel->segments[i];
        detail(b, "kernel segment 0x%llx+0x%llx",
               (unsigned long long)seg->paddr, (unsigned long long)seg->memsz);
        if ( fill(b, seg->paddr, kernel->data + seg->offset, -1, seg->filesz,
                  seg->memsz) )
            return -1;
    }
    return 0;
}

static int fill_block(struct build *b, uint64_t addr, uint8_t *block,
                      uint64_t size)
{
    int rc = fill(b, addr, block, -1, size, xg_page_up(size));

    free(block);
    return rc;
}

static int fill_tables(struct build *b, const struct xg_plan *plan,
                       const struct xg_config *config)
{
    size_t acpi_size = xg_acpi_size(config->nr_vcpus);
    uint8_t *info = calloc(1, plan->start_info_size);
    uint8_t *acpi = calloc(1, acpi_size);

    if ( !info || !acpi )
    {
        free(info);
        free(acpi);
        return xg_fail(b->err, "out of memory");
    }

    xg_start_info_write(info, plan, config->cmdline);
    detail(b, "start info at 0x%llx, ACPI tables at 0x%llx",
           (unsigned long long)plan->start_info,
           (unsigned long long)plan->rsdp);
    if ( fill_block(b, plan->start_info, info, plan->start_info_size) )
    {
        free(acpi);
        return -1;
    }
    xg_acpi_write(acpi, plan->rsdp, config->nr_vcpus);
    return fill_block(b, plan->rsdp, acpi, acpi_size);
}

/* The rings must start as zeros; the identity map is for old hardware. */
static int fill_special(struct build *b)
{
    uint64_t addr = XG_SPECIAL_FIRST_GFN << XG_PAGE_SHIFT;
    uint8_t *p = map(b, addr, XG_NR_SPECIAL);
    uint32_t *ident;
    unsigned int i;

    if ( !p )
        return -1;
    memset(p, 0, XG_NR_SPECIAL * XG_PAGE_SIZE);
    ident = (void *)(p + XG_SPECIAL_IDENT_PT * XG_PAGE_SIZE);
    for ( i = 0; i < IDENT_PT_ENTRIES; i++ )
        ident[i] = (i << 22) | IDENT_PT_FLAGS;
    unmap(b, p, XG_NR_SPECIAL);
    return 0;
}

static int set_params(struct build *b, const struct xg_config *config)
{
    const struct
    {
        uint32_t index;
        uint64_t value;
    } params[] = {
        { HVM_PARAM_STORE_PFN, config->store_gfn },
        { HVM_PARAM_CONSOLE_PFN, config->console_gfn },
        { HVM_PARAM_IDENT_PT, XG_SPECIAL_GFN(XG_SPECIAL_IDENT_PT)
                                  << XG_PAGE_SHIFT },
        { HVM_PARAM_CONSOLE_EVTCHN, config->console_port },
        { HVM_PARAM_STORE_EVTCHN, config->store_port },
    };
    size_t i;

    for ( i = 0; i < sizeof(params) / sizeof(params[0]); i++ )
        if ( xc_hvm_param_set(b->xch, b->domid, params[i].index,
                              params[i].value) )
            return xg_fail(b->err, "cannot set HVM parameter %u: %s",
                           params[i].index, strerror(errno));
    return 0;
}

static int set_memory_map(struct build *b, const struct xg_plan *plan)
{
    struct e820entry e820[XG_MAX_REGIONS];
    unsigned int i;

    /* The types of the PVH memory map are those of E820. */
    for ( i = 0; i < plan->nr_regions; i++ )
        e820[i] =
            (struct e820entry){ plan->regions[i].addr, plan->regions[i].size,
                                plan->regions[i].type };
    if ( xc_domain_set_memory_map(b->xch, b->domid, e820, plan->nr_regions) )
        return xg_fail(b->err, "cannot set the memory map: %s",
                       strerror(errno));
    return 0;
}

static int set_registers(struct build *b, uint32_t entry, uint32_t start_info)
{
    uint8_t *saved = NULL, *context = NULL;
    size_t size;
    int n, ret = -1;

    n = xc_domain_hvm_getcontext(b->xch, b->domid, NULL, 0);
    if ( n > 0 && (saved = calloc(1, n)) )
        n = xc_domain_hvm_getcontext(b->xch, b->domid, saved, n);
    if ( n <= 0 || !saved )
    {
        xg_fail(b->err, "cannot read the vcpu registers: %s", strerror(errno));
        goto out;
    }
    if ( xg_hvm_context(saved, n, entry, start_info, &context, &size, b->err) )
        goto out;
    if ( xc_domain_hvm_setcontext(b->xch, b->domid, context, size) )
    {
        xg_fail(b->err, "cannot set the vcpu registers: %s", strerror(errno));
        goto out;
    }
    ret = 0;

out:
    free(saved);
    free(context);
    return ret;
}

/*
 * The target must be set before there is memory: a hypervisor that can do it
 * then puts that many pages aside.
 */
bool xg_populate_on_demand_start(xc_interface *xch, uint32_t domid,
                                 const struct xg_config *config)
{
    uint64_t pages = config->memory_kb >> (XG_PAGE_SHIFT - 10);
    uint64_t aside = 0;

    return !xc_domain_set_pod_target(xch, domid, pages, NULL, &aside, NULL) &&
           aside;
}

int xg_build_pvh(xc_interface *xch, uint32_t domid,
                 const struct xg_image *image, const struct xg_plan *plan,
                 struct xg_config *config, xentoollog_logger *logger,
                 struct xg_error *err)
{
    struct build b = { xch, domid, logger, err, 0 };

    config->console_gfn = XG_SPECIAL_GFN(XG_SPECIAL_CONSOLE);
    config->store_gfn = XG_SPECIAL_GFN(XG_SPECIAL_XENSTORE);

    if ( config->populate_on_demand )
        b.mem_flags = XENMEMF_populate_on_demand;

    if ( populate_all(&b, plan, config->nr_vcpus) || set_memory_map(&b, plan) ||
         fill_kernel(&b, &image->kernel) ||
         fill(&b, plan->ramdisk, NULL, image->ramdisk_fd, image->ramdisk_size,
              image->ramdisk_size) ||
         fill_tables(&b, plan, config) || fill_special(&b) ||
         set_params(&b, config) ||
         set_registers(&b, image->kernel.entry, plan->start_info) )
        return -1;

    if ( xc_dom_gnttab_seed(xch, domid, config->console_gfn, config->store_gfn,
                            config->console_domid, config->store_domid) )
        return xg_fail(err, "cannot grant console and xenstore pages: %s",
                       strerror(errno));
    return 0;
}
