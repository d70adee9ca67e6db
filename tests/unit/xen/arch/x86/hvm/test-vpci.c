/* SPDX-License-Identifier: MIT */
/* PCI configuration space of Dom0 over a device model: MSI, MSI-X, MMCFG. */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci.c xen/arch/x86/hvm/vpci-cap.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci-msi.c xen/arch/x86/hvm/vpci-msix.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci-trap.c xen/arch/x86/hvm/pci-config.c */
/* TEST-SOURCES: xen/arch/x86/hvm/hvm-msi.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/irq.h>
#include <asm/p2m.h>
#include <asm/vlapic.h>
#include "../../../../../../xen/arch/x86/hvm/io-private.h"
#include "../../../../../../xen/arch/x86/hvm/vpci-private.h"

/*
 * The device is 00:03.0: power management at 0x40, MSI at 0x50 (64 bit, with
 * mask bits), MSI-X at 0x70 (4 entries at 0x1800 of BAR 0, pending bits at
 * 0x1c00), PCIe at 0x90. BAR 0 has 16 KiB, BAR 2 is a 64-bit one.
 */
#define DEV        0x80001800u
#define BAR0_SIZE  0x4000u
#define BAR0       0xfeb00000u
#define BAR2       0x800000000ULL
#define MSI        0x50
#define MSIX       0x70
#define TABLE      0x1800u
#define PBA        0x1c00u
#define ENTRIES    4
#define ECAM       0xe0000000ULL
#define RAM_FRAMES 0x80000u

static uint8_t cfg[4096], bar0[BAR0_SIZE], bar2[BAR0_SIZE];
static uint32_t address;
static unsigned int writes;

/* --- The device. --- */

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

/* Registers that cannot take every value. */
static void settle(void)
{
    put32(cfg + 0x10, get32(cfg + 0x10) & ~(BAR0_SIZE - 1));
    put32(cfg + 0x18, (get32(cfg + 0x18) & ~(BAR0_SIZE - 1)) | 4);
    cfg[MSIX + 2] = ENTRIES - 1;
    cfg[MSIX + 3] &= 0xc0;
}

static uint8_t *target(uint16_t port)
{
    if ( (address & 0x80ffff00) != DEV )
        return NULL;
    return cfg + (address & 0xfc) + (port & 3);
}

uint32_t hw_port_read(uint16_t port, unsigned int size)
{
    uint32_t val = ~0u;

    if ( port == 0xcf8 )
        return address;
    if ( target(port) )
        memcpy(&val, target(port), size);
    return val & pio_ones(size);
}

void hw_port_write(uint16_t port, unsigned int size, uint32_t val)
{
    if ( port == 0xcf8 && size == 4 )
    {
        address = val;
        return;
    }
    writes++;
    if ( target(port) )
        memcpy(target(port), &val, size);
    settle();
}

static uint64_t bar2_address(void)
{
    return (get32(cfg + 0x18) & ~0xfu) | (uint64_t)get32(cfg + 0x1c) << 32;
}

void *ioremap(paddr_t pa, size_t size)
{
    if ( pa == ECAM + 0x18000 )
        return cfg;
    if ( pa - (get32(cfg + 0x10) & ~0xfu) < BAR0_SIZE )
        return bar0 + (pa - (get32(cfg + 0x10) & ~0xfu));
    if ( pa - bar2_address() < BAR0_SIZE )
        return bar2 + (pa - bar2_address());
    return calloc(1, size); /* of something else: never looked at */
}

/* --- The hypervisor around. --- */

static struct domain dom;
static struct vcpu vcpu = { .domain = &dom }, *vcpus[1] = { &vcpu };
static struct percpu cpu0 = { .apic_id = 5 };
struct percpu *percpu_area[NR_CPUS] = { &cpu0 };
struct acpi_info acpi_info;
static struct page_info frames[RAM_FRAMES];
struct page_info *frame_table = frames;
uint64_t max_page = RAM_FRAMES;

static irq_handler_t *handler[256];
static int vectors_left;
static unsigned int messages;
static uint32_t last_icr, last_dest;

