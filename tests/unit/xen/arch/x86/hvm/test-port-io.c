/* SPDX-License-Identifier: MIT */
/* I/O instructions: who reaches which port, string forms, the debug port. */
/* TEST-SOURCES: xen/arch/x86/hvm/port-io.c */
/* TEST-SOURCES: xen/arch/x86/hvm/debug-port.c xen/arch/x86/hvm/test-ports.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/console.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <public/nidus.h>
#include <asm/hvm-io.h>
#include <asm/io.h>
#include <asm/processor.h>
#include "../../../../../../xen/arch/x86/hvm/io-private.h"

#define PM1A 0xb004
#define COM1 0x3f8

/* --- The machine: one 32-bit register behind every port. --- */
static uint32_t port_value = 0x44332211, last_written;
static unsigned int reads, writes, last_port;

static uint32_t on_read(uint16_t port)
{
    reads++;
    last_port = port;
    return port_value;
}
static void on_write(uint16_t port, uint32_t v)
{
    writes++;
    last_port = port;
    last_written = v;
}
uint8_t inb(uint16_t p)
{
    return on_read(p);
}
uint16_t inw(uint16_t p)
{
    return on_read(p);
}
uint32_t inl(uint16_t p)
{
    return on_read(p);
}
void outb(uint8_t v, uint16_t p)
{
    on_write(p, v);
}
void outw(uint16_t v, uint16_t p)
{
    on_write(p, v);
}
void outl(uint32_t v, uint16_t p)
{
    on_write(p, v);
}

/* Configuration space has a test of its own. */
uint32_t vpci_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    return pio_ones(size);
}
void vpci_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
}

/* --- The guest: memory of two pages at 0x1000, the second read-only. --- */
#define MEM_BASE 0x1000
static uint8_t mem[0x1000];
static uint64_t rflags, faulted;
static uint32_t fault_code;

static uint8_t *guest_at(uint64_t gva, size_t n)
{
    return gva >= MEM_BASE && gva + n <= MEM_BASE + sizeof(mem)
               ? mem + (gva - MEM_BASE)
               : NULL;
}
size_t copy_from_guest_va(void *to, uint64_t gva, size_t n)
{
    if ( !guest_at(gva, n) )
        return n;
    memcpy(to, guest_at(gva, n), n);
    return 0;
}
size_t copy_to_guest_va(uint64_t gva, const void *from, size_t n)
{
    if ( !guest_at(gva, n) )
        return n;
    memcpy(guest_at(gva, n), from, n);
    return 0;
}
uint64_t hvm_get_rflags(void)
{
    return rflags;
}
void hvm_inject_page_fault(uint64_t cr2, uint32_t code)
{
    faulted = cr2;
    fault_code = code;
}

/* --- The rest of the hypervisor. --- */
static char printed[4096];
static s_time_t now;

s_time_t NOW(void)
{
    return now;
}
static bool lock_held; /* the domain's, when the last line was printed */
void guest_printk(const struct domain *d, const char *fmt, ...)
{
    size_t at = strlen(printed);
    va_list ap;

    lock_held = spin_is_locked(&d->lock);
    va_start(ap, fmt);
    vsnprintf(printed + at, sizeof(printed) - at, fmt, ap);
    va_end(ap);
}
void printk(const char *fmt, ...)
{
}
static unsigned int shutdowns;
void domain_shutdown(struct domain *d, uint8_t reason)
{
    shutdowns++;
}
void console_flush(void)
{
}
void *alloc_xenheap_pages(unsigned int order)
{
    return malloc(4096 << order);
}
void free_xenheap_pages(void *p, unsigned int order)
{
    free(p);
}
void *xzalloc_bytes(size_t n)
{
    return calloc(1, n);
}
void xfree(void *p)
{
    free(p);
}

static struct domain hwdom = { .is_hwdom = true, .is_privileged = true }, domu;
static struct vcpu v0 = { .domain = &hwdom }, vu = { .domain = &domu };

