/* SPDX-License-Identifier: MIT */
/* The virtual local APIC: priorities, messages, modes, timer, save records. */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-regs.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-icr.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-timer.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-save.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <public/hvm/save.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/vioapic.h>
#include <asm/vlapic.h>

#define NR_VCPUS 4

static struct percpu cpu;
static struct domain dom;
static struct vcpu vcpus[NR_VCPUS], *vcpu_ptrs[NR_VCPUS];
static struct cpu_policy policy;

/* What the code under test did to the world. */
static s_time_t now;
static struct timer *armed;
static int kicks[NR_VCPUS], unblocks[NR_VCPUS], nmis[NR_VCPUS], wakes[NR_VCPUS],
    sleeps[NR_VCPUS];
static int eoi_vector;
static int started_cs;

void vcpu_kick(struct vcpu *v)
{
    kicks[v->vcpu_id]++;
}
void vcpu_unblock(struct vcpu *v)
{
    unblocks[v->vcpu_id]++;
}
void vcpu_wake(struct vcpu *v)
{
    wakes[v->vcpu_id]++;
}
void vcpu_sleep(struct vcpu *v)
{
    sleeps[v->vcpu_id]++;
}
void vmx_apic_base_changed(struct vcpu *v)
{
    (void)v;
}

void hvm_inject_nmi(struct vcpu *v)
{
    nmis[v->vcpu_id]++;
}
void hvm_vcpu_reset_state(struct vcpu *v, uint16_t cs_sel, uint64_t ip)
{
    started_cs = cs_sel;
    assert_int_equal(ip, 0);
}
void nested_vcpu_reset(struct vcpu *v)
{
    fail(); /* no vCPU here has nesting */
}
bool nested_take_init(struct vcpu *v)
{
    fail();
    return false;
}
void nested_take_sipi(struct vcpu *v, uint8_t vector)
{
    fail();
}
void vioapic_eoi(struct domain *d, uint8_t vector)
{
    eoi_vector = vector;
}
s_time_t NOW(void)
{
    return now;
}
s_time_t tsc_to_ns(uint64_t delta)
{
    return delta;
}
void init_timer(struct timer *t, void (*fn)(void *), void *data, unsigned int c)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = c };
}
void timer_follow(struct timer *t, unsigned int to)
{
    t->cpu = to;
}

void set_timer(struct timer *t, s_time_t expires)
{
    t->expires = expires;
    t->queued = true;
    armed = t;
}
void stop_timer(struct timer *t)
{
    t->queued = false;
    if ( armed == t )
        armed = NULL;
}
void kill_timer(struct timer *t)
{
    stop_timer(t);
}
void *xzalloc_bytes(size_t n)
{
    return calloc(1, n);
}
void xfree(void *p)
{
    free(p);
}
void *alloc_xenheap_page(void)
{
    return calloc(1, PAGE_SIZE);
}
void free_xenheap_page(void *p)
{
    free(p);
}

/* Let the armed timer expire at its time. */
static void fire(void)
{
    struct timer *t = armed;

    assert_non_null(t);
    if ( t->expires > now )
        now = t->expires;
    stop_timer(t);
    t->fn(t->data);
}

static vcpu_info_t infos[NR_VCPUS];

static int setup(void **state)
{
    memset(infos, 0, sizeof(infos));
    memset(&dom, 0, sizeof(dom));
    memset(vcpus, 0, sizeof(vcpus));
    memset(kicks, 0, sizeof(kicks));
    memset(unblocks, 0, sizeof(unblocks));
    memset(nmis, 0, sizeof(nmis));
    memset(wakes, 0, sizeof(wakes));
    memset(sleeps, 0, sizeof(sleeps));
    memset(&policy, 0, sizeof(policy));
    policy.basic[1].c = CPUID1_C_X2APIC;
    eoi_vector = started_cs = -1;
    now = 1000000;
    armed = NULL;
    dom.max_vcpus = NR_VCPUS;
    dom.vcpu = vcpu_ptrs;
    dom.arch.policy = &policy;
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        vcpus[i].vcpu_id = i;
        vcpus[i].domain = &dom;
        vcpus[i].vcpu_info = &infos[i];
        vcpu_ptrs[i] = &vcpus[i];
        assert_int_equal(vlapic_init(&vcpus[i]), 0);
        if ( i )
            vcpus[i].pause_flags = VPF_down;
    }
    cpu = (struct percpu){ .self = &cpu, .curr = &vcpus[0] };
    /* this_cpu() goes through the GS base. */
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu), 0);
    return 0;
}

static int teardown(void **state)
{
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        vlapic_destroy(&vcpus[i]);
    return 0;
}

static void wr(struct vcpu *v, unsigned int off, uint32_t val)
{
    vlapic_mmio_write(v, off, 4, val);
}

static uint32_t rd(struct vcpu *v, unsigned int off)
{
    return vlapic_mmio_read(v, off, 4);
}

static void enable(struct vcpu *v)
{
    wr(v, APIC_SPIV, 0x1ff);
}

static void to_x2apic(struct vcpu *v)
{
    uint64_t base = 0;

    assert_int_equal(vlapic_rdmsr(v, MSR_APIC_BASE, &base), 0);
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, base | APIC_BASE_EXTD), 0);
}

/* Write through the MSR that stands for a register. */
static int wx(struct vcpu *v, unsigned int off, uint64_t val)
{
    return vlapic_wrmsr(v, MSR_X2APIC_FIRST + (off >> 4), val);
}

