/* SPDX-License-Identifier: MIT */
/* Route L2's exits: L0 wants it? else L1 wants it? else L0 serves it. */
#include <asm/processor.h>

#include "checks.h"
#include "route.h"

#define MC_AND_NMI_TYPE(info) \
    (((info)&INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT)

static bool is_nmi(uint32_t intr_info)
{
    return MC_AND_NMI_TYPE(intr_info) == INTR_TYPE_NMI;
}

bool l0_wants_exit(const struct l2_exit *e, const struct route_cpu *cpu)
{
    switch ( l2_exit_basic(e) )
    {
    case EXIT_REASON_EXCEPTION_NMI:
        /* An NMI or machine check is the machine's; L1 gets its own. */
        return is_nmi(e->intr_info) ||
               (e->intr_info & INTR_INFO_VECTOR_MASK) == X86_EXC_MC;

    case EXIT_REASON_EXT_INTR:
    case EXIT_REASON_INIT:
    case EXIT_REASON_SIPI:
    case EXIT_REASON_IO_SMI:
    case EXIT_REASON_OTHER_SMI:
    case EXIT_REASON_ENTRY_MCE:
    /* L0 walks EPT12 first: it may be L0's own EPT02 that lacks an entry. */
    case EXIT_REASON_EPT_VIOLATION:
    case EXIT_REASON_EPT_MISCONFIG:
    /* The timer runs for whoever of L0 and L1 is due first. */
    case EXIT_REASON_PREEMPT_TIMER:
    /* VM functions of L2 are carried out by L0. */
    case EXIT_REASON_VMFUNC:
    /* L1 is given none of these; they come from L0's settings. */
    case EXIT_REASON_PML_FULL:
    case EXIT_REASON_BUS_LOCK:
    case EXIT_REASON_NOTIFY:
        return true;

    case EXIT_REASON_APIC_ACCESS:
        return cpu->l0_apic_access;

    default:
        return false;
    }
}

/* --- L1's bitmaps --- */
static bool bitmap_bit(const struct route_cpu *cpu, uint64_t base, uint32_t bit)
{
    uint8_t byte;

    /* Where no memory is, the processor reads ones. */
    if ( cpu->env->read_phys(cpu->priv, base + bit / 8, &byte, sizeof(byte)) )
        return true;

    return byte >> bit % 8 & 1;
}

bool l1_wants_msr(const struct vmcs12 *v, const struct route_cpu *cpu,
                  uint32_t msr, bool write)
{
    uint64_t base = v->msr_bitmap;

    if ( !(v->proc_ctrl & PROC_MSR_BITMAPS) )
        return true;

    if ( msr < MSR_BITMAP_RANGE )
        base += write ? MSR_BITMAP_WRITE_LOW : MSR_BITMAP_READ_LOW;
    else if ( msr - MSR_BITMAP_HIGH_BASE < MSR_BITMAP_RANGE )
        base += write ? MSR_BITMAP_WRITE_HIGH : MSR_BITMAP_READ_HIGH;
    else
        return true;

    return bitmap_bit(cpu, base, msr & (MSR_BITMAP_RANGE - 1));
}

#define PORTS_PER_BITMAP 0x8000u
#define PORT_MAX         0xffffu

bool l1_wants_port(const struct vmcs12 *v, const struct route_cpu *cpu,
                   uint16_t port, unsigned int size)
{
    if ( !(v->proc_ctrl & PROC_IO_BITMAPS) )
        return v->proc_ctrl & PROC_UNCOND_IO;

    for ( unsigned int i = 0; i < size; i++ )
    {
        uint32_t p = port + i;

        /* An access that wraps around the port space always exits. */
        if ( p > PORT_MAX )
            return true;
        if ( bitmap_bit(cpu,
                        p < PORTS_PER_BITMAP ? v->io_bitmap_a : v->io_bitmap_b,
                        p & (PORTS_PER_BITMAP - 1)) )
            return true;
    }

    return false;
}

bool l1_wants_exception(const struct vmcs12 *v, unsigned int vector,
                        uint32_t error_code)
{
    bool bit = v->exception_bitmap >> (vector & 31) & 1;

    if ( vector == X86_EXC_PF &&
         (error_code & v->pf_error_mask) != v->pf_error_match )
        return !bit;

    return bit;
}

/* --- Control registers --- */
static bool wants_mov_to_cr(const struct vmcs12 *v, unsigned int cr,
                            uint64_t val)
{
    switch ( cr )
    {
    case 0:
        return (val ^ v->cr0_read_shadow) & v->cr0_mask;

    case 4:
        return (val ^ v->cr4_read_shadow) & v->cr4_mask;

    case 3:
        if ( !(v->proc_ctrl & PROC_CR3_LOAD) )
            return false;
        for ( unsigned int i = 0; i < v->cr3_target_count && i < 4; i++ )
            if ( (&v->cr3_target0)[i] == val )
                return false;
        return true;

    default:
        return v->proc_ctrl & PROC_CR8_LOAD;
    }
}

static bool wants_cr_access(const struct l2_exit *e, const struct vmcs12 *v,
                            const struct route_cpu *cpu)
{
    const uint64_t lmsw_bits =
        X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS;
    unsigned int cr = e->qual & CR_QUAL_NUM_MASK;
    uint64_t val;

    switch ( e->qual >> CR_QUAL_TYPE_SHIFT & CR_QUAL_TYPE_MASK )
    {
    case CR_QUAL_TYPE_MOV_TO:
        val = cpu->gpr[e->qual >> CR_QUAL_GPR_SHIFT & CR_QUAL_GPR_MASK];
        return wants_mov_to_cr(v, cr, val);

    case CR_QUAL_TYPE_MOV_FROM:
        return v->proc_ctrl & (cr == 3 ? PROC_CR3_STORE : PROC_CR8_STORE);

    case CR_QUAL_TYPE_CLTS:
        return (v->cr0_mask & X86_CR0_TS) && (v->cr0_read_shadow & X86_CR0_TS);

    default: /* LMSW: it cannot clear PE */
        val = e->qual >> CR_QUAL_LMSW_SHIFT & lmsw_bits;
        if ( (v->cr0_mask & X86_CR0_PE) && (val & X86_CR0_PE) &&
             !(v->cr0_read_shadow & X86_CR0_PE) )
            return true;
        return (v->cr0_mask & (lmsw_bits & ~X86_CR0_PE)) &
               (val ^ v->cr0_read_shadow);
    }
}

static bool wants_io(const struct l2_exit *e, const struct vmcs12 *v,
                     const struct route_cpu *cpu)
{
    return l1_wants_port(v, cpu, e->qual >> IO_QUAL_PORT_SHIFT,
                         (e->qual & IO_QUAL_SIZE_MASK) + 1);
}

static bool wants_rdmsr(const struct l2_exit *e __maybe_unused,
                        const struct vmcs12 *v, const struct route_cpu *cpu)
{
    return l1_wants_msr(v, cpu, cpu->gpr[1], false);
}

static bool wants_wrmsr(const struct l2_exit *e __maybe_unused,
                        const struct vmcs12 *v, const struct route_cpu *cpu)
{
    return l1_wants_msr(v, cpu, cpu->gpr[1], true);
}

static bool wants_exception(const struct l2_exit *e, const struct vmcs12 *v,
                            const struct route_cpu *cpu __maybe_unused)
{
    return l1_wants_exception(v, e->intr_info & INTR_INFO_VECTOR_MASK,
                              e->intr_error_code);
}

static bool wants_pause(const struct l2_exit *e __maybe_unused,
                        const struct vmcs12 *v,
                        const struct route_cpu *cpu __maybe_unused)
{
    return (v->proc_ctrl & PROC_PAUSE) || (vmcs12_proc2(v) & PROC2_PLE);
}

static bool wants_invpcid(const struct l2_exit *e __maybe_unused,
                          const struct vmcs12 *v,
                          const struct route_cpu *cpu __maybe_unused)
{
    return (v->proc_ctrl & PROC_INVLPG) && (vmcs12_proc2(v) & PROC2_INVPCID);
}

/* With a TPR threshold of L0's own (vapic.c) L1 has asked for no exit. */
static bool wants_tpr_below(const struct l2_exit *e __maybe_unused,
                            const struct vmcs12 *v,
                            const struct route_cpu *cpu __maybe_unused)
{
    return (v->proc_ctrl & PROC_TPR_SHADOW) && !(vmcs12_proc2(v) & PROC2_VINTR);
}

#define INFO_REG2_SHIFT 28
#define INFO_REG_MASK   0xfu
#define SHADOWED_FIELDS 0x8000u /* encodings that the bitmaps have bits for */

/* SDM "VMREAD", "VMWRITE": with VMCS shadowing the bitmaps say. */
static bool wants_shadow_access(const struct vmcs12 *v,
                                const struct route_cpu *cpu,
                                const struct l2_exit *e, uint64_t bitmap)
{
    uint64_t enc = cpu->gpr[e->insn_info >> INFO_REG2_SHIFT & INFO_REG_MASK];

    if ( !cpu->l2_64bit )
        enc = (uint32_t)enc;

    return !(vmcs12_proc2(v) & PROC2_SHADOW_VMCS) || enc >= SHADOWED_FIELDS ||
           bitmap_bit(cpu, bitmap, enc);
}

static bool wants_vmread(const struct l2_exit *e, const struct vmcs12 *v,
                         const struct route_cpu *cpu)
{
    return wants_shadow_access(v, cpu, e, v->vmread_bitmap);
}

static bool wants_vmwrite(const struct l2_exit *e, const struct vmcs12 *v,
                          const struct route_cpu *cpu)
{
    return wants_shadow_access(v, cpu, e, v->vmwrite_bitmap);
}

static bool wants_xsaves(const struct l2_exit *e __maybe_unused,
                         const struct vmcs12 *v, const struct route_cpu *cpu)
{
    uint64_t mask = (uint32_t)cpu->gpr[0] | cpu->gpr[2] << 32;

    return (vmcs12_proc2(v) & PROC2_XSAVES) && (v->xss_exit_bitmap & mask);
}

/*
 * One row per exit reason: L1 wants it always, with a primary or secondary
 * control, or when a function says so. An empty row is an exit that nobody
 * gave L1 the means to ask for.
 */
static const struct
{
    bool always;
    uint32_t proc, proc2;
    bool (*wants)(const struct l2_exit *e, const struct vmcs12 *v,
                  const struct route_cpu *cpu);
} routes[EXIT_REASON_COUNT] = {
    [EXIT_REASON_EXCEPTION_NMI] = { .wants = wants_exception },
    [EXIT_REASON_TRIPLE_FAULT] = { .always = true },
    [EXIT_REASON_INTR_WINDOW] = { .proc = PROC_INTR_WINDOW },
    [EXIT_REASON_NMI_WINDOW] = { .proc = PROC_NMI_WINDOW },
    [EXIT_REASON_TASK_SWITCH] = { .always = true },
    [EXIT_REASON_CPUID] = { .always = true },
    [EXIT_REASON_GETSEC] = { .always = true },
    [EXIT_REASON_HLT] = { .proc = PROC_HLT },
    [EXIT_REASON_INVD] = { .always = true },
    [EXIT_REASON_INVLPG] = { .proc = PROC_INVLPG },
    [EXIT_REASON_RDPMC] = { .proc = PROC_RDPMC },
    [EXIT_REASON_RDTSC] = { .proc = PROC_RDTSC },
    [EXIT_REASON_RSM] = { .always = true },
    [EXIT_REASON_VMCALL] = { .always = true },
    [EXIT_REASON_VMCLEAR] = { .always = true },
    [EXIT_REASON_VMLAUNCH] = { .always = true },
    [EXIT_REASON_VMPTRLD] = { .always = true },
    [EXIT_REASON_VMPTRST] = { .always = true },
    [EXIT_REASON_VMREAD] = { .wants = wants_vmread },
    [EXIT_REASON_VMRESUME] = { .always = true },
    [EXIT_REASON_VMWRITE] = { .wants = wants_vmwrite },
    [EXIT_REASON_VMXOFF] = { .always = true },
    [EXIT_REASON_VMXON] = { .always = true },
    [EXIT_REASON_CR_ACCESS] = { .wants = wants_cr_access },
    [EXIT_REASON_DR_ACCESS] = { .proc = PROC_MOV_DR },
    [EXIT_REASON_IO] = { .wants = wants_io },
    [EXIT_REASON_RDMSR] = { .wants = wants_rdmsr },
    [EXIT_REASON_WRMSR] = { .wants = wants_wrmsr },
    [EXIT_REASON_ENTRY_GUEST_STATE] = { .always = true },
    [EXIT_REASON_ENTRY_MSR_LOAD] = { .always = true },
    [EXIT_REASON_MWAIT] = { .proc = PROC_MWAIT },
    [EXIT_REASON_MTF] = { .proc = PROC_MTF },
    [EXIT_REASON_MONITOR] = { .proc = PROC_MONITOR },
    [EXIT_REASON_PAUSE] = { .wants = wants_pause },
    [EXIT_REASON_TPR_BELOW] = { .wants = wants_tpr_below },
    [EXIT_REASON_APIC_ACCESS] = { .proc2 = PROC2_APIC_ACCESS },
    [EXIT_REASON_VIRT_EOI] = { .proc2 = PROC2_VINTR },
    [EXIT_REASON_GDTR_IDTR] = { .proc2 = PROC2_DESC_TABLE },
    [EXIT_REASON_LDTR_TR] = { .proc2 = PROC2_DESC_TABLE },
    [EXIT_REASON_INVEPT] = { .always = true },
    [EXIT_REASON_RDTSCP] = { .proc = PROC_RDTSC },
    [EXIT_REASON_INVVPID] = { .always = true },
    [EXIT_REASON_WBINVD] = { .proc2 = PROC2_WBINVD },
    [EXIT_REASON_XSETBV] = { .always = true },
    [EXIT_REASON_APIC_WRITE] = { .proc2 = PROC2_APIC_REG | PROC2_VINTR },
    [EXIT_REASON_RDRAND] = { .proc2 = PROC2_RDRAND },
    [EXIT_REASON_INVPCID] = { .wants = wants_invpcid },
    [EXIT_REASON_RDSEED] = { .proc2 = PROC2_RDSEED },
    [EXIT_REASON_XSAVES] = { .wants = wants_xsaves },
    [EXIT_REASON_XRSTORS] = { .wants = wants_xsaves },
    [EXIT_REASON_UMWAIT] = { .proc = PROC_RDTSC },
    [EXIT_REASON_TPAUSE] = { .proc = PROC_RDTSC },
};

bool l1_wants_exit(const struct l2_exit *e, const struct vmcs12 *v,
                   const struct route_cpu *cpu)
{
    unsigned int basic = l2_exit_basic(e);

    if ( basic >= ARRAY_SIZE(routes) )
        return false;

    if ( routes[basic].wants )
        return routes[basic].wants(e, v, cpu);

    return routes[basic].always || (v->proc_ctrl & routes[basic].proc) ||
           (vmcs12_proc2(v) & routes[basic].proc2);
}
