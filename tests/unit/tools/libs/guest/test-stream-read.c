/* SPDX-License-Identifier: MIT */
/* Domain images: whole ones, damaged ones, and ones made up. */
/* TEST-SOURCES: tools/libs/guest/stream-read.c */
/* TEST-SOURCES: tools/libs/guest/stream-io.c tools/libs/guest/error.c */
/* TEST-CFLAGS: -Itools/libs/guest */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "stream.h"

#define MAX_PFN  0x110000
#define NR_PAGES 16

/* --- images under construction --- */

static uint8_t image[1 << 20];
static size_t used;

static void put(const void *p, size_t n)
{
    assert_true(used + n <= sizeof(image));
    memcpy(image + used, p, n);
    used += n;
}

static void header(uint32_t version)
{
    const struct xg_image_header h = { .marker = XG_IMAGE_MARKER,
                                       .id = htobe32(XG_IMAGE_ID),
                                       .version = htobe32(version) };
    const struct xg_domain_header d = { XG_DOMAIN_HVM, 12, 0, 4, 17 };

    used = 0;
    put(&h, sizeof(h));
    put(&d, sizeof(d));
}

static void record(uint32_t type, const void *body, uint32_t length)
{
    const struct xg_record r = { type, length };
    static const uint8_t zero[8];

    put(&r, sizeof(r));
    if ( length )
        put(body, length);
    put(zero, -length & 7);
}

static void policy(void)
{
    const xen_cpuid_leaf_t leaves[2] = { { 0 }, { 1 } };
    const xen_msr_entry_t msr = { 0xce };

    record(XG_REC_CPUID_POLICY, leaves, sizeof(leaves));
    record(XG_REC_MSR_POLICY, &msr, sizeof(msr));
    record(XG_REC_STATIC_DATA_END, NULL, 0);
}

static void pages(uint32_t count, const uint64_t *pfns, unsigned int with_data,
                  uint8_t fill)
{
    static uint8_t body[1 << 17];
    const struct xg_page_data head = { .count = count };
    size_t n = sizeof(head);

    memcpy(body, &head, sizeof(head));
    memcpy(body + n, pfns, count * 8);
    n += count * 8;
    memset(body + n, fill, with_data * 4096);
    record(XG_REC_PAGE_DATA, body, n + with_data * 4096);
}

static void params(uint32_t count)
{
    struct
    {
        struct xg_params_header head;
        struct xg_param p[2];
    } body = { { count, 0 }, { { 1, 0xfeffc }, { 17, 0xfefff } } };

    record(XG_REC_HVM_PARAMS, &body, sizeof(body));
}

static void tail(void)
{
    const struct xg_tsc_info tsc = { 0, 50000, 12345, 1, 0 };

    record(XG_REC_TSC_INFO, &tsc, sizeof(tsc));
    record(XG_REC_HVM_CONTEXT, "context", 7);
    params(2);
    record(XG_REC_END, NULL, 0);
}

static const uint64_t two[] = { 3, 0xfeffc };

static void good(void)
{
    header(3);
    policy();
    pages(2, two, 2, 0xaa);
    tail();
}

/* --- the domain that is filled --- */

static struct
{
    unsigned int policies, populates, removed, maps, tscs, params, ends;
    uint32_t leaves;
    uint64_t last_pfn;
    uint8_t memory[NR_PAGES][4096];
    char context[16];
} got;

static int sink_policy(void *o, xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                       xen_msr_entry_t *msrs, uint32_t nr_msrs,
                       struct xg_error *err)
{
    got.policies++;
    got.leaves = leaves ? nr_leaves : 0;
    return 0;
}

static int sink_populate(void *o, unsigned int nr, const uint64_t *pfns,
                         const uint8_t *types, struct xg_error *err)
{
    for ( unsigned int i = 0; i < nr; i++ )
    {
        if ( pfns[i] >= MAX_PFN )
            abort();
        got.populates += types[i] != XG_TYPE_XTAB;
        got.removed += types[i] == XG_TYPE_XTAB;
    }
    return 0;
}

static void *sink_map(void *o, unsigned int nr, const uint64_t *pfns,
                      struct xg_error *err)
{
    if ( nr > NR_PAGES )
    {
        xg_fail(err, "too many");
        return NULL;
    }
    got.maps++;
    got.last_pfn = pfns[nr - 1];
    return got.memory;
}

static void sink_unmap(void *o, void *mapping, unsigned int nr)
{
    got.maps--;
}

static int sink_tsc(void *o, const struct xg_tsc_info *info,
                    struct xg_error *err)
{
    got.tscs++;
    return 0;
}

