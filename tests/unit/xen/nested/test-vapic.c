/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/vapic.c */
/* APIC virtualization in software: registers, EOI, self-IPIs, delivery. */
#include "nested-test.h"
#include "../../../../xen/nested/vapic.h"

static uint8_t page[4096];
static struct vmcs12 v;
static bool pending;
static struct vapic va = { page, &v, &pending };
static struct l2_exit e;

static uint32_t get(unsigned int offset)
{
    uint32_t val;

    memcpy(&val, page + offset, sizeof(val));
    return val;
}

static void put(unsigned int offset, uint32_t val)
{
    memcpy(page + offset, &val, sizeof(val));
}

static bool vector_set(unsigned int first, uint8_t vector)
{
    return get(first + vector / 32 * 16) >> vector % 32 & 1;
}

static int setup(void **state)
{
    memset(page, 0, sizeof(page));
    memset(&v, 0, sizeof(v));
    v.proc_ctrl = PROC_SECONDARY | PROC_TPR_SHADOW;
    v.proc2_ctrl = PROC2_VINTR | PROC2_APIC_REG | PROC2_APIC_ACCESS;
    pending = false;
    return 0;
}

static enum vapic_next write32(unsigned int offset, uint32_t val)
{
    assert_true(vapic_mmio_virtualized(&v, offset, 4, true));
    return vapic_mmio_write(&va, offset, &val, 4, &e);
}

static void status(uint8_t svi, uint8_t rvi)
{
    assert_int_equal(v.guest_intr_status, svi << 8 | rvi);
}

/* SDM lists them by offset; all else exits. */
static void test_virtualized_registers(void **state)
{
    static const uint16_t reads[] = {
        0x20,  0x30,  0x80,  0xb0,  0xd0,  0xe0,  0xf0,  0x280, 0x300,
        0x310, 0x320, 0x330, 0x340, 0x350, 0x360, 0x370, 0x380, 0x3e0
    };
    static const uint16_t writes[] = { 0x20,  0x80,  0xb0,  0xd0,  0xe0,  0xf0,
                                       0x280, 0x300, 0x310, 0x320, 0x330, 0x340,
                                       0x350, 0x360, 0x370, 0x380, 0x3e0 };

    for ( unsigned int offset = 0; offset < 0x1000; offset += 16 )
    {
        bool r = offset >= 0x100 && offset <= 0x270, w = false;

        for ( unsigned int i = 0; i < ARRAY_SIZE(reads); i++ )
            r |= reads[i] == offset;
        for ( unsigned int i = 0; i < ARRAY_SIZE(writes); i++ )
            w |= writes[i] == offset;
        v.proc2_ctrl = PROC2_APIC_REG;
        assert_int_equal(vapic_mmio_virtualized(&v, offset, 4, false), r);
        assert_int_equal(vapic_mmio_virtualized(&v, offset, 4, true), w);
        assert_false(vapic_mmio_virtualized(&v, offset, 8, false));
        assert_false(vapic_mmio_virtualized(&v, offset + 4, 4, false));
        assert_false(vapic_mmio_virtualized(&v, offset + 2, 4, true));
        v.proc2_ctrl = PROC2_VINTR;
        assert_int_equal(vapic_mmio_virtualized(&v, offset, 4, false),
                         offset == 0x80);
        assert_int_equal(vapic_mmio_virtualized(&v, offset, 1, true),
                         offset == 0x80 || offset == 0xb0 || offset == 0x300);
        v.proc2_ctrl = 0;
        assert_int_equal(vapic_mmio_virtualized(&v, offset, 4, true),
                         offset == 0x80);
    }
    v.proc_ctrl &= ~PROC_TPR_SHADOW;
    assert_false(vapic_mmio_virtualized(&v, 0x80, 4, true));
}

static void test_parts_of_a_register(void **state)
{
    uint16_t half = 0;
    uint8_t byte = 0xab;

    put(0x310, 0x44332211);
    vapic_mmio_read(&va, 0x312, &half, 2);
    assert_int_equal(half, 0x4433);
    /* The high ICR keeps its destination alone; no exit. */
    assert_int_equal(vapic_mmio_write(&va, 0x313, &byte, 1, &e), VAPIC_DONE);
    assert_int_equal(get(0x310), 0xab000000);
}

