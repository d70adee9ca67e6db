/* SPDX-License-Identifier: MIT */
/* The VMCS that L1 keeps for L2, as a plain struct of named fields. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>
#include <asm/processor.h>
#include <asm/vmx-defs.h>

/*
 * "NVM1". IA32_VMX_BASIC reports it to L1 as the VMCS revision; it changes
 * whenever the layout of struct vmcs12 does, since images lie in L1's memory.
 */
#define VMCS12_REVISION        0x4e564d31u

#define VMCS12_LAUNCH_CLEAR    0u
#define VMCS12_LAUNCH_LAUNCHED 1u

typedef uint16_t vmcs12_u16;
typedef uint32_t vmcs12_u32;
typedef uint64_t vmcs12_u64;
typedef uint64_t vmcs12_nat;

/*
 * The image in L1's memory is this struct byte for byte. The first two words
 * are architectural (SDM "Format of the VMCS Region"), the rest is ours.
 */
struct vmcs12
{
    uint32_t revision; /* bit 31: a shadow VMCS */
    uint32_t abort;
    uint32_t launch_state;
    uint32_t reserved;
#define VMCS_FIELD(name, enc, width, access, area) vmcs12_##width name;
#include "../arch/x86/hvm/vmx/vmcs-fields.def"
#undef VMCS_FIELD
};

_Static_assert(sizeof(struct vmcs12) <= VMCS_REGION_SIZE,
               "a vmcs12 fits the region L1 sets aside for it");

/*
 * What a field belongs to, for tracking which parts of a vmcs12 L1 touched
 * since they were last checked and merged. One bit each in a group mask.
 */
enum vmcs12_group
{
    VMCS12_G_INFO,  /* exit information, never merged */
    VMCS12_G_RIP,   /* RIP, RSP, RFLAGS: change on every exit */
    VMCS12_G_ACTIV, /* interruptibility, activity, pending debug */
    VMCS12_G_CR,    /* CR0, CR3, CR4, EFER, PDPTEs */
    VMCS12_G_SEG,   /* selectors, limits, access rights */
    VMCS12_G_BASE,  /* bases of segments and of the GDT and IDT */
    VMCS12_G_GMSR,  /* the rest of the guest state */
    VMCS12_G_EVENT, /* event injection, preemption timer: read at each entry */
    VMCS12_G_PROC,  /* primary processor-based controls, TPR threshold */
    VMCS12_G_LOOSE, /* controls that no check reads, as the TSC offset */
    VMCS12_G_CTRL,  /* all other execution, entry and exit controls */
    VMCS12_G_MASK,  /* CR0/CR4 masks and shadows */
    VMCS12_G_HBASE, /* bases of the host's segments, GDT and IDT */
    VMCS12_G_HOST,  /* the rest of the host state */
    VMCS12_G_COUNT,
};

#define VMCS12_GB(g)      (1u << VMCS12_G_##g)
#define VMCS12_GROUPS_ALL ((1u << VMCS12_G_COUNT) - 1)
/* Guest state that an exit leaves behind in the vmcs02. */
#define VMCS12_GROUPS_LAZY (VMCS12_GB(SEG) | VMCS12_GB(BASE) | VMCS12_GB(GMSR))

/* One line of the field table; offset 0 marks an encoding without a field. */
struct vmcs12_field
{
    uint16_t offset;
    uint8_t group; /* enum vmcs12_group */
    uint8_t width; /* VMCS_WIDTH_* */
};

#define VMCS12_FIELD_SLOTS 1024 /* width, area and six bits of index */

/* Set of encodings, by slot: which fields a domain's L1s may name. */
struct vmcs12_field_set
{
    uint64_t bits[VMCS12_FIELD_SLOTS / 64];
};

/* Bytes that a field takes in a vmcs12. */
static inline unsigned int vmcs12_field_size(const struct vmcs12_field *f)
{
    return f->width == VMCS_WIDTH_16 ? 2 : f->width == VMCS_WIDTH_32 ? 4 : 8;
}

/* The table line of an encoding (either half), or NULL if there is none. */
const struct vmcs12_field *vmcs12_find_field(uint32_t enc);
const char *vmcs12_field_name(uint32_t enc);

/* Encodings in table order, to walk all fields: 0 <= i < count. */
unsigned int vmcs12_field_count(void);
uint32_t vmcs12_field_encoding(unsigned int i);

/*
 * The groups that a change of this field from old to now touches: its own,
 * and those whose checks hang on a single bit of it.
 */
static inline uint32_t vmcs12_change_groups(uint32_t enc,
                                            enum vmcs12_group group,
                                            uint64_t old, uint64_t now)
{
    uint32_t groups = 1u << group;

    if ( enc == VMCS_guest_rflags && ((old ^ now) & X86_EFLAGS_VM) )
        groups |= VMCS12_GB(SEG);
    if ( enc == VMCS_proc_ctrl && ((old ^ now) & PROC_SECONDARY) )
        groups |= VMCS12_GB(CTRL);

    return groups;
}

static inline uint32_t vmcs12_write_groups(uint32_t enc,
                                           const struct vmcs12_field *f,
                                           uint64_t old, uint64_t now)
{
    return vmcs12_change_groups(enc, f->group, old, now);
}

/* Value by encoding, high halves included; the encoding must have a field. */
uint64_t vmcs12_read_field(const struct vmcs12 *v, uint32_t enc);
void vmcs12_write_field(struct vmcs12 *v, uint32_t enc, uint64_t val);

void vmcs12_field_set_add(struct vmcs12_field_set *set, uint32_t enc);
void vmcs12_field_set_del(struct vmcs12_field_set *set, uint32_t enc);
bool vmcs12_field_supported(const struct vmcs12_field_set *set, uint32_t enc);
/* The highest index of any field in the set: IA32_VMX_VMCS_ENUM reports it. */
unsigned int vmcs12_field_max_index(const struct vmcs12_field_set *set);

static inline bool vmcs_enc_is_high(uint32_t enc)
{
    return enc & VMCS_ENC_HIGH;
}

static inline unsigned int vmcs_enc_area(uint32_t enc)
{
    return (enc >> VMCS_ENC_AREA_SHIFT) & VMCS_ENC_AREA_MASK;
}

static inline unsigned int vmcs_enc_width(uint32_t enc)
{
    return (enc >> VMCS_ENC_WIDTH_SHIFT) & VMCS_ENC_WIDTH_MASK;
}

/* A vmcs12's segment registers are laid out alike: fetch one as a whole. */
struct vmcs12_segment
{
    uint16_t selector;
    uint32_t ar;
    uint32_t limit;
    uint64_t base;
};

void vmcs12_get_segment(const struct vmcs12 *v, unsigned int seg,
                        struct vmcs12_segment *out);
