/* SPDX-License-Identifier: MIT */
/* A tiny L1: VMX operation, a VMCS for an L2 like ourselves, EPT tables. */
#include "vmx.h"

extern uint64_t gdt[];
extern char gdt_end[];
void vmx_exit_point(void);
extern uint64_t vmx_last_host_rsp;

#define VMX_BASIC_TRUE_CONTROLS (1ull << 55)

#define AR_CODE64               0xa09b
#define AR_DATA                 0xc093
#define AR_TSS                  0x008b
#define AR_UNUSABLE             0x10000
#define DR7_RESET               0x400
#define NO_LINK                 (~0ull)
#define TSS_LIMIT               103
#define IDT_LIMIT               4095

static void *on_region, *l2_stack;

bool vmx_here(void)
{
    return cpuid(1, 0).c & CPUID_1_ECX_VMX;
}

void *vmx_region(void)
{
    uint32_t *page = alloc_page();

    page[0] = (uint32_t)rdmsr(MSR_VMX_BASIC) & 0x7fffffff;
    return page;
}

void *vmx_on_region(void)
{
    return on_region;
}

bool vmx_on(void)
{
    const uint64_t want = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX;
    uint64_t feature = rdmsr(MSR_FEATURE_CONTROL);

    if ( !(feature & FEATURE_CONTROL_LOCK) )
        wrmsr(MSR_FEATURE_CONTROL, feature | want);
    if ( (rdmsr(MSR_FEATURE_CONTROL) & want) != want )
    {
        test_failure("feature control is %#lx: no VMXON allowed", feature);
        return false;
    }
    write_cr4(read_cr4() | CR4_VMXE);
    if ( !on_region )
        on_region = vmx_region();

    return check_eq("VMXON", vmxon((unsigned long)on_region), VMX_OK);
}

uint32_t vmx_control(uint32_t msr, uint32_t want)
{
    uint64_t allowed = rdmsr(msr);

    return (want | (uint32_t)allowed) & (uint32_t)(allowed >> 32);
}

/* The four control MSRs have twins that allow more, at a fixed distance. */
uint32_t vmx_controls_msr(uint32_t basic)
{
    return rdmsr(MSR_VMX_BASIC) & VMX_BASIC_TRUE_CONTROLS
               ? basic - MSR_VMX_PINBASED + MSR_VMX_TRUE_PINBASED
               : basic;
}

bool vmx_control_can(uint32_t basic_msr, uint32_t bits)
{
    return ((rdmsr(basic_msr) >> 32) & bits) == bits;
}

static void write_host_state(void)
{
    vmwrite(HOST_CR0, read_cr0());
    vmwrite(HOST_CR3, read_cr3());
    vmwrite(HOST_CR4, read_cr4());
    vmwrite(HOST_CS_SEL, SEL_CODE64);
    vmwrite(HOST_SS_SEL, SEL_DATA);
    vmwrite(HOST_DS_SEL, SEL_DATA);
    vmwrite(HOST_ES_SEL, SEL_DATA);
    vmwrite(HOST_TR_SEL, SEL_TSS);
    vmwrite(HOST_TR_BASE, (unsigned long)tss_base());
    vmwrite(HOST_GDTR_BASE, (unsigned long)gdt);
    vmwrite(HOST_IDTR_BASE, (unsigned long)idt_base());
    vmwrite(HOST_RIP, (unsigned long)vmx_exit_point);
}

static void write_guest_segments(void)
{
    /* In the order of the encodings: ES CS SS DS FS GS LDTR TR. */
    static const struct
    {
        uint16_t sel;
        uint32_t limit, ar;
    } segs[] = {
        { SEL_DATA, ~0u, AR_DATA }, { SEL_CODE64, ~0u, AR_CODE64 },
        { SEL_DATA, ~0u, AR_DATA }, { SEL_DATA, ~0u, AR_DATA },
        { 0, 0, AR_UNUSABLE },      { 0, 0, AR_UNUSABLE },
        { 0, 0, AR_UNUSABLE },      { SEL_TSS, TSS_LIMIT, AR_TSS },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(segs); i++ )
    {
        vmwrite(GUEST_ES_SEL + 2 * i, segs[i].sel);
        vmwrite(GUEST_ES_LIMIT + 2 * i, segs[i].limit);
        vmwrite(GUEST_ES_AR + 2 * i, segs[i].ar);
        vmwrite(GUEST_ES_BASE + 2 * i, 0);
    }
    vmwrite(GUEST_TR_BASE, (unsigned long)tss_base());
    vmwrite(GUEST_GDTR_BASE, (unsigned long)gdt);
    vmwrite(GUEST_GDTR_LIMIT, (unsigned long)(gdt_end - (char *)gdt) - 1);
    vmwrite(GUEST_IDTR_BASE, (unsigned long)idt_base());
    vmwrite(GUEST_IDTR_LIMIT, IDT_LIMIT);
}

