/* SPDX-License-Identifier: MIT */
/* Saved domains: header and configuration, there and back, and damaged. */
/* TEST-SOURCES: tools/xl/xl_savefile.c tools/libxl/libxl_json.c */
/* TEST-SOURCES: tools/libxl/libxl_json_parse.c tools/libxl/libxl_types.c */
/* TEST-SOURCES: tools/libs/guest/stream-io.c tools/libs/guest/error.c */
/* TEST-CFLAGS: -Itools/xl -Itools/libxl */
/* TEST-LIBS: -luuid -lyajl */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "libxl_internal.h"
#include "xl_savefile.h"

libxl_ctx *ctx;
static char message[256];

void libxl__log(libxl_ctx *c, xentoollog_level level, int errnoval,
                uint32_t domid, const char *fmt, ...)
{
    va_list al;

    va_start(al, fmt);
    vsnprintf(message, sizeof(message), fmt, al);
    va_end(al);
}

char *libxl__strdup(const char *s)
{
    return s ? strdup(s) : NULL;
}

void *libxl__calloc(size_t n, size_t size)
{
    return calloc(n ? n : 1, size);
}

void *xl_alloc(size_t n, size_t size)
{
    return calloc(n, size);
}

/* As Debian's xl 4.17 writes it, with what it has and we do not. */
static const char debian[] =
    "{ \"c_info\": { \"type\": \"pvh\", \"name\": \"g\", \"uuid\": "
    "\"8b3c2e06-6a1e-4f0c-9d0e-1f2a3b4c5d6e\", \"run_hotplug_scripts\": "
    "\"True\" }, \"b_info\": { \"max_vcpus\": 2, \"avail_vcpus\": [ 0, 1 ], "
    "\"vcpu_hard_affinity\": [ [ 0, 9 ] ], \"max_memkb\": 131072, "
    "\"target_memkb\": 131072, \"shadow_memkb\": 3072, \"sched_params\": { }, "
    "\"kernel\": \"/k\", \"type.pvh\": { }, \"arch_arm\": { }, \"arch_x86\": { "
    "}, \"nested_hvm\": \"True\" }, \"disks\": [ { \"pdev_path\": \"/d\", "
    "\"vdev\": \"xvda\", \"format\": \"raw\", \"script\": \"/s\", "
    "\"readwrite\": 1 } ], \"nics\": [ { \"devid\": 0, \"mac\": "
    "\"00:16:3e:01:02:03\", \"bridge\": \"xenbr0\" } ], \"on_reboot\": "
    "\"restart\", \"on_soft_reset\": \"soft_reset\" }";

static int parse(const char *text, libxl_domain_config *config)
{
    message[0] = '\0';
    libxl_domain_config_init(config);
    return libxl_domain_config_from_json(ctx, text, config);
}

static void check_config(const libxl_domain_config *c)
{
    assert_string_equal(c->c_info.name, "g");
    assert_true(c->c_info.have_uuid);
    assert_int_equal(c->c_info.uuid[0], 0x8b);
    assert_int_equal(c->b_info.max_vcpus, 2);
    assert_int_equal(c->b_info.avail_vcpus, 2);
    assert_int_equal(c->b_info.max_memkb, 131072);
    assert_int_equal(c->b_info.nr_hard, 1);
    assert_int_equal(c->b_info.hard[0].size, 2);
    assert_int_equal(c->b_info.hard[0].map[0], 1);
    assert_int_equal(c->b_info.hard[0].map[1], 2);
    assert_true(c->b_info.nested_hvm);
    assert_string_equal(c->b_info.kernel, "/k");
    assert_int_equal(c->num_disks, 1);
    assert_string_equal(c->disks[0].pdev_path, "/d");
    assert_string_equal(c->disks[0].vdev, "xvda");
    assert_true(c->disks[0].readwrite);
    assert_int_equal(c->num_nics, 1);
    assert_int_equal(c->nics[0].mac[5], 3);
    assert_string_equal(c->nics[0].bridge, "xenbr0");
    assert_int_equal(c->on_reboot, LIBXL_ACTION_ON_SHUTDOWN_RESTART);
    assert_int_equal(c->on_crash, LIBXL_ACTION_ON_SHUTDOWN_DESTROY);
}

