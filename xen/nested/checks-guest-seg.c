/* SPDX-License-Identifier: MIT */
/* SDM "Checks on Guest Segment Registers" and descriptor-table registers. */
#include <asm/canonical.h>
#include <asm/processor.h>

#include "checks.h"

#define CHECK(name) static bool name(const struct entry_check *c)

#define SEL_RPL     0x3u
#define SEL_TI      0x4u
#define LIMIT_V8086 0xffffu
#define AR_V8086    0xf3u
#define LIMIT_LOW   0x00000fffu
#define LIMIT_HIGH  0xfff00000u

/* Types of code and data segments, accessed. */
#define TYPE_DATA_RW      3u /* also CS's for real mode */
#define TYPE_DATA_RW_DOWN 7u
#define TYPE_CODE         9u
#define TYPE_CODE_CONF_RD 15u
#define TYPE_CODE_NONCONF 11u /* 9 and 11 do not conform, 13 and 15 do */

static bool v8086(const struct vmcs12 *v)
{
    return v->guest_rflags & X86_EFLAGS_VM;
}

static bool ia32e(const struct vmcs12 *v)
{
    return v->entry_ctrl & ENTRY_CTL_GUEST_64;
}

static bool unrestricted(const struct vmcs12 *v)
{
    return vmcs12_proc2(v) & PROC2_UNRESTRICTED;
}

static uint32_t ar(const struct vmcs12 *v, unsigned int seg)
{
    return (&v->guest_es_ar)[seg];
}

static uint16_t selector(const struct vmcs12 *v, unsigned int seg)
{
    return (&v->guest_es_selector)[seg];
}

static bool usable(const struct vmcs12 *v, unsigned int seg)
{
    return !(ar(v, seg) & SEG_AR_UNUSABLE);
}

static unsigned int type(const struct vmcs12 *v, unsigned int seg)
{
    return ar(v, seg) & SEG_AR_TYPE_MASK;
}

static unsigned int dpl(const struct vmcs12 *v, unsigned int seg)
{
    return (ar(v, seg) & SEG_AR_DPL_MASK) >> SEG_AR_DPL_SHIFT;
}

static bool is_data_register(unsigned int seg)
{
    return seg == SEG_ES || seg >= SEG_DS;
}

/* CS always counts; SS, DS, ES, FS and GS only when they are usable. */
#define for_each_used_segment(v, seg)                       \
    for ( unsigned int seg = SEG_ES; seg <= SEG_GS; seg++ ) \
        if ( seg == SEG_CS || usable(v, seg) )

/* --- Selectors --- */
CHECK(tr_selector)
{
    return !(c->v->guest_tr_selector & SEL_TI);
}

CHECK(ldtr_selector)
{
    return !usable(c->v, SEG_LDTR) || !(c->v->guest_ldtr_selector & SEL_TI);
}

CHECK(ss_rpl)
{
    return v8086(c->v) || unrestricted(c->v) ||
           !((c->v->guest_ss_selector ^ c->v->guest_cs_selector) & SEL_RPL);
}

/* --- Bases --- */
CHECK(v8086_bases)
{
    if ( !v8086(c->v) )
        return true;
    for ( unsigned int seg = SEG_ES; seg <= SEG_GS; seg++ )
        if ( (&c->v->guest_es_base)[seg] != (uint64_t)selector(c->v, seg) << 4 )
            return false;

    return true;
}

CHECK(system_bases)
{
    return is_canonical(c->v->guest_tr_base) &&
           is_canonical(c->v->guest_fs_base) &&
           is_canonical(c->v->guest_gs_base);
}

CHECK(ldtr_base)
{
    return !usable(c->v, SEG_LDTR) || is_canonical(c->v->guest_ldtr_base);
}

CHECK(low_bases)
{
    for_each_used_segment(c->v, seg)
    {
        if ( seg < SEG_FS && (&c->v->guest_es_base)[seg] >> 32 )
            return false;
    }

    return true;
}

/* --- Virtual-8086 mode: one limit, one set of access rights --- */
CHECK(v8086_limits)
{
    if ( !v8086(c->v) )
        return true;
    for ( unsigned int seg = SEG_ES; seg <= SEG_GS; seg++ )
        if ( (&c->v->guest_es_limit)[seg] != LIMIT_V8086 )
            return false;

    return true;
}

