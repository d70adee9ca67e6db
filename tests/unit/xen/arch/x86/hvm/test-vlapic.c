/* SPDX-License-Identifier: MIT */
/* The virtual local APIC: priorities, modes, faults, save records. */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-regs.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-icr.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-timer.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-save.c */
#include "vlapic-test.h"

static void power_up_state(void **state)
{
    struct vcpu *v = &vcpus[1];
    uint64_t base;

    vlapic_rdmsr(v, MSR_APIC_BASE, &base);
    assert_int_equal(base, 0xfee00800);
    vlapic_rdmsr(&vcpus[0], MSR_APIC_BASE, &base);
    assert_int_equal(base, 0xfee00900);
    assert_int_equal(rd(v, APIC_ID), 2u << 24);
    assert_int_equal(rd(v, APIC_SPIV), 0xff);
    assert_int_equal(rd(v, APIC_DFR), 0xffffffff);
    assert_int_equal(rd(v, APIC_LVT0), APIC_LVT_MASKED);
    assert_int_equal(rd(v, APIC_LVTT), APIC_LVT_MASKED);
    assert_int_equal(rd(v, APIC_LVR) >> 16, 5);
    assert_int_equal(vlapic_pending_irq(v), -1);
}

static void disabled_takes_nothing(void **state)
{
    vlapic_set_irq(&vcpus[0], 0x40, false);
    assert_int_equal(vlapic_pending_irq(&vcpus[0]), -1);
    enable(&vcpus[0]);
    assert_int_equal(vlapic_pending_irq(&vcpus[0]), -1);
    vlapic_set_irq(&vcpus[0], 0x40, false);
    assert_int_equal(vlapic_pending_irq(&vcpus[0]), 0x40);
}

static void priority_order(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    vlapic_set_irq(v, 0x41, false);
    vlapic_set_irq(v, 0xf3, false);
    vlapic_set_irq(v, 0x31, false);
    assert_int_equal(vlapic_pending_irq(v), 0xf3);
    vlapic_ack_irq(v, 0xf3);
    assert_int_equal(rd(v, APIC_PROCPRI), 0xf0);
    /* Nothing of a lower class interrupts the one in service. */
    assert_int_equal(vlapic_pending_irq(v), -1);
    assert_int_equal(vlapic_highest_irr(v), 0x41);
    vlapic_eoi(v);
    assert_int_equal(vlapic_pending_irq(v), 0x41);
    vlapic_ack_irq(v, 0x41);
    /* Same class: waits. Higher class: nests. */
    vlapic_set_irq(v, 0x4f, false);
    assert_int_equal(vlapic_pending_irq(v), -1);
    vlapic_set_irq(v, 0x50, false);
    assert_int_equal(vlapic_pending_irq(v), 0x50);
    vlapic_ack_irq(v, 0x50);
    vlapic_eoi(v);
    assert_int_equal(rd(v, APIC_PROCPRI), 0x40);
    vlapic_eoi(v);
    assert_int_equal(vlapic_pending_irq(v), 0x4f);
    vlapic_ack_irq(v, 0x4f);
    vlapic_eoi(v);
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    vlapic_ack_irq(v, 0x31);
    vlapic_eoi(v);
    assert_int_equal(vlapic_pending_irq(v), -1);
    /* One more than there were is harmless. */
    vlapic_eoi(v);
    assert_int_equal(v->arch.vlapic->irr_words, 0);
    assert_int_equal(v->arch.vlapic->isr_words, 0);
}

static void tpr_holds_back(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    vlapic_set_cr8(v, 5);
    assert_int_equal(rd(v, APIC_TASKPRI), 0x50);
    vlapic_set_irq(v, 0x5f, false);
    assert_int_equal(vlapic_pending_irq(v), -1);
    wr(v, APIC_TASKPRI, 0x4f);
    assert_int_equal(vlapic_get_cr8(v), 4);
    assert_int_equal(vlapic_pending_irq(v), 0x5f);
    assert_true(v->arch.vmx.intr_dirty);
    /* The processor itself writes the register page under a TPR shadow. */
    vlapic_reg_set(v->arch.vlapic, APIC_TASKPRI, 0x80);
    assert_int_equal(vlapic_pending_irq(v), -1);
    assert_int_equal(rd(v, APIC_PROCPRI), 0x80);
}

static void level_eoi_reaches_ioapic(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    vlapic_set_irq(v, 0x61, true);
    assert_int_equal(rd(v, APIC_TMR + 0x30), 1u << 1);
    vlapic_ack_irq(v, 0x61);
    wr(v, APIC_EOI, 0);
    assert_int_equal(eoi_vector, 0x61);
    eoi_vector = -1;
    vlapic_set_irq(v, 0x61, false);
    vlapic_ack_irq(v, 0x61);
    wr(v, APIC_EOI, 0);
    assert_int_equal(eoi_vector, -1);
}

