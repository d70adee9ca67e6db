/* SPDX-License-Identifier: MIT */
/* Memory and string functions of the C library that the hypervisor uses. */
#include <xen/lib.h>

/*
 * Copying and filling go by eight bytes with the string instructions: fast
 * on processors with fast short REP, and few instructions anywhere.
 */
void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;
    size_t quads = n / 8;
    size_t rest = n % 8;

    __asm__ volatile("rep movsq\n\t"
                     "movq %[rest], %%rcx\n\t"
                     "rep movsb"
                     : "+D"(d), "+S"(src), "+c"(quads)
                     : [rest] "r"(rest)
                     : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    if ( (uintptr_t)d - (uintptr_t)s >= n )
        return memcpy(dst, src, n);
    /* dst lies inside src: from the end down. */
    d += n - 1;
    s += n - 1;
    __asm__ volatile("std\n\t"
                     "rep movsb\n\t"
                     "cld"
                     : "+D"(d), "+S"(s), "+c"(n)
                     :
                     : "memory");
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    void *d = dst;
    size_t quads = n / 8;
    size_t rest = n % 8;
    uint64_t fill = (uint8_t)c * 0x0101010101010101ULL;

    __asm__ volatile("rep stosq\n\t"
                     "movq %[rest], %%rcx\n\t"
                     "rep stosb"
                     : "+D"(d), "+c"(quads)
                     : [rest] "r"(rest), "a"(fill)
                     : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for ( ; n != 0; n--, p++, q++ )
        if ( *p != *q )
            return *p - *q;
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const uint8_t *p = s;

    for ( ; n != 0; n--, p++ )
        if ( *p == (uint8_t)c )
            return (void *)(uintptr_t)p;
    return NULL;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while ( *p )
        p++;
    return p - s;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while ( n < max && s[n] )
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while ( *a && *a == *b )
    {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for ( ; n != 0; n--, a++, b++ )
    {
        if ( *a != *b )
            return (uint8_t)*a - (uint8_t)*b;
        if ( *a == '\0' )
            break;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for ( ;; s++ )
    {
        if ( *s == (char)c )
            return (char *)(uintptr_t)s;
        if ( *s == '\0' )
            return NULL;
    }
}

char *strstr(const char *s, const char *needle)
{
    size_t len = strlen(needle);

    for ( ;; s++ )
    {
        if ( strncmp(s, needle, len) == 0 )
            return (char *)(uintptr_t)s;
        if ( *s == '\0' )
            return NULL;
    }
}

/* Copy what fits, always terminated; returns the length of src. */
size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src);

    if ( size != 0 )
    {
        size_t n = len < size ? len : size - 1;

        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}
