/* SPDX-License-Identifier: MIT */
/*
 * VMX for an L1: the instructions' rules, then an L2 and its exits.
 *
 * Expect: what the SDM says. Rules that real Xen 4.17 is known not to check
 * are in the case nested-checks; this one passes on both.
 */
#include "vmx.h"

static struct l2_regs regs;

static void check_capabilities(void)
{
    uint64_t basic = rdmsr(MSR_VMX_BASIC), val;

    check((basic & 1u << 31) == 0, "bit 31 of the revision is zero");
    check((basic >> 32 & 0x1fff) > 0 && (basic >> 32 & 0x1fff) <= PAGE_SIZE,
          "a VMCS fits in a page");
    check_eq("VMCS memory is write-back", basic >> 50 & 0xf, 6);
    check_eq("no fixed CR0 bit is forbidden",
             rdmsr(MSR_VMX_CR0_FIXED0) & ~rdmsr(MSR_VMX_CR0_FIXED1), 0);
    check_eq("no fixed CR4 bit is forbidden",
             rdmsr(MSR_VMX_CR4_FIXED0) & ~rdmsr(MSR_VMX_CR4_FIXED1), 0);
    check(rdmsr(MSR_VMX_CR4_FIXED0) & CR4_VMXE, "CR4.VMXE is fixed to one");
    for ( uint32_t msr = MSR_VMX_BASIC; msr <= MSR_VMX_VMCS_ENUM; msr++ )
        check_eq("capability MSRs are read only", wrmsr_safe(msr, rdmsr(msr)),
                 FAULT_GP);
    for ( uint32_t msr = MSR_VMX_PINBASED; msr <= MSR_VMX_ENTRY; msr++ )
    {
        val = rdmsr(msr);
        check_eq("must-be-one bits may be one",
                 (uint32_t)val & ~(uint32_t)(val >> 32), 0);
    }
    check(vmx_control_can(MSR_VMX_EXIT, EXIT_HOST64), "64-bit hosts");
    check(vmx_control_can(MSR_VMX_ENTRY, ENTRY_GUEST64), "64-bit guests");
    test_success("VMX_BASIC %#lx, secondary controls %#lx, EPT/VPID %#lx",
                 basic, rdmsr(MSR_VMX_PROCBASED2) >> 32,
                 rdmsr(MSR_VMX_EPT_VPID_CAP));
}

static void check_before_vmcs(void)
{
    uint64_t ptr = 0, val;
    unsigned long on = (unsigned long)vmx_on_region();

    check_eq("VMPTRST", vmptrst(&ptr), VMX_OK);
    check_eq("no current VMCS", ptr, ~0ull);
    check_eq("VMREAD without one", vmread(GUEST_RIP, &val), VMX_FAIL_INVALID);
    check_eq("VMWRITE without one", vmwrite(GUEST_RIP, 0), VMX_FAIL_INVALID);
    check_eq("VMLAUNCH without one", vmx_enter(&regs, false), VMX_FAIL_INVALID);
    check_eq("VMRESUME without one", vmx_enter(&regs, true), VMX_FAIL_INVALID);
    check_eq("VMCLEAR of a misaligned address", vmclear(on + 8),
             VMX_FAIL_INVALID);
    check_eq("VMPTRLD of a misaligned address", vmptrld(on + 8),
             VMX_FAIL_INVALID);
}

static void check_pointers(void)
{
    void *a = vmx_region(), *b = vmx_region();
    uint64_t ptr = 0;

    check_eq("VMCLEAR a", vmclear((unsigned long)a), VMX_OK);
    check_eq("VMCLEAR b", vmclear((unsigned long)b), VMX_OK);
    check_eq("VMPTRLD a", vmptrld((unsigned long)a), VMX_OK);
    vmptrst(&ptr);
    check_eq("a is current", ptr, (unsigned long)a);
    check_eq("VMWRITE into a", vmwrite(GUEST_RIP, 0xa), VMX_OK);
    check_eq("VMPTRLD b", vmptrld((unsigned long)b), VMX_OK);
    check_eq("VMWRITE into b", vmwrite(GUEST_RIP, 0xb), VMX_OK);
    check_eq("b's own field", vmget(GUEST_RIP), 0xb);
    check_eq("VMPTRLD a again", vmptrld((unsigned long)a), VMX_OK);
    check_eq("a kept its field", vmget(GUEST_RIP), 0xa);
    check_eq("VMCLEAR of the other", vmclear((unsigned long)b), VMX_OK);
    vmptrst(&ptr);
    check_eq("a stays current", ptr, (unsigned long)a);
    check_eq("VMCLEAR of the current", vmclear((unsigned long)a), VMX_OK);
    vmptrst(&ptr);
    check_eq("then none is current", ptr, ~0ull);
    check_eq("VMPTRLD a after VMCLEAR", vmptrld((unsigned long)a), VMX_OK);
    check_eq("its field survived", vmget(GUEST_RIP), 0xa);
}

