/* SPDX-License-Identifier: MIT */
/* The local APIC: mode, EOI, IPIs, and its timer. */
#include <xen/acpi.h>
#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/percpu.h>
#include <xen/timer.h>
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

/* Register offsets in xAPIC mode; in x2APIC mode MSR 0x800 + offset / 16. */
#define APIC_ID             0x020
#define APIC_TPR            0x080
#define APIC_EOI            0x0b0
#define APIC_SVR            0x0f0
#define APIC_ISR            0x100
#define APIC_ESR            0x280
#define APIC_LVT_CMCI       0x2f0
#define APIC_ICR            0x300
#define APIC_ICR_HIGH       0x310
#define APIC_LVT_TIMER      0x320
#define APIC_LVT_THERM      0x330
#define APIC_LVT_PERF       0x340
#define APIC_LVT_LINT0      0x350
#define APIC_LVT_LINT1      0x360
#define APIC_LVT_ERROR      0x370
#define APIC_TIMER_INIT     0x380
#define APIC_TIMER_NOW      0x390
#define APIC_TIMER_DIV      0x3e0
#define APIC_VERSION        0x030

#define SVR_ENABLE          0x100
#define LVT_MASKED          0x10000
#define LVT_NMI             0x400
#define LVT_TSC_DEADLINE    0x40000
#define TIMER_DIVIDE_BY_1   0xb
#define ICR_INIT            0x500
#define ICR_STARTUP         0x600
#define ICR_NMI             0x400
#define ICR_ASSERT          0x4000
#define ICR_BUSY            0x1000
#define VERSION_MAX_LVT(v)  (((v) >> 16) & 0xff)

#define CPUID1_ECX_X2APIC   BIT(21)
#define CPUID1_ECX_DEADLINE BIT(24)
#define CPUID1_EDX_APIC     BIT(9)

static bool opt_x2apic = true;
boolean_param("x2apic", opt_x2apic);

static bool x2apic;
static volatile uint8_t *xapic_page;
static bool use_deadline;
static uint64_t timer_hz; /* of the one-shot timer */

static uint32_t reg_read(unsigned int reg)
{
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC_FIRST + reg / 16)
                  : readl(xapic_page + reg);
}

static void reg_write(unsigned int reg, uint32_t v)
{
    if ( x2apic )
        wrmsr(MSR_X2APIC_FIRST + reg / 16, v);
    else
        writel(v, xapic_page + reg);
}

bool apic_is_x2apic(void)
{
    return x2apic;
}

uint32_t apic_id(void)
{
    return x2apic ? reg_read(APIC_ID) : reg_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
    reg_write(APIC_EOI, 0);
}

static void icr_write(uint32_t dest, uint32_t command)
{
    if ( x2apic )
    {
        /*
         * What the interrupt is about must be seen before it comes, and this
         * write is not ordered behind earlier stores.
         * SDM "WRMSR - Write to Model Specific Register".
         */
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(MSR_X2APIC_FIRST + APIC_ICR / 16,
              ((uint64_t)dest << 32) | command);
        return;
    }
    while ( reg_read(APIC_ICR) & ICR_BUSY )
        cpu_relax();
    reg_write(APIC_ICR_HIGH, dest << 24);
    reg_write(APIC_ICR, command);
}

void apic_send_ipi(uint32_t dest, uint8_t vector)
{
    icr_write(dest, ICR_ASSERT | vector);
}

void apic_send_init(uint32_t dest)
{
    icr_write(dest, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t dest, uint8_t page)
{
    icr_write(dest, ICR_ASSERT | ICR_STARTUP | page);
}

void apic_send_nmi(uint32_t dest)
{
    icr_write(dest, ICR_ASSERT | ICR_NMI);
}

static void timer_interrupt(uint8_t vector, void *data)
{
    (void)vector;
    (void)data;
    timers_run();
}

static void error_interrupt(uint8_t vector, void *data)
{
    (void)vector;
    (void)data;
    reg_write(APIC_ESR, 0);
    printk(XENLOG_WARNING "CPU%u: local APIC error, status %#x\n",
           smp_processor_id(), reg_read(APIC_ESR));
}

/* The LINT pin of this CPU to which the MADT says NMIs come; default 1. */
static unsigned int nmi_lint(void)
{
    for ( unsigned int i = 0; i < acpi_info.nr_nmis; i++ )
        if ( acpi_info.nmi[i].uid == ~0u || acpi_info.nmi[i].uid == 0xff )
            return acpi_info.nmi[i].lint;
    return 1;
}

/* Interrupts that firmware left unfinished would block lower ones. */
static void clear_isr(void)
{
    for ( unsigned int i = 0; i < 8; i++ )
        for ( unsigned int tries = 32; tries && reg_read(APIC_ISR + i * 0x10);
              tries-- )
            apic_eoi();
}

void apic_init_cpu(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);
    unsigned int nmi = nmi_lint();
    unsigned int max_lvt;

    if ( !(base & APIC_BASE_ENABLE) )
        wrmsr(MSR_APIC_BASE, base |= APIC_BASE_ENABLE);
    if ( x2apic && !(base & APIC_BASE_EXTD) )
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_EXTD);

    reg_write(APIC_TPR, 0);
    reg_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
    max_lvt = VERSION_MAX_LVT(reg_read(APIC_VERSION));
    reg_write(APIC_LVT_TIMER, LVT_MASKED);
    reg_write(APIC_LVT_LINT0, nmi == 0 ? LVT_NMI : LVT_MASKED);
    reg_write(APIC_LVT_LINT1, nmi == 1 ? LVT_NMI : LVT_MASKED);
    reg_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);
    if ( max_lvt >= 4 )
        reg_write(APIC_LVT_PERF, LVT_MASKED);
    if ( max_lvt >= 5 )
        reg_write(APIC_LVT_THERM, LVT_MASKED);
    if ( max_lvt >= 6 )
        reg_write(APIC_LVT_CMCI, LVT_MASKED);
    clear_isr();
    reg_write(APIC_ESR, 0);
}

