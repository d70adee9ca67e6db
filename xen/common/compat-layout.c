/* SPDX-License-Identifier: MIT */
/* Structures of 32-bit code and of 64-bit code: one from the other. */
#include <xen/compat.h>
#include <xen/lib.h>

#define WORD_32 sizeof(uint32_t)
#define WORD_64 sizeof(uint64_t)

/* A walk along a layout, in one of the two forms. */
struct cursor
{
    bool compat;
    size_t offset; /* behind the last member */
    size_t align;  /* of the whole structure */
};

static size_t member_size(char kind, bool compat)
{
    if ( kind == 'w' || kind == '|' )
        return compat ? WORD_32 : WORD_64;
    return kind - '0';
}

/* Go past one member: where it lies. */
static size_t next_member(struct cursor *c, char kind)
{
    size_t size = member_size(kind, c->compat);
    size_t align = c->compat ? min(size, WORD_32) : size;
    size_t at = ROUNDUP(c->offset, align);

    c->align = max(c->align, align);
    c->offset = kind == '|' ? at : at + size;
    return at;
}

size_t layout_size(const char *layout, bool compat)
{
    struct cursor c = { .compat = compat, .align = 1 };

    while ( *layout )
        next_member(&c, *layout++);
    return ROUNDUP(c.offset, c.align);
}

/* Little-endian numbers: narrowed by leaving bytes out. */
static void convert(const char *layout, const void *from, void *to, bool widen)
{
    struct cursor src = { .compat = widen }, dst = { .compat = !widen };

    memset(to, 0, layout_size(layout, !widen));
    for ( ; *layout; layout++ )
    {
        size_t at = next_member(&src, *layout);
        size_t to_at = next_member(&dst, *layout);

        if ( *layout != '|' )
            memcpy((char *)to + to_at, (const char *)from + at,
                   member_size(*layout, true));
    }
}

void layout_widen(const char *layout, const void *compat, void *native)
{
    convert(layout, compat, native, true);
}

void layout_narrow(const char *layout, const void *native, void *compat)
{
    convert(layout, native, compat, false);
}