static void check_fields(void)
{
    static const struct
    {
        uint16_t field;
        uint64_t mask;
    } fields[] = {
        { GUEST_ES_SEL, 0xffff },
        { HOST_CS_SEL, 0xffff },
        { TSC_OFFSET, ~0ull },
        { GUEST_DEBUGCTL, ~0ull },
        { EXCEPTION_BITMAP, 0xffffffff },
        { ENTRY_INSN_LEN, 0xffffffff },
        { GUEST_ES_LIMIT, 0xffffffff },
        { GUEST_TR_AR, 0xffffffff },
        { CR0_MASK, ~0ull },
        { CR4_SHADOW, ~0ull },
        { GUEST_RSP, ~0ull },
        { GUEST_RFLAGS, ~0ull },
        { HOST_RSP, ~0ull },
        { HOST_CR3, ~0ull },
    };
    const uint64_t pattern = 0x1122334455667788;

    for ( unsigned int i = 0; i < ARRAY_SIZE(fields); i++ )
    {
        uint64_t val = ~pattern;

        check_eq("VMWRITE", vmwrite(fields[i].field, pattern), VMX_OK);
        check_eq("VMREAD", vmread(fields[i].field, &val), VMX_OK);
        if ( val != (pattern & fields[i].mask) )
            test_failure("field %#x reads %#lx", fields[i].field, val);
    }
}

static void check_high_halves(void)
{
    vmwrite(TSC_OFFSET, 0x1111111122222222);
    check_eq("the high half of a 64-bit field", vmget(TSC_OFFSET + 1),
             0x11111111);
    vmwrite(TSC_OFFSET + 1, 0x33333333);
    check_eq("written alone", vmget(TSC_OFFSET), 0x3333333322222222);
}

/* The L2s. Each does a thing that exits, and asks to be stopped by VMCALL. */
#define L2_DONE 0xd09e

static void l2_done(void)
{
    for ( ;; )
        asm volatile("vmcall" : : "a"(L2_DONE));
}

static void l2_cpuid(void)
{
    struct cpuid r = cpuid(0x12345678, 0x9abc);

    if ( r.a == 1 && r.b == 2 && r.c == 3 && r.d == 4 )
        l2_done();
    asm volatile("ud2");
}

/* Run until the next exit; the low 16 bits of the reason, or -1. */
static uint32_t run(bool resume)
{
    uint32_t res = vmx_enter(&regs, resume);

    if ( res )
    {
        test_failure("entry failed: %u, error %lu", res,
                     res == VMX_FAIL_VALID ? vmget(VM_INSN_ERROR) : 0);
        test_exit();
    }
    return (uint32_t)vmget(EXIT_REASON);
}

static void expect_done(void)
{
    check_eq("the L2 says it is done", run(true), REASON_VMCALL);
    check_eq("by its word", regs.rax, L2_DONE);
}

static void check_cpuid_exit(void)
{
    uint64_t rip;

    check_eq("CPUID exits", run(false), REASON_CPUID);
    check_eq("leaf", regs.rax, 0x12345678);
    check_eq("subleaf", regs.rcx, 0x9abc);
    check_eq("instruction length", vmget(EXIT_INSN_LEN), 2);
    rip = vmget(GUEST_RIP);
    check(!memcmp((void *)rip, "\x0f\xa2", 2), "RIP is at the CPUID");
    check_eq("CR0 is the L2's", vmget(GUEST_CR0), read_cr0());
    regs.rax = 1;
    regs.rbx = 2;
    regs.rcx = 3;
    regs.rdx = 4;
    vmx_skip_insn();
    expect_done();
}

static volatile uint64_t l2_value;

static void l2_rdmsr(void)
{
    l2_value = rdmsr(0x12345678);
    wrmsr(0x12345679, 0xaaaaaaaabbbbbbbb);
    l2_done();
}

static void check_msr_exits(void)
{
    vmx_set_l2(l2_rdmsr);
    check_eq("RDMSR exits", run(true), REASON_RDMSR);
    check_eq("of the MSR", regs.rcx, 0x12345678);
    regs.rax = 0x55;
    regs.rdx = 0x66;
    vmx_skip_insn();
    check_eq("WRMSR exits", run(true), REASON_RDMSR + 1);
    check_eq("with the low half", regs.rax, 0xbbbbbbbb);
    check_eq("the RDMSR's value arrived", l2_value, 0x6600000055);
    vmx_skip_insn();
    expect_done();
}

static void l2_port(void)
{
    outb(0x1234, 0x5a);
    l2_value = inl(0x1235);
    l2_done();
}

