/* SPDX-License-Identifier: MIT */
/* Who watches whom, and when somebody is taken for hung. */
/* TEST-SOURCES: xen/common/watchdog.c xen/common/cmdline.c xen/lib/parse.c */
/* TEST-CFLAGS: -Dstrlcpy=hv_strlcpy */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/watchdog.h>
#include <asm/traps.h>

#define CPUS 3

struct percpu *percpu_area[NR_CPUS];
unsigned int nr_cpus_online;
cpumask_t cpu_online_map;

static struct percpu cpus[CPUS];
static struct timer *timers[CPUS];
static int nmis[CPUS];
static char why[128];
static jmp_buf panicked;

size_t strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

void printk_break_lock(void)
{
}

void show_trap_frame(const struct trap_frame *f)
{
    (void)f;
}

void show_stack(const uint64_t *sp)
{
    (void)sp;
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    longjmp(panicked, 1);
}

s_time_t NOW(void)
{
    return 0;
}

void init_timer(struct timer *t, void (*fn)(void *), void *data,
                unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
    timers[cpu] = t;
}

void set_timer(struct timer *t, s_time_t expires)
{
    (void)expires;
    t->queued = true;
}

void apic_send_nmi(uint32_t dest)
{
    nmis[dest - 100]++;
}

static void be_cpu(unsigned int n)
{
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpus[n]), 0);
}

/* A second goes by on all pCPUs but one. */
static void second(unsigned int hung)
{
    for ( unsigned int n = 0; n < nr_cpus_online; n++ )
        if ( n != hung && timers[n] )
        {
            be_cpu(n);
            assert_true(timers[n]->queued);
            timers[n]->queued = false;
            timers[n]->fn(timers[n]->data);
        }
}

static void start(unsigned int nr, const char *options)
{
    memset(timers, 0, sizeof(timers));
    memset(nmis, 0, sizeof(nmis));
    nr_cpus_online = nr;
    cpu_online_map = cpumask_of(nr) - 1;
    for ( unsigned int n = 0; n < CPUS; n++ )
    {
        cpus[n] = (struct percpu){ &cpus[n], .cpu = n, .apic_id = 100 + n };
        percpu_area[n] = &cpus[n];
    }
    be_cpu(0);
    cmdline_parse(options);
    watchdog_init();
}

static void only_where_asked_for(void **state)
{
    (void)state;
    start(CPUS, "");
    assert_null(timers[0]);
    start(1, "watchdog");
    assert_null(timers[0]);
    start(CPUS, "watchdog=no");
    assert_null(timers[0]);
}

static void nobody_hangs(void **state)
{
    (void)state;
    start(CPUS, "watchdog watchdog_timeout=3");
    for ( unsigned int i = 0; i < 20; i++ )
        second(CPUS);
    assert_int_equal(nmis[0] + nmis[1] + nmis[2], 0);
}

static void one_is_told_and_panics(void **state)
{
    struct trap_frame f = { .rip = 1 };

    (void)state;
    start(CPUS, "watchdog=force watchdog_timeout=3");
    second(CPUS);
    second(1); /* what it did last is seen now */
    for ( unsigned int i = 0; i < 3; i++ )
    {
        assert_int_equal(nmis[1], 0);
        second(1);
    }
    assert_int_equal(nmis[1], 1);
    assert_int_equal(nmis[0] + nmis[2], 0);

    /* Others that take an NMI then are not meant. */
    be_cpu(2);
    watchdog_nmi(&f);
    if ( !setjmp(panicked) )
    {
        be_cpu(1);
        watchdog_nmi(&f);
        fail();
    }
    assert_string_equal(why, "CPU1 has hung for 3 seconds");
}

static void nor_takes_an_nmi(void **state)
{
    (void)state;
    start(CPUS, "watchdog watchdog_timeout=2");
    second(CPUS);
    second(2);
    second(2);
    assert_int_equal(nmis[2], 0);
    second(2);
    assert_int_equal(nmis[2], 1);
    if ( !setjmp(panicked) )
    {
        second(2);
        fail();
    }
    assert_string_equal(why, "CPU2 hangs, and takes no NMI");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_where_asked_for),
        cmocka_unit_test(nobody_hangs),
        cmocka_unit_test(one_is_told_and_panics),
        cmocka_unit_test(nor_takes_an_nmi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
