/* SPDX-License-Identifier: MIT */
/* What is done against leaks by speculation, as the processor asks for it. */
#pragma once

#include <xen/types.h>

/* What decides: CPUID leaf 7, and IA32_ARCH_CAPABILITIES or 0. */
struct spec_facts
{
    uint32_t leaf7_d;
    uint64_t arch_caps;
};

/* Parts of the option spec-ctrl=; all are on unless they are turned off. */
struct spec_options
{
    bool ibrs, ibpb, md_clear, l1d_flush;
};

struct spec_ctrl
{
    bool ibrs;      /* IBRS stays set: it costs nothing on such processors */
    bool ibpb;      /* a barrier when a pCPU changes to another domain */
    bool verw;      /* overwrite buffers before each VM entry */
    bool l1d_flush; /* flush the level-1 cache at each VM entry */
    /* The processor leaks, and cannot be kept from it. */
    bool mds_open, l1tf_open;
};

extern struct spec_ctrl spec_ctrl;

/* Pure: what to do. */
void spec_ctrl_choose(const struct spec_facts *facts,
                      const struct spec_options *options,
                      struct spec_ctrl *out);
/* The value of spec-ctrl=: 0, or -EINVAL and options as they were. */
int spec_ctrl_parse(const char *s, struct spec_options *options);

/* Once: decide, say so, prepare the entry code. */
void spec_ctrl_init(void);
/* On each pCPU. */
void spec_ctrl_init_cpu(void);
/* The pCPU goes from one domain to another. */
void spec_ctrl_switch_domain(void);
/*
 * MSRs that each VM entry loads: fields of the VMCS that is current. Also
 * without any, as a vmcs02 must not keep what was there.
 */
void spec_ctrl_write_entry_msrs(void);