static void check_io_exits(void)
{
    uint64_t proc = vmget(PROC_CONTROLS);

    vmwrite(PROC_CONTROLS, proc | PROC_UNCOND_IO);
    vmx_set_l2(l2_port);
    check_eq("OUT exits", run(true), REASON_IO);
    check_eq("its qualification", vmget(EXIT_QUALIFICATION) & ~0x40ull,
             0x12340000);
    check_eq("its value", regs.rax & 0xff, 0x5a);
    vmx_skip_insn();
    check_eq("IN exits", run(true), REASON_IO);
    check_eq("its qualification", vmget(EXIT_QUALIFICATION) & ~0x40ull,
             0x1235000b);
    regs.rax = 0x87654321;
    vmx_skip_insn();
    expect_done();
    check_eq("the IN's value arrived", l2_value, 0x87654321);
    vmwrite(PROC_CONTROLS, proc);
}

static void l2_hlt(void)
{
    asm volatile("hlt");
    l2_done();
}

static void check_hlt_exit(void)
{
    uint64_t proc = vmget(PROC_CONTROLS);

    vmwrite(PROC_CONTROLS, proc | PROC_HLT);
    vmx_set_l2(l2_hlt);
    check_eq("HLT exits", run(true), REASON_HLT);
    check_eq("instruction length", vmget(EXIT_INSN_LEN), 1);
    vmx_skip_insn();
    expect_done();
    vmwrite(PROC_CONTROLS, proc);
}

static void l2_ud(void)
{
    asm volatile("ud2");
    l2_done();
}

/* The L1 may take an exception for itself, or put one into the L2. */
static void check_exceptions(void)
{
    vmwrite(EXCEPTION_BITMAP, 1u << VEC_UD);
    vmx_set_l2(l2_ud);
    check_eq("#UD exits", run(true), REASON_EXCEPTION);
    check_eq("interruption information", vmget(EXIT_INTR_INFO),
             0x80000000 | 3 << 8 | VEC_UD);
    vmwrite(GUEST_RIP, vmget(GUEST_RIP) + 2);
    expect_done();
    vmwrite(EXCEPTION_BITMAP, 0);
}

#define VEC_INJECT 0x77
static volatile unsigned int injected;

static void handle_injected(struct regs *r)
{
    (void)r;
    injected++;
}

static void check_injection(void)
{
    irq_set_handler(VEC_INJECT, handle_injected);
    vmx_set_l2(l2_done);
    vmwrite(GUEST_RFLAGS, RFLAGS_MBS | RFLAGS_IF);
    vmwrite(ENTRY_INTR_INFO, 0x80000000 | VEC_INJECT);
    check_eq("after the injection", run(true), REASON_VMCALL);
    check_eq("the L2's handler ran", injected, 1);
    check(!(vmget(ENTRY_INTR_INFO) & 0x80000000),
          "the exit cleared the valid bit");
}

#define VEC_IPI 0x79
static volatile unsigned int ipis;

static void handle_ipi(struct regs *r)
{
    (void)r;
    ipis++;
    apic_eoi();
}

static void l2_spin(void)
{
    for ( ;; )
        cpu_relax();
}

/* An interrupt for the L1 ends the L2's turn and then reaches the L1. */
static void check_external_interrupt(void)
{
    uint64_t pin = vmget(PIN_CONTROLS);

    irq_set_handler(VEC_IPI, handle_ipi);
    apic_enable();
    vmwrite(PIN_CONTROLS, pin | PIN_EXT_INT);
    vmx_set_l2(l2_spin);
    vmwrite(GUEST_RFLAGS, RFLAGS_MBS | RFLAGS_IF);
    apic_icr(0, APIC_ICR_SELF | APIC_ICR_ASSERT | VEC_IPI);
    check_eq("an interrupt exits", run(true), REASON_EXT_INT);
    check_eq("it was not taken yet", ipis, 0);
    irq_enable();
    check(wait_for(ipis == 1, MS(10)), "the L1 takes it");
    irq_disable();
    vmwrite(PIN_CONTROLS, pin);
}

static void l2_tsc(void)
{
    l2_value = rdtsc();
    l2_done();
}

static void check_tsc_offset(void)
{
    uint64_t proc = vmget(PROC_CONTROLS), before = rdtsc();

    vmwrite(PROC_CONTROLS, proc | PROC_TSC_OFFSET);
    vmwrite(TSC_OFFSET, 1ull << 50);
    vmx_set_l2(l2_tsc);
    check_eq("after RDTSC", run(true), REASON_VMCALL);
    check(l2_value - before >= 1ull << 50 &&
              l2_value - before < (1ull << 50) + (1ull << 40),
          "the L2's TSC is offset");
    vmwrite(TSC_OFFSET, 0);
    vmwrite(PROC_CONTROLS, proc);
}

#define PAT_L2 0x0606060606060606ul /* no power-on value */
#define DR7_L2 0x0500ul

