/* SPDX-License-Identifier: MIT */
/*
 * The TSC in each tsc_mode, which the command line names ("mode=1").
 *
 * Expect: RDTSC, RDTSCP and RDMSR read one clock, which never goes back on
 * either vCPU and has the rate that CPUID and pvclock tell; the deadline timer
 * is set in it; writing it moves it, and not the time. RDTSC exits where it is
 * emulated, and nowhere else. With nestedhvm=1, L2's follows the VMCS, in which
 * Xen 4.17 fails: RDMSR of the TSC in L2 knows no offset there, and emulation
 * one that is off.
 */
#include "tsc.h"

#define ROUNDS     1000
#define VEC_TIMER  0x61
#define JUMP       (1ul << 40)
#define FEW_EXITS  20 /* of the machine, for other reasons */
#define MSR_ADJUST 0x3b

static volatile unsigned int fired;

static void handle_timer(struct regs *regs)
{
    (void)regs;
    fired++;
    apic_eoi();
}

static void check_leaf(void)
{
    const volatile struct vcpu_time_info *t = &shared_info.vcpu_info[0].time;
    struct cpuid l = cpuid(CPUID_TSC_LEAF, 0), s = cpuid(CPUID_TSC_LEAF, 1);
    uint32_t host = cpuid(CPUID_TSC_LEAF, 2).a, khz = tsc_khz_measured();
    unsigned long mode = option("mode", 0);
    uint64_t ours, xens;

    printf("mode %u, %s, %u kHz (measured: %u), incarnation %u\n", l.b,
           l.a & TSC_LEAF_EMULATED ? "emulated" : "native", l.c, khz, l.d);
    check_eq("the mode", l.b, mode);
    check_eq("emulated", l.a & TSC_LEAF_EMULATED, mode == MODE_ALWAYS);
    check_eq("incarnation", l.d, 1);
    check(near(l.c, khz, 10), "the rate is what CPUID says");
    check(near(host, khz, 10), "and the machine's");
    /* ns for a million ticks, scaled up; shifts are small and either way. */
    ours = (1000000ul << (t->tsc_shift + 16)) * (t->tsc_to_system_mul >> 8);
    xens = (1000000ul << ((int32_t)s.d + 16)) * (s.c >> 8);
    check(near(ours, xens, 10), "the factors of CPUID are pvclock's");
}

static uint64_t rdtscp(uint32_t *aux)
{
    uint32_t lo, hi;

    asm volatile("rdtscp" : "=a"(lo), "=d"(hi), "=c"(*aux) : : "memory");
    return (uint64_t)hi << 32 | lo;
}

static void check_ways_to_read(void)
{
    bool has_rdtscp = cpuid(0x80000001, 0).d & (1u << 27);
    uint64_t last = rdtsc();
    uint32_t aux = 0;

    if ( has_rdtscp )
        wrmsr(MSR_TSC_AUX, 0x12345678);
    for ( unsigned int i = 0; i < ROUNDS; i++ )
    {
        uint64_t by_msr = rdmsr(MSR_TSC), by_p = 0, now;

        if ( has_rdtscp )
        {
            rdtscp(&aux); /* as rdtsc() does it */
            by_p = rdtscp(&aux);
        }
        now = rdtsc();
        if ( by_msr < last || now < by_msr ||
             (has_rdtscp && (by_p < by_msr || now < by_p)) )
        {
            test_failure("%lu, by MSR %lu, by RDTSCP %lu, then %lu", last,
                         by_msr, by_p, now);
            return;
        }
        last = now;
    }
    if ( has_rdtscp )
        check_eq("RDTSCP reads TSC_AUX", aux, 0x12345678);
}

