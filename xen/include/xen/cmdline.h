/* SPDX-License-Identifier: MIT */
/* Command-line options: each file declares its own by one of the macros. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>

enum param_kind
{
    PARAM_BOOL,     /* bool: name, name=yes|no|on|off|..., no-name */
    PARAM_UINT,     /* unsigned int */
    PARAM_SIZE,     /* uint64_t: bytes, with a suffix; plain is KiB */
    PARAM_STRING,   /* char array */
    PARAM_CUSTOM,   /* int fn(const char *value): 0, or -EINVAL */
    PARAM_ACCEPTED, /* of Xen, means nothing here; text says why */
};

struct param
{
    const char *name;
    enum param_kind kind;
    unsigned int len; /* of a PARAM_STRING */
    void *var;
    int (*fn)(const char *value);
    const char *text;
    /* Those that can be set at run time, too, say what they are now. */
    void (*show)(char *buf, size_t size);
};

#define PARAM_ROW(id, ...)                                                  \
    static const struct param __used __section("nidus_params") __aligned(8) \
        param_row_##id = { __VA_ARGS__ }
#define PARAM_ROW_(id, ...) PARAM_ROW(id, __VA_ARGS__)

#define boolean_param(name_, variable) \
    PARAM_ROW_(variable, .name = name_, .kind = PARAM_BOOL, .var = &(variable))
#define integer_param(name_, variable) \
    PARAM_ROW_(variable, .name = name_, .kind = PARAM_UINT, .var = &(variable))
#define size_param(name_, variable) \
    PARAM_ROW_(variable, .name = name_, .kind = PARAM_SIZE, .var = &(variable))
#define string_param(name_, variable)                         \
    PARAM_ROW_(variable, .name = name_, .kind = PARAM_STRING, \
               .len = sizeof(variable), .var = (variable))
#define custom_param(name_, function) \
    PARAM_ROW_(function, .name = name_, .kind = PARAM_CUSTOM, .fn = function)
#define runtime_param(name_, function, shower)                                \
    PARAM_ROW_(function, .name = name_, .kind = PARAM_CUSTOM, .fn = function, \
               .show = shower)
#define accepted_param(id, name_, why) \
    PARAM_ROW_(id, .name = name_, .kind = PARAM_ACCEPTED, .text = why)

/*
 * Parse the hypervisor's options. The text is kept (cmdline_text()); what
 * follows a lone "--" is for Dom0 (cmdline_dom0_extra(), "" if none).
 */
void cmdline_parse(const char *cmdline);
const char *cmdline_text(void);
const char *cmdline_dom0_extra(void);
/* Name on the console what was unknown, malformed or has no meaning here. */
void cmdline_report(void);
/* The i-th of the options that can be set at run time, by name; NULL: no more.
 */
const struct param *param_runtime(unsigned int i);
/* 1, 0, or -1 if s is no boolean word; len bytes of it. */
int parse_bool(const char *s, size_t len);

/* Options that more than one part looks at. */
struct dom0_mem_option
{
    uint64_t nominal, min, max; /* bytes; 0: not given */
};
extern struct dom0_mem_option opt_dom0_mem;
extern unsigned int opt_dom0_max_vcpus; /* 0: as many as there are pCPUs */
extern bool opt_dom0_vcpus_pin;         /* vCPU n runs on pCPU n alone */
extern bool opt_noreboot;
