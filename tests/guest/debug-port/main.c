/* SPDX-License-Identifier: MIT */
/*
 * The debug port 0xe9, and console_io for a guest.
 *
 * Expect: bytes written one by one or by a string instruction are accepted,
 * whatever they are; reading gives ones; console_io is done or refused with
 * -EPERM, never anything else.
 */
#include "lib.h"

static void check_port(void)
{
    static const char text[] = "debug port: by rep outsb\n";
    const char *from = text;
    unsigned long n = sizeof(text) - 1;

    asm volatile("rep outsb"
                 : "+S"(from), "+c"(n)
                 : "d"(XEN_HVM_DEBUGCONS_IOPORT)
                 : "memory");
    check_eq("rep outsb wrote all", n, 0);
    check_eq("reading the port", inb(XEN_HVM_DEBUGCONS_IOPORT), 0xff);

    /* Neither odd bytes nor a line without end may hurt anybody else. */
    for ( unsigned int i = 0; i < 256; i++ )
        outb(XEN_HVM_DEBUGCONS_IOPORT, (uint8_t)i);
    outb(XEN_HVM_DEBUGCONS_IOPORT, '\n');
    for ( unsigned int i = 0; i < 1000; i++ )
        outb(XEN_HVM_DEBUGCONS_IOPORT, '.');
    outb(XEN_HVM_DEBUGCONS_IOPORT, '\n');
    outw(XEN_HVM_DEBUGCONS_IOPORT, 0x4141);
    outl(XEN_HVM_DEBUGCONS_IOPORT, 0x41414141);
    outb(XEN_HVM_DEBUGCONS_IOPORT, '\n');
}

static void check_console_io(void)
{
    static char text[] = "debug port: by console_io\n";
    char in[4];
    long rc = console_io(CONSOLEIO_write, sizeof(text) - 1, text);

    printf("console_io gave %ld\n", rc);
    check(rc == 0 || rc == -XEN_EPERM, "console_io write");
    check_rc("console_io read", console_io(CONSOLEIO_read, sizeof(in), in),
             -XEN_EPERM);
    rc = console_io(CONSOLEIO_write, 100, UNMAPPED_VA);
    check(rc == -XEN_EFAULT || rc == -XEN_EPERM, "console_io of no page");
    check(console_io(99, 1, text) < 0, "unknown console_io");
}

void test_main(void)
{
    check_port();
    check_console_io();
    test_success("the debug port takes anything");
}
