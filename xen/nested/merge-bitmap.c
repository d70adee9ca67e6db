/* SPDX-License-Identifier: MIT */
/* Merge MSR bitmaps: L2 reaches an MSR only if L0 and L1 both let it. */
#include "merge.h"

/*
 * A set bit makes the access exit. L0 lets few MSRs through, all in a handful
 * of 64-bit words; outside them the merged bitmap is ones and stays so. This
 * makes a merge, needed before each entry since L1 may write its bitmap at
 * any time, a matter of those words.
 */
void merge_bitmap_scan(const uint64_t *l0, struct msr_bitmap_words *words)
{
    words->count = 0;
    for ( unsigned int i = 0; i < BITMAP_WORDS; i++ )
        if ( ~l0[i] )
            words->word[words->count++] = i;
}

void merge_msr_bitmap(uint64_t *out, const uint64_t *l0, const uint64_t *l1,
                      const struct msr_bitmap_words *words)
{
    for ( unsigned int i = 0; i < words->count; i++ )
    {
        unsigned int w = words->word[i];

        out[w] = l0[w] | (l1 ? READ_ONCE(l1[w]) : ~0ULL);
    }
}

bool merge_bitmap_is_safe(const uint64_t *merged, const uint64_t *l0)
{
    for ( unsigned int i = 0; i < BITMAP_WORDS; i++ )
        if ( l0[i] & ~merged[i] )
            return false;

    return true;
}
