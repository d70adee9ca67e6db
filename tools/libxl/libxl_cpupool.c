/* SPDX-License-Identifier: MIT */
/* Pools of CPUs: made, named, filled, emptied, and domains moved to them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "libxl_internal.h"

static int pool_failed(libxl_ctx *ctx, uint32_t poolid, const char *what)
{
    LOGE(ctx, ERROR, "pool %u: cannot %s", poolid, what);
    return ERROR_FAIL;
}

char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t poolid)
{
    char *name = libxl__xs_read(ctx, path("/local/pool/%u/name", poolid));

    if ( !name && !poolid )
        name = libxl__strdup("Pool-0");
    return name;
}

int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *text,
                                         uint32_t *poolid)
{
    unsigned long number;
    xc_cpupoolinfo_t *pool;
    char *end, *name;
    uint32_t id = 0;
    int rc = ERROR_NOTFOUND;

    number = strtoul(text, &end, 10);
    if ( end == text || *end )
        number = UINT32_MAX;
    while ( rc && (pool = xc_cpupool_getinfo(ctx->xch, id)) )
    {
        id = pool->cpupool_id;
        name = libxl_cpupoolid_to_name(ctx, id);
        if ( number == id || (name && !strcmp(name, text)) )
        {
            *poolid = id;
            rc = 0;
        }
        free(name);
        xc_cpupool_infofree(ctx->xch, pool);
        id++;
    }
    return rc;
}

int libxl_cpupool_rename(libxl_ctx *ctx, uint32_t poolid, const char *name)
{
    return libxl__xs_write(ctx, path("/local/pool/%u/name", poolid), "%s",
                           name);
}

int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t poolid,
                         const libxl_bitmap *cpus)
{
    for ( unsigned int cpu = 0; cpu < cpus->size * 8; cpu++ )
        if ( (cpus->map[cpu / 8] >> (cpu % 8)) & 1 &&
             xc_cpupool_addcpu(ctx->xch, poolid, cpu) )
        {
            LOGE(ctx, ERROR, "pool %u: cannot add CPU %u", poolid, cpu);
            return ERROR_FAIL;
        }
    return 0;
}

int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t poolid,
                            const libxl_bitmap *cpus)
{
    for ( unsigned int cpu = 0; cpu < cpus->size * 8; cpu++ )
        if ( (cpus->map[cpu / 8] >> (cpu % 8)) & 1 &&
             xc_cpupool_removecpu(ctx->xch, poolid, cpu) )
        {
            LOGE(ctx, ERROR, "pool %u: cannot remove CPU %u", poolid, cpu);
            return ERROR_FAIL;
        }
    return 0;
}

int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t poolid, uint32_t domid)
{
    return xc_cpupool_movedomain(ctx->xch, poolid, domid)
               ? pool_failed(ctx, poolid, "move the domain there")
               : 0;
}

/* Without its CPUs, then itself, then what XenStore says of it. */
int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t poolid)
{
    xc_cpupoolinfo_t *pool = xc_cpupool_getinfo(ctx->xch, poolid);
    int size = xc_get_cpumap_size(ctx->xch), rc;
    libxl_bitmap cpus;

    if ( !pool || pool->cpupool_id != poolid || size < 0 )
    {
        xc_cpupool_infofree(ctx->xch, pool);
        return ERROR_NOTFOUND;
    }
    if ( pool->n_dom )
    {
        LOG(ctx, ERROR, "pool %u: has domains", poolid);
        xc_cpupool_infofree(ctx->xch, pool);
        return ERROR_INVAL;
    }
    cpus = (libxl_bitmap){ .size = size, .map = pool->cpumap };
    rc = libxl_cpupool_cpuremove(ctx, poolid, &cpus);
    xc_cpupool_infofree(ctx->xch, pool);
    if ( rc )
        return rc;
    if ( xc_cpupool_destroy(ctx->xch, poolid) )
        return pool_failed(ctx, poolid, "destroy it");
    return libxl__xs_rm(ctx, path("/local/pool/%u", poolid));
}

int libxl_cpupool_create(libxl_ctx *ctx, const char *name, int sched_id,
                         const libxl_bitmap *cpus, uint32_t *poolid)
{
    char text[UUID_STR_LEN];
    uuid_t uuid;
    int rc;

    if ( !libxl_cpupool_qualifier_to_cpupoolid(ctx, name, poolid) )
    {
        LOG(ctx, ERROR, "pool %u is already called \"%s\"", *poolid, name);
        return ERROR_INVAL;
    }
    *poolid = XC_CPUPOOL_POOLID_ANY;
    if ( xc_cpupool_create(ctx->xch, poolid, sched_id) )
    {
        LOGE(ctx, ERROR, "cannot create a pool with scheduler %s",
             libxl_scheduler_to_string(sched_id));
        return ERROR_FAIL;
    }
    uuid_generate(uuid);
    uuid_unparse(uuid, text);
    rc = libxl__xs_write(ctx, path("/local/pool/%u/uuid", *poolid), "%s", text);
    if ( !rc )
        rc = libxl_cpupool_rename(ctx, *poolid, name);
    if ( !rc )
        rc = libxl_cpupool_cpuadd(ctx, *poolid, cpus);
    if ( rc )
        (void)libxl_cpupool_destroy(ctx, *poolid);
    return rc;
}
