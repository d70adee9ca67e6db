/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: tests/unit/xen/public/abi-debian.c */
/* Our ABI headers against the distribution's: every number must agree. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <setjmp.h>
#include <cmocka.h>

#include <public/xen.h>
#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/elfnote.h>
#include <public/version.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/physdev.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/callback.h>
#include <public/nmi.h>
#include <public/trace.h>
#include <public/hypfs.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/hvm/dm_op.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/hvm/save.h>
#include <public/hvm/e820.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include <public/platform.h>
#include <public/io/xs_wire.h>
#include <public/io/console.h>
#include <public/io/xenbus.h>
#include <public/io/blkif.h>
#include <public/io/netif.h>
#include <public/errno.h>

#include "abi-table.h"

static const struct abi_row abi_ours[] = {
#define ABI_OURS
#include "abi-rows.h"
};

#define NR_OURS (sizeof(abi_ours) / sizeof(abi_ours[0]))

static void test_every_number_agrees(void **state)
{
    unsigned int i, j = 0, wrong = 0;

    (void)state;
    if ( abi_debian_rows == 0 )
        skip();

    for ( i = 0; i < NR_OURS; i++ )
    {
        /* Both tables have the order of the list; ours may have extras. */
        if ( j >= abi_debian_rows ||
             strcmp(abi_ours[i].name, abi_debian[j].name) )
            continue;
        if ( abi_ours[i].value != abi_debian[j].value )
        {
            print_error("%s: ours %lld, theirs %lld\n", abi_ours[i].name,
                        abi_ours[i].value, abi_debian[j].value);
            wrong++;
        }
        j++;
    }
    assert_int_equal(j, abi_debian_rows);
    assert_int_equal(wrong, 0);
}

static void test_union_sizes(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct xen_domctl), 16 + 128);
    assert_int_equal(sizeof(struct xen_sysctl), 8 + 128);
    assert_int_equal(sizeof(struct xen_platform_op), 8 + 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_agrees),
        cmocka_unit_test(test_union_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
