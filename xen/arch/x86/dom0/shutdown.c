/* SPDX-License-Identifier: MIT */
/* Dom0 ends, and the machine with it. */

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <public/sched.h>
#include <asm/setup.h>

void noreturn hwdom_shutdown(uint8_t reason)
{
    switch ( reason )
    {
    case SHUTDOWN_poweroff:
        printk("Dom0 powers off: turning the machine off\n");
        machine_power_off();
    case SHUTDOWN_crash:
        printk("Dom0 crashed: %s\n",
               opt_noreboot ? "halting (noreboot)" : "restarting the machine");
        break;
    default:
        printk("Dom0 shut down (reason %u): %s\n", reason,
               opt_noreboot ? "halting (noreboot)" : "restarting the machine");
        break;
    }
    if ( opt_noreboot )
        machine_halt();
    machine_restart();
}
