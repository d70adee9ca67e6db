/* SPDX-License-Identifier: MIT */
/* Read a configuration from a file. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static int read_all(FILE *file, char **text, size_t *len)
{
    size_t max = 0, got;

    *text = NULL;
    *len = 0;

    do
    {
        if ( *len == max )
        {
            char *grown;

            /* One byte more than allowed is enough to be refused. */
            if ( max > CFG_MAX_TEXT )
                return 0;
            max = max ? max * 2 : 4096;
            grown = realloc(*text, max);
            if ( !grown )
                return -ENOMEM;
            *text = grown;
        }

        got = fread(*text + *len, 1, max - *len, file);
        *len += got;
    } while ( got );

    return ferror(file) ? -EIO : 0;
}

int cfg_parse_file(struct cfg *cfg, const char *path)
{
    bool is_stdin = !strcmp(path, "-");
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    char line[1024];
    char *text = NULL;
    size_t len;
    int rc;

    if ( !file )
    {
        rc = -errno;
        goto fail;
    }

    rc = read_all(file, &text, &len);
    if ( !is_stdin )
        fclose(file);
    if ( rc )
        goto fail;

    rc = cfg_parse(cfg, is_stdin ? "<stdin>" : path, text, len);
    free(text);
    return rc;

fail:
    snprintf(line, sizeof(line), "%s: %s", path, strerror(-rc));
    cfg->report(cfg->opaque, line);
    free(text);
    return rc;
}
