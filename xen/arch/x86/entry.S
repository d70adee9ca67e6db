/* SPDX-License-Identifier: MIT */
/* Entry points of the IDT: one stub per vector, one common path. */
#include <asm/config.h>

#define VECTORS_WITH_ERROR_CODE 0x60227d00 /* bit per exception vector */

        .text
        .balign 16
common_entry:
        push %rax
        push %rbx
        push %rcx
        push %rdx
        push %rsi
        push %rdi
        push %rbp
        push %r8
        push %r9
        push %r10
        push %r11
        push %r12
        push %r13
        push %r14
        push %r15
        cld
        mov %rsp, %rdi
        mov %rsp, %rbp
        and $~15, %rsp
        call handle_trap
        mov %rbp, %rsp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %r11
        pop %r10
        pop %r9
        pop %r8
        pop %rbp
        pop %rdi
        pop %rsi
        pop %rdx
        pop %rcx
        pop %rbx
        pop %rax
        add $16, %rsp /* vector and error code */
        iretq

/* Sixteen bytes each: idt_init() computes their addresses. */
        .balign 16
        .globl trap_stubs
trap_stubs:
        .set vector, 0
        .rept 32
        .balign 16
        .if !((VECTORS_WITH_ERROR_CODE >> vector) & 1)
        push $0
        .endif
        push $vector
        jmp common_entry
        .set vector, vector + 1
        .endr

        .rept 256 - 32
        .balign 16
        push $0
        pushq $vector
        jmp common_entry
        .set vector, vector + 1
        .endr

/* int rdmsr_safe(uint32_t msr, uint64_t *val) */
        .globl rdmsr_safe, wrmsr_safe
        .balign 16
rdmsr_safe:
        mov %edi, %ecx
1:      rdmsr
        shl $32, %rdx
        or %rdx, %rax
        mov %rax, (%rsi)
        xor %eax, %eax
        ret
2:      mov $-14, %eax /* -EFAULT */
        ret

        .pushsection .ex_table, "a"
        .long 1b - ., 2b - .
        .popsection

/* int wrmsr_safe(uint32_t msr, uint64_t val) */
        .balign 16
wrmsr_safe:
        mov %edi, %ecx
        mov %esi, %eax
        mov %rsi, %rdx
        shr $32, %rdx
1:      wrmsr
        xor %eax, %eax
        ret
2:      mov $-14, %eax
        ret

        .pushsection .ex_table, "a"
        .long 1b - ., 2b - .
        .popsection

        .section .note.GNU-stack, "", @progbits