int irq_alloc_vector(irq_handler_t *fn, void *data)
{
    if ( !vectors_left )
        return -ENOSPC;
    for ( int v = VECTOR_DYNAMIC_FIRST; v <= VECTOR_DYNAMIC_LAST; v++ )
        if ( !handler[v] )
        {
            vectors_left--;
            handler[v] = fn;
            return v;
        }
    return -ENOSPC;
}

void irq_free_vector(uint8_t vector)
{
    assert_non_null(handler[vector]);
    handler[vector] = NULL;
    vectors_left++;
}

static unsigned int vectors_used(void)
{
    unsigned int n = 0;

    for ( unsigned int v = 0; v < 256; v++ )
        n += handler[v] != NULL;
    return n;
}

void vlapic_send_message(struct domain *d, struct vcpu *src, uint32_t icr,
                         uint32_t dest, bool x2apic)
{
    assert_ptr_equal(d, &dom);
    assert_false(x2apic);
    messages++;
    last_icr = icr;
    last_dest = dest;
}

/* Frames below 4 GiB that do not reach Dom0 directly. */
static uint8_t trapped[1u << 20];

mfn_t p2m_get_entry(struct domain *d, gfn_t gfn, p2m_type_t *t,
                    unsigned int *order)
{
    uint64_t n = gfn_x(gfn);

    *t = n >= (1u << 20) || trapped[n] ? p2m_invalid : p2m_mmio_direct;
    return _mfn(n);
}

int p2m_set_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  p2m_type_t t)
{
    for ( uint64_t i = 0; i < 1ULL << order; i++ )
        if ( gfn_x(gfn) + i < 1u << 20 )
            trapped[gfn_x(gfn) + i] = t == p2m_invalid;
    return 0;
}

void printk(const char *fmt, ...)
{
}

void *xzalloc_bytes(size_t size)
{
    return calloc(1, size);
}

void xfree(void *p)
{
    free(p);
}

/* --- Dom0. --- */

static uint32_t rd(uint8_t reg, unsigned int size)
{
    vpci_write(&vcpu, 0xcf8, 4, DEV | (reg & 0xfc));
    /* The hypervisor's own use of the bus must not disturb. */
    address = 0x12345678;
    return vpci_read(&vcpu, 0xcfc + (reg & 3), size);
}

static void wr(uint8_t reg, unsigned int size, uint32_t val)
{
    vpci_write(&vcpu, 0xcf8, 4, DEV | (reg & 0xfc));
    vpci_write(&vcpu, 0xcfc + (reg & 3), size, val);
}

/* An entry of the MSI-X table, through the BAR. */
static void entry(unsigned int i, uint64_t addr, uint32_t data, uint32_t ctrl)
{
    paddr_t at = BAR0 + TABLE + i * 16;

    assert_true(vpci_mmio_covers(&dom, at));
    vpci_mmio_write(&vcpu, at, 4, addr);
    vpci_mmio_write(&vcpu, at + 4, 4, addr >> 32);
    vpci_mmio_write(&vcpu, at + 8, 4, data);
    vpci_mmio_write(&vcpu, at + 12, 4, ctrl);
}

/* The message goes out on the bus: whoever has the vector gets it. */
static bool send(uint64_t addr, uint32_t data)
{
    messages = 0;
    /* No message of Dom0's may reach the machine's local APICs. */
    assert_int_equal(addr, 0xfee05000);
    assert_non_null(handler[data]);
    handler[data](data, NULL);
    return messages == 1;
}

/* The device interrupts, if what is in its registers lets it. */
static bool raise_msi(void)
{
    if ( !(cfg[MSI + 2] & 1) || (cfg[MSI + 16] & 1) )
        return false;
    return send(get32(cfg + MSI + 4) | (uint64_t)get32(cfg + MSI + 8) << 32,
                get32(cfg + MSI + 12) & 0xffff);
}

static bool raise_msix(unsigned int i)
{
    const uint8_t *e = bar0 + TABLE + i * 16;

    if ( (cfg[MSIX + 3] & 0xc0) != 0x80 || (e[12] & 1) )
        return false;
    return send(get32(e) | (uint64_t)get32(e + 4) << 32, get32(e + 8));
}

