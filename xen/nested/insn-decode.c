/* SPDX-License-Identifier: MIT */
/* Operands of VMX instructions, from what the exit says about them. */
#include <asm/canonical.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "insn.h"

/* SDM "Information for VM Exits Due to Instruction Execution" */
#define INFO_SCALE_MASK      0x3u
#define INFO_REG1_SHIFT      3
#define INFO_ADDR_SIZE_SHIFT 7
#define INFO_ADDR_SIZE_MASK  0x7u
#define INFO_SEG_SHIFT       15
#define INFO_SEG_MASK        0x7u
#define INFO_INDEX_SHIFT     18
#define INFO_INDEX_INVALID   (1u << 22)
#define INFO_BASE_SHIFT      23
#define INFO_BASE_INVALID    (1u << 27)
#define INFO_REG2_SHIFT      28
#define INFO_REG_MASK        0xfu

bool insn_is_64bit(const struct insn_cpu *cpu)
{
    return (cpu->efer & EFER_LMA) && cpu->cs_l;
}

unsigned int insn_reg1(const struct insn_exit *exit)
{
    return exit->info >> INFO_REG1_SHIFT & INFO_REG_MASK;
}

unsigned int insn_reg2(const struct insn_exit *exit)
{
    return exit->info >> INFO_REG2_SHIFT & INFO_REG_MASK;
}

static uint64_t effective_address(const struct insn_cpu *cpu,
                                  const struct insn_exit *exit)
{
    static const uint64_t size_mask[] = { 0xffff, 0xffffffff, ~0ULL };
    unsigned int size =
        exit->info >> INFO_ADDR_SIZE_SHIFT & INFO_ADDR_SIZE_MASK;
    uint64_t ea = exit->qual;

    if ( !(exit->info & INFO_BASE_INVALID) )
        ea += cpu->gpr[exit->info >> INFO_BASE_SHIFT & INFO_REG_MASK];
    if ( !(exit->info & INFO_INDEX_INVALID) )
        ea += cpu->gpr[exit->info >> INFO_INDEX_SHIFT & INFO_REG_MASK]
              << (exit->info & INFO_SCALE_MASK);

    return size < ARRAY_SIZE(size_mask) ? ea & size_mask[size] : ea;
}

/* May an access of len bytes at offset ea go through this segment? */
static bool segment_allows(const struct vmcs12_segment *s, uint64_t ea,
                           unsigned int len, bool write)
{
    bool code = s->ar & SEG_AR_CODE;
    uint64_t last = ea + len - 1;

    if ( s->ar & SEG_AR_UNUSABLE )
        return false;
    if ( write ? code || !(s->ar & SEG_AR_WRITABLE)
               : code && !(s->ar & SEG_AR_READABLE) )
        return false;
    if ( !code && (s->ar & SEG_AR_EXPAND_DOWN) )
        return ea > s->limit &&
               last <= (s->ar & SEG_AR_DB ? 0xffffffffu : 0xffffu);

    return last <= s->limit;
}

bool insn_mem_linear(const struct nested_vcpu *nv, const struct insn_cpu *cpu,
                     const struct insn_exit *exit, unsigned int len, bool write,
                     uint64_t *la, struct nested_fault *fault)
{
    unsigned int seg = exit->info >> INFO_SEG_SHIFT & INFO_SEG_MASK;
    uint64_t ea = effective_address(cpu, exit);
    struct vmcs12_segment s;
    bool ok;

    if ( insn_is_64bit(cpu) )
    {
        *la = ea;
        if ( seg == SEG_FS || seg == SEG_GS )
        {
            nv->env->get_segment(nv->priv, seg, &s);
            *la += s.base;
        }
        ok = is_canonical(*la) && is_canonical(*la + len - 1);
    }
    else
    {
        nv->env->get_segment(nv->priv, seg, &s);
        *la = (uint32_t)(s.base + ea);
        ok = segment_allows(&s, ea, len, write);
    }

    if ( !ok )
        *fault = (struct nested_fault){
            .vector = seg == SEG_SS ? X86_EXC_SS : X86_EXC_GP,
            .has_error = true,
        };

    return ok;
}

bool insn_read_mem(const struct nested_vcpu *nv, const struct insn_cpu *cpu,
                   const struct insn_exit *exit, void *buf, unsigned int len,
                   struct nested_fault *fault)
{
    uint64_t la;

    return insn_mem_linear(nv, cpu, exit, len, false, &la, fault) &&
           nv->env->read_linear(nv->priv, la, buf, len, fault) == 0;
}

bool insn_write_mem(const struct nested_vcpu *nv, const struct insn_cpu *cpu,
                    const struct insn_exit *exit, const void *buf,
                    unsigned int len, struct nested_fault *fault)
{
    uint64_t la;

    return insn_mem_linear(nv, cpu, exit, len, true, &la, fault) &&
           nv->env->write_linear(nv->priv, la, buf, len, fault) == 0;
}
