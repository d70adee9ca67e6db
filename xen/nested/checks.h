/* SPDX-License-Identifier: MIT */
/* The checks that a VM entry makes on the vmcs12, as tables of named rows. */
#pragma once

#include "nested.h"

/* All a check may look at. */
struct entry_check
{
    const struct vmcs12 *v;
    const struct nested_caps *caps;
    const struct nested_env *env; /* L1's memory; unused by most */
    void *priv;
    uint64_t vmcs12_gpa;
    bool l1_long_mode; /* L1's IA32_EFER.LMA when it enters */
};

struct check_row
{
    const char *name; /* what must hold, in the SDM's words cut short */
    uint32_t groups;  /* the groups it reads: skip it if none changed */
    bool (*holds)(const struct entry_check *c);
    uint8_t qual; /* exit qualification of a failed guest-state check */
};

/*
 * The first row of the SDM's group that does not hold, NULL if all do. Only
 * rows that read one of these groups are looked at; the caller vouches for
 * the others having held before.
 */
const struct check_row *check_controls(const struct entry_check *c,
                                       uint32_t groups);
const struct check_row *check_host_state(const struct entry_check *c,
                                         uint32_t groups);
const struct check_row *check_guest_state(const struct entry_check *c,
                                          uint32_t groups);

/*
 * Rows that read L1's memory or L1's mode depend on more than the vmcs12:
 * they name this group, which a caller always passes.
 */
#define CHECK_ALWAYS VMCS12_GB(INFO)

/* --- Parts that are used alone --- */
bool check_eptp(const struct nested_caps *caps, uint64_t eptp);
bool check_pat(uint64_t pat);
bool check_efer_reserved(const struct nested_caps *caps, uint64_t efer);
bool check_pdpte(const struct nested_caps *caps, uint64_t pdpte);
bool check_debugctl(const struct nested_caps *caps, uint64_t debugctl);

static inline uint32_t vmcs12_proc2(const struct vmcs12 *v)
{
    return v->proc_ctrl & PROC_SECONDARY ? v->proc2_ctrl : 0;
}

/* The EPT pointer as ept12-walk.c and ept02.c take it. */
static inline uint64_t vmcs12_eptp(const struct vmcs12 *v)
{
    return v->ept_pointer | (vmcs12_proc2(v) & PROC2_MBEC ? EPTP_MBEC : 0);
}

/*
 * Rows with the union of their groups: most entries change so little that
 * whole tables are passed over.
 */
struct check_table
{
    const struct check_row *rows;
    uint32_t count;
    uint32_t groups;
};

#define CHECK_TABLE(rows, groups)          \
    {                                      \
        (rows), ARRAY_SIZE(rows), (groups) \
    }

static __maybe_unused __attribute__((noinline)) const struct check_row *
check_rows(const struct check_table *table, const struct entry_check *c,
           uint32_t groups)
{
    const struct check_row *row = table->rows, *end = row + table->count;

    for ( ; row < end; row++ )
        if ( (row->groups & groups) && !row->holds(c) )
            return row;

    return NULL;
}

/* Unrolled: the tables are constants, and most of them are passed over. */
static inline __attribute__((always_inline)) const struct check_row *
check_tables(const struct check_table *tables, unsigned int count,
             const struct entry_check *c, uint32_t groups)
{
#pragma GCC unroll 8
    for ( unsigned int t = 0; t < count; t++ )
    {
        const struct check_row *row;

        if ( unlikely(tables[t].groups & groups) &&
             (row = check_rows(&tables[t], c, groups)) != NULL )
            return row;
    }

    return NULL;
}

/* The segment part of check_guest_state(). */
extern const struct check_table check_guest_segments;
