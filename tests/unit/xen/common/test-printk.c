/* TEST-SOURCES: xen/common/printk.c xen/common/cmdline.c xen/lib/parse.c */
/* TEST-SOURCES: xen/common/civil-time.c */
/* TEST-CFLAGS: -Dstrlcpy=hv_strlcpy */
/* SPDX-License-Identifier: MIT */
/* Messages: which pass, what stands in front of them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/time.h>

static char shown[8192], kept[8192];
static s_time_t now;

s_time_t NOW(void)
{
    return now;
}

uint64_t time_raw(void)
{
    return 12345;
}

uint64_t wallclock_base_sec(void)
{
    return 1000000000;
}

uint32_t wallclock_base_nsec(void)
{
    return 750000000;
}

void console_write(const char *s, size_t n)
{
    strncat(shown, s, n);
}

void console_ring_write(const char *s, size_t n)
{
    strncat(kept, s, n);
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

static void guest(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk_prefix("(d1) ", true, fmt, ap);
    va_end(ap);
}

/* Options last: the thresholds are what the previous test left. */
static void begin(const char *options)
{
    cmdline_parse(options);
    shown[0] = kept[0] = '\0';
    now += SECONDS(100); /* the rate limit has recovered */
}

#define expect(text)                      \
    do                                    \
    {                                     \
        assert_string_equal(shown, text); \
        assert_string_equal(kept, text);  \
        shown[0] = kept[0] = '\0';        \
    } while ( 0 )

static void levels(void **state)
{
    begin("loglvl=info");
    printk(XENLOG_ERR "a\n" XENLOG_WARNING "b\n" XENLOG_INFO "c\n" XENLOG_DEBUG
                      "d\n"
                      "e\n");
    expect("(NIDUS) a\n(NIDUS) b\n(NIDUS) c\n(NIDUS) e\n");
    begin("loglvl=none");
    printk(XENLOG_ERR "a\n");
    expect("");
    begin("loglvl=error");
    printk("default is a warning\n");
    expect("");
    begin("loglvl=all");
    printk(XENLOG_DEBUG "%d and %s\n", 42, "text");
    expect("(NIDUS) 42 and text\n");
}

static void lines_in_pieces(void **state)
{
    begin("loglvl=info");
    printk("one ");
    printk("two ");
    printk("three\nfour");
    printk("\n");
    expect("(NIDUS) one two three\n(NIDUS) four\n");
    /* The level of the beginning holds for the rest of the line. */
    printk(XENLOG_DEBUG "not ");
    printk("this\nbut this\n");
    expect("(NIDUS) but this\n");
    /* What only looks like a level is text. */
    printk("<x> <9>\n");
    expect("(NIDUS) <x> <9>\n");
    printk("<2");
    printk("\n");
    expect("(NIDUS) <2\n");
}

static void guests_have_their_own_threshold(void **state)
{
    begin("loglvl=all guest_loglvl=error");
    guest(XENLOG_GUEST XENLOG_WARNING "w\n");
    guest(XENLOG_GUEST XENLOG_ERR "e\n");
    expect("(d1) e\n");
    printk(XENLOG_GUEST XENLOG_WARNING "about a guest\n");
    expect("");
    begin("loglvl=none guest_loglvl=all");
    guest("g\n");
    printk(XENLOG_GUEST "h\n");
    printk("i\n");
    expect("(d1) g\n(NIDUS) h\n");
}

static void rate_limit(void **state)
{
    begin("loglvl=info guest_loglvl=error/warning");
    for ( int i = 0; i < 100; i++ )
        guest(XENLOG_WARNING "%d\n", i);
    assert_non_null(strstr(shown, "(d1) 9\n"));
    assert_null(strstr(shown, "(d1) 10\n"));
    /* Errors are above the limit. */
    shown[0] = kept[0] = '\0';
    guest(XENLOG_ERR "error\n");
    expect("(d1) error\n");
    /* Later there is room again, and the gap is named. */
    now += SECONDS(1);
    guest(XENLOG_WARNING "later\n");
    expect("(d1) (90 messages left out)\n(d1) later\n");
}

static void stamps(void **state)
{
    begin("loglvl=info console_timestamps=raw");
    printk("x\n");
    expect("(NIDUS) [0000000000003039] x\n");
    begin("console_timestamps=boot");
    now = SECONDS(12) + MICROSECS(34);
    printk("x\n");
    expect("(NIDUS) [   12.000034] x\n");
    begin("console_timestamps=date");
    now = SECONDS(0) + MILLISECS(500);
    printk("x\n");
    expect("(NIDUS) [2001-09-09 01:46:41] x\n");
    begin("console_timestamps=datems");
    now = MILLISECS(123);
    printk("x\n");
    expect("(NIDUS) [2001-09-09 01:46:40.873] x\n");
    begin("console_timestamps=none");
    printk("x\n");
    expect("(NIDUS) x\n");
}

static void bad_options_change_nothing(void **state)
{
    begin("loglvl=info console_timestamps=none guest_loglvl=all");
    begin("loglvl=loud loglvl=info/ loglvl= guest_loglvl=x/all "
          "console_timestamps=often");
    printk(XENLOG_INFO "x\n");
    guest("y\n");
    expect("(NIDUS) x\n(d1) y\n");
}

static void overlong_message(void **state)
{
    static char text[3000];

    begin("loglvl=info");
    memset(text, 'z', sizeof(text) - 1);
    printk("%s\n", text);
    assert_true(strlen(shown) < 1100);
    shown[0] = kept[0] = '\0';
    /* The cut took the line's end with it: the next one is still whole. */
    printk("next\n");
    assert_non_null(strstr(shown, "next\n"));
}

static void panic_breaks_in(void **state)
{
    begin("loglvl=info");
    printk("half a line");
    assert_false(console_is_broken());
    printk_break_lock();
    assert_true(console_is_broken());
    printk("panic\n");
    expect("(NIDUS) half a line\n(NIDUS) panic\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(lines_in_pieces),
        cmocka_unit_test(guests_have_their_own_threshold),
        cmocka_unit_test(rate_limit),
        cmocka_unit_test(stamps),
        cmocka_unit_test(bad_options_change_nothing),
        cmocka_unit_test(overlong_message),
        cmocka_unit_test(panic_breaks_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
