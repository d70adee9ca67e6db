/* SPDX-License-Identifier: MIT */
/* Restarting, halting and switching off the machine. */
#include <xen/acpi.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/desc.h>
#include <asm/io.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/smp.h>

#define PM1_SLP_EN        0x2000
#define PM1_SLP_TYP_SHIFT 10
#define ACPI_SPACE_IO     1
#define ACPI_SPACE_MEMORY 0
#define KBC_COMMAND       0x64
#define KBC_PULSE_RESET   0xfe
#define KBC_FULL          0x02
#define CF9               0xcf9
#define CF9_RESET_HARD    0x06
#define WAIT_READS        100000

/* Port 0x80 takes about a microsecond. */
static void io_wait(void)
{
    for ( unsigned int i = 0; i < WAIT_READS; i++ )
        (void)inb(0x80);
}

void machine_halt(void)
{
    local_irq_disable();
    smp_stop_others();
    console_start_sync();
    printk("Halted.\n");
    for ( ;; )
        __asm__ volatile("hlt");
}

void machine_power_off(void)
{
    const struct acpi_info *a = &acpi_info;

    local_irq_disable();
    console_start_sync();
    if ( a->has_sleep_type && a->pm1a_cnt_port )
    {
        outw((a->sleep_type_a << PM1_SLP_TYP_SHIFT) | PM1_SLP_EN,
             a->pm1a_cnt_port);
        if ( a->pm1b_cnt_port )
            outw((a->sleep_type_b << PM1_SLP_TYP_SHIFT) | PM1_SLP_EN,
                 a->pm1b_cnt_port);
        io_wait();
    }
    machine_halt();
}

static void acpi_reset(void)
{
    const struct acpi_register *r = &acpi_info.reset;

    if ( !acpi_info.has_reset )
        return;
    if ( r->space == ACPI_SPACE_IO && r->address <= 0xffff )
        outb(acpi_info.reset_value, r->address);
    else if ( r->space == ACPI_SPACE_MEMORY )
        *(volatile uint8_t *)ioremap(r->address, 1) = acpi_info.reset_value;
    io_wait();
}

/* By ever ruder means. */
void machine_restart(void)
{
    struct desc_ptr no_idt = { 0, 0 };

    local_irq_disable();
    console_start_sync();
    printk("Restarting.\n");
    console_flush();
    acpi_reset();
    for ( unsigned int i = 0; i < WAIT_READS && (inb(KBC_COMMAND) & KBC_FULL);
          i++ )
        ;
    outb(KBC_PULSE_RESET, KBC_COMMAND);
    io_wait();
    outb(CF9_RESET_HARD, CF9);
    io_wait();
    __asm__ volatile("lidt %0; ud2" : : "m"(no_idt));
    __builtin_unreachable();
}
