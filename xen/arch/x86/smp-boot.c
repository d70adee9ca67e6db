/* SPDX-License-Identifier: MIT */
/* Bringing up the processors that did not boot the machine. */

/*
 * One after the other: the boot processor wakes one by INIT and start-up
 * IPIs, with a page of code below 1 MiB to begin at (boot/trampoline.S), and
 * follows its steps, each with a time limit. The new one takes over the boot
 * processor's control registers and memory types, turns on VT-x, and compares
 * what matters with the first: features and time. One that differs or is late
 * is left halted, is not counted, and its number goes to the next.
 */
#include <xen/acpi.h>
#include <xen/bootinfo.h>
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/e820.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <asm/apic.h>
#include <asm/config.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/msr-index.h>
#include <asm/pagetable.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/spec-ctrl.h>
#include <asm/vmx.h>

#define LOW_RAM_END  KB(640)
#define XAPIC_MAX_ID 0xfe

/* SDM "MP Initialization Protocol Algorithm for MP Systems". */
#define INIT_DELAY      MILLISECS(10)
#define STARTUP_DELAY   MICROSECS(200)
#define ANSWER_TIMEOUT  SECONDS(1)
#define READY_TIMEOUT   SECONDS(2)
#define TSC_CHECK_TURNS 1000

static unsigned int opt_maxcpus; /* 0: all */
integer_param("maxcpus", opt_maxcpus);
static bool opt_nosmp;
boolean_param("nosmp", opt_nosmp);

struct trampoline_params
{
    uint64_t stack, root, percpu, entry;
    uint32_t cr3;
    uint16_t gdt_limit;
    uint32_t gdt_base;
    uint32_t far_offset;
    uint16_t far_selector;
} __packed;
_Static_assert(sizeof(struct trampoline_params) == 48, "boot/trampoline.S");

extern char trampoline_start[], trampoline_params[], trampoline_end[];
extern char ap_start[]; /* goes on to ap_main() */
extern char boot_l4[];  /* head.S: maps the low 4 GiB 1:1 */

enum ap_step
{
    AP_NONE,
    AP_ANSWERED,  /* runs C */
    AP_CHECK_TSC, /* ready for the comparison of clocks */
    AP_FAILED,    /* halted, for the reason in ap.why */
    AP_READY,     /* waits to be let go */
    AP_GO,
};

/* The one under way; each field has one writer at any time. */
static struct
{
    enum ap_step step;
    const char *why;
    /* What it takes over. */
    uint64_t cr4, efer, pat;
    uint32_t signature;
} ap;

static void set_step(enum ap_step step)
{
    __atomic_store_n(&ap.step, step, __ATOMIC_RELEASE);
}

static enum ap_step get_step(void)
{
    return __atomic_load_n(&ap.step, __ATOMIC_ACQUIRE);
}

/* --- Clocks --- */

static struct
{
    spinlock_t lock;
    uint64_t last, worst;
    unsigned int turns[2]; /* taken by the boot pCPU, by the new one */
} tsc_check;

/*
 * Both read the TSC in turns as fast as they can; one that reads less than
 * the other did before has a TSC that is behind.
 */
static void tsc_check_run(unsigned int who)
{
    while ( READ_ONCE(tsc_check.turns[who]) < TSC_CHECK_TURNS ||
            (READ_ONCE(tsc_check.turns[!who]) < TSC_CHECK_TURNS &&
             get_step() != AP_FAILED) )
    {
        uint64_t now;

        spin_lock(&tsc_check.lock);
        __asm__ volatile("lfence" ::: "memory");
        now = rdtsc();
        if ( now < tsc_check.last )
            tsc_check.worst = max(tsc_check.worst, tsc_check.last - now);
        tsc_check.last = now;
        tsc_check.turns[who]++;
        spin_unlock(&tsc_check.lock);
        cpu_relax();
    }
}

/* --- On the new processor --- */

static void noreturn ap_give_up(const char *why)
{
    ap.why = why;
    set_step(AP_FAILED);
    for ( ;; )
        __asm__ volatile("cli; hlt");
}

void noreturn ap_main(struct percpu *p);

void ap_main(struct percpu *p)
{
    const char *why;

    wrmsr(MSR_EFER, ap.efer);
    wrmsr(MSR_PAT, ap.pat);
    write_cr4(ap.cr4 & ~X86_CR4_VMXE);
    desc_init_cpu(p);
    set_step(AP_ANSWERED);

    cpu_init();
    mtrr_apply_boot_cpu();
    apic_init_cpu();
    if ( apic_id() != p->apic_id )
        ap_give_up("it has another APIC ID than the MADT says");
    if ( cpuid_count(1, 0).a != ap.signature )
        ap_give_up("it is another model than the boot processor");
    if ( (why = vmx_cpu_up()) != NULL )
        ap_give_up(why);
    spec_ctrl_init_cpu();
    fpu_init_cpu();

    set_step(AP_CHECK_TSC);
    tsc_check_run(1);
    apic_timer_init_cpu();
    sched_init_cpu(p->cpu);
    set_step(AP_READY);
    while ( get_step() != AP_GO )
        cpu_relax();
    p->need_resched = true;
    vmx_run_loop();
}

/* --- On the boot processor --- */

static void delay(s_time_t ns)
{
    s_time_t end = NOW() + ns;

    while ( NOW() < end )
        cpu_relax();
}

/* Wait for the step, or for failure. False: neither came in time. */
static bool wait_for(enum ap_step step, s_time_t limit)
{
    s_time_t end = NOW() + limit;

    while ( get_step() < step )
    {
        if ( NOW() > end )
            return false;
        cpu_relax();
    }
    return true;
}

