/* SPDX-License-Identifier: MIT */
/* Numbers and sizes in text. */
#include <xen/lib.h>

static int digit_value(char c)
{
    if ( c >= '0' && c <= '9' )
        return c - '0';
    if ( c >= 'a' && c <= 'z' )
        return c - 'a' + 10;
    if ( c >= 'A' && c <= 'Z' )
        return c - 'A' + 10;
    return 99;
}

/* Too large a number gives ULONG_MAX. No sign, no leading space. */
unsigned long simple_strtoul(const char *s, const char **end, unsigned base)
{
    unsigned long v = 0;
    bool hex =
        s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;

    if ( base == 0 )
        base = hex ? 16 : s[0] == '0' ? 8 : 10;
    if ( base == 16 && hex )
        s += 2;
    for ( ; (unsigned int)digit_value(*s) < base; s++ )
        if ( __builtin_mul_overflow(v, (unsigned long)base, &v) ||
             __builtin_add_overflow(v, (unsigned long)digit_value(*s), &v) )
        {
            while ( (unsigned int)digit_value(*s) < base )
                s++;
            v = ~0UL;
            break;
        }
    if ( end != NULL )
        *end = s;
    return v;
}

uint64_t parse_size_and_unit(const char *s, const char **end)
{
    const char *p;
    uint64_t v = simple_strtoul(s, &p, 0);
    unsigned int shift = 10;

    if ( p != s )
    {
        switch ( *p++ )
        {
        case 'T':
        case 't':
            shift = 40;
            break;
        case 'G':
        case 'g':
            shift = 30;
            break;
        case 'M':
        case 'm':
            shift = 20;
            break;
        case 'K':
        case 'k':
            break;
        case 'B':
        case 'b':
            shift = 0;
            break;
        default:
            p--;
            break;
        }
    }
    if ( end != NULL )
        *end = p;
    return v > (~0ULL >> shift) ? ~0ULL : v << shift;
}
