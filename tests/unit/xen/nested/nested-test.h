/* SPDX-License-Identifier: MIT */
/* What the tests of nested VMX share: an L1 with memory, a vmcs12 to spoil. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <asm/msr-index.h>
#include <asm/processor.h>
#include "../../../../xen/nested/checks.h"
#include "../../../../xen/nested/nested.h"

#define L1_MEMORY (1u << 20) /* from 0; nothing answers above */

/* An L1 vCPU with flat, identity-mapped memory. */
struct test_l1
{
    struct nested_vcpu nv;
    struct nested_caps caps;
    uint8_t mem[L1_MEMORY];
    struct vmcs12_segment seg[SEG_COUNT];
    bool fault;                /* linear accesses raise #PF */
    unsigned int synced;       /* groups that ctx_sync() was asked for */
    unsigned int contexts;     /* hardware parts alive */
    unsigned int reused;       /* contexts that went to another vmcs12 */
    unsigned int max_contexts; /* ctx_init() fails */
    unsigned int inv_type, inv_count;
    uint64_t inv_addr;
    uint16_t inv_vpid;
    uint32_t written;      /* field that ctx_written() was told of */
    unsigned int or_again; /* or_phys() fails that often first */
};

static int l1_read(void *priv, uint64_t gpa, void *buf, size_t len)
{
    struct test_l1 *l1 = priv;

    if ( gpa >= L1_MEMORY || len > L1_MEMORY - gpa )
        return -EFAULT;
    memcpy(buf, l1->mem + gpa, len);
    return 0;
}

static int l1_write(void *priv, uint64_t gpa, const void *buf, size_t len)
{
    struct test_l1 *l1 = priv;

    if ( gpa >= L1_MEMORY || len > L1_MEMORY - gpa )
        return -EFAULT;
    memcpy(l1->mem + gpa, buf, len);
    return 0;
}

static int l1_or(void *priv, uint64_t gpa, uint64_t old, uint64_t bits)
{
    struct test_l1 *l1 = priv;
    uint64_t val;

    if ( l1->or_again )
    {
        l1->or_again--;
        return -EAGAIN;
    }
    if ( l1_read(priv, gpa, &val, sizeof(val)) )
        return -EFAULT;
    if ( val != old )
        return -EAGAIN;
    val |= bits;
    return l1_write(priv, gpa, &val, sizeof(val));
}

static int l1_read_linear(void *priv, uint64_t la, void *buf, size_t len,
                          struct nested_fault *fault)
{
    struct test_l1 *l1 = priv;

    if ( l1->fault )
    {
        *fault = (struct nested_fault){ X86_EXC_PF, true, 0, la };
        return -EFAULT;
    }
    /* Where nothing answers the bus reads ones. */
    if ( l1_read(priv, la, buf, len) )
        memset(buf, 0xff, len);
    return 0;
}

static int l1_write_linear(void *priv, uint64_t la, const void *buf, size_t len,
                           struct nested_fault *fault)
{
    struct test_l1 *l1 = priv;

    if ( l1->fault )
    {
        *fault = (struct nested_fault){ X86_EXC_PF, true, 2, la };
        return -EFAULT;
    }
    (void)l1_write(priv, la, buf, len);
    return 0;
}

static void l1_get_segment(void *priv, unsigned int seg,
                           struct vmcs12_segment *out)
{
    *out = ((struct test_l1 *)priv)->seg[seg];
}

static int l1_ctx_init(void *priv, struct nested_ctx *ctx)
{
    struct test_l1 *l1 = priv;

    if ( l1->contexts >= l1->max_contexts )
        return -ENOMEM;
    ctx->hw = priv;
    l1->contexts++;
    return 0;
}

static void l1_ctx_destroy(void *priv, struct nested_ctx *ctx)
{
    if ( ctx->hw )
        ((struct test_l1 *)priv)->contexts--;
}

static void l1_ctx_reuse(void *priv, struct nested_ctx *ctx)
{
    ((struct test_l1 *)priv)->reused++;
}

/* The hardware knows a guest CS selector that no vmcs12 has. */
#define SYNCED_CS 0x1238

static void l1_ctx_sync(void *priv, struct nested_ctx *ctx, uint32_t groups)
{
    ((struct test_l1 *)priv)->synced |= groups;
    if ( groups & VMCS12_GB(SEG) )
        ctx->v12.guest_cs_selector = SYNCED_CS;
}

static void l1_ctx_written(void *priv, struct nested_ctx *ctx, uint32_t enc)
{
    ((struct test_l1 *)priv)->written = enc;
}

static void l1_ctx_current(void *priv, struct nested_ctx *from,
                           struct nested_ctx *to)
{
}

static void l1_invept(void *priv, unsigned int type, uint64_t eptp)
{
    struct test_l1 *l1 = priv;

    l1->inv_type = type;
    l1->inv_addr = eptp;
    l1->inv_count++;
}

static void l1_invvpid(void *priv, unsigned int type, uint16_t vpid,
                       uint64_t la)
{
    struct test_l1 *l1 = priv;

    l1->inv_type = type;
    l1->inv_vpid = vpid;
    l1->inv_addr = la;
    l1->inv_count++;
}

static void *l1_alloc(void *priv, size_t size)
{
    return calloc(1, size);
}

static void l1_free(void *priv, void *p)
{
    free(p);
}

