/* SPDX-License-Identifier: MIT */
/* Bringing a pCPU into the state the hypervisor runs in. */
#pragma once

void cpu_init(void);  /* CR0, CR4 */
void cpu_print(void); /* name, and the CPUs the MADT lists */
