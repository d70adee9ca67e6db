/* SPDX-License-Identifier: MIT */
/*
 * What each wrong argument of a hypercall is answered, for comparison with
 * real Xen: prints "errno NAME RESULT" lines, which tests/system/errno.sh
 * compares. Nothing is expected here but that every call comes back.
 */
#define ERRNO_ROWS "guest-rows.def"
#include "../../abi/errno/rows.c"
#include "lib.h"

static unsigned int rows;

void *env_page(unsigned int n)
{
    static void *page[2];

    if ( !page[n] )
        page[n] = alloc_page();
    memset(page[n], 0, PAGE_SIZE);
    return page[n];
}

void *env_bad_address(void)
{
    return (void *)UNMAPPED_VA;
}

long env_call(unsigned int nr, unsigned long a1, unsigned long a2,
              unsigned long a3)
{
    return hypercall3(nr, a1, a2, a3);
}

void env_print(const char *name, long rc)
{
    printf("errno %s %ld\n", name, rc);
    rows++;
}

void test_main(void)
{
    errno_rows();
    test_success("%u rows", rows);
}
