/* SPDX-License-Identifier: MIT */
/*
 * APIC virtualization for an L2 that L1 runs on an EPT of its own: x2APIC MSRs,
 * the APIC-access page, virtual interrupts; and the virtual-APIC page given
 * away while the processor works on it.
 *
 * Expect: the same, exits included, whether the processor does it or the
 * hypervisor: there is a configuration for each. What is not virtualized
 * reaches L1's own local APIC, or L1. Xen 4.17 offers none of it.
 */
#include "vmx.h"

enum
{
    APIC_ACCESS_PAGE = 0x2014,
    TPR_THRESHOLD = 0x401c,
};

#define PROC2_ACCESSES     (1u << 0)
#define PROC2_MSRS         (PROC2_EPT | PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR)
#define PROC2_PAGE         (PROC2_EPT | PROC2_ACCESSES | PROC2_APIC_REG | PROC2_VINTR)

#define REASON_TPR_BELOW   43
#define REASON_APIC_ACCESS 44
#define REASON_VIRT_EOI    45

#define LVT_THERMAL        0x330
#define SELF_IPI           0x3f0
#define MSR_OF(reg)        (MSR_X2APIC_BASE + (reg) / 16)
#define BITMAP_WRITE       2048 /* where the bits of WRMSR begin */

#define VEC_LOW            0x61
#define VEC_HIGH           0x72
#define VEC_L1             0x7d
#define GP_EXIT            (0x80000000 | 3 << 8 | 1 << 11 | VEC_GP)

static struct l2_regs regs;
static uint8_t *vapic, *access_page, *msr_bitmap;
static uint64_t eptp;

static volatile uint32_t *page_reg(unsigned int reg)
{
    return (volatile uint32_t *)(vapic + reg);
}

static uint32_t enter(void (*fn)(void))
{
    vmx_set_l2(fn);
    if ( vmx_enter(&regs, true) )
        return ~(uint32_t)vmget(VM_INSN_ERROR);
    return (uint32_t)vmget(EXIT_REASON);
}

/* --- L2 --- */
static volatile uint64_t arg, val; /* what L2 is to use, and what it found */
static volatile uint8_t taken[4];  /* vectors, in their order */
static volatile unsigned int nr_taken;
static bool by_memory;

static void l2_done(void)
{
    for ( ;; )
        asm volatile("vmcall");
}

static void l2_write(unsigned int reg, uint64_t v)
{
    if ( by_memory )
        *(volatile uint32_t *)(access_page + reg) = v;
    else
        wrmsr(MSR_OF(reg), v);
}

static void handle_virtual(struct regs *r)
{
    taken[nr_taken++ % ARRAY_SIZE(taken)] = r->vec;
    l2_write(APIC_EOI, 0);
}

static void l2_read_reg(void)
{
    val = by_memory ? *(volatile uint32_t *)(access_page + arg)
                    : rdmsr(MSR_OF(arg));
    l2_done();
}

static void l2_read_8_bytes(void)
{
    val = *(volatile uint64_t *)(access_page + arg);
    l2_done();
}

static void l2_write_reg(void)
{
    l2_write(arg, val);
    l2_done();
}

static void open(void)
{
    asm volatile("sti; nop; nop; cli" : : : "memory");
}

static void l2_open(void)
{
    open();
    l2_done();
}

static void l2_ipi(uint8_t vector)
{
    if ( by_memory )
        l2_write(APIC_ICR, APIC_ICR_SELF | vector);
    else
        l2_write(SELF_IPI, vector);
}

/* Both wait while interrupts are off; they come in the order of priority. */
static void l2_two_ipis(void)
{
    l2_ipi(VEC_LOW);
    l2_ipi(VEC_HIGH);
    open();
    l2_done();
}

static void l2_ipi_below_tpr(void)
{
    l2_write(APIC_TPR, VEC_LOW & 0xf0);
    l2_ipi(VEC_LOW);
    open();
    val = nr_taken;
    asm volatile("sti" : : : "memory");
    l2_write(APIC_TPR, 0);
    asm volatile("nop; cli" : : : "memory");
    l2_done();
}

static void l2_ipi_and_halt(void)
{
    l2_ipi(VEC_LOW);
    asm volatile("sti; hlt; cli" : : : "memory");
    l2_done();
}

static void l2_real_icr(void)
{
    wrmsr(MSR_OF(APIC_ICR), APIC_ICR_SELF | APIC_ICR_ASSERT | VEC_L1);
    for ( ;; )
        cpu_relax();
}

