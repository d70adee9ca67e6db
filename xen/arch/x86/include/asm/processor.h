/* SPDX-License-Identifier: MIT */
/* Privileged instructions and register names of the processor. */
#pragma once

#include <xen/compiler.h>

#define X86_CR0_PE         0x00000001ULL
#define X86_CR0_MP         0x00000002ULL
#define X86_CR0_EM         0x00000004ULL
#define X86_CR0_TS         0x00000008ULL
#define X86_CR0_ET         0x00000010ULL
#define X86_CR0_NE         0x00000020ULL
#define X86_CR0_WP         0x00010000ULL
#define X86_CR0_AM         0x00040000ULL
#define X86_CR0_NW         0x20000000ULL
#define X86_CR0_CD         0x40000000ULL
#define X86_CR0_PG         0x80000000ULL

#define X86_CR4_VME        0x00000001ULL
#define X86_CR4_PVI        0x00000002ULL
#define X86_CR4_TSD        0x00000004ULL
#define X86_CR4_DE         0x00000008ULL
#define X86_CR4_PSE        0x00000010ULL
#define X86_CR4_PAE        0x00000020ULL
#define X86_CR4_MCE        0x00000040ULL
#define X86_CR4_PGE        0x00000080ULL
#define X86_CR4_PCE        0x00000100ULL
#define X86_CR4_OSFXSR     0x00000200ULL
#define X86_CR4_OSXMMEXCPT 0x00000400ULL
#define X86_CR4_UMIP       0x00000800ULL
#define X86_CR4_LA57       0x00001000ULL
#define X86_CR4_VMXE       0x00002000ULL
#define X86_CR4_SMXE       0x00004000ULL
#define X86_CR4_FSGSBASE   0x00010000ULL
#define X86_CR4_PCIDE      0x00020000ULL
#define X86_CR4_OSXSAVE    0x00040000ULL
#define X86_CR4_SMEP       0x00100000ULL
#define X86_CR4_SMAP       0x00200000ULL
#define X86_CR4_PKE        0x00400000ULL
#define X86_CR4_CET        0x00800000ULL

#define X86_EFLAGS_CF      0x00000001ULL
#define X86_EFLAGS_MBS     0x00000002ULL
#define X86_EFLAGS_PF      0x00000004ULL
#define X86_EFLAGS_AF      0x00000010ULL
#define X86_EFLAGS_ZF      0x00000040ULL
#define X86_EFLAGS_SF      0x00000080ULL
#define X86_EFLAGS_TF      0x00000100ULL
#define X86_EFLAGS_IF      0x00000200ULL
#define X86_EFLAGS_DF      0x00000400ULL
#define X86_EFLAGS_OF      0x00000800ULL
#define X86_EFLAGS_NT      0x00004000ULL
#define X86_EFLAGS_RF      0x00010000ULL
#define X86_EFLAGS_VM      0x00020000ULL
#define X86_EFLAGS_AC      0x00040000ULL

#define X86_EXC_DE         0
#define X86_EXC_DB         1
#define X86_EXC_NMI        2
#define X86_EXC_BP         3
#define X86_EXC_OF         4
#define X86_EXC_BR         5
#define X86_EXC_UD         6
#define X86_EXC_NM         7
#define X86_EXC_DF         8
#define X86_EXC_TS         10
#define X86_EXC_NP         11
#define X86_EXC_SS         12
#define X86_EXC_GP         13
#define X86_EXC_PF         14
#define X86_EXC_MF         16
#define X86_EXC_AC         17
#define X86_EXC_MC         18
#define X86_EXC_XM         19
#define X86_EXC_VE         20
#define X86_EXC_CP         21
/* Exceptions that push an error code. */
#define X86_EXC_HAVE_EC 0x00227d00u

struct cpuid_leaf
{
    uint32_t a, b, c, d;
};

static inline struct cpuid_leaf cpuid_count(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_leaf l;

    __asm__ volatile("cpuid"
                     : "=a"(l.a), "=b"(l.b), "=c"(l.c), "=d"(l.d)
                     : "a"(leaf), "c"(subleaf));
    return l;
}

#define READ_CR(n)                                                  \
    static inline uint64_t read_cr##n(void)                         \
    {                                                               \
        uint64_t v;                                                 \
        __asm__ volatile("movq %%cr" #n ", %0" : "=r"(v));          \
        return v;                                                   \
    }                                                               \
    static inline void write_cr##n(uint64_t v)                      \
    {                                                               \
        __asm__ volatile("movq %0, %%cr" #n : : "r"(v) : "memory"); \
    }
READ_CR(0)
READ_CR(2)
READ_CR(3)
READ_CR(4)

#define DR6_BT    0x8000ULL /* task switch */
#define DR6_BS    0x4000ULL /* single step */
#define DR6_BD    0x2000ULL /* debug registers touched */
#define DR6_TRAPS 0x000fULL /* breakpoints */
#define DR7_GD    0x2000ULL
/* L0 to L3 and LE: breakpoints of one task only. */
#define DR7_TASK_LOCAL 0x155ULL

static inline uint64_t read_dr6(void)
{
    uint64_t v;

    __asm__ volatile("movq %%dr6, %0" : "=r"(v));
    return v;
}

static inline void write_dr6(uint64_t v)
{
    __asm__ volatile("movq %0, %%dr6" : : "r"(v));
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return ((uint64_t)hi << 32) | lo;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return ((uint64_t)hi << 32) | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
                     : "memory");
}

/* 0, or -EFAULT where the processor raises #GP (see extable). */
int rdmsr_safe(uint32_t msr, uint64_t *val);
int wrmsr_safe(uint32_t msr, uint64_t val);

static inline void xsetbv(uint32_t idx, uint64_t val)
{
    __asm__ volatile("xsetbv"
                     :
                     : "c"(idx), "a"((uint32_t)val),
                       "d"((uint32_t)(val >> 32)));
}

static inline void local_irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}

/* Wait for an interrupt with IF=1, come back with IF=0. */
static inline void safe_halt(void)
{
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}

/*
 * Take what interrupts wait, as the idle loop does. For exits that may follow
 * one another for long: a call that is run again counts on them for giving
 * way, and Bochs ends the turn of a guest that has interrupts off for none.
 */
static inline void local_irq_take(void)
{
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
}

static inline void cpu_relax(void)
{
    __builtin_ia32_pause();
}

static inline void invlpg(const void *va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}
