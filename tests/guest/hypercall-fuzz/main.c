/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls with arguments made up.
 *
 * Expect: whatever is asked, an answer comes back and the domain goes on; the
 * runner sees the same of Dom0. Nothing is said about the answers. Calls that
 * would rightly end, stop or starve this domain are left out. The numbers are
 * pseudo-random but the same in every run: a failure can be had again. The
 * command line has "seed=N rounds=N".
 */
#include "lib.h"
#include "random.h"

#define DEFAULT_ROUNDS 30000
#define REPORTS        3
#define SCRATCH_PAGES  16
#define REFILL         4       /* rounds until a page is filled anew */
#define FREE_PLACE     0x14000 /* no frame of ours, nor an address we use */
#define SEED_MIX       0x9e3779b97f4a7c15

static uint8_t *scratch; /* all vCPUs fill it and point to it */
static unsigned long seed, rounds;

/* What one vCPU is doing. */
struct fuzzer
{
    struct random rnd;
    unsigned int cpu;
    unsigned long calls, done; /* made, and not refused */
};
static struct fuzzer fuzzers[2];
static volatile bool second_ended;

/* Where a structure may be: on our pages, across their end, or nowhere. */
static unsigned long some_pointer(struct random *r)
{
    unsigned long good =
        (unsigned long)scratch + random_below(r, SCRATCH_PAGES / 2) * PAGE_SIZE;

    switch ( random_below(r, 16) )
    {
    case 0:
        return 0;
    case 1:
        return (unsigned long)UNMAPPED_VA;
    case 2:
        return (unsigned long)NONCANONICAL_VA;
    case 3:
        return random_next(r);
    case 4:
        return (4ul << 30) - 8; /* the last bytes that are mapped */
    case 5:
        return good + PAGE_SIZE - 4;
    default:
        return good;
    }
}

/*
 * What fields hold: small numbers, ids with a meaning, our frames, wild. What
 * may be taken for an address never leads to our code or stacks, where the
 * hypervisor would rightly write (a runstate area, again and again).
 */
static uint64_t some_value(struct random *r)
{
    switch ( random_below(r, 10) )
    {
    case 0:
        return 0;
    case 1:
        return DOMID_SELF;
    case 2:
        return gfn_of(scratch) + random_below(r, SCRATCH_PAGES);
    case 3:
        return some_pointer(r);
    case 4:
        return random_next(r);
    case 5:
        return ~random_below(r, 4);
    case 6:
        return 1ull << (24 + random_below(r, 40));
    case 7:
        return FREE_PLACE + random_below(r, SCRATCH_PAGES);
    default:
        return random_below(r, 16);
    }
}

/* Never one of our own frames by chance: 16 bits hit them too easily. */
static uint16_t some_id(struct random *r)
{
    static const uint16_t ids[] = { DOMID_SELF,    DOMID_IO, DOMID_XEN,
                                    DOMID_INVALID, 0xffff,   0x8000 };

    return random_below(r, 3) ? (uint16_t)random_below(r, 16)
                              : ids[random_below(r, ARRAY_SIZE(ids))];
}

/* Where nothing is, all ones are read and what is written vanishes. */
static bool is_gone(volatile uint64_t *word)
{
    *word = 0;
    return *word == ~0ul;
}

/* A call may have given the page back: ask for another in its place. */
static void keep_page(void *page)
{
    xen_pfn_t gfn = gfn_of(page);
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &gfn);
    if ( is_gone(page) )
        memory_op(XENMEM_populate_physmap, &r);
}

/* Or have moved the shared info page away, and without it there is no time. */
static void keep_clock(void)
{
    const volatile uint32_t *version = &shared_info.vcpu_info[0].time.version;

    if ( *version == UINT32_MAX )
        shared_info_map();
}

/* One page anew: making all of them up would cost more than the calls. */
static void fill_page(struct random *r)
{
    uint8_t *page = scratch + random_below(r, SCRATCH_PAGES / 2) * PAGE_SIZE;
    uint64_t words[32];

    /* Fields are 2, 4 or 8 bytes wide, so values are packed three ways. */
    for ( unsigned int w = 0; w < ARRAY_SIZE(words); w++ )
    {
        uint64_t a = some_value(r);

        switch ( random_below(r, 3) )
        {
        case 0:
            words[w] = a;
            break;
        case 1:
            words[w] = (uint32_t)a | some_value(r) << 32;
            break;
        default:
            words[w] = some_id(r) | (uint64_t)some_id(r) << 16 | a << 32;
        }
    }
    keep_page(page);
    memcpy(page, words, sizeof(words));
}

struct call
{
    unsigned long nr, args[5];
};

/* A long array at a good address would be our own memory, written over. */
#define MANY 64

