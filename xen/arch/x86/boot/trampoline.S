/* SPDX-License-Identifier: MIT */
/* Where a started processor begins: from real mode to C, in one page. */

/*
 * Copied to a page below 1 MiB, whose number is the start-up IPI's vector:
 * execution begins at its first byte with CS * 16 = the page. The parameters
 * at its end (struct trampoline_params) are filled in by smp-boot.c.
 */
#include <asm/config.h>

#define OFF(sym) ((sym) - trampoline_start)

#define CR0_PE      0x00000001
#define CR0_MP      0x00000002
#define CR0_ET      0x00000010
#define CR0_NE      0x00000020
#define CR0_WP      0x00010000
#define CR0_PG      0x80000000
#define CR4_PAE     0x00000020
#define MSR_EFER    0xc0000080
#define EFER_LME    0x100
#define EFER_NXE    0x800

        .section .rodata, "a", @progbits
        .globl trampoline_start, trampoline_long_mode, trampoline_params
        .globl trampoline_end

        .balign 16
        .code16
trampoline_start:
        cli
        cld
        movw %cs, %ax
        movw %ax, %ds
        lgdtl OFF(gdt_limit)
        movl $CR4_PAE, %eax
        movl %eax, %cr4
        movl OFF(cr3), %eax
        movl %eax, %cr3
        movl $MSR_EFER, %ecx
        rdmsr
        orl $(EFER_LME | EFER_NXE), %eax
        wrmsr
        /* Also clears CD and NW, which INIT sets. */
        movl $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
        movl %eax, %cr0
        ljmpl *OFF(far_offset)

        .code64
trampoline_long_mode:
        movl $SEL_DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        xorl %eax, %eax
        movl %eax, %fs
        movl %eax, %gs
        movq percpu(%rip), %rdi
        movq root(%rip), %rsi
        movq stack(%rip), %rdx
        movq entry(%rip), %rax
        jmp *%rax

        .balign 8
gdt:
        .quad 0
        .quad 0x00af9b000000ffff /* SEL_CODE64 */
        .quad 0x00cf93000000ffff /* SEL_DATA */
gdt_end:

        .balign 8
trampoline_params:
stack:
        .quad 0
root:
        .quad 0
percpu:
        .quad 0
entry:
        .quad 0
cr3:
        .long 0
gdt_limit:
        .short gdt_end - gdt - 1
gdt_base:
        .long OFF(gdt) /* the page's address is added */
far_offset:
        .long OFF(trampoline_long_mode) /* likewise */
        .short SEL_CODE64
trampoline_end:

        /* In the image, which both sets of page tables map; the stack is not. */
        .text
        .globl ap_start
ap_start:
        movq %rsi, %cr3
        movq %rdx, %rsp
        xorl %ebp, %ebp
        call ap_main
        ud2

        .section .note.GNU-stack, "", @progbits
