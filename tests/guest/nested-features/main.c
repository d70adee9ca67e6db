/* SPDX-License-Identifier: MIT */
/*
 * What L1 has beyond plain VMX: shadow VMCSs for its L2, VM functions, #VE,
 * mode-based execute control, TSC scaling, virtual interrupts, INIT and
 * start-up IPIs in VMX operation.
 *
 * Expect: as the SDM has it, the refusals included; a feature that is not
 * offered is passed over. Xen 4.17 offers none of them.
 */
#include "features.h"

enum
{
    POSTED_VECTOR = 0x0002,
    PI_DESC = 0x2016,
    VMFUNC_CONTROLS = 0x2018,
    EPTP_LIST = 0x2024,
    VMREAD_BITMAP = 0x2026,
    VMWRITE_BITMAP = 0x2028,
    VE_INFO = 0x202a,
    TSC_MULTIPLIER = 0x2032,
};

#define PIN_POSTED      (1u << 7)
#define PROC2_VMFUNC    (1u << 13)
#define PROC2_SHADOW    (1u << 14)
#define PROC2_VE        (1u << 18)
#define PROC2_MBEC      (1u << 22)
#define PROC2_TSC_SCALE (1u << 25)

#define REASON_VMREAD   23
#define REASON_VMWRITE  25
#define REASON_VMFUNC   59

#define SHADOW_BIT      (1u << 31)
#define LINK_FAILURE    4 /* exit qualification */
#define VEC_VE          20

/* An entry that fails for its controls, as enter() has it. */
#define REFUSED (~(uint32_t)VMERR_CONTROLS)

static struct l2_regs regs;

static void l2_done(void)
{
    for ( ;; )
        asm volatile("vmcall");
}

static uint32_t enter(void (*fn)(void))
{
    vmx_set_l2(fn);
    if ( vmx_enter(&regs, true) )
        return ~(uint32_t)vmget(VM_INSN_ERROR);
    return (uint32_t)vmget(EXIT_REASON);
}

static bool offers(uint32_t proc2)
{
    return vmx_control_can(MSR_VMX_PROCBASED, PROC_SECONDARY) &&
           vmx_control_can(MSR_VMX_PROCBASED2, proc2);
}

static void set_proc2(uint32_t proc2)
{
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_SECONDARY);
    vmwrite(PROC2_CONTROLS, proc2);
}

/* --- Shadow VMCS --- */
static volatile uint32_t l2_result;
static volatile uint64_t l2_value;

static void l2_vmwrite(void)
{
    l2_result = vmwrite(GUEST_RIP, 0x1234);
    l2_done();
}

static void l2_vmread(void)
{
    uint64_t val = 0;

    l2_result = vmread(GUEST_RIP, &val);
    l2_value = val;
    l2_done();
}

static void l2_vmread_nothing(void)
{
    uint64_t val;

    l2_result = vmread(0x6c3e, &val);
    l2_done();
}

static void check_shadow_vmcs(void)
{
    uint32_t *shadow = vmx_region();
    uint8_t *bitmap = alloc_page();
    uint64_t cr = 0;

    if ( !offers(PROC2_SHADOW) )
        return;
    check_eq("VMREAD without shadowing", enter(l2_vmread), REASON_VMREAD);

    shadow[0] |= SHADOW_BIT;
    check_eq("VMCLEAR of a shadow VMCS", vmclear((unsigned long)shadow),
             VMX_OK);
    vmwrite(VMREAD_BITMAP, (unsigned long)bitmap);
    vmwrite(VMWRITE_BITMAP, (unsigned long)bitmap);
    set_proc2(PROC2_SHADOW);

    check_eq("no link: L2 goes on", enter(l2_vmread), REASON_VMCALL);
    check_eq("and has no VMCS", l2_result, VMX_FAIL_INVALID);

    vmwrite(VMCS_LINK, (unsigned long)shadow);
    check_eq("VMWRITE by L2", enter(l2_vmwrite), REASON_VMCALL);
    check_eq("succeeds", l2_result, VMX_OK);
    check_eq("VMREAD by L2", enter(l2_vmread), REASON_VMCALL);
    check_eq("succeeds", l2_result, VMX_OK);
    check_eq("and reads it", l2_value, 0x1234);
    check_eq("no such field", enter(l2_vmread_nothing), REASON_VMCALL);
    check_eq("fails", l2_result, VMX_FAIL_VALID);
    check_eq("with its number", vmget(VM_INSN_ERROR), VMERR_FIELD);

    bitmap[GUEST_RIP / 8] |= 1 << GUEST_RIP % 8;
    check_eq("a bit makes VMREAD exit", enter(l2_vmread), REASON_VMREAD);
    check_eq("and VMWRITE", enter(l2_vmwrite), REASON_VMWRITE);
    bitmap[GUEST_RIP / 8] = 0;

    /* What L2 wrote is there for L1. */
    vmptrst(&cr);
    check_eq("VMPTRLD of a shadow VMCS", vmptrld((unsigned long)shadow),
             VMX_OK);
    check_eq("L2's field", vmget(GUEST_RIP), 0x1234);
    check_eq("it runs no L2", vmx_enter(&regs, false), VMX_FAIL_INVALID);
    vmclear((unsigned long)shadow);
    vmptrld(cr);

    shadow[0] &= ~SHADOW_BIT;
    check_eq("the link of no shadow VMCS", enter(l2_done), REASON_BAD_GUEST);
    check_eq("says so", vmget(EXIT_QUALIFICATION), LINK_FAILURE);
    vmwrite(VMCS_LINK, ~0ull);
    vmwrite(VMREAD_BITMAP, 8);
    check_eq("a bitmap out of line", enter(l2_done), REFUSED);
    vmwrite(VMREAD_BITMAP, 0);
    set_proc2(0);
}

