/* SPDX-License-Identifier: MIT */
/* Ports of emulators that test kernels rely on, for guests that ask. */
#include <xen/lib.h>
#include <xen/sched.h>
#include <public/sched.h>
#include "io-private.h"

#define COM1           0x3f8
#define UART_DATA      0
#define UART_LCR       3
#define UART_LSR       5
#define UART_LCR_DLAB  0x80u
#define UART_LSR_THRE  0x20u
#define UART_LSR_TEMT  0x40u

#define EXIT_CODE_PORT 0xf4
#define EXIT_WORD      "Shutdown"

/* Always ready to send, and never anything to receive. */
uint32_t test_com1_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    if ( size != 1 )
        return pio_ones(size);
    switch ( port - COM1 )
    {
    case UART_LCR:
        return v->domain->arch.test_ports.lcr;
    case UART_LSR:
        return UART_LSR_THRE | UART_LSR_TEMT;
    default:
        return 0;
    }
}

void test_com1_write(struct vcpu *v, uint16_t port, unsigned int size,
                     uint32_t val)
{
    struct test_ports *t = &v->domain->arch.test_ports;

    if ( size != 1 )
        return;
    if ( port == COM1 + UART_LCR )
        t->lcr = val;
    else if ( port == COM1 + UART_DATA && !(t->lcr & UART_LCR_DLAB) )
        debug_port_write(v, port, size, val);
}

static void power_off(struct domain *d)
{
    domain_shutdown(d, SHUTDOWN_poweroff);
}

/* isa-debug-exit: any value ends the machine, and says how the test went. */
void test_exit_code_write(struct vcpu *v, uint16_t port, unsigned int size,
                          uint32_t val)
{
    (void)port, (void)size;
    guest_printk(v->domain, "exit code %u\n", val);
    power_off(v->domain);
}

void test_exit_word_write(struct vcpu *v, uint16_t port, unsigned int size,
                          uint32_t val)
{
    struct test_ports *t = &v->domain->arch.test_ports;
    unsigned int typed = READ_ONCE(t->exit_typed); /* other vCPUs type, too */

    (void)port;
    if ( size != 1 )
        return;
    if ( (char)val == EXIT_WORD[typed] )
        typed++;
    else
        typed = (char)val == EXIT_WORD[0];
    if ( !EXIT_WORD[typed] )
    {
        typed = 0;
        power_off(v->domain);
    }
    WRITE_ONCE(t->exit_typed, typed);
}