/* --- L1 --- */
static uint32_t enter_with(void (*fn)(void), unsigned int reg, uint64_t v)
{
    arg = reg;
    val = v;
    nr_taken = 0;
    return enter(fn);
}

static void let_msr(unsigned int reg, bool write, bool through)
{
    unsigned int bit = MSR_OF(reg);
    uint8_t *byte = msr_bitmap + (write ? BITMAP_WRITE : 0) + bit / 8;

    *byte = through ? *byte & ~(1 << bit % 8) : *byte | 1 << bit % 8;
}

static void write_controls(void)
{
    vmwrite(PIN_CONTROLS, vmget(PIN_CONTROLS) | PIN_EXT_INT);
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_SECONDARY |
                               PROC_TPR_SHADOW | PROC_MSR_BITMAP);
    vmwrite(MSR_BITMAP, (unsigned long)msr_bitmap);
    vmwrite(VIRTUAL_APIC, (unsigned long)vapic);
    vmwrite(APIC_ACCESS_PAGE, (unsigned long)access_page);
    vmwrite(EPT_POINTER, eptp);
}

/*
 * Whatever a delivery touches is mapped for L2 then: Bochs (3.0) forgets a
 * virtual interrupt whose delivery runs into an EPT violation.
 */
static void touch_handlers(void)
{
    static const uint8_t vectors[] = { VEC_LOW, VEC_HIGH };

    for ( unsigned int i = 0; i < ARRAY_SIZE(vectors); i++ )
    {
        vmx_set_l2(l2_done);
        vmwrite(GUEST_RFLAGS, RFLAGS_MBS | RFLAGS_IF);
        vmwrite(ENTRY_INTR_INFO, ENTRY_INTR_VALID | vectors[i]);
        check_eq("an injected interrupt", vmx_enter(&regs, true), 0);
        check_eq("is handled", vmget(EXIT_REASON), REASON_VMCALL);
    }
}

static void set_up(uint32_t proc2)
{
    memset(vapic, 0, PAGE_SIZE);
    memset(msr_bitmap, 0, PAGE_SIZE);
    vmwrite(PROC2_CONTROLS, proc2);
    vmwrite(GUEST_INTR_STATUS, 0);
    vmwrite(TPR_THRESHOLD, 0);
    for ( unsigned int i = 0; i < 4; i++ )
        vmwrite(EOI_BITMAP0 + 2 * i, 0);
    by_memory = proc2 & PROC2_ACCESSES;
}

/* The same for MSRs and memory. */
static void check_registers(void)
{
    *page_reg(LVT_THERMAL) = 0x12345;
    check_eq("a read", enter_with(l2_read_reg, LVT_THERMAL, 0), REASON_VMCALL);
    check_eq("comes from the page", val, 0x12345);
    check_eq("a write of the TPR", enter_with(l2_write_reg, APIC_TPR, 0x30),
             REASON_VMCALL);
    check_eq("goes to the page", *page_reg(APIC_TPR), 0x30);
    check_eq("the PPR is kept up", *page_reg(APIC_PPR), 0x30);
    *page_reg(APIC_TPR) = 0;
}

static void check_delivery(void)
{
    check_eq("IPIs to itself", enter_with(l2_two_ipis, 0, 0), REASON_VMCALL);
    check_eq("arrive", nr_taken, 2);
    check_eq("the more urgent first", taken[0], VEC_HIGH);
    check_eq("then the other", taken[1], VEC_LOW);
    check_eq("nothing is in service", vmget(GUEST_INTR_STATUS), 0);
    check_eq("or requested", *page_reg(APIC_IRR + VEC_LOW / 32 * 16), 0);
    check_eq("or left in the ISR", *page_reg(APIC_ISR + VEC_LOW / 32 * 16), 0);

    check_eq("below the TPR", enter_with(l2_ipi_below_tpr, 0, 0),
             REASON_VMCALL);
    check_eq("it waits", val, 0);
    check_eq("until that sinks", nr_taken, 1);

    check_eq("HLT ends", enter_with(l2_ipi_and_halt, 0, 0), REASON_VMCALL);
    check_eq("by an interrupt", nr_taken, 1);

    /* What L1 requests before an entry. */
    *page_reg(APIC_IRR + VEC_LOW / 32 * 16) = 1u << VEC_LOW % 32;
    vmwrite(GUEST_INTR_STATUS, VEC_LOW);
    check_eq("with interrupts off", enter_with(l2_done, 0, 0), REASON_VMCALL);
    check_eq("L1's request stays", vmget(GUEST_INTR_STATUS), VEC_LOW);
    check_eq("with interrupts on", enter_with(l2_open, 0, 0), REASON_VMCALL);
    check_eq("it is delivered", nr_taken, 1);

    vmwrite(EOI_BITMAP0 + VEC_LOW / 64 * 2, 1ull << VEC_LOW % 64);
    check_eq("an EOI that L1 wants", enter_with(l2_ipi_and_halt, 0, 0),
             REASON_VIRT_EOI);
    check_eq("of this vector", vmget(EXIT_QUALIFICATION), VEC_LOW);
    check_eq("which is over", vmget(GUEST_INTR_STATUS), 0);
    check_eq("the handler returns", vmx_enter(&regs, true), 0);
    check_eq("to the end", vmget(EXIT_REASON), REASON_VMCALL);
    vmwrite(EOI_BITMAP0 + VEC_LOW / 64 * 2, 0);
}

