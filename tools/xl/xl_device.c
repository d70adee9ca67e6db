/* SPDX-License-Identifier: MIT */
/* xl commands about disks and network interfaces. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

/* The arguments joined by commas are one specification. */
static char *join(int argc, char **argv, int first)
{
    size_t length = 1;
    char *spec;
    int i;

    for ( i = first; i < argc; i++ )
        length += strlen(argv[i]) + 1;
    spec = xl_alloc(length, 1);
    for ( i = first; i < argc; i++ )
    {
        strcat(spec, argv[i]);
        if ( i + 1 < argc )
            strcat(spec, ",");
    }
    return spec;
}

int main_block_attach(int argc, char **argv)
{
    libxl_device_disk disk;
    uint32_t domid;
    char err[256], *spec;
    int opt, rc;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    domid = find_domain(argv[optind]);
    spec = join(argc, argv, optind + 1);
    rc = libxl_disk_parse(spec, &disk, err, sizeof(err));
    if ( rc )
        fprintf(stderr, "xl: disk specification \"%s\": %s\n", spec, err);
    else
    {
        rc = libxl_device_disk_add(ctx, domid, &disk);
        libxl_device_disk_dispose(&disk);
    }
    free(spec);
    return xl_exit(rc);
}

int main_block_list(int argc, char **argv)
{
    libxl_device_info *list;
    int opt, nr, i;
    uint32_t domid;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle",
           "state", "evt-ch", "ring-ref", "BE-path");
    for ( ; optind < argc; optind++ )
    {
        domid = find_domain(argv[optind]);
        list = libxl_device_list(ctx, domid, "vbd", &nr);
        for ( i = 0; i < nr; i++ )
            printf("%-5d %-3d %-6u %-5d %-6d %-8d %-30s\n", list[i].devid,
                   list[i].backend_domid, domid, list[i].state, list[i].evtch,
                   list[i].ref_tx, list[i].backend);
        libxl_device_list_free(list, nr);
    }
    return EXIT_SUCCESS;
}

int main_block_detach(int argc, char **argv)
{
    static const struct long_name names[] = { { "force", 'f' }, { NULL, 0 } };
    bool force = force_execution;
    int opt, devid;

    FOREACH_LONG_OPTION(opt, argc, argv, "f", names, 2)
    {
    case 'f':
        force = true;
        break;
    }
    devid = libxl_vdev_to_devid(argv[optind + 1]);
    if ( devid < 0 )
    {
        fprintf(stderr, "Error: Device %s not connected.\n", argv[optind + 1]);
        return EXIT_FAILURE;
    }
    return xl_exit(libxl_device_remove(ctx, find_domain(argv[optind]), "vbd",
                                       devid, force));
}

int main_network_attach(int argc, char **argv)
{
    libxl_device_nic nic;
    uint32_t domid;
    char err[256], *spec;
    int opt, rc;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    domid = find_domain(argv[optind]);
    spec = join(argc, argv, optind + 1);
    rc = libxl_nic_parse(spec, &nic, err, sizeof(err));
    if ( rc )
        fprintf(stderr, "xl: vif specification \"%s\": %s\n", spec, err);
    else
    {
        rc = libxl_device_nic_add(ctx, domid, &nic);
        libxl_device_nic_dispose(&nic);
    }
    free(spec);
    return xl_exit(rc);
}

int main_network_list(int argc, char **argv)
{
    libxl_device_info *list;
    int opt, nr, i;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n", "Idx", "BE",
           "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref",
           "BE-path");
    for ( ; optind < argc; optind++ )
    {
        list = libxl_device_list(ctx, find_domain(argv[optind]), "vif", &nr);
        for ( i = 0; i < nr; i++ )
            printf("%-3d %-2d %-17s %6d %5d %6d %5d/%-11d %-30s\n",
                   list[i].devid, list[i].backend_domid,
                   list[i].mac ? list[i].mac : "", list[i].devid, list[i].state,
                   list[i].evtch, list[i].ref_tx, list[i].ref_rx,
                   list[i].backend);
        libxl_device_list_free(list, nr);
    }
    return EXIT_SUCCESS;
}

/* By number or by MAC address. */
static int find_nic(uint32_t domid, const char *text)
{
    libxl_device_info *list;
    unsigned long n;
    int nr, i, devid = -1;

    if ( parse_number(text, 255, &n) )
        return n;
    list = libxl_device_list(ctx, domid, "vif", &nr);
    for ( i = 0; i < nr; i++ )
        if ( list[i].mac && !strcasecmp(list[i].mac, text) )
            devid = list[i].devid;
    libxl_device_list_free(list, nr);
    return devid;
}

int main_network_detach(int argc, char **argv)
{
    static const struct long_name names[] = { { "force", 'f' }, { NULL, 0 } };
    bool force = force_execution;
    uint32_t domid;
    int opt, devid;

    FOREACH_LONG_OPTION(opt, argc, argv, "f", names, 2)
    {
    case 'f':
        force = true;
        break;
    }
    domid = find_domain(argv[optind]);
    devid = find_nic(domid, argv[optind + 1]);
    if ( devid < 0 )
    {
        fprintf(stderr, "Unknown device %s.\n", argv[optind + 1]);
        return EXIT_FAILURE;
    }
    return xl_exit(libxl_device_remove(ctx, domid, "vif", devid, force));
}
