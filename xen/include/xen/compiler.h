/* SPDX-License-Identifier: MIT */
/* Compiler attributes and small macros without any state. */
#pragma once

#include <xen/types.h>

#define likely(x)        __builtin_expect(!!(x), 1)
#define unlikely(x)      __builtin_expect(!!(x), 0)
#define barrier()        __asm__ volatile("" ::: "memory")
#define __must_check     __attribute__((warn_unused_result))
#define __packed         __attribute__((packed))
#define __aligned(n)     __attribute__((aligned(n)))
#define noreturn         __attribute__((noreturn))
#define __printf(f, a)   __attribute__((format(printf, f, a)))
#define __used           __attribute__((used))
#define __maybe_unused   __attribute__((unused))
#define __section(s)     __attribute__((section(s)))
#define __init           __section(".init.text") __attribute__((cold))
#define __initdata       __section(".init.data")
#define fallthrough      __attribute__((fallthrough))

#define ACCESS_ONCE(x)   (*(volatile __typeof__(x) *)&(x))
#define READ_ONCE(x)     ACCESS_ONCE(x)
#define WRITE_ONCE(x, v) (ACCESS_ONCE(x) = (v))

#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
    ((type *)((char *)(p)-offsetof(type, member)))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define ROUNDUP(x, a)      (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define ROUNDDOWN(x, a)    ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a)   (((x) & ((a)-1)) == 0)
#define BIT(n)             (1ULL << (n))
#define MASK_EXTR(v, m)    (((v) & (m)) / ((m) & -(m)))
#define MASK_INSR(v, m)    (((v) * ((m) & -(m))) & (m))
#define min(a, b)                          \
    ({                                     \
        __typeof__(a) min_a_ = (a);        \
        __typeof__(b) min_b_ = (b);        \
        min_a_ < min_b_ ? min_a_ : min_b_; \
    })
#define max(a, b)                          \
    ({                                     \
        __typeof__(a) max_a_ = (a);        \
        __typeof__(b) max_b_ = (b);        \
        max_a_ > max_b_ ? max_a_ : max_b_; \
    })

#define KB(n) ((uint64_t)(n) << 10)
#define MB(n) ((uint64_t)(n) << 20)
#define GB(n) ((uint64_t)(n) << 30)
