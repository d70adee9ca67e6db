/* SPDX-License-Identifier: MIT */
/*
 * VMCSs with fields made up, written by VMWRITE or straight into their regions,
 * and memory around them that a second vCPU changes all the time: bitmaps, EPT
 * tables, MSR lists, APIC pages, the region of the current VMCS. In between VMX
 * instructions in any order (order.c). What is entered executes one of many
 * things (l2.c), and is entered again with one field changed.
 *
 * Expect: each entry is refused, or runs and comes back, and the L1 goes on; a
 * good VMCS works in between. The L2 lives behind an EPT that lets it write
 * nothing, and a preemption timer ends its turn, so what it does by accident
 * stays its own. Host state is left alone: it is where we come back.
 *
 * The command line may have other numbers: "seed=N entries=N"; "quiet=1" leaves
 * out the vCPU that races, which costs time on a machine with one CPU.
 */
#include "fuzz.h"

#define ENTRIES      20000 /* of an L2 that runs */
#define VMCS_HEADER  16    /* bytes of a region that are not ours to make up */
#define REPORT_EVERY 10000 /* rounds */
#define BURST        64    /* changes by the second vCPU in a row */
#define NOTIFICATION 0x41

struct random rnd = { 0xd1b54a32d192ed03 };
void *region[REGIONS];
uint8_t *scratch;
uint64_t eptp;

static struct l2_regs regs;
static void *vmcs;         /* the current one of them */
static uint64_t good_eptp; /* that nobody scribbles on */
static uint8_t *bitmaps;
static uint64_t rounds, entered, refused;

uint64_t some_value(uint64_t old)
{
    switch ( random_below(&rnd, 8) )
    {
    case 0:
        return 0;
    case 1:
        return old ^ 1ull << random_below(&rnd, 64);
    case 2:
        return old ^ 1ull << random_below(&rnd, 32);
    case 3:
        return random_next(&rnd);
    case 4:
        return random_below(&rnd, 64);
    case 5:
        return (unsigned long)scratch + random_below(&rnd, 2) * PAGE_SIZE;
    case 6:
        return ~0ull;
    default:
        return old;
    }
}

/* Width, type and index make up the encoding. */
uint32_t some_field(void)
{
    static const uint8_t indexes[4] = { 16, 48, 24, 24 };
    uint32_t width = (uint32_t)random_below(&rnd, 4);
    uint32_t type = (uint32_t)random_below(&rnd, 3);
    uint32_t index = (uint32_t)random_below(&rnd, indexes[width]);

    return width << 13 | type << 10 | index << 1;
}

#define MAX_CHANGES 4

static void change_something(void)
{
    uint32_t field = some_field();
    uint64_t old;

    if ( vmread(field, &old) )
        return; /* no such field */
    vmwrite(field, some_value(old));
    contain_field(field);
}

static void start_somewhere(void)
{
    uint64_t n = (uint64_t)(l2_programs_end - l2_programs);

    vmwrite(GUEST_RIP, l2_programs[random_below(&rnd, n)]);
}

/* --- The second vCPU --- */
static volatile bool stop, stopped, busy;
static uint64_t *volatile target; /* the current VMCS's region, or none */

static void scribble(struct random *r)
{
    uint64_t val = random_next(r), at = random_below(r, PAGE_SIZE / 8);

    switch ( random_below(r, 5) )
    {
    case 0:
        ((volatile uint64_t *)bitmaps)[at] = val;
        break;
    case 1:
        ((volatile uint64_t *)scratch)[at] = val;
        break;
    case 2:
        *(volatile uint64_t *)vmx_ept_entry(eptp, random_below(r, 2048) << 21) =
            val & ~2ull;
        break;
    case 3:
        if ( val & 1 )
            exit_list[at % LIST_ENTRIES].value = val;
        else
            entry_list[at % LIST_ENTRIES].value = val;
        break;
    default: /* what is active is not read from there any more */
        busy = true;
        __sync_synchronize();
        if ( target )
            ((volatile uint64_t *)target)[2 + at % 500] = val;
        busy = false;
        break;
    }
}

