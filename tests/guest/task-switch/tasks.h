/* SPDX-License-Identifier: MIT */
/* Between the part in 32-bit mode and the one in long mode. */
#ifndef TASKS_H
#define TASKS_H

#include <stdint.h>

#define MAX_FAILURES 32

/* Addresses are below 4 GiB, so they have the same width in both. */
struct tasks_failure
{
    uint32_t what; /* text */
    uint32_t got, want, line;
};

struct tasks
{
    /* In: paging structures, 0: without paging; one that is refused, or 0. */
    uint32_t cr3, other_cr3, bad_cr3, cr4;
    /* In: what is mapped at WINDOW with cr3 and with other_cr3. */
    uint32_t window_here, window_there;
    /* Out. */
    uint32_t checks, nr_failures;
    struct tasks_failure failures[MAX_FAILURES];
};

#define WINDOW  0x40000000u
#define NOWHERE 0x80000000u /* not mapped while there is paging */

extern struct tasks tasks;

#endif /* TASKS_H */
