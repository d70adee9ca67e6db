/* SPDX-License-Identifier: MIT */
/* SDM "Loading MSRs", "Saving MSRs": the lists that entries and exits work. */
#include <asm/msr-index.h>

#include "msr-list.h"

struct vmx_msr_entry
{
    uint32_t index;
    uint32_t reserved;
    uint64_t data;
};

_Static_assert(sizeof(struct vmx_msr_entry) == VMX_MSR_ENTRY_SIZE,
               "SDM \"VM-Exit Controls for MSRs\"");

#define MSR_SMM_MONITOR_CTL 0x9bu
#define MSR_UCODE_UPDATE    0x79u
#define MSR_SMBASE          0x9eu

unsigned int msr_list_max(const struct nested_caps *caps)
{
    unsigned int units =
        caps->misc >> VMX_MISC_MSR_LIST_SHIFT & VMX_MISC_MSR_LIST_MASK;

    return (units + 1) * VMX_MISC_MSR_LIST_UNIT;
}

static bool is_x2apic(uint32_t msr)
{
    return msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST;
}

static bool may_load(const struct vmx_msr_entry *e)
{
    return !e->reserved && e->index != MSR_FS_BASE && e->index != MSR_GS_BASE &&
           e->index != MSR_SMM_MONITOR_CTL && e->index != MSR_UCODE_UPDATE &&
           e->index != MSR_UCODE_REV && !is_x2apic(e->index);
}

static bool may_store(const struct vmx_msr_entry *e)
{
    return !e->reserved && e->index != MSR_SMBASE && !is_x2apic(e->index);
}

uint32_t msr_list_load(struct nested_vcpu *nv, const struct msr_access *msr,
                       uint64_t gpa, uint32_t count)
{
    unsigned int limit = msr_list_max(nv->caps);

    for ( uint32_t i = 0; i < count; i++ )
    {
        struct vmx_msr_entry e;

        if ( i >= limit ||
             nv->env->read_phys(nv->priv, gpa + (uint64_t)i * sizeof(e), &e,
                                sizeof(e)) ||
             !may_load(&e) || msr->write(nv->priv, e.index, e.data) )
            return i + 1;
    }

    return 0;
}

uint32_t msr_list_store(struct nested_vcpu *nv, const struct msr_access *msr,
                        uint64_t gpa, uint32_t count)
{
    unsigned int limit = msr_list_max(nv->caps);

    for ( uint32_t i = 0; i < count; i++ )
    {
        uint64_t at = gpa + (uint64_t)i * sizeof(struct vmx_msr_entry);
        struct vmx_msr_entry e;

        if ( i >= limit || nv->env->read_phys(nv->priv, at, &e, sizeof(e)) ||
             !may_store(&e) || msr->read(nv->priv, e.index, &e.data) ||
             nv->env->write_phys(nv->priv,
                                 at + offsetof(struct vmx_msr_entry, data),
                                 &e.data, sizeof(e.data)) )
            return i + 1;
    }

    return 0;
}
