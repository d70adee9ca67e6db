/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/console-io.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* console_io: lines of guests, and long texts in pieces. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <xen/console.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

struct percpu test_cpu;

static struct domain dom;
static struct vcpu vcpu = { .domain = &dom };
static char said[4096];
static unsigned int checks, preempt_at, continued;
static unsigned long rest_count, rest_buffer;

size_t copy_from_guest_va(void *to, uint64_t gva, size_t bytes)
{
    if ( !gva )
        return bytes;
    memcpy(to, (void *)gva, bytes);
    return 0;
}

size_t copy_to_guest_va(uint64_t gva, const void *from, size_t bytes)
{
    memcpy((void *)gva, from, bytes);
    return 0;
}

void guest_printk(const struct domain *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + strlen(said), sizeof(said) - strlen(said), fmt, ap);
    va_end(ap);
}

void console_hwdom_write(const char *s, size_t n)
{
    strncat(said, s, n);
}

size_t console_hwdom_read(char *buf, size_t max)
{
    return 0;
}

void console_set_input_hook(void (*fn)(void))
{
}

void send_global_virq(uint32_t virq)
{
}

bool hypercall_preempt_check(void)
{
    return ++checks == preempt_at;
}

void hypercall_continue(unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long a4, unsigned long a5)
{
    assert_int_equal(a1, CONSOLEIO_write);
    rest_count = a2;
    rest_buffer = a3;
    continued++;
}

static int setup(void **state)
{
    (void)state;
    test_cpu.curr = &vcpu;
    dom.is_hwdom = false;
    said[0] = '\0';
    checks = preempt_at = continued = 0;
    return 0;
}

static long say(const char *text, size_t n)
{
    return do_console_io(CONSOLEIO_write, n, (unsigned long)text, 0, 0);
}

static void lines_of_guests(void **state)
{
    static const char text[] = "one\n\ntwo\x1b[0m\rx\nrest";

    (void)state;
    assert_int_equal(say(text, strlen(text)), 0);
    assert_string_equal(said, "one\ntwo.[0m x\nrest\n");
    assert_int_equal(say(NULL, 4), -EFAULT);
    assert_int_equal(do_console_io(CONSOLEIO_read, 4, 0, 0, 0), -EPERM);
    assert_int_equal(do_console_io(99, 4, 0, 0, 0), -EPERM);
}

/* A guest can map one page as often as it likes: four GiB take their time. */
static void long_texts_give_way(void **state)
{
    static char text[1000];
    unsigned long done;

    for ( int hwdom = 0; hwdom < 2; hwdom++ )
    {
        setup(state);
        dom.is_hwdom = hwdom;
        memset(text, 'a', sizeof(text));
        preempt_at = 3;
        assert_int_equal(say(text, sizeof(text)), -ERESTART);
        assert_int_equal(continued, 1);
        done = sizeof(text) - rest_count;
        assert_true(done > 0 && rest_count > 0);
        assert_int_equal(rest_buffer, (unsigned long)text + done);
        assert_int_equal(say((char *)rest_buffer, rest_count), 0);
        assert_int_equal(continued, 1);
        if ( hwdom )
            assert_int_equal(strlen(said), sizeof(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_of_guests, setup),
        cmocka_unit_test_setup(long_texts_give_way, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
