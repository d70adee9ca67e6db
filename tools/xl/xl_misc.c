/* SPDX-License-Identifier: MIT */
/* xl commands about the hypervisor's console, and help. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

#define CONSOLE_CHUNK 32768u
#define NO_XSM        255 /* Xen's exit status where there is no XSM */

int main_dmesg(int argc, char **argv)
{
    char buf[CONSOLE_CHUNK];
    unsigned int nr;
    uint32_t index = 0;
    bool clear = false;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "c", 0)
    {
    case 'c':
        clear = true;
        break;
    }
    /* From the oldest on, as much as there is. */
    do
    {
        nr = sizeof(buf);
        if ( xc_readconsolering(libxl_ctx_xch(ctx), buf, &nr, 0, 1, &index) )
        {
            fprintf(stderr, "xl: cannot read the console ring: %s\n",
                    strerror(errno));
            return EXIT_FAILURE;
        }
        fwrite(buf, 1, nr, stdout);
    } while ( nr == sizeof(buf) );

    nr = sizeof(buf);
    if ( clear && xc_readconsolering(libxl_ctx_xch(ctx), buf, &nr, 1, 0, NULL) )
    {
        fprintf(stderr, "xl: cannot clear the console ring: %s\n",
                strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main_debug_keys(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    if ( !xc_send_debug_keys(libxl_ctx_xch(ctx), argv[optind]) )
        return EXIT_SUCCESS;
    fprintf(stderr, "cannot send debug keys: %s: %s\n", argv[optind],
            strerror(errno));
    return EXIT_FAILURE;
}

int main_set_parameters(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 1)
    {
    }
    if ( !xc_set_parameters(libxl_ctx_xch(ctx), argv[optind]) )
        return EXIT_SUCCESS;
    fprintf(stderr, "cannot set parameters: %s: %s\n", argv[optind],
            strerror(errno));
    return EXIT_FAILURE;
}

int main_help(int argc, char **argv)
{
    help(argc > 1 ? argv[1] : NULL);
    return EXIT_SUCCESS;
}

int main_getenforce(int argc, char **argv)
{
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 0)
    {
    }
    printf("Flask XSM Disabled\n");
    return NO_XSM;
}