static void cap(unsigned int at, uint8_t id, uint8_t next)
{
    cfg[at] = id;
    cfg[at + 1] = next;
}

static int setup(void **state)
{
    memset(cfg, 0, sizeof(cfg));
    memset(bar0, 0, sizeof(bar0));
    cfg[0] = 0x86;
    cfg[1] = 0x80;
    cfg[6] = 0x10; /* there is a capability list */
    cfg[0x34] = 0x40;
    cap(0x40, 0x01, MSI);
    cap(MSI, 0x05, MSIX);
    cfg[MSI + 2] = 0x84 | 1; /* 64 bit, 4 messages, on as firmware left it */
    cfg[MSI + 3] = 1;        /* mask bits */
    cap(MSIX, 0x11, 0x90);
    put32(cfg + MSIX + 4, TABLE | 0);
    put32(cfg + MSIX + 8, PBA | 0);
    cap(0x90, 0x10, 0);
    put32(cfg + 0x10, BAR0);
    settle();
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        bar0[TABLE + i * 16 + 12] = 1;
    memset(trapped, 0, sizeof(trapped));
    for ( unsigned int i = 0; i < RAM_FRAMES; i++ )
        frames[i].flags = PGF_RAM;
    dom.vcpu = vcpus;
    vpci_init(&dom);
    vectors_left = 8;
    writes = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)arch_pci_device_remove(pci_sbdf(0, 0, 0x18));
    /* Whatever a test did: nothing is left. */
    assert_int_equal(vectors_used(), 0);
    assert_int_equal(trapped[(BAR0 + TABLE) >> 12], 0);
    return 0;
}

static void plain_registers(void **state)
{
    assert_int_equal(rd(0, 2), 0x8086);
    assert_int_equal(rd(0x10, 4), BAR0);
    wr(0x3c, 1, 0xab);
    assert_int_equal(cfg[0x3c], 0xab);
    assert_int_equal(rd(0x3c, 2), 0xab);
    assert_int_equal(vpci_read(&vcpu, 0xcf8, 4), DEV | 0x3c);
    /* Sizing. */
    wr(0x10, 4, ~0u);
    assert_int_equal(rd(0x10, 4), ~(BAR0_SIZE - 1));
    wr(0x10, 4, BAR0);
    /* Accesses that leave the dword, and byte accesses to the address. */
    assert_int_equal(rd(0x13, 2), 0xffff);
    writes = 0;
    wr(0x13, 4, 0);
    vpci_write(&vcpu, 0xcfa, 1, 3);
    assert_int_equal(writes, 0);
    assert_int_equal(vpci_read(&vcpu, 0xcf8, 1), 0xff);
    /* Another device: nobody answers. */
    vpci_write(&vcpu, 0xcf8, 4, 0x80002000);
    assert_int_equal(vpci_read(&vcpu, 0xcfc, 4), ~0u);
    /* Not enabled. */
    vpci_write(&vcpu, 0xcf8, 4, 0x1800);
    assert_int_equal(vpci_read(&vcpu, 0xcfc, 4), ~0u);
    vpci_write(&vcpu, 0xcf9, 1, 6);
    assert_int_equal(writes, 1);
}

