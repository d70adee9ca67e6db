/* SPDX-License-Identifier: MIT */
/*
 * The checks that VMX makes on behalf of itself, as an L1 meets them.
 *
 * Expect: each wrong operand, control, host-state or guest-state field is
 * refused with the number the SDM gives it, and everything works afterwards.
 * Real Xen 4.17 makes few of these checks, so there this case fails; it is
 * held against the CPU itself (the kernel also boots by multiboot).
 */
#include "vmx.h"

#define CR0_NW_CD    (3ul << 29)
#define RFLAGS_BIT15 (1ul << 15)

static struct l2_regs regs;
static void *vmcs;

static void l2_done(void)
{
    for ( ;; )
        asm volatile("vmcall");
}

/* A fresh VMCS, as if nothing had happened. */
static void start_over(void)
{
    if ( vmcs )
        vmclear((unsigned long)vmcs);
    vmcs = vmx_vmcs(l2_done);
}

static void expect_error(const char *what, uint32_t got, uint32_t error)
{
    if ( got != VMX_FAIL_VALID )
        test_failure("%s: got %#x, want VMfailValid", what, got);
    else if ( vmget(VM_INSN_ERROR) != error )
        test_failure("%s: error %lu, want %u", what, vmget(VM_INSN_ERROR),
                     error);
}

static void check_vmxon_rules(void)
{
    uint32_t *region = vmx_region();
    unsigned long pa = (unsigned long)region, cr0 = read_cr0();

    write_cr4(read_cr4() | CR4_VMXE);
    check_eq("misaligned", vmxon(pa + 1), VMX_FAIL_INVALID);
    check_eq("beyond the physical address width", vmxon(pa | 1ul << 62),
             VMX_FAIL_INVALID);
    region[0] ^= 1;
    check_eq("wrong revision", vmxon(pa), VMX_FAIL_INVALID);
    region[0] ^= 1 | 1u << 31;
    check_eq("shadow bit in the revision", vmxon(pa), VMX_FAIL_INVALID);
    write_cr0(cr0 & ~(unsigned long)CR0_NE);
    check_eq("CR0.NE clear", vmxon(pa), FAULT_GP);
    write_cr0(cr0);
    check_eq("an operand on no page",
             VMX_INSN("vmxon (%[p])", [p] "r"(UNMAPPED_VA)), FAULT(VEC_PF, 0));
}

static void check_root_operation(void)
{
    check_eq("VMXON again, no current VMCS",
             vmxon((unsigned long)vmx_on_region()), VMX_FAIL_INVALID);
    check_eq("CR4.VMXE cannot be cleared",
             write_cr4_safe(read_cr4() & ~(unsigned long)CR4_VMXE), FAULT_GP);
    check_eq("CR0.NE cannot be cleared",
             FAULT_OF("mov %[v], %%cr0", [v] "r"(read_cr0() &
                                                 ~(unsigned long)CR0_NE)),
             FAULT_GP);
}

static void check_operands(void)
{
    unsigned long on = (unsigned long)vmx_on_region();
    uint32_t *bad = vmx_region();
    uint64_t val;

    start_over();
    expect_error("VMXON in root operation", vmxon(on), VMERR_VMXON_IN_ROOT);
    expect_error("VMCLEAR misaligned", vmclear(on + 8), VMERR_CLEAR_ADDRESS);
    expect_error("VMCLEAR beyond the width", vmclear(on | 1ul << 62),
                 VMERR_CLEAR_ADDRESS);
    expect_error("VMCLEAR of the VMXON region", vmclear(on), VMERR_CLEAR_VMXON);
    expect_error("VMPTRLD misaligned", vmptrld(on + 8), VMERR_PTRLD_ADDRESS);
    expect_error("VMPTRLD of the VMXON region", vmptrld(on), VMERR_PTRLD_VMXON);
    bad[0] ^= 1;
    expect_error("VMPTRLD with a wrong revision", vmptrld((unsigned long)bad),
                 VMERR_PTRLD_REVISION);
    expect_error("VMREAD of no field", vmread(0x7ffe, &val), VMERR_FIELD);
    expect_error("VMREAD with reserved bits", vmread(1ul << 32, &val),
                 VMERR_FIELD);
    expect_error("VMWRITE of no field", vmwrite(0x7ffe, 0), VMERR_FIELD);
    if ( !(rdmsr(MSR_VMX_MISC) & 1u << 29) )
        expect_error("VMWRITE of a read-only field", vmwrite(EXIT_REASON, 0),
                     VMERR_READ_ONLY);
    expect_error("INVEPT of no type", invept(7, (struct inv_descriptor){ 0 }),
                 VMERR_INVALIDATE_OPERAND);
    check_eq("VMREAD to no page",
             VMX_INSN("vmread %[f], (%[p])", [f] "r"((unsigned long)GUEST_RIP),
                      [p] "r"(UNMAPPED_VA)),
             FAULT(VEC_PF, 2));
}

