/* SPDX-License-Identifier: MIT */
/*
 * Instructions as functions. The ones named *_safe() return 0, or what fault
 * they met: FAULT(vector, error code).
 */
#ifndef TEST_X86_H
#define TEST_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x86-defs.h"

#define FAULT(vec, ec) (0x80000000u | (uint32_t)(vec) << 16 | (ec))
#define FAULT_VEC(f)   ((f) >> 16 & 0xff)

#define FAULT_UD       FAULT(VEC_UD, 0)
#define FAULT_GP       FAULT(VEC_GP, 0)

/* A fault at label 1 goes on at label 2 with the fault's name in %rax. */
#define EX_TABLE                        \
    "\n\t.pushsection .ex_table, \"a\"" \
    "\n\t.quad 1b, 2b"                  \
    "\n\t.popsection\n\t"

/* Run one instruction that takes no operands but fixed ones. */
#define FAULT_OF(insn, ...)                     \
    ({                                          \
        unsigned long fault_ = 0;               \
        asm volatile("1: " insn "\n2:" EX_TABLE \
                     : "+a"(fault_)             \
                     : __VA_ARGS__              \
                     : "memory", "cc");         \
        (uint32_t) fault_;                      \
    })

struct cpuid
{
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t sub)
{
    struct cpuid r;

    asm volatile("cpuid"
                 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                 : "0"(leaf), "2"(sub));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
                 : "memory");
}

static inline uint32_t rdmsr_safe(uint32_t msr, uint64_t *val)
{
    uint64_t lo, hi = 0;
    uint32_t fault = 0;

    /* %rax carries the value or the fault, so tell them apart by a flag. */
    asm volatile("xor %%eax, %%eax\n\t"
                 "1: rdmsr\n\t"
                 "jmp 3f\n\t"
                 "2: mov %%eax, %[fault]\n\t"
                 "3:" EX_TABLE
                 : "=&a"(lo), "+d"(hi), [fault] "+&r"(fault)
                 : "c"(msr)
                 : "cc");
    *val = fault ? 0 : hi << 32 | (uint32_t)lo;
    return fault;
}

static inline uint32_t wrmsr_safe(uint32_t msr, uint64_t val)
{
    uint64_t lo = (uint32_t)val;
    uint32_t fault = 0;

    asm volatile("1: wrmsr\n\t"
                 "jmp 3f\n\t"
                 "2: mov %%eax, %[fault]\n\t"
                 "3:" EX_TABLE
                 : "+a"(lo), [fault] "+&r"(fault)
                 : "c"(msr), "d"((uint32_t)(val >> 32))
                 : "memory", "cc");
    return fault;
}

/* The second of two: some emulators stamp the first with an older time. */
static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return (uint64_t)hi << 32 | lo;
}

static inline void outb(uint16_t port, uint8_t val)
{
    asm volatile("outb %0, %1" : : "a"(val), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t val;

    asm volatile("inb %1, %0" : "=a"(val) : "Nd"(port) : "memory");
    return val;
}

static inline uint16_t inw(uint16_t port)
{
    uint16_t val;

    asm volatile("inw %1, %0" : "=a"(val) : "Nd"(port) : "memory");
    return val;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t val;

    asm volatile("inl %1, %0" : "=a"(val) : "Nd"(port) : "memory");
    return val;
}

static inline void outw(uint16_t port, uint16_t val)
{
    asm volatile("outw %0, %1" : : "a"(val), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t val)
{
    asm volatile("outl %0, %1" : : "a"(val), "Nd"(port) : "memory");
}

#define DEFINE_CR(n)                                                 \
    static inline unsigned long read_cr##n(void)                     \
    {                                                                \
        unsigned long val;                                           \
        asm volatile("mov %%cr" #n ", %0" : "=r"(val) : : "memory"); \
        return val;                                                  \
    }                                                                \
    static inline void write_cr##n(unsigned long val)                \
    {                                                                \
        asm volatile("mov %0, %%cr" #n : : "r"(val) : "memory");     \
    }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

static inline uint32_t write_cr4_safe(unsigned long val)
{
    return FAULT_OF("mov %[val], %%cr4", [val] "r"(val));
}

static inline void irq_enable(void)
{
    asm volatile("sti" : : : "memory");
}

static inline void irq_disable(void)
{
    asm volatile("cli" : : : "memory");
}

/* Interrupts are enabled by the instruction just before the halt. */
static inline void irq_enable_halt_disable(void)
{
    asm volatile("sti\n\thlt\n\tcli" : : : "memory");
}

/*
 * Have interrupts on for a moment. Bochs 3.0 does not end the turn of a guest
 * that keeps them off, so one that computes for seconds must do this.
 */
static inline void irq_breathe(void)
{
    asm volatile("sti\n\tnop\n\tcli" : : : "memory");
}

static inline void cpu_relax(void)
{
    asm volatile("pause" : : : "memory");
}

#define barrier() asm volatile("" : : : "memory")

#endif /* TEST_X86_H */