static volatile unsigned int l1_irqs;

static void handle_l1(struct regs *r)
{
    (void)r;
    l1_irqs++;
    apic_eoi();
}

static void check_msrs(void)
{
    set_up(PROC2_MSRS);
    touch_handlers();
    check_registers();
    check_delivery();

    vmwrite(EXCEPTION_BITMAP, 1u << VEC_GP);
    check_eq("a TPR of 9 bits", enter_with(l2_write_reg, APIC_TPR, 0x100),
             REASON_EXCEPTION);
    check_eq("is #GP", vmget(EXIT_INTR_INFO), GP_EXIT);
    check_eq("an EOI of 1", enter_with(l2_write_reg, APIC_EOI, 1),
             REASON_EXCEPTION);
    check_eq("is #GP", vmget(EXIT_INTR_INFO), GP_EXIT);
    vmwrite(EXCEPTION_BITMAP, 0);

    check_eq("an IPI to itself that cannot be",
             enter_with(l2_write_reg, SELF_IPI, 5), REASON_APIC_WRITE);
    check_eq("which register", vmget(EXIT_QUALIFICATION), SELF_IPI);

    let_msr(LVT_THERMAL, false, false);
    check_eq("L1's bitmap counts: a read",
             enter_with(l2_read_reg, LVT_THERMAL, 0), REASON_RDMSR);
    let_msr(APIC_TPR, true, false);
    check_eq("and a write", enter_with(l2_write_reg, APIC_TPR, 0),
             REASON_WRMSR);
    let_msr(APIC_TPR, true, true);

    /* What the controls do not virtualize is L1's own local APIC, which it
     * has opened to L2: an interrupt of the machine would be L0's. */
    l1_irqs = 0;
    check_eq("the real ICR", enter_with(l2_real_icr, 0, 0), REASON_EXT_INT);
    irq_enable();
    check(wait_for(l1_irqs == 1, MS(10)), "is that of L1");
    irq_disable();

    *page_reg(APIC_ID) = 0x77;
    vmwrite(PROC2_CONTROLS, PROC2_MSRS & ~PROC2_APIC_REG);
    check_eq("without register virtualization",
             enter_with(l2_read_reg, APIC_ID, 0), REASON_VMCALL);
    check_eq("the id is L1's own", val, apic_id());
    vmwrite(PROC2_CONTROLS, PROC2_EPT);
    *page_reg(APIC_TPR) = 0x50;
    check_eq("without any", enter_with(l2_read_reg, APIC_TPR, 0),
             REASON_VMCALL);
    check_eq("so is the TPR", val, 0);
}

