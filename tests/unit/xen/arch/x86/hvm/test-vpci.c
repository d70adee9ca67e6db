/* SPDX-License-Identifier: MIT */
/* PCI configuration space of Dom0 over a device model: registers, MSI, MMCFG.
 */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci.c xen/arch/x86/hvm/vpci-cap.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci-msi.c xen/arch/x86/hvm/vpci-msix.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vpci-trap.c xen/arch/x86/hvm/pci-config.c */
/* TEST-SOURCES: xen/arch/x86/hvm/hvm-msi.c */
#include "vpci-test.h"

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
    const struct CMUnitTest tests[] = {
        CASE(plain_registers), CASE(msi_delivers),   CASE(msi_after_a_reset),
        CASE(msi_refused),     CASE(msi_of_32_bits), CASE(broken_lists),
        CASE(announcements),   CASE(mmcfg),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
