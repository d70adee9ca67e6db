/* SPDX-License-Identifier: MIT */
/* Do the vector registers keep what a process puts in them? */

/*
 * usage: vector-state ROUNDS
 * Two processes fill all registers that XCR0 turns on, each with values of
 * its own, yield the processor to each other and look at what they have left.
 * As process 1 (a guest's /init) it powers the machine off at the end.
 */

#define _GNU_SOURCE

#include <cpuid.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_VECTORS     32
#define NR_OPMASKS     8
#define YIELDS         8 /* a round, with the registers full */
#define INIT_ROUNDS    2000
#define CPUID1_OSXSAVE (1u << 27)
#define XCR0_AVX       0x06u
#define XCR0_AVX512    0xe6u
#define SSE_REGISTERS  16

enum width
{
    SSE,
    AVX,
    AVX512,
};

struct registers
{
    uint8_t vector[NR_VECTORS][64];
    uint64_t opmask[NR_OPMASKS];
    uint8_t x87[16]; /* the top of the stack */
} __attribute__((aligned(64)));

/* The macros expand to one line for each register. */
#define EACH_8(m, b) \
    m(b, 0) m(b, 1) m(b, 2) m(b, 3) m(b, 4) m(b, 5) m(b, 6) m(b, 7)
#define EACH_16(m, b) \
    EACH_8(m, b)      \
    m(b, 8) m(b, 9) m(b, 10) m(b, 11) m(b, 12) m(b, 13) m(b, 14) m(b, 15)
#define EACH_32(m, b)                                                       \
    EACH_16(m, b)                                                           \
    m(b, 16) m(b, 17) m(b, 18) m(b, 19) m(b, 20) m(b, 21) m(b, 22) m(b, 23) \
        m(b, 24) m(b, 25) m(b, 26) m(b, 27) m(b, 28) m(b, 29) m(b, 30)      \
            m(b, 31)

#define LOAD_XMM(b, n)  "movups " #n "*64(" b "), %%xmm" #n "\n\t"
#define STORE_XMM(b, n) "movups %%xmm" #n ", " #n "*64(" b ")\n\t"
#define LOAD_YMM(b, n)  "vmovups " #n "*64(" b "), %%ymm" #n "\n\t"
#define STORE_YMM(b, n) "vmovups %%ymm" #n ", " #n "*64(" b ")\n\t"
#define LOAD_ZMM(b, n)  "vmovups " #n "*64(" b "), %%zmm" #n "\n\t"
#define STORE_ZMM(b, n) "vmovups %%zmm" #n ", " #n "*64(" b ")\n\t"
#define LOAD_K(b, n)    "kmovq 2048+" #n "*8(" b "), %%k" #n "\n\t"
#define STORE_K(b, n)   "kmovq %%k" #n ", 2048+" #n "*8(" b ")\n\t"

_Static_assert(offsetof(struct registers, opmask) == 2048, "LOAD_K");
_Static_assert(offsetof(struct registers, x87) == 2112, "YIELDING");

/* System calls keep the registers; the C library is not asked to. */
#define YIELDING(load, store)                                        \
    __asm__ volatile(                                                \
        "fninit\n\t"                                                 \
        "fldt 2112(%[in])\n\t" load "1: movl %[yield], %%eax\n\t"    \
        "syscall\n\t"                                                \
        "decl %%ebx\n\t"                                             \
        "jnz 1b\n\t" store "fstpt 2112(%[out])\n\t"                  \
        : "+b"(yields)                                               \
        : [in] "r"(in), [out] "r"(out), [yield] "i"(SYS_sched_yield) \
        : "rax", "rcx", "r11", "cc", "memory")

__attribute__((noinline)) static void hold_avx512(const struct registers *in,
                                                  struct registers *out)
{
    int yields = YIELDS;

    YIELDING(EACH_32(LOAD_ZMM, "%[in]") EACH_8(LOAD_K, "%[in]"),
             EACH_32(STORE_ZMM, "%[out]")
                 EACH_8(STORE_K, "%[out]") "vzeroupper\n\t");
}