static void msi_delivers(void **state)
{
    /* What the firmware had on is off; one message is what there is. */
    assert_int_equal(rd(MSI + 2, 2), 0x180);
    assert_int_equal(cfg[MSI + 2] & 1, 0);
    wr(MSI + 4, 4, 0xfee01004); /* to logical 1 */
    wr(MSI + 8, 4, 0);
    wr(MSI + 12, 2, 0x4123); /* lowest priority, vector 0x23 */
    assert_int_equal(vectors_used(), 0);
    wr(MSI + 2, 2, 0x181);
    assert_int_equal(rd(MSI + 2, 2), 0x181);
    assert_true(raise_msi());
    assert_int_equal(last_icr, 0x123 | APIC_ICR_LOGICAL);
    assert_int_equal(last_dest, 1);
    /* Dom0 reads what it wrote, not what the device has. */
    assert_int_equal(rd(MSI + 4, 4), 0xfee01004);
    assert_int_equal(rd(MSI + 12, 2), 0x4123);
    assert_int_equal(rd(MSI, 4), 0x1810000 | MSIX << 8 | 5);
    /* Another message while it is on, a byte of it even. */
    wr(MSI + 12, 1, 0x77);
    wr(MSI + 5, 1, 0x20);
    assert_true(raise_msi());
    assert_int_equal(last_icr & 0xff, 0x77);
    assert_int_equal(last_dest, 2);
    /* Masked by the device; bits of messages that are not there do nothing. */
    wr(MSI + 16, 4, 0xf);
    assert_int_equal(rd(MSI + 16, 4), 1);
    assert_false(raise_msi());
    wr(MSI + 16, 4, 0);
    assert_true(raise_msi());
    wr(MSI + 3, 1, 1); /* the control register's other byte */
    assert_true(raise_msi());
    wr(MSI + 2, 1, 0x80);
    assert_false(raise_msi());
    assert_int_equal(vectors_used(), 0);
}

static void msi_after_a_reset(void **state)
{
    wr(MSI + 4, 4, 0xfee00000);
    wr(MSI + 12, 2, 0x31);
    wr(MSI + 2, 2, 1);
    memset(cfg + MSI + 4, 0, 12);
    cfg[MSI + 2] &= ~1;
    assert_int_equal(rd(MSI + 2, 2) & 1, 0);
    wr(MSI + 2, 2, 1);
    assert_true(raise_msi());
    assert_int_equal(last_icr, 0x31);
    assert_int_equal(vectors_used(), 1);
}

static void msi_refused(void **state)
{
    /* Not for a local APIC: it would be a write to memory. */
    wr(MSI + 4, 4, 0x1000);
    wr(MSI + 2, 2, 1);
    assert_int_equal(rd(MSI + 2, 2) & 1, 0);
    wr(MSI + 4, 4, 0xfee00000);
    wr(MSI + 8, 4, 1);
    wr(MSI + 2, 2, 1);
    assert_int_equal(rd(MSI + 2, 2) & 1, 0);
    wr(MSI + 8, 4, 0);
    vectors_left = 0;
    wr(MSI + 2, 2, 1);
    assert_int_equal(rd(MSI + 2, 2) & 1, 0);
    vectors_left = 1;
    wr(MSI + 2, 2, 1);
    assert_int_equal(rd(MSI + 2, 2) & 1, 1);
}

static void msi_of_32_bits(void **state)
{
    cfg[MSI + 2] = 0;
    cfg[MSI + 3] = 0;
    wr(MSI + 4, 4, 0xfee00000);
    wr(MSI + 8, 2, 0x41);
    wr(MSI + 2, 2, 1);
    assert_int_equal(get32(cfg + MSI + 4), 0xfee05000);
    assert_non_null(handler[get32(cfg + MSI + 8) & 0xff]);
    /* Behind it is the device's own. */
    wr(MSI + 12, 4, 0x1234);
    assert_int_equal(get32(cfg + MSI + 12), 0x1234);
    wr(MSI + 2, 2, 0);
}

static void msix_delivers(void **state)
{
    wr(4, 2, 2); /* memory decoding on */
    assert_int_equal(rd(MSIX + 2, 2), ENTRIES - 1);
    wr(MSIX + 2, 2, 0xc000); /* on, all masked */
    entry(0, 0xfee03000, 0x51, 0);
    entry(2, 0xfee04000, 0x52, 0);
    entry(3, 0xfee04000, 0x53, 1);
    assert_false(raise_msix(0));
    wr(MSIX + 2, 2, 0x8000);
    assert_true(raise_msix(0));
    assert_int_equal(last_icr, 0x51);
    assert_int_equal(last_dest, 3);
    assert_true(raise_msix(2));
    assert_int_equal(last_icr, 0x52);
    assert_false(raise_msix(1));
    assert_false(raise_msix(3));
    assert_int_equal(vectors_used(), 2);
    /* Masked, changed, unmasked. */
    vpci_mmio_write(&vcpu, BAR0 + TABLE + 12, 4, 1);
    assert_false(raise_msix(0));
    vpci_mmio_write(&vcpu, BAR0 + TABLE + 8, 4, 0x61);
    vpci_mmio_write(&vcpu, BAR0 + TABLE + 12, 4, 0);
    assert_true(raise_msix(0));
    assert_int_equal(last_icr, 0x61);
    /* What Dom0 reads, in both sizes. */
    assert_int_equal(vpci_mmio_read(&vcpu, BAR0 + TABLE, 4), 0xfee03000);
    assert_int_equal(vpci_mmio_read(&vcpu, BAR0 + TABLE + 40, 8), 0x52);
    assert_int_equal(vpci_mmio_read(&vcpu, BAR0 + TABLE + 60, 4), 1);
    assert_int_equal(rd(MSIX + 3, 1), 0x80);
    wr(MSIX + 3, 1, 0);
    assert_false(raise_msix(2));
    assert_int_equal(vectors_used(), 0);
    /* What was in the table is there when it comes on again. */
    wr(MSIX + 3, 1, 0x80);
    assert_true(raise_msix(2));
}