static void check_access_page(void)
{
    set_up(PROC2_PAGE);
    touch_handlers();
    check_registers();
    check_delivery();

    check_eq("a write of the SVR", enter_with(l2_write_reg, APIC_SPIV, 0x1ff),
             REASON_APIC_WRITE);
    check_eq("where", vmget(EXIT_QUALIFICATION), APIC_SPIV);
    check_eq("it was done before", *page_reg(APIC_SPIV), 0x1ff);
    check_eq("the high ICR", enter_with(l2_write_reg, APIC_ICR2, 0x12345678),
             REASON_VMCALL);
    check_eq("keeps its destination alone", *page_reg(APIC_ICR2), 0x12000000);
    check_eq("an IPI to others",
             enter_with(l2_write_reg, APIC_ICR, APIC_ICR_ASSERT | VEC_LOW),
             REASON_APIC_WRITE);
    check_eq("is L1's to send", vmget(EXIT_QUALIFICATION), APIC_ICR);

    check_eq("what is no register",
             enter_with(l2_read_reg, APIC_TIMER_COUNT, 0), REASON_APIC_ACCESS);
    check_eq("a read there", vmget(EXIT_QUALIFICATION), APIC_TIMER_COUNT);
    check_eq("what is not written", enter_with(l2_write_reg, APIC_VERSION, 0),
             REASON_APIC_ACCESS);
    check_eq("a write there", vmget(EXIT_QUALIFICATION),
             1 << 12 | APIC_VERSION);
    check_eq("too wide", enter_with(l2_read_8_bytes, APIC_TPR, 0),
             REASON_APIC_ACCESS);

    /* With the threshold only, as before there were virtual interrupts. */
    vmwrite(PROC2_CONTROLS, PROC2_EPT | PROC2_ACCESSES | PROC2_APIC_REG);
    *page_reg(APIC_TPR) = 0x50;
    vmwrite(TPR_THRESHOLD, 4);
    check_eq("below the threshold", enter_with(l2_write_reg, APIC_TPR, 0x30),
             REASON_TPR_BELOW);
    vmwrite(TPR_THRESHOLD, 0);
    check_eq("an EOI", enter_with(l2_write_reg, APIC_EOI, 0),
             REASON_APIC_WRITE);
    check_eq("as any register", vmget(EXIT_QUALIFICATION), APIC_EOI);
}

/* --- The page goes while it is in use --- */
static volatile unsigned int stage;
static volatile uint32_t ap_exit;
static volatile uint64_t turns;

/*
 * Without an exit where the processor writes to the page itself. Most of the
 * time it does nothing: beside one that exits all the time others wait long.
 */
static void l2_write_on(void)
{
    for ( ;; turns++ )
    {
        wrmsr(MSR_OF(APIC_TPR), 0x40);
        for ( unsigned int i = 20000; i; i-- )
            asm volatile("");
        if ( stage == 2 )
            l2_done();
    }
}

static void ap_in_vmx(void)
{
    static struct l2_regs ap_regs;

    apic_enable();
    write_cr4(read_cr4() | CR4_VMXE);
    if ( vmxon((unsigned long)vmx_region()) != VMX_OK )
        return;
    vmx_vmcs(l2_write_on);
    write_controls();
    set_up(PROC2_MSRS);
    if ( !vmx_enter(&ap_regs, false) )
        ap_exit = (uint32_t)vmget(EXIT_REASON);
    vmxoff();
    stage = 3;
    for ( ;; )
        cpu_relax();
}

static void check_ballooning(void)
{
    xen_pfn_t gfn = gfn_of(vapic);
    uint64_t seen;

    if ( cpu_count() < 2 )
        return;
    stage = 1;
    if ( !check(cpu_start(1, ap_in_vmx), "the second CPU starts") ||
         !check(wait_for(turns != 0, MS(1000)), "L2 runs on it") )
        return;
    check_rc("its page goes",
             page_reservation(XENMEM_decrease_reservation, gfn), 1);
    seen = turns;
    check(wait_for(turns > seen + 10, MS(1000)), "L2 runs without it");
    check_eq("nothing is there", *page_reg(APIC_TPR), ~0u);
    check_rc("another comes", page_reservation(XENMEM_populate_physmap, gfn),
             1);
    check(wait_for(*page_reg(APIC_TPR) == 0x40, MS(1000)), "L2 writes to it");
    stage = 2;
    check(wait_for(stage == 3, MS(1000)), "L2 ends");
    check_eq("as it is told to", ap_exit, REASON_VMCALL);
}

void test_main(void)
{
    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !vmx_control_can(MSR_VMX_PROCBASED, PROC_SECONDARY) ||
         !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_MSRS | PROC2_PAGE) ||
         !x2apic_enable() )
    {
        test_skip("no APIC virtualization, or no x2APIC");
        return;
    }
    apic_enable();
    irq_set_handler(VEC_LOW, handle_virtual);
    irq_set_handler(VEC_HIGH, handle_virtual);
    irq_set_handler(VEC_L1, handle_l1);
    vapic = alloc_page();
    access_page = alloc_page();
    msr_bitmap = alloc_page();
    eptp = vmx_ept_identity();
    if ( !vmx_on() )
        return;
    vmx_vmcs(l2_done);
    write_controls();
    vmwrite(PROC2_CONTROLS, PROC2_EPT);
    if ( !check_eq("an L2 to begin with", vmx_enter(&regs, false), 0) )
        return;
    check_msrs();
    check_access_page();
    check_eq("VMXOFF", vmxoff(), VMX_OK);
    check_ballooning();
}