__attribute__((noinline)) static void hold_avx(const struct registers *in,
                                               struct registers *out)
{
    int yields = YIELDS;

    YIELDING(EACH_16(LOAD_YMM, "%[in]"),
             EACH_16(STORE_YMM, "%[out]") "vzeroupper\n\t");
}

__attribute__((noinline)) static void hold_sse(const struct registers *in,
                                               struct registers *out)
{
    int yields = YIELDS;

    YIELDING(EACH_16(LOAD_XMM, "%[in]"), EACH_16(STORE_XMM, "%[out]"));
}

static enum width widest(void)
{
    uint32_t a, b, c, d, xcr0, high;

    if ( !__get_cpuid(1, &a, &b, &c, &d) || !(c & CPUID1_OSXSAVE) )
        return SSE;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    if ( (xcr0 & XCR0_AVX512) == XCR0_AVX512 )
        return AVX512;
    return (xcr0 & XCR0_AVX) == XCR0_AVX ? AVX : SSE;
}

static void fill(struct registers *r, enum width w, unsigned int seed)
{
    static const unsigned int bytes[] = { 16, 32, 64 };
    const uint8_t one[10] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f };
    unsigned int vectors = w == AVX512 ? NR_VECTORS : SSE_REGISTERS;

    memset(r, 0, sizeof(*r));
    for ( unsigned int i = 0; i < vectors; i++ )
        for ( unsigned int j = 0; j < bytes[w]; j++ )
            r->vector[i][j] = seed * 31 + i * 64 + j * 7 + 1;
    if ( w == AVX512 )
        for ( unsigned int i = 0; i < NR_OPMASKS; i++ )
            r->opmask[i] = (seed + i + 1) * 0x9e3779b97f4a7c15ULL;
    memcpy(r->x87, one, sizeof(one));
    r->x87[0] = seed; /* of the fraction */
}

static int complain(const struct registers *want, const struct registers *got,
                    unsigned int round)
{
    const uint8_t *w = (const uint8_t *)want, *g = (const uint8_t *)got;

    for ( unsigned int i = 0; i < sizeof(*want); i++ )
        if ( w[i] != g[i] )
        {
            printf("vector-state: round %u: byte %u of register %u is %#x, "
                   "not %#x\n",
                   round, i % 64, i / 64, g[i], w[i]);
            break;
        }
    fflush(stdout);
    return 1;
}

static int hold(enum width w, unsigned int rounds, unsigned int seed)
{
    static void (*const hold_width[])(const struct registers *,
                                      struct registers *) = {
        hold_sse,
        hold_avx,
        hold_avx512,
    };
    static struct registers want, got;

    for ( unsigned int i = 0; i < rounds; i++ )
    {
        fill(&want, w, seed + i);
        memset(&got, 0, sizeof(got));
        hold_width[w](&want, &got);
        if ( memcmp(&want, &got, sizeof(want)) )
            return complain(&want, &got, i);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "SSE", "AVX", "AVX-512" };
    unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : INIT_ROUNDS;
    enum width w = widest();
    int bad, status = 1;
    cpu_set_t one_cpu;
    pid_t child;

    /* On one CPU, or neither would make room for the other. */
    CPU_ZERO(&one_cpu);
    CPU_SET(0, &one_cpu);
    if ( sched_setaffinity(0, sizeof(one_cpu), &one_cpu) )
        return 1;
    child = fork();
    if ( child < 0 )
        return 1;
    if ( child == 0 )
        _exit(hold(w, rounds, 1));
    bad = hold(w, rounds, 101);
    if ( waitpid(child, &status, 0) != child || status )
        bad = 1;
    printf("vector-state: %s, %u rounds: %s\n", names[w], rounds,
           bad ? "LOST" : "kept");
    fflush(stdout);
    if ( getpid() == 1 )
        reboot(RB_POWER_OFF);
    return bad;
}
