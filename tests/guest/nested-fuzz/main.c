/* SPDX-License-Identifier: MIT */
/*
 * A VMCS with fields made up, written by VMWRITE or straight into its region,
 * and memory around it that a second vCPU changes all the time: bitmaps, EPT
 * tables, MSR lists, APIC pages, the region itself.
 *
 * Expect: each entry is refused, or runs and comes back, and the L1 goes on; a
 * good VMCS works in between. The L2 lives behind an EPT that lets it write
 * nothing, and a preemption timer ends its turn, so what it does by accident
 * stays its own. Host state is left alone: it is where we come back.
 *
 * The command line may have other numbers: "seed=N rounds=N".
 */
#include "random.h"
#include "vmx.h"

#define ROUNDS       3000
#define VMCS_HEADER  16 /* bytes of a region that are not ours to make up */
#define REPORT_EVERY 1000
#define OUR_MEMORY   (32ul << 20)
#define TIME_SLICE   200 /* preemption timer units */

static struct random rnd = { 0xd1b54a32d192ed03 };
static struct l2_regs regs;
static void *vmcs;
static uint64_t eptp, good_eptp; /* that nobody scribbles on */
static uint8_t *scratch, *msr_list, *bitmaps;
static uint64_t rounds = ROUNDS;

/* No stack, no memory: nothing that the EPT would not let it touch. */
void l2_main(void);
asm(".text\n"
    "l2_main:\n\t"
    "cpuid\n\t"
    "vmcall\n\t"
    "jmp l2_main\n");

static uint64_t some_value(uint64_t old)
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

/* Any field but the host's: width, type and index make up the encoding. */
static uint32_t some_field(void)
{
    static const uint8_t indexes[4] = { 16, 48, 24, 24 };
    uint32_t width = (uint32_t)random_below(&rnd, 4);
    uint32_t type = (uint32_t)random_below(&rnd, 3);
    uint32_t index = (uint32_t)random_below(&rnd, indexes[width]);

    return width << 13 | type << 10 | index << 1;
}

/* A store that fails is the end of an L1, so the list has good entries. */
static void fill_msr_list(void)
{
    struct
    {
        uint32_t msr, reserved;
        uint64_t value;
    } *list = (void *)msr_list;

    for ( unsigned int i = 0; i < 4; i++ )
        list[i].msr = MSR_STAR;
}

/* Pages that the processor writes to, behind the EPT's back. */
static void contain_pages(void)
{
    static const uint16_t fields[] = {
        0x200e /* page-modification log */,
        0x2012 /* virtual APIC */,
        0x2016 /* posted-interrupt descriptor */,
        0x202a /* #VE info */,
        VMCS_LINK,
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(fields); i++ )
    {
        uint64_t pa = vmget(fields[i]);

        if ( pa < OUR_MEMORY )
            vmwrite(fields[i], (unsigned long)scratch + pa % PAGE_SIZE);
    }
}

/* Without these the L2 could do as it likes, for as long as it likes. */
static void contain(void)
{
    uint32_t pin = (uint32_t)vmget(PIN_CONTROLS);
    uint32_t proc = (uint32_t)vmget(PROC_CONTROLS);
    uint32_t proc2 = (uint32_t)vmget(PROC2_CONTROLS);

    vmwrite(PIN_CONTROLS, pin | PIN_PREEMPT | PIN_EXT_INT);
    vmwrite(PREEMPTION_TIMER, TIME_SLICE);
    vmwrite(PROC_CONTROLS, proc | PROC_SECONDARY);
    vmwrite(PROC2_CONTROLS, proc2 | PROC2_EPT);
    vmwrite(EPT_POINTER, eptp);
    /* Nobody would send the start-up IPI that ends this. */
    if ( vmget(GUEST_ACTIVITY) == 3 )
        vmwrite(GUEST_ACTIVITY, 0);
    contain_pages();
    /* MSR lists are read, or written, at an address: ours. */
    vmwrite(EXIT_MSR_STORE, (unsigned long)msr_list);
    vmwrite(EXIT_MSR_LOAD, (unsigned long)msr_list);
    vmwrite(EXIT_MSR_LOAD_COUNT, 0); /* loads at exit reach us */
    vmwrite(EXIT_MSR_STORE_COUNT, random_below(&rnd, 4));
}

#define MAX_CHANGES 4

static void change_something(void)
{
    uint32_t field = some_field();
    uint64_t old;

    if ( vmread(field, &old) )
        return; /* no such field */
    vmwrite(field, some_value(old));
}