static int setup(void **state)
{
    hvm_hwdom_ports = (struct hvm_hwdom_ports){ .pm1a_cnt = PM1A,
                                                .sleep_type_s5 = 5,
                                                .console_port = COM1 };
    assert_int_equal(hvm_io_bitmap_init(&hwdom), 0);
    assert_int_equal(hvm_io_bitmap_init(&domu), 0);
    reads = writes = shutdowns = 0;
    domu.arch.test_ports = (struct test_ports){ 0 };
    rflags = 0;
    faulted = 0;
    printed[0] = 0;
    now = SECONDS(100);
    memset(&v0.arch.gprs, 0, sizeof(v0.arch.gprs));
    memset(&vu.arch.gprs, 0, sizeof(vu.arch.gprs));
    return 0;
}

static int teardown(void **state)
{
    hvm_io_bitmap_destroy(&hwdom);
    hvm_io_bitmap_destroy(&domu);
    return 0;
}

static bool trapped(const struct domain *d, unsigned int port)
{
    return (d->arch.io_bitmap[port / 64] >> (port % 64)) & 1;
}

static uint64_t in(struct vcpu *v, uint16_t port, uint8_t size)
{
    v->arch.gprs.rax = 0x8877665544332200;
    assert_true(hvm_handle_pio(
        v, &(struct hvm_pio){ .port = port, .size = size, .in = true }));
    return v->arch.gprs.rax;
}

static void out(struct vcpu *v, uint16_t port, uint8_t size, uint32_t val)
{
    v->arch.gprs.rax = 0xdead000000000000 | val;
    assert_true(
        hvm_handle_pio(v, &(struct hvm_pio){ .port = port, .size = size }));
}

static void bitmaps(void **state)
{
    static const uint16_t direct[] = { 0x00,   0x22,  0x3f,  0x44,  0x60,
                                       0x64,   0x70,  0x71,  0xa2,  0x1f0,
                                       0x2f8,  0x3f6, 0xcf7, 0xd00, 0xb008,
                                       0xc000, 0xffff },
                          closed[] = { 0x20,  0x21,  0x40, 0x43,    0x61,
                                       0xa0,  0xa1,  0xe9, 0xcf8,   0xcff,
                                       0x3f8, 0x3ff, PM1A, PM1A + 1 };

    for ( unsigned int i = 0; i < ARRAY_SIZE(direct); i++ )
        assert_false(trapped(&hwdom, direct[i]));
    for ( unsigned int i = 0; i < ARRAY_SIZE(closed); i++ )
        assert_true(trapped(&hwdom, closed[i]));
    for ( unsigned int p = 0; p < 0x10000; p++ )
        assert_true(trapped(&domu, p));
}

static void domu_reaches_nothing(void **state)
{
    for ( unsigned int p = 0; p < 0x10000; p++ )
    {
        out(&vu, p, 4, 0x12345678);
        assert_int_equal(in(&vu, p, 4), 0xffffffff);
    }
    assert_int_equal(reads + writes, 0);
    assert_int_equal(in(&vu, 0x60, 1), 0x88776655443322ff);
    assert_int_equal(in(&vu, 0x60, 2), 0x887766554433ffff);
}

static void dom0_closed_ports(void **state)
{
    assert_int_equal(in(&v0, 0x20, 1) & 0xff, 0xff);
    out(&v0, 0x43, 1, 0x34);
    assert_int_equal(in(&v0, COM1 + 5, 1) & 0xff, 0xff);
    out(&v0, COM1, 1, 'x');
    assert_int_equal(reads + writes, 0);
}

