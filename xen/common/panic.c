/* SPDX-License-Identifier: MIT */
/* The end that nobody wants. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/traps.h>

void panic(const char *fmt, ...)
{
    static bool panicking;
    char text[256];
    va_list ap;

    local_irq_disable();
    if ( __atomic_exchange_n(&panicking, true, __ATOMIC_ACQ_REL) )
        for ( ;; )
            __asm__ volatile("hlt");
    smp_stop_others();
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if ( text[0] != '\0' && text[strlen(text) - 1] == '\n' )
        text[strlen(text) - 1] = '\0';

    printk_break_lock();
    console_start_sync();
    printk(XENLOG_ERR "\n");
    printk(XENLOG_ERR "****************************************\n");
    printk(XENLOG_ERR "Panic: %s\n", text);
    printk(XENLOG_ERR "****************************************\n");
    if ( opt_noreboot )
        machine_halt();
    machine_restart();
}

void assert_failed(const char *expr, const char *file, int line)
{
    uint64_t here;

    printk_break_lock();
    console_start_sync();
    show_stack(&here);
    panic("%s:%d: %s", file, line, expr);
}
