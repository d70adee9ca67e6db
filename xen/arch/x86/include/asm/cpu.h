/* SPDX-License-Identifier: MIT */
/* Bringing a pCPU into the state the hypervisor runs in. */
#pragma once

void cpu_init(void); /* CR0, CR4 */
/* Give a processor the memory types that the boot processor has. */
void mtrr_save_boot_cpu(void);
void mtrr_apply_boot_cpu(void);
void cpu_print(void); /* name, and the CPUs the MADT lists */
