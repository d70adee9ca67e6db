/* SPDX-License-Identifier: MIT */
/* Run states: how long a vCPU has run, waited, been blocked, been stopped. */

#include <xen/compat.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <public/vcpu.h>
#include "private.h"

/* Where state_entry_time is in the record of 32-bit code. */
#define ENTRY_TIME_32 4

void set_runstate(struct vcpu *v, int state, s_time_t now)
{
    if ( v->runstate == state )
        return;
    v->runstate_time[v->runstate] += now - v->state_entry_time;
    v->state_entry_time = now;
    v->runstate = state;
}

uint64_t vcpu_runtime(const struct vcpu *v)
{
    uint64_t t = v->runstate_time[RUNSTATE_running];

    if ( v->runstate == RUNSTATE_running )
        t += NOW() - v->state_entry_time;
    return t;
}

void vcpu_runstate_last(const struct vcpu *v, vcpu_runstate_info_t *out)
{
    memset(out, 0, sizeof(*out));
    out->state = v->runstate;
    out->state_entry_time = v->state_entry_time;
    for ( unsigned int i = 0; i < 4; i++ )
        out->time[i] = v->runstate_time[i];
}

void vcpu_runstate_get(const struct vcpu *v, vcpu_runstate_info_t *out)
{
    s_time_t now = NOW();

    vcpu_runstate_last(v, out);
    if ( now > (s_time_t)out->state_entry_time )
        out->time[out->state] += now - out->state_entry_time;
}

/* The area, in the form that the domain has what it shares in. */
static bool put_area(struct vcpu *v, const vcpu_runstate_info_t *info)
{
    uint8_t compat[COMPAT_STRUCT_MAX];

    if ( !v->domain->arch.has_32bit_shinfo )
        return !copy_to_guest_va(v->runstate_guest, info, sizeof(*info));
    layout_narrow(RUNSTATE_INFO, info, compat);
    return !copy_to_guest_va(v->runstate_guest, compat,
                             layout_size(RUNSTATE_INFO, true));
}

/*
 * The guest reads the area while it may be written: with the update flag it
 * sees that and reads again. v is current.
 */
void vcpu_runstate_update_guest(struct vcpu *v)
{
    size_t entry_offset =
        v->domain->arch.has_32bit_shinfo
            ? ENTRY_TIME_32
            : offsetof(vcpu_runstate_info_t, state_entry_time);
    uint64_t entry_gva = v->runstate_guest + entry_offset;
    vcpu_runstate_info_t info;
    uint64_t flagged;

    vcpu_runstate_last(v, &info);
    if ( !(v->domain->vm_assist & (1u << VMASST_TYPE_runstate_update_flag)) )
    {
        put_area(v, &info);
        return;
    }
    flagged = info.state_entry_time | XEN_RUNSTATE_UPDATE;
    if ( copy_to_guest_va(entry_gva, &flagged, sizeof(flagged)) )
        return;
    info.state_entry_time = flagged;
    if ( !put_area(v, &info) )
        return;
    flagged &= ~XEN_RUNSTATE_UPDATE;
    (void)copy_to_guest_va(entry_gva, &flagged, sizeof(flagged));
}
