/* SPDX-License-Identifier: MIT */
/* Configurations as JSON: those stored, brought up to date with the present. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#include "xl.h"

/* What may have changed since a domain's configuration was stored. */
struct live
{
    const libxl_dominfo *info;
    const char *name;
};

static void put(yajl_gen g, const char *s)
{
    yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static void put_number(yajl_gen g, const char *key, long long n)
{
    put(g, key);
    yajl_gen_integer(g, n);
}

static void put_sched(yajl_gen g, const struct xen_domctl_sched_credit2 *p)
{
    yajl_gen_map_open(g);
    put(g, "sched");
    put(g, "credit2");
    put_number(g, "weight", p->weight);
    put_number(g, "cap", p->cap);
    yajl_gen_map_close(g);
}

/* Those that the guest may bring up, whether it has or not. */
static void put_vcpus(yajl_gen g, const libxl_dominfo *info)
{
    unsigned int i;

    yajl_gen_array_open(g);
    for ( i = 0; i < info->nr_vcpus; i++ )
        if ( libxl_vcpu_available(ctx, info->domid, i) )
            yajl_gen_integer(g, i);
    yajl_gen_array_close(g);
}

static bool put_live(yajl_gen g, const char *section, const char *key,
                     const struct live *live)
{
    struct xen_domctl_sched_credit2 params;

    if ( !strcmp(section, "c_info") && !strcmp(key, "name") && live->name )
        put(g, live->name);
    else if ( !strcmp(section, "b_info") && !strcmp(key, "target_memkb") )
        yajl_gen_integer(g, live->info->current_memkb & ~1023ull);
    else if ( !strcmp(section, "b_info") && !strcmp(key, "avail_vcpus") )
        put_vcpus(g, live->info);
    else if ( !strcmp(section, "b_info") && !strcmp(key, "sched_params") &&
              !xc_sched_credit2_domain_get(libxl_ctx_xch(ctx),
                                           live->info->domid, &params) )
        put_sched(g, &params);
    else
        return false;
    return true;
}

static void copy(yajl_gen g, yajl_val v, const char *section,
                 const struct live *live)
{
    size_t i;

    if ( YAJL_IS_OBJECT(v) )
    {
        yajl_gen_map_open(g);
        for ( i = 0; i < v->u.object.len; i++ )
        {
            put(g, v->u.object.keys[i]);
            if ( !put_live(g, section, v->u.object.keys[i], live) )
                copy(g, v->u.object.values[i], v->u.object.keys[i], live);
        }
        yajl_gen_map_close(g);
    }
    else if ( YAJL_IS_ARRAY(v) )
    {
        yajl_gen_array_open(g);
        for ( i = 0; i < v->u.array.len; i++ )
            copy(g, v->u.array.values[i], "", live);
        yajl_gen_array_close(g);
    }
    else if ( YAJL_IS_STRING(v) )
        put(g, v->u.string);
    else if ( YAJL_IS_NUMBER(v) )
        yajl_gen_number(g, v->u.number.r, strlen(v->u.number.r));
    else if ( YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v) )
        yajl_gen_bool(g, YAJL_IS_TRUE(v));
    else
        yajl_gen_null(g);
}

/* A domain that no configuration was stored for: Dom0. */
static void made_up(yajl_gen g, const struct live *live)
{
    yajl_gen_map_open(g);
    put(g, "c_info");
    yajl_gen_map_open(g);
    put(g, "type");
    put(g, "pvh");
    if ( live->name )
    {
        put(g, "name");
        put(g, live->name);
    }
    yajl_gen_map_close(g);
    put(g, "b_info");
    yajl_gen_map_open(g);
    put(g, "max_memkb");
    yajl_gen_integer(g, live->info->max_memkb);
    put(g, "target_memkb");
    yajl_gen_integer(g, live->info->current_memkb);
    put(g, "type.pvh");
    yajl_gen_map_open(g);
    yajl_gen_map_close(g);
    yajl_gen_map_close(g);
    yajl_gen_map_close(g);
}

static void put_config(yajl_gen g, const char *text, const struct live *live)
{
    char err[128];
    yajl_val tree = text ? yajl_tree_parse(text, err, sizeof(err)) : NULL;

    if ( tree )
        copy(g, tree, "", live);
    else
        made_up(g, live);
    yajl_tree_free(tree);
}

static yajl_gen begin(void)
{
    yajl_gen g = yajl_gen_alloc(NULL);

    if ( !g )
    {
        fprintf(stderr, "xl: out of memory\n");
        exit(EXIT_FAILURE);
    }
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_config(g, yajl_gen_indent_string, "    ");
    return g;
}

static void end(yajl_gen g)
{
    const unsigned char *text;
    size_t len;

    if ( yajl_gen_get_buf(g, &text, &len) == yajl_gen_status_ok )
        fwrite(text, 1, len, stdout);
    yajl_gen_free(g);
}

void print_config_list(const libxl_dominfo *list, int nr)
{
    yajl_gen g = begin();
    struct live live;
    char *name, *text;
    int i;

    yajl_gen_array_open(g);
    for ( i = 0; i < nr; i++ )
    {
        name = libxl_domid_to_name(ctx, list[i].domid);
        text = libxl_userdata_retrieve(ctx, list[i].domid, "libxl-json");
        live = (struct live){ &list[i], name };
        yajl_gen_map_open(g);
        put(g, "domid");
        yajl_gen_integer(g, list[i].domid);
        put(g, "config");
        put_config(g, text, &live);
        yajl_gen_map_close(g);
        free(name);
        free(text);
    }
    yajl_gen_array_close(g);
    end(g);
}

/* domid -1: it has none yet. */
void print_config(int domid, const libxl_domain_config *config)
{
    char *text = libxl_domain_config_to_json(config);

    if ( text )
        fputs(text, stdout);
    free(text);
}
