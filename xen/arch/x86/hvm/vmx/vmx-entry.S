/* SPDX-License-Identifier: MIT */
/* VM entry and VM exit: the loop every pCPU lives in. */

/* Offsets are asserted in vmcs.c. */
#define VCPU_RAX 0x00
#define VCPU_RCX 0x08
#define VCPU_RDX 0x10
#define VCPU_RBX 0x18
#define VCPU_RBP 0x28
#define VCPU_RSI 0x30
#define VCPU_RDI 0x38
#define VCPU_R8  0x40
#define VCPU_R9  0x48
#define VCPU_R10 0x50
#define VCPU_R11 0x58
#define VCPU_R12 0x60
#define VCPU_R13 0x68
#define VCPU_R14 0x70
#define VCPU_R15 0x78

#define PERCPU_CURR      8
#define PERCPU_STACK_TOP 0x20

        .text
        .globl vmx_run_loop, vmx_exit_stub, vmx_exit_call
        .globl vmx_entry_verw_site, vmx_entry_verw_sel

/* Start of a pCPU's life as a runner of vCPUs; also after a fatal error. */
vmx_run_loop:
        movq    %gs:PERCPU_STACK_TOP, %rsp
        xorl    %ebp, %ebp
.Lloop:
        /* rax = vCPU to run, rdx != 0 if its VMCS was launched before. */
        call    vmx_prepare_entry
        movq    %rax, %rdi
        /*
         * A no-op of the length of VERW, which takes its place where the
         * processor has to overwrite its buffers (spec-ctrl.c). What is
         * loaded after it is the guest's own.
         */
vmx_entry_verw_site:
        .byte   0x0f, 0x1f, 0x80, 0, 0, 0, 0
        testl   %edx, %edx
        movq    VCPU_RAX(%rdi), %rax
        movq    VCPU_RCX(%rdi), %rcx
        movq    VCPU_RDX(%rdi), %rdx
        movq    VCPU_RBX(%rdi), %rbx
        movq    VCPU_RBP(%rdi), %rbp
        movq    VCPU_RSI(%rdi), %rsi
        movq    VCPU_R8(%rdi), %r8
        movq    VCPU_R9(%rdi), %r9
        movq    VCPU_R10(%rdi), %r10
        movq    VCPU_R11(%rdi), %r11
        movq    VCPU_R12(%rdi), %r12
        movq    VCPU_R13(%rdi), %r13
        movq    VCPU_R14(%rdi), %r14
        movq    VCPU_R15(%rdi), %r15
        movq    VCPU_RDI(%rdi), %rdi
        /*
         * Enter with IF=1: an interrupt that is already pending is taken as
         * an exit right after entry (STI holds it off until then). Some
         * processors' models only look for external interrupts in a guest
         * with IF=0 when they were unmasked before the entry.
         */
        jz      .Llaunch
        sti
        vmresume
        jmp     .Lfailed
.Llaunch:
        sti
        vmlaunch
.Lfailed:
        cli
        movq    %gs:PERCPU_CURR, %rdi
        call    vmx_entry_failed

/* HOST_RIP. RSP is the top of the pCPU's stack, IF=0. */
vmx_exit_stub:
        pushq   %rdi
        movq    %gs:PERCPU_CURR, %rdi
        movq    %rax, VCPU_RAX(%rdi)
        movq    %rcx, VCPU_RCX(%rdi)
        movq    %rdx, VCPU_RDX(%rdi)
        movq    %rbx, VCPU_RBX(%rdi)
        movq    %rbp, VCPU_RBP(%rdi)
        movq    %rsi, VCPU_RSI(%rdi)
        movq    %r8, VCPU_R8(%rdi)
        movq    %r9, VCPU_R9(%rdi)
        movq    %r10, VCPU_R10(%rdi)
        movq    %r11, VCPU_R11(%rdi)
        movq    %r12, VCPU_R12(%rdi)
        movq    %r13, VCPU_R13(%rdi)
        movq    %r14, VCPU_R14(%rdi)
        movq    %r15, VCPU_R15(%rdi)
        popq    VCPU_RDI(%rdi)
        xorl    %ebp, %ebp
vmx_exit_call: /* vmx-counters.c may change where to */
        call    vmx_handle_exit
        jmp     .Lloop

        .section .rodata
        .balign 2
vmx_entry_verw_sel: /* any selector does */
        .word   0

        .section .note.GNU-stack, "", @progbits
