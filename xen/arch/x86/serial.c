/* SPDX-License-Identifier: MIT */
/* Serial consoles: 16550 ports with a transmit buffer. */

/*
 * A character takes thousands of instructions on a serial line, so output
 * goes to a ring; the port's FIFO is filled from there whenever it is found
 * empty: while writing, or by the port's interrupt once that is routed. A
 * full ring, a flush or a panic waits for the line.
 */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <xen/timer.h>
#include <asm/apic.h>
#include <asm/io-apic.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/vga.h>

/* Registers, as offsets from the base port. */
#define UART_THR        0 /* write: transmit */
#define UART_RBR        0 /* read: receive */
#define UART_DLL        0 /* divisor, while LCR_DLAB is set */
#define UART_DLM        1
#define UART_IER        1
#define UART_FCR        2 /* write */
#define UART_IIR        2 /* read */
#define UART_LCR        3
#define UART_MCR        4
#define UART_LSR        5
#define UART_SCR        7

#define IER_RX          0x01
#define IER_TX          0x02
#define IIR_NONE        0x01
#define IIR_FIFO        0xc0
#define FCR_ENABLE      0x01
#define FCR_CLEAR       0x06
#define FCR_TRIGGER_14  0xc0
#define LCR_PARITY_ODD  0x08
#define LCR_PARITY_EVEN 0x18
#define LCR_STOP2       0x04
#define LCR_DLAB        0x80
#define MCR_DTR_RTS     0x03
#define MCR_OUT2        0x08 /* lets the interrupt out on PCs */
#define LSR_DATA        0x01
#define LSR_THRE        0x20
#define LSR_TEMT        0x40 /* the line is idle, too */

#define UART_CLOCK      115200 /* the rate of divisor 1 */
#define FIFO_DEPTH      16
#define DRAIN_POLLS     1000000 /* a broken port must not hang us */
#define TX_SIZE         65536
#define RX_POLL         MILLISECS(20)
#define ANY_PORT        0xff /* what reads return where nothing is */

struct uart
{
    uint16_t base;
    uint8_t irq;   /* ISA interrupt, 0: poll */
    uint32_t baud; /* 0: leave as the firmware set it */
    uint8_t lcr;
    bool active, interrupts;
    unsigned int fifo; /* characters an empty transmitter takes */
    spinlock_t lock;   /* all below, and the transmitter */
    uint8_t ier;
    uint32_t head, tail; /* of tx; head - tail bytes wait */
    struct timer poll;
    char tx[TX_SIZE];
};

static struct uart uarts[2] = {
    { .base = 0x3f8, .irq = 4, .baud = 115200, .lcr = 3 },
    { .base = 0x2f8, .irq = 3, .baud = 115200, .lcr = 3 },
};

/* DPS: data bits 5-8, parity n/o/e/m/s, stop bits 1-2. */
static int parse_format(const char *s, uint8_t *lcr)
{
    static const char parity[] = "noems";
    static const uint8_t parity_bits[] = { 0, LCR_PARITY_ODD, LCR_PARITY_EVEN,
                                           0x28, 0x38 };
    const char *p;

    if ( s[0] < '5' || s[0] > '8' || s[1] == '\0' ||
         (p = strchr(parity, s[1])) == NULL || (s[2] != '1' && s[2] != '2') )
        return -EINVAL;
    *lcr =
        (s[0] - '5') | parity_bits[p - parity] | (s[2] == '2' ? LCR_STOP2 : 0);
    return 0;
}

