/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: tools/xl/xl_top_format.c */
/* TEST-CFLAGS: -Itools/xl */
/* xl top: columns as xentop has them, shares, order, details. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "xl_top.h"

static char lines[32][512];
static unsigned int nr_lines, nr_headings;

static void keep(void *opaque, const char *line, bool heading)
{
    assert_true(nr_lines < 32);
    strcpy(lines[nr_lines++], line);
    nr_headings += heading;
}

static uint64_t vcpus[7] = { 61000000000, UINT64_MAX, 2000000000, 3, 4, 5, 6 };
static struct top_net nets[2] = {
    { .devid = 0,
      .tx = { .bytes = 2048, .packets = 3 },
      .rx = { .bytes = 1024 } },
    { .devid = 1, .tx = { .bytes = 1024 } },
};
static struct top_vbd vbds[1] = { { .devid = 51712,
                                    .waits = 1,
                                    .reads = 2,
                                    .writes = 3,
                                    .sectors_read = 4,
                                    .sectors_written = 5 } };

static struct top_domain domains[3] = {
    { .domid = 0,
      .name = "Domain-0",
      .state = TOP_RUNNING,
      .cpu_ns = 61000000000,
      .mem_kb = 586752,
      .max_kb = 586752,
      .nr_vcpus = 1,
      .nr_vcpu_time = 1,
      .vcpu_ns = vcpus },
    { .domid = 3,
      .name = "a-name-longer-than-its-column",
      .state = TOP_BLOCKED,
      .cpu_ns = 5500000000,
      .mem_kb = 163840,
      .max_kb = TOP_UNLIMITED,
      .nr_vcpus = 2,
      .nr_vcpu_time = 7,
      .vcpu_ns = vcpus,
      .nr_nets = 2,
      .nets = nets,
      .nr_vbds = 1,
      .vbds = vbds },
    { .domid = 4, .name = "gone", .state = TOP_DYING | TOP_PAUSED },
};
static struct top_sample sample = { .time_ns = 4000000000,
                                    .total_kb = 2096124,
                                    .free_kb = 1000000,
                                    .nr_cpus = 2,
                                    .cpu_mhz = 50,
                                    .version = "4.17.0",
                                    .nr_domains = 3,
                                    .domains = domains };

static int setup(void **state)
{
    (void)state;
    nr_lines = nr_headings = 0;
    return 0;
}

/* Lines as xentop of Xen 4.17 prints them for such domains. */
static void test_columns(void **state)
{
    struct top_options options = { .dom0_first = true };

    (void)state;
    top_print_domains(&sample, NULL, &options, keep, NULL);
    assert_int_equal(nr_lines, 4);
    assert_int_equal(nr_headings, 1);
    assert_string_equal(
        lines[0],
        "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) "
        "MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   "
        "VBD_WR  VBD_RSECT  VBD_WSECT SSID");
    assert_string_equal(
        lines[1],
        "  Domain-0 -----r         61    0.0     586752   28.0     586752 "
        "     28.0     1    0        0        0    0        0        0     "
        "   0          0          0    0");
    assert_string_equal(
        lines[2],
        "a-name-lon --b---          5    0.0     163840    7.8   no limit "
        "      n/a     2    2        3        1    1        1        2     "
        "   3          4          5    0");
    assert_non_null(strstr(lines[3], "      gone d---p- "));
}

static void test_shares_and_order(void **state)
{
    struct top_options options = { .full_name = true };
    struct top_domain past[2] = { domains[0], domains[1] };
    struct top_sample before = sample;

    (void)state;
    before.time_ns = 2000000000;
    before.nr_domains = 2;
    before.domains = past;
    past[0].cpu_ns -= 500000000;  /* a quarter of the two seconds */
    past[1].cpu_ns -= 1000000000; /* a half */
    while ( strcmp(top_column_name(options.sort), "CPU(%)") )
        options.sort++;
    top_print_domains(&sample, &before, &options, keep, NULL);
    assert_non_null(strstr(lines[1], "a-name-longer-than-its-column --b---"));
    assert_non_null(strstr(lines[1], "   50.0 "));
    assert_non_null(strstr(lines[2], "Domain-0"));
    assert_non_null(strstr(lines[2], "   25.0 "));
    assert_non_null(strstr(lines[3], "gone"));

    nr_lines = 0;
    options.dom0_first = true;
    top_print_domains(&sample, &before, &options, keep, NULL);
    assert_non_null(strstr(lines[1], "Domain-0"));
}

/* Counters that went backwards (a new domain of the same id) are no share. */
static void test_restarted(void **state)
{
    struct top_options options = { 0 };
    struct top_domain past = domains[0];
    struct top_sample before = sample;

    (void)state;
    before.time_ns = 2000000000;
    before.nr_domains = 1;
    before.domains = &past;
    past.cpu_ns += 1000000000;
    top_print_domains(&sample, &before, &options, keep, NULL);
    assert_non_null(strstr(lines[1], "         61    0.0 "));
}

static void test_details(void **state)
{
    struct top_options options = { .nets = true, .vbds = true, .vcpus = true };

    (void)state;
    sample.nr_domains = 2;
    top_print_domains(&sample, NULL, &options, keep, NULL);
    sample.nr_domains = 3;
    assert_int_equal(nr_lines, 1 + 2 + 1 + 2 + 2 + 1);
    assert_string_equal(lines[2], "VCPUs(sec):   0:         61s");
    assert_string_equal(lines[4],
                        "VCPUs(sec):   0:         61s  2:          2s  3:   "
                        "       0s  4:          0s  5:          0s");
    assert_string_equal(lines[5], "              6:          0s");
    assert_string_equal(
        lines[6], "Net0 RX:     1024bytes        0pkts        0err        0drop"
                  "  TX:     2048bytes        3pkts        0err        0drop");
    assert_string_equal(
        lines[8], "VBD BlkBack 51712 [ca: 0]  OO:        1   RD:        2   "
                  "WR:        3  RSECT:          4  WSECT:          5");
}

static void test_summary(void **state)
{
    (void)state;
    top_print_summary(&sample, "10:20:30", keep, NULL);
    assert_string_equal(lines[0], "xl top - 10:20:30   Xen 4.17.0");
    assert_string_equal(lines[1], "3 domains: 1 running, 1 blocked, 1 paused, "
                                  "0 crashed, 1 dying, 0 shutdown");
    assert_string_equal(lines[2], "Mem: 2096124k total, 1096124k used, "
                                  "1000000k free    CPUs: 2 @ 50MHz");
}

#define CASE(t) cmocka_unit_test_setup(t, setup)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_columns), CASE(test_shares_and_order), CASE(test_restarted),
        CASE(test_details), CASE(test_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
