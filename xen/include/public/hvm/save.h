/* SPDX-License-Identifier: MIT */
/* The HVM save stream: typed records, each behind a descriptor. */
#ifndef XEN_PUBLIC_HVM_SAVE_H
#define XEN_PUBLIC_HVM_SAVE_H

#include "../xen.h"

struct hvm_save_descriptor
{
    uint16_t typecode;
    uint16_t instance; /* vCPU id for per-vCPU records */
    uint32_t length;   /* of the record, without this descriptor */
};

/*
 * Ties a record's structure to its number at compile time: the struct below
 * exists to carry a type and, as an array size, a number.
 */
#define DECLARE_HVM_SAVE_TYPE(name, code, type) \
    struct __HVM_SAVE_TYPE_##name               \
    {                                           \
        type t;                                 \
        char c[code];                           \
    }
#define HVM_SAVE_TYPE(name)   __typeof__(((struct __HVM_SAVE_TYPE_##name *)0)->t)
#define HVM_SAVE_LENGTH(name) (sizeof(HVM_SAVE_TYPE(name)))
#define HVM_SAVE_CODE(name)   (sizeof(((struct __HVM_SAVE_TYPE_##name *)0)->c))

/* Type 0 ends the stream and has no body. */
struct hvm_save_end
{
};
DECLARE_HVM_SAVE_TYPE(END, 0, struct hvm_save_end);

#include "../arch-x86/hvm/save.h"

#endif
