/* SPDX-License-Identifier: MIT */
/* State that stays in the registers of a pCPU until another vCPU comes. */

/*
 * A vCPU's MSRs, debug registers, FPU state and VMCS remain loaded after it
 * stops running (percpu->vmcs_owner says whose they are): a vCPU that comes
 * back after the pCPU was idle finds everything in place.
 */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/smp.h>
#include <xen/time.h>
#include <asm/cpu-policy.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/spec-ctrl.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include <asm/xsave-defs.h>
#include "vmx-ops.h"

#define XCR0_KNOWN 0x2e7ULL /* x87, SSE, AVX, AVX-512, PKRU */

/* Every component the guests of this machine may turn on, set at boot. */
static uint64_t xcr0_all;

void fpu_init_cpu(void)
{
    struct cpuid_leaf l;

    write_cr0(read_cr0() & ~(X86_CR0_EM | X86_CR0_TS));
    write_cr4(read_cr4() | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT);
    if ( !(cpuid_count(1, 0).c & (1u << 26)) )
        panic("XSAVE is required, and this processor does not have it\n");
    write_cr4(read_cr4() | X86_CR4_OSXSAVE);
    l = cpuid_count(0xd, 0);
    xcr0_all = (l.a | ((uint64_t)l.d << 32)) & XCR0_KNOWN;
    xsetbv(0, xcr0_all);
    if ( cpuid_count(0xd, 0).b > (PAGE_SIZE << XSAVE_AREA_ORDER) )
        panic("XSAVE area of %u bytes is more than planned for\n",
              cpuid_count(0xd, 0).b);
}

uint64_t fpu_xcr0_supported(void)
{
    return xcr0_all;
}

int fpu_init_vcpu(struct vcpu *v)
{
    v->arch.xsave_area = alloc_xenheap_pages(XSAVE_AREA_ORDER);
    if ( !v->arch.xsave_area )
        return -ENOMEM;
    fpu_reset(v);
    return 0;
}

void fpu_destroy_vcpu(struct vcpu *v)
{
    if ( v->arch.xsave_area )
        free_xenheap_pages(v->arch.xsave_area, XSAVE_AREA_ORDER);
    v->arch.xsave_area = NULL;
}

/* v's state must not be in the registers. */
void fpu_reset(struct vcpu *v)
{
    uint8_t *area = v->arch.xsave_area;
    const uint16_t fcw = FCW_DEFAULT;
    const uint32_t mxcsr = MXCSR_DEFAULT;

    memset(area, 0, PAGE_SIZE << XSAVE_AREA_ORDER);
    memcpy(area + FXSAVE_FCW, &fcw, sizeof(fcw));
    memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
    v->arch.xcr0 = 1;
}

void fpu_load_legacy(struct vcpu *v, const uint8_t fxsave[512])
{
    uint8_t *area = v->arch.xsave_area;
    uint64_t xstate_bv;
    uint32_t mxcsr;

    memcpy(area, fxsave, FXSAVE_SIZE);
    memcpy(&mxcsr, area + FXSAVE_MXCSR, sizeof(mxcsr));
    mxcsr &= MXCSR_VALID;
    memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
    memcpy(&xstate_bv, area + XSAVE_XSTATE_BV, sizeof(xstate_bv));
    xstate_bv |= 3; /* x87 and SSE */
    memcpy(area + XSAVE_XSTATE_BV, &xstate_bv, sizeof(xstate_bv));
}

static void fpu_save(struct vcpu *v)
{
    if ( v->arch.xcr0 != xcr0_all )
        xsetbv(0, xcr0_all);
    __asm__ volatile("xsave64 %0"
                     : "+m"(*(uint8_t(*)[PAGE_SIZE])v->arch.xsave_area)
                     : "a"(~0u), "d"(~0u));
}

static void fpu_restore(struct vcpu *v)
{
    xsetbv(0, xcr0_all);
    __asm__ volatile("xrstor64 %0"
                     :
                     : "m"(*(uint8_t(*)[PAGE_SIZE])v->arch.xsave_area),
                       "a"(~0u), "d"(~0u));
    if ( v->arch.xcr0 != xcr0_all )
        xsetbv(0, v->arch.xcr0);
}

