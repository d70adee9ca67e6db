/* SPDX-License-Identifier: MIT */
/*
 * Ports and addresses that belong to nobody.
 *
 * Expect: reads give all ones, writes vanish, string and repeated forms move
 * the right number of bytes, and every common form of instruction that can
 * touch such an address is emulated with its right length and flags.
 */
#include "lib.h"

#define NO_PORT  0x1234
#define HOLE_GPA 0x20000000ul /* 512 MiB: above this guest's memory */

static void check_ports(void)
{
    uint8_t buf[8] = { 0 };
    void *to = buf;
    const void *from = buf;
    unsigned long n = sizeof(buf);

    check_eq("inb", inb(NO_PORT), 0xff);
    check_eq("inw", inw(NO_PORT), 0xffff);
    check_eq("inl", inl(NO_PORT), 0xffffffff);
    outb(NO_PORT, 1);
    outw(NO_PORT, 2);
    outl(NO_PORT, 3);

    asm volatile("rep insb" : "+D"(to), "+c"(n) : "d"(NO_PORT) : "memory");
    check_eq("rep insb counts down", n, 0);
    check((uint8_t *)to == buf + sizeof(buf), "rep insb moves on");
    for ( unsigned int i = 0; i < sizeof(buf); i++ )
        check_eq("a byte from nowhere", buf[i], 0xff);

    n = 4;
    asm volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(NO_PORT) : "memory");
    check_eq("rep outsb counts down", n, 0);
    check((const uint8_t *)from == buf + 4, "rep outsb moves on");
}

#define HOLE(type) ((volatile type *)HOLE_GPA)

static void check_reads(void)
{
    uint64_t val;

    check_eq("8 bits", *HOLE(uint8_t), 0xff);
    check_eq("16 bits", *HOLE(uint16_t), 0xffff);
    check_eq("32 bits", *HOLE(uint32_t), 0xffffffff);
    check_eq("64 bits", *HOLE(uint64_t), -1);
    check_eq("at an odd address", *(volatile uint8_t *)(HOLE_GPA + 3), 0xff);

    asm volatile("movzbl (%1), %k0" : "=r"(val) : "r"(HOLE_GPA));
    check_eq("movzx", val, 0xff);
    asm volatile("movsbq (%1), %0" : "=r"(val) : "r"(HOLE_GPA));
    check_eq("movsx", val, -1);
    val = 0x1111111122222222;
    asm volatile("movl (%1), %k0" : "+r"(val) : "r"(HOLE_GPA));
    check_eq("a 32-bit load clears the upper half", val, 0xffffffff);
    val = 0x1111111122222222;
    asm volatile("movb (%1), %b0" : "+r"(val) : "r"(HOLE_GPA));
    check_eq("an 8-bit load keeps the rest", val, 0x11111111222222ff);
}

static void check_writes(void)
{
    *HOLE(uint8_t) = 0;
    *HOLE(uint16_t) = 0;
    *HOLE(uint32_t) = 0;
    *HOLE(uint64_t) = 0;
    asm volatile("movl $5, (%0)" : : "r"(HOLE_GPA) : "memory");
    asm volatile("movq $5, 0x10(%0)" : : "r"(HOLE_GPA) : "memory");
    asm volatile("movb $5, 7(%0, %1, 4)"
                 :
                 : "r"(HOLE_GPA), "r"(2ul)
                 : "memory");
    check_eq("nothing stays", *HOLE(uint64_t), -1);
}

static void check_read_modify(void)
{
    uint32_t val = 0x5a5a;
    bool zero, carry;

    asm volatile("xchgl %0, (%1)" : "+r"(val) : "r"(HOLE_GPA) : "memory");
    check_eq("xchg", val, 0xffffffff);
    val = 0xf0;
    asm volatile("andl (%1), %0" : "+r"(val) : "r"(HOLE_GPA) : "cc");
    check_eq("and", val, 0xf0);
    asm volatile("cmpl $-1, (%1)" : "=@ccz"(zero) : "r"(HOLE_GPA));
    check(zero, "cmp sets ZF");
    asm volatile("testb $0x80, (%1)" : "=@ccz"(zero) : "r"(HOLE_GPA));
    check(!zero, "test clears ZF");
    asm volatile("addl $1, (%1)" : "=@ccc"(carry) : "r"(HOLE_GPA) : "memory");
    check(carry, "add sets CF");
    asm volatile("orl $1, (%0)" : : "r"(HOLE_GPA) : "memory", "cc");
}

static void check_strings(void)
{
    uint8_t *page = alloc_page();
    const void *from = (void *)HOLE_GPA;
    void *to = page;
    unsigned long n = 16;

    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    check_eq("rep movsb counts down", n, 0);
    check_eq("its first byte", page[0], 0xff);
    check_eq("its last byte", page[15], 0xff);
    check_eq("not one more", page[16], 0);

    from = page;
    to = (void *)HOLE_GPA;
    n = 4;
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    check(n == 0 && to == (void *)(HOLE_GPA + 16), "rep movsl to nowhere");

    to = (void *)HOLE_GPA;
    n = 8;
    asm volatile("rep stosl" : "+D"(to), "+c"(n) : "a"(7) : "memory");
    check(n == 0 && to == (void *)(HOLE_GPA + 32), "rep stosl to nowhere");
}

void test_main(void)
{
    check_ports();
    check_reads();
    check_writes();
    check_read_modify();
    check_strings();
    test_success("reads are ones, writes vanish");
}
