/* SPDX-License-Identifier: MIT */
/* State of nested VMX, and what its pure part asks of its surroundings. */
#pragma once

#include <xen/compiler.h>
#include <xen/errno.h>
#include <xen/types.h>
#include <asm/vmx-defs.h>

#include "nested-caps.h"
#include "vmcs12.h"

/* How many vmcs12 of one L1 vCPU are held ready with a vmcs02 of their own. */
#define NESTED_CTX_MAX   64
#define NESTED_CTX_HINTS 128 /* L1's VMCSs often lie side by side */

/* An exception that an instruction of L1 raises. */
struct nested_fault
{
    uint8_t vector;
    bool has_error;
    uint32_t error;
    uint64_t cr2; /* of a page fault */
};

/*
 * One active vmcs12: the copy that counts while it is active, and what was
 * done with it. hw belongs to nested-hw*.c: the vmcs02 with its bitmaps.
 */
struct nested_ctx
{
    /* Of the region in L1's memory; VMX_NO_CURRENT_VMCS: idle, for reuse. */
    uint64_t gpa;
    struct vmcs12 v12;

    /* Groups L1 wrote since the last entry that passed all checks ... */
    uint32_t unchecked;
    /* ... and since they were last merged into the vmcs02. */
    uint32_t unmerged;
    /* Guest-state groups whose present values only the vmcs02 holds. */
    uint32_t stale;

    uint64_t last_use;
    void *hw;
};

/* What has to survive save and restore, contexts aside. */
struct nested_state
{
    bool vmx_on;      /* between VMXON and VMXOFF */
    bool guest_mode;  /* L2 runs */
    bool mtf_pending; /* an MTF exit is due before L2's next instruction */
    bool virt_intr;   /* a virtual interrupt of L2 is recognized */
    /* L1 entered L2 and L2 has not run yet: no exit may be made up. */
    bool run_pending;
    bool l2_halted; /* L2 executed HLT, or was entered halted */
    /* Something is delivered first at the entry: an event, a #DB trap. */
    bool delivers;
    bool timer_active;   /* L1 has a preemption timer for this run of L2 ... */
    uint32_t timer_left; /* ... and it so many ticks, unless it counts */
    uint64_t vmxon_ptr;
    uint64_t current_ptr; /* VMX_NO_CURRENT_VMCS: none */
    uint64_t feature_control;
};

/* What other pCPUs have sent: notes for the one that runs the vCPU. */
struct nested_notes
{
    bool init;           /* INIT came; VMX root operation blocks it */
    bool sipi;           /* a start-up IPI came ... */
    uint8_t sipi_vector; /* ... with this vector */
};

/*
 * What the pure code asks for, given by nested-hw-env.c, or by a test.
 * Functions returning int give 0 or a negative errno; those that take a
 * fault fill it in when they return -EFAULT.
 */
struct nested_env
{
    void *priv;
    /* L1's physical memory. */
    int (*read_phys)(void *priv, uint64_t gpa, void *buf, size_t len);
    int (*write_phys)(void *priv, uint64_t gpa, const void *buf, size_t len);
    /* Set bits in an aligned 8-byte word of it; -EAGAIN if it was not old. */
    int (*or_phys)(void *priv, uint64_t gpa, uint64_t old, uint64_t bits);
    /* L1's linear memory, with the rights of its kernel. */
    int (*read_linear)(void *priv, uint64_t la, void *buf, size_t len,
                       struct nested_fault *fault);
    int (*write_linear)(void *priv, uint64_t la, const void *buf, size_t len,
                        struct nested_fault *fault);
    void (*get_segment)(void *priv, unsigned int seg,
                        struct vmcs12_segment *out);
    /* Contexts: make the hardware part; destroy it, however far made. */
    int (*ctx_init)(void *priv, struct nested_ctx *ctx);
    void (*ctx_destroy)(void *priv, struct nested_ctx *ctx);
    /* ctx is to serve another vmcs12 than before. */
    void (*ctx_reuse)(void *priv, struct nested_ctx *ctx);
    /* Fetch these stale groups into ctx->v12, and what hardware shadows. */
    void (*ctx_sync)(void *priv, struct nested_ctx *ctx, uint32_t groups);
    /* L1 wrote a field of the current context by an instruction. */
    void (*ctx_written)(void *priv, struct nested_ctx *ctx, uint32_t enc);
    /* The current context goes from one to another, either may be NULL. */
    void (*ctx_current)(void *priv, struct nested_ctx *from,
                        struct nested_ctx *to);
    /* INVEPT and INVVPID, operands checked. */
    void (*invept)(void *priv, unsigned int type, uint64_t eptp);
    void (*invvpid)(void *priv, unsigned int type, uint16_t vpid, uint64_t la);
    void *(*alloc)(void *priv, size_t size); /* zeroed */
    void (*free)(void *priv, void *p);
};

/* Counters shown by the toolstack. */
struct nested_stats
{
    uint64_t insns;
    uint64_t entries;
    uint64_t entry_failures;
    uint64_t ctx_hits, ctx_misses, ctx_evictions;
    uint64_t shadow_exports, shadow_imports;
    uint64_t exits_l0[EXIT_REASON_COUNT];
    uint64_t exits_l1[EXIT_REASON_COUNT];
};

struct nested_vcpu
{
    struct nested_state state;
    struct nested_notes notes;
    const struct nested_caps *caps;
    const struct nested_env *env;
    void *priv; /* given to env's functions */

    struct nested_ctx *ctx[NESTED_CTX_MAX];
    unsigned int ctx_slots;             /* from here on none is in use */
    uint8_t ctx_hint[NESTED_CTX_HINTS]; /* by page: the slot to try first */
    struct nested_ctx *cur;             /* that of state.current_ptr */
    uint64_t use_clock;
    struct nested_stats stats;
};

static inline bool nested_in_guest_mode(const struct nested_vcpu *nv)
{
    return nv->state.guest_mode;
}

void nested_state_reset(struct nested_vcpu *nv);

/* --- The contexts, nested.c --- */
/* The context of gpa if it is active on this vCPU, else NULL. */
struct nested_ctx *nested_ctx_find(struct nested_vcpu *nv, uint64_t gpa);
/*
 * Make the vmcs12 at gpa active, reading its image; evicts another one when
 * the cache is full. NULL and *err (negative errno) when it cannot be had.
 */
struct nested_ctx *nested_ctx_load(struct nested_vcpu *nv, uint64_t gpa,
                                   int *err);
/* Write it back to L1's memory; the context is idle then. */
void nested_ctx_flush(struct nested_vcpu *nv, struct nested_ctx *ctx);
/* All of them, and give their memory back. */
void nested_ctx_flush_all(struct nested_vcpu *nv);
/* Write all of them back; they stay active. */
void nested_ctx_write_all(struct nested_vcpu *nv);
/* Drop all without writing back, when the vCPU goes away. */
void nested_ctx_drop_all(struct nested_vcpu *nv);
/* Make ctx (or NULL) the current one. */
void nested_set_current(struct nested_vcpu *nv, struct nested_ctx *ctx);

/* Note that L1 changed fields of these groups. */
static inline void nested_ctx_touch(struct nested_ctx *ctx, uint32_t groups)
{
    ctx->unchecked |= groups;
    ctx->unmerged |= groups;
}