static void sleep_register(void **state)
{
    assert_int_equal(in(&v0, PM1A, 2) & 0xffff, 0x2211);
    out(&v0, PM1A, 2, 1);
    assert_int_equal(last_written, 1);
    /* S3 would lose us, S5 is the end. */
    out(&v0, PM1A, 2, 0x2000 | (1 << 10));
    assert_int_equal(writes, 1);
    out(&v0, PM1A, 2, 0x2000 | (5 << 10));
    assert_int_equal(writes, 2);
    assert_int_equal(last_written, 0x2000 | (5 << 10));
    hvm_hwdom_ports.sleep_type_s5 = 0xff;
    out(&v0, PM1A, 2, 0x2000);
    assert_int_equal(writes, 3);
    /* The second byte alone is as good. */
    hvm_hwdom_ports.sleep_type_s5 = 5;
    out(&v0, PM1A + 1, 1, 0x20 | (1 << 2));
    assert_int_equal(writes, 3);
    out(&v0, PM1A + 1, 1, 0x20 | (5 << 2));
    assert_int_equal(writes, 4);
    out(&v0, PM1A, 1, 0x20);
    assert_int_equal(writes, 5);
}

static void debug_port_lines(void **state)
{
    static const char text[] = "hello\r\nwor\x1b[1mld\n\n";

    for ( unsigned int i = 0; text[i]; i++ )
        out(&vu, 0xe9, 1, text[i]);
    assert_string_equal(printed, "hello\nwor[1mld\n\n");
    /* Unfinished lines wait, endless ones are cut. */
    printed[0] = 0;
    for ( unsigned int i = 0; i < 100; i++ )
        out(&vu, 0xe9, 1, 'a');
    assert_string_equal(printed, "");
    for ( unsigned int i = 0; i < 100; i++ )
        out(&vu, 0xe9, 1, 'a');
    assert_int_equal(strlen(printed), 161);
    /* Two vCPUs at a time would run over the end of the line. */
    assert_true(lock_held);
    assert_false(spin_is_locked(&vu.domain->lock));
    out(&vu, 0xe9, 4, 'b');
    assert_int_equal(in(&vu, 0xe9, 1) & 0xff, 0xff);
}

static void debug_port_rate(void **state)
{
    unsigned int lines = 0;

    for ( unsigned int i = 0; i < 3000; i++ )
    {
        out(&vu, 0xe9, 1, '\n');
        lines += printed[0] != 0;
        printed[0] = 0;
    }
    assert_int_equal(lines, 1000);
    now += SECONDS(2);
    out(&vu, 0xe9, 1, '\n');
    assert_string_equal(printed, "(2000 lines dropped)\n\n");
}

static bool ins(struct vcpu *v, bool rep, uint8_t size, uint8_t addr_size)
{
    return hvm_handle_pio(v, &(struct hvm_pio){ .port = PM1A,
                                                .size = size,
                                                .in = true,
                                                .string = true,
                                                .rep = rep,
                                                .addr_size = addr_size,
                                                .gla = v->arch.gprs.rdi });
}

static void string_in(void **state)
{
    struct guest_gprs *g = &v0.arch.gprs;

    g->rdi = MEM_BASE;
    g->rcx = 3;
    assert_true(ins(&v0, true, 2, 8));
    assert_memory_equal(mem, "\x11\x22\x11\x22\x11\x22", 6);
    assert_int_equal(g->rdi, MEM_BASE + 6);
    assert_int_equal(g->rcx, 0);
    assert_int_equal(reads, 3);
    /* Nothing to do. */
    assert_true(ins(&v0, true, 2, 8));
    assert_int_equal(reads, 3);
    /* Downwards, without REP: the count does not matter. */
    rflags = X86_EFLAGS_DF;
    assert_true(ins(&v0, false, 4, 8));
    assert_int_equal(g->rdi, MEM_BASE + 2);
    assert_int_equal(reads, 4);
}

