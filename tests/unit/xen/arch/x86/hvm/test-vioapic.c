/* SPDX-License-Identifier: MIT */
/* The virtual IO-APIC: registers, binding, edges, levels and their ends. */
/* TEST-SOURCES: xen/arch/x86/hvm/vioapic.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/vioapic.h>
#include <asm/vlapic.h>

#define ADDR   0xfec00000ULL
#define ADDR2  0xfec10000ULL

#define LEVEL  0x8000u
#define LOW    0x2000u
#define MASKED 0x10000u
#define RIRR   0x4000u

static struct domain dom;
static struct vcpu vcpu = { .domain = &dom };

/* The host side and the bus, as the code under test drove them. */
static struct
{
    bool bound, level, low, masked;
    int eois;
} host[64];
static int bind_error;
static unsigned int messages;
static uint32_t last_icr, last_dest;

int irq_bind_guest_gsi(struct domain *d, unsigned int gsi, bool level, bool low)
{
    if ( bind_error )
        return bind_error;
    assert_false(host[gsi].bound);
    host[gsi].bound = true;
    host[gsi].masked = true;
    host[gsi].level = level;
    host[gsi].low = low;
    return 0;
}
void irq_unbind_guest_gsi(struct domain *d, unsigned int gsi)
{
    assert_true(host[gsi].bound);
    host[gsi].bound = false;
}
void irq_guest_eoi(struct domain *d, unsigned int gsi)
{
    host[gsi].eois++;
}
void irq_guest_mask(struct domain *d, unsigned int gsi, bool masked)
{
    host[gsi].masked = masked;
}
void vlapic_send_message(struct domain *d, struct vcpu *src, uint32_t icr,
                         uint32_t dest, bool x2apic)
{
    assert_null(src);
    assert_false(x2apic);
    messages++;
    last_icr = icr;
    last_dest = dest;
}
void guest_printk(const struct domain *d, const char *fmt, ...)
{
}
void *xzalloc_bytes(size_t n)
{
    return calloc(1, n);
}
void xfree(void *p)
{
    free(p);
}

static void wr(unsigned int reg, uint32_t val)
{
    vioapic_mmio_write(&vcpu, ADDR, 4, reg);
    vioapic_mmio_write(&vcpu, ADDR + 0x10, 4, val);
}

static uint32_t rd(unsigned int reg)
{
    vioapic_mmio_write(&vcpu, ADDR, 4, reg);
    return vioapic_mmio_read(&vcpu, ADDR + 0x10, 4);
}

static void set_pin(unsigned int pin, uint32_t low, uint8_t dest)
{
    wr(0x11 + 2 * pin, (uint32_t)dest << 24);
    wr(0x10 + 2 * pin, low);
}

static int setup(void **state)
{
    static const struct vioapic_desc desc[] = { { 3, ADDR, 0, 24 },
                                                { 4, ADDR2, 24, 8 } };

    memset(&dom, 0, sizeof(dom));
    memset(host, 0, sizeof(host));
    messages = 0;
    bind_error = 0;
    return vioapic_init(&dom, desc, 2);
}

static int teardown(void **state)
{
    vioapic_destroy(&dom);
    for ( unsigned int i = 0; i < 64; i++ )
        assert_false(host[i].bound);
    return 0;
}

static void registers(void **state)
{
    assert_true(vioapic_mmio_covers(&dom, ADDR));
    assert_true(vioapic_mmio_covers(&dom, ADDR2 + 0xfff));
    assert_false(vioapic_mmio_covers(&dom, ADDR + 0x1000));
    assert_false(vioapic_mmio_covers(&dom, ADDR - 1));
    assert_int_equal(rd(0), 3u << 24);
    assert_int_equal(rd(1), 0x11 | (23 << 16));
    assert_int_equal(rd(0x10), MASKED);
    assert_int_equal(rd(0x3e), MASKED);
    assert_int_equal(rd(0x40), 0);
    assert_int_equal(rd(0x0f), 0);
    assert_int_equal(vioapic_mmio_read(&vcpu, ADDR2, 4), 0);
    /* Read-only and reserved bits stay out. */
    set_pin(5, 0xffffffff, 0xff);
    assert_int_equal(rd(0x1a), 0x1afff);
    assert_int_equal(rd(0x1b), 0xff000000);
    /* Pins beyond the last are nobody's. */
    wr(0x40, 0);
    wr(0xff, 0);
    vioapic_mmio_write(&vcpu, ADDR + 0x20, 4, 1);
}