static unsigned long user_vmread(void)
{
    uint64_t val;

    return vmread(GUEST_RIP, &val);
}

static unsigned long user_vmxoff(void)
{
    return vmxoff();
}

static void check_user_mode(void)
{
    uint8_t *stack = alloc_page();

    check_eq("VMREAD from user mode", call_user(user_vmread, stack + PAGE_SIZE),
             FAULT_GP);
    check_eq("VMXOFF from user mode", call_user(user_vmxoff, stack + PAGE_SIZE),
             FAULT_GP);
}

static void check_launch_state(void)
{
    start_over();
    expect_error("VMRESUME of a clear VMCS", vmx_enter(&regs, true),
                 VMERR_RESUME_NOT_LAUNCHED);
    check_eq("VMLAUNCH", vmx_enter(&regs, false), 0);
    vmx_skip_insn();
    expect_error("VMLAUNCH of a launched VMCS", vmx_enter(&regs, false),
                 VMERR_LAUNCH_NOT_CLEAR);
    check_eq("VMRESUME", vmx_enter(&regs, true), 0);
}

/* One wrong field at a time; the good value is put back afterwards. */
struct wrong
{
    const char *what;
    uint32_t field;
    uint64_t set, clear; /* bits changed */
};

#define SET(w, f, bits) \
    {                   \
        w, f, bits, 0   \
    }
#define CLEAR(w, f, bits) \
    {                     \
        w, f, 0, bits     \
    }
#define VALUE(w, f, v) \
    {                  \
        w, f, v, ~0ull \
    }

static const struct wrong wrong_controls[] = {
    CLEAR("pin: must-be-one bits", PIN_CONTROLS, 0xffffffff),
    SET("pin: unknown bits", PIN_CONTROLS, 0x80000000),
    CLEAR("proc: must-be-one bits", PROC_CONTROLS, 0xffffffff),
    CLEAR("exit: must-be-one bits", EXIT_CONTROLS, 0xffffffff),
    CLEAR("entry: must-be-one bits", ENTRY_CONTROLS, 0xffffffff),
    VALUE("more CR3 targets than there are", CR3_TARGET_COUNT, 5),
    VALUE("injection of a reserved type", ENTRY_INTR_INFO, 0x80000100),
    VALUE("injection of an exception above 31", ENTRY_INTR_INFO, 0x80000320),
    VALUE("injection of an NMI that is not vector 2", ENTRY_INTR_INFO,
          0x80000203),
    VALUE("an error code where none belongs", ENTRY_INTR_INFO, 0x80000b06),
};

static const struct wrong wrong_host[] = {
    CLEAR("host CR0 without PG", HOST_CR0, CR0_PG & 0xffffffff),
    CLEAR("host CR0 without NE", HOST_CR0, CR0_NE),
    CLEAR("host CR4 without VMXE", HOST_CR4, CR4_VMXE),
    CLEAR("host CR4 without PAE", HOST_CR4, CR4_PAE),
    SET("host CR3 beyond the width", HOST_CR3, 1ull << 62),
    VALUE("host CS null", HOST_CS_SEL, 0),
    VALUE("host TR null", HOST_TR_SEL, 0),
    SET("host CS with RPL", HOST_CS_SEL, 3),
    SET("host DS with TI", HOST_DS_SEL, 4),
    SET("host TR base not canonical", HOST_TR_BASE, 1ull << 62),
    SET("host GDTR base not canonical", HOST_GDTR_BASE, 1ull << 62),
    SET("host IDTR base not canonical", HOST_IDTR_BASE, 1ull << 62),
    SET("host RIP not canonical", HOST_RIP, 1ull << 62),
};

