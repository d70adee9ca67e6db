/* SPDX-License-Identifier: MIT */
/* Accesses to device memory whose size is known at run time. */
#pragma once

#include <xen/types.h>

/* One access of 1, 2, 4 or 8 bytes. */
static inline uint64_t mmio_read(const volatile void *p, unsigned int size)
{
    switch ( size )
    {
    case 1:
        return *(const volatile uint8_t *)p;
    case 2:
        return *(const volatile uint16_t *)p;
    case 4:
        return *(const volatile uint32_t *)p;
    default:
        return *(const volatile uint64_t *)p;
    }
}

static inline void mmio_write(volatile void *p, unsigned int size, uint64_t v)
{
    switch ( size )
    {
    case 1:
        *(volatile uint8_t *)p = v;
        break;
    case 2:
        *(volatile uint16_t *)p = v;
        break;
    case 4:
        *(volatile uint32_t *)p = v;
        break;
    default:
        *(volatile uint64_t *)p = v;
        break;
    }
}
