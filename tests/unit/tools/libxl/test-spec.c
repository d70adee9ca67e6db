/* SPDX-License-Identifier: MIT */
/* Disk, vif and p9 specifications, virtual device names. */
/* TEST-SOURCES: tools/libxl/libxl_disk_spec.c tools/libxl/libxl_nic_spec.c */
/* TEST-SOURCES: tools/libxl/libxl_disk.c tools/libxl/libxl_types.c */
/* TEST-CFLAGS: -Itools/libxl */
/* TEST-SOURCES: tools/libxl/libxl_spec.c tools/libxl/libxl_9pfs_spec.c */
/* TEST-SOURCES: tests/unit/tools/libxl/stubs.c */
/* TEST-LIBS: -luuid */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "libxl_internal.h"

static void disks(void **state)
{
    /* The first four are the manual's examples of one and the same disk. */
    static const struct
    {
        const char *spec, *target, *vdev;
        bool rw, cdrom;
    } rows[] = {
        { "/dev/vg/guest-volume,,hda", "/dev/vg/guest-volume", "hda", true },
        { "/dev/vg/guest-volume,raw,hda,rw", "/dev/vg/guest-volume", "hda",
          true },
        { "format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume",
          "/dev/vg/guest-volume", "hda", true },
        { "raw:/dev/vg/guest-volume,hda,w", "/dev/vg/guest-volume", "hda",
          true },
        { "/root/image.iso,,hdc,cdrom", "/root/image.iso", "hdc", false, true },
        { "/root/image.iso,,hdc,,cdrom", "/root/image.iso", "hdc", false,
          true },
        { "/root/image.iso,raw,hdc,devtype=cdrom", "/root/image.iso", "hdc",
          false, true },
        { "raw:/root/image.iso,hdc:cdrom,ro", "/root/image.iso", "hdc", false,
          true },
        { "phy:vg/x,xvda1,r", "/dev/vg/x", "xvda1", false },
        { "file:/a.img,sda,w", "/a.img", "sda", true },
        { "vdev=xvdb,target=/with,comma=1", "/with,comma=1", "xvdb", true },
        { "vdev=xvda, access=ro, script=my, target=/x", "/x", "xvda", false },
    };
    libxl_device_disk disk;
    char err[256];
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        if ( libxl_disk_parse(rows[i].spec, &disk, err, sizeof(err)) )
            fail_msg("\"%s\": %s", rows[i].spec, err);
        assert_string_equal(disk.pdev_path, rows[i].target);
        assert_string_equal(disk.vdev, rows[i].vdev);
        assert_int_equal(disk.readwrite, rows[i].rw);
        assert_int_equal(disk.is_cdrom, rows[i].cdrom);
        assert_int_equal(disk.format, LIBXL_DISK_FORMAT_RAW);
        libxl_device_disk_dispose(&disk);
    }

    assert_int_equal(libxl_disk_parse(",,hdc,cdrom", &disk, err, sizeof(err)),
                     0);
    assert_int_equal(disk.format, LIBXL_DISK_FORMAT_EMPTY);
    libxl_device_disk_dispose(&disk);
    assert_int_equal(libxl_disk_parse("/a,qcow2,xvda", &disk, err, sizeof(err)),
                     0);
    assert_int_equal(disk.format, LIBXL_DISK_FORMAT_OTHER);
    libxl_device_disk_dispose(&disk);
}

static void bad_disks(void **state)
{
    static const struct
    {
        const char *spec, *word;
    } rows[] = {
        { "", "vdev is missing" },
        { "/a", "vdev is missing" },
        { "vdev=xvda", "target is missing" },
        { "/a,raw,nosuch", "nosuch" },
        { "/a,xyz,xvda", "format" },
        { "/a,raw,xvda,rx", "access" },
        { "/a,raw,xvda,rw,more", "unexpected" },
        { "/a,raw,xvda,colour=red", "colour" },
        { "/a,raw,xvda,vdev=xvdb", "twice" },
        { "/a,raw,xvda,backendtype=qdisk", "qdisk" },
        { "/a,raw,xvda,backend=driver", "driver domains" },
        { "/a,raw,hdc:tape", "device type" },
    };
    libxl_device_disk disk;
    char err[256];
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        if ( !libxl_disk_parse(rows[i].spec, &disk, err, sizeof(err)) )
            fail_msg("\"%s\" was taken", rows[i].spec);
        if ( !strstr(err, rows[i].word) )
            fail_msg("\"%s\": \"%s\" lacks \"%s\"", rows[i].spec, err,
                     rows[i].word);
    }
}

