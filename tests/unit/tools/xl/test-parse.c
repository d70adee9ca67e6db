/* SPDX-License-Identifier: MIT */
/* From xl.cfg texts to configurations, and what is refused with which words. */
/* TEST-SOURCES: tools/xl/xl_parse.c tools/xl/xl_parse_value.c */
/* TEST-SOURCES: tools/xl/xl_parse_refuse.c tools/xl/xl_parse_device.c */
/* TEST-SOURCES: tools/libs/cfg/cfg.c tools/libs/cfg/lex.c */
/* TEST-SOURCES: tools/libs/cfg/parse.c tools/libxl/libxl_types.c */
/* TEST-SOURCES: tools/libxl/libxl_disk_spec.c tools/libxl/libxl_nic_spec.c */
/* TEST-SOURCES: tools/libxl/libxl_disk.c tools/libs/guest/cpuid-names.c */
/* TEST-SOURCES: tools/libxl/libxl_spec.c tools/libxl/libxl_9pfs_spec.c */
/* TEST-SOURCES: tests/unit/tools/libxl/stubs.c */
/* TEST-CFLAGS: -Itools/xl -Itools/libxl */
/* TEST-LIBS: -luuid */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cfg.h>

#include "xl.h"

#define PVH "type='pvh'\nname='t'\nkernel='/k'\n"

static char messages[4096];

static void take(void *opaque, const char *line)
{
    strncat(messages, line, sizeof(messages) - strlen(messages) - 2);
    strcat(messages, "\n");
}

/* xl's memory functions, which end xl when there is none. */
void *xl_alloc(size_t n, size_t size)
{
    return calloc(n ? n : 1, size);
}

void *xl_realloc(void *p, size_t n, size_t size)
{
    return reallocarray(p, n, size);
}

char *xl_strdup(const char *s)
{
    return strdup(s);
}

bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
    char *end;

    *out = strtoul(text, &end, 10);
    return end != text && !*end && *out <= max;
}

static bool parse(const char *text, libxl_domain_config *config)
{
    struct cfg *cfg = cfg_new(take, NULL);
    bool ok;

    messages[0] = '\0';
    libxl_domain_config_init(config);
    ok = !cfg_parse(cfg, "t.cfg", text, strlen(text));
    assert_true(ok);
    ok = parse_domain_config(cfg, config);
    cfg_free(cfg);
    return ok;
}

static void everything(void **state)
{
    libxl_domain_config c;
    libxl_domain_build_info *b = &c.b_info;

    assert_true(parse(
        PVH "uuid='997a6ec6-02b3-48b8-8e8d-d2e6093ccc58'\n"
            "memory=192\nmaxmem=256\nvcpus=2\nmaxvcpus=4\n"
            "ramdisk='/r'\nroot='/dev/xvda1'\nextra='ro quiet'\n"
            "nestedhvm=1\ncpu_weight=512\ncap=50\npool='mine'\ncpus='0-3,^1'\n"
            "on_poweroff='preserve'\non_crash='restart'\n"
            "disk=['/a,raw,xvda,rw','/b,,xvdb,ro']\n"
            "p9=['tag=t,path=/p,security_model=none']\n"
            "vif=['bridge=br0','']\ncpuid='host,avx=0,vmx=1'\n"
            "tsc_mode='native'\ntimer_mode=2\nlocaltime=1\n"
            "rtc_timeoffset=-60\nmax_grant_frames=64\n"
            "max_event_channels=4096\nhap=1\nvnc=0\npci=[]\n"
            "serial='pty'\nnomigrate=1\n",
        &c));
    assert_string_equal(messages, "");
    assert_string_equal(c.c_info.name, "t");
    assert_true(c.c_info.have_uuid);
    assert_int_equal(c.c_info.uuid[0], 0x99);
    assert_int_equal(b->target_memkb, 192 << 10);
    assert_int_equal(b->max_memkb, 256 << 10);
    assert_int_equal(b->avail_vcpus, 2);
    assert_int_equal(b->max_vcpus, 4);
    assert_string_equal(b->cmdline, "root=/dev/xvda1 ro quiet");
    assert_true(b->nested_hvm);
    assert_int_equal(b->sched_weight, 512);
    assert_string_equal(c.c_info.pool_name, "mine");
    assert_int_equal(b->sched_cap, 50);
    assert_int_equal(b->nr_hard, 1);
    assert_int_equal(b->hard[0].map[0], 0x0d);
    assert_int_equal(c.on_poweroff, LIBXL_ACTION_ON_SHUTDOWN_PRESERVE);
    assert_int_equal(c.on_reboot, LIBXL_ACTION_ON_SHUTDOWN_RESTART);
    assert_int_equal(c.on_crash, LIBXL_ACTION_ON_SHUTDOWN_RESTART);
    assert_int_equal(c.num_disks, 2);
    assert_false(c.disks[1].readwrite);
    assert_int_equal(c.num_nics, 2);
    assert_string_equal(c.nics[0].bridge, "br0");
    assert_int_equal(c.num_p9s, 1);
    assert_string_equal(c.p9s[0].tag, "t");
    assert_int_equal(b->nr_cpuid, 2);
    assert_int_equal(b->tsc_mode, 2);
    assert_int_equal(b->timer_mode, 2);
    assert_true(b->localtime);
    assert_int_equal(b->rtc_timeoffset, -60);
    assert_int_equal(b->max_grant_frames, 64);
    assert_int_equal(b->event_channels, 4096);
    libxl_domain_config_dispose(&c);
}

