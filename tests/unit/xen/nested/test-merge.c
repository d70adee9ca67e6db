/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/arch/x86/tsc-ratio.c xen/arch/x86/time-scale.c */
/* TEST-SOURCES: xen/nested/merge-ctrl.c xen/nested/merge-bitmap.c */
/* TEST-SOURCES: xen/nested/nested-caps.c xen/nested/vmcs12.c */
/* TEST-SOURCES: xen/nested/nested.c */
/* What L2 runs with: never more than L0 and L1 both allow. */
#include "nested-test.h"
#include <asm/tsc-ratio.h>
#include "../../../../xen/nested/merge.h"

static struct merge_l0 plain_l0(void)
{
    return (struct merge_l0){
        .pin =
            PIN_DEFAULT1 | PIN_EXT_INTR | PIN_NMI | PIN_VIRT_NMI | PIN_PREEMPT,
        .proc = PROC_TRUE_DEFAULT1 | PROC_HLT | PROC_IO_BITMAPS |
                PROC_MSR_BITMAPS | PROC_SECONDARY | PROC_TSC_OFFSET |
                PROC_TPR_SHADOW | PROC_INTR_WINDOW,
        .proc2 = PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED | PROC2_RDTSCP |
                 PROC2_WBINVD,
        .exit = EXIT_CTL_TRUE_DEFAULT1 | EXIT_CTL_HOST_64 | EXIT_CTL_ACK_INTR,
        .entry = ENTRY_CTL_TRUE_DEFAULT1,
        .exception_bitmap = 1u << X86_EXC_MC,
        .cr0_mask = X86_CR0_NE | X86_CR0_CD | X86_CR0_NW,
        .cr0_forced0 = X86_CR0_CD | X86_CR0_NW,
        .cr0_forced1 = X86_CR0_NE,
        .cr4_mask = X86_CR4_VMXE | X86_CR4_MCE,
        .cr4_forced1 = X86_CR4_VMXE,
        .tsc_offset = 1000,
        .tsc_multiplier = TSC_RATIO_ONE,
        .efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
        .pat = 0x0007040600070406ULL,
        .dr7 = 0x400,
    };
}

static void test_controls(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.proc_ctrl |= PROC_RDTSC | PROC_TSC_OFFSET | PROC_NMI_WINDOW;
    v.proc2_ctrl |= PROC2_RDTSCP | PROC2_INVPCID | PROC2_DESC_TABLE;
    v.tsc_offset = 234;
    v.exception_bitmap = 1u << X86_EXC_DB;
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    /* Exiting: either. */
    assert_true(c.proc & PROC_RDTSC);
    assert_true(c.proc & PROC_HLT);
    assert_true(c.proc2 & PROC2_DESC_TABLE);
    assert_true(c.proc2 & PROC2_WBINVD);
    assert_int_equal(c.exception_bitmap, 1u << X86_EXC_MC | 1u << X86_EXC_DB);
    /* Enabling: both. */
    assert_true(c.proc2 & PROC2_RDTSCP);
    assert_false(c.proc2 & PROC2_INVPCID);
    /* L1's alone. */
    assert_true(c.proc & PROC_NMI_WINDOW);
    assert_false(c.proc & PROC_INTR_WINDOW);
    assert_false(c.proc & PROC_TPR_SHADOW);
    /* Ports always exit; without a bitmap of L1's so do MSRs. */
    assert_true(c.proc & PROC_UNCOND_IO);
    assert_false(c.proc & (PROC_IO_BITMAPS | PROC_MSR_BITMAPS));
    assert_int_equal(c.tsc_offset, 1234);
    assert_true(c.entry & ENTRY_CTL_GUEST_64);
    assert_true(c.exit & EXIT_CTL_SAVE_EFER);
}

/* L1's own memory is no processor's to serve L2 from, whatever L1 asks. */
static void test_software_features_stay_out(void **state)
{
    const uint32_t soft = PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR |
                          PROC2_PML | PROC2_VE | PROC2_SHADOW_VMCS;
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.pin_ctrl |= PIN_POSTED_INTR;
    v.proc_ctrl |= PROC_TPR_SHADOW;
    v.proc2_ctrl |= soft | PROC2_VMFUNC;
    v.tpr_threshold = 7;
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    assert_false(c.proc2 & soft);
    assert_true(c.proc2 & PROC2_VMFUNC);
    assert_false(c.pin & PIN_POSTED_INTR);
    assert_int_equal(c.tpr_threshold, 0);
    c.proc2 |= PROC2_VINTR;
    assert_false(merge_is_safe(&l0, &v, &c));
    c.proc2 &= ~PROC2_VINTR;
    c.pin |= PIN_POSTED_INTR;
    assert_false(merge_is_safe(&l0, &v, &c));
}

