/* SPDX-License-Identifier: MIT */
/*
 * From the PVH entry point to C in long mode.
 *
 * The first 4 GiB are mapped 1:1 with 2 MiB pages that user mode may use too;
 * nothing is mapped above, so an address there is a wild pointer by design.
 */
#include "x86-defs.h"

#define MULTIBOOT_HEADER 0x1badb002
#define MULTIBOOT_BOOTED 0x2badb002

    .section .note.xen, "a", @note
    .align 4
    .long 4, 4, 18          /* name and value sizes; XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long start32

/* For a run without any hypervisor below: VMX cases ask the CPU itself. */
    .section .multiboot, "a"
    .align 4
    .long MULTIBOOT_HEADER, 0, -MULTIBOOT_HEADER

    .text
    .code32
    .globl start32
start32:
    cld
    mov $boot_stack_top, %esp
    cmp $MULTIBOOT_BOOTED, %eax
    sete booted_bare
    mov %ebx, start_info_gpa
    mov $boot_main, %edi
    jmp enter_long_mode

/* In: %edi = where to go in 64-bit mode, %esp = stack. Used by every CPU. */
    .globl enter_long_mode
enter_long_mode:
    lgdt gdt_pointer
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
    mov %eax, %cr0
    ljmp $SEL_CODE64, $1f

    .code64
1:  mov $SEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov %edi, %edi
    xor %ebp, %ebp
    call *%rdi
2:  cli
    hlt
    jmp 2b

/*
 * A woken CPU starts here, copied to AP_TRAMPOLINE, in real mode. It finds its
 * stack and its C function in ap_stack and ap_entry.
 */
    .globl ap_trampoline, ap_trampoline_end
    .code16
ap_trampoline:
    cli
    cld
    xor %ax, %ax
    mov %ax, %ds
    lgdtl AP_TRAMPOLINE + ap_gdt_pointer - ap_trampoline
    mov %cr0, %eax
    or $CR0_PE, %eax
    mov %eax, %cr0
    ljmpl $SEL_CODE32, $ap_start32
ap_gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
ap_trampoline_end:

    .code32
ap_start32:
    mov $SEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov ap_stack, %esp
    mov ap_entry, %edi
    jmp enter_long_mode

    .data
    .align 8
    .globl gdt, gdt_end, gdt_pointer
gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* SEL_CODE64 */
    .quad 0x00cf93000000ffff    /* SEL_DATA */
    .quad 0x00cf9b000000ffff    /* SEL_CODE32 */
    .quad 0x00cff3000000ffff    /* SEL_UDATA */
    .quad 0x00affb000000ffff    /* SEL_UCODE */
    .quad 0, 0                  /* SEL_TSS, filled by traps_init() */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt

    .globl start_info_gpa, ap_stack, ap_entry, booted_bare
booted_bare:
    .quad 0
start_info_gpa:
    .quad 0
ap_stack:
    .quad 0
ap_entry:
    .quad 0

    .section .data.page_aligned, "aw"
    .align PAGE_SIZE
    .globl pml4
pml4:
    .quad pdpt + PTE_P + PTE_W + PTE_U
    .fill 511, 8, 0
pdpt:
    .quad pd + 0 * PAGE_SIZE + PTE_P + PTE_W + PTE_U
    .quad pd + 1 * PAGE_SIZE + PTE_P + PTE_W + PTE_U
    .quad pd + 2 * PAGE_SIZE + PTE_P + PTE_W + PTE_U
    .quad pd + 3 * PAGE_SIZE + PTE_P + PTE_W + PTE_U
    .fill 508, 8, 0
pd:
    .set frame, 0
    .rept 2048
    .quad (frame << 21) + PTE_PS + PTE_P + PTE_W + PTE_U
    .set frame, frame + 1
    .endr

    .section .bss.page_aligned, "aw", @nobits
    .align PAGE_SIZE
    .skip STACK_SIZE
    .globl boot_stack_top
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