void vmx_set_l2(void (*fn)(void))
{
    /* As after a call: fn must not return, but wants its stack aligned so. */
    vmwrite(GUEST_RSP, (unsigned long)l2_stack + STACK_SIZE - 8);
    vmwrite(GUEST_RIP, (unsigned long)fn);
    vmwrite(GUEST_RFLAGS, RFLAGS_MBS);
    vmwrite(GUEST_INTERRUPTIBILITY, 0);
    vmwrite(GUEST_ACTIVITY, 0);
}

static void write_controls(void)
{
    vmwrite(PIN_CONTROLS, vmx_control(vmx_controls_msr(MSR_VMX_PINBASED), 0));
    vmwrite(PROC_CONTROLS, vmx_control(vmx_controls_msr(MSR_VMX_PROCBASED), 0));
    vmwrite(EXIT_CONTROLS,
            vmx_control(vmx_controls_msr(MSR_VMX_EXIT), EXIT_HOST64));
    vmwrite(ENTRY_CONTROLS,
            vmx_control(vmx_controls_msr(MSR_VMX_ENTRY), ENTRY_GUEST64));
}

/* What stays zero: a cleared region's contents are not to be relied upon. */
static void write_zeros(void)
{
    static const uint16_t fields[] = {
        EXCEPTION_BITMAP,
        0x4006 /* page-fault mask */,
        0x4008 /* page-fault match */,
        CR3_TARGET_COUNT,
        EXIT_MSR_STORE_COUNT,
        EXIT_MSR_LOAD_COUNT,
        ENTRY_MSR_LOAD_COUNT,
        ENTRY_INTR_INFO,
        CR0_MASK,
        CR4_MASK,
        CR0_SHADOW,
        CR4_SHADOW,
        TSC_OFFSET,
        GUEST_DEBUGCTL,
        0x482a /* SYSENTER_CS */,
        0x6822 /* pending debug exceptions */,
        0x6824 /* SYSENTER_ESP */,
        GUEST_SYSENTER_EIP,
        0x4c00 /* host SYSENTER_CS */,
        HOST_FS_BASE,
        0x6c08 /* host GS base */,
        0x6c10 /* host SYSENTER_ESP */,
        0x6c12 /* host SYSENTER_EIP */,
        HOST_FS_SEL,
        HOST_GS_SEL,
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(fields); i++ )
        vmwrite(fields[i], 0);
}

void vmx_forget_host_rsp(void)
{
    vmx_last_host_rsp = 0;
}

void vmx_vmcs_fill(void (*fn)(void))
{
    vmx_forget_host_rsp();
    write_zeros();
    write_controls();
    write_host_state();
    write_guest_segments();
    vmwrite(GUEST_CR0, read_cr0());
    vmwrite(GUEST_CR3, read_cr3());
    vmwrite(GUEST_CR4, read_cr4());
    vmwrite(GUEST_DR7, DR7_RESET);
    vmwrite(VMCS_LINK, NO_LINK);
    vmx_set_l2(fn);
}

void *vmx_vmcs(void (*fn)(void))
{
    void *vmcs = vmx_region();

    if ( !l2_stack )
        l2_stack = alloc_pages(STACK_SIZE / PAGE_SIZE);

    if ( !check_eq("VMCLEAR", vmclear((unsigned long)vmcs), VMX_OK) ||
         !check_eq("VMPTRLD", vmptrld((unsigned long)vmcs), VMX_OK) )
        test_exit();

    vmx_vmcs_fill(fn);

    return vmcs;
}

void vmx_skip_insn(void)
{
    vmwrite(GUEST_RIP, vmget(GUEST_RIP) + vmget(EXIT_INSN_LEN));
}

#define EPT_LARGE (1ull << 7)
#define EPTP_WB4  (6ull | 3ull << 3) /* write-back tables, four levels */

uint64_t vmx_ept_identity(void)
{
    uint64_t *l4 = alloc_page(), *l3 = alloc_page();

    l4[0] = (unsigned long)l3 | EPT_RWX;
    for ( uint64_t g = 0; g < 4; g++ )
    {
        uint64_t *l2 = alloc_page();

        l3[g] = (unsigned long)l2 | EPT_RWX;
        for ( uint64_t m = 0; m < 512; m++ )
            l2[m] = (g << 30 | m << 21) | EPT_RWX | EPT_WB | EPT_LARGE;
    }

    return (unsigned long)l4 | EPTP_WB4;
}

uint64_t *vmx_ept_entry(uint64_t eptp, uint64_t gpa)
{
    uint64_t *l4 = (uint64_t *)(eptp & ~0xfffull);
    uint64_t *l3 = (uint64_t *)(l4[0] & ~0xfffull);
    uint64_t *l2 = (uint64_t *)(l3[gpa >> 30 & 3] & ~0xfffull);

    return &l2[gpa >> 21 & 511];
}
