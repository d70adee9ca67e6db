/* SPDX-License-Identifier: MIT */
/* The VMX instructions, one function each. */
#pragma once

#include <xen/compiler.h>
#include <asm/vmx-defs.h>

void noreturn vmx_insn_failed(const char *insn, uint64_t operand);

/* Fields are written as VMCS_<name>; a bad encoding is a bug of ours. */
static inline uint64_t vmread(uint32_t field)
{
    uint64_t v;

    __asm__ volatile("vmread %1, %0" : "=rm"(v) : "r"((uint64_t)field) : "cc");
    return v;
}

static inline void vmwrite(uint32_t field, uint64_t v)
{
    bool fail;

    __asm__ volatile("vmwrite %1, %2"
                     : "=@ccbe"(fail)
                     : "rm"(v), "r"((uint64_t)field));
    if ( unlikely(fail) )
        vmx_insn_failed("VMWRITE", field);
}

static inline bool vmx_vmxon(uint64_t pa)
{
    bool fail;

    __asm__ volatile("vmxon %1" : "=@ccbe"(fail) : "m"(pa) : "memory");
    return !fail;
}

static inline void vmx_vmclear(uint64_t pa)
{
    bool fail;

    __asm__ volatile("vmclear %1" : "=@ccbe"(fail) : "m"(pa) : "memory");
    if ( unlikely(fail) )
        vmx_insn_failed("VMCLEAR", pa);
}

static inline void vmx_vmptrld(uint64_t pa)
{
    bool fail;

    __asm__ volatile("vmptrld %1" : "=@ccbe"(fail) : "m"(pa) : "memory");
    if ( unlikely(fail) )
        vmx_insn_failed("VMPTRLD", pa);
}

static inline void vmx_invept(uint64_t type, uint64_t eptp)
{
    struct
    {
        uint64_t eptp, zero;
    } desc = { eptp, 0 };
    bool fail;

    __asm__ volatile("invept %1, %2"
                     : "=@ccbe"(fail)
                     : "m"(desc), "r"(type)
                     : "memory");
    if ( unlikely(fail) )
        vmx_insn_failed("INVEPT", eptp);
}

static inline void vmx_invvpid(uint64_t type, uint16_t vpid, uint64_t gva)
{
    struct
    {
        uint64_t vpid, gva;
    } desc = { vpid, gva };
    bool fail;

    __asm__ volatile("invvpid %1, %2"
                     : "=@ccbe"(fail)
                     : "m"(desc), "r"(type)
                     : "memory");
    if ( unlikely(fail) )
        vmx_insn_failed("INVVPID", vpid);
}
