/* SPDX-License-Identifier: MIT */
/* /etc/xen/xl.conf: defaults of the host for every domain created on it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cfg.h>

#include "xl.h"

#define CONF_FILE XEN_SYSCONF_DIR "/xl.conf"

/* Settings that make no difference here, or not for every domain. */
static const char *const ignored[] = {
    "autoballoon",
    "lockfile",
    "output_format",
    "blkdev_start",
    "claim_mode",
    "domid_policy",
    "vif.default.backend",
    "run_hotplug_scripts",
    "vif.default.script",
    "vif.default.bridge",
    "vif.default.gatewaydev",
    "remus.default.netbufscript",
    "colo.default.proxyscript",
    "vm.cpumask",
    "vm.hvm.cpumask",
    "vm.pv.cpumask",
    "bootloader_restrict",
};

static void default_string(struct cfg *cfg, const char *name, char **to)
{
    const char *s;

    if ( cfg_get_string(cfg, name, &s) > 0 && *s && !*to )
        *to = xl_strdup(s);
}

static void default_number(struct cfg *cfg, const char *name, int32_t *to)
{
    long long n;

    if ( cfg_get_range(cfg, name, 0, INT32_MAX, &n) > 0 && *to < 0 )
        *to = n;
}

void apply_host_defaults(libxl_domain_config *config)
{
    libxl_domain_build_info *b = &config->b_info;
    struct cfg *cfg;
    unsigned int i;

    if ( access(CONF_FILE, R_OK) || !(cfg = cfg_new(NULL, NULL)) )
        return;
    /* What is wrong in it is told, and the rest counts all the same. */
    (void)cfg_parse_file(cfg, CONF_FILE);

    for ( i = 0; i < config->num_nics; i++ )
    {
        default_string(cfg, "vif.default.script", &config->nics[i].script);
        default_string(cfg, "vif.default.bridge", &config->nics[i].bridge);
        default_string(cfg, "vif.default.gatewaydev",
                       &config->nics[i].gatewaydev);
    }
    default_number(cfg, "max_grant_frames", &b->max_grant_frames);
    default_number(cfg, "max_maptrack_frames", &b->max_maptrack_frames);

    for ( i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++ )
        (void)cfg_get(cfg, ignored[i]);
    (void)cfg_warn_unused(cfg);
    cfg_free(cfg);
}
