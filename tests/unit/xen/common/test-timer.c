/* SPDX-License-Identifier: MIT */
/* Timers of a pCPU: what the hardware and the backstop are set for. */
/* TEST-SOURCES: xen/common/timer.c xen/lib/timer-heap.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/timer.h>
#include <asm/apic.h>
#include <asm/vmx.h>

unsigned int nr_cpus_online = 2;
static struct percpu cpu0 = { .self = &cpu0 };
static s_time_t clock_ns;
static uint64_t hardware;   /* the deadline programmed */
static uint64_t backstop;   /* what the backstop found as the next timer */
static unsigned int kicked; /* pCPU 1, by us */
static struct timer timers[4];
static unsigned int fired[4];

s_time_t NOW(void)
{
    return clock_ns;
}

/* Here the TSC counts nanoseconds. */
uint64_t tsc_at(s_time_t when)
{
    return when;
}

void apic_timer_program(uint64_t tsc)
{
    hardware = tsc;
}

void apic_timer_kick(unsigned int cpu)
{
    assert_int_equal(cpu, 1);
    kicked++;
}

void vmx_set_backstop(void)
{
    backstop = this_cpu()->timer_tsc;
}

void smp_relax(void)
{
    fail_msg("nobody else runs here");
}

static void fire(void *data)
{
    (*(unsigned int *)data)++;
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu0), 0);
    clock_ns = kicked = 0;
    for ( unsigned int i = 0; i < 4; i++ )
    {
        fired[i] = 0;
        init_timer(&timers[i], fire, &fired[i], 0);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for ( unsigned int i = 0; i < 4; i++ )
        kill_timer(&timers[i]);
    return 0;
}

static void assert_next(uint64_t expected)
{
    assert_int_equal(hardware, expected);
    assert_int_equal(backstop, expected);
}

static void test_earliest_is_next(void **state)
{
    (void)state;
    set_timer(&timers[0], 100);
    assert_next(100);
    set_timer(&timers[1], 300);
    assert_next(100);
    set_timer(&timers[2], 50);
    assert_next(50);
    set_timer(&timers[2], 200); /* the earliest is put off */
    assert_next(100);
}

static void test_run(void **state)
{
    (void)state;
    set_timer(&timers[0], 100);
    set_timer(&timers[1], 300);
    set_timer(&timers[2], 101);
    clock_ns = 150;
    timers_run();
    assert_int_equal(fired[0], 1);
    assert_int_equal(fired[1], 0);
    assert_int_equal(fired[2], 1);
    assert_next(300);
    clock_ns = 300;
    timers_run();
    assert_int_equal(fired[1], 1);
    assert_next(TSC_NEVER);
    assert_false(timer_is_active(&timers[1]));
}

/* One interrupt comes for nothing, and then the hardware is right again. */
static void test_stopped(void **state)
{
    (void)state;
    set_timer(&timers[0], 100);
    set_timer(&timers[1], 300);
    stop_timer(&timers[0]);
    clock_ns = 100;
    timers_run();
    assert_int_equal(fired[0], 0);
    assert_next(300);
}

/* The hardware of another pCPU is not ours to set. */
static void test_other_cpu(void **state)
{
    (void)state;
    set_timer(&timers[0], 100);
    init_timer(&timers[3], fire, &fired[3], 1);
    set_timer(&timers[3], 10);
    assert_int_equal(kicked, 1);
    assert_next(100);
    stop_timer(&timers[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_earliest_is_next, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_cpu, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