static const struct wrong wrong_guest[] = {
    CLEAR("guest CR0 without PE", GUEST_CR0, CR0_PE),
    CLEAR("guest CR4 without PAE", GUEST_CR4, CR4_PAE),
    CLEAR("guest CR4 without VMXE", GUEST_CR4, CR4_VMXE),
    SET("guest CR3 beyond the width", GUEST_CR3, 1ull << 62),
    CLEAR("guest RFLAGS without bit 1", GUEST_RFLAGS, RFLAGS_MBS),
    SET("guest RFLAGS with bit 15", GUEST_RFLAGS, RFLAGS_BIT15),
    CLEAR("guest CS not present", GUEST_CS_AR, 0x80),
    VALUE("guest CS a data segment", GUEST_CS_AR, 0xa093),
    SET("guest CS both 64- and 32-bit", GUEST_CS_AR, 0x4000),
    CLEAR("guest TR not busy", GUEST_TR_AR, 2),
    SET("guest TR unusable", GUEST_TR_AR, 0x10000),
    SET("guest TR in the LDT", GUEST_TR_SEL, 4),
    SET("guest TR base not canonical", GUEST_TR_BASE, 1ull << 62),
    SET("guest GDTR limit too large", GUEST_GDTR_LIMIT, 0x10000),
    SET("guest IDTR base not canonical", GUEST_IDTR_BASE, 1ull << 62),
    VALUE("guest activity of no kind", GUEST_ACTIVITY, 9),
    SET("guest interruptibility reserved bits", GUEST_INTERRUPTIBILITY, 0x100),
    SET("blocked by STI and by MOV SS at once", GUEST_INTERRUPTIBILITY, 3),
    SET("blocked by STI with IF clear", GUEST_INTERRUPTIBILITY, 1),
    VALUE("a link pointer that is misaligned", VMCS_LINK, 0x401001),
};

/* Bochs 3.0 enters with it, so it is not asked where Bochs is the CPU. */
static const struct wrong wrong_guest_rip[] = {
    SET("guest RIP bits above the width differ", GUEST_RIP, 1ull << 62),
};

/* Enter with one field wrong; the caller looks at what came of it. */
static uint32_t enter_wrong(const struct wrong *w)
{
    uint64_t good = vmget(w->field);
    uint32_t res;

    vmwrite(w->field, (good & ~w->clear) | w->set);
    res = vmx_enter(&regs, false);
    vmwrite(w->field, good);

    return res;
}

static void check_failing(const struct wrong *w, unsigned int n, uint32_t error)
{
    for ( ; n; n--, w++ )
        expect_error(w->what, enter_wrong(w), error);
}

/* Guest state fails as an exit of its own kind, not as an instruction. */
static void check_bad_guest(const struct wrong *w, unsigned int n)
{
    for ( ; n; n--, w++ )
    {
        uint32_t res = enter_wrong(w);
        uint32_t reason = (uint32_t)vmget(EXIT_REASON);

        if ( res )
            test_failure("%s: the instruction failed with %u, error %lu",
                         w->what, res, vmget(VM_INSN_ERROR));
        else if ( reason != REASON_BAD_GUEST )
        {
            test_failure("%s: exit reason %#x, want %#x", w->what, reason,
                         REASON_BAD_GUEST);
            start_over(); /* it was launched */
        }
    }
}

struct msr_entry
{
    uint32_t index, reserved;
    uint64_t value;
};

