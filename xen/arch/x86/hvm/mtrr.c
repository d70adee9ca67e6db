/* SPDX-License-Identifier: MIT */
/* Memory type range registers and PAT values: checked state, no effect. */

/*
 * Memory types of a guest come from EPT and its PAT. The MTRRs are kept so
 * that a guest finds what it wrote; Dom0 starts with the host's.
 */
#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/msr-index.h>
#include "msr-private.h"

#define MTRR_VCNT        8
#define MTRR_CAP_FIXED   0x100u
#define MTRR_CAP_WC      0x400u
#define MTRR_DEF_TYPE    0xffu
#define MTRR_DEF_FIXED   0x400u
#define MTRR_DEF_ENABLE  0x800u

#define MEMTYPE_WB       6
#define MEMTYPE_UC_MINUS 7

/* SDM "Memory Types That Can Be Encoded in MTRRs" */
static bool mtrr_type_valid(uint8_t type)
{
    return type == 0 || type == 1 || (type >= 4 && type <= MEMTYPE_WB);
}

/* SDM "IA32_PAT MSR" */
bool hvm_pat_valid(uint64_t pat)
{
    for ( unsigned int i = 0; i < 8; i++, pat >>= 8 )
        if ( !mtrr_type_valid(pat & 0xff) && (pat & 0xff) != MEMTYPE_UC_MINUS )
            return false;
    return true;
}

static bool addr_bits_valid(const struct vcpu *v, uint64_t val)
{
    unsigned int width = v->domain->arch.policy->ext[8].a & 0xff;

    return !(val >> (width ? width : 36));
}

/* Index into mtrr_fixed[] in the order of Xen's save record; -1: not one. */
static int fixed_index(uint32_t msr)
{
    if ( msr == MSR_MTRR_FIX64K )
        return 0;
    if ( msr == MSR_MTRR_FIX16K_80000 || msr == MSR_MTRR_FIX16K_A0000 )
        return 1 + (msr - MSR_MTRR_FIX16K_80000);
    if ( msr >= MSR_MTRR_FIX4K_C0000 && msr <= MSR_MTRR_FIX4K_F8000 )
        return 3 + (msr - MSR_MTRR_FIX4K_C0000);
    return -1;
}

static uint64_t *mtrr_slot(struct vcpu *v, uint32_t msr)
{
    int fixed = fixed_index(msr);

    if ( fixed >= 0 )
        return &v->arch.mtrr_fixed[fixed];
    if ( msr >= MSR_MTRR_PHYSBASE0 && msr < MSR_MTRR_PHYSBASE0 + 2 * MTRR_VCNT )
        return &v->arch.mtrr_var[msr - MSR_MTRR_PHYSBASE0];
    if ( msr == MSR_MTRR_DEF_TYPE )
        return &v->arch.mtrr_def_type;
    return msr == MSR_MTRRCAP ? &v->arch.mtrr_cap : NULL;
}

bool mtrr_value_valid(const struct vcpu *v, uint32_t msr, uint64_t val)
{
    if ( msr == MSR_MTRRCAP )
        return false;
    if ( fixed_index(msr) >= 0 )
    {
        for ( unsigned int i = 0; i < 8; i++, val >>= 8 )
            if ( !mtrr_type_valid(val & 0xff) )
                return false;
        return true;
    }
    if ( msr == MSR_MTRR_DEF_TYPE )
        return !(val & ~(uint64_t)(MTRR_DEF_TYPE | MTRR_DEF_FIXED |
                                   MTRR_DEF_ENABLE)) &&
               mtrr_type_valid(val & MTRR_DEF_TYPE);
    if ( !addr_bits_valid(v, val) )
        return false;
    if ( msr & 1 ) /* a mask */
        return !(val & 0x7ff);
    return !(val & 0xf00) && mtrr_type_valid(val & 0xff);
}

int mtrr_read(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const uint64_t *slot = mtrr_slot(v, msr);

    if ( !slot )
        return -EFAULT;
    *val = *slot;
    return 0;
}

int mtrr_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t *slot = mtrr_slot(v, msr);

    if ( !slot || !mtrr_value_valid(v, msr, val) )
        return -EFAULT;
    *slot = val;
    return 0;
}

/* Dom0 sees the machine's, as far as they fit into eight ranges. */
static void copy_host(struct vcpu *v)
{
    uint64_t cap, val;

    if ( rdmsr_safe(MSR_MTRRCAP, &cap) )
        return;
    for ( uint32_t msr = MSR_MTRR_PHYSBASE0; msr <= MSR_MTRR_DEF_TYPE; msr++ )
    {
        uint64_t *slot = mtrr_slot(v, msr);
        uint32_t range = (msr - MSR_MTRR_PHYSBASE0) / 2;

        if ( !slot || (range < MTRR_VCNT && range >= (cap & 0xff)) )
            continue;
        if ( fixed_index(msr) >= 0 && !(cap & MTRR_CAP_FIXED) )
            continue;
        if ( !rdmsr_safe(msr, &val) && mtrr_value_valid(v, msr, val) )
            *slot = val;
    }
}

void mtrr_reset(struct vcpu *v)
{
    memset(v->arch.mtrr_fixed, 0, sizeof(v->arch.mtrr_fixed));
    memset(v->arch.mtrr_var, 0, sizeof(v->arch.mtrr_var));
    v->arch.mtrr_def_type = 0;
    v->arch.mtrr_cap = MTRR_CAP_WC | MTRR_CAP_FIXED | MTRR_VCNT;
    if ( v->domain->is_hwdom )
        copy_host(v);
}
