/* SPDX-License-Identifier: MIT */
/* Memory maps: overlaps resolved, ranges added, removed, taken. */
#include <xen/e820.h>
#include <xen/lib.h>

#define PAGE        4096UL
#define PADDR_LIMIT (1UL << 52) /* no processor has more */

static void region_insert_sorted(struct boot_region *r, unsigned int nr)
{
    for ( unsigned int i = nr; i > 0 && r[i].base < r[i - 1].base; i-- )
    {
        struct boot_region t = r[i];

        r[i] = r[i - 1];
        r[i - 1] = t;
    }
}

static paddr_t region_end(const struct boot_region *r)
{
    return r->base + r->size;
}

/*
 * Sweep over all borders in ascending order; between two borders the highest
 * type of the regions that cover it holds. Quadratic, for a few dozen rows.
 */
void e820_sanitize(struct boot_region *r, unsigned int *nr, unsigned int max)
{
    static struct boot_region in[BOOT_MAX_REGIONS];
    unsigned int n = 0, out = 0;
    paddr_t at = 0;

    for ( unsigned int i = 0; i < *nr; i++ )
    {
        if ( r[i].size == 0 || r[i].type == 0 || r[i].base >= PADDR_LIMIT )
            continue;
        in[n] = r[i];
        in[n].size = min(in[n].size, PADDR_LIMIT - in[n].base);
        region_insert_sorted(in, n++);
    }

    for ( ;; )
    {
        paddr_t next = INVALID_PADDR;
        uint32_t type = 0;

        for ( unsigned int i = 0; i < n; i++ )
        {
            paddr_t end = region_end(&in[i]);

            if ( in[i].base <= at && at < end )
            {
                type = max(type, in[i].type);
                next = min(next, end);
            }
            else if ( in[i].base > at )
                next = min(next, in[i].base);
        }
        if ( next == INVALID_PADDR )
            break;
        if ( type != 0 )
        {
            if ( out && r[out - 1].type == type &&
                 region_end(&r[out - 1]) == at )
                r[out - 1].size += next - at;
            else if ( out < max )
                r[out++] = (struct boot_region){ at, next - at, type };
        }
        at = next;
    }
    *nr = out;
}

uint32_t e820_type(const struct boot_region *r, unsigned int nr, paddr_t start,
                   paddr_t end)
{
    for ( unsigned int i = 0; i < nr; i++ )
        if ( start >= r[i].base && end <= region_end(&r[i]) )
            return r[i].type;
    return 0;
}

static void range_delete(struct ram_map *m, unsigned int i)
{
    m->nr--;
    memmove(&m->r[i], &m->r[i + 1], (m->nr - i) * sizeof(m->r[0]));
}

static bool range_insert(struct ram_map *m, unsigned int i, paddr_t start,
                         paddr_t end)
{
    if ( m->nr == RAM_MAP_MAX )
        return false;
    memmove(&m->r[i + 1], &m->r[i], (m->nr - i) * sizeof(m->r[0]));
    m->r[i] = (struct ram_range){ start, end };
    m->nr++;
    return true;
}

/* Only whole pages count; a range too many is forgone, which is safe. */
void ram_map_add(struct ram_map *m, paddr_t start, paddr_t end)
{
    unsigned int i;

    start = start > ~0UL - PAGE ? ~0UL & ~(PAGE - 1) : ROUNDUP(start, PAGE);
    end = ROUNDDOWN(end, PAGE);
    if ( start >= end )
        return;
    for ( i = 0; i < m->nr && m->r[i].end < start; i++ )
        ;
    while ( i < m->nr && m->r[i].start <= end )
    {
        start = min(start, m->r[i].start);
        end = max(end, m->r[i].end);
        range_delete(m, i);
    }
    (void)range_insert(m, i, start, end);
}

void ram_map_remove(struct ram_map *m, paddr_t start, paddr_t end)
{
    unsigned int i = 0;

    if ( start >= end )
        return;
    start = ROUNDDOWN(start, PAGE);
    end = end > ~0UL - PAGE ? ~0UL & ~(PAGE - 1) : ROUNDUP(end, PAGE);
    while ( i < m->nr )
    {
        struct ram_range *r = &m->r[i];

        if ( r->end <= start || r->start >= end )
            i++;
        else if ( r->start < start && r->end > end )
        {
            paddr_t tail = r->end;

            r->end = start;
            (void)range_insert(m, i + 1, end, tail);
            return;
        }
        else if ( r->start < start )
            r->end = start;
        else if ( r->end > end )
            r->start = end;
        else
            range_delete(m, i);
    }
}

bool ram_map_contains(const struct ram_map *m, paddr_t start, paddr_t end)
{
    for ( unsigned int i = 0; i < m->nr; i++ )
        if ( start >= m->r[i].start && end <= m->r[i].end )
            return true;
    return false;
}

uint64_t ram_map_total(const struct ram_map *m)
{
    uint64_t sum = 0;

    for ( unsigned int i = 0; i < m->nr; i++ )
        sum += m->r[i].end - m->r[i].start;
    return sum;
}

paddr_t ram_map_take_top(struct ram_map *m, uint64_t size, uint64_t align,
                         paddr_t limit)
{
    for ( unsigned int i = m->nr; i-- > 0; )
    {
        paddr_t top = min(m->r[i].end, limit);
        paddr_t at;

        if ( top < size )
            continue;
        at = ROUNDDOWN(top - size, align);
        if ( at < m->r[i].start || at == 0 )
            continue;
        ram_map_remove(m, at, at + size);
        return at;
    }
    return 0;
}
