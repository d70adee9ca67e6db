/* SPDX-License-Identifier: MIT */
/* Port and memory-mapped I/O. */
#pragma once

#include <xen/types.h>

#define IO_OPS(sfx, type, reg)                                          \
    static inline type in##sfx(uint16_t port)                           \
    {                                                                   \
        type v;                                                         \
        __asm__ volatile("in" #sfx " %w1, %0" : "=a"(v) : "Nd"(port));  \
        return v;                                                       \
    }                                                                   \
    static inline void out##sfx(type v, uint16_t port)                  \
    {                                                                   \
        __asm__ volatile("out" #sfx " %0, %w1" : : "a"(v), "Nd"(port)); \
    }
IO_OPS(b, uint8_t, )
IO_OPS(w, uint16_t, )
IO_OPS(l, uint32_t, )

static inline uint32_t readl(const volatile void *p)
{
    return *(const volatile uint32_t *)p;
}

static inline void writel(uint32_t v, volatile void *p)
{
    *(volatile uint32_t *)p = v;
}
