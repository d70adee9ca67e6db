/* SPDX-License-Identifier: MIT */
/* Registers that a vCPU starts with when its guest brings it up. Pure. */
#include <xen/lib.h>
#include <public/arch-x86/hvm/save.h>
#include <public/hvm/hvm_vcpu.h>
#include <asm/hvm.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

static int decode_32bit(const struct vcpu_hvm_x86_32 *r32,
                        struct hvm_hw_cpu *out)
{
    if ( (r32->efer & (EFER_LME | EFER_LMA)) || r32->pad1 || r32->pad2[0] ||
         r32->pad2[1] || r32->pad2[2] || (r32->eflags & X86_EFLAGS_VM) )
        return -EINVAL;
    out->rax = r32->eax;
    out->rcx = r32->ecx;
    out->rdx = r32->edx;
    out->rbx = r32->ebx;
    out->rsp = r32->esp;
    out->rbp = r32->ebp;
    out->rsi = r32->esi;
    out->rdi = r32->edi;
    out->rip = r32->eip;
    out->rflags = r32->eflags | X86_EFLAGS_MBS;
    out->cr0 = r32->cr0;
    out->cr3 = r32->cr3;
    out->cr4 = r32->cr4;
    out->msr_efer = r32->efer;
    out->cs_base = r32->cs_base;
    out->ds_base = r32->ds_base;
    out->ss_base = r32->ss_base;
    out->es_base = r32->es_base;
    out->tr_base = r32->tr_base;
    out->cs_limit = r32->cs_limit;
    out->ds_limit = r32->ds_limit;
    out->ss_limit = r32->ss_limit;
    out->es_limit = r32->es_limit;
    out->tr_limit = r32->tr_limit;
    out->cs_arbytes = r32->cs_ar;
    out->ds_arbytes = r32->ds_ar;
    out->ss_arbytes = r32->ss_ar;
    out->es_arbytes = r32->es_ar;
    out->tr_arbytes = r32->tr_ar;
    return 0;
}

/* Attributes of a flat 64-bit code, a data and a busy task segment. */
#define AR_CODE64 0xa9b
#define AR_DATA   0xc93
#define AR_TSS    0x8b
#define LIMIT_TSS 0x67
#define DR6_RESET 0xffff0ff0
#define DR7_RESET 0x400

static int decode_64bit(const struct vcpu_hvm_x86_64 *r64,
                        struct hvm_hw_cpu *out)
{
    if ( !(r64->cr0 & X86_CR0_PG) || !(r64->cr4 & X86_CR4_PAE) ||
         !(r64->efer & EFER_LME) )
        return -EINVAL;
    out->rax = r64->rax;
    out->rcx = r64->rcx;
    out->rdx = r64->rdx;
    out->rbx = r64->rbx;
    out->rsp = r64->rsp;
    out->rbp = r64->rbp;
    out->rsi = r64->rsi;
    out->rdi = r64->rdi;
    out->rip = r64->rip;
    out->rflags = r64->rflags | X86_EFLAGS_MBS;
    out->cr0 = r64->cr0;
    out->cr3 = r64->cr3;
    out->cr4 = r64->cr4;
    out->msr_efer = r64->efer | EFER_LMA;
    out->cs_limit = out->ds_limit = out->ss_limit = out->es_limit = ~0u;
    out->cs_arbytes = AR_CODE64;
    out->ds_arbytes = out->ss_arbytes = out->es_arbytes = AR_DATA;
    out->tr_limit = LIMIT_TSS;
    out->tr_arbytes = AR_TSS;
    return 0;
}

int hvm_decode_context(const struct vcpu_hvm_context *c, struct hvm_hw_cpu *out)
{
    if ( c->pad )
        return -EINVAL;
    memset(out, 0, sizeof(*out));
    out->dr6 = DR6_RESET;
    out->dr7 = DR7_RESET;
    switch ( c->mode )
    {
    case VCPU_HVM_MODE_32B:
        return decode_32bit(&c->cpu_regs.x86_32, out);
    case VCPU_HVM_MODE_64B:
        return decode_64bit(&c->cpu_regs.x86_64, out);
    default:
        return -EINVAL;
    }
}
