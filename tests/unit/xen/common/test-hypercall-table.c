/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/hypercall-table.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* Where an interrupted hypercall leaves the arguments to go on with. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/hypercalls.h>

struct percpu test_cpu;

static struct domain dom;
static struct vcpu vcpu = { .domain = &dom };
static bool is_64bit;
static long result;
static unsigned long seen[5];

bool hvm_code_is_64bit(void)
{
    return is_64bit;
}

/* The one call that this test has. */
long do_console_io(unsigned long a1, unsigned long a2, unsigned long a3,
                   unsigned long a4, unsigned long a5)
{
    seen[0] = a1;
    seen[1] = a2;
    seen[2] = a3;
    seen[3] = a4;
    seen[4] = a5;
    if ( result == -ERESTART )
        hypercall_continue(a1, a2 - 1, a3 + 1, a4, a5);
    return result;
}

/* The others. */
#define STUB(name)                                                  \
    long name(unsigned long a1, unsigned long a2, unsigned long a3, \
              unsigned long a4, unsigned long a5)                   \
    {                                                               \
        return -EBADF;                                              \
    }
STUB(do_platform_op)
STUB(do_memory_op)
STUB(do_multicall)
STUB(do_xen_version)
STUB(do_grant_table_op)
STUB(do_vm_assist)
STUB(do_vcpu_op)
STUB(do_sched_op)
STUB(do_event_channel_op)
STUB(do_physdev_op)
STUB(do_hvm_op)
STUB(do_sysctl)
STUB(do_domctl)
STUB(do_hypfs_op)

bool get_domain(struct domain *d)
{
    return true;
}

void put_domain(struct domain *d)
{
}

struct domain *get_domain_by_id(domid_t domid)
{
    return NULL;
}

static int setup(void **state)
{
    (void)state;
    test_cpu.curr = &vcpu;
    vcpu.arch.gprs = (struct guest_gprs){ .rax = __HYPERVISOR_console_io,
                                          .rdi = 11,
                                          .rsi = 12,
                                          .rdx = 13,
                                          .r10 = 14,
                                          .r8 = 15,
                                          .rbx = 21,
                                          .rcx = 22 };
    return 0;
}

static void in_64bit_code(void **state)
{
    const struct guest_gprs *g = &vcpu.arch.gprs;

    (void)state;
    is_64bit = true;
    result = -ERESTART;
    assert_false(hypercall_dispatch());
    assert_int_equal(g->rax, __HYPERVISOR_console_io);
    assert_int_equal(g->rsi, 11);
    assert_int_equal(g->rdx, 14);
    result = -EFAULT;
    assert_true(hypercall_dispatch());
    assert_int_equal(seen[1], 11);
    assert_int_equal(seen[2], 14);
    assert_int_equal(g->rax, -EFAULT);
    assert_int_equal(g->rbx, 21);
}

static void in_32bit_code(void **state)
{
    const struct guest_gprs *g = &vcpu.arch.gprs;

    (void)state;
    is_64bit = false;
    result = -ERESTART;
    assert_false(hypercall_dispatch());
    assert_int_equal(seen[0], 21);
    assert_int_equal(g->rcx, 21);
    assert_int_equal(g->rdx, 14);
    result = 0;
    assert_true(hypercall_dispatch());
    assert_int_equal(seen[1], 21);
    assert_int_equal(seen[2], 14);
    assert_int_equal(g->rax, 0);
}

/* Numbers are the low halves of registers, and so is the result. */
static void halves_of_registers(void **state)
{
    struct guest_gprs *g = &vcpu.arch.gprs;

    (void)state;
    is_64bit = false;
    result = -EFAULT;
    g->rax |= 0xffffffffull << 32;
    g->rbx = 0x1234567800000015;
    g->rcx = 0xffffffff00000016;
    assert_true(hypercall_dispatch());
    assert_true(vcpu.hcall_compat);
    assert_int_equal(seen[0], 0x15);
    assert_int_equal(seen[1], 0x16);
    assert_true(g->rax == (uint32_t)-EFAULT);
    g->rax = NR_HYPERCALLS;
    assert_true(hypercall_dispatch());
    assert_true(g->rax == (uint32_t)-ENOSYS);
    is_64bit = true;
    g->rax = __HYPERVISOR_console_io;
    assert_true(hypercall_dispatch());
    assert_false(vcpu.hcall_compat);
}

static void inside_of_another_call(void **state)
{
    unsigned long args[5] = { 1, 2, 3, 4, 5 };
    const struct guest_gprs *g = &vcpu.arch.gprs;

    (void)state;
    vcpu.hcall_compat = true;
    hypercall_redirect(args);
    hypercall_continue(9, 8, 7, 6, 5);
    hypercall_redirect(NULL);
    assert_int_equal(args[0], 9);
    assert_int_equal(args[3], 6);
    assert_int_equal(g->rbx, 21);
    assert_int_equal(g->rdi, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(in_64bit_code, setup),
        cmocka_unit_test_setup(in_32bit_code, setup),
        cmocka_unit_test_setup(halves_of_registers, setup),
        cmocka_unit_test_setup(inside_of_another_call, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