/* What the processor does of APIC virtualization: for an L2 on L1's EPT. */
static void test_processors_vapic(void **state)
{
    struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    l0.proc2 |= PROC2_APIC_ACCESS;
    l0.vapic = PROC2_X2APIC | PROC2_VINTR;
    v.proc_ctrl |= PROC_TPR_SHADOW | PROC_SECONDARY;
    v.proc2_ctrl |= PROC2_EPT | PROC2_APIC_REG | PROC2_VINTR;
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    assert_int_equal(c.proc2 & PROC2_VAPIC, PROC2_VINTR);
    assert_false(c.proc2 & PROC2_APIC_ACCESS);
    c.proc2 |= PROC2_X2APIC; /* L1 has not asked for it */
    assert_false(merge_is_safe(&l0, &v, &c));
    c.proc2 ^= PROC2_X2APIC | PROC2_APIC_REG; /* L0 has not */
    assert_false(merge_is_safe(&l0, &v, &c));

    v.proc2_ctrl &= ~PROC2_EPT;
    c.proc2 &= ~PROC2_APIC_REG;
    assert_false(merge_is_safe(&l0, &v, &c));
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    assert_false(c.proc2 & PROC2_VAPIC);
    assert_true(c.proc2 & PROC2_APIC_ACCESS);
}

static void test_tsc_scaling(void **state)
{
    const uint64_t half = 1ULL << 47;
    struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.proc2_ctrl |= PROC2_TSC_SCALING;
    v.tsc_multiplier = half;
    v.tsc_offset = 50;
    /* Without offsetting there is no scaling either. */
    merge_controls(&l0, &v, &c);
    assert_false(c.proc2 & PROC2_TSC_SCALING);
    assert_int_equal(c.tsc_offset, 1000);
    assert_int_equal(merge_l2_tsc(5000, &v), 5000);

    v.proc_ctrl |= PROC_TSC_OFFSET;
    merge_controls(&l0, &v, &c);
    assert_true(c.proc2 & PROC2_TSC_SCALING);
    assert_true(c.tsc_multiplier == half);
    assert_int_equal(c.tsc_offset, 550);
    assert_int_equal(merge_l2_tsc(5000, &v), 2550);
    /* L0's offset is negative as a rule. */
    l0.tsc_offset = -1000;
    merge_controls(&l0, &v, &c);
    assert_true(c.tsc_offset == (uint64_t)-450);
    v.tsc_multiplier = 3ULL << 48;
    assert_int_equal(merge_l2_tsc(5000, &v), 15050);
}

/* L0 scales L1's TSC, L1 scales L2's or not; or L0 counts L1's itself. */
static void test_tsc_scaled_by_l0(void **state)
{
    const uint64_t one = TSC_RATIO_ONE;
    struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    l0.tsc_multiplier = 3 * one;
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    assert_true(c.proc2 & PROC2_TSC_SCALING);
    assert_true(c.tsc_multiplier == 3 * one);
    assert_int_equal(c.tsc_offset, 1000);

    v.proc_ctrl |= PROC_TSC_OFFSET;
    v.proc2_ctrl |= PROC2_TSC_SCALING;
    v.tsc_multiplier = one / 2;
    v.tsc_offset = 50;
    merge_controls(&l0, &v, &c);
    assert_true(c.tsc_multiplier == one + one / 2);
    assert_int_equal(c.tsc_offset, 550);
    /* Nothing is left to scale. */
    l0.tsc_multiplier = 2 * one;
    merge_controls(&l0, &v, &c);
    assert_false(c.proc2 & PROC2_TSC_SCALING);
    assert_false(c.proc & PROC_RDTSC);

    /* Too much for the VMCS, or less than it can say: by software. */
    v.tsc_multiplier = ~0ULL;
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    assert_false(c.proc2 & PROC2_TSC_SCALING);
    assert_true(c.proc & PROC_RDTSC);
    assert_true(merge_l2_tsc(1000, &v) == (1000ULL << 16) - 1 + 50);
    l0.tsc_multiplier = one / 2;
    v.tsc_multiplier = 1;
    merge_controls(&l0, &v, &c);
    assert_false(c.proc2 & PROC2_TSC_SCALING);
    assert_true(c.proc & PROC_RDTSC);

    l0.proc |= PROC_RDTSC;
    l0.tsc_multiplier = one;
    v.proc2_ctrl &= ~PROC2_TSC_SCALING;
    merge_controls(&l0, &v, &c);
    assert_true(c.proc & PROC_RDTSC);
    c.proc &= ~PROC_RDTSC;
    assert_false(merge_is_safe(&l0, &v, &c));
}

