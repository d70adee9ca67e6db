/* SPDX-License-Identifier: MIT */
/* The hardware side of nested VMX: vmcs02s, and who is in them. */
#pragma once

#include <xen/domain.h>
#include <xen/mm.h>
#include <xen/timer.h>
#include <asm/vmx.h>

#include "ept02.h"
#include "insn.h"
#include "merge.h"
#include "msr-list.h"
#include "nested.h"
#include "reflect.h"

struct nested_domain
{
    /* Protects ept02; taken inside the p2m lock. */
    spinlock_t lock;
    struct ept02 ept02;
    struct ept02_page *pages;
    struct ept02_root *roots;
    /* Changes of the p2m so far: pages pinned before may be others' now. */
    uint64_t p2m_gen;
    struct nested_caps caps;
    /* Of PROC2_VAPIC, what the processor does for L2s of this domain. */
    uint32_t vapic;
    bool caps_known; /* computed once, when the guest first asks */
};

/* Pages of L1 that the vmcs02 names by machine address. */
enum nested_pin
{
    PIN_PAGE_MSR_BITMAP,
    PIN_PAGE_VAPIC,
    PIN_PAGE_APIC_ACCESS,
    PIN_PAGE_COUNT,
};

struct nested_hw_ctx
{
    /* In v->arch.vmx while L2 runs: the base code works on the vmcs02. */
    struct vmx_vcpu vmx;
    bool constants_written;
    struct ept02_root *root; /* NULL: on the domain's own EPT */
    uint64_t eptp;           /* in the vmcs02 */
    uint64_t ept_gen;        /* of EPT02s when translations were last flushed */
    uint16_t vpid12;         /* that the VPID02's translations belong to */
    bool flush_vpid;
    struct vmcs02_ctrl ctrl; /* as last written */
    struct vmcs02_cr cr;
    struct msr_bitmap_words words;
    bool x2apic_open; /* the MSR bitmap lets x2APIC MSRs through */
    struct page_info *pin[PIN_PAGE_COUNT];
    uint64_t pin_gfn[PIN_PAGE_COUNT];
    uint64_t pin_gen;    /* p2m_gen when they were looked up */
    uint32_t exit_ctrl;  /* of the vmcs12, when L2 last exited */
    bool dirtied;        /* pages became dirty in EPT12 since the entry */
    uint64_t refill_gpa; /* of an EPT violation that L1 is repairing */
    bool refill;
    void *shadow; /* shadow VMCS; NULL where there is none */
    bool export_valid;
    bool statics_valid;     /* and so are the fields that only L1 changes */
    struct vmcs12 exported; /* fields as the shadow VMCS has them */
    bool host_valid;        /* host is what the vmcs12's host state makes */
    struct l1_host_state host;
};

struct nested_hw_vcpu
{
    struct nested_vcpu nv; /* first: v->arch.nested points here */
    struct vcpu *v;
    struct vmx_vcpu vmx01; /* v->arch.vmx of L1 while L2 runs */
    /* Further up the lock of the domain's p2m is held already. */
    bool p2m_locked;
    bool exit_soon;     /* come back right after the entry */
    bool mtf_for_timer; /* MTF is L0's: L1's timer of 0 exits behind an event */
    /* What an emulated write to the APIC-access page ends in, if anything. */
    bool vapic_exits;
    struct l2_exit vapic_exit;
    bool watch_rip;          /* L0 serves an exit of an L2 under MTF ... */
    uint64_t watched_rip;    /* ... whose instruction is here */
    uint64_t timer_deadline; /* of L1's timer, in its ticks; 0: not started */
    struct timer halt_timer; /* in its place while L2 is halted ... */
    bool halt_timer_on;      /* ... and started */
    uint16_t vpid[NESTED_CTX_MAX]; /* VPIDs for vmcs02s, reused */
    uint64_t vpid_used;
    void *scratch; /* stands in for pages that L1 does not have */
};