/* Calls that do what they say: end, stop, starve or silence this domain. */
static bool harmful(const struct call *c)
{
    switch ( c->nr )
    {
    case __HYPERVISOR_grant_table_op:
        return c->args[2] > MANY && c->args[1] < 4ul << 30;
    case __HYPERVISOR_sched_op_compat:
    case __HYPERVISOR_console_io:
        return true;
    case __HYPERVISOR_sched_op:
        return c->args[0] != SCHEDOP_yield &&
               c->args[0] != SCHEDOP_remote_shutdown;
    case __HYPERVISOR_vcpu_op: /* registering takes our clock away */
        return c->args[0] == VCPUOP_down ||
               c->args[0] == VCPUOP_register_vcpu_info;
    case __HYPERVISOR_hvm_op: /* upcalls by vectors that are exceptions' */
        return c->args[0] == HVMOP_set_param ||
               c->args[0] == HVMOP_set_evtchn_upcall_vector;
    case __HYPERVISOR_event_channel_op:
        return c->args[0] == EVTCHNOP_close || c->args[0] == EVTCHNOP_reset;
    default:
        return false;
    }
}

static void make_up(struct random *r, struct call *c)
{
    do
    {
        c->nr = random_below(r, 20) ? random_below(r, 64) : random_next(r);
        /* Operations are small numbers; pointers come first, second, third. */
        c->args[0] = random_below(r, 4) ? random_below(r, 32) : some_pointer(r);
        c->args[1] = random_below(r, 4) ? some_pointer(r) : some_value(r);
        c->args[2] = random_below(r, 2) ? some_pointer(r) : some_value(r);
        c->args[3] = some_value(r);
        c->args[4] = some_value(r);
    } while ( c->nr == __HYPERVISOR_multicall || harmful(c) );
}

/*
 * How long others may have to wait for one of our calls. We cannot tell it
 * from their own turns in between, so it is generous.
 */
#define SLOW_NS  MS(500)
#define TOO_SLOW MS(3000)

static void check_time(const struct call *c, uint64_t start)
{
    uint64_t took = now_ns() - start;

    if ( took < SLOW_NS )
        return;
    printf("slow: %lu ms: hypercall %lu(%#lx, %#lx, %#lx, %#lx)\n",
           took / MS(1), c->nr, c->args[0], c->args[1], c->args[2], c->args[3]);
    if ( c->args[1] >= (unsigned long)scratch &&
         c->args[1] < (unsigned long)scratch + SCRATCH_PAGES * PAGE_SIZE )
    {
        const uint64_t *w = (const uint64_t *)c->args[1];

        printf("    its structure: %#lx %#lx %#lx %#lx\n", w[0], w[1], w[2],
               w[3]);
    }
    check(took < TOO_SLOW, "a call lets others wait too long");
}

static long issue(const struct call *c)
{
    uint64_t start = now_ns();
    long rc = hypercall5((unsigned int)c->nr, c->args[0], c->args[1],
                         c->args[2], c->args[3], c->args[4]);

    keep_clock();
    check_time(c, start);
    return rc;
}

/* Several at once; the list lies where nothing else is filled in. */
static long issue_many(struct fuzzer *f)
{
    struct random *r = &f->rnd;
    struct call last;
    struct multicall_entry *list =
        (void *)(scratch + SCRATCH_PAGES / 2 * PAGE_SIZE);
    unsigned int n = 1 + (unsigned int)random_below(r, 8);

    for ( unsigned int i = 0; i < n; i++ )
    {
        struct call c;

        make_up(r, &c);
        list[i] = (struct multicall_entry){
            .op = c.nr,
            .args = { c.args[0], c.args[1], c.args[2], c.args[3], c.args[4] },
        };
    }

    f->calls += n;
    last = (struct call){ __HYPERVISOR_multicall, { (unsigned long)list, n } };
    return issue(&last);
}

static void ignore_nmi(struct regs *regs)
{
    (void)regs;
}

static void fuzz(struct fuzzer *f)
{
    struct call c;
    long rc;

    f->rnd.state = (seed + f->cpu + 1) * SEED_MIX;
    for ( unsigned int i = 0; i < 2 * SCRATCH_PAGES; i++ )
        fill_page(&f->rnd);
    for ( unsigned long i = 1; i <= rounds; i++ )
    {
        if ( i % REFILL == 0 )
            fill_page(&f->rnd);
        if ( random_below(&f->rnd, 8) )
        {
            make_up(&f->rnd, &c);
            rc = issue(&c);
        }
        else
            rc = issue_many(f);
        f->calls++;
        if ( rc >= 0 )
            f->done++;
        irq_breathe();
        if ( i % (rounds / REPORTS) == 0 )
            printf("vCPU %u: %lu calls, %lu of %lu not refused\n", f->cpu,
                   f->calls, f->done, i);
    }
    check(xen_version(XENVER_version, NULL) > 0, "still answering");
    check(f->done > 0 && f->done < rounds, "some were done, some were refused");
}

static void second(void)
{
    fuzz(&fuzzers[1]);
    second_ended = true;
}

/* With a second vCPU it fills the same pages while the first calls. */
void test_main(void)
{
    bool two = cpu_count() > 1;

    seed = option("seed", 0);
    rounds = option("rounds", DEFAULT_ROUNDS);
    printf("seed %lu, %lu rounds on %u vCPUs\n", seed, rounds, two ? 2 : 1);
    irq_set_handler(2, ignore_nmi);
    scratch = alloc_pages(SCRATCH_PAGES);
    fuzzers[1].cpu = 1;

    if ( two && !check(cpu_start(1, second), "the second vCPU starts") )
        two = false;
    fuzz(&fuzzers[0]);
    while ( two && !second_ended )
        sched_op(SCHEDOP_yield, NULL);
}
