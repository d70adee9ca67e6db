/* SPDX-License-Identifier: MIT */
/* Configurations that replace those of running domains at their next start. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cfg.h>

#include "xl.h"
#include "xl_cmds.h"

/* Kinds of files kept for a domain, by Xen's names. */
#define KIND_TEXT "xl"
#define KIND_JSON "libxl-json"

/* The file and the settings as one text; malloc()ed. */
static char *gather_text(const char *file, char **settings, int nr)
{
    char *text = NULL, chunk[4096];
    size_t size = 0, got;
    FILE *in = fopen(file, "re"), *out = open_memstream(&text, &size);
    int i;

    if ( !in || !out )
    {
        fprintf(stderr, "Failed to read config file: %s: %s\n", file,
                strerror(errno));
        if ( in )
            fclose(in);
        if ( out )
            fclose(out);
        free(text);
        return NULL;
    }
    while ( (got = fread(chunk, 1, sizeof(chunk), in)) )
        fwrite(chunk, 1, got, out);
    fclose(in);
    fputc('\n', out);
    for ( i = 0; i < nr; i++ )
        fprintf(out, "%s\n", settings[i]);
    fclose(out);
    return text;
}

static bool parse_text(const char *source, const char *text,
                       libxl_domain_config *config)
{
    struct cfg *cfg = cfg_new(NULL, NULL);
    bool ok = cfg && !cfg_parse(cfg, source, text, strlen(text)) &&
              parse_domain_config(cfg, config);

    if ( cfg )
        cfg_free(cfg);
    return ok;
}

/* What a restarted domain keeps whatever its new configuration says. */
static void keep_identity(libxl_domain_config *config, const char *name,
                          const uint8_t *uuid)
{
    memcpy(config->c_info.uuid, uuid, sizeof(config->c_info.uuid));
    config->c_info.have_uuid = true;
    free(config->c_info.name);
    config->c_info.name = xl_strdup(name);
}

bool load_updated_config(uint32_t domid, libxl_domain_config *config)
{
    char *text = libxl_userdata_retrieve(ctx, domid, KIND_TEXT);
    libxl_domain_config fresh;
    bool ok = false;

    if ( !text )
        return false;
    libxl_domain_config_init(&fresh);
    if ( parse_text("updated configuration", text, &fresh) )
    {
        printf("\"xl\" configuration found, using it\n");
        apply_host_defaults(&fresh);
        keep_identity(&fresh, config->c_info.name, config->c_info.uuid);
        libxl_domain_config_dispose(config);
        *config = fresh;
        ok = true;
    }
    else
        libxl_domain_config_dispose(&fresh);
    free(text);
    return ok;
}

static int store_config(uint32_t domid, const char *text,
                        libxl_domain_config *config)
{
    libxl_dominfo info;
    char *name = domain_name(domid), *json;
    int rc = libxl_domain_info(ctx, &info, domid);

    if ( !rc )
    {
        keep_identity(config, name, info.uuid);
        printf("setting dom%u configuration\n", domid);
        rc = libxl_userdata_store(ctx, domid, KIND_TEXT, text);
    }
    json = rc ? NULL : libxl_domain_config_to_json(config);
    if ( json )
        rc = libxl_userdata_store(ctx, domid, KIND_JSON, json);
    free(json);
    free(name);
    return xl_exit(rc);
}

int main_config_update(int argc, char **argv)
{
    libxl_domain_config config;
    int opt, ret = EXIT_FAILURE;
    uint32_t domid;
    char *text;

    FOREACH_OPTION(opt, argc, argv, "", 2)
    {
    }
    domid = find_domain(argv[optind]);
    text = gather_text(argv[optind + 1], argv + optind + 2, argc - optind - 2);
    if ( !text )
        return EXIT_FAILURE;
    libxl_domain_config_init(&config);
    if ( parse_text(argv[optind + 1], text, &config) )
        ret = store_config(domid, text, &config);
    else
        fprintf(stderr, "Nothing was changed.\n");
    libxl_domain_config_dispose(&config);
    free(text);
    return ret;
}
