/* SPDX-License-Identifier: MIT */
/* Exits of EPT violations: missing RAM rights, devices, nothing at all. */

#include <xen/dom0.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/emulate.h>
#include <asm/log-dirty.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

enum exit_result vmx_exit_ept_violation(struct vcpu *v)
{
    uint64_t qual = vmread(VMCS_exit_qualification);
    paddr_t gpa = vmread(VMCS_guest_phys_addr);
    p2m_type_t t;
    unsigned int order;

    vmx_reblock_nmi(v, qual);
    p2m_get_entry(v->domain, gaddr_to_gfn(gpa), &t, &order);
    if ( t == p2m_ram_rw || t == p2m_grant_map_rw || t == p2m_map_foreign ||
         t == p2m_mmio_direct || t == p2m_xen || t == p2m_apic_access )
    {
        /* Mapped with all rights: the translation changed under the walk. */
        return EXIT_RESUME;
    }
    if ( t == p2m_ram_logdirty )
    {
        /* All but writes is allowed there. */
        log_dirty_fault(v->domain, gaddr_to_gfn(gpa));
        return EXIT_RESUME;
    }
    if ( t == p2m_grant_map_ro && (qual & EPT_QUAL_WRITE) )
    {
        domain_crash(v->domain, "write to a page granted read-only at gpa %#lx",
                     gpa);
        return EXIT_RESUME;
    }
    if ( t == p2m_invalid && v->domain->is_hwdom &&
         dom0_map_device(v->domain, gpa) )
        return EXIT_RESUME;
    if ( t == p2m_invalid && vmx_apic_map_window(v, gpa) )
        return EXIT_RESUME;
    if ( (qual & EPT_QUAL_FETCH) && t == p2m_invalid )
    {
        domain_crash(v->domain,
                     "instruction fetch from gpa %#lx, where "
                     "there is no memory",
                     gpa);
        return EXIT_RESUME;
    }
    hvm_emulate_mmio(v, gpa, vmread(VMCS_guest_linear_addr),
                     qual & EPT_QUAL_GLA_VALID ? EMUL_AT_GLA : EMUL_ANYWHERE);
    local_irq_take();
    return EXIT_RESUME;
}

enum exit_result vmx_exit_ept_misconfig(struct vcpu *v)
{
    /* Our mistake, but in tables that nobody else uses. */
    domain_crash(v->domain, "EPT misconfiguration at gpa %#lx",
                 vmread(VMCS_guest_phys_addr));
    return EXIT_RESUME;
}
