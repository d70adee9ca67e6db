/* SPDX-License-Identifier: MIT */
/* CPU states that are refused before anything of them is loaded. */
/* TEST-SOURCES: xen/arch/x86/hvm/cpu-context.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/errno.h>
#include <public/arch-x86/hvm/save.h>
#include <asm/hvm.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#define CR4_VALID (X86_CR4_PAE | X86_CR4_PGE)

/* A kernel in 64-bit mode. */
static const struct hvm_hw_cpu good = {
    .cr0 = X86_CR0_PE | X86_CR0_PG | X86_CR0_ET,
    .cr4 = CR4_VALID,
    .msr_efer = EFER_LME | EFER_LMA | EFER_SCE,
    .msr_lstar = 0xffffffff81000000,
    .msr_cstar = 0xffffffff81000100,
    .shadow_gs = 0x00007f0000000000,
    .msr_syscall_mask = 0x47700,
    .msr_tsc_aux = 3,
    .dr6 = 0xffff0ff0,
    .dr7 = 0x400,
};

static void states_that_are_good(void **state)
{
    struct hvm_hw_cpu c = { 0 };

    (void)state;
    assert_int_equal(hvm_check_cpu_ctxt(&good, CR4_VALID), 0);
    assert_int_equal(hvm_check_cpu_ctxt(&c, 0), 0);
}

static void states_that_are_not(void **state)
{
#define BAD(field, value)                                             \
    {                                                                 \
        struct hvm_hw_cpu c = good;                                   \
                                                                      \
        c.field = value;                                              \
        assert_int_equal(hvm_check_cpu_ctxt(&c, CR4_VALID), -EINVAL); \
    }
    (void)state;
    BAD(cr0, good.cr0 | 1ull << 32)
    BAD(cr0, X86_CR0_PG)
    BAD(cr4, good.cr4 | X86_CR4_PKE)
    BAD(cr4, good.cr4 | 1ull << 40)
    BAD(cr4, 0) /* long mode without PAE */
    BAD(msr_efer, good.msr_efer | 1ull << 12)
    BAD(pending_event, 0x80000000 | 1 << 8)
    /* These the hypervisor loads itself, where a fault would be its own. */
    BAD(msr_lstar, 1ull << 47)
    BAD(msr_cstar, 0x8000000000000000)
    BAD(shadow_gs, 0xffff000000000000)
    BAD(msr_syscall_mask, 1ull << 32)
    BAD(msr_tsc_aux, 1ull << 63)
    BAD(dr6, 0xffffffffffff0ff0)
    BAD(dr7, 1ull << 32)
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_that_are_good),
        cmocka_unit_test(states_that_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
