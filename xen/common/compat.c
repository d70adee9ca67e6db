/* SPDX-License-Identifier: MIT */
/* Copying structures and arrays of words from and to 32-bit callers. */
#include <xen/compat.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>

#define WORD_32 sizeof(uint32_t)
#define WORD_64 sizeof(uint64_t)

/* Is it another form than the native one that the caller has? */
static bool is_translated(const char *layout, size_t size)
{
    if ( likely(!current->hcall_compat) || !layout )
        return false;
    ASSERT(layout_size(layout, false) == size && size <= COMPAT_STRUCT_MAX);
    return true;
}

bool copy_layout_from_guest(void *to, uint64_t gva, const char *layout,
                            size_t size)
{
    uint8_t compat[COMPAT_STRUCT_MAX];

    if ( !is_translated(layout, size) )
        return copy_from_guest_va(to, gva, size);
    if ( copy_from_guest_va(compat, gva, layout_size(layout, true)) )
        return true;
    layout_widen(layout, compat, to);
    return false;
}

bool copy_layout_to_guest(uint64_t gva, const void *from, const char *layout,
                          size_t size)
{
    uint8_t compat[COMPAT_STRUCT_MAX];

    if ( !is_translated(layout, size) )
        return copy_to_guest_va(gva, from, size);
    layout_narrow(layout, from, compat);
    return copy_to_guest_va(gva, compat, layout_size(layout, true));
}

size_t layout_stride(const char *layout, size_t size)
{
    return is_translated(layout, size) ? layout_size(layout, true) : size;
}

bool copy_word_from_guest_va(unsigned long *to, uint64_t gva, unsigned long i)
{
    uint32_t word;

    if ( likely(!current->hcall_compat) )
        return copy_from_guest_va(to, gva + i * WORD_64, WORD_64);
    if ( copy_from_guest_va(&word, gva + i * WORD_32, WORD_32) )
        return true;
    *to = word;
    return false;
}

bool copy_word_to_guest_va(uint64_t gva, unsigned long i, unsigned long word)
{
    size_t size = current->hcall_compat ? WORD_32 : WORD_64;

    return copy_to_guest_va(gva + i * size, &word, size);
}
