/* SPDX-License-Identifier: MIT */
/* From long mode to 32-bit protected mode and back; entries of the tasks. */
#include "x86-defs.h"

    .text
    .code64
/* void run32(uint32_t fn, uint32_t cr3, uint32_t cr4): cr3 0: no paging. */
    .globl run32
run32:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp
    mov %edi, %ebx
    mov %edx, %ebp
    pushq $SEL_CODE32
    pushq $1f
    lretq

    .code32
1:  mov $SEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %eax, %fs
    mov %eax, %gs
    mov %cr0, %eax
    and $~CR0_PG, %eax
    mov %eax, %cr0
    mov $MSR_EFER, %ecx
    rdmsr
    and $~EFER_LME, %eax
    wrmsr
    mov %ebp, %cr4
    test %esi, %esi
    jz 2f
    mov %esi, %cr3
    mov %cr0, %eax
    or $CR0_PG, %eax
    mov %eax, %cr0
    jmp 2f
2:  call *%ebx
    mov %cr0, %eax
    and $~CR0_PG, %eax
    mov %eax, %cr0
    mov $3f, %edi
    mov saved_rsp, %esp
    jmp enter_long_mode

    .code64
3:  mov saved_rsp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .code32
/* --- Exceptions by interrupt gates, of the task they happen in. --- */
    .globl stubs32
stubs32:
    .set vec, 0
    .rept 32
    .balign 16
    .if !(0x00227d00 & (1 << vec))
    push $0
    .endif
    push $vec
    jmp common32
    .set vec, vec + 1
    .endr

common32:
    pusha
    mov %esp, %eax
    call trap32
    popa
    add $8, %esp
    iret

/* --- Tasks that handle exceptions: with an error code on their stack. --- */
    .globl fault_task
fault_task:
    pop %eax
    call fault_seen
    iret
    jmp fault_task

/* --- A task in user mode, one in virtual-8086 mode, a 16-bit one. --- */
    .globl user_task
user_task:
    incl user_runs
    iret
    jmp user_task

    .globl vm86_code, vm86_code_end, vm86_handler
    .code16
vm86_code:
    int $0x41
vm86_code_end:
    .code32
vm86_handler:
    mov %ss, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %esp, %eax
    call vm86_seen
1:  jmp 1b

    .globl task16, task16_end
task16:
    incl task16_runs
    iret
    jmp task16
task16_end:

    .bss
    .align 8
saved_rsp:
    .skip 8

    .section .note.GNU-stack, "", @progbits
