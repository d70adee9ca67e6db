/* SPDX-License-Identifier: MIT */
/* Names for addresses in our text, from the table the build appends. */
#include <xen/lib.h>
#include <asm/config.h>
#include <asm/traps.h>

/* Made by symbols.awk; absent in the first of the two links. */
extern const uint32_t symbols_count[] __attribute__((weak));
extern const uint32_t symbols_addr[] __attribute__((weak));
extern const uint32_t symbols_name[] __attribute__((weak));
extern const char symbols_text[] __attribute__((weak));

extern const char _start[], _etext[];

void format_symbol(char *buf, size_t size, uint64_t va)
{
    uint32_t off = va - XEN_VIRT_BASE;
    uint32_t low = 0, high;

    if ( va < (uint64_t)_start || va >= (uint64_t)_etext ||
         symbols_count == NULL )
    {
        snprintf(buf, size, "%016lx", va);
        return;
    }
    /* The last symbol at or below va. */
    high = symbols_count[0];
    while ( high - low > 1 )
    {
        uint32_t mid = (low + high) / 2;

        if ( symbols_addr[mid] <= off )
            low = mid;
        else
            high = mid;
    }
    snprintf(buf, size, "%s+%#x", symbols_text + symbols_name[low],
             off - symbols_addr[low]);
}

const char *symbol_get(uint32_t number, uint64_t *va)
{
    if ( symbols_count == NULL || number >= symbols_count[0] )
        return NULL;
    *va = XEN_VIRT_BASE + symbols_addr[number];
    return symbols_text + symbols_name[number];
}

#define STACK_LINES 16

void show_stack(const uint64_t *sp)
{
    /* Stacks are page multiples: the page holds at least the frame's rest. */
    const uint64_t *end = (const uint64_t *)ROUNDUP((uint64_t)sp + 1, 4096UL);
    unsigned int shown = 0;
    char name[96];

    printk(XENLOG_ERR "Text addresses on the stack:\n");
    for ( ; sp < end && shown < STACK_LINES; sp++ )
        if ( *sp >= (uint64_t)_start && *sp < (uint64_t)_etext )
        {
            format_symbol(name, sizeof(name), *sp);
            printk(XENLOG_ERR "   [<%016lx>] %s\n", *sp, name);
            shown++;
        }
}
