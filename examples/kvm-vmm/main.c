/* SPDX-License-Identifier: MIT */
/*
 * kvm-vmm: boot a Linux kernel as a guest of /dev/kvm, print its serial
 * console, end when it powers off.
 *
 * It is the smallest thing that deserves the name of a hypervisor's user
 * space: one CPU, one block of memory, KVM's own interrupt controllers and
 * timer, a UART. In the demonstration it is what runs inside a nested guest,
 * so its guest is a guest's guest.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kvm-vmm.h"

#define MIN_MIB 16
#define MAX_MIB 3072 /* one slot, below the APIC's addresses */

static const char *const end_texts[] = {
    [VM_POWERED_OFF] = "powered off",
    [VM_FAILED] = "failed",
    [VM_RESET] = "asked for a reset",
    [VM_TRIPLE_FAULT] = "triple fault",
};

void die(const char *fmt, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "kvm-vmm: ");
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(VM_FAILED);
}

static void usage(FILE *to)
{
    fprintf(to, "usage: kvm-vmm --kernel VMLINUX [--initrd FILE] "
                "[--cmdline TEXT]\n"
                "               [--memory MIB] [--stats]\n"
                "Exit status: 0 powered off, 1 failed, 2 wrong usage, "
                "3 reset, 4 triple fault.\n");
}

static uint64_t parse_mib(const char *text)
{
    char *end;
    unsigned long mib = strtoul(text, &end, 10);

    if ( *end || mib < MIN_MIB || mib > MAX_MIB )
        die("--memory wants MiB between %d and %d, not \"%s\"", MIN_MIB,
            MAX_MIB, text);

    return (uint64_t)mib << 20;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "kernel", required_argument, NULL, 'k' },
        { "initrd", required_argument, NULL, 'i' },
        { "cmdline", required_argument, NULL, 'c' },
        { "memory", required_argument, NULL, 'm' },
        { "stats", no_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    static struct vm vm;
    const char *kernel = NULL, *initrd = NULL;
    const char *cmdline = "console=ttyS0 reboot=t panic=-1";
    uint64_t memory = 128u << 20;
    bool stats = false;
    int opt;

    while ( (opt = getopt_long(argc, argv, "k:i:c:m:sh", options, NULL)) >= 0 )
    {
        switch ( opt )
        {
        case 'k':
            kernel = optarg;
            break;
        case 'i':
            initrd = optarg;
            break;
        case 'c':
            cmdline = optarg;
            break;
        case 'm':
            memory = parse_mib(optarg);
            break;
        case 's':
            stats = true;
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    }
    if ( !kernel || optind != argc )
    {
        usage(stderr);
        return 2;
    }

    vm_create(&vm, memory);
    load_guest(&vm, kernel, initrd, cmdline);
    vm_set_entry_state(&vm);
    vm_run(&vm);

    if ( stats )
        vm_print_stats(&vm);
    if ( vm.end != VM_POWERED_OFF )
        fprintf(stderr, "kvm-vmm: guest ended: %s\n", end_texts[vm.end]);

    return vm.end;
}
