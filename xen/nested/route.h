/* SPDX-License-Identifier: MIT */
/* Who gets an exit of L2: L0, L1, or nobody in particular. */
#pragma once

#include "nested.h"

/* An exit of L2 as the processor reported it, or as L0 makes one up. */
struct l2_exit
{
    uint32_t reason; /* full: with the entry-failure and other flags */
    uint32_t intr_info, intr_error_code;
    uint32_t idt_info, idt_error_code;
    uint32_t insn_len, insn_info;
    uint64_t qual;
    uint64_t gla, gpa;
    uint64_t io_rcx, io_rsi, io_rdi, io_rip;
};

static inline unsigned int l2_exit_basic(const struct l2_exit *e)
{
    return e->reason & EXIT_REASON_BASIC_MASK;
}

/*
 * How L0 reads what the decision depends on besides exit and vmcs12: L2's
 * registers, and L1's bitmaps (through env, one byte at a time).
 */
struct route_cpu
{
    const uint64_t *gpr; /* L2's, in encoding order; rsp is up to date */
    const struct nested_env *env;
    void *priv;
    bool l0_apic_access; /* the APIC-access page in use is L0's */
    bool l2_64bit;       /* L2 is in 64-bit mode */
};

/* L0 must handle it before anybody looks at the vmcs12. */
bool l0_wants_exit(const struct l2_exit *e, const struct route_cpu *cpu);
/* L1 asked for it in the vmcs12, or it cannot be without. */
bool l1_wants_exit(const struct l2_exit *e, const struct vmcs12 *v,
                   const struct route_cpu *cpu);

/* Would L1 intercept this access of its L2? For L0's own emulation. */
bool l1_wants_msr(const struct vmcs12 *v, const struct route_cpu *cpu,
                  uint32_t msr, bool write);
bool l1_wants_port(const struct vmcs12 *v, const struct route_cpu *cpu,
                   uint16_t port, unsigned int size);
bool l1_wants_exception(const struct vmcs12 *v, unsigned int vector,
                        uint32_t error_code);
