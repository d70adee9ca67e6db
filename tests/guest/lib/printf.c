/* SPDX-License-Identifier: MIT */
/* printf with d u x c s p %, l and ll, #, 0 and a width: what cases use. */
#include "lib.h"

struct out
{
    size_t used;
    char text[512];
};

static void put(struct out *o, char c)
{
    if ( o->used < sizeof(o->text) )
        o->text[o->used++] = c;
}

struct spec
{
    bool alt, zero, neg;
    unsigned int width, longs, base;
};

static void put_number(struct out *o, const struct spec *s, uint64_t val)
{
    char digits[24];
    unsigned int n = 0, sign = s->neg, prefix = s->alt ? 2 : 0;

    do
    {
        digits[n++] = "0123456789abcdef"[val % s->base];
        val /= s->base;
    } while ( val );

    if ( !s->zero )
        for ( unsigned int i = n + sign + prefix; i < s->width; i++ )
            put(o, ' ');
    if ( sign )
        put(o, '-');
    if ( prefix )
    {
        put(o, '0');
        put(o, 'x');
    }
    if ( s->zero )
        for ( unsigned int i = n + sign + prefix; i < s->width; i++ )
            put(o, '0');
    while ( n )
        put(o, digits[--n]);
}

static const char *parse_spec(const char *fmt, struct spec *s)
{
    for ( ;; fmt++ )
    {
        if ( *fmt == '#' )
            s->alt = true;
        else if ( *fmt == '0' )
            s->zero = true;
        else
            break;
    }
    while ( *fmt >= '0' && *fmt <= '9' )
        s->width = s->width * 10 + (unsigned int)(*fmt++ - '0');
    while ( *fmt == 'l' )
        s->longs++, fmt++;

    return fmt;
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
    size_t len = strlen(text);

    while ( *text )
        put(o, *text++);
    for ( ; len < s->width; len++ )
        put(o, ' ');
}

/* One conversion; returns what follows it. Strings are padded on the right. */
static const char *convert(struct out *o, const char *fmt, va_list *args)
{
    struct spec s = { .base = 10 };
    uint64_t val;
    int64_t sval;

    fmt = parse_spec(fmt, &s);

    switch ( *fmt )
    {
    case 'd':
        sval = s.longs ? va_arg(*args, long) : va_arg(*args, int);
        s.neg = sval < 0;
        put_number(o, &s, s.neg ? -(uint64_t)sval : (uint64_t)sval);
        break;
    case 'p':
        s.alt = true;
        s.longs = 1;
        /* fall through */
    case 'x':
        s.base = 16;
        /* fall through */
    case 'u':
        val = s.longs ? va_arg(*args, unsigned long)
                      : va_arg(*args, unsigned int);
        put_number(o, &s, val);
        break;
    case 'c':
        put(o, (char)va_arg(*args, int));
        break;
    case 's':
        put_string(o, &s, va_arg(*args, const char *));
        break;
    case '\0':
        return fmt;
    default:
        put(o, *fmt);
    }

    return fmt + 1;
}

int vprintf(const char *fmt, va_list args)
{
    struct out o;
    va_list copy;

    o.used = 0;
    va_copy(copy, args);
    while ( *fmt )
    {
        if ( *fmt != '%' )
            put(&o, *fmt++);
        else
            fmt = convert(&o, fmt + 1, &copy);
    }
    va_end(copy);
    console_write(o.text, o.used);

    return (int)o.used;
}

int printf(const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vprintf(fmt, args);
    va_end(args);

    return n;
}
