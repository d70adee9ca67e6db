/* SPDX-License-Identifier: MIT */
/* Configuration space of Dom0: forwarding, and MSI out of the list. */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/lib.h>
#include "../../../../../../xen/arch/x86/hvm/io-private.h"

/* A bus with one device, 00:03.0, behind mechanism #1. */
static uint32_t address;
static uint8_t cfg[256];
static unsigned int writes;

static uint8_t *target(uint16_t port)
{
    if ( (address & 0x80ffff00) != 0x80001800 )
        return NULL;
    return cfg + (address & 0xfc) + (port & 3);
}

uint32_t hw_port_read(uint16_t port, unsigned int size)
{
    uint32_t val = ~0u;

    if ( port == 0xcf8 )
        return address;
    if ( target(port) )
        memcpy(&val, target(port), 4 - (port & 3));
    return val & pio_ones(size);
}

void hw_port_write(uint16_t port, unsigned int size, uint32_t val)
{
    if ( port == 0xcf8 && size == 4 )
        address = val;
    else
    {
        writes++;
        if ( target(port) )
            memcpy(target(port), &val, size);
    }
}

static struct vcpu vcpu;

static uint32_t rd(uint8_t reg, unsigned int size)
{
    vpci_write(&vcpu, 0xcf8, 4, 0x80001800 | (reg & 0xfc));
    /* The hypervisor's own use of the bus must not disturb. */
    address = 0x12345678;
    return vpci_read(&vcpu, 0xcfc + (reg & 3), size);
}

static void wr(uint8_t reg, unsigned int size, uint32_t val)
{
    vpci_write(&vcpu, 0xcf8, 4, 0x80001800 | (reg & 0xfc));
    vpci_write(&vcpu, 0xcfc + (reg & 3), size, val);
}

static void cap(uint8_t at, uint8_t id, uint8_t next)
{
    cfg[at] = id;
    cfg[at + 1] = next;
    cfg[at + 2] = 0xcc;
}

static int setup(void **state)
{
    memset(cfg, 0, sizeof(cfg));
    cfg[0] = 0x86;
    cfg[1] = 0x80;
    cfg[6] = 0x10; /* there is a capability list */
    cfg[0x10] = 0x55;
    writes = 0;
    return 0;
}

static void plain_registers(void **state)
{
    assert_int_equal(rd(0, 2), 0x8086);
    assert_int_equal(rd(0x10, 4), 0x55);
    wr(0x11, 1, 0xab);
    assert_int_equal(cfg[0x11], 0xab);
    assert_int_equal(rd(0x10, 2), 0xab55);
    assert_int_equal(vpci_read(&vcpu, 0xcf8, 4), 0x80001810);
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
}

static void msi_is_unlinked(void **state)
{
    /* PM -> MSI -> PCIe -> MSI-X -> vendor */
    cfg[0x34] = 0x40;
    cap(0x40, 0x01, 0x50);
    cap(0x50, 0x05, 0x70);
    cap(0x70, 0x10, 0xa0);
    cap(0xa0, 0x11, 0xb0);
    cap(0xb0, 0x09, 0);
    assert_int_equal(rd(0x34, 1), 0x40);
    assert_int_equal(rd(0x40, 2), 0x7001);
    assert_int_equal(rd(0x70, 4), 0x00ccb010);
    assert_int_equal(rd(0xb0, 2), 0x0009);
}

static void msi_first_and_last(void **state)
{
    cfg[0x34] = 0x50;
    cap(0x50, 0x05, 0xa0);
    cap(0xa0, 0x11, 0x60);
    cap(0x60, 0x01, 0x90);
    cap(0x90, 0x05, 0);
    assert_int_equal(rd(0x34, 4), 0x60);
    assert_int_equal(rd(0x60, 2), 0x0001);
    /* Only MSI: the list is empty. */
    cap(0xa0, 0x11, 0);
    assert_int_equal(rd(0x34, 1), 0);
}

static void msi_cannot_be_written(void **state)
{
    cfg[0x34] = 0x50;
    cap(0x50, 0x05, 0x70);
    cfg[0x53] = 1; /* per-vector masking: up to 0x67 */
    cap(0x70, 0x01, 0);
    wr(0x52, 2, 1);
    wr(0x54, 4, 0xfee00000);
    wr(0x64, 4, 1);
    assert_int_equal(writes, 0);
    wr(0x74, 2, 3);
    assert_int_equal(cfg[0x74], 3);
}

/* Lists that loop or point into the header end somewhere. */
static void broken_lists(void **state)
{
    cfg[0x34] = 0x50;
    cap(0x50, 0x05, 0x50);
    assert_int_equal(rd(0x34, 1), 0);
    cap(0x50, 0x05, 0x60);
    cap(0x60, 0x11, 0x50);
    assert_int_equal(rd(0x34, 1), 0);
    cap(0x50, 0x05, 0x10);
    assert_int_equal(rd(0x34, 1), 0);
    cfg[6] = 0;
    assert_int_equal(rd(0x34, 1), 0x50);
}

static void reset_port(void **state)
{
    vpci_write(&vcpu, 0xcf9, 1, 6);
    assert_int_equal(writes, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(plain_registers),       T(msi_is_unlinked), T(msi_first_and_last),
        T(msi_cannot_be_written), T(broken_lists),    T(reset_port),
    };

    return cmocka_run_group_tests_name("vpci", tests, NULL, NULL);
}