static void least(void **state)
{
    libxl_domain_config c;

    assert_true(parse(PVH, &c));
    assert_int_equal(c.b_info.max_vcpus, 1);
    assert_null(c.b_info.cmdline);
    assert_false(c.b_info.nested_hvm);
    libxl_domain_config_dispose(&c);
}

static void unknown_is_a_warning(void **state)
{
    libxl_domain_config c;

    assert_true(parse(PVH "memroy=512\n", &c));
    assert_non_null(strstr(messages, "t.cfg:4:"));
    assert_non_null(strstr(messages, "memroy"));
    libxl_domain_config_dispose(&c);
}

/* Line 4 of each text is what is wrong, and is named. */
static void refused(void **state)
{
    static const struct
    {
        const char *line, *word;
    } rows[] = {
        { "memory='much'", "memory" },
        { "memory=0", "memory" },
        { "memory=[1]", "memory" },
        { "vcpus=0", "vcpus" },
        { "vcpus=129", "vcpus" },
        { "nestedhvm='perhaps'", "nestedhvm" },
        { "uuid='1234'", "UUID" },
        { "cpus='a-b'", "cpus" },
        { "cpus='^1'", "cpus" },
        { "cpus=['0','9999']", "cpus" },
        { "on_crash='explode'", "on_crash" },
        { "disk=['/a,raw']", "vdev" },
        { "disk=[['/a']]", "disk" },
        { "vif=['mac=1']", "mac" },
        { "p9=['tag=t,security_model=none']", "p9: path is missing" },
        { "pci=['01:00.0']", "VT-d" },
        { "vnc=1", "HVM" },
        { "bootloader='pygrub'", "kernel=" },
        { "acpi=0", "acpi" },
        { "tsc_mode='fast'", "tsc_mode" },
        { "timer_mode=9", "timer_mode" },
        { "cpuid='vmx=0'", "host" },
        { "cpuid='host,nosuch=1'", "nosuch" },
        { "cpuid='host,vmx=7'", "range" },
        { "cpuid=['1:ecx=0']", "cpuid" },
        { "builder='hvm';type='hvm'", "pvh" },
        { "type='pv'", "pvh" },
        { "type='ppc'", "type" },
        { "passthrough='enabled'", "VT-d" },
        { "memory=64;maxmem=32", "maxmem" },
        { "vcpus=4;maxvcpus=2", "maxvcpus" },
        { "seclabel='x'", "XSM" },
    };
    libxl_domain_config c;
    char text[256];
    size_t i;

    for ( i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        snprintf(text, sizeof(text), PVH "%s\n", rows[i].line);
        if ( parse(text, &c) )
            fail_msg("\"%s\" was taken", rows[i].line);
        if ( !strstr(messages, "t.cfg:4:") || !strstr(messages, rows[i].word) )
            fail_msg("\"%s\": message \"%s\" lacks the place or \"%s\"",
                     rows[i].line, messages, rows[i].word);
        libxl_domain_config_dispose(&c);
    }
}

static void missing(void **state)
{
    static const char *const texts[] = {
        "name='t'\nkernel='/k'\n",
        "type='pvh'\nkernel='/k'\n",
        "type='pvh'\nname='t'\n",
        "",
    };
    libxl_domain_config c;
    size_t i;

    for ( i = 0; i < sizeof(texts) / sizeof(texts[0]); i++ )
    {
        assert_false(parse(texts[i], &c));
        libxl_domain_config_dispose(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(least),
        cmocka_unit_test(unknown_is_a_warning),
        cmocka_unit_test(refused),
        cmocka_unit_test(missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
