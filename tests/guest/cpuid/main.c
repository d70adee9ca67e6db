/* SPDX-License-Identifier: MIT */
/*
 * The CPUID leaves of the hypervisor, and the VMX bit.
 *
 * Expect: the signature and the version of the Xen ABI; the hypercall MSR; the
 * vCPU and domain ids; the VMX bit exactly when CR4.VMXE can be set.
 */
#include <public/arch-x86/cpuid.h>

#include "lib.h"

static void check_signature(void)
{
    struct cpuid r = cpuid(XEN_CPUID_LEAF(0), 0);

    check(cpuid(1, 0).c & CPUID_1_ECX_HYPERVISOR, "hypervisor bit");
    check_eq("leaf 0 ebx", r.b, XEN_CPUID_SIGNATURE_EBX);
    check_eq("leaf 0 ecx", r.c, XEN_CPUID_SIGNATURE_ECX);
    check_eq("leaf 0 edx", r.d, XEN_CPUID_SIGNATURE_EDX);
    check(r.a >= XEN_CPUID_LEAF(4) && r.a <= XEN_CPUID_LEAF(0xff),
          "highest leaf covers the HVM leaf");
}

static void check_leaves(void)
{
    struct cpuid r = cpuid(XEN_CPUID_LEAF(1), 0);

    check_eq("leaf 1 is what xen_version says", r.a,
             xen_version(XENVER_version, NULL));

    r = cpuid(XEN_CPUID_LEAF(2), 0);
    check_eq("hypercall pages", r.a, 1);
    check_eq("hypercall MSR", r.b, 0x40000000);

    r = cpuid(XEN_CPUID_LEAF(4), 0);
    check(r.a & XEN_HVM_CPUID_VCPU_ID_PRESENT, "vCPU id is given");
    check_eq("vCPU id", r.b, 0);
    check(r.a & XEN_HVM_CPUID_DOMID_PRESENT, "domain id is given");
    check(r.c > 0 && r.c < DOMID_FIRST_RESERVED, "domain id of a DomU");
    test_success("domain %u, HVM flags %#x", r.c, r.a);

    /* Beyond the last leaf of the range there is nothing. */
    r = cpuid(XEN_CPUID_LEAF(0x80), 0);
    check_eq("leaf 0x40000080", r.a | r.b | r.c | r.d, 0);
}

/* Leaf 3 must say the frequency that the time info page implies. */
static void check_tsc_leaf(void)
{
    const struct vcpu_time_info *t = &shared_info.vcpu_info[0].time;
    struct cpuid r = cpuid(XEN_CPUID_LEAF(3), 0);
    uint64_t khz = (1000000ull << 32) / t->tsc_to_system_mul;

    if ( t->tsc_shift < 0 )
        khz <<= -t->tsc_shift;
    else
        khz >>= t->tsc_shift;
    printf("TSC: leaf says %u kHz, time info %lu kHz\n", r.c, khz);
    check(r.c + r.c / 1000 + 1 >= khz && r.c <= khz + khz / 1000 + 1,
          "leaf 3 and time info agree on the TSC's frequency");

    r = cpuid(XEN_CPUID_LEAF(3), 1);
    check_eq("leaf 3.1 multiplier", r.c, t->tsc_to_system_mul);
    check_eq("leaf 3.1 shift", (int8_t)r.d, t->tsc_shift);
}

static void check_vmx_bit(void)
{
    bool vmx = cpuid(1, 0).c & CPUID_1_ECX_VMX;
    uint32_t fault = write_cr4_safe(read_cr4() | CR4_VMXE);
    uint64_t val;

    test_success("VMX is %s", vmx ? "offered" : "not offered");
    check_eq("setting CR4.VMXE", fault, vmx ? 0 : FAULT_GP);
    if ( !fault )
        write_cr4(read_cr4() & ~(unsigned long)CR4_VMXE);
    check_eq("reading IA32_VMX_BASIC", rdmsr_safe(MSR_VMX_BASIC, &val),
             vmx ? 0 : FAULT_GP);
}

static void check_basic_leaves(void)
{
    struct cpuid max = cpuid(0, 0), beyond, top;

    check(max.a >= 0xd, "basic leaves up to XSAVE's");
    check(cpuid(0x80000000, 0).a >= 0x80000008, "extended leaves");
    top = cpuid(0x80000008, 0);
    check((top.a & 0xff) >= 36 && (top.a & 0xff) <= 52, "MAXPHYADDR");
    check_eq("initial APIC id", cpuid(1, 0).b >> 24, 0);
    beyond = cpuid(0x20000000, 0);
    printf("beyond the last basic leaf: %#x %#x %#x %#x\n", beyond.a, beyond.b,
           beyond.c, beyond.d);
}

#define MSR_PLATFORM_INFO    0xce
#define MSR_MISC_FEATURES    0x140
#define PLATFORM_INFO_FAULTS (1ull << 31)
#define MISC_FEATURES_FAULTS 1
#define MISC_FEATURES_MWAIT  2

/* In either mode: 0, or the fault. */
static unsigned long try_cpuid(void)
{
    unsigned long fault = 0;

    asm volatile("1: cpuid\n\t"
                 "xor %%eax, %%eax\n"
                 "2:" EX_TABLE
                 : "+a"(fault)
                 :
                 : "rbx", "rcx", "rdx", "cc");
    return fault;
}

/* CPUID in user mode can be made to fault, whatever the processor has. */
static void check_faulting(void)
{
    uint8_t *stack = alloc_page();
    uint64_t val;

    check_eq("reading PLATFORM_INFO", rdmsr_safe(MSR_PLATFORM_INFO, &val), 0);
    check(val & PLATFORM_INFO_FAULTS, "CPUID faulting is offered");
    check_eq("without", call_user(try_cpuid, stack + PAGE_SIZE), 0);
    check_eq("turn it on", wrmsr_safe(MSR_MISC_FEATURES, MISC_FEATURES_FAULTS),
             0);
    check_eq("in user mode", call_user(try_cpuid, stack + PAGE_SIZE), FAULT_GP);
    check_eq("not in the kernel", try_cpuid(), 0);
    check_eq("nor for MWAIT",
             wrmsr_safe(MSR_MISC_FEATURES, MISC_FEATURES_MWAIT), FAULT_GP);
    check_eq("turn it off", wrmsr_safe(MSR_MISC_FEATURES, 0), 0);
    check_eq("without again", call_user(try_cpuid, stack + PAGE_SIZE), 0);
}

void test_main(void)
{
    check_signature();
    check_leaves();
    check_tsc_leaf();
    check_vmx_bit();
    check_basic_leaves();
    check_faulting();
}
