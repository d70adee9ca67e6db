/* SPDX-License-Identifier: MIT */
/*
 * What nesting costs: VMX instructions of an L1, and the way from an L2 to a
 * tiny L1 and back.
 *
 * The tiny L1 does what every L1 must: read the exit's reason and the length
 * of the instruction, move RIP on, enter again. Time is taken inside the L2,
 * and for the entries themselves around the L1's.
 */
#include "bench.h"
#include "vmx.h"

void bench_nested(void);

static struct l2_regs regs;
static bool irqs_in_l2; /* L2 runs with interrupts on, and L1 takes them */
static uint64_t value;
static void *vmcs, *other;

BENCH(l1_vmread, { vmread(GUEST_RIP, &value); })

BENCH(l1_vmwrite, { vmwrite(GUEST_RIP, value); })

BENCH(l1_vmread_unshadowed, { vmread(HOST_CR3, &value); })

BENCH(l1_vmwrite_unshadowed, { vmwrite(HOST_CR3, value); })

BENCH(l1_vmclear, { vmclear((unsigned long)other); })

BENCH(l1_vmptrld_same, { vmptrld((unsigned long)vmcs); })

BENCH(l1_vmptrld_two, {
    vmptrld((unsigned long)other);
    vmptrld((unsigned long)vmcs);
})

BENCH(l1_vmclear_vmptrld, {
    vmclear((unsigned long)vmcs);
    vmptrld((unsigned long)vmcs);
})

BENCH(l1_vmptrst, { vmptrst(&value); })

BENCH(l1_invept, { invept(2, (struct inv_descriptor){ 0, 0 }); })

BENCH(l1_invvpid, { invvpid(2, (struct inv_descriptor){ 0, 0 }); })

/* --- Seen from L1: an entry until the L2's next exit. --- */

#define L2_DONE   0xd09e
#define TOUCH_GPA 0x3e000000ul

/* An L2 that does nothing but exit, always at the same instruction. */
static void l2_exit(void)
{
    for ( ;; )
        asm volatile("vmcall" : : "a"(0));
}

/* One function and not inlined: the host RSP is the same for each VMCS. */
static __attribute__((noinline)) uint32_t enter(bool resume)
{
    return vmx_enter(&regs, resume);
}

BENCH(l1_vmresume_clean, { enter(true); })

/* The next exit of an L2 for which L1 changed a field of each kind. */
static void bench_l1_vmresume_dirty(void){ BENCH_LOOP({
    uint64_t flip = i_ & 1;

    vmwrite(EXCEPTION_BITMAP, flip << 6);
    vmwrite(TSC_OFFSET, flip << 20);
    vmwrite(CR4_SHADOW, flip << 9);
    vmwrite(GUEST_DS_BASE, flip << 12);
    vmwrite(GUEST_SYSENTER_EIP, flip << 12);
    vmwrite(HOST_FS_BASE, flip << 12);
    vmwrite(GUEST_RSP, vmget(GUEST_RSP));
    run_ = bench_begin();
    enter(true);
}) }

/* A vmcs12 that is put away, taken up again, and launched. */
BENCH(l1_first_launch,
      {
          vmclear((unsigned long)vmcs);
          vmptrld((unsigned long)vmcs);
          enter(false);
      })

/* --- Many L2 vCPUs, one after the other --- */

#define MANY 64
    static void *many[MANY];

static void switch_among(const char *name, unsigned int count)
{
    unsigned int at = 0;

    for ( unsigned int i = 0; i < count; i++ )
    {
        if ( !many[i] )
            many[i] = vmx_vmcs(l2_exit);
        vmclear((unsigned long)many[i]);
        vmptrld((unsigned long)many[i]);
        vmx_forget_host_rsp();
        if ( enter(false) )
        {
            test_failure("%s: entry failed", name);
            return;
        }
    }
    BENCH_LOOP({
        vmptrld((unsigned long)many[at]);
        enter(true);
        at = at + 1 < count ? at + 1 : 0;
    })
    bench_print(name);
}

/* --- Seen from L2, from its instruction to the next one --- */

/* An L2 that takes all samples of one operation, then says it is done. */
#define L2_BENCH(name, op)                           \
    static void name(void)                           \
    {                                                \
        BENCH_LOOP(op)                               \
        for ( ;; )                                   \
            asm volatile("vmcall" : : "a"(L2_DONE)); \
    }

