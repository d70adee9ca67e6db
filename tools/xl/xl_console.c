/* SPDX-License-Identifier: MIT */
/* xl console: become the program that shows a domain's console. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

int main_console(int argc, char **argv)
{
    const char *escape = NULL;
    unsigned long num = 0;
    uint32_t domid;
    int opt;

    FOREACH_OPTION(opt, argc, argv, "n:t:e:", 1)
    {
    case 'n':
        if ( !parse_number(optarg, 255, &num) )
        {
            fprintf(stderr, "Invalid console number \"%s\"\n", optarg);
            return EXIT_FAILURE;
        }
        break;
    case 't':
        if ( strcmp(optarg, "pv") )
        {
            fprintf(stderr, "console type supported is: pv\n");
            return EXIT_FAILURE;
        }
        break;
    case 'e':
        escape = optarg;
        break;
    }
    domid = find_domain(argv[optind]);
    if ( !domid )
    {
        fprintf(stderr, "Dom0's console is this machine's own: it has none "
                        "that could be shown\n");
        return EXIT_FAILURE;
    }
    (void)libxl_console_exec(ctx, domid, num, -1, escape);
    return EXIT_FAILURE;
}
