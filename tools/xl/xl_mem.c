/* SPDX-License-Identifier: MIT */
/* xl commands about a domain's memory. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "xl.h"
#include "xl_cmds.h"

static int set_memory(int argc, char **argv,
                      int (*set)(libxl_ctx *, uint32_t, uint64_t))
{
    int64_t kb;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    kb = parse_mem_kb(argv[optind + 1]);
    if ( kb <= 0 )
    {
        fprintf(stderr, "invalid memory size: %s\n", argv[optind + 1]);
        return EXIT_FAILURE;
    }
    return xl_exit(set(ctx, find_domain(argv[optind]), kb));
}

int main_mem_set(int argc, char **argv)
{
    return set_memory(argc, argv, libxl_set_memory_target);
}

int main_mem_max(int argc, char **argv)
{
    return set_memory(argc, argv, libxl_domain_setmaxmem);
}
