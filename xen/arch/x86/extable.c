/* SPDX-License-Identifier: MIT */
/* Instructions that may fault, and where to go on when they do. */
#include <asm/traps.h>

extern const struct ex_entry __start_ex_table[], __stop_ex_table[];

static uint64_t absolute(const int32_t *rel)
{
    return (uint64_t)rel + (int64_t)*rel;
}

/* A dozen entries: no need to sort them. */
uint64_t extable_lookup(uint64_t rip)
{
    for ( const struct ex_entry *e = __start_ex_table; e < __stop_ex_table;
          e++ )
        if ( absolute(&e->from) == rip )
            return absolute(&e->to);
    return 0;
}
