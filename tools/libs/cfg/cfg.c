/* SPDX-License-Identifier: MIT */
/* A configuration's settings: keep them, look them up by type. */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define BLOCK_SIZE 8192

static void report_to_stderr(void *opaque, const char *line)
{
    (void)opaque;
    fprintf(stderr, "%s\n", line);
}

struct cfg *cfg_new(cfg_report_fn *report, void *opaque)
{
    struct cfg *cfg = calloc(1, sizeof(*cfg));

    if ( cfg )
    {
        cfg->report = report ? report : report_to_stderr;
        cfg->opaque = opaque;
    }

    return cfg;
}

void cfg_free(struct cfg *cfg)
{
    if ( !cfg )
        return;

    while ( cfg->blocks )
    {
        struct cfg_block *block = cfg->blocks;

        cfg->blocks = block->next;
        free(block);
    }

    free(cfg->settings);
    free(cfg);
}

void *cfg_alloc(struct cfg *cfg, size_t size)
{
    struct cfg_block *block = cfg->blocks;
    const size_t align = _Alignof(max_align_t);
    void *mem;

    if ( size > SIZE_MAX / 2 )
        return NULL;
    size = (size + align - 1) & ~(align - 1);

    if ( !block || block->size - block->used < size )
    {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

        block = calloc(1, sizeof(*block) + room);
        if ( !block )
            return NULL;
        block->size = room;
        block->next = cfg->blocks;
        cfg->blocks = block;
    }

    mem = (char *)block->data + block->used;
    block->used += size;

    return mem;
}

char *cfg_strndup(struct cfg *cfg, const char *text, size_t len)
{
    char *copy = cfg_alloc(cfg, len + 1);

    if ( copy )
        memcpy(copy, text, len);

    return copy;
}

struct cfg_setting *cfg_find(const struct cfg *cfg, const char *name)
{
    for ( unsigned int i = 0; i < cfg->nr_settings; i++ )
        if ( !strcmp(cfg->settings[i].name, name) )
            return &cfg->settings[i];

    return NULL;
}

int cfg_set(struct cfg *cfg, const char *name, struct cfg_value *value)
{
    struct cfg_setting *setting = cfg_find(cfg, name);

    if ( setting )
    {
        setting->value = value;
        return 0;
    }

    if ( cfg->nr_settings == cfg->max_settings )
    {
        unsigned int max = cfg->max_settings ? cfg->max_settings * 2 : 32;

        if ( max > CFG_MAX_SETTINGS )
            return -E2BIG;

        setting = realloc(cfg->settings, max * sizeof(*setting));
        if ( !setting )
            return -ENOMEM;
        cfg->settings = setting;
        cfg->max_settings = max;
    }

    cfg->settings[cfg->nr_settings++] =
        (struct cfg_setting){ .name = name, .value = value };
    return 0;
}

void cfg_report_at(struct cfg *cfg, const char *source, unsigned int line,
                   unsigned int column, const char *fmt, va_list args)
{
    char message[512], full[1024];

    vsnprintf(message, sizeof(message), fmt, args);
    snprintf(full, sizeof(full), "%s:%u:%u: %s", source, line, column, message);
    cfg->report(cfg->opaque, full);
}

void cfg_error_at(struct cfg *cfg, const struct cfg_value *value,
                  const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    cfg_report_at(cfg, value->source, value->line, value->column, fmt, args);
    va_end(args);
}

const struct cfg_value *cfg_get(struct cfg *cfg, const char *name)
{
    struct cfg_setting *setting = cfg_find(cfg, name);

    if ( !setting )
        return NULL;

    setting->used = true;
    return setting->value;
}

const char *cfg_value_text(const struct cfg_value *value)
{
    return value->type == CFG_LIST ? NULL : value->text;
}

static int wrong_type(struct cfg *cfg, const char *name,
                      const struct cfg_value *value, const char *wanted)
{
    static const char *const names[] = {
        [CFG_STRING] = "the string",
        [CFG_NUMBER] = "the number",
        [CFG_LIST] = "a list",
    };

    if ( value->type == CFG_LIST )
        cfg_error_at(cfg, value, "'%s' must be %s, not a list", name, wanted);
    else
        cfg_error_at(cfg, value, "'%s' must be %s, not %s '%s'", name, wanted,
                     names[value->type], value->text);

    return -EINVAL;
}

