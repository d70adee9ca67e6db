/* SPDX-License-Identifier: MIT */
/* Fields of a vmcs12 by encoding: table, values, and who may name them. */
#include <asm/processor.h>

#include "vmcs12.h"

/*
 * Width (2 bits), area (2 bits) and the low six index bits of an encoding
 * make its slot. No field has an index of 64 or more; find_field() refuses
 * such encodings, as it does all that the SDM reserves.
 */
#define SLOT_INDEX_BITS 6
#define SLOT(enc)                                                     \
    (((((enc) >> VMCS_ENC_WIDTH_SHIFT) & VMCS_ENC_WIDTH_MASK) << 8) | \
     ((((enc) >> VMCS_ENC_AREA_SHIFT) & VMCS_ENC_AREA_MASK) << 6) |   \
     (((enc) >> VMCS_ENC_INDEX_SHIFT) & ((1u << SLOT_INDEX_BITS) - 1)))
#define ENC_INDEX_UNUSED                      \
    ((VMCS_ENC_INDEX_MASK >> SLOT_INDEX_BITS) \
     << (SLOT_INDEX_BITS + VMCS_ENC_INDEX_SHIFT))

/*
 * The group of a field: fields that change often, or that are checked on
 * their own, are told apart; the rest goes by its area.
 */
#define IN(enc, first, last) ((enc) >= VMCS_##first && (enc) <= VMCS_##last)
#define GROUP_ctrl(enc)                                           \
    (IN(enc, entry_intr_info, entry_insn_len)    ? VMCS12_G_EVENT \
     : IN(enc, proc_ctrl, proc_ctrl)             ? VMCS12_G_PROC  \
     : IN(enc, tpr_threshold, tpr_threshold)     ? VMCS12_G_PROC  \
     : IN(enc, cr0_mask, cr4_read_shadow)        ? VMCS12_G_MASK  \
     : IN(enc, exception_bitmap, pf_error_match) ? VMCS12_G_LOOSE \
     : IN(enc, tsc_offset, tsc_offset)           ? VMCS12_G_LOOSE \
     : IN(enc, cr3_target0, cr3_target3)         ? VMCS12_G_LOOSE \
     : IN(enc, xss_exit_bitmap, xss_exit_bitmap) ? VMCS12_G_LOOSE \
     : IN(enc, ple_gap, ple_window)              ? VMCS12_G_LOOSE \
                                                 : VMCS12_G_CTRL)
#define GROUP_guest(enc)                                                \
    (IN(enc, guest_es_selector, guest_tr_selector)     ? VMCS12_G_SEG   \
     : IN(enc, guest_es_limit, guest_tr_ar)            ? VMCS12_G_SEG   \
     : IN(enc, guest_es_base, guest_idtr_base)         ? VMCS12_G_BASE  \
     : IN(enc, guest_interruptibility, guest_activity) ? VMCS12_G_ACTIV \
     : IN(enc, guest_pending_dbg, guest_pending_dbg)   ? VMCS12_G_ACTIV \
     : IN(enc, preemption_timer, preemption_timer)     ? VMCS12_G_EVENT \
     : IN(enc, guest_rsp, guest_rflags)                ? VMCS12_G_RIP   \
     : IN(enc, guest_cr0, guest_cr4)                   ? VMCS12_G_CR    \
     : IN(enc, guest_efer, guest_efer)                 ? VMCS12_G_CR    \
     : IN(enc, guest_pdpte0, guest_pdpte3)             ? VMCS12_G_CR    \
                                                       : VMCS12_G_GMSR)
#define GROUP_info(enc) VMCS12_G_INFO
#define GROUP_host(enc) \
    (IN(enc, host_fs_base, host_idtr_base) ? VMCS12_G_HBASE : VMCS12_G_HOST)

#define WIDTH_u16 VMCS_WIDTH_16
#define WIDTH_u32 VMCS_WIDTH_32
#define WIDTH_u64 VMCS_WIDTH_64
#define WIDTH_nat VMCS_WIDTH_NAT