static inline struct nested_hw_vcpu *nested_hw(const struct vcpu *v)
{
    return (struct nested_hw_vcpu *)v->arch.nested;
}

static inline struct nested_domain *domain_nested(const struct vcpu *v)
{
    return v->domain->nested;
}

static inline struct nested_hw_ctx *hw_ctx(const struct nested_ctx *ctx)
{
    return ctx->hw;
}

/* L2 was entered in the state that only a start-up IPI ends. */
static inline bool nested_waits_for_sipi(const struct nested_hw_vcpu *hv)
{
    return hv->nv.state.guest_mode && hv->nv.state.l2_halted &&
           hv->nv.cur->v12.guest_activity == ACTIVITY_WAIT_SIPI;
}

/* --- nested-hw.c --- */
void nested_inject_fault(const struct nested_fault *f);
/* The vCPU's registers as the VMX instruction that exited finds them. */
void nested_read_cpu(struct vcpu *v, uint32_t reason, struct insn_cpu *cpu);
/* It did not fault: RSP (from rsp before), RFLAGS, RIP. */
void nested_insn_done(struct vcpu *v, const struct insn_cpu *cpu,
                      const struct insn_outcome *out, uint64_t rsp);

/* L1's memory and the life of contexts, nested-hw-env.c. */
extern const struct nested_env nested_hw_env;
extern const struct msr_access nested_msr_access;
/* Take the requests off a posted-interrupt descriptor of L1's; -EFAULT. */
int nested_fetch_posted(struct nested_hw_vcpu *hv, uint64_t gpa,
                        uint32_t requests[8]);
const struct nested_caps *nested_domain_caps(struct domain *d);

/* --- nested-hw-enter.c --- */
/* VMLAUNCH or VMRESUME passed its first checks. Says what becomes of it. */
enum nested_entry
{
    NESTED_ENTERED, /* the vmcs02 is loaded, or an exit has put L1 back */
    NESTED_FAILED,  /* VMfailValid with *error */
};
enum nested_entry nested_enter(struct vcpu *v, uint32_t *error);

/* --- nested-hw-write.c; the vmcs02 is loaded --- */
/* What L0 wants of an L2; the vmcs01 is still loaded. */
void nested_l0_controls(const struct vcpu *v, const struct nested_ctx *ctx,
                        struct merge_l0 *l0);
void nested_write_vmcs02(struct vcpu *v, struct nested_ctx *ctx,
                         const struct merge_l0 *l0);
/* Bits that guests run with, or without, whatever they believe to have. */
#define L0_CR0_FORCED0 (X86_CR0_CD | X86_CR0_NW)
#define L0_CR0_FORCED1 X86_CR0_NE
#define L0_CR4_FORCED1 X86_CR4_VMXE
/* Find L1's pages that the vmcs02 names again, after changes. */
void nested_refresh_pins(struct vcpu *v, struct nested_ctx *ctx);

/* --- nested-hw-audit.c; the vmcs02 is loaded and about to be entered --- */
extern bool opt_nested_audit;
void nested_audit_entry(const struct vcpu *v);

/* --- nested-hw-state.c --- */
/* Let L1 see exit e of its L2: the vmcs01 is loaded afterwards. */
void nested_vmexit(struct vcpu *v, struct l2_exit *e);
/*
 * The entry failed after the host state of vmcs12 was found good; the vmcs02
 * is loaded.
 */
void nested_entry_failure(struct vcpu *v, uint32_t basic_reason, uint64_t qual);
void nested_abort(struct vcpu *v, uint32_t code);
/* Guest state of the vmcs02, which must be loaded, into the vmcs12. */
void nested_save_groups(struct nested_ctx *ctx, uint32_t groups);
/* Make the other VMCS the current one, L1's or a context's. */
void nested_switch_to_vmcs01(struct vcpu *v);
void nested_switch_to_vmcs02(struct vcpu *v, struct nested_ctx *ctx);