static void vdevs(void **state)
{
    static const struct
    {
        const char *name;
        int devid;
    } rows[] = {
        { "xvda", 51712 },
        { "xvda1", 51713 },
        { "xvdb", 51728 },
        { "xvdp15", (202 << 8) | 255 },
        { "xvdq", 1 << 28 | 16 << 8 },
        { "xvdaa", 1 << 28 | 26 << 8 },
        { "xvda16", 1 << 28 | 16 },
        { "sda", 2048 },
        { "sdb1", 2065 },
        { "hda", 768 },
        { "hdb", 832 },
        { "hdc", 5632 },
        { "d0", 51712 },
        { "d16p3", 1 << 28 | 16 << 8 | 3 },
        { "51712", 51712 },
        { "xvd", -1 },
        { "xvda0", -1 },
        { "xvd1", -1 },
        { "sdq", -1 },
        { "hde", -1 },
        { "", -1 },
        { "xvda256", -1 },
        { "d", -1 },
        { "foo", -1 },
        { "xvda-1", -1 },
    };
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(rows); i++ )
        if ( libxl_vdev_to_devid(rows[i].name) != rows[i].devid )
            fail_msg("%s: %d, not %d", rows[i].name,
                     libxl_vdev_to_devid(rows[i].name), rows[i].devid);
}

static void nics(void **state)
{
    libxl_device_nic nic;
    char err[256];

    assert_int_equal(
        libxl_nic_parse("mac=00:16:3e:01:02:ff, bridge=br1,type=vif,"
                        "rate=10Mb/s@20ms,mtu=9000,vifname=web,ip=10.0.0.2",
                        &nic, err, sizeof(err)),
        0);
    assert_true(nic.have_mac);
    assert_int_equal(nic.mac[5], 0xff);
    assert_string_equal(nic.bridge, "br1");
    assert_string_equal(nic.ifname, "web");
    assert_int_equal(nic.mtu, 9000);
    assert_int_equal(nic.rate_bytes_per_interval, 25000);
    assert_int_equal(nic.rate_interval_usecs, 20000);
    libxl_device_nic_dispose(&nic);

    assert_int_equal(libxl_nic_parse("", &nic, err, sizeof(err)), 0);
    assert_false(nic.have_mac);
    assert_int_equal(nic.devid, -1);
    libxl_device_nic_dispose(&nic);
}

static void bad_nics(void **state)
{
    static const struct
    {
        const char *spec, *word;
    } rows[] = {
        { "mac=00:16:3e:01:02", "form" },
        { "mac=00:16:3e:01:02:zz", "form" },
        { "mac=00:16:3e:01:02:03:04", "form" },
        { "mac=01:16:3e:01:02:03", "multicast" },
        { "bridge", "parameter=value" },
        { "color=red", "color" },
        { "type=ioemu", "HVM" },
        { "rate=fast", "form" },
        { "rate=10Mx/s", "unit" },
        { "rate=10Mb/s@20min", "interval" },
        { "mtu=-1", "number" },
        { "vifname=averyverylongname", "15" },
        { "backend=net", "driver domains" },
    };
    libxl_device_nic nic;
    char err[256];
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        if ( !libxl_nic_parse(rows[i].spec, &nic, err, sizeof(err)) )
            fail_msg("\"%s\" was taken", rows[i].spec);
        if ( !strstr(err, rows[i].word) )
            fail_msg("\"%s\": \"%s\" lacks \"%s\"", rows[i].spec, err,
                     rows[i].word);
    }
}

static void p9s(void **state)
{
    libxl_device_p9 p9;
    char err[256];

    assert_int_equal(
        libxl_p9_parse("tag=share, path=/srv/a=b,security_model=mapped-file,"
                       "backend=0",
                       &p9, err, sizeof(err)),
        0);
    assert_string_equal(p9.tag, "share");
    assert_string_equal(p9.path, "/srv/a=b");
    assert_string_equal(p9.security_model, "mapped-file");
    libxl_device_p9_dispose(&p9);

    /* The last one counts. */
    assert_int_equal(libxl_p9_parse("tag=a,tag=b,path=/,security_model=none",
                                    &p9, err, sizeof(err)),
                     0);
    assert_string_equal(p9.tag, "b");
    libxl_device_p9_dispose(&p9);
}

static void bad_p9s(void **state)
{
    static const struct
    {
        const char *spec, *word;
    } rows[] = {
        { "", "tag is missing" },
        { "tag=,path=/x,security_model=none", "tag is missing" },
        { "path=/x,security_model=none", "tag is missing" },
        { "tag=t,security_model=none", "path is missing" },
        { "tag=t,path=x,security_model=none", "slash" },
        { "tag=t,path=/x", "security_model is missing" },
        { "tag=t,path=/x,security_model=open", "\"open\" is not one of" },
        { "tag=t,path=/x,security_model=none,mode=ro", "mode" },
        { "tag=t,path=/x,security_model=none,ro", "parameter=value" },
        { "tag=t,path=/x,security_model=none,backend=nas", "driver domains" },
    };
    libxl_device_p9 p9;
    char err[256];
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        if ( !libxl_p9_parse(rows[i].spec, &p9, err, sizeof(err)) )
            fail_msg("\"%s\" was taken", rows[i].spec);
        if ( !strstr(err, rows[i].word) )
            fail_msg("\"%s\": \"%s\" lacks \"%s\"", rows[i].spec, err,
                     rows[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disks),    cmocka_unit_test(bad_disks),
        cmocka_unit_test(vdevs),    cmocka_unit_test(nics),
        cmocka_unit_test(bad_nics), cmocka_unit_test(p9s),
        cmocka_unit_test(bad_p9s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