L2_BENCH(l2_empty, barrier())
L2_BENCH(l2_cpuid, cpuid(0, 0))
L2_BENCH(l2_vmcall, asm volatile("vmcall" : : "a"(0) : "memory"))
L2_BENCH(l2_rdmsr, rdmsr(MSR_STAR))
L2_BENCH(l2_out, outb(0x1234, 0))
/* These registers make it two bytes long: TOUCH_INSN_LEN. */
L2_BENCH(l2_ept_violation, {
    uint64_t gpa = TOUCH_GPA;

    asm volatile("movl (%%rax), %%eax" : "+a"(gpa));
})

/* Pages that L1 has mapped and L2 has not touched yet, one after the other. */
#define FRESH_GPA (16ul << 20)
static volatile uint32_t *fresh = (volatile uint32_t *)FRESH_GPA;

L2_BENCH(l2_first_touch, {
    (void)*fresh;
    fresh += PAGE_SIZE / sizeof(*fresh);
})

/* An L2's interrupts: its local APIC is L1's to emulate. */
#define VEC_L2 0x51
static volatile unsigned int l2_irqs;

static void handle_l2_irq(struct regs *r)
{
    (void)r;
    l2_irqs++;
    wrmsr(MSR_X2APIC_BASE + APIC_EOI / 16, 0);
}

#define L2_AWAIT_IRQ(start)        \
    do                             \
    {                              \
        unsigned int n_ = l2_irqs; \
                                   \
        start;                     \
        while ( l2_irqs == n_ )    \
            ;                      \
    } while ( 0 )

L2_BENCH(l2_self_ipi, L2_AWAIT_IRQ(wrmsr(MSR_X2APIC_SELF, VEC_L2)))
L2_BENCH(l2_timer, L2_AWAIT_IRQ(wrmsr(MSR_TSC_DEADLINE, 1)))

/* L1's side of an L2's local APIC. */
static void emulate_wrmsr(void)
{
    switch ( (uint32_t)regs.rcx )
    {
    case MSR_X2APIC_SELF:
        vmwrite(ENTRY_INTR_INFO, ENTRY_INTR_VALID | regs.rax);
        break;

    case MSR_TSC_DEADLINE:
        wrmsr(MSR_TSC_DEADLINE, regs.rdx << 32 | (uint32_t)regs.rax);
        break;

    default: /* EOI */
        break;
    }
}

/* L1's timer stands for L2's. */
static void forward_interrupt(void)
{
    uint32_t info = (uint32_t)vmget(EXIT_INTR_INFO);

    apic_eoi();
    vmwrite(ENTRY_INTR_INFO, ENTRY_INTR_VALID | (info & 0xff));
}

/* Lengths of VM exits that tell none: EPT violations. */
#define TOUCH_INSN_LEN 2

static bool run_l2(const char *name, void (*fn)(void), bool resume)
{
    vmx_set_l2(fn);
    if ( irqs_in_l2 )
        vmwrite(GUEST_RFLAGS, RFLAGS_MBS | RFLAGS_IF);
    for ( ;; )
    {
        uint32_t res = vmx_enter(&regs, resume), reason;
        uint64_t len;

        if ( res )
        {
            test_failure("%s: entry failed: %u, error %lu", name, res,
                         vmget(VM_INSN_ERROR));
            return false;
        }
        resume = true;
        reason = (uint32_t)vmget(EXIT_REASON);
        switch ( reason )
        {
        case REASON_EXT_INT:
            forward_interrupt();
            continue;

        case REASON_VMCALL:
            if ( regs.rax == L2_DONE )
            {
                bench_print(name);
                return true;
            }
            break;

        case REASON_WRMSR:
            emulate_wrmsr();
            break;

        case REASON_CPUID:
        case REASON_RDMSR:
        case REASON_IO:
        case REASON_EPT_VIOLATION:
            break;

        default:
            test_failure("%s: exit reason %#x", name, reason);
            return false;
        }
        len = reason == REASON_EPT_VIOLATION ? TOUCH_INSN_LEN
                                             : vmget(EXIT_INSN_LEN);
        vmwrite(GUEST_RIP, vmget(GUEST_RIP) + len);
    }
}

