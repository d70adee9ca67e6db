/* SPDX-License-Identifier: MIT */
/*
 * A guest that triple-faults.
 *
 * Expect: the domain ends there and then; the runner sees that it did. The
 * result line comes first, and is taken back if we are still alive.
 */
#include "lib.h"

void test_main(void)
{
    struct
    {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = { 0, 0 };

    printf("Test result: SUCCESS, if this is the last line\n");
    console_flush();
    asm volatile("lidt %0\n\tint3" : : "m"(none));
    test_failure("went on after a triple fault");
}
