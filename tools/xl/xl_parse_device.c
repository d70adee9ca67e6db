/* SPDX-License-Identifier: MIT */
/* The devices of a configuration: lists of specifications, one kind each. */

#include <cfg.h>

#include "xl_parse.h"

static int add_disk(libxl_domain_config *c, const char *spec, char *err,
                    size_t err_size)
{
    int rc;

    c->disks = xl_realloc(c->disks, c->num_disks + 1, sizeof(*c->disks));
    rc = libxl_disk_parse(spec, &c->disks[c->num_disks], err, err_size);
    c->num_disks += !rc;
    return rc;
}

static int add_nic(libxl_domain_config *c, const char *spec, char *err,
                   size_t err_size)
{
    int rc;

    c->nics = xl_realloc(c->nics, c->num_nics + 1, sizeof(*c->nics));
    rc = libxl_nic_parse(spec, &c->nics[c->num_nics], err, err_size);
    c->num_nics += !rc;
    return rc;
}

static int add_p9(libxl_domain_config *c, const char *spec, char *err,
                  size_t err_size)
{
    int rc;

    c->p9s = xl_realloc(c->p9s, c->num_p9s + 1, sizeof(*c->p9s));
    rc = libxl_p9_parse(spec, &c->p9s[c->num_p9s], err, err_size);
    c->num_p9s += !rc;
    return rc;
}

/* Settings, and what appends a device as it is specified or says why not. */
static const struct kind
{
    const char *name;
    int (*add)(libxl_domain_config *c, const char *spec, char *err,
               size_t err_size);
} kinds[] = {
    { "disk", add_disk },
    { "vif", add_nic },
    { "p9", add_p9 },
};

static void parse_kind(struct parse *p, const struct kind *kind)
{
    const struct cfg_value *list, *item;
    unsigned int i, nr;
    char err[256];

    if ( !parse_get_strings(p, kind->name, &list) )
        return;
    nr = list->type == CFG_LIST ? list->nr_items : 1;
    for ( i = 0; i < nr; i++ )
    {
        item = list->type == CFG_LIST ? list->items[i] : list;
        if ( kind->add(p->config, cfg_value_text(item), err, sizeof(err)) )
        {
            cfg_error_at(p->cfg, item, "%s: %s", kind->name, err);
            p->failed = true;
        }
    }
}

void parse_devices(struct parse *p)
{
    size_t i;

    for ( i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++ )
        parse_kind(p, &kinds[i]);
}