static void scribbler(void)
{
    struct random r = { rnd.state ^ 0x5851f42d4c957f2dull };

    while ( !stop )
    {
        for ( uint64_t n = random_below(&r, BURST); n; n-- )
            scribble(&r);
        sched_op(SCHEDOP_yield, NULL);
    }
    stopped = true;
}

/* --- VMCSs --- */

/* A region as it is with nothing made up. */
static uint8_t pristine[PAGE_SIZE];

static void make_current(void *next)
{
    check_eq("VMPTRLD", vmptrld((unsigned long)next), VMX_OK);
    vmx_forget_host_rsp();
    vmcs = next;
    target = next;
}

/* From here on what is in its memory counts. */
static void make_inactive(void *which)
{
    target = NULL;
    __sync_synchronize();
    while ( busy )
        sched_op(SCHEDOP_yield, NULL);
    check_eq("VMCLEAR", vmclear((unsigned long)which), VMX_OK);
}

static void start_over(void)
{
    void *next = region[random_below(&rnd, REGIONS)];

    make_inactive(next);
    memcpy(next, pristine, PAGE_SIZE);
    make_current(next);
}

static void make_regions(void)
{
    region[0] = vmx_vmcs(l2_main);
    vmwrite(EXIT_MSR_STORE_COUNT, 1);
    vmwrite(ENTRY_MSR_LOAD_COUNT, 1);
    vmwrite(MSR_BITMAP, (unsigned long)bitmaps);
    vmwrite(IO_BITMAP_A, (unsigned long)bitmaps);
    vmwrite(IO_BITMAP_B, (unsigned long)bitmaps);
    vmwrite(PREEMPTION_TIMER, TIME_SLICE);
    vmwrite(EPT_POINTER, eptp);
    vmwrite(0x0002 /* posted-interrupt notification vector */, NOTIFICATION);
    contain();
    vmclear((unsigned long)region[0]);
    memcpy(pristine, region[0], PAGE_SIZE);
    for ( unsigned int i = 1; i < REGIONS; i++ )
    {
        region[i] = vmx_region();
        memcpy(region[i], pristine, PAGE_SIZE);
    }
}

/* Read and execute everywhere, write nowhere. */
static uint64_t build_ept(void)
{
    uint64_t made = vmx_ept_identity();

    for ( uint64_t gpa = 0; gpa < 4ull << 30; gpa += 2ull << 20 )
        *vmx_ept_entry(made, gpa) &= ~2ull;
    return made;
}

/* --- The region's own bytes --- */
#define HOST_AREA   3u
#define HOST_FIELDS 16u
static uint64_t host[4][HOST_FIELDS];
static bool host_there[4][HOST_FIELDS];

/* All host fields, read once or written back. */
static void host_fields(bool put_back)
{
    for ( uint32_t width = 0; width < 4; width++ )
        for ( uint32_t i = 0; i < HOST_FIELDS; i++ )
        {
            uint32_t field = width << 13 | HOST_AREA << 10 | i << 1;

            if ( !put_back )
                host_there[width][i] = vmread(field, &host[width][i]) == VMX_OK;
            else if ( host_there[width][i] )
                vmwrite(field, host[width][i]);
        }
}

static void scribble_region(void)
{
    uint8_t *bytes = vmcs;

    make_inactive(vmcs);
    for ( uint64_t n = 1 + random_below(&rnd, 64); n; n-- )
        bytes[VMCS_HEADER + random_below(&rnd, PAGE_SIZE - VMCS_HEADER)] =
            (uint8_t)random_next(&rnd);
    make_current(vmcs);
    host_fields(true);
    vmwrite(EXIT_CONTROLS,
            vmx_control(vmx_controls_msr(MSR_VMX_EXIT), EXIT_HOST64));
    /* What is in the bitmaps' fields now is where the L2's exits are not. */
    vmwrite(MSR_BITMAP, (unsigned long)bitmaps);
    vmwrite(IO_BITMAP_A, (unsigned long)bitmaps);
    vmwrite(IO_BITMAP_B, (unsigned long)bitmaps);
    contain();
}

/* --- Rounds --- */

