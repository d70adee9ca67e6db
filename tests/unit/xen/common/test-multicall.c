/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/multicall.c */
/* TEST-SOURCES: xen/common/compat.c xen/common/compat-layout.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* multicall: lists of 64-bit and of 32-bit code, and calls to go on with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>

#define CALL 1 /* the one that there is */

struct percpu test_cpu;

static struct vcpu vcpu;
static unsigned long *nested_args, seen[5], continued[2];
static long result;

/* The list is the only memory that can be reached, at address 0x1000. */
#define LIST 0x1000
static uint8_t memory[192];

size_t copy_from_guest_va(void *to, uint64_t gva, size_t bytes)
{
    if ( gva < LIST || gva + bytes > LIST + sizeof(memory) )
        return bytes;
    memcpy(to, memory + gva - LIST, bytes);
    return 0;
}

size_t copy_to_guest_va(uint64_t gva, const void *from, size_t bytes)
{
    if ( gva < LIST || gva + bytes > LIST + sizeof(memory) )
        return bytes;
    memcpy(memory + gva - LIST, from, bytes);
    return 0;
}

void assert_failed(const char *what, const char *file, int line)
{
    fail_msg("%s (%s:%d)", what, file, line);
    abort();
}

bool hypercall_preempt_check(void)
{
    return false;
}

void hypercall_redirect(unsigned long *args)
{
    nested_args = args;
}

void hypercall_continue(unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long a4, unsigned long a5)
{
    if ( nested_args )
        nested_args[1] = a2;
    else
    {
        continued[0] = a1;
        continued[1] = a2;
    }
}

static long call(unsigned long a1, unsigned long a2, unsigned long a3,
                 unsigned long a4, unsigned long a5)
{
    const unsigned long args[] = { a1, a2, a3, a4, a5 };

    memcpy(seen, args, sizeof(seen));
    if ( result == -ERESTART )
        hypercall_continue(a1, a2 - 1, a3, a4, a5);
    return result;
}

hypercall_fn_t *const hypercall_table[NR_HYPERCALLS] = { [CALL] = call };

static int setup(void **state)
{
    (void)state;
    test_cpu.curr = &vcpu;
    memset(memory, 0, sizeof(memory));
    memset(seen, 0, sizeof(seen));
    result = -EBADF;
    return 0;
}

static void list_of_64bit_code(void **state)
{
    multicall_entry_t *e = (multicall_entry_t *)memory;

    (void)state;
    vcpu.hcall_compat = false;
    e[0].op = CALL;
    e[0].args[1] = 1ul << 40;
    e[1].op = __HYPERVISOR_multicall;
    assert_int_equal(do_multicall(LIST, 2, 0, 0, 0), 0);
    assert_true(seen[1] == 1ul << 40);
    assert_int_equal(e[0].result, -EBADF);
    assert_int_equal(e[1].result, -ENOSYS);
    assert_int_equal(do_multicall(LIST, 4, 0, 0, 0), -EFAULT);
}

static void list_of_32bit_code(void **state)
{
    uint32_t *e = (uint32_t *)memory;

    (void)state;
    vcpu.hcall_compat = true;
    e[0] = CALL;
    e[2] = 0xfffffff2;
    e[6] = 6;
    e[8] = __HYPERVISOR_multicall;
    e[17] = 0xabcd;
    assert_int_equal(do_multicall(LIST, 2, 0, 0, 0), 0);
    assert_true(seen[0] == 0xfffffff2);
    assert_int_equal(seen[4], 6);
    assert_int_equal((int32_t)e[1], -EBADF);
    assert_int_equal((int32_t)e[9], -ENOSYS);
    assert_int_equal(e[17], 0xabcd);
    assert_int_equal(do_multicall(LIST, 7, 0, 0, 0), -EFAULT);
}

static void a_call_of_32bit_code_to_go_on_with(void **state)
{
    uint32_t *e = (uint32_t *)memory;

    (void)state;
    vcpu.hcall_compat = true;
    e[8] = CALL;
    e[11] = 5;
    e[16] = 0xabcd;
    result = -ERESTART;
    assert_int_equal(do_multicall(LIST, 3, 0, 0, 0), -ERESTART);
    assert_int_equal(e[11], 4);
    assert_int_equal(e[16], 0xabcd);
    assert_int_equal(continued[0], LIST + 32);
    assert_int_equal(continued[1], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(list_of_64bit_code, setup),
        cmocka_unit_test_setup(list_of_32bit_code, setup),
        cmocka_unit_test_setup(a_call_of_32bit_code_to_go_on_with, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