static void test_from_debian(void **state)
{
    libxl_domain_config c;

    assert_int_equal(parse(debian, &c), 0);
    check_config(&c);
    libxl_domain_config_dispose(&c);
}

/* What "xl list -l" of Xen 4.17 printed for a guest, its live parts aside. */
static const char listed[] =
    "{\n"
    "    \"c_info\": {\n"
    "        \"type\": \"pvh\",\n"
    "        \"name\": \"pvh1\",\n"
    "        \"domid\": 4294967295,\n"
    "        \"uuid\": \"997a6ec6-02b3-48b8-8e8d-d2e6093ccc58\",\n"
    "        \"run_hotplug_scripts\": \"True\"\n"
    "    },\n"
    "    \"b_info\": {\n"
    "        \"max_vcpus\": 2,\n"
    "        \"avail_vcpus\": [\n"
    "            0\n"
    "        ],\n"
    "        \"max_memkb\": 262144,\n"
    "        \"target_memkb\": 163840,\n"
    "        \"video_memkb\": 0,\n"
    "        \"sched_params\": {\n"
    "            \"weight\": 256,\n"
    "            \"cap\": 0\n"
    "        },\n"
    "        \"claim_mode\": \"True\",\n"
    "        \"kernel\": \"/domu-vmlinuz\",\n"
    "        \"cmdline\": \"console=hvc0 domu=1\",\n"
    "        \"ramdisk\": \"/domu.gz\",\n"
    "        \"type.pvh\": {\n\n"
    "        },\n"
    "        \"arch_arm\": {\n\n"
    "        },\n"
    "        \"arch_x86\": {\n"
    "            \"msr_relaxed\": \"False\"\n"
    "        }\n"
    "    },\n"
    "    \"disks\": [\n"
    "        {\n"
    "            \"pdev_path\": \"/tmp/disk.img\",\n"
    "            \"vdev\": \"xvda\",\n"
    "            \"format\": \"raw\",\n"
    "            \"script\": \"/etc/xen/nb\",\n"
    "            \"readwrite\": 1,\n"
    "            \"colo_restore_enable\": \"False\"\n"
    "        }\n"
    "    ],\n"
    "    \"nics\": [\n"
    "        {\n"
    "            \"devid\": 0,\n"
    "            \"mac\": \"00:16:3e:00:00:01\",\n"
    "            \"bridge\": \"xenbr0\",\n"
    "            \"script\": \"/etc/xen/nv\",\n"
    "            \"nictype\": \"vif\"\n"
    "        }\n"
    "    ],\n"
    "    \"p9s\": [\n"
    "        {\n"
    "            \"tag\": \"share\",\n"
    "            \"path\": \"/srv/x\",\n"
    "            \"security_model\": \"none\"\n"
    "        }\n"
    "    ],\n"
    "    \"on_reboot\": \"restart\",\n"
    "    \"on_soft_reset\": \"soft_reset\"\n"
    "}\n";

static void test_same_words(void **state)
{
    libxl_domain_config c;
    char *text;

    assert_int_equal(parse(listed, &c), 0);
    text = libxl_domain_config_to_json(&c);
    assert_string_equal(text, listed);
    free(text);
    libxl_domain_config_dispose(&c);
}