static void msix_table_accesses(void **state)
{
    paddr_t at = BAR0 + TABLE + 16;

    wr(4, 2, 2);
    wr(MSIX + 2, 2, 0x8000);
    vpci_mmio_write(&vcpu, at, 8, 0xfee02000);
    vpci_mmio_write(&vcpu, at + 8, 8, 0x71); /* data, and unmasked */
    assert_true(raise_msix(1));
    assert_int_equal(last_icr, 0x71);
    assert_int_equal(last_dest, 2);
    /* Not dwords: nothing. */
    vpci_mmio_write(&vcpu, at + 12, 1, 1);
    vpci_mmio_write(&vcpu, at + 10, 4, 1);
    assert_true(raise_msix(1));
    assert_int_equal(vpci_mmio_read(&vcpu, at + 8, 2), ~0ULL);
    /* The rest of the page is the device's. */
    bar0[PBA] = 2;
    assert_int_equal(vpci_mmio_read(&vcpu, BAR0 + PBA, 8), 2);
    vpci_mmio_write(&vcpu, BAR0 + 0x1000, 2, 0xbeef);
    assert_int_equal(bar0[0x1001], 0xbe);
    assert_false(vpci_mmio_covers(&dom, BAR0));
    assert_false(vpci_mmio_covers(&dom, BAR0 + 0x2000));
    /* Other domains have nothing there. */
    assert_false(vpci_mmio_covers(&(struct domain){ 0 }, at));
}

static void msix_follows_its_bar(void **state)
{
    rd(0, 4);
    assert_false(vpci_mmio_covers(&dom, BAR0 + TABLE));
    wr(4, 2, 2);
    assert_int_equal(trapped[(BAR0 + TABLE) >> 12], 1);
    wr(4, 2, 0);
    assert_int_equal(trapped[(BAR0 + TABLE) >> 12], 0);
    wr(0x10, 4, 0xfec00000);
    wr(4, 2, 2);
    assert_int_equal(trapped[0xfec01000 >> 12], 1);
    assert_false(vpci_mmio_covers(&dom, BAR0 + TABLE));
    assert_true(vpci_mmio_covers(&dom, 0xfec01000));
    /* Sized while it decodes. */
    wr(0x10, 4, ~0u);
    wr(0x10, 4, BAR0);
    assert_int_equal(trapped[0xfec01000 >> 12], 0);
    assert_int_equal(trapped[(BAR0 + TABLE) >> 12], 1);
    assert_int_equal(trapped[0xfffff], 0);
}

static void msix_above_4g(void **state)
{
    put32(cfg + MSIX + 4, TABLE | 2);
    put32(cfg + 0x1c, BAR2 >> 32);
    wr(4, 2, 2);
    assert_true(vpci_mmio_covers(&dom, BAR2 + TABLE));
    wr(MSIX + 2, 2, 0x8000);
    vpci_mmio_write(&vcpu, BAR2 + TABLE, 8, 0xfee00000);
    vpci_mmio_write(&vcpu, BAR2 + TABLE + 8, 8, 0x81);
    assert_int_equal(get32(bar2 + TABLE), 0xfee05000);
    assert_int_equal(bar2[TABLE + 12], 0);
}