/* Small pages from FRESH_GPA on, for all rounds of l2_first_touch. */
static void map_fresh(uint64_t eptp)
{
    const unsigned int tables = (BENCH_SAMPLES + 1 + 511) / 512;

    for ( unsigned int t = 0; t < tables; t++ )
    {
        uint64_t gpa = FRESH_GPA + ((uint64_t)t << 21);
        uint64_t *l1 = alloc_page();

        for ( uint64_t i = 0; i < 512; i++ )
            l1[i] = (gpa + i * PAGE_SIZE) | EPT_RWX | EPT_WB;
        *vmx_ept_entry(eptp, gpa) = (unsigned long)l1 | EPT_RWX;
    }
}

static bool use_ept(void)
{
    uint64_t eptp;

    if ( !vmx_control_can(MSR_VMX_PROCBASED, PROC_SECONDARY) ||
         !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_EPT) )
        return false;

    eptp = vmx_ept_identity();
    *vmx_ept_entry(eptp, TOUCH_GPA) = 0;
    map_fresh(eptp);
    vmwrite(EPT_POINTER, eptp);
    vmwrite(PROC2_CONTROLS, vmx_control(MSR_VMX_PROCBASED2, PROC2_EPT));
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_SECONDARY);

    return true;
}

static void use_interrupts(void)
{
    irq_set_handler(VEC_L2, handle_l2_irq);
    vmwrite(PIN_CONTROLS, vmget(PIN_CONTROLS) | PIN_EXT_INT);
    vmwrite(EXIT_CONTROLS, vmget(EXIT_CONTROLS) | EXIT_ACK_INT);
    irqs_in_l2 = true;
    if ( cpuid(1, 0).c & CPUID_1_ECX_TSC_DEADLINE )
        apic_write(APIC_LVT_TIMER, APIC_LVT_DEADLINE | VEC_L2);
}

static void bench_instructions(void)
{
    other = vmx_vmcs(l2_empty);
    vmcs = vmx_vmcs(l2_exit);
    RUN_BENCH(l1_vmread);
    RUN_BENCH(l1_vmwrite);
    RUN_BENCH(l1_vmread_unshadowed);
    RUN_BENCH(l1_vmwrite_unshadowed);
    RUN_BENCH(l1_vmptrst);
    RUN_BENCH(l1_vmptrld_same);
    RUN_BENCH(l1_vmptrld_two);
    RUN_BENCH(l1_vmclear);
    RUN_BENCH(l1_vmclear_vmptrld);
    RUN_BENCH(l1_invept);
    RUN_BENCH(l1_invvpid);
}

static void bench_entries(void)
{
    vmx_set_l2(l2_exit);
    RUN_BENCH(l1_first_launch);
    RUN_BENCH(l1_vmresume_clean);
    RUN_BENCH(l1_vmresume_dirty);
}

static bool bench_l2(void)
{
    bool ept;

    if ( !run_l2("l2_empty", l2_empty, true) ||
         !run_l2("l2_cpuid", l2_cpuid, true) ||
         !run_l2("l2_vmcall", l2_vmcall, true) ||
         !run_l2("l2_rdmsr", l2_rdmsr, true) ||
         !run_l2("l2_out_direct", l2_out, true) )
        return false;

    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_UNCOND_IO);
    if ( !run_l2("l2_out", l2_out, true) )
        return false;

    ept = use_ept();
    if ( ept && (!run_l2("l2_cpuid_ept", l2_cpuid, true) ||
                 !run_l2("l2_ept_violation", l2_ept_violation, true) ||
                 !run_l2("l2_first_touch", l2_first_touch, true)) )
        return false;

    use_interrupts();
    return run_l2("l2_self_ipi", l2_self_ipi, true) &&
           (!(cpuid(1, 0).c & CPUID_1_ECX_TSC_DEADLINE) ||
            run_l2("l2_timer", l2_timer, true));
}

void bench_nested(void)
{
    if ( !vmx_here() || !vmx_on() )
        return;

    bench_instructions();
    bench_entries();
    if ( !bench_l2() )
        return;
    switch_among("l2_switch_1", 1);
    switch_among("l2_switch_8", 8);
    switch_among("l2_switch_64", MANY);
    vmxoff();
}
