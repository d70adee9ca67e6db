/* SPDX-License-Identifier: MIT */
/* MSI-X of Dom0 over a device model. */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci.c xen/arch/x86/hvm/vpci-cap.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci-msi.c xen/arch/x86/hvm/vpci-msix.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci-trap.c xen/arch/x86/hvm/pci-config.c */
/* TEST-SOURCES: xen/arch/x86/hvm/hvm-msi.c */
#include "vpci-test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(msix_delivers),         CASE(msix_table_accesses),
        CASE(msix_follows_its_bar),  CASE(msix_above_4g),
        CASE(msix_in_a_wrong_place), CASE(msix_without_bar),
        CASE(msix_out_of_vectors),   CASE(msix_after_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
