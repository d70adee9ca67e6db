/* SPDX-License-Identifier: MIT */
/* xl, the command line of the toolstack: options, then one command. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl.h"

libxl_ctx *ctx;
xentoollog_logger_stdiostream *logger;
bool dryrun_only, force_execution;

static int run(const struct cmd_spec *cmd, int argc, char **argv)
{
    int ret;

    if ( dryrun_only && !cmd->dry_run )
    {
        fprintf(stderr, "command does not implement -N (dryrun) option\n");
        return EXIT_FAILURE;
    }
    optind = 1;
    opterr = 0;
    ret = cmd->run(argc, argv);
    if ( fflush(stdout) )
        return EXIT_FAILURE;
    return ret;
}

int main(int argc, char **argv)
{
    const struct cmd_spec *cmd;
    xentoollog_level level = XTL_PROGRESS;
    unsigned int flags = 0;
    const char *why;
    int opt, ret;

    while ( (opt = getopt(argc, argv, "+vftTN")) >= 0 )
        switch ( opt )
        {
        case 'v':
            if ( level > XTL_DEBUG )
                level--;
            break;
        case 'N':
            dryrun_only = true;
            break;
        case 'f':
            force_execution = true;
            break;
        case 't':
            break; /* progress bars: there are none */
        case 'T':
            flags = XTL_STDIOSTREAM_SHOW_DATE | XTL_STDIOSTREAM_SHOW_PID;
            break;
        default:
            fprintf(stderr, "unknown global option\n");
            return EXIT_FAILURE;
        }
    if ( optind == argc )
    {
        help(NULL);
        return EXIT_FAILURE;
    }

    cmd = cmd_lookup(argv[optind]);
    if ( !cmd )
    {
        why = cmd_unsupported(argv[optind]);
        fprintf(stderr, "command not implemented: %s (%s)\n", argv[optind],
                why ? why : "try \"xl help\"");
        return EXIT_FAILURE;
    }

    logger = xtl_createlogger_stdiostream(stderr, level, flags);
    if ( !logger )
        return EXIT_FAILURE;
    ret = run(cmd, argc - optind, argv + optind);
    libxl_ctx_free(ctx);
    xtl_logger_destroy((xentoollog_logger *)logger);
    return ret;
}
