/* SPDX-License-Identifier: MIT */
/*
 * A VMCS with fields made up.
 *
 * Expect: each entry is refused, or runs and comes back, and the L1 goes on; a
 * good VMCS works in between. The L2 lives behind an EPT that lets it write
 * nothing, and a preemption timer ends its turn, so what it does by accident
 * stays its own. Host state is left alone: it is where we come back.
 */
#include "random.h"
#include "vmx.h"

#define ROUNDS       3000
#define REPORT_EVERY 1000
#define OUR_MEMORY   (32ul << 20)
#define TIME_SLICE   200 /* preemption timer units */

static struct random rnd = { 0xd1b54a32d192ed03 };
static struct l2_regs regs;
static void *vmcs;
static uint64_t eptp;
static uint8_t *scratch, *msr_list;

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
    contain_pages();
    /* MSR lists are read, or written, at an address: ours. */
    vmwrite(EXIT_MSR_STORE, (unsigned long)msr_list);
    vmwrite(EXIT_MSR_LOAD, (unsigned long)msr_list);
    vmwrite(EXIT_MSR_LOAD_COUNT, 0); /* loads at exit reach us */
    vmwrite(EXIT_MSR_STORE_COUNT, random_below(&rnd, 4));
}

/* What was changed in this round, to be put back before the next. */
#define MAX_CHANGES 4
static struct
{
    uint32_t field;
    uint64_t old;
} changes[MAX_CHANGES];
static unsigned int nr_changes;

static void change_something(void)
{
    uint32_t field = some_field();
    uint64_t old;

    if ( vmread(field, &old) )
        return; /* no such field */
    changes[nr_changes].field = field;
    changes[nr_changes++].old = old;
    vmwrite(field, some_value(old));
}

static void undo_changes(void)
{
    while ( nr_changes )
    {
        nr_changes--;
        vmwrite(changes[nr_changes].field, changes[nr_changes].old);
    }
}

static void start_over(void)
{
    static void *first;

    if ( !first )
        first = vmcs = vmx_vmcs(l2_main);
    else
    {
        vmclear((unsigned long)vmcs);
        vmptrld((unsigned long)vmcs);
        undo_changes();
        vmx_vmcs_fill(l2_main);
    }
    contain();
}

/* Read and execute everywhere, write nowhere. */
static void build_ept(void)
{
    eptp = vmx_ept_identity();
    for ( uint64_t gpa = 0; gpa < 4ull << 30; gpa += 2ull << 20 )
        *vmx_ept_entry(eptp, gpa) &= ~2ull;
}

static void check_good(void)
{
    start_over();
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

    scratch = alloc_pages(2);
    msr_list = alloc_page();
    build_ept();
    fill_msr_list();
    for ( unsigned int i = 1; i <= ROUNDS; i++ )
    {
        unsigned int n = 1 + (unsigned int)random_below(&rnd, MAX_CHANGES);

        start_over();
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
            printf("%u rounds, %u entered\n", i, entered);
            check_good();
        }
    }
    check(entered > 0 && entered < ROUNDS, "some entered, some were refused");
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
