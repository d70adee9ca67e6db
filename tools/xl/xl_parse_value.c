/* SPDX-License-Identifier: MIT */
/* Texts in a domain's configuration that have a syntax of their own: pure. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"

#define MAX_CPUS 4096u

static void set_bit(libxl_bitmap *map, unsigned int bit, bool value)
{
    if ( value )
        map->map[bit / 8] |= 1u << (bit % 8);
    else
        map->map[bit / 8] &= ~(1u << (bit % 8));
}

/* One of "3", "3-5", "^3", "all". */
static int cpu_item(const char *s, libxl_bitmap *map)
{
    unsigned long first, last, cpu;
    bool value = true;
    char *end;

    while ( isspace((unsigned char)*s) )
        s++;
    if ( !strcmp(s, "all") )
    {
        memset(map->map, 0xff, map->size);
        return 0;
    }
    if ( *s == '^' )
    {
        value = false;
        s++;
    }
    if ( !isdigit((unsigned char)*s) )
        return -1;
    first = last = strtoul(s, &end, 10);
    if ( *end == '-' )
    {
        s = end + 1;
        if ( !isdigit((unsigned char)*s) )
            return -1;
        last = strtoul(s, &end, 10);
    }
    while ( isspace((unsigned char)*end) )
        end++;
    if ( *end || first > last || last >= MAX_CPUS )
        return -1;
    for ( cpu = first; cpu <= last; cpu++ )
        set_bit(map, cpu, value);
    return 0;
}

int parse_cpu_range(const char *text, libxl_bitmap *map)
{
    char *copy = xl_strdup(text), *item, *next;
    unsigned int i;
    int rc = -1;

    map->size = MAX_CPUS / 8;
    map->map = xl_alloc(map->size, 1);
    for ( item = copy; item; item = next )
    {
        next = strchr(item, ',');
        if ( next )
            *next++ = '\0';
        if ( cpu_item(item, map) )
            goto out;
    }
    /* A domain that may run nowhere is a mistake. */
    for ( i = 0; i < map->size; i++ )
        if ( map->map[i] )
            rc = 0;
out:
    free(copy);
    if ( rc )
    {
        free(map->map);
        memset(map, 0, sizeof(*map));
    }
    return rc;
}

static int lookup(const char *const *names, unsigned int nr, const char *text)
{
    unsigned long n;
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        if ( names[i] && !strcmp(text, names[i]) )
            return i;
    if ( parse_number(text, nr - 1, &n) && names[n] )
        return n;
    return -1;
}

int parse_tsc_mode(const char *text, uint32_t *mode)
{
    static const char *const names[] = {
        "default",
        "always_emulate",
        "native",
    };
    int n = lookup(names, sizeof(names) / sizeof(names[0]), text);

    if ( n < 0 )
        return -1;
    *mode = n;
    return 0;
}

int parse_timer_mode(const char *text, int *mode)
{
    static const char *const names[] = {
        "delay_for_missed_ticks",
        "no_delay_for_missed_ticks",
        "no_missed_ticks_pending",
        "one_missed_tick_pending",
    };
    int n = lookup(names, sizeof(names) / sizeof(names[0]), text);

    if ( n < 0 )
        return -1;
    *mode = n;
    return 0;
}