/* CR8 is L1's local APIC unless L1 gives L2 a task priority of its own. */
static void test_cr8(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    const uint32_t both = PROC_CR8_LOAD | PROC_CR8_STORE;
    struct vmcs12 v;

    good_vmcs12(&v);
    assert_int_equal(merge_proc(l0.proc, &v) & both, both);
    v.proc_ctrl |= PROC_TPR_SHADOW;
    assert_int_equal(merge_proc(l0.proc, &v) & both, 0);
    assert_true(merge_proc(l0.proc, &v) & PROC_TPR_SHADOW);
    v.proc_ctrl |= PROC_CR8_STORE;
    assert_int_equal(merge_proc(l0.proc, &v) & both, PROC_CR8_STORE);
    /* L0's own way of having CR8 exit is not L2's. */
    assert_int_equal(merge_proc(l0.proc | both, &v) & both, PROC_CR8_STORE);
}

static void test_inactive_secondary(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.proc_ctrl &= ~PROC_SECONDARY;
    v.proc2_ctrl = ~0u;
    merge_controls(&l0, &v, &c);
    assert_true(merge_is_safe(&l0, &v, &c));
    assert_int_equal(c.proc2, PROC2_EPT | PROC2_VPID | PROC2_WBINVD);
}

/* Whatever 32-bit words L0 and L1 have, the result is safe. */
static void test_never_more_than_both(void **state)
{
    srand(1);
    for ( unsigned int i = 0; i < 100000; i++ )
    {
        struct merge_l0 l0 = plain_l0();
        struct vmcs02_ctrl c;
        struct vmcs12 v;

        good_vmcs12(&v);
        l0.proc = (uint32_t)rand() << 1 | PROC_SECONDARY;
        l0.proc2 = (uint32_t)rand() << 1;
        l0.vapic = (uint32_t)rand() & PROC2_VAPIC;
        v.pin_ctrl = rand();
        v.proc_ctrl = (uint32_t)rand() << 1;
        v.proc2_ctrl = (uint32_t)rand() << 1;
        v.exception_bitmap = (uint32_t)rand() << 1;
        merge_controls(&l0, &v, &c);
        assert_true(merge_is_safe(&l0, &v, &c));
    }
}

/* And the judge does see what is unsafe. */
static void test_unsafe_is_seen(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl good, c;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.proc2_ctrl |= PROC2_DESC_TABLE;
    merge_controls(&l0, &v, &good);
    c = good;
    c.proc &= ~PROC_UNCOND_IO;
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.proc |= PROC_MSR_BITMAPS;
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.proc &= ~PROC_CR8_LOAD;
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.proc2 &= ~PROC2_DESC_TABLE;
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.proc2 |= PROC2_RDTSCP; /* L1 did not give it */
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.pin &= ~PIN_EXT_INTR;
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.exception_bitmap = 0;
    assert_false(merge_is_safe(&l0, &v, &c));
    c = good;
    c.pf_error_mask = 1;
    assert_true(merge_is_safe(&l0, &v, &c)); /* L0 wants no page faults */
}

static void test_unsafe_cr(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_cr good, cr;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.cr0_mask = X86_CR0_TS;
    v.cr4_mask = X86_CR4_PAE;
    merge_cr(&l0, &v, &good);
    assert_true(merge_cr_is_safe(&l0, &v, &good));
    cr = good;
    cr.cr0_mask &= ~(uint64_t)X86_CR0_TS;
    assert_false(merge_cr_is_safe(&l0, &v, &cr));
    cr = good;
    cr.cr4_mask &= ~l0.cr4_mask;
    assert_false(merge_cr_is_safe(&l0, &v, &cr));
    cr = good;
    cr.cr4 &= ~(uint64_t)X86_CR4_VMXE;
    assert_false(merge_cr_is_safe(&l0, &v, &cr));
    cr = good;
    cr.cr0 |= X86_CR0_CD;
    assert_false(merge_cr_is_safe(&l0, &v, &cr));
}