int cfg_get_string(struct cfg *cfg, const char *name, const char **out)
{
    const struct cfg_value *value = cfg_get(cfg, name);

    if ( !value )
        return 0;
    if ( value->type == CFG_LIST )
        return wrong_type(cfg, name, value, "a string");

    *out = value->text;
    return 1;
}

/* The number a value is or spells. */
static bool value_number(const struct cfg_value *value, long long *out)
{
    char *tail;

    if ( value->type == CFG_NUMBER )
    {
        *out = value->number;
        return true;
    }
    if ( value->type == CFG_LIST || !value->text[0] )
        return false;

    errno = 0;
    *out = strtoll(value->text, &tail, 0);
    return !*tail && !errno;
}

int cfg_get_number(struct cfg *cfg, const char *name, long long *out)
{
    const struct cfg_value *value = cfg_get(cfg, name);
    long long number;

    if ( !value )
        return 0;
    if ( !value_number(value, &number) )
        return wrong_type(cfg, name, value, "a number");

    *out = number;
    return 1;
}

int cfg_get_range(struct cfg *cfg, const char *name, long long min,
                  long long max, long long *out)
{
    long long number;
    int rc = cfg_get_number(cfg, name, &number);

    if ( rc <= 0 )
        return rc;

    if ( number < min || number > max )
    {
        cfg_error_at(cfg, cfg_get(cfg, name),
                     "'%s' must lie between %lld and %lld, not be %lld", name,
                     min, max, number);
        return -EINVAL;
    }

    *out = number;
    return 1;
}

int cfg_get_bool(struct cfg *cfg, const char *name, bool *out)
{
    const struct cfg_value *value = cfg_get(cfg, name);
    long long number;

    if ( !value )
        return 0;
    if ( !value_number(value, &number) || (number != 0 && number != 1) )
        return wrong_type(cfg, name, value, "0 or 1");

    *out = number;
    return 1;
}

int cfg_get_list(struct cfg *cfg, const char *name,
                 const struct cfg_value **out)
{
    const struct cfg_value *value = cfg_get(cfg, name);

    if ( !value )
        return 0;
    if ( value->type != CFG_LIST )
        return wrong_type(cfg, name, value, "a list");

    *out = value;
    return 1;
}

int cfg_get_strings(struct cfg *cfg, const char *name,
                    const struct cfg_value **out)
{
    struct cfg_setting *setting = cfg_find(cfg, name);
    struct cfg_value *list, **items;

    if ( !setting )
        return 0;

    setting->used = true;

    if ( setting->value->type == CFG_LIST )
    {
        for ( unsigned int i = 0; i < setting->value->nr_items; i++ )
            if ( setting->value->items[i]->type == CFG_LIST )
                return wrong_type(cfg, name, setting->value->items[i],
                                  "a list of strings");
        *out = setting->value;
        return 1;
    }

    list = cfg_alloc(cfg, sizeof(*list));
    items = cfg_alloc(cfg, sizeof(*items));
    if ( !list || !items )
        return -ENOMEM;

    *list = *setting->value;
    list->type = CFG_LIST;
    list->text = NULL;
    list->items = items;
    list->nr_items = 1;
    items[0] = setting->value;
    *out = list;

    return 1;
}

const char *cfg_next_unused(struct cfg *cfg, unsigned int *cursor,
                            const struct cfg_value **value)
{
    while ( *cursor < cfg->nr_settings )
    {
        const struct cfg_setting *setting = &cfg->settings[(*cursor)++];

        if ( !setting->used )
        {
            if ( value )
                *value = setting->value;
            return setting->name;
        }
    }

    return NULL;
}

unsigned int cfg_warn_unused(struct cfg *cfg)
{
    const struct cfg_value *value;
    unsigned int cursor = 0, nr = 0;
    const char *name;

    while ( (name = cfg_next_unused(cfg, &cursor, &value)) )
    {
        cfg_error_at(cfg, value, "unknown setting '%s' is ignored", name);
        nr++;
    }

    return nr;
}