CHECK(v8086_rights)
{
    if ( !v8086(c->v) )
        return true;
    for ( unsigned int seg = SEG_ES; seg <= SEG_GS; seg++ )
        if ( ar(c->v, seg) != AR_V8086 )
            return false;

    return true;
}

/* --- Access rights outside it --- */
CHECK(cs_type)
{
    unsigned int t = type(c->v, SEG_CS);

    if ( v8086(c->v) )
        return true;
    if ( unrestricted(c->v) && t == TYPE_DATA_RW )
        return true;

    return (t & TYPE_CODE) == TYPE_CODE;
}

CHECK(ss_type)
{
    unsigned int t = type(c->v, SEG_SS);

    return v8086(c->v) || !usable(c->v, SEG_SS) || t == TYPE_DATA_RW ||
           t == TYPE_DATA_RW_DOWN;
}

CHECK(data_types)
{
    if ( v8086(c->v) )
        return true;
    for_each_used_segment(c->v, seg)
    {
        unsigned int t = type(c->v, seg);

        if ( is_data_register(seg) &&
             (!(t & SEG_AR_ACCESSED) ||
              ((t & SEG_AR_CODE) && !(t & SEG_AR_READABLE))) )
            return false;
    }

    return true;
}

CHECK(s_bits)
{
    if ( v8086(c->v) )
        return true;
    for_each_used_segment(c->v, seg)
    {
        if ( !(ar(c->v, seg) & SEG_AR_S) )
            return false;
    }

    return true;
}

CHECK(cs_dpl)
{
    unsigned int cs = dpl(c->v, SEG_CS), ss = dpl(c->v, SEG_SS);

    if ( v8086(c->v) )
        return true;
    if ( type(c->v, SEG_CS) == TYPE_DATA_RW )
        return cs == 0;

    return type(c->v, SEG_CS) <= TYPE_CODE_NONCONF ? cs == ss : cs <= ss;
}

CHECK(ss_dpl_rpl)
{
    return v8086(c->v) || unrestricted(c->v) ||
           dpl(c->v, SEG_SS) == (c->v->guest_ss_selector & SEL_RPL);
}

CHECK(ss_dpl_real)
{
    bool real =
        type(c->v, SEG_CS) == TYPE_DATA_RW || !(c->v->guest_cr0 & X86_CR0_PE);

    return v8086(c->v) || !real || dpl(c->v, SEG_SS) == 0;
}

CHECK(data_dpl)
{
    if ( v8086(c->v) || unrestricted(c->v) )
        return true;
    for_each_used_segment(c->v, seg)
    {
        if ( is_data_register(seg) && type(c->v, seg) <= TYPE_CODE_NONCONF &&
             dpl(c->v, seg) < (selector(c->v, seg) & SEL_RPL) )
            return false;
    }

    return true;
}

CHECK(present)
{
    if ( v8086(c->v) )
        return true;
    for_each_used_segment(c->v, seg)
    {
        if ( !(ar(c->v, seg) & SEG_AR_P) )
            return false;
    }

    return true;
}

CHECK(rights_reserved)
{
    if ( v8086(c->v) )
        return true;
    for_each_used_segment(c->v, seg)
    {
        if ( ar(c->v, seg) & SEG_AR_RESERVED )
            return false;
    }

    return true;
}

CHECK(cs_default_size)
{
    return v8086(c->v) || !ia32e(c->v) || !(c->v->guest_cs_ar & SEG_AR_L) ||
           !(c->v->guest_cs_ar & SEG_AR_DB);
}

/* Limits that a descriptor cannot express with its granularity. */
static bool granularity_ok(const struct vmcs12 *v, unsigned int seg)
{
    uint32_t limit = (&v->guest_es_limit)[seg];
    bool g = ar(v, seg) & SEG_AR_G;

    return g ? (limit & LIMIT_LOW) == LIMIT_LOW : !(limit & LIMIT_HIGH);
}

