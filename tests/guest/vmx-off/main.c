/* SPDX-License-Identifier: MIT */
/*
 * VMX instructions where there is no VMX, or where it is not switched on.
 *
 * Expect: without nestedhvm, CR4.VMXE cannot be set and the MSRs are not
 * there; with it and CR4.VMXE clear, or outside VMX operation, nothing works
 * either: each instruction is #UD. VMCALL stays a hypercall throughout. A fault
 * that the hypervisor brings about has EFLAGS.RF in its frame, as each has.
 */
#include "lib.h"

static uint64_t operand[2] __attribute__((aligned(16)));

static void check_instructions(const char *when)
{
    const struct
    {
        const char *name;
        uint32_t fault;
    } all[] = {
        { "vmclear", FAULT_OF("vmclear %[m]", [m] "m"(operand)) },
        { "vmptrld", FAULT_OF("vmptrld %[m]", [m] "m"(operand)) },
        { "vmptrst", FAULT_OF("vmptrst %[m]", [m] "m"(operand)) },
        { "vmread",
          FAULT_OF("vmread %[f], %[m]", [f] "r"(0x681eul), [m] "m"(operand)) },
        { "vmwrite",
          FAULT_OF("vmwrite %[m], %[f]", [f] "r"(0x681eul), [m] "m"(operand)) },
        { "vmlaunch", FAULT_OF("vmlaunch") },
        { "vmresume", FAULT_OF("vmresume") },
        { "vmxoff", FAULT_OF("vmxoff") },
        { "invept",
          FAULT_OF("invept %[m], %[t]", [t] "r"(2ul), [m] "m"(operand)) },
        { "invvpid",
          FAULT_OF("invvpid %[m], %[t]", [t] "r"(2ul), [m] "m"(operand)) },
        { "vmfunc", FAULT_OF("vmfunc", "c"(0ul)) },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(all); i++ )
        if ( all[i].fault != FAULT_UD )
            test_failure("%s %s: got %#x, want #UD", all[i].name, when,
                         all[i].fault);
}

static void check_absent(void)
{
    uint64_t val;

    check_eq("setting CR4.VMXE", write_cr4_safe(read_cr4() | CR4_VMXE),
             FAULT_GP);
    for ( uint32_t msr = MSR_VMX_BASIC; msr <= MSR_VMX_TRUE_ENTRY + 1; msr++ )
    {
        uint32_t fault = rdmsr_safe(msr, &val);

        if ( fault != FAULT_GP )
            test_failure("reading MSR %#x: got %#x, want #GP", msr, fault);
        check_eq("writing it", wrmsr_safe(msr, 0), FAULT_GP);
    }
    if ( !rdmsr_safe(MSR_FEATURE_CONTROL, &val) )
        check(!(val & FEATURE_CONTROL_VMX), "feature control offers no VMX");
}

static unsigned long fault_rflags;

static void note_rflags(struct regs *r)
{
    fault_rflags = r->rflags;
    r->rip += 2; /* WRMSR */
}

/* SDM "Instruction-Breakpoint Exception Condition": IRET goes on behind one. */
static void check_resume_flag(void)
{
    irq_set_handler(VEC_GP, note_rflags);
    asm volatile("wrmsr" : : "c"(MSR_VMX_BASIC), "a"(0), "d"(0) : "memory");
    irq_set_handler(VEC_GP, NULL);
    check(fault_rflags & RFLAGS_RF, "a fault sets RF in its frame");
}

void test_main(void)
{
    bool vmx = cpuid(1, 0).c & CPUID_1_ECX_VMX;

    check_instructions("with CR4.VMXE clear");
    check_eq("vmxon with CR4.VMXE clear",
             FAULT_OF("vmxon %[m]", [m] "m"(operand)), FAULT_UD);
    check(xen_version(XENVER_version, NULL) > 0, "vmcall is a hypercall");
    check_resume_flag();

    if ( !vmx )
    {
        check_absent();
        return;
    }

    check_eq("setting CR4.VMXE", write_cr4_safe(read_cr4() | CR4_VMXE), 0);
    check_instructions("outside VMX operation");
    check(xen_version(XENVER_version, NULL) > 0,
          "vmcall outside VMX operation is a hypercall");
}
