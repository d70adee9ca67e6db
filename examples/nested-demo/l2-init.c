/* SPDX-License-Identifier: MIT */
/*
 * /init of the innermost guest: say where we are, then power off.
 *
 * No C library: the program is a few KiB, so that starting it costs next to
 * nothing even when each page it touches is a fault at three levels.
 */
#include <cpuid.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

#define CPUID_HYPERVISOR_LEAF  0x40000000u
#define CPUID_1_ECX_HYPERVISOR (1u << 31)

/* The power port of kvm-vmm (and of QEMU's PC without ACPI negotiation). */
#define POWER_PORT    0x604
#define POWER_OFF     0x2000

#define REBOOT_MAGIC1 0xfee1deadu
#define REBOOT_MAGIC2 672274793u

static long syscall3(long nr, long a, long b, long c)
{
    long ret;

    asm volatile("syscall"
                 : "=a"(ret)
                 : "0"(nr), "D"(a), "S"(b), "d"(c)
                 : "rcx", "r11", "memory");
    return ret;
}

struct line
{
    size_t used;
    char text[256];
};

static void put_char(struct line *l, char c)
{
    if ( l->used < sizeof(l->text) )
        l->text[l->used++] = c;
}

static void put_text(struct line *l, const char *s)
{
    while ( *s )
        put_char(l, *s++);
}

static void put_dec(struct line *l, uint64_t v, unsigned int min_digits)
{
    char digits[20];
    unsigned int n = 0;

    do
    {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while ( v || n < min_digits );
    while ( n )
        put_char(l, digits[--n]);
}

/* The 12 letters of EBX, ECX, EDX; what is no letter shows as a dot. */
static void put_signature(struct line *l)
{
    uint32_t regs[4];
    const char *c = (const char *)&regs[1];

    __cpuid(1, regs[0], regs[1], regs[2], regs[3]);
    if ( !(regs[2] & CPUID_1_ECX_HYPERVISOR) )
    {
        put_text(l, "none");
        return;
    }

    __cpuid(CPUID_HYPERVISOR_LEAF, regs[0], regs[1], regs[2], regs[3]);
    for ( unsigned int i = 0; i < 12; i++ )
        if ( c[i] )
            put_char(l, c[i] > ' ' && c[i] <= '~' ? c[i] : '.');
}

static void put_uptime(struct line *l)
{
    struct timespec t = { 0 };

    syscall3(SYS_clock_gettime, CLOCK_BOOTTIME, (long)&t, 0);
    put_dec(l, (uint64_t)t.tv_sec, 1);
    put_char(l, '.');
    put_dec(l, (uint64_t)t.tv_nsec / 10000000, 2);
    put_text(l, " s");
}

static void say_hello(void)
{
    struct line l = { 0 };
    struct utsname uts = { 0 };

    syscall3(SYS_uname, (long)&uts, 0, 0);
    put_text(&l, "L2: ");
    put_text(&l, uts.sysname);
    put_char(&l, ' ');
    put_text(&l, uts.release);
    put_text(&l, " is up, uptime ");
    put_uptime(&l);
    put_text(&l, ", CPUID hypervisor leaf: ");
    put_signature(&l);
    put_char(&l, '\n');
    syscall3(SYS_write, 1, (long)l.text, (long)l.used);
}

__attribute__((noreturn, used)) void start_c(void)
{
    say_hello();

    /* Without ACPI the kernel itself knows no way to power off. */
    if ( syscall3(SYS_ioperm, POWER_PORT, 2, 1) == 0 )
        asm volatile("outw %w0, %w1"
                     :
                     : "a"(POWER_OFF), "Nd"((uint16_t)POWER_PORT));

    for ( ;; )
        syscall3(SYS_reboot, (long)REBOOT_MAGIC1, (long)REBOOT_MAGIC2,
                 (long)RB_AUTOBOOT);
}

/* The kernel starts us with no return address and a 16-byte aligned stack. */
asm(".globl _start\n_start:\n\txor %ebp, %ebp\n\tcall start_c\n");
