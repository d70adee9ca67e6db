/* SPDX-License-Identifier: MIT */
/* Four vCPUs with a local APIC each, for its tests. */
#pragma once

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
/* One tick of the machine's TSC is one nanosecond. */
struct time_scale tsc_scale = { .mul_frac = 1u << 31, .shift = 1 };
s_time_t time_scale_ns(const struct time_scale *s, uint64_t delta)
{
    return ((unsigned __int128)(delta << s->shift) * s->mul_frac) >> 32;
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
static inline void fire(void)
{
    struct timer *t = armed;

    assert_non_null(t);
    if ( t->expires > now )
        now = t->expires;
    stop_timer(t);
    t->fn(t->data);
}

static vcpu_info_t infos[NR_VCPUS];

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
        vlapic_destroy(&vcpus[i]);
    return 0;
}

static inline void wr(struct vcpu *v, unsigned int off, uint32_t val)
{
    vlapic_mmio_write(v, off, 4, val);
}

static inline uint32_t rd(struct vcpu *v, unsigned int off)
{
    return vlapic_mmio_read(v, off, 4);
}

static inline void enable(struct vcpu *v)
{
    wr(v, APIC_SPIV, 0x1ff);
}

static inline void to_x2apic(struct vcpu *v)
{
    uint64_t base = 0;

    assert_int_equal(vlapic_rdmsr(v, MSR_APIC_BASE, &base), 0);
    assert_int_equal(vlapic_wrmsr(v, MSR_APIC_BASE, base | APIC_BASE_EXTD), 0);
}

/* Write through the MSR that stands for a register. */
static inline int wx(struct vcpu *v, unsigned int off, uint64_t val)
{
    return vlapic_wrmsr(v, MSR_X2APIC_FIRST + (off >> 4), val);
}

static inline int rx(struct vcpu *v, unsigned int off, uint64_t *val)
{
    return vlapic_rdmsr(v, MSR_X2APIC_FIRST + (off >> 4), val);
}

static inline void enable_x2apic(struct vcpu *v)
{
    assert_int_equal(wx(v, APIC_SPIV, 0x1ff), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