static void test_writes_that_exit(void **state)
{
    assert_int_equal(write32(0xd0, 0x01000000), VAPIC_EXIT);
    assert_int_equal(e.reason, EXIT_REASON_APIC_WRITE);
    assert_int_equal(e.qual, 0xd0);
    assert_int_equal(get(0xd0), 0x01000000);
    /* EOI without virtual-interrupt delivery is one as well. */
    v.proc2_ctrl = PROC2_APIC_REG;
    assert_int_equal(write32(0xb0, 7), VAPIC_EXIT);
    assert_int_equal(e.qual, 0xb0);
}

/* The processor wrote the register, the rest is ours. */
static void test_written_by_the_processor(void **state)
{
    put(0x100 + 3 * 16, 1u << 0x11); /* ISR 71H */
    v.guest_intr_status = 0x7100;
    put(0xb0, 0x1234);
    assert_int_equal(vapic_written(&va, 0xb0, &e), VAPIC_DONE);
    assert_int_equal(get(0xb0), 0);
    assert_false(vector_set(0x100, 0x71));
    status(0, 0);
    put(0x300, 1u << 18 | 0x52);
    assert_int_equal(vapic_written(&va, 0x300, &e), VAPIC_DONE);
    assert_true(vector_set(0x200, 0x52));
    status(0, 0x52);
    assert_true(pending);
    assert_int_equal(vapic_written(&va, 0xf0, &e), VAPIC_EXIT);
    assert_int_equal(e.reason, EXIT_REASON_APIC_WRITE);
    assert_int_equal(e.qual, 0xf0);
}

static void test_priority_and_delivery(void **state)
{
    put(0x200 + 2 * 16, 1u << (0x51 - 0x40)); /* IRR 51H */
    put(0x200 + 1 * 16, 1u << (0x31 - 0x20)); /* IRR 31H */
    v.guest_intr_status = 0x51;
    put(0x80, 0x50);
    vapic_evaluate(&va);
    assert_false(pending); /* the class of 51H is not above that of 50H */
    assert_int_equal(get(0xa0), 0x50);
    assert_int_equal(vapic_tpr_threshold(&va), 5);

    assert_int_equal(write32(0x80, 0xffffff42), VAPIC_DONE);
    assert_int_equal(get(0x80), 0x42);
    assert_true(pending);
    assert_int_equal(vapic_tpr_threshold(&va), 0);
    assert_int_equal(vapic_deliver(&va), 0x51);
    assert_false(pending);
    status(0x51, 0x31);
    assert_int_equal(get(0xa0), 0x50);
    assert_true(vector_set(0x100, 0x51));
    assert_false(vector_set(0x200, 0x51));

    /* Less than what is in service waits for its end. */
    vapic_evaluate(&va);
    assert_false(pending);
    assert_int_equal(write32(0x80, 0), VAPIC_DONE);
    assert_false(pending);
    assert_int_equal(write32(0xb0, 0x1234), VAPIC_DONE);
    assert_int_equal(get(0xb0), 0);
    assert_false(vector_set(0x100, 0x51));
    status(0, 0x31);
    assert_true(pending);
}

static void test_interrupt_window_holds_back(void **state)
{
    v.guest_intr_status = 0x61;
    v.proc_ctrl |= PROC_INTR_WINDOW;
    vapic_evaluate(&va);
    assert_false(pending);
    v.proc_ctrl &= ~PROC_INTR_WINDOW;
    v.proc2_ctrl &= ~PROC2_VINTR;
    vapic_evaluate(&va);
    assert_false(pending);
}

static void test_eoi_exits(void **state)
{
    v.guest_intr_status = 0x8100;
    put(0x100 + 4 * 16, 1u << 1 | 1u << 2); /* ISR 81H, 82H */
    put(0x100 + 1 * 16, 1u << 3);           /* ISR 23H */
    v.eoi_exit_bitmap2 = 1ULL << 1;
    assert_int_equal(write32(0xb0, 0), VAPIC_EXIT);
    assert_int_equal(e.reason, EXIT_REASON_VIRT_EOI);
    assert_int_equal(e.qual, 0x81);
    status(0x82, 0);
    assert_int_equal(write32(0xb0, 0), VAPIC_DONE);
    status(0x23, 0);
    assert_int_equal(get(0xa0), 0x20);
}

static void test_self_ipi(void **state)
{
    static const uint32_t not_virtual[] = {
        0x00040005,             /* vector below 16 */
        0x00000041, 0x00080041, /* other destinations */
        0x00040141, 0x00048041, /* other mode, level */
        0x00041041, 0x00042041, 0x00050041, 0x00140041,
    };

    assert_int_equal(write32(0x300, 0x00044841), VAPIC_DONE);
    assert_true(vector_set(0x200, 0x41));
    status(0, 0x41);
    assert_true(pending);
    for ( unsigned int i = 0; i < ARRAY_SIZE(not_virtual); i++ )
    {
        assert_int_equal(write32(0x300, not_virtual[i]), VAPIC_EXIT);
        assert_int_equal(e.reason, EXIT_REASON_APIC_WRITE);
        assert_int_equal(e.qual, 0x300);
    }
    status(0, 0x41);
}

