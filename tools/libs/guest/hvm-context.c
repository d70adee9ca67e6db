/* SPDX-License-Identifier: MIT */
/* The first vcpu's registers, as a stream of HVM save records. */

/*
 * A PVH kernel starts in 32-bit protected mode with flat segments, paging off,
 * and ebx pointing to the start info. The hypervisor takes registers only as a
 * save stream: we ask for that of the fresh domain, keep its header (which
 * says who wrote it) and its MTRR records, and add the CPU record.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/hvm/save.h>

#include "private.h"

#define CODE_END     0
#define CODE_HEADER  1
#define CODE_CPU     2
#define CODE_MTRR    14

#define CR0_PE       0x00000001ull
#define CR0_ET       0x00000010ull
#define RFLAGS_FIXED 0x2ull
#define DR6_DEFAULT  0xffff0ff0ull
#define DR7_DEFAULT  0x400ull

/* Access rights without the hole that descriptors have in the middle. */
#define AR_FLAT_CODE32      0xc9bu
#define AR_FLAT_DATA32      0xc93u
#define AR_TSS32_BUSY       0x08bu
#define TSS_MIN_LIMIT       0x67u

#define MTRR_DEF_ENABLE     (1ull << 11)
#define MTRR_TYPE_WRITEBACK 6ull

struct stream
{
    uint8_t *data;
    size_t used, room;
};

static void put(struct stream *s, uint16_t code, uint16_t instance,
                const void *record, uint32_t length)
{
    struct hvm_save_descriptor desc = { code, instance, length };

    memcpy(s->data + s->used, &desc, sizeof(desc));
    s->used += sizeof(desc);
    if ( length )
        memcpy(s->data + s->used, record, length);
    s->used += length;
}

static void put_cpu(struct stream *s, uint32_t entry, uint32_t start_info)
{
    struct hvm_hw_cpu cpu = {
        .rip = entry,
        .rbx = start_info,
        .rflags = RFLAGS_FIXED,
        .cr0 = CR0_PE | CR0_ET,
        .dr6 = DR6_DEFAULT,
        .dr7 = DR7_DEFAULT,
        .cs_limit = ~0u,
        .ds_limit = ~0u,
        .es_limit = ~0u,
        .ss_limit = ~0u,
        .tr_limit = TSS_MIN_LIMIT,
        .cs_arbytes = AR_FLAT_CODE32,
        .ds_arbytes = AR_FLAT_DATA32,
        .es_arbytes = AR_FLAT_DATA32,
        .ss_arbytes = AR_FLAT_DATA32,
        .tr_arbytes = AR_TSS32_BUSY,
    };

    put(s, CODE_CPU, 0, &cpu, sizeof(cpu));
}

/* With MTRRs off all memory would be uncached: the default becomes WB. */
static void put_mtrr(struct stream *s, uint16_t instance, const uint8_t *record,
                     uint32_t length)
{
    struct hvm_hw_mtrr mtrr;

    if ( length != sizeof(mtrr) )
        return;
    memcpy(&mtrr, record, sizeof(mtrr));
    mtrr.msr_mtrr_def_type = MTRR_DEF_ENABLE | MTRR_TYPE_WRITEBACK;
    put(s, CODE_MTRR, instance, &mtrr, sizeof(mtrr));
}

int xg_hvm_context(const uint8_t *saved, size_t saved_size, uint32_t entry,
                   uint32_t start_info, uint8_t **out, size_t *out_size,
                   struct xg_error *err)
{
    struct hvm_save_descriptor desc;
    struct stream s = { 0 };
    bool have_header = false;
    size_t offset = 0;

    /* What is kept of the saved stream, the CPU record, the end. */
    s.room = saved_size + sizeof(struct hvm_hw_cpu) + 2 * sizeof(desc);
    s.data = malloc(s.room);
    if ( !s.data )
        return xg_fail(err, "out of memory");

    while ( saved_size - offset >= sizeof(desc) )
    {
        memcpy(&desc, saved + offset, sizeof(desc));
        offset += sizeof(desc);
        if ( desc.length > saved_size - offset || desc.typecode == CODE_END )
            break;
        if ( desc.typecode == CODE_HEADER )
        {
            put(&s, CODE_HEADER, 0, saved + offset, desc.length);
            put_cpu(&s, entry, start_info);
            have_header = true;
        }
        else if ( desc.typecode == CODE_MTRR && have_header )
            put_mtrr(&s, desc.instance, saved + offset, desc.length);
        offset += desc.length;
    }

    if ( !have_header )
    {
        free(s.data);
        return xg_fail(err, "the hypervisor's HVM save stream has no header");
    }
    put(&s, CODE_END, 0, NULL, 0);
    *out = s.data;
    *out_size = s.used;
    return 0;
}