static void test_unsafe_bitmap(void **state)
{
    uint64_t l0[BITMAP_WORDS], merged[BITMAP_WORDS];

    memset(l0, 0xff, sizeof(l0));
    memset(merged, 0xff, sizeof(merged));
    l0[BITMAP_WORDS - 1] = 0x7f;
    merged[BITMAP_WORDS - 1] = 0x7f;
    assert_true(merge_bitmap_is_safe(merged, l0, 0));
    merged[BITMAP_WORDS - 1] = 0x7e;
    assert_false(merge_bitmap_is_safe(merged, l0, 0));
    assert_false(merge_bitmap_is_safe(merged, l0, PROC2_VAPIC));
}

static void test_page_faults(void **state)
{
    struct merge_l0 l0 = plain_l0();
    struct vmcs02_ctrl c;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.exception_bitmap = 1u << X86_EXC_PF;
    v.pf_error_mask = 0x1f;
    v.pf_error_match = 0x9;
    merge_controls(&l0, &v, &c);
    assert_int_equal(c.pf_error_mask, 0x1f);
    assert_int_equal(c.pf_error_match, 0x9);
    l0.exception_bitmap |= 1u << X86_EXC_PF;
    merge_controls(&l0, &v, &c);
    assert_int_equal(c.pf_error_mask | c.pf_error_match, 0);
}

static void test_cr(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_cr cr;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.guest_cr0 |= X86_CR0_CD | X86_CR0_TS;
    v.cr0_mask = X86_CR0_TS;
    v.cr0_read_shadow = 0; /* L2 is to see TS clear */
    merge_cr(&l0, &v, &cr);
    assert_int_equal(cr.cr0_mask, l0.cr0_mask | X86_CR0_TS);
    assert_true(cr.cr0 & X86_CR0_TS);
    assert_false(cr.cr0 & X86_CR0_CD);
    assert_false(cr.cr0_shadow & X86_CR0_TS);
    assert_true(cr.cr0_shadow & X86_CR0_CD); /* L2 sees the CD it has */
    assert_true(cr.cr4 & X86_CR4_VMXE);
}

/* What comes back after a run in which L2 changed nothing is what went in. */
static void test_cr_round_trip(void **state)
{
    const struct merge_l0 l0 = plain_l0();

    srand(2);
    for ( unsigned int i = 0; i < 10000; i++ )
    {
        struct vmcs02_cr cr;
        struct vmcs12 v;

        good_vmcs12(&v);
        v.guest_cr0 = (uint32_t)rand() | X86_CR0_NE;
        v.cr0_mask = rand();
        v.cr0_read_shadow = rand();
        merge_cr(&l0, &v, &cr);
        assert_true(unmerge_cr(cr.cr0, cr.cr0_shadow, l0.cr0_mask & ~v.cr0_mask,
                               v.cr0_mask, v.guest_cr0) == v.guest_cr0);
    }
    /* A bit that nobody masks comes from the register. */
    assert_int_equal(unmerge_cr(8, 0, 0x20, 0x10, 0x10), 0x18);
}

static void test_msrs(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_msrs m;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.guest_pat = 6;
    merge_msrs(&l0, &v, &m);
    assert_int_equal(m.efer, v.guest_efer);
    assert_true(m.pat == l0.pat);
    v.entry_ctrl |= ENTRY_CTL_LOAD_PAT;
    merge_msrs(&l0, &v, &m);
    assert_int_equal(m.pat, 6);

    /* EFER not loaded: L1's, with LMA and LME as the entry has them. */
    v.entry_ctrl = ENTRY_CTL_TRUE_DEFAULT1;
    merge_msrs(&l0, &v, &m);
    assert_int_equal(m.efer, EFER_SCE | EFER_NXE);
    assert_int_equal(m.dr7, l0.dr7);
    v.entry_ctrl |= ENTRY_CTL_GUEST_64;
    merge_msrs(&l0, &v, &m);
    assert_int_equal(m.efer, EFER_SCE | EFER_NXE | EFER_LMA | EFER_LME);
    v.entry_ctrl = ENTRY_CTL_TRUE_DEFAULT1;
    v.guest_cr0 &= ~X86_CR0_PG;
    merge_msrs(&l0, &v, &m);
    assert_int_equal(m.efer, EFER_SCE | EFER_NXE | EFER_LME);
}

/* Branch records are not L2's to turn on, though it sees what it wrote. */
static void test_debugctl(void **state)
{
    const struct merge_l0 l0 = plain_l0();
    struct vmcs02_msrs m;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.guest_debugctl = 3;
    merge_msrs(&l0, &v, &m);
    assert_int_equal(m.debugctl, 2);
    assert_int_equal(unmerge_debugctl(m.debugctl, v.guest_debugctl), 3);
    assert_int_equal(unmerge_debugctl(0, v.guest_debugctl), 1);
}

