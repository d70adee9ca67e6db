/* SPDX-License-Identifier: MIT */
/* INVEPT and INVVPID. */
#include <asm/canonical.h>
#include <asm/processor.h>

#include "checks.h"
#include "insn.h"

struct inv_descriptor
{
    uint64_t lo, hi;
};

/* Type operand: a register, of operand size. */
static uint64_t type_operand(const struct insn_cpu *cpu,
                             const struct insn_exit *exit)
{
    uint64_t type = cpu->gpr[insn_reg2(exit)];

    return insn_is_64bit(cpu) ? type : (uint32_t)type;
}

struct insn_outcome insn_invept(struct nested_vcpu *nv,
                                const struct insn_cpu *cpu,
                                const struct insn_exit *exit)
{
    struct insn_outcome out = { .result = INSN_FAULT };
    uint64_t type = type_operand(cpu, exit);
    uint64_t cap = type == INVEPT_SINGLE ? EPT_CAP_INVEPT_SINGLE
                   : type == INVEPT_ALL  ? EPT_CAP_INVEPT_ALL
                                         : 0;
    struct inv_descriptor desc;

    if ( !(nv->caps->ept_vpid & EPT_CAP_INVEPT) )
        return insn_fault(X86_EXC_UD, false, 0);
    if ( !(nv->caps->ept_vpid & cap) )
        return insn_fail(nv, VMX_ERR_INVALID_OPERAND);

    if ( !insn_read_mem(nv, cpu, exit, &desc, sizeof(desc), &out.fault) )
        return out;
    if ( type == INVEPT_SINGLE && !check_eptp(nv->caps, desc.lo) )
        return insn_fail(nv, VMX_ERR_INVALID_OPERAND);

    nv->env->invept(nv->priv, type, desc.lo);
    return insn_succeed();
}

struct insn_outcome insn_invvpid(struct nested_vcpu *nv,
                                 const struct insn_cpu *cpu,
                                 const struct insn_exit *exit)
{
    static const uint64_t cap[] = {
        [INVVPID_ADDR] = VPID_CAP_INVVPID_ADDR,
        [INVVPID_SINGLE] = VPID_CAP_INVVPID_SINGLE,
        [INVVPID_ALL] = VPID_CAP_INVVPID_ALL,
        [INVVPID_NONGLOBAL] = VPID_CAP_INVVPID_NONGLOBAL,
    };
    struct insn_outcome out = { .result = INSN_FAULT };
    uint64_t type = type_operand(cpu, exit);
    struct inv_descriptor desc;
    uint16_t vpid;

    if ( !(nv->caps->ept_vpid & VPID_CAP_INVVPID) )
        return insn_fault(X86_EXC_UD, false, 0);
    if ( type >= ARRAY_SIZE(cap) || !(nv->caps->ept_vpid & cap[type]) )
        return insn_fail(nv, VMX_ERR_INVALID_OPERAND);

    if ( !insn_read_mem(nv, cpu, exit, &desc, sizeof(desc), &out.fault) )
        return out;

    vpid = desc.lo;
    if ( desc.lo >> 16 || (type != INVVPID_ALL && !vpid) ||
         (type == INVVPID_ADDR && !is_canonical(desc.hi)) )
        return insn_fail(nv, VMX_ERR_INVALID_OPERAND);

    nv->env->invvpid(nv->priv, type, vpid, desc.hi);
    return insn_succeed();
}