#define DR_ACCESS(n)                                         \
    static uint64_t read_dr##n(void)                         \
    {                                                        \
        uint64_t val;                                        \
        __asm__ volatile("movq %%dr" #n ", %0" : "=r"(val)); \
        return val;                                          \
    }                                                        \
    static void write_dr##n(uint64_t val)                    \
    {                                                        \
        __asm__ volatile("movq %0, %%dr" #n : : "r"(val));   \
    }
DR_ACCESS(0)
DR_ACCESS(1)
DR_ACCESS(2)
DR_ACCESS(3)

static void save_state(struct vcpu *v)
{
    struct guest_msrs *m = &v->arch.msrs;

    m->star = rdmsr(MSR_STAR);
    m->lstar = rdmsr(MSR_LSTAR);
    m->cstar = rdmsr(MSR_CSTAR);
    m->syscall_mask = rdmsr(MSR_SYSCALL_MASK);
    m->shadow_gs_base = rdmsr(MSR_SHADOW_GS_BASE);
    if ( vmx_caps.rdtscp )
        m->tsc_aux = rdmsr(MSR_TSC_AUX);
    v->arch.dr[0] = read_dr0();
    v->arch.dr[1] = read_dr1();
    v->arch.dr[2] = read_dr2();
    v->arch.dr[3] = read_dr3();
    v->arch.dr6 = read_dr6();
    v->arch.gprs.cr2 = read_cr2();
    fpu_save(v);
}

static void load_state(struct vcpu *v)
{
    const struct guest_msrs *m = &v->arch.msrs;

    wrmsr(MSR_STAR, m->star);
    wrmsr(MSR_LSTAR, m->lstar);
    wrmsr(MSR_CSTAR, m->cstar);
    wrmsr(MSR_SYSCALL_MASK, m->syscall_mask);
    wrmsr(MSR_SHADOW_GS_BASE, m->shadow_gs_base);
    if ( vmx_caps.rdtscp )
        wrmsr(MSR_TSC_AUX, m->tsc_aux);
    write_dr0(v->arch.dr[0]);
    write_dr1(v->arch.dr[1]);
    write_dr2(v->arch.dr[2]);
    write_dr3(v->arch.dr[3]);
    write_dr6(v->arch.dr6);
    write_cr2(v->arch.gprs.cr2);
    fpu_restore(v);
}

/* On the pCPU that v ran on last: nothing of it stays. */
static void unload_here(void *data)
{
    struct vcpu *v = data;
    struct percpu *cpu = this_cpu();

    if ( v->arch.vmcs_cpu != cpu->cpu )
        return;
    if ( cpu->vmcs_owner == v )
    {
        save_state(v);
        cpu->vmcs_owner = NULL;
        if ( cpu->curr == v )
            cpu->need_resched = true; /* schedule() loads it again */
    }
    if ( v->arch.nested )
        nested_clear_vmcss(v);
    vmx_clear_vmcs(&v->arch.vmx);
    v->arch.vmcs_cpu = NR_CPUS;
}

void vmx_unload(struct vcpu *v)
{
    unsigned int cpu = READ_ONCE(v->arch.vmcs_cpu);

    if ( cpu != NR_CPUS )
        on_selected_cpus(cpumask_of(cpu), unload_here, v, true);
}

void vmx_sync_state(struct vcpu *v)
{
    if ( this_cpu()->vmcs_owner == v )
    {
        save_state(v);
        if ( v->arch.xcr0 != xcr0_all )
            xsetbv(0, v->arch.xcr0);
    }
    else
        vmx_unload(v);
}

void vmx_forget_state(struct vcpu *v)
{
    struct percpu *cpu = this_cpu();

    if ( cpu->vmcs_owner != v )
    {
        vmx_unload(v);
        return;
    }
    cpu->vmcs_owner = NULL;
    if ( cpu->curr == v )
        cpu->need_resched = true; /* schedule() loads it again */
}

/*
 * Shortly after the next timer of this pCPU, the end of the slice being one,
 * or after vmx_backstop_max(): it only fires where the interrupt did not stop
 * the guest. It counts the time in the guest alone.
 */
#define BACKSTOP_DELAY (cpu_khz / 50) /* 20 us */

uint32_t vmx_preemption_ticks(void)
{
    uint64_t now = rdtsc(), timer = this_cpu()->timer_tsc;
    uint64_t left =
        min(timer > now ? timer - now : 0, vmx_backstop_max()) + BACKSTOP_DELAY;

    return max(left >> vmx_caps.preemption_shift, (uint64_t)1);
}

/* Guest-linear translations of v here may be from before it went away. */
static void flush_stale_vpids(struct vcpu *v)
{
    v->arch.tlb_cpu = smp_processor_id();
    vmx_flush_guest_tlb(v);
    if ( v->arch.nested )
        nested_flush_vpids(v);
}

static void switch_state(struct percpu *cpu, struct vcpu *v)
{
    if ( v->arch.vmcs_cpu != cpu->cpu )
        vmx_unload(v);
    if ( cpu->vmcs_owner )
        save_state(cpu->vmcs_owner);
    if ( !cpu->vmcs_owner || cpu->vmcs_owner->domain != v->domain )
        spec_ctrl_switch_domain();
    cpu->vmcs_owner = v;
    v->arch.vmcs_cpu = cpu->cpu;
    load_state(v);
    vmx_load_vmcs(v);
    if ( v->arch.tlb_cpu != cpu->cpu )
        flush_stale_vpids(v);
    v->arch.vmx.ept_gen = v->domain->p2m.cpu_gen[cpu->cpu];
    if ( vmx_caps.preemption_timer )
        vmwrite(VMCS_preemption_timer, vmx_preemption_ticks());
}

void vmx_set_backstop(void)
{
    struct percpu *cpu = this_cpu();
    struct vcpu *v = cpu->curr;

    /* A switch sets it, too, and so does L1's timer while L2 has one. */
    if ( vmx_caps.preemption_timer && v && cpu->vmcs_owner == v )
        vmwrite(VMCS_preemption_timer, vmx_preemption_ticks());
}

void vmx_ctxt_switch_to(struct vcpu *v)
{
    struct percpu *cpu = this_cpu();

    if ( cpu->vmcs_owner != v )
        switch_state(cpu, v);
    if ( unlikely(vlapic_startup_pending(v)) )
    {
        vlapic_apply_startup(v);
        if ( cpu->vmcs_owner != v ) /* a reset takes all state out */
            switch_state(cpu, v);
    }
}
