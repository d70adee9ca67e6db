/* TEST-SOURCES: xen/arch/x86/spec-ctrl-choose.c xen/common/cmdline.c */
/* TEST-SOURCES: xen/lib/parse.c xen/common/cmdline-options.c */
/* TEST-CFLAGS: -Dstrlcpy=hv_strlcpy */
/* SPDX-License-Identifier: MIT */
/* Mitigations: what which processor asks for, and the option spec-ctrl=. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <asm/spec-ctrl.h>

void printk(const char *fmt, ...)
{
    (void)fmt;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

#define MD_CLEAR     (1u << 10)
#define IBRS_IBPB    (1u << 26)
#define L1D_FLUSH    (1u << 28)
#define ALL_LEAF7    (MD_CLEAR | IBRS_IBPB | L1D_FLUSH)

#define RDCL_NO      (1ULL << 0)
#define IBRS_ALL     (1ULL << 1)
#define SKIP_L1D     (1ULL << 3)
#define MDS_NO       (1ULL << 5)
#define SAFE_BUFFERS (MDS_NO | 1ULL << 8 | 1ULL << 13 | 1ULL << 14 | 1ULL << 15)

static const struct spec_options on = { true, true, true, true };
static const struct spec_options off;

static struct spec_ctrl chosen(uint32_t leaf7_d, uint64_t arch_caps,
                               const struct spec_options *o)
{
    const struct spec_facts facts = { leaf7_d, arch_caps };
    struct spec_ctrl s;

    spec_ctrl_choose(&facts, o, &s);
    return s;
}

/* An old processor with nothing: nothing can be done, and that is said. */
static void nothing_to_use(void **state)
{
    struct spec_ctrl s = chosen(0, 0, &on);

    assert_false(s.ibrs || s.ibpb || s.verw || s.l1d_flush);
    assert_true(s.mds_open && s.l1tf_open);
}

/* One with new microcode: barriers and flushes, but no IBRS that stays. */
static void old_with_microcode(void **state)
{
    struct spec_ctrl s = chosen(ALL_LEAF7, 0, &on);

    assert_true(s.ibpb && s.verw && s.l1d_flush);
    assert_false(s.ibrs || s.mds_open || s.l1tf_open);
}

static void new_processor(void **state)
{
    struct spec_ctrl s =
        chosen(ALL_LEAF7, RDCL_NO | IBRS_ALL | SAFE_BUFFERS, &on);

    assert_true(s.ibrs && s.ibpb);
    assert_false(s.verw || s.l1d_flush || s.mds_open || s.l1tf_open);
}

/* Free of MDS but not of what came after it: VERW is still wanted. */
static void buffers_other_than_mds(void **state)
{
    assert_true(chosen(ALL_LEAF7, RDCL_NO | MDS_NO, &on).verw);
}

/* A hypervisor below flushes the cache for us. */
static void cache_flushed_below(void **state)
{
    struct spec_ctrl s = chosen(ALL_LEAF7, SKIP_L1D, &on);

    assert_false(s.l1d_flush || s.l1tf_open);
}

static void turned_off(void **state)
{
    struct spec_ctrl s = chosen(ALL_LEAF7, IBRS_ALL, &off);

    assert_false(s.ibrs || s.ibpb || s.verw || s.l1d_flush);
    assert_true(s.mds_open && s.l1tf_open);
}

static struct spec_options parsed(const char *s, int want)
{
    struct spec_options o = on;

    assert_int_equal(spec_ctrl_parse(s, &o), want);
    return o;
}

static void option(void **state)
{
    struct spec_options o = parsed("no", 0);

    assert_false(o.ibrs || o.ibpb || o.md_clear || o.l1d_flush);
    o = parsed("no,ibpb", 0);
    assert_true(o.ibpb && !o.ibrs && !o.md_clear && !o.l1d_flush);
    o = parsed("no-md-clear,l1d-flush=off", 0);
    assert_true(o.ibrs && o.ibpb && !o.md_clear && !o.l1d_flush);
    o = parsed("ibrs=0,ibrs=1", 0);
    assert_true(o.ibrs);
}

/* What is wrong anywhere leaves all as it was. */
static void bad_option(void **state)
{
    static const char *const bad[] = { "ibr",     "no,", "ibpb=maybe", "no-",
                                       "ibpb,xx", "=1",  "ibrs2" };

    for ( size_t i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        struct spec_options o = parsed(bad[i], -EINVAL);

        assert_memory_equal(&o, &on, sizeof(o));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_use),
        cmocka_unit_test(old_with_microcode),
        cmocka_unit_test(new_processor),
        cmocka_unit_test(buffers_other_than_mds),
        cmocka_unit_test(cache_flushed_below),
        cmocka_unit_test(turned_off),
        cmocka_unit_test(option),
        cmocka_unit_test(bad_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
