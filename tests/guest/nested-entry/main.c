/* SPDX-License-Identifier: MIT */
/*
 * What a VM entry takes from elsewhere than the VMCS, where L1 has changed
 * nothing of that but RIP.
 *
 * Expect: L2's TSC follows L1's when L1 sets its own; PAE paging without EPT
 * reads the PDPTEs from memory at each entry. L2, too, cannot change the bits
 * of CR0 that VMX operation fixes; a bit that is L0's it can, whatever L1 shows
 * it for the bits that are L1's.
 */
#include "vmx.h"

#define ENTRY_LOADS (ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER)
#define PAT_RESET   0x0007040600070406ull
#define AR_CODE32   0xc09b

#define PAGE_P      1ull
#define PAGE_RW     2ull
#define PAGE_LARGE  (1ull << 7)
#define LARGE_SIZE  (2ul << 20)
#define GIB_SHIFT   30

static struct l2_regs regs;

void l2_tsc(void);
void l2_clear_ne(void);
void l2_set_cd(void);
void l2_read_high(void);
asm(".text\n"
    "l2_tsc:\n\t"
    "rdtsc\n\t"
    "vmcall\n"
    "l2_set_cd:\n\t"
    "mov %cr0, %rax\n\t"
    "bts $30, %rax\n\t"
    "mov %rax, %cr0\n\t"
    "mov %cr0, %rax\n\t"
    "vmcall\n"
    "l2_clear_ne:\n\t"
    "mov %cr0, %rax\n\t"
    "and $~0x20, %rax\n\t"
    "mov %rax, %cr0\n\t"
    "vmcall\n"
    ".code32\n"
    "l2_read_high:\n\t"
    "mov 0xc0000000, %eax\n\t"
    "vmcall\n"
    ".code64\n");

static void run(void (*fn)(void), bool resume, uint32_t reason)
{
    vmx_set_l2(fn);
    if ( !check_eq("the entry", vmx_enter(&regs, resume), 0) )
        test_exit();
    check_eq("exit reason", vmget(EXIT_REASON), reason);
}

/* Everything that an entry may take from L1's registers comes from the VMCS. */
static void load_all(uint32_t other_entry_controls)
{
    vmwrite(ENTRY_CONTROLS, vmx_control(vmx_controls_msr(MSR_VMX_ENTRY),
                                        other_entry_controls | ENTRY_LOADS));
    vmwrite(GUEST_PAT, PAT_RESET);
    vmwrite(GUEST_EFER, other_entry_controls ? rdmsr(MSR_EFER) : 0);
}

#define TSC_JUMP (1ull << 40)

static void check_tsc(void)
{
    uint64_t before, l2;

    vmx_vmcs(l2_tsc);
    load_all(ENTRY_GUEST64);
    run(l2_tsc, false, REASON_VMCALL);
    wrmsr(MSR_TSC, rdtsc() + TSC_JUMP);
    before = rdtsc();
    run(l2_tsc, true, REASON_VMCALL);
    l2 = regs.rdx << 32 | (uint32_t)regs.rax;
    check(l2 >= before && l2 <= rdtsc(), "L2's TSC is L1's new one");
    wrmsr(MSR_TSC, rdtsc() - TSC_JUMP);
    before = rdtsc();
    run(l2_tsc, true, REASON_VMCALL);
    l2 = regs.rdx << 32 | (uint32_t)regs.rax;
    check(l2 >= before && l2 <= rdtsc(), "and the one after that");
}

static void check_cr0(void)
{
    vmx_vmcs(l2_clear_ne);
    vmwrite(EXCEPTION_BITMAP, 1u << VEC_GP);
    run(l2_clear_ne, false, REASON_EXCEPTION);
    check_eq("CR0.NE cannot be cleared: #GP",
             vmget(EXIT_INTR_INFO) & 0x800000ff, 1u << 31 | VEC_GP);
}

/* L1 tells L2 that paging is off, which L2's own write is not to turn on. */
static void check_cr0_shadow(void)
{
    const uint64_t pg = (uint32_t)CR0_PG;

    vmx_vmcs(l2_set_cd);
    vmwrite(EXCEPTION_BITMAP, 1u << VEC_GP);
    vmwrite(CR0_MASK, pg);
    vmwrite(CR0_SHADOW, 0);
    run(l2_set_cd, false, REASON_VMCALL);
    check_eq("L2 has CR0.CD, and no paging that it knows of",
             regs.rax & (CR0_CD | pg), CR0_CD);
    check_eq("L1 finds CR0.CD, and paging", vmget(GUEST_CR0) & (CR0_CD | pg),
             CR0_CD | pg);
}

/* A page directory that maps 1 GiB from pa on. */
static uint64_t map_gib(uint64_t pa)
{
    uint64_t *dir = alloc_page();

    for ( unsigned int i = 0; i < PAGE_SIZE / sizeof(*dir); i++ )
        dir[i] = (pa + i * LARGE_SIZE) | PAGE_P | PAGE_RW | PAGE_LARGE;

    return (unsigned long)dir | PAGE_P;
}

static void check_pdptes(void)
{
    volatile uint64_t *pdpt = alloc_page();
    volatile uint32_t *a = (void *)(20ul << 20), *b = a + LARGE_SIZE / 4;

    *a = 0xaaaaaaaa;
    *b = 0xbbbbbbbb;
    pdpt[0] = map_gib(0);
    pdpt[0xc0000000ul >> GIB_SHIFT] = map_gib((unsigned long)a);
    vmx_vmcs(l2_read_high);
    load_all(0);
    vmwrite(GUEST_CS_AR, AR_CODE32);
    vmwrite(GUEST_CR3, (unsigned long)pdpt);
    run(l2_read_high, false, REASON_VMCALL);
    check_eq("what the first PDPTE maps", (uint32_t)regs.rax, *a);
    pdpt[0xc0000000ul >> GIB_SHIFT] = map_gib((unsigned long)b);
    run(l2_read_high, true, REASON_VMCALL);
    check_eq("what the second one does", (uint32_t)regs.rax, *b);
}

void test_main(void)
{
    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !vmx_control_can(MSR_VMX_ENTRY, ENTRY_LOADS) || !vmx_on() )
        return;
    check_tsc();
    check_cr0();
    check_cr0_shadow();
    check_pdptes();
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