/* --- VM functions --- */
static uint8_t *page_a, *page_b; /* of 2 MiB each */

static void l2_vmfunc(void)
{
    uint32_t eax = (uint32_t)l2_value, ecx = l2_result;

    asm volatile(".byte 0x0f, 0x01, 0xd4" : : "a"(eax), "c"(ecx) : "memory");
    l2_value = *(volatile uint8_t *)page_a;
    l2_done();
}

static uint32_t enter_vmfunc(uint32_t function, uint32_t index)
{
    l2_value = function;
    l2_result = index;
    return enter(l2_vmfunc);
}

#define LARGE_PAGE (2ul << 20)

static void check_vmfunc(uint64_t eptp_a)
{
    uint64_t eptp_b = vmx_ept_identity(), *list = alloc_page();

    if ( !offers(PROC2_VMFUNC | PROC2_EPT) )
        return;
    *page_a = 1;
    *page_b = 2;
    *vmx_ept_entry(eptp_b, (unsigned long)page_a) +=
        (unsigned long)(page_b - page_a);
    list[0] = eptp_a;
    list[1] = eptp_b;
    list[2] = eptp_b | 1ull << 11; /* reserved */
    vmwrite(EPT_POINTER, eptp_a);
    set_proc2(PROC2_EPT | PROC2_VMFUNC);
    vmwrite(EPTP_LIST, (unsigned long)list);
    vmwrite(VMFUNC_CONTROLS, 0);
    check_eq("a function that is off", enter_vmfunc(0, 0), REASON_VMFUNC);
    vmwrite(VMFUNC_CONTROLS, 1);
    check_eq("EPTP 0", enter_vmfunc(0, 0), REASON_VMCALL);
    check_eq("shows page a", l2_value, 1);
    check_eq("EPTP 1", enter_vmfunc(0, 1), REASON_VMCALL);
    check_eq("shows page b", l2_value, 2);
    check_eq("L1 finds it in the VMCS", vmget(EPT_POINTER), eptp_b);
    check_eq("an EPTP with reserved bits", enter_vmfunc(0, 2), REASON_VMFUNC);
    check_eq("beyond the list", enter_vmfunc(0, 512), REASON_VMFUNC);
    check_eq("no such function", enter_vmfunc(1, 0), REASON_VMFUNC);
    vmwrite(EXCEPTION_BITMAP, 1u << VEC_UD);
    check_eq("no function has that number", enter_vmfunc(64, 0),
             REASON_EXCEPTION);
    check_eq("which is #UD", vmget(EXIT_INTR_INFO),
             0x80000000 | 3 << 8 | VEC_UD);
    vmwrite(EXCEPTION_BITMAP, 0);
    vmwrite(VMFUNC_CONTROLS, 2);
    check_eq("reserved functions", enter(l2_done), REFUSED);
    vmwrite(VMFUNC_CONTROLS, 1);
    vmwrite(EPTP_LIST, 8);
    check_eq("a list out of line", enter(l2_done), REFUSED);
    vmwrite(VMFUNC_CONTROLS, 0);
    set_proc2(0);
}

/* --- Virtualization exceptions --- */
struct ve_info
{
    uint32_t reason, busy;
    uint64_t qual, gla, gpa;
    uint16_t eptp_index;
};

static void l2_touch(void)
{
    *(volatile uint8_t *)(page_a + 0x123) = 0;
    l2_done();
}

