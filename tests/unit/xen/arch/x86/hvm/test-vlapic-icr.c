/* SPDX-License-Identifier: MIT */
/* Messages between virtual local APICs, INIT and start-up among them. */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-regs.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-icr.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-timer.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-save.c */
#include "vlapic-test.h"

static void ipi_physical(void **state)
{
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        enable(&vcpus[i]);
    wr(&vcpus[0], APIC_ICR2, 4u << 24);
    wr(&vcpus[0], APIC_ICR, 0x71);
    assert_int_equal(vlapic_pending_irq(&vcpus[2]), 0x71);
    assert_int_equal(vlapic_pending_irq(&vcpus[1]), -1);
    /* Odd ids are nobody's, as are those beyond the last. */
    wr(&vcpus[0], APIC_ICR2, 3u << 24);
    wr(&vcpus[0], APIC_ICR, 0x72);
    wr(&vcpus[0], APIC_ICR2, 8u << 24);
    wr(&vcpus[0], APIC_ICR, 0x72);
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        assert_int_not_equal(vlapic_highest_irr(&vcpus[i]), 0x72);
    wr(&vcpus[0], APIC_ICR2, 0xffu << 24);
    wr(&vcpus[0], APIC_ICR, 0x73);
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        assert_int_equal(vlapic_highest_irr(&vcpus[i]), 0x73);
}

static void ipi_shorthands(void **state)
{
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        enable(&vcpus[i]);
    wr(&vcpus[0], APIC_ICR, APIC_DEST_ALLBUT | 0x51);
    assert_int_equal(vlapic_highest_irr(&vcpus[0]), -1);
    assert_int_equal(vlapic_highest_irr(&vcpus[3]), 0x51);
    wr(&vcpus[0], APIC_ICR, APIC_DEST_SELF | 0x52);
    assert_int_equal(vlapic_highest_irr(&vcpus[0]), 0x52);
    assert_int_equal(vlapic_highest_irr(&vcpus[1]), 0x51);
    wr(&vcpus[0], APIC_ICR, APIC_DEST_ALLINC | APIC_DM_NMI);
    assert_int_equal(nmis[0] + nmis[1] + nmis[2] + nmis[3], 4);
}

static void ipi_logical_flat_and_cluster(void **state)
{
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        enable(&vcpus[i]);
        wr(&vcpus[i], APIC_LDR, 1u << (24 + i));
    }
    wr(&vcpus[0], APIC_ICR2, 0x0au << 24);
    wr(&vcpus[0], APIC_ICR, APIC_ICR_LOGICAL | 0x61);
    assert_int_equal(vlapic_highest_irr(&vcpus[0]), -1);
    assert_int_equal(vlapic_highest_irr(&vcpus[1]), 0x61);
    assert_int_equal(vlapic_highest_irr(&vcpus[2]), -1);
    assert_int_equal(vlapic_highest_irr(&vcpus[3]), 0x61);

    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        wr(&vcpus[i], APIC_DFR, 0x0fffffff);
        wr(&vcpus[i], APIC_LDR, ((i / 2) << 28) | (1u << (24 + (i & 1))));
    }
    wr(&vcpus[0], APIC_ICR2, 0x12u << 24);
    wr(&vcpus[0], APIC_ICR, APIC_ICR_LOGICAL | 0x71);
    assert_int_equal(vlapic_highest_irr(&vcpus[1]), 0x61);
    assert_int_equal(vlapic_highest_irr(&vcpus[2]), -1);
    assert_int_equal(vlapic_highest_irr(&vcpus[3]), 0x71);
}