/* Over RAM, or what is virtual already: it cannot be had, and hurts nobody. */
static void msix_in_a_wrong_place(void **state)
{
    wr(0x10, 4, 0x100000);
    wr(4, 2, 2);
    assert_int_equal(trapped[0x101], 0);
    wr(MSIX + 2, 2, 0x8000);
    assert_int_equal(rd(MSIX + 2, 2) & 0x8000, 0);
    trapped[0xfee01] = 1;
    wr(0x10, 4, 0xfee00000);
    assert_false(vpci_mmio_covers(&dom, 0xfee01000));
    wr(MSIX + 2, 2, 0x8000);
    assert_int_equal(rd(MSIX + 2, 2) & 0x8000, 0);
    wr(0x10, 4, BAR0);
    wr(MSIX + 2, 2, 0x8000);
    assert_int_equal(rd(MSIX + 2, 2) & 0x8000, 0x8000);
    trapped[0xfee01] = 0;
}

static void msix_without_bar(void **state)
{
    put32(cfg + MSIX + 4, TABLE | 7);
    wr(4, 2, 2);
    wr(MSIX + 2, 2, 0x8000);
    assert_int_equal(rd(MSIX + 2, 2) & 0x8000, 0);
    (void)arch_pci_device_remove(pci_sbdf(0, 0, 0x18));
    put32(cfg + MSIX + 4, TABLE | 1);
    put32(cfg + 0x14, 0xc001); /* ports */
    wr(MSIX + 2, 2, 0x8000);
    assert_int_equal(rd(MSIX + 2, 2) & 0x8000, 0);
}

static void msix_out_of_vectors(void **state)
{
    vectors_left = 1;
    wr(4, 2, 2);
    wr(MSIX + 2, 2, 0x8000);
    entry(0, 0xfee00000, 0x51, 0);
    entry(1, 0xfee00000, 0x52, 0);
    assert_true(raise_msix(0));
    assert_false(raise_msix(1));
    /* A message that is none: masked. */
    vectors_left = 1;
    entry(2, 0x1000, 0x52, 0);
    assert_false(raise_msix(2));
    vpci_mmio_write(&vcpu, BAR0 + TABLE + 16 + 12, 4, 0);
    assert_true(raise_msix(1));
}

/* A reset clears the device's table: what Dom0 restores is enough. */
static void msix_after_a_reset(void **state)
{
    wr(4, 2, 2);
    wr(MSIX + 2, 2, 0x8000);
    entry(0, 0xfee00000, 0x51, 0);
    cfg[MSIX + 3] = cfg[4] = 0;
    memset(bar0 + TABLE, 0, ENTRIES * 16);
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        bar0[TABLE + i * 16 + 12] = 1;
    wr(4, 2, 2);
    wr(MSIX + 2, 2, 0xc000);
    wr(MSIX + 2, 2, 0x8000);
    assert_true(raise_msix(0));
    assert_int_equal(last_icr, 0x51);
    assert_false(raise_msix(1));
}

/* Lists that loop, or leave the space. */
static void broken_lists(void **state)
{
    cap(0x40, 0x01, 0x40);
    assert_int_equal(rd(MSI + 2, 2), 0x185); /* not a capability */
    (void)arch_pci_device_remove(pci_sbdf(0, 0, 0x18));
    cap(0x40, 0x01, 0xf8);
    cap(0xf8, 0x05, 0xfc);
    cap(0xfc, 0x11, 0);
    wr(0xfa, 2, 1); /* cut off: as any register */
    assert_int_equal(vectors_used(), 0);
    assert_int_equal(cfg[0xfa], 1);
    (void)arch_pci_device_remove(pci_sbdf(0, 0, 0x18));
    cfg[6] = 0;
    assert_int_equal(rd(MSI + 2, 2), 0x185);
}

