/* SPDX-License-Identifier: MIT */
/* xl create: start a domain, show its console, see to its end. */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cfg.h>

#include "xl.h"
#include "xl_cmds.h"

struct create_options
{
    const char *file;
    bool paused, console, dry_run, quiet, foreground, no_wait;
    char **settings; /* more lines of configuration */
    int nr_settings;
};

/* --- configuration --- */

static struct cfg *read_config(const struct create_options *o)
{
    struct cfg *cfg = cfg_new(NULL, NULL);
    int i, rc = 0;

    if ( !cfg )
    {
        fprintf(stderr, "xl: out of memory\n");
        return NULL;
    }
    if ( o->file )
    {
        if ( !o->quiet )
            fprintf(stderr, "Parsing config from %s\n", o->file);
        rc = cfg_parse_file(cfg, o->file);
    }
    for ( i = 0; i < o->nr_settings && !rc; i++ )
        rc = cfg_parse(cfg, "command line", o->settings[i],
                       strlen(o->settings[i]));
    if ( rc )
    {
        fprintf(stderr, "Failed to parse config: no domain was created.\n");
        cfg_free(cfg);
        return NULL;
    }
    return cfg;
}

/* --- the command --- */

static int start(const struct create_options *o, libxl_domain_config *config)
{
    const struct start_options how = {
        .paused = o->paused,
        .console = o->console,
        .foreground = o->foreground,
        .no_wait = o->no_wait,
    };
    uint32_t domid;
    int rc;

    catch_signals(true);
    rc = libxl_domain_create_new(ctx, config, &domid);
    catch_signals(false);
    return rc ? EXIT_FAILURE : start_domain(domid, config, &how);
}

static int create(const struct create_options *o)
{
    struct cfg *cfg = read_config(o);
    libxl_domain_config config;
    int ret = EXIT_FAILURE;

    if ( !cfg )
        return EXIT_FAILURE;
    libxl_domain_config_init(&config);
    if ( !parse_domain_config(cfg, &config) )
        fprintf(stderr, "No domain was created.\n");
    else if ( o->dry_run )
    {
        print_config(-1, &config);
        ret = EXIT_SUCCESS;
    }
    else
    {
        need_context();
        apply_host_defaults(&config);
        ret = start(o, &config);
    }
    libxl_domain_config_dispose(&config);
    cfg_free(cfg);
    return ret;
}

int main_create(int argc, char **argv)
{
    static const struct long_name names[] = {
        { "defconfig", 'f' }, { "dryrun", 'n' }, { "quiet", 'q' }, { NULL, 0 }
    };
    struct create_options o = { .dry_run = dryrun_only };
    int opt;

    o.file = take_leading_file(&argc, &argv);
    FOREACH_LONG_OPTION(opt, argc, argv, "Ff:npqced", names, 0)
    {
    case 'f':
        o.file = optarg;
        break;
    case 'p':
        o.paused = true;
        break;
    case 'c':
        o.console = true;
        break;
    case 'n':
        o.dry_run = true;
        break;
    case 'q':
        o.quiet = true;
        break;
    case 'F':
        o.foreground = true;
        break;
    case 'e':
        o.no_wait = true;
        break;
    case 'd':
        break;
    }

    /* What has an equals sign is a setting; the rest is the file. */
    if ( optind < argc && !o.file && !strchr(argv[optind], '=') )
        o.file = argv[optind++];
    o.settings = argv + optind;
    o.nr_settings = argc - optind;
    if ( !o.file && !o.nr_settings )
    {
        fprintf(stderr, "'xl create' requires a configuration file.\n\n");
        help(argv[0]);
        return EXIT_FAILURE;
    }
    return create(&o);
}
