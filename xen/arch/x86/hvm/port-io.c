/* SPDX-License-Identifier: MIT */
/* I/O instructions of guests: which ports are whose, single and string. */

/*
 * A DomU without a device model reaches no port: reads give all ones, writes
 * vanish, except for the debug port, and for those that test kernels ask
 * for. Dom0 owns the machine's ports; its I/O
 * bitmap lets the instructions through but for what stays with the
 * hypervisor: the 8259s and the 8254 (not virtualized for a PVH Dom0), the
 * console's UART, PCI configuration (for MSI, see vpci.c) and the sleep
 * control register (to say goodbye, and to refuse suspend states).
 */
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <asm/guest-walk.h>
#include <asm/hvm-io.h>
#include <asm/io.h>
#include <asm/processor.h>
#include <public/nidus.h>
#include "io-private.h"

#define IO_BITMAP_ORDER 1 /* ports 0-7fff, ports 8000-ffff */
#define IO_BITMAP_BYTES (PAGE_SIZE << IO_BITMAP_ORDER)
#define NR_IO_PORTS     0x10000
#define UART_PORTS      8

/* Items of a string instruction done before interrupts get a look. */
#define STRING_BATCH 512

struct pio_range
{
    uint16_t first, last;
    pio_read_t *read;   /* NULL: all ones */
    pio_write_t *write; /* NULL: dropped */
    uint8_t test;       /* only where this of test_ports.on is set */
};

static const struct pio_range domu_ranges[] = {
    { XEN_HVM_DEBUGCONS_IOPORT, XEN_HVM_DEBUGCONS_IOPORT, debug_port_read,
      debug_port_write, 0 },
    { 0xf4, 0xf4, NULL, test_exit_code_write, NIDUS_TEST_PORTS_EXIT },
    { 0x3f8, 0x3ff, test_com1_read, test_com1_write, NIDUS_TEST_PORTS_COM1 },
    { 0x8900, 0x8900, NULL, test_exit_word_write, NIDUS_TEST_PORTS_EXIT },
};

static pio_read_t sleep_read;
static pio_write_t sleep_write;

static const struct pio_range hwdom_ranges[] = {
    { 0x20, 0x21, NULL, NULL, 0 }, /* 8259, first */
    { 0x40, 0x43, NULL, NULL, 0 }, /* 8254 */
    { 0x61, 0x61, NULL, NULL, 0 }, /* its gate and output */
    { 0xa0, 0xa1, NULL, NULL, 0 }, /* 8259, second */
    { XEN_HVM_DEBUGCONS_IOPORT, XEN_HVM_DEBUGCONS_IOPORT, debug_port_read,
      debug_port_write, 0 },
    { 0xcf8, 0xcff, vpci_read, vpci_write, 0 },
};

struct hvm_hwdom_ports hvm_hwdom_ports;

/* All bits set: shared by every domain that may touch no port directly. */
static uint64_t *deny_all;

/* --- Real ports. --- */

uint32_t hw_port_read(uint16_t port, unsigned int size)
{
    switch ( size )
    {
    case 1:
        return inb(port);
    case 2:
        return inw(port);
    default:
        return inl(port);
    }
}

void hw_port_write(uint16_t port, unsigned int size, uint32_t val)
{
    switch ( size )
    {
    case 1:
        outb(val, port);
        break;
    case 2:
        outw(val, port);
        break;
    default:
        outl(val, port);
        break;
    }
}

/* --- The sleep control register, ACPI "PM1 Control Registers". --- */

#define PM1_SLP_TYP_SHIFT  10
#define PM1_SLP_TYP_MASK   7u
#define PM1_SLP_EN         0x2000u
#define PM1_CNT_BYTES      2
#define SLEEP_TYPE_UNKNOWN 0xff

/* Two bytes each; the sleep bits are in the second. */
static bool is_sleep_port(uint16_t port)
{
    uint16_t a = hvm_hwdom_ports.pm1a_cnt, b = hvm_hwdom_ports.pm1b_cnt;

    return (a && (uint16_t)(port - a) < PM1_CNT_BYTES) ||
           (b && (uint16_t)(port - b) < PM1_CNT_BYTES);
}

static bool in_second_byte(uint16_t port)
{
    return port == hvm_hwdom_ports.pm1a_cnt + 1 ||
           port == hvm_hwdom_ports.pm1b_cnt + 1;
}

static bool is_console_port(uint16_t port)
{
    uint16_t first = hvm_hwdom_ports.console_port;

    return first && port >= first && port < first + UART_PORTS;
}

static uint32_t sleep_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    (void)v;
    return hw_port_read(port, size);
}

static void sleep_write(struct vcpu *v, uint16_t port, unsigned int size,
                        uint32_t val)
{
    uint32_t cnt = in_second_byte(port) ? val << 8 : val;
    uint8_t type = (cnt >> PM1_SLP_TYP_SHIFT) & PM1_SLP_TYP_MASK;

    (void)v;
    if ( cnt & PM1_SLP_EN )
    {
        if ( hvm_hwdom_ports.sleep_type_s5 != SLEEP_TYPE_UNKNOWN &&
             type != hvm_hwdom_ports.sleep_type_s5 )
        {
            printk(XENLOG_WARNING "Dom0 asked for sleep type %u, which would "
                                  "lose the hypervisor: ignored\n",
                   type);
            return;
        }
        printk(XENLOG_INFO "Dom0 powers the machine off\n");
        console_flush();
    }
    hw_port_write(port, size, val);
}

