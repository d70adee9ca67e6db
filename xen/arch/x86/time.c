/* SPDX-License-Identifier: MIT */
/* System time from the TSC, and the wallclock. */

/*
 * The TSC's rate is measured against a device whose rate is known: the ACPI
 * PM timer, else the PIT. CPUID's claims about it are not believed: they
 * are wrong in emulators. Below another hypervisor without either device its
 * CPUID leaf with the TSC's rate serves.
 */
#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <asm/io.h>
#include <asm/processor.h>
#include <asm/rtc.h>
#include <asm/time-scale.h>

uint32_t cpu_khz;

static spinlock_t wallclock_lock = SPIN_LOCK_UNLOCKED; /* the two below */
static uint64_t wallclock_sec;
static uint32_t wallclock_nsec;

uint64_t time_raw(void)
{
    return rdtsc();
}

s_time_t NOW(void)
{
    return tsc_to_ns(rdtsc() - tsc_scale.tsc_base);
}

#define PM_TIMER_HZ   3579545
#define MEASURE_MS    20
#define PM_DEAD_READS 100000

/* TSC ticks in a second by the PM timer; 0 if that does not tick. */
static uint64_t measure_pm_timer(void)
{
    uint16_t port = acpi_info.pm_timer_port;
    uint32_t mask = acpi_info.pm_timer_32bit ? ~0u : 0xffffff;
    uint32_t wanted = PM_TIMER_HZ * MEASURE_MS / 1000;
    uint32_t first, now;
    uint64_t start;
    unsigned int tries = PM_DEAD_READS;

    if ( port == 0 )
        return 0;
    /* Begin at a tick. */
    first = inl(port) & mask;
    while ( (now = inl(port) & mask) == first )
        if ( --tries == 0 )
            return 0;
    start = rdtsc();
    first = now;
    do
        now = inl(port) & mask;
    while ( ((now - first) & mask) < wanted );
    return muldiv64(rdtsc() - start, PM_TIMER_HZ, (now - first) & mask);
}

#define PIT_HZ         1193182
#define PIT_CH2        0x42
#define PIT_COMMAND    0x43
#define PIT_CH2_MODE0  0xb0 /* channel 2, both bytes, interrupt on count */
#define PORT_B         0x61
#define PORT_B_GATE2   0x01
#define PORT_B_SPEAKER 0x02
#define PORT_B_OUT2    0x20
#define PIT_DEAD_READS 50000000

static uint64_t measure_pit(void)
{
    uint32_t count = PIT_HZ * MEASURE_MS / 1000;
    uint8_t port_b = inb(PORT_B);
    uint64_t start, ticks;
    unsigned int tries = PIT_DEAD_READS;

    outb((port_b & ~PORT_B_SPEAKER) | PORT_B_GATE2, PORT_B);
    outb(PIT_CH2_MODE0, PIT_COMMAND);
    outb(count & 0xff, PIT_CH2);
    outb(count >> 8, PIT_CH2);
    start = rdtsc();
    while ( !(inb(PORT_B) & PORT_B_OUT2) )
        if ( --tries == 0 )
            break;
    ticks = rdtsc() - start;
    outb(port_b, PORT_B);
    /* All ones where there is no PIT. */
    if ( tries == 0 || ticks < count )
        return 0;
    return muldiv64(ticks, PIT_HZ, count);
}

#define HYPERVISOR_LEAF    0x40000000
#define HYPERVISOR_TIME    0x40000003
#define FEATURE_HYPERVISOR BIT(31)    /* CPUID 1 ECX */
#define SIGNATURE_EBX      0x566e6558 /* "XenV" */

static uint64_t ask_hypervisor(void)
{
    if ( !(cpuid_count(1, 0).c & FEATURE_HYPERVISOR) ||
         cpuid_count(HYPERVISOR_LEAF, 0).b != SIGNATURE_EBX ||
         cpuid_count(HYPERVISOR_LEAF, 0).a < HYPERVISOR_TIME )
        return 0;
    return cpuid_count(HYPERVISOR_TIME, 0).c * 1000UL;
}

#define CPUID_POWER         0x80000007
#define POWER_TSC_INVARIANT BIT(8) /* EDX */

static bool tsc_is_invariant(void)
{
    return cpuid_count(0x80000000, 0).a >= CPUID_POWER &&
           (cpuid_count(CPUID_POWER, 0).d & POWER_TSC_INVARIANT);
}

void time_init(void)
{
    static const struct
    {
        const char *name;
        uint64_t (*measure)(void);
    } sources[] = {
        { "measured against the ACPI PM timer", measure_pm_timer },
        { "measured against the PIT", measure_pit },
        { "as the hypervisor below says", ask_hypervisor },
    };
    uint64_t base = rdtsc(), hz = 0;
    struct civil_time t;
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(sources) && hz == 0; i++ )
        hz = sources[i].measure();
    if ( hz < 1000000 )
        panic("The TSC's rate cannot be measured");
    cpu_khz = hz / 1000;
    time_scale_set(&tsc_scale, hz);
    tsc_scale.tsc_base = base;
    printk("TSC: %u.%03u MHz, %s\n", cpu_khz / 1000, cpu_khz % 1000,
           sources[i - 1].name);

    if ( !tsc_is_invariant() )
        printk(XENLOG_WARNING
               "TSC: the processor does not promise that its rate is steady\n");

    if ( rtc_read(&t) )
    {
        wallclock_set(civil_to_seconds(&t), 0, NOW());
        printk(XENLOG_INFO "Wallclock: %04u-%02u-%02u %02u:%02u:%02u UTC\n",
               t.year, t.month, t.day, t.hour, t.minute, t.second);
    }
    else
        printk(XENLOG_INFO "Wallclock: no RTC\n");
}

uint64_t wallclock_base_sec(void)
{
    return wallclock_sec;
}

uint32_t wallclock_base_nsec(void)
{
    return wallclock_nsec;
}

void wallclock_set(uint64_t sec, uint32_t nsec, s_time_t at)
{
    uint64_t total;

    if ( sec > UINT64_MAX / SECONDS(1) - 1 )
        return;
    total = sec * SECONDS(1) + nsec;
    total = total > (uint64_t)at ? total - at : 0;
    spin_lock(&wallclock_lock);
    wallclock_sec = total / SECONDS(1);
    wallclock_nsec = total % SECONDS(1);
    spin_unlock(&wallclock_lock);
}
