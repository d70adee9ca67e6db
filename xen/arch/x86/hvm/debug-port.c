/* SPDX-License-Identifier: MIT */
/* The debug port 0xe9: a guest's bytes become lines on the console. */
#include <xen/lib.h>
#include <xen/time.h>
#include "io-private.h"

#define LINE_MAX       160
#define LINES_PER_SPAN 1000
#define SPAN           SECONDS(1)

struct debug_line
{
    unsigned int len;
    unsigned int printed; /* lines in this span */
    unsigned int dropped;
    s_time_t span_start;
    char text[LINE_MAX + 1];
};

/* Lines a domain may print; Dom0 is trusted. */
static bool line_allowed(const struct domain *d, struct debug_line *l)
{
    s_time_t now = NOW();

    if ( d->is_privileged )
        return true;
    if ( now - l->span_start >= SPAN )
    {
        if ( l->dropped )
            guest_printk(d, "(%u lines dropped)\n", l->dropped);
        l->span_start = now;
        l->printed = l->dropped = 0;
    }
    if ( l->printed < LINES_PER_SPAN )
    {
        l->printed++;
        return true;
    }
    l->dropped++;
    return false;
}

static void put_char(struct domain *d, struct debug_line *l, char c)
{
    /* Nothing that could confuse a terminal, and no empty carriage returns. */
    if ( c == '\r' || (c != '\n' && c != '\t' && (c < 0x20 || c > 0x7e)) )
        return;
    if ( c != '\n' )
        l->text[l->len++] = c;
    if ( c == '\n' || l->len == LINE_MAX )
    {
        l->text[l->len] = '\0';
        l->len = 0;
        if ( line_allowed(d, l) )
            guest_printk(d, "%s\n", l->text);
    }
}

uint32_t debug_port_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    (void)v;
    (void)port;
    return pio_ones(size);
}

void debug_port_write(struct vcpu *v, uint16_t port, unsigned int size,
                      uint32_t val)
{
    struct domain *d = v->domain;
    struct debug_line *l;

    (void)port;
    if ( size != 1 )
        return;
    /* Its vCPUs share one line: the length and the text go together. */
    spin_lock(&d->lock);
    l = d->arch.debug_line;
    if ( !l && (l = d->arch.debug_line = xzalloc(struct debug_line)) )
        l->span_start = NOW();
    if ( l )
        put_char(d, l, val);
    spin_unlock(&d->lock);
}