/* --- Dispatch. --- */

static const struct pio_range *find_range(const struct domain *d, uint16_t port)
{
    static const struct pio_range sleep = { 0, 0, sleep_read, sleep_write, 0 };
    const struct pio_range *r = domu_ranges;
    unsigned int n = ARRAY_SIZE(domu_ranges);

    if ( d->is_hwdom )
    {
        r = hwdom_ranges;
        n = ARRAY_SIZE(hwdom_ranges);
        if ( is_sleep_port(port) )
            return &sleep;
    }
    for ( ; n--; r++ )
        if ( port >= r->first && port <= r->last )
            return r->test & ~d->arch.test_ports.on ? NULL : r;
    return NULL;
}

static uint32_t pio_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    const struct pio_range *r = find_range(v->domain, port);

    return r && r->read ? r->read(v, port, size) : pio_ones(size);
}

static void pio_write(struct vcpu *v, uint16_t port, unsigned int size,
                      uint32_t val)
{
    const struct pio_range *r = find_range(v->domain, port);

    if ( r && r->write )
        r->write(v, port, size, val & pio_ones(size));
}

/* A general register as an address or a count of the given width. */
static void set_sized(uint64_t *reg, unsigned int size, uint64_t val)
{
    if ( size == 2 )
        *reg = (*reg & ~0xffffULL) | (val & 0xffff);
    else
        *reg = size == 4 ? (uint32_t)val : val;
}

static uint64_t get_sized(uint64_t reg, unsigned int size)
{
    return size == 8 ? reg : reg & ((1ULL << (size * 8)) - 1);
}

/* One item: false when memory did not take part (a fault is pending). */
static bool string_item(struct vcpu *v, const struct hvm_pio *io, uint64_t gla)
{
    uint32_t val = 0;

    /* For INS too: a port must not lose what memory cannot take. */
    if ( copy_from_guest_va(&val, gla, io->size) )
    {
        hvm_inject_page_fault(gla, io->in ? PFEC_WRITE : 0);
        return false;
    }
    if ( !io->in )
    {
        pio_write(v, io->port, io->size, val);
        return true;
    }
    val = pio_read(v, io->port, io->size);
    if ( copy_to_guest_va(gla, &val, io->size) )
    {
        hvm_inject_page_fault(gla, PFEC_PRESENT | PFEC_WRITE);
        return false;
    }
    return true;
}

static bool handle_string(struct vcpu *v, const struct hvm_pio *io)
{
    struct guest_gprs *g = &v->arch.gprs;
    uint64_t *index = io->in ? &g->rdi : &g->rsi;
    uint64_t left = io->rep ? get_sized(g->rcx, io->addr_size) : 1;
    int64_t step =
        hvm_get_rflags() & X86_EFLAGS_DF ? -(int64_t)io->size : io->size;
    uint64_t gla = io->gla;
    bool ok = true;

    for ( unsigned int n = 0; left && n < STRING_BATCH; n++ )
    {
        ok = string_item(v, io, gla);
        if ( !ok )
            break;
        gla += step;
        set_sized(index, io->addr_size, *index + step);
        left--;
    }
    if ( io->rep )
        set_sized(&g->rcx, io->addr_size, left);
    return ok && !left;
}

bool hvm_handle_pio(struct vcpu *v, const struct hvm_pio *io)
{
    uint64_t *rax = &v->arch.gprs.rax;
    uint32_t val;

    if ( unlikely(io->string) )
        return handle_string(v, io);

    if ( !io->in )
    {
        pio_write(v, io->port, io->size, *rax);
        return true;
    }
    val = pio_read(v, io->port, io->size);
    if ( io->size == 4 )
        *rax = val;
    else
        *rax = (*rax & ~(uint64_t)pio_ones(io->size)) | val;
    return true;
}

/* --- The I/O bitmap. --- */

static void trap_port(uint64_t *bitmap, unsigned int port)
{
    bitmap[port / 64] |= 1ULL << (port % 64);
}

static void trap_hwdom_ports(uint64_t *bitmap)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(hwdom_ranges); i++ )
        for ( unsigned int p = hwdom_ranges[i].first; p <= hwdom_ranges[i].last;
              p++ )
            trap_port(bitmap, p);
    for ( unsigned int p = 0; p < NR_IO_PORTS; p++ )
        if ( is_console_port(p) || is_sleep_port(p) )
            trap_port(bitmap, p);
}

int hvm_io_bitmap_init(struct domain *d)
{
    uint64_t *bitmap = deny_all;

    if ( bitmap && !d->is_hwdom )
    {
        d->arch.io_bitmap = bitmap;
        return 0;
    }

    bitmap = alloc_xenheap_pages(IO_BITMAP_ORDER);
    if ( !bitmap )
        return -ENOMEM;
    if ( d->is_hwdom )
    {
        memset(bitmap, 0, IO_BITMAP_BYTES);
        trap_hwdom_ports(bitmap);
    }
    else
    {
        memset(bitmap, 0xff, IO_BITMAP_BYTES);
        deny_all = bitmap;
    }
    d->arch.io_bitmap = bitmap;
    return 0;
}

void hvm_io_bitmap_destroy(struct domain *d)
{
    if ( d->arch.io_bitmap && d->arch.io_bitmap != deny_all )
        free_xenheap_pages(d->arch.io_bitmap, IO_BITMAP_ORDER);
    d->arch.io_bitmap = NULL;
    xfree(d->arch.debug_line);
    d->arch.debug_line = NULL;
}