#define STAR_L2  0x0023001000000000ull
#define STAR_L2B 0x0033002000000000ull
#define LSTAR_L2 0xffffffff81234560ull
#define STAR_L1  0x0043003000000000ull

static volatile uint64_t l2_star, l2_lstar;

static void l2_msrs(void)
{
    l2_star = rdmsr(MSR_STAR);
    l2_lstar = rdmsr(MSR_STAR + 1);
    wrmsr(MSR_STAR, STAR_L2B);
    l2_done();
}

/* MSRs that an entry loads, and an exit stores and loads, by lists. */
static void check_msr_lists(void)
{
    struct msr_entry *list = alloc_page();
    struct msr_entry *enter = list, *store = list + 8, *leave = list + 16;
    uint64_t star = rdmsr(MSR_STAR), lstar = rdmsr(MSR_STAR + 1);

    start_over();
    vmx_set_l2(l2_msrs);
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_MSR_BITMAP);
    vmwrite(MSR_BITMAP, (unsigned long)alloc_page());
    enter[0] = (struct msr_entry){ MSR_STAR, 0, STAR_L2 };
    enter[1] = (struct msr_entry){ MSR_STAR + 1, 0, LSTAR_L2 };
    store[0] = (struct msr_entry){ MSR_STAR, 0, 0 };
    leave[0] = (struct msr_entry){ MSR_STAR, 0, STAR_L1 };
    vmwrite(ENTRY_MSR_LOAD, (unsigned long)enter);
    vmwrite(ENTRY_MSR_LOAD_COUNT, 2);
    vmwrite(EXIT_MSR_STORE, (unsigned long)store);
    vmwrite(EXIT_MSR_STORE_COUNT, 1);
    vmwrite(EXIT_MSR_LOAD, (unsigned long)leave);
    vmwrite(EXIT_MSR_LOAD_COUNT, 1);
    check_eq("entry with MSR lists", vmx_enter(&regs, false), 0);
    check_eq("reaches the VMCALL", vmget(EXIT_REASON), REASON_VMCALL);
    check_eq("the L2's STAR", l2_star, STAR_L2);
    check_eq("the L2's LSTAR", l2_lstar, LSTAR_L2);
    check_eq("stored at the exit", store[0].value, STAR_L2B);
    check_eq("loaded at the exit", rdmsr(MSR_STAR), STAR_L1);
    check_eq("left alone by the exit", rdmsr(MSR_STAR + 1), LSTAR_L2);
    wrmsr(MSR_STAR, star);
    wrmsr(MSR_STAR + 1, lstar);

    /* The second entry is wrong: the exit says so by its number. */
    start_over();
    enter[1] = (struct msr_entry){ MSR_STAR + 1, 0, 1ull << 62 };
    vmwrite(ENTRY_MSR_LOAD, (unsigned long)enter);
    vmwrite(ENTRY_MSR_LOAD_COUNT, 2);
    check_eq("entry with a bad MSR", vmx_enter(&regs, false), 0);
    check_eq("its reason", vmget(EXIT_REASON), REASON_BAD_MSR);
    check_eq("which one", vmget(EXIT_QUALIFICATION), 2);
    wrmsr(MSR_STAR, star);
    start_over();
}

static void check_still_works(void)
{
    check_eq("a good entry after all that", vmx_enter(&regs, false), 0);
    check_eq("reaches the L2", vmget(EXIT_REASON), REASON_VMCALL);
}

void test_main(void)
{
    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }

    check_vmxon_rules();
    if ( !vmx_on() )
        return;
    check_root_operation();
    check_operands();
    check_user_mode();
    check_launch_state();

    start_over();
    check_failing(wrong_controls, ARRAY_SIZE(wrong_controls), VMERR_CONTROLS);
    check_failing(wrong_host, ARRAY_SIZE(wrong_host), VMERR_HOST_STATE);
    check_bad_guest(wrong_guest, ARRAY_SIZE(wrong_guest));
    if ( !booted_bare )
        check_bad_guest(wrong_guest_rip, ARRAY_SIZE(wrong_guest_rip));
    check_msr_lists();
    check_still_works();
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
