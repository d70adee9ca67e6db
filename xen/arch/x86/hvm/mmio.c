/* SPDX-License-Identifier: MIT */
/* Memory-mapped devices of the hypervisor, found by guest-physical address. */
#include <xen/domain.h>
#include <asm/hvm-io.h>
#include <asm/vioapic.h>
#include <asm/vlapic.h>
#include <asm/vpci.h>

uint64_t hvm_mmio_read(struct vcpu *v, paddr_t gpa, unsigned int size)
{
    if ( vlapic_mmio_covers(v, gpa) )
        return vlapic_mmio_read(v, gpa & ~PAGE_MASK, size);
    if ( v->domain->arch.vioapic && vioapic_mmio_covers(v->domain, gpa) )
        return vioapic_mmio_read(v, gpa, size);
    if ( vpci_mmio_covers(v->domain, gpa) )
        return vpci_mmio_read(v, gpa, size);
    /* As on a bus where nothing answers. */
    return size == 8 ? ~0ULL : (1ULL << (size * 8)) - 1;
}

void hvm_mmio_write(struct vcpu *v, paddr_t gpa, unsigned int size,
                    uint64_t val)
{
    if ( vlapic_mmio_covers(v, gpa) )
        vlapic_mmio_write(v, gpa & ~PAGE_MASK, size, val);
    else if ( v->domain->arch.vioapic && vioapic_mmio_covers(v->domain, gpa) )
        vioapic_mmio_write(v, gpa, size, val);
    else if ( vpci_mmio_covers(v->domain, gpa) )
        vpci_mmio_write(v, gpa, size, val);
}
