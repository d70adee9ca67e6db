/* SPDX-License-Identifier: MIT */
/* Messages in the name of a domain. */
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/lib.h>

void guest_printk(const struct domain *d, const char *fmt, ...)
{
    char prefix[16];
    va_list ap;

    snprintf(prefix, sizeof(prefix), "(d%u) ", d->domain_id);
    va_start(ap, fmt);
    vprintk_prefix(prefix, true, fmt, ap);
    va_end(ap);
}
