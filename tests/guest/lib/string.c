/* SPDX-License-Identifier: MIT */
/* The few string functions that the compiler and the cases want. */
#include "lib.h"

void *memset(void *to, int c, size_t n)
{
    void *ret = to;

    asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
    return ret;
}

void *memcpy(void *to, const void *from, size_t n)
{
    void *ret = to;

    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return ret;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    for ( ; n; n--, p++, q++ )
        if ( *p != *q )
            return *p - *q;

    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while ( s[n] )
        n++;

    return n;
}

int strcmp(const char *a, const char *b)
{
    while ( *a && *a == *b )
        a++, b++;

    return (unsigned char)*a - (unsigned char)*b;
}
