/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, as far as one domain alone can use them.
 *
 * Expect: the table has a size and can be mapped; the toolstack's two entries
 * name the console and xenstore pages; copies between frames and from our own
 * grants move the right bytes; our own grant can be mapped and unmapped; every
 * wrong argument has its own status. With version 2, of which the marks are in
 * frames of their own, part of a page can be offered too.
 */
#include <public/arch-x86/cpuid.h>

#include "lib.h"

#define NO_SUCH_DOMAIN 0x7000
#define OUR_GREF       100
#define HOLE_GPA       (512ul << 20) /* above this guest's memory */

static domid_t self;

static void check_size(void)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF };

    check_rc("query_size", grant_table_op(GNTTABOP_query_size, &q, 1), 0);
    check_eq("its status", q.status, GNTST_okay);
    check(q.nr_frames >= 1 && q.nr_frames <= q.max_nr_frames,
          "a table of at least a frame");
    test_success("%u of %u frames", q.nr_frames, q.max_nr_frames);

    q.dom = NO_SUCH_DOMAIN;
    check_rc("query_size of no domain",
             grant_table_op(GNTTABOP_query_size, &q, 1), 0);
    check_eq("its status", q.status, GNTST_bad_domain);

    q.dom = 0;
    check_rc("query_size of Dom0", grant_table_op(GNTTABOP_query_size, &q, 1),
             0);
    check_eq("its status", q.status, GNTST_permission_denied);
    check_rc("unknown operation", grant_table_op(99, &q, 1), -XEN_ENOSYS);
}

static void map_table(void)
{
    struct xen_add_to_physmap a = { .domid = DOMID_SELF,
                                    .space = XENMAPSPACE_grant_table,
                                    .idx = 100000,
                                    .gpfn = gfn_of(alloc_page()) };

    grant_table_map();
    check(memory_op(XENMEM_add_to_physmap, &a) < 0,
          "a frame far beyond the table is refused");
}

static void check_reserved(void)
{
    uint64_t console, store;

    hvm_get_param(HVM_PARAM_CONSOLE_PFN, &console);
    hvm_get_param(HVM_PARAM_STORE_PFN, &store);
    check_eq("console grant", grant_table[GNTTAB_RESERVED_CONSOLE].frame,
             console);
    check_eq("xenstore grant", grant_table[GNTTAB_RESERVED_XENSTORE].frame,
             store);
    for ( unsigned int i = 0; i <= GNTTAB_RESERVED_XENSTORE; i++ )
    {
        check_eq("its type", grant_table[i].flags & GTF_type_mask,
                 GTF_permit_access);
        check_eq("its domain", grant_table[i].domid, 0);
    }
}

static int16_t copy(struct gnttab_copy *c)
{
    check_rc("GNTTABOP_copy", grant_table_op(GNTTABOP_copy, c, 1), 0);
    return c->status;
}

static void check_copy(void)
{
    char *from = alloc_page(), *to = alloc_page();
    struct gnttab_copy c = {
        .source = { .u.gmfn = gfn_of(from), .domid = DOMID_SELF, .offset = 10 },
        .dest = { .u.gmfn = gfn_of(to), .domid = DOMID_SELF, .offset = 3000 },
        .len = 1000,
    };

    for ( unsigned int i = 0; i < PAGE_SIZE; i++ )
        from[i] = (char)(i * 7);
    check_eq("copy frame to frame", copy(&c), GNTST_okay);
    check(!memcmp(to + 3000, from + 10, 1000), "the bytes arrived");
    check(to[2999] == 0 && to[4000] == 0, "and no others");

    c.len = 1097;
    check_eq("beyond the destination's page", copy(&c), GNTST_bad_copy_arg);

    grant(OUR_GREF, self, from, GTF_readonly);
    c.flags = GNTCOPY_source_gref;
    c.source.u.ref = OUR_GREF;
    c.dest.offset = 0;
    c.len = 64;
    check_eq("copy from a grant", copy(&c), GNTST_okay);
    check(!memcmp(to, from + 10, 64), "the granted bytes arrived");

    c.source.u.ref = OUR_GREF + 1;
    check_eq("copy from an empty entry", copy(&c), GNTST_general_error);
    c.source.u.ref = 1000000;
    check_eq("copy from no entry", copy(&c), GNTST_bad_gntref);

    c.flags = GNTCOPY_dest_gref;
    c.source.u.gmfn = gfn_of(from);
    c.dest.u.ref = OUR_GREF;
    check_eq("copy into a read-only grant", copy(&c), GNTST_general_error);
    grant_table[OUR_GREF].flags = 0;
}

/*
 * A page has one place in its owner's address space, so mapping our own grant
 * takes it from where it was.
 */