static void check_ve(uint64_t eptp)
{
    volatile struct ve_info *info = alloc_page();
    uint64_t *entry = vmx_ept_entry(eptp, (unsigned long)page_a), old = *entry;
    const struct inv_descriptor all = { eptp, 0 };

    if ( !offers(PROC2_VE | PROC2_EPT) )
        return;
    vmwrite(EPT_POINTER, eptp);
    set_proc2(PROC2_EPT | PROC2_VE);
    vmwrite(VE_INFO, (unsigned long)info);
    vmwrite(EXCEPTION_BITMAP, 1u << VEC_VE);
    *entry = 0;
    invept(1, all);
    check_eq("a violation converts", enter(l2_touch), REASON_EXCEPTION);
    check_eq("into #VE", vmget(EXIT_INTR_INFO), 0x80000000 | 3 << 8 | VEC_VE);
    check_eq("its reason", info->reason, REASON_EPT_VIOLATION);
    check_eq("only one at a time", info->busy, ~0u);
    check_eq("a write", info->qual & 7, 2);
    check_eq("where", info->gla, (unsigned long)page_a + 0x123);
    check_eq("and physically", info->gpa, (unsigned long)page_a + 0x123);
    check_eq("while busy it exits", enter(l2_touch), REASON_EPT_VIOLATION);
    info->busy = 0;
    *entry = 1ull << 63;
    invept(1, all);
    check_eq("suppressed it exits", enter(l2_touch), REASON_EPT_VIOLATION);
    check_eq("and leaves no word", info->busy, 0);
    vmwrite(VE_INFO, 8);
    check_eq("an area out of line", enter(l2_done), REFUSED);
    *entry = old;
    vmwrite(EXCEPTION_BITMAP, 0);
    set_proc2(0);
}

/* --- Mode-based execute control --- */
#define EPT_XU         (1ull << 10)
#define PDE_USER       (1ull << 2)
#define AR_UCODE       0xa0fb
#define AR_UDATA       0xc0f3
#define AR_CODE        0xa09b
#define AR_DATA        0xc093
#define QUAL_FETCH     (1u << 2)
#define QUAL_RW        (3u << 3) /* what EPT allows ... */
#define QUAL_X         (1u << 5)
#define QUAL_XU        (1u << 6)
#define QUAL_OF_ACCESS 0x7fu

/* The entry of L1's own page tables, which L2 uses, for page a. */
static uint64_t *page_a_pde(void)
{
    uint64_t *l4 = (uint64_t *)(read_cr3() & ~0xfffull);
    uint64_t *l3 = (uint64_t *)(l4[0] & ~0xfffull);
    uint64_t *l2 = (uint64_t *)(l3[0] & ~0xfffull);

    return &l2[(unsigned long)page_a / LARGE_PAGE];
}

/*
 * L2's code there exits by its first instruction. Which right counts is decided
 * by the linear address, a user's or a supervisor's.
 */
static uint32_t enter_code(bool user)
{
    uint64_t *pde = page_a_pde(), old = *pde;
    uint32_t reason;

    vmwrite(GUEST_CS_SEL, user ? SEL_UCODE : SEL_CODE64);
    vmwrite(GUEST_CS_AR, user ? AR_UCODE : AR_CODE);
    vmwrite(GUEST_SS_SEL, user ? SEL_UDATA : SEL_DATA);
    vmwrite(GUEST_SS_AR, user ? AR_UDATA : AR_DATA);
    *pde = user ? old | PDE_USER : old & ~PDE_USER;
    reason = enter((void (*)(void))page_a);
    *pde = old;

    return reason;
}

static void check_mode(uint64_t eptp, uint64_t rights, bool user, bool runs)
{
    const struct inv_descriptor all = { eptp, 0 };
    uint64_t *entry = vmx_ept_entry(eptp, (unsigned long)page_a);

    *entry = (*entry & ~(EPT_RWX | EPT_XU)) | rights;
    invept(1, all);
    check_eq(user ? "a user's fetch" : "a supervisor's fetch", enter_code(user),
             runs ? REASON_VMCALL : REASON_EPT_VIOLATION);
}

/* Of the violation just now: a fetch, from where reading was allowed. */
static void check_fetch_qual(uint32_t executable)
{
    check_eq("who may execute", vmget(EXIT_QUALIFICATION) & QUAL_OF_ACCESS,
             QUAL_FETCH | QUAL_RW | executable);
}