static const struct vmcs12_field field_table[VMCS12_FIELD_SLOTS] = {
#define VMCS_FIELD(name, enc, width_, access, area)          \
    [SLOT(enc)] = { .offset = offsetof(struct vmcs12, name), \
                    .group = GROUP_##area(enc),              \
                    .width = WIDTH_##width_ },
#include "../arch/x86/hvm/vmx/vmcs-fields.def"
#undef VMCS_FIELD
};

/* Width, area and access of each line agree with its encoding. */
#define AREA_ctrl  VMCS_AREA_CTRL
#define AREA_info  VMCS_AREA_INFO
#define AREA_guest VMCS_AREA_GUEST
#define AREA_host  VMCS_AREA_HOST
#define ACCESS_RO  true
#define ACCESS_RW  false
#define VMCS_FIELD(name, enc, width, access, area)                             \
    _Static_assert(((enc) & (VMCS_ENC_RESERVED | VMCS_ENC_HIGH)) == 0, #name); \
    _Static_assert(((enc)&ENC_INDEX_UNUSED) == 0, #name);                      \
    _Static_assert(((enc) >> VMCS_ENC_WIDTH_SHIFT & VMCS_ENC_WIDTH_MASK) ==    \
                       WIDTH_##width,                                          \
                   #name);                                                     \
    _Static_assert(((enc) >> VMCS_ENC_AREA_SHIFT & VMCS_ENC_AREA_MASK) ==      \
                       AREA_##area,                                            \
                   #name);                                                     \
    _Static_assert((AREA_##area == VMCS_AREA_INFO) == ACCESS_##access, #name);
#include "../arch/x86/hvm/vmx/vmcs-fields.def"
#undef VMCS_FIELD

static const struct
{
    uint32_t enc;
    const char *name;
} field_list[] = {
#define VMCS_FIELD(name, enc, width, access, area) { (enc), #name },
#include "../arch/x86/hvm/vmx/vmcs-fields.def"
#undef VMCS_FIELD
};

const struct vmcs12_field *vmcs12_find_field(uint32_t enc)
{
    const struct vmcs12_field *f;

    if ( enc & (VMCS_ENC_RESERVED | ENC_INDEX_UNUSED) )
        return NULL;

    f = &field_table[SLOT(enc)];
    if ( !f->offset || (vmcs_enc_is_high(enc) && f->width != VMCS_WIDTH_64) )
        return NULL;

    return f;
}

const char *vmcs12_field_name(uint32_t enc)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(field_list); i++ )
        if ( field_list[i].enc == (enc & ~VMCS_ENC_HIGH) )
            return field_list[i].name;

    return "?";
}

unsigned int vmcs12_field_count(void)
{
    return ARRAY_SIZE(field_list);
}

uint32_t vmcs12_field_encoding(unsigned int i)
{
    return field_list[i].enc;
}

uint64_t vmcs12_read_field(const struct vmcs12 *v, uint32_t enc)
{
    const struct vmcs12_field *f = &field_table[SLOT(enc)];
    const char *p = (const char *)v + f->offset;

    switch ( f->width )
    {
    case VMCS_WIDTH_16:
        return *(const uint16_t *)p;

    case VMCS_WIDTH_32:
        return *(const uint32_t *)p;

    default:
        return *(const uint64_t *)p >> (vmcs_enc_is_high(enc) ? 32 : 0);
    }
}

void vmcs12_write_field(struct vmcs12 *v, uint32_t enc, uint64_t val)
{
    const struct vmcs12_field *f = &field_table[SLOT(enc)];
    char *p = (char *)v + f->offset;

    switch ( f->width )
    {
    case VMCS_WIDTH_16:
        *(uint16_t *)p = val;
        break;

    case VMCS_WIDTH_32:
        *(uint32_t *)p = val;
        break;

    default:
        if ( vmcs_enc_is_high(enc) )
            *(uint64_t *)p = (uint32_t) * (uint64_t *)p | val << 32;
        else
            *(uint64_t *)p = val;
        break;
    }
}

void vmcs12_field_set_add(struct vmcs12_field_set *set, uint32_t enc)
{
    set->bits[SLOT(enc) / 64] |= BIT(SLOT(enc) % 64);
}

void vmcs12_field_set_del(struct vmcs12_field_set *set, uint32_t enc)
{
    set->bits[SLOT(enc) / 64] &= ~BIT(SLOT(enc) % 64);
}

bool vmcs12_field_supported(const struct vmcs12_field_set *set, uint32_t enc)
{
    return vmcs12_find_field(enc) &&
           (set->bits[SLOT(enc) / 64] & BIT(SLOT(enc) % 64));
}

unsigned int vmcs12_field_max_index(const struct vmcs12_field_set *set)
{
    unsigned int max_index = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(field_list); i++ )
    {
        uint32_t enc = field_list[i].enc;
        unsigned int index = enc >> VMCS_ENC_INDEX_SHIFT & VMCS_ENC_INDEX_MASK;

        if ( vmcs12_field_supported(set, enc) )
            max_index = max(max_index, index);
    }

    return max_index;
}

/* Selectors, limits, access rights and bases each lie in register order. */
#define SEG_LAYOUT(part)                                                       \
    _Static_assert(offsetof(struct vmcs12, guest_tr_##part) -                  \
                           offsetof(struct vmcs12, guest_es_##part) ==         \
                       SEG_TR * sizeof(((struct vmcs12 *)0)->guest_es_##part), \
                   #part)
SEG_LAYOUT(selector);
SEG_LAYOUT(limit);
SEG_LAYOUT(ar);
SEG_LAYOUT(base);

void vmcs12_get_segment(const struct vmcs12 *v, unsigned int seg,
                        struct vmcs12_segment *out)
{
    out->selector = (&v->guest_es_selector)[seg];
    out->limit = (&v->guest_es_limit)[seg];
    out->ar = (&v->guest_es_ar)[seg];
    out->base = (&v->guest_es_base)[seg];
}
