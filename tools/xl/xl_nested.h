/* SPDX-License-Identifier: MIT */
/* What the files of xl nested share. */
#ifndef XL_NESTED_H
#define XL_NESTED_H

/* A capability of an L1: a bit of one of its VMX capability MSRs. */
struct nested_cap
{
    unsigned int msr; /* counted from IA32_VMX_BASIC */
    unsigned int bit;
    const char *name;
};

extern const struct nested_cap nested_caps[];
extern const unsigned int nested_caps_count;

/* NULL for a reason that there is not. */
const char *nested_exit_name(unsigned int reason);

#endif