static void wakes_others_only(void **state)
{
    enable(&vcpus[0]);
    enable(&vcpus[1]);
    vcpus[1].pause_flags = VPF_blocked;
    vlapic_set_irq(&vcpus[0], 0x40, false);
    vlapic_set_irq(&vcpus[1], 0x40, false);
    assert_int_equal(kicks[0], 0);
    assert_int_equal(kicks[1], 1);
    assert_int_equal(unblocks[1], 1);
}

static void illegal_vectors(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    wr(v, APIC_LVTERR, 0xfe);
    vlapic_set_irq(v, 15, false);
    assert_int_equal(vlapic_pending_irq(v), 0xfe);
    wr(v, APIC_ESR, 0);
    assert_int_equal(rd(v, APIC_ESR), APIC_ESR_RECV_ILLEGAL);
    wr(v, APIC_ICR, APIC_DEST_SELF | 7);
    wr(v, APIC_ESR, 0);
    assert_int_equal(rd(v, APIC_ESR), APIC_ESR_SEND_ILLEGAL);
    rd(v, 0x3f0);
    wr(v, APIC_ESR, 0);
    assert_int_equal(rd(v, APIC_ESR), APIC_ESR_ILLEGAL_REG);
    /* An illegal vector in the error entry is an error, and does not recurse.
     */
    wr(v, APIC_LVTERR, 3);
    vlapic_set_irq(v, 2, false);
    wr(v, APIC_ESR, 0);
    assert_int_equal(rd(v, APIC_ESR), APIC_ESR_RECV_ILLEGAL);
    wr(v, APIC_ICR, APIC_DEST_SELF | 7);
    wr(v, APIC_ESR, 0);
    assert_int_equal(rd(v, APIC_ESR),
                     APIC_ESR_SEND_ILLEGAL | APIC_ESR_RECV_ILLEGAL);
}

static void mode_transitions(void **state)
{
    struct vcpu *v = &vcpus[0];
    const uint64_t on = 0xfee00900, x2 = 0xfee00d00, off = 0xfee00100;
    static const struct
    {
        uint64_t from, to;
        bool ok;
    } rows[] = {
        { 0xfee00900, 0xfee00d00, true },  { 0xfee00d00, 0xfee00900, false },
        { 0xfee00d00, 0xfee00100, true },  { 0xfee00100, 0xfee00d00, false },
        { 0xfee00100, 0xfee00900, true },  { 0xfee00900, 0xfee00500, false },
        { 0xfee00900, 0xfee00100, true },  { 0xfee00900, 0xfee00901, false },
        { 0xfee00900, 1ULL << 40, false },
    };

    (void)off;
    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        uint64_t val;

        vlapic_reset(v);
        if ( rows[i].from == x2 || rows[i].from == (x2 & ~0xc00ULL) )
        {
            assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, x2), 0);
            if ( rows[i].from != x2 )
                assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, rows[i].from),
                                 0);
        }
        assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, rows[i].to),
                         rows[i].ok ? 0 : -EFAULT);
        vlapic_rdmsr(v, MSR_APIC_BASE, &val);
        assert_int_equal(val, rows[i].ok ? rows[i].to : rows[i].from);
    }
    vlapic_reset(v);
    policy.basic[1].c = 0;
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, x2), -EFAULT);
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, on), 0);
}

static void disable_and_enable_again(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    wr(v, APIC_LVT0, 0x700);
    vlapic_set_irq(v, 0x66, false);
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, 0xfee00000), 0);
    assert_int_equal(vlapic_pending_irq(v), -1);
    assert_false(vlapic_mmio_covers(v, 0xfee00000));
    vlapic_set_irq(v, 0x66, false);
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, 0xfee00800), 0);
    assert_true(vlapic_mmio_covers(v, 0xfee000b0));
    assert_int_equal(rd(v, APIC_SPIV), 0xff);
    assert_int_equal(rd(v, APIC_LVT0), APIC_LVT_MASKED);
    enable(v);
    assert_int_equal(vlapic_pending_irq(v), -1);
    vlapic_set_irq(v, 0x67, false);
    assert_int_equal(vlapic_pending_irq(v), 0x67);
}