static int sink_param(void *o, uint64_t index, uint64_t value,
                      struct xg_error *err)
{
    got.params++;
    return 0;
}

static int sink_end(void *o, uint8_t *context, uint32_t size,
                    struct xg_error *err)
{
    got.ends++;
    memcpy(got.context, context, size < 15 ? size : 15);
    return 0;
}

static const struct xg_sink sink = {
    MAX_PFN,    sink_policy, sink_populate, sink_map,
    sink_unmap, sink_tsc,    sink_param,    sink_end,
};

static struct xg_error err;

static int load(size_t size)
{
    int fd = memfd_create("image", 0), rc;

    memset(&got, 0, sizeof(got));
    memset(&err, 0, sizeof(err));
    assert_int_equal(write(fd, image, size), size);
    lseek(fd, 0, SEEK_SET);
    rc = xg_stream_read(fd, &sink, NULL, &err);
    close(fd);
    assert_int_equal(got.maps, 0);
    /* A failure has a reason of one line, and nothing was started. */
    if ( rc )
    {
        assert_true(strlen(err.text) > 10);
        assert_null(strchr(err.text, '\n'));
        assert_int_equal(got.ends, 0);
    }
    return rc;
}

static void refused(const char *why)
{
    assert_int_equal(load(used), -1);
    if ( !strstr(err.text, why) )
        fail_msg("\"%s\" instead of \"%s\"", err.text, why);
}

/* --- tests --- */

static void test_good(void **state)
{
    good();
    assert_int_equal(load(used), 0);
    assert_int_equal(got.policies, 1);
    assert_int_equal(got.leaves, 2);
    assert_int_equal(got.populates, 2);
    assert_int_equal(got.last_pfn, 0xfeffc);
    assert_int_equal(got.memory[1][4095], 0xaa);
    assert_int_equal(got.tscs, 1);
    assert_int_equal(got.params, 2);
    assert_int_equal(got.ends, 1);
    assert_string_equal(got.context, "context");
}

static void test_version_2(void **state)
{
    header(2);
    pages(2, two, 2, 1);
    tail();
    assert_int_equal(load(used), 0);
    assert_int_equal(got.policies, 1);
    assert_int_equal(got.leaves, 0);

    header(2);
    policy();
    refused("where none belongs");
}

/* Cut off anywhere, it is refused and nothing is started. */
static void test_truncated(void **state)
{
    good();
    for ( size_t n = 0; n < used; n += n < 200 || n + 200 > used ? 1 : 97 )
    {
        assert_int_equal(load(n), -1);
        assert_string_equal(err.text, "the image is truncated");
    }
}

static void test_headers(void **state)
{
    struct xg_image_header *h = (void *)image;
    struct xg_domain_header *d = (void *)(image + sizeof(*h));

    good();
    h->marker = 0;
    refused("not a domain image");
    good();
    h->id ^= 1;
    refused("not a domain image");
    good();
    h->version = htobe32(4);
    refused("version 4");
    good();
    h->version = htobe32(1);
    refused("version 1");
    good();
    h->options = htobe16(1);
    refused("big-endian");
    good();
    d->type = 1;
    refused("type 1");
    good();
    d->page_shift = 14;
    refused("2^14");
}

static void test_order(void **state)
{
    const xen_cpuid_leaf_t leaf = { 0 };

    header(3);
    pages(2, two, 2, 1);
    refused("before the end of the static data");
    header(3);
    policy();
    record(XG_REC_CPUID_POLICY, &leaf, sizeof(leaf));
    refused("where none belongs");
    header(3);
    record(XG_REC_CPUID_POLICY, &leaf, sizeof(leaf));
    record(XG_REC_CPUID_POLICY, &leaf, sizeof(leaf));
    refused("where none belongs");
    header(3);
    policy();
    record(XG_REC_STATIC_DATA_END, NULL, 0);
    refused("two ends");
    header(3);
    record(XG_REC_END, NULL, 0);
    refused("before there was any memory");
    header(3);
    policy();
    pages(2, two, 2, 1);
    record(XG_REC_END, NULL, 0);
    refused("no virtual hardware");
    header(3);
    policy();
    record(XG_REC_HVM_CONTEXT, "x", 1);
    record(XG_REC_END, NULL, 0);
    refused("no parameters");
    header(3);
    policy();
    record(XG_REC_HVM_CONTEXT, NULL, 0);
    params(2);
    record(XG_REC_END, NULL, 0);
    refused("no virtual hardware");
}

