/* SPDX-License-Identifier: MIT */
/* Host twin: the test defines what the ports do. */
#pragma once

#include <xen/types.h>

uint8_t inb(uint16_t port);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
void outb(uint8_t v, uint16_t port);
void outw(uint16_t v, uint16_t port);
void outl(uint32_t v, uint16_t port);

static inline uint32_t readl(const volatile void *p)
{
    return *(const volatile uint32_t *)p;
}

static inline void writel(uint32_t v, volatile void *p)
{
    *(volatile uint32_t *)p = v;
}
