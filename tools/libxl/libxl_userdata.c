/* SPDX-License-Identifier: MIT */
/* Files that belong to a domain: the configuration it was created from. */

/* Named userdata-d.DOMID.UUID.KIND, as Xen's libxl names them. */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libxl_internal.h"

#define USERDATA_DIR "/var/lib/xen"
#define USERDATA_MAX (4u << 20)

static char *file_name(libxl_ctx *ctx, uint32_t domid, const char *kind)
{
    libxl_dominfo info;
    char uuid[UUID_STR_LEN];

    if ( libxl_domain_info(ctx, &info, domid) )
        return NULL;
    uuid_unparse_lower(info.uuid, uuid);
    return libxl__asprintf("%s/userdata-d.%u.%s.%s", USERDATA_DIR, domid, uuid,
                           kind);
}

int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *kind,
                         const char *text)
{
    char *name = file_name(ctx, domid, kind), *temp;
    int fd, rc = ERROR_FAIL;
    FILE *f = NULL;
    bool written;

    if ( !name )
        return ERROR_FAIL;
    (void)mkdir(USERDATA_DIR, 0755);
    temp = libxl__asprintf("%s.new", name);
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if ( fd >= 0 && (f = fdopen(fd, "w")) )
    {
        written = fputs(text, f) >= 0;
        if ( !fclose(f) && written && !rename(temp, name) )
            rc = 0;
    }
    else if ( fd >= 0 )
        close(fd);
    if ( rc )
    {
        LOGED(ctx, ERROR, domid, "cannot write %s", name);
        (void)unlink(temp);
    }
    free(temp);
    free(name);
    return rc;
}

char *libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *kind)
{
    char *name = file_name(ctx, domid, kind), *text = NULL;
    struct stat st;
    FILE *f;

    if ( !name )
        return NULL;
    f = fopen(name, "re");
    if ( f && !fstat(fileno(f), &st) && st.st_size < USERDATA_MAX )
    {
        text = libxl__calloc(st.st_size + 1, 1);
        if ( fread(text, 1, st.st_size, f) != (size_t)st.st_size )
        {
            free(text);
            text = NULL;
        }
    }
    if ( f )
        fclose(f);
    free(name);
    return text;
}

void libxl__userdata_destroy(libxl_ctx *ctx, uint32_t domid)
{
    char *pattern = libxl__asprintf("%s/userdata-?.%u.*", USERDATA_DIR, domid);
    glob_t found;
    size_t i;

    if ( !glob(pattern, GLOB_NOSORT, NULL, &found) )
    {
        for ( i = 0; i < found.gl_pathc; i++ )
            (void)unlink(found.gl_pathv[i]);
        globfree(&found);
    }
    free(pattern);
}
