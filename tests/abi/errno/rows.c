/* SPDX-License-Identifier: MIT */
/*
 * The rows as functions, and the list of them: ERRNO_ROWS names the file with
 * the rows, for a guest or for Dom0. Included by the programs.
 */
#include <public/errno.h>

#include <public/domctl.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <public/xen.h>

#include "env.h"

#define NO_DOMAIN 0x7000 /* nobody has this id */
#define NO_PORT   0xfff0
#define TOO_BIG   63 /* as an order of pages */

/* (op, arg): the argument is a structure with these fields. */
#define OP(id, nr, cmd, type, ...)                                      \
    static long row_##id(void)                                          \
    {                                                                   \
        struct type *arg = env_page(0);                                 \
                                                                        \
        *arg = (struct type){ __VA_ARGS__ };                            \
        return env_call(__HYPERVISOR_##nr, cmd, (unsigned long)arg, 1); \
    }
/* (op, arg): one whose argument cannot be read. */
#define BAD(id, nr, cmd)                                      \
    static long row_##id(void)                                \
    {                                                         \
        return env_call(__HYPERVISOR_##nr, cmd,               \
                        (unsigned long)env_bad_address(), 1); \
    }
/* (arg): likewise. */
#define BAD1(id, nr)                                                         \
    static long row_##id(void)                                               \
    {                                                                        \
        return env_call(__HYPERVISOR_##nr, (unsigned long)env_bad_address(), \
                        0, 0);                                               \
    }
/* Any three words. */
#define RAW(id, nr, a1, a2, a3)          \
    static long row_##id(void)           \
    {                                    \
        return env_call(nr, a1, a2, a3); \
    }
/* An element of a grant table operation: its status is the result. */
#define GNT(id, cmd, type, ...)                                                \
    static long row_##id(void)                                                 \
    {                                                                          \
        struct type *arg = env_page(0);                                        \
        long rc;                                                               \
                                                                               \
        *arg = (struct type){ __VA_ARGS__ };                                   \
        rc =                                                                   \
            env_call(__HYPERVISOR_grant_table_op, cmd, (unsigned long)arg, 1); \
        return rc ? rc : arg->status;                                          \
    }
/* A vcpu_op of the vCPU. */
#define VCPU(id, cmd, vcpu, type, ...)                                        \
    static long row_##id(void)                                                \
    {                                                                         \
        struct type *arg = env_page(0);                                       \
                                                                              \
        *arg = (struct type){ __VA_ARGS__ };                                  \
        return env_call(__HYPERVISOR_vcpu_op, cmd, vcpu, (unsigned long)arg); \
    }
#define CONTROL(id, nr, version, ctype, command, ...)                 \
    static long row_##id(void)                                        \
    {                                                                 \
        struct ctype *arg = env_page(0);                              \
                                                                      \
        *arg = (struct ctype){ .cmd = command,                        \
                               .interface_version = version,          \
                               __VA_ARGS__ };                         \
        return env_call(__HYPERVISOR_##nr, (unsigned long)arg, 0, 0); \
    }
#define DOMCTL(id, command, target, ...)                                   \
    CONTROL(id, domctl, XEN_DOMCTL_INTERFACE_VERSION, xen_domctl, command, \
            .domain = target, __VA_ARGS__)
#define SYSCTL(id, command, ...)                                           \
    CONTROL(id, sysctl, XEN_SYSCTL_INTERFACE_VERSION, xen_sysctl, command, \
            __VA_ARGS__)
/* With the first two words of the argument. */
#define SYSCTL_WORDS(id, command, word0, word1)                         \
    static long row_##id(void)                                          \
    {                                                                   \
        const uint32_t words[2] = { word0, word1 };                     \
        struct xen_sysctl *arg = env_page(0);                           \
                                                                        \
        arg->cmd = command;                                             \
        arg->interface_version = XEN_SYSCTL_INTERFACE_VERSION;          \
        __builtin_memcpy(&arg->u, words, sizeof(words));                \
        return env_call(__HYPERVISOR_sysctl, (unsigned long)arg, 0, 0); \
    }
#define PLATFORM(id, command, ...)                                     \
    CONTROL(id, platform_op, XENPF_INTERFACE_VERSION, xen_platform_op, \
            command, __VA_ARGS__)

#include ERRNO_ROWS

#undef OP
#undef BAD
#undef BAD1
#undef RAW
#undef GNT
#undef VCPU
#undef CONTROL
#undef DOMCTL
#undef SYSCTL
#undef SYSCTL_WORDS
#undef PLATFORM
#define ROW(id)               env_print(#id, row_##id());
#define OP(id, ...)           ROW(id)
#define BAD(id, ...)          ROW(id)
#define BAD1(id, ...)         ROW(id)
#define CONTROL(id, ...)      ROW(id)
#define RAW(id, ...)          ROW(id)
#define GNT(id, ...)          ROW(id)
#define VCPU(id, ...)         ROW(id)
#define DOMCTL(id, ...)       ROW(id)
#define SYSCTL(id, ...)       ROW(id)
#define SYSCTL_WORDS(id, ...) ROW(id)
#define PLATFORM(id, ...)     ROW(id)

void errno_rows(void)
{
#include ERRNO_ROWS
}
