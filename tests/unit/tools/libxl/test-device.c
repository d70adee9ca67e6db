/* SPDX-License-Identifier: MIT */
/* Devices come and go: what is in XenStore afterwards. */
/* TEST-SOURCES: tools/libxl/libxl_device.c tools/libxl/libxl_xs.c */
/* TEST-SOURCES: tools/libxl/libxl_disk.c tools/libxl/libxl_nic.c */
/* TEST-SOURCES: tools/libxl/libxl.c tests/unit/tools/libxl/fake-xs.c */
/* TEST-CFLAGS: -Itools/libxl */
/* TEST-LIBS: -luuid */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-xs.h"
#include "libxl_internal.h"

#define DOM   7
#define BACK  "/local/domain/0/backend/vbd/7/51712"
#define FRONT "/local/domain/7/device/vbd/51712"
#define OURS  "/libxl/7/device/vbd/51712"

static libxl_ctx ctx;
static bool script_fails;
static char scripts[256];

char *libxl__script_path(const char *script)
{
    return libxl__strdup(script);
}

int libxl__hotplug(libxl_ctx *c, const struct libxl__device *dev,
                   const char *script, const char *action)
{
    strcat(strcat(scripts, action), " ");
    return script_fails && strcmp(action, "remove") ? ERROR_FAIL : 0;
}

/* Back ends take up what is new, and close what is to be closed. */
static void drivers(void)
{
    fake_change_all("/state", "5", "6");
    fake_change_all("/state", "1", "2");
}

static int setup(void **state)
{
    fake_reset();
    fake_drivers = drivers;
    script_fails = false;
    scripts[0] = '\0';
    return 0;
}

static int add_disk(const char *file)
{
    libxl_device_disk disk = { .vdev = (char *)"xvda",
                               .pdev_path = (char *)file,
                               .script = (char *)"/bin/true" };

    return libxl_device_disk_add(&ctx, DOM, &disk);
}

static void comes_and_goes(void **state)
{
    assert_int_equal(add_disk("/dev/null"), 0);
    assert_string_equal(fake_read(BACK "/params"), "/dev/null");
    assert_string_equal(fake_read(FRONT "/backend"), BACK);
    assert_string_equal(fake_read(OURS "/backend"), BACK);
    assert_string_equal(scripts, "add ");
    assert_int_equal(libxl_device_remove(&ctx, DOM, "vbd", 51712, false), 0);
    assert_string_equal(scripts, "add remove ");
    assert_int_equal(fake_count("/local"), 0);
    assert_int_equal(fake_count("/libxl/7/device/vbd/51712"), 0);
    assert_int_equal(libxl_device_remove(&ctx, DOM, "vbd", 51712, false),
                     ERROR_NOTFOUND);
}

/* The disk that the guest uses stays as it is. */
static void second_of_a_number_is_refused(void **state)
{
    assert_int_equal(add_disk("/dev/null"), 0);
    fake_write(FRONT "/state", "4");
    fake_write(BACK "/state", "4");
    assert_int_equal(add_disk("/dev/zero"), ERROR_DEVICE_EXISTS);
    assert_string_equal(fake_read(BACK "/params"), "/dev/null");
    assert_string_equal(fake_read(BACK "/state"), "4");
    assert_string_equal(fake_read(FRONT "/state"), "4");
    assert_string_equal(scripts, "add ");
}

static void what_fails_leaves_nothing(void **state)
{
    script_fails = true;
    assert_int_equal(add_disk("/dev/null"), ERROR_FAIL);
    assert_string_equal(scripts, "add remove ");
    assert_int_equal(fake_count("/local"), 0);
    assert_int_equal(fake_count("/libxl/7/device/vbd/51712"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(comes_and_goes, setup),
        cmocka_unit_test_setup(second_of_a_number_is_refused, setup),
        cmocka_unit_test_setup(what_fails_leaves_nothing, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