static void string_widths(void **state)
{
    struct guest_gprs *g = &v0.arch.gprs;

    /* 16-bit addresses wrap within the low word, the rest stays. */
    g->rdi = 0xabcd1000;
    g->rcx = 0x77770002;
    assert_true(hvm_handle_pio(&v0, &(struct hvm_pio){ .port = PM1A,
                                                       .size = 1,
                                                       .in = true,
                                                       .string = true,
                                                       .rep = true,
                                                       .addr_size = 2,
                                                       .gla = MEM_BASE }));
    assert_int_equal(g->rdi, 0xabcd1002);
    assert_int_equal(g->rcx, 0x77770000);
    /* 32-bit ones clear the upper half. */
    g->rsi = 0xffffffff00001000;
    g->rcx = 0xffffffff00000001;
    mem[0] = 0x5a;
    assert_true(hvm_handle_pio(&v0, &(struct hvm_pio){ .port = PM1A,
                                                       .size = 1,
                                                       .string = true,
                                                       .rep = true,
                                                       .addr_size = 4,
                                                       .gla = MEM_BASE }));
    assert_int_equal(g->rsi, 0x1001);
    assert_int_equal(g->rcx, 0);
    assert_int_equal(last_written, 0x5a);
}

static void string_fault(void **state)
{
    struct guest_gprs *g = &v0.arch.gprs;

    g->rdi = MEM_BASE + sizeof(mem) - 4;
    g->rcx = 4;
    assert_false(ins(&v0, true, 2, 8));
    assert_int_equal(g->rcx, 2);
    assert_int_equal(reads, 2); /* the port kept what memory did not take */
    assert_int_equal(faulted, MEM_BASE + sizeof(mem));
    assert_int_equal(fault_code, 2);
}

static void long_string(void **state)
{
    struct guest_gprs *g = &v0.arch.gprs;
    unsigned int rounds = 0;

    g->rdi = MEM_BASE;
    g->rcx = 2000;
    while ( !ins(&v0, true, 1, 8) )
        assert_true(++rounds < 10);
    assert_true(rounds > 0);
    assert_int_equal(reads, 2000);
    assert_int_equal(g->rdi, MEM_BASE + 2000);
}

static void type(const char *text)
{
    while ( *text )
        out(&vu, 0x8900, 1, *text++);
}

static void test_ports_when_asked_for(void **state)
{
    struct test_ports *t = &domu.arch.test_ports;

    type("Shutdown");
    out(&vu, 0xf4, 4, 0);
    assert_int_equal(shutdowns, 0);
    t->on = NIDUS_TEST_PORTS_COM1;
    assert_int_equal(in(&vu, COM1 + 5, 1) & 0xff, 0x60);
    out(&vu, COM1 + 3, 1, 0x80); /* the divisor is no text */
    out(&vu, COM1, 1, 'x');
    out(&vu, COM1 + 3, 1, 3);
    for ( const char *c = "hello\n"; *c; c++ )
        out(&vu, COM1, 1, *c);
    assert_string_equal(printed, "hello\n");
    out(&vu, 0xf4, 4, 0);
    assert_int_equal(shutdowns, 0);

    t->on = NIDUS_TEST_PORTS_EXIT;
    assert_int_equal(in(&vu, COM1 + 5, 1) & 0xff, 0xff);
    type("Shutdow");
    out(&vu, 0x8900, 2, 'n');
    type("xShutSShutdow");
    assert_int_equal(shutdowns, 0);
    type("n");
    assert_int_equal(shutdowns, 1);
    out(&vu, 0xf4, 4, 0);
    assert_int_equal(shutdowns, 2);
    type("n");
    assert_int_equal(shutdowns, 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(bitmaps),
        T(domu_reaches_nothing),
        T(dom0_closed_ports),
        T(sleep_register),
        T(debug_port_lines),
        T(debug_port_rate),
        T(string_in),
        T(string_widths),
        T(string_fault),
        T(long_string),
        T(test_ports_when_asked_for),
    };

    return cmocka_run_group_tests_name("port-io", tests, NULL, NULL);
}