/* The region as it was when nothing was made up yet. */
static uint8_t pristine[PAGE_SIZE];

static void start_over(void)
{
    if ( !vmcs )
    {
        vmcs = vmx_vmcs(l2_main);
        contain();
        vmclear((unsigned long)vmcs);
        memcpy(pristine, vmcs, PAGE_SIZE);
    }
    vmclear((unsigned long)vmcs);
    memcpy(vmcs, pristine, PAGE_SIZE);
    vmptrld((unsigned long)vmcs);
    vmx_vmcs_fill(l2_main);
    contain();
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
    uint8_t *region = vmcs;

    vmclear((unsigned long)vmcs);
    for ( uint64_t n = 1 + random_below(&rnd, 64); n; n-- )
        region[VMCS_HEADER + random_below(&rnd, PAGE_SIZE - VMCS_HEADER)] =
            (uint8_t)random_next(&rnd);
    vmptrld((unsigned long)vmcs);
    host_fields(true);
    vmwrite(EXIT_CONTROLS,
            vmx_control(vmx_controls_msr(MSR_VMX_EXIT), EXIT_HOST64));
    /* What is in the bitmaps' fields now is where the L2's exits are not. */
    vmwrite(MSR_BITMAP, (unsigned long)bitmaps);
    vmwrite(IO_BITMAP_A, (unsigned long)bitmaps);
    vmwrite(IO_BITMAP_B, (unsigned long)bitmaps);
}

/* --- The second vCPU --- */
static volatile bool stop, stopped;

static void scribbler(void)
{
    struct random r = { rnd.state ^ 0x5851f42d4c957f2dull };

    while ( !stop )
    {
        uint64_t val = random_next(&r), at = random_below(&r, PAGE_SIZE / 8);

        switch ( random_below(&r, 5) )
        {
        case 0:
            ((volatile uint64_t *)bitmaps)[at] = val;
            break;
        case 1:
            ((volatile uint64_t *)scratch)[at] = val;
            break;
        case 2:
            *(volatile uint64_t *)vmx_ept_entry(eptp, random_below(&r, 2048)
                                                          << 21) = val & ~2ull;
            break;
        case 3: /* the data word of an entry */
            ((volatile uint64_t *)msr_list)[1 + at % 4 * 2] = val;
            break;
        default: /* what is active is not read from there any more */
            ((volatile uint64_t *)vmcs)[2 + at % 500] = val;
            break;
        }
        cpu_relax();
    }
    stopped = true;
}

/* One that nobody has touched. */
static void check_good(void)
{
    vmclear((unsigned long)vmcs);
    vmx_vmcs(l2_main);
    contain();
    vmwrite(EPT_POINTER, good_eptp);
    if ( !check_eq("a good entry", vmx_enter(&regs, false), 0) )
    {
        printf("VM-instruction error %lu\n", vmget(VM_INSN_ERROR));
        test_exit();
    }
    check_eq("reaches the L2's CPUID", vmget(EXIT_REASON), REASON_CPUID);
}

void test_main(void)
{
    unsigned int entered = 0;

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

    rnd.state ^= option("seed", 0);
    rounds = option("rounds", ROUNDS);
    scratch = alloc_pages(2);
    msr_list = alloc_page();
    bitmaps = alloc_page();
    eptp = build_ept();
    good_eptp = build_ept();
    fill_msr_list();
    start_over();
    host_fields(false);
    if ( cpu_count() > 1 )
        check(cpu_start(1, scribbler), "a second vCPU");
    for ( uint64_t i = 1; i <= rounds; i++ )
    {
        unsigned int n = 1 + (unsigned int)random_below(&rnd, MAX_CHANGES);

        start_over();
        if ( random_below(&rnd, 4) == 0 )
            scribble_region();
        while ( n-- )
            change_something();
        contain();
        if ( vmx_enter(&regs, false) == 0 && !(vmget(EXIT_REASON) & 1u << 31) )
        {
            entered++;
            /* Once more, from wherever that left it. */
            vmx_enter(&regs, true);
        }
        irq_breathe();
        if ( i % REPORT_EVERY == 0 )
        {
            printf("%lu rounds, %u entered\n", i, entered);
            check_good();
        }
    }
    stop = true;
    check(cpu_count() < 2 || wait_for(stopped, MS(1000)),
          "the second vCPU went on all the time");
    check(entered > 0 && entered < rounds, "some entered, some were refused");
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
