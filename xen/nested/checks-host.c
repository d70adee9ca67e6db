/* SPDX-License-Identifier: MIT */
/* SDM "Checks on Host-State Area". */
#include <asm/canonical.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "checks.h"

#define CHECK(name) static bool name(const struct entry_check *c)

static bool host_is_64bit(const struct entry_check *c)
{
    return c->v->exit_ctrl & EXIT_CTL_HOST_64;
}

/* --- Host control registers and MSRs --- */
CHECK(cr0_fixed)
{
    uint64_t cr0 = c->v->host_cr0;

    return (cr0 & c->caps->cr0_fixed0) == c->caps->cr0_fixed0 &&
           !(cr0 & ~c->caps->cr0_fixed1);
}

CHECK(cr4_fixed)
{
    uint64_t cr4 = c->v->host_cr4;

    return (cr4 & c->caps->cr4_fixed0) == c->caps->cr4_fixed0 &&
           !(cr4 & ~c->caps->cr4_fixed1);
}

CHECK(cet_needs_wp)
{
    return !(c->v->host_cr4 & X86_CR4_CET) || (c->v->host_cr0 & X86_CR0_WP);
}

CHECK(cr3_width)
{
    return nested_caps_addr_ok(c->caps, c->v->host_cr3);
}

CHECK(sysenter_canonical)
{
    return is_canonical(c->v->host_sysenter_esp) &&
           is_canonical(c->v->host_sysenter_eip);
}

CHECK(perf_global)
{
    return !(c->v->exit_ctrl & EXIT_CTL_LOAD_PERF) ||
           !(c->v->host_perf_global_ctrl & ~c->caps->opts.perf_global_valid);
}

CHECK(pat)
{
    return !(c->v->exit_ctrl & EXIT_CTL_LOAD_PAT) || check_pat(c->v->host_pat);
}

CHECK(efer_reserved)
{
    return !(c->v->exit_ctrl & EXIT_CTL_LOAD_EFER) ||
           check_efer_reserved(c->caps, c->v->host_efer);
}

CHECK(efer_mode)
{
    bool lma = c->v->host_efer & EFER_LMA;
    bool lme = c->v->host_efer & EFER_LME;

    return !(c->v->exit_ctrl & EXIT_CTL_LOAD_EFER) ||
           (lma == host_is_64bit(c) && lme == host_is_64bit(c));
}

/* --- Host segment and descriptor-table registers --- */
#define SELECTOR_RPL_TI 0x7u

CHECK(selectors_rpl_ti)
{
    const struct vmcs12 *v = c->v;

    return !((v->host_cs_selector | v->host_ss_selector | v->host_ds_selector |
              v->host_es_selector | v->host_fs_selector | v->host_gs_selector |
              v->host_tr_selector) &
             SELECTOR_RPL_TI);
}

CHECK(cs_not_null)
{
    return c->v->host_cs_selector;
}

CHECK(tr_not_null)
{
    return c->v->host_tr_selector;
}

CHECK(ss_not_null)
{
    return host_is_64bit(c) || c->v->host_ss_selector;
}

CHECK(bases_canonical)
{
    const struct vmcs12 *v = c->v;

    return is_canonical(v->host_fs_base) && is_canonical(v->host_gs_base) &&
           is_canonical(v->host_gdtr_base) && is_canonical(v->host_idtr_base) &&
           is_canonical(v->host_tr_base);
}

/* --- Address-space size --- */
CHECK(legacy_stays_legacy)
{
    return c->l1_long_mode ||
           (!(c->v->entry_ctrl & ENTRY_CTL_GUEST_64) && !host_is_64bit(c));
}

CHECK(long_stays_long)
{
    return !c->l1_long_mode || host_is_64bit(c);
}

CHECK(legacy_guest)
{
    return host_is_64bit(c) || !(c->v->entry_ctrl & ENTRY_CTL_GUEST_64);
}

CHECK(legacy_pcide)
{
    return host_is_64bit(c) || !(c->v->host_cr4 & X86_CR4_PCIDE);
}

CHECK(legacy_rip)
{
    return host_is_64bit(c) || !(c->v->host_rip >> 32);
}

CHECK(long_pae)
{
    return !host_is_64bit(c) || (c->v->host_cr4 & X86_CR4_PAE);
}

CHECK(long_rip)
{
    return !host_is_64bit(c) || is_canonical(c->v->host_rip);
}

#define HOST VMCS12_GB(HOST)
#define SIZE (VMCS12_GB(HOST) | VMCS12_GB(CTRL))
#define BASE VMCS12_GB(HBASE)

static const struct check_row host_rows[] = {
    { "host CR0: bits fixed in VMX operation", HOST, cr0_fixed, 0 },
    { "host CR4: bits fixed in VMX operation", HOST, cr4_fixed, 0 },
    { "host CR4.CET needs CR0.WP", HOST, cet_needs_wp, 0 },
    { "host CR3: physical-address width", HOST, cr3_width, 0 },
    { "host SYSENTER_ESP and SYSENTER_EIP canonical", HOST, sysenter_canonical,
      0 },
    { "host IA32_PERF_GLOBAL_CTRL: reserved bits", SIZE, perf_global, 0 },
    { "host IA32_PAT: memory types", SIZE, pat, 0 },
    { "host IA32_EFER: reserved bits", SIZE, efer_reserved, 0 },
    { "host IA32_EFER: LMA and LME as the address-space size", SIZE, efer_mode,
      0 },
    { "host selectors: RPL and TI", HOST, selectors_rpl_ti, 0 },
    { "host CS not null", HOST, cs_not_null, 0 },
    { "host TR not null", HOST, tr_not_null, 0 },
    { "host SS not null outside 64-bit mode", SIZE, ss_not_null, 0 },
    { "host bases canonical", BASE, bases_canonical, 0 },
    { "legacy host: no IA-32e mode guest", SIZE, legacy_guest, 0 },
    { "legacy host: CR4.PCIDE", SIZE, legacy_pcide, 0 },
    { "legacy host: RIP bits 63:32", SIZE, legacy_rip, 0 },
    { "64-bit host: CR4.PAE", SIZE, long_pae, 0 },
    { "64-bit host: RIP canonical", SIZE, long_rip, 0 },
};

/* These look at L1's mode, not only at the vmcs12. */
static const struct check_row mode_rows[] = {
    { "entry from legacy mode: no 64-bit host or guest", CHECK_ALWAYS,
      legacy_stays_legacy, 0 },
    { "entry from IA-32e mode: 64-bit host", CHECK_ALWAYS, long_stays_long, 0 },
};

static const struct check_table tables[] = {
    CHECK_TABLE(mode_rows, CHECK_ALWAYS),
    CHECK_TABLE(host_rows, SIZE | BASE),
};

const struct check_row *check_host_state(const struct entry_check *c,
                                         uint32_t groups)
{
    return check_tables(tables, ARRAY_SIZE(tables), c, groups);
}

bool check_pat(uint64_t pat)
{
    for ( unsigned int i = 0; i < 8; i++ )
    {
        unsigned int type = pat >> (8 * i) & 0xff;

        if ( type > 7 || type == 2 || type == 3 )
            return false;
    }

    return true;
}

bool check_efer_reserved(const struct nested_caps *caps, uint64_t efer)
{
    uint64_t valid = EFER_SCE;

    if ( caps->opts.lm )
        valid |= EFER_LME | EFER_LMA;
    if ( caps->opts.nx )
        valid |= EFER_NXE;

    return !(efer & ~valid);
}