static const struct nested_env l1_env = {
    .read_phys = l1_read,
    .write_phys = l1_write,
    .or_phys = l1_or,
    .read_linear = l1_read_linear,
    .write_linear = l1_write_linear,
    .get_segment = l1_get_segment,
    .ctx_init = l1_ctx_init,
    .ctx_destroy = l1_ctx_destroy,
    .ctx_reuse = l1_ctx_reuse,
    .ctx_sync = l1_ctx_sync,
    .ctx_written = l1_ctx_written,
    .ctx_current = l1_ctx_current,
    .invept = l1_invept,
    .invvpid = l1_invvpid,
    .alloc = l1_alloc,
    .free = l1_free,
};

/* A machine that has every control and capability. */
static inline void full_host(struct vmx_msr_set *host)
{
    memset(host, 0, sizeof(*host));
    for ( uint32_t i = MSR_IA32_VMX_FIRST; i <= MSR_IA32_VMX_LAST; i++ )
        VMX_MSR(host, i) = 0xffffffff00000000ULL;
    VMX_MSR(host, MSR_IA32_VMX_BASIC) = VMX_BASIC_TRUE_CTLS | 1;
    VMX_MSR(host, MSR_IA32_VMX_MISC) = 0x400c1e5ULL;
    VMX_MSR(host, MSR_IA32_VMX_EPT_VPID_CAP) = ~0ULL;
}

static inline void full_caps(struct nested_caps *caps)
{
    const struct nested_opts opts = {
        .maxphyaddr = 40,
        .rdtscp = true,
        .invpcid = true,
        .xsaves = true,
        .rdrand = true,
        .rdseed = true,
        .nx = true,
        .lm = true,
        .page_1g = true,
        .cr4_valid = 0x3727ff,
        .debugctl_valid = 3,
    };
    struct vmx_msr_set host;

    full_host(&host);
    assert_true(nested_caps_compute(caps, &host, &opts));
}

static inline struct test_l1 *new_l1(void)
{
    struct test_l1 *l1 = calloc(1, sizeof(*l1));

    l1->max_contexts = NESTED_CTX_MAX;
    full_caps(&l1->caps);
    l1->nv.caps = &l1->caps;
    l1->nv.env = &l1_env;
    l1->nv.priv = l1;
    l1->nv.state.feature_control = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX;
    nested_state_reset(&l1->nv);
    return l1;
}

static inline void free_l1(struct test_l1 *l1)
{
    nested_ctx_drop_all(&l1->nv);
    assert_int_equal(l1->contexts, 0);
    free(l1);
}

/* A 64-bit L2 under a 64-bit L1 that passes every check. */
static inline void good_vmcs12(struct vmcs12 *v)
{
    const uint32_t data = SEG_AR_WRITABLE | SEG_AR_ACCESSED | SEG_AR_S |
                          SEG_AR_P | SEG_AR_DB | SEG_AR_G;

    memset(v, 0, sizeof(*v));
    v->revision = VMCS12_REVISION;
    v->vmcs_link_ptr = VMCS_LINK_PTR_NONE;
    v->pin_ctrl = PIN_DEFAULT1 | PIN_EXT_INTR | PIN_NMI;
    v->proc_ctrl = PROC_TRUE_DEFAULT1 | PROC_SECONDARY | PROC_HLT;
    v->proc2_ctrl = PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED;
    v->vpid = 1;
    v->ept_pointer = 0x1000 | EPTP_MEMTYPE_WB | 3 << EPTP_WALK_SHIFT;
    v->exit_ctrl = EXIT_CTL_TRUE_DEFAULT1 | EXIT_CTL_HOST_64 |
                   EXIT_CTL_ACK_INTR | EXIT_CTL_LOAD_EFER | EXIT_CTL_SAVE_EFER;
    v->entry_ctrl = ENTRY_CTL_TRUE_DEFAULT1 | ENTRY_CTL_GUEST_64 |
                    ENTRY_CTL_LOAD_EFER | ENTRY_CTL_LOAD_DEBUG;

    v->host_cr0 = X86_CR0_PE | X86_CR0_NE | X86_CR0_PG;
    v->host_cr4 = X86_CR4_VMXE | X86_CR4_PAE;
    v->host_cs_selector = 0x10;
    v->host_ss_selector = 0x18;
    v->host_tr_selector = 0x40;
    v->host_efer = EFER_LME | EFER_LMA | EFER_SCE;
    v->host_rip = 0xffffffff81000000ULL;

    v->guest_cr0 = v->host_cr0;
    v->guest_cr4 = v->host_cr4;
    v->guest_efer = v->host_efer;
    v->guest_dr7 = 0x400;
    v->guest_rflags = X86_EFLAGS_MBS | X86_EFLAGS_IF;
    v->guest_rip = 0x1000;
    for ( unsigned int i = SEG_ES; i <= SEG_GS; i++ )
    {
        (&v->guest_es_ar)[i] = data;
        (&v->guest_es_limit)[i] = 0xffffffff;
        (&v->guest_es_selector)[i] = 0x18;
    }
    v->guest_cs_selector = 0x10;
    v->guest_cs_ar = SEG_AR_CODE | (data & ~SEG_AR_DB & ~SEG_AR_WRITABLE) |
                     SEG_AR_READABLE | SEG_AR_L;
    v->guest_tr_ar = SEG_TYPE_TSS_BUSY | SEG_AR_P;
    v->guest_tr_limit = 0x67;
    v->guest_tr_selector = 0x40;
    v->guest_ldtr_ar = SEG_AR_UNUSABLE;
}
