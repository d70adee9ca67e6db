/* SPDX-License-Identifier: MIT */
/*
 * A hostile L1, made of bytes: instructions in any order, scribbling in its
 * memory, exits of its L2. What must hold whatever it does is asserted.
 *
 * libFuzzer feeds it (`make fuzz`); a unit test does with seeded numbers.
 */
#pragma once

#include <assert.h>

#include "../unit/xen/nested/nested-test.h"
#include "../../xen/nested/ept12-walk.h"
#include "../../xen/nested/insn.h"
#include "../../xen/nested/merge.h"
#include "../../xen/nested/msr-list.h"
#include "../../xen/nested/reflect.h"
#include "../../xen/nested/vapic.h"

/* The bytes, which end in zeros. */
struct input
{
    const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
    uint64_t val = 0;

    while ( bytes-- )
        val = val << 8 | (in->at < in->end ? *in->at++ : 0);
    return val;
}

/* Where in L1's memory things are; a few addresses that are none of them. */
static uint64_t take_address(struct input *in)
{
    static const uint64_t places[] = {
        0x10000, 0x11000,       0x12000,          0x13000,    0x14000,
        0x15000, 0x16000,       L1_MEMORY,        1ULL << 40, ~0ULL,
        0x10008, L1_MEMORY - 8, L1_MEMORY - 4096,
    };
    uint8_t pick = take(in, 1);

    return pick < 0xf0 ? places[pick % ARRAY_SIZE(places)] : take(in, 8);
}

/* A value that tells something, more often than not. */
static uint64_t take_value(struct input *in, uint64_t old)
{
    uint8_t how = take(in, 1);

    switch ( how & 7 )
    {
    case 0:
        return old ^ 1ULL << (how >> 2);
    case 1:
        return old ^ 1ULL << (how >> 3);
    case 2:
        return take_address(in);
    case 3:
        return 0;
    case 4:
        return ~0ULL;
    case 5:
        return take(in, 1);
    default:
        return take(in, 8);
    }
}

struct hostile
{
    struct test_l1 *l1;
    struct input in;
    uint64_t gpr[16];
    uint64_t msrs[4];
};

static int fuzz_msr_read(void *priv, uint32_t msr, uint64_t *val)
{
    *val = msr;
    return msr & 1 ? -EFAULT : 0;
}

static int fuzz_msr_write(void *priv, uint32_t msr, uint64_t val)
{
    return msr & 1 ? -EFAULT : 0;
}

/* What holds between any two steps. */
static void check_state(const struct hostile *h)
{
    const struct nested_vcpu *nv = &h->l1->nv;

    assert(!nv->cur == (nv->state.current_ptr == VMX_NO_CURRENT_VMCS));
    assert(!nv->cur || nv->cur->gpa == nv->state.current_ptr);
    assert(!nv->cur || nv->state.vmx_on);
    assert(h->l1->contexts <= NESTED_CTX_MAX);
}

/* --- An entry that passes all checks --- */
static void enter(struct hostile *h)
{
    struct nested_vcpu *nv = &h->l1->nv;
    struct vmcs12 *v = &nv->cur->v12;
    const struct entry_check c = { .v = v,
                                   .caps = nv->caps,
                                   .env = nv->env,
                                   .priv = nv->priv,
                                   .vmcs12_gpa = nv->cur->gpa,
                                   .l1_long_mode = true };
    const struct msr_access msr = { fuzz_msr_read, fuzz_msr_write };
    const struct merge_l0 l0 = {
        .pin = PIN_DEFAULT1 | PIN_EXT_INTR | PIN_NMI | PIN_PREEMPT,
        .proc = PROC_TRUE_DEFAULT1 | PROC_HLT | PROC_MSR_BITMAPS |
                PROC_SECONDARY | PROC_TSC_OFFSET,
        .proc2 = PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED | PROC2_WBINVD |
                 PROC2_RDTSCP,
        .exit = EXIT_CTL_TRUE_DEFAULT1 | EXIT_CTL_HOST_64,
        .entry = ENTRY_CTL_TRUE_DEFAULT1,
        .exception_bitmap = 1u << X86_EXC_MC,
        .cr0_mask = X86_CR0_NE | X86_CR0_CD | X86_CR0_NW,
        .cr0_forced0 = X86_CR0_CD | X86_CR0_NW,
        .cr0_forced1 = X86_CR0_NE,
        .cr4_mask = X86_CR4_VMXE | X86_CR4_MCE,
        .cr4_forced1 = X86_CR4_VMXE,
        .efer = EFER_LME | EFER_LMA,
    };
    struct vmcs02_ctrl ctrl;
    struct vmcs02_cr cr;
    struct vmcs02_msrs msrs;

    if ( check_controls(&c, VMCS12_GROUPS_ALL) ||
         check_host_state(&c, VMCS12_GROUPS_ALL) )
        return;
    if ( check_guest_state(&c, VMCS12_GROUPS_ALL) )
    {
        reflect_entry_failure(v, EXIT_REASON_ENTRY_GUEST_STATE, 0);
        return;
    }

    merge_controls(&l0, v, &ctrl);
    assert(merge_is_safe(&l0, v, &ctrl));
    merge_cr(&l0, v, &cr);
    assert(!(l0.cr0_mask & ~cr.cr0_mask) && !(v->cr0_mask & ~cr.cr0_mask));
    assert(!(l0.cr4_mask & ~cr.cr4_mask) && !(v->cr4_mask & ~cr.cr4_mask));
    assert((cr.cr4 & l0.cr4_forced1) == l0.cr4_forced1);
    assert(!(cr.cr0 & l0.cr0_forced0));
    merge_msrs(&l0, v, &msrs);
    assert(!(msrs.debugctl & ~2ULL));
    if ( v->entry_msr_load_count < 8 )
        (void)msr_list_load(nv, &msr, v->entry_msr_load_addr,
                            v->entry_msr_load_count);
    if ( v->exit_msr_store_count < 8 )
        (void)msr_list_store(nv, &msr, v->exit_msr_store_addr,
                             v->exit_msr_store_count);
    v->launch_state = VMCS12_LAUNCH_LAUNCHED;
}

