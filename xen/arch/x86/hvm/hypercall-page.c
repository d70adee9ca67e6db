/* SPDX-License-Identifier: MIT */
/* The hypercall page: one entry of code per hypercall, in guest memory. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include "msr-private.h"

#define ENTRY_BYTES    32
#define NR_ENTRIES     (PAGE_SIZE / ENTRY_BYTES)
#define HYPERCALL_IRET 23

/* mov $nr, %eax; vmcall; ret */
static void write_entry(uint8_t *p, uint32_t nr)
{
    static const uint8_t code[] = { 0xb8, 0, 0, 0, 0, 0x0f, 0x01, 0xc1, 0xc3 };

    memset(p, 0xcc, ENTRY_BYTES);
    memcpy(p, code, sizeof(code));
    memcpy(p + 1, &nr, sizeof(nr));
    /* Not there for hardware-virtualized guests: ud2. */
    if ( nr == HYPERCALL_IRET )
    {
        p[0] = 0x0f;
        p[1] = 0x0b;
    }
}

/* val: address of the page, its number (always 0) in the low bits. */
int hypercall_page_write(struct domain *d, uint64_t val)
{
    uint8_t entry[ENTRY_BYTES];

    if ( val & ~PAGE_MASK )
        return -EFAULT;
    for ( uint32_t i = 0; i < NR_ENTRIES; i++ )
    {
        write_entry(entry, i);
        if ( copy_to_guest_phys(d, val + i * ENTRY_BYTES, entry,
                                sizeof(entry)) )
            return -EFAULT;
    }
    hvm_latch_shinfo_size(d);
    return 0;
}
