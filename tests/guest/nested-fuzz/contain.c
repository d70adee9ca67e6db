/* SPDX-License-Identifier: MIT */
/*
 * What a VMCS must have, whatever it was given. Without these the L2 could do
 * as it likes with this L1, for as long as it likes.
 */
#include "fuzz.h"

#define OUR_MEMORY (32ul << 20)

volatile struct msr_entry *exit_list, *entry_list;
static uint64_t *eptp_list;

/* A store that fails is the end of an L1, so that list has good entries. */
void prepare_containment(uint64_t other_eptp)
{
    exit_list = alloc_page();
    entry_list = alloc_page();
    for ( unsigned int i = 0; i < LIST_ENTRIES; i++ )
        exit_list[i].msr = entry_list[i].msr = MSR_STAR;
    entry_list[LIST_ENTRIES - 1].msr = MSR_X2APIC_BASE; /* none loads this */
    eptp_list = alloc_page();
    eptp_list[0] = eptp;
    eptp_list[1] = other_eptp;
    eptp_list[2] = eptp | 7; /* no memory type */
}

/* Pages that the processor writes to, behind the EPT's back. */
static bool is_written_page(uint32_t field)
{
    switch ( field )
    {
    case 0x200e: /* page-modification log */
    case 0x2012: /* virtual APIC */
    case 0x2016: /* posted-interrupt descriptor */
    case 0x202a: /* #VE info */
    case VMCS_LINK:
        return true;

    default:
        return false;
    }
}

void contain_field(uint32_t field)
{
    uint64_t val;

    if ( vmread(field, &val) )
        return;
    if ( is_written_page(field) )
    {
        if ( val < OUR_MEMORY )
            vmwrite(field, (unsigned long)scratch + val % PAGE_SIZE);
        return;
    }
    switch ( field )
    {
    case PIN_CONTROLS:
        vmwrite(field, val | PIN_PREEMPT | PIN_EXT_INT);
        break;
    case PREEMPTION_TIMER:
        vmwrite(field, val % (TIME_SLICE + 1));
        break;
    case PROC_CONTROLS:
        vmwrite(field, val | PROC_SECONDARY);
        break;
    case PROC2_CONTROLS:
        vmwrite(field, val | PROC2_EPT);
        break;
    case EPT_POINTER: /* not the address */
        vmwrite(field, (eptp & ~0xfffull) | (val & 0xfff));
        break;
    case 0x2024: /* list of EPTPs */
        vmwrite(field, (unsigned long)eptp_list);
        break;
    case GUEST_ACTIVITY:
        /* Nobody would send the start-up IPI that ends this. */
        if ( val == 3 )
            vmwrite(field, 0);
        break;
    /* MSR lists are read, or written, at an address: ours. */
    case EXIT_MSR_STORE:
    case EXIT_MSR_LOAD:
        vmwrite(field, (unsigned long)exit_list);
        break;
    case ENTRY_MSR_LOAD:
        vmwrite(field, (unsigned long)entry_list);
        break;
    case EXIT_MSR_LOAD_COUNT: /* loads at exit reach us */
        vmwrite(field, 0);
        break;
    case EXIT_MSR_STORE_COUNT:
    case ENTRY_MSR_LOAD_COUNT:
        vmwrite(field, val % LIST_ENTRIES + (val % 64 == 63));
        break;
    default:
        break;
    }
}

void contain(void)
{
    static const uint16_t fields[] = {
        PIN_CONTROLS,
        PREEMPTION_TIMER,
        PROC_CONTROLS,
        PROC2_CONTROLS,
        EPT_POINTER,
        0x2024,
        GUEST_ACTIVITY,
        EXIT_MSR_STORE,
        EXIT_MSR_LOAD,
        ENTRY_MSR_LOAD,
        EXIT_MSR_LOAD_COUNT,
        EXIT_MSR_STORE_COUNT,
        0x200e,
        0x2012,
        0x2016,
        0x202a,
        VMCS_LINK,
        ENTRY_MSR_LOAD_COUNT,
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(fields); i++ )
        contain_field(fields[i]);
}