static volatile uint64_t l2_dr7;

static void l2_change(void)
{
    uint64_t dr7;

    asm volatile("mov %%dr7, %0" : "=r"(dr7));
    l2_dr7 = dr7;
    l2_value = rdmsr(MSR_PAT);
    wrmsr(MSR_PAT, PAT_L2);
    asm volatile("mov %0, %%dr7" : : "r"(DR7_L2));
    l2_done();
}

/* An entry loads what L1 has in the VMCS, also if no exit saves it. */
static void check_loads_without_saves(void)
{
    const uint32_t loads = ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT;
    uint64_t entry = vmget(ENTRY_CONTROLS), proc = vmget(PROC_CONTROLS);

    if ( (vmx_control(vmx_controls_msr(MSR_VMX_EXIT), EXIT_HOST64) &
          (EXIT_SAVE_DEBUG | EXIT_SAVE_PAT)) ||
         !vmx_control_can(MSR_VMX_ENTRY, loads) )
        return;
    vmwrite(GUEST_PAT, rdmsr(MSR_PAT));
    vmwrite(MSR_BITMAP, (unsigned long)alloc_page());
    vmwrite(PROC_CONTROLS, proc | PROC_MSR_BITMAP);
    vmwrite(ENTRY_CONTROLS, entry | loads);
    for ( unsigned int i = 0; i < 3; i++ )
    {
        vmx_set_l2(l2_change);
        check_eq("L2 changes its own", run(true), REASON_VMCALL);
        check_eq("it began with PAT as in the VMCS", l2_value,
                 vmget(GUEST_PAT));
        check_eq("and DR7", l2_dr7, vmget(GUEST_DR7));
        check(l2_value != PAT_L2 && l2_dr7 != DR7_L2, "nothing was saved");
    }
    vmwrite(ENTRY_CONTROLS, entry);
    vmwrite(PROC_CONTROLS, proc);
}

#define L2_GPA 0x3e000000ul /* a 2 MiB page whose EPT entry we remove */

static void l2_touch(void)
{
    l2_value = *(volatile uint64_t *)(L2_GPA + 0x1238);
    l2_done();
}

static void check_ept(void)
{
    uint64_t proc = vmget(PROC_CONTROLS), eptp, *entry;

    if ( !vmx_control_can(MSR_VMX_PROCBASED, PROC_SECONDARY) ||
         !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_EPT) )
    {
        printf("no EPT for an L1 here\n");
        return;
    }

    eptp = vmx_ept_identity();
    entry = vmx_ept_entry(eptp, L2_GPA);
    *entry = 0;
    vmwrite(EPT_POINTER, eptp);
    vmwrite(PROC2_CONTROLS, vmx_control(MSR_VMX_PROCBASED2, PROC2_EPT));
    vmwrite(PROC_CONTROLS, proc | PROC_SECONDARY);

    vmx_set_l2(l2_touch);
    check_eq("an absent page exits", run(true), REASON_EPT_VIOLATION);
    check_eq("its physical address", vmget(GUEST_PHYSICAL), L2_GPA + 0x1238);
    check_eq("its linear address", vmget(GUEST_LINEAR), L2_GPA + 0x1238);
    check_eq("a read of nothing, at a valid linear address",
             vmget(EXIT_QUALIFICATION) & 0x1bf, 0x181);

    /* Put a page of ours there: the L2 sees it at its own address. */
    *entry = 0x400000 | 0x80 | 6 << 3 | 7;
    *(volatile uint64_t *)0x401238 = 0xcafe;
    invept(1, (struct inv_descriptor){ eptp, 0 });
    expect_done();
    check_eq("the L2 read through our EPT", l2_value, 0xcafe);
    vmwrite(PROC_CONTROLS, proc);
    vmwrite(PROC2_CONTROLS, 0);
}

static void l2_triple(void)
{
    struct
    {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = { 0, 0 };

    asm volatile("lidt %0\n\tint3" : : "m"(none));
}

static void check_triple_fault(void)
{
    vmx_set_l2(l2_triple);
    check_eq("a triple fault exits", run(true), REASON_TRIPLE_FAULT);
}

void test_main(void)
{
    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }

    check_capabilities();
    if ( !vmx_on() )
        return;
    check_before_vmcs();
    check_pointers();
    check_fields();
    check_high_halves();

    vmx_vmcs(l2_cpuid);
    check_cpuid_exit();
    check_msr_exits();
    check_io_exits();
    check_hlt_exit();
    check_exceptions();
    check_injection();
    check_external_interrupt();
    check_tsc_offset();
    check_loads_without_saves();
    check_ept();
    check_triple_fault();

    check_eq("VMXOFF", vmxoff(), VMX_OK);
    check_eq("VMXOFF again", vmxoff(), FAULT_UD);
}