static void test_bad_json(void **state)
{
    static const struct
    {
        const char *text, *wrong;
    } cases[] = {
        { "", "JSON" },
        { "[]", "JSON" },
        { "{ \"c_info\": ", "JSON" },
        { "{}", "type.pvh" },
        { "{ \"c_info\": { \"type\": \"hvm\" }, \"b_info\": { \"type.pvh\": {} "
          "} }",
          "\"type\"" },
        { "{ \"c_info\": { \"name\": 5 }, \"b_info\": { \"type.pvh\": {} } }",
          "\"name\"" },
        { "{ \"c_info\": { \"uuid\": \"x\" }, \"b_info\": { \"type.pvh\": {} } "
          "}",
          "\"uuid\"" },
        { "{ \"b_info\": { \"type.pvh\": {}, \"max_vcpus\": \"2\" } }",
          "max_vcpus" },
        { "{ \"b_info\": { \"type.pvh\": {}, \"max_vcpus\": 99999999999 } }",
          "max_vcpus" },
        { "{ \"b_info\": { \"type.pvh\": {}, \"nested_hvm\": \"maybe\" } }",
          "nested_hvm" },
        { "{ \"b_info\": { \"type.pvh\": {}, \"vcpu_hard_affinity\": [ [ -1 ] "
          "] } }",
          "affinity" },
        { "{ \"b_info\": { \"type.pvh\": {} }, \"disks\": [ {} ] }", "vdev" },
        { "{ \"b_info\": { \"type.pvh\": {} }, \"nics\": [ { \"mac\": \"z\" } "
          "] }",
          "mac" },
        { "{ \"b_info\": { \"type.pvh\": {} }, \"p9s\": [ { \"tag\": \"t\" } "
          "] }",
          "p9s" },
    };
    libxl_domain_config c;

    for ( size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++ )
    {
        assert_int_equal(parse(cases[i].text, &c), ERROR_INVAL);
        if ( !strstr(message, cases[i].wrong) )
            fail_msg("case %zu: %s", i, message);
        libxl_domain_config_dispose(&c);
    }
}

/* A file's bytes; its length. */
static size_t write_file(uint8_t *bytes, size_t room)
{
    libxl_domain_config c;
    int fd = memfd_create("save", 0);
    ssize_t n;

    assert_int_equal(parse(debian, &c), 0);
    assert_true(savefile_write(fd, "test", &c));
    libxl_domain_config_dispose(&c);
    n = pread(fd, bytes, room, 0);
    assert_true(n > 48);
    close(fd);
    return n;
}

static bool read_file(const uint8_t *bytes, size_t size, libxl_domain_config *c,
                      off_t *end)
{
    int fd = memfd_create("save", 0), saved = dup(STDERR_FILENO);
    bool ok;

    assert_int_equal(write(fd, bytes, size), size);
    lseek(fd, 0, SEEK_SET);
    libxl_domain_config_init(c);
    assert_non_null(freopen("/dev/null", "w", stderr));
    ok = savefile_read(fd, "test", true, c);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    *end = lseek(fd, 0, SEEK_CUR);
    close(fd);
    return ok;
}

static void test_there_and_back(void **state)
{
    uint8_t bytes[8192];
    size_t n = write_file(bytes, sizeof(bytes) - 100);
    libxl_domain_config c;
    off_t end;

    /* What follows is left for who reads the image. */
    memset(bytes + n, 0x77, 100);
    assert_true(read_file(bytes, n + 100, &c, &end));
    assert_int_equal(end, n);
    check_config(&c);
    libxl_domain_config_dispose(&c);
}

static void test_damage(void **state)
{
    uint8_t good[8192], bytes[8192];
    size_t n = write_file(good, sizeof(good));
    libxl_domain_config c;
    off_t end;

    for ( size_t cut = 0; cut < n; cut += 7 )
    {
        assert_false(read_file(good, cut, &c, &end));
        libxl_domain_config_dispose(&c);
    }
    /* Magic, byte order, mandatory flags more and fewer, length. */
    static const struct
    {
        size_t at;
        uint8_t value;
    } damage[] = { { 0, 'x' }, { 31, 0 }, { 32, 9 },  { 36, 7 },
                   { 36, 1 },  { 36, 0 }, { 47, 99 }, { 51, 0x80 } };
    for ( size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++ )
    {
        memcpy(bytes, good, n);
        bytes[damage[i].at] = damage[i].value;
        if ( read_file(bytes, n, &c, &end) )
            fail_msg("damage at %zu was not seen", damage[i].at);
        libxl_domain_config_dispose(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_debian),
        cmocka_unit_test(test_same_words),
        cmocka_unit_test(test_bad_json),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