/* --- Steps --- */
static void step_insn(struct hostile *h)
{
    static const uint8_t reasons[] = {
        EXIT_REASON_VMXON,   EXIT_REASON_VMXOFF,   EXIT_REASON_VMCLEAR,
        EXIT_REASON_VMPTRLD, EXIT_REASON_VMPTRST,  EXIT_REASON_VMREAD,
        EXIT_REASON_VMWRITE, EXIT_REASON_VMLAUNCH, EXIT_REASON_VMRESUME,
        EXIT_REASON_INVEPT,  EXIT_REASON_INVVPID,
    };
    uint8_t pick = take(&h->in, 1);
    struct insn_exit exit = {
        .reason = reasons[(pick & 0xf) % ARRAY_SIZE(reasons)],
        .info = 2u << 7 | SEG_DS << 15 | 1u << 22 | 3u << 23 | 1u << 28,
    };
    struct insn_cpu cpu = {
        .gpr = h->gpr,
        .cr0 = X86_CR0_PE | X86_CR0_NE | X86_CR0_PG,
        .cr4 = X86_CR4_VMXE | X86_CR4_PAE,
        .efer = EFER_LMA | EFER_LME,
        .rflags = X86_EFLAGS_MBS,
        .cs_l = true,
    };
    uint64_t operand = take_address(&h->in);
    struct insn_outcome out;

    if ( pick & 0x80 ) /* anything goes */
    {
        exit.info = take(&h->in, 4);
        exit.qual = take(&h->in, 8);
        cpu.efer = take(&h->in, 2);
        cpu.cpl = take(&h->in, 1) & 3;
        cpu.cs_l = pick & 0x40;
    }
    h->gpr[3] = 0x2000;
    memcpy(h->l1->mem + 0x2000, &operand, sizeof(operand));
    out = nested_emulate_insn(&h->l1->nv, &cpu, &exit);
    switch ( out.result )
    {
    case INSN_ENTER:
        assert(h->l1->nv.cur);
        enter(h);
        break;

    case INSN_FAULT:
        assert(
            out.fault.vector == X86_EXC_UD || out.fault.vector == X86_EXC_SS ||
            out.fault.vector == X86_EXC_GP || out.fault.vector == X86_EXC_PF);
        break;

    case INSN_FAIL_VALID:
        assert(h->l1->nv.cur && h->l1->nv.cur->v12.insn_error == out.error);
        break;

    default:
        break;
    }
}

static void step_scribble(struct hostile *h)
{
    uint64_t at = 0x10000 + take(&h->in, 2) % 0x8000;
    uint64_t val = take_value(&h->in, 0);

    memcpy(h->l1->mem + at, &val, sizeof(val));
}

static void step_field(struct hostile *h)
{
    struct nested_ctx *ctx = h->l1->nv.cur;
    uint32_t enc =
        vmcs12_field_encoding(take(&h->in, 1) % vmcs12_field_count());

    if ( !ctx || !vmcs12_field_supported(&h->l1->caps.fields, enc) )
        return;
    vmcs12_write_field(&ctx->v12, enc,
                       take_value(&h->in, vmcs12_read_field(&ctx->v12, enc)));
}