static void test_tpr_below_threshold(void **state)
{
    v.proc2_ctrl = PROC2_APIC_ACCESS;
    v.tpr_threshold = 5;
    assert_int_equal(write32(0x80, 0x50), VAPIC_DONE);
    assert_int_equal(write32(0x80, 0x4f), VAPIC_EXIT);
    assert_int_equal(e.reason, EXIT_REASON_TPR_BELOW);
}

static void test_posted(void **state)
{
    uint32_t requests[8] = { [2] = 1u << 5, [7] = 1u << 1 };

    put(0x200 + 2 * 16, 1);
    v.guest_intr_status = 0x40;
    vapic_post(&va, requests);
    status(0, 0xe1);
    assert_true(vector_set(0x200, 0x45));
    assert_true(vector_set(0x200, 0x40));
    assert_true(pending);
    /* Nothing posted leaves what there was. */
    memset(requests, 0, sizeof(requests));
    vapic_post(&va, requests);
    status(0, 0xe1);
}

static void test_msrs(void **state)
{
    uint64_t val = 0;

    v.proc2_ctrl = PROC2_X2APIC;
    put(0x80, 0x33);
    assert_int_equal(vapic_msr_read(&va, 0x808, &val), VAPIC_DONE);
    assert_int_equal(val, 0x33);
    assert_int_equal(vapic_msr_read(&va, 0x80a, &val), VAPIC_REAL);
    assert_int_equal(vapic_msr_write(&va, 0x80b, 0, &e), VAPIC_REAL);
    assert_int_equal(vapic_msr_write(&va, 0x83f, 0x41, &e), VAPIC_REAL);

    v.proc2_ctrl |= PROC2_APIC_REG | PROC2_VINTR;
    put(0x300, 0x1234);
    put(0x304, 0x56);
    assert_int_equal(vapic_msr_read(&va, 0x830, &val), VAPIC_DONE);
    assert_true(val == 0x5600001234ULL);
    assert_int_equal(vapic_msr_read(&va, 0x7ff, &val), VAPIC_REAL);
    assert_int_equal(vapic_msr_read(&va, 0x900, &val), VAPIC_REAL);
    assert_int_equal(vapic_msr_read(&va, 0x8ff, &val), VAPIC_DONE);
    assert_int_equal(vapic_msr_write(&va, 0x830, 0x41, &e), VAPIC_REAL);

    assert_int_equal(vapic_msr_write(&va, 0x808, 0x100, &e), VAPIC_GP);
    assert_int_equal(get(0x80), 0x33);
    assert_int_equal(vapic_msr_write(&va, 0x808, 0x20, &e), VAPIC_DONE);
    assert_int_equal(get(0x80), 0x20);
    assert_int_equal(vapic_msr_write(&va, 0x80b, 1, &e), VAPIC_GP);
    assert_int_equal(vapic_msr_write(&va, 0x80b, 0, &e), VAPIC_DONE);
    assert_int_equal(vapic_msr_write(&va, 0x83f, 1ULL << 32, &e), VAPIC_GP);
    assert_int_equal(vapic_msr_write(&va, 0x83f, 0xf, &e), VAPIC_EXIT);
    assert_int_equal(e.reason, EXIT_REASON_APIC_WRITE);
    assert_int_equal(e.qual, 0x3f0);
    assert_int_equal(vapic_msr_write(&va, 0x83f, 0x31, &e), VAPIC_DONE);
    status(0, 0x31);
    assert_true(pending);

    v.proc2_ctrl &= ~PROC2_X2APIC;
    assert_int_equal(vapic_msr_read(&va, 0x808, &val), VAPIC_REAL);
    assert_int_equal(vapic_msr_write(&va, 0x808, 0, &e), VAPIC_REAL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(test_virtualized_registers),
        T(test_parts_of_a_register),
        T(test_writes_that_exit),
        T(test_written_by_the_processor),
        T(test_priority_and_delivery),
        T(test_interrupt_window_holds_back),
        T(test_eoi_exits),
        T(test_self_ipi),
        T(test_tpr_below_threshold),
        T(test_posted),
        T(test_msrs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
