/* SPDX-License-Identifier: MIT */
/* A PCI device, and the hypervisor around it, for the tests of vpci. */
#pragma once

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

static inline uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

/* Registers that cannot take every value. */
static inline void settle(void)
{
    put32(cfg + 0x10, get32(cfg + 0x10) & ~(BAR0_SIZE - 1));
    put32(cfg + 0x18, (get32(cfg + 0x18) & ~(BAR0_SIZE - 1)) | 4);
    cfg[MSIX + 2] = ENTRIES - 1;
    cfg[MSIX + 3] &= 0xc0;
}

static inline uint8_t *target(uint16_t port)
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

static inline uint64_t bar2_address(void)
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

static inline unsigned int vectors_used(void)
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

static inline uint32_t rd(uint8_t reg, unsigned int size)
{
    vpci_write(&vcpu, 0xcf8, 4, DEV | (reg & 0xfc));
    /* The hypervisor's own use of the bus must not disturb. */
    address = 0x12345678;
    return vpci_read(&vcpu, 0xcfc + (reg & 3), size);
}

static inline void wr(uint8_t reg, unsigned int size, uint32_t val)
{
    vpci_write(&vcpu, 0xcf8, 4, DEV | (reg & 0xfc));
    vpci_write(&vcpu, 0xcfc + (reg & 3), size, val);
}

/* An entry of the MSI-X table, through the BAR. */
static inline void entry(unsigned int i, uint64_t addr, uint32_t data,
                         uint32_t ctrl)
{
    paddr_t at = BAR0 + TABLE + i * 16;

    assert_true(vpci_mmio_covers(&dom, at));
    vpci_mmio_write(&vcpu, at, 4, addr);
    vpci_mmio_write(&vcpu, at + 4, 4, addr >> 32);
    vpci_mmio_write(&vcpu, at + 8, 4, data);
    vpci_mmio_write(&vcpu, at + 12, 4, ctrl);
}

/* The message goes out on the bus: whoever has the vector gets it. */
static inline bool send(uint64_t addr, uint32_t data)
{
    messages = 0;
    /* No message of Dom0's may reach the machine's local APICs. */
    assert_int_equal(addr, 0xfee05000);
    assert_non_null(handler[data]);
    handler[data](data, NULL);
    return messages == 1;
}

/* The device interrupts, if what is in its registers lets it. */
static inline bool raise_msi(void)
{
    if ( !(cfg[MSI + 2] & 1) || (cfg[MSI + 16] & 1) )
        return false;
    return send(get32(cfg + MSI + 4) | (uint64_t)get32(cfg + MSI + 8) << 32,
                get32(cfg + MSI + 12) & 0xffff);
}

static inline bool raise_msix(unsigned int i)
{
    const uint8_t *e = bar0 + TABLE + i * 16;

    if ( (cfg[MSIX + 3] & 0xc0) != 0x80 || (e[12] & 1) )
        return false;
    return send(get32(e) | (uint64_t)get32(e + 4) << 32, get32(e + 8));
}

static inline void cap(unsigned int at, uint8_t id, uint8_t next)
{
    cfg[at] = id;
    cfg[at + 1] = next;
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    (void)arch_pci_device_remove(pci_sbdf(0, 0, 0x18));
    /* Whatever a test did: nothing is left. */
    assert_int_equal(vectors_used(), 0);
    assert_int_equal(trapped[(BAR0 + TABLE) >> 12], 0);
    return 0;
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
