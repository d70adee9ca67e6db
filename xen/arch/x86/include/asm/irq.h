/* SPDX-License-Identifier: MIT */
/* Interrupt vectors of the host and who handles them. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>

/* 0-0x1f are exceptions. Higher vectors have higher priority at the APIC. */
#define VECTOR_DYNAMIC_FIRST 0x20
#define VECTOR_DYNAMIC_LAST  0xef
#define VECTOR_EVENT_CHECK   0xfb /* IPI: look at need_resched and friends */
#define VECTOR_CALL_FUNCTION 0xfc
#define VECTOR_APIC_TIMER    0xfd
#define VECTOR_APIC_ERROR    0xfe
#define VECTOR_SPURIOUS      0xff

/* Runs to completion with interrupts off. The local APIC's EOI follows it. */
typedef void irq_handler_t(uint8_t vector, void *data);

/* A vector of one's own, or -ENOSPC. */
int irq_alloc_vector(irq_handler_t *fn, void *data);
void irq_free_vector(uint8_t vector);
/* Vectors outside of the dynamic range. */
void irq_set_handler(uint8_t vector, irq_handler_t *fn, void *data);

/*
 * An external interrupt was acknowledged: by the IDT (idle loop) or by a VM
 * exit. Calls the handler and ends the interrupt.
 */
void irq_dispatch(uint8_t vector);

/* How often each vector came, for the debug keys. */
uint64_t irq_count(uint8_t vector);