static int rx(struct vcpu *v, unsigned int off, uint64_t *val)
{
    return vlapic_rdmsr(v, MSR_X2APIC_FIRST + (off >> 4), val);
}

static void enable_x2apic(struct vcpu *v)
{
    assert_int_equal(wx(v, APIC_SPIV, 0x1ff), 0);
}

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

static void timer_oneshot(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    wr(v, APIC_TDCR, 0xb); /* by one */
    wr(v, APIC_LVTT, 0xec);
    wr(v, APIC_TMICT, 1000);
    assert_int_equal(armed->expires, now + 1000 * VLAPIC_BUS_CYCLE_NS);
    now += 400 * VLAPIC_BUS_CYCLE_NS;
    assert_int_equal(rd(v, APIC_TMCCT), 600);
    /* A new divisor stretches what is left. */
    wr(v, APIC_TDCR, 0x3); /* by 16 */
    assert_int_equal(rd(v, APIC_TMCCT), 600);
    assert_int_equal(armed->expires, now + 600 * 16 * VLAPIC_BUS_CYCLE_NS);
    fire();
    assert_int_equal(vlapic_pending_irq(v), 0xec);
    assert_null(armed);
    assert_int_equal(rd(v, APIC_TMCCT), 0);
    /* Masked: counts, but does not interrupt. */
    vlapic_ack_irq(v, 0xec);
    vlapic_eoi(v);
    wr(v, APIC_LVTT, 0xec | APIC_LVT_MASKED);
    wr(v, APIC_TMICT, 10);
    fire();
    assert_int_equal(vlapic_pending_irq(v), -1);
    wr(v, APIC_TMICT, 10);
    wr(v, APIC_TMICT, 0);
    assert_null(armed);
}

static void timer_periodic(void **state)
{
    struct vcpu *v = &vcpus[0];
    s_time_t start = now, period = 100000 * VLAPIC_BUS_CYCLE_NS;

    enable(v);
    wr(v, APIC_TDCR, 0xb);
    wr(v, APIC_LVTT, APIC_LVT_TIMER_PERIOD | 0x30);
    wr(v, APIC_TMICT, 100000);
    fire();
    assert_int_equal(armed->expires, start + 2 * period);
    /* Late: the phase stays, missed periods are not made up for. */
    now = start + 5 * period + 7;
    fire();
    assert_int_equal(armed->expires, start + 6 * period);
    assert_int_equal(rd(v, APIC_TMCCT), 100000);
    /* Too fast a period is slowed down. */
    wr(v, APIC_TMICT, 1);
    fire();
    assert_true(armed->expires - now >= MICROSECS(50));
}

static void timer_deadline(void **state)
{
    struct vcpu *v = &vcpus[0];
    uint64_t val, tsc;

    enable(v);
    /* Not in this mode: the write is dropped. */
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 1ULL << 62), 0);
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);

    wr(v, APIC_LVTT, APIC_LVT_TIMER_TSCDL | 0x31);
    v->arch.tsc_offset = 1ULL << 50;
    tsc = rdtsc() + v->arch.tsc_offset;
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, tsc + (1ULL << 40)), 0);
    assert_true(armed->expires - now <= 1LL << 40);
    assert_true(armed->expires - now > (1LL << 40) - (1LL << 36));
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, tsc + (1ULL << 40));
    wr(v, APIC_TMICT, 5);
    assert_int_equal(rd(v, APIC_TMCCT), 0);
    /* The guest's TSC is not there yet: armed for the rest. */
    v->arch.tsc_offset += 1ULL << 39;
    fire();
    assert_int_equal(vlapic_pending_irq(v), -1);
    assert_true(armed->expires - now <= 1LL << 39);
    v->arch.tsc_offset += 1ULL << 39;
    fire();
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);
    vlapic_ack_irq(v, 0x31);
    vlapic_eoi(v);
    /* In the past: at once. */
    vlapic_wrmsr(v, MSR_TSC_DEADLINE, tsc - 1);
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    assert_null(armed);
    vlapic_ack_irq(v, 0x31);
    vlapic_eoi(v);
    /* Moving the TSC moves the deadline. */
    vlapic_wrmsr(v, MSR_TSC_DEADLINE,
                 rdtsc() + v->arch.tsc_offset + (1ULL << 45));
    v->arch.tsc_offset += 1ULL << 44;
    vlapic_tsc_changed(v);
    assert_true(armed->expires - now <= 1LL << 44);
    v->arch.tsc_offset += 1ULL << 45;
    vlapic_tsc_changed(v);
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    vlapic_tsc_changed(v);
    assert_null(armed);
    /* Changing the mode disarms. */
    vlapic_wrmsr(v, MSR_TSC_DEADLINE, ~0ULL);
    assert_non_null(armed);
    wr(v, APIC_LVTT, 0x31);
    assert_null(armed);
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);
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
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(power_up_state),
        T(disabled_takes_nothing),
        T(priority_order),
        T(tpr_holds_back),
        T(level_eoi_reaches_ioapic),
        T(wakes_others_only),
        T(illegal_vectors),
        T(ipi_physical),
        T(ipi_shorthands),
        T(ipi_logical_flat_and_cluster),
        T(ipi_x2apic),
        T(lowest_priority),
        T(init_and_startup),
        T(mode_transitions),
        T(disable_and_enable_again),
        T(x2apic_faults),
        T(timer_oneshot),
        T(timer_periodic),
        T(timer_deadline),
        T(svr_masks_lvts),
        T(save_and_load),
        T(odd_accesses),
    };

    return cmocka_run_group_tests_name("vlapic", tests, NULL, NULL);
}