void apic_init_bsp(void)
{
    struct cpuid_leaf leaf = cpuid_count(1, 0);
    uint64_t base;

    if ( !(leaf.d & CPUID1_EDX_APIC) )
        panic("This CPU has no local APIC");
    base = rdmsr(MSR_APIC_BASE);
    /* Once on it cannot be left without a reset. */
    x2apic =
        (base & APIC_BASE_EXTD) || (opt_x2apic && (leaf.c & CPUID1_ECX_X2APIC));
    if ( !x2apic )
        xapic_page = ioremap(base & APIC_BASE_ADDR_MASK, PAGE_SIZE);
    irq_set_handler(VECTOR_APIC_TIMER, timer_interrupt, NULL);
    irq_set_handler(VECTOR_APIC_ERROR, error_interrupt, NULL);
    apic_init_cpu();
    this_cpu()->apic_id = apic_id();
    printk(XENLOG_INFO "Local APIC: %s mode, ID %u\n",
           x2apic ? "x2APIC" : "xAPIC", apic_id());
}

#define MEASURE_TIME MILLISECS(10)

static void measure_timer(void)
{
    s_time_t start, elapsed;
    uint32_t count;

    reg_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_APIC_TIMER);
    reg_write(APIC_TIMER_DIV, TIMER_DIVIDE_BY_1);
    start = NOW();
    reg_write(APIC_TIMER_INIT, ~0u);
    do
        elapsed = NOW() - start;
    while ( elapsed < MEASURE_TIME );
    count = ~0u - reg_read(APIC_TIMER_NOW);
    reg_write(APIC_TIMER_INIT, 0);
    timer_hz = (uint64_t)count * SECONDS(1) / elapsed;
    if ( timer_hz == 0 )
        panic("The local APIC's timer does not count");
}

void apic_timer_init_cpu(void)
{
    if ( use_deadline )
    {
        reg_write(APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_APIC_TIMER);
        /* The mode must be set before the first deadline is. */
        __asm__ volatile("mfence" ::: "memory");
        return;
    }
    reg_write(APIC_TIMER_DIV, TIMER_DIVIDE_BY_1);
    reg_write(APIC_LVT_TIMER, VECTOR_APIC_TIMER);
}

void apic_timer_init(void)
{
    use_deadline = cpuid_count(1, 0).c & CPUID1_ECX_DEADLINE;
    if ( !use_deadline )
        measure_timer();
    apic_timer_init_cpu();
    if ( use_deadline )
        printk(XENLOG_INFO "Timer: local APIC, TSC deadline\n");
    else
        printk(XENLOG_INFO "Timer: local APIC, one-shot, %lu.%03lu MHz\n",
               timer_hz / 1000000, timer_hz / 1000 % 1000);
}

/* Counts for the one-shot timer; at most 32 bits, and then again. */
static uint32_t ns_to_counts(s_time_t ns)
{
    uint64_t counts;

    if ( ns >= SECONDS(1) )
        return timer_hz > ~0u ? ~0u : timer_hz;
    counts = (uint64_t)ns * (timer_hz / 1000) / 1000000;
    return counts >= ~0u ? ~0u : counts + 1;
}

void apic_timer_program(uint64_t tsc)
{
    uint64_t now;

    if ( use_deadline )
    {
        /* Zero disarms; a deadline in the past fires at once. */
        wrmsr(MSR_TSC_DEADLINE, tsc == TSC_NEVER ? 0 : tsc);
        return;
    }
    if ( tsc == TSC_NEVER )
    {
        reg_write(APIC_TIMER_INIT, 0);
        return;
    }
    now = rdtsc();
    reg_write(APIC_TIMER_INIT,
              tsc > now ? ns_to_counts(tsc_to_ns(tsc - now)) : 1);
}

void apic_timer_kick(unsigned int cpu)
{
    apic_send_ipi(percpu_area[cpu]->apic_id, VECTOR_APIC_TIMER);
}
