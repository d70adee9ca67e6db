/* SPDX-License-Identifier: MIT */
/* Frame numbers of different levels as types that do not mix. */
#pragma once

#include <xen/types.h>

/*
 * gfn_t: guest frame number, what a guest calls physical.
 * mfn_t: machine frame number.
 * TYPE_SAFE(name) defines name_t, _name(n) to make one, name_x(v) to unwrap.
 */
#define TYPE_SAFE(name)                         \
    typedef struct                              \
    {                                           \
        uint64_t name;                          \
    } name##_t;                                 \
    static inline name##_t _##name(uint64_t n)  \
    {                                           \
        return (name##_t){ n };                 \
    }                                           \
    static inline uint64_t name##_x(name##_t v) \
    {                                           \
        return v.name;                          \
    }

TYPE_SAFE(gfn)
TYPE_SAFE(mfn)

#define INVALID_GFN _gfn(~0ULL)
#define INVALID_MFN _mfn(~0ULL)

static inline bool gfn_eq(gfn_t a, gfn_t b)
{
    return gfn_x(a) == gfn_x(b);
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return mfn_x(a) == mfn_x(b);
}

static inline gfn_t gfn_add(gfn_t g, uint64_t n)
{
    return _gfn(gfn_x(g) + n);
}

static inline mfn_t mfn_add(mfn_t m, uint64_t n)
{
    return _mfn(mfn_x(m) + n);
}