static void ipi_x2apic(void **state)
{
    uint64_t val;

    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        enable(&vcpus[i]);
        to_x2apic(&vcpus[i]);
    }
    assert_int_equal(rx(&vcpus[3], APIC_LDR, &val), 0);
    assert_int_equal(val, 1u << 6);
    assert_int_equal(rx(&vcpus[3], APIC_ID, &val), 0);
    assert_int_equal(val, 6);
    assert_int_equal(wx(&vcpus[0], APIC_ICR, (6ULL << 32) | 0x81), 0);
    assert_int_equal(vlapic_highest_irr(&vcpus[3]), 0x81);
    /* Logical: cluster 0, members 2 and 4 (vCPUs 1 and 2). */
    assert_int_equal(
        wx(&vcpus[0], APIC_ICR, (0x14ULL << 32) | APIC_ICR_LOGICAL | 0x82), 0);
    assert_int_equal(vlapic_highest_irr(&vcpus[0]), -1);
    assert_int_equal(vlapic_highest_irr(&vcpus[1]), 0x82);
    assert_int_equal(vlapic_highest_irr(&vcpus[2]), 0x82);
    assert_int_equal(vlapic_highest_irr(&vcpus[3]), 0x81);
    assert_int_equal(rx(&vcpus[0], APIC_ICR, &val), 0);
    assert_int_equal(val, (0x14ULL << 32) | APIC_ICR_LOGICAL | 0x82);
    assert_int_equal(wx(&vcpus[0], APIC_ICR, (0xffffffffULL << 32) | 0x90), 0);
    assert_int_equal(vlapic_highest_irr(&vcpus[0]), 0x90);
    assert_int_equal(wx(&vcpus[1], APIC_SELF_IPI, 0xa0), 0);
    assert_int_equal(vlapic_highest_irr(&vcpus[1]), 0xa0);
    /* An 8-bit id from an IO-APIC still finds its target. */
    vlapic_send_message(&dom, NULL, APIC_ICR_LEVEL | 0xb1, 4, false);
    assert_int_equal(vlapic_highest_irr(&vcpus[2]), 0xb1);
    assert_int_equal(vlapic_reg(vcpus[2].arch.vlapic, APIC_TMR + 0x50),
                     1u << 17);
}

static void lowest_priority(void **state)
{
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        enable(&vcpus[i]);
        wr(&vcpus[i], APIC_LDR, 1u << (24 + i));
        wr(&vcpus[i], APIC_TASKPRI, i == 2 ? 0 : 0x40);
    }
    wr(&vcpus[0], APIC_ICR2, 0x0fu << 24);
    wr(&vcpus[0], APIC_ICR, APIC_DM_LOWEST | APIC_ICR_LOGICAL | 0x91);
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        assert_int_equal(vlapic_highest_irr(&vcpus[i]), i == 2 ? 0x91 : -1);
}

static void init_and_startup(void **state)
{
    struct vcpu *v = &vcpus[1];

    enable(&vcpus[0]);
    wr(&vcpus[0], APIC_ICR2, 2u << 24);
    wr(&vcpus[0], APIC_ICR, APIC_DM_INIT | APIC_ICR_ASSERT | APIC_ICR_LEVEL);
    assert_true(v->pause_flags & VPF_down);
    /* The de-assert message that old code sends does nothing. */
    wr(&vcpus[0], APIC_ICR, APIC_DM_INIT | APIC_ICR_LEVEL);
    wr(&vcpus[0], APIC_ICR, APIC_DM_STARTUP | 0x9a);
    assert_false(v->pause_flags & VPF_down);
    assert_int_equal(wakes[1], 1);
    /* The state is its own: it changes when the vCPU comes to run. */
    assert_int_equal(started_cs, -1);
    assert_true(vlapic_startup_pending(v));
    vlapic_apply_startup(v);
    assert_int_equal(started_cs, 0x9a00);
    assert_false(vlapic_startup_pending(v));
    /* The second start-up message must not restart it. */
    started_cs = -1;
    wr(&vcpus[0], APIC_ICR, APIC_DM_STARTUP | 0x9a);
    assert_false(vlapic_startup_pending(v));
    assert_int_equal(started_cs, -1);
    /* Off and on again: a pending upcall is not lost with the registers. */
    enable(v);
    v->arch.evtchn_upcall_vector = 0xf3;
    infos[1].evtchn_upcall_pending = 1;
    vlapic_post_irq(v, 0xf3, false);
    wr(&vcpus[0], APIC_ICR, APIC_DM_INIT);
    assert_true(v->pause_flags & VPF_down);
    wr(&vcpus[0], APIC_ICR, APIC_DM_STARTUP | 0x10);
    vlapic_apply_startup(v);
    assert_int_equal(rd(v, APIC_SPIV), 0xff);
    assert_int_equal(started_cs, 0x1000);
    /* An INIT that comes behind it takes the start back. */
    wr(&vcpus[0], APIC_ICR, APIC_DM_INIT);
    wr(&vcpus[0], APIC_ICR, APIC_DM_STARTUP | 0x20);
    wr(&vcpus[0], APIC_ICR, APIC_DM_INIT);
    assert_true(v->pause_flags & VPF_down);
    vlapic_apply_startup(v);
    assert_int_equal(started_cs, 0x1000);
    wr(&vcpus[0], APIC_ICR, APIC_DM_STARTUP | 0x10);
    vlapic_apply_startup(v);
    assert_int_equal(vlapic_highest_irr(v), -1);
    enable(v);
    assert_int_equal(vlapic_pending_irq(v), 0xf3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ipi_physical),
        CASE(ipi_shorthands),
        CASE(ipi_logical_flat_and_cluster),
        CASE(ipi_x2apic),
        CASE(lowest_priority),
        CASE(init_and_startup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