/* --- nested-hw-timer.c --- */
/* Ticks that L1's timer has still to go; it need not be running. */
uint32_t nested_timer_left(const struct nested_hw_vcpu *hv);
/* L2 does not run any more: what is left stays as it is. */
void nested_timer_stop(struct nested_hw_vcpu *hv);
/* Load the vmcs02's timer before an entry, from which on L1's counts. */
void nested_write_timer(struct vcpu *v);
/* The processor's timer expired: was it L1's? */
bool nested_timer_expired(struct vcpu *v, bool exit_soon);
/* In its place while L2 is halted. */
void nested_start_halt_timer(struct nested_hw_vcpu *hv);

/* --- nested-hw-serve.c --- */
/*
 * An exit of L2 that L1 does not want. False: the base serves it as one of
 * the running guest.
 */
bool nested_serve_exit(struct vcpu *v, struct l2_exit *e);

/* --- nested-hw-vapic.c --- */
/* What the processor can and, by option, is to do for L2s: of PROC2_VAPIC. */
uint32_t nested_vapic_controls(void);
/*
 * Where it delivers virtual interrupts: their state from the vmcs02 at every
 * exit, and into it before every entry.
 */
void nested_vapic_fetch(struct vcpu *v);
void nested_vapic_store(struct vcpu *v);
/* A VM entry: take L1's virtual interrupts into account. */
void nested_vapic_enter(struct vcpu *v, const struct vmcs12 *v12);
void nested_vapic_exit(struct vcpu *v, const struct vmcs12 *v12);
/* Notifications that wait for L1: into the virtual-APIC page instead. */
void nested_vapic_take_posted(struct vcpu *v, const struct vmcs12 *v12);
/*
 * Deliver a recognized virtual interrupt, or see to it that L2 exits when it
 * can be delivered. busy: the entry delivers something else already.
 */
void nested_vapic_offer(struct vcpu *v, const struct vmcs12 *v12, bool busy);
/* Exits: true if served, an exit to L1 that followed included. */
bool nested_vapic_msr(struct vcpu *v, bool write);
bool nested_vapic_access(struct vcpu *v, const struct l2_exit *e);
bool nested_vapic_written(struct vcpu *v, const struct l2_exit *e);
void nested_vapic_tpr_below(struct vcpu *v);

/* --- nested-hw-ept.c --- */
/* VM function 0: another EPT12 of L1's list. False: it exits. */
bool nested_switch_eptp(struct vcpu *v, uint32_t index);
/* An EPT violation or misconfiguration of L2. False: it is L0's own. */
bool nested_ept_exit(struct vcpu *v, struct l2_exit *e);
/* Use the EPT02 of this EPT12 in the vmcs02; -ENOMEM. */
int nested_set_ept(struct vcpu *v, struct nested_ctx *ctx);
void nested_put_ept(struct vcpu *v, struct nested_hw_ctx *hw);
void nested_flush_ept(struct vcpu *v, struct nested_hw_ctx *hw);
/* Translate ahead of the access that faulted before. */
void nested_refill_ept(struct vcpu *v, struct nested_ctx *ctx);

/* --- nested-hw-shadow.c; the vmcs01 is loaded --- */
void nested_shadow_init(const struct nested_caps *caps,
                        struct nested_hw_ctx *hw);
void nested_shadow_destroy(struct nested_hw_ctx *hw);
/*
 * From the vmcs12 to the shadow VMCS: no VMCS, or the one from before, is
 * current afterwards. And back.
 */
void nested_shadow_export(struct vcpu *v, struct nested_ctx *ctx);
void nested_shadow_import(struct vcpu *v, struct nested_ctx *ctx);
void nested_shadow_written(struct vcpu *v, struct nested_ctx *ctx,
                           uint32_t enc);
void nested_shadow_link(struct vcpu *v, struct nested_ctx *ctx);
