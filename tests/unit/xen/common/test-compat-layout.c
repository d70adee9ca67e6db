/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/compat-layout.c */
/* What structures look like in 32-bit code, against those written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/compat.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>

/* A number of 64 bits as 32-bit code aligns it. */
typedef uint64_t __attribute__((aligned(4))) u64_32;

struct runstate_32
{
    int32_t state;
    u64_32 state_entry_time;
    u64_32 time[4];
};

struct resource_32
{
    uint16_t domid, type;
    uint32_t id, nr_frames, pad;
    u64_32 frame;
    uint32_t frame_list;
};

struct foreign_map_32
{
    uint16_t domid;
    struct
    {
        uint32_t nr, buffer;
    } map;
};

struct copy_32
{
    struct
    {
        uint32_t u;
        uint16_t domid, offset;
    } source, dest;
    uint16_t len, flags;
    int16_t status;
};

static void sizes(void **state)
{
    static const struct
    {
        const char *layout;
        size_t native, compat;
    } rows[] = {
        { "", 0, 0 },
        { "1", 1, 1 },
        { "w", 8, 4 },
        { "21", 4, 4 },
        { "2w", sizeof(struct xen_remove_from_physmap), 8 },
        { "4w", sizeof(struct xen_memory_map), 8 },
        { "84", sizeof(struct vcpu_set_singleshot_timer), 12 },
        { "w48", sizeof(struct sched_poll), 16 },
        { "242w", sizeof(struct gnttab_setup_table), 16 },
        { "224ww", sizeof(struct xen_add_to_physmap), 16 },
        { "2222www", sizeof(struct xen_add_to_physmap_batch), 20 },
        { "ww442", sizeof(struct xen_memory_reservation), 20 },
        { "ww442|ww442|w", sizeof(struct xen_memory_exchange), 44 },
        { "88882", sizeof(struct xen_pod_target), 36 },
        { "44w211", sizeof(struct xen_reserved_device_memory_map), 16 },
        { "wwwwwwww", sizeof(struct multicall_entry), 32 },
        { RUNSTATE_INFO, sizeof(struct vcpu_runstate_info),
          sizeof(struct runstate_32) },
        { "224448w", sizeof(struct xen_mem_acquire_resource),
          sizeof(struct resource_32) },
        { "2|4w", sizeof(struct xen_foreign_memory_map),
          sizeof(struct foreign_map_32) },
        { "w22|w22|222", sizeof(struct gnttab_copy), sizeof(struct copy_32) },
    };

    (void)state;
    for ( unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        assert_int_equal(layout_size(rows[i].layout, false), rows[i].native);
        assert_int_equal(layout_size(rows[i].layout, true), rows[i].compat);
        assert_in_range(rows[i].native, 0, COMPAT_STRUCT_MAX);
    }
}

static void numbers_of_64_bits_are_aligned_to_32(void **state)
{
    const vcpu_runstate_info_t info = { .state = RUNSTATE_blocked,
                                        .state_entry_time = 0x1122334455667788,
                                        .time = { 1, 2ull << 40, 3, ~0ull } };
    struct runstate_32 r;
    vcpu_runstate_info_t back;

    (void)state;
    layout_narrow(RUNSTATE_INFO, &info, &r);
    assert_int_equal(r.state, RUNSTATE_blocked);
    assert_true(r.state_entry_time == info.state_entry_time);
    for ( unsigned int i = 0; i < 4; i++ )
        assert_true(r.time[i] == info.time[i]);
    memset(&back, 0xff, sizeof(back));
    layout_widen(RUNSTATE_INFO, &r, &back);
    assert_int_equal(back.state, info.state);
    assert_memory_equal(back.time, info.time, sizeof(info.time));
}

static void words_are_widened_with_zeros(void **state)
{
    const struct resource_32 r = { 1, 2, 3, 4, 5, 6ull << 33 | 7, 0xfffffff8 };
    struct xen_mem_acquire_resource wide;

    (void)state;
    memset(&wide, 0xff, sizeof(wide));
    layout_widen("224448w", &r, &wide);
    assert_int_equal(wide.domid, 1);
    assert_int_equal(wide.type, 2);
    assert_int_equal(wide.id, 3);
    assert_int_equal(wide.nr_frames, 4);
    assert_int_equal(wide.pad, 5);
    assert_true(wide.frame == (6ull << 33 | 7));
    assert_true((uint64_t)wide.frame_list.p == 0xfffffff8);
}

static void nested_structures(void **state)
{
    const struct foreign_map_32 f = { 5, { 6, 0x89abcdef } };
    const struct copy_32 c = { { 1, 2, 3 }, { 4, 5, 6 }, 7, 8, -9 };
    struct xen_foreign_memory_map wide;
    struct gnttab_copy copy;
    struct copy_32 back;

    (void)state;
    layout_widen("2|4w", &f, &wide);
    assert_int_equal(wide.domid, 5);
    assert_int_equal(wide.map.nr_entries, 6);
    assert_true((uint64_t)wide.map.buffer.p == 0x89abcdef);
    layout_widen("w22|w22|222", &c, &copy);
    assert_int_equal(copy.source.u.ref, 1);
    assert_int_equal(copy.source.domid, 2);
    assert_int_equal(copy.source.offset, 3);
    assert_int_equal(copy.dest.u.gmfn, 4);
    assert_int_equal(copy.dest.domid, 5);
    assert_int_equal(copy.dest.offset, 6);
    assert_int_equal(copy.len, 7);
    assert_int_equal(copy.flags, 8);
    assert_int_equal(copy.status, -9);
    layout_narrow("w22|w22|222", &copy, &back);
    assert_memory_equal(&back, &c, offsetof(struct copy_32, status) + 2);
}

/* What another program's stack held does not get into padding. */
static void padding_is_cleared(void **state)
{
    const uint32_t narrow[] = { 0xffff0001, 0xffffffff };
    const uint8_t zeros[6] = { 0 };
    uint8_t wide[16];

    (void)state;
    memset(wide, 0xff, sizeof(wide));
    layout_widen("2w", narrow, wide);
    assert_memory_equal(wide + 2, zeros, 6);
    assert_memory_equal(wide + 12, zeros, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(numbers_of_64_bits_are_aligned_to_32),
        cmocka_unit_test(words_are_widened_with_zeros),
        cmocka_unit_test(nested_structures),
        cmocka_unit_test(padding_is_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