static void check_mbec(uint64_t eptp)
{
    static const uint8_t vmcall[] = { 0x0f, 0x01, 0xc1 };
    uint64_t *l4 = (uint64_t *)(eptp & ~0xfffull);
    uint64_t *l3 = (uint64_t *)(l4[0] & ~0xfffull);
    uint64_t rw = EPT_RWX & ~4ull, x = EPT_RWX, xu = rw | EPT_XU;

    if ( !offers(PROC2_MBEC | PROC2_EPT) )
        return;
    memcpy(page_a, vmcall, sizeof(vmcall));
    vmwrite(EPT_POINTER, eptp);
    set_proc2(PROC2_EPT);
    check_mode(eptp, x, true, true);
    check_mode(eptp, xu, true, false);
    check_fetch_qual(0);

    /* Larger tables allow user mode nothing yet. */
    set_proc2(PROC2_EPT | PROC2_MBEC);
    check_mode(eptp, x | xu, true, false);
    check_fetch_qual(QUAL_X);
    l4[0] |= EPT_XU;
    l3[0] |= EPT_XU;
    check_mode(eptp, x | xu, true, true);
    check_mode(eptp, x, true, false);
    check_fetch_qual(QUAL_X);
    check_mode(eptp, x, false, true);
    check_mode(eptp, xu, false, false);
    check_fetch_qual(QUAL_XU);
    check_mode(eptp, xu, true, true);
    check_mode(eptp, rw, true, false);
    check_fetch_qual(0);
    check_mode(eptp, x, false, true);

    set_proc2(PROC2_MBEC);
    check_eq("without EPT", enter(l2_done), REFUSED);
    set_proc2(0);
}

/* --- TSC scaling --- */
static void l2_rdtsc(void)
{
    l2_value = rdtsc();
    l2_done();
}

static void check_tsc_scaling(void)
{
    uint64_t before, proc = vmget(PROC_CONTROLS);

    if ( !offers(PROC2_TSC_SCALE) )
        return;
    set_proc2(PROC2_TSC_SCALE);
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_TSC_OFFSET);
    vmwrite(TSC_MULTIPLIER, 3ull << 47);
    vmwrite(TSC_OFFSET, 1ull << 60);
    before = rdtsc();
    check_eq("L2 reads its TSC", enter(l2_rdtsc), REASON_VMCALL);
    l2_value -= 1ull << 60;
    check(l2_value >= before + before / 2 && l2_value <= rdtsc() + rdtsc() / 2,
          "it is 1.5 times L1's");
    vmwrite(TSC_MULTIPLIER, 0);
    check_eq("a multiplier of 0", enter(l2_done), REFUSED);
    vmwrite(TSC_OFFSET, 0);
    set_proc2(0);
    vmwrite(PROC_CONTROLS, proc);
}

/* --- Virtual interrupts --- */
#define VEC_VIRTUAL 0x61
#define VAPIC_IRR   0x200
#define VAPIC_ISR   0x100

static volatile unsigned int virtual_interrupts;

static void handle_virtual(struct regs *r)
{
    (void)r;
    virtual_interrupts++;
    wrmsr(MSR_X2APIC_BASE + APIC_EOI / 16, 0);
}

static void l2_open(void)
{
    asm volatile("sti; nop; cli");
    l2_done();
}

static void l2_halt(void)
{
    asm volatile("sti; hlt; cli");
    l2_done();
}

static void l2_self_ipi(void)
{
    wrmsr(MSR_X2APIC_BASE + 0x3f, VEC_VIRTUAL);
    l2_open();
}

static void l2_self_ipi_low(void)
{
    wrmsr(MSR_X2APIC_BASE + 0x3f, 5);
    l2_done();
}

static void set_requested(uint8_t *vapic, uint8_t vector)
{
    *(volatile uint32_t *)(vapic + VAPIC_IRR + vector / 32 * 16) |=
        1u << vector % 32;
}

static void check_posted(uint8_t *vapic)
{
    volatile uint64_t *desc = alloc_page();
    uint64_t pin = vmget(PIN_CONTROLS), exit = vmget(EXIT_CONTROLS);

    if ( !vmx_control_can(MSR_VMX_PINBASED, PIN_POSTED) )
        return;
    vmwrite(PIN_CONTROLS, pin | PIN_POSTED);
    check_eq("without acknowledgement at exit", enter(l2_done), REFUSED);
    vmwrite(EXIT_CONTROLS, exit | EXIT_ACK_INT);
    vmwrite(POSTED_VECTOR, VEC_NOTIFY);
    vmwrite(PI_DESC, (unsigned long)desc + 64);
    vmwrite(GUEST_INTR_STATUS, 0);
    memset(vapic, 0, PAGE_SIZE);
    desc[8 + VEC_VIRTUAL / 64] = 1ull << VEC_VIRTUAL % 64;
    desc[12] = 1; /* outstanding notification */
    virtual_interrupts = 0;
    apic_icr(0, APIC_ICR_SELF | APIC_ICR_ASSERT | VEC_NOTIFY);
    check_eq("posting ends no L2's turn", enter(l2_halt), REASON_VMCALL);
    check_eq("L2 takes the interrupt", virtual_interrupts, 1);
    check_eq("the descriptor is empty", desc[8 + VEC_VIRTUAL / 64] | desc[12],
             0);
    vmwrite(PI_DESC, (unsigned long)desc + 32);
    check_eq("a descriptor out of line", enter(l2_done), REFUSED);
    vmwrite(PIN_CONTROLS, pin);
    vmwrite(EXIT_CONTROLS, exit);
}

