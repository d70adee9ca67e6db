/* SPDX-License-Identifier: MIT */
/*
 * The guest's console: a 16550A at 0x3f8 that only transmits.
 *
 * The transmitter is always empty, so a byte is gone as soon as it is written.
 * The interrupt that says so is kept, because a kernel's tty layer (unlike its
 * printk console, which polls) sends the next FIFO's worth only when told.
 * Output goes to stdout line by line: one write() per byte would cost the
 * machine below us one console event per byte.
 */
#include <unistd.h>

#include "kvm-vmm.h"

#define SERIAL_IRQ 4

enum
{
    REG_DATA = 0, /* THR, RBR; divisor low with DLAB */
    REG_IER = 1,  /* divisor high with DLAB */
    REG_IIR = 2,  /* FCR when written */
    REG_LCR = 3,
    REG_MCR = 4,
    REG_LSR = 5,
    REG_MSR = 6,
    REG_SCR = 7,
};

#define IER_THRI      0x02
#define IER_VALID     0x0f
#define IIR_NO_INT    0x01
#define IIR_THRI      0x02
#define IIR_FIFO_ON   0xc0
#define FCR_ENABLE    0x01
#define LCR_DLAB      0x80
#define MCR_DTR       0x01
#define MCR_RTS       0x02
#define MCR_OUT1      0x04
#define MCR_OUT2      0x08
#define MCR_LOOP      0x10
#define LSR_THR_EMPTY 0x20
#define LSR_TX_IDLE   0x40
#define MSR_CTS       0x10
#define MSR_DSR       0x20
#define MSR_RI        0x40
#define MSR_DCD       0x80

void serial_flush(struct serial *s)
{
    size_t done = 0;

    while ( done < s->used )
    {
        ssize_t n = write(STDOUT_FILENO, s->buf + done, s->used - done);

        if ( n <= 0 )
            break;
        done += (size_t)n;
    }
    s->used = 0;
}

static void transmit(struct serial *s, uint8_t c)
{
    if ( s->mcr & MCR_LOOP )
        return;

    s->buf[s->used++] = (char)c;
    if ( c == '\n' || s->used == sizeof(s->buf) )
        serial_flush(s);
}

static void update_irq(struct vm *vm)
{
    struct serial *s = &vm->serial;
    bool level = s->thre_pending && (s->ier & IER_THRI);

    if ( level == s->line )
        return;
    s->line = level;
    vm_set_irq(vm, SERIAL_IRQ, level);
}

/* In loopback mode the modem outputs come back as the modem inputs. */
static uint8_t modem_status(const struct serial *s)
{
    uint8_t msr = 0;

    if ( !(s->mcr & MCR_LOOP) )
        return MSR_DCD | MSR_DSR | MSR_CTS;

    if ( s->mcr & MCR_RTS )
        msr |= MSR_CTS;
    if ( s->mcr & MCR_DTR )
        msr |= MSR_DSR;
    if ( s->mcr & MCR_OUT1 )
        msr |= MSR_RI;
    if ( s->mcr & MCR_OUT2 )
        msr |= MSR_DCD;

    return msr;
}

static uint8_t read_iir(struct vm *vm)
{
    struct serial *s = &vm->serial;
    uint8_t iir = s->fifo ? IIR_FIFO_ON : 0;

    if ( !s->thre_pending || !(s->ier & IER_THRI) )
        return iir | IIR_NO_INT;

    s->thre_pending = false;
    update_irq(vm);

    return iir | IIR_THRI;
}

uint8_t serial_read(struct vm *vm, unsigned int reg)
{
    struct serial *s = &vm->serial;
    bool dlab = s->lcr & LCR_DLAB;

    switch ( reg )
    {
    case REG_DATA:
        return dlab ? s->dll : 0;
    case REG_IER:
        return dlab ? s->dlm : s->ier;
    case REG_IIR:
        return read_iir(vm);
    case REG_LCR:
        return s->lcr;
    case REG_MCR:
        return s->mcr;
    case REG_LSR:
        return LSR_THR_EMPTY | LSR_TX_IDLE;
    case REG_MSR:
        return modem_status(s);
    default:
        return s->scr;
    }
}

static void write_ier(struct serial *s, uint8_t val)
{
    /* Enabling the interrupt raises it at once: the THR is empty. */
    if ( (val & IER_THRI) && !(s->ier & IER_THRI) )
        s->thre_pending = true;
    s->ier = val & IER_VALID;
}

void serial_write(struct vm *vm, unsigned int reg, uint8_t val)
{
    struct serial *s = &vm->serial;
    bool dlab = s->lcr & LCR_DLAB;

    switch ( reg )
    {
    case REG_DATA:
        if ( dlab )
        {
            s->dll = val;
            return;
        }
        transmit(s, val);
        s->thre_pending = true;
        break;
    case REG_IER:
        if ( dlab )
        {
            s->dlm = val;
            return;
        }
        write_ier(s, val);
        break;
    case REG_IIR:
        s->fifo = val & FCR_ENABLE;
        return;
    case REG_LCR:
        s->lcr = val;
        return;
    case REG_MCR:
        s->mcr = val & 0x1f;
        return;
    case REG_SCR:
        s->scr = val;
        return;
    default:
        return; /* LSR and MSR are read only */
    }

    update_irq(vm);
}