static void announcements(void **state)
{
    assert_int_equal(arch_pci_device_add(pci_sbdf(0, 0, 0x18)), 0);
    assert_int_equal(arch_pci_device_add(pci_sbdf(0, 0, 0x18)), 0);
    assert_int_equal(arch_pci_device_add(pci_sbdf(0, 0, 0x20)), -ENODEV);
    assert_int_equal(arch_pci_device_remove(pci_sbdf(0, 0, 0x20)), -ENODEV);
    wr(4, 2, 2);
    wr(MSI + 4, 4, 0xfee00000);
    wr(MSI + 2, 2, 1);
    assert_int_equal(vectors_used(), 1);
    assert_int_equal(arch_pci_device_remove(pci_sbdf(0, 0, 0x18)), 0);
    assert_int_equal(vectors_used(), 0);
    assert_int_equal(trapped[(BAR0 + TABLE) >> 12], 0);
    assert_int_equal(arch_pci_device_remove(pci_sbdf(0, 0, 0x18)), -ENODEV);
}

/* The last one: windows stay. */
static void mmcfg(void **state)
{
    const paddr_t at = ECAM + 0x18000;

    assert_false(vpci_mmio_covers(&dom, at));
    assert_int_equal(arch_pci_mmcfg(ECAM, 0, 4, 3), -EINVAL);
    assert_int_equal(arch_pci_mmcfg(ECAM + 0x1000, 0, 0, 1), -EINVAL);
    assert_int_equal(arch_pci_mmcfg(0x100000, 0, 0, 1), -EINVAL);
    assert_int_equal(arch_pci_mmcfg(ECAM, 0, 0, 63), 0);
    assert_int_equal(arch_pci_mmcfg(ECAM, 0, 1, 63), 0);
    assert_int_equal(arch_pci_mmcfg(ECAM, 0, 0, 64), -EEXIST);
    assert_int_equal(arch_pci_mmcfg(0xd0000000, 0, 3, 3), -EEXIST);
    assert_int_equal(trapped[ECAM >> 12], 1);
    assert_int_equal(trapped[(ECAM >> 12) + 0x3fff], 1);
    assert_int_equal(trapped[(ECAM >> 12) + 0x4000], 0);

    assert_int_equal(vpci_mmio_read(&vcpu, at, 4), 0x8086);
    assert_int_equal(vpci_mmio_read(&vcpu, ECAM, 4), ~0u);
    vpci_mmio_write(&vcpu, at + 0x3c, 1, 0x5a);
    assert_int_equal(cfg[0x3c], 0x5a);
    /* The same capabilities as by ports. */
    vpci_mmio_write(&vcpu, at + MSI + 4, 8, 0xfee00000);
    vpci_mmio_write(&vcpu, at + MSI + 12, 2, 0x66);
    vpci_mmio_write(&vcpu, at + MSI + 2, 2, 1);
    assert_true(raise_msi());
    assert_int_equal(last_icr, 0x66);
    /* Extended space; SR-IOV has no name, but its link. */
    put32(cfg + 0x100, 0x14010001);
    put32(cfg + 0x140, 0x18010010);
    put32(cfg + 0x180, 0x00010010);
    put32(cfg + 0x188, 0x00010010); /* looks like one */
    assert_int_equal(vpci_mmio_read(&vcpu, at + 0x100, 4), 0x14010001);
    assert_int_equal(vpci_mmio_read(&vcpu, at + 0x140, 4), 0x18000000);
    assert_int_equal(vpci_mmio_read(&vcpu, at + 0x180, 2), 0);
    assert_int_equal(vpci_mmio_read(&vcpu, at + 0x188, 4), 0x00010010);
    vpci_mmio_write(&vcpu, at + 0x104, 4, 0x77);
    assert_int_equal(cfg[0x104], 0x77);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(plain_registers),     T(msi_delivers),
        T(msi_after_a_reset),   T(msi_refused),
        T(msi_of_32_bits),      T(msix_delivers),
        T(msix_table_accesses), T(msix_follows_its_bar),
        T(msix_above_4g),       T(msix_in_a_wrong_place),
        T(msix_without_bar),    T(msix_out_of_vectors),
        T(msix_after_a_reset),  T(broken_lists),
        T(announcements),       T(mmcfg),
    };

    return cmocka_run_group_tests_name("vpci", tests, NULL, NULL);
}