CHECK(granularity)
{
    if ( v8086(c->v) )
        return true;
    for_each_used_segment(c->v, seg)
    {
        if ( !granularity_ok(c->v, seg) )
            return false;
    }

    return true;
}

/* --- TR and LDTR --- */
CHECK(tr_type)
{
    unsigned int t = type(c->v, SEG_TR);

    return t == SEG_TYPE_TSS_BUSY || (!ia32e(c->v) && t == SEG_TYPE_TSS16_BUSY);
}

static bool system_rights_ok(const struct vmcs12 *v, unsigned int seg)
{
    return !(ar(v, seg) & (SEG_AR_S | SEG_AR_RESERVED)) &&
           (ar(v, seg) & SEG_AR_P) && granularity_ok(v, seg);
}

CHECK(tr_rights)
{
    return usable(c->v, SEG_TR) && system_rights_ok(c->v, SEG_TR);
}

CHECK(ldtr_type)
{
    return !usable(c->v, SEG_LDTR) || type(c->v, SEG_LDTR) == SEG_TYPE_LDT;
}

CHECK(ldtr_rights)
{
    return !usable(c->v, SEG_LDTR) || system_rights_ok(c->v, SEG_LDTR);
}

/* --- GDTR and IDTR --- */
CHECK(table_bases)
{
    return is_canonical(c->v->guest_gdtr_base) &&
           is_canonical(c->v->guest_idtr_base);
}

CHECK(table_limits)
{
    return !((c->v->guest_gdtr_limit | c->v->guest_idtr_limit) >> 16);
}

#define G(g) VMCS12_GB(g)
/*
 * RFLAGS.VM decides much here, but RFLAGS changes all the time: a write that
 * flips VM touches the segment group as well (vmcs12_write_groups()).
 */
#define SEGS   G(SEG)
#define SEG_UG (G(SEG) | G(CTRL))
#define BASES  (G(SEG) | G(BASE))

static const struct check_row segment_rows[] = {
    { "guest TR selector: TI", SEGS, tr_selector, 0 },
    { "guest LDTR selector: TI", SEGS, ldtr_selector, 0 },
    { "guest SS selector: RPL as CS's", SEG_UG, ss_rpl, 0 },
    { "virtual-8086 bases", BASES, v8086_bases, 0 },
    { "guest TR, FS and GS bases canonical", BASES, system_bases, 0 },
    { "guest LDTR base canonical", BASES, ldtr_base, 0 },
    { "guest CS, SS, DS and ES bases: bits 63:32", BASES, low_bases, 0 },
    { "virtual-8086 limits", SEGS, v8086_limits, 0 },
    { "virtual-8086 access rights", SEGS, v8086_rights, 0 },
    { "guest CS: type", SEG_UG, cs_type, 0 },
    { "guest SS: type", SEGS, ss_type, 0 },
    { "guest DS, ES, FS and GS: types", SEGS, data_types, 0 },
    { "guest segments: S", SEGS, s_bits, 0 },
    { "guest CS: DPL", SEGS, cs_dpl, 0 },
    { "guest SS: DPL as RPL", SEG_UG, ss_dpl_rpl, 0 },
    { "guest SS: DPL in real mode", SEGS | G(CR), ss_dpl_real, 0 },
    { "guest DS, ES, FS and GS: DPL", SEG_UG, data_dpl, 0 },
    { "guest segments: present", SEGS, present, 0 },
    { "guest segments: reserved bits", SEGS, rights_reserved, 0 },
    { "guest CS: D/B with L", SEGS | G(CTRL), cs_default_size, 0 },
    { "guest segments: granularity", SEGS, granularity, 0 },
    { "guest TR: type", SEGS | G(CTRL), tr_type, 0 },
    { "guest TR: access rights", SEGS, tr_rights, 0 },
    { "guest LDTR: type", SEGS, ldtr_type, 0 },
    { "guest LDTR: access rights", SEGS, ldtr_rights, 0 },
    { "guest GDTR and IDTR bases canonical", BASES, table_bases, 0 },
    { "guest GDTR and IDTR limits: bits 31:16", SEGS, table_limits, 0 },
};

const struct check_table check_guest_segments =
    CHECK_TABLE(segment_rows, G(SEG) | G(BASE) | G(CTRL) | G(CR));