static void test_pages(void **state)
{
    static const uint64_t types[] = { 1, 5, 9, 12 };
    uint64_t pfns[] = { 7, 8 };

    for ( unsigned int i = 0; i < 4; i++ )
    {
        header(3);
        policy();
        pfns[1] = 8 | types[i] << XG_PFN_TYPE_SHIFT;
        pages(2, pfns, 2, 1);
        refused("has type");
    }
    header(3);
    policy();
    pfns[1] = 8 | 1ull << 52;
    pages(2, pfns, 2, 1);
    refused("reserved bits");
    header(3);
    policy();
    pfns[1] = MAX_PFN;
    pages(2, pfns, 2, 1);
    refused("beyond the domain's memory");
    pfns[1] = 8;
    for ( unsigned int with = 0; with < 4; with++ )
        if ( with != 2 )
        {
            header(3);
            policy();
            pages(2, pfns, with, 1);
            refused("a record of 2 frames, 2 with contents");
        }
    header(3);
    policy();
    pages(0, pfns, 0, 0);
    refused("a memory record of 0 frames");
    header(3);
    policy();
    record(XG_REC_PAGE_DATA, "abc", 3);
    refused("a memory record of 3 bytes");
    header(3);
    policy();
    {
        const struct xg_page_data huge = { 0xffffffff, 0 };

        record(XG_REC_PAGE_DATA, &huge, sizeof(huge));
    }
    refused("4294967295 frames");
}

/* What is allocated without contents, and what has gone since. */
static void test_types_without_data(void **state)
{
    const uint64_t pfns[] = { 5 | (uint64_t)XG_TYPE_XALLOC << 60,
                              6 | (uint64_t)XG_TYPE_XTAB << 60, 7 };

    header(3);
    policy();
    pages(3, pfns, 1, 9);
    pages(2, pfns, 0, 0);
    tail();
    assert_int_equal(load(used), 0);
    assert_int_equal(got.populates, 3);
    assert_int_equal(got.removed, 2);
    assert_int_equal(got.last_pfn, 7);
}

static void test_records(void **state)
{
    const struct xg_record huge = { XG_REC_HVM_CONTEXT, 0xfffffff0 };

    header(3);
    policy();
    record(0x7fff, "abc", 3);
    refused("type 0x7fff");
    header(3);
    policy();
    record(0x2, "abc", 3); /* X86_PV_INFO */
    refused("type 0x2");
    header(3);
    policy();
    record(XG_REC_CHECKPOINT, NULL, 0);
    refused("replication");
    header(3);
    policy();
    put(&huge, sizeof(huge));
    refused("4294967280 bytes");
    header(3);
    record(XG_REC_CPUID_POLICY, "abc", 3);
    refused("a CPUID policy of 3 bytes");
    header(3);
    policy();
    record(XG_REC_TSC_INFO, "abc", 3);
    refused("a TSC record of 3 bytes");
    header(3);
    policy();
    params(3);
    refused("3 parameters");
    header(3);
    policy();
    params(1);
    refused("1 parameters");
    header(3);
    policy();
    record(XG_REC_HVM_PARAMS, "abc", 3);
    refused("parameter record of 3 bytes");
    /* One that need not be known is passed over. */
    header(3);
    policy();
    record(XG_REC_OPTIONAL | 0x55, "abcde", 5);
    pages(2, two, 2, 1);
    tail();
    assert_int_equal(load(used), 0);
}

static void test_verify(void **state)
{
    header(3);
    policy();
    pages(2, two, 2, 0x11);
    record(XG_REC_VERIFY, NULL, 0);
    pages(2, two, 2, 0x11);
    tail();
    assert_int_equal(load(used), 0);
    assert_int_equal(got.populates, 2); /* nothing new to verify */
    header(3);
    policy();
    pages(2, two, 2, 0x11);
    record(XG_REC_VERIFY, NULL, 0);
    pages(2, two, 2, 0x12);
    tail();
    refused("2 pages differ");
    /* The store's ring may: its daemon is at work. */
    header(3);
    policy();
    pages(1, two, 1, 0x11);
    record(XG_REC_VERIFY, NULL, 0);
    pages(1, two + 1, 1, 0x12);
    tail();
    assert_int_equal(load(used), 0);
}

/* Whatever becomes of its bytes, reading ends, and well. */
static void test_random_damage(void **state)
{
    srand(4711);
    for ( unsigned int i = 0; i < 3000; i++ )
    {
        good();
        for ( unsigned int n = rand() % 4 + 1; n; n-- )
        {
            size_t at = rand() % (rand() % 2 ? used : 200);

            image[at] = rand();
        }
        (void)load(used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_types_without_data),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_random_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