static void unmask_binds_once(void **state)
{
    set_pin(7, MASKED | 0x40, 2);
    assert_false(host[7].bound);
    set_pin(7, 0x40, 2);
    assert_true(host[7].bound);
    assert_false(host[7].masked);
    assert_false(host[7].level);
    set_pin(7, MASKED | 0x40, 2);
    assert_true(host[7].bound);
    assert_true(host[7].masked);
    /* Other wiring: bound anew. */
    set_pin(7, LEVEL | LOW | 0x40, 2);
    assert_true(host[7].level && host[7].low && !host[7].masked);
    /* The second chip's pins are GSIs 24 and up. */
    vioapic_mmio_write(&vcpu, ADDR2, 4, 0x12);
    vioapic_mmio_write(&vcpu, ADDR2 + 0x10, 4, 0x55);
    assert_true(host[25].bound);
}

static void busy_gsi(void **state)
{
    bind_error = -EBUSY;
    set_pin(4, 0x30, 0);
    assert_false(host[4].bound);
    bind_error = 0;
    set_pin(4, 0x30, 0);
    assert_true(host[4].bound);
}

static void edge(void **state)
{
    set_pin(14, MASKED | 0x4e, 2);
    hvm_gsi_assert(&dom, 14);
    assert_int_equal(messages, 0);
    set_pin(14, 0x84e, 2);
    assert_int_equal(messages, 0); /* an edge while masked is lost */
    hvm_gsi_assert(&dom, 14);
    hvm_gsi_assert(&dom, 14);
    assert_int_equal(messages, 2);
    assert_int_equal(last_icr, 0x84e);
    assert_int_equal(last_dest, 2);
    assert_int_equal(rd(0x10 + 28) & RIRR, 0);
    vioapic_eoi(&dom, 0x4e);
    assert_int_equal(host[14].eois, 0);
    hvm_gsi_assert(&dom, 60);
}

static void level(void **state)
{
    set_pin(11, LEVEL | LOW | 0x5b, 0);
    hvm_gsi_assert(&dom, 11);
    assert_int_equal(messages, 1);
    assert_int_equal(last_icr, LEVEL | 0x5b);
    assert_true(rd(0x10 + 22) & RIRR);
    /* Nothing more until the EOI. */
    hvm_gsi_assert(&dom, 11);
    assert_int_equal(messages, 1);
    vioapic_eoi(&dom, 0x5a);
    assert_int_equal(host[11].eois, 0);
    vioapic_eoi(&dom, 0x5b);
    assert_int_equal(host[11].eois, 1);
    assert_false(rd(0x10 + 22) & RIRR);
    hvm_gsi_assert(&dom, 11);
    assert_int_equal(messages, 2);
    /* EOI while masked: the host may tell again, it is delivered later. */
    set_pin(11, MASKED | LEVEL | LOW | 0x5b, 0);
    vioapic_eoi(&dom, 0x5b);
    assert_int_equal(host[11].eois, 2);
    hvm_gsi_assert(&dom, 11);
    assert_int_equal(messages, 2);
    set_pin(11, LEVEL | LOW | 0x5b, 0);
    assert_int_equal(messages, 3);
}

/* Mask, turn to edge, turn back: an EOI for version 0x11. */
static void eoi_by_edge(void **state)
{
    set_pin(11, LEVEL | 0x5b, 0);
    hvm_gsi_assert(&dom, 11);
    wr(0x10 + 22, MASKED | 0x5b);
    assert_false(rd(0x10 + 22) & RIRR);
    assert_int_equal(host[11].eois, 1);
    wr(0x10 + 22, LEVEL | 0x5b);
    assert_true(host[11].level && !host[11].masked);
    hvm_gsi_assert(&dom, 11);
    assert_int_equal(messages, 2);
}

static void bad_descriptions(void **state)
{
    struct domain d = { 0 };
    struct vioapic_desc desc = { 1, ADDR, 0, 0 };

    assert_int_equal(vioapic_init(&d, &desc, 1), -EINVAL);
    desc.nr_pins = 241;
    assert_int_equal(vioapic_init(&d, &desc, 1), -EINVAL);
    /* A domain without any takes it all quietly. */
    vioapic_eoi(&d, 3);
    hvm_gsi_assert(&d, 3);
    vioapic_destroy(&d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(registers), T(unmask_binds_once), T(busy_gsi),         T(edge),
        T(level),     T(eoi_by_edge),       T(bad_descriptions),
    };

    return cmocka_run_group_tests_name("vioapic", tests, NULL, NULL);
}
