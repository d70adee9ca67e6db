/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/timer.c xen/lib/timer-heap.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* Timers of two pCPUs: who runs them, following a vCPU, the end of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/timer.h>
#include <asm/apic.h>
#include <asm/vmx.h>

struct percpu test_cpu;
unsigned int nr_cpus_online = 2;

static s_time_t now;
static uint64_t programmed;
static unsigned int kicked, fired_on, fired;
static struct timer t;

s_time_t NOW(void)
{
    return now;
}

/* Here the TSC counts nanoseconds. */
uint64_t tsc_at(s_time_t when)
{
    return when;
}

void apic_timer_program(uint64_t tsc)
{
    programmed = tsc;
}

void vmx_set_backstop(void)
{
}

void apic_timer_kick(unsigned int cpu)
{
    kicked |= 1u << cpu;
}

static jmp_buf relaxed;

void smp_relax(void)
{
    longjmp(relaxed, 1);
}

static void fire(void *data)
{
    (void)data;
    fired_on = test_cpu.cpu;
    fired++;
}

static void run_on(unsigned int cpu)
{
    test_cpu.cpu = cpu;
    timers_run();
    test_cpu.cpu = 0;
}

static int setup(void **state)
{
    (void)state;
    now = 0;
    kicked = fired = 0;
    init_timer(&t, fire, NULL, 0);
    return 0;
}

static void where_it_was_set(void **state)
{
    (void)state;
    set_timer(&t, 10);
    assert_int_equal(programmed, 10);
    now = 10;
    run_on(1);
    assert_int_equal(fired, 0);
    run_on(0);
    assert_int_equal(fired, 1);
    assert_false(timer_is_active(&t));
    assert_int_equal(programmed, TSC_NEVER);
}

static void it_follows_while_it_is_not_set(void **state)
{
    (void)state;
    set_timer(&t, 10);
    timer_follow(&t, 1);
    assert_int_equal(t.cpu, 0);
    stop_timer(&t);
    timer_follow(&t, 1);
    assert_int_equal(t.cpu, 1);
    set_timer(&t, 20);
    assert_int_equal(kicked, 2);
    now = 20;
    run_on(0);
    assert_int_equal(fired, 0);
    run_on(1);
    assert_int_equal(fired, 1);
    assert_int_equal(fired_on, 1);
}

/* What the vCPU does on another pCPU while the old one runs the handler. */
static void move_and_set(void *data)
{
    fire(data);
    test_cpu.cpu = 1;
    timer_follow(&t, 1);
    set_timer(&t, 30);
    test_cpu.cpu = 0;
}

static void it_moves_while_its_handler_runs(void **state)
{
    (void)state;
    init_timer(&t, move_and_set, NULL, 0);
    set_timer(&t, 10);
    now = 10;
    run_on(0);
    assert_int_equal(t.cpu, 1);
    now = 30;
    run_on(0);
    assert_int_equal(fired, 1);
    t.fn = fire;
    run_on(1);
    assert_int_equal(fired, 2);
    assert_false(timer_is_active(&t));
}

/* And who destroys it waits for that handler, not for the new pCPU. */
static void move_and_kill(void *data)
{
    move_and_set(data);
    test_cpu.cpu = 1;
    kill_timer(&t);
    fail_msg("the handler is not done");
}

static void the_end_waits_for_the_handler(void **state)
{
    (void)state;
    init_timer(&t, move_and_kill, NULL, 0);
    set_timer(&t, 10);
    now = 10;
    if ( !setjmp(relaxed) )
        run_on(0);
    assert_int_equal(fired, 1);
    assert_false(timer_is_active(&t));
    /* On its own pCPU there is nothing to wait for. */
    test_cpu.cpu = 0;
    kill_timer(&t);
    kill_timer(&(struct timer){ .fn = NULL });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(where_it_was_set, setup),
        cmocka_unit_test_setup(it_follows_while_it_is_not_set, setup),
        cmocka_unit_test_setup(it_moves_while_its_handler_runs, setup),
        cmocka_unit_test_setup(the_end_waits_for_the_handler, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
