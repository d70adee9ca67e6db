/* SPDX-License-Identifier: MIT */
/* The local APIC of the running pCPU, in xAPIC or x2APIC mode. */
#pragma once

#include <xen/time.h>

void apic_init_bsp(void); /* choose the mode, enable, mask what is not ours */
void apic_init_cpu(void);
bool apic_is_x2apic(void);
uint32_t apic_id(void);
void apic_eoi(void);
/* IPIs; apic_id is the destination's. */
void apic_send_ipi(uint32_t dest, uint8_t vector);
void apic_send_init(uint32_t dest);
void apic_send_startup(uint32_t dest, uint8_t page);
void apic_send_nmi(uint32_t dest);

/* Measure the timer, after the TSC; then it interrupts at a time of it. */
void apic_timer_init(void);
void apic_timer_init_cpu(void); /* the running pCPU's, once it was measured */
void apic_timer_program(uint64_t tsc); /* TSC_NEVER: not at all */
/* Make another pCPU look at its timers. */
void apic_timer_kick(unsigned int cpu);