/* A page of RAM below 640 KiB, the higher the better; 0 if there is none. */
static paddr_t find_low_page(void)
{
    paddr_t best = 0;

    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];
        paddr_t end = ROUNDDOWN(min(r->base + r->size, LOW_RAM_END), PAGE_SIZE);

        if ( r->type == E820_RAM && end > PAGE_SIZE &&
             end - PAGE_SIZE >= r->base )
            best = max(best, end - PAGE_SIZE);
    }
    return best;
}

static void fill_trampoline(paddr_t page, const struct percpu *p)
{
    char *to = maddr_to_virt(page);
    struct trampoline_params *params =
        (void *)(to + (trampoline_params - trampoline_start));

    memcpy(to, trampoline_start, trampoline_end - trampoline_start);
    params->stack = p->stack_top;
    params->percpu = (uint64_t)p;
    params->entry = (uint64_t)ap_start;
    params->root = pagetable_root();
    params->cr3 = virt_to_maddr(boot_l4);
    params->gdt_base += page;
    params->far_offset += page;
}

static struct percpu *new_percpu(unsigned int cpu, uint32_t apic)
{
    struct percpu *p = xzalloc(struct percpu);

    if ( !p )
        return NULL;
    p->self = p;
    p->cpu = cpu;
    p->apic_id = apic;
    p->stack_top = (uint64_t)stack_alloc();
    return p;
}

/* NULL when it got as far as AP_READY, or what went wrong. */
static const char *wake(uint32_t apic, paddr_t page)
{
    apic_send_init(apic);
    delay(INIT_DELAY);
    for ( unsigned int i = 0; i < 2 && get_step() == AP_NONE; i++ )
    {
        apic_send_startup(apic, page >> PAGE_SHIFT);
        delay(STARTUP_DELAY);
    }
    if ( !wait_for(AP_ANSWERED, ANSWER_TIMEOUT) )
    {
        /* Back to waiting for a start-up IPI, before the page changes. */
        apic_send_init(apic);
        return "it did not answer";
    }
    if ( !wait_for(AP_CHECK_TSC, READY_TIMEOUT) )
        return "it stopped on its way";
    if ( get_step() == AP_CHECK_TSC )
    {
        tsc_check_run(0);
        if ( !wait_for(AP_FAILED, READY_TIMEOUT) )
            return "it stopped on its way";
    }
    return get_step() == AP_FAILED ? ap.why : NULL;
}

static void bring_up(uint32_t apic, paddr_t page)
{
    unsigned int cpu = nr_cpus_online;
    struct percpu *p = new_percpu(cpu, apic);
    const char *why;

    if ( !p )
        panic("No memory for CPU%u\n", cpu);
    percpu_area[cpu] = p;
    ap.step = AP_NONE;
    tsc_check.last = tsc_check.worst = 0;
    tsc_check.turns[0] = tsc_check.turns[1] = 0;
    fill_trampoline(page, p);
    why = wake(apic, page);
    if ( !why && tsc_check.worst )
    {
        printk(XENLOG_WARNING "CPU%u: its TSC differs by %lu ticks\n", cpu,
               tsc_check.worst);
        why = "its clock is not the boot processor's";
    }
    if ( why )
    {
        /* Its stack stays: who knows what it is up to. */
        printk(XENLOG_WARNING "CPU%u (APIC ID %u) is not used: %s\n", cpu, apic,
               why);
        percpu_area[cpu] = NULL;
        return;
    }
    nr_cpus_online++;
    cpumask_set_atomic(&cpu_online_map, cpu);
    set_step(AP_GO);
}

static unsigned int cpus_wanted(void)
{
    unsigned int limit =
        opt_maxcpus ? min(opt_maxcpus, (unsigned int)NR_CPUS) : NR_CPUS;

    return opt_nosmp ? 1 : limit;
}

void smp_boot_cpus(void)
{
    unsigned int wanted = cpus_wanted(), left_out = 0;
    paddr_t page = find_low_page();
    void *low = maddr_to_virt(page);
    char saved[512];

    BUG_ON(trampoline_end - trampoline_start > (long)sizeof(saved));
    ap.cr4 = read_cr4();
    ap.efer = rdmsr(MSR_EFER);
    ap.pat = rdmsr(MSR_PAT);
    ap.signature = cpuid_count(1, 0).a;
    mtrr_save_boot_cpu();
    /* The page is Dom0's as the firmware left it: give it back as it was. */
    memcpy(saved, low, sizeof(saved));
    for ( unsigned int i = 0; i < acpi_info.nr_cpus; i++ )
    {
        const struct acpi_cpu *c = &acpi_info.cpu[i];

        if ( !c->enabled || c->apic_id == this_cpu()->apic_id )
            continue;
        if ( nr_cpus_online >= wanted )
            left_out++;
        else if ( !page )
            printk(XENLOG_WARNING "CPU with APIC ID %u is not used: no RAM "
                                  "below 640 KiB to start it\n",
                   c->apic_id);
        else if ( !apic_is_x2apic() && c->apic_id > XAPIC_MAX_ID )
            printk(XENLOG_WARNING "CPU with APIC ID %u is not used: it takes "
                                  "x2APIC mode to reach it\n",
                   c->apic_id);
        else
            bring_up(c->apic_id, page);
    }
    if ( page )
        memcpy(low, saved, sizeof(saved));
    if ( left_out )
        printk("CPUs left out, as the command line says: %u\n", left_out);
    printk("CPUs in use: %u\n", nr_cpus_online);
}
