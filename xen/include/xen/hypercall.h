/* SPDX-License-Identifier: MIT */
/* Hypercall dispatch. */
#pragma once

#include <xen/types.h>

/*
 * A handler takes the five ABI arguments (rdi, rsi, rdx, r10, r8; pointers
 * are guest linear addresses) and returns what goes into rax: >= 0 or
 * -errno. A long operation that must let others run stores its progress in
 * its arguments by hypercall_continue() and returns -ERESTART: the VMCALL
 * is then executed again with these arguments.
 */
typedef long hypercall_fn_t(unsigned long a1, unsigned long a2,
                            unsigned long a3, unsigned long a4,
                            unsigned long a5);

#define NR_HYPERCALLS 64
extern hypercall_fn_t *const hypercall_table[NR_HYPERCALLS];

/* Arguments of the hypercall being served, as a long op may change them. */
void hypercall_continue(unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long a4, unsigned long a5);

/*
 * Entry from the VMCALL exit: CPL and mode are checked by the caller.
 * Reads and writes the GPRs of current; returns true when RIP is to advance.
 */
bool hypercall_dispatch(void);
