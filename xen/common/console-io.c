/* SPDX-License-Identifier: MIT */
/* console_io: Dom0's console on the hypervisor's, and guests' debug lines. */
#include <xen/console.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

/* Copied and written in pieces, so that neither stack nor lock is long. */
#define CHUNK 128

/* Domains other than Dom0 get whole lines with their name in front. */
static void write_lines(const struct domain *d, char *buf, uint32_t n)
{
    uint32_t i, start;

    buf[n] = '\0';
    for ( start = i = 0; i < n; i++ )
    {
        if ( buf[i] != '\n' )
        {
            /* Control characters would act on the terminal. */
            if ( (unsigned char)buf[i] < ' ' && buf[i] != '\t' )
                buf[i] = buf[i] == '\r' ? ' ' : '.';
            continue;
        }
        buf[i] = '\0';
        if ( i > start )
            guest_printk(d, "%s\n", buf + start);
        start = i + 1;
    }
    if ( start < n )
        guest_printk(d, "%s\n", buf + start);
}

static long op_write(const struct domain *d, uint64_t gva, uint32_t count)
{
    char buf[CHUNK + 1];
    bool first = true;
    uint32_t n;

    for ( ; count; count -= n, gva += n, first = false )
    {
        if ( !first && hypercall_preempt_check() )
        {
            hypercall_continue(CONSOLEIO_write, count, gva, 0, 0);
            return -ERESTART;
        }
        n = min(count, (uint32_t)CHUNK);
        if ( copy_from_guest_va(buf, gva, n) )
            return -EFAULT;
        if ( d->is_hwdom )
            console_hwdom_write(buf, n);
        else
            write_lines(d, buf, n);
    }
    return 0;
}

static long read_hwdom(uint64_t gva, uint32_t count)
{
    char buf[CHUNK];
    size_t n;

    n = console_hwdom_read(buf, min(count, (uint32_t)CHUNK));
    if ( n && copy_to_guest_va(gva, buf, n) )
        return -EFAULT;
    return n;
}

static void input_arrived(void)
{
    send_global_virq(VIRQ_CONSOLE);
}

/* console_io(cmd, count, buffer) */
long do_console_io(unsigned long cmd, unsigned long count, unsigned long buffer,
                   unsigned long a4, unsigned long a5)
{
    static bool listening;
    const struct domain *d = current->domain;

    (void)a4, (void)a5;
    /* Dom0 uses the console: from now on it wants to hear of input. */
    if ( unlikely(!listening) && d->is_hwdom )
    {
        console_set_input_hook(input_arrived);
        listening = true;
    }
    switch ( (uint32_t)cmd )
    {
    case CONSOLEIO_write:
        return op_write(d, buffer, count);
    case CONSOLEIO_read:
        return d->is_hwdom ? read_hwdom(buffer, count) : -EPERM;
    }
    return d->is_hwdom ? -ENOSYS : -EPERM;
}