static void step_exit(struct hostile *h)
{
    struct l2_exit e = {
        .reason = take(&h->in, 1) % EXIT_REASON_COUNT,
        .intr_info = take(&h->in, 4),
        .qual = take_value(&h->in, 0),
        .insn_info = take(&h->in, 4),
        .insn_len = 3,
    };
    const struct route_cpu cpu = {
        .gpr = h->gpr,
        .env = &l1_env,
        .priv = h->l1,
        .l2_64bit = true,
    };
    struct nested_ctx *ctx = h->l1->nv.cur;
    const struct insn_exit exit = { .reason = e.reason,
                                    .info = e.insn_info,
                                    .qual = e.qual };
    const struct insn_cpu icpu = { .gpr = h->gpr,
                                   .efer = EFER_LMA,
                                   .cs_l = true };
    struct l1_host_state host;
    const struct l1_kept kept = { 0 };

    if ( !ctx || l0_wants_exit(&e, &cpu) )
        return;
    for ( unsigned int i = 0; i < 16; i++ )
        h->gpr[i] = take(&h->in, 2);
    if ( !l1_wants_exit(&e, &ctx->v12, &cpu) )
    {
        if ( e.reason == EXIT_REASON_VMREAD || e.reason == EXIT_REASON_VMWRITE )
            (void)insn_shadow_access(&h->l1->nv, &icpu, &exit);
        return;
    }
    reflect_exit_info(&ctx->v12, &e);
    reflect_host_fixed(&ctx->v12, &host);
    reflect_host_kept(&ctx->v12, &kept, &e, &host);
    assert(!(ctx->v12.entry_intr_info & INTR_INFO_VALID));
}

static void step_walk(struct hostile *h)
{
    uint64_t eptp = take_address(&h->in) | EPTP_MEMTYPE_WB |
                    3 << EPTP_WALK_SHIFT | (take(&h->in, 1) & 1 ? EPTP_AD : 0);
    uint64_t gpa = take_value(&h->in, 0) & ((1ULL << 52) - 1);
    uint64_t access = take(&h->in, 2) & 0xfff;
    struct ept12_walk w;

    if ( !check_eptp(&h->l1->caps, eptp) )
        return;
    h->l1->or_again = take(&h->in, 1) & 3;
    ept12_walk(&h->l1->nv, eptp, gpa, access, &w);
    if ( w.status != EPT12_OK )
        return;
    assert(!(access & EPT_RWX & ~w.rights));
    assert(w.order == 0 || w.order == 9 || w.order == 18);
    assert(!((w.l1_gpa ^ gpa) & ((4096ULL << w.order) - 1)));
    assert(!(w.l1_gpa >> h->l1->caps.opts.maxphyaddr));
}

static void step_vapic(struct hostile *h)
{
    struct nested_ctx *ctx = h->l1->nv.cur;
    struct nested_state *s = &h->l1->nv.state;
    struct vapic va = { h->l1->mem + 0x16000, ctx ? &ctx->v12 : NULL,
                        &s->virt_intr };
    unsigned int offset = take(&h->in, 2) & 0xfff;
    unsigned int size = 1u << (take(&h->in, 1) & 3);
    uint64_t val = take_value(&h->in, 0);
    uint32_t requests[8];
    struct l2_exit e;

    if ( !ctx )
        return;
    switch ( take(&h->in, 1) & 7 )
    {
    case 0:
        if ( vapic_mmio_virtualized(va.v, offset, size, true) )
            (void)vapic_mmio_write(&va, offset, &val, size, &e);
        break;
    case 1:
        if ( vapic_mmio_virtualized(va.v, offset, size, false) )
            vapic_mmio_read(&va, offset, &val, size);
        break;
    case 2:
        (void)vapic_msr_write(&va, 0x7f0 + offset % 0x120, val, &e);
        break;
    case 3:
        (void)vapic_msr_read(&va, 0x7f0 + offset % 0x120, &val);
        break;
    case 4:
        for ( unsigned int i = 0; i < 8; i++ )
            requests[i] = take(&h->in, 1);
        vapic_post(&va, requests);
        break;
    default:
        vapic_evaluate(&va);
        if ( s->virt_intr )
            assert(vapic_deliver(&va) >> 4);
        assert(vapic_tpr_threshold(&va) <= 15);
        break;
    }
}

/* Most runs begin where a sane L1 is; from there on it is on its own. */
static void begin_in_vmx(struct hostile *h)
{
    const uint32_t revision = VMCS12_REVISION;

    for ( uint32_t at = 0x10000; at < 0x16000; at += 0x1000 )
        memcpy(h->l1->mem + at, &revision, sizeof(revision));
    h->in = (struct input){ (const uint8_t *)"\0\0", NULL };
    h->in.end = h->in.at + 2;
    step_insn(h); /* VMXON at the first place */
    h->in = (struct input){ (const uint8_t *)"\3\1", NULL };
    h->in.end = h->in.at + 2;
    step_insn(h); /* VMPTRLD of the second */
    assert(h->l1->nv.cur);
    good_vmcs12(&h->l1->nv.cur->v12);
}

static void fuzz_nested_vmx(const uint8_t *data, size_t size)
{
    static void (*const steps[])(struct hostile *) = {
        step_insn, step_field, step_scribble, step_exit,
        step_walk, step_vapic, step_insn,     step_field,
    };
    struct hostile h = { .l1 = new_l1() };

    if ( size && (data[0] & 0xf) )
        begin_in_vmx(&h);
    h.in = (struct input){ data, data + size };
    while ( h.in.at < h.in.end )
    {
        steps[take(&h.in, 1) % ARRAY_SIZE(steps)](&h);
        check_state(&h);
    }
    free_l1(h.l1);
}
