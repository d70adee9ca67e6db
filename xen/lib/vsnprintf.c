/* SPDX-License-Identifier: MIT */
/* Formatted output into a buffer. */
#include <xen/lib.h>

/*
 * The conversions: d i u x X o c s p %, with the flags - 0 + space #, a width
 * and a precision (digits or *), and the lengths hh h l ll z j t. No
 * floating point. As in C, the result is the length an unlimited buffer
 * would have received.
 */
struct spec
{
    bool left, zero, plus, space, alt, upper;
    int width;
    int precision; /* -1: none given */
    unsigned int base;
};

struct out
{
    char *buf;
    size_t size;
    size_t len;
};

static void put(struct out *o, char c)
{
    if ( o->len < o->size )
        o->buf[o->len] = c;
    o->len++;
}

static void pad(struct out *o, char c, int n)
{
    while ( n-- > 0 )
        put(o, c);
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
    size_t len;

    if ( s == NULL )
        s = "(null)";
    len = sp->precision >= 0 ? strnlen(s, sp->precision) : strlen(s);
    if ( !sp->left )
        pad(o, ' ', sp->width - (int)len);
    for ( size_t i = 0; i < len; i++ )
        put(o, s[i]);
    if ( sp->left )
        pad(o, ' ', sp->width - (int)len);
}

static void put_number(struct out *o, const struct spec *sp, uint64_t v,
                       bool negative)
{
    const char *digits = sp->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24]; /* 22 octal digits hold 64 bits */
    char prefix[3];
    int n = 0, np = 0, zeros, fill;

    if ( negative )
        prefix[np++] = '-';
    else if ( sp->plus )
        prefix[np++] = '+';
    else if ( sp->space )
        prefix[np++] = ' ';
    if ( sp->alt && sp->base == 16 && v != 0 )
    {
        prefix[np++] = '0';
        prefix[np++] = sp->upper ? 'X' : 'x';
    }

    for ( ; v != 0; v /= sp->base )
        text[n++] = digits[v % sp->base];
    zeros = (sp->precision >= 0 ? sp->precision : 1) - n;
    if ( sp->alt && sp->base == 8 && zeros < 1 )
        zeros = 1;
    zeros = max(zeros, 0);
    fill = max(sp->width - np - n - zeros, 0);
    if ( sp->zero && !sp->left && sp->precision < 0 )
    {
        zeros += fill;
        fill = 0;
    }

    if ( !sp->left )
        pad(o, ' ', fill);
    for ( int i = 0; i < np; i++ )
        put(o, prefix[i]);
    pad(o, '0', zeros);
    while ( n > 0 )
        put(o, text[--n]);
    if ( sp->left )
        pad(o, ' ', fill);
}

/* Sizes in bytes, so that a length modifier is just a number. */
static const char *parse_length(const char *f, unsigned int *bytes)
{
    *bytes = sizeof(int);
    switch ( *f )
    {
    case 'h':
        *bytes = sizeof(short);
        if ( *++f == 'h' )
        {
            *bytes = sizeof(char);
            f++;
        }
        break;
    case 'l':
        if ( *++f == 'l' )
            f++;
        *bytes = sizeof(long);
        break;
    case 'z':
    case 'j':
    case 't':
        f++;
        *bytes = sizeof(long);
        break;
    default:
        break;
    }
    return f;
}

static const char *parse_count(const char *f, int *count, va_list *ap)
{
    if ( *f == '*' )
    {
        *count = va_arg(*ap, int);
        return f + 1;
    }
    *count = 0;
    while ( *f >= '0' && *f <= '9' && *count < 100000 )
        *count = *count * 10 + (*f++ - '0');
    return f;
}

static const char *parse_spec(const char *f, struct spec *sp, va_list *ap)
{
    *sp = (struct spec){ .precision = -1, .base = 10 };
    for ( ;; f++ )
    {
        if ( *f == '-' )
            sp->left = true;
        else if ( *f == '0' )
            sp->zero = true;
        else if ( *f == '+' )
            sp->plus = true;
        else if ( *f == ' ' )
            sp->space = true;
        else if ( *f == '#' )
            sp->alt = true;
        else
            break;
    }
    f = parse_count(f, &sp->width, ap);
    if ( sp->width < 0 )
    {
        sp->left = true;
        sp->width = -sp->width;
    }
    if ( *f == '.' )
        f = parse_count(f + 1, &sp->precision, ap);
    return f;
}

static void put_signed(struct out *o, struct spec *sp, int64_t v,
                       unsigned int bytes)
{
    if ( bytes == sizeof(char) )
        v = (int8_t)v;
    else if ( bytes == sizeof(short) )
        v = (int16_t)v;
    put_number(o, sp, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

static void put_unsigned(struct out *o, struct spec *sp, uint64_t v,
                         unsigned int bytes)
{
    if ( bytes < sizeof(long) )
        v &= (1ULL << (bytes * 8)) - 1;
    sp->plus = sp->space = false;
    put_number(o, sp, v, false);
}

/* One conversion; f is behind the '%'. Returns behind the conversion. */
static const char *convert(struct out *o, const char *f, va_list *ap)
{
    struct spec sp;
    unsigned int bytes;

    f = parse_length(parse_spec(f, &sp, ap), &bytes);
    switch ( *f )
    {
    case 'd':
    case 'i':
        put_signed(o, &sp,
                   bytes == sizeof(long) ? va_arg(*ap, long) : va_arg(*ap, int),
                   bytes);
        break;
    case 'x':
    case 'X':
    case 'o':
    case 'u':
        sp.upper = *f == 'X';
        sp.base = *f == 'o' ? 8 : *f == 'u' ? 10 : 16;
        put_unsigned(o, &sp,
                     bytes == sizeof(long) ? va_arg(*ap, unsigned long)
                                           : va_arg(*ap, unsigned int),
                     bytes);
        break;
    case 'p':
        sp.base = 16;
        sp.precision = 16;
        put_unsigned(o, &sp, (uintptr_t)va_arg(*ap, void *), sizeof(long));
        break;
    case 'c':
    {
        char s[2] = { (char)va_arg(*ap, int), 0 };

        if ( s[0] != '\0' )
            put_string(o, &sp, s);
        else
            put(o, '\0');
        break;
    }
    case 's':
        put_string(o, &sp, va_arg(*ap, const char *));
        break;
    case '%':
        put(o, '%');
        break;
    case '\0':
        return f;
    default: /* unknown: show it, so that the mistake is seen */
        put(o, '%');
        put(o, *f);
        break;
    }
    return f + 1;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };
    va_list args;

    va_copy(args, ap);
    while ( *fmt )
    {
        if ( *fmt == '%' )
            fmt = convert(&o, fmt + 1, &args);
        else
            put(&o, *fmt++);
    }
    va_end(args);
    if ( size != 0 )
        buf[o.len < size ? o.len : size - 1] = '\0';
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
