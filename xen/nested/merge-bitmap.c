/* SPDX-License-Identifier: MIT */
/* Merge MSR bitmaps: L2 reaches an MSR only if L0 and L1 both let it. */
#include <asm/msr-index.h>

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

/* --- SDM "Virtualizing MSR-Based APIC Accesses" --- */
#define WORD_BITS    64
#define X2APIC_WORD  (MSR_X2APIC_FIRST / WORD_BITS)
#define X2APIC_WORDS 4
#define READ_WORD    (MSR_BITMAP_READ_LOW / sizeof(uint64_t) + X2APIC_WORD)
#define WRITE_WORD   (MSR_BITMAP_WRITE_LOW / sizeof(uint64_t) + X2APIC_WORD)
#define MSR_BIT(msr) (1ULL << (msr) % WORD_BITS)

/* Those that are written are all in the first word. */
_Static_assert(MSR_X2APIC_SELF_IPI < MSR_X2APIC_FIRST + WORD_BITS, "one word");

/* Bits of a word that the processor virtualizes with these controls. */
static uint64_t virtualized(unsigned int i, bool write, uint32_t proc2)
{
    uint64_t bits = i ? 0 : MSR_BIT(MSR_X2APIC_TPR);

    if ( !(proc2 & PROC2_X2APIC) )
        return 0;
    if ( !write )
        return proc2 & PROC2_APIC_REG ? ~0ULL : bits;
    if ( !i && (proc2 & PROC2_VINTR) )
        bits |= MSR_BIT(MSR_X2APIC_EOI) | MSR_BIT(MSR_X2APIC_SELF_IPI);

    return bits;
}

void merge_x2apic(uint64_t *out, const uint64_t *l1, uint32_t proc2)
{
    for ( unsigned int i = 0; i < X2APIC_WORDS; i++ )
    {
        unsigned int r = READ_WORD + i, w = WRITE_WORD + i;

        out[r] = l1 ? READ_ONCE(l1[r]) | ~virtualized(i, false, proc2) : ~0ULL;
        out[w] = l1 ? READ_ONCE(l1[w]) | ~virtualized(i, true, proc2) : ~0ULL;
    }
}

bool merge_bitmap_is_safe(const uint64_t *merged, const uint64_t *l0,
                          uint32_t x2apic)
{
    for ( unsigned int i = 0; i < BITMAP_WORDS; i++ )
    {
        uint64_t harmless = 0;

        if ( i >= READ_WORD && i < READ_WORD + X2APIC_WORDS )
            harmless = virtualized(i - READ_WORD, false, x2apic);
        if ( i >= WRITE_WORD && i < WRITE_WORD + X2APIC_WORDS )
            harmless = virtualized(i - WRITE_WORD, true, x2apic);
        if ( l0[i] & ~merged[i] & ~harmless )
            return false;
    }

    return true;
}