static void test_bitmaps(void **state)
{
    static uint64_t l0[BITMAP_WORDS], l1[BITMAP_WORDS], out[BITMAP_WORDS];
    struct msr_bitmap_words words;

    memset(l0, 0xff, sizeof(l0));
    memset(out, 0xff, sizeof(out));
    l0[5] = ~6ULL;
    l0[300] = 0;
    memset(l1, 0, sizeof(l1));
    l1[5] = 2;
    merge_bitmap_scan(l0, &words);
    assert_int_equal(words.count, 2);
    merge_msr_bitmap(out, l0, l1, &words);
    for ( unsigned int i = 0; i < BITMAP_WORDS; i++ )
        assert_true(out[i] == (l0[i] | l1[i]));
    /* L1 without a bitmap wants them all. */
    merge_msr_bitmap(out, l0, NULL, &words);
    for ( unsigned int i = 0; i < BITMAP_WORDS; i++ )
        assert_true(out[i] == ~0ULL);
}

/* RDMSR, or WRMSR, of an MSR does not exit. */
static bool let_through(const uint64_t *bitmap, uint32_t msr, bool write)
{
    return !(bitmap[(write ? MSR_BITMAP_WRITE_LOW : MSR_BITMAP_READ_LOW) / 8 +
                    msr / 64] >>
                 msr % 64 &
             1);
}

static void test_x2apic_msrs(void **state)
{
    static const uint32_t controls[] = {
        0,
        PROC2_APIC_REG | PROC2_VINTR,
        PROC2_X2APIC,
        PROC2_X2APIC | PROC2_APIC_REG,
        PROC2_X2APIC | PROC2_VINTR,
        PROC2_VAPIC,
    };
    static uint64_t l0[BITMAP_WORDS], l1[BITMAP_WORDS], out[BITMAP_WORDS];

    memset(l0, 0xff, sizeof(l0));
    for ( unsigned int i = 0; i < ARRAY_SIZE(controls); i++ )
    {
        uint32_t c = controls[i];
        bool on = c & PROC2_X2APIC;

        memset(out, 0xff, sizeof(out));
        memset(l1, 0, sizeof(l1));
        merge_x2apic(out, l1, c);
        for ( uint32_t msr = 0; msr < MSR_BITMAP_RANGE; msr++ )
        {
            bool tpr = msr == 0x808, ours = msr >= 0x800 && msr <= 0x8ff;
            bool delivery = msr == 0x80b || msr == 0x83f;

            assert_int_equal(let_through(out, msr, false),
                             on && (tpr || (ours && (c & PROC2_APIC_REG))));
            assert_int_equal(let_through(out, msr, true),
                             on && (tpr || (delivery && (c & PROC2_VINTR))));
        }
        assert_true(merge_bitmap_is_safe(out, l0, c));
        assert_int_equal(merge_bitmap_is_safe(out, l0, 0), !on);
        /* L1's own wishes, and none at all. */
        memset(l1, 0xff, sizeof(l1));
        merge_x2apic(out, l1, c);
        assert_memory_equal(out, l0, sizeof(out));
        merge_x2apic(out, NULL, c);
        assert_memory_equal(out, l0, sizeof(out));
    }
    /* Only those become harmless. */
    memset(out, 0xff, sizeof(out));
    out[MSR_BITMAP_WRITE_LOW / 8 + 0x830 / 64] = ~(1ULL << 0x830 % 64);
    assert_false(merge_bitmap_is_safe(out, l0, PROC2_VAPIC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_software_features_stay_out),
        cmocka_unit_test(test_tsc_scaling),
        cmocka_unit_test(test_tsc_scaled_by_l0),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_cr8),
        cmocka_unit_test(test_inactive_secondary),
        cmocka_unit_test(test_never_more_than_both),
        cmocka_unit_test(test_unsafe_is_seen),
        cmocka_unit_test(test_unsafe_cr),
        cmocka_unit_test(test_unsafe_bitmap),
        cmocka_unit_test(test_page_faults),
        cmocka_unit_test(test_cr),
        cmocka_unit_test(test_cr_round_trip),
        cmocka_unit_test(test_msrs),
        cmocka_unit_test(test_debugctl),
        cmocka_unit_test(test_bitmaps),
        cmocka_unit_test(test_x2apic_msrs),
        cmocka_unit_test(test_processors_vapic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
