/* SPDX-License-Identifier: MIT */
/*
 * uint32_t vmx_enter(struct l2_regs *regs, bool resume)
 *
 * Runs the L2 of the current VMCS until it exits: 0; or VMX_FAIL_INVALID or
 * VMX_FAIL_VALID when the entry instruction failed. HOST_RSP is only written
 * when it differs from the last one, so that loops measure the exit itself.
 */
#define HOST_RSP 0x6c14

    .text
    .globl vmx_enter, vmx_exit_point, vmx_last_host_rsp
vmx_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdi
    cmp %rsp, vmx_last_host_rsp(%rip)
    je 1f
    mov $HOST_RSP, %eax
    vmwrite %rsp, %rax
    mov %rsp, vmx_last_host_rsp(%rip)
1:  test %sil, %sil
    mov 0x00(%rdi), %rax
    mov 0x08(%rdi), %rcx
    mov 0x10(%rdi), %rdx
    mov 0x18(%rdi), %rbx
    mov 0x20(%rdi), %rbp
    mov 0x28(%rdi), %rsi
    mov 0x38(%rdi), %r8
    mov 0x40(%rdi), %r9
    mov 0x48(%rdi), %r10
    mov 0x50(%rdi), %r11
    mov 0x58(%rdi), %r12
    mov 0x60(%rdi), %r13
    mov 0x68(%rdi), %r14
    mov 0x70(%rdi), %r15
    mov 0x30(%rdi), %rdi
    jnz 2f
    vmlaunch
    jmp 3f
2:  vmresume
3:  mov $1, %eax            /* VMfailInvalid: carry */
    jc 4f
    mov $2, %eax            /* VMfailValid: zero */
4:  pop %rdi
    jmp 5f

vmx_exit_point:
    push %rdi
    mov 8(%rsp), %rdi
    mov %rax, 0x00(%rdi)
    mov %rcx, 0x08(%rdi)
    mov %rdx, 0x10(%rdi)
    mov %rbx, 0x18(%rdi)
    mov %rbp, 0x20(%rdi)
    mov %rsi, 0x28(%rdi)
    mov %r8, 0x38(%rdi)
    mov %r9, 0x40(%rdi)
    mov %r10, 0x48(%rdi)
    mov %r11, 0x50(%rdi)
    mov %r12, 0x58(%rdi)
    mov %r13, 0x60(%rdi)
    mov %r14, 0x68(%rdi)
    mov %r15, 0x70(%rdi)
    pop %rax
    mov %rax, 0x30(%rdi)
    add $8, %rsp
    xor %eax, %eax
5:  pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
    .align 8
vmx_last_host_rsp:
    .quad 0

    .section .note.GNU-stack, "", @progbits
