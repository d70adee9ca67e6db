/* SPDX-License-Identifier: MIT */
/* One stub per vector: complete the frame, save registers, call trap(). */
#include "x86-defs.h"

    .text
    .code64
    .globl trap_stubs
    .align 16
trap_stubs:
    .set vector, 0
    .rept 256
    .align 16
    /* Vectors for which the CPU pushes an error code itself. */
    .if (vector != 8) && (vector != 10) && (vector != 11) && (vector != 12) \
        && (vector != 13) && (vector != 14) && (vector != 17) && (vector != 21)
    push $0
    .endif
    push $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

trap_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
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
    and $-16, %rsp
    call trap
    mov %rbp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq

/*
 * unsigned long call_user(unsigned long (*fn)(void), void *stack_top)
 *
 * Runs fn at CPL 3 and returns what it returned. The way back is a software
 * interrupt, so fn returns into user_return.
 */
    .globl call_user, user_return_vector
    .set user_return_vector, 0x81
call_user:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, user_saved_rsp(%rip)
    lea user_return(%rip), %rax
    mov %rax, -8(%rsi)
    sub $8, %rsi
    push $SEL_UDATA
    push %rsi
    push $RFLAGS_MBS
    push $SEL_UCODE
    push %rdi
    iretq
user_return:
    int $user_return_vector

    .globl user_exit
user_exit: /* the gate of that vector: back on the kernel's stack */
    mov user_saved_rsp(%rip), %rsp
    mov $SEL_DATA, %ecx
    mov %ecx, %ss
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
    .align 8
user_saved_rsp:
    .quad 0

    .section .note.GNU-stack, "", @progbits