/* Exits of the machine while the TSC is read; emulators with counters only. */
static void check_exits(void)
{
    struct bench_counts before = bench_counts(), after;
    uint64_t exits;

    for ( unsigned int i = 0; i < ROUNDS; i++ )
        asm volatile("rdtsc" : : : "rax", "rdx");
    after = bench_counts();
    if ( before.exits == BENCH_COUNTERS_ADDRESS )
        return;
    exits = after.exits - before.exits;
    printf("%lu exits for %u RDTSC\n", exits, ROUNDS);
    if ( tsc_emulated() )
        check(exits >= ROUNDS && exits < ROUNDS + FEW_EXITS, "one exit each");
    else
        check(exits < FEW_EXITS, "no exits");
}

/* --- two vCPUs --- */
static struct
{
    volatile uint32_t lock;
    uint64_t last;
    unsigned int turns[2], backward;
} race;

static void take_turn(unsigned int cpu)
{
    uint64_t now;

    while ( __atomic_exchange_n(&race.lock, 1, __ATOMIC_ACQUIRE) )
        cpu_relax();
    now = rdtsc();
    if ( now < race.last )
        race.backward++;
    race.last = now;
    race.turns[cpu]++;
    __atomic_store_n(&race.lock, 0, __ATOMIC_RELEASE);
}

static void ap_race(void)
{
    for ( ;; )
    {
        for ( unsigned int i = 0; i < 10; i++ )
            take_turn(1);
        sched_op(SCHEDOP_yield, NULL);
    }
}

static void check_two_cpus(void)
{
    if ( cpu_count() < 2 || !check(cpu_start(1, ap_race), "vCPU 1 starts") )
        return;
    while ( race.turns[0] < ROUNDS || race.turns[1] < ROUNDS )
    {
        for ( unsigned int i = 0; i < 10; i++ )
            take_turn(0);
        sched_op(SCHEDOP_yield, NULL);
    }
    check_eq("times that the TSC went back", race.backward, 0);
    check_rc("vCPU 1 goes", vcpu_op(VCPUOP_down, 1, NULL), 0);
}

/* --- what is set in it --- */
static void check_deadline(void)
{
    uint64_t khz = cpuid(CPUID_TSC_LEAF, 0).c, start = now_ns(), when, took;

    if ( !(cpuid(1, 0).c & CPUID_1_ECX_TSC_DEADLINE) )
        return;
    irq_set_handler(VEC_TIMER, handle_timer);
    apic_enable();
    apic_write(APIC_LVT_TIMER, APIC_LVT_DEADLINE | VEC_TIMER);
    irq_enable();
    when = rdtsc() + 5 * khz;
    wrmsr(MSR_TSC_DEADLINE, when);
    check(wait_for(fired == 1, MS(100)), "the deadline comes");
    took = now_ns() - start;
    irq_disable();
    check(rdtsc() >= when, "not early");
    /* And by the clock, of which Xen may give it a microsecond or two. */
    check(took >= MS(5) - MS(1) / 10 && took < MS(20), "after its 5 ms");
}

static void check_writing(void)
{
    bool has_adjust = cpuid(7, 0).b & 2;
    uint64_t ns = now_ns(), tsc = rdtsc();

    wrmsr(MSR_TSC, tsc + JUMP);
    check(near(rdtsc(), tsc + JUMP, 1), "the TSC is where it was set");
    check(rdmsr(MSR_TSC) >= tsc + JUMP, "its MSR, too");
    check(now_ns() >= ns && now_ns() - ns < MS(50), "the time has not moved");
    if ( !has_adjust )
        return;
    check(near(rdmsr(MSR_ADJUST), JUMP, 1), "TSC_ADJUST has what it moved");
    wrmsr(MSR_ADJUST, 0);
    check(rdtsc() < tsc + JUMP, "writing that moves it back");
    check(now_ns() >= ns && now_ns() - ns < MS(100), "and still not the time");
}

void test_main(void)
{
    if ( !check(cpuid(0x40000000, 0).a >= CPUID_TSC_LEAF, "a leaf for time") )
        return;
    check_leaf();
    check_ways_to_read();
    check_exits();
    check_two_cpus();
    check_deadline();
    check_writing();
    check_l2();
}
