/* SPDX-License-Identifier: MIT */
/* Mapping a configuration: what its files share. */
#ifndef XL_PARSE_H
#define XL_PARSE_H

#include "xl.h"

struct parse
{
    struct cfg *cfg;
    libxl_domain_config *config;
    bool failed;
};

/* Say what is wrong where a setting stands, and fail in the end. */
void parse_error_at(struct parse *p, const char *name, const char *text);
/* True when there is a value; a wrong type is noted. */
bool parse_get_bool(struct parse *p, const char *name, bool *out);
/* A string, or a list of nothing but strings. */
bool parse_get_strings(struct parse *p, const char *name,
                       const struct cfg_value **out);

/* --- xl_parse_device.c --- */

void parse_devices(struct parse *p);

/* --- xl_parse_refuse.c --- */

/* What cannot be served, unless it says "off". */
void parse_check_refused(struct parse *p);
/* Things that a PVH domain always has. */
void parse_check_always(struct parse *p);

#endif
