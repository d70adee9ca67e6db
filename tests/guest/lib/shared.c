/* SPDX-License-Identifier: MIT */
/* The shared info page and the time that it tells. */
#include "lib.h"

/* The page takes the place of this part of our own image: all of a page. */
union shared_page shared_page
    __attribute__((aligned(PAGE_SIZE), section(".bss.page_aligned")));

void shared_info_map(void)
{
    struct xen_add_to_physmap arg = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_shared_info,
        .gpfn = gfn_of(&shared_info),
    };
    long rc = memory_op(XENMEM_add_to_physmap, &arg);

    if ( rc )
    {
        test_error("cannot map the shared info page: %ld", rc);
        test_exit();
    }
    /*
     * What the toolstack sent while it built us, and what the console will
     * send, would count as a case's own: forget the one, mask the other.
     */
    memset(shared_info.evtchn_mask, 0xff, sizeof(shared_info.evtchn_mask));
    memset(shared_info.evtchn_pending, 0, sizeof(shared_info.evtchn_pending));
    shared_info.vcpu_info[0].evtchn_pending_sel = 0;
    shared_info.vcpu_info[0].evtchn_upcall_pending = 0;
}

uint64_t now_ns(void)
{
    const volatile struct vcpu_time_info *t = &shared_info.vcpu_info[0].time;
    uint32_t version;
    uint64_t delta, ns;

    if ( booted_bare )
        return rdtsc();

    do
    {
        version = t->version;
        barrier();
        delta = rdtsc() - t->tsc_timestamp;
        if ( t->tsc_shift < 0 )
            delta >>= -t->tsc_shift;
        else
            delta <<= t->tsc_shift;
        ns = t->system_time +
             (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
        barrier();
    } while ( (version & 1) || version != t->version );

    return ns;
}