static void x2apic_faults(void **state)
{
    struct vcpu *v = &vcpus[0];
    uint64_t val;

    /* None of the MSRs exist in xAPIC mode. */
    assert_int_equal(rx(v, APIC_ID, &val), -EFAULT);
    assert_int_equal(wx(v, APIC_EOI, 0), -EFAULT);
    to_x2apic(v);
    assert_false(vlapic_mmio_covers(v, 0xfee00000));
    assert_int_equal(wx(v, APIC_EOI, 1), -EFAULT);
    assert_int_equal(wx(v, APIC_EOI, 0), 0);
    assert_int_equal(wx(v, APIC_ESR, 1), -EFAULT);
    assert_int_equal(wx(v, APIC_ESR, 0), 0);
    assert_int_equal(wx(v, APIC_ID, 0), -EFAULT);
    assert_int_equal(wx(v, APIC_LDR, 0), -EFAULT);
    assert_int_equal(wx(v, APIC_DFR, 0), -EFAULT);
    assert_int_equal(rx(v, APIC_DFR, &val), -EFAULT);
    assert_int_equal(rx(v, APIC_ICR2, &val), -EFAULT);
    assert_int_equal(rx(v, APIC_ARBPRI, &val), -EFAULT);
    assert_int_equal(rx(v, APIC_EOI, &val), -EFAULT);
    assert_int_equal(rx(v, APIC_SELF_IPI, &val), -EFAULT);
    assert_int_equal(wx(v, APIC_TASKPRI, 0x100), -EFAULT);
    assert_int_equal(wx(v, APIC_TASKPRI, 1ULL << 32), -EFAULT);
    assert_int_equal(wx(v, APIC_ICR, 1ULL << 31), -EFAULT);
    assert_int_equal(wx(v, APIC_TMCCT, 0), -EFAULT);
    /* Read-only bits are ignored: Linux sets them when it shuts down. */
    enable_x2apic(v);
    assert_int_equal(wx(v, APIC_LVT0, 0x5700), 0);
    assert_int_equal(rx(v, APIC_LVT0, &val), 0);
    assert_int_equal(val, 0x700);
    assert_int_equal(wx(v, APIC_LVTT, 0x1030), 0);
    assert_int_equal(wx(v, APIC_LVTT, 0x4030), -EFAULT);
    assert_int_equal(wx(v, APIC_LVTERR, 0x400fe), -EFAULT);
    assert_int_equal(vlapic_wrmsr(v, 0x8ff, 0), -EFAULT);
    assert_int_equal(vlapic_rdmsr(v, 0x8ff, &val), -EFAULT);
}

static void svr_masks_lvts(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    wr(v, APIC_LVT0, 0x8700);
    assert_int_equal(rd(v, APIC_LVT0), 0x8700);
    wr(v, APIC_SPIV, 0xff);
    assert_int_equal(rd(v, APIC_LVT0), 0x18700);
    wr(v, APIC_LVT0, 0x8700);
    assert_int_equal(rd(v, APIC_LVT0), 0x18700);
}

static void save_and_load(void **state)
{
    struct vcpu *v = &vcpus[0], *w = &vcpus[1];
    struct hvm_hw_lapic l;
    struct hvm_hw_lapic_regs r;

    enable(v);
    wr(v, APIC_TDCR, 0xb);
    wr(v, APIC_LVTT, 0x40);
    wr(v, APIC_TMICT, 1000);
    vlapic_set_irq(v, 0x55, true);
    vlapic_set_irq(v, 0x66, false);
    vlapic_ack_irq(v, 0x66);
    to_x2apic(v);
    now += 300 * VLAPIC_BUS_CYCLE_NS;
    vlapic_save(v, &l, &r);
    assert_int_equal(l.apic_base_msr, 0xfee00d00);
    assert_int_equal(l.disabled, 0);

    now += SECONDS(5);
    assert_int_equal(vlapic_load_hidden(w, &l), 0);
    assert_int_equal(vlapic_load_regs(w, &r), 0);
    assert_int_equal(armed->data == w->arch.vlapic, 1);
    assert_int_equal(armed->expires, now + 700 * VLAPIC_BUS_CYCLE_NS);
    assert_int_equal(vlapic_reg(w->arch.vlapic, APIC_ID), 2);
    assert_int_equal(vlapic_pending_irq(w), -1);
    vlapic_eoi(w);
    assert_int_equal(vlapic_pending_irq(w), 0x55);

    l.apic_base_msr = 1;
    assert_int_equal(vlapic_load_hidden(w, &l), -EINVAL);
    l.apic_base_msr = 0xfee00400;
    assert_int_equal(vlapic_load_hidden(w, &l), -EINVAL);
}

static void odd_accesses(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    assert_int_equal(vlapic_mmio_read(v, APIC_LVR + 2, 1), 5);
    assert_int_equal(vlapic_mmio_read(v, APIC_LVR + 4, 4), 0);
    vlapic_mmio_write(v, APIC_TASKPRI, 1, 0x20);
    vlapic_mmio_write(v, APIC_TASKPRI + 4, 4, 0x20);
    assert_int_equal(rd(v, APIC_TASKPRI), 0);
    vlapic_mmio_write(v, 0xff0, 4, 1);
    assert_int_equal(vlapic_mmio_read(v, 0xff0, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(power_up_state),
        CASE(disabled_takes_nothing),
        CASE(priority_order),
        CASE(tpr_holds_back),
        CASE(level_eoi_reaches_ioapic),
        CASE(wakes_others_only),
        CASE(illegal_vectors),
        CASE(mode_transitions),
        CASE(disable_and_enable_again),
        CASE(x2apic_faults),
        CASE(svr_masks_lvts),
        CASE(save_and_load),
        CASE(odd_accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
