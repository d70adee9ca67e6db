/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts taken by the hypervisor itself. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>

/* What the entry stubs leave on the stack. */
struct trap_frame
{
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};

extern unsigned long nmi_count; /* NMIs that came while in the hypervisor */

void handle_trap(struct trap_frame *f); /* called by entry.S */
void show_trap_frame(const struct trap_frame *f);
/* Function names for the text addresses found on the stack. */
void show_stack(const uint64_t *sp);
void format_symbol(char *buf, size_t size, uint64_t va);
/* The name of a function by its number in order of address; NULL: no more. */
const char *symbol_get(uint32_t number, uint64_t *va);

/*
 * An instruction that may fault: if the one at label "from" does, go on at
 * "to" instead.
 */
struct ex_entry
{
    int32_t from, to; /* each relative to itself */
};
uint64_t extable_lookup(uint64_t rip); /* 0: none */
