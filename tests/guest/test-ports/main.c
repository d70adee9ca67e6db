/* SPDX-License-Identifier: MIT */
/*
 * Ports for test kernels written for emulators: COM1, and two that power off.
 *
 * Expect: they are not there until the guest asks for them, each by itself,
 * and ending this case is the work of the last one. Xen has none: skipped.
 */
#include <public/nidus.h>

#include "lib.h"

#define EXIT_CODE_PORT 0xf4
#define EXIT_WORD_PORT 0x8900
#define COM1           0x3f8
#define COM1_LCR       (COM1 + 3)
#define COM1_LSR       (COM1 + 5)
#define LSR_READY      0x60

static void type(const char *text)
{
    while ( *text )
        outb(EXIT_WORD_PORT, (uint8_t)*text++);
}

static long ask_for(uint64_t ports)
{
    return hvm_set_param(HVM_PARAM_NIDUS_TEST_PORTS, ports);
}

static void check_nothing_there(void)
{
    check_eq("COM1 that nobody asked for", inb(COM1_LSR), 0xff);
    outb(EXIT_CODE_PORT, 0);
    type("Shutdown");
}

void test_main(void)
{
    uint64_t ports;

    check_nothing_there();
    if ( hvm_get_param(HVM_PARAM_NIDUS_TEST_PORTS, &ports) == -XEN_EINVAL )
    {
        test_skip("no test ports here");
        return;
    }
    check_eq("ports at the start", ports, 0);
    check_rc("unknown ports", ask_for(4), -XEN_EINVAL);
    check_rc("unknown high bit", ask_for(1ull << 32), -XEN_EINVAL);
    check_nothing_there();

    check_rc("COM1", ask_for(NIDUS_TEST_PORTS_COM1), 0);
    check_eq("COM1 is ready", inb(COM1_LSR), LSR_READY);
    check_eq("two ports of it at once", inw(COM1), 0xffff);
    outb(COM1_LCR, 3);
    check_eq("line control", inb(COM1_LCR), 3);
    for ( const char *c = "test ports: by COM1\n"; *c; c++ )
        outb(COM1, (uint8_t)*c);
    outb(EXIT_CODE_PORT, 0);
    type("Shutdown");

    check_rc("ports that power off", ask_for(NIDUS_TEST_PORTS_EXIT), 0);
    check_eq("COM1 is gone", inb(COM1_LSR), 0xff);
    check_eq("reading one", inb(EXIT_CODE_PORT), 0xff);
    type("Shutdow");
    type("ShutShutdow");
    test_success("the ports are there as asked for");
    test_result();
    console_flush();
    type("nShutdown");
    test_failure("still running");
}