static void check_virtual_interrupts(void)
{
    const uint32_t proc2 = PROC2_X2APIC | PROC2_VINTR | PROC2_APIC_REG;
    uint64_t pin = vmget(PIN_CONTROLS), proc = vmget(PROC_CONTROLS);
    uint64_t *msr_bitmap = alloc_page();
    uint8_t *vapic = alloc_page();

    if ( !offers(proc2) || !x2apic_enable() )
        return;
    apic_enable();
    irq_set_handler(VEC_VIRTUAL, handle_virtual);
    set_proc2(proc2);
    vmwrite(PROC_CONTROLS,
            vmget(PROC_CONTROLS) | PROC_TPR_SHADOW | PROC_MSR_BITMAP);
    vmwrite(MSR_BITMAP, (unsigned long)msr_bitmap);
    vmwrite(VIRTUAL_APIC, (unsigned long)vapic);
    for ( unsigned int i = 0; i < 4; i++ )
        vmwrite(EOI_BITMAP0 + 2 * i, 0);
    check_eq("without exits of interrupts", enter(l2_done), REFUSED);
    vmwrite(PIN_CONTROLS, pin | PIN_EXT_INT);

    set_requested(vapic, VEC_VIRTUAL);
    vmwrite(GUEST_INTR_STATUS, VEC_VIRTUAL);
    check_eq("blocked by the flag", enter(l2_done), REASON_VMCALL);
    check_eq("nothing came", virtual_interrupts, 0);
    check_eq("delivered", enter(l2_open), REASON_VMCALL);
    check_eq("once", virtual_interrupts, 1);
    check_eq("and ended", vmget(GUEST_INTR_STATUS), 0);
    check_eq("no request left",
             *(uint32_t *)(vapic + VAPIC_IRR + VEC_VIRTUAL / 32 * 16), 0);

    *(uint32_t *)(vapic + APIC_TPR) = VEC_VIRTUAL;
    set_requested(vapic, VEC_VIRTUAL);
    vmwrite(GUEST_INTR_STATUS, VEC_VIRTUAL);
    check_eq("below the task priority", enter(l2_open), REASON_VMCALL);
    check_eq("it stays", virtual_interrupts, 1);
    *(uint32_t *)(vapic + APIC_TPR) = 0;
    check_eq("HLT ends by it", enter(l2_halt), REASON_VMCALL);
    check_eq("it came", virtual_interrupts, 2);

    check_eq("a self-IPI of L2", enter(l2_self_ipi), REASON_VMCALL);
    check_eq("reaches it", virtual_interrupts, 3);
    check_eq("of a low vector", enter(l2_self_ipi_low), REASON_APIC_WRITE);
    check_eq("which register", vmget(EXIT_QUALIFICATION), 0x3f0);
    check_posted(vapic);

    set_proc2(0);
    vmwrite(PROC_CONTROLS, proc);
    vmwrite(PIN_CONTROLS, pin);
}

void test_main(void)
{
    uint64_t eptp;

    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !offers(PROC2_EPT) || !vmx_on() )
        return;
    /* Two large pages that nothing else is in. */
    page_a = (uint8_t *)(20ul << 20);
    page_b = page_a + LARGE_PAGE;
    eptp = vmx_ept_identity();
    vmx_vmcs(l2_done);
    if ( !check_eq("an L2 to begin with", vmx_enter(&regs, false), 0) )
        return;

    check_shadow_vmcs();
    check_vmfunc(eptp);
    check_ve(eptp);
    check_mbec(eptp);
    check_tsc_scaling();
    check_virtual_interrupts();
    check_eq("VMXOFF", vmxoff(), VMX_OK);
    check_init_and_sipi();
    test_success("secondary controls %#lx", rdmsr(MSR_VMX_PROCBASED2) >> 32);
}
