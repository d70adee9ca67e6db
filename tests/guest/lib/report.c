/* SPDX-License-Identifier: MIT */
/* The result of a case: the worst of what was reported, as one line. */
#include "lib.h"

enum status
{
    STATUS_NONE,
    STATUS_SUCCESS,
    STATUS_SKIP,
    STATUS_ERROR, /* the case itself could not be carried out */
    STATUS_FAILURE,
};

static const char *const names[] = {
    [STATUS_NONE] = "ERROR",      [STATUS_SUCCESS] = "SUCCESS",
    [STATUS_SKIP] = "SKIP",       [STATUS_ERROR] = "ERROR",
    [STATUS_FAILURE] = "FAILURE",
};

static enum status worst;

static void report(enum status status, const char *prefix, const char *fmt,
                   va_list args)
{
    if ( status > worst )
        worst = status;
    printf("%s", prefix);
    vprintf(fmt, args);
    printf("\n");
}

#define DEFINE_REPORT(fn, status, prefix)  \
    void fn(const char *fmt, ...)          \
    {                                      \
        va_list args;                      \
                                           \
        va_start(args, fmt);               \
        report(status, prefix, fmt, args); \
        va_end(args);                      \
    }
DEFINE_REPORT(test_success, STATUS_SUCCESS, "")
DEFINE_REPORT(test_skip, STATUS_SKIP, "Skip: ")
DEFINE_REPORT(test_error, STATUS_ERROR, "Error: ")
DEFINE_REPORT(test_failure, STATUS_FAILURE, "Fail: ")

/* What ends Bochs, and what ends a virtual machine with ACPI's registers. */
#define BOCHS_SHUTDOWN_PORT 0x8900
#define ACPI_PM1A_CONTROL   0x604
#define ACPI_S5             0x2000

static void machine_power_off(void)
{
    for ( const char *c = "Shutdown"; *c; c++ )
        outb(BOCHS_SHUTDOWN_PORT, (uint8_t)*c);
    outw(ACPI_PM1A_CONTROL, ACPI_S5);
    for ( ;; )
        asm volatile("cli; hlt");
}

void test_result(void)
{
    /* A case that only ran checks, all of them good, has succeeded. */
    printf("Test result: %s\n", names[worst ? worst : STATUS_SUCCESS]);
}

void test_exit(void)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_poweroff };

    test_result();
    if ( booted_bare )
        machine_power_off();
    console_flush();
    for ( ;; )
        sched_op(SCHEDOP_shutdown, &arg);
}