static void check_map(void)
{
    uint32_t *page = alloc_page();
    volatile uint32_t *hole = (volatile uint32_t *)HOLE_GPA;
    struct gnttab_map_grant_ref m = { .host_addr = HOLE_GPA,
                                      .flags = GNTMAP_host_map,
                                      .ref = OUR_GREF };
    struct gnttab_unmap_grant_ref u = { .host_addr = HOLE_GPA };

    m.dom = NO_SUCH_DOMAIN;
    check_rc("map", grant_table_op(GNTTABOP_map_grant_ref, &m, 1), 0);
    check_eq("from no domain", m.status, GNTST_bad_domain);

    grant(OUR_GREF, self, page, 0);
    page[0] = 0x1234567;
    m.dom = self;
    check_rc("map", grant_table_op(GNTTABOP_map_grant_ref, &m, 1), 0);
    if ( !check_eq("our own grant", m.status, GNTST_okay) )
        return;
    check_eq("read through the mapping", hole[0], 0x1234567);
    hole[1] = 0x89abcdef;
    check_eq("write through the mapping", hole[1], 0x89abcdef);
    check_eq("the entry is in use", grant_table[OUR_GREF].flags & 0x18,
             GTF_reading | GTF_writing);

    u.handle = m.handle + 1000;
    check_rc("unmap", grant_table_op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
    check_eq("with no handle", u.status, GNTST_bad_handle);
    u.handle = m.handle;
    check_rc("unmap", grant_table_op(GNTTABOP_unmap_grant_ref, &u, 1), 0);
    check_eq("with the handle", u.status, GNTST_okay);
    check_eq("the entry is free", grant_table[OUR_GREF].flags & 0x18, 0);
    check_eq("nothing is mapped any more", hole[0], 0xffffffff);
    grant_table[OUR_GREF].flags = 0;
}

static void set_version(uint32_t version, long rc)
{
    struct gnttab_set_version v = { .version = version };

    check_rc("set_version", grant_table_op(GNTTABOP_set_version, &v, 1), rc);
    if ( !rc )
        check_eq("the version", v.version, version);
}

static void check_version_2(void)
{
    struct xen_add_to_physmap a = { .domid = DOMID_SELF,
                                    .space = XENMAPSPACE_grant_table,
                                    .idx = XENMAPIDX_grant_table_status };
    union grant_entry_v2 *v2 = (void *)grant_table;
    uint32_t console = grant_table[GNTTAB_RESERVED_CONSOLE].frame;
    char *from = alloc_page(), *to = alloc_page();
    grant_status_t *status = alloc_page();
    struct gnttab_copy c = {
        .source = { .u.ref = OUR_GREF, .domid = DOMID_SELF, .offset = 32 },
        .dest = { .u.gmfn = gfn_of(to), .domid = DOMID_SELF },
        .len = 16,
        .flags = GNTCOPY_source_gref,
    };

    a.gpfn = gfn_of(status);
    check(memory_op(XENMEM_add_to_physmap, &a) < 0,
          "version 1 has no status frames");
    set_version(3, -XEN_EINVAL);
    set_version(2, 0);
    check_rc("map the status", memory_op(XENMEM_add_to_physmap, &a), 0);
    check_eq("the console's entry is taken along",
             v2[GNTTAB_RESERVED_CONSOLE].full_page.frame, console);

    for ( unsigned int i = 0; i < PAGE_SIZE; i++ )
        from[i] = (char)(i * 5);
    v2[OUR_GREF].sub_page.frame = gfn_of(from);
    v2[OUR_GREF].sub_page.page_off = 32;
    v2[OUR_GREF].sub_page.length = 16;
    v2[OUR_GREF].hdr.domid = self;
    __atomic_store_n(&v2[OUR_GREF].hdr.flags, GTF_permit_access | GTF_sub_page,
                     __ATOMIC_SEQ_CST);
    check_eq("copy from part of a page", copy(&c), GNTST_okay);
    check(!memcmp(to, from + 32, 16), "the part arrived");
    check_eq("no marks are left", status[OUR_GREF], 0);
    c.source.offset = 31;
    check_eq("copy from before it", copy(&c), GNTST_general_error);
    c.source.offset = 33;
    check_eq("copy from beyond it", copy(&c), GNTST_general_error);

    set_version(1, 0);
    check_eq("back again", grant_table[GNTTAB_RESERVED_CONSOLE].frame, console);
}

void test_main(void)
{
    self = (domid_t)cpuid(XEN_CPUID_LEAF(4), 0).c;

    check_size();
    map_table();
    check_reserved();
    check_copy();
    check_map();
    check_version_2();
}