/* One that nobody has touched. */
static void check_good(void)
{
    make_inactive(region[0]);
    memcpy(region[0], pristine, PAGE_SIZE);
    make_current(region[0]);
    vmx_vmcs_fill(l2_main);
    vmwrite(EXIT_MSR_STORE_COUNT, 0);
    vmwrite(ENTRY_MSR_LOAD_COUNT, 0);
    vmwrite(EPT_POINTER, good_eptp);
    /* It must not end before what L0 first has to map for that. */
    vmwrite(PREEMPTION_TIMER, 0xffffffff);
    vmwrite(PROC_CONTROLS, vmget(PROC_CONTROLS) | PROC_SECONDARY);
    if ( !check_eq("a good entry", vmx_enter(&regs, false), 0) )
    {
        printf("VM-instruction error %lu\n", vmget(VM_INSN_ERROR));
        test_exit();
    }
    check_eq("reaches the L2's CPUID", vmget(EXIT_REASON), REASON_CPUID);
}

static bool enter(bool resume)
{
    if ( vmx_enter(&regs, resume) || (vmget(EXIT_REASON) & 1u << 31) )
    {
        refused++;
        return false;
    }
    entered++;
    /* Acknowledged by the exit, so nobody else will. */
    if ( vmget(EXIT_REASON) == REASON_EXT_INT &&
         (vmget(EXIT_INTR_INFO) & ENTRY_INTR_VALID) )
        apic_eoi();
    return true;
}

#define MAX_RESUMES 16

static void one_round(void)
{
    start_over();
    if ( random_below(&rnd, 16) == 0 )
        scribble_region();
    for ( uint64_t n = random_below(&rnd, MAX_CHANGES + 1); n; n-- )
        change_something();
    if ( !enter(false) )
        return;
    /* Once more, from wherever that left it, or from somewhere else. */
    for ( uint64_t n = random_below(&rnd, MAX_RESUMES); n; n-- )
    {
        if ( random_below(&rnd, 2) )
            start_somewhere();
        if ( random_below(&rnd, 2) )
            change_something();
        if ( random_below(&rnd, 8) == 0 )
            apic_write(APIC_ICR, APIC_ICR_SELF | NOTIFICATION);
        if ( random_below(&rnd, 16) == 0 )
            wrmsr(MSR_TSC, rdtsc() + random_below(&rnd, 1000));
        if ( !enter(true) )
            return;
    }
}

static void handle_notification(struct regs *r)
{
    (void)r;
    apic_eoi();
}

static void prepare(void)
{
    rnd.state ^= option("seed", 0);
    irq_set_handler(NOTIFICATION, handle_notification);
    x2apic_enable();
    apic_enable();
    scratch = alloc_pages(2);
    bitmaps = alloc_page();
    eptp = build_ept();
    good_eptp = build_ept();
    prepare_containment(good_eptp);
    make_regions();
    make_current(region[0]);
    host_fields(false);
}

void test_main(void)
{
    uint64_t wanted = option("entries", ENTRIES), start;
    bool racing = cpu_count() > 1 && !option("quiet", 0);

    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !vmx_control_can(MSR_VMX_PROCBASED, PROC_SECONDARY) ||
         !vmx_control_can(MSR_VMX_PROCBASED2, PROC2_EPT) ||
         !vmx_control_can(MSR_VMX_PINBASED, PIN_PREEMPT) )
    {
        test_skip("no EPT or no preemption timer to contain the L2 with");
        return;
    }
    if ( !vmx_on() )
        return;

    prepare();
    if ( racing )
        check(cpu_start(1, scribbler), "a second vCPU");
    start = rdtsc();
    while ( entered < wanted )
    {
        one_round();
        if ( random_below(&rnd, 4) == 0 )
            execute_some();
        irq_breathe();
        if ( ++rounds % REPORT_EVERY == 0 )
        {
            printf("%lu rounds, %lu entered, %lu refused\n", rounds, entered,
                   refused);
            check_good();
        }
    }
    printf("%lu rounds, %lu entered, %lu refused, %lu ticks each\n", rounds,
           entered, refused, (rdtsc() - start) / entered);
    check_good();
    stop = true;
    check(!racing || wait_for(stopped, MS(1000)),
          "the second vCPU went on all the time");
    check(refused > 0, "some entered, some were refused");
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
