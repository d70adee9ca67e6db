/* SPDX-License-Identifier: MIT */
/* IPIs of the hypervisor, and bringing up the other pCPUs. */
#pragma once

#include <xen/smp.h>

/* Claim the IPI vectors; once, with the boot pCPU's local APIC. */
void smp_init(void);
/* Start the machine's other processors; returns when they run, or cannot. */
void smp_boot_cpus(void);
/*
 * Make all other pCPUs halt for good, whatever they are doing: for a panic.
 * Where an NMI arrives, smp_stop_if_asked() is called.
 */
void smp_stop_others(void);
void smp_stop_if_asked(void);
/* Make pCPU cpu serve its calls. */
void smp_send_call_ipi(unsigned int cpu);