/* BAUD[/BASE][,DPS[,IO-BASE[,IRQ]]], empty fields keep what is there. */
static int parse_uart(struct uart *u, const char *s)
{
    for ( unsigned int field = 0; *s && field < 4; field++ )
    {
        const char *end = strchr(s, ',');
        const char *stop = s;
        size_t len = end ? (size_t)(end - s) : strlen(s);
        unsigned long v = simple_strtoul(s, &stop, 0);

        if ( len != 0 )
        {
            if ( field == 0 && strncmp(s, "auto", 4) == 0 )
                u->baud = 0;
            else if ( field == 1 )
            {
                if ( len != 3 || parse_format(s, &u->lcr) )
                    return -EINVAL;
            }
            else if ( stop == s )
                return -EINVAL;
            else if ( field == 0 )
                u->baud = v;
            else if ( field == 2 )
                u->base = v;
            else
                u->irq = v;
        }
        s += len + (end != NULL);
    }
    return u->baud > UART_CLOCK ? -EINVAL : 0;
}

static int parse_com1(const char *s)
{
    return parse_uart(&uarts[0], s);
}
custom_param("com1", parse_com1);

static int parse_com2(const char *s)
{
    return parse_uart(&uarts[1], s);
}
custom_param("com2", parse_com2);

static bool uart_init(struct uart *u)
{
    /* The scratch register remembers, if there is a port at all. */
    outb(0x5a, u->base + UART_SCR);
    if ( inb(u->base + UART_SCR) != 0x5a &&
         inb(u->base + UART_LSR) == ANY_PORT )
        return false;

    outb(0, u->base + UART_IER);
    if ( u->baud != 0 )
    {
        uint16_t divisor = UART_CLOCK / u->baud;

        outb(LCR_DLAB | u->lcr, u->base + UART_LCR);
        outb(divisor & 0xff, u->base + UART_DLL);
        outb(divisor >> 8, u->base + UART_DLM);
    }
    outb(u->lcr, u->base + UART_LCR);
    outb(FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_14, u->base + UART_FCR);
    outb(MCR_DTR_RTS | MCR_OUT2, u->base + UART_MCR);
    u->fifo = (inb(u->base + UART_IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_DEPTH : 1;
    u->active = true;
    return true;
}

static bool tx_ready(const struct uart *u)
{
    return inb(u->base + UART_LSR) & LSR_THRE;
}

static void fill_fifo(struct uart *u)
{
    for ( unsigned int i = 0; i < u->fifo && u->tail != u->head; i++ )
        outb(u->tx[u->tail++ % TX_SIZE], u->base + UART_THR);
}

/* The transmit interrupt is on while there is something to send. */
static void update_ier(struct uart *u)
{
    uint8_t ier = IER_RX | (u->tail != u->head ? IER_TX : 0);

    if ( u->interrupts && ier != u->ier )
    {
        u->ier = ier;
        outb(ier, u->base + UART_IER);
    }
}

static void drain(struct uart *u, uint32_t until)
{
    while ( (int32_t)(until - u->tail) > 0 )
        if ( tx_ready(u) )
            fill_fifo(u);
}

static void put_byte(struct uart *u, char c)
{
    if ( u->head - u->tail == TX_SIZE )
        drain(u, u->tail + FIFO_DEPTH);
    u->tx[u->head++ % TX_SIZE] = c;
}

/* A panic does not wait for a lock whose holder may be itself. */
static void lock_tx(struct uart *u)
{
    if ( !console_is_broken() )
        spin_lock(&u->lock);
}

static void unlock_tx(struct uart *u)
{
    if ( !console_is_broken() )
        spin_unlock(&u->lock);
}

/* All out and gone over the line: before the machine is switched off. */
static void drain_fully(struct uart *u)
{
    lock_tx(u);
    drain(u, u->head);
    for ( unsigned int i = 0; i < DRAIN_POLLS; i++ )
        if ( inb(u->base + UART_LSR) & LSR_TEMT )
            break;
    unlock_tx(u);
}

static void uart_write(struct uart *u, const char *s, size_t n)
{
    lock_tx(u);
    for ( ; n != 0; n--, s++ )
    {
        if ( *s == '\n' )
            put_byte(u, '\r');
        put_byte(u, *s);
    }
    /* Also with the interrupt on: should one get lost, output goes on. */
    if ( tx_ready(u) )
        fill_fifo(u);
    update_ier(u);
    unlock_tx(u);
}

/* The transmitter may have room again. */
static void transmit(struct uart *u)
{
    lock_tx(u);
    if ( tx_ready(u) )
    {
        fill_fifo(u);
        update_ier(u);
    }
    unlock_tx(u);
}

static void receive(struct uart *u)
{
    /* Bounded: a port that vanished reads as data forever. */
    for ( unsigned int i = 0; i < 64; i++ )
    {
        uint8_t lsr = inb(u->base + UART_LSR);

        if ( !(lsr & LSR_DATA) || lsr == ANY_PORT )
            break;
        console_input(inb(u->base + UART_RBR));
    }
}

static void uart_interrupt(uint8_t vector, void *data)
{
    struct uart *u = data;

    (void)vector;
    /* Edge triggered: look again until the port has nothing to say. */
    for ( unsigned int i = 0; i < 16; i++ )
    {
        if ( inb(u->base + UART_IIR) & IIR_NONE )
            break;
        receive(u);
        transmit(u);
    }
}

static void uart_poll(void *data)
{
    struct uart *u = data;

    receive(u);
    transmit(u);
    set_timer(&u->poll, NOW() + RX_POLL);
}

static void uart_init_irq(struct uart *u)
{
    bool level, active_low;
    unsigned int gsi;
    int vector;

    if ( !u->active )
        return;
    gsi = isa_irq_to_gsi(u->irq, &level, &active_low);
    vector = u->irq && ioapic_gsi_valid(gsi)
                 ? irq_alloc_vector(uart_interrupt, u)
                 : -ENOENT;
    if ( vector < 0 )
    {
        init_timer(&u->poll, uart_poll, u, 0);
        set_timer(&u->poll, NOW() + RX_POLL);
        return;
    }
    ioapic_reserve_gsi(gsi);
    ioapic_set_entry(gsi, vector, level, active_low, apic_id());
    ioapic_unmask(gsi);
    u->interrupts = true;
    update_ier(u);
    transmit(u);
}

void console_init_irq(void)
{
    for ( size_t i = 0; i < ARRAY_SIZE(uarts); i++ )
        uart_init_irq(&uarts[i]);
}

uint16_t serial_console_port(void)
{
    for ( size_t i = 0; i < ARRAY_SIZE(uarts); i++ )
        if ( uarts[i].active )
            return uarts[i].base;
    return 0;
}

#define UART_CHANNEL(n, id)                                                 \
    static bool com##n##_init(void)                                         \
    {                                                                       \
        return uart_init(&uarts[id]);                                       \
    }                                                                       \
    static void com##n##_write(const char *s, size_t len)                   \
    {                                                                       \
        uart_write(&uarts[id], s, len);                                     \
    }                                                                       \
    static void com##n##_flush(void)                                        \
    {                                                                       \
        drain_fully(&uarts[id]);                                            \
    }                                                                       \
    static const struct console_channel com##n = { "com" #n, com##n##_init, \
                                                   com##n##_write,          \
                                                   com##n##_flush }
UART_CHANNEL(1, 0);
UART_CHANNEL(2, 1);

/*
 * The debug port of Xen's guests and of emulators: a byte per OUT, at once.
 * With this channel Nidus can be read below itself, and fast in Bochs.
 */
#define DEBUG_PORT 0xe9

static bool e9_init(void)
{
    return true;
}

static void e9_write(const char *s, size_t n)
{
    for ( ; n != 0; n-- )
        outb(*s++, DEBUG_PORT);
}

static void e9_flush(void)
{
}

static const struct console_channel e9 = { "e9", e9_init, e9_write, e9_flush };

const struct console_channel *const console_channels[] = {
    &com1, &com2, &vga_console, &e9, NULL,
};
